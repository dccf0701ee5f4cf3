// The fast path of layer 2: a frame that a circuit has brought, or a pseudowire label uncovered, goes over its wire or, with
// both of its addresses known, through its bridge. Floods, learning, tagged and numbered pseudowires are the slow path's.
//
// A bridge is state, so order counts. The pass takes frames of bridges in order of arrival, up to the first that is left and
// may teach the slow path an address; behind one that is left and teaches nothing, it takes none that is older than it. The
// age of an address is its latest frame's, which is the same in any order.
//
// A frame may lie at any even address here: beneath a stack it is not aligned as it is on arrival. So halves are moved.

import { adjacencyWords } from '../../tables/adjacencies.ts';
import {
  BridgeFlag,
  bridgeWords,
  CircuitKind,
  circuitWords,
  Pseudowire,
  pseudowireWords,
  Service,
} from '../../tables/circuits.ts';
import { Interface, interfaceWords } from '../../tables/interfaces.ts';
import { wireLabel } from '../../tables/labels.ts';
import { fixedMac } from '../../tables/macs.ts';
import { Flat, flatWords } from '../../tables/paths.ts';
import type { Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import { read16, read32 } from '../../wire/bytes.ts';
import { entropyLabel } from '../hash.ts';
import type { Departure } from './depart.ts';
import type { LegWalk } from './legs.ts';
import { type FastState, Mark, S_BIT, TYPE_CONTROL, TYPE_MPLS, TYPE_SERVICE, TYPE_VLAN } from './state.ts';

/** TTL 255 and TC 0, what uniform labels copy from a pseudowire's. */
const fullTtl = 0xff000000;
const flowTtl = 0x01000000;
/** MAC addresses, and with the EtherType. */
const macsBytes = 12;
const headerBytes = 14;

export function createLayer2Pass(
  tables: Tables,
  batch: Batch,
  state: FastState,
  { ready }: Departure,
  legWalk: LegWalk,
  bridging: boolean,
) {
  const { circuits, pseudowires, bridges } = tables.circuits;
  const { interfaces } = tables.interfaces;
  const { entries: adjacencies } = tables.adjacencies;
  const { macs } = tables;
  const { flat } = tables.paths;
  const { bytes, start, captured, original, seconds, nanoseconds, egress } = batch;
  const { mark, macs: macsAt, rest: restAt, circuit: circuitOf, out: outOf, exit } = state;
  const { stack, pushed } = legWalk;
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 1);
  /** The latest time among frames of bridges that are left: nothing older may be taken behind them. */
  let leftSeconds = 0;
  let leftNanoseconds = 0;

  function forward(from: number, to: number): void {
    let blocked = !bridging;
    leftSeconds = 0;
    leftNanoseconds = 0;
    for (let slot = from; slot < to; slot++) {
      const kind = (mark[slot] as number) & Mark.kind;
      if (kind === 0) continue;
      if (kind === Mark.suspect) {
        if (egress[slot] === 0) blocked = true;
        continue;
      }
      const record = (circuitOf[slot] as number) * circuitWords;
      if (!isPlain(slot)) {
        if (circuits[record + 2] === Service.bridge) blocked = true;
      } else if (circuits[record + 2] === Service.wire) {
        send(slot, circuits[record + 3] as number);
      } else if (circuits[record + 2] === Service.bridge && !blocked) {
        blocked = bridge(slot, circuitOf[slot] as number, circuits[record + 3] as number);
      }
    }
  }

  /** Whether the EtherType is none of those that are not carried; behind two tags the slow path looks (ETH-7). */
  function isPlain(slot: number): boolean {
    const at = (restAt[slot] as number) >>> 1;
    const type = halves[at] as number;
    if (type !== TYPE_VLAN && type !== TYPE_SERVICE) return type !== TYPE_CONTROL;
    if ((start[slot] as number) + (captured[slot] as number) < (at << 1) + 6) return false;
    const inner = halves[at + 2] as number;
    return inner !== TYPE_VLAN && inner !== TYPE_SERVICE && inner !== TYPE_CONTROL;
  }

  /** Sends what is known on both sides. True: the slow path will learn something, so nothing more may be taken. */
  function bridge(slot: number, circuit: number, number: number): boolean {
    const record = number * bridgeWords;
    if (((bridges[record + 4] as number) & BridgeFlag.qualified) !== 0) return true;
    const at = macsAt[slot] as number;
    const prefix = number << 16;
    const source = macs.find((prefix | read16(bytes, at + 6)) >>> 0, read32(bytes, at + 8), 0);
    if (source < 0) return true;
    const known = macs.circuitOf(source);
    // A static address teaches nobody, wherever its frames come from.
    if (known < fixedMac && known !== circuit) return true;
    const sec = seconds[slot] as number;
    const nano = nanoseconds[slot] as number;
    const ageing = bridges[record + 2] as number;
    const isLate = sec < leftSeconds || (sec === leftSeconds && nano < leftNanoseconds);
    if (!isLate && macs.isFresh(source, sec, nano, ageing) && sendKnown(slot, circuit, prefix, ageing)) {
      if (known < fixedMac) macs.touch(source, sec, nano);
    } else if (!isLate) {
      leftSeconds = sec;
      leftNanoseconds = nano;
    }
    return false;
  }

  function sendKnown(slot: number, circuit: number, prefix: number, ageing: number): boolean {
    const at = macsAt[slot] as number;
    if (((bytes[at] as number) & 1) !== 0) return false;
    const entry = macs.find((prefix | read16(bytes, at)) >>> 0, read32(bytes, at + 2), 0);
    if (entry < 0 || !macs.isFresh(entry, seconds[slot] as number, nanoseconds[slot] as number, ageing)) return false;
    const to = (macs.circuitOf(entry) & ~fixedMac) >>> 0;
    const group = circuits[circuit * circuitWords + 4] as number;
    if (to === circuit || (group !== 0 && group === circuits[to * circuitWords + 4])) return false;
    return send(slot, to);
  }

  /** False: left untouched. */
  function send(slot: number, circuit: number): boolean {
    const record = circuit * circuitWords;
    const argument = circuits[record + 1] as number;
    outOf[slot] = circuit + 1;
    if (circuits[record] === CircuitKind.interface) return sendByInterface(slot, argument);
    return circuits[record] === CircuitKind.pseudowire && sendToPseudowire(slot, argument);
  }

  /** The circuit's tags go between the MAC addresses and what follows them. */
  function sendByInterface(slot: number, interfaceIndex: number): boolean {
    const record = interfaceIndex * interfaceWords;
    const rest = restAt[slot] as number;
    const end = (start[slot] as number) + (captured[slot] as number);
    const size = end - rest - (headerBytes - macsBytes);
    if (((interfaces[record] as number) & Interface.up) === 0 || size > (interfaces[record + 3] as number))
      return false;
    const tags = interfaces[record + 8] as number;
    const begin = rest - macsBytes - (tags << 2);
    moveMacs(slot, begin);
    const priority = (mark[slot] as number) >>> Mark.priority;
    if (tags > 0) {
      const type = begin + macsBytes;
      put16(type, (interfaces[record + 13] as number) >>> 16);
      const second = interfaces[record + 14] as number;
      if (tags === 1) {
        put16(type + 2, second | priority);
      } else {
        put32(type + 2, second);
        put16(type + 6, (interfaces[record + 15] as number) | priority);
      }
    }
    leave(slot, begin, end, interfaceIndex);
    return true;
  }

  function sendToPseudowire(slot: number, pseudowire: number): boolean {
    const record = pseudowire * pseudowireWords;
    const flags = pseudowires[record] as number;
    const group = pseudowires[record + 2] as number;
    if ((flags & (Pseudowire.tagged | Pseudowire.sequencing)) !== 0 || group === 0) return false;
    const rest = restAt[slot] as number;
    const end = (start[slot] as number) + (captured[slot] as number);
    if (end - rest - (headerBytes - macsBytes) > (pseudowires[record + 4] as number)) return false;
    legWalk.frame.macs = macsAt[slot] as number;
    legWalk.frame.rest = rest;
    const adjacency = collect(slot, group, pseudowires[record + 9] as number);
    const flow = (flags & Pseudowire.flowLabel) !== 0 ? wireLabel(entropyLabel(legWalk.flowHash(slot, false))) : 0;
    legWalk.frame.macs = -1;
    if (adjacency < 0) return false;
    const inner = rest - macsBytes;
    const controlled = (flags & Pseudowire.controlWord) !== 0;
    const above = ((controlled ? 1 : 0) + (flow === 0 ? 0 : 1) + 1 + pushed.count) << 2;
    if (!ready(adjacency, end - inner + above)) return false;
    moveMacs(slot, inner);
    let at = inner;
    if (controlled) {
      at -= 4;
      put32(at, 0);
    }
    if (flow !== 0) {
      at -= 4;
      put32(at, flow | S_BIT | flowTtl);
    }
    at -= 4;
    put32(at, pseudowires[record + 8] as number);
    for (let i = 0; i < pushed.count; i++) {
      at -= 4;
      put32(at, stack[i] as number);
    }
    close(slot, adjacency, at, end);
    return true;
  }

  /** Collects the transport labels, lowest first; answers the adjacency, or -1 for the slow path. */
  function collect(slot: number, group: number, flatLeg: number): number {
    pushed.count = 0;
    if (flatLeg === 0) {
      const leg = legWalk.chosen(group, slot, false);
      return leg === 0 ? -1 : legWalk.walk(slot, leg, 255, 0, false, false);
    }
    const record = flatLeg * flatWords;
    const flags = flat[record] as number;
    const fields = (flags & Flat.fixed) !== 0 ? 0 : fullTtl;
    // As a leg onto IP its lowest entry is a bottom; here a label lies beneath.
    for (let i = 0; i < (flags & Flat.labels); i++) stack[i] = ((flat[record + 2 + i] as number) & ~S_BIT) | fields;
    pushed.count = flags & Flat.labels;
    return flat[record + 1] as number;
  }

  /** The link header in front of the stack at `at`. */
  function close(slot: number, adjacency: number, at: number, end: number): void {
    const record = adjacency * adjacencyWords;
    const by = adjacencies[record + 1] as number;
    const out = by * interfaceWords;
    const tags = interfaces[out + 8] as number;
    const begin = at - headerBytes - (tags << 2);
    put16(begin, (adjacencies[record + 10] as number) >>> 16);
    put32(begin + 2, adjacencies[record + 11] as number);
    put32(begin + 6, interfaces[out + 12] as number);
    put16(begin + 10, interfaces[out + 13] as number);
    if (tags > 0) {
      put16(begin + 12, (interfaces[out + 13] as number) >>> 16);
      put16(begin + 14, interfaces[out + 14] as number);
    }
    if (tags > 1) {
      put16(begin + 16, (interfaces[out + 14] as number) >>> 16);
      put16(begin + 18, interfaces[out + 15] as number);
    }
    put16(at - 2, TYPE_MPLS);
    leave(slot, begin, end, by);
  }

  function moveMacs(slot: number, to: number): void {
    const from = (macsAt[slot] as number) >>> 1;
    const place = to >>> 1;
    if (from !== place) halves.copyWithin(place, from, from + macsBytes / 2);
  }

  function put16(at: number, value: number): void {
    halves[at >>> 1] = value;
  }

  function put32(at: number, value: number): void {
    halves[at >>> 1] = value;
    halves[(at >>> 1) + 1] = value >>> 16;
  }

  function leave(slot: number, begin: number, end: number, by: number): void {
    start[slot] = begin;
    captured[slot] = end - begin;
    original[slot] = end - begin;
    exit[slot] = by;
    egress[slot] = (interfaces[by * interfaceWords + 1] as number) + 1;
  }

  return { forward };
}
