// Writes pcapng, little-endian: one section, an interface description per port, enhanced packet blocks with comments.
// Every block is a multiple of 4 long, so everything is stored in words.
import type { FrameSink } from './device.ts';
import { OutputFile, standardOutput } from './output-file.ts';
import { type CaptureOptions, snapLength } from './pcap-writer.ts';
import { blockType, byteOrderMagic, option } from './pcapng-format.ts';
import { noOptions, type Option, putOptions, putPacket } from './pcapng-record.ts';
import { RecordBuffer } from './record-buffer.ts';
import type { RecordSpace } from './record-space.ts';

const application = 'shimline';
/** An option's length is a 16-bit number. */
const optionBytesMax = 0xffff;
const text = new TextEncoder();

/** One file with any number of interfaces. It is closed when each of them is, or by `close`. */
export class PcapngFile {
  readonly #file: OutputFile;
  readonly #nanosecond: boolean;
  /** A pcapng on standard output is complete even without a frame; a file without a frame is not created. */
  readonly #lazy: boolean;
  readonly #names: string[] = [];
  #records: RecordBuffer | undefined;
  #open = 0;
  #closed = false;

  /** `path` may be `-`, standard output. */
  constructor(path: string, options: CaptureOptions) {
    this.#file = new OutputFile(path);
    this.#nanosecond = options.nanosecond;
    this.#lazy = path !== standardOutput;
  }

  /** Adds an interface, described in the file under this name, and answers the sink for its frames. */
  addInterface(name: string): FrameSink {
    const id = this.#names.push(name) - 1;
    this.#open++;
    if (this.#records !== undefined) this.#describe(this.#records, name);
    return new PcapngWriter(this, id, this.#nanosecond);
  }

  /** For the sinks: the buffer, with file and headers made on first use, and room for a block. */
  records(): RecordBuffer {
    const records = this.#records ?? this.#begin();
    records.reserve();
    return records;
  }

  /** For the sinks: one of them is closed. */
  release(): void {
    this.#open--;
    if (this.#open === 0) this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (!this.#lazy) this.#records ??= this.#begin();
      this.#records?.flush();
    } finally {
      this.#file.close();
      this.#records = undefined;
    }
  }

  #begin(): RecordBuffer {
    this.#file.open();
    const records = new RecordBuffer(this.#file, true);
    this.#records = records;
    putSectionHeader(records);
    for (const name of this.#names) this.#describe(records, name);
    return records;
  }

  #describe(records: RecordBuffer, name: string): void {
    records.reserve();
    putInterface(records, name, this.#nanosecond);
  }
}

/** The frames of one interface of a pcapng file; made by `PcapngFile.addInterface`. */
export class PcapngWriter implements FrameSink {
  readonly #file: PcapngFile;
  readonly #id: number;
  readonly #nanosecond: boolean;
  #closed = false;

  constructor(file: PcapngFile, id: number, nanosecond: boolean) {
    this.#file = file;
    this.#id = id;
    this.#nanosecond = nanosecond;
  }

  write(
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    comment?: string,
  ): void {
    const records = this.#file.records();
    const options: readonly Option[] =
      comment === undefined || comment === '' ? noOptions : [[option.comment, cutText(comment)]];
    putPacket(records, this.#id, this.#nanosecond, bytes, start, captured, original, seconds, nanoseconds, options);
  }

  writeRecords(bytes: Uint8Array, from: number, to: number): void {
    this.#file.records().append(bytes, from, to);
  }

  close(): void {
    if (!this.#closed) this.#file.release();
    this.#closed = true;
  }
}

/** UTF-8, cut between two characters if it is too long for an option. */
function cutText(comment: string): Uint8Array {
  const room = new Uint8Array(Math.min(comment.length * 3, optionBytesMax));
  return room.subarray(0, text.encodeInto(comment, room).written);
}

/** Puts what a file begins with. */
export function putSectionHeader(records: RecordSpace): void {
  const lengthUnknown = 0xffff_ffff;
  putBlock(
    records,
    blockType.sectionHeader,
    [byteOrderMagic, 1, lengthUnknown, lengthUnknown],
    [[option.userApplication, text.encode(application)]],
  );
}

/** Puts the description of an Ethernet interface; they are numbered in their order. */
export function putInterface(records: RecordSpace, name: string, nanosecond: boolean): void {
  const ethernet = 1;
  putBlock(
    records,
    blockType.interfaceDescription,
    [ethernet, snapLength],
    [
      [option.interfaceName, text.encode(name)],
      [option.timeResolution, Uint8Array.of(nanosecond ? 9 : 6)],
    ],
  );
}

/** Puts a block that holds no frame. */
function putBlock(records: RecordSpace, type: number, body: readonly number[], options: readonly Option[]): void {
  const at = records.at;
  const word = at >>> 2;
  records.words[word] = type;
  records.words.set(body, word + 2);
  const end = putOptions(records, at + 8 + body.length * 4, options);
  const total = end + 4 - at;
  records.words[word + 1] = total;
  records.words[end >>> 2] = total;
  records.at = at + total;
}
