// Pass 6 (src/engine/fast/layer2.ts): frames of circuits and those beneath pseudowire labels. A frame may lie at any even
// address here, which a load or store does not mind.
import {
  ADJACENCY_BYTES,
  ADJACENCY_INTERFACE,
  ADJACENCY_MAC0,
  BRIDGE_AGEING,
  BRIDGE_BYTES,
  BRIDGE_FLAGS,
  BRIDGE_QUALIFIED,
  CIRCUIT_ARGUMENT,
  CIRCUIT_BYTES,
  CIRCUIT_GROUP,
  CIRCUIT_KIND,
  CIRCUIT_KIND_INTERFACE,
  CIRCUIT_KIND_PSEUDOWIRE,
  CIRCUIT_OTHER,
  CIRCUIT_SERVICE,
  FLAT_ADJACENCY,
  FLAT_BYTES,
  FLAT_ENTRIES,
  FLAT_FIXED,
  FLAT_FLAGS,
  FLAT_LABELS,
  INTERFACE_BYTES,
  INTERFACE_FLAGS,
  INTERFACE_MAC0,
  INTERFACE_MAC4,
  INTERFACE_MTU,
  INTERFACE_PORT,
  INTERFACE_SECOND,
  INTERFACE_TAGS,
  INTERFACE_THIRD,
  INTERFACE_UP,
  MAC_BYTES,
  MAC_CIRCUIT,
  MAC_FIXED,
  MAC_HIGH,
  MAC_LOW,
  MAC_NANOSECONDS,
  MAC_NEXT,
  MAC_SECONDS,
  MAC_VLAN,
  MARK_FRAME,
  MARK_KIND,
  MARK_PRIORITY,
  MARK_SUSPECT,
  PSEUDOWIRE_BYTES,
  PSEUDOWIRE_CONTROL_WORD,
  PSEUDOWIRE_FLAGS,
  PSEUDOWIRE_FLAT,
  PSEUDOWIRE_FLOW_LABEL,
  PSEUDOWIRE_GROUP,
  PSEUDOWIRE_LABEL,
  PSEUDOWIRE_MTU,
  PSEUDOWIRE_SLOW,
  SERVICE_BRIDGE,
  SERVICE_WIRE,
  SLOT_CAPTURED,
  SLOT_CIRCUIT,
  SLOT_EGRESS,
  SLOT_ENTRY,
  SLOT_EXIT,
  SLOT_FOUND,
  SLOT_LEG,
  SLOT_MACS,
  SLOT_MARK,
  SLOT_NANOSECONDS,
  SLOT_ORIGINAL,
  SLOT_OUT,
  SLOT_REST,
  SLOT_SECONDS,
  SLOT_START,
  S_BIT,
  TYPE_CONTROL,
  TYPE_MPLS,
  TYPE_SERVICE,
  TYPE_VLAN,
} from './layout';
import { ready } from './depart';
import { chosen, entropyLabel, flowHash } from './hash';
import { NONE, walk, wireLabel } from './legs';
import * as state from './state';

const FULL_TTL: u32 = 0xff000000;
const FLOW_TTL: u32 = 0x01000000;
const MACS_BYTES: u32 = 12;

/** The latest time among frames of bridges that are left: nothing older may be taken behind them. */
let leftSeconds: u32 = 0;
let leftNanoseconds: u32 = 0;

export function forwardFrames(from: u32, to: u32): void {
  const slots = state.slots;
  if (state.bridging) {
    findBuckets(from, to);
    findEntries(from, to);
  }
  const circuits = state.circuits;
  let blocked = !state.bridging;
  leftSeconds = 0;
  leftNanoseconds = 0;
  for (let slot = from; slot < to; slot++) {
    const f = slots + (slot << 2);
    const kind = load<u32>(f, SLOT_MARK) & MARK_KIND;
    if (kind == MARK_FRAME) {
      const circuit = load<u32>(f, SLOT_CIRCUIT);
      const record = circuits + circuit * CIRCUIT_BYTES;
      const service = load<u32>(record, CIRCUIT_SERVICE);
      if (!isPlain(f)) {
        if (service == SERVICE_BRIDGE) blocked = true;
      } else if (service == SERVICE_WIRE) {
        send(f, load<u32>(record, CIRCUIT_OTHER));
      } else if (service == SERVICE_BRIDGE && !blocked) {
        blocked = bridge(f, circuit, load<u32>(record, CIRCUIT_OTHER));
      }
    } else if (kind == MARK_SUSPECT && load<u32>(f, SLOT_EGRESS) == 0) {
      blocked = true;
    }
  }
}

/** The heads of the hash chains of both addresses, in a loop so short that the misses of a dozen frames overlap. */
function findBuckets(from: u32, to: u32): void {
  const slots = state.slots;
  const circuits = state.circuits;
  const buckets = state.macBuckets;
  const mask = state.macMask;
  for (let slot = from; slot < to; slot++) {
    const f = slots + (slot << 2);
    if ((load<u32>(f, SLOT_MARK) & MARK_KIND) != MARK_FRAME) continue;
    const record = circuits + load<u32>(f, SLOT_CIRCUIT) * CIRCUIT_BYTES;
    if (load<u32>(record, CIRCUIT_SERVICE) != SERVICE_BRIDGE) {
      store<u32>(f, 0, SLOT_FOUND);
      store<u32>(f, 0, SLOT_LEG);
      continue;
    }
    const prefix = load<u32>(record, CIRCUIT_OTHER) << 16;
    const at = load<u32>(f, SLOT_MACS);
    const source = hashOf(prefix | bswap<u16>(load<u16>(at, 6)), bswap<u32>(load<u32>(at, 8)));
    const destination = hashOf(prefix | bswap<u16>(load<u16>(at)), bswap<u32>(load<u32>(at, 2)));
    store<u32>(f, load<u32>(buckets + ((source & mask) << 2)), SLOT_FOUND);
    store<u32>(f, load<u32>(buckets + ((destination & mask) << 2)), SLOT_LEG);
  }
}

/** The first entries of the chains: what is read is not kept, but its lines are near when they are asked for in order. */
function findEntries(from: u32, to: u32): void {
  const slots = state.slots;
  const macs = state.macs;
  for (let slot = from; slot < to; slot++) {
    const f = slots + (slot << 2);
    if ((load<u32>(f, SLOT_MARK) & MARK_KIND) != MARK_FRAME) continue;
    const source = load<u32>(f, SLOT_FOUND);
    const destination = load<u32>(f, SLOT_LEG);
    const first = source == 0 ? 0 : load<u32>(macs + (source - 1) * MAC_BYTES, MAC_LOW);
    const second = destination == 0 ? 0 : load<u32>(macs + (destination - 1) * MAC_BYTES, MAC_LOW);
    store<u32>(f, first ^ second, SLOT_ENTRY);
  }
}

/** `macHash` of an address where learning is not qualified. */
// @ts-ignore: decorator
@inline
function hashOf(high: u32, low: u32): u32 {
  let hash = high * 0x85ebca6b;
  hash = (hash ^ (hash >>> 15) ^ low) * 0xc2b2ae35;
  return hash ^ (hash >>> 16);
}

/** Where the frame ends. */
// @ts-ignore: decorator
@inline
function endOf(f: u32): u32 {
  return state.arena + load<u32>(f, SLOT_START) + load<u32>(f, SLOT_CAPTURED);
}

/** Whether the EtherType is none of those that are not carried; behind two tags the slow path looks (ETH-7). */
function isPlain(f: u32): bool {
  const at = load<u32>(f, SLOT_REST);
  const type = <u32>load<u16>(at);
  if (type != TYPE_VLAN && type != TYPE_SERVICE) return type != TYPE_CONTROL;
  if (endOf(f) < at + 6) return false;
  const inner = <u32>load<u16>(at, 4);
  return inner != TYPE_VLAN && inner != TYPE_SERVICE && inner != TYPE_CONTROL;
}

/** The entry of an unqualified address (src/tables/macs.ts), 0: none. */
function find(high: u32, low: u32): u32 {
  let next = load<u32>(state.macBuckets + ((hashOf(high, low) & state.macMask) << 2));
  while (next != 0) {
    const entry = state.macs + (next - 1) * MAC_BYTES;
    if (load<u32>(entry, MAC_HIGH) == high && load<u32>(entry, MAC_LOW) == low && load<u32>(entry, MAC_VLAN) == 0)
      return entry;
    next = load<u32>(entry, MAC_NEXT);
  }
  return 0;
}

function isFresh(entry: u32, sec: u32, nano: u32, ageing: u32): bool {
  if (load<u32>(entry, MAC_CIRCUIT) >= MAC_FIXED) return true;
  const passed = <i64>sec - <i64>load<u32>(entry, MAC_SECONDS);
  if (passed > <i64>ageing) return false;
  return passed != <i64>ageing || nano < load<u32>(entry, MAC_NANOSECONDS);
}

function touch(entry: u32, sec: u32, nano: u32): void {
  const known = load<u32>(entry, MAC_SECONDS);
  if (sec < known || (sec == known && nano < load<u32>(entry, MAC_NANOSECONDS))) return;
  store<u32>(entry, sec, MAC_SECONDS);
  store<u32>(entry, nano, MAC_NANOSECONDS);
}

/** Sends what is known on both sides. True: the slow path will learn something, so nothing more may be taken. */
function bridge(f: u32, circuit: u32, number: u32): bool {
  const record = state.bridges + number * BRIDGE_BYTES;
  if ((load<u32>(record, BRIDGE_FLAGS) & BRIDGE_QUALIFIED) != 0) return true;
  const at = load<u32>(f, SLOT_MACS);
  const prefix = number << 16;
  const source = find(prefix | bswap<u16>(load<u16>(at, 6)), bswap<u32>(load<u32>(at, 8)));
  if (source == 0) return true;
  const known = load<u32>(source, MAC_CIRCUIT);
  // A static address teaches nobody, wherever its frames come from.
  if (known < MAC_FIXED && known != circuit) return true;
  const sec = load<u32>(f, SLOT_SECONDS);
  const nano = load<u32>(f, SLOT_NANOSECONDS);
  const ageing = load<u32>(record, BRIDGE_AGEING);
  const isLate = sec < leftSeconds || (sec == leftSeconds && nano < leftNanoseconds);
  if (isLate) return false;
  if (isFresh(source, sec, nano, ageing) && sendKnown(f, circuit, prefix, sec, nano, ageing)) {
    if (known < MAC_FIXED) touch(source, sec, nano);
  } else {
    leftSeconds = sec;
    leftNanoseconds = nano;
  }
  return false;
}

function sendKnown(f: u32, circuit: u32, prefix: u32, sec: u32, nano: u32, ageing: u32): bool {
  const at = load<u32>(f, SLOT_MACS);
  if ((load<u8>(at) & 1) != 0) return false;
  const entry = find(prefix | bswap<u16>(load<u16>(at)), bswap<u32>(load<u32>(at, 2)));
  if (entry == 0 || !isFresh(entry, sec, nano, ageing)) return false;
  const to = load<u32>(entry, MAC_CIRCUIT) & ~MAC_FIXED;
  const group = load<u32>(state.circuits + circuit * CIRCUIT_BYTES, CIRCUIT_GROUP);
  if (to == circuit || (group != 0 && group == load<u32>(state.circuits + to * CIRCUIT_BYTES, CIRCUIT_GROUP)))
    return false;
  return send(f, to);
}

/** False: left untouched. */
function send(f: u32, circuit: u32): bool {
  const record = state.circuits + circuit * CIRCUIT_BYTES;
  const argument = load<u32>(record, CIRCUIT_ARGUMENT);
  const kind = load<u32>(record, CIRCUIT_KIND);
  store<u32>(f, circuit + 1, SLOT_OUT);
  if (kind == CIRCUIT_KIND_INTERFACE) return sendByInterface(f, argument);
  return kind == CIRCUIT_KIND_PSEUDOWIRE && sendToPseudowire(f, argument);
}

/** The circuit's tags go between the MAC addresses and what follows them. */
function sendByInterface(f: u32, interfaceIndex: u32): bool {
  const record = state.interfaces + interfaceIndex * INTERFACE_BYTES;
  const rest = load<u32>(f, SLOT_REST);
  const end = endOf(f);
  if ((load<u32>(record, INTERFACE_FLAGS) & INTERFACE_UP) == 0) return false;
  if (end - rest - 2 > load<u32>(record, INTERFACE_MTU)) return false;
  const tags = load<u32>(record, INTERFACE_TAGS);
  const begin = rest - MACS_BYTES - (tags << 2);
  moveMacs(f, begin);
  if (tags > 0) {
    const priority = load<u32>(f, SLOT_MARK) >>> MARK_PRIORITY;
    const second = load<u32>(record, INTERFACE_SECOND);
    store<u16>(begin, load<u16>(record, INTERFACE_MAC4 + 2), 12);
    if (tags == 1) {
      store<u16>(begin, <u16>(second | priority), 14);
    } else {
      store<u32>(begin, second, 14);
      store<u16>(begin, <u16>(load<u32>(record, INTERFACE_THIRD) | priority), 18);
    }
  }
  leave(f, begin, end, record, interfaceIndex);
  return true;
}

function sendToPseudowire(f: u32, pseudowire: u32): bool {
  const record = state.pseudowires + pseudowire * PSEUDOWIRE_BYTES;
  const flags = load<u32>(record, PSEUDOWIRE_FLAGS);
  const group = load<u32>(record, PSEUDOWIRE_GROUP);
  if ((flags & PSEUDOWIRE_SLOW) != 0 || group == 0) return false;
  const rest = load<u32>(f, SLOT_REST);
  const end = endOf(f);
  if (end - rest - 2 > load<u32>(record, PSEUDOWIRE_MTU)) return false;
  state.setFrame(load<u32>(f, SLOT_MACS), rest);
  const adjacency = collect(f, group, load<u32>(record, PSEUDOWIRE_FLAT));
  const flow = (flags & PSEUDOWIRE_FLOW_LABEL) != 0 ? wireLabel(entropyLabel(flowHash(f, false))) : 0;
  state.setFrame(0, 0);
  if (adjacency == NONE) return false;
  const controlled: u32 = (flags & PSEUDOWIRE_CONTROL_WORD) != 0 ? 1 : 0;
  const count = state.countPushed;
  const above = (controlled + (flow == 0 ? 0 : 1) + 1 + count) << 2;
  let at = rest - MACS_BYTES;
  if (!ready(state.adjacencies, state.interfaces, adjacency, end - at + above)) return false;
  moveMacs(f, at);
  if (controlled != 0) {
    at -= 4;
    store<u32>(at, 0);
  }
  if (flow != 0) {
    at -= 4;
    store<u32>(at, flow | S_BIT | FLOW_TTL);
  }
  at -= 4;
  store<u32>(at, load<u32>(record, PSEUDOWIRE_LABEL));
  for (let i: u32 = 0; i < count; i++) {
    at -= 4;
    store<u32>(at, load<u32>(state.stack + (i << 2)));
  }
  close(f, adjacency, at, end);
  return true;
}

/** Collects the transport labels, lowest first; answers the adjacency, or NONE for the slow path. */
function collect(f: u32, group: u32, flatLeg: u32): u32 {
  state.setCountPushed(0);
  if (flatLeg == 0) {
    const leg = chosen(group, f, false);
    return leg == 0 ? NONE : walk(f, leg, 255, 0, false, false);
  }
  const record = state.flat + flatLeg * FLAT_BYTES;
  const flags = load<u32>(record, FLAT_FLAGS);
  const fields: u32 = (flags & FLAT_FIXED) != 0 ? 0 : FULL_TTL;
  const count = flags & FLAT_LABELS;
  // As a leg onto IP its lowest entry is a bottom; here a label lies beneath.
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(state.stack + (i << 2), (load<u32>(record + (i << 2), FLAT_ENTRIES) & ~S_BIT) | fields);
  }
  state.setCountPushed(count);
  return load<u32>(record, FLAT_ADJACENCY);
}

/** The link header in front of the stack at `at`. */
function close(f: u32, adjacency: u32, at: u32, end: u32): void {
  const record = state.adjacencies + adjacency * ADJACENCY_BYTES;
  const by = load<u32>(record, ADJACENCY_INTERFACE);
  const out = state.interfaces + by * INTERFACE_BYTES;
  const tags = load<u32>(out, INTERFACE_TAGS);
  const begin = at - 14 - (tags << 2);
  store<u16>(begin, load<u16>(record, ADJACENCY_MAC0 + 2));
  store<u32>(begin, load<u32>(record, ADJACENCY_MAC0 + 4), 2);
  store<u32>(begin, load<u32>(out, INTERFACE_MAC0), 6);
  store<u16>(begin, load<u16>(out, INTERFACE_MAC4), 10);
  if (tags > 0) {
    store<u16>(begin, load<u16>(out, INTERFACE_MAC4 + 2), 12);
    store<u16>(begin, load<u16>(out, INTERFACE_SECOND), 14);
  }
  if (tags > 1) {
    store<u16>(begin, load<u16>(out, INTERFACE_SECOND + 2), 16);
    store<u16>(begin, load<u16>(out, INTERFACE_THIRD), 18);
  }
  store<u16>(at - 2, <u16>TYPE_MPLS);
  leave(f, begin, end, out, by);
}

// @ts-ignore: decorator
@inline
function moveMacs(f: u32, to: u32): void {
  const from = load<u32>(f, SLOT_MACS);
  const first = load<u64>(from);
  const last = load<u32>(from, 8);
  store<u64>(to, first);
  store<u32>(to, last, 8);
}

// @ts-ignore: decorator
@inline
function leave(f: u32, begin: u32, end: u32, out: u32, by: u32): void {
  store<u32>(f, begin - state.arena, SLOT_START);
  store<u32>(f, end - begin, SLOT_CAPTURED);
  store<u32>(f, end - begin, SLOT_ORIGINAL);
  store<u32>(f, by, SLOT_EXIT);
  store<u32>(f, load<u32>(out, INTERFACE_PORT) + 1, SLOT_EGRESS);
}
