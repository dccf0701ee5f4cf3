// The engine's output while jobs are read in order: what workers have sent and what the slow path sends, drops and
// punts meet here, and every file gets its records in the order of arrival.
import { type Explanation, type Output, transmitEach } from '../engine/output.ts';
import type { Batch } from '../wire/batch.ts';
import type { FileOutput } from './file-output.ts';
import type { JobBatch, JobMemory } from './job.ts';

/** Reads one batch of a job; between `open` and `close` the slow path treats what was left of it. */
export interface JobOutput extends Output {
  open(batch: JobBatch, frames: number, pieces: number): void;
  /** The slow path is about to treat this slot: what it sends comes behind the frames before it. */
  reach(slot: number): void;
  close(): void;
}

/** Passes on what the slow path says; the base of the others, and all there is when nothing is written. */
export class PassingOutput implements JobOutput {
  protected readonly inner: Output;

  constructor(inner: Output) {
    this.inner = inner;
  }

  open(_batch: JobBatch, _frames: number, _pieces: number): void {}

  reach(_slot: number): void {}

  close(): void {}

  transmitRun(batch: Batch, from: number, to: number): void {
    if (this.inner.transmitRun === undefined) transmitEach(this.inner, batch, from, to);
    else this.inner.transmitRun(batch, from, to);
  }

  transmit(
    port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void {
    this.inner.transmit(port, bytes, start, captured, original, seconds, nanoseconds, explanation);
  }

  drop(
    reason: number,
    port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void {
    this.inner.drop(reason, port, bytes, start, captured, original, seconds, nanoseconds, explanation);
  }

  punt(
    reason: number,
    port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void {
    this.inner.punt(reason, port, bytes, start, captured, original, seconds, nanoseconds, explanation);
  }
}

/** For one file that takes frames of all ports in their order: the records are made here. */
export class FrameOutput extends PassingOutput {
  #batch: JobBatch | undefined;
  #frames = 0;
  #next = 0;

  override open(batch: JobBatch, frames: number, _pieces: number): void {
    this.#batch = batch;
    this.#frames = frames;
    this.#next = 0;
  }

  override reach(slot: number): void {
    if (this.#batch === undefined) return;
    const { batch, sentStart, sentCaptured, sentOriginal } = this.#batch;
    const { bytes, seconds, nanoseconds, egress } = batch;
    for (; this.#next < slot; this.#next++) {
      const i = this.#next;
      if (egress[i] === 0) continue;
      this.inner.transmit(
        egress[i] - 1,
        bytes,
        sentStart[i],
        sentCaptured[i],
        sentOriginal[i],
        seconds[i],
        nanoseconds[i],
        undefined,
      );
    }
  }

  override close(): void {
    this.reach(this.#frames);
    this.#batch = undefined;
  }
}

/** For a file for each port: the records of a batch are written piece by piece, cut where the slow path puts in some. */
export class PieceOutput extends PassingOutput {
  readonly #files: FileOutput;
  readonly #block: Uint8Array;
  /** By port: the number of its piece + 1. */
  readonly #pieceOf: Uint32Array;
  #batch: JobBatch | undefined;
  #frames = 0;
  #pieces = 0;
  #slot = 0;

  constructor(files: FileOutput, memory: JobMemory) {
    super(files);
    this.#files = files;
    this.#block = memory.block;
    this.#pieceOf = new Uint32Array(memory.shared.ports);
  }

  override open(batch: JobBatch, frames: number, pieces: number): void {
    this.#batch = batch;
    this.#frames = frames;
    this.#pieces = pieces;
    for (let i = 0; i < pieces; i++) this.#pieceOf[batch.piecePort[i]] = i + 1;
  }

  override reach(slot: number): void {
    this.#slot = slot;
  }

  override close(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    for (let i = 0; i < this.#pieces; i++) {
      this.#writeTo(batch, i, batch.pieceTo[i]);
      this.#pieceOf[batch.piecePort[i]] = 0;
    }
    this.#batch = undefined;
  }

  override transmit(
    port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void {
    if (this.#batch !== undefined && this.#pieceOf[port] !== 0) this.#catchUp(this.#batch, port);
    super.transmit(port, bytes, start, captured, original, seconds, nanoseconds, explanation);
  }

  /** Writes of the port's piece what was sent before the slot that the slow path is at. */
  #catchUp(batch: JobBatch, port: number): void {
    const { egress } = batch.batch;
    const piece = this.#pieceOf[port] - 1;
    let slot = this.#slot;
    while (slot < this.#frames && egress[slot] !== port + 1) slot++;
    this.#writeTo(batch, piece, slot < this.#frames ? batch.recordAt[slot] : batch.pieceTo[piece]);
  }

  #writeTo({ piecePort, pieceFrom }: JobBatch, piece: number, to: number): void {
    const from = pieceFrom[piece];
    if (from === to) return;
    this.#files.writeRecords(piecePort[piece], this.#block, from, to);
    pieceFrom[piece] = to;
  }
}
