// Frames through two rings and another thread, the rings often full and often empty.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { FrameRing, frameRingBytes } from '../../src/io/devices/frame-ring.ts';
import { Batch } from '../../src/wire/batch.ts';
import type { EchoSetup } from './frame-ring-echo.ts';

const dataBytes = 4096;
const frames = 50_000;

/** Node 20 gives workers no loader from the command line, so the worker asks for its own. */
const workerText = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./frame-ring-echo.ts', import.meta.url).href)});
});`;

/** Length and contents of a frame, from its number. */
function lengthOf(index: number): number {
  return index % 97 === 0 ? 1000 + (index % 500) : 1 + (Math.imul(index, 2_654_435_761) >>> 24);
}

function byteOf(index: number, i: number): number {
  return (index * 31 + i * 7) & 255;
}

test('another thread gets every frame whole and in order, and gives it back', async () => {
  const there = new SharedArrayBuffer(frameRingBytes(dataBytes));
  const back = new SharedArrayBuffer(frameRingBytes(dataBytes));
  const to = new FrameRing(there, 0, dataBytes);
  const from = new FrameRing(back, 0, dataBytes);
  const setup: EchoSetup = { there, back, dataBytes };
  const worker = new Worker(workerText, { eval: true, workerData: setup });
  let failure: Error | undefined;
  worker.on('error', (error: Error) => {
    failure = error;
  });
  const ended = once(worker, 'exit');

  const source = new Batch();
  const start = source.add(0, 2000, 2000, 0, 0);
  const batch = new Batch();
  let sent = 0;
  let next = 0;
  while (next <= frames && failure === undefined) {
    for (; sent <= frames; sent++) {
      const length = sent === frames ? 0 : lengthOf(sent);
      for (let i = 0; i < length; i++) source.bytes[start + i] = byteOf(sent, i);
      if (!to.put(sent, sent & 7, source.bytes, start, length, length + 1, sent, sent & 0xffff)) break;
    }
    to.publish();
    to.wake();
    batch.clear();
    const count = from.take(batch);
    for (let slot = 0; slot < count; slot++, next++) {
      const length = next === frames ? 0 : lengthOf(next);
      const at = batch.start[slot];
      let same = batch.captured[slot] === length && batch.original[slot] === length + 1;
      same &&= batch.seconds[slot] === next && batch.port[slot] === (next & 7) && from.readTag(slot) === next + 1;
      for (let i = 0; i < length && same; i++) same = batch.bytes[at + i] === byteOf(next, i);
      if (!same) throw new Error(`frame ${next} came back changed`);
    }
    from.release();
    if (count === 0) await setImmediate();
  }
  expect(failure).toBeUndefined();
  await ended;
  expect(next).toBe(frames + 1);
  expect(to.isEmpty).toBe(true);
});
