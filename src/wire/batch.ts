// A batch: up to 256 frames side by side in one shared arena, each with its place, lengths, port and time.
// A source fills it, the engine works in place, a sink reads it.
//
//   bytes   | headroom ≥ 128 | frame 0 | pad | headroom ≥ 128 | frame 1 | pad | …            | tail → free |
//   start[i] ≡ 2 (mod 4), so that whatever follows the 14-byte Ethernet header, any number of 4-byte
//   tags or labels included, can be read as aligned 32-bit words.

/** Frames in a full batch. */
export const batchFrames = 256;
/** Bytes free before every frame: room for 16 labels, two tags and more. */
export const headroomBytes = 128;
/** The longest captured frame a source may deliver, bytes (libpcap's own limit on a snapshot). */
export const frameBytesMax = 262_144;

export class Batch {
  /** The arena. Plain (not growable), so that every view of it stays fast. */
  readonly buffer: SharedArrayBuffer;
  readonly bytes: Uint8Array;
  /** The same bytes as 32-bit words in the machine's (little-endian) order. */
  readonly words: Uint32Array;
  /** Offset of the first byte of each frame. */
  readonly start = new Uint32Array(batchFrames);
  /** Bytes present, from `start`. */
  readonly captured = new Uint32Array(batchFrames);
  /** Bytes the frame had on the wire; ≥ captured. */
  readonly original = new Uint32Array(batchFrames);
  /** Index of the port of arrival. */
  readonly port = new Uint32Array(batchFrames);
  /** Time of arrival: whole seconds since 1970, and nanoseconds below one second. */
  readonly seconds = new Uint32Array(batchFrames);
  readonly nanoseconds = new Uint32Array(batchFrames);
  /** Frames in the batch. */
  count = 0;
  /** First free byte of the arena. */
  tail = 0;

  constructor(arenaBytes = 1 << 20) {
    if (arenaBytes % 4 !== 0 || arenaBytes < frameBytesMax + headroomBytes + 8) {
      throw new RangeError(`an arena of ${arenaBytes} bytes cannot hold the longest frame`);
    }
    this.buffer = new SharedArrayBuffer(arenaBytes);
    this.bytes = new Uint8Array(this.buffer);
    this.words = new Uint32Array(this.buffer);
  }

  /** Forgets all frames. */
  clear(): void {
    this.count = 0;
    this.tail = 0;
  }

  /**
   * Reserves a slot and returns the offset at which the caller must put `captured` bytes,
   * or -1 when the batch is full (then nothing has changed).
   */
  add(port: number, captured: number, original: number, seconds: number, nanoseconds: number): number {
    const slot = this.count;
    const start = ((this.tail + headroomBytes + 3) & ~3) + 2;
    if (slot === batchFrames || start + captured > this.bytes.length) return -1;
    this.start[slot] = start;
    this.captured[slot] = captured;
    this.original[slot] = original;
    this.port[slot] = port;
    this.seconds[slot] = seconds;
    this.nanoseconds[slot] = nanoseconds;
    this.count = slot + 1;
    this.tail = start + captured;
    return start;
  }
}
