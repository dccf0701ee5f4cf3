// What runs in a worker thread of the live loop: one task from start to end. Jobs come by one ring and go by another.
import { type SharedTables, Tables } from '../tables/tables.ts';
import { JobMemory, type SharedJobs } from './job.ts';
import { JobRunner } from './job-runner.ts';
import { Ring } from './ring.ts';

export interface LiveTask {
  readonly worker: number;
  readonly tables: SharedTables;
  readonly jobs: SharedJobs;
  readonly toWorker: SharedArrayBuffer;
  readonly fromWorker: SharedArrayBuffer;
  readonly capacity: number;
  /** For tests: comes to grief at its so-manieth job. */
  readonly faultAt?: number | undefined;
}

export default function liveWorker(task: LiveTask): void {
  const { worker, capacity, faultAt } = task;
  const tables = Tables.open(task.tables);
  const memory = new JobMemory(task.jobs, tables);
  const runner = new JobRunner(tables, memory, worker, 'none');
  const to = new Ring(task.toWorker, capacity);
  const from = new Ring(task.fromWorker, capacity);
  let count = 0;
  for (let index = to.next(); index >= 0; index = to.next()) {
    runner.runAsReader(
      worker,
      memory.jobs[index],
      ++count === faultAt
        ? () => {
            throw new Error('a fault for a test');
          }
        : undefined,
    );
    from.put(index);
  }
}
