// What a running router shows: its routes, labels, neighbours, VRFs and bindings as plain rows, read when they are asked for.

import type { FrameTotals } from '../../engine/accounts.ts';
import { Adjacency, adjacencyWords } from '../../tables/adjacencies.ts';
import { type IpAddress, type IpPrefix, maskWord } from '../../wire/address.ts';
import { problemTexts } from '../compile/resolver.ts';
import type { LocalRoute } from '../compile/rib.ts';
import { globalTable, type PathModel, type VrfModel } from '../model.ts';
import type { AccountBook } from './account-book.ts';
import type { LiveGroup } from './group-store.ts';
import type { LiveState } from './live-state.ts';
import type { LiveProblem, PathList } from './path-list-store.ts';
import { Place, type RouteStore } from './route-store.ts';
import type { Sources } from './sources.ts';

export interface RouteView {
  /** `global` or the VRF's name. */
  readonly vrf: string;
  readonly prefix: IpPrefix;
  readonly source: string;
  /** Administrative distance of the source. */
  readonly distance: number;
  /** waiting: another source's entry is believed. */
  readonly state: 'active' | 'unusable' | 'waiting';
  /** Why it is unusable. */
  readonly why: string | undefined;
  /** Its source has not sent it again yet. */
  readonly isStale: boolean;
  /** What an interface brings has no paths. */
  readonly local: LocalRoute['source'] | undefined;
  readonly interface: string | undefined;
  readonly paths: readonly PathModel[];
  /** Number of the first path and how many there are, as `show paths` and traces name them; 0: no path group. */
  readonly firstPath: number;
  readonly pathCount: number;
  /** Frames whose look-up ended here, by which of several paths they went; undefined: nobody counts. */
  readonly counted: FrameTotals | undefined;
  readonly countedByPath: readonly FrameTotals[] | undefined;
}

export interface RouteFilter {
  /** `global` or a VRF. */
  readonly vrf?: string | undefined;
  readonly source?: string | undefined;
  readonly state?: RouteView['state'] | undefined;
  /** This prefix and those within. */
  readonly within?: IpPrefix | undefined;
  readonly family?: 4 | 6 | undefined;
}

export interface LabelView {
  readonly label: number;
  readonly source: string;
  readonly state: RouteView['state'];
  readonly why: string | undefined;
  readonly isStale: boolean;
  readonly paths: readonly PathModel[];
  readonly firstPath: number;
  readonly pathCount: number;
  readonly counted: FrameTotals | undefined;
  readonly countedByPath: readonly FrameTotals[] | undefined;
}

export interface NeighborView {
  readonly interface: string;
  readonly address: IpAddress;
  /** undefined: not known yet. */
  readonly mac: readonly number[] | undefined;
  readonly isStatic: boolean;
  readonly isUp: boolean;
}

export interface VrfView {
  readonly model: VrfModel;
  /** undefined: none was left. */
  readonly label: number | undefined;
  readonly interfaces: readonly string[];
  readonly routes: number;
}

export interface BindingView {
  readonly label: number;
  /** `vrf red`, `vrf red ce 10.1.1.2`, or the key of an adapter. */
  readonly owner: string;
  /** Chosen by the label manager, not configured. */
  readonly chosen: boolean;
}

export function problemText(problem: LiveProblem): string {
  return problem === 'too-many-labels' ? 'more label stack entries than a packet may get' : problemTexts[problem];
}

function fits(store: RouteStore, place: number, table: number | undefined, within: IpPrefix | undefined): boolean {
  if (store.lists[place] < 0 || (table !== undefined && store.tables[place] !== table)) return false;
  if (within === undefined) return true;
  if (store.lengths[place] < within.length) return false;
  return within.words.every((word, i) => {
    const bits = within.length - 32 * i;
    return maskWord(store.addresses[place * store.wordsEach + i], bits) === maskWord(word, bits);
  });
}

/** Routes of all sources, those of interfaces included; in no order. */
export function* routeViews(
  state: LiveState,
  sources: Sources,
  filter: RouteFilter = {},
  book?: AccountBook,
): Generator<RouteView> {
  const { vrf, within } = filter;
  if (vrf !== undefined && !state.hasTable(vrf)) return;
  const table = vrf === undefined ? undefined : state.tableIndex(vrf);
  const family = filter.family ?? within?.family;
  for (const store of [state.routes[4], state.routes[6]]) {
    if (family !== undefined && store.family !== family) continue;
    for (let place = 0; place < store.end; place++) {
      if (!fits(store, place, table, within)) continue;
      for (const view of viewsAt(state, sources, store, place, book)) {
        if (filter.source !== undefined && view.source !== filter.source) continue;
        if (filter.state === undefined || view.state === filter.state) yield view;
      }
    }
  }
}

/** What each of several paths has had; a single one has what its routes and labels have. */
function countedByPath(book: AccountBook | undefined, group: LiveGroup | undefined): FrameTotals[] | undefined {
  if (book === undefined || group === undefined || group.legs.length < 2) return undefined;
  const counted = group.legs.map((_, i) => book.path(group.firstLeg + i));
  return counted.every((each) => each !== undefined) ? counted : undefined;
}

function* viewsAt(
  state: LiveState,
  sources: Sources,
  store: RouteStore,
  place: number,
  book: AccountBook | undefined,
): Generator<RouteView> {
  const table = store.tables[place];
  const where = { vrf: state.tableNames[table] ?? globalTable, prefix: store.prefixAt(place) };
  const active = state.resolution.lists.all[store.lists[place]];
  const isLooping = (store.flags[place] & Place.looping) !== 0;
  const problem = isLooping ? 'loop' : active.problem;
  const isStale = (store.flags[place] & Place.stale) !== 0;
  const group = problem === undefined ? active.group : undefined;
  yield {
    ...where,
    ...ownerOf(state, sources, store.sources[place], active),
    state: problem === undefined ? 'active' : 'unusable',
    why: problem && problemText(problem),
    isStale,
    firstPath: group?.firstLeg ?? 0,
    pathCount: group?.legs.length ?? 0,
    counted: book?.route(store, place),
    countedByPath: countedByPath(book, group),
  };
  for (const { source, list, isStale } of store.waiting.get(place) ?? []) {
    const common = ownerOf(state, sources, source, list);
    const none = { firstPath: 0, pathCount: 0, counted: undefined, countedByPath: undefined };
    yield { ...where, ...common, state: 'waiting', why: undefined, isStale, ...none };
  }
}

function ownerOf(state: LiveState, sources: Sources, source: number, { local, paths }: PathList) {
  const on = local?.interface;
  return {
    source: sources.name(source),
    distance: sources.distance(source),
    local: local?.source,
    interface: on === undefined ? undefined : state.model.interfaces[on].name,
    paths,
  };
}

/** Entries of the incoming label map of all sources. */
export function* labelViews(state: LiveState, sources: Sources, book?: AccountBook): Generator<LabelView> {
  for (const node of state.labels) {
    for (const { source, model, isStale } of node.candidates) {
      const isActive = node.active?.model === model;
      const isUsable = node.isDirect || node.group !== undefined;
      const problem = node.problem ?? 'uncovered';
      yield {
        label: node.label,
        source: sources.name(source),
        state: !isActive ? 'waiting' : isUsable ? 'active' : 'unusable',
        why: isActive && !isUsable ? problemText(problem) : undefined,
        isStale,
        paths: model.paths,
        firstPath: isActive ? (node.group?.firstLeg ?? 0) : 0,
        pathCount: isActive ? (node.group?.legs.length ?? 0) : 0,
        counted: isActive ? book?.label(node.label) : undefined,
        countedByPath: isActive ? countedByPath(book, node.group) : undefined,
      };
    }
  }
}

/** Next hops, static neighbours and those that were learned. */
export function* neighborViews(state: LiveState): Generator<NeighborView> {
  const { adjacencies } = state.tables;
  const { entries, count } = adjacencies;
  for (let index = 0; index < count; index++) {
    const [flags, on, high, low, family, ...words] = entries.subarray(
      index * adjacencyWords,
      index * adjacencyWords + 9,
    );
    // One that was removed is still there, but no look-up leads to it.
    if (adjacencies.find(on, family === 4 ? words.slice(0, 1) : words) !== index) continue;
    const mac = [high >>> 8, high & 255, low >>> 24, (low >>> 16) & 255, (low >>> 8) & 255, low & 255];
    yield {
      interface: state.model.interfaces[on]?.name ?? `interface ${on}`,
      address: family === 4 ? { family: 4, words: words.slice(0, 1) } : { family: 6, words },
      mac: (flags & Adjacency.resolved) === 0 ? undefined : mac,
      isStatic: (flags & Adjacency.fixed) !== 0,
      isUp: (flags & Adjacency.up) !== 0,
    };
  }
}

export function vrfViews(state: LiveState): VrfView[] {
  const counts = new Map<number, number>();
  for (const store of [state.routes[4], state.routes[6]]) {
    for (let place = 0; place < store.end; place++) {
      if (store.lists[place] < 0) continue;
      counts.set(store.tables[place], (counts.get(store.tables[place]) ?? 0) + 1);
    }
  }
  return state.model.vrfs.map((model) => ({
    model,
    label: state.vrfLabels.labelOf(model.name),
    interfaces: state.model.interfaces.filter((each) => each.vrf === model.name).map((each) => each.name),
    routes: counts.get(state.tableIndex(model.name)) ?? 0,
  }));
}
