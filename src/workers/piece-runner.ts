// Does a job that is a piece of a file: the worker reads the frames itself, into a batch of its own that stays in its
// cache, and leaves the main thread records to write. Only frames for the slow path are laid into the batches of the job.
import type { Counters } from '../engine/counters.ts';
import type { FastPath } from '../engine/fast/fast.ts';
import { openFastPath } from '../engine/fast/kernels.ts';
import type { SingleFile } from '../io/merged-source.ts';
import type { Tables } from '../tables/tables.ts';
import type { Batch } from '../wire/batch.ts';
import type { Job, JobMemory } from './job.ts';
import { PieceReader } from './piece-reader.ts';
import { type RecordFormat, SegmentWriter } from './segment.ts';

export class PieceRunner {
  readonly #reader: PieceReader;
  readonly #batch: Batch;
  readonly #fast: FastPath;
  readonly #writer: SegmentWriter | undefined;

  constructor(
    tables: Tables,
    memory: JobMemory,
    worker: number,
    format: RecordFormat,
    file: SingleFile,
    shared: WebAssembly.Memory,
    counters: Counters,
  ) {
    this.#reader = new PieceReader(file, memory, worker, shared);
    this.#batch = memory.ownBatch(worker);
    this.#fast = openFastPath(tables, counters, this.#batch, { bridges: false });
    this.#writer = format === 'none' ? undefined : new SegmentWriter(format, memory, this.#batch, worker, shared);
  }

  run(job: Job, between: (() => void) | undefined): void {
    this.#reader.open(job);
    this.#writer?.begin(job);
    job.pieceCounts.fill(0);
    for (let index = 0; index < job.count[0]; index++) {
      this.#runBatch(job, index);
      between?.();
    }
  }

  tell(job: Job, frame: (port: number, original: number) => void): void {
    const batch = this.#batch;
    this.#reader.open(job);
    for (let index = 0; index < job.count[0]; index++) {
      const count = this.#reader.fill(batch);
      for (let slot = 0; slot < count; slot++) frame(batch.port[slot], batch.original[slot]);
    }
  }

  close(): void {
    this.#reader.close();
  }

  #runBatch(job: Job, index: number): void {
    const each = job.batches[index];
    const batch = this.#batch;
    const fast = this.#fast;
    const count = this.#reader.fill(batch);
    if (count !== job.frames[index]) throw new Error('the capture has changed while it was read');
    let left = 0;
    for (let from = 0; from < count; ) {
      from = fast.run(from, count);
      for (let i = 0; i < fast.slowCount; i++) {
        each.slow[left++] = fast.slow[i];
        layInto(each.batch, batch, fast.slow[i]);
      }
    }
    job.slowCounts[index] = left;
    // Asked for where the slow path sends something between what was sent here.
    if (left > 0) each.batch.egress.set(batch.egress);
    this.#writer?.write(job, index);
  }
}

/** The frame of a slot into the same slot and place of another batch. */
function layInto(target: Batch, source: Batch, slot: number): void {
  const start = source.start[slot];
  const captured = source.captured[slot];
  target.start[slot] = start;
  target.captured[slot] = captured;
  target.original[slot] = source.original[slot];
  target.port[slot] = source.port[slot];
  target.seconds[slot] = source.seconds[slot];
  target.nanoseconds[slot] = source.nanoseconds[slot];
  target.bytes.set(source.bytes.subarray(start, start + captured), start);
}
