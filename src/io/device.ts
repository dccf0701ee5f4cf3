// What a device is to the rest of the house: something that fills batches, or something that takes frames.
// Wrappers (tracer, fault injector, pcap writer) implement the same two interfaces around another device.
import type { Batch } from '../wire/batch.ts';

/** Where frames come from. */
export interface FrameSource {
  /**
   * Appends frames to the batch until it is full or none is at hand; answers how many it appended.
   * 0 means the end. A promise is answered only when the source has to wait.
   * A damaged input delivers everything before the damage first, then throws ShimlineError DAMAGED once.
   */
  fill(batch: Batch): number | Promise<number>;
  close(): void | Promise<void>;
}

/** Where frames go. */
export interface FrameSink {
  /** Takes one frame: copies what it needs before it returns. Lengths in bytes; `comment` for formats that have one. */
  write(
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    comment?: string,
  ): void;
  /** Takes records of its own format, put together elsewhere. Only sinks that are capture files have this. */
  writeRecords?(bytes: Uint8Array, from: number, to: number): void;
  close(): void | Promise<void>;
}
