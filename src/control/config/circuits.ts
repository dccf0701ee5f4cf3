// Pseudowires, cross-connects and bridges: who is a circuit of what. Everything is in at most one place.

import { unmapAddress } from '../../wire/address.ts';
import type {
  BridgeModel,
  CircuitModel,
  MemberModel,
  PseudowireModel,
  StaticMacModel,
  StormModel,
  XconnectModel,
} from '../model.ts';
import type { Names } from './names.ts';
import { type Findings, formatPlace, type Place } from './problems.ts';
import type { BridgeConfig, PseudowireConfig, XconnectConfig } from './schema.ts';
import type { Draft, Drafts } from './structure.ts';
import { readHost, readMac } from './values.ts';

const defaultPseudowireMtu = 1500;
const defaultAgeingSeconds = 300;
const defaultMacLimit = 4096;
/** The split horizon group that pseudowires are in unless their group is said; and the word for none. */
export const meshGroup = 'mesh';
export const noGroup = 'none';

export interface Circuits {
  readonly xconnects: readonly XconnectModel[];
  readonly bridges: readonly BridgeModel[];
  /** Interfaces that are circuits, with the place that makes them one: `xconnects[0]`. */
  readonly interfaces: ReadonlyMap<string, string>;
  /** false: some entry is damaged, so that further interfaces may be circuits. */
  readonly areCertain: boolean;
}

/** undefined if anything that it needs is damaged. */
export function readPseudowire(
  draft: Draft<Partial<PseudowireConfig>>,
  findings: Findings,
): PseudowireModel | undefined {
  const { name, place, value } = draft;
  const peer = value.peer === undefined ? undefined : readHost(value.peer, [...place, 'peer'], findings);
  if (peer === undefined || value.localLabel === undefined || value.remoteLabel === undefined) return undefined;
  return {
    path: formatPlace(place),
    name,
    peer: unmapAddress(peer),
    localLabel: value.localLabel,
    remoteLabel: value.remoteLabel,
    controlWord: value.controlWord ?? true,
    type: value.type ?? 'ethernet',
    flowLabel: value.flowLabel ?? false,
    sequencing: value.sequencing ?? false,
    mtu: value.mtu ?? defaultPseudowireMtu,
    backup: value.backup,
  };
}

/** One kind of circuit, and where each is used. */
class Usage {
  readonly places = new Map<string, string>();
  readonly #names: Names;
  readonly #findings: Findings;

  constructor(names: Names, findings: Findings) {
    this.#names = names;
    this.#findings = findings;
  }

  /** Notes that `user` uses the circuit that is named at `place`. */
  claim(name: string, place: Place, user: Place): void {
    if (!this.#names.require(name, place, this.#findings)) return;
    const earlier = this.places.get(name);
    if (earlier === undefined) this.places.set(name, formatPlace(user));
    else this.#findings.report(place, `${name} is already in ${earlier}`);
  }
}

function readXconnect({ place, value }: Draft<XconnectConfig>, interfaces: Usage, pseudowires: Usage): XconnectModel {
  const ends = value.map((end, index): CircuitModel => {
    if (typeof end === 'string') {
      interfaces.claim(end, [...place, index], place);
      return { kind: 'interface', name: end };
    }
    // What the schema has refused was taken out, the name too.
    const { pseudowire }: { pseudowire?: string } = end;
    if (pseudowire !== undefined) pseudowires.claim(pseudowire, [...place, index, 'pseudowire'], place);
    return { kind: 'pseudowire', name: end.pseudowire };
  });
  return { path: formatPlace(place), ends: ends as unknown as readonly [CircuitModel, CircuitModel] };
}

function readBridge(
  draft: Draft<Partial<BridgeConfig>>,
  interfaces: Usage,
  pseudowires: Usage,
  findings: Findings,
): BridgeModel {
  const { name, place, value } = draft;
  const members = [
    ...readMembers('interface', value.interfaces ?? [], [...place, 'interfaces'], place, interfaces),
    ...readMembers('pseudowire', value.pseudowires ?? [], [...place, 'pseudowires'], place, pseudowires),
  ];
  return {
    path: formatPlace(place),
    name,
    members,
    ageingSeconds: value.ageing ?? defaultAgeingSeconds,
    macLimit: value.macLimit ?? defaultMacLimit,
    learning: value.learning ?? 'unqualified',
    macs: (value.macs ?? []).flatMap((mac, i) => readStaticMac(mac, members, [...place, 'macs', i], value, findings)),
  };
}

type MemberConfig<Kind extends 'interfaces' | 'pseudowires'> = NonNullable<BridgeConfig[Kind]>[number];

function memberName(member: MemberConfig<'interfaces'> | MemberConfig<'pseudowires'>): string | undefined {
  if (typeof member === 'string') return member;
  return 'interface' in member ? member.interface : member.pseudowire;
}

function readMembers(
  kind: CircuitModel['kind'],
  list: readonly (MemberConfig<'interfaces'> | MemberConfig<'pseudowires'>)[],
  place: Place,
  user: Place,
  usage: Usage,
): MemberModel[] {
  return list.flatMap((member, i) => {
    const config: { group?: string; storm?: Partial<StormModel> } = typeof member === 'string' ? {} : member;
    const name = memberName(member);
    // What the schema has refused was taken out.
    if (name === undefined) return [];
    usage.claim(name, typeof member === 'string' ? [...place, i] : [...place, i, kind], user);
    const { group = kind === 'pseudowire' ? meshGroup : noGroup } = config;
    const storm: StormModel = {
      broadcast: config.storm?.broadcast,
      unknown: config.storm?.unknown,
      multicast: config.storm?.multicast,
    };
    return { circuit: { kind, name }, group: group === noGroup ? undefined : group, storm };
  });
}

/** A static address is behind a member of its bridge. */
function readStaticMac(
  config: NonNullable<BridgeConfig['macs']>[number],
  members: readonly MemberModel[],
  place: Place,
  bridge: Partial<BridgeConfig>,
  findings: Findings,
): StaticMacModel[] {
  // What the schema has refused was taken out.
  const text: string | undefined = config.mac;
  const mac = text === undefined ? undefined : readMac(text, [...place, 'mac'], findings);
  const kind = config.interface === undefined ? 'pseudowire' : 'interface';
  const name = config[kind];
  if (name === undefined || (config.interface !== undefined && config.pseudowire !== undefined)) {
    findings.report(place, `expected one of interface or pseudowire`);
    return [];
  }
  const circuit: CircuitModel = { kind, name };
  if (!members.some((member) => member.circuit.kind === kind && member.circuit.name === name)) {
    findings.report([...place, kind], `${name} is no member of this bridge`);
  }
  if (config.vlan !== undefined && bridge.learning !== 'qualified') {
    findings.report([...place, 'vlan'], `'vlan' needs 'learning: qualified'`, 'key');
  }
  return mac === undefined ? [] : [{ mac, circuit, vlan: config.vlan }];
}

/** A backup takes the place of its pseudowire: it has none of its own, and no backup. */
function readBackups(drafts: Drafts, pseudowires: Usage, findings: Findings): void {
  const byName = new Map(drafts.pseudowires.map((draft) => [draft.name, draft]));
  for (const { name, place, value } of drafts.pseudowires) {
    if (value.backup === undefined) continue;
    const at = [...place, 'backup'];
    if (value.backup === name) findings.report(at, `a pseudowire is no backup of its own`);
    else if (byName.get(value.backup)?.value.backup !== undefined) {
      findings.report(at, `${value.backup} is a backup: it has no 'backup'`);
    } else pseudowires.claim(value.backup, at, at);
  }
}

export function readCircuits(drafts: Drafts, findings: Findings): Circuits {
  const interfaces = new Usage(drafts.names.interfaces, findings);
  const pseudowires = new Usage(drafts.names.pseudowires, findings);
  const xconnects = drafts.xconnects.map((draft) => readXconnect(draft, interfaces, pseudowires));
  const bridges = drafts.bridges.map((draft) => readBridge(draft, interfaces, pseudowires, findings));
  readBackups(drafts, pseudowires, findings);
  const areCertain = (['xconnects', 'bridges'] as const).every(
    (section) => drafts.isComplete(section) && !findings.touches([section]),
  );
  return { xconnects, bridges, interfaces: interfaces.places, areCertain };
}
