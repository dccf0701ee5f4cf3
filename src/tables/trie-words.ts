// The words of a prefix table, and how to look up in them. A thread that has the words can look up; all else belongs
// to the writer (src/tables/run-trie.ts). Addresses are eaten 8 bits a level, by nodes of three kinds that are chosen by
// what is in them; the root of a big table eats 16. What an entry is, its value tells by plain comparisons.
//
//   words[t]          the root entry of table t
//   entry             0 no route | 1 … 2^31 − 1 route | else its upper three bits are the kind, the others the place
//                     100 sparse, 101 small, 110 dense, 111 wide
//   small, word 0     slot at which the second run begins, and << 16 that of the third; 256: there is none
//          1, 2, 3    entries of up to three runs of equal slots: what one prefix makes of a node
//   sparse, words 0–7 bitmap of the 256 slots: 1 where a run begins (slot 0 always does)
//                8, 9 runs before bitmap word 0, 1, … 7, a byte each, lowest first
//                10 … entries, one a run
//   dense, 256 words  entries, one a slot
//   wide, 65,536      entries, one a value of the first 16 bits; roots only

/** Marks an entry that leads to a node; every such entry is at least this large. */
export const nodeBit = 0x80000000;
/** Entries from here up lead to small nodes, or to those below. */
export const smallNode = 0xa0000000;
/** Entries from here up lead to dense nodes, or to a wide one. */
export const denseNode = 0xc0000000;
/** Entries from here up lead to wide nodes. */
export const wideNode = 0xe0000000;
/** Places are below this: words that one family may have. */
export const placesMax = 0x20000000;

/** Words of a sparse node before its entries. */
export const nodeHeaderWords = 10;
export const slotsOfNode = 256;
export const slotsOfWide = 65536;
/** The most runs of a small node, and its words. */
export const smallRuns = 3;
export const smallWords = 4;

export type Address = readonly number[] | Uint32Array;

/** Byte `level` (0 is the most significant) of an address. */
export function byteAt(address: Address, level: number): number {
  return (address[level >>> 2] >>> (24 - 8 * (level & 3))) & 255;
}

/** Bits set in a word. */
export function popCount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Where the entry for a slot lies; `entry` leads to any kind of node but a wide one. */
export function placeIn(words: Uint32Array, entry: number, slot: number): number {
  if (entry >= denseNode) return entry - denseNode + slot;
  if (entry >= smallNode) {
    const node = entry - smallNode;
    const starts = words[node];
    // Each sign bit says that the slot is not before the start.
    return node + 1 + (((starts & 0xffff) - 1 - slot) >>> 31) + (((starts >>> 16) - 1 - slot) >>> 31);
  }
  const node = entry - nodeBit;
  const word = slot >>> 5;
  const before = (words[node + 8 + (word >>> 2)] >>> ((word & 3) * 8)) & 255;
  const bits = words[node + word] & (0xffffffff >>> (31 - (slot & 31)));
  return node + nodeHeaderWords - 1 + before + popCount(bits);
}

/** The route that the longest prefix of the address leads to; 0 for none. Address words are in host order. */
export function lookupIn(words: Uint32Array, table: number, address: Address): number {
  let entry = words[table];
  let level = 0;
  if (entry >= wideNode) {
    entry = words[entry - wideNode + (address[0] >>> 16)];
    level = 2;
  }
  for (; entry >= nodeBit; level++) entry = words[placeIn(words, entry, byteAt(address, level))];
  return entry;
}

/** A family's prefix tables for a thread that only looks up: the words, which another thread writes. */
export class TrieReader {
  readonly words: Uint32Array;

  constructor(words: Uint32Array) {
    this.words = words;
  }

  lookup(table: number, address: Address): number {
    return lookupIn(this.words, table, address);
  }
}
