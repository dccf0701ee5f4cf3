// Captures for tests, written and read bytewise, without a line of the code under test.
import { readFileSync, writeFileSync } from 'node:fs';

export interface Record {
  readonly seconds: number;
  /** Nanoseconds below one second. */
  readonly nanoseconds: number;
  readonly original: number;
  readonly bytes: readonly number[];
}

export interface CaptureOptions {
  readonly nanosecond?: boolean;
  readonly linkType?: number;
}

const le32 = (value: number): number[] => [
  value & 255,
  (value >>> 8) & 255,
  (value >>> 16) & 255,
  (value >>> 24) & 255,
];

/** A little-endian pcap file's bytes. Frames without a time get 1.000000, 1.000001 … */
export function pcapBytes(frames: readonly (readonly number[] | Record)[], options: CaptureOptions = {}): number[] {
  const magic = options.nanosecond ? 0xa1b23c4d : 0xa1b2c3d4;
  const header = [...le32(magic), 2, 0, 4, 0, ...le32(0), ...le32(0), ...le32(262144), ...le32(options.linkType ?? 1)];
  return [...header, ...frames.flatMap((frame, i) => recordBytes(asRecord(frame, i), options.nanosecond === true))];
}

function asRecord(frame: readonly number[] | Record, index: number): Record {
  if ('bytes' in frame) return frame;
  return { seconds: 1, nanoseconds: index * 1000, original: frame.length, bytes: frame };
}

function recordBytes(record: Record, nanosecond: boolean): number[] {
  const fraction = nanosecond ? record.nanoseconds : Math.floor(record.nanoseconds / 1000);
  return [
    ...le32(record.seconds),
    ...le32(fraction),
    ...le32(record.bytes.length),
    ...le32(record.original),
    ...record.bytes,
  ];
}

export function writePcap(
  path: string,
  frames: readonly (readonly number[] | Record)[],
  options: CaptureOptions = {},
): void {
  writeFileSync(path, Uint8Array.from(pcapBytes(frames, options)));
}

export interface Capture {
  readonly nanosecond: boolean;
  readonly records: readonly Record[];
}

export function readPcap(path: string): Capture {
  const file = readFileSync(path);
  const magic = file.readUInt32LE(0);
  const nanosecond = magic === 0xa1b23c4d;
  if (!nanosecond && magic !== 0xa1b2c3d4) throw new Error(`${path} is no little-endian pcap`);
  const records: Record[] = [];
  for (let at = 24; at < file.length; ) {
    const captured = file.readUInt32LE(at + 8);
    records.push({
      seconds: file.readUInt32LE(at),
      nanoseconds: file.readUInt32LE(at + 4) * (nanosecond ? 1 : 1000),
      original: file.readUInt32LE(at + 12),
      bytes: [...file.subarray(at + 16, at + 16 + captured)],
    });
    at += 16 + captured;
  }
  return { nanosecond, records };
}

export interface NgPacket {
  readonly interface: string;
  readonly bytes: readonly number[];
  readonly comments: readonly string[];
}

/** Options of a pcapng block: code and value. */
function options(block: Buffer, from: number): { code: number; value: Buffer }[] {
  const found: { code: number; value: Buffer }[] = [];
  for (let at = from; at + 4 <= block.length; ) {
    const code = block.readUInt16LE(at);
    const length = block.readUInt16LE(at + 2);
    if (code === 0) break;
    found.push({ code, value: block.subarray(at + 4, at + 4 + length) });
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return found;
}

/** Names of the interfaces and all packets of a little-endian pcapng file. */
export function readPcapng(file: Buffer): { interfaces: string[]; packets: NgPacket[] } {
  const interfaces: string[] = [];
  const packets: NgPacket[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4);
    if (length < 12 || file.readUInt32LE(at + length - 4) !== length) throw new Error(`bad block at ${at}`);
    const type = file.readUInt32LE(at);
    const body = file.subarray(at + 8, at + length - 4);
    if (type === 1) interfaces.push(String(options(body, 8).find((option) => option.code === 2)?.value ?? ''));
    if (type === 6) {
      const captured = body.readUInt32LE(12);
      packets.push({
        interface: interfaces[body.readUInt32LE(0)] ?? '?',
        bytes: [...body.subarray(20, 20 + captured)],
        comments: options(body, 20 + Math.ceil(captured / 4) * 4)
          .filter((option) => option.code === 1)
          .map((option) => String(option.value)),
      });
    }
    at += length;
  }
  return { interfaces, packets };
}
