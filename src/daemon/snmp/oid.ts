// Object identifiers as lists of numbers, their order, and how indexes are written into them (RFC 2578, section 7.7).
import type { IpAddress } from '../../wire/address.ts';

export type Oid = readonly number[];

/** Below 0, 0 or above 0: lexicographic, where what is longer comes after what it begins with. */
export function compareOids(a: Oid, b: Oid): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function startsWith(oid: Oid, start: Oid): boolean {
  if (oid.length < start.length) return false;
  for (let i = 0; i < start.length; i++) if (oid[i] !== start[i]) return false;
  return true;
}

/** A text of ASCII as an index of variable length: its length, then its bytes. */
export function textIndex(text: string): number[] {
  return [text.length, ...Array.from(text, (character) => character.charCodeAt(0))];
}

/** The octets of an address. */
export function octetsOf(words: readonly number[] | Uint32Array): number[] {
  return Array.from(words).flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
}

/** InetAddressType of RFC 4001. */
export const AddressType = { unknown: 0, ipv4: 1, ipv6: 2, ipv6z: 4 } as const;

/** InetAddressType and InetAddress, as indexes. A link-local address needs its interface with it (RFC 4001, ipv6z). */
export function addressIndex(address: IpAddress | undefined, interfaceIndex: number): number[] {
  if (address === undefined) return [AddressType.unknown, 0];
  const octets = octetsOf(address.words);
  if (address.family === 4) return [AddressType.ipv4, octets.length, ...octets];
  const isLinkLocal = (address.words[0] as number) >>> 22 === 0xfe80 >>> 6;
  if (!isLinkLocal) return [AddressType.ipv6, octets.length, ...octets];
  const zoned = [...octets, ...octetsOf([interfaceIndex])];
  return [AddressType.ipv6z, zoned.length, ...zoned];
}

/** The first of a sorted list that is not below the OID, or above it if `isInclusive` is false; the length if none is. */
export function placeAfter<Item>(
  items: readonly Item[],
  indexOf: (item: Item) => Oid,
  oid: Oid,
  isInclusive: boolean,
): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareOids(indexOf(items[middle] as Item), oid);
    if (order < 0 || (order === 0 && !isInclusive)) low = middle + 1;
    else high = middle;
  }
  return low;
}
