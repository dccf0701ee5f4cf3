// Who routes and labels belong to. Of several sources that know a prefix or label, the one with the smallest
// administrative distance is believed; of equal ones the earlier.

/**
 * Distances unless the owner says otherwise. `local` is what interfaces bring, `vrf` and `pseudowire` labels
 * that VRFs and pseudowires make by themselves.
 */
const distances: Readonly<Record<string, number>> = {
  local: 0,
  vrf: 0,
  pseudowire: 0,
  config: 1,
  api: 5,
  fpm: 20,
  gobgp: 20,
};
const distanceOfOthers = 100;
/** Sources are numbered by a byte. */
const sourcesMax = 255;

/** Sources that nobody may write as. */
const internal: readonly string[] = ['local', 'vrf', 'pseudowire'];

export class Sources {
  readonly #names: string[] = [];
  readonly #distances: number[] = [];
  readonly #given: Readonly<Record<string, number>>;

  constructor(given: Readonly<Record<string, number>> = {}) {
    this.#given = given;
  }

  /** The number of a source; its first use makes it known. Throws RangeError for too many. */
  number(name: string): number {
    const known = this.#names.indexOf(name);
    if (known >= 0) return known;
    if (this.#names.length === sourcesMax) throw new RangeError('too many sources');
    this.#distances.push(this.#given[name] ?? distances[name] ?? distanceOfOthers);
    return this.#names.push(name) - 1;
  }

  /** The number of a known source, or -1. */
  find(name: string): number {
    return this.#names.indexOf(name);
  }

  name(source: number): string {
    return this.#names[source];
  }

  distance(source: number): number {
    return this.#distances[source];
  }

  static isInternal(name: string): boolean {
    return internal.includes(name);
  }
}

interface Owned {
  readonly source: number;
}

/** Puts an entry in behind those that are as good, before those that are worse. */
export function insertByDistance<T extends Owned>(list: T[], entry: T, sources: Sources): void {
  const distance = sources.distance(entry.source);
  let at = list.length;
  while (at > 0 && sources.distance(list[at - 1].source) > distance) at--;
  list.splice(at, 0, entry);
}
