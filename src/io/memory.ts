// Devices without a file, for tests and benchmarks.
import type { Batch } from '../wire/batch.ts';
import type { FrameSink, FrameSource } from './device.ts';

export interface MemoryFrame {
  readonly bytes: Uint8Array;
  /** Default 0. */
  readonly port?: number;
  /** Bytes on the wire; default: as many as captured. */
  readonly original?: number;
  readonly seconds?: number;
  readonly nanoseconds?: number;
  readonly comment?: string;
}

/** Plays a list of frames, once or several times; their times stay as they are. */
export class MemorySource implements FrameSource {
  readonly #frames: readonly MemoryFrame[];
  #left: number;
  #next = 0;

  constructor(frames: readonly MemoryFrame[], rounds = 1) {
    this.#frames = frames;
    this.#left = frames.length * rounds;
  }

  fill(batch: Batch): number {
    const from = batch.count;
    while (this.#left > 0) {
      const frame = this.#frames[this.#next];
      const captured = frame.bytes.length;
      const { port = 0, original = captured, seconds = 0, nanoseconds = 0 } = frame;
      const start = batch.add(port, captured, original, seconds, nanoseconds);
      if (start < 0) break;
      batch.bytes.set(frame.bytes, start);
      this.#left--;
      this.#next = this.#next + 1 === this.#frames.length ? 0 : this.#next + 1;
    }
    return batch.count - from;
  }

  close(): void {
    this.#left = 0;
  }
}

/** Keeps every frame that is written to it. */
export class MemorySink implements FrameSink {
  readonly frames: Required<Omit<MemoryFrame, 'port' | 'comment'>>[] = [];
  /** By index of the frame. */
  readonly comments: (string | undefined)[] = [];
  closed = false;

  write(
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    comment?: string,
  ): void {
    this.frames.push({ bytes: bytes.slice(start, start + captured), original, seconds, nanoseconds });
    this.comments.push(comment);
  }

  close(): void {
    this.closed = true;
  }
}
