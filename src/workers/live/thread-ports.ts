// The devices that one forwarding thread has open: by slot, which lasts as long as the run, and by port of the tables
// that it forwards by at present.
import type { Counters } from '../../engine/counters.ts';
import { Drop } from '../../engine/reasons.ts';
import type { LiveDevice } from '../../io/live-device.ts';
import type { Slot } from './messages.ts';
import type { Tap } from './tap.ts';
import type { ThreadBoard } from './thread-board.ts';

interface OpenPort {
  readonly slot: Slot;
  readonly device: LiveDevice;
  /** Failures that the books know of already. */
  failedBefore: number;
  failedBytesBefore: number;
  endTold: boolean;
}

export class ThreadPorts {
  /** By port of the tables: where its frames leave. Undefined: this thread has no device for it. */
  readonly byPort: (LiveDevice | undefined)[] = [];
  /** Ports that have a device here, and these devices, side by side: what the loop goes through. */
  readonly ports: number[] = [];
  readonly devices: LiveDevice[] = [];
  readonly #thread: number;
  readonly #board: ThreadBoard;
  readonly #open = new Map<Slot, OpenPort>();
  #slots: readonly Slot[] = [];
  #tap: Tap | undefined;

  constructor(thread: number, board: ThreadBoard) {
    this.#thread = thread;
    this.#board = board;
  }

  /** Other tables: their ports are these slots. */
  use(slots: readonly Slot[]): void {
    this.#slots = slots;
    this.#arrange();
  }

  /** While frames are captured: what takes copies of them. */
  get tap(): Tap | undefined {
    return this.#tap;
  }

  set tap(tap: Tap | undefined) {
    this.#tap = tap;
    this.#arrange();
  }

  /** The port of the present tables that has the slot, or -1. */
  portOf(slot: Slot): number {
    return this.#slots.indexOf(slot);
  }

  slotOf(port: number): Slot {
    return this.#slots[port];
  }

  get(slot: Slot): LiveDevice | undefined {
    return this.#open.get(slot)?.device;
  }

  add(slot: Slot, device: LiveDevice): void {
    this.#open.set(slot, { slot, device, failedBefore: 0, failedBytesBefore: 0, endTold: false });
    this.#arrange();
  }

  /** Closes the slot's device, if there is one. What was taken and not sent has failed. */
  remove(slot: Slot, counters: Counters): void {
    const open = this.#open.get(slot);
    if (open === undefined) return;
    open.device.close();
    this.#settle(open, counters);
    this.#open.delete(slot);
    this.#arrange();
  }

  /** Puts the books right for what devices have taken and could not send, and shows everybody what they have counted. */
  settle(counters: Counters): void {
    for (const open of this.#open.values()) this.#settle(open, counters);
  }

  /** Slots whose devices have ended since this was last asked. */
  takeEnded(): Slot[] {
    const ended = [...this.#open.values()].filter((open) => open.device.ended && !open.endTold);
    for (const open of ended) open.endTold = true;
    return ended.map((open) => open.slot);
  }

  flush(): void {
    for (const device of this.devices) if (device.pending > 0) device.flush();
  }

  /** Frames that devices have taken and not sent. */
  get pending(): number {
    return this.devices.reduce((sum, device) => sum + device.pending, 0);
  }

  close(counters: Counters): void {
    for (const slot of [...this.#open.keys()]) this.remove(slot, counters);
  }

  #arrange(): void {
    this.byPort.length = 0;
    this.ports.length = 0;
    this.devices.length = 0;
    this.#slots.forEach((slot, port) => {
      const own = this.get(slot);
      const device = own && this.#tap ? this.#tap.wrap(own, slot) : own;
      this.byPort.push(device);
      if (device === undefined) return;
      this.ports.push(port);
      this.devices.push(device);
    });
  }

  #settle(open: OpenPort, counters: Counters): void {
    const counts = open.device.readCounts();
    this.#board.writeCounts(this.#thread, open.slot, counts);
    const port = this.portOf(open.slot);
    const frames = counts.sendFailed - open.failedBefore;
    if (frames === 0 || port < 0) return;
    counters.outFrames[port] -= frames;
    counters.outBytes[port] -= counts.sendFailedBytes - open.failedBytesBefore;
    counters.drops[Drop['tx-failed']] += frames;
    open.failedBefore = counts.sendFailed;
    open.failedBytesBefore = counts.sendFailedBytes;
  }
}
