// What a forwarder keeps in the tables' own memory, so that kernels reach it: a batch and its counters.
import type { Tables } from '../tables/tables.ts';
import { Batch, batchBytes } from '../wire/batch.ts';
import { Counters, counterBytes } from './counters.ts';

/** Bytes to reserve for one forwarder of a router with so many ports. */
export function forwarderBytes(ports: number): number {
  return batchBytes() + counterBytes(ports) + 2 * 64;
}

/** A piece of the tables' memory, or undefined when all that was reserved is taken. */
function take(tables: Tables, bytes: number): { buffer: SharedArrayBuffer; offset: number } | undefined {
  const { memory } = tables;
  if (memory.used + Math.ceil(bytes / 64) * 64 > memory.buffer.byteLength) return undefined;
  return { buffer: memory.buffer, offset: memory.take(bytes) };
}

/** A batch in the tables' memory while there is room, else one of its own, for which no kernel works. */
export function newBatch(tables: Tables): Batch {
  return new Batch(undefined, take(tables, batchBytes()));
}

/** What is left of the tables' memory, to be lent out; undefined where kernels could not use it. */
export function spareRoom(tables: Tables) {
  const { webAssembly: memory } = tables.memory;
  if (memory === undefined) return undefined;
  return { memory, take: (bytes: number) => take(tables, bytes)?.offset };
}

export function newCounters(tables: Tables): Counters {
  const ports = tables.interfaces.portCount;
  return new Counters(ports, take(tables, counterBytes(ports)));
}
