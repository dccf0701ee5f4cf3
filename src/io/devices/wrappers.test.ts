import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Batch } from '../../wire/batch.ts';
import { play, scratch } from '../fixtures.ts';
import type { LiveDevice } from '../live-device.ts';
import { CaptureWriter } from './capture-writer.ts';
import { FaultInjector, type FaultOptions } from './fault-injector.ts';
import { openLoopback } from './loopback.ts';
import { Tracer } from './tracer.ts';

const at = scratch();
afterAll(() => at.remove());

/** An Ethernet frame with its number behind the header, and a tag if wanted. */
function frame(index: number, length = 60, tagged = false): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => i);
  bytes.set(tagged ? [0x81, 0, 0, 5, 0x08, 0x00] : [0x88, 0x47, index >> 8, index & 255], 12);
  return bytes;
}

function send(device: LiveDevice, ...frames: Uint8Array[]): boolean[] {
  const taken = frames.map((bytes) => device.send(bytes, 0, bytes.length));
  device.flush();
  return taken;
}

/** All that is at hand, frame by frame. */
function receive(device: LiveDevice): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const batch = new Batch();
  for (;;) {
    batch.clear();
    if (device.receive(batch, 3) === 0) return frames;
    for (let slot = 0; slot < batch.count; slot++) {
      expect(batch.port[slot]).toBe(3);
      frames.push(batch.bytes.slice(batch.start[slot], batch.start[slot] + batch.captured[slot]));
    }
  }
}

const indexOf = (bytes: Uint8Array): number => (bytes[14] << 8) | bytes[15];

test('a tracer says a line for a frame, with direction, time, length, type and first bytes', () => {
  const lines: string[] = [];
  const [left, right] = openLoopback();
  const tracer = new Tracer(left, { name: 'core1', line: (text) => lines.push(text) });
  send(tracer, frame(1), frame(2, 100, true), new Uint8Array(10));
  expect(receive(right)).toHaveLength(3);
  send(right, frame(3, 64));
  expect(receive(tracer)).toEqual([frame(3, 64)]);
  const hex = Buffer.from(frame(1).subarray(0, 32)).toString('hex');
  expect(lines[0]).toMatch(new RegExp(`^core1 out \\d+\\.\\d{9} 60 bytes 0x8847 ${hex}$`));
  expect(lines[1]).toMatch(/^core1 out \d+\.\d{9} 100 bytes 0x0800 [0-9a-f]{64}$/);
  expect(lines[2]).toMatch(/^core1 out \d+\.\d{9} 10 bytes no type (?:00){10}$/);
  expect(lines[3]).toMatch(/^core1 in \d+\.\d{9} 64 bytes 0x8847 [0-9a-f]{64}$/);
  expect(lines).toHaveLength(4);
});

test('a tracer says no more than so many lines a second, and how many it left out', () => {
  const lines: string[] = [];
  let now = 0;
  const [left, right] = openLoopback();
  const tracer = new Tracer(left, {
    name: 'core1',
    line: (text) => lines.push(text),
    linesPerSecondMax: 3,
    clock: () => now,
  });
  tracer.flush();
  for (let i = 0; i < 100; i++) send(tracer, frame(i));
  expect(receive(right)).toHaveLength(100);
  expect(lines).toHaveLength(3);
  now = 1000;
  receive(tracer);
  expect(lines[3]).toBe('core1: 97 frames not shown');
  send(tracer, frame(1), frame(2), frame(3), frame(4));
  expect(lines).toHaveLength(7);
  tracer.close();
  expect(lines[7]).toBe('core1: 1 frames not shown');
});

test('a refused frame is shown as refused', () => {
  const lines: string[] = [];
  const [left] = openLoopback(4096);
  const tracer = new Tracer(left, { name: 'p', line: (text) => lines.push(text) });
  expect(send(tracer, frame(0, 1500), frame(1, 1500), frame(2, 1500))).toEqual([true, true, false]);
  expect(lines[2]).toMatch(/^p refused /);
});

/** Sends so many frames through an injector on the sending side and answers what arrives. */
function afflicted(options: FaultOptions, count = 2000) {
  const [left, right] = openLoopback(1 << 22);
  const injector = new FaultInjector(left, options);
  const taken = send(injector, ...Array.from({ length: count }, (_, i) => frame(i)));
  expect(taken).not.toContain(false);
  return { injector, right, frames: receive(right) };
}

test('without faults everything passes unchanged, both ways', () => {
  const { injector, right, frames } = afflicted({ seed: 1 });
  expect(frames.map(indexOf)).toEqual(Array.from({ length: 2000 }, (_, i) => i));
  send(right, ...Array.from({ length: 600 }, (_, i) => frame(i)));
  expect(receive(injector).map(indexOf)).toEqual(Array.from({ length: 600 }, (_, i) => i));
  expect(injector.sent).toEqual({ dropped: 0, corrupted: 0, truncated: 0, duplicated: 0, delayed: 0 });
});

test('drop, duplicate: as many as were counted, about as many as was asked', () => {
  const { injector, frames } = afflicted({ seed: 2, sending: { drop: 0.1, duplicate: 0.2 } });
  const { dropped, duplicated } = injector.sent;
  expect(frames).toHaveLength(2000 - dropped + duplicated);
  expect(dropped).toBeGreaterThan(120);
  expect(dropped).toBeLessThan(280);
  expect(duplicated).toBeGreaterThan(260);
  expect(duplicated).toBeLessThan(460);
});

test('corrupt: one bit; truncate: the beginning stays', () => {
  const bad = afflicted({ seed: 3, sending: { corrupt: 1 } });
  bad.frames.forEach((bytes, i) => {
    const turned = bytes.map((byte, at) => byte ^ frame(i)[at]).filter((byte) => byte !== 0);
    expect(turned).toHaveLength(1);
    expect(Math.log2(turned[0]) % 1).toBe(0);
  });
  const cut = afflicted({ seed: 3, sending: { truncate: 1 } }, 300);
  cut.frames.forEach((bytes, i) => {
    expect(bytes.length).toBeLessThan(60);
    expect(bytes).toEqual(frame(i).slice(0, bytes.length));
  });
  expect(cut.injector.sent.truncated).toBe(300);
});

test('delay: later frames overtake, nothing is lost, and all come in the end', () => {
  let now = 0;
  const { injector, right, frames } = afflicted({ seed: 4, sending: { delay: 0.3 }, clock: () => now });
  const { delayed } = injector.sent;
  expect(frames).toHaveLength(2000 - delayed);
  expect(injector.pending).toBe(delayed);
  injector.flush();
  expect(receive(right)).toEqual([]);
  now = 5;
  injector.flush();
  const late = receive(right);
  expect(injector.pending).toBe(0);
  const all = [...frames, ...late].map(indexOf);
  expect(all).not.toEqual(all.toSorted((a, b) => a - b));
  expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, i) => i));
});

test('faults on the way in, with a due time for what is delayed', () => {
  let now = 0;
  const [left, right] = openLoopback();
  const injector = new FaultInjector(left, {
    seed: 5,
    receiving: { delay: 0.5, drop: 0.1 },
    delayMilliseconds: 7,
    clock: () => now,
  });
  send(right, ...Array.from({ length: 500 }, (_, i) => frame(i)));
  const first = receive(injector);
  const { delayed, dropped } = injector.received;
  expect(first).toHaveLength(500 - delayed - dropped);
  expect(injector.dueMilliseconds).toBe(7);
  now = 8;
  expect(injector.dueMilliseconds).toBe(0);
  expect(receive(injector)).toHaveLength(delayed);
  expect(injector.dueMilliseconds).toBeUndefined();
});

test('the same seed gives the same faults, another one others', () => {
  const faults = { drop: 0.2, corrupt: 0.2, truncate: 0.1, duplicate: 0.1 };
  const run = (seed: number) => afflicted({ seed, sending: faults }, 300).frames;
  expect(run(9)).toEqual(run(9));
  expect(run(9)).not.toEqual(run(10));
});

test('a capture has every frame of both directions, and the device works as before', async () => {
  const path = join(at.path, 'both.pcapng');
  const [left, right] = openLoopback();
  const writer = new CaptureWriter(left, { path, name: 'core1', report: () => undefined });
  send(writer, frame(1), frame(2));
  send(right, frame(3, 80));
  expect(receive(right)).toEqual([frame(1), frame(2)]);
  expect(receive(writer)).toEqual([frame(3, 80)]);
  writer.close();
  expect(writer.missing).toBe(0);
  const { frames } = await play([path]);
  expect(frames.map(({ bytes }) => bytes)).toEqual([[...frame(1)], [...frame(2)], [...frame(3, 80)]]);
  const incoming = await play([`${path}#0`]);
  expect(incoming.frames.map(({ bytes }) => bytes)).toEqual([[...frame(3, 80)]]);
});

test('one direction only, and nothing that was refused', async () => {
  const path = join(at.path, 'out.pcap');
  const [left, right] = openLoopback(4096);
  const writer = new CaptureWriter(left, { path, name: 'core1', directions: 'out', report: () => undefined });
  expect(send(writer, frame(1, 1500), frame(2, 1500), frame(3, 1500))).toEqual([true, true, false]);
  send(right, frame(4));
  expect(receive(writer)).toHaveLength(1);
  writer.close();
  const { frames } = await play([path]);
  expect(frames.map(({ bytes }) => indexOf(Uint8Array.from(bytes)))).toEqual([1, 2]);
});

test('a full disk ends the capture with one line, and no frame is lost to the device', () => {
  const path = join(at.path, 'full.pcap');
  const lines: string[] = [];
  let calls = 0;
  let now = 0;
  const write = (): number => {
    calls++;
    throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
  };
  const [left, right] = openLoopback(1 << 20);
  const options = { path, name: 'core1', report: (line: string) => lines.push(line), clock: () => now, write };
  const writer = new CaptureWriter(left, options);
  expect(lines).toEqual([`${path}: no space left on device; capturing ends`]);
  for (let i = 0; i < 1000; i++) {
    now += 100;
    expect(send(writer, frame(i))).toEqual([true]);
  }
  expect(receive(right)).toHaveLength(1000);
  expect(calls).toBe(1);
  expect(lines).toHaveLength(1);
  expect(writer.missing).toBe(1000);
  writer.close();
  expect(statSync(path).size).toBe(0);
});
