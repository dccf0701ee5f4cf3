// The plane of a router that runs: what `RouterPlane` asks for, from its forwarding threads.
import { Batch } from '../../wire/batch.ts';
import type { LiveTap } from '../../workers/live/live-router.ts';
import { TapKind, type TapKindName } from '../../workers/live/tap.ts';
import type { AdapterView } from '../adapter.ts';
import type { RunningRouter } from '../running-router.ts';
import type { CaptureFilter, FrameTap, MacPlace, RouterEvent, RouterPlane, TappedFrame } from './service.ts';

const kindNames = Object.keys(TapKind) as TapKindName[];

/** Reads the rings of all threads, one after the other, each a batch at a time. */
class RingTap implements FrameTap {
  readonly #tap: LiveTap;
  readonly #batch = new Batch();

  constructor(tap: LiveTap) {
    this.#tap = tap;
  }

  read(sink: (frame: TappedFrame) => boolean): void {
    const batch = this.#batch;
    for (const [thread, ring] of this.#tap.rings.entries()) {
      batch.clear();
      while (ring.take(batch) > 0) {
        const { bytes } = batch;
        for (let slot = 0; slot < batch.count; slot++) {
          const tag = ring.readTag(slot);
          const frame: TappedFrame = {
            kind: kindNames[tag & 0xff] as TapKindName,
            port: this.#tap.portName(batch.port[slot] as number),
            reason: tag >>> 8,
            thread,
            bytes,
            start: batch.start[slot] as number,
            captured: batch.captured[slot] as number,
            original: batch.original[slot] as number,
            seconds: batch.seconds[slot] as number,
            nanoseconds: batch.nanoseconds[slot] as number,
          };
          // What is left of the batch is given up: the sink has had its fill.
          if (!sink(frame)) return ring.release();
        }
        ring.release();
        batch.clear();
      }
    }
  }

  get lost(): number {
    return this.#tap.rings.reduce((sum, ring) => sum + ring.refused, 0);
  }

  stop(): Promise<void> {
    return this.#tap.stop();
  }
}

export class RunningPlane implements RouterPlane {
  readonly #router: RunningRouter;
  readonly #adapters: () => readonly AdapterView[];

  constructor(router: RunningRouter, adapters: () => readonly AdapterView[] = () => []) {
    this.#router = router;
    this.#adapters = adapters;
  }

  ports() {
    return this.#router.ports();
  }

  summary() {
    return this.#router.summary();
  }

  controlCounts() {
    return this.#router.controlCounts();
  }

  heartbeats(): number[] {
    return this.#router.heartbeats();
  }

  forwarding() {
    return this.#router.image;
  }

  accounts() {
    return this.#router.control.book;
  }

  tableBytes(): number {
    return this.#router.image.tables.memory.used;
  }

  adapters() {
    return this.#adapters();
  }

  flushMacs(place: MacPlace): Promise<number> {
    return this.#router.flushMacs(place);
  }

  watch(listener: (event: RouterEvent) => void): () => void {
    return this.#router.watch(listener);
  }

  async capture({ ports, ...filter }: CaptureFilter): Promise<FrameTap | undefined> {
    const tap = await this.#router.tap(filter, ports);
    return tap && new RingTap(tap);
  }
}
