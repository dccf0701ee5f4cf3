// The fast path by kernels: the passes compiled to WebAssembly from kernels/assembly/, over the tables' own memory. They
// do what the passes in TypeScript do, slot by slot; what is gained is a load or store without a bounds check, and words
// that are integers without being asked.
import type { Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import type { Counters } from '../counters.ts';
import { createFastPath, type FastOptions, type FastPath } from './fast.ts';
import { kernelBinary } from './kernel-binary.ts';
import { FastArray } from './state.ts';

interface KernelExports {
  readonly slowCount: { value: number };
  bind(directory: number, batch: number, counters: number, ports: number, circuits: boolean, bridging: boolean): void;
  run(from: number, count: number): number;
}

let compiled: WebAssembly.Module | undefined;

/** Compiled once a thread, when the first forwarder wants it. */
function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(kernelBinary.replaceAll('\n', '')), (c) => c.charCodeAt(0)));
  return compiled;
}

/**
 * The fast path over a batch and counters that lie in the tables' memory; undefined where one of them does not, or the
 * memory is not WebAssembly's.
 */
export function createKernelPath(
  tables: Tables,
  counters: Counters,
  batch: Batch,
  { bridges = true }: FastOptions = {},
): FastPath | undefined {
  const memory = tables.memory.webAssembly;
  const { buffer } = tables.memory;
  const first = counters.inFrames;
  if (memory === undefined || batch.place.buffer !== buffer || first.buffer !== buffer) return undefined;
  const instance = new WebAssembly.Instance(kernelModule(), { env: { memory } });
  const kernels = instance.exports as unknown as KernelExports;
  const { portCount } = tables.interfaces;
  const { circuitCount, bridgeCount } = tables.circuits;
  const bridging = bridges && bridgeCount > 0;
  kernels.bind(tables.directoryAt, batch.place.offset, first.byteOffset, portCount, circuitCount > 1, bridging);
  const { slowCount } = kernels;
  return {
    slow: batch.slots(FastArray.slow),
    get slowCount() {
      return slowCount.value;
    },
    run: kernels.run,
  };
}

/** By kernels where they can work, else by the passes in TypeScript. */
export function openFastPath(tables: Tables, counters: Counters, batch: Batch, options: FastOptions = {}): FastPath {
  return createKernelPath(tables, counters, batch, options) ?? createFastPath(tables, counters, batch, options);
}
