// Checksums that a sending host has left over, where the sum comes to nothing.
import { expect, test } from 'vitest';
import { Batch } from '../../wire/batch.ts';
import { read16 } from '../../wire/bytes.ts';
import { finishChecksum } from './offload.ts';

/** From 34 on: twenty bytes whose one's complement sum is all ones. */
function finished(fieldAt: number): number {
  const batch = new Batch();
  const start = batch.add(0, 54, 54, 0, 0);
  batch.bytes.fill(0, start, start + 54);
  batch.bytes.set([0xff, 0xff], start + 34 + 10);
  finishChecksum(batch, start + 34, start + 34 + fieldAt, start + 54);
  return read16(batch.bytes, start + 34 + fieldAt);
}

test('of TCP zero is a checksum like any other, of UDP it would mean that there is none', () => {
  expect(finished(16)).toBe(0);
  expect(finished(6)).toBe(0xffff);
});
