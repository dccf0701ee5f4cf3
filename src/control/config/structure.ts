// First look at a configuration: every object against the schema, one by one. What fails is reported and taken
// out, so that the rest can be judged: a draft has the types of the schema, but any key may be absent.
import { Kind, type TArray, type TSchema, Type } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors';
import { Value } from '@sinclair/typebox/value';
import { describeError, mismatch, type SchemaProblem, unknownKey } from './expected.ts';
import { interfaceNameProblem, Names, otherNameProblem } from './names.ts';
import type { Findings, Place } from './problems.ts';
import {
  type BridgeConfig,
  BridgeSchema,
  ConfigSchema,
  type FpmConfig,
  FpmSchema,
  type InterfaceConfig,
  InterfaceSchema,
  type LabelConfig,
  LabelSchema,
  type NeighborConfig,
  NeighborSchema,
  type PseudowireConfig,
  PseudowireSchema,
  type RouteConfig,
  type RouterConfig,
  type RouterFileConfig,
  RouterSchema,
  RouteSchema,
  type SnmpConfig,
  SnmpSchema,
  type VrfConfig,
  VrfSchema,
  type XconnectConfig,
  XconnectSchema,
} from './schema.ts';
import { type GobgpConfig, GobgpSchema } from './vpn-schema.ts';

export interface Draft<T> {
  readonly place: Place;
  /** The key in its section; empty in a list. */
  readonly name: string;
  readonly value: T;
}

export interface Drafts {
  readonly router: Draft<Partial<RouterConfig>> | undefined;
  readonly interfaces: readonly Draft<Partial<InterfaceConfig>>[];
  readonly vrfs: readonly Draft<Partial<VrfConfig>>[];
  readonly neighbors: readonly Draft<Partial<NeighborConfig>>[];
  readonly routes: readonly Draft<Partial<RouteConfig>>[];
  readonly labels: readonly Draft<Partial<LabelConfig>>[];
  readonly pseudowires: readonly Draft<Partial<PseudowireConfig>>[];
  readonly xconnects: readonly Draft<XconnectConfig>[];
  readonly bridges: readonly Draft<Partial<BridgeConfig>>[];
  readonly snmp: Draft<Partial<SnmpConfig>> | undefined;
  readonly gobgp: Draft<Partial<GobgpConfig>> | undefined;
  readonly fpm: Draft<Partial<FpmConfig>> | undefined;
  /** The names of each section, of damaged entries too. */
  readonly names: { readonly interfaces: Names; readonly vrfs: Names; readonly pseudowires: Names };
  /** Whether all entries of a section are known: it was read, and was not hidden by a misspelled key. */
  readonly isComplete: (section: SectionName) => boolean;
}

type SectionName = keyof RouterFileConfig;
type Table = Readonly<Record<string, unknown>>;

const checks = new Map<TSchema, (value: unknown) => boolean>();

/** A compiled check, made once per schema; interpreted where code generation is forbidden (browsers with a CSP). */
function checkOf(schema: TSchema): (value: unknown) => boolean {
  let check = checks.get(schema);
  if (check === undefined) {
    let compiled: TypeCheck<TSchema> | undefined;
    try {
      compiled = TypeCompiler.Compile(schema);
    } catch {
      compiled = undefined;
    }
    check = compiled ? (value) => compiled.Check(value) : (value) => Value.Check(schema, value);
    checks.set(schema, check);
  }
  return check;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const unescapeStep = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~');

/** The steps of a JSON pointer; list indices become numbers. */
function stepsOf(pointer: string, value: unknown): (string | number)[] {
  const steps: (string | number)[] = [];
  let at: unknown = value;
  for (const text of pointer.split('/').slice(1)) {
    const step = Array.isArray(at) ? Number(text) : unescapeStep(text);
    steps.push(step);
    at = (at as Record<string | number, unknown> | undefined)?.[step];
  }
  return steps;
}

/** A copy without what `steps` lead to: the last key of a map on the way goes, with all that is in it. */
function without(value: unknown, steps: Place): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return undefined;
  if (Array.isArray(value)) {
    const item = without(value[step as number], rest);
    return item === undefined ? undefined : value.with(step as number, item);
  }
  if (!isTable(value)) return undefined;
  const { [step]: old, ...others } = value;
  const kept = rest.length === 0 ? undefined : without(old, rest);
  return kept === undefined ? others : { ...others, [step]: kept };
}

function kindOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return 'Array';
  return isTable(value) ? 'Object' : typeof value === 'string' ? 'String' : undefined;
}

/** Of a choice between a text, a list and a map, what is wrong with the one that is there; any other error is itself. */
function* narrowed(errors: Iterable<ValueError>): Generator<ValueError> {
  for (const error of errors) {
    const members: readonly TSchema[] = error.type === ValueErrorType.Union ? error.schema.anyOf : [];
    const kind = kindOf(error.value);
    const like = members.flatMap((member, i) => (member[Kind] === kind ? [i] : []));
    const meant = like.length === 1 ? error.errors[like[0] as number] : undefined;
    if (meant === undefined) yield error;
    else yield* narrowed(meant);
  }
}

/** The mistakes of one value: the first at each place, missing keys last. */
function schemaProblems(schema: TSchema, value: unknown): SchemaProblem[] {
  const first = new Map<string, SchemaProblem>();
  for (const error of narrowed(Value.Errors(schema, value))) {
    if (!first.has(error.path)) first.set(error.path, describeError(error));
  }
  const rank = (problem: SchemaProblem) => (problem.kind === 'missing-key' ? 1 : 0);
  return [...first.values()].sort((a, b) => rank(a) - rank(b));
}

/** The value if it has the schema's form; else what is left of it after its mistakes are reported and removed. */
export function checkValue(schema: TSchema, value: unknown, place: Place, findings: Findings): unknown {
  if (checkOf(schema)(value)) return value;
  let kept: unknown = value;
  for (const { kind, pointer, message, meant } of schemaProblems(schema, value)) {
    const steps = stepsOf(pointer, value);
    if (kind === 'missing-key') {
      // Not if a misspelled key was reported in its stead.
      if (!findings.touches([...place, ...steps])) findings.report([...place, ...steps.slice(0, -1)], message);
      continue;
    }
    if (kind === 'unknown-key') findings.reportUnknownKey([...place, ...steps], message, meant);
    else findings.report([...place, ...steps], message);
    kept = without(kept, steps);
  }
  return kept;
}

function sectionOf(file: Table, name: SectionName, form: TSchema, findings: Findings): unknown {
  const value = file[name];
  // A key with nothing behind it, as YAML allows it, is an empty section.
  if (value === undefined || value === null) return undefined;
  const isRight = form.type === 'array' ? Array.isArray(value) : isTable(value);
  if (isRight) return value;
  findings.report([name], mismatch(form, value));
  findings.markIncomplete([name]);
  return undefined;
}

const listForm: TArray = Type.Array(Type.Unknown());
const mapForm = Type.Object({});

function readList<T>(file: Table, name: SectionName, schema: TSchema, findings: Findings): Draft<T>[] {
  const drafts: Draft<T>[] = [];
  const list = (sectionOf(file, name, listForm, findings) ?? []) as unknown[];
  for (const [index, item] of list.entries()) {
    const place = [name, index];
    const value = checkValue(schema, item, place, findings) as T | undefined;
    if (value === undefined) findings.markIncomplete([name]);
    else drafts.push({ place, name: '', value });
  }
  return drafts;
}

type NameProblem = (name: string) => string | undefined;

function readMap<T>(file: Table, name: SectionName, schema: TSchema, findings: Findings, judge: NameProblem) {
  const drafts: Draft<T>[] = [];
  for (const [key, item] of Object.entries((sectionOf(file, name, mapForm, findings) ?? {}) as Table)) {
    const place = [name, key];
    const problem = judge(key);
    if (problem !== undefined) findings.report(place, problem, 'key');
    const value = checkValue(schema, item ?? {}, place, findings) as T | undefined;
    if (value === undefined) findings.markIncomplete(place);
    drafts.push({ place, name: key, value: value ?? ({} as T) });
  }
  return drafts;
}

function readSections(file: Table, findings: Findings) {
  const named = (kind: string) => (name: string) => otherNameProblem(kind, name);
  const map = <T>(name: SectionName, schema: TSchema, judge: NameProblem) =>
    readMap<Partial<T>>(file, name, schema, findings, judge);
  const list = <T>(name: SectionName, schema: TSchema) => readList<T>(file, name, schema, findings);
  const single = <T>(name: 'router' | 'snmp' | 'fpm' | 'gobgp', schema: TSchema): Draft<Partial<T>> | undefined => {
    const value = file[name] === undefined ? undefined : checkValue(schema, file[name], [name], findings);
    return isTable(value) ? { place: [name], name: '', value: value as Partial<T> } : undefined;
  };
  return {
    router: single<RouterConfig>('router', RouterSchema),
    interfaces: map<InterfaceConfig>('interfaces', InterfaceSchema, interfaceNameProblem),
    vrfs: map<VrfConfig>('vrfs', VrfSchema, named('VRF')),
    neighbors: list<Partial<NeighborConfig>>('neighbors', NeighborSchema),
    routes: list<Partial<RouteConfig>>('routes', RouteSchema),
    labels: list<Partial<LabelConfig>>('labels', LabelSchema),
    pseudowires: map<PseudowireConfig>('pseudowires', PseudowireSchema, named('pseudowire')),
    xconnects: list<XconnectConfig>('xconnects', XconnectSchema),
    bridges: map<BridgeConfig>('bridges', BridgeSchema, named('bridge')),
    snmp: single<SnmpConfig>('snmp', SnmpSchema),
    gobgp: single<GobgpConfig>('gobgp', GobgpSchema),
    fpm: single<FpmConfig>('fpm', FpmSchema),
  };
}

/** Every section, read. undefined if the whole is not even a map. */
export function readDrafts(file: unknown, findings: Findings): Drafts | undefined {
  if (!isTable(file)) {
    findings.report([], mismatch(ConfigSchema, file));
    return undefined;
  }
  for (const key of Object.keys(file)) {
    if (Object.hasOwn(ConfigSchema.properties, key)) continue;
    const { message, meant } = unknownKey(ConfigSchema, key);
    findings.reportUnknownKey([key], message, meant);
  }
  const sections = readSections(file, findings);
  const isComplete = (name: SectionName) =>
    !findings.isIncomplete([name]) && (file[name] !== undefined || !findings.isIncomplete([]));
  const namesOf = (kind: string, section: 'interfaces' | 'vrfs' | 'pseudowires') => {
    const all = sections[section].map((draft) => draft.name);
    return new Names(kind, all, isComplete(section));
  };
  const names = {
    interfaces: namesOf('interface', 'interfaces'),
    vrfs: namesOf('VRF', 'vrfs'),
    pseudowires: namesOf('pseudowire', 'pseudowires'),
  };
  return { ...sections, names, isComplete };
}
