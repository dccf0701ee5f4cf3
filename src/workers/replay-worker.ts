// What runs in a worker thread of `replay`: one task from start to end, which takes job after job from the board.
import type { SingleFile } from '../io/merged-source.ts';
import { type SharedTables, Tables } from '../tables/tables.ts';
import { JobMemory, type SharedJobs } from './job.ts';
import { JobRunner } from './job-runner.ts';
import type { RecordFormat } from './segment.ts';

/** For tests: whoever takes the job at this place of the ring comes to grief after its first batch, so many times. */
export interface Fault {
  readonly place: number;
  readonly kind: 'throw' | 'exit';
  /** One word: how many times are left. */
  readonly left: SharedArrayBuffer;
}

export interface ReplayTask {
  readonly worker: number;
  readonly tables: SharedTables;
  readonly jobs: SharedJobs;
  readonly format: RecordFormat;
  /** Where pieces of jobs are to be read from. */
  readonly file?: SingleFile | undefined;
  readonly fault?: Fault;
}

export default function replayWorker(task: ReplayTask): void {
  const { worker, fault } = task;
  const tables = Tables.open(task.tables);
  const memory = new JobMemory(task.jobs, tables);
  const { board, jobs } = memory;
  const runner = new JobRunner(tables, memory, worker, task.format, task.file);
  board.start();
  for (;;) {
    const index = board.take(worker);
    if (index < 0) return runner.close();
    runner.runAsReader(worker, jobs[index], fault?.place === index ? () => fail(fault) : undefined);
    board.finish(index);
  }
}

function fail({ kind, left }: Fault): void {
  if (Atomics.sub(new Int32Array(left), 0, 1) <= 0) return;
  if (kind === 'exit') process.exit(1);
  throw new Error('a fault for a test');
}
