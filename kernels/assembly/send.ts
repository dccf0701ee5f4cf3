// Pass 5 (src/engine/fast/send.ts): an IP packet whose route is found, or whose leg its label has chosen: labels, TTL,
// traffic class, checksum, link header. All checks come before the first write.
import {
  ACTION_CONNECTED,
  ACTION_GROUP,
  ACTION_TABLE,
  CARRIED_LOOKS,
  CARRIED_UNTOUCHED,
  FLAT_ADJACENCY,
  FLAT_BYTES,
  FLAT_ENTRIES,
  FLAT_FIXED,
  FLAT_FLAGS,
  FLAT_LABELS,
  LOOKUPS_MAX,
  ROUTE_ARGUMENT,
  ROUTE_BYTES,
  ROUTE_KIND,
  ROUTE_LEG,
  SLOT_CARRIED,
  SLOT_FOUND,
  SLOT_LEG,
  SLOT_LENGTH,
  SLOT_ROUTE,
  SLOT_ROUTE2,
  SLOT_TOP,
  TYPE_IPV4,
  TYPE_IPV6,
  TYPE_MPLS,
} from './layout';
import { close, ready } from './depart';
import { chosen } from './hash';
import { findNeighbor, NONE, walk, write } from './legs';
import { lookupOne4, lookupOne6 } from './lookup';
import * as state from './state';

/** `carried` of a packet that arrived as IP. */
const NOTHING_CARRIED: u32 = 0xffff;

/** The flat leg of each slot of a list: routes are many, and each is a cache miss. */
function findLegs(list: u32, count: u32): void {
  const slots = state.slots;
  const routes = state.routes;
  for (let i: u32 = 0; i < count; i++) {
    const f = slots + (load<u32>(list + (i << 2)) << 2);
    const record = load<u32>(f, SLOT_FOUND);
    const leg = load<u32>(routes + record * ROUTE_BYTES, ROUTE_LEG);
    store<u32>(f, leg, SLOT_LEG);
    store<u32>(f, record, SLOT_ROUTE);
  }
}

/** The first `count` packets of a list; those from place `popped` on have been uncovered by a pop. */
export function send4(list: u32, count: u32, popped: u32): void {
  findLegs(list, count);
  const slots = state.slots;
  const adjacencies = state.adjacencies;
  const interfaces = state.interfaces;
  const arena = state.arena;
  const flat = state.flat;
  for (let i: u32 = 0; i < popped; i++) {
    const f = slots + (load<u32>(list + (i << 2)) << 2);
    const leg = load<u32>(f, SLOT_LEG);
    if (leg == 0) route(f, false, NOTHING_CARRIED, false);
    else sendFlat4(adjacencies, interfaces, arena, f, flat + leg * FLAT_BYTES);
  }
  for (let i = popped; i < count; i++) {
    const f = slots + (load<u32>(list + (i << 2)) << 2);
    const leg = load<u32>(f, SLOT_LEG);
    if (leg == 0) route(f, false, load<u32>(f, SLOT_CARRIED), true);
    else sendPopped4(f, leg, load<u32>(f, SLOT_CARRIED));
  }
}

export function send6(list: u32, count: u32, popped: u32): void {
  findLegs(list, count);
  for (let i: u32 = 0; i < count; i++) {
    const f = state.slots + (load<u32>(list + (i << 2)) << 2);
    const leg = load<u32>(f, SLOT_LEG);
    const down = i < popped ? NOTHING_CARRIED : load<u32>(f, SLOT_CARRIED);
    if (leg == 0) route(f, true, down, i >= popped);
    else send6Flat(f, leg, down);
  }
}

/** Packets whose label has chosen their leg. */
export function sendDirect(list: u32, count: u32, six: bool): void {
  for (let i: u32 = 0; i < count; i++) {
    const f = state.slots + (load<u32>(list + (i << 2)) << 2);
    const leg = load<u32>(f, SLOT_LEG);
    const down = load<u32>(f, SLOT_CARRIED);
    if (load<u32>(state.flat + leg * FLAT_BYTES, FLAT_FLAGS) == 0 || (down & CARRIED_UNTOUCHED) != 0) {
      follow(f, six, leg, down, true);
    } else if (six) send6Flat(f, leg, down);
    else sendPopped4(f, leg, down);
  }
}

/** The common case: a packet that arrived as IPv4, its leg flat. */
// @ts-ignore: decorator
@inline
function sendFlat4(adjacencies: u32, interfaces: u32, arena: u32, f: u32, record: u32): void {
  const flags = load<u32>(record, FLAT_FLAGS);
  const at = load<u32>(f, SLOT_TOP);
  const w2 = load<u32>(at, 8);
  const headerTtl = w2 & 0xff;
  const size = load<u32>(f, SLOT_LENGTH);
  const adjacency = load<u32>(record, FLAT_ADJACENCY);
  if (headerTtl < 2 || !ready(adjacencies, interfaces, adjacency, size + ((flags & FLAT_LABELS) << 2))) return;
  const tc = (<u32>load<u8>(at, 1)) >>> 5;
  // RFC 1624 in a little-endian word: the checksum rises by what the TTL falls, with the carry brought round.
  store<u32>(at, w2 + (w2 >= 0xfffe0000 ? 0x1ffff : 0xffff), 8);
  const first = pushFlat(record, flags, at, tc, headerTtl - 1);
  close(adjacencies, interfaces, arena, f, adjacency, first, at, size, first == at ? TYPE_IPV4 : TYPE_MPLS);
}

/** IPv4 that a pop has uncovered, its leg flat. */
function sendPopped4(f: u32, leg: u32, down: u32): void {
  const record = state.flat + leg * FLAT_BYTES;
  const flags = load<u32>(record, FLAT_FLAGS);
  const at = load<u32>(f, SLOT_TOP);
  const headerTtl = <u32>load<u8>(at, 8);
  const limit = min<u32>(headerTtl, down & 0xff);
  const size = load<u32>(f, SLOT_LENGTH);
  const adjacency = load<u32>(record, FLAT_ADJACENCY);
  if (limit < 2 || !ready(state.adjacencies, state.interfaces, adjacency, size + ((flags & FLAT_LABELS) << 2))) return;
  const tos = <u32>load<u8>(at, 1);
  const newTos = carriedTos(tos, down);
  write4(at, headerTtl - limit + 1, tos, newTos);
  const first = pushFlat(record, flags, at, newTos >>> 5, limit - 1);
  close(state.adjacencies, state.interfaces, state.arena, f, adjacency, first, at, size, first == at ? TYPE_IPV4 : TYPE_MPLS);
}

function send6Flat(f: u32, leg: u32, down: u32): void {
  const record = state.flat + leg * FLAT_BYTES;
  const flags = load<u32>(record, FLAT_FLAGS);
  const at = load<u32>(f, SLOT_TOP);
  const limit = min<u32>(<u32>load<u8>(at, 7), down & 0xff);
  const size = load<u32>(f, SLOT_LENGTH);
  const adjacency = load<u32>(record, FLAT_ADJACENCY);
  if (limit < 2 || !ready(state.adjacencies, state.interfaces, adjacency, size + ((flags & FLAT_LABELS) << 2))) return;
  const tos = tos6(at);
  const newTos = carriedTos(tos, down);
  write6(at, limit - 1, tos, newTos);
  const first = pushFlat(record, flags, at, newTos >>> 5, limit - 1);
  close(state.adjacencies, state.interfaces, state.arena, f, adjacency, first, at, size, first == at ? TYPE_IPV6 : TYPE_MPLS);
}

/** Writes a flat leg's entries in front of `at`; answers where they begin. */
// @ts-ignore: decorator
@inline
function pushFlat(record: u32, flags: u32, at: u32, tc: u32, ttl: u32): u32 {
  const fields = (flags & FLAT_FIXED) != 0 ? 0 : (tc << 17) | (ttl << 24);
  const count = flags & FLAT_LABELS;
  let first = at;
  for (let i: u32 = 0; i < count; i++) {
    first -= 4;
    store<u32>(first, load<u32>(record + (i << 2), FLAT_ENTRIES) | fields);
  }
  return first;
}

/** A route without a flat leg: further tables, a connected subnet, a choice between paths. */
function route(f: u32, six: bool, down: u32, labelled: bool): void {
  let record = state.routes + load<u32>(f, SLOT_FOUND) * ROUTE_BYTES;
  let looks = (labelled ? down >>> CARRIED_LOOKS : 0) + 1;
  let further: u32 = 0;
  const destination = load<u32>(f, SLOT_TOP) + (six ? 24 : 16);
  let kind = load<u32>(record, ROUTE_KIND);
  while (kind == ACTION_TABLE) {
    // Accounts have room for one more.
    if (++looks > LOOKUPS_MAX || further != 0) return;
    const next = load<u32>(record, ROUTE_ARGUMENT);
    further = six ? lookupOne6(next, destination) : lookupOne4(next, destination);
    record = state.routes + further * ROUTE_BYTES;
    kind = load<u32>(record, ROUTE_KIND);
  }
  store<u32>(f, further, SLOT_ROUTE2);
  const argument = load<u32>(record, ROUTE_ARGUMENT);
  if (kind == ACTION_GROUP) {
    const leg = chosen(argument, f, labelled);
    if (leg != 0) follow(f, six, leg, down, labelled);
  } else if (kind == ACTION_CONNECTED) {
    const ttl = nextTtl(f, six, down);
    state.setCountPushed(0);
    const adjacency = findNeighbor(argument, destination, six ? 4 : 1);
    if (adjacency != NONE && ttl >= 1) rewrite(f, six, adjacency, down, <u32>ttl);
  }
}

function follow(f: u32, six: bool, leg: u32, down: u32, labelled: bool): void {
  const ttl = nextTtl(f, six, down);
  if (ttl < 1 && (down & CARRIED_UNTOUCHED) == 0) return;
  const at = load<u32>(f, SLOT_TOP);
  const tos = six ? tos6(at) : <u32>load<u8>(at, 1);
  state.setCountPushed(0);
  const adjacency = walk(f, leg, <u32>ttl, carriedTos(tos, down) >>> 5, true, labelled);
  if (adjacency != NONE) rewrite(f, six, adjacency, down, <u32>ttl);
}

/** The TTL that goes on; below 1 it has expired. */
function nextTtl(f: u32, six: bool, down: u32): i32 {
  const at = load<u32>(f, SLOT_TOP);
  const ttl = <i32>load<u8>(at + (six ? 7 : 8));
  return (down & CARRIED_UNTOUCHED) != 0 ? ttl : min<i32>(ttl, <i32>(down & 0xff)) - 1;
}

/** Header, collected labels, link header. */
function rewrite(f: u32, six: bool, adjacency: u32, down: u32, ttl: u32): void {
  const at = load<u32>(f, SLOT_TOP);
  const size = load<u32>(f, SLOT_LENGTH);
  if (!ready(state.adjacencies, state.interfaces, adjacency, size + (state.countPushed << 2))) return;
  const tos = six ? tos6(at) : <u32>load<u8>(at, 1);
  const newTos = carriedTos(tos, down);
  if (six) write6(at, ttl, tos, newTos);
  else write4(at, <u32>load<u8>(at, 8) - ttl, tos, newTos);
  const type = state.countPushed > 0 ? TYPE_MPLS : six ? TYPE_IPV6 : TYPE_IPV4;
  close(state.adjacencies, state.interfaces, state.arena, f, adjacency, write(at), at, size, type);
}

// @ts-ignore: decorator
@inline
function tos6(at: u32): u32 {
  const w0 = load<u32>(at);
  return ((w0 & 0x0f) << 4) | ((w0 >>> 12) & 0x0f);
}

/** TC-2: what a uniform pop hands down becomes the class selector, ECN kept. */
// @ts-ignore: decorator
@inline
function carriedTos(tos: u32, down: u32): u32 {
  const tc = (down >>> 8) & 0xff;
  return tc == 0xff || tc == tos >>> 5 ? tos : (tc << 5) | (tos & 3);
}

/** TTL and TOS of IPv4, and the checksum by RFC 1624 equation 3. `spent`: by how much the TTL falls. */
// @ts-ignore: decorator
@inline
function write4(at: u32, spent: u32, tos: u32, newTos: u32): void {
  const w2 = load<u32>(at, 8);
  let check = (w2 >>> 16) + spent;
  if (spent > 0 && check >= 0xffff) check -= 0xffff;
  if (newTos != tos) check = writeTos4(at, newTos, check);
  store<u32>(at, ((w2 & 0xffff) - spent) | (check << 16), 8);
}

function writeTos4(at: u32, newTos: u32, check: u32): u32 {
  const w0 = load<u32>(at);
  const after = (w0 & 0xff) | (newTos << 8);
  let sum = (~check & 0xffff) + (~w0 & 0xffff) + after;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  store<u32>(at, (w0 & 0xffff0000) | after);
  return ~sum & 0xffff;
}

// @ts-ignore: decorator
@inline
function write6(at: u32, ttl: u32, tos: u32, newTos: u32): void {
  store<u8>(at, ttl, 7);
  if (newTos != tos) store<u32>(at, (load<u32>(at) & 0xffff0ff0) | (newTos >>> 4) | ((newTos & 15) << 12));
}
