// Random routers and random frames: the fast engine, the slow path alone and the slow path explaining must do the
// same, byte for byte and in the same order. More of it: npx tsx test/property/run.ts --frames N --seed S
import { expect, test } from 'vitest';
import { Tally } from './tally.ts';
import { runTrial } from './trial.ts';

const trials = 400;
const framesPerTrial = 1000;
const tally = new Tally();

test('both speeds, and the slow path with explanations, say the same about every frame', { timeout: 600_000 }, () => {
  for (let seed = 1; seed <= trials; seed++) runTrial(seed, framesPerTrial, tally);
  expect(tally.frames).toBeGreaterThanOrEqual(200_000);
});

test('nearly all configurations that are drawn are valid', () => {
  expect(tally.trials).toBeGreaterThan(200);
  expect(tally.rejected).toBeLessThan(0.1 * trials);
});

test('the fast path has its share of the frames', () => {
  expect(tally.fastShare).toBeGreaterThan(0.25);
});

test('everything that can become of a frame has become of several', () => {
  const rare = [...tally.outcomes()].filter(([, count]) => count < 10);
  expect(rare).toEqual([]);
});
