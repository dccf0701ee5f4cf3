// Adjacencies, routes, prefixes and labels, from plans to words. Word by word: an array a record would be a million
// pieces of garbage.
import { Action } from '../../tables/actions.ts';
import { labelEntryWords, labelKey, Payload } from '../../tables/labels.ts';
import type { LongestPrefix } from '../../tables/longest-prefix.ts';
import { routeWords, type Tables } from '../../tables/tables.ts';
import type { ActionPath, RouteModel, RouterModel } from '../model.ts';
import type { PlannedLabel } from './plan-labels.ts';
import type { RouteColumns } from './plan-routes.ts';
import { payloadNumber, popMode, type Resolver } from './resolver.ts';
import type { LocalRoute, Outcome, Rib } from './rib.ts';
import { macWords } from './write-interfaces.ts';
import { directAction, flatLegOf, labelBrief, pathAction } from './write-paths.ts';

export function writeAdjacencies(tables: Tables, model: RouterModel, resolver: Resolver): void {
  // In this order, so that an adjacency's index is its number in the plan.
  for (const plan of resolver.adjacencies) tables.adjacencies.add(plan.interface, plan.address.words);
  const indexes = new Map(model.interfaces.map((each, index) => [each.name, index]));
  for (const neighbor of model.neighbors) {
    const adjacency = tables.adjacencies.add(indexes.get(neighbor.interface) as number, neighbor.address.words);
    tables.adjacencies.resolve(adjacency, ...macWords(neighbor.mac), true);
  }
}

/** Writes the records of the routes. The paths must have been written. */
export function writeRoutes(tables: Tables, rib: Rib, { set, places, lengths, routes }: RouteColumns): void {
  const words = tables.routes;
  const tableIndex = (name: string) => rib.tableIndex(name);
  for (let i = 0; i < routes.length; i++) {
    const at = (routes[i] as number) * routeWords;
    const outcome = set.outcomes[places[i] as number] as Outcome;
    words[at + 2] = lengths[i] as number;
    if (outcome.group !== undefined) {
      words[at] = Action.group;
      words[at + 1] = outcome.group.index;
      words[at + 3] = flatLegOf(tables.paths, outcome.group);
    } else {
      const [kind, argument] = directAction(set.entries[places[i] as number] as RouteModel | LocalRoute, tableIndex);
      words[at] = kind;
      words[at + 1] = argument;
    }
  }
}

/** Puts the prefixes into the prefix table of their family, which makes their routes reachable. */
export function writePrefixes(tables: Tables, { set, addresses, lengths, routes }: RouteColumns): void {
  const trie: LongestPrefix = set.family === 4 ? tables.trie4 : tables.trie6;
  trie.build(set.table, addresses, lengths, routes);
}

/** Writes the label entries, number 1 first, and the map. The paths must have been written. */
export function writeLabels(tables: Tables, model: RouterModel, rib: Rib, labels: readonly PlannedLabel[]): void {
  const { entries, map, briefs } = tables.labels;
  const tableIndex = (name: string) => rib.tableIndex(name);
  const pseudowires = new Map(model.pseudowires.map((each, number) => [each.name, number]));
  const pseudowireIndex = (name: string) => pseudowires.get(name) as number;
  let index = 0;
  for (const { model: label, group, usable } of labels) {
    index++;
    if (!usable) continue;
    const at = index * labelEntryWords;
    const [first] = label.paths;
    if (group === undefined) {
      entries.set(pathAction(first as ActionPath, tableIndex, pseudowireIndex), at);
    } else {
      entries[at] = Action.group;
      entries[at + 1] = group.index;
      entries[at + 6] = group.legs.every((leg) => leg.operation === 'ends') ? 1 : 0;
    }
    entries[at + 2] = first.kind === 'pseudowire' ? Payload.ethernet : payloadNumber(first.payload);
    entries[at + 3] = popMode(first.ttl ?? model.ttl);
    entries[at + 4] = popMode(first.tc ?? model.tc);
    entries[at + 5] = label.label;
    const key = labelKey(label.label);
    map[key] = index;
    briefs[key] = labelBrief(tables.paths, group, entries, at);
  }
}
