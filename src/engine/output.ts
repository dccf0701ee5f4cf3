// What the engine says about frames, and to whom. One call a frame that leaves, is punted or is dropped.

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
}
