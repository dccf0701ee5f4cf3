// Finds numbered things by a hash of their contents, in flat arrays: chains of numbers, one chain a bucket. The things
// themselves stay where they are; whoever asks compares the candidates. A Map keyed by a text or a computed number
// costs three to ten times as much for a million things, most of it for making the keys.
import { signedColumn } from '../../tables/columns.ts';

const noItem = -1;
const capacityAtFirst = 8;

/** One more word into a hash; start with 0. */
export function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word ^ (hash >>> 13), 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** Numbers from 0 on, in the order of `add`. */
export class HashIndex {
  /** First number of each chain, + 1; a power of two, at least twice as many as numbers. */
  #buckets: Int32Array = new Int32Array(0);
  /** By number: the next one in the chain, + 1. */
  #next: Int32Array = new Int32Array(0);
  #hashes: Int32Array = new Int32Array(0);
  #count = 0;

  /** The first number with this hash, or -1. */
  first(hash: number): number {
    if (this.#count === 0) return noItem;
    return this.#matching(this.#buckets[hash & (this.#buckets.length - 1)] as number, hash | 0);
  }

  /** The next number with the same hash, or -1. */
  after(item: number): number {
    return this.#matching(this.#next[item] as number, this.#hashes[item] as number);
  }

  /** Puts the next number in, and answers it. */
  add(hash: number): number {
    const item = this.#count;
    if (item === this.#hashes.length) this.#grow();
    this.#count = item + 1;
    this.#hashes[item] = hash;
    this.#link(item, hash);
    return item;
  }

  #matching(link: number, hash: number): number {
    let item = link - 1;
    while (item >= 0 && this.#hashes[item] !== hash) item = (this.#next[item] as number) - 1;
    return item;
  }

  #link(item: number, hash: number): void {
    const bucket = hash & (this.#buckets.length - 1);
    this.#next[item] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = item + 1;
  }

  #grow(): void {
    const capacity = Math.max(this.#hashes.length * 2, capacityAtFirst);
    const hashes = signedColumn(capacity);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#next = signedColumn(capacity);
    this.#buckets = signedColumn(capacity * 2);
    for (let item = 0; item < this.#count; item++) this.#link(item, hashes[item] as number);
  }
}
