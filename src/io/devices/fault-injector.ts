// A device that does to frames what bad links do: loses, damages, cuts, doubles and delays them, so that later ones overtake.
// For tests; the same seed and the same frames give the same faults.
import { Batch } from '../../wire/batch.ts';
import type { LiveDevice } from '../live-device.ts';
import { Wrapper } from './wrapper.ts';

/** Probabilities from 0 to 1, each for a frame by itself; default 0. */
export interface Faults {
  readonly drop?: number;
  /** One bit anywhere is turned. */
  readonly corrupt?: number;
  /** Cut to a random length from 1 byte. */
  readonly truncate?: number;
  readonly duplicate?: number;
  /** Held back for `delayMilliseconds`. */
  readonly delay?: number;
}

export interface FaultOptions {
  readonly seed: number;
  readonly receiving?: Faults;
  readonly sending?: Faults;
  /** Default 5. */
  readonly delayMilliseconds?: number;
  /** For tests: milliseconds. */
  readonly clock?: () => number;
}

/** What was done, in frames. A frame may be counted in several. */
export interface FaultCounts {
  dropped: number;
  corrupted: number;
  truncated: number;
  duplicated: number;
  delayed: number;
}

interface Held {
  readonly bytes: Uint8Array;
  readonly original: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly due: number;
}

/** Frames held back in each direction; more are not delayed. */
const heldMax = 1024;

export class FaultInjector extends Wrapper {
  readonly received: FaultCounts = noFaults();
  readonly sent: FaultCounts = noFaults();
  readonly #receiving: Faults;
  readonly #sending: Faults;
  readonly #delayMilliseconds: number;
  readonly #clock: () => number;
  readonly #random: () => number;
  /** What the inner device has delivered; those from `#next` on are still to be treated. */
  readonly #inbox = new Batch();
  #next = 0;
  #heldIn: Held[] = [];
  #heldOut: Held[] = [];

  constructor(inner: LiveDevice, options: FaultOptions) {
    super(inner);
    this.#receiving = options.receiving ?? {};
    this.#sending = options.sending ?? {};
    this.#delayMilliseconds = options.delayMilliseconds ?? 5;
    this.#clock = options.clock ?? (() => performance.now());
    this.#random = seeded(options.seed);
  }

  override receive(batch: Batch, port: number): number {
    const from = batch.count;
    const now = this.#clock();
    while (this.#heldIn.length > 0 && this.#heldIn[0].due <= now) {
      if (!deliver(batch, port, this.#heldIn[0])) return batch.count - from;
      this.#heldIn.shift();
    }
    const inbox = this.#inbox;
    if (this.#next === inbox.count) {
      inbox.clear();
      this.#next = 0;
      this.inner.receive(inbox, port);
    }
    for (; this.#next < inbox.count; this.#next++) {
      const { bytes, start, captured, original, seconds, nanoseconds } = inbox;
      const slot = this.#next;
      // Room for the frame and its double, whatever becomes of it.
      if (batch.count > 0 && !hasRoom(batch, captured[slot])) break;
      const arrived: Held = {
        bytes: bytes.slice(start[slot], start[slot] + captured[slot]),
        original: original[slot],
        seconds: seconds[slot],
        nanoseconds: nanoseconds[slot],
        due: now + this.#delayMilliseconds,
      };
      for (const frame of this.#afflict(this.#receiving, this.received, arrived, this.#heldIn)) {
        deliver(batch, port, frame);
      }
    }
    return batch.count - from;
  }

  override send(bytes: Uint8Array, start: number, captured: number): boolean {
    const due = this.#clock() + this.#delayMilliseconds;
    const frame: Held = {
      bytes: bytes.slice(start, start + captured),
      original: captured,
      seconds: 0,
      nanoseconds: 0,
      due,
    };
    const [first, second] = this.#afflict(this.#sending, this.sent, frame, this.#heldOut);
    if (first !== undefined && !this.inner.send(first.bytes, 0, first.bytes.length)) return false;
    if (second !== undefined) this.inner.send(second.bytes, 0, second.bytes.length);
    return true;
  }

  override flush(): void {
    const now = this.#clock();
    while (this.#heldOut.length > 0 && this.#heldOut[0].due <= now) {
      const { bytes } = this.#heldOut[0];
      if (!this.inner.send(bytes, 0, bytes.length)) break;
      this.#heldOut.shift();
    }
    this.inner.flush();
  }

  override get pending(): number {
    return this.inner.pending + this.#heldOut.length;
  }

  override get dueMilliseconds(): number | undefined {
    if (this.#next < this.#inbox.count) return 0;
    const due = this.inner.dueMilliseconds;
    if (this.#heldIn.length === 0) return due;
    const held = Math.max(0, this.#heldIn[0].due - this.#clock());
    return due === undefined ? held : Math.min(due, held);
  }

  override get ended(): boolean {
    return this.inner.ended && this.#heldIn.length === 0 && this.#next === this.#inbox.count;
  }

  override close(): void {
    this.#heldIn = [];
    this.#heldOut = [];
    this.inner.close();
  }

  /** What becomes of a frame now: none, one or two. Those that are delayed go to `held`. */
  #afflict(faults: Faults, counts: FaultCounts, frame: Held, held: Held[]): Held[] {
    const happens = (probability = 0): boolean => this.#random() < probability;
    if (happens(faults.drop)) {
      counts.dropped++;
      return [];
    }
    let { bytes } = frame;
    if (bytes.length > 0 && happens(faults.corrupt)) {
      counts.corrupted++;
      bytes = bytes.slice();
      bytes[Math.floor(this.#random() * bytes.length)] ^= 1 << Math.floor(this.#random() * 8);
    }
    if (bytes.length > 1 && happens(faults.truncate)) {
      counts.truncated++;
      bytes = bytes.slice(0, 1 + Math.floor(this.#random() * (bytes.length - 1)));
    }
    const each: Held = { ...frame, bytes, original: frame.original - (frame.bytes.length - bytes.length) };
    const frames = [each];
    if (happens(faults.duplicate)) {
      counts.duplicated++;
      frames.push(each);
    }
    if (held.length < heldMax && happens(faults.delay)) {
      counts.delayed++;
      held.push(each);
      frames.pop();
    }
    return frames;
  }
}

function noFaults(): FaultCounts {
  return { dropped: 0, corrupted: 0, truncated: 0, duplicated: 0, delayed: 0 };
}

function deliver(batch: Batch, port: number, { bytes, original, seconds, nanoseconds }: Held): boolean {
  const start = batch.add(port, bytes.length, original, seconds, nanoseconds);
  if (start >= 0) batch.bytes.set(bytes, start);
  return start >= 0;
}

/** Whether two more frames of this length fit. */
function hasRoom(batch: Batch, captured: number): boolean {
  const { count, tail } = batch;
  const first = batch.add(0, captured, captured, 0, 0);
  const second = first < 0 ? -1 : batch.add(0, captured, captured, 0, 0);
  batch.count = count;
  batch.tail = tail;
  return second >= 0;
}

/** Numbers from 0 to below 1 (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
