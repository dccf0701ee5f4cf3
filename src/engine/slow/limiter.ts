// Token buckets for ICMP errors (TTL-11): one for each interface of arrival, full at the start, on the frames' own
// time. Time that goes backwards refills nothing.

/** What holds ICMP errors back. */
export interface ErrorLimiter {
  /** Takes a token; false when there is none. */
  take(interfaceIndex: number, seconds: number, nanoseconds: number): boolean;
}

export class IcmpLimiter implements ErrorLimiter {
  readonly #rate: number;
  readonly #burst: number;
  readonly #tokens: Float64Array;
  /** Time of the last look, milliseconds; NaN before the first. */
  readonly #seen: Float64Array;

  /** `rate` tokens a second, at most `burst` at once. */
  constructor(interfaces: number, rate: number, burst: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = new Float64Array(interfaces).fill(burst);
    this.#seen = new Float64Array(interfaces).fill(Number.NaN);
  }

  take(interfaceIndex: number, seconds: number, nanoseconds: number): boolean {
    const now = seconds * 1000 + nanoseconds / 1e6;
    const before = this.#seen[interfaceIndex] as number;
    let tokens = this.#tokens[interfaceIndex] as number;
    if (now > before) tokens = Math.min(this.#burst, tokens + ((now - before) / 1000) * this.#rate);
    if (!(now <= before)) this.#seen[interfaceIndex] = now;
    // A thousandth of slack: a refill that is due to the nanosecond shall not fail for a rounded sum.
    const taken = tokens >= 0.999;
    this.#tokens[interfaceIndex] = taken ? Math.max(0, tokens - 1) : tokens;
    return taken;
  }
}
