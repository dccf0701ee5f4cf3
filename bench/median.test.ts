// Medians of odd and even numbers of runs.
import { expect, test } from 'vitest';
import { median } from './median.ts';

test.each([
  [[3, 1, 2], 2],
  [[10, 1, 3, 2], 2.5],
  [[7], 7],
  [[100, 9, 10], 10],
])('of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});
