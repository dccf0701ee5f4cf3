// The section `fpm`: what it means, and each mistake with its message.
import { expect, test } from 'vitest';
import { configOf } from '../live/to-config.ts';
import { parseConfig } from './index.ts';

function problemsOf(text: string): string[] {
  try {
    parseConfig(text, 'x.yaml');
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.replace(/^x\.yaml:/, ''));
  }
  return [];
}

const times = { netns: undefined, sweepSeconds: 60, holdSeconds: 300 };

test.each([
  ['{}', { host: '127.0.0.1', port: 2620, ...times }],
  ['{listen: "10.0.0.1:1"}', { host: '10.0.0.1', port: 1, ...times }],
  ['{listen: "[::1]:65535"}', { host: '::1', port: 65535, ...times }],
  [
    '{netns: cp, sweepSeconds: 5, holdSeconds: 10}',
    { host: '127.0.0.1', port: 2620, netns: 'cp', sweepSeconds: 5, holdSeconds: 10 },
  ],
  // Kept at least as long as it takes to know what is stale.
  ['{sweepSeconds: 900}', { host: '127.0.0.1', port: 2620, netns: undefined, sweepSeconds: 900, holdSeconds: 900 }],
])('fpm: %s', (text, fpm) => {
  const model = parseConfig(`fpm: ${text}`, 'x.yaml');
  expect(model.fpm).toEqual(fpm);
  // And back.
  expect(parseConfig(JSON.stringify(configOf(model)), 'x.json').fpm).toEqual(fpm);
});

test('no section, no FPM', () => {
  expect(parseConfig('router: {}', 'x.yaml').fpm).toBeUndefined();
});

const expected = 'expected ADDRESS:PORT, such as 127.0.0.1:2620 or [::1]:2620';

test.each([
  ['{listen: 2620}', `1:15 fpm.listen: ${expected}, got 2620`],
  ['{listen: "localhost:2620"}', `1:15 fpm.listen: ${expected}, got "localhost:2620"`],
  ['{listen: "::1:2620"}', `1:15 fpm.listen: ${expected}, got "::1:2620"`],
  ['{listen: "1.2.3:2620"}', '1:15 fpm.listen: 1.2.3 is no address'],
  ['{listen: "127.0.0.1:0"}', '1:15 fpm.listen: expected a port from 1 to 65535, got 0'],
  ['{listen: "127.0.0.1:65536"}', '1:15 fpm.listen: expected a port from 1 to 65535, got 65536'],
  ['{sweepSeconds: 0}', '1:21 fpm.sweepSeconds: expected a whole number from 1 to 3600, got 0'],
  ['{sweepSeconds: 10, holdSeconds: 9}', "1:38 fpm.holdSeconds: 9 is less than 'sweepSeconds', which is 10"],
  ['{sweep: 10}', "1:7 fpm.sweep: unknown key 'sweep'"],
  ['7', '1:6 fpm: expected a map of keys, got 7'],
])('fpm: %s', (text, problem) => {
  expect(problemsOf(`fpm: ${text}`)).toEqual([problem]);
});

test('kernel tables tell VRFs apart, where FPM is used', () => {
  const vrfs = 'vrfs: {a: {table: 10}, b: {table: 10}, c: {table: 254}}';
  expect(problemsOf(vrfs)).toEqual([]);
  expect(problemsOf(`${vrfs}\nfpm: {}`)).toEqual([
    '1:35 vrfs.b.table: table 10 is already given at vrfs.a.table',
    "1:51 vrfs.c.table: table 254 is the kernel's own 'main', that of no VRF",
  ]);
});

test('control ports in several namespaces: somebody has to say where zebra is', () => {
  const port = (netns: string) => `{controlPort: {name: x, netns: ${netns}}}`;
  const interfaces = (...names: string[]) =>
    `interfaces: {${names.map((name, i) => `p${i}: ${port(name)}`).join(', ')}}`;
  expect(problemsOf(`${interfaces('cp', 'site')}\nfpm: {netns: cp}`)).toEqual([]);
  expect(problemsOf(`${interfaces('cp')}\nfpm: {}`)).toEqual([]);
  expect(problemsOf(`${interfaces('cp', 'site')}\nfpm: {}`)).toEqual([
    "2:6 fpm: control ports are in several network namespaces (cp, site): 'netns' is to say where zebra runs",
  ]);
});
