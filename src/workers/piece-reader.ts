// Reads a piece of a capture file into the batches of a job: what a worker does for itself when the main thread has only
// said where its frames lie. So the frames never travel from one core to another.
import { closeSync, openSync, readSync } from 'node:fs';
import type { SingleFile } from '../io/merged-source.ts';
import { type CaptureKernels, captureKernels } from '../io/shared-room.ts';
import type { Job, JobMemory } from './job.ts';

/** Later than any record. */
const never = 2 ** 32;

export class PieceReader {
  readonly #file: SingleFile;
  readonly #kernels: CaptureKernels;
  readonly #window: Uint8Array;
  #fd = -1;

  constructor(file: SingleFile, memory: JobMemory, worker: number, shared: WebAssembly.Memory) {
    this.#file = file;
    this.#kernels = captureKernels(shared);
    this.#window = memory.block.subarray(memory.windowAt(worker));
  }

  /** Fills the batches of the job with the frames of its piece. Throws when the file has changed, or cannot be read. */
  load(job: Job): void {
    const [from, to] = job.piece as unknown as [number, number];
    if (this.#fd < 0) this.#fd = openSync(this.#file.path, 'r');
    const bytes = to - from;
    let got = 0;
    while (got < bytes) {
      const more = readSync(this.#fd, this.#window, got, bytes - got, from + got);
      if (more === 0) throw new Error(`${this.#file.path} has become shorter`);
      got += more;
    }
    this.#divide(job, bytes);
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #divide(job: Job, bytes: number): void {
    const kernels = this.#kernels;
    const { port, nanosecond } = this.#file;
    const begin = this.#window.byteOffset;
    let at = begin;
    let batches = 0;
    while (at < begin + bytes) {
      const { batch } = job.batches[batches];
      const { place } = batch;
      kernels.resume(0, 0);
      kernels.readPcap(at, begin + bytes, nanosecond, place.offset, batch.bytes.length, port, never, 0);
      at = kernels.at.value;
      job.frames[batches++] = kernels.slot.value;
    }
    job.count[0] = batches;
    job.pieceCounts.fill(0);
  }
}
