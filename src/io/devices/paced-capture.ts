// A capture that is played into a live run: each frame when it is due by the pace, as if it arrived now. Due times are
// reckoned from the start, never from the frame before, so that nothing drifts; a frame that is late is given at once and
// moves nothing behind it. One batch is played while the next is read, so that `receive` never waits for a file.
import { Batch } from '../../wire/batch.ts';
import type { FrameSource } from '../device.ts';
import { type DeviceCounts, noCounts, type Pace } from '../live-device.ts';
import { openInputs } from '../merged-source.ts';
import { ArrivalClock } from './arrival-clock.ts';
import { appendFrame } from './frame-copy.ts';
import type { ReceivingHalf } from './halves.ts';

export interface PacedOptions {
  readonly pace: Pace;
  /** Hears in one line of damage, where the capture ends before its time; it names the file and the offset. */
  readonly report: (line: string) => void;
  /** Milliseconds from any moment, with fractions. For tests; by default the process's steady clock. */
  readonly clock?: () => number;
}

/** While frames are being read and none is at hand. */
const readingMilliseconds = 1;

/** `spec`: `FILE` or `FILE#N`. Throws USAGE and IO errors; damage inside is reported when playing reaches it. */
export async function openPacedCapture(spec: string, options: PacedOptions): Promise<PacedCapture> {
  return new PacedCapture(await openInputs([{ port: 0, spec }]), options);
}

export class PacedCapture implements ReceivingHalf {
  readonly descriptor = -1;
  readonly #source: FrameSource;
  readonly #pace: Pace;
  readonly #report: (line: string) => void;
  readonly #clock: () => number;
  readonly #arrival = new ArrivalClock();
  readonly #counts = noCounts();
  #playing = new Batch();
  #next = 0;
  #ahead = new Batch();
  #isReading = false;
  #isReadToEnd = false;
  #failure: unknown;
  #isClosed = false;
  /** When the first frame was given; what is due is reckoned from here. */
  #startMilliseconds: number | undefined;
  #firstSeconds = 0;
  #firstNanoseconds = 0;
  #played = 0;

  constructor(source: FrameSource, options: PacedOptions) {
    this.#source = source;
    this.#pace = options.pace;
    this.#report = options.report;
    this.#clock = options.clock ?? (() => performance.now());
    this.#readAhead();
  }

  receive(batch: Batch, port: number): number {
    let count = 0;
    let now = Number.NaN;
    while (this.#isAtHand()) {
      if (count === 0) {
        now = this.#clock();
        this.#start(now);
        this.#arrival.read();
      }
      if (this.#due() > now) break;
      if (!appendFrame(batch, port, this.#playing, this.#next, this.#arrival.seconds, this.#arrival.nanoseconds)) break;
      this.#next++;
      this.#played++;
      count++;
    }
    return count;
  }

  get dueMilliseconds(): number | undefined {
    if (this.ended) return undefined;
    if (!this.#isAtHand()) return this.#isReading ? readingMilliseconds : undefined;
    return this.#startMilliseconds === undefined ? 0 : Math.max(0, this.#due() - this.#clock());
  }

  get ended(): boolean {
    return this.#isClosed || (!this.#isAtHand() && this.#isReadToEnd);
  }

  readCounts(): DeviceCounts {
    return this.#counts;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      const closing = this.#source.close();
      if (closing !== undefined) closing.catch(() => undefined);
    } catch {
      // It was only read: nothing is lost.
    }
  }

  /** Whether the next frame is in `#playing`. Moves on to the batch that was read ahead. */
  #isAtHand(): boolean {
    if (this.#isClosed) return false;
    if (this.#next < this.#playing.count) return true;
    if (!this.#isReading && this.#ahead.count > 0) {
      const done = this.#playing;
      this.#playing = this.#ahead;
      this.#next = 0;
      this.#ahead = done;
      done.clear();
      this.#readAhead();
      return true;
    }
    this.#sayFailure();
    return false;
  }

  /** Begins to fill the batch behind the one that is played, if it is empty. */
  #readAhead(): void {
    if (this.#isReading || this.#isReadToEnd) return;
    try {
      const filled = this.#source.fill(this.#ahead);
      if (typeof filled === 'number') {
        this.#isReadToEnd = filled === 0;
        return;
      }
      this.#isReading = true;
      filled.then(
        (count) => this.#settle(count === 0, undefined),
        (error: unknown) => this.#settle(true, error),
      );
    } catch (error) {
      this.#settle(true, error);
    }
  }

  #settle(isEnd: boolean, failure: unknown): void {
    this.#isReading = false;
    this.#isReadToEnd = isEnd;
    this.#failure = failure;
  }

  /** Said when everything before the damage has been played. */
  #sayFailure(): void {
    const failure = this.#failure;
    if (failure === undefined || !this.#isReadToEnd) return;
    this.#failure = undefined;
    this.#report(failure instanceof Error ? failure.message : String(failure));
  }

  #start(now: number): void {
    if (this.#startMilliseconds !== undefined) return;
    this.#startMilliseconds = now;
    this.#firstSeconds = this.#playing.seconds[this.#next];
    this.#firstNanoseconds = this.#playing.nanoseconds[this.#next];
  }

  /** When the next frame is due, by the clock. One that is stamped earlier than the first is due at once. */
  #due(): number {
    const pace = this.#pace;
    const start = this.#startMilliseconds ?? 0;
    if (pace.by === 'topspeed') return Number.NEGATIVE_INFINITY;
    if (pace.by === 'rate') return start + (this.#played * 1000) / pace.framesPerSecond;
    const seconds = this.#playing.seconds[this.#next] - this.#firstSeconds;
    const nanoseconds = this.#playing.nanoseconds[this.#next] - this.#firstNanoseconds;
    return start + (seconds * 1000 + nanoseconds / 1_000_000) / pace.speed;
  }
}
