// Worker threads, each with a forwarder of its own over the same frames, timed together.
import { Worker } from 'node:worker_threads';
import type { StoredFrames } from '../frames.ts';
import { type Outcome, sameOutcome } from '../loop.ts';
import { shareStarts, type ThreadResult } from './round.ts';
import type { SharedWorkload } from './shared-workload.ts';
import type { FromThread, ThreadData, ToThread } from './thread.ts';

/** Loads TypeScript in a worker: on Node 20 it does not inherit the loader. */
function threadSource(): string {
  const [api, thread] = ['tsx/esm/api', './thread.ts'].map((name) => JSON.stringify(import.meta.resolve(name)));
  return `import(${api}).then(({ register }) => { register(); return import(${thread}); });`;
}

class Thread {
  readonly #worker: Worker;
  readonly #answers: FromThread[] = [];
  #wake: (() => void) | undefined;
  #failure: Error | undefined;

  constructor(data: ThreadData) {
    this.#worker = new Worker(threadSource(), { eval: true, workerData: data });
    this.#worker.on('message', (message: FromThread) => {
      this.#answers.push(message);
      this.#wake?.();
    });
    this.#worker.on('error', (error: Error) => {
      this.#failure = error;
      this.#wake?.();
    });
  }

  tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  async answer(): Promise<FromThread> {
    while (this.#answers.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#answers.shift() as FromThread;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Threads are started when they are first wanted, and kept. */
export class Crew {
  readonly #share: (thread: number) => SharedWorkload;
  readonly #frames: StoredFrames;
  readonly #gate = new Int32Array(new SharedArrayBuffer(4));
  readonly #threads: Thread[] = [];
  readonly #expected: () => Outcome;

  /** `share` is asked for each thread; every thread has to send what is expected before it may take part. */
  constructor(frames: StoredFrames, share: (thread: number) => SharedWorkload, expected: () => Outcome) {
    this.#share = share;
    this.#expected = expected;
    this.#frames = frames;
  }

  /** All of `count` threads for so long, begun together; rates are summed. */
  async run(count: number, seconds: number): Promise<ThreadResult> {
    await this.#grow(count);
    const threads = this.#threads.slice(0, count);
    const starts = shareStarts(this.#frames, count);
    Atomics.store(this.#gate, 0, 0);
    for (const [i, thread] of threads.entries()) thread.tell({ firstWord: starts[i] as number, seconds });
    for (const thread of threads) await thread.answer();
    Atomics.store(this.#gate, 0, 1);
    Atomics.notify(this.#gate, 0);
    const results: ThreadResult[] = [];
    for (const thread of threads) results.push((await thread.answer()) as ThreadResult);
    return results.reduce((sum, each) => ({
      framesASecond: sum.framesASecond + each.framesASecond,
      sent: sum.sent + each.sent,
      notSent: sum.notSent + each.notSent,
    }));
  }

  async stop(): Promise<void> {
    for (const thread of this.#threads) await thread.stop();
  }

  async #grow(count: number): Promise<void> {
    while (this.#threads.length < count) {
      const thread = new Thread({ workload: this.#share(this.#threads.length), gate: this.#gate });
      this.#threads.push(thread);
      const outcome = (await thread.answer()) as Outcome;
      if (!sameOutcome(outcome, this.#expected())) throw new Error('a thread sends other frames than the main one');
    }
  }
}
