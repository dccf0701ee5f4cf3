// The laboratory of the TTL, ICMP, IP, ARP, ND, MTU and ECMP tests: one provider-edge router with two customer
// ports in VRF red, one customer port in the global table and two core ports, plus builders of what should come out.
import { expect } from 'vitest';
import type { Bytes, Ipv4Options, Ipv6Options, LabelOptions } from '../support/frames.ts';
import { checksum, eth, icmp4, icmp6, ipv4, ipv6, labels, u16, u32, udp } from '../support/frames.ts';
import type { Result, Sent } from '../support/router.ts';
import { route } from '../support/router.ts';

type Keys = Record<string, unknown>;
export type StackEntry = number | LabelOptions;

export interface LabChanges {
  router?: Keys;
  interfaces?: Record<string, Keys>;
  vrfs?: Record<string, Keys>;
  neighbors?: Keys[];
  routes?: Keys[];
  labels?: Keys[];
  pseudowires?: Record<string, Keys>;
  xconnects?: unknown[];
}

/** Each port's own MAC and that of the station at its other end. */
export const links = {
  ce1: { own: '02:00:00:00:01:01', peer: '02:00:00:00:a1:01' },
  ce2: { own: '02:00:00:00:01:02', peer: '02:00:00:00:a2:01' },
  net1: { own: '02:00:00:00:01:03', peer: '02:00:00:00:a3:01' },
  core1: { own: '02:00:00:00:01:0f', peer: '02:00:00:00:00:02' },
  core2: { own: '02:00:00:00:01:10', peer: '02:00:00:00:00:03' },
} as const;
export type Port = keyof typeof links;

const ports: Record<string, Keys> = {
  ce1: { mac: links.ce1.own, vrf: 'red', addresses: ['10.1.1.1/24', '2001:db8:1:1::1/64'] },
  ce2: { mac: links.ce2.own, vrf: 'red', addresses: ['10.1.2.1/24', '2001:db8:1:2::1/64'] },
  net1: { mac: links.net1.own, addresses: ['10.7.1.1/24', '2001:db8:7:1::1/64'] },
  core1: { mac: links.core1.own, mtu: 9000, mpls: true, addresses: ['10.0.12.1/30', '2001:db8:0:12::1/64'] },
  core2: { mac: links.core2.own, mtu: 9000, mpls: true, addresses: ['10.0.13.1/30', '2001:db8:0:13::1/64'] },
};

const neighbors: Keys[] = [
  { interface: 'ce1', address: '10.1.1.2', mac: links.ce1.peer },
  { interface: 'ce1', address: '2001:db8:1:1::2', mac: links.ce1.peer },
  { interface: 'ce2', address: '10.1.2.2', mac: links.ce2.peer },
  { interface: 'ce2', address: '2001:db8:1:2::2', mac: links.ce2.peer },
  { interface: 'net1', address: '10.7.1.2', mac: links.net1.peer },
  { interface: 'net1', address: '2001:db8:7:1::2', mac: links.net1.peer },
  { interface: 'core1', address: '10.0.12.2', mac: links.core1.peer },
  { interface: 'core1', address: '2001:db8:0:12::2', mac: links.core1.peer },
  { interface: 'core2', address: '10.0.13.2', mac: links.core2.peer },
  { interface: 'core2', address: '2001:db8:0:13::2', mac: links.core2.peer },
];

const routes: Keys[] = [
  { prefix: '192.0.2.2/32', via: '10.0.12.2', labels: [16002] },
  { prefix: '192.0.2.3/32', via: '10.0.13.2', labels: [16003] },
  { prefix: '10.6.0.0/16', via: '10.0.13.2' },
  { prefix: '2001:db8:6::/48', via: '2001:db8:0:13::2' },
  { vrf: 'red', prefix: '10.2.0.0/16', via: '192.0.2.2', labels: [24012] },
  { vrf: 'red', prefix: '2001:db8:2::/48', via: '192.0.2.2', labels: [24012] },
];

/** A configuration: the laboratory with keys changed in the named interfaces and lines added to the lists. */
export function lab(changes: LabChanges = {}): string {
  const interfaces: Record<string, Keys> = { ...ports };
  for (const [name, keys] of Object.entries(changes.interfaces ?? {})) {
    interfaces[name] = { ...interfaces[name], ...keys };
  }
  return JSON.stringify({
    router: { name: 'pe1', id: '192.0.2.1', id6: '2001:db8::1', hashSeed: 1, ...changes.router },
    interfaces,
    vrfs: { red: { rd: '65000:1', label: 24001 }, ...changes.vrfs },
    neighbors: [...neighbors, ...(changes.neighbors ?? [])],
    routes: [...routes, ...(changes.routes ?? [])],
    labels: changes.labels ?? [],
    pseudowires: changes.pseudowires ?? {},
    xconnects: changes.xconnects ?? [],
  });
}

const etherType = (packet: Bytes, stack: readonly StackEntry[]) =>
  stack.length > 0 ? 0x8847 : packet[0] >>> 4 === 6 ? 0x86dd : 0x0800;

/** The frame that brings the packet, under the label stack if one is given, from the port's other end to the router. */
export const arriving = (port: Port, packet: Bytes, ...stack: StackEntry[]): Sent => ({
  port,
  bytes: eth({ dst: links[port].own, src: links[port].peer, type: etherType(packet, stack) }, [
    ...labels(...stack),
    ...packet,
  ]),
});

/** The same frame on its way out. */
export const leaving = (port: Port, packet: Bytes, ...stack: StackEntry[]) => ({
  port: port as string,
  bytes: eth({ dst: links[port].peer, src: links[port].own, type: etherType(packet, stack) }, [
    ...labels(...stack),
    ...packet,
  ]),
});

/** VRF red: from the customer at ce1 to the far site, and back. */
export const toFar = (o: Ipv4Options = {}, payload: Bytes = udp(1000, 2000)) =>
  ipv4({ src: '10.1.1.2', dst: '10.2.0.9', ...o }, payload);
export const toNear = (o: Ipv4Options = {}, payload: Bytes = udp(2000, 1000)) =>
  ipv4({ src: '10.2.0.9', dst: '10.1.1.2', ...o }, payload);
export const toFar6 = (o: Ipv6Options = {}, payload: Bytes = udp(1000, 2000)) =>
  ipv6({ src: '2001:db8:1:1::2', dst: '2001:db8:2::9', ...o }, payload);
export const toNear6 = (o: Ipv6Options = {}, payload: Bytes = udp(2000, 1000)) =>
  ipv6({ src: '2001:db8:2::9', dst: '2001:db8:1:1::2', ...o }, payload);

/** Packets about which no ICMP error may be sent, so that a drop stands alone: they carry an ICMP error themselves. */
export const quiet = (o: Ipv4Options = {}) => toNear({ protocol: 1, ...o }, icmp4(3, 1, [0, 0, 0, 0], toFar()));
export const quiet6 = (o: Ipv6Options = {}) => {
  const src = o.src ?? '2001:db8:2::9';
  const dst = o.dst ?? '2001:db8:1:1::2';
  return ipv6({ ...o, src, dst, nextHeader: 58 }, icmp6(src, dst, 1, 4, [0, 0, 0, 0], toFar6()));
};

/** `in + copied + made = out + punted + dropped + held`, and the counts are those of the lists. */
export function expectBalanced(result: Result): void {
  const { frames } = result;
  expect(frames.in + frames.copied + frames.made).toBe(frames.out + frames.punted + frames.dropped + frames.held);
  expect(result.out.length).toBe(frames.out);
  expect(result.drops.length).toBe(frames.dropped);
  expect(result.punts.length).toBe(frames.punted);
}

/** `route`, with the books checked. */
export function run(config: string, ...frames: Sent[]): Result {
  const result = route(config, ...frames);
  expectBalanced(result);
  return result;
}

/** What left, as plain data to compare with `leaving`. */
export const sent = (result: Result) => result.out.map(({ port, bytes }) => ({ port, bytes: Array.from(bytes) }));
export const dropReasons = (result: Result) => result.drops.map(({ reason }) => reason);
export const puntReasons = (result: Result) => result.punts.map(({ reason }) => reason);

export type Leaving = ReturnType<typeof leaving>;

/** These frames left, and nothing was dropped or punted. */
export function expectForwarded(result: Result, ...frames: Leaving[]): void {
  expect(dropReasons(result)).toEqual([]);
  expect(puntReasons(result)).toEqual([]);
  expect(sent(result)).toEqual(frames);
}

/** Every frame that came in was dropped for the reason, and these frames (ICMP errors) left. */
export function expectDropped(result: Result, reason: string, ...made: Leaving[]): void {
  expect(dropReasons(result)).toEqual(new Array<string>(result.frames.in).fill(reason));
  expect(puntReasons(result)).toEqual([]);
  expect(sent(result)).toEqual(made);
  expect(result.frames.made).toBe(made.length);
}

/** Every frame that came in was punted for the reason, and these frames (replies) left. */
export function expectPunted(result: Result, reason: string, ...made: Leaving[]): void {
  expect(puntReasons(result)).toEqual(new Array<string>(result.frames.in).fill(reason));
  expect(dropReasons(result)).toEqual([]);
  expect(sent(result)).toEqual(made);
  expect(result.frames.made).toBe(made.length);
}

/** RFC 4884 extension header with one RFC 4950 object: class 1, c-type 1, the label stack entries. */
function mplsExtension(stack: Bytes): Bytes {
  const object = [...u16(4 + stack.length), 1, 1, ...stack];
  const sum = checksum([0x20, 0, 0, 0, ...object]);
  return [0x20, 0, ...u16(sum), ...object];
}

/** Exactly 128 bytes: cut, or padded with zeros. */
const quote128 = (packet: Bytes): Bytes => [
  ...packet.slice(0, 128),
  ...new Array<number>(Math.max(0, 128 - packet.length)).fill(0),
];

export interface IcmpError {
  src: string;
  dst: string;
  type: number;
  code: number;
  mtu?: number;
  /** The packet that the error is about. */
  about: Bytes;
  /** The stack under which it arrived. */
  stack?: StackEntry[];
  /** TTL or hop limit, and TOS or class, where the error is seen; default: as made. */
  ttl?: number;
  tos?: number;
}

/** ICMP error by TTL-10: without a stack up to 576 bytes in all, with one 128 quoted bytes and the extension. */
export function icmpError4(e: IcmpError): Bytes {
  const extended = e.stack !== undefined;
  const body = e.stack ? [...quote128(e.about), ...mplsExtension(labels(...e.stack))] : e.about.slice(0, 576 - 20 - 8);
  const rest = [0, extended ? 128 / 4 : 0, ...u16(e.mtu ?? 0)];
  return ipv4(
    { src: e.src, dst: e.dst, ttl: e.ttl ?? 255, tos: e.tos ?? 0xc0, id: 0, protocol: 1 },
    icmp4(e.type, e.code, rest, body),
  );
}

/** ICMPv6 error by TTL-10. Packet too big (type 2) never has an extension. */
export function icmpError6(e: IcmpError): Bytes {
  const tooBig = e.type === 2;
  const extended = e.stack !== undefined && !tooBig;
  const body =
    e.stack && !tooBig ? [...quote128(e.about), ...mplsExtension(labels(...e.stack))] : e.about.slice(0, 1280 - 40 - 8);
  const rest = tooBig ? u32(e.mtu ?? 0) : [extended ? 128 / 8 : 0, 0, 0, 0];
  return ipv6(
    { src: e.src, dst: e.dst, hopLimit: e.ttl ?? 255, trafficClass: e.tos ?? 0xc0, nextHeader: 58 },
    icmp6(e.src, e.dst, e.type, e.code, rest, body),
  );
}

/** The second of a frame's arrival. */
export const at = (time: number, frame: Sent): Sent => ({ ...frame, time });
