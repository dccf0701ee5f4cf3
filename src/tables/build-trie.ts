// Builds the tree of a whole prefix table: each node is written once, when all that lies beneath it is. What it costs is
// in proportion to the prefixes, however many slots they cover.
import { lengthOfNode, type NodeRuns } from './node-runs.ts';
import type { SortedPrefixes } from './sort-prefixes.ts';

/** Prefixes that can lie inside one another, and one entry of each level that holds them. */
const nestingMax = 129 + 17;

class TreeBuilder {
  readonly #runs: NodeRuns;
  readonly #prefixes: SortedPrefixes;
  // The prefixes, one inside the other, that hold the slot in work: where each ends, and its leaf.
  readonly #end = new Uint32Array(nestingMax);
  readonly #route = new Uint32Array(nestingMax);
  readonly #length = new Uint8Array(nestingMax);
  #top = -1;

  constructor(runs: NodeRuns, prefixes: SortedPrefixes) {
    this.#runs = runs;
    this.#prefixes = prefixes;
  }

  /** The slot of a prefix in a node that `depth` bits lead to. */
  #slot(prefix: number, depth: number, stride: number): number {
    const { keys, keyWords } = this.#prefixes;
    return (keys[prefix * keyWords + (depth >>> 5)] >>> (32 - stride - (depth & 31))) & ((1 << stride) - 1);
  }

  #push(end: number, route: number, length: number): void {
    this.#top++;
    this.#end[this.#top] = end;
    this.#route[this.#top] = route;
    this.#length[this.#top] = length;
  }

  /** From this slot on the entry is another: a new run, or a better word on the one that begins here. */
  #emit(slot: number, value: number, length: number): void {
    const runs = this.#runs;
    const last = runs.base + runs.count - 1;
    if (runs.start[last] === slot) {
      runs.value[last] = value;
      runs.length[last] = length;
    } else runs.append(slot, value, length);
  }

  /** Leaves the prefixes that end at or before a slot, down to level `bottom`. */
  #leave(slot: number, bottom: number): void {
    while (this.#top > bottom && this.#end[this.#top] <= slot) {
      const end = this.#end[this.#top--];
      this.#emit(end, this.#route[this.#top], this.#length[this.#top]);
    }
  }

  /** Lists the runs of the node for prefixes that share their first `depth` bits and are longer. */
  list(first: number, end: number, depth: number, stride: number, leaf: number, leafLength: number): void {
    const { lengths, routes } = this.#prefixes;
    const slots = 1 << stride;
    const bottom = this.#top + 1;
    this.#push(slots, leaf, leafLength);
    this.#runs.begin(leaf, leafLength);
    for (let at = first; at < end; ) {
      const slot = this.#slot(at, depth, stride);
      this.#leave(slot, bottom);
      const bits = lengths[at] - depth;
      if (bits <= stride) {
        this.#emit(slot, routes[at], lengths[at]);
        this.#push(slot + (1 << (stride - bits)), routes[at], lengths[at]);
        at++;
        continue;
      }
      let next = at + 1;
      while (next < end && this.#slot(next, depth, stride) === slot) next++;
      this.#emit(slot, this.#child(at, next, depth + stride), lengthOfNode);
      if (slot + 1 < slots) this.#emit(slot + 1, this.#route[this.#top], this.#length[this.#top]);
      at = next;
    }
    this.#leave(slots - 1, bottom);
    this.#top = bottom - 1;
  }

  #child(first: number, end: number, depth: number): number {
    const runs = this.#runs;
    const { base, count } = runs;
    runs.base = base + count;
    this.list(first, end, depth, 8, this.#route[this.#top], this.#length[this.#top]);
    runs.join();
    const entry = runs.encode(false, false);
    runs.base = base;
    runs.count = count;
    return entry;
  }
}

/** Builds the table's tree beside the one it has and lets its root lead to it. */
export function buildTree(runs: NodeRuns, prefixes: SortedPrefixes, table: number, isWide: boolean): void {
  const count = prefixes.lengths.length;
  let first = 0;
  // Default routes come first, the last of them counts.
  while (first < count && prefixes.lengths[first] === 0) first++;
  const leaf = first > 0 ? prefixes.routes[first - 1] : 0;
  runs.base = 0;
  if (first === count && !isWide) return runs.publish(table, leaf, 0);
  new TreeBuilder(runs, prefixes).list(first, count, 0, isWide ? 16 : 8, leaf, 0);
  runs.join();
  runs.publish(table, isWide ? runs.encodeWide() : runs.encode(true, false), lengthOfNode);
}
