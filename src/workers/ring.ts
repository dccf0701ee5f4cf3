// A ring of numbers between two threads: one puts in, the other takes out, neither waits for a lock. What the first one
// wrote anywhere in shared memory before `put`, the second one sees after it has taken the number.
//
//   words   0 written: numbers ever put in   1 taken: numbers ever taken out   2 closed
//           3 event: counts up with every number and at the end, sleepers sleep on it   4 … the ring
//
// Both counts run on through the whole range of 32 bits; their difference is what is in the ring.

const Word = { written: 0, taken: 1, closed: 2, event: 3, ring: 4 } as const;
const capacityMax = 1 << 20;

export function ringBytes(capacity: number): number {
  return (Word.ring + capacity) * 4;
}

export class Ring {
  readonly #words: Int32Array;
  readonly #mask: number;

  /** Over `ringBytes(capacity)` bytes, zero when the first of the two opens it. The capacity is a power of two. */
  constructor(buffer: SharedArrayBuffer, capacity: number, offset = 0) {
    if (capacity < 1 || capacity > capacityMax || (capacity & (capacity - 1)) !== 0) {
      throw new RangeError(`a ring of ${capacity} is not a power of two up to ${capacityMax}`);
    }
    this.#words = new Int32Array(buffer, offset, Word.ring + capacity);
    this.#mask = capacity - 1;
  }

  /** Numbers in the ring now. */
  get length(): number {
    return (Atomics.load(this.#words, Word.written) - Atomics.load(this.#words, Word.taken)) | 0;
  }

  /** Puts a number (31 bits) in and wakes the other side; false when the ring is full. */
  put(value: number): boolean {
    const words = this.#words;
    const written = words[Word.written];
    if (((written - Atomics.load(words, Word.taken)) | 0) > this.#mask) return false;
    words[Word.ring + (written & this.#mask)] = value;
    Atomics.store(words, Word.written, (written + 1) | 0);
    this.#wake();
    return true;
  }

  /** Takes a number out; -1 when there is none. */
  take(): number {
    const words = this.#words;
    const taken = words[Word.taken];
    if (Atomics.load(words, Word.written) === taken) return -1;
    const value = words[Word.ring + (taken & this.#mask)];
    Atomics.store(words, Word.taken, (taken + 1) | 0);
    return value;
  }

  /** The side that takes: sleeps until there is a number or the ring is closed, at most so long. */
  sleep(milliseconds = Number.POSITIVE_INFINITY): void {
    const event = Atomics.load(this.#words, Word.event);
    if (this.isClosed || this.length > 0) return;
    Atomics.wait(this.#words, Word.event, event, milliseconds);
  }

  /** The side that takes: sleeps for a number and takes it; -1 when the ring is empty and closed. */
  next(): number {
    for (;;) {
      const value = this.take();
      if (value >= 0) return value;
      if (this.isClosed && this.length === 0) return -1;
      this.sleep();
    }
  }

  get isClosed(): boolean {
    return Atomics.load(this.#words, Word.closed) !== 0;
  }

  /** The side that puts in: nothing more will come. */
  close(): void {
    Atomics.store(this.#words, Word.closed, 1);
    this.#wake();
  }

  #wake(): void {
    Atomics.add(this.#words, Word.event, 1);
    Atomics.notify(this.#words, Word.event, 1);
  }
}
