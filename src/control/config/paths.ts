// The one grammar for where traffic goes, in routes and labels alike: from the keys of an entry to PathModels, and
// then whether what they refer to exists.

import { formatAddress, unmapAddress } from '../../wire/address.ts';
import type { ActionPath, PathModel, PayloadKind, TcMode, TtlMode, ViaPath } from '../model.ts';
import { globalTable } from '../model.ts';
import { alternatives } from './expected.ts';
import type { ReadInterface } from './interfaces.ts';
import type { Findings, Place } from './problems.ts';
import { type LabelPathConfig, pathLabelCountMax } from './schema.ts';
import type { Tables } from './tables.ts';
import { isLinkLocal, readHost } from './values.ts';
import { describeTable, tableNamed, type World } from './world.ts';

export type EntryKind = 'route' | 'label';
type PathConfig = Partial<LabelPathConfig>;
/** An entry of `routes` or `labels`: one path by its own keys, or several under `paths`. */
export type EntryConfig = PathConfig & { readonly paths?: readonly PathConfig[] };

export interface ReadPath {
  readonly place: Place;
  readonly model: PathModel;
}

const routeKinds = ['via', 'table', 'drop', 'receive', 'punt'] as const;
const labelKinds = [...routeKinds, 'pop', 'pseudowire'] as const;
const kindsOf = { route: routeKinds, label: labelKinds };
const onlyWithVia = ['interface', 'vrf', 'labels', 'entropy'] as const;
/** Keys of a path that an entry with several paths leaves to them; ttl, tc and payload are defaults for all. */
const onlyInPath = [...labelKinds, 'interface', 'labels', 'entropy', 'weight', 'backup'] as const;
/** ELI and EL. */
const entropyLabelCount = 2;

interface Modes {
  readonly ttl: TtlMode | undefined;
  readonly tc: TcMode | undefined;
  readonly payload: PayloadKind | undefined;
}

function readVia(
  config: PathConfig,
  text: string,
  place: Place,
  modes: Modes,
  findings: Findings,
): ViaPath | undefined {
  const address = readHost(text, [...place, 'via'], findings);
  const labelCount = config.labels?.length ?? 0;
  const entropy = config.entropy ?? false;
  if (entropy && labelCount === 0 && !findings.touches([...place, 'labels'])) {
    findings.report([...place, 'entropy'], `'entropy' needs 'labels' with at least one label`);
  }
  if (entropy && labelCount + entropyLabelCount > pathLabelCountMax) {
    const count = `${labelCount} labels, ELI and EL`;
    findings.report([...place, 'labels'], `${count} are more than the ${pathLabelCountMax} entries a path may push`);
  }
  if (address === undefined) return undefined;
  const { interface: name, vrf, labels, weight = 1, backup = false } = config;
  return { kind: 'via', via: unmapAddress(address), interface: name, vrf, labels, weight, backup, entropy, ...modes };
}

function readAction(kind: ActionPath['kind'], config: PathConfig, place: Place, modes: Modes, findings: Findings) {
  for (const key of onlyWithVia) {
    if (config[key] !== undefined) findings.report([...place, key], `'${key}' goes only with 'via'`, 'key');
  }
  const value = config[kind];
  const target = typeof value === 'string' ? value : '';
  const { weight = 1, backup = false } = config;
  const action: ActionPath = { kind, target, weight, backup, ...modes };
  return action;
}

function reportNoKind(entry: EntryKind, place: Place, isEntry: boolean, findings: Findings): void {
  const kinds = kindsOf[entry];
  const isDamaged = [...kinds, 'paths'].some((kind) => findings.touches([...place, kind]));
  if (isDamaged || findings.isIncomplete(place)) return;
  findings.report(place, `expected one of ${alternatives(isEntry ? [...kinds, 'paths'] : kinds)}`);
}

function readPath(entry: EntryKind, config: PathConfig, place: Place, defaults: EntryConfig, findings: Findings) {
  const kinds = kindsOf[entry].filter((kind) => config[kind] !== undefined);
  const [kind, second] = kinds;
  if (kind === undefined) {
    reportNoKind(entry, place, config === defaults, findings);
    return undefined;
  }
  if (second !== undefined) {
    const message = `'${second}' next to '${kind}': a path has exactly one of ${alternatives(kindsOf[entry])}`;
    findings.report([...place, second], message, 'key');
    return undefined;
  }
  const modes: Modes = {
    ttl: config.ttl ?? defaults.ttl,
    tc: config.tc ?? defaults.tc,
    payload: config.payload ?? defaults.payload,
  };
  const model =
    kind === 'via'
      ? readVia(config, config.via ?? '', place, modes, findings)
      : readAction(kind, config, place, modes, findings);
  return model && { place, model };
}

function readSeveral(
  entry: EntryKind,
  config: EntryConfig,
  paths: readonly PathConfig[],
  place: Place,
  findings: Findings,
) {
  const strays = entry === 'label' ? ([...onlyInPath, 'vrf'] as const) : onlyInPath;
  for (const key of strays) {
    if (config[key] === undefined) continue;
    findings.report([...place, key], `'${key}' next to 'paths': it belongs in each path`, 'key');
  }
  return paths.flatMap((path, i) => readPath(entry, path, [...place, 'paths', i], config, findings) ?? []);
}

/** The paths of an entry, without a look at what they refer to. A route's own `vrf` is not among its keys here. */
export function readPaths(entry: EntryKind, config: EntryConfig, place: Place, findings: Findings): ReadPath[] {
  const { paths } = config;
  if (paths === undefined) {
    const path = readPath(entry, config, place, config, findings);
    if (path?.model.backup) {
      findings.report([...place, 'backup'], 'at least one path must not be a backup');
    }
    return path ? [path] : [];
  }
  const read = readSeveral(entry, config, paths, place, findings);
  if (read.length === paths.length && read.every(({ model }) => model.backup)) {
    findings.report([...place, 'paths'], 'at least one path must not be a backup');
  }
  return read;
}

/** What paths refer to. */
export interface Referents {
  readonly interfaces: ReadonlyMap<string, ReadInterface>;
  readonly tables: Tables;
}

/** The routed interface of this name; anything else is reported at the place that names it. */
export function requireRouted(
  name: string,
  place: Place,
  referents: Referents,
  world: World,
): ReadInterface | undefined {
  if (!world.drafts.names.interfaces.require(name, place, world.findings)) return undefined;
  const found = referents.interfaces.get(name);
  if (found === undefined || world.findings.touches(found.draft.place)) return found;
  const { role } = found.model;
  if (role === 'routed') return found;
  const reason = role === 'circuit' ? 'is a circuit' : 'takes no untagged frames: name one of its sub-interfaces';
  world.findings.report(place, `${name} is not routed: it ${reason}`);
  return undefined;
}

function checkNextHop(path: ViaPath, place: Place, table: string, { tables }: Referents, { findings }: World): void {
  const { via } = path;
  const text = formatAddress(via);
  const at = [...place, 'via'];
  const isRecursive = path.interface === undefined && !tables.isConnected(table, via);
  if (tables.isOwn(table, via) || (isRecursive && tables.isOwn(globalTable, via))) {
    findings.report(at, `${text} is an address of this router`);
  } else if (!isRecursive || tables.isDoubtful(table)) return;
  else if (via.family === 6 && isLinkLocal(via)) findings.report(at, `link-local ${text} needs 'interface'`);
  else if (!tables.isCovered(table, via)) findings.report(at, `no interface covers ${text}`);
}

function checkVia(path: ViaPath, place: Place, ownTable: string | undefined, referents: Referents, world: World): void {
  const { findings } = world;
  const named = path.vrf === undefined ? undefined : tableNamed(path.vrf, [...place, 'vrf'], world);
  const isVrfUnknown = path.vrf === undefined && findings.touches([...place, 'vrf']);
  const table = path.vrf === undefined ? ownTable : named;
  if (path.interface === undefined) {
    const isDamaged = isVrfUnknown || findings.touches([...place, 'interface']) || findings.isIncomplete(place);
    if (table !== undefined && !isDamaged) checkNextHop(path, place, table, referents, world);
    return;
  }
  const on = requireRouted(path.interface, [...place, 'interface'], referents, world);
  if (on?.table === undefined) return;
  if (named !== undefined && named !== on.table) {
    const wrong = `${path.interface} is in ${describeTable(on.table)}, not in ${describeTable(named)}`;
    findings.report([...place, 'interface'], wrong);
  } else checkNextHop(path, place, on.table, referents, world);
}

/** Whether everything that a path names is there. `ownTable`: that of the entry, undefined if it cannot be told. */
export function checkPath(path: ReadPath, ownTable: string | undefined, referents: Referents, world: World): void {
  const { model, place } = path;
  const { findings, drafts } = world;
  if (model.kind === 'via') checkVia(model, place, ownTable, referents, world);
  else if (model.kind === 'table') {
    if (model.target !== globalTable) drafts.names.vrfs.require(model.target, [...place, 'table'], findings);
  } else if (model.kind === 'pseudowire') {
    drafts.names.pseudowires.require(model.target, [...place, 'pseudowire'], findings);
  }
}
