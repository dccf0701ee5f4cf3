// The incoming label map: entries of `labels`, and the labels that VRFs and pseudowires make by themselves.
import { globalTable, type LabelModel, type PathModel } from '../model.ts';
import { checkPath, type ReadPath, type Referents, readPaths } from './paths.ts';
import { type Findings, formatPlace, type Place } from './problems.ts';
import type { LabelConfig } from './schema.ts';
import type { Draft } from './structure.ts';
import type { World } from './world.ts';

export interface ReadLabel {
  readonly place: Place;
  /** undefined: damaged. */
  readonly label: number | undefined;
  readonly paths: readonly ReadPath[];
}

/** Who has a label already; for one that a VRF or pseudowire makes by itself, what it leads to. */
interface Owner {
  readonly path: string;
  readonly action: { readonly kind: 'table' | 'pseudowire'; readonly target: string } | undefined;
}

/** A label entry by itself, without a look at what it refers to. */
export function readLabel({ place, value }: Draft<Partial<LabelConfig>>, findings: Findings): ReadLabel {
  const { label, ...config } = value;
  return { place, label, paths: readPaths('label', config, place, findings) };
}

export function labelModel({ place, label, paths }: ReadLabel): LabelModel[] {
  if (label === undefined) return [];
  const models = paths.map(({ model }): PathModel => {
    return model.kind === 'via' && model.vrf === globalTable ? { ...model, vrf: undefined } : model;
  });
  return [{ path: formatPlace(place), label, paths: models }];
}

/** The labels of VRFs and pseudowires, by number; two of them with one label are reported. */
function readOwners({ drafts, findings }: World): Map<number, Owner> {
  const owners = new Map<number, Owner>();
  const claim = (label: number | undefined, place: Place, action: Owner['action']) => {
    if (label === undefined) return;
    const earlier = owners.get(label);
    if (earlier === undefined) owners.set(label, { path: formatPlace(place), action });
    else findings.report(place, `label ${label} is already given at ${earlier.path}`);
  };
  for (const { name, place, value } of drafts.vrfs) {
    claim(value.label, [...place, 'label'], { kind: 'table', target: name });
  }
  for (const { name, place, value } of drafts.pseudowires) {
    claim(value.localLabel, [...place, 'localLabel'], { kind: 'pseudowire', target: name });
  }
  return owners;
}

/** Whether an entry says what its owner makes anyway: `{label: 24001, table: red}`. */
function repeats({ paths }: ReadLabel, { action }: Owner): boolean {
  const [path, ...others] = paths;
  if (action === undefined || path === undefined || others.length > 0) return false;
  const { model } = path;
  const hasDefaultModes = model.ttl === undefined && model.tc === undefined;
  return model.kind === action.kind && model.target === action.target && hasDefaultModes;
}

export function buildLabels(referents: Referents, world: World): LabelModel[] {
  const { drafts, findings } = world;
  const owners = readOwners(world);
  return drafts.labels.flatMap((draft) => {
    const entry = readLabel(draft, findings);
    for (const path of entry.paths) checkPath(path, globalTable, referents, world);
    if (entry.label === undefined) return [];
    const place = [...entry.place, 'label'];
    const owner = owners.get(entry.label);
    if (owner === undefined) {
      owners.set(entry.label, { path: formatPlace(place), action: undefined });
      return labelModel(entry);
    }
    const isHarmless = repeats(entry, owner) || (owner.action !== undefined && findings.touches(entry.place));
    if (!isHarmless) findings.report(place, `label ${entry.label} is already given at ${owner.path}`);
    return [];
  });
}
