// A batch: up to 256 frames side by side in one shared arena, each with its place, lengths, port and time.
// A source fills it, the engine works in place, a sink reads it.
//
//   slots   | start[256] | captured | original | port | seconds | nanoseconds | egress | record | the engine's own |
//   bytes   | headroom ≥ 128 | frame 0 | pad | headroom ≥ 128 | frame 1 | pad | …            | tail → free |
//   start[i] ≡ 2 (mod 4), so that whatever follows the 14-byte Ethernet header, any number of 4-byte
//   tags or labels included, can be read as aligned 32-bit words.
//
// The arrays of a slot lie at fixed distances, so that a kernel reaches all of them from one address.

/** Frames in a full batch. */
export const batchFrames = 256;
/** Bytes free before every frame: room for 16 labels, two tags and more. */
export const headroomBytes = 128;
/** The longest captured frame a source may deliver, bytes (libpcap's own limit on a snapshot). */
export const frameBytesMax = 262_144;
/** Arena of a batch unless said otherwise. */
export const arenaBytesDefault = 1 << 20;

/** Arrays of one word a slot, in the order in which they lie; those from `scratch` on are the engine's own. */
export const SlotArray = {
  start: 0,
  captured: 1,
  original: 2,
  port: 3,
  seconds: 4,
  nanoseconds: 5,
  egress: 6,
  /** Where a kernel has put the record of a frame that has left, an offset in the block. */
  record: 7,
  scratch: 8,
} as const;
/** All of them, the engine's included. */
export const slotArrays = 40;
/** From one array to the next: a cache line more than its words, so that those of one slot do not all fall into one set. */
export const slotArrayBytes = batchFrames * 4 + 64;
/** Where the arena begins, from the beginning of the batch. */
export const arenaAt = slotArrays * slotArrayBytes;

/** Bytes of a batch with its slots. */
export function batchBytes(arenaBytes = arenaBytesDefault): number {
  return arenaAt + arenaBytes;
}

/** A part of a shared block, where a batch is to lie. `offset` is a multiple of 64. */
export interface BatchPlace {
  readonly buffer: SharedArrayBuffer;
  readonly offset: number;
}

export class Batch {
  readonly place: BatchPlace;
  /** The arena. Plain (not growable), so that every view of it stays fast. */
  readonly bytes: Uint8Array;
  /** The same bytes as 32-bit words in the machine's (little-endian) order. */
  readonly words: Uint32Array;
  /** Offset of the first byte of each frame. */
  readonly start: Uint32Array;
  /** Bytes present, from `start`. */
  readonly captured: Uint32Array;
  /** Bytes the frame had on the wire; ≥ captured. */
  readonly original: Uint32Array;
  /** Index of the port of arrival. */
  readonly port: Uint32Array;
  /** Time of arrival: whole seconds since 1970, and nanoseconds below one second. */
  readonly seconds: Uint32Array;
  readonly nanoseconds: Uint32Array;
  /** After forwarding: the port by which the fast path has sent the frame + 1; 0: it has not. */
  readonly egress: Uint32Array;
  /** Frames in the batch. */
  count = 0;
  /** First free byte of the arena. */
  tail = 0;

  /** A batch of its own, or one at a place where `batchBytes(arenaBytes)` bytes are free. */
  constructor(arenaBytes = arenaBytesDefault, place?: BatchPlace) {
    if (arenaBytes % 4 !== 0 || arenaBytes < frameBytesMax + headroomBytes + 8) {
      throw new RangeError(`an arena of ${arenaBytes} bytes cannot hold the longest frame`);
    }
    this.place = place ?? { buffer: new SharedArrayBuffer(batchBytes(arenaBytes)), offset: 0 };
    const { buffer, offset } = this.place;
    this.bytes = new Uint8Array(buffer, offset + arenaAt, arenaBytes);
    this.words = new Uint32Array(buffer, offset + arenaAt, arenaBytes >>> 2);
    this.start = this.slots(SlotArray.start);
    this.captured = this.slots(SlotArray.captured);
    this.original = this.slots(SlotArray.original);
    this.port = this.slots(SlotArray.port);
    this.seconds = this.slots(SlotArray.seconds);
    this.nanoseconds = this.slots(SlotArray.nanoseconds);
    this.egress = this.slots(SlotArray.egress);
  }

  /** The array with this number, one word a slot. */
  slots(number: number): Uint32Array {
    return new Uint32Array(this.place.buffer, this.place.offset + number * slotArrayBytes, batchFrames);
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
