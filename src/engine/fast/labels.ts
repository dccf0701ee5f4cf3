// Pass 2 of the fast path: label stacks. Most labels have a brief (src/tables/labels.ts): key to brief, brief to leg
// and the rest are passes of their own, so that the cache misses of many frames overlap; swaps and penultimate pops
// are sent from here, a last label that leads to a table uncovers IP for pass 3. Any other stack is walked alone.
import { Action } from '../../tables/actions.ts';
import { Pseudowire, pseudowireWords } from '../../tables/circuits.ts';
import { interfaceWords } from '../../tables/interfaces.ts';
import { Brief, labelEntryWords, Payload, PopMode, wireLabel } from '../../tables/labels.ts';
import { Flat, flatWords, Leg, legWords } from '../../tables/paths.ts';
import type { Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import type { Departure } from './depart.ts';
import type { LegWalk } from './legs.ts';
import { Carried, type FastState, lookupsMax, Mark, S_BIT, TC_BITS, TC_S_BITS, TTL_TWO, TYPE_MPLS } from './state.ts';

/** Lists that the pass adds to. */
export interface Uncovered {
  ip4: number;
  ip6: number;
  direct4: number;
  direct6: number;
}

/** The label bits of a stack entry, and what they are for an entropy label indicator. */
const LABEL_BITS = 0x00f0ffff;
const indicator = wireLabel(7);

export function createLabelPass(
  tables: Tables,
  batch: Batch,
  state: FastState,
  { ready, close }: Departure,
  legWalk: LegWalk,
) {
  const { settings } = tables;
  const { interfaces } = tables.interfaces;
  const { map: labelMap, briefs, entries: labelEntries } = tables.labels;
  const { legs, flat } = tables.paths;
  const { words } = batch;
  const { top, network, length, table, found, leg: legOf, ingress, entry, carried } = state;
  const { list4, list6, direct4, direct6, labels, walk, mark, macs, rest, circuit, label: met, label2: met2 } = state;
  const { pseudowires } = tables.circuits;
  const { stack, pushed } = legWalk;
  const uncovered: Uncovered = { ip4: 0, ip6: 0, direct4: 0, direct6: 0 };
  const carryNullTtl = settings.popTtl === PopMode.uniform;
  const carryNullTc = settings.popTc === PopMode.uniform;

  /** Acts on `count` slots of `labels`, and `walks` slots of `walk`. */
  function actOnLabels(count: number, walks: number): void {
    findBriefs(count);
    for (let i = 0; i < count; i++) {
      const slot = labels[i] as number;
      const brief = found[slot] as number;
      legOf[slot] = brief < Brief.toTable ? (flat[brief * flatWords] as number) : 0;
    }
    for (let i = 0; i < count; i++) actOnBrief(labels[i] as number);
    for (let i = 0; i < walks; i++) walkLabels(walk[i] as number);
  }

  /** The top entry of each stack, an explicit null above another label taken off, and the brief of its label. */
  function findBriefs(count: number): void {
    for (let i = 0; i < count; i++) {
      const slot = labels[i] as number;
      const at = top[slot] as number;
      let word = words[at] as number;
      if ((word & (LABEL_BITS & ~0x00200000)) === 0 && word >= TTL_TWO && (word & S_BIT) === 0) {
        const next = words[at + 1] as number;
        word = pass(word, next, carryNullTtl, carryNullTc);
        top[slot] = at + 1;
        length[slot] = (length[slot] as number) - 4;
      }
      entry[slot] = word;
      const key = (word & 0xffff) | ((word >>> 4) & 0xf0000);
      met[slot] = key;
      found[slot] = briefs[key] as number;
    }
  }

  /** The entry `next` with the TTL and TC that the popped one above it leaves it (TTL-4, TC-2). */
  function pass(popped: number, next: number, ttl: boolean, tc: boolean): number {
    const left = ttl && next >>> 24 > popped >>> 24 ? popped & 0xff000000 : next & 0xff000000;
    return ((next & 0x00f1ffff) | left | ((tc ? popped : next) & TC_BITS)) >>> 0;
  }

  function actOnBrief(slot: number): void {
    const brief = found[slot] as number;
    const word = entry[slot] as number;
    const at = top[slot] as number;
    const flags = legOf[slot] as number;
    if (brief === 0 || word < TTL_TWO) {
      walkLabels(slot);
    } else if (brief >= Brief.toTable) {
      if ((word & S_BIT) === 0) return walkLabels(slot);
      const ttl = (brief & Brief.ttlPipe) === 0 ? word >>> 24 : 0xff;
      const tc = (brief & Brief.tcPipe) === 0 ? (word >>> 17) & 7 : 0xff;
      const looks = at === network[slot] ? 1 : 2;
      uncover(slot, at + 1, Payload.ip, brief & Brief.table, looks, ttl, tc);
    } else if (!hasBottom(slot, at)) {
      // The slow path says why.
    } else if ((flags & Flat.php) === 0) {
      const fields = (word & TC_S_BITS) | ((word & 0xff000000) - 0x01000000);
      swapFlat(slot, brief, flags, at, fields, (length[slot] as number) - 4);
    } else if ((word & S_BIT) === 0) {
      popFlat(slot, brief, at, word);
    } else {
      walkLabels(slot);
    }
  }

  /** Whether the stack that begins at word `at` ends inside the frame. */
  function hasBottom(slot: number, at: number): boolean {
    if (((words[at] as number) & S_BIT) !== 0) return true;
    const end = at + ((length[slot] as number) >>> 2);
    for (let next = at + 1; next < end; next++) if (((words[next] as number) & S_BIT) !== 0) return true;
    return false;
  }

  /** A swap whose leg is flat. `fields`: TC, S and the new TTL of the swapped entry; `rest`: bytes beneath it. */
  function swapFlat(slot: number, leg: number, flags: number, at: number, fields: number, rest: number): void {
    const record = leg * flatWords;
    const adjacency = flat[record + 1] as number;
    const count = flags & Flat.labels;
    if (!ready(adjacency, rest + 4 + (count << 2))) return;
    words[at] = (flat[record + 6] as number) | fields;
    let word = at;
    for (let i = 0; i < count; i++) words[--word] = (flat[record + 2 + i] as number) | (fields & ~S_BIT);
    close(slot, adjacency, word, at + 1, rest, TYPE_MPLS);
  }

  /** A penultimate hop pop in uniform model that uncovers a label (TTL-5, TC-2). */
  function popFlat(slot: number, leg: number, at: number, word: number): void {
    const below = pass(word, words[at + 1] as number, true, true);
    const adjacency = flat[leg * flatWords + 1] as number;
    const rest = (length[slot] as number) - 4;
    if (below < TTL_TWO || !ready(adjacency, rest)) return;
    words[at + 1] = below - 0x01000000;
    close(slot, adjacency, at + 1, at + 1, rest, TYPE_MPLS);
  }

  /** One frame's stack from its arrival on, label by label. What it cannot do stays with the slow path. */
  function walkLabels(slot: number): void {
    let at = network[slot] as number;
    const rest = (length[slot] as number) + (((top[slot] as number) - at) << 2);
    const endWord = at + (rest >>> 2);
    let bottom = at;
    while (bottom < endWord && ((words[bottom] as number) & S_BIT) === 0) bottom++;
    if (bottom >= endWord) return;
    top[slot] = at;
    length[slot] = rest;
    const interfaceIndex = ingress[slot] as number;
    const record = interfaceIndex * interfaceWords;
    const guarded = interfaces[record + 9] !== 0;
    let word = words[at] as number;
    let looked = 0;
    met[slot] = 0;
    for (let look = 1; look <= lookupsMax; look++) {
      if (word < TTL_TWO) return;
      const atBottom = at === bottom;
      let ttl = carryNullTtl;
      let tc = carryNullTc;
      let payload = Payload.ip as number;
      let ipTable = interfaces[record + 2] as number;
      let endsHere = false;
      if ((word & 0xffff) === 0) {
        const label = (word >>> 20) & 15;
        if (label !== 0 && label !== 2) return;
        payload = label === 0 ? Payload.ip4 : Payload.ip6;
      } else {
        const label = ((word & 0xff) << 12) | ((word >>> 4) & 0xff0) | ((word >>> 20) & 15);
        if (guarded && !tables.interfaces.accepts(interfaceIndex, label)) return;
        const key = (word & 0xffff) | ((word >>> 4) & 0xf0000);
        // Accounts have room for two.
        if (looked++ > 1) return;
        if (looked === 1) met[slot] = key;
        else met2[slot] = key;
        const item = (labelMap[key] as number) * labelEntryWords;
        const kind = labelEntries[item];
        if (kind === Action.group) {
          const leg = legWalk.chosen(labelEntries[item + 1] as number, slot, true);
          if (leg !== 0) takeLeg(slot, leg, at, bottom, word);
          return;
        }
        if (kind === Action.pseudowire) {
          uncoverFrame(slot, labelEntries[item + 1] as number, at, bottom);
          return;
        }
        if (kind !== Action.table && kind !== Action.pop) return;
        payload = (labelEntries[item + 2] as number) || Payload.ip;
        ttl = labelEntries[item + 3] === PopMode.uniform;
        tc = labelEntries[item + 4] === PopMode.uniform;
        endsHere = kind === Action.table;
        // Beneath entropy labels alone a plain pop's IP belongs to the interface of arrival (LBL-7), else to the global table.
        if (endsHere) ipTable = labelEntries[item + 1] as number;
        else if (atBottom) ipTable = 0;
      }
      const beneath = skipEntropy(at, bottom);
      if (beneath < 0 || (endsHere && beneath <= bottom)) return;
      if (beneath > bottom) {
        uncover(slot, beneath, payload, ipTable, look, ttl ? word >>> 24 : 0xff, tc ? (word >>> 17) & 7 : 0xff);
        return;
      }
      word = pass(word, words[beneath] as number, ttl, tc);
      at = beneath;
    }
  }

  /** A pseudowire's frame lies beneath the label at word `at`: it is for the layer 2 pass. */
  function uncoverFrame(slot: number, pseudowire: number, at: number, bottom: number): void {
    const record = pseudowire * pseudowireWords;
    const flags = pseudowires[record] as number;
    if ((flags & (Pseudowire.tagged | Pseudowire.sequencing)) !== 0) return;
    let beneath = skipEntropy(at, bottom);
    if ((flags & Pseudowire.flowLabel) !== 0) {
      if (beneath !== bottom || ((words[beneath] as number) & 0xffff) === 0) return;
      beneath++;
    }
    if (beneath <= bottom) return;
    let left = (length[slot] as number) - ((beneath - (top[slot] as number)) << 2);
    if ((flags & Pseudowire.controlWord) !== 0) {
      if (left < 4 || ((words[beneath] as number) & 0xf0) !== 0) return;
      left -= 4;
      beneath++;
    }
    if (left < 14) return;
    mark[slot] = Mark.frame;
    macs[slot] = beneath << 2;
    rest[slot] = (beneath << 2) + 12;
    circuit[slot] = pseudowires[record + 1] as number;
  }

  /** The word behind the entry at `at` and the entropy labels that its pop uncovers; -1: a bad stack (LBL-7). */
  function skipEntropy(at: number, bottom: number): number {
    let next = at + 1;
    while (next <= bottom && ((words[next] as number) & LABEL_BITS) === indicator) {
      if (next === bottom) return -1;
      next += 2;
    }
    return next;
  }

  /** IP lies at word `at`, to be looked up in a table: it joins a list of pass 3. */
  function uncover(
    slot: number,
    at: number,
    payload: number,
    ipTable: number,
    looks: number,
    ttl: number,
    tc: number,
  ): void {
    const family = expose(slot, at, payload);
    if (family === 0 || looks >= lookupsMax) return;
    table[slot] = ipTable;
    carried[slot] = ttl | (tc << Carried.tc) | (looks << Carried.looks);
    if (family === 4) list4[uncovered.ip4++] = slot;
    else list6[uncovered.ip6++] = slot;
  }

  /** IP of the kind that is due lies at word `at`: it is on top now. Answers its family, 0 for the slow path. */
  function expose(slot: number, at: number, payload: number): 0 | 4 | 6 {
    const rest = (length[slot] as number) - ((at - (top[slot] as number)) << 2);
    if (rest < 20) return 0;
    const nibble = ((words[at] as number) >>> 4) & 15;
    top[slot] = at;
    length[slot] = rest;
    if (nibble === 4 && payload !== Payload.ip6) return 4;
    return nibble === 6 && payload !== Payload.ip4 ? 6 : 0;
  }

  /** The leg of a label at word `at`, of which pops so far have made `word`: swap, pop for or to the next hop. */
  function takeLeg(slot: number, leg: number, at: number, bottom: number, word: number): void {
    const record = leg * legWords;
    const flags = legs[record + 3] as number;
    const rest = (length[slot] as number) - ((at + 1 - (top[slot] as number)) << 2);
    if ((flags & Leg.swap) !== 0) {
      const swapped = ((word & (0xff000000 | TC_S_BITS)) | (legs[record + 13] as number)) - 0x01000000;
      if ((flags & Leg.entropy) === 0) forward(slot, leg, swapped, at + 1, rest);
      return;
    }
    const ttl = legs[record + 8] === PopMode.uniform;
    const tc = legs[record + 9] === PopMode.uniform;
    if ((flags & Leg.php) !== 0 && at < bottom) {
      const below = pass(word, words[at + 1] as number, ttl, tc);
      if (!ttl) forward(slot, leg, below, at + 2, rest - 4);
      else if (below >= TTL_TWO) forward(slot, leg, below - 0x01000000, at + 2, rest - 4);
      return;
    }
    if ((flags & (Leg.php | Leg.ends)) === 0) return;
    const beneath = (flags & Leg.ends) === 0 ? at + 1 : skipEntropy(at, bottom);
    if (beneath <= bottom) return;
    const payload = (legs[record + 10] as number) || Payload.ip;
    const family = expose(slot, beneath, payload);
    if (family === 0) return;
    const untouched = (flags & Leg.php) !== 0 && !ttl ? Carried.untouched : 0;
    carried[slot] = (ttl ? word >>> 24 : 0xff) | ((tc ? (word >>> 17) & 7 : 0xff) << Carried.tc) | untouched;
    legOf[slot] = leg;
    if (family === 4) direct4[uncovered.direct4++] = slot;
    else direct6[uncovered.direct6++] = slot;
  }

  /** Sends on: `changed` instead of the entry that ends before word `at`, and above it what the leg pushes. */
  function forward(slot: number, leg: number, changed: number, at: number, rest: number): void {
    stack[0] = changed;
    pushed.count = 1;
    const adjacency = legWalk.walk(slot, leg, changed >>> 24, (changed >>> 17) & 7, false, true);
    if (adjacency < 0 || !ready(adjacency, rest + (pushed.count << 2))) return;
    close(slot, adjacency, legWalk.write(at), at, rest, TYPE_MPLS);
  }

  return { actOnLabels, uncovered };
}
