// A list of changes judged as a whole before the first of them is made: each by itself, each against those before it in
// the list, and what VRFs that go leave behind.
import { formatPrefix, type IpPrefix } from '../../wire/address.ts';
import type { Findings, Place } from '../config/problems.ts';
import type { RouterFileConfig } from '../config/schema.ts';
import type { PathModel, RouterModel } from '../model.ts';
import {
  type EntryChange,
  isEntryKind,
  kindOf,
  neighborKeyText,
  type Operation,
  readEntry,
  routeKeyText,
  SkeletonChanges,
} from './changes.ts';
import type { LabelManager } from './label-manager.ts';
import { LiveState, nameUsed } from './live-state.ts';
import { readSkeleton, type Skeleton } from './skeleton.ts';
import type { Sources } from './sources.ts';
import { configOf } from './to-config.ts';

export interface ChangeError {
  /** `changes[3].route.via`. */
  readonly path: string;
  readonly message: string;
}

/** A transaction that has been judged and found right. */
export interface Judged {
  /** Undefined where interfaces, VRFs and circuits stay as they are. */
  readonly skeleton: Skeleton | undefined;
  readonly entries: readonly EntryChange[];
}

/** What is judged against. */
export interface Standing {
  readonly state: LiveState;
  readonly skeleton: Skeleton;
  readonly sources: Sources;
  readonly manager: LabelManager;
  readonly live: boolean;
  readonly routesMax: number;
}

interface PlacedEntry {
  readonly place: Place;
  readonly entry: EntryChange;
}

/** Reads changes as they were sent. Errors are in `findings`. */
export function judgeChanges(
  changes: readonly unknown[],
  source: number,
  standing: Standing,
  findings: Findings,
): Judged | undefined {
  const kinds = changes.map((change, i) => kindOf(change, ['changes', i], findings));
  const skeleton = changeSkeleton(changes, kinds, standing, findings);
  if (skeleton === undefined) return undefined;
  const placed: PlacedEntry[] = [];
  for (const [i, kind] of kinds.entries()) {
    if (kind === undefined || !isEntryKind(kind)) continue;
    const change = changes[i] as { readonly op: Operation } & Readonly<Record<string, unknown>>;
    const place = ['changes', i, kind];
    const entry = readEntry(change.op, kind, change[kind], place, skeleton, findings);
    if (entry !== undefined) placed.push({ place, entry });
  }
  judgeEntries(placed, source, { ...standing, skeleton }, true, findings);
  if (skeleton !== standing.skeleton) checkNewLabels(skeleton.model, standing, findings);
  if (skeleton !== standing.skeleton) checkLeftBehind(placed, skeleton.model, standing, findings);
  const entries = placed.map(({ entry }) => entry);
  return { skeleton: skeleton === standing.skeleton ? undefined : skeleton, entries };
}

/** The same for entries that are read already; what is not there need not be taken out. */
export function judgeModels(
  entries: readonly EntryChange[],
  source: number,
  standing: Standing,
  findings: Findings,
): Judged {
  const placed = entries.map((entry, i): PlacedEntry => ({ place: ['changes', i], entry }));
  for (const { place, entry } of placed) checkNames(entry, place, standing, findings);
  judgeEntries(placed, source, standing, false, findings);
  return { skeleton: undefined, entries };
}

function changeSkeleton(
  changes: readonly unknown[],
  kinds: readonly (ReturnType<typeof kindOf> | undefined)[],
  { skeleton, live }: Standing,
  findings: Findings,
): Skeleton | undefined {
  if (kinds.every((kind) => kind === undefined || isEntryKind(kind))) return skeleton;
  const changed = new SkeletonChanges(configOf(skeleton.model));
  const before = findings.count;
  for (const [i, kind] of kinds.entries()) {
    if (kind === undefined || isEntryKind(kind)) continue;
    const change = changes[i] as { readonly op: Operation } & Readonly<Record<string, unknown>>;
    changed.apply(change.op, kind, change[kind], ['changes', i, kind], findings);
  }
  const read = readSkeleton(changed.config as RouterFileConfig, live);
  if ('skeleton' in read) return findings.count === before ? read.skeleton : skeleton;
  for (const { path, message } of read.problems) findings.report(changed.placeOf(path), message);
  return skeleton;
}

function pathsOf(entry: EntryChange): readonly PathModel[] {
  if ('route' in entry) return 'paths' in entry.route ? entry.route.paths : [];
  return 'label' in entry && 'paths' in entry.label ? entry.label.paths : [];
}

/** What parsed entries name must be there. */
function checkNames(entry: EntryChange, place: Place, { skeleton, state }: Standing, findings: Findings): void {
  const { names } = skeleton.world.drafts;
  const table = (name: string | undefined, at: string) => {
    if (name !== undefined && !state.hasTable(name)) names.vrfs.require(name, [...place, at], findings);
  };
  if ('route' in entry) table(entry.route.vrf, 'route');
  if ('neighbor' in entry) names.interfaces.require(entry.neighbor.interface, [...place, 'neighbor'], findings);
  for (const path of pathsOf(entry)) {
    if (path.kind === 'table') table(path.target, 'paths');
    if (path.kind !== 'via') continue;
    table(path.vrf, 'paths');
    if (path.interface !== undefined) names.interfaces.require(path.interface, [...place, 'paths'], findings);
  }
}

/** Whether entries are there at their turn, and whether there is room for what they bring. */
function judgeEntries(
  placed: readonly PlacedEntry[],
  source: number,
  standing: Standing,
  isStrict: boolean,
  findings: Findings,
): void {
  const { state, skeleton, manager, routesMax } = standing;
  const turns = new Turns(state, source);
  const owners = labelOwners(skeleton.model);
  let routes = state.routes[4].count + state.routes[6].count;
  for (const { place, entry } of placed) {
    if (isStrict) turns.judge(entry, place, findings);
    if ('route' in entry && entry.op !== 'delete') routes++;
    if (!('label' in entry) || entry.op === 'delete') continue;
    const { label } = entry.label;
    checkLabel(label, pathsOf(entry), place, owners.get(label), manager, findings);
  }
  if (routes > routesMax) findings.report(['changes'], `there would be ${routes} routes, more than ${routesMax}`);
  checkLabelRoom(placed, standing, findings);
}

/** What is there while a list of changes is made, one after the other. */
class Turns {
  readonly #state: LiveState;
  readonly #source: number;
  readonly #isThere = new Map<string | number, boolean>();

  constructor(state: LiveState, source: number) {
    this.#state = state;
    this.#source = source;
  }

  judge(entry: EntryChange, place: Place, findings: Findings): void {
    const key = this.#keyOf(entry);
    const isThere = this.#isThere.get(key) ?? this.#hasNow(entry);
    if (entry.op === 'add' && isThere) findings.report(place, `${this.#textOf(entry)} is there already`);
    if (entry.op === 'delete' && !isThere) findings.report(place, `${this.#textOf(entry)} is not there`);
    this.#isThere.set(key, entry.op !== 'delete');
  }

  #keyOf(entry: EntryChange): string | number {
    if ('route' in entry) return routeKeyText(entry.route.vrf, entry.route.prefix);
    if ('label' in entry) return entry.label.label;
    return neighborKeyText(entry.neighbor.interface, entry.neighbor.address);
  }

  #hasNow(entry: EntryChange): boolean {
    const state = this.#state;
    if ('route' in entry) {
      const { vrf, prefix } = entry.route;
      // A VRF that comes with the same transaction has no routes.
      if (vrf !== undefined && !state.hasTable(vrf)) return false;
      return state.hasRoute(state.tableIndex(vrf), prefix, this.#source);
    }
    if ('label' in entry) return state.labels.candidate(entry.label.label, this.#source)?.isStale === false;
    return state.neighbors.has(LiveState.neighborKey(entry.neighbor.interface, entry.neighbor.address));
  }

  #textOf(entry: EntryChange): string {
    if ('route' in entry) return `${formatPrefix(entry.route.prefix)} in ${entry.route.vrf ?? 'the global table'}`;
    return 'label' in entry ? `label ${entry.label.label}` : `neighbour ${this.#keyOf(entry)}`;
  }
}

interface LabelOwner {
  readonly path: string;
  readonly name: string;
}

/** The labels that VRFs and pseudowires have by configuration. */
function labelOwners({ vrfs, pseudowires }: RouterModel): Map<number, LabelOwner> {
  const owners = new Map<number, LabelOwner>();
  for (const { name, label } of vrfs) if (label !== undefined) owners.set(label, { path: `vrfs.${name}.label`, name });
  for (const { name, localLabel } of pseudowires) {
    owners.set(localLabel, { path: `pseudowires.${name}.localLabel`, name });
  }
  return owners;
}

/** A label that a VRF or pseudowire has, or that the label manager has given to a VRF. */
function checkLabel(
  label: number,
  paths: readonly PathModel[],
  place: Place,
  owner: LabelOwner | undefined,
  manager: LabelManager,
  findings: Findings,
): void {
  const key = manager.keyOf(label);
  if (owner !== undefined) {
    const [path] = paths;
    // Repeating what the owner makes by itself is no error.
    const repeats = paths.length === 1 && path.kind !== 'via' && path.target === owner.name;
    if (!repeats) findings.report([...place, 'label'], `label ${label} is already given at ${owner.path}`);
  } else if (key?.startsWith('vrf ')) {
    // Keys of others than VRFs are for entries that their owners put in.
    findings.report([...place, 'label'], `label ${label} is bound to ${key}`);
  }
}

/** Labels that VRFs or pseudowires come to have, while somebody else has them. */
function checkNewLabels(model: RouterModel, { state, manager, skeleton }: Standing, findings: Findings): void {
  const before = labelOwners(skeleton.model);
  for (const [label, { path, name }] of labelOwners(model)) {
    if (before.get(label)?.path === path) continue;
    const key = manager.keyOf(label);
    if (key !== undefined && key !== `vrf ${name}`) findings.report([path], `label ${label} is bound to ${key}`);
    const isEntry = state.labels.at(label)?.candidates.some(({ model: entry }) => !entry.path.startsWith('vrfs.'));
    if (key === undefined && isEntry) findings.report([path], `label ${label} is already given to a label entry`);
  }
}

/** Whether the label manager has labels for what new routes and VRFs want. */
function checkLabelRoom(placed: readonly PlacedEntry[], standing: Standing, findings: Findings): void {
  const { state, skeleton, manager } = standing;
  const finer = new Map(skeleton.model.vrfs.filter((vrf) => vrf.labelMode !== 'per-vrf').map((vrf) => [vrf.name, vrf]));
  const wanted = new Set<string>();
  for (const { name, label } of skeleton.model.vrfs) if (label === undefined) wanted.add(`vrf ${name}`);
  let last: Place = [];
  for (const { place, entry } of finer.size === 0 ? [] : placed) {
    if (!('route' in entry) || entry.op === 'delete' || entry.route.vrf === undefined) continue;
    const vrf = finer.get(entry.route.vrf);
    if (vrf === undefined || !state.hasTable(vrf.name)) continue;
    for (const { key } of state.vrfLabels.wantedBy(vrf, entry.route.prefix, entry.route.paths)) {
      wanted.add(key);
      last = place;
    }
  }
  let count = 0;
  for (const key of wanted) if (manager.find(key) === undefined) count++;
  if (count === 0 || manager.hasRoom(count)) return;
  findings.report(last, `router.labels.dynamic: there are not ${count} labels left for what this needs`);
}

/** Routes and labels elsewhere that still name a VRF or interface which goes, with those that go with it. */
function checkLeftBehind(
  placed: readonly PlacedEntry[],
  model: RouterModel,
  { state, sources }: Standing,
  findings: Findings,
): void {
  const gone = goneNames(state.model, model);
  if (gone.size === 0) return;
  const changed = new Set(
    placed.flatMap(({ entry }) => ('route' in entry ? [routeKeyText(entry.route.vrf, entry.route.prefix)] : [])),
  );
  const changedLabels = new Set(placed.flatMap(({ entry }) => ('label' in entry ? [entry.label.label] : [])));
  for (const use of usesOf(state, gone)) {
    if (use.kind === 'label' ? changedLabels.has(use.label) : changed.has(routeKeyText(use.vrf, use.prefix))) continue;
    if (use.kind === 'route' && use.vrf !== undefined && gone.has(`vrf ${use.vrf}`)) continue;
    const what =
      use.kind === 'label' ? `label ${use.label}` : `${formatPrefix(use.prefix)} in ${use.vrf ?? 'the global table'}`;
    findings.report(['changes'], `${what} (${sources.name(use.source)}) still names ${use.name}`);
  }
}

/** `vrf red`, `interface ce1`, `pseudowire acme`: what is there now and will not be. */
export function goneNames(before: RouterModel, after: RouterModel): Set<string> {
  const of = (model: RouterModel) => [
    ...model.vrfs.map(({ name }) => `vrf ${name}`),
    ...model.interfaces.map(({ name }) => `interface ${name}`),
    ...model.pseudowires.map(({ name }) => `pseudowire ${name}`),
  ];
  const left = new Set(of(after));
  return new Set(of(before).filter((name) => !left.has(name)));
}

type Use = { readonly name: string; readonly source: number } & (
  | { readonly kind: 'label'; readonly label: number }
  | { readonly kind: 'route'; readonly vrf: string | undefined; readonly prefix: IpPrefix }
);

/** Every route and label entry, active or waiting, that names one of these. */
export function* usesOf(state: LiveState, names: ReadonlySet<string>): Generator<Use> {
  const lists = new Map([...state.resolution.lists].map((list) => [list.number, nameUsed(list.paths, names)]));
  for (const store of [state.routes[4], state.routes[6]]) {
    for (let place = 0; place < store.end; place++) {
      if (store.lists[place] < 0) continue;
      const table = store.tables[place];
      const vrf = table === 0 ? undefined : state.tableNames[table];
      const candidates = [{ source: store.sources[place], number: store.lists[place] }];
      for (const { source, list } of store.waiting.get(place) ?? []) candidates.push({ source, number: list.number });
      for (const { source, number } of candidates) {
        const name = lists.get(number);
        if (name !== undefined) yield { kind: 'route', vrf, prefix: store.prefixAt(place), source, name };
      }
    }
  }
  for (const { label, candidates } of state.labels) {
    for (const { source, model } of candidates) {
      const name = nameUsed(model.paths, names);
      // What a VRF makes by itself goes with it.
      if (name !== undefined && !model.path.startsWith('vrfs.')) yield { kind: 'label', label, source, name };
    }
  }
}

export function errorsOf(findings: Findings): ChangeError[] {
  return findings.problems(undefined).map(({ path, message }) => ({ path, message }));
}
