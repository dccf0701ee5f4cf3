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
import type { ActionPath, RouteModel } from '../model.ts';
import { type GroupPlan, type LegPlan, targetNumber } from './plan.ts';
import type { LocalRoute } from './rib.ts';
import { interfaceArgument } from './write-interfaces.ts';

/** An action as its two words. */
export type ActionWords = readonly [kind: number, argument: number];

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
    let number = group.firstLeg;
    for (const leg of group.legs) {
      writeLeg(table.legs, number * legWords, leg, nextPush);
      writeFlat(table.flat, number * flatWords, leg);
      for (const label of leg.pushes) {
        table.pushes[nextPush] = label;
        table.pushWire[nextPush++] = wireLabel(label);
      }
      number++;
    }
  }
}

/** Word by word: under the profiler 0.3 s for a million legs; with several arrays a record it was above 2 s. */
export function writeLeg(legs: Uint32Array, at: number, leg: LegPlan, firstPush: number): void {
  const { target } = leg;
  legs[at] = Action[target.kind];
  legs[at + 1] = targetNumber(target);
  legs[at + 2] = leg.weight;
  legs[at + 3] = legFlags(leg);
  legs[at + 4] = firstPush;
  legs[at + 5] = leg.pushes.length;
  legs[at + 6] = leg.pushTtl;
  legs[at + 7] = leg.pushTc;
  legs[at + 8] = leg.popTtl;
  legs[at + 9] = leg.popTc;
  legs[at + 10] = leg.payload;
  legs[at + 12] = leg.swapLabel;
  legs[at + 13] = wireLabel(leg.swapLabel);
}

/** The leg behind a leg, where no choice is left; undefined at the end. */
function onlyLegBehind({ target }: LegPlan): LegPlan | undefined {
  return target.kind === 'group' && target.group.legs.length === 1 ? target.group.legs[0] : undefined;
}

/** Writes the words of a flat leg (see paths.ts), none for any other. */
export function writeFlat(words: Uint32Array, at: number, leg: LegPlan): void {
  let labels = 0;
  let allUniform = true;
  let allFixed = true;
  let last = leg;
  for (let level: LegPlan | undefined = leg; level !== undefined; level = onlyLegBehind(level)) {
    if (level.entropy) return;
    last = level;
    labels += level.pushes.length;
    if (level.pushes.length === 0) continue;
    allUniform &&= level.pushTtl === 0 && level.pushTc === PushTc.uniform;
    allFixed &&= level.pushTtl !== 0 && level.pushTc !== PushTc.uniform;
  }
  if (last.target.kind !== 'adjacency' || labels > flatLabelsMax) return;
  // What a penultimate pop uncovers may be a label or IP: its pushes do not know their S bit.
  if (leg.operation === 'php' && labels > 0) return;
  const onIp = leg.operation === 'none' || leg.operation === 'ends';
  // Onto IP a fixed TTL and a fixed TC, copied upwards, make whole entries; onto labels the TC is the packet's.
  if (!allUniform && !(allFixed && onIp)) return;
  const uniformPop = leg.popTtl === PopMode.uniform && leg.popTc === PopMode.uniform;
  words[at] =
    Flat.valid | labels | (leg.operation === 'php' && uniformPop ? Flat.php : 0) | (allUniform ? 0 : Flat.fixed);
  words[at + 1] = last.target.adjacency;
  writeFlatEntries(words, at + 2, leg, allUniform);
  if (onIp && labels > 0) words[at + 2] = ((words[at + 2] as number) | wireBottom) >>> 0;
  words[at + 2 + flatLabelsMax] = wireLabel(leg.swapLabel);
}

/** Stack entries of a leg and those behind it, lowest first; TTL and TC are in them unless they are uniform. */
function writeFlatEntries(words: Uint32Array, first: number, leg: LegPlan, uniform: boolean): void {
  let at = first;
  let copied = 0;
  for (let level: LegPlan | undefined = leg; level !== undefined; level = onlyLegBehind(level)) {
    if (level.pushes.length > 0 && level.pushTc < PushTc.uniform) copied = level.pushTc;
    const modes = uniform ? 0 : (copied << 17) | (level.pushTtl << 24);
    for (const label of level.pushes) words[at++] = (wireLabel(label) | modes) >>> 0;
  }
}

/** The flags of a group's only leg as written, 0 when it has several or the leg is not flat. */
function flatFlags(table: PathTable, group: GroupPlan | undefined): number {
  return group?.legs.length === 1 ? (table.flat[group.firstLeg * flatWords] as number) : 0;
}

/** The leg of a route's group that has a single, flat one; else 0. The paths must have been written. */
export function flatLegOf(table: PathTable, group: GroupPlan | undefined): number {
  return group !== undefined && flatFlags(table, group) !== 0 ? group.firstLeg : 0;
}

/**
 * What the fast path does with a label without looking at its entry (`LabelTable.briefs`); 0: it has to look. The
 * entry's words stand at `at` already, and the paths have been written.
 */
export function labelBrief(table: PathTable, group: GroupPlan | undefined, entries: Uint32Array, at: number): number {
  const argument = entries[at + 1] as number;
  const payload = entries[at + 2];
  if (entries[at] === Action.table && argument <= Brief.table) {
    if (payload !== Payload.unknown && payload !== Payload.ip) return 0;
    const ttl = entries[at + 3] === PopMode.uniform ? 0 : Brief.ttlPipe;
    const tc = entries[at + 4] === PopMode.uniform ? 0 : Brief.tcPipe;
    return (Brief.toTable | ttl | tc | argument) >>> 0;
  }
  const flags = flatFlags(table, group);
  const swaps = flags !== 0 && group?.legs[0]?.operation === 'swap';
  return group !== undefined && (swaps || (flags & Flat.php) !== 0) ? group.firstLeg : 0;
}

/** The action of a single path that names no next hop. */
export function pathAction(
  path: ActionPath,
  tableIndex: (name: string) => number,
  pseudowireIndex: (name: string) => number = () => 0,
): ActionWords {
  switch (path.kind) {
    case 'table':
      return [Action.table, tableIndex(path.target)];
    case 'pseudowire':
      return [Action.pseudowire, pseudowireIndex(path.target)];
    default:
      return [Action[path.kind], 0];
  }
}

/** The action of a usable route that has no path group. */
export function directAction(
  route: Pick<RouteModel, 'paths'> | LocalRoute,
  tableIndex: (name: string) => number,
): ActionWords {
  if ('source' in route) return [Action[route.source], interfaceArgument(route.interface)];
  return pathAction(route.paths[0] as ActionPath, tableIndex);
}
