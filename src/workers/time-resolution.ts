// Whether captures that are begun now have nanoseconds. An input may turn finer on the way (pcapng describes interfaces
// where it likes), and a source that is read ahead of the work must not decide about frames before.

export class TimeResolution {
  readonly #source: { readonly nanosecond: boolean };
  #settled: boolean | undefined;

  constructor(source: { readonly nanosecond: boolean }) {
    this.#source = source;
  }

  /** What was settled last; before, what the source says. */
  get nanosecond(): boolean {
    return this.#settled ?? this.#source.nanosecond;
  }

  /** The source says something else now. */
  get isNew(): boolean {
    return this.nanosecond !== this.#source.nanosecond;
  }

  settle(): void {
    this.#settled = this.#source.nanosecond;
  }
}
