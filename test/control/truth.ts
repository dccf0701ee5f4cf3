// What a router's routes and labels ought to be after a sequence of changes, told as simply as can be: lists of entries, the
// best of each chosen when it is asked for. The router under test is compared with a fresh compilation of this.
import { expect } from 'vitest';
import type { RouterControl } from '../../src/control/live/router-control.ts';
import type { LabelModel, NeighborModel, RouteModel, RouterModel } from '../../src/control/model.ts';
import { type CompiledRouter, compileRouter } from '../../src/control/router.ts';
import { ShimlineError } from '../../src/errors.ts';
import { formatAddress, formatPrefix, type IpPrefix, maskWord } from '../../src/wire/address.ts';
import { labelText, layer2Text, lookupText } from './normal-form.ts';

interface Entry<Model> {
  readonly source: string;
  model: Model;
  stale: boolean;
}

const distances: Readonly<Record<string, number>> = { config: 1, api: 5, fpm: 20, gobgp: 20 };

/** The first of the entries with the smallest distance. */
function best<Model>(entries: readonly Entry<Model>[]): Model | undefined {
  const sorted = [...entries].sort((a, b) => distances[a.source] - distances[b.source]);
  return sorted[0]?.model;
}

export const routeKey = ({ vrf, prefix }: Pick<RouteModel, 'vrf' | 'prefix'>): string =>
  `${vrf ?? ''} ${formatPrefix(prefix)}`;

export class Truth {
  readonly model: RouterModel;
  readonly routes = new Map<string, Entry<RouteModel>[]>();
  readonly labels = new Map<string, Entry<LabelModel>[]>();
  readonly neighbors = new Map<string, NeighborModel>();

  constructor(model: RouterModel) {
    this.model = model;
    this.load(model);
  }

  /** What the configuration brings. */
  load({ routes, labels, neighbors }: RouterModel): void {
    this.neighbors.clear();
    for (const route of routes) this.put(this.routes, routeKey(route), route, 'config');
    for (const label of labels) this.put(this.labels, String(label.label), label, 'config');
    for (const each of neighbors) this.neighbors.set(`${each.interface} ${formatAddress(each.address)}`, each);
  }

  put<Model>(map: Map<string, Entry<Model>[]>, key: string, model: Model, source: string): void {
    const entries = map.get(key) ?? [];
    map.set(key, entries);
    const known = entries.find((each) => each.source === source);
    if (known === undefined) entries.push({ source, model, stale: false });
    else Object.assign(known, { model, stale: false });
  }

  remove<Model>(map: Map<string, Entry<Model>[]>, key: string, source: string): void {
    map.set(
      key,
      (map.get(key) ?? []).filter((each) => each.source !== source),
    );
  }

  has<Model>(map: Map<string, Entry<Model>[]>, key: string, source: string): boolean {
    return map.get(key)?.some((each) => each.source === source) ?? false;
  }

  #each(call: (map: Map<string, Entry<RouteModel>[]> | Map<string, Entry<LabelModel>[]>) => void): void {
    call(this.routes);
    call(this.labels);
  }

  markStale(source: string): void {
    this.#each((map) => {
      for (const entries of map.values()) for (const each of entries) if (each.source === source) each.stale = true;
    });
  }

  sweep(source: string): void {
    this.#each((map) => {
      for (const [key, entries] of map as Map<string, Entry<RouteModel>[]>)
        map.set(key, entries.filter((each) => each.source !== source || !each.stale) as never);
    });
  }

  /** The configuration that a fresh router would be given. Prefixes of interfaces win over routes, so those are left out. */
  finalModel(): RouterModel {
    const { rib } = compileRouter({ ...this.model, routes: [], labels: [] });
    const isLocal = ({ vrf, prefix }: RouteModel) => rib.routesOf(rib.tableIndex(vrf), prefix.family).find(prefix) >= 0;
    const routes = [...this.routes.values()].flatMap((entries) => best(entries) ?? []);
    return {
      ...this.model,
      routes: routes.filter((route) => !isLocal(route)),
      labels: [...this.labels.values()].flatMap((entries) => best(entries) ?? []),
      neighbors: [...this.neighbors.values()],
    };
  }
}

/** The first and the last address of a prefix, and those just outside. */
function probes({ words, length, family }: IpPrefix): number[][] {
  const bits = family === 4 ? 32 : 128;
  const last = words.map((word, i) => (word | ~maskWord(0xffffffff, length - 32 * i)) >>> 0);
  const middle = words.map((word, i) => (word | (~maskWord(0xffffffff, length - 32 * i) & 0x55555555)) >>> 0);
  const beside = words.slice();
  const at = words.length - 1;
  beside[at] = (beside[at] + (length === bits ? 1 : -1)) >>> 0;
  return [[...words], last, middle, beside];
}

/** Compares every look-up of the running router with that of a router compiled anew. False: such a one cannot be made. */
export function expectSameAsFresh(control: RouterControl, truth: Truth): boolean {
  const model = truth.finalModel();
  let fresh: CompiledRouter;
  try {
    fresh = compileRouter(model);
  } catch (error) {
    // More than 16 labels: a file is refused, a running router goes on without the route.
    if (error instanceof ShimlineError) return false;
    throw error;
  }
  const ours = { tables: control.tables, tableNames: control.state.tableNames };
  const theirs = { tables: fresh.tables, tableNames: fresh.rib.tableNames };
  const all = [...truth.routes.values()].flat().map(({ model: route }) => route.prefix);
  const every = [...all, ...[...fresh.rib.entries()].map(({ prefix }) => prefix)];
  const prefixes = [...new Map(every.map((prefix) => [formatPrefix(prefix), prefix])).values()];
  for (const [table, name] of fresh.rib.tableNames.entries()) {
    for (const prefix of prefixes) {
      for (const words of probes(prefix)) {
        const text = lookupText(ours, control.state.tableIndex(name), words);
        const expected = lookupText(theirs, table, words);
        // An assertion for each of so many would take most of the time.
        if (text !== expected)
          expect(text, `${name} ${formatAddress({ family: prefix.family, words })}`).toBe(expected);
      }
    }
  }
  for (const { label } of [...truth.labels.values()].flat().map((entry) => entry.model)) {
    expect(`${label} ${labelText(ours, label)}`).toBe(`${label} ${labelText(theirs, label)}`);
  }
  expect(layer2Text(ours)).toEqual(layer2Text(theirs));
  for (const { localLabel } of fresh.model.pseudowires) {
    expect(`${localLabel} ${labelText(ours, localLabel)}`).toBe(`${localLabel} ${labelText(theirs, localLabel)}`);
  }
  for (const { owner, label, paths } of fresh.bindings) {
    const bound = control.bindings().find((each) => each.owner === owner)?.label ?? 0;
    expect(bound, owner).toBeGreaterThan(0);
    // Of several ways to one CE either may be chosen.
    if (paths === undefined || owner.includes(' prefix '))
      expect(`${owner} ${labelText(ours, bound)}`).toBe(`${owner} ${labelText(theirs, label)}`);
  }
  expect(control.bindings().length).toBe(fresh.bindings.length);
  return true;
}
