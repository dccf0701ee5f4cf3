// The part of a capture that lies in memory: a block of bytes that moves along the file. Readers take records from
// `at`; what they have not understood when the block runs out is moved to its front and the block filled up.
//
//   bytes  | 0 | 2: at … unread … end | free … capacity | slack |
//
// A refill puts `at` at 2 (mod 4). The data of a pcap record or pcapng packet block then also lies at 2 (mod 4) as
// long as record lengths are multiples of 4, the same as frames in a batch: the copy needs no shifting.
import { ShimlineError } from '../errors.ts';
import { type ByteInput, StreamDamage } from './byte-input.ts';
import { type CaptureKernels, captureKernels, type SharedRoom } from './shared-room.ts';

const lead = 2;
/** Copying by words may read a word beyond the end, copying by vectors one of those. */
const slackBytes = 16;
/** Small enough for the second-level cache, large enough for the longest frame. Measured: 300 KiB to 2 MiB differ by less than the noise. */
export const windowBytes = 512 * 1024;
/** Read at once, if no more is needed: what has been read stays in the cache until it is looked at. */
const readBytes = 128 * 1024;

/** Bytes of a window with what lies behind it. */
export const windowRoomBytes = windowBytes + slackBytes;

export class Window {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
  readonly words: Uint32Array;
  /** Longest run of bytes that `refill` can bring together. */
  readonly capacity = windowBytes - lead;
  at = lead;
  end = lead;
  /** Where kernels can read the window: they, and the address of its first byte. */
  readonly kernels: CaptureKernels | undefined;
  /** Nothing more will come. */
  ended = false;
  /** Why nothing more comes, if that is not the end of the file. */
  failure: ShimlineError | undefined;
  readonly #input: ByteInput;
  readonly compressed: boolean;
  /** Offset in the (decompressed) file of bytes[0]. */
  #base = -lead;

  /** The window lies in the room, if there is one with space. */
  constructor(name: string, input: ByteInput, compressed: boolean, room?: SharedRoom) {
    this.name = name;
    this.#input = input;
    this.compressed = compressed;
    const size = windowRoomBytes;
    const place = room?.take(size);
    this.kernels = room === undefined || place === undefined ? undefined : captureKernels(room.memory);
    const buffer = room === undefined || place === undefined ? new ArrayBuffer(size) : room.memory.buffer;
    this.bytes = new Uint8Array(buffer, place ?? 0, size);
    this.halves = new Uint16Array(buffer, place ?? 0, size / 2);
    this.words = new Uint32Array(buffer, place ?? 0, size / 4);
  }

  /** The offset in the file of a place in the window. */
  offset(at: number): number {
    return this.#base + at;
  }

  /** Back to the first byte of the file; only where the input can. */
  rewind(): void {
    this.#input.rewind?.();
    this.at = this.end = lead;
    this.#base = -lead;
    this.ended = false;
    this.failure = undefined;
  }

  /** Brings at least `need` (≤ capacity) bytes to `at`, or what there is until the end. Never throws, never rejects. */
  refill(need: number): undefined | Promise<void> {
    if (this.at > lead) this.#moveToFront();
    while (!this.ended && this.end - this.at < need) {
      try {
        const wanted = Math.max(need - (this.end - this.at), readBytes);
        const count = this.#input.read(this.bytes, this.end, Math.min(wanted, windowBytes - this.end));
        if (typeof count !== 'number') return this.#wait(count, need);
        this.#took(count);
      } catch (error) {
        this.#fail(error);
      }
    }
    return undefined;
  }

  async #wait(reading: Promise<number>, need: number): Promise<void> {
    try {
      this.#took(await reading);
    } catch (error) {
      this.#fail(error);
    }
    await this.refill(need);
  }

  #took(count: number): void {
    this.end += count;
    if (count === 0) this.ended = true;
  }

  #fail(error: unknown): void {
    this.ended = true;
    if (error instanceof ShimlineError) this.failure = error;
    else if (error instanceof StreamDamage) this.failure = this.damage(this.offset(this.end), error.message);
    else throw error;
  }

  #moveToFront(): void {
    this.bytes.copyWithin(lead, this.at, this.end);
    this.#base += this.at - lead;
    this.end -= this.at - lead;
    this.at = lead;
  }

  /** An error that names file, offset and reason. */
  damage(offset: number, reason: string): ShimlineError {
    return new ShimlineError(
      'DAMAGED',
      `${this.name}: ${this.compressed ? 'decompressed ' : ''}offset ${offset}: ${reason}`,
    );
  }

  /** An error about the file as a whole. */
  refusal(reason: string): ShimlineError {
    return new ShimlineError('DAMAGED', `${this.name}: ${reason}`);
  }

  /** `#N` asked for what the file does not have. */
  noSuchInterface(index: number, count: number): ShimlineError {
    const has = count === 1 ? 'one interface' : `${count} interfaces`;
    return new ShimlineError('USAGE', `${this.name}: no interface #${index}, the file has ${has}`);
  }
}
