// The device over veth pairs in a network namespace of the test's own, for both receive rings and both ways of sending.
// Without the rights for that these tests are reported as skipped.

import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addVeth, canUseNamespaces, enterNamespace, type Namespace } from '../../../test/support/namespace.ts';
import { Batch } from '../../wire/batch.ts';
import { type AfpacketDevice, type AfpacketOptions, openAfpacket, type TransmitKind } from './afpacket.ts';
import { Waiter } from './waiter.ts';

const canRun = canUseNamespaces();
const title = canRun ? 'afpacket' : 'afpacket (no right to make network namespaces: skipped)';

let namespace: Namespace | undefined;
const open = new Set<AfpacketDevice>();
const lines: string[] = [];

function device(name: string, more: Partial<AfpacketOptions> = {}): AfpacketDevice {
  const options = { place: 'core1', interface: name, lowLatency: false, queue: 0, ...more };
  const opened = openAfpacket(options, (line) => lines.push(line));
  open.add(opened);
  return opened;
}

/** A frame with a number in it, of so many bytes. */
function frame(number: number, length: number, type = 0x88b5): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, type >> 8, type & 0xff]);
  for (let i = 14; i < length; i++) bytes[i] = (number * 31 + i * 7) & 0xff;
  if (length >= 18) new DataView(bytes.buffer).setUint32(14, number);
  return bytes;
}

/** Sends by a batch, where frames lie two bytes into a word. */
function sendAll(to: AfpacketDevice, frames: readonly Uint8Array[]): number {
  const batch = new Batch();
  let taken = 0;
  for (const bytes of frames) {
    batch.clear();
    const start = batch.add(0, bytes.length, bytes.length, 0, 0);
    batch.bytes.set(bytes, start);
    if (to.send(batch.bytes, start, bytes.length)) taken++;
  }
  to.flush();
  return taken;
}

interface Arrived {
  bytes: Uint8Array;
  original: number;
  port: number;
  seconds: number;
  nanoseconds: number;
}

/** What arrives until so many frames are there, or nothing more comes for a while. */
function receiveAll(from: AfpacketDevice, count: number): Arrived[] {
  const batch = new Batch();
  const arrived: Arrived[] = [];
  const waiter = new Waiter();
  waiter.setDescriptors([from.descriptor]);
  for (let idle = 0; arrived.length < count && idle < 20; idle++) {
    batch.clear();
    if (from.receive(batch, 7) > 0) idle = 0;
    else waiter.wait(50);
    for (let i = 0; i < batch.count; i++) {
      arrived.push({
        bytes: batch.bytes.slice(batch.start[i], batch.start[i] + batch.captured[i]),
        original: batch.original[i],
        port: batch.port[i],
        seconds: batch.seconds[i],
        nanoseconds: batch.nanoseconds[i],
      });
    }
  }
  waiter.close();
  return arrived;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const hexOf = (frames: readonly Arrived[]): string[] => frames.map(({ bytes }) => hex(bytes));

describe.skipIf(!canRun)(title, () => {
  beforeAll(() => {
    namespace = enterNamespace('afpacket');
  });
  afterAll(() => namespace?.leave());
  beforeEach(() => {
    lines.length = 0;
    addVeth('a', 'b', 9000);
  });
  afterEach(() => {
    for (const each of open) each.close();
    open.clear();
    spawnSync('ip', ['link', 'delete', 'dev', 'a']);
  });

  const kinds: { lowLatency: boolean; transmit: TransmitKind }[] = [
    { lowLatency: false, transmit: 'xdp' },
    { lowLatency: false, transmit: 'sendmmsg' },
    { lowLatency: true, transmit: 'xdp' },
    { lowLatency: true, transmit: 'sendmmsg' },
  ];

  describe.each(kinds)('lowLatency $lowLatency, $transmit', ({ lowLatency, transmit }) => {
    test('frames of every length arrive in order, byte for byte, with the time', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      expect([a.transmitKind, lines]).toEqual([transmit, []]);
      const lengths = [14, 15, 16, 17, 18, 60, 64, 255, 256, 257, 1514, 2045, 2046, 2047, 2048, 4000, 9014, 60];
      const frames = lengths.map((length, i) => frame(i, length));
      const before = Date.now() / 1000;
      expect(sendAll(a, frames)).toBe(frames.length);
      const arrived = receiveAll(b, frames.length);
      expect(hexOf(arrived)).toEqual(frames.map(hex));
      for (const each of arrived) {
        expect(each.port).toBe(7);
        expect(each.original).toBe(each.bytes.length);
        expect(Math.abs(each.seconds + each.nanoseconds / 1e9 - before)).toBeLessThan(60);
      }
      expect(a.pending).toBe(0);
      expect(a.readCounts().sendFailed).toBe(0);
    });

    test('many frames both ways, long ones between short ones', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      for (const [from, to] of [
        [a, b],
        [b, a],
      ]) {
        for (let round = 0; round < 20; round++) {
          const frames = Array.from({ length: 300 }, (_, i) =>
            frame(round * 300 + i, i % 97 === 5 ? 5000 : 60 + (i % 200)),
          );
          expect(sendAll(from, frames)).toBe(frames.length);
          expect(hexOf(receiveAll(to, frames.length))).toEqual(frames.map(hex));
        }
      }
      expect(a.readCounts()).toEqual({
        receiveLost: 0,
        sendFailed: 0,
        sendFailedBytes: 0,
        receiveOversized: 0,
        receiveUnchecked: 0,
      });
    });
  });
});
