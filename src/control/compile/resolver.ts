// Next-hop resolution: from `via` to an adjacency or to the route that covers it, level by level, with loops and
// depth found on the way. Every leg keeps the labels of its own level; the levels below are shared.

import { ShimlineError } from '../../errors.ts';
import { Payload, PopMode } from '../../tables/labels.ts';
import { PushTc } from '../../tables/paths.ts';
import { formatPrefix, type IpAddress } from '../../wire/address.ts';
import { SpecialLabel } from '../../wire/mpls.ts';
import type {
  ActionPath,
  LabelModel,
  PathModel,
  PseudowireModel,
  RouteModel,
  RouterModel,
  TcMode,
  TtlMode,
  ViaPath,
} from '../model.ts';
import { PathLists } from './path-lists.ts';
import { type GroupPlan, Groups, type LegPlan, type LegTarget } from './plan.ts';
import { direct, type LocalRoute, type Outcome, type Problem, type Rib, type RibTable } from './rib.ts';

/** Levels of recursion one route may have (VRF-3). */
export const levelsMax = 8;
/** Entries one packet may get pushed: the headroom before each frame is made for it. */
export const pushedMax = 16;

/** Of paths that lead to the same place whatever table their route is in. */
const anyTable = -1;

/** Numbers of the adjacencies that paths need, by interface and address. */
export interface AdjacencyPlan {
  readonly interface: number;
  readonly address: IpAddress;
}

type Found = { readonly target: LegTarget } | { readonly problem: Problem };

function unusable(problem: Problem): Outcome {
  return { state: 'unusable', group: undefined, problem, looping: false };
}

/** TTL put into pushed entries: 0 is uniform. */
export function pushTtl(mode: TtlMode): number {
  if (typeof mode === 'number') return mode;
  return mode === 'uniform' ? 0 : 255;
}

export function pushTc(mode: TcMode): number {
  if (typeof mode === 'number') return mode;
  return mode === 'uniform' ? PushTc.uniform : PushTc.pipe;
}

export function popMode(mode: TtlMode | TcMode): number {
  return mode === 'uniform' ? PopMode.uniform : PopMode.pipe;
}

export function payloadNumber(kind: ViaPath['payload']): number {
  return kind === undefined ? Payload.unknown : Payload[kind];
}

const noLabels: readonly number[] = [];
/** Pseudowire label and flow label. */
export const pseudowireEntries = 2;

/** A path that says nothing but its next hop. */
const plainVia = {
  kind: 'via',
  interface: undefined,
  vrf: undefined,
  labels: undefined,
  weight: 1,
  backup: false,
  entropy: false,
  ttl: undefined,
  tc: undefined,
  payload: undefined,
} as const;

/** The path to a pseudowire's peer: it pushes nothing. */
export function toPeer({ peer }: PseudowireModel): ViaPath {
  return { ...plainVia, via: peer };
}

/** The first `count` of a path's labels in the order of pushing: lowest first, implicit null left out. */
function pushesOf(labels: readonly number[], count: number): readonly number[] {
  if (count === 0) return noLabels;
  return labels
    .slice(0, count)
    .filter((label) => label !== SpecialLabel.implicitNull)
    .reverse();
}

/** What a label entry's path does with the arriving label: the lowest label it names takes its place. */
function labelOperation(path: PathModel): LegPlan['operation'] {
  if (path.kind !== 'via') return 'none';
  const lowest = path.labels?.at(-1);
  if (lowest === undefined) return path.payload === undefined ? 'php' : 'ends';
  return lowest === SpecialLabel.implicitNull ? 'php' : 'swap';
}

export const problemTexts: Readonly<Record<Problem, string>> = {
  loop: 'the next hop resolves through the route itself',
  'too-deep': `more than ${levelsMax} levels of recursion`,
  uncovered: 'nothing usable covers the next hop',
};

export class Resolver {
  readonly groups = new Groups();
  readonly adjacencies: AdjacencyPlan[] = [];
  readonly warnings: string[] = [];
  readonly #model: RouterModel;
  readonly #rib: Rib;
  readonly #interfaceIndexes: Map<string, number>;
  readonly #adjacencyIndexes = new Map<string, number>();
  /** From the route that was asked for to the one in work. */
  readonly #resolving: Outcome[] = [];
  /** Outcomes and next hops that are found once and for all: in no loop, so the same for every route. */
  readonly #lists = new PathLists<Outcome>();
  readonly #nextHops = new Map<string, Found>();

  constructor(model: RouterModel, rib: Rib) {
    this.#model = model;
    this.#rib = rib;
    this.#interfaceIndexes = new Map(model.interfaces.map((each, index) => [each.name, index]));
  }

  /** Resolves every static route. */
  resolveAll(): void {
    for (const set of this.#rib.sets) {
      const { outcomes } = set;
      for (let place = 0; place < outcomes.length; place++) {
        if (outcomes[place]?.state === 'new') this.#resolve(set, place);
      }
    }
  }

  /** The number of an adjacency, made when it is new. */
  adjacency(interfaceIndex: number, address: IpAddress): number {
    const key = `${interfaceIndex}/${address.words.join('.')}`;
    const known = this.#adjacencyIndexes.get(key);
    if (known !== undefined) return known;
    this.#adjacencyIndexes.set(key, this.adjacencies.length);
    return this.adjacencies.push({ interface: interfaceIndex, address }) - 1;
  }

  /** The connected subnet of a table that holds the address: its interface, or undefined. */
  connectedInterface(table: number, address: IpAddress): number | undefined {
    const { connected } = this.#rib.routesOf(table, address.family);
    const place = connected.longest(address);
    return place < 0 ? undefined : connected.entries[place];
  }

  /** The table whose connected subnets the paths of its routes depend on; `anyTable` when they do not. */
  #scopeOf(table: number, paths: readonly PathModel[]): number {
    for (const path of paths) {
      if (path.kind !== 'via' || path.interface !== undefined || path.vrf !== undefined) continue;
      if (this.connectedInterface(table, path.via) !== undefined) return table;
    }
    return anyTable;
  }

  #resolve(set: RibTable, place: number): void {
    const { path, paths, prefix } = set.entries[place] as RouteModel;
    if (paths.length === 1 && paths[0]?.kind !== 'via') {
      set.outcomes[place] = direct;
      return;
    }
    const scope = this.#scopeOf(set.table, paths);
    const outcome = this.#lists.find(scope, paths) ?? this.#resolveList(set, place, paths, scope);
    set.outcomes[place] = outcome;
    const { group, problem } = outcome;
    if (group !== undefined) this.#checkEntries(path, group);
    if (problem === undefined) return;
    const where = `${this.#rib.tableNames[set.table]} ${formatPrefix(prefix)}`;
    this.warnings.push(`${path}: ${where} is unusable: ${problemTexts[problem]}`);
  }

  /**
   * Resolves the paths of a route. The outcome holds for every other route of the scope with equal paths, unless it came
   * from meeting a route that was still being resolved: all that was met else is resolved for good, and a route that is
   * still to come cannot have been among it.
   */
  #resolveList(set: RibTable, place: number, paths: readonly PathModel[], scope: number): Outcome {
    const resolving: Outcome = { state: 'resolving', group: undefined, problem: undefined, looping: false };
    set.outcomes[place] = resolving;
    this.#resolving.push(resolving);
    const outcome = this.#makeGroup(paths, set.table, resolving);
    this.#resolving.pop();
    if (resolving.looping) return unusable('loop');
    this.#lists.add(scope, paths, outcome);
    return outcome;
  }

  /** `more`: entries beneath those of the group. */
  #checkEntries(path: string, group: GroupPlan, more = 0): void {
    const entries = group.entriesMax + more;
    if (entries <= pushedMax) return;
    throw new ShimlineError('CONFIG', `${path}: pushes ${entries} label stack entries, more than ${pushedMax}`);
  }

  #makeGroup(paths: readonly PathModel[], table: number, resolving: Outcome): Outcome {
    const legs: LegPlan[] = [];
    for (const path of paths) {
      const found = this.#findTarget(path, table, resolving);
      if ('target' in found) legs.push(routeLeg(path, found.target, this.#model));
      else if (found.problem !== 'uncovered') return unusable(found.problem);
    }
    if (legs.length === 0) return unusable('uncovered');
    const group = this.groups.make(legs);
    if (group.depth > levelsMax) return unusable('too-deep');
    return { state: 'usable', group, problem: undefined, looping: false };
  }

  #findTarget(path: PathModel, table: number, resolving: Outcome | undefined): Found {
    if (path.kind !== 'via') return { target: this.#actionTarget(path) };
    const searched = path.vrf === undefined ? table : this.#rib.tableIndex(path.vrf);
    const key = `${path.interface ?? ''}/${searched}/${path.via.words.join('.')}`;
    const known = this.#nextHops.get(key);
    if (known !== undefined) return known;
    const found = this.#findNextHop(path, searched, resolving);
    if (!resolving?.looping) this.#nextHops.set(key, found);
    return found;
  }

  #findNextHop({ via, interface: name }: ViaPath, searched: number, resolving: Outcome | undefined): Found {
    const index = name === undefined ? this.connectedInterface(searched, via) : this.#interfaceIndexes.get(name);
    if (index !== undefined) return { target: { kind: 'adjacency', adjacency: this.adjacency(index, via) } };
    return this.#findRecursive(0, via, resolving, 1);
  }

  #actionTarget(path: ActionPath): LegTarget {
    if (path.kind === 'table') return { kind: 'table', table: this.#rib.tableIndex(path.target) };
    if (path.kind === 'pseudowire') return { kind: 'pseudowire', pseudowire: this.pseudowireIndex(path.target) };
    return { kind: path.kind as 'drop' | 'punt' | 'receive' | 'pop' };
  }

  /** The route that a next hop resolves through: the longest usable one. `resolving` is the route that asks. */
  #findRecursive(table: number, via: IpAddress, resolving: Outcome | undefined, level: number): Found {
    if (level > levelsMax) return { problem: 'too-deep' };
    const set = this.#rib.routesOf(table, via.family);
    for (const place of set.covering(via)) {
      const cover = set.entries[place] as RouteModel | LocalRoute;
      if ('source' in cover) {
        if (cover.source !== 'connected') return { problem: 'uncovered' };
        return { target: { kind: 'adjacency', adjacency: this.adjacency(cover.interface as number, via) } };
      }
      const met = set.outcomes[place] as Outcome;
      if (met.state === 'resolving') return this.#markLoop(met);
      if (met.state === 'new') this.#resolve(set, place);
      if (resolving?.looping) return { problem: 'loop' };
      const { state, group } = set.outcomes[place] as Outcome;
      if (state !== 'usable') continue;
      if (group !== undefined) return { target: { kind: 'group', group } };
      return this.#throughAction(cover.paths[0] as ActionPath, via, resolving, level);
    }
    return { problem: 'uncovered' };
  }

  #markLoop(met: Outcome): Found {
    for (const member of this.#resolving.slice(this.#resolving.indexOf(met))) member.looping = true;
    return { problem: 'loop' };
  }

  #throughAction(path: ActionPath, via: IpAddress, resolving: Outcome | undefined, level: number): Found {
    if (path.kind === 'table') return this.#findRecursive(this.#rib.tableIndex(path.target), via, resolving, level + 1);
    if (path.kind === 'drop' || path.kind === 'punt') return { target: { kind: path.kind } };
    return { problem: 'uncovered' };
  }

  /** The group of a label entry with next hops; undefined when none of them is usable. */
  labelGroup(entry: Pick<LabelModel, 'path' | 'paths' | 'label'>): GroupPlan | undefined {
    const legs: LegPlan[] = [];
    for (const path of entry.paths) {
      const found = this.#findTarget(path, 0, undefined);
      if ('target' in found) legs.push(labelLeg(path, found.target, this.#model));
      else this.warnings.push(`${entry.path}: label ${entry.label}: ${problemTexts[found.problem]}`);
    }
    if (legs.length === 0) return undefined;
    const group = this.groups.make(legs);
    this.#checkEntries(entry.path, group);
    if (group.depth <= levelsMax) return group;
    this.warnings.push(`${entry.path}: label ${entry.label}: ${problemTexts['too-deep']}`);
    return undefined;
  }

  pseudowireIndex(name: string): number {
    return this.#model.pseudowires.findIndex((each) => each.name === name);
  }

  /** The way to a pseudowire's peer: a group with one leg, which pushes nothing; undefined when there is none. */
  peerGroup(pseudowire: PseudowireModel): GroupPlan | undefined {
    const { path, name } = pseudowire;
    const way = toPeer(pseudowire);
    const found = this.#findTarget(way, 0, undefined);
    if ('problem' in found) {
      this.warnings.push(`${path}: pseudowire ${name} is down: ${problemTexts[found.problem]}`);
      return undefined;
    }
    const group = this.groups.make([routeLeg(way, found.target, this.#model)]);
    this.#checkEntries(path, group, pseudowireEntries);
    if (group.depth <= levelsMax) return group;
    this.warnings.push(`${path}: pseudowire ${name} is down: ${problemTexts['too-deep']}`);
    return undefined;
  }

  /** Whether the next hop of a VRF's path is a neighbour on one of its own subnets, and nothing is pushed. */
  isLocal(vrf: string, path: ViaPath): boolean {
    if ((path.labels ?? []).length > 0) return false;
    if (path.interface !== undefined) return true;
    return this.connectedInterface(this.#rib.tableIndex(path.vrf ?? vrf), path.via) !== undefined;
  }
}

/** The modes of the router, where a path names none. */
type Modes = Pick<RouterModel, 'ttl' | 'tc'>;

/** The leg of a route's path that leads to the target. */
export function routeLeg(path: PathModel, target: LegTarget, modes: Modes): LegPlan {
  const labels = path.kind === 'via' ? (path.labels ?? noLabels) : noLabels;
  return {
    target,
    weight: path.weight,
    backup: path.backup,
    entropy: path.kind === 'via' && path.entropy,
    operation: 'none',
    swapLabel: 0,
    pushes: pushesOf(labels, labels.length),
    pushTtl: pushTtl(path.ttl ?? modes.ttl),
    pushTc: pushTc(path.tc ?? modes.tc),
    popTtl: PopMode.uniform,
    popTc: PopMode.uniform,
    payload: Payload.unknown,
  };
}

/** The leg of a label entry's path that leads to the target. */
export function labelLeg(path: PathModel, target: LegTarget, modes: Modes): LegPlan {
  const labels = path.kind === 'via' ? (path.labels ?? noLabels) : noLabels;
  const operation = labelOperation(path);
  const swaps = operation === 'swap';
  return {
    target,
    weight: path.weight,
    backup: path.backup,
    entropy: path.kind === 'via' && path.entropy,
    operation,
    swapLabel: swaps ? (labels.at(-1) as number) : 0,
    pushes: pushesOf(labels, swaps ? labels.length - 1 : labels.length),
    pushTtl: pushTtl(path.ttl ?? modes.ttl),
    pushTc: pushTc(path.tc ?? modes.tc),
    popTtl: popMode(path.ttl ?? modes.ttl),
    popTc: popMode(path.tc ?? modes.tc),
    payload: path.kind === 'pseudowire' ? Payload.ethernet : payloadNumber(path.payload),
  };
}
