// One block of shared memory from which every table takes its words, and the batches of its forwarders their room.
// It is a shared WebAssembly memory of fixed size where there is one, so that kernels can work on it; to everything
// else its buffer is a plain SharedArrayBuffer, never growable (growable buffers cost 75–140 ns an access). Workers
// open the same tables over the same block.

const pageBytes = 65_536;
const lineBytes = 64;
/** Never handed out: a kernel may read some bytes beyond a frame, and must not meet the end of the block there. */
const guardBytes = 4096;

/** What another thread needs to open the block: survives `postMessage`. */
export type SharedBlock = WebAssembly.Memory | SharedArrayBuffer;

/** A WebAssembly memory reserves gigabytes of addresses; where the system refuses, a plain buffer does without kernels. */
function allocate(bytes: number): SharedBlock {
  const pages = Math.ceil(bytes / pageBytes);
  if (typeof WebAssembly === 'object') {
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    } catch {
      // No address space, or more than 4 GiB.
    }
  }
  return new SharedArrayBuffer(pages * pageBytes);
}

/** Hands out aligned pieces of the block, first come, first served; nothing is given back. */
export class TableMemory {
  readonly block: SharedBlock;
  readonly buffer: SharedArrayBuffer;
  #next = 0;

  /** A new block of at least so many bytes, all zero, or an existing one to be opened again. */
  constructor(bytes: number | SharedBlock) {
    this.block = typeof bytes === 'number' ? allocate(bytes + guardBytes) : bytes;
    this.buffer = this.block instanceof SharedArrayBuffer ? this.block : this.block.buffer;
  }

  /** The block as kernels import it, if it is of that kind. */
  get webAssembly(): WebAssembly.Memory | undefined {
    return this.block instanceof SharedArrayBuffer ? undefined : this.block;
  }

  /** Nothing more is handed out from here: another thread does that. */
  close(): void {
    this.#next = this.#end;
  }

  get #end(): number {
    return this.buffer.byteLength - guardBytes;
  }

  /** Bytes that `take` can still give, in one piece. */
  get free(): number {
    return this.#end - this.#next;
  }

  /** Bytes handed out so far. */
  get used(): number {
    return this.#next;
  }

  /** `bytes` that start at a cache line of their own; answers where. Throws RangeError when the block is used up. */
  take(bytes: number): number {
    const offset = this.#next;
    const next = offset + Math.ceil(bytes / lineBytes) * lineBytes;
    if (next > this.#end) throw new RangeError('the table memory is used up');
    this.#next = next;
    return offset;
  }

  /** `count` words that start at a cache line of their own. Throws RangeError when the block is used up. */
  words(count: number): Uint32Array {
    return new Uint32Array(this.buffer, this.take(count * 4), count);
  }
}

/** Bytes that `TableMemory.words` takes for each of the counts. */
export function bytesForWords(...counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + Math.ceil(count / (lineBytes / 4)) * lineBytes, 0);
}
