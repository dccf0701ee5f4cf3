// The routes of one family, of all tables and sources, in columns: some forty bytes each and no object, so that a million
// of them are no work for the garbage collector. A place is a prefix of a table with the entry that is active there; what
// other sources say about it waits in a list of its own, which few places have.
import { addTotals, type FrameTotals } from '../../engine/accounts.ts';
import { byteColumn, signedColumn, wordColumn } from '../../tables/columns.ts';
import { type IpAddress, type IpPrefix, maskWord } from '../../wire/address.ts';
import { mix } from '../compile/hash-index.ts';
import { NumberIndex } from './number-index.ts';
import type { PathList } from './path-list-store.ts';

/** What one source says about a prefix. */
export interface Candidate {
  readonly source: number;
  list: PathList;
  isStale: boolean;
}

/** Flags of a place. */
export const Place = {
  /** Its active entry is stale. */
  stale: 1,
  /** Part of a loop of next hops: unusable. */
  looping: 2,
  /** Listed among the changed ones of the present change. */
  changed: 4,
} as const;

const capacityAtFirst = 64;

/** How many prefixes of each length a table has, and the lengths in use, longest first. */
interface LengthUse {
  readonly counts: Uint32Array;
  inUse: readonly number[];
}

/** Hash of the first `length` bits of an address in a table. */
function hashOf(table: number, words: readonly number[] | Uint32Array, length: number): number {
  let hash = mix(length, table);
  for (let i = 0; i < words.length; i++) hash = mix(hash, maskWord(words[i], length - 32 * i));
  return hash;
}

const noLengths: readonly number[] = [];

export class RouteStore {
  readonly family: 4 | 6;
  readonly wordsEach: number;
  // By place.
  tables: Uint32Array = new Uint32Array(0);
  addresses: Uint32Array = new Uint32Array(0);
  lengths: Uint8Array = new Uint8Array(0);
  /** Number of the active list, -1 where none is. */
  lists: Int32Array = new Int32Array(0);
  sources: Uint8Array = new Uint8Array(0);
  flags: Uint8Array = new Uint8Array(0);
  /** Number of the route's record in the tables; 0: it is in no prefix table. */
  routes: Uint32Array = new Uint32Array(0);
  #next: Int32Array = new Int32Array(0);
  #previous: Int32Array = new Int32Array(0);
  /** What waits behind the active entry, best first. */
  readonly waiting = new Map<number, Candidate[]>();
  /** By place: what a route was counted on records that it does not have any more. */
  readonly carried = new Map<number, FrameTotals>();
  readonly #index = new NumberIndex();
  /** A million views of the column were a good part of a load. */
  readonly #words: Uint32Array;
  readonly #uses: (LengthUse | undefined)[] = [];

  constructor(family: 4 | 6) {
    this.family = family;
    this.wordsEach = family === 4 ? 1 : 4;
    this.#words = new Uint32Array(this.wordsEach);
  }

  get count(): number {
    return this.#index.count;
  }

  /** All places lie below; those with no list are free. */
  get end(): number {
    return this.#index.end;
  }

  /** Which of a list's chains runs through this store. */
  get #chain(): 0 | 1 {
    return this.family === 4 ? 0 : 1;
  }

  prefixAt(place: number): IpPrefix {
    const first = place * this.wordsEach;
    const words = [...this.addresses.subarray(first, first + this.wordsEach)];
    return { family: this.family, words, length: this.lengths[place] };
  }

  /** Address words of a place, host bits cleared; good until the next call. */
  wordsAt(place: number): Uint32Array {
    const words = this.#words;
    const first = place * words.length;
    for (let i = 0; i < words.length; i++) words[i] = this.addresses[first + i];
    return words;
  }

  /** The place of a prefix in a table, or -1. */
  find(table: number, words: readonly number[] | Uint32Array, length: number): number {
    let place = this.#index.first(hashOf(table, words, length));
    while (place >= 0 && !this.#isAt(place, table, words, length)) place = this.#index.after(place);
    return place;
  }

  #isAt(place: number, table: number, words: readonly number[] | Uint32Array, length: number): boolean {
    if (this.lengths[place] !== length || this.tables[place] !== table) return false;
    const first = place * this.wordsEach;
    for (let i = 0; i < words.length; i++) {
      if (this.addresses[first + i] !== maskWord(words[i], length - 32 * i)) return false;
    }
    return true;
  }

  /** Prefix lengths that a table has, longest first. */
  lengthsOf(table: number): readonly number[] {
    return this.#uses[table]?.inUse ?? noLengths;
  }

  /** The longest shorter prefix around a place that is in the prefix table, or -1. */
  coverInUse(place: number): number {
    const table = this.tables[place];
    const length = this.lengths[place];
    const words = this.wordsAt(place);
    for (const shorter of this.lengthsOf(table)) {
      if (shorter >= length) continue;
      const cover = this.find(table, words, shorter);
      if (cover >= 0 && this.routes[cover] !== 0) return cover;
    }
    return -1;
  }

  /** Gives a prefix that `find` does not know a place, with no entry yet. */
  add(table: number, { words, length }: IpPrefix): number {
    const place = this.#index.add(hashOf(table, words, length));
    if (place >= this.lengths.length) this.#grow();
    this.tables[place] = table;
    this.lengths[place] = length;
    const first = place * this.wordsEach;
    for (let i = 0; i < words.length; i++) this.addresses[first + i] = maskWord(words[i], length - 32 * i);
    this.lists[place] = -1;
    this.flags[place] = 0;
    this.routes[place] = 0;
    this.#count(table, length, 1);
    return place;
  }

  /** Takes a place out that has no entry any more. */
  remove(place: number): void {
    this.carried.delete(place);
    this.#index.remove(place);
    this.#count(this.tables[place], this.lengths[place], -1);
  }

  carry(place: number, counted: FrameTotals): void {
    if (counted.frames === 0) return;
    const before = this.carried.get(place);
    this.carried.set(place, before === undefined ? counted : addTotals(before, counted));
  }

  /** Makes an entry the active one of a place, in the place of what was. */
  activate(place: number, list: PathList, source: number, isStale: boolean): void {
    this.sources[place] = source;
    this.flags[place] = (this.flags[place] & ~Place.stale) | (isStale ? Place.stale : 0);
    const head = list.heads[this.#chain];
    this.#next[place] = head;
    this.#previous[place] = -1;
    if (head >= 0) this.#previous[head] = place;
    list.heads[this.#chain] = place;
    this.lists[place] = list.number;
  }

  /** Takes the active entry of a place, which has this list, off. */
  deactivate(place: number, list: PathList): void {
    const next = this.#next[place];
    const previous = this.#previous[place];
    if (next >= 0) this.#previous[next] = previous;
    if (previous >= 0) this.#next[previous] = next;
    else list.heads[this.#chain] = next;
    this.lists[place] = -1;
  }

  /** The active places of a list, one after the other. */
  *placesOf(list: PathList): Generator<number> {
    for (let place = list.heads[this.#chain]; place >= 0; ) {
      const next = this.#next[place];
      yield place;
      place = next;
    }
  }

  isPlaceOf(list: PathList, place: number): boolean {
    return this.lists[place] === list.number;
  }

  /** The place of the longest prefix of a table that holds the address, or -1. */
  longest(table: number, address: IpAddress): number {
    for (const length of this.lengthsOf(table)) {
      const place = this.find(table, address.words, length);
      if (place >= 0) return place;
    }
    return -1;
  }

  #count(table: number, length: number, difference: 1 | -1): void {
    let use = this.#uses[table];
    if (use === undefined) {
      use = { counts: new Uint32Array(this.wordsEach * 32 + 1), inUse: noLengths };
      this.#uses[table] = use;
    }
    const count = use.counts[length] + difference;
    use.counts[length] = count;
    if (count === 1 && difference > 0) use.inUse = [...use.inUse, length].sort((a, b) => b - a);
    else if (count === 0) use.inUse = use.inUse.filter((each) => each !== length);
  }

  #grow(): void {
    const capacity = Math.max(this.lengths.length * 2, capacityAtFirst);
    const words = (old: Uint32Array, each = 1) => {
      const grown = wordColumn(capacity * each);
      grown.set(old);
      return grown;
    };
    const signed = (old: Int32Array) => {
      const grown = signedColumn(capacity);
      grown.set(old);
      return grown;
    };
    const bytes = (old: Uint8Array) => {
      const grown = byteColumn(capacity);
      grown.set(old);
      return grown;
    };
    this.tables = words(this.tables);
    this.addresses = words(this.addresses, this.wordsEach);
    this.lengths = bytes(this.lengths);
    this.lists = signed(this.lists);
    this.sources = bytes(this.sources);
    this.flags = bytes(this.flags);
    this.routes = words(this.routes);
    this.#next = signed(this.#next);
    this.#previous = signed(this.#previous);
  }
}
