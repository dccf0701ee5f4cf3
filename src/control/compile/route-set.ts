// Prefixes of one table and family as control keeps them: entries in the order they came, each at its place, and beside
// them their addresses and lengths as flat columns. The columns find a place (exact and longest match), and are what the
// prefix tables are built from as they are.
import { byteColumn, wordColumn } from '../../tables/columns.ts';
import { addressBits, type IpAddress, type IpPrefix, maskWord } from '../../wire/address.ts';
import { HashIndex, mix } from './hash-index.ts';

const capacityAtFirst = 8;

/** Hash of the first `length` bits of an address. */
function hashOf(words: readonly number[], length: number): number {
  let hash = length;
  for (let i = 0; i < words.length; i++) hash = mix(hash, maskWord(words[i] as number, length - 32 * i));
  return hash;
}

/** A map from prefix to place, and with it to an entry. Host bits of prefixes do not count. */
export class RouteSet<Entry> {
  readonly table: number;
  readonly family: 4 | 6;
  /** By place: in the order in which the prefixes came. */
  readonly entries: Entry[] = [];
  readonly #wordsEach: number;
  readonly #index = new HashIndex();
  #addresses: Uint32Array = new Uint32Array(0);
  #lengths: Uint8Array = new Uint8Array(0);
  /** Prefixes of each length. */
  #counts = new Uint32Array(0);
  /** Lengths in use, longest first. */
  #lengthsInUse: number[] = [];

  constructor(table: number, family: 4 | 6) {
    this.table = table;
    this.family = family;
    this.#wordsEach = family === 4 ? 1 : 4;
  }

  /** Addresses by place, host bits cleared, a word or four each. */
  get addresses(): Uint32Array {
    return this.#addresses.subarray(0, this.entries.length * this.#wordsEach);
  }

  /** Prefix lengths by place. */
  get lengths(): Uint8Array {
    return this.#lengths.subarray(0, this.entries.length);
  }

  prefixAt(place: number): IpPrefix {
    const first = place * this.#wordsEach;
    const words = [...this.#addresses.subarray(first, first + this.#wordsEach)];
    return { family: this.family, words, length: this.#lengths[place] as number };
  }

  /** The place of a prefix, or -1. */
  find(prefix: IpPrefix): number {
    return this.#find(prefix.words, prefix.length);
  }

  /** Places whose prefix holds the address, longest first. */
  *covering(address: IpAddress): Generator<number> {
    for (const length of this.#lengthsInUse) {
      const place = this.#find(address.words, length);
      if (place >= 0) yield place;
    }
  }

  /** The place of the longest prefix that holds the address, or -1. */
  longest(address: IpAddress): number {
    for (const length of this.#lengthsInUse) {
      const place = this.#find(address.words, length);
      if (place >= 0) return place;
    }
    return -1;
  }

  #find(words: readonly number[], length: number): number {
    let place = this.#index.first(hashOf(words, length));
    while (place >= 0 && !this.#isAt(place, words, length)) place = this.#index.after(place);
    return place;
  }

  #isAt(place: number, words: readonly number[], length: number): boolean {
    if (this.#lengths[place] !== length) return false;
    const first = place * this.#wordsEach;
    for (let i = 0; i < words.length; i++) {
      if (this.#addresses[first + i] !== maskWord(words[i] as number, length - 32 * i)) return false;
    }
    return true;
  }

  /** Gives a prefix that `find` does not know a place. */
  add({ words, length }: IpPrefix, entry: Entry): number {
    const place = this.#index.add(hashOf(words, length));
    if (place === this.#lengths.length) this.#grow();
    this.entries.push(entry);
    this.#lengths[place] = length;
    const first = place * this.#wordsEach;
    for (let i = 0; i < words.length; i++) {
      this.#addresses[first + i] = maskWord(words[i] as number, length - 32 * i);
    }
    const count = (this.#counts[length] as number) + 1;
    this.#counts[length] = count;
    if (count === 1) this.#lengthsInUse = [...this.#lengthsInUse, length].sort((a, b) => b - a);
    return place;
  }

  #grow(): void {
    const capacity = Math.max(this.#lengths.length * 2, capacityAtFirst);
    if (this.#counts.length === 0) this.#counts = new Uint32Array(addressBits(this) + 1);
    const lengths = byteColumn(capacity);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    const addresses = wordColumn(capacity * this.#wordsEach);
    addresses.set(this.#addresses);
    this.#addresses = addresses;
  }
}
