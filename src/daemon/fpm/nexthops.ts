// Next hops and groups of next hops by number, as zebra sends them where `fpm use-next-hop-groups` is on, and the routes that
// name them: a next hop may change while its routes are not told again. Of a route only its prefix and the number is kept.
import { RouteSet } from '../../control/compile/route-set.ts';
import type { IpPrefix } from '../../wire/address.ts';
import { type NexthopMessage, RouteAction, type RouteHop, type RouteMessage } from '../../wire/rtnetlink-routes.ts';

/** Next hops that one zebra may have. */
const nexthopsMax = 65_536;
/** Members of a group that are kept, and groups within groups. */
const hopsMax = 256;
const levelsMax = 4;
/** Prefixes that name nothing any more are thrown out when there are so many and as many as others. */
const goneMin = 1024;

/** Prefixes of a table with the number that each names; 0: none any more. */
interface Named {
  readonly table: number;
  readonly family: 4 | 6;
  routes: RouteSet<number>;
  gone: number;
}

/** What a change of a next hop brings about. */
export interface Changed {
  /** Its own number, and those of groups that have it. */
  readonly ids: ReadonlySet<number>;
  /** Nobody can have known anything of these. */
  readonly isNew: boolean;
  /** Routes that lead elsewhere now. */
  readonly routes: Iterable<RouteMessage>;
}

export class Nexthops {
  readonly #nexthops = new Map<number, NexthopMessage>();
  readonly #named = new Map<number, Named>();
  /** Routes that name a number. */
  readonly #uses = new Map<number, number>();
  /** Groups by the number of a member. */
  readonly #groups = new Map<number, Set<number>>();

  get count(): number {
    return this.#nexthops.size;
  }

  /** Whether any route names a next hop. */
  get hasRoutes(): boolean {
    return this.#uses.size > 0;
  }

  /** The hops of a route; undefined: it names what is not known. */
  hopsOf({ nexthopId, hops }: Pick<RouteMessage, 'nexthopId' | 'hops'>): readonly RouteHop[] | undefined {
    if (nexthopId === 0) return hops;
    const all = this.#hops(nexthopId, 1, 0);
    // Kernels repeat the hops beside the number.
    return all ?? (hops.length > 0 ? hops : undefined);
  }

  /** Whether a next hop discards, or all that a group has. */
  isBlackhole(id: number, level = 0): boolean {
    const nexthop = this.#nexthops.get(id);
    if (nexthop === undefined || level === levelsMax) return false;
    const { group, isBlackhole } = nexthop;
    return isBlackhole || (group.length > 0 && group.every((member) => this.isBlackhole(member.id, level + 1)));
  }

  #hops(id: number, weight: number, level: number): RouteHop[] | undefined {
    const nexthop = this.#nexthops.get(id);
    if (nexthop === undefined || level === levelsMax) return undefined;
    const { hop, group } = nexthop;
    if (hop !== undefined) return [{ ...hop, weight }];
    const all: RouteHop[] = [];
    for (const member of group) {
      if (all.length >= hopsMax) break;
      all.push(...(this.#hops(member.id, member.weight, level + 1) ?? []));
    }
    return all;
  }

  /** Remembers what a prefix of a table names; 0: nothing. */
  note(table: number, prefix: IpPrefix, id: number): void {
    if (id === 0 && this.#uses.size === 0) return;
    const named = this.#namedIn(table, prefix.family);
    const { routes } = named;
    const place = routes.find(prefix);
    const before = place < 0 ? 0 : routes.entries[place];
    if (before === id) return;
    this.#count(before, -1);
    this.#count(id, 1);
    if (place < 0) routes.add(prefix, id);
    else routes.entries[place] = id;
    if (before === 0 && place >= 0) named.gone--;
    if (id === 0 && ++named.gone > goneMin && named.gone * 2 > routes.entries.length) tidy(named);
  }

  #namedIn(table: number, family: 4 | 6): Named {
    const key = table * 2 + (family === 4 ? 0 : 1);
    let named = this.#named.get(key);
    if (named === undefined) {
      named = { table, family, routes: new RouteSet(0, family), gone: 0 };
      this.#named.set(key, named);
    }
    return named;
  }

  #count(id: number, more: number): void {
    if (id === 0) return;
    const uses = (this.#uses.get(id) ?? 0) + more;
    if (uses === 0) this.#uses.delete(id);
    else this.#uses.set(id, uses);
  }

  /** Takes a next hop or group, or its end. undefined: there are too many. */
  change(message: NexthopMessage): Changed | undefined {
    const { id, gone } = message;
    const before = this.#nexthops.get(id);
    if (!gone && before === undefined && this.#nexthops.size >= nexthopsMax) return undefined;
    for (const member of before?.group ?? []) this.#leave(member.id, id);
    if (gone) this.#nexthops.delete(id);
    else {
      const group = message.group.slice(0, hopsMax);
      this.#nexthops.set(id, { ...message, group });
      for (const member of group) {
        const groups = this.#groups.get(member.id);
        if (groups === undefined) this.#groups.set(member.id, new Set([id]));
        else groups.add(id);
      }
    }
    const ids = new Set([id]);
    // A set that grows while it is walked: groups of groups too.
    for (const each of ids) for (const group of this.#groups.get(each) ?? []) ids.add(group);
    return { ids, isNew: before === undefined && ids.size === 1, routes: this.#routesOf(ids) };
  }

  #leave(member: number, group: number): void {
    const groups = this.#groups.get(member);
    groups?.delete(group);
    if (groups?.size === 0) this.#groups.delete(member);
  }

  /** A look at every route that names anything: next hops change seldom, and routes often. */
  *#routesOf(ids: ReadonlySet<number>): Generator<RouteMessage> {
    if (![...ids].some((id) => this.#uses.has(id))) return;
    for (const { table, routes } of this.#named.values()) {
      const { entries } = routes;
      for (let place = 0; place < entries.length; place++) {
        const id = entries[place];
        if (id !== 0 && ids.has(id)) yield routeNaming(id, table, routes.prefixAt(place));
      }
    }
  }
}

function tidy(named: Named): void {
  const left = new RouteSet<number>(0, named.family);
  named.routes.entries.forEach((id, place) => {
    if (id !== 0) left.add(named.routes.prefixAt(place), id);
  });
  named.routes = left;
  named.gone = 0;
}

function routeNaming(nexthopId: number, table: number, prefix: IpPrefix): RouteMessage {
  return {
    kind: 'route',
    gone: false,
    replaces: true,
    table,
    protocol: 0,
    scope: 0,
    action: RouteAction.unicast,
    metric: 0,
    prefix,
    label: undefined,
    nexthopId,
    hops: [],
  };
}
