// Two threads against one, ours and those of C, in turn and over the same tables and frames: how much faster each gets.
import { join } from 'node:path';
import { insistOnSameOutcome, type Side, side, startContestant } from '../compare.ts';
import type { Yardstick } from '../compiler.ts';
import { median } from '../median.ts';
import { Rival } from '../rival.ts';
import type { Workload } from '../workloads/workload.ts';

export interface ScalingSide {
  readonly name: string;
  /** Frames a second on one thread, and on `threads` of them. */
  readonly one: number;
  readonly many: number;
  /** Median of what each turn gave, not the ratio of the medians: the machine changes its speed between turns. */
  readonly factor: number;
}

export interface ScalingResult {
  readonly workload: Workload;
  readonly threads: number;
  readonly runs: number;
  readonly ours: ScalingSide;
  /** In C, frame by frame and staged; none: there is no compiler. */
  readonly others: readonly ScalingSide[];
}

export interface ScalingChoice {
  readonly threads: number;
  readonly runs: number;
  readonly small: boolean;
  readonly folder: string;
  readonly yardstick: Yardstick | undefined;
  /** Of each run; the first one, twice as long, is not counted. */
  readonly seconds?: number;
}

const usualSeconds = 0.5;

interface Turns {
  readonly one: number[];
  readonly many: number[];
}

/** Everybody once without being timed, then in turn; one thread and many of a side follow each other. */
async function takeTurns(sides: readonly Side[], choice: ScalingChoice): Promise<Turns[]> {
  const { threads, runs, seconds = usualSeconds } = choice;
  const turns = sides.map((): Turns => ({ one: [], many: [] }));
  for (let run = -1; run < runs; run++) {
    const runSeconds = run < 0 ? 2 * seconds : seconds;
    for (const [i, { rival, variant }] of sides.entries()) {
      const one = await rival.rate(variant, runSeconds, 1);
      const many = await rival.rate(variant, runSeconds, threads);
      if (run < 0) continue;
      turns[i]?.one.push(one);
      turns[i]?.many.push(many);
    }
  }
  return turns;
}

function resultOf(name: string, { one, many }: Turns): ScalingSide {
  const factors = one.map((rate, i) => (many[i] as number) / rate);
  return { name, one: median(one), many: median(many), factor: median(factors) };
}

/** Starts both programs, has what they send compared, times them, and ends them. */
export async function compareScaling(workload: Workload, choice: ScalingChoice): Promise<ScalingResult> {
  const { folder, small, yardstick, threads, runs } = choice;
  const file = join(folder, 'scaling.tables');
  const { rival } = await startContestant(workload, small, file);
  const rivals = [rival];
  try {
    const sides = [side('ours', rival, 'all')];
    if (yardstick !== undefined) {
      const { rival: inC } = await Rival.start('the threaded C yardstick', yardstick.threaded, [file]);
      rivals.push(inC);
      sides.push(side('C, frame by frame', inC, 'one'), side('C, staged', inC, 'staged'));
    }
    await insistOnSameOutcome(workload.name, sides);
    const turns = await takeTurns(sides, choice);
    const [ours, ...others] = sides.map(({ name }, i) => resultOf(name, turns[i] as Turns));
    return { workload, threads, runs, ours: ours as ScalingSide, others };
  } finally {
    for (const each of rivals) await each.stop();
  }
}
