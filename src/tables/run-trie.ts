// The writer of prefix tables: single changes in place, whole tables at once (src/tables/build-trie.ts), and the layout
// that a table's size asks for. Words and look-up are those of src/tables/trie-words.ts. Leaves are pushed down, so a
// look-up never looks back: a prefix is written into every slot that it covers and no longer one does.
//
// Any thread may look up meanwhile, without a lock. A node that gets another shape is written anew beside the old one, and
// one store lets the entry above lead to it; where the shape stays, single leaves are stored. So each look-up answers as
// before or after the change. Old nodes are free again when no reader can be in them any more.
import { buildTree } from './build-trie.ts';
import type { Generations } from './generations.ts';
import type { LongestPrefix } from './longest-prefix.ts';
import { lengthOfNode, NodeRuns } from './node-runs.ts';
import { sortPrefixes } from './sort-prefixes.ts';
import {
  type Address,
  byteAt,
  denseNode,
  lookupIn,
  nodeBit,
  placeIn,
  placesMax,
  slotsOfNode,
  slotsOfWide,
  wideNode,
} from './trie-words.ts';
import { WordPool } from './word-pool.ts';

export { denseNode, nodeBit, nodeHeaderWords, popCount } from './trie-words.ts';

export interface TrieOptions {
  /** Whether nodes of up to three runs are small ones; they are unless said. */
  readonly hasSmallNodes?: boolean;
  /** Words of a table from which its root is wide, `wideFromWordsDefault` unless said; 0: always, Infinity: never. */
  readonly wideFromWords?: number;
  /** Those who look up in other threads. Without them what is freed is used again at once. */
  readonly generations?: Generations | undefined;
}

/** A table of this many words gives a quarter of it and less for a wide root. */
export const wideFromWordsDefault = 4 * slotsOfWide;
/** A wide root is given up when what is beneath it is less than this part of what it was made for. */
const narrowPart = 1 / 8;
/** Words that a prefix of a table built at once takes at least: from so many on, it will be wide. */
const wordsOfPrefixMin = 8;
/** Levels of 8 bits in an address of 128, and one for the root entry. */
const pathMax = 17;

/** Words that a table takes besides: its root entry and its root, which is soon dense. */
export const wordsForTable = 1 + slotsOfNode;

/** Words that one more prefix of this length can take, at the worst. */
export function wordsForPrefix(length: number): number {
  return Math.ceil(length / 8) * 16 + 8;
}

export class RunTrie implements LongestPrefix {
  readonly words: Uint32Array;
  readonly #pool: WordPool;
  readonly #runs: NodeRuns;
  readonly #wideFrom: number;
  // The change in work: leaves from prefixes of `#low` to `#high` bits become `#route`, from one of `#routeLength`.
  #low = 0;
  #high = 0;
  #route = 0;
  #routeLength = 0;
  #isRemoval = false;
  /** Places of the entries that lead from the root to the prefix. */
  readonly #path = new Uint32Array(pathMax);

  /** `words` must be zeroed and hold at least the roots of `tableCount` tables. */
  constructor(words: Uint32Array, tableCount: number, options: TrieOptions = {}) {
    if (words.length > placesMax) throw new RangeError('a prefix table cannot have so many words');
    this.words = words;
    this.#pool = new WordPool(tableCount, words.length, options.generations);
    this.#runs = new NodeRuns(words, tableCount, this.#pool, options.hasSmallNodes ?? true);
    this.#wideFrom = options.wideFromWords ?? wideFromWordsDefault;
    if (this.#wideFrom === 0) for (let table = 0; table < tableCount; table++) this.#widen(table);
  }

  get usedBytes(): number {
    return this.#pool.used * 4;
  }

  get waitingPieces(): number {
    return this.#pool.waiting;
  }

  tableBytes(table: number): number {
    return (this.#runs.used[table] + 1) * 4;
  }

  reclaim(): void {
    this.#pool.reclaim();
  }

  lookup(table: number, address: Address): number {
    return lookupIn(this.words, table, address);
  }

  insert(table: number, address: Address, length: number, route: number): void {
    this.#begin(table, 0, length, route, length);
    this.#isRemoval = false;
    let place = table;
    let depth = 0;
    for (;;) {
      const entry = this.words[place];
      if (length === depth) {
        this.#cover(place, depth);
        break;
      }
      if (entry < nodeBit) {
        // Only a root can be a leaf here: the leaves of nodes are seen from the node.
        this.#runs.publish(place, this.#chain(address, depth, entry, this.#runs.lengths[place]), lengthOfNode);
        break;
      }
      const stride = entry >= wideNode ? 16 : 8;
      const slot = entry >= wideNode ? address[0] >>> 16 : byteAt(address, depth >>> 3);
      if (length - depth <= stride) {
        this.#coverSlots(place, slot, stride - (length - depth), depth);
        break;
      }
      const next = entry >= wideNode ? entry - wideNode + slot : placeIn(this.words, entry, slot);
      const leaf = this.words[next];
      if (leaf < nodeBit) {
        this.#grow(place, slot, this.#chain(address, depth + stride, leaf, this.#runs.lengths[next]));
        break;
      }
      place = next;
      depth += stride;
    }
    if (this.#runs.used[table] >= this.#wideFrom && this.words[table] < wideNode) {
      if (this.#pool.hasRoom(slotsOfWide)) this.#widen(table);
    }
  }

  remove(table: number, address: Address, length: number, coveringRoute: number, coveringLength: number): void {
    this.#begin(table, length, length, coveringRoute, coveringLength);
    this.#isRemoval = true;
    let place = table;
    let depth = 0;
    let steps = 0;
    for (;;) {
      const entry = this.words[place];
      if (length === depth) {
        this.#cover(place, depth);
        break;
      }
      if (entry < nodeBit) return;
      this.#path[steps++] = place;
      const stride = entry >= wideNode ? 16 : 8;
      const slot = entry >= wideNode ? address[0] >>> 16 : byteAt(address, depth >>> 3);
      if (length - depth <= stride) {
        this.#coverSlots(place, slot, stride - (length - depth), depth);
        break;
      }
      place = entry >= wideNode ? entry - wideNode + slot : placeIn(this.words, entry, slot);
      depth += stride;
    }
    this.#settlePath(steps);
    if (this.words[table] < wideNode) return;
    if (this.#runs.used[table] - slotsOfWide < this.#wideFrom * narrowPart) this.#narrow(table);
  }

  build(table: number, addresses: Uint32Array, lengths: Uint8Array, routes: Uint32Array): void {
    const sorted = sortPrefixes(addresses, lengths, routes);
    this.#runs.table = table;
    const old = this.words[table];
    const isWide = lengths.length * wordsOfPrefixMin >= this.#wideFrom && this.#pool.hasRoom(slotsOfWide);
    buildTree(this.#runs, sorted, table, isWide);
    this.#runs.releaseTree(old);
  }

  #begin(table: number, low: number, high: number, route: number, routeLength: number): void {
    this.#runs.table = table;
    this.#runs.base = 0;
    this.#low = low;
    this.#high = high;
    this.#route = route;
    this.#routeLength = routeLength;
  }

  #isRoot(place: number): boolean {
    return place < this.#runs.used.length;
  }

  /** Nodes from `depth` bits down to the prefix in work, with a leaf in all other slots; answers the entry. */
  #chain(address: Address, depth: number, leaf: number, leafLength: number): number {
    const runs = this.#runs;
    let level = (this.#routeLength - 1) >>> 3;
    let span = 1 << (8 * level + 8 - this.#routeLength);
    let value = this.#route;
    let length = this.#routeLength;
    for (; ; level--) {
      const slot = byteAt(address, level) & ~(span - 1);
      runs.count = 0;
      if (slot > 0) runs.append(0, leaf, leafLength);
      runs.append(slot, value, length);
      if (slot + span < slotsOfNode) runs.append(slot + span, leaf, leafLength);
      value = runs.encode(level === 0, false);
      if (level * 8 === depth) return value;
      length = lengthOfNode;
      span = 1;
    }
  }

  /** Lets a slot that is a leaf, or part of a run, lead to a node. */
  #grow(place: number, slot: number, child: number): void {
    const runs = this.#runs;
    const entry = this.words[place];
    if (entry >= denseNode) {
      const node = runs.firstEntry(entry);
      const before = entry >= wideNode ? 0 : runs.beginsAround(node, node + slot);
      runs.publish(node + slot, child, lengthOfNode);
      if (entry < wideNode) runs.addToDenseCount(node, runs.beginsAround(node, node + slot) - before);
      return;
    }
    runs.decode(entry);
    const added = runs.split(slot) + runs.split(slot + 1);
    if (added === 0) return runs.publish(placeIn(this.words, entry, slot), child, lengthOfNode);
    const run = runs.runOf(slot);
    runs.value[run] = child;
    runs.length[run] = lengthOfNode;
    this.#swing(place, entry);
  }

  /** The change for all that an entry stands for; `depth` bits lead to it. */
  #cover(place: number, depth: number): void {
    const entry = this.words[place];
    if (entry >= nodeBit) {
      this.#coverSlots(place, 0, entry >= wideNode ? 16 : 8, depth);
      if (this.#isRemoval) this.#settle(place, depth);
      return;
    }
    const length = this.#runs.lengths[place];
    if (length >= this.#low && length <= this.#high) this.#runs.storeLeaf(place, this.#route, this.#routeLength);
  }

  /** The change for 2^`bits` slots of a node around `slot`. */
  #coverSlots(place: number, slot: number, bits: number, depth: number): void {
    const entry = this.words[place];
    const first = (slot >>> bits) << bits;
    if (entry >= wideNode) this.#coverPlaces(entry - wideNode + first, 1 << bits, depth + 16);
    else if (entry >= denseNode) this.#coverDense(entry - denseNode, first, 1 << bits, depth);
    else this.#coverRuns(place, entry, first, 1 << bits, depth);
  }

  /** The change for entries side by side in a wide node. */
  #coverPlaces(first: number, count: number, depth: number): void {
    const { lengths } = this.#runs;
    const low = this.#low;
    const high = this.#high;
    for (let at = first; at < first + count; at++) {
      const length = lengths[at];
      if (length === lengthOfNode) this.#cover(at, depth);
      else if (length >= low && length <= high) this.#runs.storeLeaf(at, this.#route, this.#routeLength);
    }
  }

  /** The same in a dense node, whose runs are counted anew where they change. */
  #coverDense(node: number, first: number, count: number, depth: number): void {
    const runs = this.#runs;
    const { words, lengths } = runs;
    const low = this.#low;
    const high = this.#high;
    let difference = 0;
    for (let at = node + first, end = at + count; at < end; at++) {
      const length = lengths[at];
      if (length === lengthOfNode) {
        this.#cover(at, depth + 8);
        if (words[at] < nodeBit) difference += runs.leafed(node, at);
      } else if (length >= low && length <= high) {
        difference -= runs.beginsAround(node, at);
        runs.storeLeaf(at, this.#route, this.#routeLength);
        difference += runs.beginsAround(node, at);
      }
    }
    if (difference !== 0) runs.addToDenseCount(node, difference);
  }

  #coverRuns(place: number, entry: number, first: number, count: number, depth: number): void {
    const runs = this.#runs;
    const last = placeIn(this.words, entry, first + count - 1);
    for (let at = placeIn(this.words, entry, first); at <= last; at++)
      if (this.words[at] >= nodeBit) this.#cover(at, depth + 8);
    runs.decode(entry);
    const before = runs.count;
    const added = runs.split(first) + runs.split(first + count);
    let changed = false;
    for (let run = 0; run < before + added; run++) {
      if (runs.start[run] < first || runs.start[run] >= first + count || runs.value[run] >= nodeBit) continue;
      if (runs.length[run] < this.#low || runs.length[run] > this.#high) continue;
      runs.value[run] = this.#route;
      runs.length[run] = this.#routeLength;
      changed = true;
    }
    if (!changed) return;
    if (runs.join() > 0 || added > 0) return this.#swing(place, entry);
    const entries = runs.firstEntry(entry);
    for (let run = 0; run < before; run++) {
      const at = entries + run;
      if (runs.value[run] !== this.words[at] || runs.length[run] !== runs.lengths[at])
        runs.publish(at, runs.value[run], runs.length[run]);
    }
  }

  /** Writes the list in work as a node in the place of an old one. */
  #swing(place: number, old: number): void {
    const runs = this.#runs;
    runs.publish(place, runs.encode(this.#isRoot(place), old >= denseNode), lengthOfNode);
    runs.release(old);
  }

  /** After a removal: gives the node that `depth` bits lead to the shape that is left of it, or makes it a leaf. */
  #settle(place: number, depth: number): void {
    const runs = this.#runs;
    const entry = this.words[place];
    if (entry < nodeBit || entry >= wideNode) return;
    const isDense = entry >= denseNode;
    if (isDense && !runs.isThin(runs.denseCount(entry - denseNode), this.#isRoot(place))) return;
    runs.decode(entry);
    const gone = runs.join();
    if (runs.isLeaf(depth)) {
      runs.publish(place, runs.value[0], runs.length[0]);
      runs.release(entry);
    } else if (isDense || gone > 0) this.#swing(place, entry);
  }

  /** Settles the nodes on the path, from the last upwards, so that no place on it has moved when it is read. */
  #settlePath(steps: number): void {
    const runs = this.#runs;
    const skipped = this.words[this.#path[0]] >= wideNode ? 8 : 0;
    for (let step = steps - 1; step >= 0; step--) {
      const place = this.#path[step];
      this.#settle(place, step === 0 ? 0 : 8 * step + skipped);
      if (step === 0 || this.words[place] >= nodeBit) continue;
      const above = this.words[this.#path[step - 1]];
      if (above < denseNode || above >= wideNode) continue;
      // A node began a run, and so did what follows it; the leaf in its place may not.
      runs.addToDenseCount(above - denseNode, runs.leafed(above - denseNode, place));
    }
  }

  /** Gives a table a wide root. The nodes of its first two levels are no longer needed. */
  #widen(table: number): void {
    const runs = this.#runs;
    runs.table = table;
    const root = this.words[table];
    const wide = runs.take(slotsOfWide);
    for (let slot = 0; slot < slotsOfNode; slot++) {
      const at = root < nodeBit ? table : placeIn(this.words, root, slot);
      if (this.words[at] < nodeBit) runs.begin(this.words[at], runs.lengths[at]);
      else runs.decode(this.words[at]);
      runs.writeSlots(wide + slot * slotsOfNode, slotsOfNode);
    }
    runs.publish(table, wide + wideNode, lengthOfNode);
    if (root < nodeBit) return;
    const first = runs.firstEntry(root);
    for (let at = first, end = first + runs.entryCount(root); at < end; at++) runs.release(this.words[at]);
    runs.release(root);
  }

  /** The way back. */
  #narrow(table: number): void {
    const runs = this.#runs;
    const wide = this.words[table];
    const first = wide - wideNode;
    let count = 0;
    for (let slot = 0; slot < slotsOfNode; slot++) {
      // Behind the list of the root, which grows meanwhile.
      runs.base = count;
      runs.decodeSlots(first + slot * slotsOfNode);
      const isLeaf = runs.isLeaf(8);
      const value = isLeaf ? runs.value[count] : runs.encode(false, false);
      const length = isLeaf ? runs.length[count] : lengthOfNode;
      runs.base = 0;
      runs.count = count;
      runs.append(slot, value, length);
      count = runs.count;
    }
    runs.join();
    if (runs.isLeaf(0)) runs.publish(table, runs.value[0], runs.length[0]);
    else runs.publish(table, runs.encode(true, false), lengthOfNode);
    runs.release(wide);
  }
}
