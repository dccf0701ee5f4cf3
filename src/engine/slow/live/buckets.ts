// Token buckets by number, each full at the start, on the time that callers tell (milliseconds). Rates are those of a kind:
// bucket n is of kind n modulo the number of kinds.

/** So many a second, at most so many at once. */
export interface Limit {
  readonly rate: number;
  readonly burst: number;
}

export class Buckets {
  readonly #rates: Float64Array;
  readonly #bursts: Float64Array;
  readonly #tokens: Float64Array;
  readonly #seen: Float64Array;

  constructor(count: number, kinds: readonly Limit[]) {
    this.#rates = Float64Array.from(kinds, ({ rate }) => rate / 1000);
    this.#bursts = Float64Array.from(kinds, ({ burst }) => burst);
    this.#tokens = new Float64Array(count).map((_, i) => this.#bursts[i % kinds.length] as number);
    this.#seen = new Float64Array(count);
  }

  /** Whether a token is there; it stays. */
  has(bucket: number, now: number): boolean {
    const kind = bucket % this.#rates.length;
    const elapsed = now - (this.#seen[bucket] as number);
    let tokens = this.#tokens[bucket] as number;
    if (elapsed > 0) {
      this.#seen[bucket] = now;
      tokens = Math.min(this.#bursts[kind] as number, tokens + elapsed * (this.#rates[kind] as number));
      this.#tokens[bucket] = tokens;
    }
    // A thousandth of slack for rounded sums.
    return tokens >= 0.999;
  }

  /** Takes a token; false when there is none. */
  take(bucket: number, now: number): boolean {
    if (!this.has(bucket, now)) return false;
    this.#tokens[bucket] = Math.max(0, (this.#tokens[bucket] as number) - 1);
    return true;
  }
}
