// One block of shared memory from which every table takes its words. Plain SharedArrayBuffer, never growable:
// growable buffers cost 75–140 ns an access. Workers open the same tables over the same buffer.

/** Hands out aligned pieces of one SharedArrayBuffer, first come, first served; nothing is given back. */
export class TableMemory {
  readonly buffer: SharedArrayBuffer;
  #next = 0;

  constructor(bytes: number) {
    this.buffer = new SharedArrayBuffer(Math.ceil(bytes / 64) * 64);
  }

  /** Bytes handed out so far. */
  get used(): number {
    return this.#next;
  }

  /** `count` words that start at a cache line of their own. Throws RangeError when the block is used up. */
  words(count: number): Uint32Array {
    const offset = this.#next;
    this.#next = offset + Math.ceil(count / 16) * 64;
    return new Uint32Array(this.buffer, offset, count);
  }
}

/** Bytes that `TableMemory.words` takes for each of the counts. */
export function bytesForWords(...counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + Math.ceil(count / 16) * 64, 0);
}
