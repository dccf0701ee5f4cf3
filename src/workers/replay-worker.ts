// What runs in a worker thread of `replay`: one task from start to end, which takes job after job from the board.
import { type SharedTables, Tables } from '../tables/tables.ts';
import { JobMemory, type SharedJobs } from './job.ts';
import { JobRunner } from './job-runner.ts';
import type { RecordFormat } from './segment.ts';

/** For tests: the worker comes to grief in its so-manieth job, after the first batch. */
export interface Fault {
  readonly worker: number;
  readonly job: number;
  readonly kind: 'throw' | 'exit';
}

export interface ReplayTask {
  readonly worker: number;
  readonly tables: SharedTables;
  readonly jobs: SharedJobs;
  readonly format: RecordFormat;
  readonly fault?: Fault;
}

export default function replayWorker(task: ReplayTask): void {
  const { worker, fault } = task;
  const tables = Tables.open(task.tables);
  const memory = new JobMemory(task.jobs, tables);
  const { board, jobs } = memory;
  const runner = new JobRunner(tables, memory, worker, task.format);
  board.start();
  let count = 0;
  for (;;) {
    const index = board.take(worker);
    if (index < 0) return;
    count++;
    const fails = fault !== undefined && fault.worker === worker && fault.job === count;
    runner.run(jobs[index], fails ? () => fail(fault.kind) : undefined);
    board.finish(index);
  }
}

function fail(kind: Fault['kind']): void {
  if (kind === 'exit') process.exit(1);
  throw new Error('a fault for a test');
}
