// Numbers the usable routes from 1, and lays the prefixes of each table out as the prefix tables are built from them:
// columns of addresses, lengths and route numbers.
import { byteColumn, wordColumn } from '../../tables/columns.ts';
import type { Outcome, Rib, RibEntry, RibTable } from './rib.ts';

/** The usable routes of one table and family. */
export interface RouteColumns {
  readonly set: RibTable;
  /** Places in the set. */
  readonly places: Uint32Array;
  /** One word an address for IPv4, four for IPv6; host bits are cleared. */
  readonly addresses: Uint32Array;
  readonly lengths: Uint8Array;
  /** Route numbers, one after the other. */
  readonly routes: Uint32Array;
}

function columnsOf(set: RibTable, firstRoute: number): RouteColumns {
  const wordsEach = set.family === 4 ? 1 : 4;
  const addresses = wordColumn(set.addresses.length);
  const lengths = byteColumn(set.lengths.length);
  const places = wordColumn(lengths.length);
  const routes = wordColumn(lengths.length);
  let kept = 0;
  for (let place = 0; place < lengths.length; place++) {
    if ((set.outcomes[place] as Outcome).state !== 'usable') continue;
    places[kept] = place;
    routes[kept] = firstRoute + kept;
    lengths[kept] = set.lengths[place] as number;
    for (let i = 0; i < wordsEach; i++) {
      addresses[kept * wordsEach + i] = set.addresses[place * wordsEach + i] as number;
    }
    kept++;
  }
  return {
    set,
    places: places.subarray(0, kept),
    addresses: addresses.subarray(0, kept * wordsEach),
    lengths: lengths.subarray(0, kept),
    routes: routes.subarray(0, kept),
  };
}

/** The usable routes by number, which counts from 1 through the tables in turn. */
export class NumberedRoutes {
  readonly columns: readonly RouteColumns[];
  readonly count: number;

  constructor(rib: Rib) {
    let count = 0;
    const columns: RouteColumns[] = [];
    for (const set of rib.sets) {
      if (set.entries.length === 0) continue;
      const next = columnsOf(set, count + 1);
      count += next.routes.length;
      columns.push(next);
    }
    this.columns = columns;
    this.count = count;
  }

  at(number: number): RibEntry | undefined {
    let before = 0;
    for (const { set, places } of this.columns) {
      const place = places[number - 1 - before];
      if (place !== undefined) return set.entryAt(place);
      before += places.length;
    }
    return undefined;
  }

  *[Symbol.iterator](): Generator<RibEntry> {
    for (const { set, places } of this.columns) for (const place of places) yield set.entryAt(place);
  }
}
