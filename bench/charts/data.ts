// The numbers of a chart: as they are measured, kept as JSON beside the picture, and as picture and table want them.
import { rounded } from '../median.ts';
import type { Machine, ResultRow } from '../report.ts';

export interface Point {
  /** Where on the axis. */
  readonly at: number;
  readonly nsPerFrame: number;
  readonly others: readonly { readonly name: string; readonly nsPerFrame: number; readonly ratio: number }[];
}

export interface ChartData {
  readonly name: string;
  /** Year, month and day. */
  readonly date: string;
  readonly machine: Machine;
  readonly runs: number;
  /** Small tables and short runs: the numbers say nothing. */
  readonly quick: boolean;
  readonly points: readonly Point[];
}

/** What the chart shows: cost of a frame, or frames in a time. */
export type Unit = 'ns' | 'mpps';

export const ownName = 'shimline';

/** A line of the chart's table of values. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly who: string;
}

/** The rows of one comparison are our side against each yardstick. */
export function pointOf(at: number, rows: readonly ResultRow[]): Point {
  const [first] = rows;
  if (first === undefined) throw new Error('a comparison without rows');
  const others = rows.flatMap(({ yardstick, yardstickNsPerFrame, ratio }) =>
    yardstick === null || yardstickNsPerFrame === null || ratio === null
      ? []
      : [{ name: yardstick, nsPerFrame: yardstickNsPerFrame, ratio }],
  );
  return { at, nsPerFrame: first.nsPerFrame, others };
}

const inUnit = (ns: number, unit: Unit): number => rounded(unit === 'ns' ? ns : 1000 / ns);

export function marksOf({ points }: ChartData, unit: Unit): Mark[] {
  return points.flatMap(({ at, nsPerFrame, others }) => [
    { x: at, y: inUnit(nsPerFrame, unit), who: ownName },
    ...others.map(({ name, nsPerFrame: ns }) => ({ x: at, y: inUnit(ns, unit), who: name })),
  ]);
}

const digits = (value: number): string => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en'));

/** A Markdown table: a line for each point, a column for each side, and the ratio to each yardstick. */
export function tableOf({ points }: ChartData, axis: string, unit: Unit): string {
  const names = points[0]?.others.map(({ name }) => name) ?? [];
  const unitText = unit === 'ns' ? 'ns' : 'Mpps';
  const head = [axis, `${ownName}, ${unitText}`, ...names.flatMap((name) => [`${name}, ${unitText}`, 'ratio'])];
  const lines = points.map(({ at, nsPerFrame, others }) => [
    at.toLocaleString('en'),
    digits(inUnit(nsPerFrame, unit)),
    ...others.flatMap(({ nsPerFrame: ns, ratio }) => [digits(inUnit(ns, unit)), ratio.toFixed(2)]),
  ]);
  return [head, head.map(() => '--:'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
