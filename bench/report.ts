// Results as text and JSON: never a number without the machine, the frame size and the rival it is measured against.
import { cpus, totalmem } from 'node:os';
import type { Comparison, Row } from './compare.ts';

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

function rowText({ nsPerFrame, yardstick, yardstickNsPerFrame, ratio, runs }: Row): string {
  if (yardstick === null) return `  ours ${nsPerFrame} ns a frame, no rival here; median of ${runs} runs`;
  return `  ratio ${ratio?.toFixed(2)}: ours ${nsPerFrame} ns a frame, ${yardstick} ${yardstickNsPerFrame} ns; medians of ${runs} runs`;
}

export function comparisonText(title: string, { rows, ready }: Comparison): string {
  const [{ name, frameBytes }] = rows as [Row];
  const seconds = ready.compileSeconds.toFixed(1);
  const megabytes = (ready.tableBytes / 1e6).toFixed(1);
  const head = `${name}, ${frameBytes}-byte frames: ${title} (tables ${megabytes} MB, compiled in ${seconds} s)`;
  return [head, ...rows.map(rowText)].join('\n');
}

export function json(machine: Machine, results: readonly Row[]): string {
  return JSON.stringify({ machine, results }, undefined, 2);
}
