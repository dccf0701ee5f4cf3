// A wrapper: whatever passes through the source is also written to a sink, as it arrived. Put a PcapWriter behind a
// live device to see later what it received.
import type { Batch } from '../wire/batch.ts';
import type { FrameSink, FrameSource } from './device.ts';

export class RecordingSource implements FrameSource {
  readonly #source: FrameSource;
  readonly #sink: FrameSink;

  constructor(source: FrameSource, sink: FrameSink) {
    this.#source = source;
    this.#sink = sink;
  }

  fill(batch: Batch): number | Promise<number> {
    const from = batch.count;
    const added = this.#source.fill(batch);
    return typeof added === 'number'
      ? this.#record(batch, from, added)
      : added.then((count) => this.#record(batch, from, count));
  }

  async close(): Promise<void> {
    await this.#source.close();
    await this.#sink.close();
  }

  #record(batch: Batch, from: number, added: number): number {
    const { bytes, start, captured, original, seconds, nanoseconds } = batch;
    for (let slot = from; slot < batch.count; slot++) {
      this.#sink.write(bytes, start[slot], captured[slot], original[slot], seconds[slot], nanoseconds[slot]);
    }
    return added;
  }
}
