// The buffer in which a writer puts its records together before they go to the file in one call.
//
//   bytes  | 0 | lead … records … at | free … | room for one record of the greatest length |
//
// A frame is stored in whole words, which may spoil up to three bytes before and behind it: writers put the frame
// first and then what stands before and after it.
import { frameBytesMax } from '../wire/batch.ts';
import type { OutputFile } from './output-file.ts';
import type { SharedRoom } from './shared-room.ts';

/** Written when so much has gathered. */
const flushBytes = 256 * 1024;
/** Greatest length of what a record holds beside the frame: headers, a comment, pushed labels and tags. */
const besideFrameBytesMax = 80 * 1024;
const wordCopyMax = 256;

/** A port's place in a `SinkTable`. */
export interface SinkCell {
  readonly room: SharedRoom;
  readonly words: Uint32Array;
}

/** Bytes of a buffer. */
export const bufferBytes = flushBytes + frameBytesMax + besideFrameBytesMax;

export class RecordBuffer {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** As in a `SinkTable`; of this buffer alone when no kernel writes to it. */
  readonly #cell: Uint32Array;
  readonly #file: OutputFile;
  /** Whose words `#sourceWords` are. */
  #source: Uint8Array | undefined;
  #sourceWords: Uint32Array = new Uint32Array(0);
  /** Highest offset in the source whose word can be read. */
  #sourceWordBytes = 0;

  /** With a cell the buffer lies in its room, if there is space, and kernels may append to it. */
  constructor(file: OutputFile, nanosecond: boolean, cell?: SinkCell) {
    this.#file = file;
    const place = cell?.room.take(bufferBytes);
    const shared = cell !== undefined && place !== undefined;
    const buffer = shared ? cell.room.memory.buffer : new ArrayBuffer(bufferBytes);
    this.bytes = new Uint8Array(buffer, place ?? 0, bufferBytes);
    this.words = new Uint32Array(buffer, place ?? 0, bufferBytes / 4);
    this.#cell = shared ? cell.words : new Uint32Array(3);
    this.#cell[0] = this.bytes.byteOffset;
    this.#cell[1] = this.bytes.byteOffset + flushBytes;
    this.#cell[2] = nanosecond ? 1 : 0;
  }

  /** Where the next record begins. */
  get at(): number {
    return (this.#cell[0] as number) - this.bytes.byteOffset;
  }

  set at(place: number) {
    this.#cell[0] = this.bytes.byteOffset + place;
  }

  /** No kernel appends to it any more. */
  retire(): void {
    this.#cell[1] = 0;
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
