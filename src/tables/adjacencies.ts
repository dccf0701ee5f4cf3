// Adjacencies: an address on an interface, and the MAC address behind it once it is known. They are the
// neighbour table too: a hash over (interface, address) finds them.
//
//   adjacency, words  0 flags (see `Adjacency`)   1 interface   2 MAC, first two bytes   3 MAC, last four
//                     4 family   5–8 address   9 next in the hash chain + 1
//                     10, 11 the MAC address as the fast path writes it: its first two bytes in the upper half of a
//                     little-endian word, its last four in the next
//                     12, 13 of a removed one: the next removed + 1, the generation of its removal   14, 15 free
//   buckets           adjacency + 1
//   state, words      0 adjacencies in use or removed   1 lock   2 first removed + 1   3 last removed + 1   4–15 free
//
// Two threads may write: control (next hops, static neighbours) and the one that owns the slow path (what it learns).
// They take turns by the lock word. Readers take none: an entry is whole before a bucket leads to it, a MAC address is
// written before the flag that says so, and a removed entry keeps its words until no reader can still hold its index.
import type { Generations } from './generations.ts';

export const adjacencyWords = 16;
export const adjacencyStateWords = 16;

/** Places in the state words. */
const State = { count: 0, lock: 1, firstRemoved: 2, lastRemoved: 3 } as const;

/** Turns of waiting for the lock, some ten milliseconds: whoever holds it for longer has died with it. */
const lockTurnsMax = 1 << 20;

export const Adjacency = {
  /** The MAC address is known. */
  resolved: 1,
  /** Nothing says that the neighbour is down. */
  up: 2,
  /** From the configuration: never overwritten by what is learned. */
  fixed: 4,
  /** Made by learning, no path leads to it: it may be removed, and its index be used again. */
  learned: 8,
  /** Nobody's: no bucket leads to it. */
  removed: 16,
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
  readonly #state: Uint32Array;
  readonly #generations: Generations;
  /** Words 10 and 11 of an entry in one: a MAC address that changes is never seen half changed by a kernel. */
  readonly #pairs: BigUint64Array;

  /** `buckets` has a power of two of words. */
  constructor(entries: Uint32Array, buckets: Uint32Array, state: Uint32Array, generations: Generations) {
    this.entries = entries;
    this.buckets = buckets;
    this.#state = state;
    this.#generations = generations;
    this.#pairs = new BigUint64Array(entries.buffer, entries.byteOffset, entries.length / 2);
  }

  /** Indexes that have ever been in use: all lie below. */
  get count(): number {
    return this.#state[State.count] as number;
  }

  get capacity(): number {
    return this.entries.length / adjacencyWords;
  }

  /**
   * The adjacency of an address (its words; the number of words tells the family), or -1. For threads that tell the
   * generations when they read; any other may be led astray by an entry that is used again (`findLocked`).
   */
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

  findLocked(interfaceIndex: number, words: readonly number[] | Uint32Array): number {
    this.#lock();
    const index = this.find(interfaceIndex, words);
    this.#unlock();
    return index;
  }

  /**
   * Finds or makes the adjacency, unresolved and up; -1 when the table is full. One that is not `learned` is for paths to
   * lead to, and stays for good, also when it had been learned before.
   */
  add(interfaceIndex: number, words: readonly number[] | Uint32Array, learned = false): number {
    this.#lock();
    let index = this.find(interfaceIndex, words);
    if (index < 0) {
      index = this.#take();
      if (index >= 0) this.#write(index, interfaceIndex, words, learned);
    } else if (!learned) {
      Atomics.and(this.entries, index * adjacencyWords, ~Adjacency.learned);
    }
    this.#unlock();
    return index;
  }

  /** An index that nobody uses: of an adjacency removed long enough ago, or a new one. -1: there is none. */
  #take(): number {
    const state = this.#state;
    const first = state[State.firstRemoved] as number;
    const at = (first - 1) * adjacencyWords;
    if (first !== 0 && this.#generations.isOver(this.entries[at + 13] as number)) {
      state[State.firstRemoved] = this.entries[at + 12] as number;
      return first - 1;
    }
    return this.count === this.capacity ? -1 : this.count;
  }

  #write(index: number, interfaceIndex: number, words: readonly number[] | Uint32Array, learned: boolean): void {
    const { entries, buckets } = this;
    const at = index * adjacencyWords;
    const bucket = hashKey(interfaceIndex, words) & (buckets.length - 1);
    entries[at] = Adjacency.up | (learned ? Adjacency.learned : 0);
    entries[at + 1] = interfaceIndex;
    entries[at + 4] = words.length === 1 ? 4 : 6;
    for (let i = 0; i < 4; i++) entries[at + 5 + i] = words[i] ?? 0;
    entries[at + 9] = buckets[bucket] as number;
    Atomics.store(buckets, bucket, index + 1);
    if (index === this.count) Atomics.store(this.#state, State.count, index + 1);
  }

  /** Takes a learned adjacency out. False: paths lead to it, or it is configured, and it stays. */
  remove(index: number): boolean {
    const { entries } = this;
    const at = index * adjacencyWords;
    this.#lock();
    const goes = ((entries[at] as number) & (Adjacency.learned | Adjacency.fixed)) === Adjacency.learned;
    if (goes) {
      // Whoever has found it and not yet sent: it is the slow path's.
      Atomics.store(entries, at, Adjacency.removed);
      this.#unlink(index);
      this.#retire(index);
    }
    this.#unlock();
    return goes;
  }

  /**
   * No path leads to it any more: an answer that nobody waits for is not waited for, and one that has come counts as
   * learned. What is configured stays.
   */
  release(index: number): void {
    const { entries } = this;
    const at = index * adjacencyWords;
    this.#lock();
    const flags = entries[at] as number;
    if ((flags & (Adjacency.fixed | Adjacency.learned | Adjacency.removed)) === 0) {
      if ((flags & Adjacency.resolved) !== 0) Atomics.or(entries, at, Adjacency.learned);
      else {
        Atomics.store(entries, at, Adjacency.removed);
        this.#unlink(index);
        this.#retire(index);
      }
    }
    this.#unlock();
  }

  /** Takes the entry out of its chain. Its own link stays for readers that stand on it. */
  #unlink(index: number): void {
    const { entries, buckets } = this;
    const bucket = hashKey(entries[index * adjacencyWords + 1] as number, this.addressOf(index)) & (buckets.length - 1);
    const behind = entries[index * adjacencyWords + 9] as number;
    let next = buckets[bucket] as number;
    if (next === index + 1) {
      Atomics.store(buckets, bucket, behind);
      return;
    }
    while (next !== 0) {
      const at = (next - 1) * adjacencyWords;
      next = entries[at + 9] as number;
      if (next === index + 1) Atomics.store(entries, at + 9, behind);
    }
  }

  /** Puts the index behind those that wait for every reader to have begun a new batch. */
  #retire(index: number): void {
    const { entries } = this;
    const state = this.#state;
    const at = index * adjacencyWords;
    entries[at + 12] = 0;
    entries[at + 13] = this.#generations.present;
    if (state[State.firstRemoved] === 0) state[State.firstRemoved] = index + 1;
    else entries[((state[State.lastRemoved] as number) - 1) * adjacencyWords + 12] = index + 1;
    state[State.lastRemoved] = index + 1;
    this.#generations.advance();
  }

  /**
   * Makes the MAC address known. `fixed` marks it as configured. False: it was learned, and the adjacency has a
   * configured one.
   */
  resolve(index: number, macHigh: number, macLow: number, fixed = false): boolean {
    const { entries } = this;
    const at = index * adjacencyWords;
    this.#lock();
    const may = fixed || ((entries[at] as number) & Adjacency.fixed) === 0;
    if (may) {
      entries[at + 2] = macHigh;
      entries[at + 3] = macLow;
      const pair = (BigInt(swapBytes(macLow)) << 32n) | BigInt(swapBytes(macHigh));
      Atomics.store(this.#pairs, (at + 10) / 2, pair);
      Atomics.or(entries, at, Adjacency.resolved | (fixed ? Adjacency.fixed | Adjacency.up : 0));
    }
    this.#unlock();
    return may;
  }

  /** The MAC address is not known any more, and not configured either. */
  forget(index: number): void {
    Atomics.and(this.entries, index * adjacencyWords, ~(Adjacency.resolved | Adjacency.fixed));
  }

  flags(index: number): number {
    return this.entries[index * adjacencyWords] as number;
  }

  interfaceOf(index: number): number {
    return this.entries[index * adjacencyWords + 1] as number;
  }

  macOf(index: number): { readonly high: number; readonly low: number } {
    const at = index * adjacencyWords;
    return { high: this.entries[at + 2] as number, low: this.entries[at + 3] as number };
  }

  /** The address, host-order words. */
  addressOf(index: number): number[] {
    const at = index * adjacencyWords;
    return Array.from(this.entries.subarray(at + 5, at + (this.entries[at + 4] === 4 ? 6 : 9)));
  }

  /** ECMP-3: one write takes every path over the neighbour out of use, or back in. */
  setUp(index: number, up: boolean): void {
    const at = index * adjacencyWords;
    if (up) Atomics.or(this.entries, at, Adjacency.up);
    else Atomics.and(this.entries, at, ~Adjacency.up);
  }

  #lock(): void {
    for (let turn = 0; turn < lockTurnsMax; turn++) {
      if (Atomics.compareExchange(this.#state, State.lock, 0, 1) === 0) return;
    }
  }

  #unlock(): void {
    Atomics.store(this.#state, State.lock, 0);
  }
}
