// Legs that are not flat (src/engine/fast/legs.ts): the leg's recursion is walked for one frame, and what it pushes is
// collected before anything is written. The stack in work lies in the batch, lowest entry first.
import {
  ACTION_ADJACENCY,
  ACTION_GROUP,
  ADJACENCY_ADDRESS,
  ADJACENCY_BYTES,
  ADJACENCY_FAMILY,
  ADJACENCY_INTERFACE,
  ADJACENCY_NEXT,
  LEG_ARGUMENT,
  LEG_BYTES,
  LEG_ENTROPY,
  LEG_FIRST_PUSH,
  LEG_FLAGS,
  LEG_KIND,
  LEG_PUSHES,
  LEG_PUSH_TC,
  LEG_PUSH_TTL,
  PUSH_TC_PIPE,
  PUSH_TC_UNIFORM,
  S_BIT,
} from './layout';
import { entropyOf, legOf } from './hash';
import * as state from './state';

/** No adjacency. */
export const NONE: u32 = 0xffffffff;
/** The entropy label indicator, 7, as an entry. */
const INDICATOR: u32 = 0x00700000;

/** A label (20 bits) as an entry with TC, S and TTL 0. */
export function wireLabel(label: u32): u32 {
  return bswap<u32>(label << 12);
}

function push(entry: u32, onIp: bool): void {
  const count = state.countPushed;
  store<u32>(state.stack + (count << 2), entry | (onIp && count == 0 ? S_BIT : 0));
  state.setCountPushed(count + 1);
}

/** Collects what the leg and those behind it push; answers the adjacency they lead to, or NONE. */
export function walk(f: u32, firstLeg: u32, ttl: u32, tc: u32, onIp: bool, labelled: bool): u32 {
  let leg = firstLeg;
  for (let level: u32 = 0; ; level++) {
    const record = state.legs + leg * LEG_BYTES;
    const entropy = (load<u32>(record, LEG_FLAGS) & LEG_ENTROPY) != 0;
    const pushes = load<u32>(record, LEG_PUSHES);
    if (entropy || pushes > 0) {
      const ttlMode = load<u32>(record, LEG_PUSH_TTL);
      const tcMode = load<u32>(record, LEG_PUSH_TC);
      if (ttlMode != 0) ttl = ttlMode;
      if (tcMode < PUSH_TC_UNIFORM) tc = tcMode;
      else if (tcMode == PUSH_TC_PIPE && onIp && state.countPushed == 0) tc = 0;
      const fields = (tc << 17) | (ttl << 24);
      if (entropy) {
        push(wireLabel(entropyOf(f, labelled)), onIp);
        push(INDICATOR | fields, onIp);
      }
      const first = state.pushWire + (load<u32>(record, LEG_FIRST_PUSH) << 2);
      for (let i: u32 = 0; i < pushes; i++) push(load<u32>(first + (i << 2)) | fields, onIp);
    }
    const argument = load<u32>(record, LEG_ARGUMENT);
    const kind = load<u32>(record, LEG_KIND);
    if (kind == ACTION_ADJACENCY) return argument;
    if (kind != ACTION_GROUP) return NONE;
    leg = legOf(argument, f, labelled, level + 1);
    if (leg == 0) return NONE;
  }
  return NONE;
}

/** Writes the collected entries in front of `at`; answers where they begin. */
export function write(at: u32): u32 {
  const count = state.countPushed;
  for (let i: u32 = 0; i < count; i++) {
    at -= 4;
    store<u32>(at, load<u32>(state.stack + (i << 2)));
  }
  return at;
}

/** The neighbour with the address at `address` (`words` of them) on the interface (src/tables/adjacencies.ts), or NONE. */
export function findNeighbor(interfaceIndex: u32, address: u32, words: u32): u32 {
  let hash: u32 = (interfaceIndex + 1) * 0x9e3779b1;
  for (let i: u32 = 0; i < words; i++) {
    hash = (hash ^ bswap<u32>(load<u32>(address + (i << 2)))) * 0x85ebca6b;
    hash ^= hash >>> 15;
  }
  const family: u32 = words == 1 ? 4 : 6;
  let next = load<u32>(state.buckets + ((hash & state.bucketMask) << 2));
  while (next != 0) {
    const record = state.adjacencies + (next - 1) * ADJACENCY_BYTES;
    let same = load<u32>(record, ADJACENCY_INTERFACE) == interfaceIndex && load<u32>(record, ADJACENCY_FAMILY) == family;
    for (let i: u32 = 0; same && i < words; i++) {
      same = load<u32>(record + (i << 2), ADJACENCY_ADDRESS) == bswap<u32>(load<u32>(address + (i << 2)));
    }
    if (same) return next - 1;
    next = load<u32>(record, ADJACENCY_NEXT);
  }
  return NONE;
}
