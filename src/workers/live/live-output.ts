// Where frames go in a live run: to the devices of their ports, and what is for the router itself to control ports. The
// engine has counted a frame as sent when it comes here; one for which its port has no room is counted otherwise.
import type { Counters } from '../../engine/counters.ts';
import type { Output } from '../../engine/output.ts';
import { Drop } from '../../engine/reasons.ts';
import type { LiveDevice } from '../../io/live-device.ts';
import type { Batch } from '../../wire/batch.ts';
import type { ThreadPorts } from './thread-ports.ts';

/** Takes a frame that was counted as sent back out of the books, and drops it for this reason. */
export function unsend(counters: Counters, port: number, original: number, reason: number): void {
  counters.outFrames[port]--;
  counters.outBytes[port] -= original;
  counters.drops[reason]++;
}

export class LiveOutput implements Output {
  /** By interface of the tables. */
  controls: readonly (LiveDevice | undefined)[] = [];
  readonly #ports: ThreadPorts;
  /** Those of the forwarder that sends by this output. */
  counters: Counters | undefined;

  constructor(ports: ThreadPorts) {
    this.#ports = ports;
  }

  transmit(port: number, bytes: Uint8Array, start: number, captured: number, original: number): void {
    const device = this.#ports.byPort[port];
    if (device?.send(bytes, start, captured)) return;
    if (this.counters === undefined) return;
    const reason = device === undefined ? Drop['tx-failed'] : Drop['tx-full'];
    unsend(this.counters, port, original, reason);
    this.#ports.tap?.ended('dropped', reason, this.#ports.slotOf(port), bytes, start, captured, original);
  }

  transmitRun(batch: Batch, from: number, to: number): void {
    const { bytes, start, captured, original, egress } = batch;
    for (let slot = from; slot < to; slot++) {
      this.transmit(egress[slot] - 1, bytes, start[slot], captured[slot], original[slot]);
    }
  }

  drop(reason: number, port: number, bytes: Uint8Array, start: number, captured: number, original: number): void {
    this.#ports.tap?.ended('dropped', reason, this.#ports.slotOf(port), bytes, start, captured, original);
  }

  punt(reason: number, port: number, bytes: Uint8Array, start: number, captured: number, original: number): void {
    this.#ports.tap?.ended('punted', reason, this.#ports.slotOf(port), bytes, start, captured, original);
  }

  /** What a full control port does not take is counted there; the frame is punted all the same. */
  deliver(interfaceIndex: number, bytes: Uint8Array, start: number, length: number): void {
    this.controls[interfaceIndex]?.send(bytes, start, length);
  }
}
