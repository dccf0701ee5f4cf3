// Frames as bytes: Ethernet, tags, labels, IP headers, and zeros up to the length asked for.
import { checksum } from '../src/wire/checksum.ts';
import { ownMac } from './build-model.ts';

const u16 = (value: number): number[] => [value >>> 8, value & 255];
const u32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

export const etherType = { ipv4: 0x0800, ipv6: 0x86dd, mpls: 0x8847 } as const;

/** A frame to the router's interface number `index`. */
export function ethernet(index: number, type: number, payload: readonly number[], vlan?: number): number[] {
  const source = [0x02, 0, 0, 3, 0, 1];
  const tag = vlan === undefined ? [] : [...u16(0x8100), ...u16(vlan)];
  return [...ownMac(index), ...source, ...tag, ...u16(type), ...payload];
}

/** Stack entries, top first, S on the last, TTL 64, TC 0. */
export function stack(...labels: readonly number[]): number[] {
  return labels.flatMap((label, i) => u32(((label << 12) | (i === labels.length - 1 ? 0x100 : 0) | 64) >>> 0));
}

export interface Flow {
  readonly source: readonly number[];
  readonly destination: readonly number[];
  readonly ports: number;
}

/** A UDP packet of `bytes` bytes. `options` (a multiple of four bytes) stand behind the fixed IPv4 header. */
export function ipv4(flow: Flow, bytes: number, options: readonly number[] = []): number[] {
  const header = 20 + options.length;
  const packet = [0x40 | (header / 4), 0, ...u16(bytes), ...u16(0x1234), 0, 0, 64, 17, 0, 0];
  packet.push(...flow.source.flatMap(u32), ...flow.destination.flatMap(u32), ...options);
  packet.splice(10, 2, ...u16(checksum(Uint8Array.from(packet), 0, header)));
  return padded([...packet, ...u32(flow.ports)], bytes);
}

/** A UDP packet of `bytes` bytes. */
export function ipv6(flow: Flow, bytes: number): number[] {
  const packet = [0x60, 0, 0, 0, ...u16(bytes - 40), 17, 64, ...flow.source.flatMap(u32)];
  return padded([...packet, ...flow.destination.flatMap(u32), ...u32(flow.ports)], bytes);
}

function padded(packet: number[], bytes: number): number[] {
  while (packet.length < bytes) packet.push(0);
  return packet;
}
