// Groups, legs, pushed labels and the actions of routes and labels, from plans to words.
import { Action } from '../../tables/actions.ts';
import { wireLabel } from '../../tables/labels.ts';
import { groupWords, Leg, legWords, type PathTable } from '../../tables/paths.ts';
import type { ActionPath } from '../model.ts';
import type { GroupPlan, LegPlan, LegTarget } from './plan.ts';
import type { RibEntry } from './rib.ts';
import { interfaceArgument } from './write-interfaces.ts';

/** An action as its two words. */
export type ActionWords = readonly [kind: number, argument: number];

function targetAction(target: LegTarget): ActionWords {
  switch (target.kind) {
    case 'adjacency':
      return [Action.adjacency, target.adjacency];
    case 'group':
      return [Action.group, target.group.index];
    case 'table':
      return [Action.table, target.table];
    default:
      return [Action[target.kind], 0];
  }
}

const operationFlags: Readonly<Record<LegPlan['operation'], number>> = {
  none: 0,
  swap: Leg.swap,
  php: Leg.php,
  ends: Leg.ends,
};

function legFlags(leg: LegPlan): number {
  return (leg.backup ? Leg.backup : 0) | (leg.entropy ? Leg.entropy : 0) | operationFlags[leg.operation];
}

export function writePaths(table: PathTable, groups: readonly GroupPlan[]): void {
  let nextPush = 0;
  for (const group of groups) {
    table.groups[group.index * groupWords] = group.firstLeg;
    table.groups[group.index * groupWords + 1] = group.legs.length;
    for (const [i, leg] of group.legs.entries()) {
      const record = (group.firstLeg + i) * legWords;
      table.legs.set([...targetAction(leg.target), leg.weight, legFlags(leg), nextPush, leg.pushes.length], record);
      table.legs.set(
        [leg.pushTtl, leg.pushTc, leg.popTtl, leg.popTc, leg.payload, 0, leg.swapLabel, wireLabel(leg.swapLabel)],
        record + 6,
      );
      table.pushes.set(leg.pushes, nextPush);
      table.pushWire.set(leg.pushes.map(wireLabel), nextPush);
      nextPush += leg.pushes.length;
    }
  }
}

/** The action of a single path that names no next hop. */
export function pathAction(path: ActionPath, tableIndex: (name: string) => number): ActionWords {
  switch (path.kind) {
    case 'table':
      return [Action.table, tableIndex(path.target)];
    case 'pseudowire':
      return [Action.pseudowire, 0];
    default:
      return [Action[path.kind], 0];
  }
}

/** The action of a usable entry of the routing tables. */
export function entryAction(entry: RibEntry, tableIndex: (name: string) => number): ActionWords {
  if (entry.source !== 'static') return [Action[entry.source], interfaceArgument(entry.interface)];
  if (entry.group !== undefined) return [Action.group, entry.group.index];
  return pathAction(entry.model?.paths[0] as ActionPath, tableIndex);
}
