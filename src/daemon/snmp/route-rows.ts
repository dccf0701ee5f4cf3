// The rows of mplsL3VpnVrfRteTable (RFC 4382): one for each path of each route of each VRF, searched where the routes are.
//
// The index, in numbers: the VRF's name with its length, 1 or 2 (InetAddressType), 4 or 16, the address's octets, the
// prefix length, 2.0.0 (no policy), and the next hop's type, length and octets. Paths that differ in labels alone have one
// index, so they are one row.
import { addressIndex, compareOids, type Oid, octetsOf, startsWith, textIndex } from './oid.ts';
import { type Bound, boundOf, isPrefix, RouteWindow } from './route-window.ts';
import { ListedRows, type Row, type Rows } from './rows.ts';
import type { SnmpPath, SnmpRoutes, SnmpView } from './view.ts';

const families = [4, 6] as const;
/** InetAddressType and the length of the address. */
const familyIndexes: Readonly<Record<4 | 6, Oid>> = { 4: [1, 4], 6: [2, 16] };
/** zeroDotZero, with its length. */
const noPolicy: Oid = [2, 0, 0];
/** Windows kept: for as many managers as read at once. */
const windowsMax = 8;

export class RouteRows implements Rows<SnmpPath> {
  readonly #view: SnmpView;
  readonly #vrfs: ListedRows<string>;
  readonly #windows = new Map<string, RouteWindow>();

  constructor(view: SnmpView) {
    this.#view = view;
    this.#vrfs = new ListedRows(
      () => view.version,
      () => view.vrfNames().map((name) => ({ index: textIndex(name), item: name })),
    );
  }

  find(index: Oid): Row<SnmpPath> | undefined {
    const [nameLength = 0] = index;
    const vrf = this.#vrfs.find(index.slice(0, nameLength + 1));
    if (vrf === undefined) return undefined;
    const rest = index.slice(nameLength + 1);
    const family = families.find((each) => startsWith(rest, familyIndexes[each]));
    if (family === undefined) return undefined;
    const numbers = rest.slice(2, prefixNumbers(family) + 2);
    const bound = boundOf(family, numbers);
    if (numbers.length < prefixNumbers(family) || !isPrefix(family, bound)) return undefined;
    const routes = this.#view.routes(vrf.item, family);
    const place = routes.find({ family, words: bound.words, length: bound.length });
    if (place < 0 || !routes.has(place)) return undefined;
    return rowsAt(vrf.index, routes, place).find((row) => compareOids(row.index, index) === 0);
  }

  next(index: Oid, isInclusive: boolean): Row<SnmpPath> | undefined {
    for (const vrf of this.#vrfsFrom(index)) {
      for (const family of families) {
        const row = this.#nextIn(vrf, family, index, isInclusive);
        if (row !== undefined) return row;
      }
    }
    return undefined;
  }

  /** VRFs that may have rows after the index, in order. */
  *#vrfsFrom(index: Oid): Generator<Row<string>> {
    const [nameLength = 0] = index;
    let vrf = this.#vrfs.next(index.slice(0, nameLength + 1), true);
    while (vrf !== undefined) {
      if (this.#view.counts(vrf.item).present > 0) yield vrf;
      vrf = this.#vrfs.next(vrf.index, false);
    }
  }

  #nextIn(vrf: Row<string>, family: 4 | 6, index: Oid, isInclusive: boolean): Row<SnmpPath> | undefined {
    const start = [...vrf.index, ...familyIndexes[family]];
    const routes = this.#view.routes(vrf.item, family);
    let bound: Bound = boundOf(family, []);
    if (startsWith(index, start)) bound = boundOf(family, index.slice(start.length));
    else if (compareOids(index, start) > 0) return undefined;
    for (;;) {
      const place = this.#windowOf(vrf.item, routes).next(bound);
      if (place < 0) return undefined;
      const row = rowsAt(vrf.index, routes, place).find((each) => {
        const order = compareOids(each.index, index);
        return order > 0 || (order === 0 && isInclusive);
      });
      if (row !== undefined) return row;
      // The index is behind all paths of its own route.
      bound = { ...bound, isInclusive: false };
    }
  }

  #windowOf(vrf: string, routes: SnmpRoutes): RouteWindow {
    const key = `${routes.family}/${vrf}`;
    let window = this.#windows.get(key);
    if (window === undefined || !window.serves(routes)) window = new RouteWindow(routes);
    // The last one used is the last to go.
    this.#windows.delete(key);
    this.#windows.set(key, window);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > windowsMax && oldest !== undefined) this.#windows.delete(oldest);
    return window;
  }
}

/** Octets of an address, and the prefix length. */
function prefixNumbers(family: 4 | 6): number {
  return family === 4 ? 5 : 17;
}

/** The rows of a route, in order. */
function rowsAt(vrf: Oid, routes: SnmpRoutes, place: number): Row<SnmpPath>[] {
  const wordsEach = routes.family === 4 ? 1 : 4;
  const words = routes.addresses.subarray(place * wordsEach, (place + 1) * wordsEach);
  const length = routes.lengths[place] as number;
  const start = [...vrf, ...familyIndexes[routes.family], ...octetsOf(words), length, ...noPolicy];
  const rows = routes
    .pathsAt(place)
    .map((path) => ({ index: [...start, ...addressIndex(path.nextHop, path.interface)], item: path }))
    .sort((a, b) => compareOids(a.index, b.index));
  return rows.filter((row, i) => i === 0 || compareOids((rows[i - 1] as Row<SnmpPath>).index, row.index) !== 0);
}
