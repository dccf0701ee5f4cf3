// Copies of frames that pass a forwarding thread, for a capture of the running router: devices are wrapped while it lasts, so
// that nothing is asked of any frame while there is none. What passes the filter goes by a ring to the main thread.
//
//   ring   port: slot   tag: kind (see `TapKind`) in the lower 8 bits, number of the reason above them
import { ArrivalClock } from '../../io/devices/arrival-clock.ts';
import type { FrameRing } from '../../io/devices/frame-ring.ts';
import { Wrapper } from '../../io/devices/wrapper.ts';
import type { LiveDevice } from '../../io/live-device.ts';
import type { IpPrefix } from '../../wire/address.ts';
import type { Batch } from '../../wire/batch.ts';
import type { Slot } from './messages.ts';
import { meetsAddress, meetsLabel } from './tap-filter.ts';

export const TapKind = { received: 0, sent: 1, dropped: 2, punted: 3 } as const;
export type TapKindName = keyof typeof TapKind;

/** Bytes of records of each ring to the main thread. */
export const tapDataBytes = 4 << 20;

/** A frame must pass all that is given. */
export interface TapFilter {
  readonly kinds: readonly TapKindName[];
  /** Empty: all. */
  readonly slots: readonly Slot[];
  /** Source or destination lies within, under whatever labels. */
  readonly prefix: IpPrefix | undefined;
  /** Stands anywhere in the stack. */
  readonly label: number | undefined;
  /** Of dropped and punted frames: numbers of their reasons. Others do not pass where one is given. */
  readonly drops: readonly number[] | undefined;
  readonly punts: readonly number[] | undefined;
  /** Longest piece of a frame that is kept, bytes. */
  readonly snapBytes: number;
}

export class Tap {
  readonly #ring: FrameRing;
  readonly #filter: TapFilter;
  readonly #clock = new ArrivalClock();

  constructor(ring: FrameRing, filter: TapFilter) {
    this.#ring = ring;
    this.#filter = filter;
  }

  wrap(device: LiveDevice, slot: Slot): LiveDevice {
    const { kinds, slots } = this.#filter;
    const isMeant = slots.length === 0 || slots.includes(slot);
    return isMeant && kinds.some((kind) => kind !== 'punted') ? new TappedDevice(device, slot, this) : device;
  }

  received(slot: Slot, batch: Batch, from: number): void {
    if (!this.#filter.kinds.includes('received') || this.#filter.drops || this.#filter.punts) return;
    const { bytes, start, captured, original, seconds, nanoseconds } = batch;
    for (let i = from; i < batch.count; i++) {
      this.#put(
        TapKind.received,
        slot,
        bytes,
        start[i] as number,
        captured[i] as number,
        original[i] as number,
        seconds[i] as number,
        nanoseconds[i] as number,
      );
    }
    this.#ring.publish();
  }

  sent(slot: Slot, bytes: Uint8Array, start: number, captured: number): void {
    if (!this.#filter.kinds.includes('sent') || this.#filter.drops || this.#filter.punts) return;
    this.#clock.read();
    this.#put(TapKind.sent, slot, bytes, start, captured, captured, this.#clock.seconds, this.#clock.nanoseconds);
  }

  /** A frame that met its end here. A `kind` of dropped or punted, and the number of its reason. */
  ended(
    kind: 'dropped' | 'punted',
    reason: number,
    slot: Slot,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
  ): void {
    const { kinds, slots, drops, punts } = this.#filter;
    if (!kinds.includes(kind) || (slots.length > 0 && !slots.includes(slot))) return;
    const wanted = kind === 'dropped' ? drops : punts;
    if ((drops !== undefined || punts !== undefined) && wanted?.includes(reason) !== true) return;
    this.#clock.read();
    const { seconds, nanoseconds } = this.#clock;
    this.#put(TapKind[kind] | (reason << 8), slot, bytes, start, captured, original, seconds, nanoseconds);
    this.#ring.publish();
  }

  /** Shows the reader what was put. */
  publish(): void {
    this.#ring.publish();
  }

  #put(
    tag: number,
    slot: Slot,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    const { label, prefix, snapBytes } = this.#filter;
    if (label !== undefined && !meetsLabel(bytes, start, captured, label)) return;
    if (prefix !== undefined && !meetsAddress(bytes, start, captured, prefix)) return;
    // A slot of -1 is a port that is gone.
    if (slot < 0) return;
    this.#ring.put(tag, slot, bytes, start, Math.min(captured, snapBytes), original, seconds, nanoseconds);
  }
}

/** The device of a port, and copies of what it receives and takes to send. */
class TappedDevice extends Wrapper {
  readonly #slot: Slot;
  readonly #tap: Tap;

  constructor(inner: LiveDevice, slot: Slot, tap: Tap) {
    super(inner);
    this.#slot = slot;
    this.#tap = tap;
  }

  override receive(batch: Batch, port: number): number {
    const from = batch.count;
    const count = this.inner.receive(batch, port);
    if (count > 0) this.#tap.received(this.#slot, batch, from);
    return count;
  }

  override send(bytes: Uint8Array, start: number, captured: number): boolean {
    const taken = this.inner.send(bytes, start, captured);
    if (taken) this.#tap.sent(this.#slot, bytes, start, captured);
    return taken;
  }

  override flush(): void {
    this.inner.flush();
    this.#tap.publish();
  }
}
