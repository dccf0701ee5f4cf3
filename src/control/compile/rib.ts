// The readable routing tables: every prefix with where it comes from, before paths are resolved and words written.
import { addressBits, formatPrefix, type IpAddress, type IpPrefix, networkOf } from '../../wire/address.ts';
import { isLinkLocal } from '../../wire/ip.ts';
import { globalTable, type RouteModel, type RouterModel } from '../model.ts';
import type { GroupPlan } from './plan.ts';
import { RouteSet } from './route-set.ts';

export interface RibEntry {
  readonly prefix: IpPrefix;
  readonly table: number;
  readonly source: 'own' | 'broadcast' | 'connected' | 'static';
  /** Index of the interface of an own, broadcast or connected entry; undefined for a loopback address. */
  readonly interface: number | undefined;
  /** Of a static entry. */
  readonly model: RouteModel | undefined;
  state: 'new' | 'resolving' | 'usable' | 'unusable';
  /** Part of a resolution loop. */
  looping: boolean;
  /** Of a usable static entry with next hops. */
  group: GroupPlan | undefined;
}

/** IPv6 link-local subnets exist on every link: they are no routes. */
function isLinkLocal6(address: IpAddress): boolean {
  return address.family === 6 && isLinkLocal(address.words);
}

export class Rib {
  /** Names by index; 0 is the global table. */
  readonly tableNames: readonly string[];
  readonly warnings: string[] = [];
  /** IPv4 and IPv6 of each table in turn. */
  readonly sets: readonly RouteSet<RibEntry>[];
  readonly #indexes: Map<string, number>;

  constructor(model: RouterModel) {
    this.tableNames = [globalTable, ...model.vrfs.map((vrf) => vrf.name)];
    this.#indexes = new Map(this.tableNames.map((name, index) => [name, index]));
    this.sets = this.tableNames.flatMap((_, table) => [
      new RouteSet<RibEntry>(table, 4),
      new RouteSet<RibEntry>(table, 6),
    ]);
    this.#addInterfaces(model);
    for (const address of [model.id, model.id6]) {
      if (address !== undefined) this.#addOwn({ ...address, length: addressBits(address) }, 0, undefined);
    }
    for (const route of model.routes) this.#addStatic(route);
  }

  /** Index of a table; undefined and `global` name the global one. */
  tableIndex(name: string | undefined): number {
    return name === undefined ? 0 : (this.#indexes.get(name) as number);
  }

  /** Entries that hold the address, longest prefix first. */
  covering(table: number, address: IpAddress): Iterable<RibEntry> {
    return this.#set(table, address.family).covering(address);
  }

  *entries(): Generator<RibEntry> {
    for (const set of this.sets) yield* set.entries;
  }

  #set(table: number, family: 4 | 6): RouteSet<RibEntry> {
    return this.sets[table * 2 + (family === 4 ? 0 : 1)] as RouteSet<RibEntry>;
  }

  #add(prefix: IpPrefix, table: number, source: RibEntry['source'], from: number | undefined, model?: RouteModel) {
    this.#set(table, prefix.family).set(prefix, {
      prefix,
      table,
      source,
      interface: from,
      model,
      state: source === 'static' ? 'new' : 'usable',
      looping: false,
      group: undefined,
    });
  }

  #addOwn(prefix: IpPrefix, table: number, from: number | undefined): void {
    if (this.#set(table, prefix.family).get(prefix)?.source !== 'own') this.#add(prefix, table, 'own', from);
  }

  #addInterfaces(model: RouterModel): void {
    const subnets = model.interfaces.flatMap((each, index) =>
      each.addresses
        .filter((address) => !isLinkLocal6(address))
        .map((address) => ({ address, index, name: each.name, table: this.tableIndex(each.vrf) })),
    );
    for (const { address, index, name, table } of subnets) {
      const subnet = networkOf(address);
      const other = this.#set(table, address.family).get(subnet);
      if (other === undefined) this.#add(subnet, table, 'connected', index);
      else this.warnings.push(`interfaces.${name}: ${formatPrefix(subnet)} is connected elsewhere already`);
      if (address.family === 4 && address.length <= 30) {
        const last = ((subnet.words[0] as number) | (0xffffffff >>> address.length)) >>> 0;
        this.#add({ family: 4, words: [last], length: 32 }, table, 'broadcast', index);
      }
    }
    for (const { address, index, table } of subnets) {
      this.#addOwn({ ...address, length: addressBits(address) }, table, index);
    }
  }

  #addStatic(route: RouteModel): void {
    const table = this.tableIndex(route.vrf);
    const other = this.#set(table, route.prefix.family).get(route.prefix);
    if (other !== undefined && other.source !== 'static') {
      this.warnings.push(
        `${route.path}: ${formatPrefix(route.prefix)} is ${other.source} already; the route is not used`,
      );
      return;
    }
    this.#add(route.prefix, table, 'static', undefined, route);
  }
}
