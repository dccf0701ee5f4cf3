// The readable routing tables: every prefix with where it comes from, before paths are resolved and words written.
import { addressBits, formatPrefix, type IpAddress, type IpPrefix, networkOf } from '../../wire/address.ts';
import { isLinkLocal } from '../../wire/ip.ts';
import { globalTable, type RouteModel, type RouterModel } from '../model.ts';
import type { GroupPlan } from './plan.ts';
import { RouteSet } from './route-set.ts';

/** A prefix that interfaces bring with them. */
export interface LocalRoute {
  readonly source: 'own' | 'broadcast' | 'connected';
  /** Index of the interface; undefined for a loopback address. */
  readonly interface: number | undefined;
}

export type Problem = 'loop' | 'too-deep' | 'uncovered';

/** What became of a route. Static routes of a table with equal paths share one. */
export interface Outcome {
  readonly state: 'new' | 'resolving' | 'usable' | 'unusable';
  /** Of a usable static route with next hops. */
  readonly group: GroupPlan | undefined;
  /** Of an unusable one. */
  readonly problem: Problem | undefined;
  /** While it is resolving: part of a loop. */
  looping: boolean;
}

/** Not resolved yet. */
const fresh: Outcome = { state: 'new', group: undefined, problem: undefined, looping: false };
/** Usable as it is: nothing to resolve. */
export const direct: Outcome = { state: 'usable', group: undefined, problem: undefined, looping: false };

/** One line of the routing tables, for whoever wants to read it. */
export interface RibEntry {
  readonly prefix: IpPrefix;
  readonly table: number;
  readonly source: LocalRoute['source'] | 'static';
  /** Index of the interface of an own, broadcast or connected entry; undefined for a loopback address. */
  readonly interface: number | undefined;
  /** Of a static entry. */
  readonly model: RouteModel | undefined;
  readonly outcome: Outcome;
}

/**
 * The routes of one table and family: what the prefixes are, and what became of them. Nothing is made for a route: an
 * object for each of a million costs 0.1 to 0.5 s by the machine's load, and more each time the collector walks them.
 */
export class RibTable extends RouteSet<RouteModel | LocalRoute> {
  /** By place. */
  readonly outcomes: Outcome[] = [];
  /** Connected subnets alone, with their interfaces: every next hop is looked for among them first. */
  readonly connected = new RouteSet<number>(this.table, this.family);

  entryAt(place: number): RibEntry {
    const route = this.entries[place] as RouteModel | LocalRoute;
    const isLocal = 'source' in route;
    return {
      prefix: isLocal ? this.prefixAt(place) : route.prefix,
      table: this.table,
      source: isLocal ? route.source : 'static',
      interface: isLocal ? route.interface : undefined,
      model: isLocal ? undefined : route,
      outcome: this.outcomes[place] as Outcome,
    };
  }
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
  readonly sets: readonly RibTable[];
  readonly #indexes: Map<string, number>;

  constructor(model: RouterModel) {
    this.tableNames = [globalTable, ...model.vrfs.map((vrf) => vrf.name)];
    this.#indexes = new Map(this.tableNames.map((name, index) => [name, index]));
    this.sets = this.tableNames.flatMap((_, table) => [new RibTable(table, 4), new RibTable(table, 6)]);
    this.#addInterfaces(model);
    for (const address of [model.id, model.id6]) {
      if (address !== undefined) this.#addOwn(address, 0, undefined);
    }
    this.#collectConnected();
    this.#addStatics(model.routes);
  }

  /** Index of a table; undefined and `global` name the global one. */
  tableIndex(name: string | undefined): number {
    return name === undefined ? 0 : (this.#indexes.get(name) as number);
  }

  routesOf(table: number, family: 4 | 6): RibTable {
    return this.sets[table * 2 + (family === 4 ? 0 : 1)] as RibTable;
  }

  *entries(): Generator<RibEntry> {
    for (const set of this.sets) for (let place = 0; place < set.entries.length; place++) yield set.entryAt(place);
  }

  #addLocal(prefix: IpPrefix, table: number, source: LocalRoute['source'], from: number | undefined): void {
    const set = this.routesOf(table, prefix.family);
    const route: LocalRoute = { source, interface: from };
    const place = set.find(prefix);
    if (place < 0) set.outcomes[set.add(prefix, route)] = direct;
    else set.entries[place] = route;
  }

  #addInterfaces(model: RouterModel): void {
    const subnets = model.interfaces.flatMap((each, index) =>
      each.addresses
        .filter((address) => !isLinkLocal6(address))
        .map((address) => ({ address, index, name: each.name, table: this.tableIndex(each.vrf) })),
    );
    for (const { address, index, name, table } of subnets) {
      const subnet = networkOf(address);
      const isNew = this.routesOf(table, address.family).find(subnet) < 0;
      if (isNew) this.#addLocal(subnet, table, 'connected', index);
      else this.warnings.push(`interfaces.${name}: ${formatPrefix(subnet)} is connected elsewhere already`);
      if (address.family === 4 && address.length <= 30) {
        const last = ((subnet.words[0] as number) | (0xffffffff >>> address.length)) >>> 0;
        this.#addLocal({ family: 4, words: [last], length: 32 }, table, 'broadcast', index);
      }
    }
    for (const { address, index, table } of subnets) {
      this.#addOwn(address, table, index);
    }
  }

  /** The first interface that has an address keeps it. */
  #addOwn(address: IpAddress, table: number, from: number | undefined): void {
    const prefix = { family: address.family, words: address.words, length: addressBits(address) };
    const set = this.routesOf(table, address.family);
    const other = set.entries[set.find(prefix)];
    if (other === undefined || !('source' in other) || other.source !== 'own') {
      this.#addLocal(prefix, table, 'own', from);
    }
  }

  #collectConnected(): void {
    for (const set of this.sets) {
      for (const [place, route] of set.entries.entries()) {
        if ('source' in route && route.source === 'connected') {
          set.connected.add(set.prefixAt(place), route.interface as number);
        }
      }
    }
  }

  #addStatics(routes: readonly RouteModel[]): void {
    // Routes of a VRF come together as a rule: a look-up by name for each would be a tenth of all this.
    let name: string | undefined;
    let table = 0;
    for (const route of routes) {
      if (route.vrf !== name) {
        name = route.vrf;
        table = this.tableIndex(name);
      }
      this.#addStatic(this.routesOf(table, route.prefix.family), route);
    }
  }

  /** The last one of several routes for a prefix counts. */
  #addStatic(set: RibTable, route: RouteModel): void {
    const place = set.find(route.prefix);
    if (place < 0) {
      set.outcomes[set.add(route.prefix, route)] = fresh;
      return;
    }
    const other = set.entries[place] as RouteModel | LocalRoute;
    if (!('source' in other)) {
      set.entries[place] = route;
      return;
    }
    this.warnings.push(
      `${route.path}: ${formatPrefix(route.prefix)} is ${other.source} already; the route is not used`,
    );
  }
}
