// What is measured: frames from memory into a batch, the batch through the forwarder, every frame that leaves counted
// and let go. The same steps as `replay`, without the files.
import { Forwarder, type ForwarderOptions } from '../src/engine/forwarder.ts';
import { type Output, transmitEach } from '../src/engine/output.ts';
import type { Tables } from '../src/tables/tables.ts';
import type { Batch } from '../src/wire/batch.ts';
import { FrameHash } from './fnv.ts';
import { FramePlayer, type PlacedFrames, type StoredFrames } from './frames.ts';

/** What a forwarder is made with, and where the frames lie for its kernels. */
export interface LoopOptions extends ForwarderOptions {
  readonly placed?: PlacedFrames | undefined;
}

/** What one round over all frames gave: enough to tell whether two forwarders did the same. */
export interface Outcome {
  readonly sent: number;
  readonly sentBytes: number;
  readonly notSent: number;
  /** Of the frames that left, in order. */
  readonly hash: string;
}

export function sameOutcome(a: Outcome, b: Outcome): boolean {
  return a.sent === b.sent && a.sentBytes === b.sentBytes && a.notSent === b.notSent && a.hash === b.hash;
}

export class CountingOutput implements Output {
  sent = 0;
  sentBytes = 0;
  notSent = 0;

  transmit(_port: number, _bytes: Uint8Array, _start: number, captured: number): void {
    this.sent++;
    this.sentBytes += captured;
  }

  transmitRun({ captured }: Batch, from: number, to: number): void {
    let bytes = 0;
    for (let slot = from; slot < to; slot++) bytes += captured[slot] as number;
    this.sent += to - from;
    this.sentBytes += bytes;
  }

  drop(): void {
    this.notSent++;
  }

  punt(): void {
    this.notSent++;
  }
}

class HashingOutput extends CountingOutput {
  readonly hash = new FrameHash();

  override transmit(port: number, bytes: Uint8Array, start: number, captured: number): void {
    super.transmit(port, bytes, start, captured);
    this.hash.addFrame(port, bytes, start, captured);
  }

  override transmitRun(batch: Batch, from: number, to: number): void {
    transmitEach(this, batch, from, to);
  }
}

function playRound(player: FramePlayer, forwarder: Forwarder, batch: Batch): void {
  player.rewind();
  for (;;) {
    batch.clear();
    if (player.fill(batch) === 0) return;
    forwarder.process(batch);
  }
}

/** One round, its frames hashed. Throws when the forwarder's books do not agree with what was seen. */
export function outcomeOf(tables: Tables, frames: StoredFrames, { placed, ...options }: LoopOptions = {}): Outcome {
  const output = new HashingOutput();
  const forwarder = new Forwarder(tables, output, options);
  playRound(new FramePlayer(frames, placed), forwarder, forwarder.newBatch());
  forwarder.finish();
  const { counters } = forwarder;
  if (!counters.balanced || counters.framesIn !== frames.count || counters.framesOut !== output.sent) {
    throw new Error('the counters do not agree with the frames that were seen');
  }
  const { sent, sentBytes, notSent, hash } = output;
  return { sent, sentBytes, notSent, hash: hash.text };
}

/** A forwarder with its output, ready to be timed over and over. */
export class TimedLoop {
  readonly #player: FramePlayer;
  readonly #forwarder: Forwarder;
  readonly #batch: Batch;

  constructor(tables: Tables, frames: StoredFrames, { placed, ...options }: LoopOptions = {}) {
    this.#player = new FramePlayer(frames, placed);
    this.#forwarder = new Forwarder(tables, new CountingOutput(), options);
    this.#batch = this.#forwarder.newBatch();
  }

  /**
   * Nanoseconds a frame, over as many rounds as `seconds` need. Time on a CPU, not on the clock: what else runs on the
   * machine takes turns with us and shall not be counted.
   */
  run(seconds: number): number {
    const begin = process.cpuUsage();
    let rounds = 0;
    let microseconds = 0;
    do {
      playRound(this.#player, this.#forwarder, this.#batch);
      rounds++;
      const { user, system } = process.cpuUsage(begin);
      microseconds = user + system;
    } while (microseconds < seconds * 1e6);
    return (microseconds * 1000) / (rounds * this.#player.frames.count);
  }
}
