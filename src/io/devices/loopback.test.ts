import { expect, test } from 'vitest';
import { Batch } from '../../wire/batch.ts';
import { LoopbackDevice, openLoopback, shareLoopback } from './loopback.ts';

const bytes = Uint8Array.from({ length: 3000 }, (_, i) => i);

test('what one end sends arrives at the other, with the time of arrival, after a flush', () => {
  const [left, right] = openLoopback();
  const batch = new Batch();
  const before = Math.floor(Date.now() / 1000);
  expect(left.send(bytes, 1, 60)).toBe(true);
  expect(right.receive(batch, 2)).toBe(0);
  expect(left.pending).toBe(1);
  left.flush();
  expect(left.pending).toBe(0);
  expect(left.receive(batch, 1)).toBe(0);
  expect(right.receive(batch, 2)).toBe(1);
  expect([batch.port[0], batch.captured[0], batch.bytes[batch.start[0]]]).toEqual([2, 60, 1]);
  expect(batch.seconds[0]).toBeGreaterThanOrEqual(before);
  right.send(bytes, 2, 100);
  right.flush();
  expect(left.receive(batch, 1)).toBe(1);
  expect([batch.port[1], batch.captured[1]]).toEqual([1, 100]);
});

test('a full cable refuses; a frame that is too long for it is counted', () => {
  const share = shareLoopback(4096);
  const left = new LoopbackDevice(share, 0);
  const right = new LoopbackDevice(share, 1);
  while (left.send(bytes, 0, 1000));
  left.flush();
  expect(left.send(bytes, 0, 1000)).toBe(false);
  expect(left.send(bytes, 0, 2900)).toBe(true);
  expect(left.readCounts()).toMatchObject({ sendFailed: 1, sendFailedBytes: 2900 });
  expect(right.receive(new Batch(), 0)).toBe(3);
  expect(left.send(bytes, 0, 1000)).toBe(true);
});

test('a closed end neither gives nor takes', () => {
  const [left, right] = openLoopback(4096);
  right.send(bytes, 0, 60);
  right.flush();
  left.close();
  left.close();
  expect(left.receive(new Batch(), 0)).toBe(0);
  expect(left.send(bytes, 0, 60)).toBe(false);
  expect(left.pending).toBe(0);
});
