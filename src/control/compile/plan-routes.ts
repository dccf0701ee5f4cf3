// Numbers the usable routes from 1, and lays the prefixes of each table out as the prefix tables are built from them:
// columns of addresses, lengths and route numbers.
import type { Rib, RibEntry } from './rib.ts';
import type { RouteSet } from './route-set.ts';

/** The prefixes of one table and family. */
export interface PrefixColumns {
  readonly table: number;
  readonly family: 4 | 6;
  /** One word an address for IPv4, four for IPv6; host bits are cleared. */
  readonly addresses: Uint32Array;
  readonly lengths: Uint8Array;
  readonly routes: Uint32Array;
}

export interface RoutePlan {
  /** Entries by route number, from 1. */
  readonly routes: readonly RibEntry[];
  readonly prefixes: readonly PrefixColumns[];
}

/** Columns of the usable prefixes of a set; their entries are put at the end of `numbered`. */
function numberSet(set: RouteSet<RibEntry>, numbered: RibEntry[]): PrefixColumns {
  const wordsEach = set.family === 4 ? 1 : 4;
  const addresses = set.addresses.slice();
  const lengths = set.lengths.slice();
  const routes = new Uint32Array(lengths.length);
  let kept = 0;
  for (let place = 0; place < routes.length; place++) {
    const entry = set.entries[place] as RibEntry;
    if (entry.state !== 'usable') continue;
    routes[kept] = numbered.push(entry);
    lengths[kept] = lengths[place] as number;
    for (let i = 0; i < wordsEach; i++) {
      addresses[kept * wordsEach + i] = addresses[place * wordsEach + i] as number;
    }
    kept++;
  }
  return {
    table: set.table,
    family: set.family,
    addresses: addresses.subarray(0, kept * wordsEach),
    lengths: lengths.subarray(0, kept),
    routes: routes.subarray(0, kept),
  };
}

export function planRoutes(rib: Rib): RoutePlan {
  const routes: RibEntry[] = [];
  const prefixes = rib.sets.filter((set) => set.entries.length > 0).map((set) => numberSet(set, routes));
  return { routes, prefixes };
}
