// Devices over the veth pairs of a test: opened and closed with it, numbered frames sent, what arrives collected.
import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type AfpacketDevice, type AfpacketOptions, openAfpacket } from '../../src/io/linux/afpacket.ts';
import { Waiter } from '../../src/io/linux/waiter.ts';
import { Batch } from '../../src/wire/batch.ts';
import { enterNamespace, type Namespace } from './namespace.ts';

const open = new Set<AfpacketDevice>();
/** What the devices of the test have reported. */
export const lines: string[] = [];

/** A namespace for the tests of the block around; after each of them devices and the veth pair `a`, `b` are gone. */
export function useNamespace(purpose: string): void {
  let namespace: Namespace | undefined;
  beforeAll(() => {
    namespace = enterNamespace(purpose);
  });
  afterEach(() => {
    for (const each of open) each.close();
    open.clear();
    lines.length = 0;
    spawnSync('ip', ['link', 'delete', 'dev', 'a']);
  });
  afterAll(() => namespace?.leave());
}

export function device(name: string, more: Partial<AfpacketOptions> = {}): AfpacketDevice {
  const options = { place: 'core1', interface: name, lowLatency: false, queue: 0, ...more };
  const opened = openAfpacket(options, (line) => lines.push(line));
  open.add(opened);
  return opened;
}

/** A frame with a number in it, of so many bytes. */
export function frame(number: number, length: number, type = 0x88b5): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, type >> 8, type & 0xff].slice(0, length));
  for (let i = 14; i < length; i++) bytes[i] = (number * 31 + i * 7) & 0xff;
  if (length >= 18) new DataView(bytes.buffer).setUint32(14, number);
  return bytes;
}

/** Sends by a batch, where frames lie two bytes into a word. */
export function sendAll(to: AfpacketDevice, frames: readonly Uint8Array[]): number {
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

export interface Arrived {
  bytes: Uint8Array;
  original: number;
  port: number;
  seconds: number;
  nanoseconds: number;
}

/** What arrives until so many frames are there, or nothing has come for so many looks, 50 ms each. */
export function receiveAll(from: AfpacketDevice, count: number, looksMax = 20): Arrived[] {
  const batch = new Batch();
  const arrived: Arrived[] = [];
  const waiter = new Waiter();
  waiter.setDescriptors([from.descriptor]);
  for (let idle = 0; arrived.length < count && idle < looksMax; idle++) {
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

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const hexOf = (frames: readonly Arrived[]): string[] => frames.map(({ bytes }) => hex(bytes));
