// How large the tables are made for a router: what it needs, and room for neighbours that are learned.
import { wordsForPrefix, wordsForTable } from '../../tables/run-trie.ts';
import type { TableSizes } from '../../tables/tables.ts';
import type { RouterModel } from '../model.ts';
import { type Layer2Plan, macPlaces } from './plan-circuits.ts';
import type { NumberedRoutes } from './plan-routes.ts';
import type { Resolver } from './resolver.ts';
import type { Rib } from './rib.ts';
import { portNames, vlanMapKeys } from './write-interfaces.ts';

/** Words beyond the worst case, for a change that builds a node before it gives the old one back. */
const trieSlackWords = 4096;
/** Neighbours that may be learned beyond those the configuration names. */
const learnedNeighborsMax = 4096;

/** Room for the worst case: pages that are never touched cost nothing. */
function trieWords(tables: number, routes: NumberedRoutes, family: 4 | 6): number {
  let words = tables * wordsForTable + trieSlackWords;
  for (const { set, lengths } of routes.columns) {
    if (set.family !== family) continue;
    for (let i = 0; i < lengths.length; i++) words += wordsForPrefix(lengths[i] as number);
  }
  return words;
}

export function sizeTables(
  model: RouterModel,
  rib: Rib,
  routes: NumberedRoutes,
  labels: number,
  resolver: Resolver,
  layer2: Layer2Plan,
  forwarderBytes: number,
): TableSizes {
  const tables = rib.tableNames.length;
  return {
    ports: portNames(model).length,
    interfaces: model.interfaces.length,
    vlanMaps: vlanMapKeys(model).length,
    acceptLists: model.interfaces.filter((each) => each.acceptLabels !== undefined).length,
    addresses: model.interfaces.reduce((sum, each) => sum + each.addresses.length, 0),
    tables,
    trie4Words: trieWords(tables, routes, 4),
    trie6Words: trieWords(tables, routes, 6),
    routes: routes.count + 1,
    labelEntries: labels + 1,
    groups: resolver.groups.all.length + 1,
    legs: resolver.groups.legCount + 1,
    pushes: resolver.groups.pushCount,
    adjacencies: resolver.adjacencies.length + model.neighbors.length + learnedNeighborsMax,
    circuits: layer2.circuits.length + 1,
    pseudowires: layer2.pseudowires.length,
    bridges: model.bridges.length,
    members: layer2.members.reduce((sum, each) => sum + each.length, 0),
    macs: macPlaces(model, layer2),
    forwarderBytes,
  };
}
