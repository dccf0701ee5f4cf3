// A second truth for the API to stand on, in its simplest form: one configuration, changed as objects, validated as a whole and taken
// over as a whole. Tests hold the control side and this one to the same answers.
import {
  type BridgeConfig,
  type ConfigError,
  type RouterFileConfig,
  validateConfig,
} from '../../../src/control/config/index.ts';
import { explainLookup } from '../../../src/control/live/explain.ts';
import { configOf } from '../../../src/control/live/to-config.ts';
import { globalTable, type PathModel, type RouterModel } from '../../../src/control/model.ts';
import type { CompiledRouter } from '../../../src/control/router.ts';
import type {
  BindingView,
  ChangeError,
  EntryState,
  LabelView,
  NeighborView,
  RouteFilter,
  RouterTruth,
  RouteView,
  SourceView,
  TransactionRequest,
  TransactionResult,
  VrfView,
} from '../../../src/daemon/api/service.ts';
import { ShimlineError } from '../../../src/errors.ts';
import { Adjacency, adjacencyWords } from '../../../src/tables/adjacencies.ts';
import {
  contains,
  formatAddress,
  formatPrefix,
  type IpAddress,
  networkOf,
  parseAddress,
  parsePrefix,
} from '../../../src/wire/address.ts';

/** What the truth is laid into. */
export interface Reloadable {
  readonly model: RouterModel;
  readonly compiled: CompiledRouter;
  /** Rejects with ShimlineError CONFIG, and nothing has changed, for what cannot be. */
  reload(model: RouterModel): Promise<void>;
}

type Table = Record<string, unknown>;
const listKinds = { route: 'routes', label: 'labels', neighbor: 'neighbors', xconnect: 'xconnects' } as const;
const mapKinds = { vrf: 'vrfs', interface: 'interfaces', pseudowire: 'pseudowires', bridge: 'bridges' } as const;
const distances: Readonly<Record<string, number>> = { local: 0, config: 1, api: 5 };

function prefixText(text: unknown): string {
  const prefix = typeof text === 'string' ? parsePrefix(text) : undefined;
  return prefix === undefined ? String(text) : formatPrefix(networkOf(prefix));
}

function addressText(text: unknown): string {
  const address = typeof text === 'string' ? parseAddress(text) : undefined;
  return address === undefined ? String(text) : formatAddress(address);
}

/** A text that is the same for entries that stand for the same thing. */
function keyOf(kind: keyof typeof listKinds, value: unknown): string {
  if (kind === 'xconnect') return JSON.stringify(value);
  const entry = value as Table;
  if (kind === 'route') return `route ${entry.vrf ?? globalTable} ${prefixText(entry.prefix)}`;
  if (kind === 'label') return `label ${entry.label}`;
  return `neighbor ${entry.interface} ${addressText(entry.address)}`;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Changes as they are made to the configuration's object, and where their mistakes are to be told. */
class Draft {
  readonly config: RouterFileConfig;
  readonly errors: ChangeError[] = [];
  readonly added: string[] = [];
  readonly #source: string;
  readonly #sourceOf: (key: string) => string | undefined;
  /** From places in the configuration to places in the request. */
  readonly #places: [config: string, request: string][] = [];
  readonly #indexes = new Map<string, Map<string, number>>();

  constructor(model: RouterModel, source: string, sourceOf: (key: string) => string | undefined) {
    this.config = configOf(model);
    this.#source = source;
    this.#sourceOf = sourceOf;
  }

  apply(change: unknown, index: number): void {
    const place = `changes[${index}]`;
    if (!isTable(change)) return this.#refuse(place, 'expected a change such as {"op": "add", "route": {…}}');
    const { op, ...rest } = change;
    if (op !== 'add' && op !== 'replace' && op !== 'delete') {
      return this.#refuse(`${place}.op`, 'expected add, replace or delete');
    }
    const [kind = '', ...others] = Object.keys(rest);
    if (others.length > 0) return this.#refuse(place, 'expected one object beside op');
    if (Object.hasOwn(listKinds, kind)) this.#list(op, kind as keyof typeof listKinds, rest[kind], `${place}.${kind}`);
    else if (Object.hasOwn(mapKinds, kind)) {
      this.#map(op, kind as keyof typeof mapKinds, rest[kind], `${place}.${kind}`);
    } else this.#refuse(place, `expected one of ${[...Object.keys(listKinds), ...Object.keys(mapKinds)].join(', ')}`);
  }

  /** A problem of the configuration, told where it was asked for. */
  errorAt({ path, message }: ChangeError): ChangeError {
    for (const [config, request] of this.#places) {
      if (path === config || path.startsWith(`${config}.`) || path.startsWith(`${config}[`)) {
        return { path: `${request}${path.slice(config.length)}`, message };
      }
    }
    return { path, message };
  }

  #refuse(path: string, message: string): void {
    this.errors.push({ path, message });
  }

  #list(op: string, kind: keyof typeof listKinds, value: unknown, place: string): void {
    if (kind === 'xconnect' ? !Array.isArray(value) : !isTable(value)) {
      return this.#refuse(place, kind === 'xconnect' ? 'expected a list of two ends' : 'expected a map of keys');
    }
    const section = listKinds[kind];
    const list = this.config[section] as unknown[];
    let index = this.#indexes.get(kind);
    if (index === undefined) {
      index = new Map(list.map((each, at) => [keyOf(kind, each), at]));
      this.#indexes.set(kind, index);
    }
    const key = keyOf(kind, value);
    const at = index.get(key);
    const owner = this.#sourceOf(key) ?? 'config';
    const isOwn = at !== undefined && (kind === 'neighbor' || kind === 'xconnect' || owner === this.#source);
    if (at !== undefined && !isOwn) return this.#refuse(place, `${key} belongs to the source ${owner}`);
    if (op === 'delete') {
      if (at === undefined) return this.#refuse(place, `${key} is not there`);
      list[at] = undefined;
      index.delete(key);
      return;
    }
    if (op === 'add' && at !== undefined) return this.#refuse(place, `${key} is there already`);
    if (at !== undefined) list[at] = undefined;
    index.set(key, list.length);
    this.#places.push([`${section}[${list.length}]`, place]);
    this.added.push(key);
    list.push(value);
  }

  #map(op: string, kind: keyof typeof mapKinds, value: unknown, place: string): void {
    if (!isTable(value) || typeof value.name !== 'string' || value.name === '__proto__') {
      return this.#refuse(`${place}.name`, 'expected a name');
    }
    const { name, ...rest } = value;
    const section = this.config[mapKinds[kind]] as Record<string, BridgeConfig>;
    const isThere = Object.hasOwn(section, name);
    if (op === 'delete') {
      if (!isThere) return this.#refuse(`${place}.name`, `no ${kind} '${name}'`);
      delete section[name];
      return;
    }
    if (op === 'add' && isThere) return this.#refuse(`${place}.name`, `${kind} '${name}' is there already`);
    section[name] = rest as BridgeConfig;
    this.#places.push([`${mapKinds[kind]}.${name}`, place]);
  }

  /** The object without what was taken out; places follow. */
  finished(): RouterFileConfig {
    for (const section of Object.values(listKinds)) {
      const list = (this.config[section] ?? []) as unknown[];
      const moved = new Map<string, string>();
      let to = 0;
      for (let from = 0; from < list.length; from++) {
        if (list[from] !== undefined) moved.set(`${section}[${from}]`, `${section}[${to++}]`);
      }
      for (const place of this.#places) place[0] = moved.get(place[0]) ?? place[0];
      (this.config as Table)[section] = list.filter((each) => each !== undefined);
    }
    return this.config;
  }
}

export class ReloadingTruth implements RouterTruth {
  readonly #router: Reloadable;
  /** Entries that are not of the configuration itself. */
  readonly #sources = new Map<string, string>();
  readonly #stale = new Set<string>();
  #version = 1;
  /** What it knows of: somebody else may have the router reloaded. */
  #known: RouterModel;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(router: Reloadable) {
    this.#router = router;
    this.#known = router.model;
  }

  get version(): number {
    if (this.#router.model !== this.#known) this.#adopt();
    return this.#version;
  }

  transact({ version, source = 'api', changes }: TransactionRequest): Promise<TransactionResult> {
    return this.#inTurn(version, async () => {
      const draft = new Draft(this.#router.model, source, (key) => this.#sources.get(key));
      changes.forEach((change, i) => {
        draft.apply(change, i);
      });
      if (draft.errors.length > 0) return draft.errors;
      const read = validateConfig(draft.finished(), { live: true });
      if ('problems' in read) return read.problems.map((problem) => draft.errorAt(problem));
      const errors = await this.#reload(read.model);
      if (errors.length > 0) return errors;
      for (const key of draft.added) {
        this.#stale.delete(key);
        if (source !== 'config') this.#sources.set(key, source);
      }
      return [];
    });
  }

  replaceConfig(model: RouterModel, version?: number): Promise<TransactionResult> {
    return this.#inTurn(version, async () => {
      const { routes, labels, keys } = this.#ofOthers(model);
      const vrfs = new Set(model.vrfs.map(({ name }) => name));
      const orphans = routes.filter(({ vrf }) => vrf !== undefined && !vrfs.has(vrf));
      if (orphans.length > 0) {
        return orphans.map(({ vrf }) => ({ path: `vrfs.${vrf}`, message: 'other sources have routes in it' }));
      }
      const config = { ...model, routes: [...model.routes, ...routes], labels: [...model.labels, ...labels] };
      // What they refer to may be gone.
      const read = validateConfig(configOf(config), { live: true });
      if ('problems' in read) return read.problems;
      const errors = await this.#reload(config);
      if (errors.length === 0) for (const key of keys) this.#sources.delete(key);
      return errors;
    });
  }

  markStale(source: string): void {
    for (const [key, owner] of this.#sources) if (owner === source) this.#stale.add(key);
  }

  async sweep(source: string): Promise<number> {
    const gone = new Set([...this.#stale].filter((key) => this.#sources.get(key) === source));
    const { model } = this.#router;
    const config = configOf(model);
    const routes = model.routes.filter((_, i) => !gone.has(keyOf('route', config.routes?.[i])));
    const labels = model.labels.filter((_, i) => !gone.has(keyOf('label', config.labels?.[i])));
    if (gone.size > 0) await this.#inTurn(undefined, () => this.#reload({ ...model, routes, labels }));
    for (const key of gone) {
      this.#stale.delete(key);
      this.#sources.delete(key);
    }
    return gone.size;
  }

  *routes({ vrf, source, state, within, family }: RouteFilter = {}): Generator<RouteView> {
    const { rib, model } = this.#router.compiled;
    for (const entry of rib.entries()) {
      const { prefix } = entry;
      const table = rib.tableNames[entry.table] as string;
      const key = keyOf('route', { vrf: table, prefix: formatPrefix(prefix) });
      const isStatic = entry.source === 'static';
      const owner = isStatic ? (this.#sources.get(key) ?? 'config') : 'local';
      const { problem, group } = entry.outcome;
      const is: EntryState = problem === undefined ? 'active' : 'unusable';
      if (vrf !== undefined && vrf !== table) continue;
      if ((source !== undefined && source !== owner) || (state !== undefined && state !== is)) continue;
      if (family !== undefined && family !== prefix.family) continue;
      if (within !== undefined && (prefix.length < within.length || !contains(within, prefix))) continue;
      yield {
        vrf: table,
        prefix,
        source: owner,
        distance: distances[owner] ?? 100,
        state: is,
        why: problem,
        isStale: this.#stale.has(key),
        local: entry.source === 'static' ? undefined : entry.source,
        interface: entry.interface === undefined ? undefined : model.interfaces[entry.interface]?.name,
        paths: entry.model?.paths ?? [],
        firstPath: group?.firstLeg ?? 0,
        pathCount: group?.legs.length ?? 0,
        counted: undefined,
        countedByPath: undefined,
      };
    }
  }

  *labels(): Generator<LabelView> {
    for (const { model, binding, group, usable } of this.#router.compiled.labels) {
      const key = `label ${model.label}`;
      yield {
        label: model.label,
        source: binding === undefined ? (this.#sources.get(key) ?? 'config') : 'vrf',
        state: usable ? 'active' : 'unusable',
        why: usable ? undefined : 'no path of it is usable',
        isStale: this.#stale.has(key),
        paths: model.paths as readonly PathModel[],
        firstPath: group?.firstLeg ?? 0,
        pathCount: group?.legs.length ?? 0,
        counted: undefined,
        countedByPath: undefined,
      };
    }
  }

  *neighbors(): Generator<NeighborView> {
    const { tables, model } = this.#router.compiled;
    const { entries, count } = tables.adjacencies;
    for (let index = 0; index < count; index++) {
      const at = index * adjacencyWords;
      const [flags = 0, on = 0, high = 0, low = 0, family, ...words] = entries.subarray(at, at + 9);
      if (flags === 0) continue;
      const mac = [high >>> 8, high & 255, low >>> 24, (low >>> 16) & 255, (low >>> 8) & 255, low & 255];
      yield {
        interface: model.interfaces[on]?.name ?? `interface ${on}`,
        address: family === 4 ? { family: 4, words: words.slice(0, 1) } : { family: 6, words },
        mac: (flags & Adjacency.resolved) === 0 ? undefined : mac,
        isStatic: (flags & Adjacency.fixed) !== 0,
        isUp: (flags & Adjacency.up) !== 0,
      };
    }
  }

  vrfs(): VrfView[] {
    const { model, bindings, rib } = this.#router.compiled;
    return model.vrfs.map((vrf) => ({
      model: vrf,
      label: bindings.find((each) => each.vrf === vrf.name && each.paths === undefined)?.label,
      interfaces: model.interfaces.filter((each) => each.vrf === vrf.name).map((each) => each.name),
      routes: [4, 6].reduce(
        (sum, family) => sum + rib.routesOf(rib.tableIndex(vrf.name), family as 4 | 6).entries.length,
        0,
      ),
    }));
  }

  bindings(): BindingView[] {
    return this.#router.compiled.bindings.map(({ label, owner, chosen }) => ({ label, owner, chosen }));
  }

  sourceViews(): SourceView[] {
    return [{ source: 'config', distance: 1, routes: 2, labels: 1, stale: 0 }];
  }

  explainRoute(vrf: string | undefined, address: IpAddress): string[] | undefined {
    const { tables, names, rib } = this.#router.compiled;
    if (vrf !== undefined && !rib.tableNames.includes(vrf)) return undefined;
    return explainLookup(tables, names, rib.tableIndex(vrf), address.words);
  }

  configModel(): RouterModel {
    const { model } = this.#router;
    const { routes, labels } = configOf(model);
    return {
      ...model,
      routes: model.routes.filter((_, i) => !this.#sources.has(keyOf('route', routes?.[i]))),
      labels: model.labels.filter((_, i) => !this.#sources.has(keyOf('label', labels?.[i]))),
    };
  }

  skeleton() {
    return this.configModel();
  }

  /** Entries of other sources that a configuration does not have. */
  #ofOthers(model: RouterModel): Pick<RouterModel, 'routes' | 'labels'> & { readonly keys: ReadonlySet<string> } {
    const present = this.#router.model;
    const config = configOf(present);
    const coming = configOf(model);
    const keys = new Set([
      ...(coming.routes ?? []).map((each) => keyOf('route', each)),
      ...(coming.labels ?? []).map((each) => keyOf('label', each)),
    ]);
    const isKept = (key: string) => this.#sources.has(key) && !keys.has(key);
    return {
      keys,
      routes: present.routes.filter((_, i) => isKept(keyOf('route', config.routes?.[i]))),
      labels: present.labels.filter((_, i) => isKept(keyOf('label', config.labels?.[i]))),
    };
  }

  /** Somebody has reloaded the router, with all of its entries. */
  #adopt(): void {
    this.#known = this.#router.model;
    this.#version++;
    this.#sources.clear();
    this.#stale.clear();
  }

  async #reload(model: RouterModel): Promise<ChangeError[]> {
    try {
      await this.#router.reload(model);
      this.#known = this.#router.model;
      return [];
    } catch (error) {
      if (!(error instanceof ShimlineError) || error.code !== 'CONFIG') throw error;
      const { problems } = error as Partial<ConfigError>;
      return problems?.map(({ path, message }) => ({ path, message })) ?? [{ path: '', message: error.message }];
    }
  }

  /** One change after the other: each is judged against what the one before it has left. */
  #inTurn(version: number | undefined, make: () => Promise<readonly ChangeError[]>): Promise<TransactionResult> {
    const done = this.#queue.then(async (): Promise<TransactionResult> => {
      if (version !== undefined && version !== this.version) return { ok: false, conflict: this.version };
      const errors = await make();
      return errors.length > 0 ? { ok: false, errors } : { ok: true, version: ++this.#version };
    });
    this.#queue = done.catch(() => {});
    return done;
  }
}
