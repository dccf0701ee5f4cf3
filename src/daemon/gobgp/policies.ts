// Which tables a route goes to: by the route targets, prefix lists and leaks of a configuration. Tables are numbered as
// in `names`: the global one, then VRFs in the file's order.
import { passes } from '../../control/config/vpn-policy.ts';
import {
  globalTable,
  type LeakModel,
  type RouterModel,
  type VpnPolicyModel,
  type VrfModel,
} from '../../control/model.ts';
import { contains, type IpAddress, type IpPrefix, sameAddress } from '../../wire/address.ts';

const nowhere: readonly number[] = [];
const nothing: VpnPolicyModel = { importRules: [], exportRules: [], local: [], leaks: [] };
const isGlobal = 0;

interface Leak {
  readonly to: number;
  readonly rules: LeakModel['rules'];
}

export class Policies {
  readonly names: readonly string[];
  /** By table; the global one has none. */
  readonly vrfs: readonly (VrfModel | undefined)[];
  readonly #importers = new Map<string, number[]>();
  readonly #leaks = new Map<number, Leak[]>();
  readonly #subnets: readonly (readonly IpPrefix[])[];
  /** Whether tables depend on targets alone. */
  readonly #isPlain: boolean;
  /** Lists of tables, each once: all routes of a VPN share one. */
  readonly #lists = new Map<string, readonly number[]>();

  constructor(model: RouterModel) {
    this.names = [globalTable, ...model.vrfs.map(({ name }) => name)];
    this.vrfs = [undefined, ...model.vrfs];
    this.#subnets = this.names.map((name) =>
      model.interfaces.filter(({ vrf }) => (vrf ?? globalTable) === name).flatMap(({ addresses }) => addresses),
    );
    for (const [i, { importTargets, policy }] of model.vrfs.entries()) {
      for (const target of new Set(importTargets)) {
        this.#importers.set(target, [...(this.#importers.get(target) ?? []), i + 1]);
      }
      for (const { from, to, rules } of policy?.leaks ?? []) {
        const table = this.names.indexOf(from);
        this.#leaks.set(table, [...(this.#leaks.get(table) ?? []), { to: this.names.indexOf(to), rules }]);
      }
    }
    this.#isPlain =
      this.#leaks.size === 0 &&
      model.vrfs.every(({ policy }) => policy === undefined || policy.importRules.length === 0);
  }

  policyOf(table: number): VpnPolicyModel {
    return this.vrfs[table]?.policy ?? nothing;
  }

  tableOf(name: string): number {
    return this.names.indexOf(name);
  }

  /** VRFs that import one of the targets. */
  importersOf(targets: readonly string[]): readonly number[] {
    const all = new Set(targets.flatMap((target) => this.#importers.get(target) ?? nowhere));
    return all.size === 0 ? nowhere : this.#listOf([...all]);
  }

  /** Tables of a route that others have told: importers whose prefix lists let it pass, and where it is leaked from there. */
  placeImported(importers: readonly number[], prefix: IpPrefix): readonly number[] {
    if (this.#isPlain || importers.length === 0) return importers;
    return this.#spread(
      importers.filter((table) => passes(this.policyOf(table).importRules, prefix)),
      prefix,
    );
  }

  /** Tables of a route of the global table's own. */
  placeGlobal(prefix: IpPrefix): readonly number[] {
    return this.#spread([isGlobal], prefix);
  }

  /** Tables of a route of a VRF's CE: its own, those that import what it exports, and where it is leaked from there. */
  placeOwn(home: number, targets: readonly string[], prefix: IpPrefix): readonly number[] {
    const others = this.importersOf(targets).filter(
      (table) => table !== home && passes(this.policyOf(table).importRules, prefix),
    );
    return this.#spread([home, ...others], prefix);
  }

  isConnected(table: number, address: IpAddress): boolean {
    return this.#subnets[table].some((subnet) => contains(subnet, address) && !sameAddress(subnet, address));
  }

  #spread(tables: readonly number[], prefix: IpPrefix): readonly number[] {
    const all = new Set(tables);
    for (const table of tables) {
      for (const { to, rules } of this.#leaks.get(table) ?? []) if (passes(rules, prefix)) all.add(to);
    }
    return this.#listOf([...all]);
  }

  #listOf(tables: readonly number[]): readonly number[] {
    const sorted = [...tables].sort((a, b) => a - b);
    const key = sorted.join();
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    this.#lists.set(key, sorted);
    return sorted;
  }
}
