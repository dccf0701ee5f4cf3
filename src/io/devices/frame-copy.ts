// One frame from batch to batch, by words where it is short: in both it lies two bytes into a word.
import type { Batch } from '../../wire/batch.ts';

/** Up to here a loop over words is faster than `set`, see `../copy.ts`. */
const wordCopyMax = 256;

/** Appends a frame of another batch, as one of this port and time; false when there is no room. */
export function appendFrame(
  to: Batch,
  port: number,
  from: Batch,
  slot: number,
  seconds: number,
  nanoseconds: number,
): boolean {
  const captured = from.captured[slot];
  const start = to.add(port, captured, from.original[slot], seconds, nanoseconds);
  if (start < 0) return false;
  const begin = from.start[slot];
  if (captured > wordCopyMax) {
    to.bytes.set(from.bytes.subarray(begin, begin + captured), start);
    return true;
  }
  const source = from.words;
  const target = to.words;
  const stop = (begin + captured + 3) >>> 2;
  for (let word = begin >>> 2, at = start >>> 2; word < stop; ) target[at++] = source[word++];
  return true;
}
