// Longest-prefix match in 8-bit strides with two kinds of node, chosen by what is in them: a sparse node keeps one
// word for each run of equal slots, a dense one a word for each of its 256 slots. Leaves are pushed down, so a look-up
// never looks back. Thousands of small VRFs stay small, big tables are fast. One pool serves all tables of a family.
//
//   words[t]          the root entry of table t
//   entry             0 no route | 1 … 2^31 − 1 route | bit 31 + place of a sparse node | bits 31, 30 + of a dense one
//   sparse, words 0–7 bitmap of the 256 slots: 1 where a run begins (slot 0 always does)
//                8, 9 runs before bitmap word 0, 1, … 7, a byte each, lowest first
//                10 … entries, one a run
//   dense, 256 words  entries, one a slot
//
// `lengths`, parallel to `words`, is for the writer alone: the prefix length that each entry came from. A change
// builds a new node beside the old one and swings one word, so a reader sees the table before or after it.
import type { LongestPrefix } from './longest-prefix.ts';
import { WordPool } from './word-pool.ts';

/** Marks an entry that leads to a node. */
export const nodeBit = 0x80000000;
/** Marks an entry that leads to a dense node; every such entry is at least this large. */
export const denseNode = 0xc0000000;
/** Runs from which a node is dense, and below which a dense one is made sparse again. */
const denseRuns = 24;
const sparseRuns = 12;
/** The same for the root of a table, which every look-up reads: a KiB is soon worth it. */
const denseRootRuns = 3;
/** Words of a sparse node before its entries. */
export const nodeHeaderWords = 10;
const slots = 256;

type Address = readonly number[] | Uint32Array;

/** Byte `level` (0 is the most significant) of an address. */
function byteAt(address: Address, level: number): number {
  return ((address[level >>> 2] as number) >>> (24 - 8 * (level & 3))) & 255;
}

/** Bits set in a word. */
export function popCount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Words that one more prefix of this length can take, at the worst. */
export function wordsForPrefix(length: number): number {
  return Math.ceil(length / 8) * 16 + 8;
}

export class RunTrie implements LongestPrefix {
  readonly words: Uint32Array;
  readonly #lengths: Uint8Array;
  readonly #pool: WordPool;
  readonly #tableCount: number;
  // The node in work, as runs.
  #runs = 0;
  readonly #start = new Uint16Array(slots + 2);
  readonly #value = new Uint32Array(slots + 2);
  readonly #length = new Uint8Array(slots + 2);

  /** `words` must be zeroed and hold at least the roots of `tableCount` tables. */
  constructor(words: Uint32Array, tableCount: number) {
    this.words = words;
    this.#lengths = new Uint8Array(words.length);
    this.#tableCount = tableCount;
    this.#pool = new WordPool(tableCount, words.length);
  }

  get usedBytes(): number {
    return this.#pool.used * 4;
  }

  lookup(table: number, address: Address): number {
    let entry = this.words[table] as number;
    for (let level = 0; entry >= nodeBit; level++)
      entry = this.words[this.#place(entry, byteAt(address, level))] as number;
    return entry;
  }

  insert(table: number, address: Address, length: number, route: number): void {
    let place = table;
    for (let level = 0; ; level++) {
      const bits = length - 8 * level;
      if (bits === 0) return this.#fill(place, length, route, length);
      if ((this.words[place] as number) < nodeBit) this.#grow(place);
      const entry = this.words[place] as number;
      const byte = byteAt(address, level);
      if (bits <= 8)
        return this.#fillRange(place, byte & (0xff00 >>> bits) & 0xff, 1 << (8 - bits), length, route, length);
      if ((this.words[this.#place(entry, byte)] as number) < nodeBit) this.#isolate(place, byte);
      place = this.#place(this.words[place] as number, byte);
    }
  }

  remove(table: number, address: Address, length: number, coveringRoute: number, coveringLength: number): void {
    const path: number[] = [];
    let place = table;
    for (let level = 0; ; level++) {
      const bits = length - 8 * level;
      const entry = this.words[place] as number;
      if (bits === 0) {
        this.#replace(place, length, coveringRoute, coveringLength);
        break;
      }
      if (entry < nodeBit) return;
      path.push(place);
      const byte = byteAt(address, level);
      if (bits <= 8) {
        const first = byte & (0xff00 >>> bits) & 0xff;
        this.#replaceRange(place, first, 1 << (8 - bits), length, coveringRoute, coveringLength);
        break;
      }
      place = this.#place(entry, byte);
    }
    for (const node of path.reverse()) this.#tidy(node);
  }

  /** Where the entry for a slot of a node lies. */
  #place(entry: number, slot: number): number {
    if (entry >= denseNode) return entry - denseNode + slot;
    const node = entry - nodeBit;
    const word = slot >>> 5;
    const before = ((this.words[node + 8 + (word >>> 2)] as number) >>> ((word & 3) * 8)) & 255;
    const bits = (this.words[node + word] as number) & (0xffffffff >>> (31 - (slot & 31)));
    return node + nodeHeaderWords + before + popCount(bits) - 1;
  }

  /** Makes an entry that is a leaf a node with that leaf in all of its slots. */
  #grow(place: number): void {
    this.#runs = 1;
    this.#start[0] = 0;
    this.#value[0] = this.words[place] as number;
    this.#length[0] = this.#lengths[place] as number;
    this.words[place] = this.#encode();
  }

  /** Gives a slot of the node a node of its own. */
  #isolate(place: number, slot: number): void {
    const at = this.#place(this.words[place] as number, slot);
    const value = this.words[at] as number;
    const length = this.#lengths[at] as number;
    this.#runs = 1;
    this.#start[0] = 0;
    this.#value[0] = value;
    this.#length[0] = length;
    const child = this.#encode();
    this.#decode(place);
    this.#split(slot);
    this.#split(slot + 1);
    const run = this.#runOf(slot);
    this.#value[run] = child;
    this.#swing(place);
  }

  /** Puts a route into an entry, and everything beneath it, wherever the prefix there is not longer. */
  #fill(place: number, length: number, route: number, routeLength: number): void {
    const entry = this.words[place] as number;
    if (entry >= nodeBit) return this.#fillRange(place, 0, slots, length, route, routeLength);
    if ((this.#lengths[place] as number) > length) return;
    this.words[place] = route;
    this.#lengths[place] = routeLength;
  }

  #fillRange(place: number, first: number, count: number, length: number, route: number, routeLength: number): void {
    this.#change(
      place,
      first,
      count,
      (held) => held <= length,
      route,
      routeLength,
      (child) => this.#fill(child, length, route, routeLength),
    );
  }

  /** Puts the covering route where this very prefix was. */
  #replace(place: number, length: number, route: number, routeLength: number): void {
    const entry = this.words[place] as number;
    if (entry >= nodeBit) return this.#replaceRange(place, 0, slots, length, route, routeLength);
    if (this.#lengths[place] !== length) return;
    this.words[place] = route;
    this.#lengths[place] = routeLength;
  }

  #replaceRange(place: number, first: number, count: number, length: number, route: number, routeLength: number): void {
    this.#change(
      place,
      first,
      count,
      (held) => held === length,
      route,
      routeLength,
      (child) => this.#replace(child, length, route, routeLength),
    );
    for (const child of this.#children(place, first, count)) this.#tidy(child);
  }

  /** Changes the leaves in a range of slots whose length `matches`; calls `descend` for each node in the range. */
  #change(
    place: number,
    first: number,
    count: number,
    matches: (length: number) => boolean,
    route: number,
    routeLength: number,
    descend: (child: number) => void,
  ): void {
    for (const child of this.#children(place, first, count)) descend(child);
    this.#decode(place);
    this.#split(first);
    this.#split(first + count);
    let changed = false;
    for (let run = 0; run < this.#runs; run++) {
      const start = this.#start[run] as number;
      if (start < first || start >= first + count || (this.#value[run] as number) >= nodeBit) continue;
      if (!matches(this.#length[run] as number)) continue;
      this.#value[run] = route;
      this.#length[run] = routeLength;
      changed = true;
    }
    if (changed) this.#swing(place);
  }

  /** Places of the entries in a range of slots that are nodes. */
  #children(place: number, first: number, count: number): number[] {
    const children: number[] = [];
    const entry = this.words[place] as number;
    const from = this.#place(entry, first);
    const to = this.#place(entry, first + count - 1);
    for (let at = from; at <= to; at++) if ((this.words[at] as number) >= nodeBit) children.push(at);
    return children;
  }

  /** Joins what has become equal in a node; one that is a single leaf all over becomes that leaf. */
  #tidy(place: number): void {
    const before = this.words[place] as number;
    if (before < nodeBit) return;
    this.#decode(place);
    if (before >= denseNode ? this.#runs < this.#denseFrom(place, before) : this.#hasEqualNeighbors())
      this.#swing(place);
    const entry = this.words[place] as number;
    if (entry >= denseNode || this.#countRuns(entry - nodeBit) !== 1) return;
    const only = entry - nodeBit + nodeHeaderWords;
    if ((this.words[only] as number) >= nodeBit) return;
    this.#lengths[place] = this.#lengths[only] as number;
    this.words[place] = this.words[only] as number;
    this.#release(entry);
  }

  /** Gives the words of a node back. */
  #release(entry: number): void {
    if (entry >= denseNode) this.#pool.free(entry - denseNode, slots);
    else this.#pool.free(entry - nodeBit, nodeHeaderWords + this.#countRuns(entry - nodeBit));
  }

  #hasEqualNeighbors(): boolean {
    for (let run = 1; run < this.#runs; run++) if (this.#equalsBefore(run, run - 1)) return true;
    return false;
  }

  /** Whether two runs in work are the same leaf. Nodes are never joined: each belongs to its own slots. */
  #equalsBefore(run: number, before: number): boolean {
    return (
      this.#value[run] === this.#value[before] &&
      this.#length[run] === this.#length[before] &&
      (this.#value[run] as number) < nodeBit
    );
  }

  #countRuns(node: number): number {
    return (((this.words[node + 9] as number) >>> 24) & 255) + popCount(this.words[node + 7] as number);
  }

  /** Reads the node that an entry leads to into the runs in work. */
  #decode(place: number): void {
    const entry = this.words[place] as number;
    if (entry >= denseNode) return this.#decodeDense(entry - denseNode);
    const node = entry - nodeBit;
    let run = 0;
    for (let word = 0; word < 8; word++) {
      for (let bits = this.words[node + word] as number; bits !== 0; bits &= bits - 1) {
        this.#start[run] = word * 32 + 31 - Math.clz32(bits & -bits);
        this.#value[run] = this.words[node + nodeHeaderWords + run] as number;
        this.#length[run] = this.#lengths[node + nodeHeaderWords + run] as number;
        run++;
      }
    }
    this.#runs = run;
  }

  #decodeDense(node: number): void {
    let run = -1;
    for (let slot = 0; slot < slots; slot++) {
      const value = this.words[node + slot] as number;
      const length = this.#lengths[node + slot] as number;
      if (run >= 0 && value < nodeBit && value === this.#value[run] && length === this.#length[run]) continue;
      run++;
      this.#start[run] = slot;
      this.#value[run] = value;
      this.#length[run] = length;
    }
    this.#runs = run + 1;
  }

  #runOf(slot: number): number {
    let run = this.#runs - 1;
    while ((this.#start[run] as number) > slot) run--;
    return run;
  }

  /** Makes a run begin at the slot. */
  #split(slot: number): void {
    if (slot >= slots) return;
    const run = this.#runOf(slot);
    if (this.#start[run] === slot) return;
    for (const array of [this.#start, this.#value, this.#length]) array.copyWithin(run + 1, run, this.#runs);
    this.#start[run + 1] = slot;
    this.#runs++;
  }

  /** The runs from which the node at a place is dense, given what it is now. */
  #denseFrom(place: number, entry: number): number {
    if (place < this.#tableCount) return denseRootRuns;
    return entry >= denseNode ? sparseRuns : denseRuns;
  }

  /** Writes the runs in work as a new node and lets the entry lead to it; the old node is given back. */
  #swing(place: number): void {
    const old = this.words[place] as number;
    this.words[place] = this.#encode(this.#denseFrom(place, old));
    this.#release(old);
  }

  /** Writes the runs in work, equal neighbours joined, as a node, dense from so many runs on; answers its entry. */
  #encode(denseFrom = denseRuns): number {
    let kept = 0;
    for (let run = 1; run < this.#runs; run++) {
      if (this.#equalsBefore(run, kept)) continue;
      kept++;
      this.#start[kept] = this.#start[run] as number;
      this.#value[kept] = this.#value[run] as number;
      this.#length[kept] = this.#length[run] as number;
    }
    this.#runs = kept + 1;
    return this.#runs >= denseFrom ? this.#encodeDense() + denseNode : this.#encodeSparse() + nodeBit;
  }

  #encodeDense(): number {
    const node = this.#pool.take(slots);
    this.#start[this.#runs] = slots;
    for (let run = 0; run < this.#runs; run++) {
      const from = node + (this.#start[run] as number);
      const to = node + (this.#start[run + 1] as number);
      this.words.fill(this.#value[run] as number, from, to);
      this.#lengths.fill(this.#length[run] as number, from, to);
    }
    return node;
  }

  #encodeSparse(): number {
    const node = this.#pool.take(nodeHeaderWords + this.#runs);
    this.words.fill(0, node, node + nodeHeaderWords);
    for (let run = 0; run < this.#runs; run++) {
      const start = this.#start[run] as number;
      const at = node + (start >>> 5);
      this.words[at] = ((this.words[at] as number) | (1 << (start & 31))) >>> 0;
      this.words[node + nodeHeaderWords + run] = this.#value[run] as number;
      this.#lengths[node + nodeHeaderWords + run] = this.#length[run] as number;
    }
    this.#writeCounts(node);
    return node;
  }

  #writeCounts(node: number): void {
    let before = 0;
    for (let word = 0; word < 8; word++) {
      const at = node + 8 + (word >>> 2);
      this.words[at] = ((this.words[at] as number) | (before << ((word & 3) * 8))) >>> 0;
      before += popCount(this.words[node + word] as number);
    }
  }
}
