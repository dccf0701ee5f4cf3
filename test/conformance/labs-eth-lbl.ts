// The router that the ETH, LBL, TC and VRF conformance tests share, and what they say about its answers.
// Two VRFs with the same prefixes (red behind ce1, blue behind ce2), the Internet behind net1, two core ports.
import { expect } from 'vitest';
import type { DropName, PuntName } from '../../src/engine/reasons.ts';
import { type Bytes, eth, icmp4, icmp6, ipv4, ipv6, type LabelOptions, labels, udp } from '../support/frames.ts';
import { type Result, route, type Sent } from '../support/router.ts';

type Row = Record<string, unknown>;
/** A configuration, or what is to be added to one. */
export interface Config {
  router?: Row;
  interfaces?: Record<string, Row>;
  vrfs?: Record<string, Row>;
  neighbors?: Row[];
  routes?: Row[];
  labels?: Row[];
}

/** The router's own MAC on each port. */
export const portMac = {
  ce1: '02:00:00:00:01:01',
  ce2: '02:00:00:00:01:02',
  net1: '02:00:00:00:01:03',
  trunk1: '02:00:00:00:01:04',
  core1: '02:00:00:00:01:0f',
  core2: '02:00:00:00:01:10',
};
export type Port = keyof typeof portMac;
/** The one station behind each port that the frames come from and go to. */
export const peerMac: Record<Port, string> = {
  ce1: '02:00:00:00:a1:01',
  ce2: '02:00:00:00:a2:01',
  net1: '02:00:00:00:a3:01',
  trunk1: '02:00:00:00:a4:01',
  core1: '02:00:00:00:00:02',
  core2: '02:00:00:00:00:03',
};
/** A second customer edge on ce1's subnet. */
export const secondCeMac = '02:00:00:00:a1:02';
export const otherMac = '02:00:00:00:ff:ff';
export const broadcastMac = 'ff:ff:ff:ff:ff:ff';

const base: Required<Config> = {
  router: { name: 'pe1', id: '192.0.2.1', id6: '2001:db8::1', hashSeed: 1 },
  interfaces: {
    ce1: { mac: portMac.ce1, vrf: 'red', addresses: ['10.1.1.1/24', '2001:db8:1:1::1/64'] },
    ce2: { mac: portMac.ce2, vrf: 'blue', addresses: ['10.1.1.1/24', '2001:db8:1:1::1/64'] },
    net1: { mac: portMac.net1, addresses: ['203.0.113.1/24', '2001:db8:99::1/64'] },
    trunk1: { mac: portMac.trunk1 },
    'trunk1.100': { vlan: 100, vrf: 'red', addresses: ['10.1.100.1/24', '2001:db8:1:100::1/64'] },
    'trunk1.200': { vlan: 200, vrf: 'blue', addresses: ['10.1.100.1/24'] },
    'trunk1.300': { outer: 300, vlan: 30, vrf: 'red', addresses: ['10.1.30.1/24'] },
    'trunk1.400': { vlan: 400, mpls: true, addresses: ['10.0.40.1/24'] },
    core1: { mac: portMac.core1, mtu: 9000, mpls: true, addresses: ['10.0.12.1/30', '2001:db8:0:12::1/64'] },
    core2: { mac: portMac.core2, mtu: 9000, mpls: true, addresses: ['10.0.13.1/30', '2001:db8:0:13::1/64'] },
  },
  vrfs: { red: { rd: '65000:1', label: 24001 }, blue: { rd: '65000:2', label: 24011 } },
  neighbors: [
    { interface: 'ce1', address: '10.1.1.2', mac: peerMac.ce1 },
    { interface: 'ce1', address: '10.1.1.3', mac: secondCeMac },
    { interface: 'ce1', address: '2001:db8:1:1::2', mac: peerMac.ce1 },
    { interface: 'ce2', address: '10.1.1.2', mac: peerMac.ce2 },
    { interface: 'ce2', address: '2001:db8:1:1::2', mac: peerMac.ce2 },
    { interface: 'net1', address: '203.0.113.2', mac: peerMac.net1 },
    { interface: 'net1', address: '2001:db8:99::2', mac: peerMac.net1 },
    { interface: 'trunk1.100', address: '10.1.100.2', mac: peerMac.trunk1 },
    { interface: 'trunk1.200', address: '10.1.100.2', mac: peerMac.trunk1 },
    { interface: 'trunk1.300', address: '10.1.30.2', mac: peerMac.trunk1 },
    { interface: 'trunk1.400', address: '10.0.40.2', mac: peerMac.trunk1 },
    { interface: 'core1', address: '10.0.12.2', mac: peerMac.core1 },
    { interface: 'core2', address: '10.0.13.2', mac: peerMac.core2 },
  ],
  routes: [
    { prefix: '192.0.2.2/32', via: '10.0.12.2', labels: [16002] },
    { prefix: '192.0.2.3/32', via: '10.0.13.2', labels: [16003] },
    { vrf: 'red', prefix: '10.2.0.0/16', via: '192.0.2.2', labels: [24012] },
    { vrf: 'blue', prefix: '10.2.0.0/16', via: '192.0.2.3', labels: [24112] },
    { vrf: 'red', prefix: '2001:db8:2::/48', via: '192.0.2.2', labels: [24012] },
    { vrf: 'blue', prefix: '2001:db8:2::/48', via: '192.0.2.3', labels: [24112] },
    { vrf: 'red', prefix: '10.1.2.0/24', via: '10.1.1.2' },
    { vrf: 'blue', prefix: '10.1.2.0/24', via: '10.1.1.2' },
  ],
  labels: [
    { label: 16001, via: '10.0.13.2', labels: [17001] },
    { label: 16005, via: '10.0.13.2', labels: [] },
    { label: 16007, via: '10.0.13.2', labels: [17008, 17007] },
    { label: 16100, pop: true },
    { label: 24002, via: '10.1.1.2', vrf: 'red', payload: 'ip' },
    { label: 24003, via: '10.1.1.3', vrf: 'red', payload: 'ip' },
    { label: 24020, drop: true },
    { label: 24021, punt: true },
    { label: 24022, receive: true },
  ],
};

/** The shared configuration with additions: keys of one interface, VRF or `router` are merged, lists appended. */
export function lab(extra: Config = {}): string {
  const merged = (name: 'interfaces' | 'vrfs') => {
    const rows = { ...base[name] };
    for (const [key, row] of Object.entries(extra[name] ?? {})) rows[key] = { ...rows[key], ...row };
    return rows;
  };
  const config: Config = {
    router: { ...base.router, ...extra.router },
    interfaces: merged('interfaces'),
    vrfs: merged('vrfs'),
    neighbors: [...base.neighbors, ...(extra.neighbors ?? [])],
    routes: [...base.routes, ...(extra.routes ?? [])],
    labels: [...base.labels, ...(extra.labels ?? [])],
  };
  return JSON.stringify(config, undefined, 1);
}

export interface LinkOptions {
  dst?: string;
  tags?: [number, number][];
}
/** A frame that the station behind a port sends to the router. */
export function arriving(port: Port, type: number, payload: Bytes, link: LinkOptions = {}): Sent {
  return {
    port,
    bytes: eth({ dst: link.dst ?? portMac[port], src: peerMac[port], tags: link.tags ?? [], type }, payload),
  };
}
export const arriving4 = (port: Port, packet: Bytes, link?: LinkOptions) => arriving(port, 0x0800, packet, link);
export const arriving6 = (port: Port, packet: Bytes, link?: LinkOptions) => arriving(port, 0x86dd, packet, link);
export type Stack = (number | LabelOptions)[];
export const labelled = (port: Port, stack: Stack, beneath: Bytes, link?: LinkOptions) =>
  arriving(port, 0x8847, [...labels(...stack), ...beneath], link);

/** A frame that the router sends to the station behind a port. */
export function leaving(port: Port, type: number, payload: Bytes, link: LinkOptions = {}): Bytes {
  return eth({ dst: link.dst ?? peerMac[port], src: portMac[port], tags: link.tags ?? [], type }, payload);
}

/** A UDP packet of the red and blue sites: from 10.1.1.2 to 10.2.0.9 unless said otherwise. */
export const packet4 = (o: Parameters<typeof ipv4>[0] = {}, payload = udp(4000, 5000)) => ipv4(o, payload);
export const packet6 = (o: Parameters<typeof ipv6>[0] = {}, payload = udp(4000, 5000)) => ipv6(o, payload);
/** Packets from the core to the site behind ce1 and ce2. */
export const toSite4 = (o: Parameters<typeof ipv4>[0] = {}) => packet4({ src: '10.2.0.9', dst: '10.1.1.2', ...o });
export const toSite6 = (o: Parameters<typeof ipv6>[0] = {}) =>
  packet6({ src: '2001:db8:2::9', dst: '2001:db8:1:1::2', ...o });
/** ICMP errors: no ICMP error is made about them (TTL-11), so a drop stays the only thing that happens. */
export const quiet4 = (o: Parameters<typeof ipv4>[0] = {}) =>
  ipv4({ protocol: 1, ...o }, icmp4(3, 1, [0, 0, 0, 0], ipv4({}, udp(1, 2))));
export function quiet6(o: Parameters<typeof ipv6>[0] = {}): Bytes {
  const { src = '2001:db8:1:1::2', dst = '2001:db8:2::9' } = o;
  return ipv6({ ...o, src, dst, nextHeader: 58 }, icmp6(src, dst, 1, 0, [0, 0, 0, 0], ipv6({}, udp(1, 2))));
}

/** Runs the frames and checks that the books balance and agree with the lists. */
export function run(config: string, ...frames: Sent[]): Result {
  const result = route(config, ...frames);
  const { frames: books } = result;
  expect(books.in).toBe(frames.length);
  expect(books.out).toBe(result.out.length);
  expect(books.dropped).toBe(result.drops.length);
  expect(books.punted).toBe(result.punts.length);
  expect(books.in + books.copied + books.made).toBe(books.out + books.punted + books.dropped);
  return result;
}

const asHex = (bytes: ArrayLike<number>) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
const outcomes = (result: Result) => [
  ...result.out.map((seen) => `out ${seen.port}`),
  ...result.drops.map((seen) => `drop ${seen.reason}`),
  ...result.punts.map((seen) => `punt ${seen.reason}`),
];

/** One frame left, with exactly these bytes, and nothing else happened. */
export function expectSent(result: Result, port: Port, bytes: Bytes, original = bytes.length) {
  expect(outcomes(result)).toEqual([`out ${port}`]);
  expect(asHex(result.out[0].bytes)).toBe(asHex(bytes));
  expect(result.out[0].original).toBe(original);
  expect(result.frames.made).toBe(0);
}
/** The frame was dropped as it arrived, and nothing else happened. */
export function expectDropped(result: Result, reason: DropName, arrived?: Sent) {
  expect(outcomes(result)).toEqual([`drop ${reason}`]);
  if (arrived !== undefined) expect(asHex(result.drops[0].bytes)).toBe(asHex(arrived.bytes));
}
/** The frame was punted as it arrived, and nothing else happened. */
export function expectPunted(result: Result, reason: PuntName, arrived?: Sent) {
  expect(outcomes(result)).toEqual([`punt ${reason}`]);
  if (arrived !== undefined) expect(asHex(result.punts[0].bytes)).toBe(asHex(arrived.bytes));
}

/** Sends one frame and expects it to be dropped, whole and silently. */
export const dropped = (config: string, frame: Sent, reason: DropName) =>
  expectDropped(run(config, frame), reason, frame);
/** Sends one frame and expects it to be punted, whole and unanswered. */
export const punted = (config: string, frame: Sent, reason: PuntName) =>
  expectPunted(run(config, frame), reason, frame);
/** Sends one frame and expects exactly one to leave. */
export const forwarded = (config: string, frame: Sent, port: Port, bytes: Bytes) =>
  expectSent(run(config, frame), port, bytes);

/** The first `length` bytes of a frame: a shorter frame, not a snapped one. */
export const cut = (frame: Sent, length: number): Sent => ({ ...frame, bytes: frame.bytes.slice(0, length) });
/** The first `length` bytes of a frame as a capture with a short snap length holds them. */
export const snapped = (frame: Sent, length: number): Sent => ({ ...cut(frame, length), original: frame.bytes.length });
export const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
