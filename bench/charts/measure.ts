// The numbers of a chart: each point is a comparison of its own, in processes of its own.
import { compare } from '../compare.ts';
import type { Yardstick } from '../compiler.ts';
import { rounded } from '../median.ts';
import type { ResultRow } from '../report.ts';
import { compareScaling, type ScalingResult } from '../scaling/compare.ts';
import { seriesWorkload } from '../workloads/series.ts';
import { findWorkload } from '../workloads.ts';
import { type Point, pointOf } from './data.ts';
import { type ChartDefinition, threadsWorkload } from './definitions.ts';

export interface MeasureOptions {
  readonly runs: number;
  readonly quick: boolean;
  readonly folder: string;
  readonly yardstick: Yardstick | undefined;
}

/** Says that it works, no more. */
const quickSeconds = { warmUp: 0.02, run: 0.02 } as const;

/** One thread is the first half of every comparison of threads. */
function threadRows({ workload, runs, ours, others }: ScalingResult, which: 'one' | 'many'): ResultRow[] {
  const common = { name: workload.name, frameBytes: workload.frameBytes, nsPerFrame: rounded(1e9 / ours[which]), runs };
  if (others.length === 0) return [{ ...common, yardstick: null, yardstickNsPerFrame: null, ratio: null }];
  return others.map((other) => ({
    ...common,
    yardstick: other.name,
    yardstickNsPerFrame: rounded(1e9 / other[which]),
    ratio: rounded(other[which] / ours[which]),
  }));
}

async function threadPoints(values: readonly number[], { quick, ...options }: MeasureOptions): Promise<Point[]> {
  const threads = Math.max(...values);
  const seconds = quick ? { seconds: quickSeconds.run } : {};
  const choice = { ...options, ...seconds, threads, small: quick };
  const result = await compareScaling(findWorkload(threadsWorkload), choice);
  return values.map((at) => pointOf(at, threadRows(result, at === 1 ? 'one' : 'many')));
}

/** Calls `tell` before each point. */
export async function measure(
  { series, values, quickValues }: ChartDefinition,
  options: MeasureOptions,
  tell: (at: number) => void,
): Promise<Point[]> {
  const { quick, ...others } = options;
  const chosen = quick ? quickValues : values;
  if (series === undefined) {
    tell(Math.max(...chosen));
    return threadPoints(chosen, options);
  }
  const points: Point[] = [];
  for (const at of chosen) {
    tell(at);
    const seconds = quick ? { seconds: quickSeconds } : {};
    const { rows } = await compare(seriesWorkload(series, at), { ...others, ...seconds, small: quick });
    points.push(pointOf(at, rows));
  }
  return points;
}
