// Reverse path check (IP-7, RFC 3704): the source address must have a route, in strict mode out of the interface of
// arrival.
import { Action } from '../../tables/actions.ts';
import { adjacencyWords } from '../../tables/adjacencies.ts';
import { Interface, interfaceWords } from '../../tables/interfaces.ts';
import { groupWords, legWords } from '../../tables/paths.ts';
import { routeWords, type Tables } from '../../tables/tables.ts';

/** Whether any path of the group leads out of the interface. */
function leadsOut(tables: Tables, group: number, interfaceIndex: number): boolean {
  const { groups, legs } = tables.paths;
  const first = groups[group * groupWords] as number;
  const last = first + (groups[group * groupWords + 1] as number);
  for (let leg = first; leg < last; leg++) {
    const kind = legs[leg * legWords];
    const argument = legs[leg * legWords + 1] as number;
    if (kind === Action.adjacency && tables.adjacencies.entries[argument * adjacencyWords + 1] === interfaceIndex) {
      return true;
    }
    if (kind === Action.group && leadsOut(tables, argument, interfaceIndex)) return true;
  }
  return false;
}

/** Whether any path of the group forwards at all, for loose mode. */
function forwards(tables: Tables, group: number): boolean {
  const { groups, legs } = tables.paths;
  const first = groups[group * groupWords] as number;
  const last = first + (groups[group * groupWords + 1] as number);
  for (let leg = first; leg < last; leg++) {
    const kind = legs[leg * legWords];
    if (kind === Action.adjacency || kind === Action.group || kind === Action.table) return true;
  }
  return false;
}

/** Whether a source address passes the check of the interface of arrival. Always true when the check is off. */
export function passesReversePath(
  tables: Tables,
  interfaceIndex: number,
  table: number,
  source: readonly number[],
): boolean {
  const flags = tables.interfaces.interfaces[interfaceIndex * interfaceWords] as number;
  const strict = (flags & Interface.urpfStrict) !== 0;
  if (!strict && (flags & Interface.urpfLoose) === 0) return true;
  const route = (source.length === 1 ? tables.trie4 : tables.trie6).lookup(table, source);
  const argument = tables.routes[route * routeWords + 1] as number;
  switch (tables.routes[route * routeWords]) {
    case Action.connected:
      return !strict || argument === interfaceIndex;
    case Action.group:
      return strict ? leadsOut(tables, argument, interfaceIndex) : forwards(tables, argument);
    case Action.table:
      return !strict;
    default:
      return false;
  }
}
