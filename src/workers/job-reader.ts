// Reads jobs that are done, on the main thread, which has all state: counts what workers have counted, and gives the
// slow path what they have left, each frame at its place.
import type { Forwarder } from '../engine/forwarder.ts';
import { Drop } from '../engine/reasons.ts';
import type { SingleFile } from '../io/merged-source.ts';
import type { Tables } from '../tables/tables.ts';
import type { Batch } from '../wire/batch.ts';
import type { Job, JobMemory, Span } from './job.ts';
import { JobRunner } from './job-runner.ts';
import type { RecordFormat } from './segment.ts';
import type { JobOutput } from './segment-output.ts';

export interface JobReaderSetup {
  readonly tables: Tables;
  readonly memory: JobMemory;
  /** Whose output is `output`. */
  readonly forwarder: Forwarder;
  readonly output: JobOutput;
  readonly format: RecordFormat;
  /** Where pieces of jobs are read from. */
  readonly file?: SingleFile | undefined;
}

export class JobReader {
  readonly #setup: JobReaderSetup;
  /** The main thread's own. */
  readonly #span: Span;
  #runner: JobRunner | undefined;

  constructor(setup: JobReaderSetup) {
    this.#setup = setup;
    this.#span = setup.memory.span(setup.memory.plan.workers);
  }

  /** A job is done: writes what was sent of it, treats the rest. */
  read(job: Job): void {
    const { forwarder, output } = this.#setup;
    job.counters.moveTo(forwarder.counters);
    for (let i = 0; i < job.count[0]; i++) {
      const each = job.batches[i];
      output.open(each, job.frames[i], job.pieceCounts[i]);
      for (let k = 0; k < job.slowCounts[i]; k++) {
        output.reach(each.slow[k]);
        forwarder.processSlow(each.batch, each.slow[k]);
      }
      output.close();
    }
  }

  /** Does a job that no worker does. */
  run(job: Job): void {
    this.#ownRunner.run(job);
  }

  close(): void {
    this.#runner?.close();
  }

  get #ownRunner(): JobRunner {
    const { tables, memory, format, file } = this.#setup;
    this.#runner ??= new JobRunner(tables, memory, memory.plan.workers, format, file);
    return this.#runner;
  }

  /** Treats a batch from the first frame to the last, while no job is under way. */
  treatAlone(batch: Batch): void {
    this.#span.load(batch, batch.count);
    this.#setup.forwarder.process(this.#span.batch);
  }

  /** A worker was lost with the job. Some of its frames are half rewritten, so none is kept; but all are counted. */
  countLost(job: Job): void {
    const { inFrames, inBytes, drops } = this.#setup.forwarder.counters;
    const count = (port: number, original: number): void => {
      inFrames[port]++;
      inBytes[port] += original;
      drops[Drop['worker-lost']]++;
    };
    // What a piece holds, nobody but the worker has seen.
    if (job.piece[1] > 0) return this.#ownRunner.tell(job, count);
    for (let i = 0; i < job.count[0]; i++) {
      const { port, original } = job.batches[i].batch;
      for (let slot = 0; slot < job.frames[i]; slot++) count(port[slot], original[slot]);
    }
  }
}

/** Frames in a job. */
export function framesOf(job: Job): number {
  let frames = 0;
  for (let i = 0; i < job.count[0]; i++) frames += job.frames[i];
  return frames;
}
