// One capture that takes part in a merge: its bytes, its window, its reader, and the time of its next frame.
import type { Readable } from 'node:stream';
import { ShimlineError } from '../errors.ts';
import type { Batch } from '../wire/batch.ts';
import { type ByteInput, openFile, streamInput } from './byte-input.ts';
import { decompressed } from './compressed.ts';
import { type FrameReader, filled } from './frame-reader.ts';
import { parseInputSpec, standardInput } from './input-spec.ts';
import { ioError } from './io-error.ts';
import { recogniseFormat } from './recognise.ts';
import type { SharedRoom } from './shared-room.ts';
import { Window } from './window.ts';

/** Frames that lie in a row in a file. */
export interface FilePiece {
  /** Offsets of the first record, and of what follows the last. */
  readonly from: number;
  readonly to: number;
  readonly frames: number;
}

/** Before it gives up, a skim wants so much of the file at hand. */
const refillBytes = 96 * 1024;

export class CaptureInput {
  readonly port: number;
  readonly path: string;
  readonly bytes: ByteInput;
  readonly #window: Window;
  readonly #onlyInterface: number | undefined;
  #reader: FrameReader | undefined;
  #finerBefore = false;
  /** Time of the next frame, once `headKnown`. */
  headSeconds = 0;
  headNanoseconds = 0;
  headKnown = false;
  ended = false;
  failure: ShimlineError | undefined;

  constructor(port: number, path: string, window: Window, bytes: ByteInput, onlyInterface: number | undefined) {
    this.port = port;
    this.path = path;
    this.bytes = bytes;
    this.#window = window;
    this.#onlyInterface = onlyInterface;
  }

  get nanosecond(): boolean {
    return this.#finerBefore || (this.#reader?.nanosecond ?? false);
  }

  get canRewind(): boolean {
    return this.bytes.rewind !== undefined;
  }

  /** Back to the first frame. What failed in the first round is known already. */
  rewind(): void {
    this.#finerBefore = this.nanosecond;
    this.#window.rewind();
    this.#reader = undefined;
    this.headKnown = this.ended = false;
  }

  /**
   * Appends frames earlier than the limit until one is not, the batch is full, the input has ended or bytes must be
   * waited for; then answers the promise of them. Afterwards `headKnown`, `ended` or the promise tells which it was;
   * true means that the batch is full.
   */
  advance(batch: Batch, untilSeconds: number, untilNanoseconds: number): boolean | Promise<void> {
    this.headKnown = false;
    for (;;) {
      const need = this.#reader === undefined ? this.#recognise() : 0;
      if (this.ended) return false;
      if (this.#reader !== undefined) {
        const why = this.#reader.fill(batch, this.port, untilSeconds, untilNanoseconds);
        if (why === filled.limit || why === filled.full) {
          this.headSeconds = this.#reader.headSeconds;
          this.headNanoseconds = this.#reader.headNanoseconds;
          this.headKnown = true;
          return why === filled.full;
        }
        if (why === filled.end) {
          this.#end(this.#reader.failure);
          return false;
        }
      }
      const waiting = this.#window.refill(this.#reader?.need ?? need);
      if (waiting !== undefined) return waiting;
    }
  }

  /** Whether others can read parts of the file by their place: a plain, regular file. */
  get isPlain(): boolean {
    return !this.#window.compressed && this.bytes.rewind !== undefined;
  }

  /** See `FrameReader.skim`: answers the place in the file of what was passed over. */
  skim(most: number): FilePiece | undefined {
    if (!this.isPlain || this.ended || this.#reader?.skim === undefined) return undefined;
    const window = this.#window;
    const from = window.offset(window.at);
    let frames = this.#reader.skim(most);
    if (frames === 0 && window.end - window.at < refillBytes && window.refill(refillBytes) === undefined) {
      frames = this.#reader.skim(most);
    }
    if (frames === 0) return undefined;
    this.headKnown = false;
    return { from, to: window.offset(window.at), frames };
  }

  /** Answers how many bytes the window must hold, if it cannot tell the format yet. */
  #recognise(): number {
    try {
      const reader = recogniseFormat(this.#window, this.#onlyInterface);
      if (typeof reader === 'number') return reader;
      this.#reader = reader;
    } catch (error) {
      if (!(error instanceof ShimlineError)) throw error;
      this.#end(error);
    }
    return 0;
  }

  #end(failure: ShimlineError | undefined): void {
    this.ended = true;
    this.failure = failure;
  }
}

/** Opens a file, or standard input. Throws IO; what is inside is looked at later. */
export async function openCapture(
  port: number,
  spec: string,
  stdin?: Readable,
  room?: SharedRoom,
): Promise<CaptureInput> {
  const { name, path, onlyInterface } = parseInputSpec(spec);
  const raw = path === standardInput ? streamInput(name, stdin ?? process.stdin) : openFile(path);
  try {
    const { input, compressed } = await decompressed(raw);
    return new CaptureInput(port, path, new Window(name, input, compressed, room), input, onlyInterface);
  } catch (error) {
    raw.close();
    throw ioError(name, error);
  }
}
