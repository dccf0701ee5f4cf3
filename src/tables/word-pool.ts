// Pieces of a word array, handed out and taken back by size: what is freed is used again for pieces of its class.

/** Sizes are rounded up to this many words, so that few classes serve all. */
const classWords = 4;

export class WordPool {
  readonly #end: number;
  #next: number;
  #free = 0;
  readonly #classes: number[][] = [];

  /** Hands out places from `first` up to `end`. */
  constructor(first: number, end: number) {
    this.#next = Math.ceil(first / classWords) * classWords;
    this.#end = end;
  }

  /** Words in use, with what comes before the first place. */
  get used(): number {
    return this.#next - this.#free;
  }

  /** A place for `count` words; what was there is left there. Throws RangeError when there is no room. */
  take(count: number): number {
    const index = Math.ceil(count / classWords);
    const again = this.#classes[index]?.pop();
    if (again !== undefined) {
      this.#free -= index * classWords;
      return again;
    }
    const place = this.#next;
    if (place + index * classWords > this.#end) throw new RangeError('the prefix table is full');
    this.#next = place + index * classWords;
    return place;
  }

  /** Takes a piece back; `count` as it was taken. */
  free(place: number, count: number): void {
    const index = Math.ceil(count / classWords);
    const places = this.#classes[index] ?? [];
    places.push(place);
    this.#classes[index] = places;
    this.#free += index * classWords;
  }
}
