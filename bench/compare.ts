// One workload, timed against its yardsticks: outputs compared first, then runs in turn, so that whatever the machine
// does besides hits all of them alike. Medians.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Yardstick } from './compiler.ts';
import type { Ready } from './contestant.ts';
import type { Outcome } from './loop.ts';
import { Rival } from './rival.ts';
import type { Workload } from './workloads/workload.ts';

/** One row of the result: what is printed, and what `--json` gives. */
export interface Row {
  readonly name: string;
  readonly frameBytes: number;
  readonly nsPerFrame: number;
  /** null: there is no compiler. */
  readonly yardstick: string | null;
  readonly yardstickNsPerFrame: number | null;
  readonly ratio: number | null;
  readonly runs: number;
}

export interface Comparison {
  readonly rows: readonly Row[];
  readonly ready: Ready;
}

export interface CompareOptions {
  readonly runs: number;
  readonly small: boolean;
  /** For the file with tables and frames. */
  readonly folder: string;
  readonly yardstick: Yardstick | undefined;
}

/** One side of a comparison: a process and what it is told to do. */
interface Side {
  readonly name: string;
  readonly rival: Rival;
  readonly variant: string;
  readonly times: number[];
}

const runSeconds = 0.3;
const contestant = fileURLToPath(new URL('contestant.ts', import.meta.url));
/** What the variants of the C program are called in the results. */
const variantsOfC = [
  ['one', 'C, frame by frame'],
  ['staged', 'C, staged'],
] as const;

export function sameOutcome(a: Outcome, b: Outcome): boolean {
  return a.sent === b.sent && a.sentBytes === b.sentBytes && a.notSent === b.notSent && a.hash === b.hash;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function insistOnSameOutcome(name: string, ours: Side, others: readonly Side[]): Promise<void> {
  const outcome = await ours.rival.check(ours.variant);
  for (const other of others) {
    const theirs = await other.rival.check(other.variant);
    if (sameOutcome(outcome, theirs)) continue;
    throw new Error(
      `${name}: ${other.name} does not send what we send: ${JSON.stringify(theirs)}, ours ${JSON.stringify(outcome)}`,
    );
  }
}

/** Everybody once without being timed, then in turn. */
async function timeInTurn(sides: readonly Side[], runs: number): Promise<void> {
  for (const { rival, variant } of sides) await rival.run(variant, runSeconds);
  for (let run = 0; run < runs; run++) {
    for (const { rival, variant, times } of sides) times.push(await rival.run(variant, runSeconds));
  }
}

function rowsOf(workload: Workload, ours: Side, yardsticks: ReadonlyMap<string, number>, runs: number): Row[] {
  const nsPerFrame = median(ours.times);
  const common = { name: workload.name, frameBytes: workload.frameBytes, nsPerFrame: rounded(nsPerFrame) };
  if (yardsticks.size === 0) return [{ ...common, yardstick: null, yardstickNsPerFrame: null, ratio: null, runs }];
  return [...yardsticks].map(([yardstick, ns]) => ({
    ...common,
    yardstick,
    yardstickNsPerFrame: rounded(ns),
    ratio: rounded(nsPerFrame / ns),
    runs,
  }));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

const side = (name: string, rival: Rival, variant: string): Side => ({ name, rival, variant, times: [] });

/** Starts both processes, has them compared and timed, and ends them. */
export async function compare(workload: Workload, options: CompareOptions): Promise<Comparison> {
  const file = join(options.folder, `${workload.name.replace(':', '-')}.tables`);
  const args = [...process.execArgv, contestant, workload.name, options.small ? 'small' : 'full', file];
  const { rival, ready: readyText } = await Rival.start('our side', process.execPath, args);
  const rivals = [rival];
  try {
    const ready = JSON.parse(readyText) as Ready;
    const ours = side('ours', rival, 'all');
    const inC = await startC(options.yardstick, file, rivals);
    await insistOnSameOutcome(workload.name, ours, inC);
    const parts = ready.restShare === undefined ? [] : [side('rest', rival, 'rest'), side('slow', rival, 'slow')];
    await timeInTurn([ours, ...inC, ...parts], options.runs);
    const yardsticks = new Map(inC.map(({ name, times }) => [name, median(times)]));
    const apart = timeApart(parts, ready.restShare);
    if (apart !== undefined) yardsticks.set('ours, both kinds of frames in batches of their own', apart);
    return { rows: rowsOf(workload, ours, yardsticks, options.runs), ready };
  } finally {
    for (const each of rivals) await each.stop();
  }
}

async function startC(yardstick: Yardstick | undefined, file: string, rivals: Rival[]): Promise<Side[]> {
  if (yardstick === undefined) return [];
  const { rival } = await Rival.start('the C yardstick', yardstick.path, [file]);
  rivals.push(rival);
  return variantsOfC.map(([variant, name]) => side(name, rival, variant));
}

/** What the mixture would cost if slow frames did not disturb the others. */
function timeApart(parts: readonly Side[], restShare: number | undefined): number | undefined {
  const [rest, slow] = parts;
  if (rest === undefined || slow === undefined || restShare === undefined) return undefined;
  return restShare * median(rest.times) + (1 - restShare) * median(slow.times);
}
