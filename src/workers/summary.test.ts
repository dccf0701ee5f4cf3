import { expect, test } from 'vitest';
import { imbalance, summarize } from './summary.ts';

const counters = {
  framesIn: 3,
  framesOut: 2,
  copied: 0,
  made: 1,
  inFrames: [3, 0],
  inBytes: [180, 0],
  outFrames: [0, 2],
  outBytes: [0, 136],
  drops: [1],
  punts: [1],
};

test('only what occurred is listed, every port is', () => {
  const summary = summarize(counters, ['a', 'b'], 0.5, 1);
  expect(summary.drops).toEqual({ runt: 1 });
  expect(summary.punts).toEqual({ arp: 1 });
  expect(summary.interfaces.b).toEqual({ in: { frames: 0, bytes: 0 }, out: { frames: 2, bytes: 136 } });
  expect(imbalance(summary)).toBeUndefined();
});

test('books that do not balance are told, with the numbers', () => {
  expect(imbalance(summarize({ ...counters, made: 0 }, ['a', 'b'], 1, 1))).toMatch(/3 in .*0 made is not 2 out/);
  expect(imbalance(summarize({ ...counters, outFrames: [0, 1] }, ['a', 'b'], 1, 1))).toMatch(/ports count 3 in, 1 out/);
});

test('no time at all is no infinite speed', () => {
  expect(summarize(counters, ['a'], 0, 1).mpps).toBe(0);
});
