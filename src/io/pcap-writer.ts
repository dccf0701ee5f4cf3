// Writes pcap, little-endian, microseconds or nanoseconds, Ethernet. Six million frames a second and more: a record
// is stored by words where they lie straight, else by bytes, and goes out with many others.
import type { FrameSink } from './device.ts';
import { OutputFile } from './output-file.ts';
import { RecordBuffer, type SinkCell } from './record-buffer.ts';

/** The largest snapshot length that libpcap takes. */
export const snapLength = 262_144;
const headerBytes = 24;
const recordHeaderBytes = 16;

export interface CaptureOptions {
  /** Time stamps in nanoseconds; else microseconds, what is finer is cut off. */
  readonly nanosecond: boolean;
  /** Where the writer's buffer may lie, for kernels to append to. */
  readonly cell?: SinkCell | undefined;
}

export class PcapWriter implements FrameSink {
  readonly #file: OutputFile;
  readonly #nanosecond: boolean;
  readonly #cell: SinkCell | undefined;
  /** Made, like the file, for the first frame: a port that sends nothing costs nothing. */
  #records: RecordBuffer | undefined;

  /** `path` may be `-`, standard output. */
  constructor(path: string, options: CaptureOptions) {
    this.#file = new OutputFile(path);
    this.#nanosecond = options.nanosecond;
    this.#cell = options.cell;
  }

  write(
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    const records = this.#records ?? this.#begin();
    records.reserve();
    const at = records.at;
    const frameAt = at + recordHeaderBytes;
    records.copyFrame(bytes, start, captured, frameAt);
    const units = this.#nanosecond ? nanoseconds : (nanoseconds / 1000) >>> 0;
    if ((at & 3) === 0) {
      const words = records.words;
      const word = at >>> 2;
      words[word] = seconds;
      words[word + 1] = units;
      words[word + 2] = captured;
      words[word + 3] = original;
    } else {
      const target = records.bytes;
      putWord(target, at, seconds);
      putWord(target, at + 4, units);
      putWord(target, at + 8, captured);
      putWord(target, at + 12, original);
    }
    records.at = frameAt + captured;
  }

  close(): void {
    try {
      this.#records?.flush();
    } finally {
      this.#records?.retire();
      this.#file.close();
      this.#records = undefined;
    }
  }

  #begin(): RecordBuffer {
    this.#file.open();
    const records = new RecordBuffer(this.#file, this.#nanosecond, this.#cell);
    records.words.set([this.#nanosecond ? 0xa1b23c4d : 0xa1b2c3d4, 0x0004_0002, 0, 0, snapLength, 1]);
    records.at = headerBytes;
    this.#records = records;
    return records;
  }
}

function putWord(target: Uint8Array, at: number, word: number): void {
  target[at] = word;
  target[at + 1] = word >>> 8;
  target[at + 2] = word >>> 16;
  target[at + 3] = word >>> 24;
}
