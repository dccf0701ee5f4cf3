// Pieces of a word array, handed out and taken back by size: what is freed is used again for pieces of its class. With
// readers about, a freed piece waits in a queue until its generation is over (src/tables/generations.ts).
import type { Generations } from './generations.ts';

/** Sizes are rounded up to this many words, so that few classes serve all. */
const classWords = 4;
/** Pieces of so many words and more begin at a multiple of `alignedWords`, which is a cache line. */
const alignedFrom = 64;
export const alignedWords = 16;
/** Classes that have a list of their own by index; larger pieces are rare. */
const classesMax = 65;
/** Freed pieces after which a generation ends and the queue is looked at. */
const freesPerGeneration = 64;
/** Words of the queue for a piece: place, class, generation. */
const recordWords = 3;

/** The words that a piece of `count` takes. */
export function pieceWords(count: number): number {
  return Math.ceil(count / classWords) * classWords;
}

export class WordPool {
  readonly #end: number;
  readonly #generations: Generations | undefined;
  #next: number;
  #free = 0;
  readonly #classes: number[][] = Array.from({ length: classesMax }, () => []);
  readonly #large = new Map<number, number[]>();
  /** A ring of records; from `#head`, `#waiting` of them. */
  #queue = new Uint32Array(1024 * recordWords);
  #head = 0;
  #waiting = 0;
  #freesLeft = freesPerGeneration;

  /** Hands out places from `first` up to `end`. Without generations nobody else reads, and a freed piece is free at once. */
  constructor(first: number, end: number, generations?: Generations) {
    this.#next = pieceWords(first);
    this.#end = end;
    this.#generations = generations;
  }

  /** Words in use, with what comes before the first place and what waits for readers. */
  get used(): number {
    return this.#next - this.#free;
  }

  /** Pieces that wait for readers. */
  get waiting(): number {
    return this.#waiting;
  }

  /** A place for `count` words; what was there is left there. Throws RangeError when there is no room. */
  take(count: number): number {
    const index = Math.ceil(count / classWords);
    const list = this.#listOf(index);
    if (list.length === 0) {
      if (this.#hasUntouched(index)) return this.#takeUntouched(index);
      this.reclaim();
      if (list.length === 0 && !this.#splitLarger(index)) throw new RangeError('the prefix table is full');
    }
    this.#free -= index * classWords;
    return list.pop() as number;
  }

  /** Whether `take` would find room at once. */
  hasRoom(count: number): boolean {
    const index = Math.ceil(count / classWords);
    return this.#listOf(index).length > 0 || this.#hasUntouched(index);
  }

  /** Takes a piece back that nothing leads to any more; `count` as it was taken. */
  free(place: number, count: number): void {
    const index = Math.ceil(count / classWords);
    const generations = this.#generations;
    if (generations === undefined || (this.#waiting === 0 && !generations.hasReaders)) {
      this.#giveBack(place, index);
      return;
    }
    this.#enqueue(place, index, generations.present);
    if (--this.#freesLeft > 0) return;
    this.reclaim();
  }

  /** Begins a new generation, and makes free what no reader can hold any more. */
  reclaim(): void {
    const generations = this.#generations;
    if (generations === undefined) return;
    this.#freesLeft = freesPerGeneration;
    if (this.#waiting > 0) generations.advance();
    let over = -1;
    while (this.#waiting > 0) {
      const at = this.#head * recordWords;
      const generation = this.#queue[at + 2];
      if (generation !== over && !generations.isOver(generation)) return;
      over = generation;
      this.#giveBack(this.#queue[at], this.#queue[at + 1]);
      this.#head = (this.#head + 1) & (this.#queue.length / recordWords - 1);
      this.#waiting--;
    }
  }

  #listOf(index: number): number[] {
    if (index < classesMax) return this.#classes[index];
    let list = this.#large.get(index);
    if (list === undefined) {
      list = [];
      this.#large.set(index, list);
    }
    return list;
  }

  #giveBack(place: number, index: number): void {
    this.#listOf(index).push(place);
    this.#free += index * classWords;
  }

  /** Cuts a piece of the class from the end of a larger one that is free: the last resort. */
  #splitLarger(index: number): boolean {
    for (let larger = index + 1; larger < classesMax; larger++) if (this.#split(larger, index)) return true;
    for (const larger of this.#large.keys()) if (larger > index && this.#split(larger, index)) return true;
    return false;
  }

  #split(larger: number, index: number): boolean {
    const list = this.#listOf(larger);
    const place = list.at(-1);
    if (place === undefined) return false;
    const rest = larger - index;
    const cut = place + rest * classWords;
    if (index * classWords >= alignedFrom && cut % alignedWords !== 0) return false;
    list.pop();
    if (list.length === 0) this.#large.delete(larger);
    this.#listOf(rest).push(place);
    this.#listOf(index).push(cut);
    return true;
  }

  #placeOf(index: number): number {
    return index * classWords < alignedFrom ? this.#next : Math.ceil(this.#next / alignedWords) * alignedWords;
  }

  #hasUntouched(index: number): boolean {
    return this.#placeOf(index) + index * classWords <= this.#end;
  }

  #takeUntouched(index: number): number {
    const place = this.#placeOf(index);
    // What alignment leaves between serves the smallest class.
    for (let gap = this.#next; gap < place; gap += classWords) this.#giveBack(gap, 1);
    this.#next = place + index * classWords;
    return place;
  }

  #enqueue(place: number, index: number, generation: number): void {
    const room = this.#queue.length / recordWords;
    if (this.#waiting === room) this.#growQueue(room);
    const at = ((this.#head + this.#waiting) & (this.#queue.length / recordWords - 1)) * recordWords;
    this.#queue[at] = place;
    this.#queue[at + 1] = index;
    this.#queue[at + 2] = generation;
    this.#waiting++;
  }

  /** Twice the room; the oldest record comes first again. */
  #growQueue(room: number): void {
    const grown = new Uint32Array(2 * room * recordWords);
    const first = this.#head * recordWords;
    grown.set(this.#queue.subarray(first));
    grown.set(this.#queue.subarray(0, first), this.#queue.length - first);
    this.#queue = grown;
    this.#head = 0;
  }
}
