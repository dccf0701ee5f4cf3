// What IPv4 and IPv6 headers have in common, read by family. Addresses are host-order words: one or four.
import { type Bytes, read16, read32 } from './bytes.ts';
import * as v4 from './ipv4.ts';
import * as v6 from './ipv6.ts';

export type Family = 4 | 6;

export function readSource(bytes: Bytes, ip: number, family: Family): number[] {
  return family === 4 ? [read32(bytes, ip + v4.sourceAt)] : v6.readAddress(bytes, ip + v6.sourceAt, [0, 0, 0, 0]);
}

export function readDestination(bytes: Bytes, ip: number, family: Family): number[] {
  return family === 4
    ? [read32(bytes, ip + v4.destinationAt)]
    : v6.readAddress(bytes, ip + v6.destinationAt, [0, 0, 0, 0]);
}

/** Length of the packet by its own header, bytes. */
export function packetBytes(bytes: Bytes, ip: number, family: Family): number {
  return family === 4 ? read16(bytes, ip + v4.totalLengthAt) : v6.ipv6Bytes + read16(bytes, ip + v6.payloadLengthAt);
}

/** TTL or hop limit. */
export function readTtl(bytes: Bytes, ip: number, family: Family): number {
  return bytes[ip + (family === 4 ? v4.ttlAt : v6.hopLimitAt)] as number;
}

/** TOS or traffic class. */
export function readTos(bytes: Bytes, ip: number, family: Family): number {
  return family === 4 ? (bytes[ip + v4.tosAt] as number) : v6.trafficClass(bytes, ip);
}

/** The family of a header that has been checked. */
export function familyOf(bytes: Bytes, ip: number): Family {
  return (bytes[ip] as number) >>> 4 === 4 ? 4 : 6;
}

/** 169.254/16 and fe80::/10. */
export function isLinkLocal(words: readonly number[]): boolean {
  return words.length === 1 ? v4.isLinkLocalIpv4(words[0] as number) : v6.isLinkLocalIpv6(words);
}
