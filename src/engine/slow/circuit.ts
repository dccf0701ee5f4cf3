// Attachment circuits (ETH-3, ETH-4, ETH-7, PW-2): a frame comes in by an interface, its service tags taken off, and goes
// to the other end of its cross-connect or into its bridge; and the way out, with the circuit's own tags put on.
import { CircuitKind, circuitWords, Service } from '../../tables/circuits.ts';
import { Interface, interfaceWords } from '../../tables/interfaces.ts';
import { Payload } from '../../tables/labels.ts';
import { read16, read32, write16 } from '../../wire/bytes.ts';
import { EtherType, ethernetBytes, formatMac, isTag, sourceAt, tagBytes, typeAt } from '../../wire/ethernet.ts';
import { enterBridge } from './bridge.ts';
import { drop, type SlowContext, transmit } from './context.ts';
import type { Packet } from './packet.ts';
import { sendToPseudowire } from './pseudowire.ts';
import { receiveFromBridge } from './routed-bridge.ts';

/** Both MAC addresses: what moves when a tag is taken off or put on behind them. */
export const macsBytes = 2 * sourceAt;
/** PCP and DEI of a tag. */
const priorityMask = 0xf000;

/** A frame for a circuit arrives, its first `tags` tags those that chose it. */
export function receiveCircuit(context: SlowContext, packet: Packet, tags: number): void {
  const { arrived, start } = packet;
  packet.beginWork(start);
  if (tags > 0) {
    packet.innerPriority = read16(arrived, start + ethernetBytes + (tags - 1) * tagBytes) & priorityMask;
    if (tags > 1) packet.outerPriority = read16(arrived, start + ethernetBytes) & priorityMask;
    takeTags(packet, tags);
  }
  if (packet.story !== undefined) tellFrame(packet, packet.story.names.interface(packet.interface));
  const { interfaces } = context.tables.interfaces;
  enterService(context, packet, interfaces[packet.interface * interfaceWords + 2] as number);
}

/** Takes tags off behind the MAC addresses of the working copy. */
export function takeTags(packet: Packet, tags: number): void {
  const { bytes, at } = packet;
  bytes.copyWithin(at + tags * tagBytes, at, at + macsBytes);
  packet.at = at + tags * tagBytes;
}

export function tellFrame(packet: Packet, where: string): void {
  const { story, bytes, at } = packet;
  if (story === undefined) return;
  const mac = (offset: number) => formatMac(read16(bytes, at + offset), read32(bytes, at + offset + 2));
  const type = read16(bytes, at + typeAt)
    .toString(16)
    .padStart(4, '0');
  story.step(`${where}: ${mac(sourceAt)} → ${mac(0)}, EtherType 0x${type}`);
}

/** The frame at `packet.at` came out of a circuit: over the wire, or into the bridge (ETH-7 first). */
export function enterService(context: SlowContext, packet: Packet, circuit: number): void {
  const { circuits } = context.tables.circuits;
  const record = circuit * circuitWords;
  const service = circuits[record + 2] as number;
  const other = circuits[record + 3] as number;
  context.accounts?.cameIn(circuit, packet.original);
  packet.frame = packet.at;
  packet.hash = -1;
  packet.payload = Payload.ethernet;
  if (isMacControl(packet)) return drop(context, packet, 'link-local');
  switch (service) {
    case Service.wire:
      return sendToCircuit(context, packet, other);
    case Service.bridge:
      if (isLinkLocalGroup(packet)) return drop(context, packet, 'link-local');
      return enterBridge(context, packet, circuit, other);
    default:
      packet.story?.step('a circuit that no cross-connect and no bridge has');
      return drop(context, packet, 'filtered');
  }
}

/** PAUSE and its like (IEEE 802.3 annex 31): EtherType 0x8808, behind whatever tags. */
function isMacControl({ bytes, at, capturedEnd }: Packet): boolean {
  let typeOffset = at + typeAt;
  while (isTag(read16(bytes, typeOffset)) && typeOffset + 2 + tagBytes <= capturedEnd) typeOffset += tagBytes;
  return read16(bytes, typeOffset) === EtherType.macControl;
}

/** 01:80:c2:00:00:00 to 0f (IEEE 802.1Q table 8-1): no bridge forwards them. */
function isLinkLocalGroup({ bytes, at }: Packet): boolean {
  return read32(bytes, at) === 0x0180c200 && read16(bytes, at + 4) <= 0x0f;
}

/** Sends the frame at `packet.frame` out by a circuit. The working copy is as before when this returns. */
export function sendToCircuit(context: SlowContext, packet: Packet, circuit: number): void {
  const { circuits } = context.tables.circuits;
  const record = circuit * circuitWords;
  const argument = circuits[record + 1] as number;
  switch (circuits[record]) {
    case CircuitKind.interface:
      return sendByInterface(context, packet, circuit, argument);
    case CircuitKind.pseudowire:
      return sendToPseudowire(context, packet, argument);
    default:
      context.accounts?.wentOut(circuit, packet.original);
      return receiveFromBridge(context, packet, argument);
  }
}

/** The circuit's tags go on, PCP and DEI of those taken off kept (ETH-4). */
function sendByInterface(context: SlowContext, packet: Packet, circuit: number, interfaceIndex: number): void {
  const { interfaces } = context.tables.interfaces;
  const record = interfaceIndex * interfaceWords;
  const name = packet.story?.names.interface(interfaceIndex);
  if (((interfaces[record] as number) & Interface.up) === 0) {
    packet.story?.step(`${name} is down`);
    return drop(context, packet, 'path-down');
  }
  const { bytes, frame, end, capturedEnd } = packet;
  const size = end - frame - ethernetBytes;
  const mtu = interfaces[record + 3] as number;
  if (size > mtu) {
    packet.story?.step(`too big for ${name}: ${size} bytes, mtu ${mtu}`);
    return drop(context, packet, 'too-big');
  }
  const tags = interfaces[record + 8] as number;
  const start = frame - tags * tagBytes;
  bytes.copyWithin(start, frame, frame + macsBytes);
  for (let tag = 0; tag < tags; tag++) {
    const priority = tag === tags - 1 ? packet.innerPriority : packet.outerPriority;
    writeTag(bytes, start + macsBytes + tag * tagBytes, interfaces[record + 6 + tag] as number, priority);
  }
  if (packet.story !== undefined) {
    const port = interfaces[record + 1] as number;
    packet.story.interfaces.add(packet.story.names.interface(interfaceIndex)).add(packet.story.names.port(port));
    packet.story.step(`→ ${name}`);
  }
  context.accounts?.wentOut(circuit, packet.original);
  transmit(context, packet, interfaceIndex, bytes, start, capturedEnd - start, end - start);
  // Put back: a flood sends the same working copy by the next circuit.
  bytes.copyWithin(frame, start, start + macsBytes);
}

/** `tag`: TPID and VID, as the interface table has them. */
function writeTag(bytes: Uint8Array, at: number, tag: number, priority: number): void {
  write16(bytes, at, tag >>> 16);
  write16(bytes, at + 2, (tag & 0xffff) | priority);
}
