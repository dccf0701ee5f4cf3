// Does a job: the fast path over each of its batches, and records of what it sends. Runs in workers, and in the main
// thread when there is no worker to wait for.
import type { FastPath } from '../engine/fast/fast.ts';
import { openFastPath } from '../engine/fast/kernels.ts';
import type { SingleFile } from '../io/merged-source.ts';
import type { Tables } from '../tables/tables.ts';
import type { Batch } from '../wire/batch.ts';
import type { Job, JobBatch, JobMemory, Span } from './job.ts';
import { PieceRunner } from './piece-runner.ts';
import { type RecordFormat, SegmentWriter } from './segment.ts';

export class JobRunner {
  readonly #tables: Tables;
  readonly #span: Span;
  readonly #fast: FastPath;
  readonly #writer: SegmentWriter | undefined;
  readonly #pieces: PieceRunner | undefined;

  /** `worker`: whose span to use. */
  constructor(tables: Tables, memory: JobMemory, worker: number, format: RecordFormat, file?: SingleFile) {
    this.#tables = tables;
    this.#span = memory.span(worker);
    this.#fast = openFastPath(tables, this.#span.counters, this.#span.batch, { bridges: false });
    const shared = tables.memory.webAssembly;
    this.#pieces = file && shared && new PieceRunner(tables, memory, worker, format, file, shared, this.#span.counters);
    this.#writer = format === 'none' ? undefined : new SegmentWriter(format, memory, this.#span.batch, worker, shared);
  }

  /** For a thread that is not the tables' writer, reader number `reader`: what it reads during the job stays. */
  runAsReader(reader: number, job: Job, between?: () => void): void {
    const { generations } = this.#tables;
    generations.online(reader);
    this.run(job, between);
    generations.offline(reader);
  }

  /** `between` is called after each batch, for tests. */
  run(job: Job, between?: () => void): void {
    if (job.piece[1] > 0) this.#pieces?.run(job, between);
    else this.#runBatches(job, between);
    this.#span.counters.moveTo(job.counters);
  }

  /** For a job that is a piece of a file: tells every frame of it, without treating any. */
  tell(job: Job, frame: (port: number, original: number) => void): void {
    this.#pieces?.tell(job, frame);
  }

  close(): void {
    this.#pieces?.close();
  }

  #runBatches(job: Job, between: (() => void) | undefined): void {
    this.#writer?.begin(job);
    for (let index = 0; index < job.count[0]; index++) {
      this.#runBatch(job, index);
      between?.();
    }
  }

  #runBatch(job: Job, index: number): void {
    const { batch, slow } = job.batches[index];
    const span = this.#span.batch;
    this.#span.load(batch, job.frames[index]);
    let left = 0;
    for (let from = 0; from < span.count; ) {
      from = this.#fast.run(from, span.count);
      for (let i = 0; i < this.#fast.slowCount; i++) slow[left++] = this.#fast.slow[i];
    }
    job.slowCounts[index] = left;
    batch.egress.set(span.egress);
    if (this.#writer !== undefined) this.#writer.write(job, index);
    else this.#giveBack(job.batches[index], span);
  }

  /** Places and lengths of what was sent, for a main thread that makes the records. */
  #giveBack({ batch, sentStart, sentCaptured, sentOriginal }: JobBatch, span: Batch): void {
    const shift = batch.place.offset - span.place.offset;
    for (let slot = 0; slot < span.count; slot++) sentStart[slot] = span.start[slot] - shift;
    sentCaptured.set(span.captured);
    sentOriginal.set(span.original);
  }
}
