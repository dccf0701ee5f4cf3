// A forwarder without a slow path: what the fast path leaves goes by a ring to the lead. So that frames between two
// hosts keep their order, those that follow one that is on this detour, and are ready to leave, take it too until the
// lead has done with it. That is judged a frame at a time only while something is on its way.
//
//   ring to the lead: tag 0: an arriving frame of the slot `port`, for the slow path
//                     tag s + 1: a frame that is ready to leave by slot s
import { type AccountPass, Accounts, createAccountPass } from '../../engine/accounts.ts';
import type { Counters } from '../../engine/counters.ts';
import type { FastPath } from '../../engine/fast/fast.ts';
import { openFastPath } from '../../engine/fast/kernels.ts';
import { type ForwarderPlace, newBatch, newCounters } from '../../engine/forwarder-memory.ts';
import { Drop } from '../../engine/reasons.ts';
import type { FrameRing } from '../../io/devices/frame-ring.ts';
import type { Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import { flowKey } from './flow-key.ts';
import { LiveOutput, unsend } from './live-output.ts';
import type { ThreadPorts } from './thread-ports.ts';

/** Flows told apart while frames are on the detour; a power of two. */
const flowSlots = 4096;

/** For an arriving frame that is left to the slow path. */
export const leftTag = 0;

export class Follower {
  readonly counters: Counters;
  readonly batch: Batch;
  readonly #tables: Tables;
  readonly #reader: number;
  readonly #fast: FastPath;
  readonly #accounting: AccountPass | undefined;
  readonly #output: LiveOutput;
  readonly #ports: ThreadPorts;
  readonly #ring: FrameRing;
  /** By flow: the ring's count of frames written when its last one was. */
  readonly #detours = new Int32Array(flowSlots);

  constructor(tables: Tables, place: ForwarderPlace, ports: ThreadPorts, ring: FrameRing) {
    this.#tables = tables;
    this.#reader = place.reader;
    this.counters = newCounters(tables, place);
    this.batch = newBatch(tables, place);
    this.#fast = openFastPath(tables, this.counters, this.batch);
    this.#accounting =
      place.accounts &&
      createAccountPass(new Accounts(tables, place.accounts.hasLookups, place.accounts.buffer), this.batch);
    this.#ports = ports;
    this.#output = new LiveOutput(ports);
    this.#output.counters = this.counters;
    this.#ring = ring;
    tables.generations.online(this.#reader);
  }

  /** Treats what is in `batch`; the caller clears it. */
  process(): void {
    this.#tables.generations.pass(this.#reader);
    const { count } = this.batch;
    this.#accounting?.begin(count);
    for (let from = 0; from < count; ) {
      const to = this.#fast.run(from, count);
      this.#accounting?.count(from, to);
      this.#hand(from, to);
      from = to;
    }
    this.#ring.publish();
  }

  asleep(): void {
    this.#tables.generations.offline(this.#reader);
  }

  awake(): void {
    this.#tables.generations.online(this.#reader);
  }

  #hand(from: number, to: number): void {
    const { slow, slowCount } = this.#fast;
    let next = from;
    for (let i = 0; i < slowCount; i++) {
      const slot = slow[i];
      if (slot > next) this.#sendRun(next, slot);
      this.#leave(slot);
      next = slot + 1;
    }
    if (to > next) this.#sendRun(next, to);
  }

  #leave(slot: number): void {
    const { port, bytes, start, captured, original } = this.batch;
    const portSlot = this.#ports.slotOf(port[slot]);
    if (this.#detour(leftTag, portSlot, slot, original[slot])) return;
    const reason = Drop['slow-full'];
    this.counters.drops[reason]++;
    this.#ports.tap?.ended('dropped', reason, portSlot, bytes, start[slot], captured[slot], original[slot]);
  }

  /** Puts the frame into the ring; false when it is full. */
  #detour(tag: number, portSlot: number, slot: number, original: number): boolean {
    const { bytes, start, captured, seconds, nanoseconds } = this.batch;
    const put = this.#ring.put(
      tag,
      portSlot,
      bytes,
      start[slot],
      captured[slot],
      original,
      seconds[slot],
      nanoseconds[slot],
    );
    if (!put) return false;
    this.#detours[flowKey(bytes, start[slot], captured[slot]) & (flowSlots - 1)] = this.#ring.written;
    return true;
  }

  #sendRun(from: number, to: number): void {
    const { released } = this.#ring;
    const underWay = released !== this.#ring.written;
    const { bytes, start, captured, original, egress } = this.batch;
    const { byPort } = this.#ports;
    for (let slot = from; slot < to; slot++) {
      const port = egress[slot] - 1;
      if (byPort[port] !== undefined) {
        if (!underWay || !this.#follows(flowKey(bytes, start[slot], captured[slot]), released)) {
          this.#output.transmit(port, bytes, start[slot], captured[slot], original[slot]);
          continue;
        }
      }
      const portSlot = this.#ports.slotOf(port);
      if (this.#detour(portSlot + 1, portSlot, slot, original[slot])) continue;
      unsend(this.counters, port, original[slot], Drop['tx-full']);
    }
  }

  /** Whether a frame of the flow is still on the detour. */
  #follows(key: number, released: number): boolean {
    return ((this.#detours[key & (flowSlots - 1)] - released) | 0) > 0;
  }
}
