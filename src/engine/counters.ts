// The books: float64 counters in shared memory, private to one forwarder and summed by whoever reads them.
// in + copied + made = out + punted + dropped + held, always.
import { dropReasons, puntReasons } from './reasons.ts';

/** Places in `totals`. */
export const Total = { copied: 0, made: 1, held: 2 } as const;

export class Counters {
  readonly totals: Float64Array;
  /** By port; sub-interfaces are counted with their port. Bytes are original lengths of whole frames. */
  readonly inFrames: Float64Array;
  readonly inBytes: Float64Array;
  readonly outFrames: Float64Array;
  readonly outBytes: Float64Array;
  /** By number of reason. */
  readonly drops: Float64Array;
  readonly punts: Float64Array;

  constructor(ports: number) {
    const array = (length: number) => new Float64Array(new SharedArrayBuffer(length * 8));
    this.totals = array(3);
    this.inFrames = array(ports);
    this.inBytes = array(ports);
    this.outFrames = array(ports);
    this.outBytes = array(ports);
    this.drops = array(dropReasons.length);
    this.punts = array(puntReasons.length);
  }

  get framesIn(): number {
    return sum(this.inFrames);
  }

  get framesOut(): number {
    return sum(this.outFrames);
  }

  get dropped(): number {
    return sum(this.drops);
  }

  get punted(): number {
    return sum(this.punts);
  }

  get copied(): number {
    return this.totals[Total.copied] as number;
  }

  get made(): number {
    return this.totals[Total.made] as number;
  }

  /** Frames that wait for a neighbour. */
  get held(): number {
    return this.totals[Total.held] as number;
  }

  get balanced(): boolean {
    return this.framesIn + this.copied + this.made === this.framesOut + this.punted + this.dropped + this.held;
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
