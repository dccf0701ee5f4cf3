// From a chosen leg to the wire: push each level's labels, judge the size, find the neighbour, send or hold.
import { Action } from '../../tables/actions.ts';
import { Adjacency, adjacencyWords } from '../../tables/adjacencies.ts';
import { Interface, interfaceWords } from '../../tables/interfaces.ts';
import { Payload } from '../../tables/labels.ts';
import { groupWords, Leg, legWords, PushTc } from '../../tables/paths.ts';
import { read16 } from '../../wire/bytes.ts';
import { EtherType, formatMac } from '../../wire/ethernet.ts';
import { familyOf, packetBytes, readTos, readTtl } from '../../wire/ip.ts';
import * as v4 from '../../wire/ipv4.ts';
import * as v6 from '../../wire/ipv6.ts';
import { bottomAt, entryBytes, SpecialLabel, tcAt, ttlAt, writeEntry } from '../../wire/mpls.ts';
import { Total } from '../counters.ts';
import { entropyLabel } from '../hash.ts';
import { countMade, drop, givePacket, need, punt, type SlowContext, takePacket, transmit } from './context.ts';
import { errorTooBig } from './errors.ts';
import { flowHash } from './flow.ts';
import { fragment } from './fragments.ts';
import { writeAdjacencyHeader } from './link.ts';
import type { HeldPacket, Piece } from './neighbors.ts';
import { Packet } from './packet.ts';
import { selectLeg } from './paths.ts';
import { requestNeighbor } from './request.ts';

/** Follows a leg, level by level, until it leads to an adjacency. Labels are pushed on the way. */
export function followLeg(context: SlowContext, packet: Packet, firstLeg: number): void {
  const { tables } = context;
  const { legs, groups } = tables.paths;
  let leg = firstLeg;
  for (let level = 0; ; level++) {
    const record = leg * legWords;
    pushLeg(context, packet, leg);
    const argument = legs[record + 1] as number;
    switch (legs[record]) {
      case Action.adjacency:
        packet.story?.tellPushes(ttlAt(packet.bytes, packet.at));
        return sendTo(context, packet, argument);
      case Action.group:
        leg = selectLeg(tables, argument, flowHash(context, packet), level + 1);
        if (leg < 0) return drop(context, packet, 'path-down');
        if (groups[argument * groupWords + 1] !== 1) packet.story?.step(`→ path ${leg}`);
        break;
      case Action.punt:
        return punt(context, packet, 'configured');
      default:
        return drop(context, packet, 'blackhole');
    }
  }
}

function isOnIp(packet: Packet): boolean {
  return packet.at === packet.ip;
}

/** TTL of the header directly beneath what is pushed next. */
function ttlBeneath(packet: Packet): number {
  const { bytes, at } = packet;
  if (!isOnIp(packet)) return ttlAt(bytes, at);
  return readTtl(bytes, at, familyOf(bytes, at));
}

/** TC for an entry pushed next (TC-1): a number as given; onto a label its TC; onto IP by the model. */
function tcForPush(packet: Packet, mode: number): number {
  if (mode < PushTc.uniform) return mode;
  const { bytes, at } = packet;
  if (!isOnIp(packet)) return tcAt(bytes, at);
  if (mode === PushTc.pipe) return 0;
  return readTos(bytes, at, familyOf(bytes, at)) >>> 5;
}

function pushEntry(packet: Packet, label: number, tc: number, ttl: number): void {
  const bottom = isOnIp(packet);
  packet.at -= entryBytes;
  writeEntry(packet.bytes, packet.at, label, tc, bottom, ttl);
}

/** Pushes ELI and EL (ECMP-4) and, above them, nothing yet: `tc` and `ttl` are those of the label that will follow. */
export function pushEntropy(context: SlowContext, packet: Packet, tc: number, ttl: number): void {
  const label = entropyLabel(flowHash(context, packet));
  pushEntry(packet, label, 0, 0);
  pushEntry(packet, SpecialLabel.entropyIndicator, tc, ttl);
  packet.story?.pushed.push(label, SpecialLabel.entropyIndicator);
}

/** Pushes a leg's labels, lowest first, by its TTL and TC modes (TTL-3, TC-1, LBL-10). */
function pushLeg(context: SlowContext, packet: Packet, leg: number): void {
  const { legs, pushes } = context.tables.paths;
  const record = leg * legWords;
  const ttlMode = legs[record + 6] as number;
  const tcMode = legs[record + 7] as number;
  const flags = legs[record + 3] as number;
  const first = legs[record + 4] as number;
  const count = legs[record + 5] as number;
  // A swap has put its indicator under the swapped label already.
  if ((flags & Leg.entropy) !== 0 && (flags & Leg.swap) === 0) {
    pushEntropy(context, packet, tcForPush(packet, tcMode), ttlMode === 0 ? ttlBeneath(packet) : ttlMode);
  }
  for (let i = first; i < first + count; i++) {
    const ttl = ttlMode === 0 ? ttlBeneath(packet) : ttlMode;
    pushEntry(packet, pushes[i] as number, tcForPush(packet, tcMode), ttl);
  }
  packet.story?.pushed.push(...pushes.subarray(first, first + count));
}

/** What lies beneath the outgoing stack. */
function entriesOut(packet: Packet): number {
  if (packet.ip >= 0) return (packet.ip - packet.at) / entryBytes;
  let entry = packet.at;
  while (!bottomAt(packet.bytes, entry)) entry += entryBytes;
  return (entry - packet.at) / entryBytes + 1;
}

/** Finds a valid IP header beneath the stack of a frame in transit, by the kind its label's entry gave or the nibble. */
function findIpBeneath(packet: Packet, entries: number): boolean {
  const at = packet.at + entries * entryBytes;
  const family = ipBeneath(packet.bytes, at, packet.end, packet.capturedEnd, packet.payload);
  if (family === 0) return false;
  packet.ip = at;
  return true;
}

/** 4 or 6 when a valid IP header of that family is at `at`, else 0. `payload` as in the label's entry. */
export function ipBeneath(bytes: Uint8Array, at: number, end: number, capturedEnd: number, payload: number): 0 | 4 | 6 {
  if (at >= capturedEnd || payload === Payload.ethernet) return 0;
  const nibble = (bytes[at] as number) >>> 4;
  if (nibble === 4 && payload !== 6 && v4.checkIpv4(bytes, at, end, capturedEnd) === 'none') return 4;
  if (nibble === 6 && payload !== 4 && v6.checkIpv6(bytes, at, end, capturedEnd) === 'none') return 6;
  return 0;
}

/** Judges the size (MTU-1 … 3), then sends towards the adjacency. */
function sendTo(context: SlowContext, packet: Packet, adjacency: number): void {
  const interfaceIndex = context.tables.adjacencies.entries[adjacency * adjacencyWords + 1] as number;
  send(context, packet, interfaceIndex, adjacency, undefined);
}

/**
 * Sends by an interface: to an adjacency, or to an address of a connected subnet whose adjacency is yet to be found
 * (`adjacency` −1).
 */
export function send(
  context: SlowContext,
  packet: Packet,
  interfaceIndex: number,
  adjacency: number,
  address: readonly number[] | undefined,
): void {
  const { interfaces } = context.tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  if (((interfaces[record] as number) & Interface.up) === 0) return drop(context, packet, 'path-down');
  const mtu = interfaces[record + 3] as number;
  const entries = packet.at === packet.ip ? 0 : entriesOut(packet);
  if (packet.end - packet.at > mtu) {
    if (packet.ip < 0 && !findIpBeneath(packet, entries)) return drop(context, packet, 'too-big');
    packet.trim(packet.ip + packetBytes(packet.bytes, packet.ip, familyOf(packet.bytes, packet.ip)));
  }
  if (packet.end - packet.at <= mtu) {
    const whole = { bytes: packet.bytes, start: packet.at, captured: packet.capturedEnd - packet.at } as const;
    return deliver(context, packet, interfaceIndex, adjacency, address, [
      { ...whole, original: packet.end - packet.at, made: packet.made },
    ]);
  }
  const room = mtu - entryBytes * entries;
  const { bytes, ip } = packet;
  if (familyOf(bytes, ip) === 6 || (read16(bytes, ip + v4.fragmentAt) & v4.Fragment.dontFragment) !== 0) {
    packet.story?.step(`too big: ${packet.end - packet.at} bytes, mtu ${mtu}`);
    drop(context, packet, 'too-big');
    return errorTooBig(context, packet, room);
  }
  if (room - v4.headerBytes(bytes, ip) < 8 || !offsetsFit(packet)) return drop(context, packet, 'too-big');
  if (!need(context, packet, ip, packet.end - ip, 'bad-ip-header')) return;
  const pieces = fragment(packet, room);
  packet.story?.step(`${pieces.length} fragments for mtu ${mtu}`);
  for (let i = 1; i < pieces.length; i++) countMade(context);
  deliver(context, packet, interfaceIndex, adjacency, address, pieces);
}

/** Whether the offsets of the packet's fragments fit their 13 bits: not those of an overlong fragment. */
function offsetsFit({ bytes, ip, end }: Packet): boolean {
  const offset = read16(bytes, ip + v4.fragmentAt) & v4.Fragment.offsetMask;
  return offset + (end - ip - v4.headerBytes(bytes, ip)) / 8 <= v4.Fragment.offsetMask + 1;
}

function outgoingType(packet: Packet, piece: Piece): number {
  const labelled = packet.ip < 0 || packet.at !== packet.ip;
  if (labelled) return EtherType.mpls;
  return familyOf(piece.bytes, piece.start) === 4 ? EtherType.ipv4 : EtherType.ipv6;
}

/** The last step: the neighbour's MAC address, if it is known; else hold and ask (IP-8). */
function deliver(
  context: SlowContext,
  packet: Packet,
  interfaceIndex: number,
  adjacency: number,
  address: readonly number[] | undefined,
  pieces: readonly Piece[],
): void {
  const { adjacencies } = context.tables;
  const known = adjacency >= 0 ? adjacency : adjacencies.find(interfaceIndex, address as readonly number[]);
  const etherType = outgoingType(packet, pieces[0] as Piece);
  if (known >= 0) {
    const flags = adjacencies.flags(known);
    if ((flags & Adjacency.up) === 0) return dropPieces(context, packet, pieces, 'path-down');
    if ((flags & Adjacency.resolved) !== 0) return sendPieces(context, packet, pieces, known, etherType);
  }
  hold(context, packet, interfaceIndex, address ?? adjacencies.addressOf(known), etherType, pieces);
}

function sendPieces(
  context: SlowContext,
  packet: Packet,
  pieces: readonly Piece[],
  adjacency: number,
  etherType: number,
): void {
  const { tables } = context;
  const record = adjacency * adjacencyWords;
  const interfaceIndex = tables.adjacencies.entries[record + 1] as number;
  if (packet.story !== undefined) {
    const { names } = packet.story;
    const port = tables.interfaces.interfaces[interfaceIndex * interfaceWords + 1] as number;
    packet.story.interfaces.add(names.interface(interfaceIndex)).add(names.port(port));
    const mac = formatMac(
      tables.adjacencies.entries[record + 2] as number,
      tables.adjacencies.entries[record + 3] as number,
    );
    packet.story.step(`${names.interface(interfaceIndex)} → ${mac}`);
  }
  for (const piece of pieces) {
    const start = writeAdjacencyHeader(context, piece.bytes, piece.start, adjacency, etherType);
    const link = piece.start - start;
    transmit(
      context,
      packet,
      interfaceIndex,
      piece.bytes,
      start,
      piece.captured + link,
      piece.original + link,
      piece.made,
    );
  }
}

/** Drops a packet that had become several frames: it itself for the first, the others as they were built. */
function dropPieces(
  context: SlowContext,
  packet: Packet,
  pieces: readonly Piece[],
  reason: 'path-down' | 'unresolved',
): void {
  drop(context, packet, reason);
  for (const piece of pieces.slice(1)) {
    const frame = takePacket(context);
    const start = piece.start - (packet.network - packet.start);
    piece.bytes.set(packet.arrived.subarray(packet.start, packet.network), start);
    frame.arrive(
      piece.bytes,
      start,
      piece.captured + piece.start - start,
      piece.original + piece.start - start,
      packet.port,
      packet.seconds,
      packet.nanoseconds,
    );
    frame.made = true;
    frame.story = packet.story;
    drop(context, frame, reason);
    givePacket(context, frame);
  }
}

/** Room before a held frame for whatever link header it will get. */
const heldHeadroom = 64;

/** Keeps the packet for when the neighbour answers, unless one is kept already; asks at most once a second. */
function hold(
  context: SlowContext,
  packet: Packet,
  interfaceIndex: number,
  address: readonly number[],
  etherType: number,
  pieces: readonly Piece[],
): void {
  const { neighbors, counters } = context;
  if (neighbors.isHeld(interfaceIndex, address)) {
    dropPieces(context, packet, pieces, 'unresolved');
  } else {
    const kept = pieces.map((piece) => {
      const bytes = new Uint8Array(heldHeadroom + piece.captured);
      bytes.set(piece.bytes.subarray(piece.start, piece.start + piece.captured), heldHeadroom);
      return { ...piece, bytes, start: heldHeadroom };
    });
    packet.story?.step('held until the neighbour is known');
    counters.totals[Total.held] = counters.held + kept.length;
    const evicted = neighbors.hold(interfaceIndex, address, {
      arrival: keepArrival(packet),
      story: packet.story,
      etherType,
      pieces: kept,
    });
    if (evicted !== undefined) dropHeld(context, evicted);
  }
  if (neighbors.requestDue(interfaceIndex, address, packet.seconds * 1000 + packet.nanoseconds / 1e6)) {
    requestNeighbor(context, packet, interfaceIndex, address);
  }
}

/** A packet of its own with a copy of the arriving bytes. */
function keepArrival(packet: Packet): Packet {
  const kept = new Packet();
  const bytes = packet.arrived.slice(packet.start, packet.start + packet.captured);
  kept.arrive(bytes, 0, packet.captured, packet.original, packet.port, packet.seconds, packet.nanoseconds);
  kept.made = packet.made;
  kept.number = packet.number;
  kept.interface = packet.interface;
  kept.network = packet.network - packet.start;
  kept.story = packet.story;
  return kept;
}

/** The neighbour did not answer. */
export function dropHeld(context: SlowContext, held: HeldPacket): void {
  context.counters.totals[Total.held] = context.counters.held - held.pieces.length;
  dropPieces(context, held.arrival, held.pieces, 'unresolved');
}

/** The neighbour has answered: the packet that waited goes out, unless the path has gone down meanwhile. */
export function sendHeld(context: SlowContext, held: HeldPacket, adjacency: number): void {
  const { adjacencies, interfaces } = context.tables;
  context.counters.totals[Total.held] = context.counters.held - held.pieces.length;
  const isUp =
    (adjacencies.flags(adjacency) & Adjacency.up) !== 0 && interfaces.isUp(adjacencies.interfaceOf(adjacency));
  if (!isUp) return dropPieces(context, held.arrival, held.pieces, 'path-down');
  sendPieces(context, held.arrival, held.pieces, adjacency, held.etherType);
}
