// Longest-prefix match: one pool of expanded 8-bit-stride nodes for all tables of one family. Leaves are pushed
// down, so a look-up reads one word a level and never looks back. IPv4 takes up to 4 levels, IPv6 up to 16.
//
//   node n = words[256 n … 256 n + 255], one slot for each value of the address byte at its level:
//     0                 no route
//     1 … 2^31 − 1      the route that matches (an index into the routes)
//     bit 31 | child    look on at the next byte in node `child`
//
// `lengths` runs parallel to `words` and is for the writer alone: the prefix length that each leaf came from.
// This is one layout behind `LongestPrefix`; others may follow, chosen by size.

/** What every layout of a longest-prefix table offers. Addresses are host-order words, most significant first. */
export interface LongestPrefix {
  /** The route that the longest matching prefix leads to; 0 when none matches. */
  lookup(table: number, words: readonly number[] | Uint32Array): number;
  /** Puts a prefix in or replaces its route (an index from 1). */
  insert(table: number, words: readonly number[] | Uint32Array, length: number, route: number): void;
  /** Takes a prefix out; `coveringRoute` and `coveringLength` are those of the next shorter prefix, 0 and 0 for none. */
  remove(
    table: number,
    words: readonly number[] | Uint32Array,
    length: number,
    coveringRoute: number,
    coveringLength: number,
  ): void;
  readonly usedBytes: number;
}

/** Marks a slot that leads to a child node. */
export const childBit = 0x80000000;
const slots = 256;

/** Byte `level` (0 is the most significant) of an address. */
function byteAt(words: readonly number[] | Uint32Array, level: number): number {
  return ((words[level >>> 2] as number) >>> (24 - 8 * (level & 3))) & 255;
}

export class StrideTrie implements LongestPrefix {
  readonly words: Uint32Array;
  /** First node of each table: table t begins at node `t` itself. */
  readonly tableCount: number;
  readonly #lengths: Uint8Array;
  readonly #free: number[] = [];
  #used: number;

  /** `words` must hold at least `tableCount` nodes, zeroed. */
  constructor(words: Uint32Array, tableCount: number) {
    this.words = words;
    this.tableCount = tableCount;
    this.#lengths = new Uint8Array(words.length);
    this.#used = tableCount;
  }

  get usedBytes(): number {
    return (this.#used - this.#free.length) * slots * 4;
  }

  lookup(table: number, address: readonly number[] | Uint32Array): number {
    let slot = (table * slots + byteAt(address, 0)) >>> 0;
    let entry = this.words[slot] as number;
    for (let level = 1; entry >= childBit; level++) {
      slot = (entry - childBit) * slots + byteAt(address, level);
      entry = this.words[slot] as number;
    }
    return entry;
  }

  insert(table: number, address: readonly number[] | Uint32Array, length: number, route: number): void {
    this.#change(table, address, length, (slot) => {
      if ((this.#lengths[slot] as number) > length) return;
      this.words[slot] = route;
      this.#lengths[slot] = length;
    });
  }

  remove(
    table: number,
    address: readonly number[] | Uint32Array,
    length: number,
    coveringRoute: number,
    coveringLength: number,
  ): void {
    this.#change(table, address, length, (slot) => {
      if (this.#lengths[slot] !== length) return;
      this.words[slot] = coveringRoute;
      this.#lengths[slot] = coveringLength;
    });
  }

  /** Calls `visit` for every leaf slot that the prefix covers, after making the nodes on the way to it. */
  #change(
    table: number,
    address: readonly number[] | Uint32Array,
    length: number,
    visit: (slot: number) => void,
  ): void {
    let node = table;
    let level = 0;
    for (; length > 8 * (level + 1); level++) node = this.#child(node * slots + byteAt(address, level));
    const bits = length - 8 * level;
    const first = node * slots + (byteAt(address, level) & (0xff00 >>> bits) & 0xff);
    this.#visitLeaves(first, 1 << (8 - bits), visit);
  }

  #visitLeaves(first: number, count: number, visit: (slot: number) => void): void {
    for (let slot = first; slot < first + count; slot++) {
      const entry = this.words[slot] as number;
      if (entry >= childBit) this.#visitLeaves((entry - childBit) * slots, slots, visit);
      else visit(slot);
    }
  }

  /** The child node of a slot; a new one carries the slot's leaf in all of its slots before it becomes reachable. */
  #child(slot: number): number {
    const entry = this.words[slot] as number;
    if (entry >= childBit) return entry - childBit;
    const node = this.#free.pop() ?? this.#used++;
    if ((node + 1) * slots > this.words.length) throw new RangeError('the prefix table is full');
    this.words.fill(entry, node * slots, (node + 1) * slots);
    this.#lengths.fill(this.#lengths[slot] as number, node * slots, (node + 1) * slots);
    this.words[slot] = node + childBit;
    return node;
  }
}

/** Counts the nodes that a set of prefixes will need, tables' first nodes included, so that memory is sized once. */
export class StrideTrieSizer {
  readonly #paths = new Set<string | number>();
  readonly #tableCount: number;

  constructor(tableCount: number) {
    this.#tableCount = tableCount;
  }

  add(table: number, address: readonly number[], length: number): void {
    for (let bits = 8; bits < length; bits += 8) {
      const level = bits / 8;
      if (address.length === 1) {
        const top = (address[0] as number) >>> (32 - bits);
        this.#paths.add((table * 4 + level) * 2 ** 24 + top);
      } else {
        const bytes = Array.from({ length: level }, (_, i) => byteAt(address, i));
        this.#paths.add(`${table}/${String.fromCharCode(...bytes)}`);
      }
    }
  }

  get words(): number {
    return (this.#tableCount + this.#paths.size) * slots;
  }
}
