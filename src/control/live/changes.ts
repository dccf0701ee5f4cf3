// Changes as programs send them, and as the router takes them: objects of the configuration file's own schema, read and
// judged one by one; every mistake is found, each at its place (`changes[3].route.via`).
import { type TSchema, Type } from '@sinclair/typebox';
import { formatAddress, type IpPrefix, isNetwork, parsePrefix } from '../../wire/address.ts';
import { describeValue } from '../config/expected.ts';
import { labelModel, readLabel } from '../config/labels.ts';
import { readNeighbor } from '../config/neighbors.ts';
import { checkPath, requireRouted } from '../config/paths.ts';
import type { Findings, Place } from '../config/problems.ts';
import { checkTargets, readRoute, routeModel } from '../config/routes.ts';
import {
  BridgeSchema,
  InterfaceSchema,
  LabelSchema,
  NeighborSchema,
  PseudowireSchema,
  type RouterFileConfig,
  RouteSchema,
  VrfSchema,
  XconnectSchema,
} from '../config/schema.ts';
import { checkValue } from '../config/structure.ts';
import { readHost, readPrefix } from '../config/values.ts';
import { tableNamed, vrfOf } from '../config/world.ts';
import { globalTable, type LabelModel, type NeighborModel, type RouteModel } from '../model.ts';
import type { Skeleton } from './skeleton.ts';

export const operations = ['add', 'replace', 'delete'] as const;
export type Operation = (typeof operations)[number];

/** Kinds of objects, with their sections in the file; those with a name carry it as `name`. */
const sections = { vrf: 'vrfs', interface: 'interfaces', pseudowire: 'pseudowires', bridge: 'bridges' } as const;
type NamedKind = keyof typeof sections;
export const changeKinds = [
  'route',
  'label',
  'neighbor',
  'vrf',
  'interface',
  'pseudowire',
  'bridge',
  'xconnect',
] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** One change as it is sent: `{"op": "add", "route": {…}}`. What it says is judged, so nothing is taken for granted. */
export type Change = { readonly op: Operation } & { readonly [Kind in ChangeKind]?: unknown };

/** A change of an entry as the router takes it. `add` refuses what its source has already, `replace` puts in any case. */
export type EntryChange =
  | { readonly op: 'add' | 'replace'; readonly route: RouteModel }
  | { readonly op: 'delete'; readonly route: Pick<RouteModel, 'vrf' | 'prefix'> }
  | { readonly op: 'add' | 'replace'; readonly label: LabelModel }
  | { readonly op: 'delete'; readonly label: Pick<LabelModel, 'label'> }
  | { readonly op: 'add' | 'replace'; readonly neighbor: NeighborModel }
  | { readonly op: 'delete'; readonly neighbor: Pick<NeighborModel, 'interface' | 'address'> };

const strict = { additionalProperties: false };
const text = (expected: string) => Type.String({ expected });
const RouteKeySchema = Type.Object({ vrf: Type.Optional(text('the name of a VRF')), prefix: text('a prefix') }, strict);
const LabelKeySchema = Type.Object({ label: Type.Integer({ expected: 'a label' }) }, strict);
const NeighborKeySchema = Type.Object(
  { interface: text('the name of an interface'), address: text('an address') },
  strict,
);
const NameKeySchema = Type.Object({ name: text('a name') }, strict);

/** The keys that name an object to be deleted; for the API's own schema too. */
export const keySchemas: Readonly<Record<ChangeKind, TSchema>> = {
  route: RouteKeySchema,
  label: LabelKeySchema,
  neighbor: NeighborKeySchema,
  vrf: NameKeySchema,
  interface: NameKeySchema,
  pseudowire: NameKeySchema,
  bridge: NameKeySchema,
  xconnect: XconnectSchema,
};

export const objectSchemas: Readonly<Record<ChangeKind, TSchema>> = {
  route: RouteSchema,
  label: LabelSchema,
  neighbor: NeighborSchema,
  vrf: VrfSchema,
  interface: InterfaceSchema,
  pseudowire: PseudowireSchema,
  bridge: BridgeSchema,
  xconnect: XconnectSchema,
};

export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The kind of a change, if it has the form of one. */
export function kindOf(change: unknown, place: Place, findings: Findings): ChangeKind | undefined {
  if (!isTable(change)) {
    findings.report(place, `expected a change such as {"op": "add", "route": {…}}, got ${describeValue(change)}`);
    return undefined;
  }
  if (!operations.includes(change.op as Operation)) {
    findings.report([...place, 'op'], `expected add, replace or delete, got ${describeValue(change.op)}`);
    return undefined;
  }
  let kind: ChangeKind | undefined;
  let count = 0;
  for (const key in change) {
    if (key === 'op') continue;
    count++;
    if (changeKinds.includes(key as ChangeKind)) kind = key as ChangeKind;
  }
  if (count === 1 && kind !== undefined) return kind;
  const keys = Object.keys(change).filter((key) => key !== 'op');
  const stray = keys.find((key) => !changeKinds.includes(key as ChangeKind));
  if (stray !== undefined) findings.report([...place, stray], `unknown key '${stray}'`, 'key');
  else findings.report(place, `expected one of ${changeKinds.join(', ')} beside 'op'`);
  return undefined;
}

/** Whether a kind is an entry: what many sources may have, or many of which come and go. */
export function isEntryKind(kind: ChangeKind): kind is 'route' | 'label' | 'neighbor' {
  return kind === 'route' || kind === 'label' || kind === 'neighbor';
}

/** Reads a route, label or neighbour. undefined: something is wrong with it, which has been reported. */
export function readEntry(
  op: Operation,
  kind: 'route' | 'label' | 'neighbor',
  value: unknown,
  place: Place,
  skeleton: Skeleton,
  findings: Findings,
): EntryChange | undefined {
  const before = findings.count;
  const schema = op === 'delete' ? keySchemas[kind] : objectSchemas[kind];
  const kept = checkValue(schema, value, place, findings);
  if (!isTable(kept)) return undefined;
  const read = op === 'delete' ? readKey(kind, kept, place, skeleton, findings) : undefined;
  const change = op === 'delete' ? read : readWhole(op, kind, kept, place, skeleton, findings);
  return findings.count === before ? change : undefined;
}

function readKey(
  kind: 'route' | 'label' | 'neighbor',
  kept: Readonly<Record<string, unknown>>,
  place: Place,
  { world }: Skeleton,
  findings: Findings,
): EntryChange | undefined {
  const op = 'delete';
  if (kind === 'label') return { op, label: { label: kept.label as number } };
  if (kind === 'neighbor') {
    if (kept.address === undefined || kept.interface === undefined) return undefined;
    const address = readHost(kept.address as string, [...place, 'address'], findings);
    world.drafts.names.interfaces.require(kept.interface as string, [...place, 'interface'], findings);
    return address && { op, neighbor: { interface: kept.interface as string, address } };
  }
  const prefix =
    kept.prefix === undefined ? undefined : readPrefix(kept.prefix as string, [...place, 'prefix'], findings);
  const table = tableNamed(kept.vrf as string | undefined, [...place, 'vrf'], { ...world, findings });
  return prefix && table !== undefined ? { op, route: { vrf: vrfOf(table), prefix } } : undefined;
}

function readWhole(
  op: 'add' | 'replace',
  kind: 'route' | 'label' | 'neighbor',
  value: Readonly<Record<string, unknown>>,
  place: Place,
  skeleton: Skeleton,
  findings: Findings,
): EntryChange | undefined {
  const { world, referents } = skeleton;
  const here = { ...world, findings };
  const draft = { place, name: '', value };
  if (kind === 'route') {
    const before = findings.count;
    const read = readRoute(draft, findings);
    const table = read.vrf === undefined ? globalTable : tableNamed(read.vrf, [...place, 'vrf'], here);
    for (const path of read.paths) checkPath(path, table, referents, here);
    const [route] = routeModel(read, table);
    checkTargets(read, table, here);
    if (route !== undefined && findings.count === before) remember(value, route, skeleton);
    return route && { op, route };
  }
  if (kind === 'label') {
    const read = readLabel(draft, findings);
    for (const path of read.paths) checkPath(path, globalTable, referents, here);
    const [label] = labelModel(read);
    return label && { op, label };
  }
  const [neighbor] = readNeighbor(draft, findings);
  if (neighbor === undefined) return undefined;
  const on = requireRouted(neighbor.interface, [...place, 'interface'], referents, here);
  if (on?.table !== undefined && referents.tables.isOwn(on.table, neighbor.address)) {
    findings.report([...place, 'address'], `${formatAddress(neighbor.address)} is an address of this router`);
  }
  return { op, neighbor };
}

/** Paths that are remembered at most; then all are forgotten. */
const knownMax = 20_000;

/** What a route says besides its prefix, if that is no more than a next hop with labels; else undefined. */
function keyOfPaths(value: Readonly<Record<string, unknown>>): string | undefined {
  for (const key in value) if (key !== 'prefix' && key !== 'vrf' && key !== 'via' && key !== 'labels') return undefined;
  const { vrf = '', via, labels } = value;
  if (typeof via !== 'string' || typeof vrf !== 'string') return undefined;
  if (labels === undefined) return `${vrf} ${via}`;
  if (!Array.isArray(labels)) return undefined;
  let key = `${vrf} ${via} `;
  for (let i = 0; i < labels.length; i++) {
    if (typeof labels[i] !== 'number') return undefined;
    key += i === 0 ? labels[i] : ` ${labels[i]}`;
  }
  return key;
}

/**
 * A change of a route whose paths have been found right before, or that takes a route out: most of a load, read without the
 * places that only mistakes need. undefined: it is to be read whole.
 */
export function readRepeated(
  change: unknown,
  { known }: Skeleton,
  hasTable: (name: string) => boolean,
): EntryChange | undefined {
  if (!isTable(change) || !isTable(change.route)) return undefined;
  for (const key in change) if (key !== 'op' && key !== 'route') return undefined;
  const { op, route } = change;
  if (typeof route.prefix !== 'string') return undefined;
  if (op === 'delete') {
    for (const key in route) if (key !== 'prefix' && key !== 'vrf') return undefined;
    const { vrf } = route;
    if (vrf !== undefined && (typeof vrf !== 'string' || !hasTable(vrf))) return undefined;
    const prefix = parsePrefix(route.prefix);
    return prefix && isNetwork(prefix) ? { op, route: { vrf: vrfOf(vrf), prefix } } : undefined;
  }
  if (op !== 'replace' && op !== 'add') return undefined;
  const key = keyOfPaths(route);
  const found = key === undefined ? undefined : known.get(key);
  const prefix = found === undefined ? undefined : parsePrefix(route.prefix);
  if (found === undefined || prefix === undefined || !isNetwork(prefix)) return undefined;
  return { op, route: { path: '', vrf: found.vrf, prefix, paths: found.paths } };
}

function remember(value: Readonly<Record<string, unknown>>, { vrf, paths }: RouteModel, { known }: Skeleton): void {
  const key = keyOfPaths(value);
  if (key === undefined) return;
  if (known.size >= knownMax) known.clear();
  known.set(key, { vrf, paths });
}

/** A text that names a route, the same for equal keys. */
export function routeKeyText(vrf: string | undefined, { words, length }: IpPrefix): string {
  return `${vrf ?? ''} ${words.join('.')}/${length}`;
}

/** A change of interfaces, VRFs or circuits, applied to the configuration's object. */
export class SkeletonChanges {
  readonly config: RouterFileConfig;
  /** The place of the change that wrote a section's entry, for problems that are found there. */
  readonly #places: { readonly path: string; readonly place: Place }[] = [];

  /** VRFs that are taken out: their routes go with them, so that another one of the name would be half the old one. */
  readonly #gone = new Set<string>();

  constructor(config: RouterFileConfig) {
    this.config = structuredClone(config);
  }

  apply(
    op: Operation,
    kind: Exclude<ChangeKind, 'route' | 'label' | 'neighbor'>,
    value: unknown,
    place: Place,
    findings: Findings,
  ): void {
    if (kind === 'xconnect') this.#applyXconnect(op, value, place, findings);
    else this.#applyNamed(op, kind, value, place, findings);
  }

  #applyNamed(op: Operation, kind: NamedKind, value: unknown, place: Place, findings: Findings): void {
    if (!isTable(value) || typeof value.name !== 'string') {
      findings.report([...place, 'name'], `expected a name, got ${describeValue(isTable(value) ? value.name : value)}`);
      return;
    }
    const { name, ...rest } = value;
    const section = (this.config[sections[kind]] ?? {}) as Record<string, unknown>;
    (this.config as Record<string, unknown>)[sections[kind]] = section;
    if (name === '__proto__') {
      findings.report([...place, 'name'], `'${name}' cannot be a name`);
      return;
    }
    const isThere = Object.hasOwn(section, name);
    if (op === 'delete') {
      checkValue(keySchemas[kind], value, place, findings);
      if (!isThere) findings.report([...place, 'name'], `no ${kind} '${name}'`);
      delete section[name];
      if (kind === 'vrf' && isThere) this.#gone.add(name);
      return;
    }
    if (kind === 'vrf' && this.#gone.has(name)) {
      findings.report([...place, 'name'], `VRF '${name}' is taken out before: 'replace' changes one that stays`);
    }
    if (op === 'add' && isThere) findings.report([...place, 'name'], `${kind} '${name}' is there already`);
    section[name] = rest;
    this.#places.push({ path: `${sections[kind]}.${name}`, place });
  }

  #applyXconnect(op: Operation, value: unknown, place: Place, findings: Findings): void {
    const list = (this.config.xconnects ?? []) as unknown[];
    const at = list.findIndex((each) => JSON.stringify(each) === JSON.stringify(value));
    if (op === 'delete' && at < 0) findings.report(place, 'no such cross-connect');
    if (op === 'delete' && at >= 0) list.splice(at, 1);
    if (op !== 'delete' && at < 0) {
      this.#places.push({ path: `xconnects[${list.length}]`, place });
      list.push(value);
    } else if (op === 'add') findings.report(place, 'this cross-connect is there already');
    (this.config as Record<string, unknown>).xconnects = list;
  }

  /** Where a problem of the configuration's object is to be told: at the change that made it, else as it is. */
  placeOf(path: string): Place {
    for (const { path: begin, place } of this.#places) {
      if (path === begin) return place;
      if (path.startsWith(`${begin}.`) || path.startsWith(`${begin}[`)) return [...place, path.slice(begin.length + 1)];
    }
    return [path];
  }
}
