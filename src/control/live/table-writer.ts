// Puts what control has decided into the words of tables that other threads read. What is new is written where nothing
// leads to yet; then one store makes it reachable (an entry of a prefix table, of the label map, or the group of a route's
// record); what is not reachable any more is given to the pools, which wait for the readers.
import { Action } from '../../tables/actions.ts';
import { labelEntryWords, labelKey, Payload, wireLabel } from '../../tables/labels.ts';
import { flatWords, groupWords, legWords } from '../../tables/paths.ts';
import type { RunTrie } from '../../tables/run-trie.ts';
import { routeWords, type Tables } from '../../tables/tables.ts';
import { WordPool } from '../../tables/word-pool.ts';
import { payloadNumber, popMode } from '../compile/resolver.ts';
import {
  type ActionWords,
  directAction,
  flatLegOf,
  labelBrief,
  pathAction,
  writeFlat,
  writeLeg,
} from '../compile/write-paths.ts';
import type { ActionPath, RouterModel } from '../model.ts';
import type { AccountPage } from './account-book.ts';
import type { AdjacencyRef } from './address-numbers.ts';
import type { LiveGroup } from './group-store.ts';
import type { LabelNode } from './label-store.ts';
import type { Room } from './live-sizes.ts';
import type { PathList } from './path-list-store.ts';
import { Place, type RouteStore } from './route-store.ts';

export interface WriterOptions {
  readonly model: RouterModel;
  readonly adjacencies: readonly AdjacencyRef[];
  readonly tableIndex: (name: string) => number;
  readonly pseudowireIndex: (name: string) => number;
}

export class TableWriter {
  readonly tables: Tables;
  /** The room in which something did not fit, as long as a write has not come to its end. */
  room: Room = 'routes';
  /** What forwarders count by these tables, where look-ups have accounts. */
  page: AccountPage | undefined;
  readonly #options: WriterOptions;
  readonly #routes: WordPool;
  readonly #groups: WordPool;
  readonly #legs: WordPool;
  readonly #pushes: WordPool;
  readonly #labels: WordPool;
  /** By number of an address on an interface: its adjacency + 1, 0: not known yet. */
  #adjacencies = new Int32Array(64);
  /** By number of a route's record: its place, with the family in the lowest bit; for names. */
  readonly placeOfRoute: Int32Array;
  readonly #goneRoutes: number[] = [];
  readonly #goneEntries: number[] = [];

  constructor(tables: Tables, options: WriterOptions) {
    this.tables = tables;
    this.#options = options;
    const { generations, paths, labels } = tables;
    // Record 0 of each is nobody's.
    this.#routes = new WordPool(routeWords, tables.routes.length, generations);
    this.#groups = new WordPool(groupWords, paths.groups.length, generations);
    this.#legs = new WordPool(legWords, paths.legs.length, generations);
    this.#labels = new WordPool(labelEntryWords, labels.entries.length, generations);
    this.#pushes = new WordPool(0, paths.pushes.length, generations);
    this.placeOfRoute = new Int32Array(tables.routes.length / routeWords);
  }

  trie(family: 4 | 6): RunTrie {
    return family === 4 ? this.tables.trie4 : this.tables.trie6;
  }

  /** The adjacency of a numbered address. Throws RangeError when the table of adjacencies is full. */
  adjacency(ref: number): number {
    if (ref >= this.#adjacencies.length) {
      const grown = new Int32Array(Math.max(ref + 1, this.#adjacencies.length * 2));
      grown.set(this.#adjacencies);
      this.#adjacencies = grown;
    }
    const known = this.#adjacencies[ref];
    if (known !== 0) return known - 1;
    this.room = 'adjacencies';
    const { interface: on, address } = this.#options.adjacencies[ref];
    const made = this.tables.adjacencies.add(on, address.words);
    if (made < 0) throw new RangeError('the table of adjacencies is full');
    this.#adjacencies[ref] = made + 1;
    return made;
  }

  /**
   * Lets go of adjacencies that no path leads to. `isUsed`: by number of an address; `gone`: those that may get another
   * one.
   */
  sweepAdjacencies(isUsed: Uint8Array, gone: readonly number[]): void {
    const { adjacencies } = this.tables;
    const isReached = new Uint8Array(adjacencies.count);
    for (let ref = 0; ref < isUsed.length; ref++) {
      const known = isUsed[ref] === 0 ? 0 : (this.#adjacencies[ref] ?? 0);
      if (known !== 0) isReached[known - 1] = 1;
    }
    for (const ref of gone) if (ref < this.#adjacencies.length) this.#adjacencies[ref] = 0;
    for (let index = 0; index < isReached.length; index++) if (isReached[index] === 0) adjacencies.release(index);
  }

  /** Writes a group that nothing leads to yet; those it leads to have been written. */
  writeGroup(group: LiveGroup): void {
    const { groups, legs, flat, pushes, pushWire } = this.tables.paths;
    const count = group.legs.length;
    this.room = 'pushes';
    if (group.pushes > 0) group.firstPush = this.#pushes.take(group.pushes);
    this.room = 'legs';
    group.firstLeg = this.#legs.take(count * legWords) / legWords;
    this.room = 'groups';
    const index = this.#groups.take(groupWords) / groupWords;
    let push = group.firstPush;
    for (const [i, leg] of group.legs.entries()) {
      const number = group.firstLeg + i;
      writeLeg(legs, number * legWords, leg, push);
      this.page?.beginPath(number);
      flat.fill(0, number * flatWords, (number + 1) * flatWords);
      writeFlat(flat, number * flatWords, leg);
      this.#placeAdjacency(number);
      for (const label of leg.pushes) {
        pushes[push] = label;
        pushWire[push++] = wireLabel(label);
      }
    }
    groups[index * groupWords] = group.firstLeg;
    groups[index * groupWords + 1] = count;
    group.index = index;
  }

  /** A leg names an address by control's number; the tables name it by the index of its adjacency. */
  #placeAdjacency(leg: number): void {
    const { legs, flat } = this.tables.paths;
    if (legs[leg * legWords] === Action.adjacency) legs[leg * legWords + 1] = this.adjacency(legs[leg * legWords + 1]);
    if (flat[leg * flatWords] !== 0) flat[leg * flatWords + 1] = this.adjacency(flat[leg * flatWords + 1]);
  }

  /** Gives back what nothing leads to any more. To be called after all that was changed is published. */
  release(groups: readonly LiveGroup[]): void {
    for (const group of groups) {
      this.#groups.free(group.index * groupWords, groupWords);
      this.#legs.free(group.firstLeg * legWords, group.legs.length * legWords);
      if (group.pushes > 0) this.#pushes.free(group.firstPush, group.pushes);
    }
    for (const route of this.#goneRoutes) this.#routes.free(route * routeWords, routeWords);
    for (const entry of this.#goneEntries) this.#labels.free(entry * labelEntryWords, labelEntryWords);
    this.#goneRoutes.length = 0;
    this.#goneEntries.length = 0;
  }

  /** Begins a new generation, so that what was given back can be used again when the readers have passed. */
  reclaim(): void {
    for (const pool of [this.#routes, this.#groups, this.#legs, this.#pushes, this.#labels]) pool.reclaim();
    this.tables.trie4.reclaim();
    this.tables.trie6.reclaim();
  }

  /** Writes the record of a place's route, which nothing leads to yet; answers its number. */
  writeRoute(store: RouteStore, place: number, list: PathList): number {
    const { routes, paths } = this.tables;
    this.room = 'routes';
    const route = this.#routes.take(routeWords) / routeWords;
    this.page?.beginRoute(route);
    const at = route * routeWords;
    if (list.group !== undefined) {
      routes[at] = Action.group;
      routes[at + 1] = list.group.index;
      routes[at + 3] = flatLegOf(paths, list.group);
    } else {
      const [kind, argument] = this.#directAction(list);
      routes[at] = kind;
      routes[at + 1] = argument;
      routes[at + 3] = 0;
    }
    routes[at + 2] = store.lengths[place];
    this.placeOfRoute[route] = place * 2 + (store.family === 4 ? 0 : 1);
    return route;
  }

  /**
   * Lets a prefix lead to what the list of its place has come to, or to nothing. `list`: that of the active entry,
   * undefined without one.
   */
  syncRoute(store: RouteStore, place: number, list: PathList | undefined): void {
    const route = store.routes[place];
    const isLooping = (store.flags[place] & Place.looping) !== 0;
    if (list === undefined || isLooping || (list.group === undefined && !list.isDirect)) {
      if (route !== 0) this.#removeRoute(store, place);
      return;
    }
    if (route !== 0 && list.group !== undefined && this.#swing(route, list.group)) return;
    if (route !== 0 && this.#leadsThere(route, list)) return;
    const written = this.writeRoute(store, place, list);
    this.room = store.family === 4 ? 'trie4Words' : 'trie6Words';
    store.routes[place] = written;
    if (route !== 0) this.#leave(store, place, route);
    this.trie(store.family).insert(store.tables[place], store.wordsAt(place), store.lengths[place], written);
  }

  /** A place does not have its record any more; what that has counted stays with the place. */
  #leave(store: RouteStore, place: number, route: number): void {
    this.#goneRoutes.push(route);
    if (this.page !== undefined) store.carry(place, this.page.takeRoute(route));
  }

  #removeRoute(store: RouteStore, place: number): void {
    const route = store.routes[place];
    const cover = store.coverInUse(place);
    this.room = store.family === 4 ? 'trie4Words' : 'trie6Words';
    store.routes[place] = 0;
    this.#leave(store, place, route);
    this.trie(store.family).remove(
      store.tables[place],
      store.wordsAt(place),
      store.lengths[place],
      cover < 0 ? 0 : store.routes[cover],
      cover < 0 ? 0 : store.lengths[cover],
    );
  }

  /**
   * Lets a record that leads to a group lead to another one, by stores of one word each after which a reader goes the old
   * way or the new one: the flat leg is taken out of the way first, so that no reader goes half of each.
   */
  #swing(route: number, group: LiveGroup): boolean {
    const { routes, paths } = this.tables;
    const at = route * routeWords;
    if (routes[at] !== Action.group) return false;
    if (routes[at + 1] === group.index) return true;
    Atomics.store(routes, at + 3, 0);
    Atomics.store(routes, at + 1, group.index);
    Atomics.store(routes, at + 3, flatLegOf(paths, group));
    return true;
  }

  #directAction(list: PathList): ActionWords {
    return directAction(list.local ?? list, this.#options.tableIndex);
  }

  #leadsThere(route: number, list: PathList): boolean {
    if (list.group !== undefined) return false;
    const [kind, argument] = this.#directAction(list);
    const { routes } = this.tables;
    return routes[route * routeWords] === kind && routes[route * routeWords + 1] === argument;
  }

  /** Lets a label lead to what it has come to. */
  syncLabel(node: LabelNode): void {
    const { labels, paths } = this.tables;
    const key = labelKey(node.label);
    const model = node.active?.model;
    const isUsable = model !== undefined && (node.isDirect || node.group !== undefined);
    if (isUsable && node.entry !== 0 && node.writtenModel === model && node.writtenGroup === node.group) return;
    if (node.entry !== 0) this.#goneEntries.push(node.entry);
    node.entry = isUsable ? this.#writeEntry(node) : 0;
    node.writtenModel = isUsable ? model : undefined;
    node.writtenGroup = isUsable ? node.group : undefined;
    Atomics.store(labels.briefs, key, 0);
    Atomics.store(labels.map, key, node.entry);
    if (node.entry === 0) return;
    const brief = labelBrief(paths, node.group, labels.entries, node.entry * labelEntryWords);
    Atomics.store(labels.briefs, key, brief);
  }

  #writeEntry(node: LabelNode): number {
    const { model: router, tableIndex, pseudowireIndex } = this.#options;
    const { entries } = this.tables.labels;
    const paths = node.active?.model.paths ?? [];
    this.room = 'labelEntries';
    const entry = this.#labels.take(labelEntryWords) / labelEntryWords;
    const at = entry * labelEntryWords;
    const [first] = paths;
    const { group } = node;
    const [kind, argument] =
      group === undefined ? pathAction(first as ActionPath, tableIndex, pseudowireIndex) : [Action.group, group.index];
    entries[at] = kind;
    entries[at + 1] = argument;
    entries[at + 2] = first.kind === 'pseudowire' ? Payload.ethernet : payloadNumber(first.payload);
    entries[at + 3] = popMode(first.ttl ?? router.ttl);
    entries[at + 4] = popMode(first.tc ?? router.tc);
    entries[at + 5] = node.label;
    entries[at + 6] = group?.legs.every((leg) => leg.operation === 'ends') ? 1 : 0;
    return entry;
  }

  /** Gives every usable route of a store a record and builds its prefix tables, which must be empty. */
  buildPrefixes(store: RouteStore, lists: readonly PathList[], tableCount: number): void {
    const ends = new Uint32Array(tableCount + 1);
    for (let place = 0; place < store.end; place++) {
      store.routes[place] = 0;
      if (isUsable(store, place, lists)) ends[store.tables[place] + 1]++;
    }
    for (let table = 0; table < tableCount; table++) ends[table + 1] += ends[table];
    const next = ends.slice();
    const count = ends[tableCount];
    const { wordsEach } = store;
    const addresses = new Uint32Array(count * wordsEach);
    const lengths = new Uint8Array(count);
    const routes = new Uint32Array(count);
    for (let place = 0; place < store.end; place++) {
      if (!isUsable(store, place, lists)) continue;
      const at = next[store.tables[place]]++;
      routes[at] = this.writeRoute(store, place, lists[store.lists[place]]);
      store.routes[place] = routes[at];
      lengths[at] = store.lengths[place];
      for (let i = 0; i < wordsEach; i++) addresses[at * wordsEach + i] = store.addresses[place * wordsEach + i];
    }
    this.room = store.family === 4 ? 'trie4Words' : 'trie6Words';
    for (let table = 0; table < tableCount; table++) {
      const first = ends[table];
      const end = ends[table + 1];
      if (first === end) continue;
      this.trie(store.family).build(
        table,
        addresses.subarray(first * wordsEach, end * wordsEach),
        lengths.subarray(first, end),
        routes.subarray(first, end),
      );
    }
  }
}

function isUsable(store: RouteStore, place: number, lists: readonly PathList[]): boolean {
  const list = store.lists[place] < 0 ? undefined : lists[store.lists[place]];
  if (list === undefined || (store.flags[place] & Place.looping) !== 0) return false;
  return list.isDirect || list.group !== undefined;
}
