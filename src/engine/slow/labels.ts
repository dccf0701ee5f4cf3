// The label stack (LBL, TTL-1 … TTL-5, TC-2): special labels, the label map, pop, swap and what a pop uncovers. The
// order of the checks is that of rule LBL-1.
import { Action, globalTableIndex } from '../../tables/actions.ts';
import { Interface, interfaceWords } from '../../tables/interfaces.ts';
import { labelEntryWords, labelKey, Payload, PopMode } from '../../tables/labels.ts';
import { Leg, legWords } from '../../tables/paths.ts';
import { readDestination } from '../../wire/ip.ts';
import {
  bottomAt,
  entryBytes,
  firstOrdinaryLabel,
  labelAt,
  SpecialLabel,
  stackDepth,
  tcAt,
  ttlAt,
  writeEntry,
  writeTc,
  writeTtl,
} from '../../wire/mpls.ts';
import { drop, punt, type SlowContext } from './context.ts';
import { errorTimeExceeded } from './errors.ts';
import { flowHash } from './flow.ts';
import { followLeg, pushEntropy } from './forward.ts';
import { admitIp, applyPopped, countHop, isLspPing, lookupsMax, type Popped, receiveIp } from './ip.ts';
import type { Packet } from './packet.ts';
import { countPath, selectLeg } from './paths.ts';
import { receivePseudowire, takeFlowLabel } from './pseudowire.ts';

/** What a label's entry, or the leg chosen for it, says. */
interface LabelAction {
  readonly kind: number;
  readonly argument: number;
  readonly payload: number;
  readonly ttlMode: number;
  readonly tcMode: number;
}

/** A labelled frame arrives, its stack at `packet.at`. */
export function receiveLabels(context: SlowContext, packet: Packet): void {
  const { interfaces } = context.tables.interfaces;
  packet.labelled = true;
  tellStack(packet);
  if (((interfaces[packet.interface * interfaceWords] as number) & Interface.mpls) === 0) {
    return drop(context, packet, 'mpls-off');
  }
  packet.stackEntries = stackDepth(packet.bytes, packet.at, packet.capturedEnd);
  if (packet.stackEntries === 0) {
    const whole = (packet.end - packet.at) >> 2 === (packet.capturedEnd - packet.at) >> 2;
    return drop(context, packet, whole ? 'bad-stack' : 'snapped');
  }
  if (!removeArrivingEntropy(context, packet)) return;
  walkLabels(context, packet);
}

function tellStack(packet: Packet): void {
  const { story, bytes, at, capturedEnd } = packet;
  if (story === undefined) return;
  const shown: number[] = [];
  for (let entry = at; entry + entryBytes <= capturedEnd && shown.length < 32; entry += entryBytes) {
    shown.push(labelAt(bytes, entry));
    if (bottomAt(bytes, entry)) break;
  }
  for (const label of shown) story.labels.add(label);
  const ttl = at + entryBytes <= capturedEnd ? ` ttl ${ttlAt(bytes, at)}` : '';
  const where = story.steps.length === 0 ? `${story.names.interface(packet.interface)}: ` : '';
  story.step(`${where}MPLS ${shown.join(' ')}${ttl}`);
}

/**
 * ELI on top of an arriving stack (LBL-7): removed with its entropy label where this router signalled it, else a bad
 * stack. False: the frame has ended, or was nothing but entropy and went on as IP.
 */
function removeArrivingEntropy(context: SlowContext, packet: Packet): boolean {
  if (labelAt(packet.bytes, packet.at) !== SpecialLabel.entropyIndicator) return true;
  if (!context.tables.settings.entropyAtEgress) {
    drop(context, packet, 'bad-stack');
    return false;
  }
  const left = stripEntropy(packet);
  if (left === 'bad') drop(context, packet, 'bad-stack');
  if (left !== 'ip') return left === 'labels';
  uncoverIp(context, packet, { payload: Payload.ip, table: ingressTable(context, packet) }, undefined);
  return false;
}

function ingressTable(context: SlowContext, packet: Packet): number {
  return context.tables.interfaces.interfaces[packet.interface * interfaceWords + 2] as number;
}

/** Removes every ELI and entropy label on top. Tells what is there then, or that an ELI is the last entry. */
function stripEntropy(packet: Packet): 'labels' | 'ip' | 'bad' {
  const { bytes } = packet;
  while (labelAt(bytes, packet.at) === SpecialLabel.entropyIndicator) {
    if (bottomAt(bytes, packet.at)) return 'bad';
    const last = bottomAt(bytes, packet.at + entryBytes);
    packet.at += 2 * entryBytes;
    packet.story?.step('entropy label removed');
    if (last) return 'ip';
  }
  return 'labels';
}

/** Acts on one label after the other until the frame has ended or gone on. */
function walkLabels(context: SlowContext, packet: Packet): void {
  for (;;) {
    const label = labelAt(packet.bytes, packet.at);
    const more =
      label < firstOrdinaryLabel ? actOnSpecial(context, packet, label) : actOnOrdinary(context, packet, label);
    if (!more) return;
  }
}

/** Labels 0–15 (LBL-4, 5, 6). True: the next label is on top. */
function actOnSpecial(context: SlowContext, packet: Packet, label: number): boolean {
  const { bytes, at } = packet;
  switch (label) {
    case SpecialLabel.explicitNull4:
    case SpecialLabel.explicitNull6:
      return popExplicitNull(context, packet, label);
    case SpecialLabel.routerAlert:
      if (bottomAt(bytes, at)) drop(context, packet, 'bad-stack');
      else punt(context, packet, 'router-alert');
      return false;
    case SpecialLabel.associatedChannel:
    case SpecialLabel.oamAlert:
      punt(context, packet, 'oam');
      return false;
    case SpecialLabel.entropyIndicator:
      drop(context, packet, 'bad-stack');
      return false;
    case SpecialLabel.extension: {
      const next = bottomAt(bytes, at) ? -1 : labelAt(bytes, at + entryBytes);
      const extended = next >= firstOrdinaryLabel || next === SpecialLabel.entropyIndicator;
      drop(context, packet, extended ? 'reserved-label' : 'bad-stack');
      return false;
    }
    default:
      drop(context, packet, 'reserved-label');
      return false;
  }
}

/** Counts a look-up; false: it was the ninth, and the frame is dropped. */
function countLookup(context: SlowContext, packet: Packet): boolean {
  if (++packet.lookups <= lookupsMax) return true;
  drop(context, packet, 'loop');
  return false;
}

/** Judges the TTL of a label, by default the one on top (TTL-1); false: it has expired. */
function labelAlive(context: SlowContext, packet: Packet, at = packet.at): boolean {
  if (ttlAt(packet.bytes, at) > 1) return true;
  drop(context, packet, 'ttl-expired');
  errorTimeExceeded(context, packet);
  return false;
}

/** LBL-4: popped; at the bottom IP of its family in the table of the interface of arrival. */
function popExplicitNull(context: SlowContext, packet: Packet, label: number): boolean {
  const { popTtl, popTc } = context.tables.settings;
  packet.payload = label === SpecialLabel.explicitNull4 ? Payload.ip4 : Payload.ip6;
  if (!countLookup(context, packet)) return false;
  packet.story?.step(`label ${label}: explicit null, pop`);
  return popAndGoOn(context, packet, popTtl, popTc, { payload: packet.payload, table: ingressTable(context, packet) });
}

/** Where IP goes that a pop uncovers. */
interface Beneath {
  readonly payload: number;
  readonly table: number;
}

/** Pops the top label of an LSP that ends here, then the next label, or IP. True: the next label is on top. */
function popAndGoOn(context: SlowContext, packet: Packet, ttlMode: number, tcMode: number, beneath: Beneath): boolean {
  const top = packet.at;
  const left = popEnding(packet);
  if (left === 'bad') {
    drop(context, packet, 'bad-stack');
    return false;
  }
  const popped = judgePopped(context, packet, top, ttlMode, tcMode);
  if (popped === undefined) return false;
  if (left === 'ip') {
    uncoverIp(context, packet, beneath, popped);
    return false;
  }
  carryDown(packet, popped);
  return true;
}

/** Takes the top label off, and the entropy labels that this uncovers (LBL-7). */
function popEnding(packet: Packet): 'labels' | 'ip' | 'bad' {
  const bottom = bottomAt(packet.bytes, packet.at);
  packet.at += entryBytes;
  return bottom ? 'ip' : stripEntropy(packet);
}

function poppedFrom(packet: Packet, at: number, ttlMode: number, tcMode: number): Popped {
  return { ttl: ttlAt(packet.bytes, at), tc: tcAt(packet.bytes, at), ttlMode, tcMode };
}

/** What was popped at `top`, if its TTL lets the frame live (TTL-1). `undefined`: it has expired. */
function judgePopped(
  context: SlowContext,
  packet: Packet,
  top: number,
  ttlMode: number,
  tcMode: number,
): Popped | undefined {
  return labelAlive(context, packet, top) ? poppedFrom(packet, top, ttlMode, tcMode) : undefined;
}

/** TTL-4 and TC-2 for an uncovered label: uniform copies the TTL down if it is smaller, and the TC. */
function carryDown(packet: Packet, popped: Popped): void {
  const { bytes, at } = packet;
  if (popped.ttlMode === PopMode.uniform) writeTtl(bytes, at, Math.min(popped.ttl, ttlAt(bytes, at)));
  if (popped.tcMode === PopMode.uniform) writeTc(bytes, at, popped.tc);
}

/** IP family of the payload by its entry's kind and the nibble (LBL-11); 0: unknown. */
function payloadFamily(packet: Packet, payload: number): 0 | 4 | 6 {
  const nibble = (packet.bytes[packet.at] as number) >>> 4;
  if (nibble === 4 && payload !== Payload.ip6) return 4;
  if (nibble === 6 && payload !== Payload.ip4) return 6;
  return 0;
}

/** Judges what lies beneath the last label; 0: it was dropped. */
function admitPayload(context: SlowContext, packet: Packet, payload: number): 0 | 4 | 6 {
  if (packet.at >= packet.capturedEnd) {
    drop(context, packet, packet.at < packet.end ? 'snapped' : 'unknown-payload');
    return 0;
  }
  const family = payloadFamily(packet, payload);
  if (family === 0) drop(context, packet, 'unknown-payload');
  return family;
}

/** IP behind the last popped label, looked up in a table. */
function uncoverIp(context: SlowContext, packet: Packet, beneath: Beneath, popped: Popped | undefined): void {
  const family = admitPayload(context, packet, beneath.payload);
  if (family === 0) return;
  // Entropy labels alone were taken off: their TTLs and TCs count for nothing.
  const nothing = { ttl: 255, tc: 0, ttlMode: PopMode.pipe, tcMode: PopMode.pipe };
  receiveIp(context, packet, family, beneath.table, false, popped ?? nothing);
}

/** LBL-2, LBL-3, LBL-8 and what follows. True: the next label is on top. */
function actOnOrdinary(context: SlowContext, packet: Packet, label: number): boolean {
  const { tables } = context;
  if (!tables.interfaces.accepts(packet.interface, label)) {
    drop(context, packet, 'label-not-given');
    return false;
  }
  if (!countLookup(context, packet)) return false;
  const entry = tables.labels.map[labelKey(label)] as number;
  if (entry === 0) {
    drop(context, packet, 'no-label');
    return false;
  }
  context.accounts?.label(label, packet.original);
  const record = entry * labelEntryWords;
  const { entries } = tables.labels;
  const action = {
    kind: entries[record] as number,
    argument: entries[record + 1] as number,
    payload: entries[record + 2] as number,
    ttlMode: entries[record + 3] as number,
    tcMode: entries[record + 4] as number,
  };
  packet.payload = action.payload;
  if (action.kind !== Action.group) return perform(context, packet, label, action);
  return takeLeg(context, packet, label, action.argument, entries[record + 6] === 1);
}

/** Does what an entry, or a leg that is an action, says. */
function perform(context: SlowContext, packet: Packet, label: number, action: LabelAction): boolean {
  const { ttlMode, tcMode, payload } = action;
  switch (action.kind) {
    case Action.drop:
      drop(context, packet, 'blackhole');
      return false;
    case Action.punt:
      punt(context, packet, 'configured');
      return false;
    case Action.receive:
      punt(context, packet, 'local');
      return false;
    case Action.pop: {
      packet.story?.step(`label ${label}: pop`);
      // Under entropy labels alone IP belongs to the table of the interface of arrival (LBL-7), else to the global one.
      const table = bottomAt(packet.bytes, packet.at) ? globalTableIndex : ingressTable(context, packet);
      return popAndGoOn(context, packet, ttlMode, tcMode, { payload: payload || Payload.ip, table });
    }
    case Action.pseudowire: {
      packet.story?.step(`label ${label}: pop, pseudowire ${packet.story.names.pseudowire(action.argument)}`);
      popToPseudowire(context, packet, action.argument);
      return false;
    }
    default: {
      packet.story?.step(`label ${label}: pop, ${packet.story.names.table(action.argument)}`);
      const popped = popToBottom(context, packet, ttlMode, tcMode);
      if (popped !== undefined) {
        uncoverIp(context, packet, { payload: payload || Payload.ip, table: action.argument }, popped);
      }
      return false;
    }
  }
}

/** Pops a label that leads to IP (LBL-8): nothing but entropy labels may lie beneath. `undefined`: dropped. */
function popToBottom(context: SlowContext, packet: Packet, ttlMode: number, tcMode: number): Popped | undefined {
  const top = packet.at;
  const left = popEnding(packet);
  if (left !== 'ip') {
    drop(context, packet, left === 'bad' ? 'bad-stack' : 'bottom-expected');
    return undefined;
  }
  return judgePopped(context, packet, top, ttlMode, tcMode);
}

/** A pseudowire's label ends here: nothing but entropy labels and the flow label may lie beneath it (LBL-8). */
function popToPseudowire(context: SlowContext, packet: Packet, pseudowire: number): void {
  const top = packet.at;
  const left = popEnding(packet);
  if (left === 'bad') return drop(context, packet, 'bad-stack');
  if (!takeFlowLabel(context, packet, pseudowire, left)) return;
  if (labelAlive(context, packet, top)) receivePseudowire(context, packet, pseudowire);
}

/** An entry with paths. `endsAlways`: each of its paths ends the LSP here. */
function takeLeg(context: SlowContext, packet: Packet, label: number, group: number, endsAlways: boolean): boolean {
  const { tables } = context;
  const { legs } = tables.paths;
  const leg = selectLeg(tables, group, flowHash(context, packet), 0);
  if (leg < 0) {
    if (endsAlways && popToBottom(context, packet, 0, 0) === undefined) return false;
    if (endsAlways || labelAlive(context, packet)) drop(context, packet, 'path-down');
    return false;
  }
  countPath(context, packet, group, leg);
  const record = leg * legWords;
  const flags = legs[record + 3] as number;
  packet.payload = legs[record + 10] as number;
  const ttlMode = legs[record + 8] as number;
  const tcMode = legs[record + 9] as number;
  if ((flags & Leg.swap) !== 0) {
    packet.story?.step(`label ${label}: path ${leg}`);
    swap(context, packet, leg);
  } else if ((flags & Leg.php) !== 0) {
    packet.story?.step(`label ${label}: path ${leg}`);
    popPenultimate(context, packet, leg, ttlMode, tcMode);
  } else if ((flags & Leg.ends) !== 0) {
    packet.story?.step(`label ${label}: path ${leg}, pop`);
    popToNextHop(context, packet, leg, ttlMode, tcMode);
  } else {
    const kind = legs[record] as number;
    const argument = legs[record + 1] as number;
    return perform(context, packet, label, { kind, argument, payload: packet.payload, ttlMode, tcMode });
  }
  return false;
}

/** LBL-9, TTL-2: the label and its TTL change, TC and S stay; then what the leg pushes above. */
function swap(context: SlowContext, packet: Packet, leg: number): void {
  if (!labelAlive(context, packet)) return;
  const { bytes, at } = packet;
  const { legs } = context.tables.paths;
  const record = leg * legWords;
  const label = legs[record + 12] as number;
  const ttl = ttlAt(bytes, at) - 1;
  const tc = tcAt(bytes, at);
  const bottom = bottomAt(bytes, at);
  packet.story?.labels.add(label);
  packet.story?.step(`swap ${label}, ttl ${ttl}`);
  if (((legs[record + 3] as number) & Leg.entropy) !== 0) {
    packet.at += entryBytes;
    if (bottom) packet.ip = packet.at;
    pushEntropy(context, packet, tc, ttl);
    packet.at -= entryBytes;
    writeEntry(bytes, packet.at, label, tc, false, ttl);
    packet.ip = -1;
  } else {
    writeEntry(bytes, at, label, tc, bottom, ttl);
  }
  followLeg(context, packet, leg);
}

/** TTL-5, TC-2, LBL-11: what is beneath goes on as it is, a label stack or IP. */
function popPenultimate(context: SlowContext, packet: Packet, leg: number, ttlMode: number, tcMode: number): void {
  if (!labelAlive(context, packet)) return;
  packet.story?.step('penultimate hop pop');
  const { bytes } = packet;
  const popped = poppedFrom(packet, packet.at, ttlMode, tcMode);
  const bottom = bottomAt(bytes, packet.at);
  const payload = packet.payload === Payload.unknown ? Payload.ip : packet.payload;
  packet.at += entryBytes;
  if (!bottom) {
    carryDown(packet, popped);
    if (ttlMode === PopMode.uniform && !decrementLabel(context, packet)) return;
    return followLeg(context, packet, leg);
  }
  const family = admitPayload(context, packet, payload);
  if (family === 0 || !admitIp(context, packet, family)) return;
  applyPopped(packet, family, popped);
  if (ttlMode === PopMode.uniform && !countHop(context, packet, family)) return;
  followLeg(context, packet, leg);
}

function decrementLabel(context: SlowContext, packet: Packet): boolean {
  if (!labelAlive(context, packet)) return false;
  writeTtl(packet.bytes, packet.at, ttlAt(packet.bytes, packet.at) - 1);
  return true;
}

/** VRF-5: per-CE and per-prefix labels: popped, then straight to the next hop, the router counting as an IP hop. */
function popToNextHop(context: SlowContext, packet: Packet, leg: number, ttlMode: number, tcMode: number): void {
  const popped = popToBottom(context, packet, ttlMode, tcMode);
  if (popped === undefined) return;
  const family = admitPayload(context, packet, packet.payload);
  if (family === 0 || !admitIp(context, packet, family)) return;
  if (isLspPing(readDestination(packet.bytes, packet.ip, family))) return punt(context, packet, 'oam');
  applyPopped(packet, family, popped);
  if (!countHop(context, packet, family)) return;
  followLeg(context, packet, leg);
}
