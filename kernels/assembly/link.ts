// Pass 1 (src/engine/fast/link.ts): tags and MAC to an interface, EtherType to a list; arrivals are counted.
import {
  INTERFACE_ACCEPT,
  INTERFACE_BYTES,
  INTERFACE_CIRCUIT,
  INTERFACE_FLAGS,
  INTERFACE_MAC0,
  INTERFACE_MAC4,
  INTERFACE_MPLS,
  INTERFACE_TABLE,
  INTERFACE_URPF,
  MAP_BYTES,
  MARK_FRAME,
  MARK_PRIORITY,
  MARK_SUSPECT,
  PORT_BYTES,
  PORT_OUTER,
  PORT_UNTAGGED,
  PORT_VLANS,
  SLOT_CAPTURED,
  SLOT_CIRCUIT,
  SLOT_EGRESS,
  SLOT_INGRESS,
  SLOT_LABELS,
  SLOT_LENGTH,
  SLOT_LIST4,
  SLOT_LIST6,
  SLOT_MACS,
  SLOT_MARK,
  SLOT_NETWORK,
  SLOT_ORIGINAL,
  SLOT_PORT,
  SLOT_REST,
  SLOT_START,
  SLOT_TABLE,
  SLOT_TOP,
  SLOT_WALK,
  TYPE_IPV4,
  TYPE_IPV6,
  TYPE_MPLS,
  TYPE_SERVICE,
  TYPE_VLAN,
} from './layout';
import { mayChangeNeighbors } from './neighbors';
import * as state from './state';

/** Sorts frames from slot `from` on into lists; answers the end of the run. */
export function link(from: u32, count: u32): u32 {
  const slots = state.slots;
  const arena = state.arena;
  const interfaces = state.interfaces;
  const hasCircuits = state.hasCircuits;
  const suspect: u32 = state.bridging ? MARK_SUSPECT : 0;
  let ip4: u32 = 0;
  let ip6: u32 = 0;
  let labelled: u32 = 0;
  let guarded: u32 = 0;
  let port: u32 = 0xffffffff;
  let untagged: u32 = 0;
  let wholePort = false;
  let frames: u32 = 0;
  let octets: u32 = 0;
  let match: u32 = 0;
  let flags: u32 = 0;
  let mac0: u32 = 0;
  let mac2: u32 = 0;
  let ipTable: u32 = 0;
  let acceptList: u32 = 0;
  let slot = from;
  for (; slot < count; slot++) {
    const f = slots + (slot << 2);
    const wire = load<u32>(f, SLOT_ORIGINAL);
    const arrival = load<u32>(f, SLOT_PORT);
    if (arrival != port) {
      if (frames != 0) arrived(port, frames, octets);
      port = arrival;
      untagged = load<u32>(state.ports + port * PORT_BYTES, PORT_UNTAGGED);
      wholePort =
        untagged != 0 &&
        (load<u32>(interfaces + (untagged - 1) * INTERFACE_BYTES, INTERFACE_FLAGS) & INTERFACE_CIRCUIT) != 0;
      frames = 0;
      octets = 0;
    }
    frames++;
    octets += wire;
    store<u32>(f, 0, SLOT_EGRESS);
    if (hasCircuits) store<u32>(f, suspect, SLOT_MARK);
    const begin = arena + load<u32>(f, SLOT_START);
    const present = load<u32>(f, SLOT_CAPTURED);
    if (present < 34 || present != wire) {
      if (mayChangeNeighbors(begin, present)) break;
      continue;
    }
    let at = begin + 14;
    let type = load<u32>(begin, 10) >>> 16;
    let owner = untagged;
    if (type == TYPE_VLAN) {
      const tci = load<u32>(at);
      owner = taggedOwner(port, tci);
      if (owner == 0 && wholePort) {
        owner = untagged;
      } else {
        type = tci >>> 16;
        at += 4;
      }
    }
    if (owner != match) {
      match = owner;
      if (owner == 0) {
        flags = mac0 = mac2 = 0;
      } else {
        const record = interfaces + (owner - 1) * INTERFACE_BYTES;
        flags = load<u32>(record, INTERFACE_FLAGS);
        mac0 = load<u32>(record, INTERFACE_MAC0);
        mac2 = (mac0 >>> 16) | (load<u32>(record, INTERFACE_MAC4) << 16);
        ipTable = load<u32>(record, INTERFACE_TABLE);
        acceptList = load<u32>(record, INTERFACE_ACCEPT);
      }
    }
    store<u32>(f, owner - 1, SLOT_INGRESS);
    if ((flags & INTERFACE_CIRCUIT) != 0) {
      const tagged = at != begin + 14;
      // A service tag may name a QinQ sub-interface.
      if (tagged || type != TYPE_SERVICE || load<u32>(state.ports + port * PORT_BYTES, PORT_OUTER) == 0) {
        store<u32>(f, MARK_FRAME | (tagged ? (<u32>load<u8>(at - 4) & 0xf0) << MARK_PRIORITY : 0), SLOT_MARK);
        store<u32>(f, begin, SLOT_MACS);
        store<u32>(f, at - 2, SLOT_REST);
        store<u32>(f, ipTable, SLOT_CIRCUIT);
      }
      continue;
    }
    const ours = owner != 0 && load<u16>(begin) == <u16>mac0 && load<u32>(begin, 2) == mac2;
    store<u32>(f, at, SLOT_TOP);
    store<u32>(f, at, SLOT_NETWORK);
    store<u32>(f, begin + present - at, SLOT_LENGTH);
    if (ours && type == TYPE_IPV4 && (flags & INTERFACE_URPF) == 0) {
      store<u32>(slots + (ip4++ << 2), slot, SLOT_LIST4);
      if (hasCircuits) store<u32>(f, 0, SLOT_MARK);
      store<u32>(f, ipTable, SLOT_TABLE);
    } else if (ours && type == TYPE_MPLS && (flags & INTERFACE_MPLS) != 0) {
      if (acceptList == 0) store<u32>(slots + (labelled++ << 2), slot, SLOT_LABELS);
      else store<u32>(slots + (guarded++ << 2), slot, SLOT_WALK);
    } else if (ours && type == TYPE_IPV6 && (flags & INTERFACE_URPF) == 0 && load<u8>(at, 6) != 58) {
      store<u32>(slots + (ip6++ << 2), slot, SLOT_LIST6);
      if (hasCircuits) store<u32>(f, 0, SLOT_MARK);
      store<u32>(f, ipTable, SLOT_TABLE);
    } else if (mayChangeNeighbors(begin, present)) {
      break;
    }
  }
  if (frames != 0) arrived(port, frames, octets);
  state.setCount4(ip4);
  state.setCount6(ip6);
  state.setCountLabels(labelled);
  state.setCountWalk(guarded);
  return slot < count ? slot + 1 : count;
}

/** The interface + 1 that takes frames with this tag on the port; a priority tag goes the slow path. */
function taggedOwner(port: u32, tci: u32): u32 {
  const vid = ((tci & 0x0f) << 8) | ((tci >>> 8) & 0xff);
  const vlans = load<u32>(state.ports + port * PORT_BYTES, PORT_VLANS);
  return vlans == 0 || vid == 0 ? 0 : load<u32>(state.maps + (vlans - 1) * MAP_BYTES + (vid << 2));
}

function arrived(port: u32, frames: u32, octets: u32): void {
  const at = port << 3;
  store<f64>(state.inFrames + at, load<f64>(state.inFrames + at) + frames);
  store<f64>(state.inBytes + at, load<f64>(state.inBytes + at) + octets);
}
