// A device whose frames are received and sent by another thread (the main one, for what works only there): two rings of
// frames, and a few counts. `RingDevice` is the forwarding thread's end, `RingDeviceEnd` the other.
//
//   bytes  0 ended   8 … counts, float64, each written by one side   64 ring of what arrives | ring of what leaves
import type { Batch } from '../../wire/batch.ts';
import { type DeviceCounts, type LiveDevice, noCounts } from '../live-device.ts';
import { FrameRing, frameRingBytes } from './frame-ring.ts';

/** What both threads open the device from; may be posted. */
export interface RingDeviceShare {
  readonly buffer: SharedArrayBuffer;
  /** Of each of the two rings. */
  readonly dataBytes: number;
}

const Count = { receiveLost: 1, sendFailed: 2, sendFailedBytes: 3 } as const;
const countsBytes = 64;
const dataBytesDefault = 1 << 20;

/** Memory for a device. `dataBytes`, of each ring: see `FrameRing`. */
export function shareRingDevice(dataBytes = dataBytesDefault): RingDeviceShare {
  return { buffer: new SharedArrayBuffer(countsBytes + 2 * frameRingBytes(dataBytes)), dataBytes };
}

function openRings({ buffer, dataBytes }: RingDeviceShare): { arriving: FrameRing; leaving: FrameRing } {
  return {
    arriving: new FrameRing(buffer, countsBytes, dataBytes),
    leaving: new FrameRing(buffer, countsBytes + frameRingBytes(dataBytes), dataBytes),
  };
}

export class RingDevice implements LiveDevice {
  readonly descriptor = -1;
  readonly #arriving: FrameRing;
  readonly #leaving: FrameRing;
  readonly #flags: Int32Array;
  readonly #shared: Float64Array;
  readonly #counts = noCounts();
  #tooLong = 0;
  #tooLongBytes = 0;
  #closed = false;

  constructor(share: RingDeviceShare) {
    const { arriving, leaving } = openRings(share);
    this.#arriving = arriving;
    this.#leaving = leaving;
    this.#flags = new Int32Array(share.buffer, 0, 1);
    this.#shared = new Float64Array(share.buffer, 0, countsBytes / 8);
  }

  receive(batch: Batch, port: number): number {
    if (this.#closed) return 0;
    const from = batch.count;
    const count = this.#arriving.take(batch);
    if (count === 0) return 0;
    this.#arriving.release();
    batch.port.fill(port, from, batch.count);
    return count;
  }

  send(bytes: Uint8Array, start: number, captured: number): boolean {
    if (this.#closed) return false;
    if (captured > this.#leaving.frameBytesMax) {
      this.#tooLong++;
      this.#tooLongBytes += captured;
      return true;
    }
    return this.#leaving.put(0, 0, bytes, start, captured, captured, 0, 0);
  }

  flush(): void {
    if (this.#closed || this.#leaving.unpublished === 0) return;
    this.#leaving.publish();
    this.#leaving.wake();
  }

  /** What the other end has not yet done with. */
  get pending(): number {
    return this.#closed ? 0 : this.#leaving.length + this.#leaving.unpublished;
  }

  get ended(): boolean {
    return this.#closed || (Atomics.load(this.#flags, 0) !== 0 && this.#arriving.isEmpty);
  }

  readCounts(): DeviceCounts {
    const counts = this.#counts;
    counts.receiveLost = this.#shared[Count.receiveLost];
    counts.sendFailed = this.#shared[Count.sendFailed] + this.#tooLong;
    counts.sendFailedBytes = this.#shared[Count.sendFailedBytes] + this.#tooLongBytes;
    return counts;
  }

  close(): void {
    this.#closed = true;
  }
}

export class RingDeviceEnd {
  readonly #arriving: FrameRing;
  readonly #leaving: FrameRing;
  readonly #flags: Int32Array;
  readonly #shared: Float64Array;

  constructor(share: RingDeviceShare) {
    const { arriving, leaving } = openRings(share);
    this.#arriving = arriving;
    this.#leaving = leaving;
    this.#flags = new Int32Array(share.buffer, 0, 1);
    this.#shared = new Float64Array(share.buffer, 0, countsBytes / 8);
  }

  /** A frame has arrived; shown by `publish`. False: no room, counted as `receiveLost`. */
  deliver(bytes: Uint8Array, start: number, captured: number, seconds: number, nanoseconds: number): boolean {
    const taken = this.#arriving.put(0, 0, bytes, start, captured, captured, seconds, nanoseconds);
    if (!taken) this.#shared[Count.receiveLost]++;
    return taken;
  }

  /** Shows the forwarding thread what was delivered, and wakes it if it sleeps on the ring. */
  publish(): void {
    if (this.#arriving.unpublished === 0) return;
    this.#arriving.publish();
    this.#arriving.wake();
  }

  /** Moves frames to be sent into the batch; they are pending until `sent`. */
  take(batch: Batch): number {
    return this.#leaving.take(batch);
  }

  /** All frames that were taken are sent or counted as failed. */
  sent(): void {
    this.#leaving.release();
  }

  /** Resolves when there is something to take, at most so late; undefined: there is. Does not keep the process alive. */
  arrival(milliseconds: number): Promise<unknown> | undefined {
    return this.#leaving.arrival(milliseconds);
  }

  /** Wakes an `arrival` of this thread, so that it can end. */
  wake(): void {
    this.#leaving.wake();
  }

  countLost(frames: number): void {
    this.#shared[Count.receiveLost] += frames;
  }

  countFailed(frames: number, bytes: number): void {
    this.#shared[Count.sendFailed] += frames;
    this.#shared[Count.sendFailedBytes] += bytes;
  }

  /** Nothing will arrive any more. */
  end(): void {
    this.publish();
    Atomics.store(this.#flags, 0, 1);
  }
}
