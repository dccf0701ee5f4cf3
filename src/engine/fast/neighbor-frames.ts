// Which frames may change neighbours: ARP and neighbour discovery. What follows such a frame must see its effect: it
// ends a run of the fast path, and is treated only when no worker is busy with frames before it.
import type { Bytes } from '../../wire/bytes.ts';

/** Whether a frame that the slow path will treat could teach it a neighbour. Rare, so bytewise and generous. */
export function mayChangeNeighbors(bytes: Bytes, begin: number, present: number): boolean {
  const end = begin + present;
  let at = begin + 12;
  for (let tag = 0; tag < 2 && at + 2 <= end; tag++) {
    const type = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    if (type !== 0x8100 && type !== 0x88a8) break;
    at += 4;
  }
  if (at + 2 > end) return false;
  const type = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  if (type === 0x0806) return true;
  if (type !== 0x86dd || at + 43 > end || bytes[at + 8] !== 58) return false;
  return bytes[at + 42] === 135 || bytes[at + 42] === 136;
}
