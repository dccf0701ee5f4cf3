// Next hops, each once, and what each depends on: the prefixes of the tables it was looked for in, and the routes met
// there. A change of either finds the next hops it concerns without a look at the others.
import { type IpAddress, maskWord } from '../../wire/address.ts';
import type { LegTarget } from '../compile/plan.ts';
import type { Problem } from '../compile/rib.ts';
import type { LabelNode } from './label-store.ts';
import type { PathList } from './path-list-store.ts';

export type Found = { readonly target: LegTarget } | { readonly problem: Problem };

/** Places of next hops that are no more which an index may keep. */
const goneMax = 1024;
/** Longer than every prefix: nothing in the table matters. */
const noLength = 129;

export interface NextHop {
  readonly key: string;
  readonly address: IpAddress;
  /** On a connected subnet or a named interface: known once and for all. */
  readonly isFixed: boolean;
  found: Found | undefined;
  readonly users: Set<PathList | LabelNode>;
  /** Routes met on the way, usable or not. */
  readonly met: Set<CoverNode>;
  readonly places: HopPlace[];
  /** The change in which it was last found to depend on something that moved. */
  stamp: number;
}

/** A next hop in one of the tables it was looked for in. */
export interface HopPlace {
  readonly hop: NextHop;
  readonly index: HopIndex;
  /** Prefixes of this length and longer decide; shorter ones were not looked at. */
  length: number;
}

/** A route that next hops resolve through. */
export interface CoverNode {
  readonly key: number;
  readonly family: 4 | 6;
  readonly place: number;
  readonly list: PathList;
  state: 'new' | 'resolving' | 'done';
  /** Part of a loop; then `state` is done. */
  isLooping: boolean;
  readonly hops: Set<NextHop>;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

/** The next hops that are looked for in one table and family, by address. */
export class HopIndex {
  #sorted: HopPlace[] = [];
  #isSorted = true;
  #gone = 0;

  get count(): number {
    return this.#sorted.length - this.#gone;
  }

  add(hop: NextHop): HopPlace {
    const place: HopPlace = { hop, index: this, length: noLength };
    this.#sorted.push(place);
    this.#isSorted = false;
    return place;
  }

  /** To be called for each place of a next hop that is no more. */
  forget(): void {
    this.#gone++;
    this.#isSorted = false;
    if (this.#gone > goneMax && this.#gone > this.#sorted.length / 2) this.#drop();
  }

  #drop(): void {
    this.#sorted = this.#sorted.filter(({ hop }) => hop.users.size > 0);
    this.#gone = 0;
  }

  /** Places there are, those of next hops that are no more included. */
  get length(): number {
    return this.#sorted.length;
  }

  /** Calls for each next hop that the prefix holds and decides about. */
  affected(words: readonly number[] | Uint32Array, length: number, call: (hop: NextHop) => void): void {
    if (this.#sorted.length === 0) return;
    this.#sort();
    const sorted = this.#sorted;
    let low = 0;
    for (let high = sorted.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if (isBefore(sorted[middle].hop.address.words, words)) low = middle + 1;
      else high = middle;
    }
    for (; low < sorted.length && holds(words, length, sorted[low].hop.address.words); low++) {
      if (sorted[low].length <= length) call(sorted[low].hop);
    }
  }

  #sort(): void {
    if (this.#isSorted) return;
    if (this.#gone > 0) this.#drop();
    this.#sorted.sort((a, b) => compare(a.hop.address.words, b.hop.address.words));
    this.#isSorted = true;
  }
}

function isBefore(address: readonly number[], words: readonly number[] | Uint32Array): boolean {
  for (let i = 0; i < address.length; i++) if (address[i] !== words[i]) return address[i] < words[i];
  return false;
}

/** Whether the first `length` bits are those of the prefix. */
function holds(words: readonly number[] | Uint32Array, length: number, address: readonly number[]): boolean {
  for (let i = 0; i < address.length; i++) if (maskWord(address[i], length - 32 * i) !== words[i]) return false;
  return true;
}

/** Notes that prefixes of a table decide about a next hop, down to this length. */
export function noteLength(hop: NextHop, index: HopIndex, length: number): void {
  let place = hop.places.find((each) => each.index === index);
  if (place === undefined) {
    place = index.add(hop);
    hop.places.push(place);
  }
  place.length = Math.min(place.length, length);
}

export function noteMeeting(hop: NextHop, node: CoverNode): void {
  hop.met.add(node);
  node.hops.add(hop);
}

/** Forgets what a next hop was found to be and by what. */
export function unsettle(hop: NextHop): void {
  hop.found = undefined;
  for (const node of hop.met) node.hops.delete(hop);
  hop.met.clear();
  for (const place of hop.places) place.length = noLength;
}
