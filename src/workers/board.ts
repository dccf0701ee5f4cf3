// The board on which jobs are handed to workers and back: one word a job, changed by atomic operations only. The
// main thread publishes jobs in order; whichever worker is free takes the next one, by writing its own number.
//
//   board, words  0 published: counts up, workers sleep on it   1 finished: counts up, the main thread sleeps on it
//                 2 stop   3 workers that have started   4 … the state of each job: 0 free, 1 ready, 2 done,
//                 otherwise 3 + the number of the worker that holds it
//
// The atomic operations order everything else: what a thread wrote into a job before it changed the state, the other
// one sees after it has read the state.

const Word = { published: 0, finished: 1, stop: 2, started: 3, states: 4 } as const;
const State = { free: 0, ready: 1, done: 2, held: 3 } as const;

export function boardBytes(jobs: number): number {
  return (Word.states + jobs) * 4;
}

export class JobBoard {
  readonly #words: Int32Array;
  readonly #jobs: number;
  /** Where this thread looks for the next job first. */
  #next = 0;

  constructor(buffer: SharedArrayBuffer, jobs: number) {
    this.#words = new Int32Array(buffer, 0, Word.states + jobs);
    this.#jobs = jobs;
  }

  /** Main: the job is written and may be taken. */
  publish(job: number): void {
    Atomics.store(this.#words, Word.states + job, State.ready);
    Atomics.add(this.#words, Word.published, 1);
    Atomics.notify(this.#words, Word.published, 1);
  }

  /** Main: the job has been read and may be written anew. */
  free(job: number): void {
    Atomics.store(this.#words, Word.states + job, State.free);
  }

  /** Main: whether a worker is done with the job. */
  isDone(job: number): boolean {
    return Atomics.load(this.#words, Word.states + job) === State.done;
  }

  /** Takes this very job, if nobody has. */
  takeIfReady(job: number, worker: number): boolean {
    const held = State.held + worker;
    return Atomics.compareExchange(this.#words, Word.states + job, State.ready, held) === State.ready;
  }

  /** Main: whether the job is held by the worker. */
  isHeldBy(job: number, worker: number): boolean {
    return Atomics.load(this.#words, Word.states + job) === State.held + worker;
  }

  /** Main: sleeps until a worker finishes a job, at most so long; not at all if one has since `ticket`. */
  sleep(ticket: number, milliseconds: number): void {
    Atomics.wait(this.#words, Word.finished, ticket, milliseconds);
  }

  /** Main: to be read before looking whether a job is done. */
  get ticket(): number {
    return Atomics.load(this.#words, Word.finished);
  }

  get started(): number {
    return Atomics.load(this.#words, Word.started);
  }

  /** Main: workers end when they have done what they hold. */
  stop(): void {
    Atomics.store(this.#words, Word.stop, 1);
    Atomics.add(this.#words, Word.published, 1);
    Atomics.notify(this.#words, Word.published);
  }

  /** Worker: is up. */
  start(): void {
    Atomics.add(this.#words, Word.started, 1);
  }

  /** Worker: sleeps until there is a job and takes it; -1 when the work is over. */
  take(worker: number): number {
    const words = this.#words;
    for (;;) {
      const published = Atomics.load(words, Word.published);
      if (Atomics.load(words, Word.stop) !== 0) return -1;
      for (let i = 0; i < this.#jobs; i++) {
        const job = (this.#next + i) % this.#jobs;
        if (this.takeIfReady(job, worker)) {
          this.#next = (job + 1) % this.#jobs;
          return job;
        }
      }
      Atomics.wait(words, Word.published, published);
    }
  }

  /** Worker: the job is done and no longer looked at. */
  finish(job: number): void {
    Atomics.store(this.#words, Word.states + job, State.done);
    Atomics.add(this.#words, Word.finished, 1);
    Atomics.notify(this.#words, Word.finished, 1);
  }
}
