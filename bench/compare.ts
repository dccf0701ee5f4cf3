// One workload, timed against its yardsticks: outputs compared first, then runs in turn, so that whatever the machine
// does besides hits all of them alike. Medians.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Yardstick } from './compiler.ts';
import type { Ready } from './contestant.ts';
import { sameOutcome } from './loop.ts';
import { median, rounded } from './median.ts';
import type { ResultRow } from './report.ts';
import { Rival } from './rival.ts';
import type { Workload } from './workloads/workload.ts';

export interface Comparison {
  readonly rows: readonly ResultRow[];
  readonly ready: Ready;
}

export interface CompareOptions {
  readonly runs: number;
  readonly small: boolean;
  /** For the file with tables and frames. */
  readonly folder: string;
  readonly yardstick: Yardstick | undefined;
  /** Whether the passes in TypeScript take part too. */
  readonly typeScript?: boolean;
  readonly seconds?: RunSeconds;
}

/** One side of a comparison: a process and what it is told to do. */
export interface Side {
  readonly name: string;
  readonly rival: Rival;
  readonly variant: string;
  readonly times: number[];
}

export interface RunSeconds {
  /** Until the compiler of Node has done with the loops, on a slow machine too. */
  readonly warmUp: number;
  readonly run: number;
}

const usualSeconds: RunSeconds = { warmUp: 1, run: 0.3 };
/** Four million routes as objects are more than Node allows by itself. */
const heapMegabytes = 16_384;
const contestant = fileURLToPath(new URL('contestant.ts', import.meta.url));
/** What the variants of the C program are called in the results. */
const variantsOfC = [
  ['one', 'C, frame by frame'],
  ['staged', 'C, staged'],
] as const;

/** Throws when somebody does not send what the first one sends. */
export async function insistOnSameOutcome(name: string, [ours, ...others]: readonly Side[]): Promise<void> {
  if (ours === undefined) return;
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
async function timeInTurn(sides: readonly Side[], runs: number, seconds: RunSeconds): Promise<void> {
  for (const { rival, variant } of sides) await rival.run(variant, seconds.warmUp);
  for (let run = 0; run < runs; run++) {
    for (const { rival, variant, times } of sides) times.push(await rival.run(variant, seconds.run));
  }
}

function rowsOf(workload: Workload, ours: Side, yardsticks: ReadonlyMap<string, number>, runs: number): ResultRow[] {
  const nsPerFrame = median(ours.times);
  const common = {
    name: workload.name,
    frameBytes: workload.frameBytes,
    nsPerFrame: rounded(nsPerFrame),
    mpps: rounded(1000 / nsPerFrame),
  };
  if (yardsticks.size === 0) return [{ ...common, yardstick: null, yardstickNsPerFrame: null, ratio: null, runs }];
  return [...yardsticks].map(([yardstick, ns]) => ({
    ...common,
    yardstick,
    yardstickNsPerFrame: rounded(ns),
    ratio: rounded(nsPerFrame / ns),
    runs,
  }));
}

export const side = (name: string, rival: Rival, variant: string): Side => ({ name, rival, variant, times: [] });

/** Our side in a process of its own, by kernels or not; it writes its tables and frames to `file`, if that is not `-`. */
export async function startContestant(
  workload: Workload,
  small: boolean,
  file: string,
  path: 'kernels' | 'typescript' = 'kernels',
) {
  const heap = `--max-old-space-size=${heapMegabytes}`;
  const args = [...process.execArgv, heap, contestant, workload.name, small ? 'small' : 'full', file, path];
  const { rival, ready } = await Rival.start('our side', process.execPath, args);
  return { rival, ready: JSON.parse(ready) as Ready };
}

/** Starts both processes, has them compared and timed, and ends them. */
export async function compare(workload: Workload, options: CompareOptions): Promise<Comparison> {
  const file = join(options.folder, `${workload.name.replace(':', '-')}.tables`);
  const { rival, ready } = await startContestant(workload, options.small, file);
  const rivals = [rival];
  try {
    const ours = side('ours', rival, 'all');
    const inC = await startC(options.yardstick, file, rivals);
    await insistOnSameOutcome(workload.name, [ours, ...inC]);
    const parts = ready.restShare === undefined ? [] : [side('rest', rival, 'rest'), side('slow', rival, 'slow')];
    const others = options.typeScript ? [...inC, await startTypeScript(workload, options.small, rivals)] : inC;
    await timeInTurn([ours, ...others, ...parts], options.runs, options.seconds ?? usualSeconds);
    const yardsticks = new Map(others.map(({ name, times }) => [name, median(times)]));
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

/** Our own passes in TypeScript, in a process where nothing else has taught the compiler about them. */
async function startTypeScript(workload: Workload, small: boolean, rivals: Rival[]): Promise<Side> {
  const { rival } = await startContestant(workload, small, '-', 'typescript');
  rivals.push(rival);
  return side('ours, passes in TypeScript', rival, 'all');
}

/** What the mixture would cost if slow frames did not disturb the others. */
function timeApart(parts: readonly Side[], restShare: number | undefined): number | undefined {
  const [rest, slow] = parts;
  if (rest === undefined || slow === undefined || restShare === undefined) return undefined;
  return restShare * median(rest.times) + (1 - restShare) * median(slow.times);
}
