// From the model of a router to its tables: labels bound, next hops resolved, memory sized, words written.

import { forwarderBytes } from '../engine/forwarder-memory.ts';
import type { Names } from '../engine/slow/story.ts';
import { Action } from '../tables/actions.ts';
import { labelEntryWords, labelKey } from '../tables/labels.ts';
import { wordsForPrefix } from '../tables/run-trie.ts';
import { routeWords, type TableSizes, Tables } from '../tables/tables.ts';
import { type Binding, bindLabels } from './compile/label-manager.ts';
import type { GroupPlan } from './compile/plan.ts';
import { payloadNumber, popMode, Resolver } from './compile/resolver.ts';
import { Rib, type RibEntry } from './compile/rib.ts';
import { macWords, portNames, vlanMapKeys, writeInterfaces } from './compile/write-interfaces.ts';
import { type ActionWords, entryAction, flatLegOf, labelBrief, pathAction, writePaths } from './compile/write-paths.ts';
import type { ActionPath, LabelModel, RouterModel } from './model.ts';
import { namesOf } from './names.ts';

/** Words beyond the worst case, for a change that builds a node before it gives the old one back. */
const trieSlackWords = 4096;
/** Neighbours that may be learned beyond those the configuration names. */
const learnedNeighborsMax = 4096;

export interface CompileOptions {
  /** How many forwarders get room in the tables' memory, where kernels can work for them; 2 unless said. */
  readonly forwarders?: number;
  /** What else is to find room there, bytes, by the number of ports. */
  readonly reserveBytes?: (ports: number) => number;
}

/** A label of the incoming label map, with its paths resolved. */
export interface PlannedLabel {
  readonly model: LabelModel;
  /** Set by the label manager or by `vrfs.X.label`. */
  readonly binding: Binding | undefined;
  /** undefined for a label that is an action, or that no path makes usable. */
  readonly group: GroupPlan | undefined;
  readonly usable: boolean;
}

export interface CompiledRouter {
  readonly model: RouterModel;
  readonly tables: Tables;
  /** In the order of port numbers. */
  readonly portNames: readonly string[];
  readonly rib: Rib;
  /** Entries by route number, from 1. */
  readonly routes: readonly RibEntry[];
  readonly labels: readonly PlannedLabel[];
  readonly resolver: Resolver;
  readonly bindings: readonly Binding[];
  readonly warnings: readonly string[];
  /** What the tables' numbers are called. */
  readonly names: Names;
}

/** Label entries that VRFs make by themselves. */
function bindingModel(binding: Binding): LabelModel {
  const path = `vrfs.${binding.vrf}`;
  if (binding.paths === undefined) {
    const table = {
      kind: 'table',
      target: binding.vrf,
      weight: 1,
      backup: false,
      ttl: undefined,
      tc: undefined,
      payload: undefined,
    } as const;
    return { path, label: binding.label, paths: [table] };
  }
  const paths = binding.paths.map((each) => ({ ...each, vrf: each.vrf ?? binding.vrf, payload: 'ip' as const }));
  return { path, label: binding.label, paths };
}

function planLabels(model: RouterModel, resolver: Resolver, bindings: readonly Binding[]): PlannedLabel[] {
  const bound = bindings.map((binding) => ({ model: bindingModel(binding), binding }));
  const written = model.labels.map((each) => ({ model: each, binding: undefined }));
  return [...bound, ...written].map(({ model: label, binding }) => {
    const direct = label.paths.length === 1 && label.paths[0]?.kind !== 'via';
    const group = direct ? undefined : resolver.labelGroup(label);
    return { model: label, binding, group, usable: direct || group !== undefined };
  });
}

function sizeTables(
  model: RouterModel,
  rib: Rib,
  routes: readonly RibEntry[],
  labels: number,
  resolver: Resolver,
  { forwarders = 2, reserveBytes = () => 0 }: CompileOptions,
) {
  const tables = rib.tableNames.length;
  const ports = portNames(model).length;
  // Room for the worst case: pages that are never touched cost nothing.
  let trie4Words = tables + trieSlackWords;
  let trie6Words = tables + trieSlackWords;
  for (const { prefix } of routes) {
    if (prefix.family === 4) trie4Words += wordsForPrefix(prefix.length);
    else trie6Words += wordsForPrefix(prefix.length);
  }
  const sizes: TableSizes = {
    ports,
    interfaces: model.interfaces.length,
    vlanMaps: vlanMapKeys(model).length,
    acceptLists: model.interfaces.filter((each) => each.acceptLabels !== undefined).length,
    addresses: model.interfaces.reduce((sum, each) => sum + each.addresses.length, 0),
    tables,
    trie4Words,
    trie6Words,
    routes: routes.length + 1,
    labelEntries: labels + 1,
    groups: resolver.groups.all.length + 1,
    legs: resolver.groups.legCount + 1,
    pushes: resolver.groups.pushCount,
    adjacencies: resolver.adjacencies.length + model.neighbors.length + learnedNeighborsMax,
    forwarderBytes: forwarders * forwarderBytes(ports) + reserveBytes(ports),
  };
  return sizes;
}

function settingsOf(model: RouterModel) {
  return {
    id: model.id?.words[0],
    id6: model.id6?.words,
    popTtl: popMode(model.ttl),
    popTc: popMode(model.tc),
    icmpRate: model.icmp.rate,
    icmpBurst: model.icmp.burst,
    puntOther: model.punt,
    entropyAtEgress: model.entropyAtEgress,
    hashSeed: model.hashSeed,
    hashPayload: model.hashPayload,
  };
}

function writeAdjacencies(tables: Tables, model: RouterModel, resolver: Resolver): void {
  // In this order, so that an adjacency's index is its number in the plan.
  for (const plan of resolver.adjacencies) tables.adjacencies.add(plan.interface, plan.address.words);
  const indexes = new Map(model.interfaces.map((each, index) => [each.name, index]));
  for (const neighbor of model.neighbors) {
    const adjacency = tables.adjacencies.add(indexes.get(neighbor.interface) as number, neighbor.address.words);
    tables.adjacencies.resolve(adjacency, ...macWords(neighbor.mac), true);
  }
}

function writeRoutes(tables: Tables, rib: Rib, routes: readonly RibEntry[]): void {
  for (const [i, entry] of routes.entries()) {
    const index = i + 1;
    const action = entryAction(entry, (name) => rib.tableIndex(name));
    tables.routes.set([...action, entry.prefix.length, flatLegOf(tables.paths, entry.group)], index * routeWords);
    const trie = entry.prefix.family === 4 ? tables.trie4 : tables.trie6;
    trie.insert(entry.table, entry.prefix.words, entry.prefix.length, index);
  }
}

function writeLabels(tables: Tables, model: RouterModel, rib: Rib, labels: readonly PlannedLabel[]): void {
  for (const [i, { model: label, group, usable }] of labels.entries()) {
    if (!usable) continue;
    const index = i + 1;
    const [first] = label.paths;
    const action: ActionWords =
      group === undefined
        ? pathAction(first as ActionPath, (name) => rib.tableIndex(name))
        : [Action.group, group.index];
    const ends = group?.legs.every((leg) => leg.operation === 'ends') ?? false;
    const ttl = popMode(first?.ttl ?? model.ttl);
    const tc = popMode(first?.tc ?? model.tc);
    tables.labels.entries.set(
      [...action, payloadNumber(first?.payload), ttl, tc, label.label, ends ? 1 : 0],
      index * labelEntryWords,
    );
    const key = labelKey(label.label);
    tables.labels.map[key] = index;
    tables.labels.briefs[key] = labelBrief(tables.paths, action, group, payloadNumber(first?.payload), ttl, tc);
  }
}

/** Compiles the router. Throws ShimlineError CONFIG for what only resolution can find (too many labels, no label left). */
export function compileRouter(model: RouterModel, options: CompileOptions = {}): CompiledRouter {
  const rib = new Rib(model);
  const resolver = new Resolver(model, rib);
  resolver.resolveAll();
  const bindings = bindLabels(model, (vrf, path) => resolver.isLocal(vrf, path));
  const labels = planLabels(model, resolver, bindings);
  const routes = [...rib.entries()].filter((entry) => entry.state === 'usable');
  const tables = new Tables(sizeTables(model, rib, routes, labels.length, resolver, options), settingsOf(model));
  writeInterfaces(tables.interfaces, model, rib);
  writeAdjacencies(tables, model, resolver);
  writePaths(tables.paths, resolver.groups.all);
  writeRoutes(tables, rib, routes);
  writeLabels(tables, model, rib, labels);
  const ports = portNames(model);
  return {
    model,
    tables,
    names: namesOf(model, rib.tableNames, routes, ports),
    portNames: ports,
    rib,
    routes,
    labels,
    resolver,
    bindings,
    warnings: [...rib.warnings, ...resolver.warnings],
  };
}
