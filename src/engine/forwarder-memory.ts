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
  if (Math.ceil(bytes / 64) * 64 > memory.free) return undefined;
  return { buffer: memory.buffer, offset: memory.take(bytes) };
}

/** Where the counters and the batch of a forwarder in another thread lie, offsets in the tables' memory. */
export interface ForwarderPlace {
  readonly counters: number;
  readonly batch: number;
  /** Accounts that it shall keep, and whether look-ups are among them (src/engine/accounts.ts). */
  readonly accounts?: { readonly buffer: SharedArrayBuffer; readonly hasLookups: boolean } | undefined;
  /** Its number among the readers of the tables (src/tables/generations.ts). */
  readonly reader: number;
}

/** Sets room apart for a forwarder in another thread, reader number `reader`; undefined when there is none. */
export function reserveForwarder(tables: Tables, reader: number): ForwarderPlace | undefined {
  const counters = take(tables, counterBytes(tables.interfaces.portCount));
  const batch = take(tables, batchBytes());
  return counters && batch && { counters: counters.offset, batch: batch.offset, reader };
}

/** A batch in the tables' memory while there is room, else one of its own, for which no kernel works. */
export function newBatch(tables: Tables, place?: ForwarderPlace): Batch {
  return new Batch(undefined, placeAt(tables, place?.batch) ?? take(tables, batchBytes()));
}

/** What is left of the tables' memory, to be lent out; undefined where kernels could not use it. */
export function spareRoom(tables: Tables) {
  const { webAssembly: memory } = tables.memory;
  if (memory === undefined) return undefined;
  return { memory, take: (bytes: number) => take(tables, bytes)?.offset };
}

export function newCounters(tables: Tables, place?: ForwarderPlace): Counters {
  const ports = tables.interfaces.portCount;
  return new Counters(ports, placeAt(tables, place?.counters) ?? take(tables, counterBytes(ports)));
}

function placeAt(tables: Tables, offset: number | undefined) {
  return offset === undefined ? undefined : { buffer: tables.memory.buffer, offset };
}
