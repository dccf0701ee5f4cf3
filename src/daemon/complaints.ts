// Complaints that may come by the thousand: each kind is logged once a minute, with how many there were meanwhile.
import type { Log } from './log.ts';

const silenceMilliseconds = 60_000;

interface Kind {
  count: number;
  /** Not logged since the last time. */
  silent: number;
  loggedAt: number;
}

export class Complaints {
  readonly #log: Log;
  readonly #kinds = new Map<string, Kind>();
  readonly #now: () => number;

  /** `now`: milliseconds. */
  constructor(log: Log, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** `reason` is one of a few; `text` is made when it is logged. */
  add(reason: string, text: () => string): void {
    const now = this.#now();
    let kind = this.#kinds.get(reason);
    if (kind === undefined) {
      kind = { count: 0, silent: 0, loggedAt: Number.NEGATIVE_INFINITY };
      this.#kinds.set(reason, kind);
    }
    kind.count++;
    if (now - kind.loggedAt < silenceMilliseconds) {
      kind.silent++;
      return;
    }
    this.#log.warn({ reason, ...(kind.silent > 0 && { notLogged: kind.silent }) }, text());
    kind.silent = 0;
    kind.loggedAt = now;
  }

  /** Since the start, by reason. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#kinds].map(([reason, { count }]) => [reason, count]));
  }
}
