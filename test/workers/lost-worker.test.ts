// A worker that stops: its frames are counted as lost, the others or the main thread do the rest, the books balance.
import { afterEach, expect, test } from 'vitest';
import type { Fault } from '../../src/workers/replay-worker.ts';
import { difference, openStage, type Stage } from './replays.ts';

let stage: Stage | undefined;
afterEach(() => {
  stage?.close();
  stage = undefined;
});

function open(): Stage {
  stage = openStage({
    seed: 102,
    frames: 16_000,
    neighborsOneIn: 1_000_000,
    loop: 1,
    nanosecond: false,
    damaged: false,
    layout: 'pcap',
  });
  if (stage === undefined) throw new Error('another seed is due');
  return stage;
}

/** Whoever takes the third job of a round, so many times. */
function fault(kind: Fault['kind'], times: number): Fault {
  const left = new SharedArrayBuffer(4);
  new Int32Array(left)[0] = times;
  return { place: 2, kind, left };
}

test.each([
  { kind: 'throw', workers: 2 },
  { kind: 'exit', workers: 3 },
] as const)('$kind, of $workers workers', { timeout: 300_000 }, async ({ kind, workers }) => {
  const { summary: one } = await open().replay(1);
  const end = await (stage as Stage).replay(workers, {
    patient: true,
    batchesPerJob: 4,
    fault: fault(kind, 1),
  });
  expect(end.balanced).toBe(true);
  expect(end.reports).toHaveLength(1);
  const lost = end.summary.drops['worker-lost'] ?? 0;
  expect(end.reports[0]).toMatch(new RegExp(`^worker [123] has stopped, ${lost} frames are lost: `));
  expect(lost).toBe(1024);
  // What arrived is known to the byte, whatever the worker had done to it.
  expect(end.summary.frames.in).toBe(one.frames.in);
  const arrived = (summary: typeof one) => Object.values(summary.interfaces).map((each) => each.in);
  expect(arrived(end.summary)).toEqual(arrived(one));
});

test('the last worker: the main thread does the rest', { timeout: 300_000 }, async () => {
  const { summary: one } = await open().replay(1);
  const end = await (stage as Stage).replay(2, {
    patient: true,
    batchesPerJob: 4,
    fault: fault('throw', 2),
  });
  expect(end.balanced).toBe(true);
  expect(end.reports).toHaveLength(2);
  expect(end.summary.frames.in).toBe(one.frames.in);
  expect(end.summary.drops['worker-lost']).toBe(2048);
  expect(end.jobsByWorkers).toBeLessThan(end.jobs);
});

test('no worker can start: one line about it, and the main thread does the work', { timeout: 300_000 }, async () => {
  const one = await open().replay(1);
  const end = await (stage as Stage).replay(2, { patient: true, thread: 'nothing-there' });
  expect(difference(one, end)).toBeUndefined();
  expect(end.reports).toHaveLength(1);
  expect(end.reports[0]).toMatch(/^no worker can start, one thread does the work: \S/);
  expect(end.jobsByWorkers).toBe(0);
});
