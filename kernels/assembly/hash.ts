// The flow hash (src/engine/hash.ts) and the choice of a leg by it (src/engine/slow/paths.ts).
import {
  ACTION_ADJACENCY,
  ACTION_GROUP,
  ADJACENCY_BYTES,
  ADJACENCY_FLAGS,
  ADJACENCY_INTERFACE,
  ADJACENCY_UP,
  GROUP_BYTES,
  GROUP_FIRST,
  GROUP_LEGS,
  INTERFACE_BYTES,
  INTERFACE_FLAGS,
  INTERFACE_UP,
  LEG_ARGUMENT,
  LEG_BACKUP,
  LEG_BYTES,
  LEG_FLAGS,
  LEG_KIND,
  LEG_WEIGHT,
  SLOT_CAPTURED,
  SLOT_NETWORK,
  SLOT_PATH,
  SLOT_START,
  TYPE_IPV4,
  TYPE_IPV6,
  TYPE_SERVICE,
  TYPE_VLAN,
} from './layout';
import * as state from './state';

/** Recursion levels that control ever builds (VRF-3). */
const LEVELS_MAX: u32 = 8;
/** Further choices of a flow whose first leg is out of use, before the legs are simply taken in turn. */
const PROBES_MAX: u32 = 16;

function mix(hash: u32, word: u32): u32 {
  const h = (hash ^ word) * 0x9e3779b1;
  return h ^ (h >>> 15);
}

export function finish(hash: u32): u32 {
  let h = (hash ^ (hash >>> 16)) * 0x7feb352d;
  h = (h ^ (h >>> 15)) * 0x846ca68b;
  return h ^ (h >>> 16);
}

/** Where the hash falls among `total` shares. */
function share(hash: u32, total: u64): u64 {
  return (<u64>hash * total) >>> 32;
}

export function entropyLabel(hash: u32): u32 {
  return 16 + <u32>share(finish(hash ^ 0x5bd1e995), (1 << 20) - 16);
}

function hasPorts(protocol: u32): bool {
  return protocol == 6 || protocol == 17 || protocol == 132 || protocol == 33 || protocol == 136;
}

/** Addresses, protocol and ports (not those of fragments) of the IP packet at `at`, if there is one. */
function mixIp(hash: u32, at: u32, end: u32): u32 {
  const room = end > at ? end - at : 0;
  const nibble = room > 0 ? <u32>load<u8>(at) >>> 4 : 0;
  let h = hash;
  if (nibble == 4 && room >= 20) {
    const protocol = <u32>load<u8>(at, 9);
    h = mix(mix(mix(h, load<u32>(at, 12)), load<u32>(at, 16)), protocol);
    const upper = at + ((<u32>load<u8>(at) & 15) << 2);
    const upperEnd = min<u32>(at + <u32>bswap<u16>(load<u16>(at, 2)), end);
    if (hasPorts(protocol) && (load<u16>(at, 6) & 0xff3f) == 0 && upper + 4 <= upperEnd) h = mix(h, load<u32>(upper));
  } else if (nibble == 6 && room >= 40) {
    const protocol = <u32>load<u8>(at, 6);
    for (let i: u32 = 8; i < 40; i += 4) h = mix(h, load<u32>(at + i));
    h = mix(h, protocol);
    const upper = at + 40;
    const upperEnd = min<u32>(upper + <u32>bswap<u16>(load<u16>(at, 4)), end);
    if (hasPorts(protocol) && upper + 4 <= upperEnd) h = mix(h, load<u32>(upper));
  }
  return h;
}

/** An entropy label alone if there is one, else the ordinary labels and, if it is switched on, the IP fields beneath. */
function hashLabelled(at: u32, end: u32): u32 {
  let h = state.hashSeed;
  let entry = at;
  for (;; entry += 4) {
    const word = bswap<u32>(load<u32>(entry));
    const label = word >>> 12;
    const bottom = (word & 0x100) != 0;
    if (label == 7 && !bottom) return finish(mix(state.hashSeed, bswap<u32>(load<u32>(entry, 4)) >>> 12));
    if (label >= 16) h = mix(h, label);
    if (bottom) break;
    if (label == 15) {
      entry += 4;
      if ((load<u8>(entry, 2) & 1) != 0) break;
    }
  }
  return finish(state.hashPayload ? mixIp(h, entry + 4, end) : h);
}

/** An Ethernet frame: its MACs, the EtherType at `typeAt` or behind two tags there, the fields of an IP packet. */
function hashEthernet(macs: u32, typeAt: u32, end: u32): u32 {
  let h = mix(state.hashSeed, load<u32>(macs, 2));
  h = mix(h, load<u32>(macs, 6));
  h = mix(h, <u32>bswap<u16>(load<u16>(macs)) | (<u32>bswap<u16>(load<u16>(macs, 10)) << 16));
  let at = typeAt;
  let type = <u32>load<u16>(at);
  for (let tag = 0; tag < 2 && (type == TYPE_VLAN || type == TYPE_SERVICE) && at + 6 <= end; tag++) {
    at += 4;
    type = <u32>load<u16>(at);
  }
  h = mix(h, <u32>bswap<u16>(<u16>type));
  return finish(type == TYPE_IPV4 || type == TYPE_IPV6 ? mixIp(h, at + 2, end) : h);
}

export function flowHash(f: u32, labelled: bool): u32 {
  const at = load<u32>(f, SLOT_NETWORK);
  const end = state.arena + load<u32>(f, SLOT_START) + load<u32>(f, SLOT_CAPTURED);
  if (state.frameMacs != 0) return hashEthernet(state.frameMacs, state.frameRest, end);
  return labelled ? hashLabelled(at, end) : finish(mixIp(state.hashSeed, at, end));
}

export function entropyOf(f: u32, labelled: bool): u32 {
  return entropyLabel(flowHash(f, labelled));
}

/** Whether a leg leads anywhere: its adjacency and interface are up, or a leg of its group is usable. */
function usable(leg: u32, level: u32): bool {
  const record = state.legs + leg * LEG_BYTES;
  const kind = load<u32>(record, LEG_KIND);
  const argument = load<u32>(record, LEG_ARGUMENT);
  if (kind == ACTION_ADJACENCY) {
    const adjacency = state.adjacencies + argument * ADJACENCY_BYTES;
    const out = state.interfaces + load<u32>(adjacency, ADJACENCY_INTERFACE) * INTERFACE_BYTES;
    return (
      (load<u32>(adjacency, ADJACENCY_FLAGS) & ADJACENCY_UP) != 0 && (load<u32>(out, INTERFACE_FLAGS) & INTERFACE_UP) != 0
    );
  }
  if (kind != ACTION_GROUP || level > LEVELS_MAX) return true;
  const group = state.groups + argument * GROUP_BYTES;
  const first = load<u32>(group, GROUP_FIRST);
  const end = first + load<u32>(group, GROUP_LEGS);
  for (let i = first; i < end; i++) if (usable(i, level + 1)) return true;
  return false;
}

function kindOf(leg: u32): u32 {
  return load<u32>(state.legs + leg * LEG_BYTES, LEG_FLAGS) & LEG_BACKUP;
}

/** The leg of the kind (LEG_BACKUP or 0) at the hash's share of the weights; 0 when there is none. */
function pick(first: u32, end: u32, kind: u32, hash: u32): u32 {
  let total: u64 = 0;
  for (let leg = first; leg < end; leg++) {
    if (kindOf(leg) == kind) total += load<u32>(state.legs + leg * LEG_BYTES, LEG_WEIGHT);
  }
  let left = <i64>share(hash, total);
  for (let leg = first; leg < end; leg++) {
    if (kindOf(leg) != kind) continue;
    left -= <i64>load<u32>(state.legs + leg * LEG_BYTES, LEG_WEIGHT);
    if (left < 0) return leg;
  }
  return 0;
}

function preferred(first: u32, end: u32, kind: u32, hash: u32, level: u32): u32 {
  let leg = pick(first, end, kind, hash);
  if (leg == 0 || usable(leg, level)) return leg;
  let next = hash;
  for (let probe: u32 = 0; probe < PROBES_MAX; probe++) {
    next = finish(next ^ 0x3c6ef372);
    leg = pick(first, end, kind, next);
    if (usable(leg, level)) return leg;
  }
  for (let i = first; i < end; i++) {
    leg = leg + 1 == end ? first : leg + 1;
    if (kindOf(leg) == kind && usable(leg, level)) return leg;
  }
  return 0;
}

/** The leg of a group with several that the frame of slot record `f` takes at this level of a recursion; 0: none. */
function chooseLeg(group: u32, f: u32, labelled: bool, level: u32): u32 {
  const first = load<u32>(group, GROUP_FIRST);
  const end = first + load<u32>(group, GROUP_LEGS);
  const flow = flowHash(f, labelled);
  const hash = level == 0 ? flow : finish(flow + level * 0x9e3779b1);
  const leg = preferred(first, end, 0, hash, level);
  return leg != 0 ? leg : preferred(first, end, LEG_BACKUP, hash, level);
}

/** The leg of a group that a frame takes; 0: none is usable. */
export function legOf(group: u32, f: u32, labelled: bool, level: u32): u32 {
  const record = state.groups + group * GROUP_BYTES;
  if (load<u32>(record, GROUP_LEGS) == 1) return load<u32>(record, GROUP_FIRST);
  return chooseLeg(record, f, labelled, level);
}

/** The leg that the group of a route, label or pseudowire gives a frame; where there were several, accounts hear of it. */
export function chosen(group: u32, f: u32, labelled: bool): u32 {
  const record = state.groups + group * GROUP_BYTES;
  if (load<u32>(record, GROUP_LEGS) == 1) return load<u32>(record, GROUP_FIRST);
  const leg = chooseLeg(record, f, labelled, 0);
  store<u32>(f, leg, SLOT_PATH);
  return leg;
}
