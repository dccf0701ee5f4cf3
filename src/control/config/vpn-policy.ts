// What routing adapters are told: the targets, prefix lists and leaks of a VRF and the `gobgp` section, from the file into
// the model and back.
import { addressBits, contains, formatAddress, formatPrefix, type IpPrefix } from '../../wire/address.ts';
import type { GobgpModel, LeakModel, PrefixRuleModel, VpnPolicyModel, VrfModel } from '../model.ts';
import { globalTable } from '../model.ts';
import type { Findings, Place } from './problems.ts';
import type { VrfConfig } from './schema.ts';
import type { RouterSettings } from './settings.ts';
import type { Draft, Drafts } from './structure.ts';
import { checkRouteTarget, readHost, readPrefix } from './values.ts';
import type { ExportConfig, GobgpConfig, ImportConfig, LeakConfig, PrefixRuleConfig } from './vpn-schema.ts';

const addressDefault = '127.0.0.1:50051';
const staleSecondsDefault = 180;
const pathsMaxDefault = 2_000_000;
const portMax = 65535;

type Policy = Pick<VrfModel, 'importTargets' | 'exportTargets' | 'policy'>;

export function readVpnPolicy({ name, place, value }: Draft<Partial<VrfConfig>>, findings: Findings): Policy {
  const imported = parted(value.import, [...place, 'import']);
  const exported = parted(value.export, [...place, 'export']);
  const policy = {
    importRules: readRules(imported.whole.prefixes, [...imported.place, 'prefixes'], findings),
    exportRules: readRules(exported.whole.prefixes, [...exported.place, 'prefixes'], findings),
    local: [...new Set(exported.whole.local)],
    leaks: (value.leak ?? []).flatMap((leak, i) => readLeak(leak, name, [...place, 'leak', i], findings)),
  };
  for (const { targets, targetsPlace } of [imported, exported]) {
    for (const [i, target] of targets.entries()) checkRouteTarget(target, [...targetsPlace, i], findings);
  }
  const isPlain = Object.values(policy).every((list) => list.length === 0);
  return {
    importTargets: imported.targets,
    exportTargets: exported.targets,
    ...(!isPlain && { policy }),
  };
}

type Whole = Partial<Exclude<ExportConfig, readonly string[]>>;

/** Targets with their place, whether they stand alone or in a map, and the map. */
function parted(value: ImportConfig | ExportConfig | undefined, place: Place) {
  if (Array.isArray(value))
    return { targets: value as readonly string[], targetsPlace: place, whole: {} as Whole, place };
  const whole = (value ?? {}) as Whole;
  return { targets: whole.targets ?? [], targetsPlace: [...place, 'targets'], whole, place };
}

function readRules(
  rules: readonly PrefixRuleConfig[] | undefined,
  place: Place,
  findings: Findings,
): PrefixRuleModel[] {
  return (rules ?? []).flatMap((rule, i) => readRule(rule, [...place, i], findings) ?? []);
}

function readRule(rule: PrefixRuleConfig, place: Place, findings: Findings): PrefixRuleModel | undefined {
  const { permit, deny, ge, le } = rule;
  const text = permit ?? deny;
  if (text === undefined || (permit !== undefined && deny !== undefined)) {
    if (!findings.touches(place)) findings.report(place, 'expected either permit or deny');
    return undefined;
  }
  const prefix = readPrefix(text, [...place, permit === undefined ? 'deny' : 'permit'], findings);
  if (prefix === undefined) return undefined;
  const bits = addressBits(prefix);
  for (const [key, length] of [
    ['ge', ge],
    ['le', le],
  ] as const) {
    if (length === undefined || (length >= prefix.length && length <= bits)) continue;
    findings.report([...place, key], `expected a length from ${prefix.length} to ${bits} for ${text}, got ${length}`);
  }
  if (ge !== undefined && le !== undefined && ge > le) {
    findings.report([...place, 'le'], `no length is at least ${ge} and at most ${le}`);
  }
  const shortest = ge ?? prefix.length;
  const longest = le ?? (ge === undefined ? prefix.length : bits);
  return { permit: permit !== undefined, prefix, ge: shortest, le: longest };
}

function readLeak(leak: LeakConfig[number], vrf: string, place: Place, findings: Findings): LeakModel[] {
  const { to, from } = leak;
  if ((to === undefined) === (from === undefined)) {
    if (!findings.touches(place)) findings.report(place, "expected either 'to' or 'from'");
    return [];
  }
  const other = (to ?? from) as string;
  if (other === vrf) {
    findings.report([...place, to === undefined ? 'from' : 'to'], `this is VRF ${vrf} itself`);
    return [];
  }
  const rules = readRules(leak.prefixes, [...place, 'prefixes'], findings);
  return [{ from: from ?? vrf, to: to ?? vrf, rules }];
}

/** Reports tables that leaks name and that do not exist. */
export function checkLeaks({ vrfs, names }: Drafts, findings: Findings): void {
  for (const { place, value } of vrfs) {
    for (const [i, { to, from }] of (value.leak ?? []).entries()) {
      const other = to ?? from;
      if (other === undefined || other === globalTable) continue;
      names.vrfs.require(other, [...place, 'leak', i, to === undefined ? 'from' : 'to'], findings);
    }
  }
}

export function readGobgp(drafts: Drafts, settings: RouterSettings, findings: Findings): GobgpModel | undefined {
  const draft = drafts.gobgp;
  if (draft === undefined) return undefined;
  const { address = addressDefault, nextHop, staleSeconds, pathsMax } = draft.value;
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  if (!address.startsWith('unix:') && (port < 1 || port > portMax)) {
    findings.report([...draft.place, 'address'], `expected a port from 1 to ${portMax}, got ${port}`);
  }
  const own = nextHop === undefined ? settings.id : readHost(nextHop, [...draft.place, 'nextHop'], findings);
  return {
    address,
    nextHop: own,
    staleSeconds: staleSeconds ?? staleSecondsDefault,
    pathsMax: pathsMax ?? pathsMaxDefault,
  };
}

/** Whether a prefix list lets a prefix pass. */
export function passes(rules: readonly PrefixRuleModel[], prefix: IpPrefix): boolean {
  if (rules.length === 0) return true;
  for (const rule of rules) {
    if (prefix.length < rule.ge || prefix.length > rule.le) continue;
    if (contains(rule.prefix, prefix)) return rule.permit;
  }
  return false;
}

function ruleConfig({ permit, prefix, ge, le }: PrefixRuleModel): PrefixRuleConfig {
  return {
    [permit ? 'permit' : 'deny']: formatPrefix(prefix),
    ...(ge !== prefix.length && { ge }),
    ...((le !== prefix.length || ge !== prefix.length) && { le }),
  };
}

function leakConfig({ from, to, rules }: LeakModel, vrf: string): LeakConfig[number] {
  const where = from === vrf ? { to } : { from };
  return { ...where, ...(rules.length > 0 && { prefixes: rules.map(ruleConfig) }) };
}

/** `import`, `export` and `leak` of a VRF, as short as they can be written. */
export function vpnPolicyConfig(model: VrfModel): Pick<VrfConfig, 'import' | 'export' | 'leak'> {
  const { name, importTargets, exportTargets } = model;
  const { importRules = [], exportRules = [], local = [], leaks = [] }: Partial<VpnPolicyModel> = model.policy ?? {};
  const imported = targetsConfig(importTargets, {
    ...(importRules.length > 0 && { prefixes: importRules.map(ruleConfig) }),
  });
  const exported = targetsConfig(exportTargets, {
    ...(exportRules.length > 0 && { prefixes: exportRules.map(ruleConfig) }),
    ...(local.length > 0 && { local: [...local] }),
  });
  return {
    ...(imported !== undefined && { import: imported }),
    ...(exported !== undefined && { export: exported }),
    ...(leaks.length > 0 && { leak: leaks.map((leak) => leakConfig(leak, name)) }),
  };
}

function targetsConfig<More extends object>(targets: readonly string[], more: More) {
  const all = [...targets];
  if (Object.keys(more).length === 0) return all.length > 0 ? all : undefined;
  return { ...(all.length > 0 && { targets: all }), ...more };
}

export function gobgpConfig({ address, nextHop, staleSeconds, pathsMax }: GobgpModel): GobgpConfig {
  return { address, ...(nextHop && { nextHop: formatAddress(nextHop) }), staleSeconds, pathsMax };
}
