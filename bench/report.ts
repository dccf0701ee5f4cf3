// Results as text and JSON: never a number without the machine, the frame size and the rival it is measured against.
import { cpus, totalmem } from 'node:os';
import type { Comparison } from './compare.ts';

/** One row of the results: what `--json` gives. Rows of a kind may have more keys, none has fewer. */
export interface ResultRow {
  readonly name: string;
  readonly frameBytes: number;
  readonly nsPerFrame: number;
  /** null: there is no compiler. */
  readonly yardstick: string | null;
  readonly yardstickNsPerFrame: number | null;
  readonly ratio: number | null;
  readonly runs: number;
  readonly [more: string]: string | number | null;
}

/** To standard error, for a machine without a C compiler. */
export function sayAlone(): void {
  console.error('There is no C compiler on this machine, so our side is alone.');
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly compiler: string | null;
}

export function thisMachine(compiler: string | undefined): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    compiler: compiler ?? null,
  };
}

export function machineText({ cpu, cores, memoryGiB, system, node, compiler }: Machine): string {
  return [cpu, `${cores} cores`, `${memoryGiB} GiB`, system, `Node ${node}`, ...(compiler ? [compiler] : [])].join(
    ', ',
  );
}

function rowText({ nsPerFrame, yardstick, yardstickNsPerFrame, ratio, runs }: ResultRow): string {
  const ours = `ours ${nsPerFrame} ns a frame (${(1000 / nsPerFrame).toFixed(1)} Mpps)`;
  if (yardstick === null || yardstickNsPerFrame === null) return `  ${ours}, no rival here; median of ${runs} runs`;
  const theirs = `${yardstick} ${yardstickNsPerFrame} ns (${(1000 / yardstickNsPerFrame).toFixed(1)} Mpps)`;
  return `  ratio ${ratio?.toFixed(2)}: ${ours}, ${theirs}; medians of ${runs} runs`;
}

export function comparisonText(title: string, { rows, ready }: Comparison): string {
  const [{ name, frameBytes }] = rows as [ResultRow];
  const seconds = ready.compileSeconds.toFixed(1);
  const megabytes = (ready.tableBytes / 1e6).toFixed(1);
  const head = `${name}, ${frameBytes}-byte frames: ${title} (tables ${megabytes} MB, compiled in ${seconds} s)`;
  return [head, ...rows.map(rowText)].join('\n');
}

export function json(machine: Machine, results: readonly ResultRow[]): string {
  return JSON.stringify({ machine, results }, undefined, 2);
}
