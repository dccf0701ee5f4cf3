// IPv4 (RFC 791): offsets, the header check, the fields a router changes.
import { type Bytes, read16, write16 } from './bytes.ts';
import { checksum, fold, sumBytes, updateChecksum } from './checksum.ts';

/** Bytes of a header without options. */
export const ipv4Bytes = 20;
export const tosAt = 1;
export const totalLengthAt = 2;
export const fragmentAt = 6;
export const ttlAt = 8;
export const protocolAt = 9;
export const checksumAt = 10;
export const sourceAt = 12;
export const destinationAt = 16;

/** Flags and offset in the fragment word. */
export const Fragment = { reserved: 0x8000, dontFragment: 0x4000, moreFragments: 0x2000, offsetMask: 0x1fff } as const;

export const protocolIcmp = 1;

export function headerBytes(bytes: Bytes, at: number): number {
  return ((bytes[at] as number) & 15) * 4;
}

/** What is wrong with a header, in the order of IP-1. */
export type Ipv4Fault = 'none' | 'header' | 'checksum' | 'cut';

/**
 * Checks version, header length, total length against `end` (the end of the frame on the wire) and the checksum.
 * `cut`: a byte of the header lies beyond `capturedEnd` (RFC 1812 section 5.2.2).
 */
export function checkIpv4(bytes: Bytes, at: number, end: number, capturedEnd: number): Ipv4Fault {
  if (end - at < ipv4Bytes) return 'header';
  if (capturedEnd - at < ipv4Bytes) return 'cut';
  const header = headerBytes(bytes, at);
  const total = read16(bytes, at + totalLengthAt);
  if ((bytes[at] as number) >>> 4 !== 4 || header < ipv4Bytes || total < header || total > end - at) return 'header';
  if (capturedEnd - at < header) return 'cut';
  return fold(sumBytes(bytes, at, header)) === 0xffff ? 'none' : 'checksum';
}

/** Writes the 16-bit word at an even offset of the header and mends the checksum by RFC 1624 equation 3. */
export function changeWord(bytes: Bytes, at: number, offset: number, value: number): void {
  const before = read16(bytes, at + offset);
  if (before === value) return;
  write16(bytes, at + offset, value);
  write16(bytes, at + checksumAt, updateChecksum(read16(bytes, at + checksumAt), before, value));
}

export function changeTtl(bytes: Bytes, at: number, ttl: number): void {
  changeWord(bytes, at, ttlAt, (ttl << 8) | (bytes[at + protocolAt] as number));
}

export function changeTos(bytes: Bytes, at: number, tos: number): void {
  changeWord(bytes, at, 0, ((bytes[at] as number) << 8) | tos);
}

export function isFragment(bytes: Bytes, at: number): boolean {
  return (read16(bytes, at + fragmentAt) & (Fragment.moreFragments | Fragment.offsetMask)) !== 0;
}

export function isLaterFragment(bytes: Bytes, at: number): boolean {
  return (read16(bytes, at + fragmentAt) & Fragment.offsetMask) !== 0;
}

export function writeChecksum(bytes: Bytes, at: number): void {
  write16(bytes, at + checksumAt, 0);
  write16(bytes, at + checksumAt, checksum(bytes, at, headerBytes(bytes, at)));
}

const classD = 0xe0000000;
const classE = 0xf0000000;
export const broadcastIpv4 = 0xffffffff;

export function isMulticastIpv4(address: number): boolean {
  return address >= classD && address < classE;
}

export function isLoopbackIpv4(address: number): boolean {
  return address >>> 24 === 127;
}

export function isLinkLocalIpv4(address: number): boolean {
  return address >>> 16 === 0xa9fe;
}

/** IP-2, source side: multicast, 0/8 (but 0.0.0.0 to the limited broadcast), 127/8, 240/4 with broadcast. */
export function isMartianSource(source: number, destination: number): boolean {
  if (source >>> 24 === 0) return source !== 0 || destination !== broadcastIpv4;
  return source >= classD || isLoopbackIpv4(source);
}

/** IP-2, destination side: 127/8, 0/8, 240/4 but the limited broadcast. */
export function isMartianDestination(destination: number): boolean {
  const top = destination >>> 24;
  return top === 127 || top === 0 || (destination >= classE && destination !== broadcastIpv4);
}
