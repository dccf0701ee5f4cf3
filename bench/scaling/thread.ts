// A worker thread of a crew: opens the workload, then runs when told, behind a gate that opens for all at once.
import { parentPort, workerData } from 'node:worker_threads';
import { type Outcome, outcomeOf } from '../loop.ts';
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

/** What one round gives, once the workload is open; then `ready` before and the result after every run. */
export type FromThread = Outcome | 'ready' | ThreadResult;

function serve({ workload, gate }: ThreadData): void {
  const { tables, frames, options } = openWorkload(workload);
  const outcome = outcomeOf(tables, frames, options);
  const loop = new ThreadLoop(tables, frames, options);
  const answer = (message: FromThread): void => parentPort?.postMessage(message);
  parentPort?.on('message', ({ firstWord, seconds }: ToThread) => {
    answer('ready');
    Atomics.wait(gate, 0, 0);
    answer(loop.run(firstWord, seconds));
  });
  answer(outcome);
}

serve(workerData as ThreadData);
