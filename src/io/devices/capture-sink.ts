// What leaves a port, written to a capture with the time at which it left. A full disk is not the router's end: see
// capture-log.ts.
import { type DeviceCounts, noCounts } from '../live-device.ts';
import { ArrivalClock } from './arrival-clock.ts';
import { CaptureLog, type CaptureLogOptions } from './capture-log.ts';
import type { SendingHalf } from './halves.ts';

export type CaptureSinkOptions = Omit<CaptureLogOptions, 'interfaces' | 'retries'> & {
  /** The port, for a pcapng. */
  readonly name: string;
};

export class CaptureSink implements SendingHalf {
  readonly #log: CaptureLog;
  readonly #clock = new ArrivalClock();
  readonly #counts = noCounts();
  /** The time is read for the first frame of a batch. */
  #isTimed = false;

  /** Creates or empties the file. Throws ShimlineError IO. */
  constructor({ name, ...options }: CaptureSinkOptions) {
    this.#log = new CaptureLog({ ...options, interfaces: [name], retries: true });
  }

  send(bytes: Uint8Array, start: number, captured: number): boolean {
    if (!this.#isTimed) this.#clock.read();
    this.#isTimed = true;
    this.#log.append(0, bytes, start, captured, captured, this.#clock.seconds, this.#clock.nanoseconds);
    return true;
  }

  flush(): void {
    this.#isTimed = false;
    this.#log.flush();
  }

  get pending(): number {
    return this.#log.held;
  }

  readCounts(): DeviceCounts {
    this.#counts.sendFailed = this.#log.failed;
    this.#counts.sendFailedBytes = this.#log.failedBytes;
    return this.#counts;
  }

  close(): void {
    this.#log.close();
  }
}
