// Memory in which records of captures are put together: a writer's own buffer, or a piece shared with other threads.
//
// A frame is stored in whole words, which may spoil up to three bytes before and behind it: first the frame is put,
// then what stands before and after it.

const wordCopyMax = 256;

export class RecordSpace {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Element 0: where the next record begins, an offset in the buffer. Kernels may have it in common with us. */
  readonly #cell: Uint32Array;
  /** Whose words `#sourceWords` are. */
  #source: Uint8Array | undefined;
  #sourceWords: Uint32Array = new Uint32Array(0);
  /** Highest offset in the source whose word can be read. */
  #sourceWordBytes = 0;

  /** `bytes` begin and end at words. */
  constructor(bytes: Uint8Array, cell: Uint32Array = new Uint32Array(1)) {
    this.bytes = bytes;
    this.#cell = cell;
    cell[0] = bytes.byteOffset;
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  }

  /** Where the next record begins. */
  get at(): number {
    return this.#cell[0] - this.bytes.byteOffset;
  }

  set at(place: number) {
    this.#cell[0] = this.bytes.byteOffset + place;
  }

  /** Stores a frame at `to` (≥ 4); spoils up to three bytes on either side. */
  copyFrame(source: Uint8Array, from: number, count: number, to: number): void {
    if (source !== this.#source) this.#adopt(source);
    const ahead = to & 3;
    if (count > wordCopyMax || from < ahead || from + count + 8 > this.#sourceWordBytes) {
      this.bytes.set(source.subarray(from, from + count), to);
      return;
    }
    const target = this.words;
    const words = this.#sourceWords;
    let index = to >>> 2;
    const stop = (to + count + 3) >>> 2;
    let word = (from - ahead) >>> 2;
    const shift = ((from - ahead) & 3) << 3;
    if (shift === 0) {
      while (index < stop) target[index++] = words[word++];
      return;
    }
    const back = 32 - shift;
    let low = words[word++] >>> shift;
    while (index < stop) {
      const next = words[word++];
      target[index++] = low | (next << back);
      low = next >>> shift;
    }
  }

  /** Sources are few and stay (arenas of batches), so their word views are made once. */
  #adopt(source: Uint8Array): void {
    this.#source = source;
    const aligned = (source.byteOffset & 3) === 0;
    this.#sourceWordBytes = aligned ? source.length & ~3 : 0;
    this.#sourceWords = new Uint32Array(source.buffer, aligned ? source.byteOffset : 0, this.#sourceWordBytes >>> 2);
  }
}
