import { expect, test } from 'vitest';
import { Batch } from '../../wire/batch.ts';
import { noCounts } from '../live-device.ts';
import { MemorySource } from '../memory.ts';
import { joined, silent, thrownAway } from './halves.ts';
import { PacedCapture } from './paced-capture.ts';

test('a joined device receives from one half and sends by the other, and has the counts of both', () => {
  const source = new PacedCapture(new MemorySource([{ bytes: Uint8Array.of(9) }]), {
    pace: { by: 'topspeed' },
    report: () => undefined,
  });
  const sent: number[] = [];
  let closed = 0;
  const device = joined(source, {
    ...thrownAway,
    send: (_bytes, _start, captured) => sent.push(captured) > 0,
    readCounts: () => ({ ...noCounts(), sendFailed: 3, sendFailedBytes: 4 }),
    close: () => closed++,
  });
  expect(device.ended).toBe(false);
  expect(device.dueMilliseconds).toBe(0);
  expect(device.receive(new Batch(), 0)).toBe(1);
  expect(device.ended).toBe(true);
  expect(device.send(Uint8Array.of(1, 2), 0, 2)).toBe(true);
  expect(sent).toEqual([2]);
  expect(device.readCounts()).toEqual({ ...noCounts(), sendFailed: 3, sendFailedBytes: 4 });
  device.close();
  expect(closed).toBe(1);
});

test('nothing and nowhere', () => {
  const device = joined(silent, thrownAway);
  expect([device.ended, device.pending, device.receive(new Batch(), 0)]).toEqual([true, 0, 0]);
  expect(device.send(new Uint8Array(60), 0, 60)).toBe(true);
  device.flush();
  device.close();
});
