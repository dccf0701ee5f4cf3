import { expect, test } from 'vitest';
import { readProjectFile } from '../../../test/house/files.ts';
import { nestsTooDeep } from './yaml-guard.ts';

test.each(['src/control/config/example.yaml', 'pcaps/lab/pe1.yaml', 'test/fuzz/everything.yaml'])(
  '%s is taken',
  (path) => {
    expect(nestsTooDeep(readProjectFile(path))).toBe(false);
  },
);

test('brackets in comments and texts do not add up', () => {
  const lines = Array.from({ length: 1000 }, (_, i) => `route${i}: "[" # {[\n  x: 1`);
  expect(nestsTooDeep(lines.join('\n'))).toBe(false);
});

test.each([
  ['lists', '['.repeat(200)],
  ['maps', '{a: '.repeat(200)],
  ['both, on lines', '[\n {'.repeat(200)],
  ['entries', '- '.repeat(200)],
  ['keys', '? '.repeat(200)],
  ['indents', Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
])('%s without end are not', (_, text) => {
  expect(nestsTooDeep(text)).toBe(true);
});
