// The engine's output, tied to capture files: one sink per port that sends, one for drops, one for punts,
// each opened by its first frame. A sink that fails is reported once; what comes after it is discarded, so
// that the engine ends its batch with whole books.
import { type Explanation, type Output, transmitEach } from '../engine/output.ts';
import type { FrameSink } from '../io/device.ts';
import type { SinkTable } from '../io/sink-table.ts';
import type { Batch } from '../wire/batch.ts';
import type { Destination } from './destination.ts';

/** Takes everything and keeps nothing. */
const discard: FrameSink = {
  write() {},
  close() {},
};

export class FileOutput implements Output {
  /** The first error of any sink. */
  failure: unknown;
  private readonly destination: Destination;
  /** Whether explanations go into the files, as comments. */
  private readonly comments: boolean;
  private readonly ports: (FrameSink | undefined)[];
  private drops: FrameSink | undefined;
  private punts: FrameSink | undefined;
  private readonly opened: FrameSink[] = [];

  /** The table of the destination's buffers, by which runs of frames are written at once. */
  private readonly sinks: SinkTable | undefined;

  constructor(destination: Destination, portCount: number, comments: boolean, sinks?: SinkTable) {
    this.sinks = sinks;
    this.destination = destination;
    this.comments = comments;
    this.ports = new Array<FrameSink | undefined>(portCount).fill(undefined);
  }

  transmit(
    port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void {
    try {
      const sink = this.ports[port] ?? this.openPort(port);
      sink.write(bytes, start, captured, original, seconds, nanoseconds, this.comment(explanation));
    } catch (error) {
      this.fail(error);
    }
  }

  transmitRun(batch: Batch, from: number, to: number): void {
    const { sinks } = this;
    if (sinks === undefined || !sinks.reaches(batch)) return transmitEach(this, batch, from, to);
    for (let slot = from; slot < to; slot++) {
      slot = sinks.write(batch, slot, to);
      // A port's first frame, a full buffer, a port that is written some other way.
      if (slot < to) transmitEach(this, batch, slot, slot + 1);
    }
  }

  /** Records of frames that leave by the port, put together by somebody else in the format of its file. */
  writeRecords(port: number, bytes: Uint8Array, from: number, to: number): void {
    try {
      const sink = this.ports[port] ?? this.openPort(port);
      sink.writeRecords?.(bytes, from, to);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whether a frame has left by the port. */
  isOpen(port: number): boolean {
    return this.ports[port] !== undefined;
  }

  drop(
    _reason: number,
    _port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void {
    try {
      this.drops ??= this.keep(this.destination.openDrops());
      this.drops.write(bytes, start, captured, original, seconds, nanoseconds, this.comment(explanation));
    } catch (error) {
      this.fail(error);
    }
  }

  punt(
    _reason: number,
    _port: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    original: number,
    seconds: number,
    nanoseconds: number,
    explanation: Explanation | undefined,
  ): void {
    try {
      this.punts ??= this.keep(this.destination.openPunts());
      this.punts.write(bytes, start, captured, original, seconds, nanoseconds, this.comment(explanation));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Writes out what is buffered and closes every sink, each in spite of the others' errors. */
  async close(): Promise<void> {
    for (const sink of [...this.opened, this.destination]) {
      try {
        await sink.close();
      } catch (error) {
        this.failure ??= error;
      }
    }
    this.opened.length = 0;
  }

  private openPort(port: number): FrameSink {
    const sink = this.keep(this.destination.openPort(port));
    this.ports[port] = sink;
    return sink;
  }

  private keep(sink: FrameSink | undefined): FrameSink {
    if (sink === undefined) return discard;
    this.opened.push(sink);
    return sink;
  }

  private comment(explanation: Explanation | undefined): string | undefined {
    return explanation === undefined || !this.comments ? undefined : explanation.steps.join(' / ');
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    this.sinks?.close();
    this.ports.fill(discard);
    this.drops = discard;
    this.punts = discard;
  }
}

/** The engine's output when nothing is to be kept. */
export class NoOutput implements Output {
  transmit(): void {}
  transmitRun(): void {}
  drop(): void {}
  punt(): void {}
}
