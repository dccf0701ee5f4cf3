// The time of arrival for devices that are told none: wall time to the microsecond, read once for many frames. A step of the
// system's clock is followed, since times of arrival are compared with those of other devices.

export class ArrivalClock {
  /** Whole seconds since 1970, and nanoseconds below one second, of the last `read`. */
  seconds = 0;
  nanoseconds = 0;

  read(): void {
    const now = Date.now();
    // Two clocks: one that steps with the system's and one that is fine. The fine one is used while they agree.
    const fine = performance.timeOrigin + performance.now();
    const milliseconds = Math.abs(fine - now) < 2 ? fine : now;
    this.seconds = Math.floor(milliseconds / 1000);
    this.nanoseconds = Math.floor((milliseconds - this.seconds * 1000) * 1000) * 1000;
  }
}
