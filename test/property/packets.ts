// Random packets that are likely to meet something in the tables: IP, label stacks, ARP and neighbour discovery.
import { arp, type Bytes, type Ipv4Options, icmp4, icmp6, ipv4, ipv6, labels, udp } from '../support/frames.ts';
import { addressText, near, type Prefix, type Words } from './addresses.ts';
import type { Random } from './random.ts';
import type { Terrain, Way } from './terrain.ts';

const ttls = [0, 1, 2, 3, 255, ...new Array<number>(25).fill(64)] as const;
export const stations = ['02:00:00:00:a1:01', '02:00:00:00:a1:02', '02:00:00:00:a1:03'] as const;
const strangeMacs = ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '03:00:00:00:00:01'] as const;

const special4: readonly Words[] = [
  [0xe0000001],
  [0xe0000005],
  [0xffffffff],
  [0x7f000001],
  [0x7f010203],
  [0],
  [1],
  [0xa9fe0001],
  [0xf0000001],
  [0xc0000201],
];
const special6: readonly Words[] = [
  [0xff020000, 0, 0, 1],
  [0xff0e0000, 0, 0, 5],
  [0, 0, 0, 0],
  [0, 0, 0, 1],
  [0xfe800000, 0, 0, 9],
  [0, 0, 0xffff, 0x7f000001],
  [0, 0, 0xffff, 0x0a010101],
  [0x64ff9b, 0, 0, 0x0a010101],
  [0x20010db8, 0xffff0000, 0, 1],
];

/** An address to send to in the table. */
function aim(terrain: Terrain, table: number, family: 4 | 6, random: Random): Words {
  const prefixes: readonly Prefix[] = terrain.prefixes[table]?.[family] ?? [];
  const routes: readonly Prefix[] = terrain.routes[table]?.[family] ?? [];
  const hosts: readonly Words[] = terrain.hosts[table]?.[family] ?? [];
  const kind = random.below(40);
  if (kind === 0) return random.pick(family === 4 ? special4 : special6);
  if (kind === 1 && terrain.own[family].length > 0) return random.pick(terrain.own[family]);
  if (kind < 12 && hosts.length > 0) return random.pick(hosts);
  if (kind < 34 && routes.length > 0) return near(random.pick(routes), random);
  if (kind < 39 && prefixes.length > 0) return near(random.pick(prefixes), random);
  return family === 4 ? [random.word()] : [0x20010db8, random.word(), random.word(), random.word()];
}

/** A source address: of a neighbour's kind behind the way, of anywhere, or one that may not be. */
function origin(terrain: Terrain, way: Way, family: 4 | 6, random: Random): Words {
  const subnets = way.model.addresses.filter((each) => each.family === family);
  if (subnets.length > 0 && random.chance(0.6)) return near(random.pick(subnets), random);
  if (random.chance(0.06)) return random.pick(family === 4 ? special4 : special6);
  return aim(terrain, way.table, family, random);
}

/** Bytes behind an IP header of `header` bytes: mostly few, sometimes about as many as an MTU allows. */
function drawSize(terrain: Terrain, header: number, random: Random): number {
  const kind = random.below(20);
  if (kind > 2 || terrain.mtus.length === 0) return random.below(60);
  const around = random.pick(terrain.mtus) - header - 4 * random.below(5) + random.between(-9, 9);
  return Math.max(0, kind === 0 ? around + random.below(around > 100 ? 600 : 100) : around);
}

function drawUpper4(terrain: Terrain, random: Random): { protocol: number; payload: Bytes } {
  const size = drawSize(terrain, 28, random);
  const body = () => random.times(size, (i) => (i * 7) & 255);
  const inner = () => ipv4({ src: '10.1.1.1', dst: '10.2.2.2' }, udp(1, 2));
  const kind = random.below(20);
  if (kind < 12) {
    return {
      protocol: random.pick([17, 17, 6, 132, 33, 136]),
      payload: udp(random.below(64), random.below(4), body()),
    };
  }
  if (kind < 15) return { protocol: 1, payload: icmp4(8, 0, [0, 1, 0, 2], body()) };
  if (kind === 15) return { protocol: 1, payload: icmp4(random.pick([0, 3, 5, 11, 12]), 0, [0, 0, 0, 0], inner()) };
  if (kind === 16) return { protocol: random.below(256), payload: [] };
  return { protocol: random.pick([1, 2, 47, 50, 58, 255]), payload: body() };
}

function drawTos(random: Random): number {
  return random.chance(0.5) ? 0 : random.below(256);
}

/** Checksums at which the arithmetic of one's complements could go wrong when a TTL falls by one. */
const edgeChecksums = [0x0000, 0xffff, 0xfeff, 0xfdff, 0xff00, 0x0100] as const;

/** The header with an identification that gives it one of the checksums above; 0 may be written as 0xffff too. */
function withEdgeChecksum(header: Ipv4Options, payload: Bytes, random: Random): Bytes {
  const wanted = random.pick(edgeChecksums);
  const plain = ipv4({ ...header, id: 0 }, payload);
  const found = ((plain[10] as number) << 8) | (plain[11] as number);
  const id = (((found - wanted) % 0xffff) + 0xffff) % 0xffff;
  return ipv4({ ...header, id, ...(wanted === 0xffff ? { checksum: wanted } : {}) }, payload);
}

function drawIpv4(terrain: Terrain, way: Way, table: number, random: Random): Bytes {
  const { protocol, payload } = drawUpper4(terrain, random);
  const header = drawHeader4(terrain, way, table, protocol, random);
  return random.chance(0.06) ? withEdgeChecksum(header, payload, random) : ipv4(header, payload);
}

function drawHeader4(terrain: Terrain, way: Way, table: number, protocol: number, random: Random): Ipv4Options {
  const fragment = random.chance(0.08);
  return {
    src: addressText(origin(terrain, way, 4, random)),
    dst: addressText(aim(terrain, table, 4, random)),
    ttl: random.pick(ttls),
    tos: drawTos(random),
    protocol,
    id: random.chance(0.9) ? random.below(4) : random.word() & 0xffff,
    df: random.chance(0.4),
    mf: fragment && random.chance(0.5),
    reserved: random.chance(0.03),
    offset: fragment ? random.pick([0, 1, 185, 8191]) : 0,
    ...(random.chance(0.06) ? { options: drawOptions(random) } : {}),
    ...(random.chance(0.01) ? { checksum: random.word() & 0xffff } : {}),
    ...(random.chance(0.01) ? { totalLength: random.pick([0, 19, 20, 21, 1500, 65535]) } : {}),
  };
}

function drawOptions(random: Random): Bytes {
  const routes = [131, 7, 4, 10, 1, 1, 1, 0];
  const alert = [148, 4, 0, 0];
  return random.pick([alert, routes, [...alert, ...routes], [1, 1, 1, 0], random.bytes(8), random.bytes(40)]);
}

function drawUpper6(terrain: Terrain, src: string, dst: string, random: Random): { next: number; payload: Bytes } {
  const size = drawSize(terrain, 48, random);
  const body = () => random.times(size, (i) => (i * 5) & 255);
  const kind = random.below(20);
  if (kind < 12)
    return { next: random.pick([17, 17, 6, 132]), payload: udp(random.below(64), random.below(4), body()) };
  if (kind < 15) return { next: 58, payload: icmp6(src, dst, 128, 0, [0, 1, 0, 2], body()) };
  if (kind === 15)
    return { next: 58, payload: icmp6(src, dst, random.pick([1, 2, 3, 129, 137]), 0, [0, 0, 0, 0], body()) };
  if (kind === 16)
    return { next: random.pick([0, 43, 51, 60]), payload: [17, 0, 0, 0, 0, 0, 0, 0, ...udp(1, 2, body())] };
  if (kind === 17)
    return { next: 44, payload: [17, 0, 0, random.pick([0, 1, 8, 9]), 0, 0, 0, 1, ...udp(1, 2, body())] };
  return { next: random.below(256), payload: body() };
}

function drawIpv6(terrain: Terrain, way: Way, table: number, random: Random): Bytes {
  const src = addressText(origin(terrain, way, 6, random));
  const dst = addressText(aim(terrain, table, 6, random));
  const { next, payload } = drawUpper6(terrain, src, dst, random);
  return ipv6(
    {
      src,
      dst,
      hopLimit: random.pick(ttls),
      trafficClass: drawTos(random),
      flowLabel: random.chance(0.2) ? random.below(1 << 20) : 0,
      nextHeader: next,
      ...(random.chance(0.02) ? { payloadLength: random.pick([0, 1, 8, 1500, 65535]) } : {}),
    },
    payload,
  );
}

export function drawIp(terrain: Terrain, way: Way, table: number, family: 4 | 6, random: Random): Bytes {
  return family === 4 ? drawIpv4(terrain, way, table, random) : drawIpv6(terrain, way, table, random);
}

/** A label for a stack, mostly one that may stand there, and the table that its payload should aim at. */
function drawLabel(terrain: Terrain, way: Way, last: boolean, random: Random): { label: number; table: number } {
  const kind = random.below(60);
  const fit = kind < 48 ? terrain.labels.filter((each) => last || each.kind !== 'ends') : terrain.labels;
  if (kind < 54 && fit.length > 0) return random.pick(fit);
  if (kind < 57) return { label: random.pick([0, 2]), table: way.table };
  return { label: kind === 57 ? random.below(1 << 20) : random.below(16), table: way.table };
}

/** About as many labels to pop as one frame may have looked up. */
function drawPops(terrain: Terrain, way: Way, random: Random): { label: number; table: number }[] {
  const pops = [...terrain.labels.filter((each) => each.kind === 'pops'), { label: 0, table: way.table }];
  return random.times(random.between(6, 9), () => random.pick(pops));
}

/** A stack with what lies beneath it. */
export function drawLabelled(terrain: Terrain, way: Way, random: Random): Bytes {
  const depth = random.weighted([
    [12, 1],
    [8, 2],
    [4, 3],
    [2, 6],
    [1, 12],
    [1, 40],
  ]);
  const stack = random.chance(0.04)
    ? drawPops(terrain, way, random)
    : random.times(depth, (i) => drawLabel(terrain, way, i === depth - 1, random));
  const lowest = stack.at(-1) as { table: number };
  const entropy = random.chance(0.08) ? random.below(stack.length + 1) : -1;
  const entries = stack.map(({ label }) => ({ label, tc: random.below(8), ttl: random.pick(ttls) }));
  if (entropy >= 0)
    entries.splice(entropy, 0, { label: 7, tc: 0, ttl: 64 }, { label: random.below(1 << 20), tc: 0, ttl: 0 });
  const broken = random.chance(0.02) ? random.below(entries.length) : -1;
  const entriesAt = entries.map((entry, i) => (i === broken ? { ...entry, s: random.pick([0, 1] as const) } : entry));
  const beneath = random.chance(0.03)
    ? random.bytes(random.below(40))
    : drawIp(terrain, way, lowest.table, random.chance(0.65) ? 4 : 6, random);
  return [...labels(...entriesAt), ...beneath];
}

/** A station's address that may be a neighbour's on the way. */
function drawNeighbor(way: Way, family: 4 | 6, random: Random): Words {
  const known = way.neighbors.filter((words) => words.length === (family === 4 ? 1 : 4));
  if (known.length > 0 && random.chance(0.8)) return random.pick(known);
  const subnets = way.model.addresses.filter((each) => each.family === family);
  if (subnets.length > 0) return near(random.pick(subnets), random);
  return family === 4 ? [random.word()] : [0xfe800000, 0, 0, random.below(16)];
}

function drawStation(random: Random): string {
  return random.chance(0.9) ? random.pick(stations) : random.pick(strangeMacs);
}

function ownAddress(way: Way, family: 4 | 6, random: Random): Words {
  const own = way.model.addresses.filter((each) => each.family === family);
  return own.length > 0 && random.chance(0.85) ? random.pick(own).words : drawNeighbor(way, family, random);
}

export function drawArp(way: Way, random: Random): Bytes {
  const message = arp(
    random.pick([1, 2]),
    drawStation(random),
    addressText(drawNeighbor(way, 4, random)),
    '00:00:00:00:00:00',
    addressText(ownAddress(way, 4, random)),
  );
  if (random.chance(0.1)) message[random.below(8)] = random.below(8);
  return message;
}

/** A solicitation or an advertisement, mostly valid. */
export function drawNd(way: Way, random: Random): Bytes {
  const solicitation = random.chance(0.5);
  const neighbor = addressText(drawNeighbor(way, 6, random));
  const own = addressText(ownAddress(way, 6, random));
  const src = random.chance(0.1) ? addressText([0, 0, 0, 0]) : neighbor;
  const dst = random.chance(0.2) ? addressText([0xff020000, 0, 1, 0xff000001]) : own;
  const target = solicitation ? own : neighbor;
  const mac = drawStation(random)
    .split(':')
    .map((text) => Number.parseInt(text, 16));
  const option = random.chance(0.85) ? [solicitation ? 1 : 2, random.chance(0.97) ? 1 : 0, ...mac] : [];
  const flags = [random.pick([0x60, 0x20, 0x40, 0xe0, 0]), 0, 0, 0];
  const body = [...ipv6({ dst: target }, []).slice(24, 40), ...option];
  const message = icmp6(src, dst, solicitation ? 135 : 136, random.chance(0.97) ? 0 : 1, flags, body);
  if (random.chance(0.05)) message[3] = ((message[3] as number) + 1) & 255;
  return ipv6({ src, dst, nextHeader: 58, hopLimit: random.chance(0.95) ? 255 : 64 }, message);
}
