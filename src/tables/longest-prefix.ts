// What every layout of a longest-prefix table offers. One behaviour suite runs over all of them.

/** Addresses are host-order words, most significant first: one for IPv4, four for IPv6. */
export interface LongestPrefix {
  /** All that a thread needs to look up (`TrieReader`), in shared memory; only this object writes there. */
  readonly words: Uint32Array;
  /** The route that the longest matching prefix leads to; 0 when none matches. */
  lookup(table: number, address: readonly number[] | Uint32Array): number;
  /**
   * Puts a prefix in or replaces its route (an index from 1). Throws RangeError when the memory is used up: every look-up then
   * has its answer of before or of after, but which of them is not said, and the table is to be built anew with more.
   */
  insert(table: number, address: readonly number[] | Uint32Array, length: number, route: number): void;
  /** Takes a prefix out; `coveringRoute` and `coveringLength` are those of the next shorter prefix, 0 and 0 for none. */
  remove(
    table: number,
    address: readonly number[] | Uint32Array,
    length: number,
    coveringRoute: number,
    coveringLength: number,
  ): void;
  /**
   * Puts all of a table's prefixes in at once, far faster than one by one; what it held before is gone. Readers see all of
   * the old table until they see all of the new one. Prefix i has the length `lengths[i]` and the route `routes[i]`, and
   * the address `addresses[i]`, or for IPv6 the four words from `addresses[4 * i]` on; bits beyond its length do not matter. In any
   * order (sorted by address and length is fastest); of equal prefixes the last counts. The arrays are only read. Throws
   * RangeError when the memory, which for this while holds both, is used up: the old table is still there then, and what
   * was written of the new one is lost to the pool.
   */
  build(table: number, addresses: Uint32Array, lengths: Uint8Array, routes: Uint32Array): void;
  /** Bytes of the words that one table takes, its root entry included. */
  tableBytes(table: number): number;
  /** Bytes of words in use in all, with what readers in other threads may still hold. */
  readonly usedBytes: number;
  /** Pieces of memory that wait for readers in other threads. */
  readonly waitingPieces: number;
  /** Frees what no reader can hold any more. Changes do so by the way; to be called when they have come to rest. */
  reclaim(): void;
}
