// The summary of a replay or live run for people: totals, every port, and why frames were dropped or punted.
import type { LiveSummary } from '../daemon/live-summary.ts';
import { dropReasons, puntReasons } from '../engine/reasons.ts';
import type { DeviceCounts } from '../io/live-device.ts';
import type { Summary } from '../workers/summary.ts';
import { formatTable } from './table.ts';
import type { TextStream } from './terminal.ts';

const grouped = (value: number): string => value.toLocaleString('en-US');

function totals(summary: Pick<Summary, 'frames'>): string {
  const { in: arrived, out, punted, dropped, copied, made } = summary.frames;
  const first = `${grouped(arrived)} in, ${grouped(out)} out, ${grouped(punted)} punted, ${grouped(dropped)} dropped`;
  return `Frames: ${first}; ${grouped(copied)} copied, ${grouped(made)} made`;
}

function interfaceTable(summary: Pick<Summary, 'interfaces'>, target: TextStream): string {
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

function reasonTables({ drops, punts }: Pick<Summary, 'drops' | 'punts'>, target: TextStream): (string | undefined)[] {
  return [reasonTable('Dropped', drops, dropReasons, target), reasonTable('Punted', punts, puntReasons, target)];
}

function workersText(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`;
}

function joinBlocks(blocks: readonly (string | undefined)[]): string {
  return `${blocks.filter((block) => block !== undefined).join('\n\n')}\n`;
}

export function formatSummary(summary: Summary, target: TextStream): string {
  return joinBlocks([
    totals(summary),
    interfaceTable(summary, target),
    ...reasonTables(summary, target),
    `${summary.seconds} s, ${summary.mpps} million frames a second, ${workersText(summary.workers)}`,
  ]);
}

const deviceText: Readonly<Record<keyof DeviceCounts, string>> = {
  receiveLost: 'found no room in the ring of arrival',
  receiveOversized: 'longer than the mtu, left to be cut by offloads of the peer (ethtool -K PEER tx off)',
  receiveSegments: 'more that those were cut into',
  receiveUnchecked: 'whose checksum was left to offloads of the peer',
  sendFailed: 'refused by the system after they were taken',
  sendFailedBytes: 'bytes of those',
};

/** What devices have to complain of; a device without a complaint has no line. */
function deviceTable(devices: LiveSummary['devices'], target: TextStream): string | undefined {
  const rows = Object.entries(devices).flatMap(([name, counts]) =>
    (Object.keys(deviceText) as (keyof DeviceCounts)[])
      .filter((key) => counts[key] > 0)
      .map((key) => [name, grouped(counts[key]), deviceText[key]]),
  );
  return rows.length === 0
    ? undefined
    : formatTable({ columns: ['Device', 'Frames', 'What'], rows, numeric: [1] }, target);
}

export function formatLiveSummary(summary: LiveSummary, target: TextStream): string {
  return joinBlocks([
    totals(summary),
    interfaceTable(summary, target),
    ...reasonTables(summary, target),
    deviceTable(summary.devices, target),
    `${summary.seconds} s, ${workersText(summary.workers)}`,
  ]);
}
