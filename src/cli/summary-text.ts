// The summary of a replay for people: totals, every port, and why frames were dropped or punted.
import { dropReasons, puntReasons } from '../engine/reasons.ts';
import type { Summary } from '../workers/summary.ts';
import { formatTable } from './table.ts';
import type { TextStream } from './terminal.ts';

const grouped = (value: number): string => value.toLocaleString('en-US');

function totals(summary: Summary): string {
  const { in: arrived, out, punted, dropped, copied, made } = summary.frames;
  const first = `${grouped(arrived)} in, ${grouped(out)} out, ${grouped(punted)} punted, ${grouped(dropped)} dropped`;
  return `Frames: ${first}; ${grouped(copied)} copied, ${grouped(made)} made`;
}

function interfaceTable(summary: Summary, target: TextStream): string {
  const rows = Object.entries(summary.interfaces).map(([name, port]) => [
    name,
    grouped(port.in.frames),
    grouped(port.in.bytes),
    grouped(port.out.frames),
    grouped(port.out.bytes),
  ]);
  const columns = ['Interface', 'Frames in', 'Bytes in', 'Frames out', 'Bytes out'];
  return formatTable({ columns, rows, numeric: [1, 2, 3, 4] }, target);
}

function reasonTable(
  title: string,
  counts: Readonly<Record<string, number>>,
  reasons: readonly { readonly name: string; readonly text: string }[],
  target: TextStream,
): string | undefined {
  const rows = Object.entries(counts).map(([name, count]) => [
    name,
    grouped(count),
    reasons.find((reason) => reason.name === name)?.text ?? '',
  ]);
  return rows.length === 0 ? undefined : formatTable({ columns: [title, 'Frames', 'Why'], rows, numeric: [1] }, target);
}

export function formatSummary(summary: Summary, target: TextStream): string {
  const blocks = [
    totals(summary),
    interfaceTable(summary, target),
    reasonTable('Dropped', summary.drops, dropReasons, target),
    reasonTable('Punted', summary.punts, puntReasons, target),
    `${summary.seconds} s, ${summary.mpps} million frames a second, ${summary.workers === 1 ? '1 worker' : `${summary.workers} workers`}`,
  ];
  return `${blocks.filter((block) => block !== undefined).join('\n\n')}\n`;
}
