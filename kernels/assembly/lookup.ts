// Pass 4 (src/engine/fast/lookup.ts): the longest prefix for each slot of a list, a level of the trie at a time.
import {
  DENSE_NODE,
  NODE_BIT,
  NODE_HEADER_WORDS,
  SLOT_FOUND,
  SLOT_PENDING,
  SLOT_PLACE,
  SLOT_TABLE,
  SLOT_TOP,
  SMALL_NODE,
  WIDE_NODE,
} from './layout';
import * as state from './state';

/** Finds the route of each of the first `count` slots of a list. `addressAt`: of the destination in the IP header. */
// @ts-ignore: decorator
@inline
function lookup(trie: u32, list: u32, count: u32, addressAt: u32): void {
  const slots = state.slots;
  let nodes: u32 = 0;
  // Slots whose table has a wide root wait, at the end of the lists, for the third byte.
  let wides: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const slot = load<u32>(list + (i << 2));
    const f = slots + (slot << 2);
    const entry = load<u32>(trie + (load<u32>(f, SLOT_TABLE) << 2));
    store<u32>(f, entry, SLOT_FOUND);
    if (entry >= WIDE_NODE) {
      const g = slots + ((count - ++wides) << 2);
      store<u32>(g, slot, SLOT_PENDING);
      store<u32>(g, placeInWide(trie, entry, load<u32>(f, SLOT_TOP) + addressAt), SLOT_PLACE);
    } else if (entry >= NODE_BIT) store<u32>(slots + (nodes++ << 2), slot, SLOT_PENDING);
  }
  for (let level: u32 = 0; nodes > 0 || wides > 0; level++) {
    if (wides > 0 && (nodes === 0 || level === 2)) {
      level = 2;
      for (let i = count - wides; i < count; i++) {
        const g = slots + (i << 2);
        const slot = load<u32>(g, SLOT_PENDING);
        const entry = load<u32>(load<u32>(g, SLOT_PLACE));
        store<u32>(slots + (slot << 2), entry, SLOT_FOUND);
        if (entry >= NODE_BIT) store<u32>(slots + (nodes++ << 2), slot, SLOT_PENDING);
      }
      wides = 0;
    }
    for (let i: u32 = 0; i < nodes; i++) {
      const g = slots + (i << 2);
      const f = slots + (load<u32>(g, SLOT_PENDING) << 2);
      const byte = <u32>load<u8>(load<u32>(f, SLOT_TOP) + addressAt + level);
      store<u32>(g, placeIn(trie, load<u32>(f, SLOT_FOUND), byte), SLOT_PLACE);
    }
    let left: u32 = 0;
    for (let i: u32 = 0; i < nodes; i++) {
      const g = slots + (i << 2);
      const slot = load<u32>(g, SLOT_PENDING);
      const entry = load<u32>(load<u32>(g, SLOT_PLACE));
      store<u32>(slots + (slot << 2), entry, SLOT_FOUND);
      if (entry >= NODE_BIT) store<u32>(slots + (left++ << 2), slot, SLOT_PENDING);
    }
    nodes = left;
  }
}

/** Address of the next entry for a byte of the destination. */
// @ts-ignore: decorator
@inline
function placeIn(trie: u32, parent: u32, byte: u32): u32 {
  if (parent >= DENSE_NODE) return trie + ((parent - DENSE_NODE + byte) << 2);
  if (parent >= SMALL_NODE) {
    const small = trie + ((parent - SMALL_NODE) << 2);
    const starts = load<u32>(small);
    return small + ((1 + u32(byte >= (starts & 0xffff)) + u32(byte >= starts >>> 16)) << 2);
  }
  const node = trie + ((parent - NODE_BIT) << 2);
  const word = byte >>> 5;
  const before = <u32>load<u8>(node + word, 32);
  const bits = load<u32>(node + (word << 2)) & (0xffffffff >>> (31 - (byte & 31)));
  return node + ((NODE_HEADER_WORDS - 1 + before + popcnt<u32>(bits)) << 2);
}

/** Address of the next entry for the first two bytes of the destination, in a wide root. */
// @ts-ignore: decorator
@inline
function placeInWide(trie: u32, root: u32, address: u32): u32 {
  return trie + ((root - WIDE_NODE + (<u32>load<u8>(address) << 8) + <u32>load<u8>(address, 1)) << 2);
}

/** One look-up by itself, for a route that leads to another table. */
// @ts-ignore: decorator
@inline
function lookupOne(trie: u32, table: u32, address: u32): u32 {
  let entry = load<u32>(trie + (table << 2));
  let level: u32 = 0;
  if (entry >= WIDE_NODE) {
    entry = load<u32>(placeInWide(trie, entry, address));
    level = 2;
  }
  for (; entry >= NODE_BIT; level++) {
    entry = load<u32>(placeIn(trie, entry, <u32>load<u8>(address + level)));
  }
  return entry;
}

export function lookup4(list: u32, count: u32): void {
  lookup(state.trie4, list, count, 16);
}

export function lookup6(list: u32, count: u32): void {
  lookup(state.trie6, list, count, 24);
}

export function lookupOne4(table: u32, address: u32): u32 {
  return lookupOne(state.trie4, table, address);
}

export function lookupOne6(table: u32, address: u32): u32 {
  return lookupOne(state.trie6, table, address);
}
