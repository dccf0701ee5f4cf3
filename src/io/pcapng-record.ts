// One enhanced packet block of a pcapng, little-endian, in words: every block is a multiple of 4 long.
import { blockType, packetHeaderBytes, padded } from './pcapng-format.ts';
import type { RecordSpace } from './record-space.ts';

/** Bytes of a block without options, beside the frame and its padding. */
export const packetBlockBytes = packetHeaderBytes + 4;

export type Option = readonly [code: number, value: Uint8Array];
export const noOptions: readonly Option[] = [];

/** Puts a block at `records.at` (a multiple of 4) and moves that behind it. There is room. */
export function putPacket(
  records: RecordSpace,
  id: number,
  nanosecond: boolean,
  bytes: Uint8Array,
  start: number,
  captured: number,
  original: number,
  seconds: number,
  nanoseconds: number,
  options: readonly Option[],
): void {
  const at = records.at;
  const frameAt = at + packetHeaderBytes;
  records.copyFrame(bytes, start, captured, frameAt);
  let end = frameAt + captured;
  while ((end & 3) !== 0) records.bytes[end++] = 0;

  const perSecond = nanosecond ? 1_000_000_000 : 1_000_000;
  const units = nanosecond ? nanoseconds : (nanoseconds / 1000) >>> 0;
  // 64 bits of time: the lower half exact modulo 2^32, the upper half from a sum that is off by far less than 2^32.
  const low = (Math.imul(seconds, perSecond) + units) >>> 0;
  const high = Math.round((seconds * perSecond + units - low) / 4_294_967_296);
  const { words } = records;
  const word = at >>> 2;
  words[word] = blockType.enhancedPacket;
  words[word + 2] = id;
  words[word + 3] = high;
  words[word + 4] = low;
  words[word + 5] = captured;
  words[word + 6] = original;
  if (options.length > 0) end = putOptions(records, end, options);
  const total = end + 4 - at;
  words[word + 1] = total;
  words[end >>> 2] = total;
  records.at = at + total;
}

/** Puts options and their end mark; answers where they end. */
export function putOptions(records: RecordSpace, from: number, options: readonly Option[]): number {
  let at = from;
  for (const [code, value] of options) {
    records.words[at >>> 2] = code | (value.length << 16);
    records.words[(at + 4 + value.length) >>> 2] = 0;
    records.bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  records.words[at >>> 2] = 0;
  return at + 4;
}
