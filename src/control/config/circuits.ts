// Pseudowires, cross-connects and bridges: who is a circuit of what. Everything is in at most one place.

import { unmapAddress } from '../../wire/address.ts';
import type { BridgeModel, CircuitModel, PseudowireModel, XconnectModel } from '../model.ts';
import type { Names } from './names.ts';
import { type Findings, formatPlace, type Place } from './problems.ts';
import type { BridgeConfig, PseudowireConfig, XconnectConfig } from './schema.ts';
import type { Draft, Drafts } from './structure.ts';
import { readHost } from './values.ts';

const defaultPseudowireMtu = 1500;
const defaultAgeingSeconds = 300;
const defaultMacLimit = 4096;

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

function readBridge(draft: Draft<Partial<BridgeConfig>>, interfaces: Usage, pseudowires: Usage): BridgeModel {
  const { name, place, value } = draft;
  const members = { interfaces: value.interfaces ?? [], pseudowires: value.pseudowires ?? [] };
  for (const [i, member] of members.interfaces.entries()) interfaces.claim(member, [...place, 'interfaces', i], place);
  for (const [i, member] of members.pseudowires.entries())
    pseudowires.claim(member, [...place, 'pseudowires', i], place);
  return {
    path: formatPlace(place),
    name,
    ...members,
    ageingSeconds: value.ageing ?? defaultAgeingSeconds,
    macLimit: value.macLimit ?? defaultMacLimit,
  };
}

export function readCircuits(drafts: Drafts, findings: Findings): Circuits {
  const interfaces = new Usage(drafts.names.interfaces, findings);
  const pseudowires = new Usage(drafts.names.pseudowires, findings);
  const xconnects = drafts.xconnects.map((draft) => readXconnect(draft, interfaces, pseudowires));
  const bridges = drafts.bridges.map((draft) => readBridge(draft, interfaces, pseudowires));
  const areCertain = (['xconnects', 'bridges'] as const).every(
    (section) => drafts.isComplete(section) && !findings.touches([section]),
  );
  return { xconnects, bridges, interfaces: interfaces.places, areCertain };
}
