// The threads, by Piscina: one task each that lasts as long as the work does. Work reaches them through shared memory;
// Piscina starts them, and tells when one ends that should not.

import type { Transferable } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ThreadFile } from './thread-file.ts';

export interface PoolListener {
  /** A worker has ended before its time. */
  lost(worker: number, error: Error): void;
  /** No worker can start. */
  failed(error: Error): void;
  /** What goes over to the thread with its task. */
  transfer?(task: object): Transferable[];
}

export class WorkerPool {
  readonly #piscina: Piscina;
  readonly #running: Promise<void>[];
  #isClosing = false;

  /** Starts a thread for each task. */
  constructor({ filename, execArgv }: ThreadFile, tasks: readonly object[], listener: PoolListener) {
    this.#piscina = new Piscina({
      filename,
      execArgv,
      // No thread is started in place of one that is lost.
      minThreads: 0,
      maxThreads: tasks.length,
      concurrentTasksPerWorker: 1,
      recordTiming: false,
      workerHistogram: false,
    });
    this.#piscina.on('error', (error: Error) => {
      if (!this.#isClosing) listener.failed(error);
    });
    this.#running = tasks.map(async (task, worker) => {
      try {
        await this.#piscina.run(task, { transferList: listener.transfer?.(task) ?? [] });
      } catch (error) {
        if (!this.#isClosing) listener.lost(worker, error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** The tasks have been told to end, or nobody needs them: ends all threads. Never rejects. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#piscina.destroy();
    await Promise.all(this.#running);
  }
}
