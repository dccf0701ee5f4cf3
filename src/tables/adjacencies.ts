// Adjacencies: an address on an interface, and the MAC address behind it once it is known. They are the
// neighbour table too: a hash over (interface, address) finds them.
//
//   adjacency, words  0 flags (see `Adjacency`)   1 interface   2 MAC, first two bytes   3 MAC, last four
//                     4 family   5–8 address   9 next in the hash chain + 1
//                     10, 11 the MAC address as the fast path writes it: its first two bytes in the upper half of a
//                     little-endian word, its last four in the next   12–15 free
//   buckets           adjacency + 1

export const adjacencyWords = 16;

export const Adjacency = {
  /** The MAC address is known. */
  resolved: 1,
  /** Nothing says that the neighbour is down. */
  up: 2,
  /** From the configuration: never overwritten by what is learned. */
  fixed: 4,
} as const;

function hashKey(interfaceIndex: number, words: readonly number[] | Uint32Array): number {
  let hash = Math.imul(interfaceIndex + 1, 0x9e3779b1);
  for (let i = 0; i < words.length; i++) {
    hash = Math.imul(hash ^ (words[i] as number), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

/** The word with its four bytes in the other order. */
export function swapBytes(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

export class AdjacencyTable {
  readonly entries: Uint32Array;
  readonly buckets: Uint32Array;
  /** One word: adjacencies in use. */
  readonly #count: Uint32Array;

  /** `buckets` has a power of two of words. */
  constructor(entries: Uint32Array, buckets: Uint32Array, count: Uint32Array) {
    this.entries = entries;
    this.buckets = buckets;
    this.#count = count;
  }

  get count(): number {
    return this.#count[0] as number;
  }

  get capacity(): number {
    return this.entries.length / adjacencyWords;
  }

  /** The adjacency of an address (its words; the number of words tells the family), or -1. */
  find(interfaceIndex: number, words: readonly number[] | Uint32Array): number {
    const { entries } = this;
    const family = words.length === 1 ? 4 : 6;
    let next = this.buckets[hashKey(interfaceIndex, words) & (this.buckets.length - 1)] as number;
    while (next !== 0) {
      const at = (next - 1) * adjacencyWords;
      let same = entries[at + 1] === interfaceIndex && entries[at + 4] === family;
      for (let i = 0; same && i < words.length; i++) same = entries[at + 5 + i] === words[i];
      if (same) return next - 1;
      next = entries[at + 9] as number;
    }
    return -1;
  }

  /** Finds or makes the adjacency, unresolved and up; -1 when the table is full. */
  add(interfaceIndex: number, words: readonly number[] | Uint32Array): number {
    const found = this.find(interfaceIndex, words);
    if (found >= 0 || this.count === this.capacity) return found;
    const index = this.count;
    const at = index * adjacencyWords;
    const bucket = hashKey(interfaceIndex, words) & (this.buckets.length - 1);
    this.entries[at] = Adjacency.up;
    this.entries[at + 1] = interfaceIndex;
    this.entries[at + 4] = words.length === 1 ? 4 : 6;
    for (let i = 0; i < words.length; i++) this.entries[at + 5 + i] = words[i] as number;
    this.entries[at + 9] = this.buckets[bucket] as number;
    this.buckets[bucket] = index + 1;
    this.#count[0] = index + 1;
    return index;
  }

  /** Makes the MAC address known. `fixed` marks it as configured. */
  resolve(index: number, macHigh: number, macLow: number, fixed = false): void {
    const at = index * adjacencyWords;
    this.entries[at + 2] = macHigh;
    this.entries[at + 3] = macLow;
    this.entries[at + 10] = swapBytes(macHigh) >>> 0;
    this.entries[at + 11] = swapBytes(macLow) >>> 0;
    this.entries[at] = (this.entries[at] as number) | Adjacency.resolved | (fixed ? Adjacency.fixed : 0);
  }

  flags(index: number): number {
    return this.entries[index * adjacencyWords] as number;
  }

  /** ECMP-3: one write takes every path over the neighbour out of use, or back in. */
  setUp(index: number, up: boolean): void {
    const at = index * adjacencyWords;
    const flags = this.entries[at] as number;
    this.entries[at] = up ? flags | Adjacency.up : flags & ~Adjacency.up;
  }
}
