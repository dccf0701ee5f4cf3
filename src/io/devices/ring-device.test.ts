import { expect, test } from 'vitest';
import { Batch } from '../../wire/batch.ts';
import { RingDevice, RingDeviceEnd, shareRingDevice } from './ring-device.ts';

function pair(dataBytes = 4096): { device: RingDevice; end: RingDeviceEnd } {
  const share = shareRingDevice(dataBytes);
  return { device: new RingDevice(share), end: new RingDeviceEnd(share) };
}

const bytes = Uint8Array.from({ length: 3000 }, (_, i) => i);

test('what is delivered arrives once it is published, as frames of the port, with their time', () => {
  const { device, end } = pair();
  const batch = new Batch();
  batch.add(1, 0, 0, 0, 0);
  expect(end.deliver(bytes, 1, 60, 5, 6)).toBe(true);
  expect(device.receive(batch, 4)).toBe(0);
  end.publish();
  expect(device.receive(batch, 4)).toBe(1);
  expect([batch.port[0], batch.port[1], batch.captured[1], batch.original[1]]).toEqual([1, 4, 60, 60]);
  expect([batch.seconds[1], batch.nanoseconds[1]]).toEqual([5, 6]);
  expect(batch.bytes[batch.start[1]]).toBe(1);
});

test('what is sent is pending until the other end has done with it', () => {
  const { device, end } = pair();
  const batch = new Batch();
  expect(device.send(bytes, 2, 100)).toBe(true);
  expect(device.pending).toBe(1);
  expect(end.take(batch)).toBe(0);
  device.flush();
  expect(end.take(batch)).toBe(1);
  expect(device.pending).toBe(1);
  end.sent();
  expect(device.pending).toBe(0);
  expect([batch.captured[0], batch.bytes[batch.start[0]]]).toEqual([100, 2]);
});

test('no room: send refuses, what arrives is lost and counted; too long is counted as failed', () => {
  const { device, end } = pair();
  let sent = 0;
  while (device.send(bytes, 0, 1000)) sent++;
  expect(sent).toBe(3);
  expect(device.send(bytes, 0, 2500)).toBe(true);
  while (end.deliver(bytes, 0, 1000, 0, 0));
  expect(end.deliver(bytes, 0, 1000, 0, 0)).toBe(false);
  end.countLost(5);
  end.countFailed(2, 300);
  expect(device.readCounts()).toEqual({
    receiveLost: 7,
    sendFailed: 3,
    sendFailedBytes: 2800,
    receiveOversized: 0,
    receiveSegments: 0,
    receiveUnchecked: 0,
  });
});

test('an end comes after the last frame; a closed device neither takes nor gives', () => {
  const { device, end } = pair();
  const batch = new Batch();
  end.deliver(bytes, 0, 60, 0, 0);
  end.end();
  expect(device.ended).toBe(false);
  expect(device.receive(batch, 0)).toBe(1);
  expect(device.ended).toBe(true);
  device.close();
  device.close();
  expect(device.send(bytes, 0, 60)).toBe(false);
  expect(device.receive(batch, 0)).toBe(0);
});
