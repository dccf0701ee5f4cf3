// When may memory that nothing leads to any more be used again? When every reader has begun a new batch since. Readers say
// so with one store a batch; the writer counts generations and looks at what the readers have said.
//
//   word 0      the present generation, never 0
//   word 16 × n reader n (from 1): the generation in which its batch began; 0: it is offline and reads nothing
//
// A cache line each, so that readers do not disturb each other. What the writer makes unreachable in generation g is free
// once the generation has moved on and no online reader's word is g or older.

const lineWords = 16;

/** Words that `readers` readers need. */
export function generationWords(readers: number): number {
  return (readers + 1) * lineWords;
}

export class Generations {
  readonly words: Uint32Array;
  readonly #readers: number;

  /** `words`: `generationWords(readers)` of them, the same shared memory for all. Zeroed memory is made ready. */
  constructor(words: Uint32Array) {
    this.words = words;
    this.#readers = words.length / lineWords - 1;
    Atomics.compareExchange(words, 0, 0, 1);
  }

  get readers(): number {
    return this.#readers;
  }

  /** Reader, before its first look-up, and again after it was offline. Readers are numbered from 0. */
  online(reader: number): void {
    const { words } = this;
    for (;;) {
      const present = Atomics.load(words, 0);
      Atomics.store(words, (reader + 1) * lineWords, present);
      // Read again: had the writer moved on in between, it may not have seen this reader yet.
      if (Atomics.load(words, 0) === present) return;
    }
  }

  /** Reader, between two batches: it holds no entry that it has read before. */
  pass(reader: number): void {
    Atomics.store(this.words, (reader + 1) * lineWords, Atomics.load(this.words, 0));
  }

  /** Reader, before it waits or ends; or whoever sees that it has died. It holds back nothing any more. */
  offline(reader: number): void {
    Atomics.store(this.words, (reader + 1) * lineWords, 0);
  }

  /** Writer: the present generation. */
  get present(): number {
    return this.words[0];
  }

  /** Writer: begins a new generation. There may be several writers, each of memory of its own. */
  advance(): void {
    for (;;) {
      const present = Atomics.load(this.words, 0);
      // 0 means offline, so it is left out when the count wraps.
      if (Atomics.compareExchange(this.words, 0, present, (present + 1) >>> 0 || 1) === present) return;
    }
  }

  /** Writer: whether any reader is online. */
  get hasReaders(): boolean {
    for (let at = lineWords; at < this.words.length; at += lineWords)
      if (Atomics.load(this.words, at) !== 0) return true;
    return false;
  }

  /** Writer: whether every online reader has begun a batch after that generation ended. */
  isOver(generation: number): boolean {
    const { words } = this;
    if (words[0] === generation) return !this.hasReaders;
    for (let at = lineWords; at < words.length; at += lineWords) {
      const seen = Atomics.load(words, at);
      // By the difference, so that it holds when the count wraps.
      if (seen !== 0 && ((seen - generation) | 0) <= 0) return false;
    }
    return true;
  }
}
