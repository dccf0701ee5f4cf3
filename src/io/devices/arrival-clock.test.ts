import { expect, test } from 'vitest';
import { ArrivalClock } from './arrival-clock.ts';

test('the time is that of the wall, in seconds and nanoseconds', () => {
  const clock = new ArrivalClock();
  const before = Date.now();
  clock.read();
  const after = Date.now();
  expect(Number.isInteger(clock.seconds) && Number.isInteger(clock.nanoseconds)).toBe(true);
  expect(clock.nanoseconds).toBeGreaterThanOrEqual(0);
  expect(clock.nanoseconds).toBeLessThan(1_000_000_000);
  const milliseconds = clock.seconds * 1000 + clock.nanoseconds / 1_000_000;
  expect(milliseconds).toBeGreaterThan(before - 5);
  expect(milliseconds).toBeLessThan(after + 5);
});
