// A thread without a slow path: what it leaves, in which order frames get to the lead and to devices, and its books.
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/control/config/index.ts';
import { compileRouter } from '../../../src/control/router.ts';
import { reserveForwarder } from '../../../src/engine/forwarder-memory.ts';
import { Drop } from '../../../src/engine/reasons.ts';
import { FrameRing, frameRingBytes } from '../../../src/io/devices/frame-ring.ts';
import { type DeviceCounts, type LiveDevice, noCounts } from '../../../src/io/live-device.ts';
import { Batch } from '../../../src/wire/batch.ts';
import { Follower, leftTag } from '../../../src/workers/live/follower.ts';
import { LiveOutput } from '../../../src/workers/live/live-output.ts';
import { ThreadBoard } from '../../../src/workers/live/thread-board.ts';
import { ThreadPorts } from '../../../src/workers/live/thread-ports.ts';
import { pe1, toCustomer } from '../../e2e/support/pe1.ts';
import { type Bytes, eth, ipv4, udp } from '../../support/frames.ts';

/** Slots are not the numbers of the ports: 10, 11, 12 for ce1, ce2, core1. */
const slots = [10, 11, 12];

/** A device that keeps what it is given while it has room. */
class Shelf implements LiveDevice {
  readonly frames: Bytes[] = [];
  readonly counts: DeviceCounts = noCounts();
  readonly descriptor = -1;
  readonly ended = false;
  pending = 0;
  room = Number.POSITIVE_INFINITY;

  receive(): number {
    return 0;
  }

  send(bytes: Uint8Array, start: number, captured: number): boolean {
    if (this.room-- <= 0) return false;
    this.frames.push([...bytes.subarray(start, start + captured)]);
    return true;
  }

  flush(): void {}

  readCounts(): DeviceCounts {
    return this.counts;
  }

  close(): void {}
}

function build(ringBytes = 1 << 16) {
  const router = compileRouter(parseConfig(pe1, 'pe1.yaml'), { forwarders: 1 });
  const place = reserveForwarder(router.tables, 0);
  if (place === undefined) throw new Error('no room for a forwarder');
  const ports = new ThreadPorts(1, ThreadBoard.create(2));
  ports.use(slots);
  const devices = { ce1: new Shelf(), core1: new Shelf() };
  ports.add(10, devices.ce1);
  ports.add(12, devices.core1);
  const buffer = new SharedArrayBuffer(frameRingBytes(ringBytes));
  const follower = new Follower(router.tables, place, ports, new FrameRing(buffer, 0, ringBytes));
  const lead = new FrameRing(buffer, 0, ringBytes);
  const arrive = (...frames: [port: number, bytes: Bytes][]): void => {
    for (const [port, bytes] of frames) {
      follower.batch.bytes.set(bytes, follower.batch.add(port, bytes.length, bytes.length, 1, 2));
    }
    follower.process();
    follower.batch.clear();
  };
  /** What the lead finds: the slot of the port, the tag, and the last byte of the destination. */
  const taken = (): { slot: number; tag: number; bytes: Bytes }[] => {
    const batch = new Batch();
    const count = lead.take(batch);
    return Array.from({ length: count }, (_, i) => ({
      slot: batch.port[i],
      tag: lead.readTag(i),
      bytes: [...batch.bytes.subarray(batch.start[i], batch.start[i] + batch.captured[i])],
    }));
  };
  return { router, follower, ports, devices, lead, arrive, taken };
}

const packet = (last: number, ttl = 64): Bytes =>
  eth({ type: 0x0800 }, ipv4({ dst: `10.2.0.${last}`, ttl }, udp(1, 2)));
const lastByte = (bytes: Bytes): number => bytes[14 + 8 + 19] ?? -1;
const [ce1, , core1] = [0, 1, 2];

describe('a follower', () => {
  test('sends what the fast path sends, and leaves the rest to the lead as it came', () => {
    const { follower, devices, arrive, taken } = build();
    const expiring = packet(7, 1);
    arrive([ce1, packet(5)], [ce1, expiring], [core1, toCustomer]);
    expect(devices.core1.frames.map(lastByte)).toEqual([5]);
    expect(devices.ce1.frames).toHaveLength(1);
    expect(taken()).toEqual([{ slot: 10, tag: leftTag, bytes: expiring }]);
    expect(follower.counters.framesIn).toBe(3);
    expect(follower.counters.framesOut).toBe(2);
    expect(follower.counters.dropped).toBe(0);
  });

  test('frames of the same two hosts follow one on the detour until the lead has done with it, others do not', () => {
    const { devices, lead, arrive, taken } = build();
    arrive([ce1, packet(7, 1)], [ce1, packet(7)], [ce1, packet(8)]);
    expect(devices.core1.frames.map(lastByte)).toEqual([8]);
    arrive([ce1, packet(7)], [ce1, packet(9)]);
    expect(devices.core1.frames.map(lastByte)).toEqual([8, 9]);
    const detour = taken();
    expect(detour.map(({ slot, tag }) => [slot, tag])).toEqual([
      [10, leftTag],
      [12, 13],
      [12, 13],
    ]);
    // The frames that follow are ready to leave: two labels on.
    expect(detour.slice(1).map(({ bytes }) => [lastByte(bytes), bytes.length])).toEqual([
      [7, packet(7).length + 8],
      [7, packet(7).length + 8],
    ]);
    // Taken is not done with.
    arrive([ce1, packet(7)]);
    expect(taken()).toHaveLength(1);
    lead.release();
    arrive([ce1, packet(7)]);
    expect(taken()).toEqual([]);
    expect(devices.core1.frames.map(lastByte)).toEqual([8, 9, 7]);
  });

  test('a port that has no device here is served by the lead', () => {
    const { ports, devices, follower, arrive, taken } = build();
    ports.remove(12, follower.counters);
    arrive([ce1, packet(5)], [core1, toCustomer]);
    expect(taken().map(({ tag }) => tag)).toEqual([13]);
    expect(devices.ce1.frames).toHaveLength(1);
    expect(follower.counters.framesOut).toBe(2);
  });

  test('a ring that is full: slow-full for what is left, tx-full for what is ready, and the books balance', () => {
    const { follower, arrive, taken } = build(4096);
    const expiring: [number, Bytes][] = Array.from({ length: 100 }, () => [ce1, packet(7, 1)]);
    arrive(...expiring, [ce1, packet(7)]);
    const { counters } = follower;
    const left = taken().length;
    expect(left).toBeGreaterThan(10);
    expect(counters.drops[Drop['slow-full']]).toBe(100 - left);
    expect(counters.drops[Drop['tx-full']]).toBe(1);
    expect([counters.framesIn, counters.framesOut]).toEqual([101, 0]);
    expect(counters.framesIn).toBe(left + counters.dropped);
  });
});

describe('the output of a live run', () => {
  test('a full device: tx-full; what a device could not send after all: tx-failed; no device: tx-failed', () => {
    const { follower, ports, devices, arrive } = build();
    const { counters } = follower;
    devices.core1.room = 2;
    arrive([ce1, packet(5)], [ce1, packet(6)], [ce1, packet(7)]);
    expect([counters.framesOut, counters.drops[Drop['tx-full']]]).toEqual([2, 1]);

    devices.core1.counts.sendFailed = 2;
    devices.core1.counts.sendFailedBytes = 2 * (packet(5).length + 8);
    ports.settle(counters);
    ports.settle(counters);
    expect([counters.framesOut, counters.drops[Drop['tx-failed']], counters.outBytes[2]]).toEqual([0, 2, 0]);

    const output = new LiveOutput(ports);
    output.counters = counters;
    counters.outFrames[1] = 1;
    counters.outBytes[1] = 60;
    output.transmit(1, new Uint8Array(60), 0, 60, 60);
    expect([counters.framesOut, counters.drops[Drop['tx-failed']], counters.outBytes[1]]).toEqual([0, 3, 0]);
    // Three have arrived, and one was counted as sent by hand.
    expect(counters.dropped).toBe(4);
  });
});
