import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WorkerPool } from './pool.ts';
import { Ring, ringBytes } from './ring.ts';
import { threadFile } from './thread-file.ts';

function open(capacity: number): Ring {
  return new Ring(new SharedArrayBuffer(ringBytes(capacity)), capacity);
}

test('first in, first out, until it is full', () => {
  const ring = open(4);
  expect(ring.take()).toBe(-1);
  expect([0, 1, 2, 3].map((value) => ring.put(value))).toEqual([true, true, true, true]);
  expect(ring.put(4)).toBe(false);
  expect(ring.length).toBe(4);
  expect([ring.take(), ring.take()]).toEqual([0, 1]);
  expect(ring.put(5)).toBe(true);
  expect([ring.take(), ring.take(), ring.take(), ring.take()]).toEqual([2, 3, 5, -1]);
});

test('a capacity that is no power of two is refused', () => {
  for (const capacity of [0, 3, 2 ** 21]) expect(() => open(capacity)).toThrow('power of two');
});

test('the counts run over the end of 32 bits', () => {
  const buffer = new SharedArrayBuffer(ringBytes(2));
  new Int32Array(buffer).fill(0x7fff_ffff, 0, 2);
  const ring = new Ring(buffer, 2);
  for (let i = 0; i < 5; i++) {
    expect(ring.put(i)).toBe(true);
    expect(ring.length).toBe(1);
    expect(ring.take()).toBe(i);
  }
});

test('what is in a closed ring can still be taken; then it answers at once', () => {
  const ring = open(2);
  ring.put(7);
  ring.close();
  expect([ring.next(), ring.next()]).toEqual([7, -1]);
  ring.sleep();
});

test('a second thread gets every number, in order, through two rings that are often full and often empty', async () => {
  const there = new SharedArrayBuffer(ringBytes(4));
  const back = new SharedArrayBuffer(ringBytes(8));
  const fail = (error: Error) => {
    throw error;
  };
  const pool = new WorkerPool(threadFile('ring-echo'), [{ there, back }], {
    lost: (_worker, error) => fail(error),
    failed: fail,
  });
  const to = new Ring(there, 4);
  const from = new Ring(back, 8);
  const count = 20_000;
  let next = 0;
  for (let sent = 0; next < count; ) {
    while (sent < count && to.put(sent)) sent++;
    if (sent === count) to.close();
    for (let value = from.take(); value >= 0; value = from.take()) expect(value).toBe(next++);
    if (next < count) await setImmediate();
  }
  expect(from.next()).toBe(-1);
  await pool.close();
  expect(next).toBe(count);
});
