// The fast path: the common cases of the slow path over a whole batch, in passes, so that the CPU overlaps the cache
// misses of many frames. Whatever it is not sure of it leaves untouched for the slow path, and says so.
//
// Map of the passes over frames [from, to):
//   1  link      tags and MAC to an interface, EtherType to a list: IPv4, IPv6 or labels. A frame that may change
//                neighbours (ARP, ND) ends the run: what follows must see its effect.
//   2  labels    walk the stack: explicit null, pop, label to table or to a path; swaps and pops are sent from here,
//                IP that is uncovered joins the lists of pass 3
//   3  headers   IP checks, destination and table to a key
//   4  look-up   one pass a trie level
//   5  rewrite   leg, labels, TTL, checksum, size, neighbour, link header; all checks before the first write
//
// All words are read as a little-endian machine sees them: a frame's bytes 0–3 are bits 0–7, 8–15, 16–23, 24–31.
// State is captured as `const` by one factory: passing arrays as parameters costs 1.5 times as much.
import { Action } from '../../tables/actions.ts';
import { Adjacency, adjacencyWords, swapBytes } from '../../tables/adjacencies.ts';
import { Interface, interfaceWords, mapWords, portWords } from '../../tables/interfaces.ts';
import { labelEntryWords, Payload, PopMode } from '../../tables/labels.ts';
import { Flat, flatWords, groupWords, Leg, legWords, PushTc } from '../../tables/paths.ts';
import { denseNode, nodeBit, nodeHeaderWords, popCount } from '../../tables/run-trie.ts';
import { routeWords, type Tables } from '../../tables/tables.ts';
import { type Batch, batchFrames } from '../../wire/batch.ts';
import type { Counters } from '../counters.ts';
import { hashIp, hashLabelled } from '../hash.ts';
import { selectLeg } from '../slow/paths.ts';

/** What the fast path has done with a frame of the batch. */
export const Verdict = { slow: 0, sent: 1 } as const;

export interface FastPath {
  /** By slot: `Verdict`. */
  readonly verdict: Uint8Array;
  /** By slot: the port by which a sent frame leaves; its start and lengths are in the batch. */
  readonly egress: Uint32Array;
  /** Treats frames from slot `from` on; answers the slot behind the last one treated. */
  run(from: number): number;
}

// EtherTypes as the upper half of a little-endian word.
const TYPE_IPV4 = 0x0008;
const TYPE_IPV6 = 0xdd86;
const TYPE_MPLS = 0x4788;
const TYPE_VLAN = 0x0081;
/** The S bit of a stack entry. */
const S_BIT = 0x00010000;
/** TC and S of a stack entry. */
const TC_S_BITS = 0x000f0000;
const TC_BITS = 0x000e0000;
/** Most label and table look-ups (LBL-12). */
const lookupsMax = 8;
/** Entries that one frame may get pushed; control refuses more. */
const pushedMax = 16;

/** How an IP packet came to pass 5. */
const Hop = {
  /** Looked up, or popped to a next hop: the router is a hop. */
  counted: 0,
  /** Penultimate hop pop in pipe model: TTL left alone. */
  untouched: 1,
} as const;

export function createFastPath(tables: Tables, counters: Counters, batch: Batch): FastPath {
  const { settings } = tables;
  const { ports, interfaces, maps } = tables.interfaces;
  const { map: labelMap, entries: labelEntries } = tables.labels;
  const { groups, legs, pushWire, flat } = tables.paths;
  const { entries: adjacencies } = tables.adjacencies;
  const { routes } = tables;
  const trie4 = tables.trie4.words;
  const trie6 = tables.trie6.words;
  const { outFrames, outBytes } = counters;

  const verdict = new Uint8Array(batchFrames);
  const egress = new Uint32Array(batchFrames);
  // By slot. Those from `labelled` on are zero (the carried ones 255) but for slots of `listLabels`, during a run.
  const ingress = new Uint32Array(batchFrames);
  /** Word index of the label or IP header that is on top now. */
  const top = new Uint32Array(batchFrames);
  /** Word index of what was behind the link header on arrival; labelled frames have their stack there. */
  const network = new Uint32Array(batchFrames);
  const table = new Uint32Array(batchFrames);
  const found = new Uint32Array(batchFrames);
  /** The flat leg of what was found, 0: none. */
  const legOf = new Uint32Array(batchFrames);
  /** Bytes of the IP packet, or of what is on top. */
  const length = new Uint32Array(batchFrames);
  const labelled = new Uint8Array(batchFrames);
  const lookups = new Uint8Array(batchFrames);
  /** The leg that a label has chosen for the IP packet beneath it; 0: look up. */
  const chosen = new Uint32Array(batchFrames);
  const hop = new Uint8Array(batchFrames);
  /** TTL that a uniform pop carries down (255: none), and TC (255: none). */
  const carriedTtl = new Uint8Array(batchFrames).fill(255);
  const carriedTc = new Uint8Array(batchFrames).fill(255);
  // Lists of slots.
  const list4 = new Uint32Array(batchFrames);
  const list6 = new Uint32Array(batchFrames);
  const listLabels = new Uint32Array(batchFrames);
  /** Slots whose look-up goes on at the next level. */
  const pending = new Uint32Array(batchFrames);
  /** Where in the trie their next entry lies. */
  const place = new Uint32Array(batchFrames);
  let count4 = 0;
  let count6 = 0;
  let countLabels = 0;
  /** Entries to be written in front of a frame, lowest first, as little-endian words. */
  const stack = new Uint32Array(pushedMax + 2);
  let stackCount = 0;
  const key4 = new Uint32Array(1);
  const key6 = new Uint32Array(4);
  const { words, bytes, start, captured, original, port: arrivalPort } = batch;

  /** Pass 1. Answers the end of the run. */
  function link(from: number): number {
    const { count } = batch;
    for (let slot = from; slot < count; slot++) {
      verdict[slot] = Verdict.slow;
      if (classify(slot)) continue;
      if (mayChangeNeighbors(start[slot] as number, captured[slot] as number)) return slot + 1;
    }
    return count;
  }

  /** Puts a frame on the list of its kind; false: it is the slow path's. */
  function classify(slot: number): boolean {
    const begin = start[slot] as number;
    const bytesHere = captured[slot] as number;
    if (bytesHere < 34 || original[slot] !== bytesHere) return false;
    const portRecord = (arrivalPort[slot] as number) * portWords;
    let at = (begin + 14) >>> 2;
    let match = ports[portRecord] as number;
    let type = (words[at - 1] as number) >>> 16;
    if (type === TYPE_VLAN) {
      const tci = words[at] as number;
      const vid = ((tci & 0x0f) << 8) | ((tci >>> 8) & 0xff);
      const vlans = ports[portRecord + 2] as number;
      type = tci >>> 16;
      match = vlans === 0 || vid === 0 ? 0 : (maps[(vlans - 1) * mapWords + vid] as number);
      at++;
    }
    if (match === 0) return false;
    const record = (match - 1) * interfaceWords;
    const mac0 = interfaces[record + 12] as number;
    const mac4 = (interfaces[record + 13] as number) & 0xffff;
    if (
      (words[begin >>> 2] as number) >>> 16 !== (mac0 & 0xffff) ||
      words[(begin + 2) >>> 2] !== ((mac0 >>> 16) | (mac4 << 16)) >>> 0
    ) {
      return false;
    }
    const flags = interfaces[record] as number;
    top[slot] = at;
    network[slot] = at;
    length[slot] = begin + bytesHere - (at << 2);
    if (type === TYPE_MPLS) {
      if ((flags & Interface.mpls) === 0) return false;
      ingress[slot] = match - 1;
      labelled[slot] = 1;
      listLabels[countLabels++] = slot;
      return true;
    }
    if ((flags & (Interface.urpfStrict | Interface.urpfLoose)) !== 0) return false;
    table[slot] = interfaces[record + 2] as number;
    if (type === TYPE_IPV4) {
      list4[count4++] = slot;
      return true;
    }
    // ICMPv6 may be neighbour discovery: byte 6 of the header.
    if (type !== TYPE_IPV6 || ((words[at + 1] as number) & 0x00ff0000) === 58 << 16) return false;
    list6[count6++] = slot;
    return true;
  }

  /** Whether a frame that the slow path will treat could teach it a neighbour. Rare, so bytewise and generous. */
  function mayChangeNeighbors(begin: number, bytesHere: number): boolean {
    const end = begin + bytesHere;
    let at = begin + 12;
    for (let tag = 0; tag < 2 && at + 2 <= end; tag++) {
      const type = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      if (type !== 0x8100 && type !== 0x88a8) break;
      at += 4;
    }
    if (at + 2 > end) return false;
    const type = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    if (type === 0x0806) return true;
    if (type !== 0x86dd || at + 43 > end || bytes[at + 8] !== 58) return false;
    return bytes[at + 42] === 135 || bytes[at + 42] === 136;
  }

  /** Pass 2, in passes of its own for plain swaps and pops: key to entry, entry to leg, leg to flags, and the rest. */
  function actOnLabels(): void {
    for (let i = 0; i < countLabels; i++) {
      const slot = listLabels[i] as number;
      const word = words[top[slot] as number] as number;
      found[slot] = labelMap[(word & 0xffff) | ((word >>> 4) & 0xf0000)] as number;
    }
    for (let i = 0; i < countLabels; i++) {
      const slot = listLabels[i] as number;
      legOf[slot] = labelEntries[(found[slot] as number) * labelEntryWords + 7] as number;
    }
    for (let i = 0; i < countLabels; i++) {
      const slot = listLabels[i] as number;
      found[slot] = flat[(legOf[slot] as number) * flatWords] as number;
    }
    for (let i = 0; i < countLabels; i++) {
      const slot = listLabels[i] as number;
      const leg = legOf[slot] as number;
      const at = top[slot] as number;
      const word = words[at] as number;
      const guarded = interfaces[(ingress[slot] as number) * interfaceWords + 9] !== 0;
      if (leg === 0 || guarded || word < 0x02000000 || !hasBottom(slot, at)) {
        walkLabels(slot);
      } else if (((found[slot] as number) & Flat.php) !== 0) {
        if ((word & S_BIT) === 0) popFlat(slot, leg, at);
        else walkLabels(slot);
      } else {
        const fields = (word & TC_S_BITS) | ((word & 0xff000000) - 0x01000000);
        swapFlat(slot, leg, found[slot] as number, at, fields, (length[slot] as number) - 4);
      }
    }
  }

  /** A penultimate hop pop in uniform model that uncovers a label (TTL-5, TC-2). */
  function popFlat(slot: number, leg: number, at: number): void {
    const word = words[at] as number;
    const next = words[at + 1] as number;
    const ttl = Math.min(word >>> 24, next >>> 24) - 1;
    const adjacency = flat[leg * flatWords + 1] as number;
    const rest = (length[slot] as number) - 4;
    if (ttl < 1 || !ready(adjacency, rest)) return;
    words[at + 1] = ((next & ~(0xff000000 | TC_BITS)) | (word & TC_BITS) | (ttl << 24)) >>> 0;
    close(slot, adjacency, at + 1, at + 1, rest, TYPE_MPLS);
  }

  /** Whether the stack that begins at word `at` ends inside the frame. */
  function hasBottom(slot: number, at: number): boolean {
    const end = at + ((length[slot] as number) >>> 2);
    for (let entry = at; entry < end; entry++) if (((words[entry] as number) & S_BIT) !== 0) return true;
    return false;
  }

  /** One frame's stack, label by label. What it cannot do stays with the slow path. */
  function walkLabels(slot: number): void {
    let at = top[slot] as number;
    const endWord = at + ((length[slot] as number) >>> 2);
    let bottom = at;
    while (bottom < endWord && ((words[bottom] as number) & S_BIT) === 0) bottom++;
    if (bottom >= endWord) return;
    const interfaceIndex = ingress[slot] as number;
    const record = interfaceIndex * interfaceWords;
    const guarded = interfaces[record + 9] !== 0;
    let word = words[at] as number;
    let ttl = word >>> 24;
    let tc = (word >>> 17) & 7;
    for (let look = 1; look <= lookupsMax; look++) {
      if (ttl <= 1) return;
      const atBottom = at === bottom;
      let ttlMode: number;
      let tcMode: number;
      let ipTable: number;
      let payload = Payload.ip as number;
      if ((word & 0xffff) === 0) {
        const label = (word >>> 20) & 15;
        if (label !== 0 && label !== 2) return;
        ttlMode = settings.popTtl;
        tcMode = settings.popTc;
        ipTable = interfaces[record + 2] as number;
        payload = label === 0 ? Payload.ip4 : Payload.ip6;
      } else {
        const label = ((word & 0xff) << 12) | ((word >>> 4) & 0xff0) | ((word >>> 20) & 15);
        if (guarded && !tables.interfaces.accepts(interfaceIndex, label)) return;
        const entry = (labelMap[(word & 0xffff) | ((word >>> 4) & 0xf0000)] as number) * labelEntryWords;
        const kind = labelEntries[entry];
        if (kind === Action.group) return takeLeg(slot, at, bottom, ttl, tc, labelEntries[entry + 1] as number);
        if (kind !== Action.table && kind !== Action.pop) return;
        if (kind === Action.table && !atBottom) return;
        payload = (labelEntries[entry + 2] as number) || Payload.ip;
        ttlMode = labelEntries[entry + 3] as number;
        tcMode = labelEntries[entry + 4] as number;
        ipTable = kind === Action.table ? (labelEntries[entry + 1] as number) : 0;
      }
      at++;
      if (atBottom) {
        uncover(
          slot,
          at,
          payload,
          ipTable,
          look,
          ttlMode === PopMode.uniform ? ttl : 255,
          tcMode === PopMode.uniform ? tc : 255,
        );
        return;
      }
      word = words[at] as number;
      // An entropy label indicator: rare here.
      if ((word & 0x00f0ffff) === 0x00700000) return;
      ttl = ttlMode === PopMode.uniform ? Math.min(ttl, word >>> 24) : word >>> 24;
      if (tcMode !== PopMode.uniform) tc = (word >>> 17) & 7;
    }
  }

  /** IP lies beneath the last label: it joins a list of pass 3. */
  function uncover(
    slot: number,
    at: number,
    payload: number,
    ipTable: number,
    look: number,
    ttl: number,
    tc: number,
  ): void {
    const rest = (length[slot] as number) - ((at - (top[slot] as number)) << 2);
    if (rest < 20) return;
    const nibble = ((words[at] as number) >>> 4) & 15;
    top[slot] = at;
    length[slot] = rest;
    table[slot] = ipTable;
    lookups[slot] = look;
    carriedTtl[slot] = ttl;
    carriedTc[slot] = tc;
    if (nibble === 4 && payload !== Payload.ip6) list4[count4++] = slot;
    else if (nibble === 6 && payload !== Payload.ip4) list6[count6++] = slot;
  }

  /** A label whose entry has paths: swap, penultimate hop pop, or pop to a next hop. */
  function takeLeg(slot: number, at: number, bottom: number, ttl: number, tc: number, group: number): void {
    let leg = groups[group * groupWords] as number;
    if (groups[group * groupWords + 1] !== 1) {
      leg = selectLeg(tables, group, flowHash(slot), 0);
      if (leg < 0) return;
    }
    const record = leg * legWords;
    const flags = legs[record + 3] as number;
    const atBottom = at === bottom;
    stackCount = 0;
    if ((flags & Leg.swap) !== 0) {
      if ((flags & Leg.entropy) !== 0) return;
      const rest = (length[slot] as number) - ((at + 1 - (top[slot] as number)) << 2);
      const bit = (words[at] as number) & S_BIT;
      const flatFlags = flat[leg * flatWords] as number;
      if (flatFlags !== 0) return swapFlat(slot, leg, flatFlags, at, bit | (tc << 17) | ((ttl - 1) << 24), rest);
      stack[0] = ((legs[record + 13] as number) | (tc << 17) | bit | ((ttl - 1) << 24)) >>> 0;
      stackCount = 1;
      return follow(slot, leg, at + 1, rest, TYPE_MPLS, ttl - 1, tc);
    }
    const uniformTtl = legs[record + 8] === PopMode.uniform;
    const uniformTc = legs[record + 9] === PopMode.uniform;
    if ((flags & Leg.php) !== 0 && !atBottom) {
      const next = words[at + 1] as number;
      const nextTtl = uniformTtl ? Math.min(ttl, next >>> 24) - 1 : next >>> 24;
      if (uniformTtl && nextTtl < 1) return;
      const nextTc = uniformTc ? tc : (next >>> 17) & 7;
      stack[0] = ((next & ~(0xff000000 | TC_S_BITS)) | (next & S_BIT) | (nextTc << 17) | (nextTtl << 24)) >>> 0;
      stackCount = 1;
      const rest = (length[slot] as number) - ((at + 2 - (top[slot] as number)) << 2);
      return follow(slot, leg, at + 2, rest, TYPE_MPLS, nextTtl, nextTc);
    }
    if ((flags & (Leg.php | Leg.ends)) === 0 || !atBottom) return;
    chosen[slot] = leg;
    hop[slot] = (flags & Leg.php) !== 0 && !uniformTtl ? Hop.untouched : Hop.counted;
    const payload = legs[record + 10] as number;
    uncover(slot, at + 1, payload, 0, 0, uniformTtl ? ttl : 255, uniformTc ? tc : 255);
  }

  /** A swap whose leg is flat. `fields`: TC, S and the new TTL of the swapped entry; `rest`: bytes beneath it. */
  function swapFlat(slot: number, leg: number, flags: number, at: number, fields: number, rest: number): void {
    const record = leg * flatWords;
    const adjacency = flat[record + 1] as number;
    const count = flags & Flat.labels;
    if (!ready(adjacency, rest + 4 + (count << 2))) return;
    words[at] = ((flat[record + 6] as number) | fields) >>> 0;
    let word = at;
    for (let i = 0; i < count; i++) words[--word] = ((flat[record + 2 + i] as number) | (fields & ~S_BIT)) >>> 0;
    close(slot, adjacency, word, at + 1, rest, TYPE_MPLS);
  }

  function flowHash(slot: number): number {
    const at = (network[slot] as number) << 2;
    const end = (start[slot] as number) + (captured[slot] as number);
    return labelled[slot] === 1
      ? hashLabelled(settings.hashSeed, bytes, at, end, settings.hashPayload)
      : hashIp(settings.hashSeed, bytes, at, end);
  }

  /** Pass 3 for IPv4: what is not plain leaves the list. */
  function admit4(): void {
    let kept = 0;
    for (let i = 0; i < count4; i++) {
      const slot = list4[i] as number;
      const at = top[slot] as number;
      const w0 = words[at] as number;
      const w2 = words[at + 2] as number;
      const source = words[at + 3] as number;
      const destination = words[at + 4] as number;
      const total = ((w0 >>> 8) & 0xff00) | (w0 >>> 24);
      if ((w0 & 0xff) !== 0x45 || total < 20 || total > (length[slot] as number)) continue;
      const w1 = words[at + 1] as number;
      let sum =
        (w0 & 0xffff) +
        (w0 >>> 16) +
        (w1 & 0xffff) +
        (w1 >>> 16) +
        (w2 & 0xffff) +
        (w2 >>> 16) +
        (source & 0xffff) +
        (source >>> 16) +
        (destination & 0xffff) +
        (destination >>> 16);
      sum = (sum & 0xffff) + (sum >>> 16);
      sum = (sum & 0xffff) + (sum >>> 16);
      if (sum !== 0xffff) continue;
      const to = destination & 0xff;
      if (to === 127) continue;
      if (chosen[slot] === 0) {
        const from = source & 0xff;
        if (from === 0 || from === 127 || from >= 224 || to === 0 || to >= 224) continue;
        if ((source & 0xffff) === 0xfea9 || (destination & 0xffff) === 0xfea9) continue;
      }
      length[slot] = total;
      list4[kept++] = slot;
    }
    count4 = kept;
  }

  /** Pass 3 for IPv6. */
  function admit6(): void {
    let kept = 0;
    for (let i = 0; i < count6; i++) {
      const slot = list6[i] as number;
      const at = top[slot] as number;
      const w1 = words[at + 1] as number;
      const rest = length[slot] as number;
      const payload = ((w1 & 0xff) << 8) | ((w1 >>> 8) & 0xff);
      if (rest < 40 || ((words[at] as number) & 0xf0) !== 0x60 || payload > rest - 40) continue;
      const source = words[at + 2] as number;
      const destination = words[at + 6] as number;
      if (isSpecial6(source) || isSpecial6(destination)) continue;
      length[slot] = payload + 40;
      list6[kept++] = slot;
    }
    count6 = kept;
  }

  /** First word of addresses that rules speak of by name: ::/32 (unspecified, loopback, mapped), fe80::/10, ff00::/8. */
  function isSpecial6(first: number): boolean {
    return first === 0 || (first & 0xff) === 0xff || (first & 0xc0ff) === 0x80fe;
  }

  /** Pass 4: the leaf for each slot of the list in `found`, a level at a time. */
  function lookup4(): void {
    let nodes = 0;
    for (let i = 0; i < count4; i++) {
      const slot = list4[i] as number;
      const entry = chosen[slot] === 0 ? (trie4[table[slot] as number] as number) : 0;
      found[slot] = entry;
      if (entry >= nodeBit) pending[nodes++] = slot;
    }
    for (let shift = 0; nodes > 0; shift += 8) {
      let left = 0;
      for (let i = 0; i < nodes; i++) {
        const slot = pending[i] as number;
        const byte = ((words[(top[slot] as number) + 4] as number) >>> shift) & 0xff;
        const parent = found[slot] as number;
        if (parent >= denseNode) {
          place[i] = parent - denseNode + byte;
          continue;
        }
        const node = parent - nodeBit;
        const word = byte >>> 5;
        const before = ((trie4[node + 8 + (word >>> 2)] as number) >>> ((word & 3) << 3)) & 0xff;
        const bits = (trie4[node + word] as number) & (0xffffffff >>> (31 - (byte & 31)));
        place[i] = node + nodeHeaderWords - 1 + before + popCount(bits);
      }
      for (let i = 0; i < nodes; i++) {
        const slot = pending[i] as number;
        const entry = trie4[place[i] as number] as number;
        found[slot] = entry;
        if (entry >= nodeBit) pending[left++] = slot;
      }
      nodes = left;
    }
  }

  function lookup6(): void {
    let nodes = 0;
    for (let i = 0; i < count6; i++) {
      const slot = list6[i] as number;
      const entry = chosen[slot] === 0 ? (trie6[table[slot] as number] as number) : 0;
      found[slot] = entry;
      if (entry >= nodeBit) pending[nodes++] = slot;
    }
    for (let level = 0; nodes > 0; level++) {
      const at = 6 + (level >>> 2);
      const shift = (level & 3) << 3;
      let left = 0;
      for (let i = 0; i < nodes; i++) {
        const slot = pending[i] as number;
        const byte = ((words[(top[slot] as number) + at] as number) >>> shift) & 0xff;
        const parent = found[slot] as number;
        if (parent >= denseNode) {
          place[i] = parent - denseNode + byte;
          continue;
        }
        const node = parent - nodeBit;
        const word = byte >>> 5;
        const before = ((trie6[node + 8 + (word >>> 2)] as number) >>> ((word & 3) << 3)) & 0xff;
        const bits = (trie6[node + word] as number) & (0xffffffff >>> (31 - (byte & 31)));
        place[i] = node + nodeHeaderWords - 1 + before + popCount(bits);
      }
      for (let i = 0; i < nodes; i++) {
        const slot = pending[i] as number;
        const entry = trie6[place[i] as number] as number;
        found[slot] = entry;
        if (entry >= nodeBit) pending[left++] = slot;
      }
      nodes = left;
    }
  }

  /** The destination as host-order words, for tables that are keyed so. */
  function keyOf(slot: number, family: 4 | 6): Uint32Array {
    const at = top[slot] as number;
    if (family === 4) {
      key4[0] = swapBytes(words[at + 4] as number);
      return key4;
    }
    for (let i = 0; i < 4; i++) key6[i] = swapBytes(words[at + 6 + i] as number);
    return key6;
  }

  /** Pass 5: an IP packet with its route found, or with the leg that its label chose. */
  function sendIp(slot: number, family: 4 | 6): void {
    let leg = chosen[slot] as number;
    let connected = -1;
    if (leg === 0) {
      let record = (found[slot] as number) * routeWords;
      let looks = (lookups[slot] as number) + 1;
      let kind = routes[record] as number;
      while (kind === Action.table) {
        if (++looks > lookupsMax) return;
        const next = routes[record + 1] as number;
        record = (family === 4 ? tables.trie4 : tables.trie6).lookup(next, keyOf(slot, family)) * routeWords;
        kind = routes[record] as number;
      }
      if (looks > lookupsMax) return;
      const argument = routes[record + 1] as number;
      if (kind === Action.connected) connected = argument;
      else if (kind !== Action.group) return;
      else if (groups[argument * groupWords + 1] === 1) leg = groups[argument * groupWords] as number;
      else {
        leg = selectLeg(tables, argument, flowHash(slot), 0);
        if (leg < 0) return;
      }
    }
    const at = top[slot] as number;
    const untouched = hop[slot] === Hop.untouched;
    const headerTtl = family === 4 ? (words[at + 2] as number) & 0xff : (words[at + 1] as number) >>> 24;
    let ttl = headerTtl;
    if (!untouched) {
      ttl = Math.min(headerTtl, carriedTtl[slot] as number) - 1;
      if (ttl < 1) return;
    }
    const w0 = words[at] as number;
    const tos = family === 4 ? (w0 >>> 8) & 0xff : ((w0 & 0x0f) << 4) | ((w0 >>> 12) & 0x0f);
    const carried = carriedTc[slot] as number;
    const newTos = carried === 255 || carried === tos >>> 5 ? tos : (carried << 5) | (tos & 3);
    stackCount = 0;
    const adjacency =
      connected >= 0
        ? tables.adjacencies.find(connected, keyOf(slot, family))
        : walkLegs(slot, leg, ttl, newTos >>> 5, true);
    if (adjacency < 0) return;
    const size = length[slot] as number;
    if (!ready(adjacency, size + (stackCount << 2))) return;
    if (family === 4) write4(at, headerTtl - ttl, tos, newTos);
    else write6(at, ttl, tos, newTos);
    finish(slot, adjacency, at, size, stackCount > 0 ? TYPE_MPLS : family === 4 ? TYPE_IPV4 : TYPE_IPV6);
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
    words[at + 2] = (((w2 & 0xffff) - spent) | (check << 16)) >>> 0;
  }

  function write6(at: number, ttl: number, tos: number, newTos: number): void {
    const w1 = words[at + 1] as number;
    words[at + 1] = ((w1 & 0x00ffffff) | (ttl << 24)) >>> 0;
    if (newTos === tos) return;
    const w0 = words[at] as number;
    words[at] = ((w0 & 0xffff0ff0) | (newTos >>> 4) | ((newTos & 15) << 12)) >>> 0;
  }

  /** Pass 2's own sends: a stack entry has been changed, `at` is what lies beneath it. */
  function follow(slot: number, leg: number, at: number, rest: number, type: number, ttl: number, tc: number): void {
    const adjacency = walkLegs(slot, leg, ttl, tc, false);
    if (adjacency < 0 || !ready(adjacency, rest + (stackCount << 2))) return;
    finish(slot, adjacency, at, rest, type);
  }

  /**
   * Collects in `stack` what the leg and those behind it push; answers the adjacency they lead to, or -1 for the slow
   * path. `ttl` and `tc` are those beneath; `onIp`: an IP header is beneath.
   */
  function walkLegs(slot: number, firstLeg: number, ttl: number, tc: number, onIp: boolean): number {
    let leg = firstLeg;
    let ttlBeneath = ttl;
    let tcBeneath = tc;
    for (let level = 0; ; level++) {
      const record = leg * legWords;
      if (((legs[record + 3] as number) & Leg.entropy) !== 0) return -1;
      const pushes = legs[record + 5] as number;
      if (pushes > 0) {
        const ttlMode = legs[record + 6] as number;
        const tcMode = legs[record + 7] as number;
        if (ttlMode !== 0) ttlBeneath = ttlMode;
        if (tcMode < PushTc.uniform) tcBeneath = tcMode;
        else if (tcMode === PushTc.pipe && onIp && stackCount === 0) tcBeneath = 0;
        const first = legs[record + 4] as number;
        const fields = (tcBeneath << 17) | (ttlBeneath << 24);
        for (let i = 0; i < pushes; i++) {
          const bottom = onIp && stackCount === 0 ? S_BIT : 0;
          stack[stackCount++] = ((pushWire[first + i] as number) | fields | bottom) >>> 0;
        }
      }
      const argument = legs[record + 1] as number;
      const kind = legs[record];
      if (kind === Action.adjacency) return argument;
      if (kind !== Action.group) return -1;
      if (groups[argument * groupWords + 1] === 1) {
        leg = groups[argument * groupWords] as number;
      } else {
        leg = selectLeg(tables, argument, flowHash(slot), level + 1);
        if (leg < 0) return -1;
      }
    }
  }

  /** Whether the adjacency can be sent to now, and what is beneath the link header fits. */
  function ready(adjacency: number, size: number): boolean {
    const record = adjacency * adjacencyWords;
    const both = Adjacency.resolved | Adjacency.up;
    if (((adjacencies[record] as number) & both) !== both) return false;
    const out = (adjacencies[record + 1] as number) * interfaceWords;
    return ((interfaces[out] as number) & Interface.up) !== 0 && size <= (interfaces[out + 3] as number);
  }

  /** All is decided: the stack is written in front of word `at`, behind which `rest` bytes stay; then the link header. */
  function finish(slot: number, adjacency: number, at: number, rest: number, type: number): void {
    let word = at;
    for (let i = 0; i < stackCount; i++) words[--word] = stack[i] as number;
    close(slot, adjacency, word, at, rest, type);
  }

  /** The link header in front of word `first`; `rest` bytes lie behind word `at`. The frame is sent. */
  function close(slot: number, adjacency: number, first: number, at: number, rest: number, type: number): void {
    const record = adjacency * adjacencyWords;
    const out = (adjacencies[record + 1] as number) * interfaceWords;
    let word = first;
    if (interfaces[out + 8] === 0) {
      words[--word] = ((interfaces[out + 13] as number) | (type << 16)) >>> 0;
    } else {
      word = writeTags(out, first, type);
    }
    words[word - 1] = interfaces[out + 12] as number;
    words[word - 2] = adjacencies[record + 11] as number;
    words[word - 3] = adjacencies[record + 10] as number;
    const begin = ((word - 3) << 2) + 2;
    const size = (at << 2) - begin + rest;
    const port = interfaces[out + 1] as number;
    start[slot] = begin;
    captured[slot] = size;
    original[slot] = size;
    verdict[slot] = Verdict.sent;
    egress[slot] = port;
    outFrames[port] = (outFrames[port] as number) + 1;
    outBytes[port] = (outBytes[port] as number) + size;
  }

  /** EtherType, tags and the end of the source MAC of a tagged interface; answers the first word written. */
  function writeTags(out: number, first: number, type: number): number {
    const second = interfaces[out + 14] as number;
    let word = first;
    if (interfaces[out + 8] === 1) {
      words[--word] = (second | (type << 16)) >>> 0;
    } else {
      words[--word] = ((interfaces[out + 15] as number) | (type << 16)) >>> 0;
      words[--word] = second;
    }
    words[--word] = interfaces[out + 13] as number;
    return word;
  }

  /** The flat leg of each slot of a list: a pass of its own, since routes are many and each is a cache miss. */
  function findLegs(list: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const slot = list[i] as number;
      legOf[slot] = (chosen[slot] as number) || (routes[(found[slot] as number) * routeWords + 3] as number);
    }
  }

  /** Pass 5 for IPv4 by a flat leg, the common case; any other goes through `sendIp`. */
  function send4(): void {
    findLegs(list4, count4);
    for (let i = 0; i < count4; i++) {
      const slot = list4[i] as number;
      const record = (legOf[slot] as number) * flatWords;
      const flags = flat[record] as number;
      if (flags === 0 || hop[slot] !== Hop.counted || (lookups[slot] as number) >= lookupsMax) {
        sendIp(slot, 4);
        continue;
      }
      const at = top[slot] as number;
      const w2 = words[at + 2] as number;
      const limit = carriedTtl[slot] as number;
      const headerTtl = w2 & 0xff;
      const ttl = Math.min(headerTtl, limit) - 1;
      const size = length[slot] as number;
      const adjacency = flat[record + 1] as number;
      if (ttl < 1 || !ready(adjacency, size + ((flags & Flat.labels) << 2))) continue;
      let tc = ((words[at] as number) >>> 13) & 7;
      const carried = carriedTc[slot] as number;
      if (carried !== 255 && carried !== tc) {
        const tos = ((words[at] as number) >>> 8) & 0xff;
        write4(at, headerTtl - ttl, tos, (carried << 5) | (tos & 3));
        tc = carried;
      } else {
        // RFC 1624 in a little-endian word: the checksum rises by what the TTL falls, with the carry brought round.
        let check = (w2 >>> 16) + headerTtl - ttl;
        if (check >= 0xffff) check -= 0xffff;
        words[at + 2] = ((w2 & 0xff00) | ttl | (check << 16)) >>> 0;
      }
      const word = pushFlat(record, flags, at, tc, ttl);
      close(slot, adjacency, word, at, size, word === at ? TYPE_IPV4 : TYPE_MPLS);
    }
  }

  /** The same for IPv6. */
  function send6(): void {
    findLegs(list6, count6);
    for (let i = 0; i < count6; i++) {
      const slot = list6[i] as number;
      const record = (legOf[slot] as number) * flatWords;
      const flags = flat[record] as number;
      if (flags === 0 || hop[slot] !== Hop.counted || (lookups[slot] as number) >= lookupsMax) {
        sendIp(slot, 6);
        continue;
      }
      const at = top[slot] as number;
      const limit = carriedTtl[slot] as number;
      const headerTtl = (words[at + 1] as number) >>> 24;
      const ttl = Math.min(headerTtl, limit) - 1;
      const size = length[slot] as number;
      const adjacency = flat[record + 1] as number;
      if (ttl < 1 || !ready(adjacency, size + ((flags & Flat.labels) << 2))) continue;
      const w0 = words[at] as number;
      const tos = ((w0 & 0x0f) << 4) | ((w0 >>> 12) & 0x0f);
      const carried = carriedTc[slot] as number;
      const newTos = carried === 255 || carried === tos >>> 5 ? tos : (carried << 5) | (tos & 3);
      write6(at, ttl, tos, newTos);
      const word = pushFlat(record, flags, at, newTos >>> 5, ttl);
      close(slot, adjacency, word, at, size, word === at ? TYPE_IPV6 : TYPE_MPLS);
    }
  }

  /** Writes a flat leg's entries in front of word `at`; answers where they begin. */
  function pushFlat(record: number, flags: number, at: number, tc: number, ttl: number): number {
    const fields = (flags & Flat.fixed) !== 0 ? 0 : (tc << 17) | (ttl << 24);
    const count = flags & Flat.labels;
    let word = at;
    for (let i = 0; i < count; i++) words[--word] = ((flat[record + 2 + i] as number) | fields) >>> 0;
    return word;
  }

  /** Ends a run: slots that had labels get their defaults back. */
  function forgetLabels(): void {
    for (let i = 0; i < countLabels; i++) {
      const slot = listLabels[i] as number;
      labelled[slot] = 0;
      lookups[slot] = 0;
      chosen[slot] = 0;
      hop[slot] = Hop.counted;
      carriedTtl[slot] = 255;
      carriedTc[slot] = 255;
    }
  }

  function run(from: number): number {
    count4 = 0;
    count6 = 0;
    countLabels = 0;
    const to = link(from);
    if (countLabels > 0) actOnLabels();
    if (count4 > 0) {
      admit4();
      lookup4();
      send4();
    }
    if (count6 > 0) {
      admit6();
      lookup6();
      send6();
    }
    if (countLabels > 0) forgetLabels();
    return to;
  }

  return { verdict, egress, run };
}
