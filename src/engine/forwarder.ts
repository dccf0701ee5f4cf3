// The two-speed engine: whole batches in, every frame of them sent, punted or dropped, in order of arrival.
import type { Tables } from '../tables/tables.ts';
import type { Batch } from '../wire/batch.ts';
import { Counters } from './counters.ts';
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
  readonly #slow: SlowPath;
  #number = 0;

  constructor(tables: Tables, output: Output, options: ForwarderOptions = {}) {
    this.counters = new Counters(tables.interfaces.portCount);
    this.#slow = new SlowPath(tables, output, this.counters, options.explain);
  }

  /** Treats every frame of the batch. Its bytes may change; the caller clears it. */
  process(batch: Batch): void {
    for (let slot = 0; slot < batch.count; slot++) {
      this.#countIn(batch, slot);
      this.#slow.process(batch, slot, ++this.#number);
    }
  }

  #countIn(batch: Batch, slot: number): void {
    const { inFrames, inBytes } = this.counters;
    const port = batch.port[slot] as number;
    inFrames[port] = (inFrames[port] as number) + 1;
    inBytes[port] = (inBytes[port] as number) + (batch.original[slot] as number);
  }

  /** The end of the input: frames that still wait for a neighbour are dropped. */
  finish(): void {
    this.#slow.finish();
  }
}
