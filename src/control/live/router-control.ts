// The control side of a running router: it holds the readable truth, takes changes as transactions, and writes them into
// the tables while forwarding threads read these. Where tables have to be made anew it hands them to the owner, whose
// threads then go over to them. Portable: the clock and the keeping of labels over restarts come from outside.
import { forwarderBytes } from '../../engine/forwarder-memory.ts';
import type { Names } from '../../engine/slow/story.ts';
import { ShimlineError } from '../../errors.ts';
import type { Tables } from '../../tables/tables.ts';
import { formatPrefix, type IpAddress } from '../../wire/address.ts';
import { portNames } from '../compile/write-interfaces.ts';
import { Findings } from '../config/problems.ts';
import { globalTable, type RouterModel } from '../model.ts';
import { AccountBook } from './account-book.ts';
import type { EntryChange } from './changes.ts';
import { explainLookup } from './explain.ts';
import { LabelManager, type LabelState } from './label-manager.ts';
import { LiveState, labelledFirst } from './live-state.ts';
import { readSkeleton, type Skeleton } from './skeleton.ts';
import { diffSkeletons } from './skeleton-diff.ts';
import { type SourceView, sourceViews } from './source-views.ts';
import { Sources } from './sources.ts';
import { configOf } from './to-config.ts';
import {
  type ChangeError,
  errorsOf,
  goneNames,
  type Judged,
  judgeChanges,
  judgeModels,
  type Standing,
  usesOf,
} from './transaction.ts';

import {
  type BindingView,
  type LabelView,
  labelViews,
  type NeighborView,
  neighborViews,
  type RouteFilter,
  type RouteView,
  routeViews,
  type VrfView,
  vrfViews,
} from './views.ts';

export interface ControlOptions {
  /** Administrative distances of sources, beside or in place of those in `sources.ts`. */
  readonly distances?: Readonly<Record<string, number>>;
  /** Labels bound before a restart. */
  readonly labelState?: LabelState | undefined;
  /** How long a label rests after its release, 60 unless said. */
  readonly labelRestSeconds?: number;
  /** The clock, seconds; that of the system unless said. */
  readonly now?: () => number;
  /** Takes tables that were made in the place of those of before: forwarding threads are to go over to them. */
  readonly publish?: (tables: Tables) => void;
  /** How many forwarders get room in the tables' memory; 2 unless said. */
  readonly forwarders?: number;
  /** Forwarders keep accounts; false unless said. */
  readonly accounts?: boolean;
  /** What else is to find room there, bytes, by the number of ports. */
  readonly reserveBytes?: (ports: number) => number;
  /** Routes that find room without new tables; 0 unless said. */
  readonly routesMin?: number;
  /** Routes there may be at all, 4,000,000 unless said. */
  readonly routesMax?: number;
  /** Devices bring their own MAC addresses; true unless said. */
  readonly live?: boolean;
}

export interface TransactionRequest {
  /** What the sender believes to change; absent: whatever is there. */
  readonly version?: number | undefined;
  readonly source?: string | undefined;
  /** `Change`s, if the sender has made no mistake. */
  readonly changes: readonly unknown[];
}

export type TransactionResult =
  | { readonly ok: true; readonly version: number }
  | { readonly ok: false; readonly conflict: number }
  | { readonly ok: false; readonly errors: readonly ChangeError[] };

const routesMaxDefault = 4_000_000;

/** Every label that a configuration names. */
function labelsOf({ labels, vrfs, pseudowires }: RouterModel): Set<number> {
  const all = new Set([...labels.map(({ label }) => label), ...pseudowires.map(({ localLabel }) => localLabel)]);
  for (const { label } of vrfs) if (label !== undefined) all.add(label);
  return all;
}

export class RouterControl {
  readonly sources: Sources;
  /** For labels that adapters bind; VRFs bind theirs by themselves. */
  readonly labelManager: LabelManager;
  /** What forwarders have counted by interface, circuit, label, route; none where they keep no accounts. */
  readonly book: AccountBook | undefined;
  readonly #options: ControlOptions;
  #state: LiveState;
  #skeleton: Skeleton;
  #version = 1;
  #portNames: readonly string[];
  /** Labels that the configuration names, and those that the transaction in work does. */
  #configured: ReadonlySet<number>;
  #coming: ReadonlySet<number> = new Set();

  /** Compiles the router. Throws ShimlineError CONFIG where a configuration cannot be: a model that no file could give. */
  constructor(model: RouterModel, options: ControlOptions = {}) {
    this.#options = options;
    this.sources = new Sources(options.distances);
    this.book = options.accounts ? new AccountBook(options.forwarders ?? 2) : undefined;
    const { first, last } = model.dynamicLabels;
    this.#skeleton = this.#readSkeleton(model);
    this.#configured = labelsOf(model);
    const { labelState } = options;
    this.labelManager = new LabelManager(
      {
        first,
        last,
        isTaken: () => false,
        restSeconds: options.labelRestSeconds,
        now: options.now ?? (() => Date.now() / 1000),
      },
      // What the configuration gives away itself is nobody else's any more.
      labelState && { ...labelState, bound: labelState.bound.filter(({ label }) => !this.#configured.has(label)) },
    );
    this.#state = this.#newState(model);
    this.#state.bindVrfs();
    this.#loadConfig(this.#state, model);
    this.#releaseForgotten();
    this.#state.build();
    this.#portNames = portNames(model);
  }

  get tables(): Tables {
    return this.#state.tables;
  }

  /** What is there at present; for views. */
  get state(): LiveState {
    return this.#state;
  }

  /** Counts changes that were made. */
  get version(): number {
    return this.#version;
  }

  /** In the order of port numbers. */
  get portNames(): readonly string[] {
    return this.#portNames;
  }

  /** Bindings to be kept over a restart. */
  labelState(): LabelState {
    return this.labelManager.state();
  }

  /** What the tables' numbers are called at the moment. */
  get names(): Names {
    const state = this.#state;
    return {
      port: (index) => this.#portNames[index] ?? `port ${index}`,
      interface: (index) => state.model.interfaces[index]?.name ?? `interface ${index}`,
      pseudowire: (index) => state.model.pseudowires[index]?.name ?? `pseudowire ${index}`,
      bridge: (index) => state.model.bridges[index]?.name ?? `bridge ${index}`,
      table: (index) => (index === 0 ? 'global' : `vrf ${state.tableNames[index]}`),
      route: (index) => {
        const prefix = state.prefixOfRoute(index);
        return prefix === undefined ? `route ${index}` : formatPrefix(prefix);
      },
    };
  }

  /** Judges the changes as a whole; makes all of them, or none. Changes are those of the configuration's objects. */
  transact({ version, source = 'api', changes }: TransactionRequest): TransactionResult {
    if (version !== undefined && version !== this.#version) return { ok: false, conflict: this.#version };
    const findings = new Findings();
    const number = this.#sourceNumber(source);
    const judged = judgeChanges(changes, number, this.#standing(), findings);
    if (judged === undefined || findings.count > 0) return { ok: false, errors: errorsOf(findings) };
    return this.#make(judged, number);
  }

  /** The same for routes, labels and neighbours that somebody has read already, as routing adapters do. */
  apply(source: string, changes: readonly EntryChange[]): TransactionResult {
    const findings = new Findings();
    const number = this.#sourceNumber(source);
    const judged = judgeModels(changes, number, this.#standing(), findings);
    if (findings.count > 0) return { ok: false, errors: errorsOf(findings) };
    return this.#make(judged, number);
  }

  /**
   * Takes a whole configuration over as one transaction: what it does not have any more goes, other sources keep their
   * routes and labels. Those may not name what goes.
   */
  replaceConfig(model: RouterModel, version?: number): TransactionResult {
    if (version !== undefined && version !== this.#version) return { ok: false, conflict: this.#version };
    const errors = this.#clashes(model);
    if (errors.length > 0) return { ok: false, errors };
    const skeleton = this.#readSkeleton(model);
    const config = this.sources.number('config');
    const { first, last } = model.dynamicLabels;
    this.labelManager.reconfigure({ first, last });
    this.#configured = labelsOf(model);
    this.#state.markStale(config);
    const before = this.#takeSkeleton(skeleton);
    this.#loadConfig(this.#state, model);
    this.#state.sweep(config);
    this.#finish(before);
    return { ok: true, version: this.#version };
  }

  /** Marks all that a source has; what it does not send again goes with `sweep`. The traffic goes on. */
  markStale(source: string): void {
    const number = this.sources.find(source);
    if (number >= 0) this.#state.markStale(number);
  }

  /** Takes out what is still stale of a source; answers how many entries. */
  sweep(source: string): number {
    const number = this.sources.find(source);
    const count = number < 0 ? 0 : this.#state.sweep(number);
    if (count > 0) this.#finish(undefined);
    return count;
  }

  /** One write takes every path over an interface out of use, or back in. False: there is no such interface. */
  setInterfaceUp(name: string, up: boolean): boolean {
    const index = this.#state.interfaceIndex(name);
    if (index === undefined) return false;
    this.tables.interfaces.setUp(index, up);
    return true;
  }

  /** Routes of every source; in no order. */
  routes(filter?: RouteFilter): Generator<RouteView> {
    return routeViews(this.#state, this.sources, filter, this.book);
  }

  labels(): Generator<LabelView> {
    return labelViews(this.#state, this.sources, this.book);
  }

  /** Next hops, static neighbours and learned ones, as the tables have them. */
  neighbors(): Generator<NeighborView> {
    return neighborViews(this.#state);
  }

  vrfs(): VrfView[] {
    return vrfViews(this.#state);
  }

  /** Who has put in how much. */
  sourceViews(): SourceView[] {
    return sourceViews(this.#state, this.sources);
  }

  /** Every label that stands for a VRF, CE or prefix, or is bound by an adapter; by label. */
  bindings(): BindingView[] {
    const chosen = this.labelManager.bindings().map(({ label, key }) => ({ label, owner: key, chosen: true }));
    const configured = this.#state.model.vrfs.flatMap(({ name, label }) =>
      label === undefined ? [] : [{ label, owner: `vrf ${name}`, chosen: false }],
    );
    return [...configured, ...chosen].sort((a, b) => a.label - b.label);
  }

  /** What `show route ADDRESS` tells; undefined: there is no such VRF. */
  explainRoute(vrf: string | undefined, address: IpAddress): string[] | undefined {
    if (vrf !== undefined && !this.#state.hasTable(vrf)) return undefined;
    return explainLookup(this.tables, this.names, this.#state.tableIndex(vrf), address.words);
  }

  /** Settings, interfaces, VRFs and circuits as they are now: at hand, however many routes there are. */
  skeleton(): RouterModel {
    return this.#state.model;
  }

  /** The configuration as it is now: with the routes and labels of the source `config`, or of another one. */
  configModel(source = 'config'): RouterModel {
    const labels = [...this.labels()].filter((each) => each.source === source);
    const routes = [...this.routes({ source })];
    const { model, neighbors } = this.#state;
    return {
      ...model,
      neighbors: [...neighbors.values()],
      routes: routes.map(({ vrf, prefix, paths }, i) => {
        return { path: `routes[${i}]`, vrf: vrf === globalTable ? undefined : vrf, prefix, paths };
      }),
      labels: labels.map(({ label, paths }, i) => ({ path: `labels[${i}]`, label, paths })),
    };
  }

  /** Lets freed memory be used again; to be called when changes have come to rest. */
  reclaim(): void {
    this.#state.writer.reclaim();
  }

  #sourceNumber(name: string): number {
    if (Sources.isInternal(name)) throw new ShimlineError('USAGE', `nobody may write as the source ${name}`);
    return this.sources.number(name);
  }

  #standing(): Standing {
    return {
      state: this.#state,
      skeleton: this.#skeleton,
      sources: this.sources,
      manager: this.labelManager,
      live: this.#options.live ?? true,
      routesMax: this.#options.routesMax ?? routesMaxDefault,
    };
  }

  #readSkeleton(model: RouterModel): Skeleton {
    const config = configOf({ ...model, routes: [], labels: [], neighbors: [] });
    const read = readSkeleton(config, this.#options.live ?? true);
    if ('skeleton' in read) return read.skeleton;
    throw new ShimlineError('CONFIG', read.problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  }

  #newState(model: RouterModel): LiveState {
    const { forwarders = 2, reserveBytes = () => 0, routesMin = 0 } = this.#options;
    const state = new LiveState(model, {
      sources: this.sources,
      manager: this.labelManager,
      spareBytes: (ports) => forwarders * forwarderBytes(ports) + reserveBytes(ports),
      routesMin,
      book: this.book,
    });
    this.labelManager.reconfigure({
      isTaken: (label) =>
        this.#configured.has(label) || this.#coming.has(label) || state.labels.at(label) !== undefined,
    });
    return state;
  }

  /** Labels that were bound before a restart to what is there no more. */
  #releaseForgotten(): void {
    const { labels } = this.#state;
    for (const { key, label } of this.labelManager.bindings()) {
      if (key.startsWith('vrf ') && labels.at(label) === undefined) this.labelManager.release(key);
    }
  }

  #loadConfig(state: LiveState, model: RouterModel): void {
    const config = this.sources.number('config');
    const keys = new Set(model.neighbors.map((each) => LiveState.neighborKey(each.interface, each.address)));
    for (const key of [...state.neighbors.keys()]) if (!keys.has(key)) state.removeNeighbor(key);
    for (const neighbor of model.neighbors) state.putNeighbor(neighbor);
    for (const label of model.labels) state.labels.put(label, config);
    for (const { vrf, prefix, paths } of model.routes) state.routes.put(state.tableIndex(vrf), prefix, paths, config);
  }

  /** What of other sources speaks against a configuration. */
  #clashes(model: RouterModel): ChangeError[] {
    const config = this.sources.number('config');
    const gone = goneNames(this.#state.model, model);
    const errors: ChangeError[] = [];
    for (const use of gone.size === 0 ? [] : usesOf(this.#state, gone)) {
      if (use.source === config) continue;
      const what = use.kind === 'label' ? `label ${use.label}` : formatPrefix(use.prefix);
      const source = this.sources.name(use.source);
      errors.push({ path: use.name.replace(' ', 's.'), message: `${what} of ${source} names it` });
    }
    for (const name of gone) {
      const [kind, vrf] = name.split(' ');
      if (kind !== 'vrf' || !this.#hasForeignRoutes(vrf, config)) continue;
      errors.push({ path: `vrfs.${vrf}`, message: 'other sources have routes in it' });
    }
    const { pseudowires, vrfs, labels } = model;
    const claims = [
      ...labels.map(({ label, path }) => ({ label, path, name: '' })),
      ...vrfs.map(({ label, path, name }) => ({ label, path: `${path}.label`, name })),
      ...pseudowires.map(({ localLabel, path }) => ({ label: localLabel, path: `${path}.localLabel`, name: '' })),
    ];
    for (const { label, path, name } of claims) {
      const key = label === undefined ? undefined : this.labelManager.keyOf(label);
      if (key !== undefined && key !== `vrf ${name}`)
        errors.push({ path, message: `label ${label} is bound to ${key}` });
    }
    return errors;
  }

  #hasForeignRoutes(vrf: string, config: number): boolean {
    const state = this.#state;
    const table = state.tableIndex(vrf);
    const local = this.sources.number('local');
    for (const store of [state.routes[4], state.routes[6]]) {
      for (let place = 0; place < store.end; place++) {
        if (store.tables[place] !== table || store.lists[place] < 0) continue;
        const sources = [store.sources[place], ...(store.waiting.get(place) ?? []).map((each) => each.source)];
        if (sources.some((source) => source !== config && source !== local)) return true;
      }
    }
    return false;
  }

  #make({ skeleton, entries }: Judged, source: number): TransactionResult {
    const before = skeleton === undefined ? undefined : this.#takeSkeletonFor(skeleton, entries);
    const state = this.#state;
    for (const entry of entries) {
      if ('route' in entry) {
        const { vrf, prefix } = entry.route;
        // What goes with its VRF has gone already.
        if (vrf !== undefined && !state.hasTable(vrf)) continue;
        const table = state.tableIndex(vrf);
        if (entry.op === 'delete') state.routes.remove(table, prefix, source);
        else state.routes.put(table, prefix, entry.route.paths, source);
      } else if ('label' in entry) {
        if (entry.op === 'delete') state.labels.remove(entry.label.label, source);
        else state.labels.put(entry.label, source);
      } else if (entry.op === 'delete') {
        state.removeNeighbor(LiveState.neighborKey(entry.neighbor.interface, entry.neighbor.address));
      } else state.putNeighbor(entry.neighbor);
    }
    this.#finish(before);
    return { ok: true, version: this.#version };
  }

  /** The same where labels come with it, which VRFs shall not be given. */
  #takeSkeletonFor(skeleton: Skeleton, entries: readonly EntryChange[]): LiveState | undefined {
    this.#coming = new Set(entries.flatMap((entry) => ('label' in entry ? [entry.label.label] : [])));
    const before = this.#takeSkeleton(skeleton);
    this.#coming = new Set();
    return before;
  }

  /** Takes interfaces, VRFs and circuits over. Answers the state of before where a new one has taken its place. */
  #takeSkeleton(skeleton: Skeleton): LiveState | undefined {
    const diff = diffSkeletons(this.#state.model, skeleton.model);
    this.#skeleton = skeleton;
    if (diff.isRebuild) return this.#startAnew(skeleton.model);
    for (const { name } of diff.removed) this.#state.removeVrf(name);
    this.#state.changeVrfs(diff.changed);
    for (const vrf of labelledFirst(diff.added)) this.#state.addVrf(vrf);
    for (const each of diff.interfaces) this.#state.changeInterface(each);
    return undefined;
  }

  /** A new state for another skeleton with all that every source has, but for what is in VRFs that have gone. */
  #startAnew(model: RouterModel): LiveState {
    const before = this.#state;
    const state = this.#newState(model);
    state.restore(before, goneNames(before.model, model));
    state.bindVrfs();
    this.#state = state;
    this.#releaseForgotten();
    return before;
  }

  #finish(before: LiveState | undefined): void {
    this.#version++;
    if (before !== undefined) {
      this.#state.build(before);
      this.#portNames = portNames(this.#state.model);
      this.#options.publish?.(this.tables);
    } else if (this.#state.commit()) this.#options.publish?.(this.tables);
  }
}
