// A ring of whole frames between two threads: one puts in, the other takes out, neither waits for a lock. A frame is
// copied twice and nothing is allocated for it; there are no Atomics for a frame, only for `publish`, `take`, `release`.
//
//   words   0 published: frames ever put in and shown   1 refused: frames that found no room   (a cache line: the writer's)
//          16 released: frames ever taken and done with   17 their words, those left out included (the reader's)
//          32 … the records, each in one piece
//   record | port | captured | original | seconds | nanoseconds | tag | 2 bytes free, frame, up to 3 bytes free |
//
// A record that does not fit before the end begins at the beginning, and a mark in place of a port says so. The frame lies
// 2 bytes into a word, as in a batch. All counts run on through the whole range of 32 bits.
import { type Batch, batchFrames, frameBytesMax } from '../../wire/batch.ts';

const Word = { published: 0, refused: 1, released: 16, releasedWords: 17, records: 32 } as const;
const RecordWord = { port: 0, captured: 1, original: 2, seconds: 3, nanoseconds: 4, tag: 5, frame: 6 } as const;
/** In place of a port: what follows lies at the beginning of the ring. */
const wrapMark = 0xffff_ffff;
const dataBytesMin = 4096;
const dataBytesMax = 1 << 30;
/** Up to here a loop over words is faster than `set`, see `../copy.ts`. */
const wordCopyMax = 256;

/** Bytes of a ring that holds `dataBytes` of records. */
export function frameRingBytes(dataBytes: number): number {
  return Word.records * 4 + dataBytes;
}

/** Words of a record: the frame's first word is shared with the two bytes before it. */
function recordWords(captured: number): number {
  return RecordWord.frame + ((captured + 5) >>> 2);
}

export class FrameRing {
  /** Longest frame that the ring takes: a longer one might never find room in one piece. Bytes. */
  readonly frameBytesMax: number;
  readonly #control: Int32Array;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #capacity: number;
  readonly #mask: number;
  // The writer's.
  #put = 0;
  #writtenWords = 0;
  #freeWords: number;
  #sourceBytes: Uint8Array | undefined;
  #sourceWords: Uint32Array | undefined;
  readonly #wordsOf = new WeakMap<Uint8Array, Uint32Array>();
  // The reader's.
  #taken = 0;
  #takenWords = 0;
  readonly #tags = new Int32Array(batchFrames);

  /**
   * Over `frameRingBytes(dataBytes)` bytes at `offset` (a multiple of 64), zero when the first of the two opens it. Each
   * side opens it once. `dataBytes` is a power of two from 4 KiB to 1 GiB.
   */
  constructor(buffer: SharedArrayBuffer, offset: number, dataBytes: number) {
    if (!(dataBytes >= dataBytesMin && dataBytes <= dataBytesMax) || (dataBytes & (dataBytes - 1)) !== 0) {
      throw new RangeError(
        `a ring of ${dataBytes} bytes is not a power of two from ${dataBytesMin} to ${dataBytesMax}`,
      );
    }
    const dataAt = offset + Word.records * 4;
    this.#control = new Int32Array(buffer, offset, Word.records);
    this.#words = new Uint32Array(buffer, dataAt, dataBytes >>> 2);
    this.#bytes = new Uint8Array(buffer, dataAt, dataBytes);
    this.#capacity = dataBytes >>> 2;
    this.#mask = this.#capacity - 1;
    this.#freeWords = this.#capacity;
    // Half the ring lies in one piece at least, on one side of the place where the next record would begin.
    this.frameBytesMax = Math.min(frameBytesMax, dataBytes / 2 - (RecordWord.frame + 2) * 4);
  }

  /** Frames ever published, modulo 2^32 as a signed number: compare by `(a - b) | 0`. */
  get published(): number {
    return Atomics.load(this.#control, Word.published);
  }

  /** Frames that the reader has done with, counted likewise. */
  get released(): number {
    return Atomics.load(this.#control, Word.released);
  }

  /** Frames published and not yet released. */
  get length(): number {
    const released = this.released;
    return (this.published - released) >>> 0;
  }

  /** Every frame that was published is released. */
  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** Frames that found no room, modulo 2^32. */
  get refused(): number {
    return Atomics.load(this.#control, Word.refused) >>> 0;
  }

  /** The writer: frames ever put, counted likewise. */
  get written(): number {
    return this.#put;
  }

  /** The writer: frames put and not yet published. */
  get unpublished(): number {
    return (this.#put - this.#control[Word.published]) >>> 0;
  }

  /**
   * The writer: copies a frame in, of any port below 2^31 and with a tag of 32 bits. The reader sees it after `publish`.
   * False: no room, or longer than `frameBytesMax`; nothing has changed, `refused` is one more.
   */
  put(
    tag: number,
    port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
  ): boolean {
    const at = captured <= this.frameBytesMax ? this.#reserve(recordWords(captured)) : -1;
    if (at < 0) {
      this.#control[Word.refused]++;
      return false;
    }
    const words = this.#words;
    words[at + RecordWord.port] = port;
    words[at + RecordWord.captured] = captured;
    words[at + RecordWord.original] = original;
    words[at + RecordWord.seconds] = seconds;
    words[at + RecordWord.nanoseconds] = nanoseconds;
    words[at + RecordWord.tag] = tag;
    this.#copyIn(at + RecordWord.frame, bytes, start, captured);
    this.#put = (this.#put + 1) | 0;
    return true;
  }

  /** The writer: shows the reader all that was put. */
  publish(): void {
    Atomics.store(this.#control, Word.published, this.#put);
  }

  /** The writer: wakes a reader that sleeps in `sleep` or `arrival`. It is a system call: once a batch at most. */
  wake(): void {
    Atomics.notify(this.#control, Word.published);
  }

  /**
   * The reader: moves frames into the batch until it is full or none is left; answers how many. Their room is free for the
   * writer after `release`.
   */
  take(batch: Batch): number {
    const published = Atomics.load(this.#control, Word.published);
    const words = this.#words;
    const from = batch.count;
    let taken = this.#taken;
    while (taken !== published) {
      let at = this.#takenWords & this.#mask;
      if (words[at] === wrapMark) {
        this.#takenWords = (this.#takenWords + this.#capacity - at) | 0;
        at = 0;
      }
      const captured = words[at + RecordWord.captured];
      const start = batch.add(
        words[at + RecordWord.port],
        captured,
        words[at + RecordWord.original],
        words[at + RecordWord.seconds],
        words[at + RecordWord.nanoseconds],
      );
      if (start < 0) break;
      this.#tags[batch.count - 1] = words[at + RecordWord.tag];
      this.#copyOut(batch, start, at + RecordWord.frame, captured);
      this.#takenWords = (this.#takenWords + recordWords(captured)) | 0;
      taken = (taken + 1) | 0;
    }
    this.#taken = taken;
    return batch.count - from;
  }

  /** The reader: the tag (as a signed number) of the frame that `take` put into this slot of the batch. */
  readTag(slot: number): number {
    return this.#tags[slot];
  }

  /** The reader: gives the writer the room of all that was taken. */
  release(): void {
    Atomics.store(this.#control, Word.releasedWords, this.#takenWords);
    Atomics.store(this.#control, Word.released, this.#taken);
  }

  /** The reader: sleeps until there is something to take or it is woken, at most so long. Not on a main thread that serves others. */
  sleep(milliseconds: number): void {
    Atomics.wait(this.#control, Word.published, this.#taken, milliseconds);
  }

  /** The reader: the same as a promise, which does not keep the process alive; undefined when there is something already. */
  arrival(milliseconds: number): Promise<unknown> | undefined {
    const { async, value } = Atomics.waitAsync(this.#control, Word.published, this.#taken, milliseconds);
    return async ? value : undefined;
  }

  /** The place of a record of so many words, taken from what is free; -1: no room. */
  #reserve(count: number): number {
    let at = this.#writtenWords & this.#mask;
    const toEnd = this.#capacity - at;
    const need = count <= toEnd ? count : toEnd + count;
    if (need > this.#freeWords) {
      const released = Atomics.load(this.#control, Word.releasedWords);
      this.#freeWords = this.#capacity - ((this.#writtenWords - released) | 0);
      if (need > this.#freeWords) return -1;
    }
    if (count > toEnd) {
      this.#words[at] = wrapMark;
      at = 0;
    }
    this.#freeWords -= need;
    this.#writtenWords = (this.#writtenWords + need) | 0;
    return at;
  }

  #copyIn(word: number, bytes: Uint8Array, start: number, captured: number): void {
    if (captured > wordCopyMax) {
      this.#bytes.set(bytes.subarray(start, start + captured), word * 4 + 2);
      return;
    }
    if ((start & 3) === 2 && (bytes === this.#sourceBytes || this.#findWords(bytes))) {
      const source = this.#sourceWords as Uint32Array;
      const target = this.#words;
      const stop = word + ((captured + 5) >>> 2);
      for (let to = word, from = start >>> 2; to < stop; to++, from++) target[to] = source[from];
      return;
    }
    const target = this.#bytes;
    const to = word * 4 + 2;
    for (let i = 0; i < captured; i++) target[to + i] = bytes[start + i];
  }

  /** The words of a source's bytes, kept from frame to frame; false where it has none, or its end is no whole word. */
  #findWords(bytes: Uint8Array): boolean {
    if (((bytes.byteOffset | bytes.length) & 3) !== 0) return false;
    let words = this.#wordsOf.get(bytes);
    if (words === undefined) {
      words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
      this.#wordsOf.set(bytes, words);
    }
    this.#sourceBytes = bytes;
    this.#sourceWords = words;
    return true;
  }

  #copyOut(batch: Batch, start: number, word: number, captured: number): void {
    if (captured > wordCopyMax) {
      batch.bytes.set(this.#bytes.subarray(word * 4 + 2, word * 4 + 2 + captured), start);
      return;
    }
    const source = this.#words;
    const target = batch.words;
    const stop = word + ((captured + 5) >>> 2);
    for (let from = word, to = start >>> 2; from < stop; from++, to++) target[to] = source[from];
  }
}
