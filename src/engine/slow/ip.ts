// IP (IP-1 … IP-7, TTL-3, TTL-4, TC-2): what arrives unlabelled, what labels uncovered, and what the router sends
// itself. The order of the checks is that of rule IP-4.
import { Action } from '../../tables/actions.ts';
import { PopMode } from '../../tables/labels.ts';
import { legWords } from '../../tables/paths.ts';
import { routeWords } from '../../tables/tables.ts';
import { formatIpv4, formatIpv6 } from '../../wire/address.ts';
import { isLinkLocal, packetBytes, readDestination, readSource, readTos, readTtl } from '../../wire/ip.ts';
import * as v4 from '../../wire/ipv4.ts';
import * as v6 from '../../wire/ipv6.ts';
import { isNd } from '../../wire/nd.ts';
import { drop, punt, type SlowContext } from './context.ts';
import { receiveLocal } from './echo.ts';
import { errorNoRoute, errorTimeExceeded } from './errors.ts';
import { flowHash } from './flow.ts';
import { followLeg, send } from './forward.ts';
import { receiveNd } from './nd.ts';
import type { Packet } from './packet.ts';
import { countPath, selectLeg } from './paths.ts';
import { passesReversePath } from './urpf.ts';

/** Label and table look-ups one frame may make (LBL-12). */
export const lookupsMax = 8;

/** What a pop took off above the IP header, to be written into it by the modes of the label's entry. */
export interface Popped {
  readonly ttl: number;
  readonly tc: number;
  readonly ttlMode: number;
  readonly tcMode: number;
}

/** Where the look-ups end, `table` routes followed. */
export interface Resolution {
  /** An `Action` kind; `Action.none`: no route. */
  kind: number;
  argument: number;
  /** The table that held the route. */
  table: number;
  /** The leg, when the route has paths; -1 when all of them are down. */
  leg: number;
  /** The ninth look-up was due. */
  loop: boolean;
}

function setTtl(packet: Packet, family: 4 | 6, ttl: number): void {
  if (family === 4) v4.changeTtl(packet.bytes, packet.ip, ttl);
  else packet.bytes[packet.ip + v6.hopLimitAt] = ttl;
}

function addressText(words: readonly number[]): string {
  return words.length === 1 ? formatIpv4(words[0] as number) : formatIpv6(words);
}

/** IP-1: checks the header at `packet.at` and cuts what lies behind the packet (ETH-6). False: dropped. */
export function admitIp(context: SlowContext, packet: Packet, family: 4 | 6): boolean {
  const { bytes, at, end, capturedEnd } = packet;
  const fault = family === 4 ? v4.checkIpv4(bytes, at, end, capturedEnd) : v6.checkIpv6(bytes, at, end, capturedEnd);
  if (fault !== 'none') {
    drop(context, packet, fault === 'cut' ? 'snapped' : fault === 'checksum' ? 'bad-checksum' : 'bad-ip-header');
    return false;
  }
  packet.ip = at;
  packet.trim(at + packetBytes(bytes, at, family));
  if (packet.story !== undefined) tellHeader(packet, family);
  return true;
}

function tellHeader(packet: Packet, family: 4 | 6): void {
  const { story } = packet;
  if (story === undefined) return;
  const source = addressText(readSource(packet.bytes, packet.ip, family));
  const destination = addressText(readDestination(packet.bytes, packet.ip, family));
  story.addresses.add(source).add(destination);
  const where = story.steps.length === 0 ? `${story.names.interface(packet.interface)}: ` : '';
  story.step(`${where}IPv${family} ${source} → ${destination} ttl ${readTtl(packet.bytes, packet.ip, family)}`);
}

/** TTL-4 and TC-2: what was popped goes down into the IP header, by the modes of the pop. */
export function applyPopped(packet: Packet, family: 4 | 6, popped: Popped): void {
  if (popped.ttlMode === PopMode.uniform && popped.ttl < readTtl(packet.bytes, packet.ip, family))
    setTtl(packet, family, popped.ttl);
  if (popped.tcMode !== PopMode.uniform) return;
  const { bytes, ip } = packet;
  const tos = readTos(bytes, ip, family);
  if (tos >>> 5 === popped.tc) return;
  const changed = (popped.tc << 5) | (tos & 3);
  if (family === 4) v4.changeTos(bytes, ip, changed);
  else v6.writeTrafficClass(bytes, ip, changed);
}

/** LSP ping (RFC 8029 section 2.1): 127/8, or ::ffff:127/104, beneath a label that ended here. */
export function isLspPing(destination: readonly number[]): boolean {
  const [first = 0, second, third, fourth = 0] = destination;
  if (destination.length === 1) return v4.isLoopbackIpv4(first);
  return first === 0 && second === 0 && third === 0xffff && v4.isLoopbackIpv4(fourth);
}

function isMartian(source: readonly number[], destination: readonly number[]): boolean {
  const [from = 0] = source;
  const [to = 0] = destination;
  if (destination.length === 1) return v4.isMartianSource(from, to) || v4.isMartianDestination(to);
  if (v6.isLoopbackIpv6(source) || v6.isMulticastIpv6(source)) return true;
  if (v6.isLoopbackIpv6(destination) || v6.isUnspecified(destination)) return true;
  return v6.isUnspecified(source) && !v6.isMulticastIpv6(destination) && !v6.isLinkLocalIpv6(destination);
}

/** Link-local, multicast, the limited broadcast: for the router itself whatever the table says (IP-3). */
function isLocalScope(words: readonly number[]): boolean {
  if (isLinkLocal(words)) return true;
  if (words.length === 4) return v6.isMulticastIpv6(words);
  return v4.isMulticastIpv4(words[0] as number) || words[0] === v4.broadcastIpv4;
}

/** Looks an address up, following `table` routes, and chooses a leg where there are several. */
export function resolve(
  context: SlowContext,
  packet: Packet,
  firstTable: number,
  destination: readonly number[],
): Resolution {
  const { tables } = context;
  const found: Resolution = { kind: Action.table, argument: firstTable, table: firstTable, leg: -1, loop: false };
  while (found.kind === Action.table) {
    if (++packet.lookups > lookupsMax) return { ...found, loop: true };
    found.table = found.argument;
    const route = (destination.length === 1 ? tables.trie4 : tables.trie6).lookup(found.table, destination);
    context.accounts?.route(route, packet.original);
    found.kind = tables.routes[route * routeWords] as number;
    found.argument = tables.routes[route * routeWords + 1] as number;
    if (found.kind === Action.group) chooseLeg(context, packet, found);
    tellRoute(packet, found, route);
  }
  return found;
}

/** A leg that is an action of its own (`table`, `drop` …) takes the place of the route. */
function chooseLeg(context: SlowContext, packet: Packet, found: Resolution): void {
  const { legs } = context.tables.paths;
  found.leg = selectLeg(context.tables, found.argument, flowHash(context, packet), 0);
  if (found.leg < 0) return;
  countPath(context, packet, found.argument, found.leg);
  const kind = legs[found.leg * legWords] as number;
  if (kind === Action.adjacency || kind === Action.group) return;
  found.kind = kind;
  found.argument = legs[found.leg * legWords + 1] as number;
}

const actionTexts = new Map<number, string>([
  [Action.none, 'no route'],
  [Action.drop, 'drop'],
  [Action.punt, 'punt'],
  [Action.receive, 'receive'],
  [Action.own, 'own address'],
  [Action.broadcast, 'subnet broadcast'],
]);

function tellRoute(packet: Packet, found: Resolution, route: number): void {
  const { story } = packet;
  if (story === undefined) return;
  const table = story.names.table(found.table);
  const prefix = route === 0 ? '' : `${story.names.route(route)} → `;
  let what = actionTexts.get(found.kind) ?? '';
  if (found.kind === Action.group) {
    what = found.leg < 0 ? 'every path down' : `path ${found.leg}`;
  } else if (found.kind === Action.table) {
    what = `table ${story.names.table(found.argument)}`;
  } else if (found.kind === Action.connected) {
    what = `connected on ${story.names.interface(found.argument)}`;
  }
  story.step(`${table}: ${prefix}${what}`);
}

/**
 * An IP packet at `packet.at`, to be judged in a table. `popped`: labels were above it here. `group`: it came under
 * a group MAC.
 */
export function receiveIp(
  context: SlowContext,
  packet: Packet,
  family: 4 | 6,
  table: number,
  group: boolean,
  popped?: Popped,
): void {
  if (!admitIp(context, packet, family)) return;
  const source = readSource(packet.bytes, packet.ip, family);
  const destination = readDestination(packet.bytes, packet.ip, family);
  if (popped !== undefined && isLspPing(destination)) return punt(context, packet, 'oam');
  if (isMartian(source, destination)) return drop(context, packet, 'martian');
  if (popped !== undefined) applyPopped(packet, family, popped);
  else if (family === 6 && isNd(packet.bytes, packet.ip, packet.capturedEnd)) return receiveNd(context, packet);
  if (isLocalScope(destination)) return receiveLocal(context, packet, family, undefined);

  const found = resolve(context, packet, table, destination);
  if (found.kind === Action.broadcast) return receiveLocal(context, packet, family, undefined);
  if (isLinkLocal(source) && found.kind !== Action.own) return drop(context, packet, 'martian');
  if (group) return drop(context, packet, 'not-for-us');
  if (popped === undefined && !passesReversePath(context.tables, packet.interface, table, source)) {
    return drop(context, packet, 'urpf');
  }
  act(context, packet, family, destination, found);
}

/** What the look-up found, done: the end of rule IP-4's order. */
function act(
  context: SlowContext,
  packet: Packet,
  family: 4 | 6,
  destination: readonly number[],
  found: Resolution,
): void {
  if (found.loop) return drop(context, packet, 'loop');
  switch (found.kind) {
    case Action.none:
      drop(context, packet, 'no-route');
      return errorNoRoute(context, packet);
    case Action.drop:
      return drop(context, packet, 'blackhole');
    case Action.punt:
      return punt(context, packet, 'configured');
    case Action.receive:
      return receiveLocal(context, packet, family, undefined);
    case Action.own:
      return receiveLocal(context, packet, family, found.table);
  }
  if (!countHop(context, packet, family)) return;
  forwardResolved(context, packet, destination, found);
}

/** TTL-1 and TTL-3: the router is a hop. False: the packet expired here. */
export function countHop(context: SlowContext, packet: Packet, family: 4 | 6): boolean {
  const ttl = readTtl(packet.bytes, packet.ip, family);
  if (ttl <= 1) {
    drop(context, packet, 'ttl-expired');
    errorTimeExceeded(context, packet);
    return false;
  }
  setTtl(packet, family, ttl - 1);
  return true;
}

function forwardResolved(
  context: SlowContext,
  packet: Packet,
  destination: readonly number[],
  found: Resolution,
): void {
  if (found.kind === Action.connected) return send(context, packet, found.argument, -1, destination);
  if (found.leg < 0) return drop(context, packet, 'path-down');
  followLeg(context, packet, found.leg);
}

/** Sends a packet that the router made (at `packet.at`): routed in a table, not decremented, no errors about it. */
export function routeOwn(context: SlowContext, packet: Packet, family: 4 | 6, table: number): void {
  packet.ip = packet.at;
  if (packet.story !== undefined) tellHeader(packet, family);
  const destination = readDestination(packet.bytes, packet.ip, family);
  const found = resolve(context, packet, table, destination);
  if (found.loop) return drop(context, packet, 'loop');
  switch (found.kind) {
    case Action.none:
      return drop(context, packet, 'no-route');
    case Action.drop:
      return drop(context, packet, 'blackhole');
    case Action.punt:
      return punt(context, packet, 'configured');
    case Action.receive:
    case Action.own:
    case Action.broadcast:
      return punt(context, packet, 'local');
  }
  forwardResolved(context, packet, destination, found);
}
