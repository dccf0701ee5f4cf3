// What has been told of each prefix, by whom, and which of it is believed: withdrawals do not say what they take back, so
// all that is in use is kept here, once. Bounded by `pathsMax`. Relies on model types alone.
import type { PathModel } from '../../control/model.ts';
import type { IpPrefix } from '../../wire/address.ts';

/** A prefix as a key: of IPv4 the word and the length in one number, of IPv6 nine characters. */
export type PrefixKey = number | string;

export function keyOf(words: readonly number[], length: number): PrefixKey {
  if (words.length === 1) return words[0] * 64 + length;
  let key = '';
  for (const word of words) key += String.fromCharCode(word >>> 16, word & 0xffff);
  return key + String.fromCharCode(length);
}

export function prefixOf(key: PrefixKey): IpPrefix {
  if (typeof key === 'number') return { family: 4, words: [Math.floor(key / 64)], length: key % 64 };
  const words = [0, 2, 4, 6].map((i) => ((key.charCodeAt(i) << 16) | key.charCodeAt(i + 1)) >>> 0);
  return { family: 6, words, length: key.charCodeAt(8) };
}

/** What decides between routes for one prefix (RFC 4271 section 9.1.2.2). */
export interface Rank {
  readonly localPreference: number;
  readonly asPathLength: number;
  readonly origin: number;
  readonly med: number;
}

/** A route of a VRF's own, with what goes out beside prefix, label and next hop. */
export interface Told {
  /** Each an Any of an attribute. */
  readonly attributes: readonly Uint8Array[];
}

/** One that tells: a PE's VRF by its route distinguisher, the peers of labelled unicast, a CE, a VRF's own routes. */
export class Owner {
  readonly name: string;
  /** Table of which its routes are the own ones; undefined: others have told them. */
  readonly home: number | undefined;
  readonly entries = new Map<PrefixKey, Entry>();

  constructor(name: string, home?: number) {
    this.name = name;
    this.home = home;
  }
}

export interface Entry extends Rank {
  readonly key: PrefixKey;
  readonly owner: Owner;
  readonly paths: readonly PathModel[];
  /** Tables it goes to. */
  readonly tables: readonly number[];
  readonly told: Told | undefined;
  /** When it was last told: counts connections. */
  readonly stamp: number;
}

function isBetter(a: Entry, b: Entry): boolean {
  if (a.localPreference !== b.localPreference) return a.localPreference > b.localPreference;
  if (a.asPathLength !== b.asPathLength) return a.asPathLength < b.asPathLength;
  if (a.origin !== b.origin) return a.origin < b.origin;
  if (a.med !== b.med) return a.med < b.med;
  const isOwn = a.owner.home !== undefined;
  if (isOwn !== (b.owner.home !== undefined)) return isOwn;
  return a.owner.name < b.owner.name;
}

/** A change of a table: what is believed of a prefix now; undefined: nobody tells of it any more. */
export type TableChange = (table: number, key: PrefixKey, entry: Entry | undefined) => void;

export class Rib {
  readonly #pathsMax: number;
  readonly #owners = new Map<string, Owner>();
  /** By table: what is told of a prefix. Most have one that tells. */
  readonly #tables: Map<PrefixKey, Entry | Entry[]>[] = [];
  readonly #changed: Set<PrefixKey>[] = [];
  /** By table: those whose routes are its own. */
  readonly #homes: Set<Owner>[] = [];
  /** Prefixes of routes of VRFs' own that were touched, by home. */
  readonly #ownChanged = new Map<number, Set<PrefixKey>>();
  #count = 0;

  constructor(tables: number, pathsMax: number) {
    this.#pathsMax = pathsMax;
    for (let i = 0; i < tables; i++) {
      this.#tables.push(new Map());
      this.#changed.push(new Set());
      this.#homes.push(new Set());
    }
  }

  get count(): number {
    return this.#count;
  }

  get owners(): Iterable<Owner> {
    return this.#owners.values();
  }

  find(owner: string): Owner | undefined {
    return this.#owners.get(owner);
  }

  /** The owner of that name, who is made if need be. */
  owner(name: string, home?: number): Owner {
    let owner = this.#owners.get(name);
    if (owner === undefined) {
      owner = new Owner(name, home);
      this.#owners.set(name, owner);
      if (home !== undefined) this.#homes[home].add(owner);
    }
    return owner;
  }

  /** False: there are too many already. */
  put(entry: Entry): boolean {
    const { owner, key } = entry;
    const before = owner.entries.get(key);
    if (before === undefined) {
      if (this.#count >= this.#pathsMax) {
        this.#forgetEmpty(owner);
        return false;
      }
      this.#count++;
    } else if (before.tables !== entry.tables) this.#leave(before);
    owner.entries.set(key, entry);
    for (const table of entry.tables) this.#enter(table, entry, before);
    if (owner.home !== undefined) this.#touchOwn(owner.home, key);
    return true;
  }

  remove(owner: Owner, key: PrefixKey): boolean {
    const entry = owner.entries.get(key);
    if (entry === undefined) return false;
    owner.entries.delete(key);
    this.#count--;
    this.#leave(entry);
    if (owner.home !== undefined) this.#touchOwn(owner.home, key);
    this.#forgetEmpty(owner);
    return true;
  }

  /** Takes out all that somebody has told. */
  removeOwner(owner: Owner): void {
    for (const key of [...owner.entries.keys()]) this.remove(owner, key);
  }

  /** Takes out what was not told since `stamp`; answers how many. */
  sweep(stamp: number): number {
    let count = 0;
    for (const owner of [...this.#owners.values()]) {
      for (const entry of [...owner.entries.values()])
        if (entry.stamp < stamp && this.remove(owner, entry.key)) count++;
    }
    return count;
  }

  /** Hands over what has changed since the last time, up to `limit` prefixes. False: there is more. */
  takeChanges(limit: number, visit: TableChange): boolean {
    let left = limit;
    for (const [table, changed] of this.#changed.entries()) {
      for (const key of changed) {
        if (left-- === 0) return false;
        changed.delete(key);
        visit(table, key, this.#best(table, key));
      }
    }
    return true;
  }

  /** Prefixes of routes of VRFs' own that were touched since the last time. */
  takeOwnChanges(visit: (home: number, key: PrefixKey, entry: Entry | undefined) => void): void {
    for (const [home, keys] of this.#ownChanged) for (const key of keys) visit(home, key, this.bestOwn(home, key));
    this.#ownChanged.clear();
  }

  /** The best route that a VRF has by itself. */
  bestOwn(home: number, key: PrefixKey): Entry | undefined {
    let best: Entry | undefined;
    for (const owner of this.#homes[home]) {
      const entry = owner.entries.get(key);
      if (entry !== undefined && (best === undefined || isBetter(entry, best))) best = entry;
    }
    return best;
  }

  #best(table: number, key: PrefixKey): Entry | undefined {
    const there = this.#tables[table].get(key);
    if (!Array.isArray(there)) return there;
    return there.reduce((best, each) => (isBetter(each, best) ? each : best));
  }

  #enter(table: number, entry: Entry, before: Entry | undefined): void {
    const entries = this.#tables[table];
    const there = entries.get(entry.key);
    if (there === undefined || there === before) entries.set(entry.key, entry);
    else if (Array.isArray(there)) {
      const at = before === undefined ? -1 : there.indexOf(before);
      if (at < 0) there.push(entry);
      else there[at] = entry;
    } else entries.set(entry.key, [there, entry]);
    this.#changed[table].add(entry.key);
  }

  #leave(entry: Entry): void {
    for (const table of entry.tables) {
      const entries = this.#tables[table];
      const there = entries.get(entry.key);
      if (Array.isArray(there)) {
        const left = there.filter((each) => each !== entry);
        entries.set(entry.key, left.length === 1 ? left[0] : left);
      } else if (there === entry) entries.delete(entry.key);
      this.#changed[table].add(entry.key);
    }
  }

  /** Those who come and go by other names are not remembered. */
  #forgetEmpty(owner: Owner): void {
    if (owner.entries.size > 0) return;
    this.#owners.delete(owner.name);
    if (owner.home !== undefined) this.#homes[owner.home].delete(owner);
  }

  #touchOwn(home: number, key: PrefixKey): void {
    const keys = this.#ownChanged.get(home);
    if (keys === undefined) this.#ownChanged.set(home, new Set([key]));
    else keys.add(key);
  }
}
