// Lists of paths, each kept once for all routes that have equal ones, with what it was resolved to. A route refers to its
// list by number; the list leads to its routes by chains that run through the route stores.
import { mix } from '../compile/hash-index.ts';
import { hashOfPaths, samePaths } from '../compile/path-lists.ts';
import type { LocalRoute, Problem } from '../compile/rib.ts';
import type { PathModel } from '../model.ts';
import type { LiveGroup } from './group-store.ts';
import type { CoverNode, NextHop } from './next-hops.ts';
import { NumberIndex } from './number-index.ts';

/** Why a route cannot be used. */
export type LiveProblem = Problem | 'too-many-labels';

export interface PathList {
  readonly number: number;
  /** The table whose connected subnets the paths depend on, or `anyTable`. */
  readonly scope: number;
  /** Empty for what interfaces bring with them. */
  readonly paths: readonly PathModel[];
  /** A prefix of an interface: own, broadcast or connected. */
  readonly local: LocalRoute | undefined;
  /** A single action: usable as it is. */
  readonly isDirect: boolean;
  /** Candidates of routes that have it. */
  refs: number;
  /** First active place of its chain in the IPv4 and in the IPv6 store, -1 for none. */
  readonly heads: [number, number];
  /** By path; undefined for one that names no next hop. */
  readonly hops: readonly (NextHop | undefined)[];
  /** What its routes that others resolve through are at present. */
  readonly nodes: Set<CoverNode>;
  isResolved: boolean;
  group: LiveGroup | undefined;
  problem: LiveProblem | undefined;
  /** The change in which it was last found to depend on something that moved. */
  stamp: number;
}

/** Of paths that lead to the same place whatever table their route is in. */
export const anyTable = -1;

export class PathListStore {
  /** By number. */
  readonly all: PathList[] = [];
  readonly #index = new NumberIndex();

  get count(): number {
    return this.#index.count;
  }

  /** The list of these paths in a scope, if it is known. */
  find(scope: number, paths: readonly PathModel[]): PathList | undefined {
    let item = this.#index.first(hashOfPaths(scope, paths));
    for (; item >= 0; item = this.#index.after(item)) {
      const known = this.all[item];
      if (known.scope === scope && known.local === undefined && samePaths(known.paths, paths)) return known;
    }
    return undefined;
  }

  /** Keeps a list that `find` does not know. */
  add(scope: number, paths: readonly PathModel[], hops: readonly (NextHop | undefined)[]): PathList {
    const isDirect = paths.length === 1 && paths[0].kind !== 'via';
    return this.#put(hashOfPaths(scope, paths), { scope, paths, hops, isDirect, local: undefined });
  }

  /** What an interface brings: one list for all of its prefixes of a kind. */
  local(local: LocalRoute): PathList {
    const hash = mix(mix(0x10ca1, local.interface ?? -1), local.source.length);
    for (let item = this.#index.first(hash); item >= 0; item = this.#index.after(item)) {
      const known = this.all[item];
      if (known.local?.source === local.source && known.local.interface === local.interface) return known;
    }
    return this.#put(hash, { scope: anyTable, paths: [], hops: [], isDirect: true, local });
  }

  remove(list: PathList): void {
    this.#index.remove(list.number);
    delete this.all[list.number];
  }

  *[Symbol.iterator](): Generator<PathList> {
    for (let item = 0; item < this.#index.end; item++) {
      const list = this.all[item] as PathList | undefined;
      if (list !== undefined) yield list;
    }
  }

  #put(hash: number, list: Pick<PathList, 'scope' | 'paths' | 'hops' | 'isDirect' | 'local'>): PathList {
    const number = this.#index.add(hash);
    const made: PathList = {
      number,
      ...list,
      refs: 0,
      heads: [-1, -1],
      nodes: new Set(),
      isResolved: list.isDirect,
      group: undefined,
      problem: undefined,
      stamp: 0,
    };
    this.all[number] = made;
    return made;
  }
}
