import { existsSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ShimlineError } from '../../errors.ts';
import { frameBytes, play, scratch } from '../fixtures.ts';
import { CaptureSink } from './capture-sink.ts';

const at = scratch();
afterAll(() => at.remove());

function bytesOf(index: number, length = 60): Uint8Array {
  return Uint8Array.from(frameBytes(length, index & 255));
}

test.each(['out.pcap', 'out.pcapng'])('%s: every frame that left, with the time of leaving', async (name) => {
  const path = join(at.path, name);
  const before = Math.floor(Date.now() / 1000);
  const lines: string[] = [];
  const sink = new CaptureSink({ path, name: 'core1', report: (line) => lines.push(line) });
  for (let i = 0; i < 3000; i++) {
    expect(sink.send(bytesOf(i, 60 + (i % 200)), 0, 60 + (i % 200))).toBe(true);
    if (i % 256 === 0) sink.flush();
  }
  sink.close();
  sink.close();
  const { frames } = await play([path]);
  expect(frames).toHaveLength(3000);
  frames.forEach((frame, i) => {
    expect(frame.bytes).toEqual([...bytesOf(i, 60 + (i % 200))]);
  });
  expect(frames[0].seconds).toBeGreaterThanOrEqual(before);
  expect(lines).toEqual([]);
  expect(sink.readCounts().sendFailed).toBe(0);
});

test('a file has its header from the start, and what has waited is written by the next flush', () => {
  const path = join(at.path, 'early.pcap');
  let now = 0;
  const sink = new CaptureSink({ path, name: 'core1', report: () => undefined, clock: () => now });
  expect(readFileSync(path)).toHaveLength(24);
  sink.send(bytesOf(1), 0, 60);
  sink.flush();
  expect(sink.pending).toBe(1);
  expect(readFileSync(path)).toHaveLength(24);
  now += 20;
  sink.flush();
  expect(sink.pending).toBe(0);
  expect(readFileSync(path)).toHaveLength(24 + 76);
  sink.close();
});

test('a full disk: frames are counted as failed, one line is said, and writing goes on when there is room', async () => {
  const path = join(at.path, 'full.pcap');
  const lines: string[] = [];
  let now = 0;
  let room = 200;
  const write = (fd: number, bytes: Uint8Array, from: number, count: number, place: number | null): number => {
    if (room === 0) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    const written = writeSync(fd, bytes, from, Math.min(count, room), place);
    room -= written;
    return written;
  };
  const sink = new CaptureSink({ path, name: 'core1', report: (line) => lines.push(line), clock: () => now, write });
  const send = (index: number) => {
    expect(sink.send(bytesOf(index), 0, 60)).toBe(true);
    now += 20;
    sink.flush();
  };
  send(1);
  send(2);
  expect(lines).toEqual([]);
  // The third fits in part only: the part is taken back.
  send(3);
  expect(lines).toEqual([`${path}: no space left on device; frames are not written until that changes`]);
  expect(readFileSync(path)).toHaveLength(24 + 2 * 76);
  send(4);
  now += 6000;
  send(5);
  expect(sink.readCounts()).toMatchObject({ sendFailed: 3, sendFailedBytes: 180 });
  expect(sink.pending).toBe(0);
  expect(lines).toHaveLength(1);
  room = 1e6;
  send(6);
  now += 6000;
  send(7);
  send(8);
  expect(lines.slice(1)).toEqual([`${path}: is written again`]);
  expect(sink.readCounts()).toMatchObject({ sendFailed: 4, sendFailedBytes: 240 });
  sink.close();
  const { frames } = await play([path]);
  expect(frames.map(({ bytes }) => bytes[0])).toEqual([1, 2, 7, 8]);
});

test('a disk that is full from the start: the header comes when there is room', async () => {
  const path = join(at.path, 'late.pcapng');
  let now = 0;
  let isFull = true;
  const write = (fd: number, bytes: Uint8Array, from: number, count: number, place: number | null): number => {
    if (isFull) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    return writeSync(fd, bytes, from, count, place);
  };
  const sink = new CaptureSink({ path, name: 'core1', report: () => undefined, clock: () => now, write });
  sink.send(bytesOf(1), 0, 60);
  isFull = false;
  now += 6000;
  sink.send(bytesOf(2), 0, 60);
  sink.close();
  const { frames } = await play([path]);
  expect(frames.map(({ bytes }) => bytes[0])).toEqual([2]);
});

test.runIf(existsSync('/dev/full'))('a device that is always full stops nothing and keeps nothing', () => {
  const lines: string[] = [];
  const sink = new CaptureSink({ path: '/dev/full', name: 'core1', report: (line) => lines.push(line) });
  const bytes = bytesOf(1, 1000);
  const taken = Array.from({ length: 20_000 }, () => sink.send(bytes, 0, 1000));
  expect(taken).not.toContain(false);
  sink.close();
  expect(sink.readCounts().sendFailed).toBe(20_000);
  expect(lines).toHaveLength(1);
});

test('a place where no file can be is an error at the start', () => {
  const open = () => new CaptureSink({ path: join(at.path, 'no', 'where.pcap'), name: 'x', report: () => undefined });
  expect(open).toThrow(ShimlineError);
});
