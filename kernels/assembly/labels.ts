// Pass 2 (src/engine/fast/labels.ts): label stacks.
import {
  ACCEPT_BYTES,
  ACTION_GROUP,
  ACTION_POP,
  ACTION_PSEUDOWIRE,
  ACTION_TABLE,
  BRIEF_TABLE,
  BRIEF_TC_PIPE,
  BRIEF_TO_TABLE,
  BRIEF_TTL_PIPE,
  CARRIED_LOOKS,
  CARRIED_UNTOUCHED,
  FLAT_ADJACENCY,
  FLAT_BYTES,
  FLAT_ENTRIES,
  FLAT_FLAGS,
  FLAT_LABELS,
  FLAT_PHP,
  FLAT_SWAP,
  INTERFACE_ACCEPT,
  INTERFACE_BYTES,
  INTERFACE_TABLE,
  LABEL_ARGUMENT,
  LABEL_BYTES,
  LABEL_KIND,
  LABEL_PAYLOAD,
  LABEL_TC,
  LABEL_TTL,
  LEG_BYTES,
  LEG_ENDS,
  LEG_ENTROPY,
  LEG_FLAGS,
  LEG_PAYLOAD,
  LEG_PHP,
  LEG_POP_TC,
  LEG_POP_TTL,
  LEG_SWAP,
  LEG_SWAP_WIRE,
  LOOKUPS_MAX,
  MARK_FRAME,
  PAYLOAD_IP,
  PAYLOAD_IP4,
  PAYLOAD_IP6,
  POP_UNIFORM,
  PSEUDOWIRE_BYTES,
  PSEUDOWIRE_CIRCUIT,
  PSEUDOWIRE_CONTROL_WORD,
  PSEUDOWIRE_FLAGS,
  PSEUDOWIRE_FLOW_LABEL,
  PSEUDOWIRE_SLOW,
  S_BIT,
  SLOT_CARRIED,
  SLOT_CIRCUIT,
  SLOT_DIRECT4,
  SLOT_DIRECT6,
  SLOT_ENTRY,
  SLOT_FOUND,
  SLOT_INGRESS,
  SLOT_LABEL,
  SLOT_LABEL2,
  SLOT_LABELS,
  SLOT_LEG,
  SLOT_LENGTH,
  SLOT_LIST4,
  SLOT_LIST6,
  SLOT_MACS,
  SLOT_MARK,
  SLOT_NETWORK,
  SLOT_PLACE,
  SLOT_REST,
  SLOT_TABLE,
  SLOT_TOP,
  SLOT_WALK,
  TC_BITS,
  TC_S_BITS,
  TTL_TWO,
  TYPE_MPLS,
} from './layout';
import { close, ready } from './depart';
import { chosen } from './hash';
import { NONE, walk, write } from './legs';
import * as state from './state';

/** The label bits of a stack entry, and what they are for an entropy label indicator. */
const LABEL_BITS: u32 = 0x00f0ffff;
const INDICATOR: u32 = 0x00700000;
const TTL_ONE: u32 = 0x01000000;

/** Acts on the slots of both lists of labelled frames. */
export function actOnLabels(): void {
  const slots = state.slots;
  const count = state.countLabels;
  findKeys(count);
  findBriefs(count);
  findFlats(count);
  const adjacencies = state.adjacencies;
  const interfaces = state.interfaces;
  const arena = state.arena;
  const flat = state.flat;
  for (let i: u32 = 0; i < count; i++) {
    const slot = load<u32>(slots + (i << 2), SLOT_LABELS);
    actOnBrief(slots, adjacencies, interfaces, arena, flat, slot);
  }
  const walks = state.countWalk;
  for (let i: u32 = 0; i < walks; i++) walkLabels(load<u32>(slots + (i << 2), SLOT_WALK));
}

/** Byte offset of a label's word in the map and the briefs. */
// @ts-ignore: decorator
@inline
function keyAt(word: u32): u32 {
  return ((word & 0xffff) | ((word >>> 4) & 0xf0000)) << 2;
}

/** The top entry of each stack, an explicit null above another label taken off, and the key of its label. */
function findKeys(count: u32): void {
  const slots = state.slots;
  const ttl = state.popTtlUniform;
  const tc = state.popTcUniform;
  for (let i: u32 = 0; i < count; i++) {
    const f = slots + (load<u32>(slots + (i << 2), SLOT_LABELS) << 2);
    const at = load<u32>(f, SLOT_TOP);
    let word = load<u32>(at);
    if ((word & (LABEL_BITS & ~0x00200000)) == 0 && word >= TTL_TWO && (word & S_BIT) == 0) {
      word = pass(word, load<u32>(at, 4), ttl, tc);
      store<u32>(f, at + 4, SLOT_TOP);
      store<u32>(f, load<u32>(f, SLOT_LENGTH) - 4, SLOT_LENGTH);
    }
    store<u32>(f, word, SLOT_ENTRY);
    const key = keyAt(word);
    store<u32>(f, key >>> 2, SLOT_LABEL);
    store<u32>(slots + (i << 2), key, SLOT_PLACE);
  }
}

/** The briefs: a loop so short that the misses of a dozen frames overlap. */
function findBriefs(count: u32): void {
  const slots = state.slots;
  const briefs = state.labelBriefs;
  for (let i: u32 = 0; i < count; i++) {
    const g = slots + (i << 2);
    store<u32>(g, load<u32>(briefs + load<u32>(g, SLOT_PLACE)), SLOT_PLACE);
  }
}

/** The flags of the flat legs, and with them the lines in which they lie. */
function findFlats(count: u32): void {
  const slots = state.slots;
  const flat = state.flat;
  for (let i: u32 = 0; i < count; i++) {
    const g = slots + (i << 2);
    const f = slots + (load<u32>(g, SLOT_LABELS) << 2);
    const brief = load<u32>(g, SLOT_PLACE);
    store<u32>(f, brief, SLOT_FOUND);
    store<u32>(f, load<u32>(flat + (brief < BRIEF_TO_TABLE ? brief * FLAT_BYTES : 0), FLAT_FLAGS), SLOT_LEG);
  }
}

/** The entry `next` with the TTL and TC that the popped one above it leaves it (TTL-4, TC-2). */
// @ts-ignore: decorator
@inline
function pass(popped: u32, next: u32, ttl: bool, tc: bool): u32 {
  const left = ttl && next >>> 24 > popped >>> 24 ? popped & 0xff000000 : next & 0xff000000;
  return (next & 0x00f1ffff) | left | ((tc ? popped : next) & TC_BITS);
}

// @ts-ignore: decorator
@inline
function actOnBrief(slots: u32, adjacencies: u32, interfaces: u32, arena: u32, flat: u32, slot: u32): void {
  const f = slots + (slot << 2);
  const brief = load<u32>(f, SLOT_FOUND);
  const word = load<u32>(f, SLOT_ENTRY);
  const at = load<u32>(f, SLOT_TOP);
  const flags = load<u32>(f, SLOT_LEG);
  if (brief == 0 || word < TTL_TWO) {
    walkLabels(slot);
  } else if (brief >= BRIEF_TO_TABLE) {
    if ((word & S_BIT) == 0) return walkLabels(slot);
    const ttl = (brief & BRIEF_TTL_PIPE) == 0 ? word >>> 24 : 0xff;
    const tc = (brief & BRIEF_TC_PIPE) == 0 ? (word >>> 17) & 7 : 0xff;
    const looks: u32 = at == load<u32>(f, SLOT_NETWORK) ? 1 : 2;
    uncover(slot, at + 4, PAYLOAD_IP, brief & BRIEF_TABLE, looks, ttl, tc);
  } else if (!hasBottom(f, at)) {
    // The slow path says why.
  } else if ((flags & FLAT_PHP) == 0) {
    const fields = (word & (TC_S_BITS | 0xff000000)) - TTL_ONE;
    swapFlat(adjacencies, interfaces, arena, f, flat + brief * FLAT_BYTES, flags, at, fields);
  } else if ((word & S_BIT) == 0) {
    popFlat(adjacencies, interfaces, arena, f, flat + brief * FLAT_BYTES, at, word);
  } else {
    walkLabels(slot);
  }
}

/** Whether the stack that begins at `at` ends inside the frame. */
// @ts-ignore: decorator
@inline
function hasBottom(f: u32, at: u32): bool {
  return (load<u32>(at) & S_BIT) != 0 || hasBottomBelow(f, at);
}

function hasBottomBelow(f: u32, at: u32): bool {
  const end = at + (load<u32>(f, SLOT_LENGTH) & ~3);
  for (let next = at + 4; next < end; next += 4) if ((load<u32>(next) & S_BIT) != 0) return true;
  return false;
}

/** A swap whose leg is flat. `fields`: TC, S and the new TTL of the swapped entry. */
// @ts-ignore: decorator
@inline
function swapFlat(
  adjacencies: u32,
  interfaces: u32,
  arena: u32,
  f: u32,
  record: u32,
  flags: u32,
  at: u32,
  fields: u32,
): void {
  const adjacency = load<u32>(record, FLAT_ADJACENCY);
  const count = flags & FLAT_LABELS;
  const size = load<u32>(f, SLOT_LENGTH);
  if (!ready(adjacencies, interfaces, adjacency, size + (count << 2))) return;
  store<u32>(at, load<u32>(record, FLAT_SWAP) | fields);
  let first = at;
  for (let i: u32 = 0; i < count; i++) {
    first -= 4;
    store<u32>(first, load<u32>(record + (i << 2), FLAT_ENTRIES) | (fields & ~S_BIT));
  }
  close(adjacencies, interfaces, arena, f, adjacency, first, at, size, TYPE_MPLS);
}

/** A penultimate hop pop in uniform model that uncovers a label (TTL-5, TC-2). */
// @ts-ignore: decorator
@inline
function popFlat(
  adjacencies: u32,
  interfaces: u32,
  arena: u32,
  f: u32,
  record: u32,
  at: u32,
  word: u32,
): void {
  const below = pass(word, load<u32>(at, 4), true, true);
  const adjacency = load<u32>(record, FLAT_ADJACENCY);
  const rest = load<u32>(f, SLOT_LENGTH) - 4;
  if (below < TTL_TWO || !ready(adjacencies, interfaces, adjacency, rest)) return;
  store<u32>(at, below - TTL_ONE, 4);
  close(adjacencies, interfaces, arena, f, adjacency, at + 4, at + 4, rest, TYPE_MPLS);
}

function accepts(list: u32, label: u32): bool {
  const word = load<u32>(state.accepted + (list - 1) * ACCEPT_BYTES + ((label >>> 5) << 2));
  return ((word >>> (label & 31)) & 1) == 1;
}

/** One frame's stack from its arrival on, label by label. What it cannot do stays with the slow path. */
function walkLabels(slot: u32): void {
  const f = state.slots + (slot << 2);
  let at = load<u32>(f, SLOT_NETWORK);
  const rest = load<u32>(f, SLOT_LENGTH) + load<u32>(f, SLOT_TOP) - at;
  const end = at + (rest & ~3);
  let bottom = at;
  while (bottom < end && (load<u32>(bottom) & S_BIT) == 0) bottom += 4;
  if (bottom >= end) return;
  store<u32>(f, at, SLOT_TOP);
  store<u32>(f, rest, SLOT_LENGTH);
  const ingress = state.interfaces + load<u32>(f, SLOT_INGRESS) * INTERFACE_BYTES;
  const acceptList = load<u32>(ingress, INTERFACE_ACCEPT);
  let word = load<u32>(at);
  let looked: u32 = 0;
  store<u32>(f, 0, SLOT_LABEL);
  for (let look: u32 = 1; look <= LOOKUPS_MAX; look++) {
    if (word < TTL_TWO) return;
    const atBottom = at == bottom;
    let ttl = state.popTtlUniform;
    let tc = state.popTcUniform;
    let payload = PAYLOAD_IP;
    let ipTable = load<u32>(ingress, INTERFACE_TABLE);
    let endsHere = false;
    if ((word & 0xffff) == 0) {
      const label = (word >>> 20) & 15;
      if (label != 0 && label != 2) return;
      payload = label == 0 ? PAYLOAD_IP4 : PAYLOAD_IP6;
    } else {
      if (acceptList != 0 && !accepts(acceptList, bswap<u32>(word) >>> 12)) return;
      const key = keyAt(word);
      // Accounts have room for two.
      if (looked > 1) return;
      if (looked == 0) store<u32>(f, key >>> 2, SLOT_LABEL);
      else store<u32>(f, key >>> 2, SLOT_LABEL2);
      looked++;
      const item = state.labelEntries + load<u32>(state.labelMap + key) * LABEL_BYTES;
      const kind = load<u32>(item, LABEL_KIND);
      if (kind == ACTION_GROUP) {
        const leg = chosen(load<u32>(item, LABEL_ARGUMENT), f, true);
        if (leg != 0) takeLeg(slot, leg, at, bottom, word);
        return;
      }
      if (kind == ACTION_PSEUDOWIRE) return uncoverFrame(f, load<u32>(item, LABEL_ARGUMENT), at, bottom);
      if (kind != ACTION_TABLE && kind != ACTION_POP) return;
      payload = load<u32>(item, LABEL_PAYLOAD);
      if (payload == 0) payload = PAYLOAD_IP;
      ttl = load<u32>(item, LABEL_TTL) == POP_UNIFORM;
      tc = load<u32>(item, LABEL_TC) == POP_UNIFORM;
      endsHere = kind == ACTION_TABLE;
      // Beneath entropy labels alone a plain pop's IP belongs to the interface of arrival (LBL-7), else to the global table.
      if (endsHere) ipTable = load<u32>(item, LABEL_ARGUMENT);
      else if (atBottom) ipTable = 0;
    }
    const beneath = skipEntropy(at, bottom);
    if (beneath == 0 || (endsHere && beneath <= bottom)) return;
    if (beneath > bottom) {
      uncover(slot, beneath, payload, ipTable, look, ttl ? word >>> 24 : 0xff, tc ? (word >>> 17) & 7 : 0xff);
      return;
    }
    word = pass(word, load<u32>(beneath), ttl, tc);
    at = beneath;
  }
}

/** A pseudowire's frame lies beneath the label at `at`: it is for the layer 2 pass. */
function uncoverFrame(f: u32, pseudowire: u32, at: u32, bottom: u32): void {
  const record = state.pseudowires + pseudowire * PSEUDOWIRE_BYTES;
  const flags = load<u32>(record, PSEUDOWIRE_FLAGS);
  if ((flags & PSEUDOWIRE_SLOW) != 0) return;
  let beneath = skipEntropy(at, bottom);
  if ((flags & PSEUDOWIRE_FLOW_LABEL) != 0) {
    if (beneath != bottom || (load<u32>(beneath) & 0xffff) == 0) return;
    beneath += 4;
  }
  if (beneath <= bottom) return;
  const end = load<u32>(f, SLOT_TOP) + load<u32>(f, SLOT_LENGTH);
  if ((flags & PSEUDOWIRE_CONTROL_WORD) != 0) {
    if (beneath + 4 > end || (load<u8>(beneath) & 0xf0) != 0) return;
    beneath += 4;
  }
  if (beneath + 14 > end) return;
  store<u32>(f, MARK_FRAME, SLOT_MARK);
  store<u32>(f, beneath, SLOT_MACS);
  store<u32>(f, beneath + 12, SLOT_REST);
  store<u32>(f, load<u32>(record, PSEUDOWIRE_CIRCUIT), SLOT_CIRCUIT);
}

/** What lies behind the entry at `at` and the entropy labels that its pop uncovers; 0: a bad stack (LBL-7). */
function skipEntropy(at: u32, bottom: u32): u32 {
  let next = at + 4;
  while (next <= bottom && (load<u32>(next) & LABEL_BITS) == INDICATOR) {
    if (next == bottom) return 0;
    next += 8;
  }
  return next;
}

/** IP lies at `at`, to be looked up in a table: it joins a list of pass 3. */
// @ts-ignore: decorator
@inline
function uncover(slot: u32, at: u32, payload: u32, ipTable: u32, looks: u32, ttl: u32, tc: u32): void {
  const slots = state.slots;
  const f = slots + (slot << 2);
  const family = expose(f, at, payload);
  if (family == 0 || looks >= LOOKUPS_MAX) return;
  store<u32>(f, ipTable, SLOT_TABLE);
  store<u32>(f, ttl | (tc << 8) | (looks << CARRIED_LOOKS), SLOT_CARRIED);
  if (family == 4) {
    const count = state.count4;
    store<u32>(slots + (count << 2), slot, SLOT_LIST4);
    state.setCount4(count + 1);
  } else {
    const count = state.count6;
    store<u32>(slots + (count << 2), slot, SLOT_LIST6);
    state.setCount6(count + 1);
  }
}

/** IP of the kind that is due lies at `at`: it is on top now. Answers its family, 0 for the slow path. */
// @ts-ignore: decorator
@inline
function expose(f: u32, at: u32, payload: u32): u32 {
  const before = at - load<u32>(f, SLOT_TOP);
  const length = load<u32>(f, SLOT_LENGTH);
  if (length < before + 20) return 0;
  const nibble = <u32>load<u8>(at) >>> 4;
  store<u32>(f, at, SLOT_TOP);
  store<u32>(f, length - before, SLOT_LENGTH);
  if (nibble == 4 && payload != PAYLOAD_IP6) return 4;
  return nibble == 6 && payload != PAYLOAD_IP4 ? 6 : 0;
}

/** The leg of a label at `at`, of which pops so far have made `word`: swap, pop for or to the next hop. */
function takeLeg(slot: u32, leg: u32, at: u32, bottom: u32, word: u32): void {
  const slots = state.slots;
  const f = slots + (slot << 2);
  const record = state.legs + leg * LEG_BYTES;
  const flags = load<u32>(record, LEG_FLAGS);
  const rest = load<u32>(f, SLOT_LENGTH) - (at + 4 - load<u32>(f, SLOT_TOP));
  if ((flags & LEG_SWAP) != 0) {
    const swapped = ((word & (0xff000000 | TC_S_BITS)) | load<u32>(record, LEG_SWAP_WIRE)) - TTL_ONE;
    if ((flags & LEG_ENTROPY) == 0) forward(f, leg, swapped, at + 4, rest);
    return;
  }
  const ttl = load<u32>(record, LEG_POP_TTL) == POP_UNIFORM;
  const tc = load<u32>(record, LEG_POP_TC) == POP_UNIFORM;
  if ((flags & LEG_PHP) != 0 && at < bottom) {
    const below = pass(word, load<u32>(at, 4), ttl, tc);
    if (!ttl) forward(f, leg, below, at + 8, rest - 4);
    else if (below >= TTL_TWO) forward(f, leg, below - TTL_ONE, at + 8, rest - 4);
    return;
  }
  if ((flags & (LEG_PHP | LEG_ENDS)) == 0) return;
  const beneath = (flags & LEG_ENDS) == 0 ? at + 4 : skipEntropy(at, bottom);
  if (beneath <= bottom) return;
  let payload = load<u32>(record, LEG_PAYLOAD);
  if (payload == 0) payload = PAYLOAD_IP;
  const family = expose(f, beneath, payload);
  if (family == 0) return;
  const untouched = (flags & LEG_PHP) != 0 && !ttl ? CARRIED_UNTOUCHED : 0;
  const down = (ttl ? word >>> 24 : 0xff) | ((tc ? (word >>> 17) & 7 : 0xff) << 8) | untouched;
  store<u32>(f, down, SLOT_CARRIED);
  store<u32>(f, leg, SLOT_LEG);
  if (family == 4) {
    const count = state.countDirect4;
    store<u32>(slots + (count << 2), slot, SLOT_DIRECT4);
    state.setCountDirect4(count + 1);
  } else {
    const count = state.countDirect6;
    store<u32>(slots + (count << 2), slot, SLOT_DIRECT6);
    state.setCountDirect6(count + 1);
  }
}

/** Sends on: `changed` instead of the entry that ends before `at`, and above it what the leg pushes. */
function forward(f: u32, leg: u32, changed: u32, at: u32, rest: u32): void {
  store<u32>(state.stack, changed);
  state.setCountPushed(1);
  const adjacency = walk(f, leg, changed >>> 24, (changed >>> 17) & 7, false, true);
  const size = rest + (state.countPushed << 2);
  if (adjacency == NONE || !ready(state.adjacencies, state.interfaces, adjacency, size)) return;
  close(state.adjacencies, state.interfaces, state.arena, f, adjacency, write(at), at, rest, TYPE_MPLS);
}
