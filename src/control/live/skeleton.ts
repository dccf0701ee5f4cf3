// The part of the configuration that routes, labels and neighbours refer to: settings, interfaces, VRFs and circuits. Read
// and judged as in a file, and kept with what the checks of single entries need.
import { readCircuits, readPseudowire } from '../config/circuits.ts';
import { readFpm } from '../config/fpm.ts';
import { readInterfaces } from '../config/interfaces.ts';
import { checkMacs } from '../config/macs.ts';
import type { Referents } from '../config/paths.ts';
import { Findings, type Problem } from '../config/problems.ts';
import type { RouterFileConfig } from '../config/schema.ts';
import { readSettings, readSnmp, readVrf } from '../config/settings.ts';
import { readDrafts } from '../config/structure.ts';
import { readTables } from '../config/tables.ts';
import { checkLeaks, readGobgp } from '../config/vpn-policy.ts';
import type { World } from '../config/world.ts';
import type { PathModel, RouterModel } from '../model.ts';

export interface Skeleton {
  /** Without routes, labels and neighbours. */
  readonly model: RouterModel;
  readonly referents: Referents;
  /** For checks of entries; their findings go elsewhere. */
  readonly world: Omit<World, 'findings'>;
  /** Paths of routes that were found right, by what was sent: many routes of a load say the same. */
  readonly known: Map<string, KnownPaths>;
}

export interface KnownPaths {
  readonly vrf: string | undefined;
  readonly paths: readonly PathModel[];
}

const anywhere = [
  { family: 4, words: [0], length: 0 },
  { family: 6, words: [0, 0, 0, 0], length: 0 },
] as const;

/** Two VRFs and pseudowires may not have one label. */
function checkLabels(model: RouterModel, findings: Findings): void {
  const owners = new Map<number, string>();
  const claim = (label: number | undefined, place: readonly string[]) => {
    if (label === undefined) return;
    const earlier = owners.get(label);
    if (earlier !== undefined) findings.report(place, `label ${label} is already given at ${earlier}`);
    else owners.set(label, place.join('.'));
  };
  for (const { name, label } of model.vrfs) claim(label, ['vrfs', name, 'label']);
  for (const { name, localLabel } of model.pseudowires) claim(localLabel, ['pseudowires', name, 'localLabel']);
}

/** `live`: devices bring their own MAC addresses. Routes, labels and neighbours of the object are not looked at. */
export function readSkeleton(
  config: RouterFileConfig,
  live: boolean,
): { readonly skeleton: Skeleton } | { readonly problems: readonly Problem[] } {
  const findings = new Findings();
  const drafts = readDrafts({ ...config, routes: [], labels: [], neighbors: [] }, findings);
  if (drafts === undefined) return { problems: findings.problems(undefined) };
  const world = { drafts, findings, live, devicesDue: false };
  const settings = readSettings(drafts.router, findings);
  const circuits = readCircuits(drafts, findings);
  const interfaces = readInterfaces(world, circuits);
  checkMacs(interfaces, circuits, world);
  checkLeaks(drafts, findings);
  const tables = readTables(interfaces, settings, world);
  // A next hop that nothing covers is accepted, and waits.
  for (const prefix of anywhere) tables.addGlobalRoute(prefix);
  const model: RouterModel = {
    ...settings,
    interfaces: interfaces.map((each) => each.model),
    vrfs: drafts.vrfs.map((draft) => readVrf(draft, findings)),
    neighbors: [],
    routes: [],
    labels: [],
    pseudowires: drafts.pseudowires.flatMap((draft) => readPseudowire(draft, findings) ?? []),
    xconnects: circuits.xconnects,
    bridges: circuits.bridges,
    snmp: readSnmp(drafts.snmp, findings),
    gobgp: readGobgp(drafts, settings, findings),
    fpm: readFpm(drafts, findings),
  };
  checkLabels(model, findings);
  if (findings.count > 0) return { problems: findings.problems(undefined) };
  const referents = { interfaces: new Map(interfaces.map((each) => [each.model.name, each])), tables };
  return { skeleton: { model, referents, world: { drafts, live, devicesDue: false }, known: new Map() } };
}
