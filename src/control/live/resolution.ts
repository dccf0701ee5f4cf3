// Next-hop resolution of the running router, by the rules of compile/resolver.ts: the same outcome for the same routes,
// but only what depends on a change is resolved again. A change first unsettles all that may depend on it (next hops,
// the lists of paths that use them, the routes with these lists that other next hops met …), then resolves that anew.
//
// Routes that others resolve through are nodes of their own, since a loop is a matter of routes and not of their paths:
// another route with equal paths that is not on the loop goes on with the next shorter prefix.
import type { IpAddress } from '../../wire/address.ts';
import type { LegPlan, LegTarget } from '../compile/plan.ts';
import { labelLeg, levelsMax, pushedMax, routeLeg } from '../compile/resolver.ts';
import type { RouteSet } from '../compile/route-set.ts';
import type { ActionPath, PathModel, RouterModel, ViaPath } from '../model.ts';
import { AddressNumbers } from './address-numbers.ts';
import { GroupStore } from './group-store.ts';
import type { LabelNode } from './label-store.ts';
import { type CoverNode, type Found, HopIndex, type NextHop, noteLength, noteMeeting, unsettle } from './next-hops.ts';
import { anyTable, type LiveProblem, type PathList, PathListStore } from './path-list-store.ts';
import { Place, type RouteStore } from './route-store.ts';

/** Where a path's next hop is looked for, and what that depends on between two builds. */
export interface Ground {
  readonly model: RouterModel;
  readonly interfaceIndexes: ReadonlyMap<string, number>;
  /** Connected subnets of a table with their interfaces; undefined where it has none. */
  connected(table: number, family: 4 | 6): RouteSet<number> | undefined;
  tableIndex(name: string | undefined): number;
  pseudowireIndex(name: string): number;
}

/** A node that has to be settled first. */
type Need = { readonly need: CoverNode };
type Outcome = { readonly legs: readonly LegPlan[] } | { readonly problem: LiveProblem };

/** Lists of paths that are remembered as objects; then all are forgotten. */
const recentMax = 20_000;

export class Resolution {
  readonly groups = new GroupStore();
  readonly lists = new PathListStore();
  /** The lists of paths that were asked for last, the very same objects: a load has them from one that said the same. */
  readonly #recent = new Map<readonly PathModel[], { readonly table: number; readonly list: PathList }>();
  readonly addresses = new AddressNumbers();
  readonly #ground: Ground;
  readonly #stores: { readonly 4: RouteStore; readonly 6: RouteStore };
  readonly #hops = new Map<string, NextHop>();
  readonly #hopIndexes = new Map<number, HopIndex>();
  readonly #nodes = new Map<number, CoverNode>();
  /** From the route that was asked for to the one in work. */
  readonly #stack: CoverNode[] = [];
  #stamp = 1;
  /** Lists and labels that are to be resolved again, with the group they had. */
  #dirtyLists: PathList[] = [];
  #dirtyLabels: LabelNode[] = [];
  /** Places that were part of a loop, or are now. */
  #loops: { readonly family: 4 | 6; readonly place: number }[] = [];

  constructor(ground: Ground, stores: { readonly 4: RouteStore; readonly 6: RouteStore }) {
    this.#ground = ground;
    this.#stores = stores;
  }

  /** The number that legs name an address on an interface by. */
  #adjacency(interfaceIndex: number, address: IpAddress): number {
    return this.addresses.numberOf({ interface: interfaceIndex, address });
  }

  /** Frees numbers of addresses that nothing leads to any more, if there may be many. Answers which are in use then. */
  sweepAddresses(): { readonly isUsed: Uint8Array; readonly gone: readonly number[] } | undefined {
    if (!this.addresses.isDue(this.groups.legCount + this.#hops.size)) return undefined;
    const isUsed = new Uint8Array(this.addresses.all.length);
    const use = (target: LegTarget) => {
      if (target.kind === 'adjacency') isUsed[target.adjacency] = 1;
    };
    for (const { legs } of this.groups) for (const { target } of legs) use(target);
    for (const { found } of this.#hops.values()) if (found !== undefined && 'target' in found) use(found.target);
    return { isUsed, gone: this.addresses.sweep(isUsed) };
  }

  /** The interface on whose subnet in the table the address is. */
  connectedInterface(table: number, address: IpAddress): number | undefined {
    const connected = this.#ground.connected(table, address.family);
    const place = connected === undefined ? -1 : connected.longest(address);
    return place < 0 ? undefined : connected?.entries[place];
  }

  /** Whether the next hop of a VRF's path is a neighbour on one of its own subnets, and nothing is pushed. */
  isLocal(vrf: string, path: ViaPath): boolean {
    if ((path.labels ?? []).length > 0) return false;
    if (path.interface !== undefined) return true;
    return this.connectedInterface(this.#ground.tableIndex(path.vrf ?? vrf), path.via) !== undefined;
  }

  #scopeOf(table: number, paths: readonly PathModel[]): number {
    for (const path of paths) {
      if (path.kind !== 'via' || path.interface !== undefined || path.vrf !== undefined) continue;
      if (this.connectedInterface(table, path.via) !== undefined) return table;
    }
    return anyTable;
  }

  /** The list of a route's paths in a table, made when it is new. */
  listOf(table: number, paths: readonly PathModel[]): PathList {
    const recent = this.#recent.get(paths);
    if (recent?.table === table) return recent.list;
    const list = this.#listOf(table, paths);
    if (this.#recent.size >= recentMax) this.#recent.clear();
    this.#recent.set(paths, { table, list });
    return list;
  }

  #listOf(table: number, paths: readonly PathModel[]): PathList {
    const scope = this.#scopeOf(table, paths);
    const known = this.lists.find(scope, paths);
    if (known !== undefined) return known;
    const hops = paths.map((path) => (path.kind === 'via' ? this.#hopOf(path, table) : undefined));
    const list = this.lists.add(scope, paths, hops);
    for (const hop of hops) hop?.users.add(list);
    return list;
  }

  /** To be called when the last route of a list has gone. */
  dropList(list: PathList): void {
    this.lists.remove(list);
    this.#recent.clear();
    for (const hop of list.hops) if (hop !== undefined) this.#leave(hop, list);
    this.groups.release(list.group);
  }

  /** The next hops of a label entry's paths. */
  joinLabel(label: LabelNode, paths: readonly PathModel[]): readonly (NextHop | undefined)[] {
    const hops = paths.map((path) => (path.kind === 'via' ? this.#hopOf(path, 0) : undefined));
    for (const hop of hops) hop?.users.add(label);
    return hops;
  }

  leaveLabel(label: LabelNode, hops: readonly (NextHop | undefined)[]): void {
    for (const hop of hops) if (hop !== undefined) this.#leave(hop, label);
  }

  #hopOf(path: ViaPath, table: number): NextHop {
    const searched = path.vrf === undefined ? table : this.#ground.tableIndex(path.vrf);
    const index =
      path.interface === undefined
        ? this.connectedInterface(searched, path.via)
        : this.#ground.interfaceIndexes.get(path.interface);
    const key = `${index ?? ''}/${path.via.words.join('.')}`;
    let hop = this.#hops.get(key);
    if (hop !== undefined) return hop;
    const found: Found | undefined =
      index === undefined ? undefined : { target: { kind: 'adjacency', adjacency: this.#adjacency(index, path.via) } };
    const isFixed = index !== undefined;
    hop = { key, address: path.via, isFixed, found, users: new Set(), met: new Set(), places: [], stamp: 0 };
    this.#hops.set(key, hop);
    return hop;
  }

  #leave(hop: NextHop, user: PathList | LabelNode): void {
    hop.users.delete(user);
    if (hop.users.size > 0) return;
    this.#hops.delete(hop.key);
    const met = [...hop.met];
    unsettle(hop);
    for (const node of met) this.#dropNode(node);
    for (const { index } of hop.places) index.forget();
  }

  /** Forgets a node that no next hop has met. A loop's nodes are met by each other. */
  #dropNode(node: CoverNode): void {
    if (node.hops.size > 0 || node.state === 'resolving') return;
    if (this.#nodes.get(node.key) !== node) return;
    this.#nodes.delete(node.key);
    node.list.nodes.delete(node);
    if (node.isLooping) this.#markLoop(node, false);
  }

  #markLoop(node: CoverNode, isLooping: boolean): void {
    const { flags } = this.#stores[node.family];
    flags[node.place] = isLooping ? flags[node.place] | Place.looping : flags[node.place] & ~Place.looping;
    node.isLooping = isLooping;
    this.#loops.push({ family: node.family, place: node.place });
  }

  #hopIndex(table: number, family: 4 | 6): HopIndex {
    const key = table * 2 + (family === 4 ? 0 : 1);
    let index = this.#hopIndexes.get(key);
    if (index === undefined) {
      index = new HopIndex();
      this.#hopIndexes.set(key, index);
    }
    return index;
  }

  /** Places in which next hops are noted. */
  get placeCount(): number {
    let count = 0;
    for (const index of this.#hopIndexes.values()) count += index.length;
    return count;
  }

  /** A new change begins: what it unsettles is unsettled once. */
  begin(): void {
    this.#stamp++;
  }

  /** The active entry of a prefix has changed, come or gone. */
  prefixChanged(family: 4 | 6, place: number): void {
    const store = this.#stores[family];
    const index = this.#hopIndexes.get(store.tables[place] * 2 + (family === 4 ? 0 : 1));
    if (index === undefined || index.count === 0) return;
    index.affected(store.wordsAt(place), store.lengths[place], (hop) => this.#unsettleFrom(hop));
  }

  /** A table is empty and will be another one: no next hop is looked for there. */
  dropTable(table: number): void {
    this.#recent.clear();
    this.#hopIndexes.delete(table * 2);
    this.#hopIndexes.delete(table * 2 + 1);
  }

  #unsettleFrom(first: NextHop): void {
    const hops = [first];
    for (let hop = hops.pop(); hop !== undefined; hop = hops.pop()) {
      if (hop.stamp === this.#stamp || hop.isFixed) continue;
      hop.stamp = this.#stamp;
      const met = [...hop.met];
      unsettle(hop);
      for (const user of hop.users) {
        if ('label' in user) this.labelDirty(user);
        else this.#unsettleList(user, hops);
      }
      for (const node of met) this.#dropNode(node);
    }
  }

  #unsettleList(list: PathList, hops: NextHop[]): void {
    if (list.stamp === this.#stamp) return;
    list.stamp = this.#stamp;
    list.isResolved = false;
    this.#dirtyLists.push(list);
    for (const node of list.nodes) {
      node.state = 'new';
      if (node.isLooping) this.#markLoop(node, false);
      hops.push(...node.hops);
    }
  }

  /** A list that has come into use, or is not resolved for another reason. */
  listDirty(list: PathList): void {
    if (list.isResolved || list.stamp === this.#stamp) return;
    list.stamp = this.#stamp;
    this.#dirtyLists.push(list);
  }

  labelDirty(label: LabelNode): void {
    if (label.stamp === this.#stamp) return;
    label.stamp = this.#stamp;
    this.#dirtyLabels.push(label);
  }

  /**
   * Resolves all that is unsettled. Answers the lists whose routes lead elsewhere than before, the labels that were looked
   * at, and single places that came into a loop or out of one.
   */
  settle(): {
    readonly lists: PathList[];
    readonly labels: LabelNode[];
    readonly places: readonly { readonly family: 4 | 6; readonly place: number }[];
  } {
    const before = this.#dirtyLists.map((list) => list.group);
    for (const list of this.#dirtyLists) if (list.refs > 0) this.#resolveList(list);
    for (const label of this.#dirtyLabels) if (label.active !== undefined) this.#resolveLabel(label);
    const lists = this.#dirtyLists.filter((list, i) => list.refs > 0 && list.group !== before[i]);
    const labels = this.#dirtyLabels;
    const places = this.#loops;
    this.#dirtyLists = [];
    this.#dirtyLabels = [];
    this.#loops = [];
    return { lists, labels, places };
  }

  #resolveList(list: PathList): void {
    while (!list.isResolved) {
      const outcome = this.#evaluate(list);
      if ('need' in outcome) this.#settleNode(outcome.need);
      else this.#conclude(list, outcome);
    }
  }

  #conclude(list: PathList, outcome: Outcome): void {
    const old = list.group;
    list.group = undefined;
    list.problem = undefined;
    if ('problem' in outcome) list.problem = outcome.problem;
    else {
      const group = this.groups.make(outcome.legs);
      if (group.depth > levelsMax) list.problem = 'too-deep';
      else if (group.entriesMax > pushedMax) list.problem = 'too-many-labels';
      else list.group = group;
    }
    this.groups.retain(list.group);
    this.groups.release(old);
    list.isResolved = true;
  }

  /** Settles a node and those it needs, with a stack of our own: chains may be longer than that of calls. */
  #settleNode(first: CoverNode): void {
    const stack = this.#stack;
    this.#enter(first);
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      if (!node.isLooping && !node.list.isResolved) {
        const outcome = this.#evaluate(node.list);
        if ('need' in outcome) {
          this.#enter(outcome.need);
          continue;
        }
        // What met a route that is still in work holds for the members of the loop alone.
        if (!this.#isTopLooping) this.#conclude(node.list, outcome);
      }
      stack.pop();
      node.state = 'done';
    }
  }

  #enter(node: CoverNode): void {
    node.state = 'resolving';
    this.#stack.push(node);
  }

  get #isTopLooping(): boolean {
    return this.#stack.at(-1)?.isLooping ?? false;
  }

  #evaluate(list: PathList): Outcome | Need {
    const legs: LegPlan[] = [];
    const { paths, hops } = list;
    for (let i = 0; i < paths.length; i++) {
      const found = this.#targetOf(paths[i], hops[i]);
      if ('need' in found) return found;
      if ('target' in found) legs.push(routeLeg(paths[i], found.target, this.#ground.model));
      else if (found.problem !== 'uncovered') return found;
    }
    return legs.length === 0 ? { problem: 'uncovered' } : { legs };
  }

  #targetOf(path: PathModel, hop: NextHop | undefined): Found | Need {
    if (path.kind !== 'via' || hop === undefined) return { target: this.#actionTarget(path as ActionPath) };
    if (hop.found !== undefined) return hop.found;
    const found = this.#walk(hop);
    if (!('need' in found) && !this.#isTopLooping) hop.found = found;
    return found;
  }

  #actionTarget(path: ActionPath): LegTarget {
    if (path.kind === 'table') return { kind: 'table', table: this.#ground.tableIndex(path.target) };
    if (path.kind === 'pseudowire') {
      return { kind: 'pseudowire', pseudowire: this.#ground.pseudowireIndex(path.target) };
    }
    return { kind: path.kind as 'drop' | 'punt' | 'receive' | 'pop' };
  }

  /** The route that a next hop resolves through: the longest usable one, in the global table and where it leads. */
  #walk(hop: NextHop): Found | Need {
    let table = 0;
    for (let level = 1; level <= levelsMax; level++) {
      const step = this.#walkTable(hop, table);
      if (typeof step !== 'number') return step;
      table = step;
    }
    return { problem: 'too-deep' };
  }

  /** A number: the table to go on in. */
  #walkTable(hop: NextHop, table: number): Found | Need | number {
    const { address } = hop;
    const store = this.#stores[address.family];
    const index = this.#hopIndex(table, address.family);
    noteLength(hop, index, Number.POSITIVE_INFINITY);
    for (const length of store.lengthsOf(table)) {
      const place = store.find(table, address.words, length);
      if (place < 0 || store.lists[place] < 0) continue;
      noteLength(hop, index, length);
      const list = this.lists.all[store.lists[place]];
      if (list.local !== undefined) return this.#throughLocal(list, address);
      const node = this.#nodeAt(store, place, list);
      noteMeeting(hop, node);
      if (node.state === 'resolving') return this.#meetLoop(node);
      if (node.state === 'new' && !list.isResolved) return { need: node };
      if (node.isLooping) continue;
      if (list.group !== undefined) return { target: { kind: 'group', group: list.group } };
      if (list.isDirect) return this.#throughAction(list.paths[0] as ActionPath);
    }
    noteLength(hop, index, 0);
    return { problem: 'uncovered' };
  }

  #throughLocal({ local }: PathList, address: IpAddress): Found {
    if (local?.source !== 'connected' || local.interface === undefined) return { problem: 'uncovered' };
    return { target: { kind: 'adjacency', adjacency: this.#adjacency(local.interface, address) } };
  }

  #throughAction(path: ActionPath): Found | number {
    if (path.kind === 'table') return this.#ground.tableIndex(path.target);
    if (path.kind === 'drop' || path.kind === 'punt') return { target: { kind: path.kind } };
    return { problem: 'uncovered' };
  }

  #nodeAt(store: RouteStore, place: number, list: PathList): CoverNode {
    const key = place * 2 + (store.family === 4 ? 0 : 1);
    const known = this.#nodes.get(key);
    if (known !== undefined && known.list === list) return known;
    const { family } = store;
    const node: CoverNode = { key, family, place, list, state: 'new', isLooping: false, hops: new Set() };
    this.#nodes.set(key, node);
    list.nodes.add(node);
    return node;
  }

  #meetLoop(met: CoverNode): Found {
    const stack = this.#stack;
    for (let i = stack.indexOf(met); i < stack.length; i++) if (!stack[i].isLooping) this.#markLoop(stack[i], true);
    return { problem: 'loop' };
  }

  #resolveLabel(label: LabelNode): void {
    const old = label.group;
    label.group = undefined;
    label.problem = undefined;
    const active = label.active;
    if (active === undefined || label.isDirect) return this.groups.release(old);
    const legs: LegPlan[] = [];
    for (const [i, path] of active.model.paths.entries()) {
      const found = this.#settled(path, label.hops[i]);
      if ('target' in found) legs.push(labelLeg(path, found.target, this.#ground.model));
      else label.problem = found.problem;
    }
    if (legs.length > 0) {
      const group = this.groups.make(legs);
      label.problem = undefined;
      if (group.depth > levelsMax) label.problem = 'too-deep';
      else if (group.entriesMax > pushedMax) label.problem = 'too-many-labels';
      else label.group = group;
    }
    this.groups.retain(label.group);
    this.groups.release(old);
  }

  #settled(path: PathModel, hop: NextHop | undefined): Found {
    for (;;) {
      const found = this.#targetOf(path, hop);
      if (!('need' in found)) return found;
      this.#settleNode(found.need);
    }
  }
}
