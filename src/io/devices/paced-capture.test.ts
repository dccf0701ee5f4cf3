import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { ShimlineError } from '../../errors.ts';
import { Batch } from '../../wire/batch.ts';
import type { FrameSource } from '../device.ts';
import { frameBytes, pcap, scratch } from '../fixtures.ts';
import type { Pace } from '../live-device.ts';
import { type MemoryFrame, MemorySource } from '../memory.ts';
import { openPacedCapture, PacedCapture } from './paced-capture.ts';

const at = scratch();
afterAll(() => at.remove());

class VirtualClock {
  now = 123_456.75;
  readonly read = (): number => this.now;
}

/** Frames at these milliseconds after some moment, each with its index in its first byte. */
function stamped(...milliseconds: number[]): MemoryFrame[] {
  return milliseconds.map((ms, i) => ({
    bytes: Uint8Array.of(i, 0, 0, 0),
    seconds: 1_700_000_000 + Math.floor(ms / 1000),
    nanoseconds: Math.round((ms % 1000) * 1_000_000),
  }));
}

function play(source: FrameSource, pace: Pace) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const capture = new PacedCapture(source, { pace, report: (line) => lines.push(line), clock: clock.read });
  const batch = new Batch();
  /** Indexes of the frames that are given now. */
  const take = (): number[] => {
    batch.clear();
    capture.receive(batch, 5);
    return Array.from({ length: batch.count }, (_, slot) => batch.bytes[batch.start[slot]]);
  };
  return { capture, clock, lines, batch, take };
}

test('by time: a frame is given when it is due, and the device tells how long that is', () => {
  const { capture, clock, take } = play(new MemorySource(stamped(10, 20, 20.5, 1040)), { by: 'time', speed: 1 });
  expect(capture.dueMilliseconds).toBe(0);
  expect(take()).toEqual([0]);
  expect(capture.dueMilliseconds).toBeCloseTo(10, 6);
  clock.now += 9.9;
  expect(take()).toEqual([]);
  clock.now += 0.2;
  expect(take()).toEqual([1]);
  clock.now += 0.5;
  expect(take()).toEqual([2]);
  expect(capture.ended).toBe(false);
  expect(capture.dueMilliseconds).toBeCloseTo(1030 - 10.6, 6);
  clock.now += 2000;
  expect(capture.dueMilliseconds).toBe(0);
  expect(take()).toEqual([3]);
  expect(capture.ended).toBe(true);
  expect(capture.dueMilliseconds).toBeUndefined();
});

test('by time at another speed, and a frame that is stamped too early goes at once', () => {
  const { clock, take } = play(new MemorySource(stamped(1000, 2000, 500, 3000)), { by: 'time', speed: 4 });
  expect(take()).toEqual([0]);
  clock.now += 249;
  expect(take()).toEqual([]);
  clock.now += 1;
  expect(take()).toEqual([1, 2]);
  clock.now += 249;
  expect(take()).toEqual([]);
  clock.now += 1;
  expect(take()).toEqual([3]);
});

test('late frames go at once and move nothing behind them', () => {
  const { clock, take } = play(new MemorySource(stamped(0, 10, 20, 30, 40)), { by: 'time', speed: 1 });
  expect(take()).toEqual([0]);
  clock.now += 25;
  expect(take()).toEqual([1, 2]);
  clock.now += 4.9;
  expect(take()).toEqual([]);
  clock.now += 0.2;
  expect(take()).toEqual([3]);
});

test('at a rate, from the first frame that is given', () => {
  const frames = stamped(0, 5000, 6000, 6000, 6000);
  const { clock, take } = play(new MemorySource(frames), { by: 'rate', framesPerSecond: 400 });
  clock.now += 10_000;
  expect(take()).toEqual([0]);
  clock.now += 2.5;
  expect(take()).toEqual([1]);
  clock.now += 5;
  expect(take()).toEqual([2, 3]);
});

test('at top speed everything is given at once, as far as the batch goes, as frames that arrive now', () => {
  const before = Math.floor(Date.now() / 1000);
  const { capture, batch } = play(new MemorySource(stamped(0, 1000), 300), { by: 'topspeed' });
  batch.clear();
  expect(capture.receive(batch, 5)).toBe(256);
  expect([batch.port[0], batch.port[255]]).toEqual([5, 5]);
  expect(batch.seconds[255]).toBeGreaterThanOrEqual(before);
  expect(capture.dueMilliseconds).toBe(0);
  batch.clear();
  expect(capture.receive(batch, 5)).toBe(256);
  batch.clear();
  expect(capture.receive(batch, 5)).toBe(88);
  expect(capture.ended).toBe(true);
});

/** Frames without an end, `gapNanoseconds` apart. */
class Endless implements FrameSource {
  count = 0;
  readonly #gapNanoseconds: number;

  constructor(gapNanoseconds: number) {
    this.#gapNanoseconds = gapNanoseconds;
  }

  fill(batch: Batch): number {
    for (let added = 0; ; added++) {
      const time = this.count * this.#gapNanoseconds;
      const start = batch.add(0, 4, 4, Math.floor(time / 1e9), time % 1e9);
      if (start < 0) return added;
      new DataView(batch.bytes.buffer, batch.bytes.byteOffset).setUint32(start, this.count++, true);
    }
  }

  close(): void {}
}

test.each<Pace>([
  { by: 'time', speed: 1 },
  { by: 'rate', framesPerSecond: 30 },
])('four hours of playing %o do not drift by a microsecond', (pace) => {
  const gapNanoseconds = 33_333_333;
  const gap = pace.by === 'rate' ? 1000 / 30 : gapNanoseconds / 1e6;
  const { capture, clock, batch } = play(new Endless(gapNanoseconds), pace);
  const start = clock.now;
  const view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset);
  const end = start + 4 * 3600 * 1000;
  let next = 0;
  let seed = 1;
  while (clock.now < end) {
    batch.clear();
    capture.receive(batch, 0);
    for (let slot = 0; slot < batch.count; slot++, next++) {
      if (view.getUint32(batch.start[slot], true) !== next) throw new Error(`frame ${next} is missing`);
      if (start + next * gap > clock.now + 0.001) throw new Error(`frame ${next} is early`);
    }
    // What was due is given: the next frame is not.
    if (start + next * gap < clock.now - 0.001) throw new Error(`frame ${next} is late`);
    // Whoever asks comes late, by anything up to 50 ms.
    seed = (Math.imul(seed, 1_103_515_245) + 12345) >>> 0;
    clock.now += (capture.dueMilliseconds ?? 0) + (seed >>> 16) / 1310;
  }
  expect(next).toBeGreaterThan(4 * 3600 * 29.9);
});

test('a source that has to wait is never waited for', async () => {
  let deliver: (count: number) => void = () => undefined;
  let filling: Batch | undefined;
  const source: FrameSource = {
    fill: (batch) => {
      filling = batch;
      return new Promise((resolve) => {
        deliver = resolve;
      });
    },
    close: () => undefined,
  };
  const { capture, take } = play(source, { by: 'topspeed' });
  expect(take()).toEqual([]);
  expect(capture.ended).toBe(false);
  expect(capture.dueMilliseconds).toBeGreaterThan(0);
  const start = filling?.add(0, 1, 1, 0, 0) ?? 0;
  filling?.bytes.set([7], start);
  expect(take()).toEqual([]);
  deliver(1);
  await setImmediate();
  expect(take()).toEqual([7]);
  expect(capture.ended).toBe(false);
  deliver(0);
  await setImmediate();
  expect(take()).toEqual([]);
  expect(capture.ended).toBe(true);
});

test('damage: what stands before it is played, then it is reported once with its place, and that is the end', async () => {
  const whole = pcap([1, 2, 3].map((first) => ({ bytes: frameBytes(60, first) })));
  const path = at.file('damaged.pcap', whole.slice(0, whole.length - 10));
  const lines: string[] = [];
  const capture = await openPacedCapture(path, { pace: { by: 'topspeed' }, report: (line) => lines.push(line) });
  const batch = new Batch();
  for (let i = 0; i < 1000 && !capture.ended; i++) {
    capture.receive(batch, 0);
    if (batch.count < 2) expect(lines).toEqual([]);
    await setImmediate();
  }
  expect(batch.count).toBe(2);
  expect(capture.ended).toBe(true);
  capture.receive(batch, 0);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/damaged\.pcap.*(?:offset|byte) 176/);
  capture.close();
  capture.close();
});

test('a file that is not there is an error at the start', async () => {
  const opening = openPacedCapture(join(at.path, 'none.pcap'), { pace: { by: 'topspeed' }, report: () => undefined });
  await expect(opening).rejects.toThrow(ShimlineError);
});
