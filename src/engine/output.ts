// What the engine says about frames, and to whom. One call a frame that leaves, is punted or is dropped, or one for a
// run of frames that the fast path has sent.
import type { Batch } from '../wire/batch.ts';

/** How one frame was treated, in words: what `trace` shows and a pcapng comment carries. */
export interface Explanation {
  /** Number of the arriving frame, from 1; a made frame has its cause's. */
  readonly frame: number;
  /** True for a frame that the router made itself. */
  readonly made: boolean;
  /** Each decision with the table entry behind it. */
  readonly steps: readonly string[];
  /** For filters: every (sub-)interface and port, address and label that the frame met. */
  readonly interfaces: readonly string[];
  readonly addresses: readonly string[];
  readonly labels: readonly number[];
}

export interface Output {
  /** A frame leaves by a port. The bytes are valid only during the call. */
  transmit(
    port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void;
  /**
   * The frames in slots [from, to) of the batch leave, each by port `batch.egress[slot]` − 1. Where this is missing
   * each of them is one call of `transmit`.
   */
  transmitRun?(batch: Batch, from: number, to: number): void;
  /** A frame is dropped, with its arriving bytes (a made frame: as built). `reason` indexes `dropReasons`. */
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
  ): void;
  /** A frame is for the router itself. `reason` indexes `puntReasons`. */
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
  ): void;
  /**
   * Of a live run: what was punted goes to the control port of an interface, as an Ethernet frame of `length` bytes without
   * tags. The bytes are valid only during the call; the frame has been counted as punted. Where this is missing no
   * interface has a control port.
   */
  deliver?(
    interfaceIndex: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    seconds: number,
    nanoseconds: number,
  ): void;
}

/** A run as calls of `transmit`. */
export function transmitEach(output: Output, batch: Batch, from: number, to: number): void {
  const { bytes, start, captured, original, seconds, nanoseconds, egress } = batch;
  for (let slot = from; slot < to; slot++) {
    output.transmit(
      (egress[slot] as number) - 1,
      bytes,
      start[slot] as number,
      captured[slot] as number,
      original[slot] as number,
      seconds[slot] as number,
      nanoseconds[slot] as number,
      undefined,
    );
  }
}
