// No frame from a port of one VRF leaves by a port of another unless a route or label says so: random routers that change
// under random frames, and an oracle that knows the configuration alone. More of it:
// npx tsx test/property/run.ts --isolation --frames N --seed S
import { expect, test } from 'vitest';
import { newTally, runIsolationTrial } from './isolation.ts';

const trials = 60;
const tally = newTally();

test('every frame leaves by an interface that the configuration leads it to', { timeout: 600_000 }, () => {
  for (let seed = 1; seed <= trials; seed++) runIsolationTrial(seed, tally);
  expect(tally.trials).toBeGreaterThan(trials / 4);
});

test('frames have left, also by interfaces of other VRFs, and routers have changed meanwhile', () => {
  expect(tally.arrived).toBeGreaterThan(8000);
  expect(tally.sent).toBeGreaterThan(3000);
  expect(tally.marked).toBeGreaterThan(0.4 * tally.sent);
  expect(tally.crossed).toBeGreaterThan(100);
  expect(tally.transactions).toBeGreaterThan(150);
  expect(tally.rebuilds).toBeGreaterThan(10);
});
