// Pseudowires (PW-1 … PW-6, RFC 4385, 4448, 6391): a frame gets service tag, control word, flow label and pseudowire label
// in front of it and follows the LSP to the peer; and from beneath a popped label back to a frame.
import { Pseudowire, pseudowireWords } from '../../tables/circuits.ts';
import { read16, read32, write16, write32 } from '../../wire/bytes.ts';
import { EtherType, ethernetBytes, isTag, tagBytes, typeAt } from '../../wire/ethernet.ts';
import { bottomAt, entryBytes, firstOrdinaryLabel, labelAt, writeEntry } from '../../wire/mpls.ts';
import { entropyLabel } from '../hash.ts';
import { enterService, macsBytes, takeTags, tellFrame } from './circuit.ts';
import { drop, need, punt, type SlowContext } from './context.ts';
import { flowHash } from './flow.ts';
import { followLeg } from './forward.ts';
import type { Packet } from './packet.ts';
import { countPath, selectLeg } from './paths.ts';

export const controlWordBytes = 4;
const sequenceMax = 0xffff;
const priorityMask = 0xf000;

/** The pseudowire that carries frames now, with a leg towards its peer: the backup while the primary has none. */
interface Way {
  readonly pseudowire: number;
  readonly leg: number;
}

function wayOf(context: SlowContext, packet: Packet, primary: number): Way | undefined {
  const { tables } = context;
  const { pseudowires } = tables.circuits;
  for (let pseudowire = primary; ; ) {
    const record = pseudowire * pseudowireWords;
    const group = pseudowires[record + 2] as number;
    const leg = group === 0 ? -1 : selectLeg(tables, group, flowHash(context, packet), 0);
    if (leg >= 0) return { pseudowire, leg };
    packet.story?.step(`pseudowire ${packet.story.names.pseudowire(pseudowire)} is down: no way to its peer`);
    const backup = pseudowires[record + 5] as number;
    if (backup === 0 || pseudowire !== primary) return undefined;
    pseudowire = backup - 1;
  }
}

/** Sends the frame at `packet.frame` to the far end. The working copy is as before when this returns. */
export function sendToPseudowire(context: SlowContext, packet: Packet, primary: number): void {
  const { pseudowires } = context.tables.circuits;
  const { bytes, frame, end } = packet;
  const way = wayOf(context, packet, primary);
  if (way === undefined) return drop(context, packet, 'path-down');
  const record = way.pseudowire * pseudowireWords;
  const mtu = pseudowires[record + 4] as number;
  const size = end - frame - ethernetBytes;
  if (size > mtu) {
    packet.story?.step(`too big: ${size} bytes, the far circuit's mtu is ${mtu}`);
    return drop(context, packet, 'too-big');
  }
  const tagged = ((pseudowires[record] as number) & Pseudowire.tagged) !== 0;
  if (tagged) putServiceTag(packet, pseudowires[record + 11] as number);
  countPath(context, packet, pseudowires[way.pseudowire * pseudowireWords + 2] as number, way.leg);
  context.accounts?.wentOut(pseudowires[record + 1] as number, packet.original);
  encapsulate(context, packet, way.pseudowire);
  followLeg(context, packet, way.leg);
  packet.at = frame;
  packet.ip = -1;
  if (tagged) bytes.copyWithin(frame, frame - tagBytes, frame - tagBytes + macsBytes);
}

/** Tagged mode: one service tag, 0x8100, PCP and DEI as they arrived. */
function putServiceTag(packet: Packet, vid: number): void {
  const { bytes, at } = packet;
  bytes.copyWithin(at - tagBytes, at, at + macsBytes);
  packet.at = at - tagBytes;
  write16(bytes, packet.at + typeAt, EtherType.vlan);
  write16(bytes, packet.at + typeAt + 2, vid | packet.innerPriority);
}

/** Control word, flow label, pseudowire label. */
function encapsulate(context: SlowContext, packet: Packet, pseudowire: number): void {
  const { pseudowires } = context.tables.circuits;
  const record = pseudowire * pseudowireWords;
  const flags = pseudowires[record] as number;
  const { bytes, story } = packet;
  story?.step(`pseudowire ${story.names.pseudowire(pseudowire)}`);
  if ((flags & Pseudowire.controlWord) !== 0) {
    const sequence = (flags & Pseudowire.sequencing) !== 0 ? nextSequence(pseudowires, record) : 0;
    packet.at -= controlWordBytes;
    write32(bytes, packet.at, sequence);
    story?.step(`control word, sequence ${sequence}`);
  }
  const flow = (flags & Pseudowire.flowLabel) !== 0;
  if (flow) {
    const label = entropyLabel(flowHash(context, packet));
    packet.at -= entryBytes;
    writeEntry(bytes, packet.at, label, 0, true, 1);
    story?.pushed.push(label);
  }
  const remote = pseudowires[record + 3] as number;
  packet.at -= entryBytes;
  writeEntry(bytes, packet.at, remote, 0, !flow, 255);
  story?.pushed.push(remote);
  packet.ip = -1;
}

/** RFC 4385 section 4.1: 1 to 65535 and round, 0 left out. */
function nextSequence(pseudowires: Uint32Array, record: number): number {
  const last = pseudowires[record + 6] as number;
  const next = last === sequenceMax ? 1 : last + 1;
  pseudowires[record + 6] = next;
  return next;
}

/** What lies beneath a popped pseudowire label, on top now: whether exactly one flow label is there (LBL-8, PW-5). */
export function takeFlowLabel(context: SlowContext, packet: Packet, pseudowire: number, left: string): boolean {
  const { pseudowires } = context.tables.circuits;
  const flow = ((pseudowires[pseudowire * pseudowireWords] as number) & Pseudowire.flowLabel) !== 0;
  if (!flow) {
    if (left === 'ip') return true;
    packet.story?.step('a label beneath it, where no flow label is due');
    drop(context, packet, 'bottom-expected');
    return false;
  }
  const { bytes, at } = packet;
  if (left === 'ip' || !bottomAt(bytes, at) || labelAt(bytes, at) < firstOrdinaryLabel) {
    packet.story?.step('one flow label, of 16 or more and the last of the stack, is due');
    drop(context, packet, 'bad-stack');
    return false;
  }
  packet.story?.step(`flow label ${labelAt(bytes, at)} removed`);
  packet.at += entryBytes;
  return true;
}

/** A frame from the far end, at `packet.at` behind the stack, in the order of rule PW-3. */
export function receivePseudowire(context: SlowContext, packet: Packet, pseudowire: number): void {
  const { pseudowires } = context.tables.circuits;
  const record = pseudowire * pseudowireWords;
  const flags = pseudowires[record] as number;
  const { bytes, story } = packet;
  const where = `pseudowire ${story?.names.pseudowire(pseudowire)}`;
  let sequence = 0;
  if ((flags & Pseudowire.controlWord) !== 0) {
    if (!need(context, packet, packet.at, 1, 'runt')) return;
    const nibble = (bytes[packet.at] as number) >>> 4;
    if (!need(context, packet, packet.at, controlWordBytes, 'runt')) return;
    story?.step(`${where}: control word 0x${read32(bytes, packet.at).toString(16).padStart(8, '0')}`);
    if (nibble === 1) return punt(context, packet, 'oam');
    if (nibble !== 0) return drop(context, packet, 'bad-control-word');
    sequence = read16(bytes, packet.at + 2);
    packet.at += controlWordBytes;
  }
  if (!need(context, packet, packet.at, ethernetBytes, 'runt')) return;
  if ((flags & Pseudowire.sequencing) !== 0 && !isInOrder(pseudowires, record, sequence)) {
    story?.step(`sequence ${sequence}, ${pseudowires[record + 7]} expected`);
    return drop(context, packet, 'out-of-order');
  }
  if ((flags & Pseudowire.tagged) !== 0) {
    if (!isTag(read16(bytes, packet.at + typeAt))) {
      story?.step('no service tag, which tagged mode has on the wire');
      return drop(context, packet, 'unknown-vlan');
    }
    if (!need(context, packet, packet.at, ethernetBytes + tagBytes, 'runt')) return;
    packet.innerPriority = read16(bytes, packet.at + ethernetBytes) & priorityMask;
    takeTags(packet, 1);
  }
  tellFrame(packet, where);
  enterService(context, packet, pseudowires[record + 1] as number);
}

/** RFC 4385 section 4.2: 0 is not numbered; else ahead of what is expected by less than half the circle. */
function isInOrder(pseudowires: Uint32Array, record: number, sequence: number): boolean {
  if (sequence === 0) return true;
  const expected = pseudowires[record + 7] as number;
  const ahead = sequence >= expected ? sequence - expected < 0x8000 : expected - sequence >= 0x8000;
  if (ahead) pseudowires[record + 7] = sequence === sequenceMax ? 1 : sequence + 1;
  return ahead;
}
