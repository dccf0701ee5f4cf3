// What forwarding threads and the control thread tell each other without a message: words in shared memory.
//
//   by thread, words   0 heartbeat: turns of its loop   1 asleep: 1 while it waits in poll   2 descriptor that wakes it + 1
//                      3 messages posted to it   4 its state (see `ThreadState`)   5–15 free: a cache line each
//   by thread and slot of a port, floats   the device counts, in the order of `countNames`
import { type DeviceCounts, noCounts } from '../../io/live-device.ts';

const lineWords = 16;
const Word = { heartbeat: 0, asleep: 1, wake: 2, posted: 3, state: 4 } as const;

export const ThreadState = { starting: 0, running: 1, stopped: 2 } as const;

/** Ports that a run may have had in all: slots are not used again. */
export const slotsMax = 4096;

const countNames = Object.keys(noCounts()) as readonly (keyof DeviceCounts)[];

export interface SharedThreadBoard {
  readonly threads: number;
  readonly words: SharedArrayBuffer;
  readonly counts: SharedArrayBuffer;
}

export class ThreadBoard {
  readonly shared: SharedThreadBoard;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;

  constructor(shared: SharedThreadBoard) {
    this.shared = shared;
    this.#words = new Int32Array(shared.words);
    this.#counts = new Float64Array(shared.counts);
  }

  static create(threads: number): ThreadBoard {
    return new ThreadBoard({
      threads,
      words: new SharedArrayBuffer(threads * lineWords * 4),
      counts: new SharedArrayBuffer(threads * slotsMax * countNames.length * 8),
    });
  }

  /** The thread: once a turn. Not atomic: nobody waits for it. */
  beat(thread: number): void {
    this.#words[thread * lineWords]++;
  }

  heartbeat(thread: number): number {
    return Atomics.load(this.#words, thread * lineWords + Word.heartbeat);
  }

  setState(thread: number, state: number): void {
    Atomics.store(this.#words, thread * lineWords + Word.state, state);
  }

  state(thread: number): number {
    return Atomics.load(this.#words, thread * lineWords + Word.state);
  }

  /** The thread: by which descriptor others end its sleep. */
  setWake(thread: number, descriptor: number): void {
    Atomics.store(this.#words, thread * lineWords + Word.wake, descriptor + 1);
  }

  /**
   * The thread, before it looks for work a last time and then sleeps: whoever has work for it from now on wakes it. False:
   * it is awake again.
   */
  setAsleep(thread: number, asleep: boolean): void {
    Atomics.store(this.#words, thread * lineWords + Word.asleep, asleep ? 1 : 0);
  }

  /** The descriptor to write to so that the thread looks for work, or -1 when it will look anyway. */
  sleeper(thread: number): number {
    const at = thread * lineWords;
    return Atomics.load(this.#words, at + Word.asleep) === 0 ? -1 : Atomics.load(this.#words, at + Word.wake) - 1;
  }

  /** Rests without a descriptor: until `notify`, or so long. */
  waitFor(thread: number, milliseconds: number): void {
    Atomics.wait(this.#words, thread * lineWords + Word.asleep, 1, milliseconds);
  }

  notify(thread: number): void {
    const at = thread * lineWords + Word.asleep;
    if (Atomics.compareExchange(this.#words, at, 1, 0) === 1) Atomics.notify(this.#words, at);
  }

  /** Counts messages posted to the thread, so that it asks its port only when there is one. */
  post(thread: number): void {
    Atomics.add(this.#words, thread * lineWords + Word.posted, 1);
  }

  posted(thread: number): number {
    return Atomics.load(this.#words, thread * lineWords + Word.posted);
  }

  writeCounts(thread: number, slot: number, counts: DeviceCounts): void {
    const at = (thread * slotsMax + slot) * countNames.length;
    for (let i = 0; i < countNames.length; i++) this.#counts[at + i] = counts[countNames[i]];
  }

  /** What a port's devices have counted, in all threads, since the run began. */
  counts(slot: number): DeviceCounts {
    const sum = noCounts();
    for (let thread = 0; thread < this.shared.threads; thread++) {
      const at = (thread * slotsMax + slot) * countNames.length;
      countNames.forEach((name, i) => {
        sum[name] += this.#counts[at + i];
      });
    }
    return sum;
  }
}
