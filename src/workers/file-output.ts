// The engine's output, tied to capture files: one sink per port that sends, one for drops, one for punts,
// each opened by its first frame. A sink that fails is reported once; what comes after it is discarded, so
// that the engine ends its batch with whole books.
import type { Explanation, Output } from '../engine/output.ts';
import { dropReasons, puntReasons } from '../engine/reasons.ts';
import type { FrameSink } from '../io/device.ts';
import type { Destination } from './destination.ts';

const dropVerdicts = dropReasons.map((reason) => `dropped: ${reason.name}`);
const puntVerdicts = puntReasons.map((reason) => `punted: ${reason.name}`);

/** Takes everything and keeps nothing. */
const discard: FrameSink = {
  write() {},
  close() {},
};

export class FileOutput implements Output {
  /** The first error of any sink. */
  failure: unknown;
  private readonly destination: Destination;
  private readonly portNames: readonly string[];
  /** False when the format has no place for comments: none are composed then. */
  private readonly comments: boolean;
  private readonly ports: (FrameSink | undefined)[];
  private drops: FrameSink | undefined;
  private punts: FrameSink | undefined;
  private readonly opened: FrameSink[] = [];

  constructor(destination: Destination, portNames: readonly string[], comments: boolean) {
    this.destination = destination;
    this.portNames = portNames;
    this.comments = comments;
    this.ports = new Array<FrameSink | undefined>(portNames.length).fill(undefined);
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
      const comment = explanation === undefined || !this.comments ? undefined : explanation.steps.join(' / ');
      sink.write(bytes, start, captured, original, seconds, nanoseconds, comment);
    } catch (error) {
      this.fail(error);
    }
  }

  drop(
    reason: number,
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
      this.drops ??= this.keep(this.destination.openDrops());
      if (this.drops === discard) return;
      const comment = this.comments ? this.comment(port, dropVerdicts[reason], explanation) : undefined;
      this.drops.write(bytes, start, captured, original, seconds, nanoseconds, comment);
    } catch (error) {
      this.fail(error);
    }
  }

  punt(
    reason: number,
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
      this.punts ??= this.keep(this.destination.openPunts());
      if (this.punts === discard) return;
      const comment = this.comments ? this.comment(port, puntVerdicts[reason], explanation) : undefined;
      this.punts.write(bytes, start, captured, original, seconds, nanoseconds, comment);
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

  /** Even without an explanation a frame says where it came in and how it ended. */
  private comment(port: number, verdict: string | undefined, explanation: Explanation | undefined): string {
    if (explanation === undefined) return `${this.portNames[port]} / ${verdict}`;
    return explanation.steps.join(' / ');
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    this.ports.fill(discard);
    this.drops = discard;
    this.punts = discard;
  }
}

/** The engine's output when nothing is to be kept. */
export class NoOutput implements Output {
  transmit(): void {}
  drop(): void {}
  punt(): void {}
}
