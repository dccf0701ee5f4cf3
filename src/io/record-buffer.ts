// The buffer in which a writer puts its records together before they go to the file in one call.
//
//   bytes  | 0 | lead … records … at | free … | room for one record of the greatest length |
//
// A frame is stored in whole words, which may spoil up to three bytes before and behind it: writers put the frame
// first and then what stands before and after it.
import { frameBytesMax } from '../wire/batch.ts';
import type { OutputFile } from './output-file.ts';

/** Written when so much has gathered. */
const flushBytes = 256 * 1024;
/** Greatest length of what a record holds beside the frame: headers, a comment, pushed labels and tags. */
const besideFrameBytesMax = 80 * 1024;
const wordCopyMax = 256;

export class RecordBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array;
  /** Where the next record begins. */
  at = 0;
  readonly #file: OutputFile;
  /** Whose words `#sourceWords` are. */
  #source: Uint8Array | undefined;
  #sourceWords: Uint32Array = new Uint32Array(0);
  /** Highest offset in the source whose word can be read. */
  #sourceWordBytes = 0;

  constructor(file: OutputFile) {
    this.#file = file;
    this.bytes = new Uint8Array(flushBytes + frameBytesMax + besideFrameBytesMax);
    this.words = new Uint32Array(this.bytes.buffer);
  }

  /** Makes room for one more record; to be called before it is begun. */
  reserve(): void {
    if (this.at >= flushBytes) this.flush();
  }

  flush(): void {
    const count = this.at;
    this.at = 0;
    this.#file.write(this.bytes, count);
  }

  /** Stores a frame at `to` (≥ 4); spoils up to three bytes on either side. */
  copyFrame(source: Uint8Array, from: number, count: number, to: number): void {
    if (source !== this.#source) this.#adopt(source);
    const ahead = to & 3;
    if (count > wordCopyMax || from < ahead || from + count + 8 > this.#sourceWordBytes) {
      this.bytes.set(source.subarray(from, from + count), to);
      return;
    }
    const target = this.words;
    const words = this.#sourceWords;
    let index = to >>> 2;
    const stop = (to + count + 3) >>> 2;
    let word = (from - ahead) >>> 2;
    const shift = ((from - ahead) & 3) << 3;
    if (shift === 0) {
      while (index < stop) target[index++] = words[word++];
      return;
    }
    const back = 32 - shift;
    let low = words[word++] >>> shift;
    while (index < stop) {
      const next = words[word++];
      target[index++] = low | (next << back);
      low = next >>> shift;
    }
  }

  /** Sources are few and stay (arenas of batches), so their word views are made once. */
  #adopt(source: Uint8Array): void {
    this.#source = source;
    const aligned = (source.byteOffset & 3) === 0;
    this.#sourceWordBytes = aligned ? source.length & ~3 : 0;
    this.#sourceWords = new Uint32Array(source.buffer, aligned ? source.byteOffset : 0, this.#sourceWordBytes >>> 2);
  }
}
