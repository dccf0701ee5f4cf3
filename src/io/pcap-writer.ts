// Writes pcap, little-endian, microseconds or nanoseconds, Ethernet. Six million frames a second and more: a record
// is stored by words where they lie straight, else by bytes, and goes out with many others.
import type { FrameSink } from './device.ts';
import { OutputFile } from './output-file.ts';
import { putPcapRecord } from './pcap-record.ts';
import { RecordBuffer, type SinkCell } from './record-buffer.ts';
import type { RecordSpace } from './record-space.ts';

/** The largest snapshot length that libpcap takes. */
export const snapLength = 262_144;
const headerBytes = 24;

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
    putPcapRecord(records, this.#nanosecond, bytes, start, captured, original, seconds, nanoseconds);
  }

  writeRecords(bytes: Uint8Array, from: number, to: number): void {
    (this.#records ?? this.#begin()).append(bytes, from, to);
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
    putPcapHeader(records, this.#nanosecond);
    this.#records = records;
    return records;
  }
}

/** Puts what a file begins with, at the beginning. */
export function putPcapHeader(records: RecordSpace, nanosecond: boolean): void {
  records.words.set([nanosecond ? 0xa1b23c4d : 0xa1b2c3d4, 0x0004_0002, 0, 0, snapLength, 1]);
  records.at = headerBytes;
}
