// A list of changes judged as a whole before the first of them is made: each by itself, each against those before it in
// the list, and what VRFs that go leave behind.
import { formatPrefix, type IpPrefix } from '../../wire/address.ts';
import { RouteSet } from '../compile/route-set.ts';
import type { Findings, Place } from '../config/problems.ts';
import type { RouterFileConfig } from '../config/schema.ts';
import type { NeighborModel, PathModel, RouteModel, RouterModel } from '../model.ts';
import {
  type ChangeKind,
  type EntryChange,
  isEntryKind,
  isTable,
  kindOf,
  type Operation,
  readEntry,
  readRepeated,
  routeKeyText,
  SkeletonChanges,
} from './changes.ts';
import type { LabelManager } from './label-manager.ts';
import { LiveState } from './live-state.ts';
import { nameUsed } from './owned-routes.ts';
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

function keyOfNeighbor({ interface: on, address }: Pick<NeighborModel, 'interface' | 'address'>): string {
  return LiveState.neighborKey(on, address);
}

/** Reads changes as they were sent. Errors are in `findings`. */
export function judgeChanges(
  changes: readonly unknown[],
  source: number,
  standing: Standing,
  findings: Findings,
): Judged | undefined {
  const repeated: (EntryChange | undefined)[] = [];
  const kinds: (ChangeKind | undefined)[] = [];
  const hasTable = (name: string) => standing.state.hasTable(name);
  for (let i = 0; i < changes.length; i++) {
    repeated.push(readRepeated(changes[i], standing.skeleton, hasTable));
    kinds.push(repeated[i] === undefined ? kindOf(changes[i], ['changes', i], findings) : 'route');
  }
  const skeleton = changeSkeleton(changes, kinds, standing, findings);
  if (skeleton === undefined) return undefined;
  const entries: EntryChange[] = [];
  const turns: number[] = [];
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[i];
    if (kind === undefined || !isEntryKind(kind)) continue;
    const known = repeated[i];
    // What was right before need not be with other interfaces and VRFs.
    if (known !== undefined && skeleton === standing.skeleton) {
      entries.push(known);
      turns.push(i);
      continue;
    }
    const change = changes[i] as { readonly op: Operation } & Readonly<Record<string, unknown>>;
    const on = change.op === 'delete' ? whereItIs(change[kind], skeleton, standing.skeleton) : skeleton;
    const entry = readEntry(change.op, kind, change[kind], ['changes', i, kind], on, findings);
    if (entry === undefined) continue;
    entries.push(entry);
    turns.push(i);
  }
  const placeOf = (entry: number): Place => ['changes', turns[entry], kinds[turns[entry]] ?? ''];
  judgeEntries(entries, placeOf, source, { ...standing, skeleton }, true, findings);
  if (skeleton !== standing.skeleton) checkNewLabels(entries, source, skeleton.model, standing, findings);
  if (skeleton !== standing.skeleton) checkLeftBehind(entries, source, skeleton.model, standing, findings);
  return { skeleton: skeleton === standing.skeleton ? undefined : skeleton, entries };
}

/** The skeleton that the key of an entry is read by: what goes with its VRF or interface may be taken out by name too. */
function whereItIs(key: unknown, after: Skeleton, before: Skeleton): Skeleton {
  if (after === before || !isTable(key)) return after;
  const knows = ({ world: { drafts } }: Skeleton) =>
    (typeof key.vrf !== 'string' || drafts.names.vrfs.has(key.vrf)) &&
    (typeof key.interface !== 'string' || drafts.names.interfaces.has(key.interface));
  return !knows(after) && knows(before) ? before : after;
}

/** The same for entries that are read already; what is not there need not be taken out. */
export function judgeModels(
  entries: readonly EntryChange[],
  source: number,
  standing: Standing,
  findings: Findings,
): Judged {
  for (let i = 0; i < entries.length; i++) {
    // The place is made for those that are wrong alone.
    const missing = missingName(entries[i], standing.state);
    if (missing !== undefined) findings.report(['changes', i], `there is no ${missing}`);
  }
  judgeEntries(entries, (i) => ['changes', i], source, standing, false, findings);
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

/** What an entry names and is not there: `VRF red`. */
function missingName(entry: EntryChange, state: LiveState): string | undefined {
  if ('route' in entry && entry.route.vrf !== undefined && !state.hasTable(entry.route.vrf)) {
    return `VRF ${entry.route.vrf}`;
  }
  if ('neighbor' in entry && state.interfaceIndex(entry.neighbor.interface) === undefined) {
    return `interface ${entry.neighbor.interface}`;
  }
  const paths = pathsOf(entry);
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i];
    const table = path.kind === 'via' ? path.vrf : path.kind === 'table' ? path.target : undefined;
    if (table !== undefined && !state.hasTable(table)) return `VRF ${table}`;
    if (path.kind === 'pseudowire' && !state.hasPseudowire(path.target)) return `pseudowire ${path.target}`;
    const on = path.kind === 'via' ? path.interface : undefined;
    if (on !== undefined && state.interfaceIndex(on) === undefined) return `interface ${on}`;
  }
  return undefined;
}

/** Whether entries are there at their turn, and whether there is room for what they bring. */
function judgeEntries(
  entries: readonly EntryChange[],
  placeOf: (entry: number) => Place,
  source: number,
  { state, skeleton, manager, routesMax }: Standing,
  isStrict: boolean,
  findings: Findings,
): void {
  const turns = new Turns(state, source, entries.length > 1);
  // What replaces is at its turn in any case.
  const judgesTurns = isStrict && entries.some(({ op }) => op !== 'replace');
  let owners: Map<number, LabelOwner> | undefined;
  let routes = state.routes.count;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    const fault = judgesTurns ? turns.faultOf(entry) : undefined;
    if (fault !== undefined) findings.report(placeOf(i), fault);
    if (entry.op === 'delete') continue;
    if ('route' in entry) routes++;
    if (!('label' in entry)) continue;
    owners ??= labelOwners(skeleton.model);
    const { label } = entry.label;
    checkLabel(label, pathsOf(entry), placeOf(i), owners.get(label), manager, findings);
  }
  if (routes > routesMax) findings.report(['changes'], `there would be ${routes} routes, more than ${routesMax}`);
  if (state.hasFinerLabels) checkLabelRoom(entries, state, manager, findings);
}

/** What is there while a list of changes is made, one after the other. */
class Turns {
  readonly #state: LiveState;
  readonly #source: number;
  readonly #isThere = new Map<string | number, boolean>();
  /** Prefixes met so far by table and family, with whether they are there. */
  readonly #prefixes = new Map<string, RouteSet<boolean>>();
  readonly #isList: boolean;

  constructor(state: LiveState, source: number, isList: boolean) {
    this.#state = state;
    this.#source = source;
    this.#isList = isList;
  }

  /** What speaks against an entry at its turn. */
  faultOf(entry: EntryChange): string | undefined {
    const isThere = 'route' in entry ? this.#hasRoute(entry.route, entry.op !== 'delete') : this.#has(entry);
    if (entry.op === 'add' && isThere) return `${this.#textOf(entry)} is there already`;
    if (entry.op === 'delete' && !isThere) return `${this.#textOf(entry)} is not there`;
    return undefined;
  }

  #hasRoute({ vrf, prefix }: Pick<RouteModel, 'vrf' | 'prefix'>, willBe: boolean): boolean {
    if (!this.#isList) return this.#hasNow(vrf, prefix);
    const key = prefix.family === 4 ? (vrf ?? '') : `${vrf ?? ''} 6`;
    let set = this.#prefixes.get(key);
    if (set === undefined) {
      set = new RouteSet(0, prefix.family);
      this.#prefixes.set(key, set);
    }
    const place = set.find(prefix);
    const isThere = place < 0 ? this.#hasNow(vrf, prefix) : set.entries[place];
    if (place < 0) set.add(prefix, willBe);
    else set.entries[place] = willBe;
    return isThere;
  }

  #hasNow(vrf: string | undefined, prefix: IpPrefix): boolean {
    const state = this.#state;
    // A VRF that comes with the same transaction has no routes.
    if (vrf !== undefined && !state.hasTable(vrf)) return false;
    return state.routes.has(state.tableIndex(vrf), prefix, this.#source);
  }

  #has(entry: Exclude<EntryChange, { readonly route: unknown }>): boolean {
    const { labels, neighbors } = this.#state;
    const key = 'label' in entry ? entry.label.label : keyOfNeighbor(entry.neighbor);
    const isThere =
      this.#isThere.get(key) ??
      ('label' in entry
        ? labels.candidate(entry.label.label, this.#source)?.isStale === false
        : neighbors.has(key as string));
    this.#isThere.set(key, entry.op !== 'delete');
    return isThere;
  }

  #textOf(entry: EntryChange): string {
    if ('route' in entry) return `${formatPrefix(entry.route.prefix)} in ${entry.route.vrf ?? 'the global table'}`;
    return 'label' in entry ? `label ${entry.label.label}` : `neighbour ${keyOfNeighbor(entry.neighbor)}`;
  }
}

interface LabelOwner {
  readonly path: string;
  /** Of the action that the owner's own entry has. */
  readonly kind: 'table' | 'pseudowire';
  readonly name: string;
}

/** Whether a label entry is one that a VRF or pseudowire makes by itself. */
function isOwners(path: string): boolean {
  return path.startsWith('vrfs.') || path.startsWith('pseudowires.');
}

/** The labels that VRFs and pseudowires have by configuration. */
function labelOwners({ vrfs, pseudowires }: RouterModel): Map<number, LabelOwner> {
  const owners = new Map<number, LabelOwner>();
  for (const { name, label } of vrfs) {
    if (label !== undefined) owners.set(label, { path: `vrfs.${name}.label`, kind: 'table', name });
  }
  for (const { name, localLabel } of pseudowires) {
    owners.set(localLabel, { path: `pseudowires.${name}.localLabel`, kind: 'pseudowire', name });
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
    const repeats = paths.length === 1 && path.kind === owner.kind && path.target === owner.name;
    if (!repeats) findings.report([...place, 'label'], `label ${label} is already given at ${owner.path}`);
  } else if (key?.startsWith('vrf ')) {
    // Keys of others than VRFs are for entries that their owners put in.
    findings.report([...place, 'label'], `label ${label} is bound to ${key}`);
  }
}

/** Labels that VRFs or pseudowires come to have, while somebody else has them. */
function checkNewLabels(
  entries: readonly EntryChange[],
  source: number,
  model: RouterModel,
  { state, manager, skeleton }: Standing,
  findings: Findings,
): void {
  const going = new Set(entries.flatMap((each) => (each.op === 'delete' && 'label' in each ? [each.label.label] : [])));
  const without = model.vrfs.filter(
    ({ name, label }) => label === undefined && manager.find(`vrf ${name}`) === undefined,
  );
  requireLabels(without.length, manager, findings);
  const before = labelOwners(skeleton.model);
  for (const [label, { path, name, kind }] of labelOwners(model)) {
    if (before.get(label)?.path === path) continue;
    const key = manager.keyOf(label);
    if (key !== undefined && (kind !== 'table' || key !== `vrf ${name}`))
      findings.report([path], `label ${label} is bound to ${key}`);
    const isEntry = state.labels
      .at(label)
      ?.candidates.some((each) => !isOwners(each.model.path) && !(each.source === source && going.has(label)));
    if (key === undefined && isEntry) findings.report([path], `label ${label} is already given to a label entry`);
  }
}

/** Whether the label manager has labels for what new routes want. */
function checkLabelRoom(
  entries: readonly EntryChange[],
  state: LiveState,
  manager: LabelManager,
  findings: Findings,
): void {
  const wanted = new Set<string>();
  for (const entry of entries) {
    if (!('route' in entry) || entry.op === 'delete') continue;
    const { vrf, prefix, paths } = entry.route;
    for (const key of state.keysWanted(vrf, prefix, paths)) if (manager.find(key) === undefined) wanted.add(key);
  }
  requireLabels(wanted.size, manager, findings);
}

function requireLabels(count: number, manager: LabelManager, findings: Findings): void {
  if (count === 0 || manager.hasRoom(count)) return;
  findings.report(['changes'], `router.labels.dynamic: there are not ${count} labels left for what these need`);
}

/** Routes and labels elsewhere that still name a VRF or interface which goes, with those that go with it. */
function checkLeftBehind(
  entries: readonly EntryChange[],
  source: number,
  model: RouterModel,
  { state, sources }: Standing,
  findings: Findings,
): void {
  const gone = goneNames(state.model, model);
  if (gone.size === 0) return;
  // What this transaction takes out or replaces has been judged by itself.
  const changed = new Set(
    entries.flatMap((entry) =>
      'route' in entry
        ? [routeKeyText(entry.route.vrf, entry.route.prefix)]
        : 'label' in entry
          ? [`label ${entry.label.label}`]
          : [],
    ),
  );
  for (const use of usesOf(state, gone)) {
    const key = use.kind === 'label' ? `label ${use.label}` : routeKeyText(use.vrf, use.prefix);
    if (use.source === source && changed.has(key)) continue;
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
      // What a VRF or pseudowire makes by itself goes with it.
      if (name !== undefined && !isOwners(model.path)) yield { kind: 'label', label, source, name };
    }
  }
}

export function errorsOf(findings: Findings): ChangeError[] {
  return findings.problems(undefined).map(({ path, message }) => ({ path, message }));
}
