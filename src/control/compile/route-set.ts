// Prefixes of one table and family as control keeps them: exact and longest-match look-ups over readable entries.
import { addressBits, type IpAddress, type IpPrefix, maskWord } from '../../wire/address.ts';

function keyOf(address: IpAddress, length: number): string | number {
  if (address.family === 4) return maskWord(address.words[0] as number, length) * 64 + length;
  return `${address.words.map((word, i) => maskWord(word, length - 32 * i)).join('.')}/${length}`;
}

/** A map from prefix to entry. */
export class RouteSet<Entry> {
  readonly #entries = new Map<string | number, Entry>();
  readonly #counts = new Map<number, number>();
  /** Lengths in use, longest first. */
  #lengths: number[] = [];

  get(prefix: IpPrefix): Entry | undefined {
    return this.#entries.get(keyOf(prefix, prefix.length));
  }

  set(prefix: IpPrefix, entry: Entry): void {
    const key = keyOf(prefix, prefix.length);
    if (!this.#entries.has(key)) {
      const count = this.#counts.get(prefix.length) ?? 0;
      this.#counts.set(prefix.length, count + 1);
      if (count === 0) this.#lengths = [...this.#counts.keys()].sort((a, b) => b - a);
    }
    this.#entries.set(key, entry);
  }

  values(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** Entries whose prefix holds the address, longest first. */
  *covering(address: IpAddress): Generator<Entry> {
    for (const length of this.#lengths) {
      if (length > addressBits(address)) continue;
      const entry = this.#entries.get(keyOf(address, length));
      if (entry !== undefined) yield entry;
    }
  }
}
