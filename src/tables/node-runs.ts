// Nodes of a prefix table as their writer sees them: lists of runs, a run being slots side by side with the same entry.
// Reads nodes into such a list, writes a list as a node of the kind that suits it, and keeps what only the writer needs:
//
//   lengths[place]      the prefix length that the leaf in words[place] came from; `lengthOfNode` for a node
//   denseCounts[place / 16]  runs in the dense node at that place
//   used[table]         words of a table's nodes, as the pool rounds them
//
// Runs in work lie in `start`, `value`, `length` from `base` on, so that a builder can keep a list for each level.
import { byteColumn } from './columns.ts';
import {
  denseNode,
  nodeBit,
  nodeHeaderWords,
  popCount,
  slotsOfNode,
  slotsOfWide,
  smallNode,
  smallRuns,
  smallWords,
  wideNode,
} from './trie-words.ts';
import { alignedWords, pieceWords, type WordPool } from './word-pool.ts';

/** Runs from which a node is dense, and below which a dense one is made sparse again. */
const denseRuns = 24;
const sparseRuns = 12;
/** The same for the root of a table, which every look-up reads: a KiB is soon worth it. */
const denseRootRuns = 3;
/** Room for a wide node's runs and for those of one node on each level beneath. */
const runsMax = slotsOfWide + 17 * (slotsOfNode + 2);

/** Stands for a prefix length where an entry leads to a node, so that a writer need not read the entry. */
export const lengthOfNode = 255;

export class NodeRuns {
  readonly words: Uint32Array;
  readonly lengths: Uint8Array;
  readonly used: Uint32Array;
  readonly #denseCounts: Uint16Array;
  readonly #pool: WordPool;
  readonly #smallRuns: number;
  readonly start = new Uint32Array(runsMax);
  readonly value = new Uint32Array(runsMax);
  readonly length = new Uint8Array(runsMax);
  base = 0;
  /** Runs from `base` on. */
  count = 0;
  /** The table whose nodes are in work. */
  table = 0;

  /** Nodes of up to three runs are small ones if `hasSmall`. */
  constructor(words: Uint32Array, tableCount: number, pool: WordPool, hasSmall: boolean) {
    this.words = words;
    this.lengths = byteColumn(words.length);
    this.used = new Uint32Array(tableCount);
    this.#denseCounts = new Uint16Array(Math.ceil(words.length / alignedWords));
    this.#pool = pool;
    this.#smallRuns = hasSmall ? smallRuns : 0;
  }

  /** Makes what an entry leads to reachable, after all that was written there. */
  publish(place: number, entry: number, length: number): void {
    this.lengths[place] = length;
    Atomics.store(this.words, place, entry);
  }

  /**
   * Changes a leaf. One word is always whole, and nothing but the route's record, which was written long before, lies behind
   * it: so a plain store will do. With `Atomics.store` for all slots of a short prefix, updates took 1.6 µs instead of 1.05.
   */
  storeLeaf(place: number, route: number, length: number): void {
    this.lengths[place] = length;
    this.words[place] = route;
  }

  /** Begins a list with one run. */
  begin(value: number, length: number): void {
    this.count = 1;
    this.start[this.base] = 0;
    this.value[this.base] = value;
    this.length[this.base] = length;
  }

  /** A run at the end of the list. */
  append(start: number, value: number, length: number): void {
    const at = this.base + this.count++;
    this.start[at] = start;
    this.value[at] = value;
    this.length[at] = length;
  }

  /** Reads the node that an entry leads to; it is not wide. */
  decode(entry: number): void {
    this.count = 0;
    if (entry >= denseNode) this.decodeSlots(entry - denseNode);
    else if (entry >= smallNode) this.#decodeSmall(entry - smallNode);
    else this.#decodeSparse(entry - nodeBit);
  }

  #decodeSmall(node: number): void {
    const starts = this.words[node];
    this.append(0, this.words[node + 1], this.lengths[node + 1]);
    if ((starts & 0xffff) < slotsOfNode) this.append(starts & 0xffff, this.words[node + 2], this.lengths[node + 2]);
    if (starts >>> 16 < slotsOfNode) this.append(starts >>> 16, this.words[node + 3], this.lengths[node + 3]);
  }

  #decodeSparse(node: number): void {
    let at = node + nodeHeaderWords;
    for (let word = 0; word < 8; word++) {
      for (let bits = this.words[node + word]; bits !== 0; bits &= bits - 1) {
        this.append(word * 32 + 31 - Math.clz32(bits & -bits), this.words[at], this.lengths[at]);
        at++;
      }
    }
  }

  /** Reads 256 entries side by side: a dense node, or a part of a wide one. */
  decodeSlots(first: number): void {
    this.count = 0;
    for (let slot = 0; slot < slotsOfNode; slot++) {
      if (slot === 0 || this.differs(first + slot))
        this.append(slot, this.words[first + slot], this.lengths[first + slot]);
    }
  }

  /** Whether an entry in slots side by side begins a run. Nodes always do: each belongs to its own slot. */
  differs(place: number): boolean {
    const value = this.words[place];
    return value !== this.words[place - 1] || value >= nodeBit || this.lengths[place] !== this.lengths[place - 1];
  }

  /** How many runs begin at an entry of a dense node and at the one behind it; that of slot 0 does not count. */
  beginsAround(node: number, at: number): number {
    return (at > node && this.differs(at) ? 1 : 0) + (at < node + slotsOfNode - 1 && this.differs(at + 1) ? 1 : 0);
  }

  /** What to add to a dense node's count when a leaf took a node's place: that began a run, and so did what follows it. */
  leafed(node: number, at: number): number {
    return this.beginsAround(node, at) - (at > node ? 1 : 0) - (at < node + slotsOfNode - 1 ? 1 : 0);
  }

  denseCount(node: number): number {
    return this.#denseCounts[node / alignedWords];
  }

  addToDenseCount(node: number, difference: number): void {
    this.#denseCounts[node / alignedWords] += difference;
  }

  /** Makes a run begin at a slot; answers how many runs that adds. */
  split(slot: number): number {
    if (slot >= slotsOfNode) return 0;
    const { start, value, length, base } = this;
    let run = base + this.count - 1;
    while (start[run] > slot) run--;
    if (start[run] === slot) return 0;
    for (let at = base + this.count; at > run + 1; at--) {
      start[at] = start[at - 1];
      value[at] = value[at - 1];
      length[at] = length[at - 1];
    }
    start[run + 1] = slot;
    value[run + 1] = value[run];
    length[run + 1] = length[run];
    this.count++;
    return 1;
  }

  /** The run in work that holds a slot. */
  runOf(slot: number): number {
    let run = this.base + this.count - 1;
    while (this.start[run] > slot) run--;
    return run;
  }

  /** Joins runs side by side that are the same leaf; answers how many are gone. */
  join(): number {
    const { start, value, length, base } = this;
    let kept = base;
    for (let run = base + 1; run < base + this.count; run++) {
      if (value[run] === value[kept] && length[run] === length[kept] && value[run] < nodeBit) continue;
      kept++;
      start[kept] = start[run];
      value[kept] = value[run];
      length[kept] = length[run];
    }
    const gone = base + this.count - 1 - kept;
    this.count -= gone;
    return gone;
  }

  /** Whether the list is one leaf that came from a prefix of at most so many bits, so that an entry can say it all. */
  isLeaf(depth: number): boolean {
    return this.count === 1 && this.value[this.base] < nodeBit && this.length[this.base] <= depth;
  }

  /** Whether so many runs are no longer worth a dense node. */
  isThin(count: number, isRoot: boolean): boolean {
    return count < (isRoot ? denseRootRuns : sparseRuns);
  }

  /** Writes the joined list as a new node; answers its entry. `wasDense`: it takes the place of a dense one. */
  encode(isRoot: boolean, wasDense: boolean): number {
    const from = isRoot ? denseRootRuns : wasDense ? sparseRuns : denseRuns;
    if (this.count >= from) return this.#encodeDense() + denseNode;
    return this.count <= this.#smallRuns ? this.#encodeSmall() + smallNode : this.#encodeSparse() + nodeBit;
  }

  /** The same as a wide node. */
  encodeWide(): number {
    const node = this.take(slotsOfWide);
    this.writeSlots(node, slotsOfWide);
    return node + wideNode;
  }

  #encodeDense(): number {
    const node = this.take(slotsOfNode);
    this.writeSlots(node, slotsOfNode);
    this.#denseCounts[node / alignedWords] = this.count;
    return node;
  }

  /** Writes the list slot by slot. */
  writeSlots(node: number, slots: number): void {
    const end = this.base + this.count;
    for (let run = this.base; run < end; run++) {
      const from = node + this.start[run];
      const to = node + (run + 1 < end ? this.start[run + 1] : slots);
      const value = this.value[run];
      const length = this.length[run];
      // Most runs are short: a call of `fill` would cost more than it writes.
      for (let at = from; at < to; at++) this.words[at] = value;
      for (let at = from; at < to; at++) this.lengths[at] = length;
    }
  }

  #writeEntries(first: number): void {
    for (let run = 0; run < this.count; run++) {
      this.words[first + run] = this.value[this.base + run];
      this.lengths[first + run] = this.length[this.base + run];
    }
  }

  #encodeSmall(): number {
    const node = this.take(smallWords);
    const second = this.count > 1 ? this.start[this.base + 1] : slotsOfNode;
    const third = this.count > 2 ? this.start[this.base + 2] : slotsOfNode;
    this.words[node] = second | (third << 16);
    this.#writeEntries(node + 1);
    return node;
  }

  #encodeSparse(): number {
    const node = this.take(nodeHeaderWords + this.count);
    const { words } = this;
    for (let at = node; at < node + nodeHeaderWords; at++) words[at] = 0;
    for (let run = this.base; run < this.base + this.count; run++) {
      const start = this.start[run];
      words[node + (start >>> 5)] |= 1 << (start & 31);
    }
    let before = 0;
    for (let word = 0; word < 8; word++) {
      words[node + 8 + (word >>> 2)] |= before << ((word & 3) * 8);
      before += popCount(words[node + word]);
    }
    this.#writeEntries(node + nodeHeaderWords);
    return node;
  }

  take(count: number): number {
    const place = this.#pool.take(count);
    this.used[this.table] += pieceWords(count);
    return place;
  }

  /** Gives the words of a node back, once nothing leads to it. Leaves have none. */
  release(entry: number): void {
    if (entry >= wideNode) this.#give(entry - wideNode, slotsOfWide);
    else if (entry >= denseNode) this.#give(entry - denseNode, slotsOfNode);
    else if (entry >= smallNode) this.#give(entry - smallNode, smallWords);
    else if (entry >= nodeBit) this.#give(entry - nodeBit, nodeHeaderWords + this.sparseCount(entry - nodeBit));
  }

  #give(place: number, count: number): void {
    this.used[this.table] -= pieceWords(count);
    this.#pool.free(place, count);
  }

  sparseCount(node: number): number {
    return (this.words[node + 9] >>> 24) + popCount(this.words[node + 7]);
  }

  /** Gives back a whole tree, once nothing leads to it. */
  releaseTree(entry: number): void {
    if (entry < nodeBit) return;
    const first = this.firstEntry(entry);
    // Bytes are a quarter of what there is to read.
    for (let at = first, end = first + this.entryCount(entry); at < end; at++)
      if (this.lengths[at] === lengthOfNode) this.releaseTree(this.words[at]);
    this.release(entry);
  }

  /** Where the entries of a node begin. */
  firstEntry(entry: number): number {
    if (entry >= wideNode) return entry - wideNode;
    if (entry >= denseNode) return entry - denseNode;
    return entry >= smallNode ? entry - smallNode + 1 : entry - nodeBit + nodeHeaderWords;
  }

  /** How many entries a node has. */
  entryCount(entry: number): number {
    if (entry >= wideNode) return slotsOfWide;
    if (entry >= denseNode) return slotsOfNode;
    if (entry < smallNode) return this.sparseCount(entry - nodeBit);
    const starts = this.words[entry - smallNode];
    return (starts >>> 16 < slotsOfNode ? 1 : 0) + ((starts & 0xffff) < slotsOfNode ? 1 : 0) + 1;
  }
}
