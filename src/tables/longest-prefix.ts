// What every layout of a longest-prefix table offers. One behaviour suite runs over all of them.

/** Addresses are host-order words, most significant first: one for IPv4, four for IPv6. */
export interface LongestPrefix {
  /** The route that the longest matching prefix leads to; 0 when none matches. */
  lookup(table: number, address: readonly number[] | Uint32Array): number;
  /** Puts a prefix in or replaces its route (an index from 1). Throws RangeError when the memory is used up. */
  insert(table: number, address: readonly number[] | Uint32Array, length: number, route: number): void;
  /** Takes a prefix out; `coveringRoute` and `coveringLength` are those of the next shorter prefix, 0 and 0 for none. */
  remove(
    table: number,
    address: readonly number[] | Uint32Array,
    length: number,
    coveringRoute: number,
    coveringLength: number,
  ): void;
  readonly usedBytes: number;
}
