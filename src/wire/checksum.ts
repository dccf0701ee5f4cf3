// The Internet checksum: RFC 1071 over bytes, RFC 1624 equation 3 for a changed field.
import { type Bytes, read16 } from './bytes.ts';

/** The one's complement sum of `count` bytes added to `sum`, not folded. Bytes beyond an odd end count as zero. */
export function sumBytes(bytes: Bytes, at: number, count: number, sum = 0): number {
  let total = sum;
  const even = count & ~1;
  for (let i = 0; i < even; i += 2) total += read16(bytes, at + i);
  if (count !== even) total += (bytes[at + even] as number) << 8;
  return total;
}

/** Folds the carries of a sum into 16 bits. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}

/** The checksum field over `count` bytes, its own place in them zero. */
export function checksum(bytes: Bytes, at: number, count: number, sum = 0): number {
  return ~fold(sumBytes(bytes, at, count, sum)) & 0xffff;
}

/** HC' = ~(~HC + ~m + m'): the checksum after one 16-bit field changed (RFC 1624 equation 3). */
export function updateChecksum(check: number, before: number, after: number): number {
  return ~fold((~check & 0xffff) + (~before & 0xffff) + after) & 0xffff;
}
