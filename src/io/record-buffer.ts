// The buffer in which a writer puts its records together before they go to the file in one call.
//
//   bytes  | 0 | lead … records … at | free … | room for one record of the greatest length |
import { frameBytesMax } from '../wire/batch.ts';
import type { OutputFile } from './output-file.ts';
import { RecordSpace } from './record-space.ts';
import type { SharedRoom } from './shared-room.ts';

/** Written when so much has gathered. */
const flushBytes = 256 * 1024;
/** Greatest length of what a record holds beside the frame: headers, a comment, pushed labels and tags. */
const besideFrameBytesMax = 80 * 1024;
/** Ready records of so many bytes go to the file at once, fewer are gathered: a call costs as much as copying them. */
const directBytesMin = 8 * 1024;

/** A port's place in a `SinkTable`. */
export interface SinkCell {
  readonly room: SharedRoom;
  readonly words: Uint32Array;
}

/** Bytes of a buffer. */
export const bufferBytes = flushBytes + frameBytesMax + besideFrameBytesMax;

/** In the room of the cell, if there is space, where kernels may append to it; else in memory of its own. */
function placeBuffer(cell: SinkCell | undefined): { bytes: Uint8Array; words: Uint32Array } {
  const place = cell?.room.take(bufferBytes);
  if (cell === undefined || place === undefined) {
    return { bytes: new Uint8Array(bufferBytes), words: new Uint32Array(3) };
  }
  return { bytes: new Uint8Array(cell.room.memory.buffer, place, bufferBytes), words: cell.words };
}

export class RecordBuffer extends RecordSpace {
  readonly #file: OutputFile;
  /** As in a `SinkTable`; of this buffer alone when no kernel writes to it. */
  readonly #words: Uint32Array;

  constructor(file: OutputFile, nanosecond: boolean, cell?: SinkCell) {
    const { bytes, words } = placeBuffer(cell);
    super(bytes, words);
    this.#file = file;
    this.#words = words;
    words[1] = bytes.byteOffset + flushBytes;
    words[2] = nanosecond ? 1 : 0;
  }

  /** No kernel appends to it any more. */
  retire(): void {
    this.#words[1] = 0;
  }

  /** Makes room for one more record; to be called before it is begun. */
  reserve(): void {
    if (this.at >= flushBytes) this.flush();
  }

  flush(): void {
    const count = this.at;
    this.at = 0;
    this.#file.write(this.bytes, 0, count);
  }

  /** Adds records that somebody has put together elsewhere. */
  append(bytes: Uint8Array, from: number, to: number): void {
    if (to - from < directBytesMin) {
      this.reserve();
      this.bytes.set(bytes.subarray(from, to), this.at);
      this.at += to - from;
      return;
    }
    if (this.at > 0) this.flush();
    this.#file.write(bytes, from, to);
  }
}
