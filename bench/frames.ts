// Frames in memory, pristine, one behind the other like the records of a capture, and the copy into a batch.
//
//   record, words  0 port   1 bytes of the frame   2 … the frame, from the third byte on, padded to a word
//
// The frame begins two bytes into its first word, as frames in a batch do, so the copy needs no shifting.
import type { Batch } from '../src/wire/batch.ts';

const recordHeaderWords = 2;
/** Above it `set` copies faster than a loop over words; the same limit as for captures (src/io/copy.ts). */
const wordCopyMax = 256;

export interface StoredFrames {
  readonly count: number;
  readonly words: Uint32Array;
}

/** Words that a frame takes in a batch or a record: two bytes ahead of it, padding behind. */
function frameWords(length: number): number {
  return (length + 5) >>> 2;
}

export class FrameStore implements StoredFrames {
  count = 0;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  #next = 0;

  constructor(framesMax: number, frameBytesMax: number) {
    const words = framesMax * (recordHeaderWords + frameWords(frameBytesMax));
    // Shared, so that threads can play the same frames.
    this.#words = new Uint32Array(new SharedArrayBuffer(words * 4));
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  get words(): Uint32Array {
    return this.#words.subarray(0, this.#next);
  }

  add(port: number, frame: ArrayLike<number>): void {
    this.#words[this.#next] = port;
    this.#words[this.#next + 1] = frame.length;
    this.#bytes.set(frame, (this.#next + recordHeaderWords) * 4 + 2);
    this.#next += recordHeaderWords + frameWords(frame.length);
    this.count++;
  }
}

/** Plays stored frames into batches, from the first to the last. */
export class FramePlayer {
  readonly frames: StoredFrames;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  #next = 0;

  constructor(frames: StoredFrames) {
    this.frames = frames;
    this.#words = frames.words;
    this.#bytes = new Uint8Array(this.#words.buffer, this.#words.byteOffset, this.#words.byteLength);
  }

  /** To the first record, or to the one at `word`. */
  rewind(word = 0): void {
    this.#next = word;
  }

  /** Appends frames until the batch is full or none is left; answers how many there are in it. */
  fill(batch: Batch): number {
    const source = this.#words;
    const target = batch.words;
    const end = source.length;
    let word = this.#next;
    while (word < end) {
      const length = source[word + 1];
      const start = batch.add(source[word], length, length, 1, 0);
      if (start < 0) break;
      word += recordHeaderWords;
      const stop = word + ((length + 5) >>> 2);
      if (length > wordCopyMax) {
        const from = word * 4 + 2;
        batch.bytes.set(this.#bytes.subarray(from, from + length), start);
        word = stop;
      } else {
        let to = start >>> 2;
        while (word < stop) target[to++] = source[word++];
      }
    }
    this.#next = word;
    return batch.count;
  }
}
