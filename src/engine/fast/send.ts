// Pass 5 of the fast path: an IP packet whose route is found, or whose leg its label has chosen: labels, TTL, traffic
// class, checksum, link header. All checks come before the first write.
import { Action } from '../../tables/actions.ts';
import { Flat, flatWords } from '../../tables/paths.ts';
import { routeWords, type Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import type { Departure } from './depart.ts';
import type { LegWalk } from './legs.ts';
import { Carried, type FastState, lookupsMax, TYPE_IPV4, TYPE_IPV6, TYPE_MPLS } from './state.ts';

/** `carried` of a packet that arrived as IP. */
const nothingCarried = 0xffff;

export function createSendPass(
  tables: Tables,
  batch: Batch,
  state: FastState,
  { ready, close }: Departure,
  legWalk: LegWalk,
) {
  const { flat } = tables.paths;
  const { routes } = tables;
  const { words } = batch;
  const { top, length, found, leg: legOf, carried, list4, list6, route: met, route2: met2 } = state;
  const { pushed } = legWalk;

  /** The flat leg of each slot of a list: a pass of its own, since routes are many and each is a cache miss. */
  function findLegs(list: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const slot = list[i] as number;
      const record = found[slot] as number;
      const leg = routes[record * routeWords + 3] as number;
      legOf[slot] = leg;
      met[slot] = record;
    }
  }

  /** The first `count` packets of `list4`; those from place `popped` on have been uncovered by a pop. */
  function send4(count: number, popped: number): void {
    findLegs(list4, count);
    for (let i = 0; i < popped; i++) {
      const slot = list4[i] as number;
      const leg = legOf[slot] as number;
      if (leg === 0) route(slot, 4, nothingCarried, false);
      else sendFlat4(slot, leg);
    }
    for (let i = popped; i < count; i++) {
      const slot = list4[i] as number;
      const leg = legOf[slot] as number;
      if (leg === 0) route(slot, 4, carried[slot] as number, true);
      else sendPopped4(slot, leg, carried[slot] as number);
    }
  }

  /** The same for IPv6. */
  function send6(count: number, popped: number): void {
    findLegs(list6, count);
    for (let i = 0; i < count; i++) {
      const slot = list6[i] as number;
      const leg = legOf[slot] as number;
      const down = i < popped ? nothingCarried : (carried[slot] as number);
      if (leg === 0) route(slot, 6, down, i >= popped);
      else send6Flat(slot, leg, down);
    }
  }

  /** Packets whose label has chosen their leg. */
  function sendDirect(list: Uint32Array, count: number, family: 4 | 6): void {
    for (let i = 0; i < count; i++) {
      const slot = list[i] as number;
      const leg = legOf[slot] as number;
      const down = carried[slot] as number;
      if (flat[leg * flatWords] === 0 || (down & Carried.untouched) !== 0) follow(slot, family, leg, down, true);
      else if (family === 4) sendPopped4(slot, leg, down);
      else send6Flat(slot, leg, down);
    }
  }

  /** The common case: a packet that arrived as IPv4, its leg flat. */
  function sendFlat4(slot: number, leg: number): void {
    const record = leg * flatWords;
    const flags = flat[record] as number;
    const at = top[slot] as number;
    const w2 = words[at + 2] as number;
    const ttl = (w2 & 0xff) - 1;
    const size = length[slot] as number;
    const adjacency = flat[record + 1] as number;
    if (ttl < 1 || !ready(adjacency, size + ((flags & Flat.labels) << 2))) return;
    const tc = ((words[at] as number) >>> 13) & 7;
    // RFC 1624 in a little-endian word: the checksum rises by what the TTL falls, with the carry brought round.
    words[at + 2] = (w2 >= 0xfffe0000 ? w2 + 0x1ffff : w2 + 0xffff) | 0;
    const word = pushFlat(record, flags, at, tc, ttl);
    close(slot, adjacency, word, at, size, word === at ? TYPE_IPV4 : TYPE_MPLS);
  }

  /** IPv4 that a pop has uncovered, its leg flat. */
  function sendPopped4(slot: number, leg: number, down: number): void {
    const record = leg * flatWords;
    const flags = flat[record] as number;
    const at = top[slot] as number;
    const headerTtl = (words[at + 2] as number) & 0xff;
    const ttl = Math.min(headerTtl, down & Carried.ttl) - 1;
    const size = length[slot] as number;
    const adjacency = flat[record + 1] as number;
    if (ttl < 1 || !ready(adjacency, size + ((flags & Flat.labels) << 2))) return;
    const tos = ((words[at] as number) >>> 8) & 0xff;
    const newTos = carriedTos(tos, down);
    write4(at, headerTtl - ttl, tos, newTos);
    const word = pushFlat(record, flags, at, newTos >>> 5, ttl);
    close(slot, adjacency, word, at, size, word === at ? TYPE_IPV4 : TYPE_MPLS);
  }

  function send6Flat(slot: number, leg: number, down: number): void {
    const record = leg * flatWords;
    const flags = flat[record] as number;
    const at = top[slot] as number;
    const ttl = Math.min((words[at + 1] as number) >>> 24, down & Carried.ttl) - 1;
    const size = length[slot] as number;
    const adjacency = flat[record + 1] as number;
    if (ttl < 1 || !ready(adjacency, size + ((flags & Flat.labels) << 2))) return;
    const tos = tos6(at);
    const newTos = carriedTos(tos, down);
    write6(at, ttl, tos, newTos);
    const word = pushFlat(record, flags, at, newTos >>> 5, ttl);
    close(slot, adjacency, word, at, size, word === at ? TYPE_IPV6 : TYPE_MPLS);
  }

  /** Writes a flat leg's entries in front of word `at`; answers where they begin. */
  function pushFlat(record: number, flags: number, at: number, tc: number, ttl: number): number {
    const fields = (flags & Flat.fixed) !== 0 ? 0 : (tc << 17) | (ttl << 24);
    const count = flags & Flat.labels;
    let word = at;
    for (let i = 0; i < count; i++) words[--word] = (flat[record + 2 + i] as number) | fields;
    return word;
  }

  /** A route without a flat leg: further tables, a connected subnet, a choice between paths. */
  function route(slot: number, family: 4 | 6, down: number, labelled: boolean): void {
    let record = (found[slot] as number) * routeWords;
    let looks = (labelled ? down >>> Carried.looks : 0) + 1;
    let further = 0;
    let kind = routes[record] as number;
    const trie = family === 4 ? tables.trie4 : tables.trie6;
    while (kind === Action.table) {
      // Accounts have room for one more.
      if (++looks > lookupsMax || further > 0) return;
      const next = routes[record + 1] as number;
      further = trie.lookup(next, legWalk.destination(slot, family));
      record = further * routeWords;
      kind = routes[record] as number;
    }
    met2[slot] = further;
    const argument = routes[record + 1] as number;
    if (kind === Action.group) {
      const leg = legWalk.chosen(argument, slot, labelled);
      if (leg !== 0) follow(slot, family, leg, down, labelled);
    } else if (kind === Action.connected) {
      pushed.count = 0;
      const adjacency = tables.adjacencies.find(argument, legWalk.destination(slot, family));
      if (adjacency >= 0) rewrite(slot, family, adjacency, down, nextTtl(slot, family, down));
    }
  }

  function follow(slot: number, family: 4 | 6, leg: number, down: number, labelled: boolean): void {
    const ttl = nextTtl(slot, family, down);
    if (ttl < 1 && (down & Carried.untouched) === 0) return;
    const at = top[slot] as number;
    const tos = family === 4 ? ((words[at] as number) >>> 8) & 0xff : tos6(at);
    pushed.count = 0;
    const adjacency = legWalk.walk(slot, leg, ttl, carriedTos(tos, down) >>> 5, true, labelled);
    if (adjacency >= 0) rewrite(slot, family, adjacency, down, ttl);
  }

  /** The TTL that goes on. */
  function nextTtl(slot: number, family: 4 | 6, down: number): number {
    const at = top[slot] as number;
    const ttl = family === 4 ? (words[at + 2] as number) & 0xff : (words[at + 1] as number) >>> 24;
    return (down & Carried.untouched) !== 0 ? ttl : Math.min(ttl, down & Carried.ttl) - 1;
  }

  /** Header, collected labels, link header. */
  function rewrite(slot: number, family: 4 | 6, adjacency: number, down: number, ttl: number): void {
    const at = top[slot] as number;
    const size = length[slot] as number;
    if ((ttl < 1 && (down & Carried.untouched) === 0) || !ready(adjacency, size + (pushed.count << 2))) return;
    const tos = family === 4 ? ((words[at] as number) >>> 8) & 0xff : tos6(at);
    const newTos = carriedTos(tos, down);
    if (family === 4) write4(at, ((words[at + 2] as number) & 0xff) - ttl, tos, newTos);
    else write6(at, ttl, tos, newTos);
    const type = pushed.count > 0 ? TYPE_MPLS : family === 4 ? TYPE_IPV4 : TYPE_IPV6;
    close(slot, adjacency, legWalk.write(at), at, size, type);
  }

  function tos6(at: number): number {
    const w0 = words[at] as number;
    return ((w0 & 0x0f) << 4) | ((w0 >>> 12) & 0x0f);
  }

  /** TTL and TOS of IPv4, and the checksum by RFC 1624 equation 3. `spent`: by how much the TTL falls. */
  function write4(at: number, spent: number, tos: number, newTos: number): void {
    const w2 = words[at + 2] as number;
    // The TTL is the low byte of its little-endian half word: the checksum rises by what the TTL falls.
    let check = (w2 >>> 16) + spent;
    if (spent > 0 && check >= 0xffff) check -= 0xffff;
    if (newTos !== tos) {
      const w0 = words[at] as number;
      const before = w0 & 0xffff;
      const after = (w0 & 0xff) | (newTos << 8);
      let sum = (~check & 0xffff) + (~before & 0xffff) + after;
      sum = (sum & 0xffff) + (sum >>> 16);
      sum = (sum & 0xffff) + (sum >>> 16);
      check = ~sum & 0xffff;
      words[at] = (w0 & 0xffff0000) | after;
    }
    words[at + 2] = ((w2 & 0xffff) - spent) | (check << 16);
  }

  function write6(at: number, ttl: number, tos: number, newTos: number): void {
    words[at + 1] = ((words[at + 1] as number) & 0x00ffffff) | (ttl << 24);
    if (newTos !== tos) words[at] = ((words[at] as number) & 0xffff0ff0) | (newTos >>> 4) | ((newTos & 15) << 12);
  }

  return { send4, send6, sendDirect };
}

/** TC-2: what a uniform pop hands down becomes the class selector, ECN kept. */
function carriedTos(tos: number, down: number): number {
  const tc = (down >>> Carried.tc) & 0xff;
  return tc === 0xff || tc === tos >>> 5 ? tos : (tc << 5) | (tos & 3);
}
