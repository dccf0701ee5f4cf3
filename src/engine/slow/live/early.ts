// The first look at a frame that the fast path has left: ARP and neighbour discovery beyond the rate end here, and what a
// flood of plain IPv4 consists of (early-ip.ts), before a packet is made of them. What is not sure here goes the long way.
import { interfaceWords, mapWords, portWords } from '../../../tables/interfaces.ts';
import { arpBytes } from '../../../wire/arp.ts';
import type { Batch } from '../../../wire/batch.ts';
import { type Bytes, read16 } from '../../../wire/bytes.ts';
import { EtherType, ethernetBytes, isGroupMac, macIs, tagBytes, typeAt } from '../../../wire/ethernet.ts';
import { ipv6Bytes, NextHeader, nextHeaderAt } from '../../../wire/ipv6.ts';
import { NdType } from '../../../wire/nd.ts';
import { Drop, Punt } from '../../reasons.ts';
import { countMade, type SlowContext } from '../context.ts';
import { type EarlyEnd, endOfIpv4 } from './early-ip.ts';
import type { Live } from './live.ts';

const vidMask = 0x0fff;

/** Shortest neighbour solicitation or advertisement, IPv6 header included. */
const ndBytesMin = 64;

/** Punt reason of ARP and neighbour discovery from `at` to `end`, behind the EtherType; -1: it is neither, or cut. */
function reasonOf(bytes: Bytes, type: number, at: number, end: number): number {
  if (type === EtherType.arp) return at + arpBytes <= end ? Punt.arp : -1;
  if (type !== EtherType.ipv6 || at + ndBytesMin > end || bytes[at + nextHeaderAt] !== NextHeader.icmp) return -1;
  const message = bytes[at + ipv6Bytes];
  return message === NdType.solicitation || message === NdType.advertisement ? Punt.nd : -1;
}

/** Drops the frame in the slot if that is how it ends in any case. False: it is to be treated. */
export function dropsEarly(context: SlowContext, live: Live, batch: Batch, slot: number): boolean {
  const { bytes } = batch;
  const start = batch.start[slot] as number;
  const captured = batch.captured[slot] as number;
  if (captured < ethernetBytes + tagBytes || captured !== batch.original[slot]) return false;
  const { ports, maps, interfaces } = context.tables.interfaces;
  const port = batch.port[slot] as number;
  let at = start + ethernetBytes;
  let type = read16(bytes, start + typeAt);
  let owner = ports[port * portWords] as number;
  if (type === EtherType.vlan) {
    const map = ports[port * portWords + 2] as number;
    owner = map === 0 ? 0 : (maps[(map - 1) * mapWords + (read16(bytes, at) & vidMask)] as number);
    type = read16(bytes, at + 2);
    at += tagBytes;
  }
  if (owner === 0) return false;
  const seconds = batch.seconds[slot] as number;
  const nanoseconds = batch.nanoseconds[slot] as number;
  const now = live.clock.read(seconds, nanoseconds);
  const record = (owner - 1) * interfaceWords;
  const isOurs = macIs(bytes, start, interfaces[record + 4] as number, interfaces[record + 5] as number);
  const end = start + captured;
  let ends: EarlyEnd | undefined;
  if (type === EtherType.ipv4) {
    if (isOurs) ends = endOfIpv4(context, live, bytes, at, end, owner - 1, captured, now);
  } else {
    const reason = reasonOf(bytes, type, at, end);
    const isLimited = reason >= 0 && (isOurs || isGroupMac(bytes, start)) && !live.wouldAdmit(owner - 1, reason, now);
    if (isLimited) ends = { reason: 'punt-limited', silent: true };
  }
  if (ends === undefined) return false;
  context.accounts?.arrivedBy(owner - 1, captured);
  count(context, batch, slot, Drop[ends.reason]);
  if (!ends.silent) {
    // The error that is not made, as in `dropUnbuilt`.
    countMade(context);
    count(context, batch, slot, Drop['icmp-limited']);
  }
  return true;
}

function count(
  { counters, output }: SlowContext,
  { bytes, start, captured, port, seconds, nanoseconds }: Batch,
  slot: number,
  reason: number,
): void {
  counters.drops[reason] = (counters.drops[reason] as number) + 1;
  const length = captured[slot] as number;
  output.drop(
    reason,
    port[slot] as number,
    bytes,
    start[slot] as number,
    length,
    length,
    seconds[slot] as number,
    nanoseconds[slot] as number,
    undefined,
  );
}
