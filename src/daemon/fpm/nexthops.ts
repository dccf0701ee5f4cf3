// Next hops and groups of next hops by number, as zebra sends them where `fpm use-next-hop-groups` is on, and the routes that
// name them: a next hop may change while its routes are not told again.
import type { NexthopMessage, RouteHop, RouteMessage } from '../../wire/rtnetlink-routes.ts';

/** Next hops that one zebra may have. */
const nexthopsMax = 65_536;
/** Members of a group that are kept, and groups within groups. */
const hopsMax = 256;
const levelsMax = 4;

export class Nexthops {
  readonly #nexthops = new Map<number, NexthopMessage>();
  /** Routes by the number that they name, each under its own key. */
  readonly #routes = new Map<number, Map<string, RouteMessage>>();
  readonly #idOfRoute = new Map<string, number>();
  /** Groups by the number of a member. */
  readonly #groups = new Map<number, Set<number>>();

  get count(): number {
    return this.#nexthops.size;
  }

  /** Whether any route names a next hop. */
  get hasRoutes(): boolean {
    return this.#idOfRoute.size > 0;
  }

  /** The hops of a route; undefined: it names what is not known. */
  hopsOf({ nexthopId, hops }: RouteMessage): readonly RouteHop[] | undefined {
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

  /** Remembers what a route names, or that it names nothing any more. */
  note(route: RouteMessage): void {
    const { nexthopId, gone } = route;
    if (nexthopId === 0 && this.#idOfRoute.size === 0) return;
    const key = keyOf(route);
    const before = this.#idOfRoute.get(key);
    if (before !== undefined) this.#routes.get(before)?.delete(key);
    if (nexthopId === 0 || gone) {
      this.#idOfRoute.delete(key);
      return;
    }
    this.#idOfRoute.set(key, nexthopId);
    const routes = this.#routes.get(nexthopId);
    if (routes === undefined) this.#routes.set(nexthopId, new Map([[key, route]]));
    else routes.set(key, route);
  }

  /** Takes a next hop or group, or its end. Answers the routes that lead elsewhere now; undefined: there are too many. */
  change(message: NexthopMessage): Iterable<RouteMessage> | undefined {
    const { id, gone } = message;
    const before = this.#nexthops.get(id);
    for (const member of before?.group ?? []) this.#groups.get(member.id)?.delete(id);
    if (gone) {
      this.#nexthops.delete(id);
      if (this.#groups.get(id)?.size === 0) this.#groups.delete(id);
    } else {
      if (before === undefined && this.#nexthops.size >= nexthopsMax) return undefined;
      const group = message.group.slice(0, hopsMax);
      this.#nexthops.set(id, { ...message, group });
      for (const member of group) {
        const groups = this.#groups.get(member.id);
        if (groups === undefined) this.#groups.set(member.id, new Set([id]));
        else groups.add(id);
      }
    }
    return this.#routesOf(id);
  }

  *#routesOf(id: number): Generator<RouteMessage> {
    const ids = new Set([id]);
    // A set that grows while it is walked: groups of groups too.
    for (const each of ids) {
      for (const group of this.#groups.get(each) ?? []) ids.add(group);
      const routes = this.#routes.get(each);
      if (routes === undefined) continue;
      if (routes.size === 0) this.#routes.delete(each);
      else yield* routes.values();
    }
  }
}

function keyOf({ table, prefix, label }: RouteMessage): string {
  return prefix === undefined ? `${label}` : `${table} ${prefix.words.join('.')}/${prefix.length}`;
}
