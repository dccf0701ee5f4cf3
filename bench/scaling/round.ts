// What one thread does while it is timed: frames from memory through its own forwarder, round and round from a place
// of its own, until so much time has passed on the wall's clock.
import { Forwarder } from '../../src/engine/forwarder.ts';
import type { Tables } from '../../src/tables/tables.ts';
import type { Batch } from '../../src/wire/batch.ts';
import { FramePlayer, type StoredFrames } from '../frames.ts';
import { CountingOutput, type LoopOptions } from '../loop.ts';

/** Batches between two looks at the clock; the same number as in C (bench/yardstick/threads.h). */
const batchesALook = 64;

export interface ThreadResult {
  readonly framesASecond: number;
  readonly sent: number;
  readonly notSent: number;
}

/** First words of the shares when the frames are divided into so many of equal size. */
export function shareStarts({ words }: StoredFrames, count: number): number[] {
  const starts: number[] = [];
  let word = 0;
  for (let share = 0; share < count; share++) {
    const least = Math.floor((words.length * share) / count);
    while (word < least) word += 2 + ((words[word + 1] + 5) >>> 2);
    starts.push(word < words.length ? word : 0);
  }
  return starts;
}

export class ThreadLoop {
  readonly #player: FramePlayer;
  readonly #output = new CountingOutput();
  readonly #forwarder: Forwarder;
  readonly #batch: Batch;

  constructor(tables: Tables, frames: StoredFrames, { placed, ...options }: LoopOptions = {}) {
    this.#player = new FramePlayer(frames, placed);
    this.#forwarder = new Forwarder(tables, this.#output, options);
    this.#batch = this.#forwarder.newBatch();
  }

  run(firstWord: number, seconds: number): ThreadResult {
    const { sent, notSent } = this.#output;
    this.#player.rewind(firstWord);
    this.#forwarder.awake();
    const begin = performance.now();
    let taken = 0;
    do {
      for (let i = 0; i < batchesALook; i++) this.#playBatch();
      taken = (performance.now() - begin) / 1000;
    } while (taken < seconds);
    this.#forwarder.asleep();
    const result = { sent: this.#output.sent - sent, notSent: this.#output.notSent - notSent };
    return { framesASecond: (result.sent + result.notSent) / taken, ...result };
  }

  #playBatch(): void {
    const batch = this.#batch;
    batch.clear();
    if (this.#player.fill(batch) === 0) {
      this.#player.rewind();
      this.#player.fill(batch);
    }
    this.#forwarder.process(batch);
  }
}
