// Routes of every source, and which of them are believed: an entry comes, is replaced, goes stale and is swept, and of those
// for one prefix the best is active. What is changed is noted until it has been brought into the tables.
import type { IpPrefix } from '../../wire/address.ts';
import type { PathModel } from '../model.ts';
import type { PathList } from './path-list-store.ts';
import type { Resolution } from './resolution.ts';
import { Place, type RouteStore } from './route-store.ts';
import { insertByDistance, type Sources } from './sources.ts';

/** Hears of each change of an active entry. */
export type ActiveListener = (
  store: RouteStore,
  place: number,
  old: PathList | undefined,
  list: PathList | undefined,
) => void;

/** Which of the names (`vrf red`, `interface ce1`, `pseudowire acme`) a path refers to, if to one of them. */
export function nameUsed(paths: readonly PathModel[], names: ReadonlySet<string>): string | undefined {
  for (const path of paths) {
    const used =
      path.kind === 'via'
        ? [`vrf ${path.vrf}`, `interface ${path.interface}`]
        : [`${path.kind === 'table' ? 'vrf' : path.kind} ${path.target}`];
    const name = used.find((each) => names.has(each));
    if (name !== undefined) return name;
  }
  return undefined;
}

export class OwnedRoutes {
  readonly 4: RouteStore;
  readonly 6: RouteStore;
  readonly #sources: Sources;
  readonly #resolution: Resolution;
  readonly #onActive: ActiveListener;
  /** Places that were changed, with the family in the lowest bit. */
  #changed: number[] = [];
  /** Lists that lost their last route at some time. */
  #left: PathList[] = [];

  constructor(
    stores: { readonly 4: RouteStore; readonly 6: RouteStore },
    sources: Sources,
    resolution: Resolution,
    onActive: ActiveListener,
  ) {
    this[4] = stores[4];
    this[6] = stores[6];
    this.#sources = sources;
    this.#resolution = resolution;
    this.#onActive = onActive;
  }

  get count(): number {
    return this[4].count + this[6].count;
  }

  /** What was changed since `finish`: the place times two, and 1 for IPv6. */
  get changed(): readonly number[] {
    return this.#changed;
  }

  storeOf(changed: number): RouteStore {
    return (changed & 1) === 0 ? this[4] : this[6];
  }

  /** Lists that no route has any more, each once. */
  takeLeft(): PathList[] {
    const left = [...new Set(this.#left)].filter((list) => list.refs === 0);
    this.#left = [];
    return left;
  }

  /** What was changed is in the tables; places without an entry are free. */
  finish(): void {
    for (const id of this.#changed) {
      const store = this.storeOf(id);
      store.flags[id >>> 1] &= ~Place.changed;
      if (store.lists[id >>> 1] < 0) store.remove(id >>> 1);
    }
    this.#changed = [];
  }

  /** The prefix of an interface. */
  putLocal(table: number, prefix: IpPrefix, list: PathList, source: number): void {
    const store = this[prefix.family];
    list.refs++;
    this.#setActive(store, store.add(table, prefix), list, source, false);
  }

  /** Takes out all that a table has, of every source. */
  clearTable(table: number): void {
    for (const store of [this[4], this[6]]) {
      for (let place = 0; place < store.end; place++) {
        if (store.tables[place] !== table || store.lists[place] < 0) continue;
        for (const candidate of store.waiting.get(place) ?? []) this.#drop(candidate.list);
        store.waiting.delete(place);
        this.#setActive(store, place, undefined, 0, false);
      }
    }
  }

  #change(store: RouteStore, place: number): void {
    if ((store.flags[place] & Place.changed) !== 0) return;
    store.flags[place] |= Place.changed;
    this.#changed.push(place * 2 + (store.family === 4 ? 0 : 1));
  }

  #drop(list: PathList): void {
    if (--list.refs === 0) this.#left.push(list);
  }

  /** Makes an entry the active one of a place, or leaves it without. */
  #setActive(store: RouteStore, place: number, list: PathList | undefined, source: number, isStale: boolean): void {
    const old = store.lists[place] < 0 ? undefined : this.#resolution.lists.all[store.lists[place]];
    if (old !== undefined) store.deactivate(place, old);
    if (list !== undefined) {
      store.activate(place, list, source, isStale);
      this.#resolution.listDirty(list);
    }
    this.#change(store, place);
    if (old !== undefined) this.#drop(old);
    this.#onActive(store, place, old, list);
  }

  /** Puts a source's route in, or in the place of its old one, fresh again. */
  put(table: number, prefix: IpPrefix, paths: readonly PathModel[], source: number): void {
    const store = this[prefix.family];
    const list = this.#resolution.listOf(table, paths);
    let place = store.find(table, prefix.words, prefix.length);
    if (place < 0) place = store.add(table, prefix);
    if (store.lists[place] < 0) {
      list.refs++;
      return this.#setActive(store, place, list, source, false);
    }
    const others = store.waiting.get(place);
    const waiting = others?.find((each) => each.source === source);
    if (store.sources[place] === source) {
      store.flags[place] &= ~Place.stale;
      if (store.lists[place] === list.number) return;
      list.refs++;
      return this.#setActive(store, place, list, source, false);
    }
    if (waiting !== undefined) {
      waiting.isStale = false;
      list.refs++;
      this.#drop(waiting.list);
      waiting.list = list;
      return;
    }
    list.refs++;
    this.#enter(store, place, list, source);
  }

  /** A further source knows the prefix. */
  #enter(store: RouteStore, place: number, list: PathList, source: number): void {
    const sources = this.#sources;
    const others = store.waiting.get(place) ?? [];
    store.waiting.set(place, others);
    if (sources.distance(source) >= sources.distance(store.sources[place])) {
      insertByDistance(others, { source, list, isStale: false }, sources);
      return;
    }
    const active = this.#resolution.lists.all[store.lists[place]];
    const isStale = (store.flags[place] & Place.stale) !== 0;
    others.unshift({ source: store.sources[place], list: active, isStale });
    // It stays, behind the new one.
    active.refs++;
    this.#setActive(store, place, list, source, false);
  }

  /** Takes a source's route out; whether there was one. */
  remove(table: number, prefix: IpPrefix, source: number): boolean {
    const store = this[prefix.family];
    const place = store.find(table, prefix.words, prefix.length);
    return place >= 0 && this.#removeFrom(store, place, source);
  }

  #removeFrom(store: RouteStore, place: number, source: number): boolean {
    if (store.lists[place] < 0) return false;
    const others = store.waiting.get(place);
    if (store.sources[place] === source) {
      const next = others?.shift();
      if (others?.length === 0) store.waiting.delete(place);
      this.#setActive(store, place, next?.list, next?.source ?? 0, next?.isStale ?? false);
      return true;
    }
    const at = others?.findIndex((each) => each.source === source) ?? -1;
    if (others === undefined || at < 0) return false;
    const [gone] = others.splice(at, 1);
    if (others.length === 0) store.waiting.delete(place);
    this.#drop(gone.list);
    return true;
  }

  /**
   * All that others have, but for what interfaces brought and what names what is `gone`. `tableOf`: the table here of one
   * there; undefined: it is not here.
   */
  restore(before: OwnedRoutes, tableOf: (table: number) => number | undefined, gone: ReadonlySet<string>): void {
    const local = this.#sources.number('local');
    for (const store of [before[4], before[6]]) {
      for (let place = 0; place < store.end; place++) {
        const active = store.lists[place] < 0 ? undefined : before.#resolution.lists.all[store.lists[place]];
        const table = tableOf(store.tables[place]);
        if (active === undefined || table === undefined) continue;
        const isStale = (store.flags[place] & Place.stale) !== 0;
        const candidates = [{ source: store.sources[place], list: active, isStale }];
        candidates.push(...(store.waiting.get(place) ?? []));
        const prefix = store.prefixAt(place);
        for (const { source, list, isStale } of candidates) {
          if (source === local || nameUsed(list.paths, gone) !== undefined) continue;
          this.put(table, prefix, list.paths, source);
          if (isStale) this.#markRoute(table, prefix, source);
        }
      }
    }
  }

  #markRoute(table: number, prefix: IpPrefix, source: number): void {
    const store = this[prefix.family];
    const place = store.find(table, prefix.words, prefix.length);
    if (store.sources[place] === source) store.flags[place] |= Place.stale;
    for (const each of store.waiting.get(place) ?? []) if (each.source === source) each.isStale = true;
  }

  /** Whether a source has a route for the prefix. */
  has(table: number, prefix: IpPrefix, source: number): boolean {
    const store = this[prefix.family];
    const place = store.find(table, prefix.words, prefix.length);
    if (place < 0 || store.lists[place] < 0) return false;
    if (store.sources[place] === source) return (store.flags[place] & Place.stale) === 0;
    return store.waiting.get(place)?.some((each) => each.source === source && !each.isStale) ?? false;
  }

  /** Marks all that a source has; nothing in the tables changes. */
  markStale(source: number): void {
    for (const store of [this[4], this[6]]) {
      for (let place = 0; place < store.end; place++) {
        if (store.lists[place] >= 0 && store.sources[place] === source) store.flags[place] |= Place.stale;
      }
      for (const others of store.waiting.values()) {
        for (const each of others) if (each.source === source) each.isStale = true;
      }
    }
  }

  /** Takes out what is still stale of a source; answers how many entries. */
  sweep(source: number): number {
    let count = 0;
    for (const store of [this[4], this[6]]) {
      const places: number[] = [];
      for (let place = 0; place < store.end; place++) {
        const isStale = store.sources[place] === source && (store.flags[place] & Place.stale) !== 0;
        if (store.lists[place] >= 0 && isStale) places.push(place);
      }
      for (const [place, others] of store.waiting) {
        if (others.some((each) => each.source === source && each.isStale)) places.push(place);
      }
      for (const place of places) if (this.#removeFrom(store, place, source)) count++;
    }
    return count;
  }
}
