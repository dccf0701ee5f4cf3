import { expect, test } from 'vitest';
import { ShimlineError } from '../errors.ts';
import type { FrameSource } from '../io/device.ts';
import { Batch } from '../wire/batch.ts';
import { type ReplayOptions, replay } from './replay.ts';

function counting() {
  const seen = { frames: 0, finished: 0 };
  return {
    seen,
    process(batch: Batch) {
      seen.frames += batch.count;
    },
    finish() {
      seen.finished++;
    },
  };
}

/** Each step is what one call of `fill` does. */
function source(...steps: ((batch: Batch) => number | Promise<number>)[]): FrameSource {
  return { fill: (batch) => steps.shift()?.(batch) ?? 0, close() {} };
}

const frames = (count: number) => (batch: Batch) => {
  for (let i = 0; i < count; i++) batch.add(0, 60, 60, 1, 0);
  return count;
};

const options = (more: Partial<ReplayOptions> = {}): ReplayOptions => ({
  signal: new AbortController().signal,
  enough: () => false,
  failed: () => false,
  ...more,
});

test('runs to the end, through promises too, and finishes once', async () => {
  const processor = counting();
  const end = await replay(
    source(frames(3), (batch) => Promise.resolve(frames(2)(batch))),
    processor,
    new Batch(),
    options(),
  );
  expect(processor.seen).toEqual({ frames: 5, finished: 1 });
  expect(end).toEqual({ problems: [], interrupted: false });
});

test('frames appended before damage are processed, and the source is asked on', async () => {
  const processor = counting();
  const damage = new ShimlineError('DAMAGED', 'a.pcap: cut off');
  const broken = (batch: Batch) => {
    frames(2)(batch);
    throw damage;
  };
  const end = await replay(source(broken, frames(1)), processor, new Batch(), options());
  expect(processor.seen).toEqual({ frames: 3, finished: 1 });
  expect(end.problems).toEqual([damage]);
});

test('an error that is not ours is not swallowed', async () => {
  const broken = () => {
    throw new TypeError('bug');
  };
  await expect(replay(source(broken), counting(), new Batch(), options())).rejects.toThrow('bug');
});

test('a signal ends a wait', async () => {
  const stopping = new AbortController();
  setTimeout(() => stopping.abort(), 10);
  const processor = counting();
  const end = await replay(
    source(frames(1), () => new Promise(() => {})),
    processor,
    new Batch(),
    options({ signal: stopping.signal }),
  );
  expect(end.interrupted).toBe(true);
  expect(processor.seen).toEqual({ frames: 1, finished: 1 });
});

test('a failed output ends the replay after the batch', async () => {
  const processor = counting();
  await replay(source(frames(1), frames(1)), processor, new Batch(), options({ failed: () => true }));
  expect(processor.seen).toEqual({ frames: 1, finished: 1 });
});
