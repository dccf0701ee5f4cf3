// Shares of the frames begin where a record begins, and a thread that begins in the middle plays all of them.
import { expect, test } from 'vitest';
import { compileRouter } from '../../src/control/router.ts';
import { FrameStore } from '../frames.ts';
import { smallScale } from '../workloads/workload.ts';
import { findWorkload } from '../workloads.ts';
import { shareStarts, ThreadLoop } from './round.ts';

test('shares begin at records, the first at the beginning', () => {
  const frames = new FrameStore(5, 100);
  for (const length of [60, 61, 62, 99, 100]) frames.add(0, new Uint8Array(length));
  const records = [0];
  for (const length of [60, 61, 62, 99]) records.push((records.at(-1) as number) + 2 + ((length + 5) >>> 2));
  for (const count of [1, 2, 3, 5, 9]) {
    const starts = shareStarts(frames, count);
    expect(starts[0]).toBe(0);
    expect(starts.filter((start) => !records.includes(start))).toEqual([]);
  }
});

test('a thread sends every frame that it plays', () => {
  const { model, frames } = findWorkload('swap').build({ ...smallScale, frames: 1000 });
  const loop = new ThreadLoop(compileRouter(model).tables, frames);
  const { sent, notSent, framesASecond } = loop.run(shareStarts(frames, 2)[1] as number, 0);
  expect(notSent).toBe(0);
  // 64 batches of 256 frames but for the last one before the end, which is smaller.
  expect(sent).toBeGreaterThan(10_000);
  expect(framesASecond).toBeGreaterThan(0);
});
