// The books: float64 counters in shared memory, private to one forwarder and summed by whoever reads them.
// in + copied + made = out + punted + dropped + held, always.
import { dropReasons, puntReasons } from './reasons.ts';

/** Places in `totals`. */
export const Total = { copied: 0, made: 1, held: 2 } as const;

const totalCount = 3;

/** Bytes of the counters of a forwarder: four by port first, in the order of the class, then the others. */
export function counterBytes(ports: number): number {
  return (4 * ports + totalCount + dropReasons.length + puntReasons.length) * 8;
}

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

  /** Counters of their own, or at a place where `counterBytes(ports)` zeroed bytes are free. */
  constructor(ports: number, place?: { readonly buffer: SharedArrayBuffer; readonly offset: number }) {
    const { buffer, offset } = place ?? { buffer: new SharedArrayBuffer(counterBytes(ports)), offset: 0 };
    let next = offset;
    const array = (length: number) => {
      const at = next;
      next += length * 8;
      return new Float64Array(buffer, at, length);
    };
    this.inFrames = array(ports);
    this.inBytes = array(ports);
    this.outFrames = array(ports);
    this.outBytes = array(ports);
    this.totals = array(totalCount);
    this.drops = array(dropReasons.length);
    this.punts = array(puntReasons.length);
  }

  /** Adds everything to other books, and begins anew. */
  moveTo(other: Counters): void {
    move(this.inFrames, other.inFrames);
    move(this.inBytes, other.inBytes);
    move(this.outFrames, other.outFrames);
    move(this.outBytes, other.outBytes);
    move(this.totals, other.totals);
    move(this.drops, other.drops);
    move(this.punts, other.punts);
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

function move(from: Float64Array, to: Float64Array): void {
  for (let i = 0; i < from.length; i++) to[i] = (to[i] as number) + (from[i] as number);
  from.fill(0);
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
