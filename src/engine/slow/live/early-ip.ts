// The first look at plain IPv4 of a live run: what would end as dropped without anything being made of it is dropped at
// once: for the router itself beyond the rate, expired or unroutable with no ICMP error left to give, for a neighbour that a
// packet waits for already. A flood of it costs one look-up a frame instead of a packet's whole way. It decides as that way
// would (ip.ts, errors.ts, forward.ts); of what is not plain, or not over, it says nothing.
import { Action } from '../../../tables/actions.ts';
import { Adjacency } from '../../../tables/adjacencies.ts';
import { Interface, interfaceWords } from '../../../tables/interfaces.ts';
import { flatWords } from '../../../tables/paths.ts';
import { routeWords } from '../../../tables/tables.ts';
import { type Bytes, read16, read32 } from '../../../wire/bytes.ts';
import { checksum } from '../../../wire/checksum.ts';
import * as v4 from '../../../wire/ipv4.ts';
import { type DropName, Punt } from '../../reasons.ts';
import { isConnectedBroadcast, ownSource } from '../addresses.ts';
import type { SlowContext } from '../context.ts';
import type { Live } from './live.ts';

/** A reason to drop for; `silent`: without an ICMP error that would be due but for the rate. */
export interface EarlyEnd {
  readonly reason: DropName;
  readonly silent: boolean;
}

const end = (reason: DropName, silent = true): EarlyEnd => ({ reason, silent });
const limited = end('punt-limited');
const blackhole = end('blackhole');
const pathDown = end('path-down');
const unresolved = end('unresolved');
const expired = end('ttl-expired', false);
const noRoute = end('no-route', false);
const key = [0];

/**
 * How the packet at `at` ends, if it does; it came under the own MAC address of the interface at the clock's time `now`, in a
 * frame of so many octets.
 */
export function endOfIpv4(
  context: SlowContext,
  live: Live,
  bytes: Bytes,
  at: number,
  frameEnd: number,
  interfaceIndex: number,
  octets: number,
  now: number,
): EarlyEnd | undefined {
  const { tables } = context;
  const record = interfaceIndex * interfaceWords;
  const { interfaces } = tables.interfaces;
  if (at + v4.ipv4Bytes > frameEnd || bytes[at] !== 0x45) return undefined;
  if (((interfaces[record] as number) & (Interface.urpfStrict | Interface.urpfLoose)) !== 0) return undefined;
  const total = read16(bytes, at + v4.totalLengthAt);
  if (total < v4.ipv4Bytes || at + total > frameEnd || checksum(bytes, at, v4.ipv4Bytes) !== 0) return undefined;
  const destination = read32(bytes, at + v4.destinationAt);
  if (!isPlain(read32(bytes, at + v4.sourceAt), destination)) return undefined;
  const table = interfaces[record + 2] as number;
  key[0] = destination;
  const found = tables.trie4.lookup(table, key);
  const ends = endByRoute(context, live, bytes, at, total, interfaceIndex, table, found * routeWords, now);
  if (ends !== undefined) context.accounts?.route(found, octets);
  return ends;
}

function endByRoute(
  context: SlowContext,
  live: Live,
  bytes: Bytes,
  at: number,
  total: number,
  interfaceIndex: number,
  table: number,
  route: number,
  now: number,
): EarlyEnd | undefined {
  const { tables } = context;
  const argument = tables.routes[route + 1] as number;
  const isExpired = (bytes[at + v4.ttlAt] as number) <= 1;
  switch (tables.routes[route]) {
    case Action.own:
      return live.wouldAdmit(interfaceIndex, Punt.local, now) ? undefined : limited;
    case Action.drop:
      return blackhole;
    case Action.none:
      return isErrorHeldBack(context, live, bytes, at, interfaceIndex, table, now) ? noRoute : undefined;
    case Action.group: {
      const leg = tables.routes[route + 3] as number;
      if (leg === 0) return undefined;
      if (!isExpired) return isDown(context, tables.paths.flat[leg * flatWords + 1] as number) ? pathDown : undefined;
      return isErrorHeldBack(context, live, bytes, at, interfaceIndex, table, now) ? expired : undefined;
    }
    case Action.connected:
      if (!isExpired) return isWaitedFor(context, live, argument, total) ? unresolved : undefined;
      return isErrorHeldBack(context, live, bytes, at, interfaceIndex, table, now) ? expired : undefined;
    default:
      return undefined;
  }
}

function isPlain(source: number, destination: number): boolean {
  if (v4.isMartianSource(source, destination) || v4.isMartianDestination(destination)) return false;
  if (v4.isLinkLocalIpv4(source) || v4.isLinkLocalIpv4(destination)) return false;
  return !v4.isMulticastIpv4(destination) && destination !== v4.broadcastIpv4;
}

/** Whether an ICMP error is due (TTL-9, TTL-11) and beyond the rate. ICMP itself and fragments go the long way. */
function isErrorHeldBack(
  context: SlowContext,
  live: Live,
  bytes: Bytes,
  at: number,
  interfaceIndex: number,
  table: number,
  now: number,
): boolean {
  if (live.errors.has(interfaceIndex, now)) return false;
  if (bytes[at + v4.protocolAt] === v4.protocolIcmp || v4.isFragment(bytes, at)) return false;
  const { tables } = context;
  if (tables.settings.id === undefined && ownSource(tables, interfaceIndex, 4) === undefined) return false;
  return !isConnectedBroadcast(tables, table, read32(bytes, at + v4.sourceAt));
}

/** Whether the only path of a flat leg is out of use. */
function isDown({ tables }: SlowContext, adjacency: number): boolean {
  const { adjacencies, interfaces } = tables;
  return (adjacencies.flags(adjacency) & Adjacency.up) === 0 || !interfaces.isUp(adjacencies.interfaceOf(adjacency));
}

/** Whether a packet waits for the address in `key` already, or has just waited in vain. */
function isWaitedFor({ tables }: SlowContext, live: Live, interfaceIndex: number, bytes: number): boolean {
  const { interfaces, adjacencies } = tables;
  const record = interfaceIndex * interfaceWords;
  if (((interfaces.interfaces[record] as number) & Interface.up) === 0) return false;
  if (bytes > (interfaces.interfaces[record + 3] as number)) return false;
  const known = adjacencies.find(interfaceIndex, key);
  if (known >= 0 && (adjacencies.flags(known) & (Adjacency.resolved | Adjacency.up)) !== Adjacency.up) return false;
  return live.waitlist.isHeld(interfaceIndex, key);
}
