// Numbers of the addresses on interfaces that paths lead to: what a leg names its neighbour by until it is written. A number
// whose address nothing leads to any more is used again, but only a sweep finds that out, now and then: next hops that
// come and go without end take no more room than those that are there at a time.
import type { IpAddress } from '../../wire/address.ts';

/** An address on an interface, to be found or made in the adjacency table when a leg that leads there is written. */
export interface AdjacencyRef {
  readonly interface: number;
  readonly address: IpAddress;
}

/** New numbers between two sweeps at least. */
const sweepMin = 1024;

export class AddressNumbers {
  /** By number; that of a free number is an old one. */
  readonly all: AdjacencyRef[] = [];
  readonly #numbers = new Map<string, number>();
  #free: number[] = [];
  /** Given or let go of since the last sweep. */
  #made = 0;
  /** In use at the last sweep. */
  #kept = 0;

  static #keyOf({ interface: on, address }: AdjacencyRef): string {
    return `${on}/${address.words.join('.')}`;
  }

  /** The number of an address, a new one if need be. */
  numberOf(ref: AdjacencyRef): number {
    const key = AddressNumbers.#keyOf(ref);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#free.pop() ?? this.all.length;
    this.all[number] = ref;
    this.#numbers.set(key, number);
    this.#made++;
    return number;
  }

  /** Somebody without a number has let go of an address: a static neighbour. */
  noteGone(): void {
    this.#made++;
  }

  /** Whether a sweep, which looks at so many things, is worth its time. */
  isDue(looks: number): boolean {
    return this.#made >= Math.max(sweepMin, this.#kept, looks >>> 4);
  }

  /** `isUsed`: by number. Answers those that are free from now on. */
  sweep(isUsed: Uint8Array): number[] {
    const gone: number[] = [];
    for (const [key, number] of this.#numbers) {
      if (isUsed[number] !== 0) continue;
      this.#numbers.delete(key);
      gone.push(number);
    }
    this.#free.push(...gone);
    this.#made = 0;
    this.#kept = this.#numbers.size;
    return gone;
  }
}
