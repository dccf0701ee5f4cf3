// ICMP errors (TTL-7 … TTL-11): whether one is due, from which address, in which wrapping, and on its way.
import { interfaceWords } from '../../tables/interfaces.ts';
import { copyBytes, read32, write16 } from '../../wire/bytes.ts';
import { EtherType, ethernetBytes, isGroupMac, writeMac } from '../../wire/ethernet.ts';
import { buildError4, buildError6, Icmp4, Icmp6, type IcmpError, isError4, isError6 } from '../../wire/icmp.ts';
import { packetBytes, readDestination, readSource } from '../../wire/ip.ts';
import * as v4 from '../../wire/ipv4.ts';
import * as v6 from '../../wire/ipv6.ts';
import { entryBytes, writeTtl } from '../../wire/mpls.ts';
import { isConnectedBroadcast, ownSource } from './addresses.ts';
import { countMade, drop, givePacket, makePacket, type SlowContext } from './context.ts';
import { ipBeneath } from './forward.ts';
import { routeOwn } from './ip.ts';
import { receiveLabels } from './labels.ts';
import type { Packet } from './packet.ts';

/** What went wrong, in the numbers of each family. */
interface Trouble {
  readonly type4: number;
  readonly code4: number;
  readonly type6: number;
  readonly code6: number;
  readonly mtu: number;
}

/** TTL-7: time exceeded in transit. */
export function errorTimeExceeded(context: SlowContext, packet: Packet): void {
  sendError(context, packet, { type4: Icmp4.timeExceeded, code4: 0, type6: Icmp6.timeExceeded, code6: 0, mtu: 0 });
}

/** IP-4: net unreachable, no route to destination. */
export function errorNoRoute(context: SlowContext, packet: Packet): void {
  sendError(context, packet, { type4: Icmp4.unreachable, code4: 0, type6: Icmp6.unreachable, code6: 0, mtu: 0 });
}

/** MTU-2: fragmentation needed, packet too big. `mtu`: room for the IP packet, bytes. */
export function errorTooBig(context: SlowContext, packet: Packet, mtu: number): void {
  sendError(context, packet, { type4: Icmp4.unreachable, code4: 4, type6: Icmp6.tooBig, code6: 0, mtu });
}

function sendError(context: SlowContext, packet: Packet, trouble: Trouble): void {
  if (packet.made) return;
  const { arrived, start, network } = packet;
  const ip = network + packet.stackEntries * entryBytes;
  const end = start + packet.original;
  const capturedEnd = start + packet.captured;
  const family = ipBeneath(arrived, ip, end, capturedEnd, packet.payload);
  if (family === 0 || (!packet.labelled && isGroupMac(arrived, start))) return;
  if (!(family === 4 ? deserves4(context, packet, ip, capturedEnd) : deserves6(packet, ip, capturedEnd))) return;
  const source = errorSource(context, packet, family);
  if (source === undefined) return;

  const isAllowed = context.limiter.take(packet.interface, packet.seconds, packet.nanoseconds);
  if (!isAllowed && context.live !== undefined) return dropUnbuilt(context, packet);
  const error = describe(packet, trouble, family, ip, capturedEnd, source);
  const built = family === 4 ? buildError4(error) : buildError6(error);
  const made = makePacket(context, packet, wrap(context, packet, built, family));
  made.story?.step(`ICMP error about frame ${packet.number}: type ${error.type} code ${error.code}`);
  if (!isAllowed) {
    drop(context, made, 'icmp-limited');
  } else if (packet.labelled) {
    made.beginWork(network - start);
    receiveLabels(context, made);
  } else {
    made.beginWork(ethernetBytes);
    const table = context.tables.interfaces.interfaces[packet.interface * interfaceWords + 2] as number;
    routeOwn(context, made, family, table);
  }
  givePacket(context, made);
}

/** A flood must not make a live run build what it then throws away: the error counts, with the bytes of its cause. */
function dropUnbuilt(context: SlowContext, packet: Packet): void {
  countMade(context);
  drop(context, packet, 'icmp-limited');
}

function describe(
  packet: Packet,
  trouble: Trouble,
  family: 4 | 6,
  ip: number,
  capturedEnd: number,
  source: readonly number[],
): IcmpError {
  const { arrived, network } = packet;
  const tooBig6 = family === 6 && trouble.type6 === Icmp6.tooBig;
  const ipBytes = packetBytes(arrived, ip, family);
  return {
    type: family === 4 ? trouble.type4 : trouble.type6,
    code: family === 4 ? trouble.code4 : trouble.code6,
    mtu: trouble.mtu,
    source,
    destination: readSource(arrived, ip, family),
    quoted: arrived.subarray(ip, Math.min(ip + ipBytes, capturedEnd)),
    stack: packet.labelled && !tooBig6 ? arrived.subarray(network, ip) : undefined,
  };
}

/** TTL-8 and TTL-9: the source address. */
function errorSource(context: SlowContext, packet: Packet, family: 4 | 6): readonly number[] | undefined {
  const { id, id6 } = context.tables.settings;
  const own = family === 6 ? id6 : id === undefined ? undefined : [id];
  const onLink = ownSource(context.tables, packet.interface, family);
  return packet.labelled ? (own ?? onLink) : (onLink ?? own);
}

/**
 * The made frame. Unlabelled: an Ethernet header of the interface to itself, replaced on the way out. Labelled: the
 * link header and the stack as they arrived, labels and TC kept, all TTLs 255 (RFC 3032 section 2.3.2).
 */
function wrap(context: SlowContext, packet: Packet, built: Uint8Array, family: 4 | 6): Uint8Array {
  if (!packet.labelled) return wrapOwn(context, packet.interface, built, family);
  const { arrived, start, network } = packet;
  const linkBytes = network - start;
  const stackBytes = packet.stackEntries * entryBytes;
  const frame = new Uint8Array(linkBytes + stackBytes + built.length);
  copyBytes(arrived, start, frame, 0, linkBytes + stackBytes);
  for (let i = 0; i < packet.stackEntries; i++) writeTtl(frame, linkBytes + i * entryBytes, 255);
  frame.set(built, linkBytes + stackBytes);
  return frame;
}

/** An IP packet of the router behind an Ethernet header of 14 bytes. */
export function wrapOwn(context: SlowContext, interfaceIndex: number, ipPacket: Uint8Array, family: 4 | 6): Uint8Array {
  const frame = new Uint8Array(ethernetBytes + ipPacket.length);
  const { interfaces } = context.tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  writeMac(frame, 0, interfaces[record + 4] as number, interfaces[record + 5] as number);
  writeMac(frame, 6, interfaces[record + 4] as number, interfaces[record + 5] as number);
  write16(frame, 12, family === 4 ? EtherType.ipv4 : EtherType.ipv6);
  frame.set(ipPacket, ethernetBytes);
  return frame;
}

/** TTL-11 for IPv4. */
function deserves4(context: SlowContext, packet: Packet, ip: number, capturedEnd: number): boolean {
  const { arrived } = packet;
  if (v4.isLaterFragment(arrived, ip)) return false;
  const source = read32(arrived, ip + v4.sourceAt);
  const destination = read32(arrived, ip + v4.destinationAt);
  const table = context.tables.interfaces.interfaces[packet.interface * interfaceWords + 2] as number;
  if (source === 0 || v4.isMartianSource(source, destination) || v4.isLinkLocalIpv4(source)) return false;
  if (isConnectedBroadcast(context.tables, table, source)) return false;
  if (v4.isMulticastIpv4(destination) || destination === v4.broadcastIpv4) return false;
  if (isConnectedBroadcast(context.tables, table, destination)) return false;
  const upper = ip + v4.headerBytes(arrived, ip);
  const ends = ip + packetBytes(arrived, ip, 4);
  if (arrived[ip + v4.protocolAt] !== v4.protocolIcmp || upper >= ends) return true;
  return upper < capturedEnd && !isError4(arrived[upper] as number);
}

/** TTL-11 for IPv6. */
function deserves6(packet: Packet, ip: number, capturedEnd: number): boolean {
  const { arrived } = packet;
  const source = readSource(arrived, ip, 6);
  const destination = readDestination(arrived, ip, 6);
  if (v6.isUnspecified(source) || v6.isLoopbackIpv6(source)) return false;
  if (v6.isMulticastIpv6(source) || v6.isLinkLocalIpv6(source) || v6.isMulticastIpv6(destination)) return false;
  const ends = ip + packetBytes(arrived, ip, 6);
  const upper = v6.upperLayer(arrived, ip, Math.min(ends, capturedEnd));
  if (upper.laterFragment) return false;
  if (upper.protocol !== v6.NextHeader.icmp || upper.at >= ends) return true;
  return upper.at < capturedEnd && !isError6(arrived[upper.at] as number);
}
