// Charts: numbers as they are measured become points, lines and tables; and a quick run from end to end.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import type { ResultRow } from '../report.ts';
import { type ChartData, marksOf, pointOf, tableOf } from './data.ts';
import { chosenCharts } from './definitions.ts';
import { draw, wantsLogarithm } from './draw.ts';

const row = (yardstick: string | null, yardstickNsPerFrame: number | null, ratio: number | null): ResultRow => ({
  name: 'routes:1000',
  frameBytes: 64,
  nsPerFrame: 40,
  yardstick,
  yardstickNsPerFrame,
  ratio,
  runs: 5,
});

const machine = { cpu: 'a CPU', cores: 2, memoryGiB: 4, system: 'linux', node: 'v20', compiler: null };
const data: ChartData = {
  name: 'routes',
  date: '2026-01-01',
  machine,
  runs: 5,
  quick: false,
  points: [pointOf(1000, [row('C', 20, 2), row('C, staged', 50, 0.8)]), pointOf(4_000_000, [row('C', 160, 0.25)])],
};

test('rows of a comparison are one point', () => {
  expect(data.points[0]).toEqual({
    at: 1000,
    nsPerFrame: 40,
    others: [
      { name: 'C', nsPerFrame: 20, ratio: 2 },
      { name: 'C, staged', nsPerFrame: 50, ratio: 0.8 },
    ],
  });
  expect(pointOf(1, [row(null, null, null)]).others).toEqual([]);
});

test('points are marks of each side, in nanoseconds or as millions of frames', () => {
  expect(marksOf(data, 'ns').map(({ who, x, y }) => `${who} ${x} ${y}`)).toEqual([
    'shimline 1000 40',
    'C 1000 20',
    'C, staged 1000 50',
    'shimline 4000000 40',
    'C 4000000 160',
  ]);
  expect(marksOf(data, 'mpps')[0]?.y).toBe(25);
});

test('the table has numbers of all sides and the ratio to each', () => {
  expect(tableOf({ ...data, points: data.points.slice(0, 1) }, 'routes', 'ns').split('\n')).toEqual([
    '| routes | shimline, ns | C, ns | ratio | C, staged, ns | ratio |',
    '| --: | --: | --: | --: | --: | --: |',
    '| 1,000 | 40.0 | 20.0 | 2.00 | 50.0 | 0.80 |',
  ]);
});

test('an axis is logarithmic where the smallest value would vanish', () => {
  expect(wantsLogarithm([10, 20, 100])).toBe(false);
  expect(wantsLogarithm([10, 1000])).toBe(true);
  expect(wantsLogarithm([0, 1000])).toBe(false);
});

test('a drawing has its titles, units and sides, and no background', async () => {
  const marks = marksOf(data, 'ns');
  const svg = await draw({ title: 'A title', xTitle: 'routes', yTitle: 'time, ns', xLogarithmic: true, marks });
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const text of ['A title', 'routes', 'time, ns', 'shimline', 'C, staged', '1k', '4M']) {
    expect(svg).toContain(`>${text}</text>`);
  }
  expect(svg).not.toMatch(/<rect|NaN|undefined/);
});

test('a chart that is not there is refused', () => {
  expect(() => chosenCharts(['routs'])).toThrow('there is no chart routs');
});

test('charts --quick measures, draws and writes the page', async () => {
  const output = mkdtempSync(join(tmpdir(), 'shimline-charts-'));
  afterAll(() => rmSync(output, { recursive: true, force: true }));
  const bench = fileURLToPath(new URL('../main.ts', import.meta.url));
  const args = ['--import', 'tsx', bench, 'charts', '--quick', '--only', 'slow', '--output', output];
  await promisify(execFile)(process.execPath, args);
  const page = readFileSync(join(output, 'benchmarks.md'), 'utf8');
  expect(page).toContain('](benchmarks/slow.svg)');
  expect(page).toMatch(/^\| 50 \| [\d,.]+ /m);
  expect(page).toContain('A quick run');
  const kept = JSON.parse(readFileSync(join(output, 'benchmarks/slow.json'), 'utf8')) as ChartData;
  expect(kept.points.map(({ at }) => at)).toEqual([0, 50]);
  expect(readFileSync(join(output, 'benchmarks/slow.svg'), 'utf8')).toContain('</svg>');
});
