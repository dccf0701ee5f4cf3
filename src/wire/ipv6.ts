// IPv6 (RFC 8200): offsets, the header check, the fields a router changes, a bounded walk over extension headers.
import { type Bytes, read16, read32 } from './bytes.ts';
import { fold, sumBytes } from './checksum.ts';

export const ipv6Bytes = 40;
export const payloadLengthAt = 4;
export const nextHeaderAt = 6;
export const hopLimitAt = 7;
export const sourceAt = 8;
export const destinationAt = 24;
export const addressBytes = 16;

export const NextHeader = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  icmp: 58,
  destinationOptions: 60,
} as const;

/** What is wrong with a header (IP-1). `cut`: a byte of it lies beyond `capturedEnd`. */
export function checkIpv6(bytes: Bytes, at: number, end: number, capturedEnd: number): 'none' | 'header' | 'cut' {
  if (end - at < ipv6Bytes) return 'header';
  if (capturedEnd - at < ipv6Bytes) return 'cut';
  if ((bytes[at] as number) >>> 4 !== 6) return 'header';
  return read16(bytes, at + payloadLengthAt) > end - at - ipv6Bytes ? 'header' : 'none';
}

export function trafficClass(bytes: Bytes, at: number): number {
  return (read16(bytes, at) >>> 4) & 255;
}

export function writeTrafficClass(bytes: Bytes, at: number, value: number): void {
  bytes[at] = ((bytes[at] as number) & 0xf0) | (value >>> 4);
  bytes[at + 1] = ((bytes[at + 1] as number) & 0x0f) | ((value & 15) << 4);
}

/** Four host-order words, most significant first, into `into`. */
export function readAddress(bytes: Bytes, at: number, into: number[]): number[] {
  for (let i = 0; i < 4; i++) into[i] = read32(bytes, at + 4 * i);
  return into;
}

export function isMulticastIpv6(words: readonly number[]): boolean {
  return (words[0] as number) >>> 24 === 0xff;
}

export function isLinkLocalIpv6(words: readonly number[]): boolean {
  return (words[0] as number) >>> 22 === 0x3fa;
}

export function isUnspecified(words: readonly number[]): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 0;
}

export function isLoopbackIpv6(words: readonly number[]): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 1;
}

/** Where the upper layer begins and what it is; `laterFragment` when it is a fragment that is not the first. */
export interface UpperLayer {
  readonly protocol: number;
  readonly at: number;
  readonly laterFragment: boolean;
}

/** Extension headers walked over before giving up: none is needed to forward. */
const extensionHeadersMax = 8;

/** Walks the extension headers that are inside `end`. A header that is cut ends the walk at it. */
export function upperLayer(bytes: Bytes, at: number, end: number): UpperLayer {
  let protocol = bytes[at + nextHeaderAt] as number;
  let next = at + ipv6Bytes;
  for (let i = 0; i < extensionHeadersMax && next + 8 <= end; i++) {
    if (protocol === NextHeader.fragment) {
      if (read16(bytes, next + 2) >>> 3 !== 0) return { protocol, at: next, laterFragment: true };
      protocol = bytes[next] as number;
      next += 8;
    } else if (protocol === NextHeader.authentication) {
      protocol = bytes[next] as number;
      next += ((bytes[next + 1] as number) + 2) * 4;
    } else if (
      protocol === NextHeader.hopByHop ||
      protocol === NextHeader.routing ||
      protocol === NextHeader.destinationOptions
    ) {
      protocol = bytes[next] as number;
      next += ((bytes[next + 1] as number) + 1) * 8;
    } else {
      break;
    }
  }
  return { protocol, at: next, laterFragment: false };
}

/** The sum of the pseudo-header (RFC 8200 section 8.1), to be added to that of the upper layer. */
export function pseudoHeaderSum(bytes: Bytes, at: number, upperBytes: number, protocol: number): number {
  return sumBytes(bytes, at + sourceAt, 2 * addressBytes, upperBytes + protocol);
}

/** Whether the ICMPv6 message of `count` bytes at `at` has the right checksum under the header at `ip`. */
export function icmp6ChecksumRight(bytes: Bytes, ip: number, at: number, count: number): boolean {
  return fold(sumBytes(bytes, at, count, pseudoHeaderSum(bytes, ip, count, NextHeader.icmp))) === 0xffff;
}
