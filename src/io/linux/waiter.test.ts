// Waiting: who wakes, who does not, and a link that is down.
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { device, frame, receiveAll, sendAll, useNamespace } from '../../../test/support/devices.ts';
import { addVeth, canUseNamespaces, command, untilRunning } from '../../../test/support/namespace.ts';
import { Batch } from '../../wire/batch.ts';
import { Waiter, wake } from './waiter.ts';

const isLinux = process.platform === 'linux';
let waiter: Waiter | undefined;
afterEach(() => waiter?.close());

function made(...descriptors: number[]): Waiter {
  waiter = new Waiter();
  waiter.setDescriptors(descriptors);
  return waiter;
}

/** Long enough that a test which has to wait for it fails by its own time. */
const foreverMilliseconds = 1_000_000;

describe.skipIf(!isLinux)(isLinux ? 'waiter' : 'waiter (not Linux: skipped)', () => {
  test('nothing happens: the time passes', () => {
    expect(made().wait(0)).toBe(false);
    expect(made(-1).wait(5)).toBe(false);
  });

  test('woken before it waits, once for any number of times', () => {
    const w = made();
    for (let i = 0; i < 3; i++) wake(w.wakeDescriptor);
    expect(w.wait(foreverMilliseconds)).toBe(true);
    expect(w.wait(0)).toBe(false);
  });

  test('woken by another thread while it waits', () => {
    const w = made();
    const code = `const { workerData: fd } = require('node:worker_threads');
      setTimeout(() => require('node:fs').writeSync(fd, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])), 50);`;
    const worker = new Worker(code, { eval: true, workerData: w.wakeDescriptor });
    expect(w.wait(foreverMilliseconds)).toBe(true);
    return worker.terminate();
  });

  test('closed: it does not wait, and may be closed again', () => {
    const w = made();
    w.close();
    w.close();
    expect(w.wait(foreverMilliseconds)).toBe(false);
  });
});

const canRun = canUseNamespaces();
const title = canRun ? 'a waiter and links' : 'a waiter and links (no right to make network namespaces: skipped)';

describe.skipIf(!canRun)(title, () => {
  useNamespace('waiter');

  test.each([false, true])('frames end a wait, lowLatency %s', (lowLatency) => {
    addVeth('a', 'b');
    const [a, b] = [device('a', { lowLatency }), device('b', { lowLatency })];
    const w = made(a.descriptor, b.descriptor);
    expect(w.wait(0)).toBe(false);
    sendAll(a, [frame(1, 60)]);
    expect(w.wait(foreverMilliseconds)).toBe(true);
    expect(b.receive(new Batch(), 0)).toBe(1);
    expect(w.wait(0)).toBe(false);
    w.setDescriptors([a.descriptor]);
    sendAll(a, [frame(1, 60)]);
    expect(w.wait(20)).toBe(false);
  });

  test('a link that goes down does not make it spin; others and the link itself are heard again', () => {
    addVeth('a', 'b');
    const [a, b] = [device('a'), device('b')];
    const w = made(a.descriptor, b.descriptor);
    command('ip link set dev b down');
    let waits = 0;
    for (const end = performance.now() + 300; performance.now() < end; waits++) expect(w.wait(100)).toBe(false);
    expect(waits).toBeLessThan(100);
    wake(w.wakeDescriptor);
    expect(w.wait(foreverMilliseconds)).toBe(true);
    command('ip link set dev b up');
    for (const name of ['a', 'b']) untilRunning(name);
    sendAll(a, [frame(1, 60)]);
    while (!w.wait(foreverMilliseconds));
    expect(receiveAll(b, 1).length).toBe(1);
  });

  test('an interface that is deleted does not make it spin', () => {
    addVeth('a', 'b');
    const w = made(device('a').descriptor, device('b').descriptor);
    command('ip link delete dev a');
    let waits = 0;
    for (const end = performance.now() + 300; performance.now() < end; waits++) w.wait(100);
    expect(waits).toBeLessThan(100);
  });
});
