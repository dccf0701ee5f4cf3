// Ethernet II, 802.1Q and 802.1ad: offsets, types, MAC addresses.
import { type Bytes, read16, read32, write16, write32 } from './bytes.ts';

/** Bytes of a header without tags. */
export const ethernetBytes = 14;
export const tagBytes = 4;
export const sourceAt = 6;
export const typeAt = 12;

export const EtherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsUpstream: 0x8848,
  serviceVlan: 0x88a8,
  macControl: 0x8808,
} as const;

export function isTag(type: number): boolean {
  return type === EtherType.vlan || type === EtherType.serviceVlan;
}

/** The group bit of a destination MAC (multicast or broadcast). */
export function isGroupMac(bytes: Bytes, at: number): boolean {
  return ((bytes[at] as number) & 1) === 1;
}

export function macIs(bytes: Bytes, at: number, high: number, low: number): boolean {
  return read16(bytes, at) === high && read32(bytes, at + 2) === low;
}

export function writeMac(bytes: Bytes, at: number, high: number, low: number): void {
  write16(bytes, at, high);
  write32(bytes, at + 2, low);
}

export function formatMac(high: number, low: number): string {
  const text = high.toString(16).padStart(4, '0') + low.toString(16).padStart(8, '0');
  return (text.match(/../g) as string[]).join(':');
}
