// One record of a pcap, little-endian: stored by words where it lies straight, else by bytes.
//
//   record  | seconds | µs or ns | captured | original | captured bytes |
import type { RecordSpace } from './record-space.ts';

export const pcapRecordHeaderBytes = 16;

/** Puts a record at `records.at` and moves that behind it. There is room. */
export function putPcapRecord(
  records: RecordSpace,
  nanosecond: boolean,
  bytes: Uint8Array,
  start: number,
  captured: number,
  original: number,
  seconds: number,
  nanoseconds: number,
): void {
  const at = records.at;
  const frameAt = at + pcapRecordHeaderBytes;
  records.copyFrame(bytes, start, captured, frameAt);
  const units = nanosecond ? nanoseconds : (nanoseconds / 1000) >>> 0;
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

function putWord(target: Uint8Array, at: number, word: number): void {
  target[at] = word;
  target[at + 1] = word >>> 8;
  target[at + 2] = word >>> 16;
  target[at + 3] = word >>> 24;
}
