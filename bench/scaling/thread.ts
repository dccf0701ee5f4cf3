// A worker thread of a crew: opens the workload, then runs when told, behind a gate that opens for all at once.
import { parentPort, workerData } from 'node:worker_threads';
import { ThreadLoop, type ThreadResult } from './round.ts';
import { openWorkload, type SharedWorkload } from './shared-workload.ts';

export interface ThreadData {
  readonly workload: SharedWorkload;
  /** One word: 0 closed, 1 open. */
  readonly gate: Int32Array;
}

export interface ToThread {
  readonly firstWord: number;
  readonly seconds: number;
}

/** `ready` once it has opened the workload, and before every run; then the run's result. */
export type FromThread = 'ready' | ThreadResult;

function serve({ workload, gate }: ThreadData): void {
  const { tables, frames } = openWorkload(workload);
  const loop = new ThreadLoop(tables, frames);
  const answer = (message: FromThread): void => parentPort?.postMessage(message);
  parentPort?.on('message', ({ firstWord, seconds }: ToThread) => {
    answer('ready');
    Atomics.wait(gate, 0, 0);
    answer(loop.run(firstWord, seconds));
  });
  answer('ready');
}

serve(workerData as ThreadData);
