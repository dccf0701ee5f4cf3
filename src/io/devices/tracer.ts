// Says one line for each frame that a device receives or sends, and no more than so many a second: what is left out is
// counted in a line of its own.
import type { Batch } from '../../wire/batch.ts';
import { read16 } from '../../wire/bytes.ts';
import { ethernetBytes, isTag, tagBytes, typeAt } from '../../wire/ethernet.ts';
import type { LiveDevice } from '../live-device.ts';
import { ArrivalClock } from './arrival-clock.ts';
import { Wrapper } from './wrapper.ts';

export interface TracerOptions {
  /** The port, as lines begin. */
  readonly name: string;
  readonly line: (text: string) => void;
  /** Default 100. */
  readonly linesPerSecondMax?: number;
  /** For tests: milliseconds. */
  readonly clock?: () => number;
}

const linesPerSecondDefault = 100;
/** So many bytes of a frame are shown. */
const shownBytes = 32;

/**
 * `core1 in 1764170000.123456789 98 bytes 0x8847 0200…`: direction, time since 1970, length on the wire, the EtherType behind
 * all tags, and the first 32 bytes.
 */
export class Tracer extends Wrapper {
  readonly #options: TracerOptions;
  readonly #linesMax: number;
  readonly #clock: () => number;
  readonly #time = new ArrivalClock();
  #secondBegan = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #leftOut = 0;

  constructor(inner: LiveDevice, options: TracerOptions) {
    super(inner);
    this.#options = options;
    this.#linesMax = options.linesPerSecondMax ?? linesPerSecondDefault;
    this.#clock = options.clock ?? (() => performance.now());
  }

  override receive(batch: Batch, port: number): number {
    const from = batch.count;
    const count = this.inner.receive(batch, port);
    this.#turn();
    for (let slot = from; slot < batch.count; slot++) {
      if (!this.#mayTell()) continue;
      const { bytes, start, captured, original, seconds, nanoseconds } = batch;
      this.#tell('in', bytes, start[slot], captured[slot], original[slot], seconds[slot], nanoseconds[slot]);
    }
    return count;
  }

  override send(bytes: Uint8Array, start: number, captured: number): boolean {
    const taken = this.inner.send(bytes, start, captured);
    if (this.#mayTell()) {
      this.#time.read();
      const { seconds, nanoseconds } = this.#time;
      this.#tell(taken ? 'out' : 'refused', bytes, start, captured, captured, seconds, nanoseconds);
    }
    return taken;
  }

  override flush(): void {
    this.inner.flush();
    this.#turn();
  }

  override close(): void {
    this.#sayLeftOut();
    this.inner.close();
  }

  /** A second is over: lines are allowed anew. */
  #turn(): void {
    const now = this.#clock();
    if (now - this.#secondBegan < 1000) return;
    this.#secondBegan = now;
    this.#lines = 0;
    this.#sayLeftOut();
  }

  #mayTell(): boolean {
    if (this.#lines < this.#linesMax) {
      this.#lines++;
      return true;
    }
    this.#leftOut++;
    return false;
  }

  #sayLeftOut(): void {
    if (this.#leftOut === 0) return;
    this.#options.line(`${this.#options.name}: ${this.#leftOut} frames not shown`);
    this.#leftOut = 0;
  }

  #tell(
    direction: string,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    const time = `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
    const shown = Buffer.from(bytes.subarray(start, start + Math.min(captured, shownBytes))).toString('hex');
    const type = typeText(bytes, start, captured);
    this.#options.line(`${this.#options.name} ${direction} ${time} ${original} bytes ${type} ${shown}`);
  }
}

function typeText(bytes: Uint8Array, start: number, captured: number): string {
  for (let at = typeAt; at + ethernetBytes - typeAt <= captured; at += tagBytes) {
    const type = read16(bytes, start + at);
    if (!isTag(type)) return `0x${type.toString(16).padStart(4, '0')}`;
  }
  return 'no type';
}
