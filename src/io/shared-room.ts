// Room in shared memory for windows and record buffers, where the capture kernels can work on them: they move records
// between files and batches without a bounds check a word (64 bytes: 3 ns instead of 10). Whoever opens captures may
// lend it; without it, or when it is used up, everything works in memory of its own, in TypeScript.
import { captureBinary } from './capture-binary.ts';

export interface SharedRoom {
  readonly memory: WebAssembly.Memory;
  /** Offset of so many free bytes that nobody else gets, or undefined when there is no more room. */
  take(bytes: number): number | undefined;
}

/** Why `readPcap` came back. */
export const Read = { full: 0, limit: 1, more: 2, odd: 3 } as const;

interface Global {
  readonly value: number;
}

/** See kernels/assembly/capture.ts. */
export interface CaptureKernels {
  readonly at: Global;
  readonly headSeconds: Global;
  readonly headNanoseconds: Global;
  readonly slot: Global;
  readonly tail: Global;
  resume(count: number, free: number): void;
  readPcap(
    from: number,
    end: number,
    nanosecond: boolean,
    batch: number,
    arenaBytes: number,
    port: number,
    untilSeconds: number,
    untilNanoseconds: number,
  ): number;
  skimPcap(from: number, end: number, nanosecond: boolean, most: number): number;
  writePcap(batch: number, from: number, to: number, sinks: number): number;
}

/** Where a kernel stopped reading. A WebAssembly address has no sign, the number that comes out has one. */
export function placeOf({ at }: CaptureKernels): number {
  return at.value >>> 0;
}

let compiled: WebAssembly.Module | undefined;
const opened = new WeakMap<WebAssembly.Memory, CaptureKernels>();

/** The kernels over a memory; made once a thread. */
export function captureKernels(memory: WebAssembly.Memory): CaptureKernels {
  let kernels = opened.get(memory);
  if (kernels === undefined) {
    compiled ??= new WebAssembly.Module(Buffer.from(captureBinary, 'base64'));
    const instance = new WebAssembly.Instance(compiled, { env: { memory } });
    kernels = instance.exports as unknown as CaptureKernels;
    opened.set(memory, kernels);
  }
  return kernels;
}
