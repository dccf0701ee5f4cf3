// A label stack entry (RFC 3032 section 2.1): label 20 bits, TC 3, S 1, TTL 8, network order.
import { type Bytes, read32, write32 } from './bytes.ts';

export const entryBytes = 4;

/** Special-purpose labels (RFC 3032, 4182, 5586, 6790, 7274). */
export const SpecialLabel = {
  explicitNull4: 0,
  routerAlert: 1,
  explicitNull6: 2,
  implicitNull: 3,
  entropyIndicator: 7,
  associatedChannel: 13,
  oamAlert: 14,
  extension: 15,
} as const;

/** The first label that is not special. */
export const firstOrdinaryLabel = 16;

export function labelAt(bytes: Bytes, at: number): number {
  return read32(bytes, at) >>> 12;
}

export function tcAt(bytes: Bytes, at: number): number {
  return ((bytes[at + 2] as number) >>> 1) & 7;
}

export function bottomAt(bytes: Bytes, at: number): boolean {
  return ((bytes[at + 2] as number) & 1) === 1;
}

export function ttlAt(bytes: Bytes, at: number): number {
  return bytes[at + 3] as number;
}

export function writeEntry(bytes: Bytes, at: number, label: number, tc: number, bottom: boolean, ttl: number): void {
  write32(bytes, at, ((label << 12) | (tc << 9) | (bottom ? 0x100 : 0) | ttl) >>> 0);
}

export function writeTtl(bytes: Bytes, at: number, ttl: number): void {
  bytes[at + 3] = ttl;
}

export function writeTc(bytes: Bytes, at: number, tc: number): void {
  bytes[at + 2] = ((bytes[at + 2] as number) & 0xf1) | (tc << 1);
}

/** Entries from `at` to the bottom of the stack, or 0 when no entry before `end` has the S bit. */
export function stackDepth(bytes: Bytes, at: number, end: number): number {
  for (let entry = at; entry + entryBytes <= end; entry += entryBytes) {
    if (bottomAt(bytes, entry)) return (entry - at) / entryBytes + 1;
  }
  return 0;
}
