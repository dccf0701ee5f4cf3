// The truth of a running router and the tables made from it: routes and labels of every source, VRFs, static neighbours.
// Changes are collected by `put…` and `remove…` and reach the tables by `commit`; where the tables have no room for them,
// `commit` makes new ones from the whole truth.
import { Adjacency, adjacencyWords } from '../../tables/adjacencies.ts';
import { Interface, interfaceWords } from '../../tables/interfaces.ts';
import { routeWords, type TableSizes, Tables } from '../../tables/tables.ts';
import { formatAddress, type IpPrefix } from '../../wire/address.ts';
import { NumberedRoutes } from '../compile/plan-routes.ts';
import { Resolver } from '../compile/resolver.ts';
import { Rib } from '../compile/rib.ts';
import { sizeTables } from '../compile/sizes.ts';
import { macWords, portNames, writeInterfaces } from '../compile/write-interfaces.ts';
import {
  globalTable,
  type InterfaceModel,
  type NeighborModel,
  type PathModel,
  type RouterModel,
  type VrfModel,
} from '../model.ts';
import { settingsOf } from '../router.ts';
import type { AccountBook } from './account-book.ts';
import type { LabelManager } from './label-manager.ts';
import { LabelStore } from './label-store.ts';
import { LiveLayer2 } from './layer2.ts';
import { type Counts, type Room, sizesFor, trieWordsOf } from './live-sizes.ts';
import { nameUsed, OwnedRoutes } from './owned-routes.ts';
import type { PathList } from './path-list-store.ts';
import { Resolution } from './resolution.ts';
import { RouteStore } from './route-store.ts';
import type { Sources } from './sources.ts';
import { TableWriter } from './table-writer.ts';
import { VrfLabels } from './vrf-labels.ts';

export interface StateOptions {
  readonly sources: Sources;
  readonly manager: LabelManager;
  /** What else is to find room in the tables' memory, bytes, by the number of ports. */
  readonly spareBytes: (ports: number) => number;
  /** Where forwarders count; none without. */
  readonly book?: AccountBook | undefined;
  /** Routes that shall find room at once. */
  readonly routesMin: number;
}

/** A table that had routes, and the generation in which it was emptied; 0: it is being emptied. */
interface FreeTable {
  readonly table: number;
  readonly generation: number;
}

/** VRFs whose labels are configured, then those that get what is left. */
export function labelledFirst(vrfs: readonly VrfModel[]): VrfModel[] {
  return [...vrfs.filter(({ label }) => label !== undefined), ...vrfs.filter(({ label }) => label === undefined)];
}

export class LiveState {
  /** The configuration without routes and labels; those are in the stores. */
  model: RouterModel;
  readonly rib: Rib;
  readonly routes: OwnedRoutes;
  readonly resolution: Resolution;
  readonly labels: LabelStore;
  readonly vrfLabels: VrfLabels;
  readonly layer2: LiveLayer2;
  readonly neighbors = new Map<string, NeighborModel>();
  /** By table; undefined for a number that no table has. */
  readonly tableNames: (string | undefined)[] = [globalTable];
  /** By table, where labels finer than the VRF's are wanted. */
  readonly #finer: (VrfModel | undefined)[] = [];
  readonly #tableIndexes = new Map<string, number>([[globalTable, 0]]);
  readonly #interfaceIndexes: ReadonlyMap<string, number>;
  readonly #pseudowireIndexes: ReadonlyMap<string, number>;
  #freeTables: FreeTable[] = [];
  readonly #options: StateOptions;
  #writer: TableWriter | undefined;
  #changedNeighbors = new Map<string, NeighborModel>();

  /** Interfaces and VRFs of a model, with no routes, labels or neighbours yet and no tables. */
  constructor(model: RouterModel, options: StateOptions) {
    this.#options = options;
    this.model = { ...model, routes: [], labels: [], neighbors: [] };
    this.rib = new Rib(this.model);
    this.#interfaceIndexes = new Map(model.interfaces.map((each, index) => [each.name, index]));
    this.#pseudowireIndexes = new Map(model.pseudowires.map((each, index) => [each.name, index]));
    const stores = { 4: new RouteStore(4), 6: new RouteStore(6) } as const;
    this.resolution = new Resolution(
      {
        model: this.model,
        interfaceIndexes: this.#interfaceIndexes,
        connected: (table, family) => this.rib.sets[table * 2 + (family === 4 ? 0 : 1)]?.connected,
        tableIndex: (name) => this.tableIndex(name),
        pseudowireIndex: (name) => this.#pseudowireIndexes.get(name) as number,
      },
      stores,
    );
    const { sources, manager } = options;
    this.routes = new OwnedRoutes(stores, sources, this.resolution, (store, place, old, list) =>
      this.#activeChanged(store, place, old, list),
    );
    this.labels = new LabelStore(sources, this.resolution);
    this.vrfLabels = new VrfLabels(manager, this.labels, sources.number('vrf'), (vrf, path) =>
      this.resolution.isLocal(vrf, path),
    );
    for (const vrf of model.vrfs) this.#nameVrf(vrf);
    this.#addLocals();
    this.layer2 = new LiveLayer2(this.model, this.resolution, this.labels, sources.number('pseudowire'));
  }

  #addLocals(): void {
    const source = this.#options.sources.number('local');
    for (const set of this.rib.sets) {
      for (const [place, route] of set.entries.entries()) {
        if (!('source' in route)) continue;
        const list = this.resolution.lists.local(route);
        this.routes.putLocal(set.table, set.prefixAt(place), list, source);
      }
    }
  }

  /** VRFs with labels for their CEs or prefixes give and take these. */
  #activeChanged(store: RouteStore, place: number, old: PathList | undefined, list: PathList | undefined): void {
    const vrf = this.#finer[store.tables[place]];
    if (vrf === undefined) return;
    const prefix = store.prefixAt(place);
    // First come, then gone, so that a label that stays is not given back between.
    if (list !== undefined && list.local === undefined) this.vrfLabels.routeCame(vrf, prefix, list.paths);
    if (old !== undefined && old.local === undefined) this.vrfLabels.routeWent(vrf, prefix, old.paths);
  }

  get writer(): TableWriter {
    if (this.#writer === undefined) throw new Error('the tables are not made yet');
    return this.#writer;
  }

  get tables(): Tables {
    return this.writer.tables;
  }

  /** Index of a table; undefined and `global` name the global one. */
  tableIndex(name: string | undefined): number {
    return name === undefined ? 0 : (this.#tableIndexes.get(name) as number);
  }

  hasTable(name: string): boolean {
    return this.#tableIndexes.has(name);
  }

  /** undefined: there is no such interface. */
  interfaceIndex(name: string): number | undefined {
    return this.#interfaceIndexes.get(name);
  }

  hasPseudowire(name: string): boolean {
    return this.#pseudowireIndexes.has(name);
  }

  /** Gives every VRF its label, those that are configured first. */
  bindVrfs(): void {
    for (const vrf of labelledFirst(this.model.vrfs)) this.vrfLabels.addVrf(vrf);
  }

  #nameVrf(vrf: VrfModel): void {
    const generations = this.#writer?.tables.generations;
    const at = this.#freeTables.findIndex(({ generation }) => generation > 0 && generations?.isOver(generation));
    const [free] = at < 0 ? [] : this.#freeTables.splice(at, 1);
    const table = free?.table ?? this.tableNames.length;
    this.tableNames[table] = vrf.name;
    this.#tableIndexes.set(vrf.name, table);
    this.#finer[table] = vrf.labelMode === 'per-vrf' ? undefined : vrf;
  }

  addVrf(vrf: VrfModel): void {
    this.model = { ...this.model, vrfs: [...this.model.vrfs, vrf] };
    this.#nameVrf(vrf);
    this.vrfLabels.addVrf(vrf);
  }

  /** Takes a VRF out with all of its routes. Nothing else may name it any more. */
  removeVrf(name: string): void {
    const table = this.tableIndex(name);
    this.routes.clearTable(table);
    this.vrfLabels.removeVrf(name);
    this.model = { ...this.model, vrfs: this.model.vrfs.filter((vrf) => vrf.name !== name) };
    this.#tableIndexes.delete(name);
    this.tableNames[table] = undefined;
    this.#finer[table] = undefined;
    this.#freeTables.push({ table, generation: 0 });
  }

  /** What of VRFs may change without a new table: labels, route distinguishers, targets. */
  changeVrfs(changed: readonly VrfModel[]): void {
    const old = new Map(this.model.vrfs.map((vrf) => [vrf.name, vrf]));
    const changes = new Map(changed.map((vrf) => [vrf.name, vrf]));
    this.model = { ...this.model, vrfs: this.model.vrfs.map((vrf) => changes.get(vrf.name) ?? vrf) };
    for (const vrf of changed) this.#finer[this.tableIndex(vrf.name)] = vrf.labelMode === 'per-vrf' ? undefined : vrf;
    const moved = changed.filter((vrf) => old.get(vrf.name)?.label !== vrf.label);
    // All of them first: one may get the label of another.
    for (const { name } of moved) this.vrfLabels.removeVrf(name);
    for (const vrf of labelledFirst(moved)) this.vrfLabels.addVrf(vrf);
  }

  /** mtu, mpls and urpf of an interface: single words that frames meet as they were or as they are. */
  changeInterface(changed: InterfaceModel): void {
    const index = this.interfaceIndex(changed.name) as number;
    const interfaces = this.model.interfaces.map((each, i) => (i === index ? changed : each));
    this.model = { ...this.model, interfaces };
    const words = this.tables.interfaces.interfaces;
    const at = index * interfaceWords;
    const inPlace = Interface.mpls | Interface.urpfStrict | Interface.urpfLoose;
    const flags =
      (words[at] & ~inPlace) |
      (changed.mpls ? Interface.mpls : 0) |
      (changed.urpf === 'strict' ? Interface.urpfStrict : 0) |
      (changed.urpf === 'loose' ? Interface.urpfLoose : 0);
    Atomics.store(words, at, flags);
    Atomics.store(words, at + 3, changed.mtu);
  }

  /** Whether any VRF has labels for its CEs or prefixes. */
  get hasFinerLabels(): boolean {
    return this.#finer.some((vrf) => vrf !== undefined);
  }

  /** Keys of the labels that a route of a VRF wants. */
  keysWanted(name: string | undefined, prefix: IpPrefix, paths: readonly PathModel[]): string[] {
    const table = name === undefined ? 0 : this.#tableIndexes.get(name);
    const vrf = table === undefined ? undefined : this.#finer[table];
    return vrf === undefined ? [] : this.vrfLabels.wantedBy(vrf, prefix, paths).map(({ key }) => key);
  }

  static neighborKey(on: string, address: NeighborModel['address']): string {
    return `${on} ${formatAddress(address)}`;
  }

  putNeighbor(neighbor: NeighborModel): void {
    const key = LiveState.neighborKey(neighbor.interface, neighbor.address);
    this.neighbors.set(key, neighbor);
    this.#changedNeighbors.set(key, neighbor);
  }

  /** The neighbour is static no more: what it answers is believed from now on. */
  removeNeighbor(key: string): boolean {
    const known = this.neighbors.get(key);
    if (known === undefined) return false;
    this.neighbors.delete(key);
    this.resolution.addresses.noteGone();
    this.#changedNeighbors.set(key, known);
    return true;
  }

  /** All that another state has, but for what is in VRFs that are not here or names what is `gone`. */
  restore(before: LiveState, gone: ReadonlySet<string>): void {
    const { sources } = this.#options;
    // VRFs and pseudowires make theirs by themselves.
    const made = [sources.number('vrf'), sources.number('pseudowire')];
    for (const { candidates } of before.labels) {
      for (const { model, source, isStale } of candidates) {
        if (made.includes(source) || nameUsed(model.paths, gone) !== undefined) continue;
        this.labels.put(model, source);
        const candidate = this.labels.candidate(model.label, source);
        if (candidate !== undefined) candidate.isStale = isStale;
      }
    }
    for (const neighbor of before.neighbors.values()) {
      if (this.interfaceIndex(neighbor.interface) !== undefined) this.putNeighbor(neighbor);
    }
    const tableOf = (table: number) => this.#tableIndexes.get(before.tableNames[table] ?? '');
    this.routes.restore(before.routes, tableOf, gone);
  }

  /** Marks all that a source has; nothing in the tables changes. */
  markStale(source: number): void {
    this.routes.markStale(source);
    this.labels.markStale(source);
  }

  /** Takes out what is still stale of a source; answers how many entries. */
  sweep(source: number): number {
    return this.routes.sweep(source) + this.labels.sweep(source);
  }

  /** Counts of what the tables have to hold. */
  #counts(): Counts {
    const { groups } = this.resolution;
    const tables = this.tableNames.length;
    const routesMin = this.#options.routesMin;
    return {
      tables,
      trie4Words: Math.max(trieWordsOf(this.routes[4], tables), routesMin * 56),
      trie6Words: trieWordsOf(this.routes[6], tables),
      routes: Math.max(this.routes.count, routesMin),
      labelEntries: this.labels.count,
      groups: groups.count,
      legs: groups.legCount,
      // The pool gives labels out by fours.
      pushes: groups.pushCount + 4 * groups.count,
      adjacencies: this.resolution.addresses.all.length + this.neighbors.size,
    };
  }

  #sizes(old: TableSizes | undefined, full: Room | undefined): TableSizes {
    const { model, rib } = this;
    const skeleton = new Resolver(model, rib);
    const bytes = this.#options.spareBytes(portNames(model).length);
    const base = sizeTables(model, rib, new NumberedRoutes(rib), 0, skeleton, this.layer2.plan, bytes);
    return sizesFor(base, this.#counts(), old, full);
  }

  /**
   * Brings all that was changed since the last time into the tables. True: there was no room, and new tables have been
   * made; those of before are as they were, or partly changed, and nobody writes to them any more.
   */
  commit(): boolean {
    const settled = this.#settle();
    const gone = this.resolution.groups.sweep();
    let isGrown = false;
    try {
      this.#write(settled);
      this.writer.release(gone);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      isGrown = true;
    }
    if (isGrown) this.#grow();
    const swept = this.resolution.sweepAddresses();
    if (swept !== undefined) this.writer.sweepAdjacencies(swept.isUsed, swept.gone);
    this.#finish(settled);
    return isGrown;
  }

  /** Makes the first tables, or new ones in the place of those of another state. */
  build(before?: LiveState): void {
    const settled = this.#settle();
    this.resolution.groups.sweep();
    this.#writeAll(this.#sizes(before?.tables.sizes, undefined), before);
    this.#finish(settled);
  }

  #settle() {
    const { resolution } = this;
    for (const id of this.routes.changed) resolution.prefixChanged((id & 1) === 0 ? 4 : 6, id >>> 1);
    const settled = resolution.settle();
    for (const list of this.routes.takeLeft()) resolution.dropList(list);
    return settled;
  }

  #listAt(store: RouteStore, place: number): PathList | undefined {
    return store.lists[place] < 0 ? undefined : this.resolution.lists.all[store.lists[place]];
  }

  #write({ lists, labels, places }: ReturnType<Resolution['settle']>): void {
    const { writer, resolution } = this;
    writer.room = 'tables';
    if (this.tableNames.length > writer.tables.sizes.tables) throw new RangeError('there are more tables than roots');
    writer.room = 'routes';
    // It is known before the first of a million is written.
    if (this.routes.count >= writer.tables.sizes.routes) throw new RangeError('too many routes');
    for (const group of resolution.groups.takeMade()) writer.writeGroup(group);
    for (const [key, neighbor] of this.#changedNeighbors) this.#writeNeighbor(writer.tables, key, neighbor);
    // What comes or changes first, so that what goes leaves no gap.
    for (const isRemoval of [false, true]) {
      for (const id of this.routes.changed) {
        const store = this.routes.storeOf(id);
        const place = id >>> 1;
        if (store.lists[place] < 0 === isRemoval) writer.syncRoute(store, place, this.#listAt(store, place));
      }
    }
    for (const list of lists) {
      for (const store of [this.routes[4], this.routes[6]]) {
        for (const place of store.placesOf(list)) writer.syncRoute(store, place, list);
      }
    }
    for (const { family, place } of places) {
      const store = this.routes[family];
      writer.syncRoute(store, place, this.#listAt(store, place));
    }
    for (const label of labels) writer.syncLabel(label);
    this.layer2.sync(writer.tables, lists);
  }

  #writeNeighbor(tables: Tables, key: string, neighbor: NeighborModel): void {
    const { adjacencies } = tables;
    this.writer.room = 'adjacencies';
    const index = adjacencies.add(this.interfaceIndex(neighbor.interface) as number, neighbor.address.words);
    if (index < 0) throw new RangeError('the table of adjacencies is full');
    const at = index * adjacencyWords;
    if (this.neighbors.has(key)) adjacencies.resolve(index, ...macWords(neighbor.mac), true);
    else Atomics.and(adjacencies.entries, at, ~(Adjacency.resolved | Adjacency.fixed));
  }

  #finish({ labels }: ReturnType<Resolution['settle']>): void {
    this.routes.finish();
    this.#changedNeighbors.clear();
    for (const label of labels) this.labels.drop(label);
    const { generations } = this.tables;
    this.#freeTables = this.#freeTables.map(({ table, generation }) => {
      if (generation > 0) return { table, generation };
      this.resolution.dropTable(table);
      return { table, generation: generations.present };
    });
    if (this.#freeTables.some(({ generation }) => generation === generations.present)) generations.advance();
    this.resolution.begin();
  }

  #grow(): void {
    const { sizes } = this.tables;
    // In new tables nobody has ever seen them.
    this.#freeTables = this.#freeTables.map(({ table }) => ({ table, generation: 0 }));
    this.#writeAll(this.#sizes(sizes, this.writer.room), this);
  }

  /** New tables with all that is true. `before`: whose learned neighbours and states of links go on. */
  #writeAll(sizes: TableSizes, before: LiveState | undefined): void {
    const { model, resolution } = this;
    const tables = new Tables(sizes, settingsOf(model));
    writeInterfaces(tables.interfaces, model, this.rib);
    if (before !== undefined) this.#carryOver(before, tables);
    const writer = new TableWriter(tables, {
      model,
      adjacencies: resolution.addresses.all,
      tableIndex: (name) => this.tableIndex(name),
      pseudowireIndex: (name) => this.#pseudowireIndexes.get(name) as number,
    });
    this.#writer = writer;
    for (const [key, neighbor] of this.neighbors) this.#writeNeighbor(tables, key, neighbor);
    for (const group of resolution.groups.takeAll()) writer.writeGroup(group);
    this.layer2.write(tables, model);
    for (const family of [4, 6] as const) {
      writer.buildPrefixes(this.routes[family], resolution.lists.all, this.tableNames.length);
    }
    for (const node of this.labels) {
      node.entry = 0;
      writer.syncLabel(node);
    }
    this.#options.book?.begin(this, writer);
  }

  /** Neighbours that were learned, and what is down, by the names of interfaces. */
  #carryOver(before: LiveState, tables: Tables): void {
    const indexes = before.model.interfaces.map(({ name }) => this.#interfaceIndexes.get(name));
    for (const [index, now] of indexes.entries()) {
      if (now !== undefined && !before.tables.interfaces.isUp(index)) tables.interfaces.setUp(now, false);
    }
    const { entries, count } = before.tables.adjacencies;
    for (let index = 0; index < count; index++) {
      const at = index * adjacencyWords;
      const flags = entries[at];
      const on = indexes[entries[at + 1]];
      const isLearned = (flags & (Adjacency.resolved | Adjacency.fixed)) === Adjacency.resolved;
      if (on === undefined || (!isLearned && (flags & Adjacency.up) !== 0)) continue;
      const words = entries.subarray(at + 5, at + (entries[at + 4] === 4 ? 6 : 9));
      // What has been removed is still there, but no look-up leads to it.
      if (before.tables.adjacencies.find(entries[at + 1], words) !== index) continue;
      const made = tables.adjacencies.add(on, words);
      if (made < 0) return;
      if (isLearned) tables.adjacencies.resolve(made, entries[at + 2], entries[at + 3]);
      // With what else the flags say of it.
      tables.adjacencies.entries[made * adjacencyWords] = flags & ~Adjacency.fixed;
      if (!isLearned)
        tables.adjacencies.entries[made * adjacencyWords] = flags & ~(Adjacency.fixed | Adjacency.resolved);
    }
  }

  /** The prefix of a route's record, for explanations. */
  prefixOfRoute(route: number): IpPrefix | undefined {
    if (route <= 0 || route >= this.tables.routes.length / routeWords) return undefined;
    const id = this.writer.placeOfRoute[route];
    return this.routes.storeOf(id).prefixAt(id >>> 1);
  }
}
