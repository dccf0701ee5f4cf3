// Time as timers of a live run want it: milliseconds that never go back, whatever is done to the system's clock.

/** Frames of several ports are out of order by less; what goes back by more is a clock that was set. */
const orderMilliseconds = 1000;

export class Clock {
  #offset = 0;
  #last = Number.NEGATIVE_INFINITY;

  /** Of a time of arrival or of a tick: seconds and nanoseconds since 1970. */
  read(seconds: number, nanoseconds: number): number {
    const now = seconds * 1000 + nanoseconds / 1e6;
    if (this.#last - (now + this.#offset) > orderMilliseconds) this.#offset = this.#last - now;
    this.#last = Math.max(this.#last, now + this.#offset);
    return this.#last;
  }
}
