// Two ports joined as by a cable, in one thread or across two: a ring of frames for each direction.
import type { Batch } from '../../wire/batch.ts';
import { type DeviceCounts, type LiveDevice, noCounts } from '../live-device.ts';
import { ArrivalClock } from './arrival-clock.ts';
import { FrameRing, frameRingBytes } from './frame-ring.ts';

/** What both ends are opened from; may be posted to another thread. */
export interface LoopbackShare {
  readonly buffer: SharedArrayBuffer;
  /** Of each direction. */
  readonly dataBytes: number;
}

const dataBytesDefault = 1 << 20;

/** Memory for a cable. `dataBytes`: see `FrameRing`. */
export function shareLoopback(dataBytes = dataBytesDefault): LoopbackShare {
  return { buffer: new SharedArrayBuffer(2 * frameRingBytes(dataBytes)), dataBytes };
}

/** Both ends, for one thread. */
export function openLoopback(dataBytes = dataBytesDefault): [LoopbackDevice, LoopbackDevice] {
  const share = shareLoopback(dataBytes);
  return [new LoopbackDevice(share, 0), new LoopbackDevice(share, 1)];
}

export class LoopbackDevice implements LiveDevice {
  readonly descriptor = -1;
  readonly ended = false;
  readonly #arriving: FrameRing;
  readonly #leaving: FrameRing;
  readonly #clock = new ArrivalClock();
  readonly #counts = noCounts();
  #isClosed = false;

  /** One of the two ends; each is opened once. */
  constructor({ buffer, dataBytes }: LoopbackShare, end: 0 | 1) {
    const offset = frameRingBytes(dataBytes);
    this.#leaving = new FrameRing(buffer, end * offset, dataBytes);
    this.#arriving = new FrameRing(buffer, (1 - end) * offset, dataBytes);
  }

  receive(batch: Batch, port: number): number {
    if (this.#isClosed) return 0;
    const from = batch.count;
    const count = this.#arriving.take(batch);
    if (count === 0) return 0;
    this.#arriving.release();
    this.#clock.read();
    batch.port.fill(port, from, batch.count);
    batch.seconds.fill(this.#clock.seconds, from, batch.count);
    batch.nanoseconds.fill(this.#clock.nanoseconds, from, batch.count);
    return count;
  }

  send(bytes: Uint8Array, start: number, captured: number): boolean {
    if (this.#isClosed) return false;
    if (captured > this.#leaving.frameBytesMax) {
      this.#counts.sendFailed++;
      this.#counts.sendFailedBytes += captured;
      return true;
    }
    return this.#leaving.put(0, 0, bytes, start, captured, captured, 0, 0);
  }

  /** What lies on the cable is sent, whether somebody takes it or not. */
  flush(): void {
    if (this.#isClosed || this.#leaving.unpublished === 0) return;
    this.#leaving.publish();
    this.#leaving.wake();
  }

  get pending(): number {
    return this.#isClosed ? 0 : this.#leaving.unpublished;
  }

  readCounts(): DeviceCounts {
    return this.#counts;
  }

  close(): void {
    this.#isClosed = true;
  }
}
