// Groups, legs, pushed labels and the actions of routes and labels, from plans to words.
import { Action } from '../../tables/actions.ts';
import { Brief, Payload, PopMode, wireBottom, wireLabel } from '../../tables/labels.ts';
import {
  Flat,
  flatLabelsMax,
  flatWords,
  groupWords,
  Leg,
  legWords,
  type PathTable,
  PushTc,
} from '../../tables/paths.ts';
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
      table.flat.set(flatWordsOf(leg), (group.firstLeg + i) * flatWords);
      table.pushes.set(leg.pushes, nextPush);
      table.pushWire.set(leg.pushes.map(wireLabel), nextPush);
      nextPush += leg.pushes.length;
    }
  }
}

interface FlatLabel {
  readonly label: number;
  readonly ttl: number;
  readonly tc: number;
}

/** All that a leg and those behind it push, lowest first, and the adjacency; undefined where a choice is left. */
function flatten(leg: LegPlan): { readonly labels: FlatLabel[]; readonly adjacency: number } | undefined {
  const labels = leg.pushes.map((label) => ({ label, ttl: leg.pushTtl, tc: leg.pushTc }));
  const { target } = leg;
  if (leg.entropy) return undefined;
  if (target.kind === 'adjacency') return { labels, adjacency: target.adjacency };
  if (target.kind !== 'group' || target.group.legs.length !== 1) return undefined;
  const behind = flatten(target.group.legs[0] as LegPlan);
  return behind && { labels: [...labels, ...behind.labels], adjacency: behind.adjacency };
}

/** The words of a flat leg, none for any other. */
function flatWordsOf(leg: LegPlan): number[] {
  const flat = flatten(leg);
  if (flat === undefined || flat.labels.length > flatLabelsMax) return [];
  const { labels, adjacency } = flat;
  // What a penultimate pop uncovers may be a label or IP: its pushes do not know their S bit.
  if (leg.operation === 'php' && labels.length > 0) return [];
  const uniformPop = leg.popTtl === PopMode.uniform && leg.popTc === PopMode.uniform;
  const flags = Flat.valid | labels.length | (leg.operation === 'php' && uniformPop ? Flat.php : 0);
  const onIp = leg.operation === 'none' || leg.operation === 'ends';
  const bottom = (i: number) => (onIp && i === 0 ? wireBottom : 0);
  const record = (kind: number, entries: number[]) => [
    kind,
    adjacency,
    ...entries,
    ...new Array<number>(flatLabelsMax - entries.length).fill(0),
    wireLabel(leg.swapLabel),
  ];
  if (labels.every(({ ttl, tc }) => ttl === 0 && tc === PushTc.uniform)) {
    return record(
      flags,
      labels.map(({ label }, i) => wireLabel(label) | bottom(i)),
    );
  }
  // Onto IP a fixed TTL and a fixed TC, copied upwards, make whole entries; onto labels the TC is the packet's.
  if (!onIp || labels.some(({ ttl, tc }) => ttl === 0 || tc === PushTc.uniform)) return [];
  let copied = 0;
  const entries = labels.map(({ label, ttl, tc }, i) => {
    if (tc < PushTc.uniform) copied = tc;
    return (wireLabel(label) | bottom(i) | (copied << 17) | (ttl << 24)) >>> 0;
  });
  return record(flags | Flat.fixed, entries);
}

/** The flags of a group's only leg as written, 0 when it has several or the leg is not flat. */
function flatFlags(table: PathTable, group: GroupPlan | undefined): number {
  return group?.legs.length === 1 ? (table.flat[group.firstLeg * flatWords] as number) : 0;
}

/** The leg of a route's group that has a single, flat one; else 0. The paths must have been written. */
export function flatLegOf(table: PathTable, group: GroupPlan | undefined): number {
  return group !== undefined && flatFlags(table, group) !== 0 ? group.firstLeg : 0;
}

/** What the fast path does with a label without looking at its entry (`LabelTable.briefs`); 0: it has to look. */
export function labelBrief(
  table: PathTable,
  [kind, argument]: ActionWords,
  group: GroupPlan | undefined,
  payload: number,
  ttl: number,
  tc: number,
): number {
  if (kind === Action.table && argument <= Brief.table && (payload === Payload.unknown || payload === Payload.ip)) {
    const modes = (ttl === PopMode.uniform ? 0 : Brief.ttlPipe) | (tc === PopMode.uniform ? 0 : Brief.tcPipe);
    return (Brief.toTable | modes | argument) >>> 0;
  }
  const flags = flatFlags(table, group);
  const swaps = flags !== 0 && group?.legs[0]?.operation === 'swap';
  return group !== undefined && (swaps || (flags & Flat.php) !== 0) ? group.firstLeg : 0;
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
