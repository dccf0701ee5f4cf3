// The command line of the benchmark: what each command takes, and what is refused.
import { describe, expect, test } from 'vitest';
import { parseOptions } from './options.ts';
import { workloads } from './workloads.ts';

test('without a command all workloads race, five runs each', () => {
  const options = parseOptions([]);
  expect(options).toEqual({ command: 'race', workloads, runs: 5, json: false, small: false, check: false });
});

test('--only takes workloads and numbers of a series', () => {
  const options = parseOptions(['--only', 'swap,routes:4000', '--json']);
  expect(options.command === 'race' && options.workloads.map(({ name }) => name)).toEqual(['swap', 'routes:4000']);
});

describe('commands', () => {
  test.each([
    [['files'], { command: 'files', megabytes: 256, routes: 1000, workers: 2, runs: 5, json: false }],
    [['files', '--megabytes', '8', '--json'], { megabytes: 8, json: true }],
    [['scaling', '--threads', '4', '--small'], { command: 'scaling', threads: 4, small: true }],
    [['charts'], { command: 'charts', quick: false, only: undefined, runs: 5, output: 'docs' }],
    [['charts', '--quick', '--only', 'slow,routes'], { quick: true, only: ['slow', 'routes'] }],
    [['live', '--seconds', '3', '--check'], { command: 'live', seconds: 3, runs: 5, check: true, json: false }],
    [['micro', '--list'], { command: 'micro', list: true, names: [] }],
    [['micro', 'parse', 'rewrite'], { list: false, names: ['parse', 'rewrite'] }],
  ])('%j', (args, expected) => {
    expect(parseOptions(args)).toMatchObject(expected);
  });
});

test.each([
  [['race'], 'race is no command'],
  [['--runs', '4'], '--runs must be a whole number from 5 to 1000'],
  [['files', '--megabytes', '0'], '--megabytes must be a whole number from 1 to 16384'],
  [['files', 'more'], 'more is no option'],
  [['scaling', '--threads', '1'], '--threads must be a whole number from 2 to 64'],
  [['--only', 'nothing'], 'there is no workload nothing'],
])('%j is refused: %s', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});

test('an option of another command is refused', () => {
  expect(() => parseOptions(['charts', '--megabytes', '8'])).toThrow(/--megabytes/);
});
