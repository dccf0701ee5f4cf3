// Bridges (VPLS-1 … VPLS-4, RFC 4761, 4762): sources are learned, known destinations go to one circuit, the rest to all
// that split horizon leaves. One working copy serves all copies of a flood: each circuit writes in front of it.
import { BridgeFlag, bridgeWords, CircuitKind, type CircuitTable, circuitWords, Flood } from '../../tables/circuits.ts';
import { fixedMac, type MacTable } from '../../tables/macs.ts';
import { read16, read32 } from '../../wire/bytes.ts';
import { ethernetBytes, formatMac, isGroupMac, isTag, sourceAt, typeAt } from '../../wire/ethernet.ts';
import { Total } from '../counters.ts';
import { sendToCircuit } from './circuit.ts';
import { drop, type SlowContext } from './context.ts';
import type { Packet } from './packet.ts';

/** By `Flood`. */
const floodNames = ['broadcast', 'unknown', 'multicast'] as const;
const vidMask = 0x0fff;
/** Entries that are looked at when a bridge is full, to see whether one of them is too old. */
const fullSweepSteps = 1 << 16;
/** The same live, where ticks keep the wheel up to date, and a frame must not make those behind it wait. */
const liveFullSweepSteps = 64;

/** The VLAN that qualifies learning: the customer's tag on the frame + 1; 1 untagged; 0 where all VLANs are one. */
function qualifierOf(packet: Packet, flags: number): number {
  if ((flags & BridgeFlag.qualified) === 0) return 0;
  const { bytes, frame, capturedEnd } = packet;
  const tagged = isTag(read16(bytes, frame + typeAt)) && frame + ethernetBytes + 2 <= capturedEnd;
  return tagged ? (read16(bytes, frame + ethernetBytes) & vidMask) + 1 : 1;
}

function macText({ bytes }: Packet, at: number): string {
  return formatMac(read16(bytes, at), read32(bytes, at + 2));
}

/** A frame comes into a bridge by a circuit. */
export function enterBridge(context: SlowContext, packet: Packet, circuit: number, bridge: number): void {
  const { tables } = context;
  const record = bridge * bridgeWords;
  const vlan = qualifierOf(packet, tables.circuits.bridges[record + 4] as number);
  packet.story?.step(`bridge ${packet.story.names.bridge(bridge)}${vlan > 1 ? `, VLAN ${vlan - 1}` : ''}`);
  if (!learn(context, packet, circuit, bridge, vlan)) {
    packet.story?.step(`${macText(packet, packet.frame + sourceAt)} would be one address too many`);
    return drop(context, packet, 'mac-limit');
  }
  const { bytes, frame, seconds, nanoseconds } = packet;
  const group = isGroupMac(bytes, frame);
  if (!group) {
    const high = ((bridge << 16) | read16(bytes, frame)) >>> 0;
    const entry = tables.macs.find(high, read32(bytes, frame + 2), vlan);
    const ageing = tables.circuits.bridges[record + 2] as number;
    if (entry >= 0 && tables.macs.isFresh(entry, seconds, nanoseconds, ageing)) {
      const out = (tables.macs.circuitOf(entry) & ~fixedMac) >>> 0;
      return sendKnown(context, packet, circuit, out);
    }
  }
  const broadcast = group && read16(bytes, frame) === 0xffff && read32(bytes, frame + 2) === 0xffffffff;
  flood(context, packet, circuit, bridge, broadcast ? Flood.broadcast : group ? Flood.multicast : Flood.unknown);
}

/** VPLS-1. False: one more address than the bridge may have. */
function learn(context: SlowContext, packet: Packet, circuit: number, bridge: number, vlan: number): boolean {
  const { macs, circuits } = context.tables;
  const { bytes, frame, seconds, nanoseconds } = packet;
  const source = frame + sourceAt;
  if (isGroupMac(bytes, source)) return true;
  const record = bridge * bridgeWords;
  const ageing = circuits.bridges[record + 2] as number;
  const high = ((bridge << 16) | read16(bytes, source)) >>> 0;
  const low = read32(bytes, source + 2);
  const entry = macs.find(high, low, vlan);
  if (entry >= 0) {
    const known = macs.circuitOf(entry);
    if (known >= fixedMac) return true;
    if (known !== circuit) {
      macs.move(entry, circuit);
      packet.story?.step(`${macText(packet, source)} has moved here`);
    }
    macs.touch(entry, seconds, nanoseconds);
    return true;
  }
  // Old entries leave when new ones come, a few each time.
  sweep(context, packet, macs.sweepStep);
  const limit = circuits.bridges[record + 3] as number;
  const isFull = () => (circuits.bridges[record + 5] as number) >= limit;
  if (isFull()) sweep(context, packet, context.live === undefined ? fullSweepSteps : liveFullSweepSteps);
  if (isFull() || !macs.add(high, low, vlan, circuit, seconds, nanoseconds, ageing)) return false;
  circuits.bridges[record + 5] = (circuits.bridges[record + 5] as number) + 1;
  packet.story?.step(`learned ${macText(packet, source)}`);
  return true;
}

function sweep({ tables }: SlowContext, packet: Packet, steps: number): void {
  sweepMacs(tables.macs, tables.circuits, packet.seconds, packet.nanoseconds, steps);
}

/** Forgets what has become too old, looking at `steps` entries at most. */
export function sweepMacs(macs: MacTable, { bridges }: CircuitTable, sec: number, nano: number, steps: number): void {
  macs.sweep(
    sec,
    nano,
    steps,
    (bridge) => bridges[bridge * bridgeWords + 2] as number,
    (bridge) => {
      const place = bridge * bridgeWords + 5;
      bridges[place] = (bridges[place] as number) - 1;
    },
  );
}

/** Whether split horizon lets frames from one circuit to the other. */
function reaches({ circuits }: CircuitTable, from: number, to: number): boolean {
  if (from === to) return false;
  const group = circuits[from * circuitWords + 4] as number;
  return group === 0 || group !== circuits[to * circuitWords + 4];
}

function sendKnown(context: SlowContext, packet: Packet, from: number, to: number): void {
  if (reaches(context.tables.circuits, from, to)) {
    packet.story?.step(`${macText(packet, packet.frame)} is known`);
    return sendToCircuit(context, packet, to);
  }
  packet.story?.step(
    `${macText(packet, packet.frame)} is ${from === to ? 'where it came from' : 'behind split horizon'}`,
  );
  drop(context, packet, 'filtered');
}

/** To every circuit of the bridge that is left; each copy ends by itself. */
function flood(context: SlowContext, packet: Packet, from: number, bridge: number, kind: number): void {
  const { circuits: table } = context.tables;
  const { circuits, bridges, members } = table;
  if (!context.storms.allows(from, kind, packet.seconds, packet.nanoseconds)) {
    packet.story?.step(`more ${floodNames[kind]} frames than storm control allows`);
    return drop(context, packet, 'storm');
  }
  context.accounts?.flooded(bridge, kind, packet.original);
  const first = bridges[bridge * bridgeWords] as number;
  const last = first + (bridges[bridge * bridgeWords + 1] as number);
  const { story } = packet;
  const told = story?.copy();
  let copies = 0;
  for (let i = first; i < last; i++) {
    const to = members[i] as number;
    if (!reaches(table, from, to)) continue;
    // The router's own address is known: what is unknown is not for it.
    if (kind === Flood.unknown && circuits[to * circuitWords] === CircuitKind.routed) continue;
    if (copies++ > 0) context.counters.totals[Total.copied] = context.counters.copied + 1;
    packet.story = told?.copy();
    packet.story?.step(copies === 1 ? 'flooded' : `flooded, copy ${copies}`);
    sendToCircuit(context, packet, to);
  }
  packet.story = story;
  if (copies > 0) return;
  packet.story?.step('no circuit is left to flood to');
  drop(context, packet, 'filtered');
}
