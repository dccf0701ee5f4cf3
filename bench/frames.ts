// Frames in memory, pristine, one behind the other like the records of a capture, and the copy into a batch.
//
//   record, words  0 port   1 bytes of the frame   2 … the frame, from the third byte on, padded to a word
//
// The frame begins two bytes into its first word, as frames in a batch do, so the copy needs no shifting. That is how
// programs in C find them. Our own side plays them as `replay` plays a capture: as records of a pcap that lie in the
// tables' memory, by the same kernel; without kernels by a loop over the words.
import { type CaptureKernels, captureKernels, placeOf, type SharedRoom } from '../src/io/shared-room.ts';
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

/** Frames as records of a capture, in a shared memory; survives `postMessage`. */
export interface PlacedFrames {
  readonly memory: WebAssembly.Memory;
  readonly offset: number;
  readonly bytes: number;
  /** All frames arrive there. */
  readonly port: number;
}

const pcapRecordBytes = 16;
/** A kernel may read so much beyond the last record. */
const slackBytes = 16;

/** Room that the frames take as records. */
export function placedBytes({ words }: StoredFrames): number {
  let bytes = slackBytes;
  for (let word = 0; word < words.length; word += recordHeaderWords + frameWords(words[word + 1])) {
    bytes += pcapRecordBytes + words[word + 1];
  }
  return bytes;
}

/** The frames as records in the room; undefined where there is none, or they do not all arrive by one port. */
export function placeFrames(frames: StoredFrames, room: SharedRoom | undefined): PlacedFrames | undefined {
  const { words } = frames;
  const port = words[0];
  const bytes = placedBytes(frames);
  const offset = room?.take(bytes);
  if (room === undefined || offset === undefined) return undefined;
  const source = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const target = new Uint8Array(room.memory.buffer, offset, bytes);
  const view = new DataView(room.memory.buffer, offset, bytes);
  let at = 0;
  for (let word = 0; word < words.length; word += recordHeaderWords + frameWords(words[word + 1])) {
    const length = words[word + 1];
    const from = (word + recordHeaderWords) * 4 + 2;
    if (words[word] !== port) return undefined;
    for (const [i, value] of [1, 0, length, length].entries()) view.setUint32(at + 4 * i, value, true);
    target.set(source.subarray(from, from + length), at + pcapRecordBytes);
    at += pcapRecordBytes + length;
  }
  return { memory: room.memory, offset, bytes: at, port };
}

/** Later than any record. */
const never = 2 ** 32;

/** Plays stored frames into batches, from the first to the last. */
export class FramePlayer {
  readonly frames: StoredFrames;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #placed: PlacedFrames | undefined;
  readonly #kernels: CaptureKernels | undefined;
  /** The next record: a word of the stored frames, a byte of the placed ones. */
  #next = 0;

  constructor(frames: StoredFrames, placed?: PlacedFrames) {
    this.frames = frames;
    this.#words = frames.words;
    this.#bytes = new Uint8Array(this.#words.buffer, this.#words.byteOffset, this.#words.byteLength);
    this.#placed = placed;
    this.#kernels = placed && captureKernels(placed.memory);
  }

  /** To the first record, or to the one at `word` of the stored frames. */
  rewind(word = 0): void {
    this.#next = word;
    if (this.#placed === undefined) return;
    this.#next = 0;
    for (let before = 0; before < word; before += recordHeaderWords + frameWords(this.#words[before + 1])) {
      this.#next += pcapRecordBytes + this.#words[before + 1];
    }
  }

  /** Appends frames until the batch is full or none is left; answers how many there are in it. */
  fill(batch: Batch): number {
    if (this.#kernels === undefined || this.#placed === undefined) return this.#fillByWords(batch);
    const { offset, bytes, port } = this.#placed;
    const kernels = this.#kernels;
    const { place } = batch;
    kernels.resume(batch.count, batch.tail);
    kernels.readPcap(offset + this.#next, offset + bytes, true, place.offset, batch.bytes.length, port, never, 0);
    this.#next = placeOf(kernels) - offset;
    batch.count = kernels.slot.value;
    batch.tail = kernels.tail.value;
    return batch.count;
  }

  #fillByWords(batch: Batch): number {
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
