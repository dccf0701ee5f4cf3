// Reads a piece of a capture file into batches: what a worker does for itself when the main thread has only
// said where its frames lie. So the frames never travel from one core to another.
import { closeSync, openSync, readSync } from 'node:fs';
import type { SingleFile } from '../io/merged-source.ts';
import { type CaptureKernels, captureKernels, placeOf } from '../io/shared-room.ts';
import type { Batch } from '../wire/batch.ts';
import type { Job, JobMemory } from './job.ts';

/** Later than any record. */
const never = 2 ** 32;

export class PieceReader {
  readonly #file: SingleFile;
  readonly #kernels: CaptureKernels;
  readonly #window: Uint8Array;
  #fd = -1;
  #at = 0;
  #end = 0;

  constructor(file: SingleFile, memory: JobMemory, worker: number, shared: WebAssembly.Memory) {
    this.#file = file;
    this.#kernels = captureKernels(shared);
    this.#window = memory.block.subarray(memory.windowAt(worker));
  }

  /** Brings the job's piece into the window. Throws when the file has become shorter, or cannot be read. */
  open({ piece }: Job): void {
    const [from, to] = [piece[0], piece[1]];
    if (this.#fd < 0) this.#fd = openSync(this.#file.path, 'r');
    const bytes = to - from;
    let got = 0;
    while (got < bytes) {
      const more = readSync(this.#fd, this.#window, got, bytes - got, from + got);
      if (more === 0) throw new Error(`${this.#file.path} has become shorter`);
      got += more;
    }
    this.#at = this.#window.byteOffset;
    this.#end = this.#at + bytes;
  }

  /** The next frames of the piece, as many as the batch takes; answers how many. */
  fill(batch: Batch): number {
    const kernels = this.#kernels;
    const { port, nanosecond } = this.#file;
    kernels.resume(0, 0);
    kernels.readPcap(this.#at, this.#end, nanosecond, batch.place.offset, batch.bytes.length, port, never, 0);
    this.#at = placeOf(kernels);
    batch.count = kernels.slot.value;
    batch.tail = kernels.tail.value;
    return batch.count;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}
