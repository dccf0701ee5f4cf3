// `shimline top`: rates of a running router, once a second, drawn over the ones before on a terminal.
import { setTimeout } from 'node:timers/promises';
import { formatTable } from '../table.ts';
import type { CliIo } from '../terminal.ts';
import { ApiClient, type ClientOptions } from './api-client.ts';

export interface TopOptions extends ClientOptions {
  readonly once?: boolean;
  /** Seconds. */
  readonly interval?: number;
}

interface Counted {
  readonly frames: number;
  readonly bytes: number;
}

interface Counters {
  readonly frames: Readonly<Record<string, number>>;
  readonly interfaces: Readonly<Record<string, { readonly in: Counted; readonly out: Counted }>>;
  readonly drops: Readonly<Record<string, number>>;
  readonly punts: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const home = '\u001b[H\u001b[J';
const units = ['', 'k', 'M', 'G'] as const;

/** `12.3 M`, three digits. */
export function rateText(perSecond: number): string {
  let value = Math.max(0, perSecond);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 ? value.toFixed(0) : value.toPrecision(3);
  return `${digits}${units[unit] === '' ? '' : ` ${units[unit]}`}`;
}

interface Rates {
  readonly name: string;
  readonly perSecond: readonly number[];
}

function portRates(before: Counters, now: Counters, seconds: number): Rates[] {
  const none = { in: { frames: 0, bytes: 0 }, out: { frames: 0, bytes: 0 } };
  return Object.entries(now.interfaces).map(([name, books]) => {
    const old = before.interfaces[name] ?? none;
    const rates = (['in', 'out'] as const).flatMap((way) => [
      (books[way].frames - old[way].frames) / seconds,
      ((books[way].bytes - old[way].bytes) * 8) / seconds,
    ]);
    return { name, perSecond: rates };
  });
}

function reasonRates(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
  seconds: number,
): Rates[] {
  return Object.entries(now)
    .map(([name, total]) => ({ name, perSecond: [(total - (before[name] ?? 0)) / seconds, total] }))
    .sort((a, b) => (b.perSecond[0] as number) - (a.perSecond[0] as number));
}

function draw(before: Counters, now: Counters, io: CliIo): string {
  const seconds = Math.max(now.seconds - before.seconds, 1e-3);
  const ports = portRates(before, now, seconds);
  const reasons = (title: string, rates: Rates[]) => {
    const rows = rates.map(({ name, perSecond: [rate = 0, total = 0] }) => [
      name,
      rateText(rate),
      total.toLocaleString('en-US'),
    ]);
    return rows.length === 0
      ? []
      : [formatTable({ columns: [title, 'frames/s', 'in all'], rows, numeric: [1, 2] }, io.out)];
  };
  const all = ['in', 'out', 'punted', 'dropped'].map((name) => {
    return `${rateText(((now.frames[name] ?? 0) - (before.frames[name] ?? 0)) / seconds)} ${name}`;
  });
  const table = formatTable(
    {
      columns: ['Interface', 'frames/s in', 'bit/s in', 'frames/s out', 'bit/s out'],
      rows: ports.map(({ name, perSecond }) => [name, ...perSecond.map(rateText)]),
      numeric: [1, 2, 3, 4],
    },
    io.out,
  );
  const parts = [
    `Frames a second: ${all.join(', ')}`,
    table,
    ...reasons('Dropped', reasonRates(before.drops, now.drops, seconds)),
    ...reasons('Punted', reasonRates(before.punts, now.punts, seconds)),
  ];
  return `${parts.join('\n\n')}\n`;
}

export async function topCommand(options: TopOptions, io: CliIo): Promise<number> {
  const client = await ApiClient.open(options);
  const read = async () => (await client.json('/counters')) as unknown as Counters;
  let before = await read();
  while (!io.signal.aborted && !io.out.closed) {
    await setTimeout((options.interval ?? 1) * 1000, undefined, { signal: io.signal }).catch(() => {});
    if (io.signal.aborted) break;
    const now = await read();
    const text = draw(before, now, io);
    io.out.write(io.out.isTerminal && !options.once ? `${home}${text}` : text);
    before = now;
    if (options.once) break;
  }
  return 0;
}
