// Finds numbered things by a hash of their contents, as compile/hash-index.ts does, but things come and go: a number that
// is taken out is given to the next thing. In flat arrays, chains of numbers; whoever asks compares the candidates.
import { signedColumn } from '../../tables/columns.ts';

const capacityAtFirst = 64;

/** Numbers from 0 on. */
export class NumberIndex {
  /** First number of each chain, + 1; a power of two, at least twice as many as numbers. */
  #buckets: Int32Array = new Int32Array(0);
  /** By number: the next one in the chain, + 1; of a number that is not in use the next such one, + 1. */
  #next: Int32Array = new Int32Array(0);
  #hashes: Int32Array = new Int32Array(0);
  #end = 0;
  #free = 0;
  #count = 0;

  /** Things that are in. */
  get count(): number {
    return this.#count;
  }

  /** All numbers in use lie below. */
  get end(): number {
    return this.#end;
  }

  /** The first number with this hash, or -1. */
  first(hash: number): number {
    if (this.#count === 0) return -1;
    return this.#matching(this.#buckets[hash & (this.#buckets.length - 1)], hash | 0);
  }

  /** The next number with the same hash, or -1. */
  after(item: number): number {
    return this.#matching(this.#next[item], this.#hashes[item]);
  }

  /** Puts a thing in, and answers its number. */
  add(hash: number): number {
    let item = this.#free - 1;
    if (item >= 0) this.#free = this.#next[item];
    else {
      item = this.#end;
      if (item === this.#hashes.length) this.#grow();
      this.#end++;
    }
    this.#count++;
    this.#hashes[item] = hash;
    this.#link(item, hash);
    return item;
  }

  /** Takes a thing out; its number is free then. */
  remove(item: number): void {
    const bucket = this.#hashes[item] & (this.#buckets.length - 1);
    let link = this.#buckets[bucket];
    if (link === item + 1) this.#buckets[bucket] = this.#next[item];
    else {
      while (this.#next[link - 1] !== item + 1) link = this.#next[link - 1];
      this.#next[link - 1] = this.#next[item];
    }
    this.#next[item] = this.#free;
    this.#free = item + 1;
    this.#count--;
  }

  #matching(link: number, hash: number): number {
    let item = link - 1;
    while (item >= 0 && this.#hashes[item] !== hash) item = this.#next[item] - 1;
    return item;
  }

  #link(item: number, hash: number): void {
    const bucket = hash & (this.#buckets.length - 1);
    this.#next[item] = this.#buckets[bucket];
    this.#buckets[bucket] = item + 1;
  }

  /** Only when every number is in use, so that all of them are in chains. */
  #grow(): void {
    const capacity = Math.max(this.#hashes.length * 2, capacityAtFirst);
    const hashes = signedColumn(capacity);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#next = signedColumn(capacity);
    this.#buckets = signedColumn(capacity * 2);
    for (let item = 0; item < this.#end; item++) this.#link(item, hashes[item]);
  }
}
