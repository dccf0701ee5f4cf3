// Notifications as a service manager receives them: by a datagram socket of this test's own, with a path and an abstract name.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { libc } from './libc.ts';
import { openNotifier, watchdogMilliseconds } from './notify.ts';

function hasLibc(): boolean {
  try {
    createRequire(import.meta.url)('koffi');
    return process.platform === 'linux';
  } catch {
    return false;
  }
}

const dontWait = 0x40;

/** What arrived, each message with its lines; empty once nothing is left. */
function receiver(name: string): { next(): string[]; close(): void } {
  const c = libc();
  const fd = c.socket(1, 2, 0);
  const bytes = new TextEncoder().encode(name.replace(/^@/, '\0'));
  const address = new Uint8Array(2 + bytes.length);
  address[0] = 1;
  address.set(bytes, 2);
  expect(c.bind(fd, address, address.length)).toBe(0);
  const room = new Uint8Array(4096);
  return {
    next() {
      const length = c.recv(fd, room, room.length, dontWait);
      return length < 0 ? [] : new TextDecoder().decode(room.slice(0, length)).split('\n');
    },
    close: () => c.close(fd),
  };
}

describe.skipIf(!hasLibc())(`a service manager${hasLibc() ? '' : ' (needs Linux and koffi)'}`, () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    vi.useRealTimers();
    for (const close of closers.splice(0)) close();
  });

  function listen(name: string, environment: Record<string, string> = {}) {
    const socket = receiver(name);
    const notifier = openNotifier({ NOTIFY_SOCKET: name, ...environment });
    closers.push(notifier.close, socket.close);
    return { socket, notifier };
  }

  test('hears of every state, by a path', () => {
    const folder = mkdtempSync(join(tmpdir(), 'shimline-notify-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const { socket, notifier } = listen(join(folder, 'socket'));
    notifier.ready();
    notifier.ready('3 ports\nup');
    notifier.status('2 ports up');
    const before = process.hrtime.bigint() / 1000n;
    notifier.reloading();
    const after = process.hrtime.bigint() / 1000n;
    notifier.stopping();
    expect(socket.next()).toEqual(['READY=1']);
    expect(socket.next()).toEqual(['READY=1', 'STATUS=3 ports up']);
    expect(socket.next()).toEqual(['STATUS=2 ports up']);
    const [word, time = ''] = socket.next();
    expect(word).toBe('RELOADING=1');
    const microseconds = BigInt(time.replace(/^MONOTONIC_USEC=/, ''));
    expect(microseconds >= before && microseconds <= after).toBe(true);
    expect(socket.next()).toEqual(['STOPPING=1']);
    expect(socket.next()).toEqual([]);
  });

  test('hears signs of life at half of the time, while there is life', () => {
    vi.useFakeTimers();
    const { socket, notifier } = listen(`@shimline-notify-${process.pid}`, { WATCHDOG_USEC: '2000000' });
    let isAlive = true;
    notifier.watch(() => isAlive);
    notifier.watch(() => isAlive);
    expect([socket.next(), socket.next()]).toEqual([['WATCHDOG=1'], []]);
    vi.advanceTimersByTime(3000);
    expect([socket.next(), socket.next(), socket.next(), socket.next()]).toEqual([
      ['WATCHDOG=1'],
      ['WATCHDOG=1'],
      ['WATCHDOG=1'],
      [],
    ]);
    isAlive = false;
    vi.advanceTimersByTime(3000);
    expect(socket.next()).toEqual([]);
    isAlive = true;
    notifier.close();
    vi.advanceTimersByTime(3000);
    notifier.ready();
    expect(socket.next()).toEqual([]);
  });

  test('that is gone, or does not read, is no error and is not waited for', () => {
    const { socket, notifier } = listen(`@shimline-notify-${process.pid}-full`);
    for (let i = 0; i < 5000; i++) notifier.status('x'.repeat(100));
    expect(socket.next().length).toBe(1);
    socket.close();
    closers.pop();
    notifier.ready();
  });
});

test.each([undefined, '', 'relative', '@', 'vsock:2:1234', `/${'x'.repeat(200)}`])('nothing happens for %s', (name) => {
  const notifier = openNotifier({ NOTIFY_SOCKET: name, WATCHDOG_USEC: '1000000' });
  notifier.ready();
  notifier.reloading();
  notifier.watch();
  notifier.stopping();
  notifier.close();
  notifier.close();
});

test.each([
  [{}, undefined],
  [{ WATCHDOG_USEC: '10000000' }, 5000],
  [{ WATCHDOG_USEC: '10000000', WATCHDOG_PID: `${process.pid}` }, 5000],
  [{ WATCHDOG_USEC: '10000000', WATCHDOG_PID: `${process.pid + 1}` }, undefined],
  [{ WATCHDOG_USEC: 'soon' }, undefined],
  [{ WATCHDOG_USEC: '0' }, undefined],
  [{ WATCHDOG_USEC: '1' }, 1],
])('the watchdog of %j', (environment, expected) => {
  expect(watchdogMilliseconds(environment)).toBe(expected);
});
