// The link stage (ETH): tags choose the (sub-)interface, the destination MAC and the EtherType decide what follows;
// and the other end, the Ethernet header that goes onto what is sent.
import { adjacencyWords } from '../../tables/adjacencies.ts';
import { Interface, interfaceWords, mapWords, portWords } from '../../tables/interfaces.ts';
import { read16, read32, write16, write32 } from '../../wire/bytes.ts';
import {
  EtherType,
  ethernetBytes,
  formatMac,
  isGroupMac,
  isTag,
  macIs,
  tagBytes,
  typeAt,
  writeMac,
} from '../../wire/ethernet.ts';
import { receiveArp } from './arp.ts';
import { receiveCircuit } from './circuit.ts';
import { drop, punt, type SlowContext } from './context.ts';
import { receiveIp } from './ip.ts';
import { receiveLabels } from './labels.ts';
import type { Packet } from './packet.ts';

const vidMask = 0x0fff;

/** Whether the first `count` bytes of the frame are there; if not the packet is dropped as a runt or as snapped. */
function needHeader(context: SlowContext, packet: Packet, count: number): boolean {
  if (packet.captured >= count) return true;
  drop(context, packet, packet.original < count ? 'runt' : 'snapped');
  return false;
}

/** What the tags lead to: the interface and the offset of the EtherType behind them; -1 for no interface. */
interface TagMatch {
  interface: number;
  typeOffset: number;
}

/**
 * Matches the tags of a frame (ETH-3). Offsets are from the start of the frame. `undefined`: cut inside a tag that
 * is needed, and dropped.
 */
function matchTags(context: SlowContext, packet: Packet): TagMatch | undefined {
  const { ports, maps } = context.tables.interfaces;
  const { arrived, start } = packet;
  const port = packet.port * portWords;
  const untagged = (ports[port] as number) - 1;
  const type = read16(arrived, start + typeAt);
  if (!isTag(type)) return { interface: untagged, typeOffset: typeAt };
  // A port that is a circuit takes whatever its sub-interfaces do not, whole; -1 where there is none.
  const whole = untagged >= 0 && isCircuit(context, untagged) ? untagged : -1;
  const needed = whole < 0 || ports[port + (type === EtherType.vlan ? 2 : 3)] !== 0;
  if (!needed) return { interface: whole, typeOffset: typeAt };

  if (!needHeader(context, packet, ethernetBytes + tagBytes)) return undefined;
  const vid = read16(arrived, start + ethernetBytes) & vidMask;
  const behind = typeAt + tagBytes;
  if (vid === 0) return { interface: untagged, typeOffset: behind };
  if (type === EtherType.vlan) {
    const map = ports[port + 2] as number;
    const match = map === 0 ? 0 : (maps[(map - 1) * mapWords + vid] as number);
    return { interface: match === 0 ? whole : match - 1, typeOffset: behind };
  }
  const outer = ports[port + 3] as number;
  const inner = outer === 0 ? 0 : (maps[(outer - 1) * mapWords + vid] as number);
  if (inner === 0 || read16(arrived, start + behind) !== EtherType.vlan)
    return { interface: whole, typeOffset: behind };
  if (!needHeader(context, packet, ethernetBytes + 2 * tagBytes)) return undefined;
  const innerVid = read16(arrived, start + behind + 2) & vidMask;
  const match = maps[(inner - 1) * mapWords + innerVid] as number;
  return { interface: match === 0 ? whole : match - 1, typeOffset: behind + tagBytes };
}

function isCircuit({ tables }: SlowContext, interfaceIndex: number): boolean {
  const { interfaces } = tables.interfaces;
  return ((interfaces[interfaceIndex * interfaceWords] as number) & Interface.circuit) !== 0;
}

/** A frame arrives at `packet.port`: everything that a router does with it follows from here. */
export function receive(context: SlowContext, packet: Packet): void {
  if (!needHeader(context, packet, ethernetBytes)) return;
  const match = matchTags(context, packet);
  if (match === undefined) return;
  const { arrived, start } = packet;
  const type = read16(arrived, start + match.typeOffset);
  packet.story?.interfaces.add(packet.story.names.port(packet.port));
  const { interfaces } = context.tables.interfaces;
  if (match.interface >= 0) {
    packet.interface = match.interface;
    context.accounts?.arrivedBy(match.interface, packet.original);
    if (((interfaces[match.interface * interfaceWords] as number) & Interface.circuit) !== 0) {
      packet.story?.interfaces.add(packet.story.names.interface(match.interface));
      return receiveCircuit(context, packet, interfaces[match.interface * interfaceWords + 8] as number);
    }
  }
  if (match.interface < 0 || isTag(type)) {
    packet.story?.step(`${packet.story.names.port(packet.port)}: tags that lead to no interface`);
    return drop(context, packet, 'unknown-vlan');
  }
  receiveOn(context, packet, match.interface, match.typeOffset);
}

/** A frame arrives at a routed interface, its EtherType at `typeOffset` from the start. */
export function receiveOn(context: SlowContext, packet: Packet, interfaceIndex: number, typeOffset: number): void {
  const { arrived, start } = packet;
  const { interfaces } = context.tables.interfaces;
  const type = read16(arrived, start + typeOffset);
  packet.interface = interfaceIndex;
  packet.story?.interfaces.add(packet.story.names.interface(interfaceIndex));
  if (isTag(type)) return drop(context, packet, 'unknown-vlan');
  const record = interfaceIndex * interfaceWords;
  const group = isGroupMac(arrived, start);
  if (!group && !macIs(arrived, start, interfaces[record + 4] as number, interfaces[record + 5] as number)) {
    packet.story?.step(`${packet.story.names.interface(interfaceIndex)}: for ${macText(packet)}`);
    return drop(context, packet, 'not-for-us');
  }
  packet.beginWork(start + typeOffset + 2);
  receivePayload(context, packet, type, group);
}

function macText({ arrived, start }: Packet): string {
  return formatMac(read16(arrived, start), read32(arrived, start + 2));
}

/** What the EtherType says (ETH-5). `group`: the frame came under a group MAC. */
function receivePayload(context: SlowContext, packet: Packet, type: number, group: boolean): void {
  const { tables } = context;
  const table = tables.interfaces.interfaces[packet.interface * interfaceWords + 2] as number;
  switch (type) {
    case EtherType.ipv4:
    case EtherType.ipv6:
      return receiveIp(context, packet, type === EtherType.ipv4 ? 4 : 6, table, group);
    case EtherType.mpls:
      if (group) return drop(context, packet, 'not-for-us');
      return receiveLabels(context, packet);
    case EtherType.arp:
      return receiveArp(context, packet);
    case EtherType.mplsUpstream:
      return drop(context, packet, 'upstream-label');
    default:
      packet.story?.step(
        `${packet.story.names.interface(packet.interface)}: EtherType 0x${type.toString(16).padStart(4, '0')}`,
      );
      if (tables.settings.puntOther) return punt(context, packet, 'other-protocol');
      return drop(context, packet, 'unknown-ethertype');
  }
}

/** Bytes of the Ethernet header that frames leaving by the interface get. */
export function linkHeaderBytes(context: SlowContext, interfaceIndex: number): number {
  return (
    ethernetBytes + tagBytes * (context.tables.interfaces.interfaces[interfaceIndex * interfaceWords + 8] as number)
  );
}

/** Writes the header in front of `at`: destination, the interface's MAC and tags, EtherType. Answers its start. */
export function writeLinkHeader(
  context: SlowContext,
  bytes: Uint8Array,
  at: number,
  interfaceIndex: number,
  macHigh: number,
  macLow: number,
  etherType: number,
): number {
  const { interfaces } = context.tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  const start = at - linkHeaderBytes(context, interfaceIndex);
  writeMac(bytes, start, macHigh, macLow);
  writeMac(bytes, start + 6, interfaces[record + 4] as number, interfaces[record + 5] as number);
  writeTags(context, bytes, start, interfaceIndex);
  write16(bytes, at - 2, etherType);
  return start;
}

/** The interface's tags in a header that begins at `start`. */
export function writeTags(context: SlowContext, bytes: Uint8Array, start: number, interfaceIndex: number): void {
  const { interfaces } = context.tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  const tags = interfaces[record + 8] as number;
  for (let tag = 0; tag < tags; tag++) {
    write32(bytes, start + typeAt + tag * tagBytes, interfaces[record + 6 + tag] as number);
  }
}

/** The same towards an adjacency whose MAC address is known. */
export function writeAdjacencyHeader(
  context: SlowContext,
  bytes: Uint8Array,
  at: number,
  adjacency: number,
  etherType: number,
): number {
  const { entries } = context.tables.adjacencies;
  const record = adjacency * adjacencyWords;
  return writeLinkHeader(
    context,
    bytes,
    at,
    entries[record + 1] as number,
    entries[record + 2] as number,
    entries[record + 3] as number,
    etherType,
  );
}
