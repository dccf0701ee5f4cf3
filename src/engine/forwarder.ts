// The two-speed engine: whole batches in, every frame of them sent, punted or dropped, in order of arrival.
import type { Tables } from '../tables/tables.ts';
import type { Batch } from '../wire/batch.ts';
import { Counters } from './counters.ts';
import { createFastPath, type FastPath, Verdict } from './fast/fast.ts';
import type { Output } from './output.ts';
import { SlowPath } from './slow/slow.ts';
import type { Names } from './slow/story.ts';

export interface ForwarderOptions {
  /** Explain every frame; all go the slow path then. */
  readonly explain?: Names;
  /** For tests: no frame takes the fast path. */
  readonly slowOnly?: boolean;
}

export class Forwarder {
  readonly counters: Counters;
  readonly #output: Output;
  readonly #slow: SlowPath;
  readonly #tables: Tables;
  readonly #slowOnly: boolean;
  /** Made for one batch, whose arrays it holds as constants: a caller that keeps to one batch pays once. */
  #fast: FastPath | undefined;
  #batch: Batch | undefined;
  /** Frames that have arrived so far. */
  #arrived = 0;

  constructor(tables: Tables, output: Output, options: ForwarderOptions = {}) {
    this.counters = new Counters(tables.interfaces.portCount);
    this.#output = output;
    this.#slow = new SlowPath(tables, output, this.counters, options.explain);
    this.#tables = tables;
    this.#slowOnly = options.slowOnly === true || options.explain !== undefined;
  }

  /** Treats every frame of the batch. Its bytes, starts and lengths may change; the caller clears it. */
  process(batch: Batch): void {
    if (batch !== this.#batch && !this.#slowOnly) {
      this.#fast = createFastPath(this.#tables, this.counters, batch);
      this.#batch = batch;
    }
    this.#countIn(batch);
    for (let from = 0; from < batch.count; ) {
      const to = this.#fast === undefined ? batch.count : this.#fast.run(from);
      this.#hand(batch, from, to);
      from = to;
    }
    this.#arrived += batch.count;
  }

  #countIn(batch: Batch): void {
    const { inFrames, inBytes } = this.counters;
    const { port, original, count } = batch;
    for (let slot = 0; slot < count; slot++) {
      const index = port[slot] as number;
      inFrames[index] = (inFrames[index] as number) + 1;
      inBytes[index] = (inBytes[index] as number) + (original[slot] as number);
    }
  }

  /** Hands out what the fast path has done, and gives the slow path the rest, in order. */
  #hand(batch: Batch, from: number, to: number): void {
    const output = this.#output;
    const { bytes, start, captured, original, seconds, nanoseconds } = batch;
    for (let slot = from; slot < to; slot++) {
      if (this.#fast === undefined || this.#fast.verdict[slot] !== Verdict.sent) {
        this.#slow.process(batch, slot, this.#arrived + slot + 1);
        continue;
      }
      output.transmit(
        this.#fast.egress[slot] as number,
        bytes,
        start[slot] as number,
        captured[slot] as number,
        original[slot] as number,
        seconds[slot] as number,
        nanoseconds[slot] as number,
        undefined,
      );
    }
  }

  /** The end of the input: frames that still wait for a neighbour are dropped. */
  finish(): void {
    this.#slow.finish();
  }
}
