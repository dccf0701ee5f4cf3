// One trial: a drawn configuration, a drawn stream of frames and failures, three forwarders that must agree.

import type { RouterModel } from '../../src/control/model.ts';
import type { CompiledRouter } from '../../src/control/router.ts';
import { ShimlineError } from '../../src/errors.ts';
import { batchFrames } from '../../src/wire/batch.ts';
import { type DrawnConfig, drawConfig, readConfig } from './config.ts';
import { Contest, type Event, play } from './contest.ts';
import { type Drawn, FrameMaker } from './frames.ts';
import { damage, resize } from './mutate.ts';
import { Random } from './random.ts';
import { reproduction } from './shrink.ts';
import type { Tally } from './tally.ts';

/** Frames that are drawn new for a trial, from which the others are made. */
const freshShare = 0.3;
/** Share of the frames that are made from such as the fast path sends. */
const goodShare = 0.6;
/** How often a trial finds out which frames those are. */
const sortsPerTrial = 3;
/** One trial in so many reads its configuration as YAML text. */
const textEvery = 10;

/** The clock of a trial: mostly forwards, sometimes standing, sometimes back. */
class Clock {
  readonly #random: Random;
  #nanoseconds = 0;
  seconds = 1_000_000;

  constructor(random: Random) {
    this.#random = random;
  }

  get nanoseconds(): number {
    return this.#nanoseconds;
  }

  tick(): void {
    const random = this.#random;
    const kind = random.below(100);
    const step =
      kind < 60
        ? random.below(100_000)
        : kind < 97
          ? 0
          : kind < 99
            ? random.below(1_500_000_000)
            : -random.below(1_500_000_000);
    const sum = this.#nanoseconds + step;
    const carry = Math.floor(sum / 1e9);
    this.seconds += carry;
    this.#nanoseconds = sum - carry * 1e9;
  }
}

function drawTurn(router: CompiledRouter, random: Random): Event {
  const up = random.chance(0.8);
  if (random.chance(0.3))
    return { kind: 'turn', of: 'interface', index: random.below(router.model.interfaces.length), up };
  return { kind: 'turn', of: 'neighbor', index: random.below(Math.max(1, router.tables.adjacencies.count)), up };
}

/** Frames to make others from. */
class Pool {
  readonly all: readonly Drawn[];
  /** Those that the fast path sends, as far as neighbours are known and up. */
  good: readonly Drawn[] = [];
  readonly #contest: Contest;

  constructor(contest: Contest, count: number, random: Random) {
    const maker = new FrameMaker(contest.slow.router, random);
    this.#contest = contest;
    this.all = random.times(count, () => maker.next());
  }

  sort(): void {
    const sent = ({ port, bytes }: Drawn) =>
      this.#contest.probe([{ port, bytes, original: bytes.length, seconds: 0, nanoseconds: 0 }])[0];
    this.good = this.all.filter(sent);
  }
}

/** A frame as drawn, damaged, cut, or cut at every length in turn. */
function* drawVariants(
  { all, good }: Pool,
  random: Random,
): Generator<{ port: number; bytes: Uint8Array; original: number }> {
  const { port, bytes } = random.pick(good.length > 0 && random.chance(goodShare) ? good : all);
  const kind = random.below(200);
  if (kind === 0) {
    const whole = bytes.subarray(0, 110);
    const snapped = random.chance(0.5);
    for (let length = 0; length <= whole.length; length++) {
      yield { port, bytes: whole.subarray(0, length), original: snapped ? bytes.length : length };
    }
  } else if (kind < 44) {
    yield { port, ...resize(damage(bytes, random.pick(all).bytes, random), random) };
  } else if (kind < 56) {
    yield { port, ...resize(bytes, random) };
  } else {
    yield { port, bytes, original: bytes.length };
  }
}

/** The whole stream; `seen` collects it for the case of a failure. */
function* drawEvents(contest: Contest, count: number, random: Random, seen: Event[]): Generator<Event> {
  const { router } = contest.slow;
  const pool = new Pool(contest, Math.max(8, Math.round(count * freshShare)), random);
  let sorts = 0;
  const clock = new Clock(random);
  let left = 0;
  let bytesLeft = 0;
  for (let drawn = 0; drawn < count; ) {
    if (drawn >= (sorts * count) / sortsPerTrial && ++sorts > 0) pool.sort();
    for (const variant of drawVariants(pool, random)) {
      const opensBatch = left-- <= 0 || bytesLeft < variant.bytes.length;
      if (opensBatch) {
        left = random.pick([0, 1, 7, 31, batchFrames - 1, batchFrames - 1]);
        bytesLeft = 600_000;
        for (let turns = random.below(5) - 2; turns > 0; turns--) {
          const event = drawTurn(router, random);
          seen.push(event);
          yield event;
        }
      }
      bytesLeft -= variant.bytes.length;
      clock.tick();
      const frame = { ...variant, seconds: clock.seconds, nanoseconds: clock.nanoseconds };
      const event = { kind: 'frame', frame, opensBatch } as const;
      seen.push(event);
      drawn++;
      yield event;
    }
  }
}

function openContest(config: DrawnConfig, seed: number): Contest | undefined {
  let model: RouterModel;
  try {
    model = readConfig(config, seed % textEvery === 0);
    return new Contest(model);
  } catch (error) {
    // What only resolution can find, such as more labels than a packet may get pushed: draw another.
    if (error instanceof ShimlineError) return undefined;
    throw error;
  }
}

/** Runs a trial of about `count` frames. Throws with a reproduction when the forwarders disagree. */
export function runTrial(seed: number, count: number, tally: Tally): void {
  const config = drawConfig(seed);
  const contest = openContest(config, seed);
  if (contest === undefined) {
    tally.rejected++;
    return;
  }
  const seen: Event[] = [];
  const events = drawEvents(contest, count, new Random(~seed), seen);
  const wrong = play(contest, events);
  if (wrong !== undefined) {
    throw new Error(`${wrong.slice(0, 4000)}\n\nMade smaller:\n${reproduction(seed, config, seen)}`);
  }
  tally.add(contest);
  contest.close();
}
