// The next routes of a table in order, though the table is in none: a window of some thousand places, found by one walk
// over the columns. A walk over a million takes some 10 ms, a manager who reads on needs one in two thousand
// questions, and no route is ever copied: sorting the whole would take a second, and as much again after each change.
import { maskWord } from '../../wire/address.ts';
import type { SnmpRoutes } from './view.ts';

/** Places that a window holds. */
export const windowSize = 2048;
const blockPlaces = 256;
const goldenRatio = 0.618;

/** A prefix to go on from. Its octets and length may be any: a manager asks what it likes. */
export interface Bound {
  /** A word for IPv4, four for IPv6. */
  readonly words: readonly number[];
  /** 0 to 255: longer than any prefix is after all prefixes of that address. */
  readonly length: number;
  /** Whether the prefix itself counts. */
  readonly isInclusive: boolean;
}

export class RouteWindow {
  readonly #routes: SnmpRoutes;
  readonly #size: number;
  readonly #wordsEach: number;
  readonly #version: number;
  #from: Bound | undefined;
  /** In order. */
  #places: number[] = [];
  /** Whether there are no more routes after these. */
  #isLast = false;

  constructor(routes: SnmpRoutes, size = windowSize) {
    this.#routes = routes;
    this.#size = size;
    this.#wordsEach = routes.family === 4 ? 1 : 4;
    this.#version = routes.version;
  }

  /** Whether it still tells the truth about these routes. */
  serves(routes: SnmpRoutes): boolean {
    return routes.addresses.buffer === this.#routes.addresses.buffer && routes.version === this.#version;
  }

  /** The place of the first route at or after the bound, or -1. */
  next(bound: Bound): number {
    if (!this.#covers(bound)) this.#fill(bound);
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBefore(this.#places[middle] as number, bound)) low = middle + 1;
      else high = middle;
    }
    return this.#places[low] ?? -1;
  }

  #covers(bound: Bound): boolean {
    const from = this.#from;
    if (from === undefined || compareBounds(bound, from) < 0) return false;
    const last = this.#places.at(-1);
    return this.#isLast || (last !== undefined && !this.#isBefore(last, bound));
  }

  /** Whether the route at a place comes before all that the bound lets in. */
  #isBefore(place: number, { words, length, isInclusive }: Bound): boolean {
    const { addresses, lengths } = this.#routes;
    const first = place * this.#wordsEach;
    for (let i = 0; i < this.#wordsEach; i++) {
      const difference = (addresses[first + i] as number) - (words[i] as number);
      if (difference !== 0) return difference < 0;
    }
    const difference = (lengths[place] as number) - length;
    return difference < 0 || (difference === 0 && !isInclusive);
  }

  #compare(a: number, b: number): number {
    const { addresses, lengths } = this.#routes;
    for (let i = 0; i < this.#wordsEach; i++) {
      const difference =
        (addresses[a * this.#wordsEach + i] as number) - (addresses[b * this.#wordsEach + i] as number);
      if (difference !== 0) return difference;
    }
    return (lengths[a] as number) - (lengths[b] as number);
  }

  /**
   * Keeps the first routes from the bound on: a heap with the last of them on top, which what comes before it replaces.
   * Blocks of places are met in a mixed order: met from the last route to the first, each of a million would go through the
   * heap (0.6 s against 20 ms).
   */
  #fill(bound: Bound): void {
    const { count } = this.#routes;
    const heap: number[] = [];
    const blocks = Math.ceil(count / blockPlaces);
    const step = mixingStep(blocks);
    let isLast = true;
    for (let i = 0, block = 0; i < blocks; i++, block = (block + step) % blocks) {
      const first = block * blockPlaces;
      if (!this.#fillFrom(heap, bound, first, Math.min(first + blockPlaces, count))) isLast = false;
    }
    this.#places = heap.sort((a, b) => this.#compare(a, b));
    this.#isLast = isLast;
    this.#from = bound;
  }

  /**
   * The same for places side by side; false when one was left out for want of room. That may be one that is not in use,
   * which costs a walk at the end and no more.
   */
  #fillFrom(heap: number[], bound: Bound, first: number, end: number): boolean {
    const routes = this.#routes;
    const { addresses } = routes;
    const wordsEach = this.#wordsEach;
    const [lowest] = bound.words as [number];
    let isWhole = true;
    let highest = heap.length === this.#size ? (addresses[(heap[0] as number) * wordsEach] as number) : Infinity;
    for (let place = first; place < end; place++) {
      const word = addresses[place * wordsEach] as number;
      if (word < lowest || (word === lowest && this.#isBefore(place, bound))) continue;
      const isFull = heap.length === this.#size;
      if (word > highest || (isFull && this.#compare(place, heap[0] as number) > 0)) {
        isWhole = false;
        continue;
      }
      if (!routes.has(place)) continue;
      if (isFull) {
        isWhole = false;
        this.#sink(heap, place);
      } else this.#rise(heap, place);
      if (heap.length === this.#size) highest = addresses[(heap[0] as number) * wordsEach] as number;
    }
    return isWhole;
  }

  #rise(heap: number[], place: number): void {
    let at = heap.push(place) - 1;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      if (this.#compare(heap[above] as number, place) >= 0) break;
      heap[at] = heap[above] as number;
      at = above;
    }
    heap[at] = place;
  }

  /** Puts a place in for the one on top. */
  #sink(heap: number[], place: number): void {
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && this.#compare(heap[below + 1] as number, heap[below] as number) > 0) below++;
      if (this.#compare(heap[below] as number, place) <= 0) break;
      heap[at] = heap[below] as number;
      at = below;
    }
    heap[at] = place;
  }
}

/** Steps of this length lead to each of so many blocks once, and to distant ones in turn. */
function mixingStep(blocks: number): number {
  let step = Math.max(1, Math.floor(blocks * goldenRatio));
  while (commonDivisor(step, blocks) > 1) step++;
  return step;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function compareBounds(a: Bound, b: Bound): number {
  for (let i = 0; i < a.words.length; i++) {
    const difference = (a.words[i] as number) - (b.words[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length || Number(b.isInclusive) - Number(a.isInclusive);
}

/**
 * The bound that numbers of an OID stand for: the octets of an address and a prefix length, of which some may be missing at
 * the end, and none need be what an octet can be. All of them given: the prefix itself counts.
 */
export function boundOf(family: 4 | 6, numbers: readonly number[]): Bound {
  const octetCount = family === 4 ? 4 : 16;
  const octets: number[] = [];
  let beyond = false;
  for (let i = 0; i <= octetCount; i++) {
    const octet: number = beyond ? 255 : (numbers[i] ?? 0);
    beyond ||= octet > 255;
    octets.push(Math.min(octet, 255));
  }
  const words: number[] = [];
  for (let i = 0; i < octetCount; i += 4) {
    const [a, b, c, d] = octets.slice(i, i + 4) as [number, number, number, number];
    words.push(((a << 24) | (b << 16) | (c << 8) | d) >>> 0);
  }
  return { words, length: octets[octetCount] as number, isInclusive: !beyond };
}

/** Whether the bound is a prefix without host bits: only such can be in a table. */
export function isPrefix(family: 4 | 6, { words, length, isInclusive }: Bound): boolean {
  if (!isInclusive || length > (family === 4 ? 32 : 128)) return false;
  return words.every((word, i) => maskWord(word, length - 32 * i) === word);
}
