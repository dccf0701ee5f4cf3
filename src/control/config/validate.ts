// A plain object to a RouterModel: structure first, then each topic, all findings in one list. Needs neither files
// nor text, so that programs and browsers can use it as well.
import type { RouterModel } from '../model.ts';
import { checkAttachments } from './attachments.ts';
import { readCircuits, readPseudowire } from './circuits.ts';
import { readFpm } from './fpm.ts';
import { readInterfaces } from './interfaces.ts';
import { buildLabels } from './labels.ts';
import { checkMacs } from './macs.ts';
import { buildNeighbors } from './neighbors.ts';
import { Findings, type Locate, type Problem } from './problems.ts';
import { buildRoutes } from './routes.ts';
import { readSettings, readSnmp, readVrf } from './settings.ts';
import { readDrafts } from './structure.ts';
import { readTables } from './tables.ts';
import { checkLeaks, readGobgp } from './vpn-policy.ts';

export interface ConfigOptions {
  /** Live, a device brings its own MAC address, so that `mac` may be absent. */
  readonly live?: boolean;
  /** For a live run that is about to begin: a port without `device` is an error. */
  readonly devicesDue?: boolean;
}

export interface ValidateOptions extends ConfigOptions {
  /** Where places are in the text that the object comes from. */
  readonly locate?: Locate;
}

export type Validated = { readonly model: RouterModel } | { readonly problems: readonly Problem[] };

/** Judges an object, adding to what was found before. The model is whole only if nothing was found. */
export function buildModel(file: unknown, findings: Findings, options: ConfigOptions): RouterModel | undefined {
  const drafts = readDrafts(file, findings);
  if (drafts === undefined) return undefined;
  const world = { drafts, findings, live: options.live ?? false, devicesDue: options.devicesDue ?? false };
  const settings = readSettings(drafts.router, findings);
  const circuits = readCircuits(drafts, findings);
  const interfaces = readInterfaces(world, circuits);
  checkMacs(interfaces, circuits, world);
  checkAttachments(interfaces, circuits, world);
  const tables = readTables(interfaces, settings, world);
  checkLeaks(drafts, findings);
  const referents = { interfaces: new Map(interfaces.map((item) => [item.model.name, item])), tables };
  return {
    ...settings,
    interfaces: interfaces.map(({ model }) => model),
    vrfs: drafts.vrfs.map((draft) => readVrf(draft, findings)),
    neighbors: buildNeighbors(referents, world),
    routes: buildRoutes(referents, world),
    labels: buildLabels(referents, world),
    pseudowires: drafts.pseudowires.flatMap((draft) => readPseudowire(draft, findings) ?? []),
    xconnects: circuits.xconnects,
    bridges: circuits.bridges,
    snmp: readSnmp(drafts.snmp, findings),
    gobgp: readGobgp(drafts, settings, findings),
    fpm: readFpm(drafts, findings),
  };
}

/** Without `locate`, problems have line and column 0. */
export function validateConfig(value: unknown, options: ValidateOptions = {}): Validated {
  const findings = new Findings();
  const model = buildModel(value, findings, options);
  return model !== undefined && findings.count === 0 ? { model } : { problems: findings.problems(options.locate) };
}
