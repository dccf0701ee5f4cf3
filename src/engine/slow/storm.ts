// Storm control: how many broadcast, unknown and multicast frames a second a circuit may send into its bridge. Token
// buckets of a second's worth, full at the start, on the frames' own time; made when a circuit with a rate needs one.
import { type CircuitTable, circuitWords } from '../../tables/circuits.ts';
import { IcmpLimiter } from './limiter.ts';

export class StormControl {
  readonly #table: CircuitTable;
  readonly #buckets = new Map<number, { readonly rate: number; readonly bucket: IcmpLimiter }>();

  constructor(table: CircuitTable) {
    this.#table = table;
  }

  /** Whether the circuit may flood one more frame of the class (`Flood`). */
  allows(circuit: number, flood: number, seconds: number, nanoseconds: number): boolean {
    const place = circuit * circuitWords + 5 + flood;
    const limit = this.#table.circuits[place] as number;
    if (limit === 0) return true;
    const rate = limit - 1;
    let known = this.#buckets.get(place);
    if (known?.rate !== rate) {
      known = { rate, bucket: new IcmpLimiter(1, rate, rate) };
      this.#buckets.set(place, known);
    }
    return known.bucket.take(0, seconds, nanoseconds);
  }

  /** Goes on with buckets of other tables: a storm gets no second burst by it. `circuitOf`: new circuits by old ones. */
  takeOver(before: StormControl, circuitOf: ReadonlyMap<number, number>): void {
    for (const [place, bucket] of before.#buckets) {
      const circuit = circuitOf.get(Math.floor(place / circuitWords));
      if (circuit !== undefined) this.#buckets.set(circuit * circuitWords + (place % circuitWords), bucket);
    }
  }
}
