// The buffer in which a writer puts its records together before they go to the file in one call.
//
//   bytes  | 0 | lead … records … at | free … | room for one record of the greatest length |
import { frameBytesMax } from '../wire/batch.ts';
import type { OutputFile } from './output-file.ts';
import { RecordSpace } from './record-space.ts';

/** Written when so much has gathered. */
const flushBytes = 256 * 1024;
/** Greatest length of what a record holds beside the frame: headers, a comment, pushed labels and tags. */
const besideFrameBytesMax = 80 * 1024;
/** Ready records of so many bytes go to the file at once, fewer are gathered: a call costs as much as copying them. */
const directBytesMin = 8 * 1024;

export class RecordBuffer extends RecordSpace {
  readonly #file: OutputFile;

  constructor(file: OutputFile) {
    super(new Uint8Array(flushBytes + frameBytesMax + besideFrameBytesMax));
    this.#file = file;
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
