// A device whose frames also go to a capture, those that it receives, those that it sends, or both. Where the capture cannot
// be written any more it ends, with one line; the device goes on.
import type { Batch } from '../../wire/batch.ts';
import type { LiveDevice } from '../live-device.ts';
import { ArrivalClock } from './arrival-clock.ts';
import { CaptureLog, type CaptureLogOptions } from './capture-log.ts';
import { Wrapper } from './wrapper.ts';

export type CaptureWriterOptions = Omit<CaptureLogOptions, 'interfaces' | 'retries'> & {
  /** The port: a pcapng has the interfaces `NAME in` and `NAME out`. */
  readonly name: string;
  /** Default: both. */
  readonly directions?: 'in' | 'out' | 'both';
};

const inId = 0;
const outId = 1;

export class CaptureWriter extends Wrapper {
  readonly #log: CaptureLog;
  readonly #hasIn: boolean;
  readonly #hasOut: boolean;
  readonly #clock = new ArrivalClock();
  #isTimed = false;

  /** Creates or empties the file. Throws ShimlineError IO. */
  constructor(inner: LiveDevice, options: CaptureWriterOptions) {
    const { name, directions = 'both', ...rest } = options;
    super(inner);
    this.#hasIn = directions !== 'out';
    this.#hasOut = directions !== 'in';
    this.#log = new CaptureLog({ ...rest, interfaces: [`${name} in`, `${name} out`], retries: false });
  }

  /** Frames that are not in the capture though they should be. */
  get missing(): number {
    return this.#log.failed;
  }

  override receive(batch: Batch, port: number): number {
    const from = batch.count;
    const count = this.inner.receive(batch, port);
    if (this.#hasIn) {
      const { bytes, start, captured, original, seconds, nanoseconds } = batch;
      for (let slot = from; slot < batch.count; slot++) {
        const begin = start[slot];
        this.#log.append(inId, bytes, begin, captured[slot], original[slot], seconds[slot], nanoseconds[slot]);
      }
    }
    this.#log.flush();
    return count;
  }

  override send(bytes: Uint8Array, start: number, captured: number): boolean {
    const taken = this.inner.send(bytes, start, captured);
    if (taken && this.#hasOut) {
      if (!this.#isTimed) this.#clock.read();
      this.#isTimed = true;
      this.#log.append(outId, bytes, start, captured, captured, this.#clock.seconds, this.#clock.nanoseconds);
    }
    return taken;
  }

  override flush(): void {
    this.inner.flush();
    this.#isTimed = false;
    this.#log.flush();
  }

  override close(): void {
    this.inner.close();
    this.#log.close();
  }
}
