import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Batch, frameBytesMax } from '../wire/batch.ts';
import { batchIn, frameBytes, scratch, sharedRoom } from './fixtures.ts';
import { PcapWriter } from './pcap-writer.ts';
import { captureRoomBytes, SinkTable } from './sink-table.ts';

const dir = scratch();
afterAll(dir.remove);

const ports = 3;

/** A batch of frames of these lengths that leave by ports in turn. */
function departed(batch: Batch, lengths: readonly number[]): void {
  batch.clear();
  for (const [i, length] of lengths.entries()) {
    const start = batch.add(0, length, length + (i % 5), 1_700_000_000 + i, (i * 7_654_321) % 1_000_000_000);
    if (start < 0) throw new RangeError('more frames than a batch holds');
    batch.bytes.set(frameBytes(length, i), start);
    batch.egress[i] = (i % ports) + 1;
  }
}

/** Writes each frame by its port's writer alone: what a run must equal. */
function oneByOne(writers: readonly PcapWriter[], batch: Batch, slot: number): void {
  const { bytes, start, captured, original, seconds, nanoseconds, egress } = batch;
  writers[(egress[slot] as number) - 1]?.write(
    bytes,
    start[slot] as number,
    captured[slot] as number,
    original[slot] as number,
    seconds[slot] as number,
    nanoseconds[slot] as number,
  );
}

const batches = [
  Array.from({ length: 256 }, (_, i) => 14 + ((i * 13) % 200)),
  Array.from({ length: 200 }, (_, i) => 300 + ((i * 37) % 700)),
  [frameBytesMax, 60, frameBytesMax - 1, 61],
  [0, 1, 2, 3, 512, 513, 511],
];

test('a run of frames becomes the records that the writers make of them, port by port', () => {
  const room = sharedRoom(captureRoomBytes(0, ports) + 2 * 1_200_000);
  const table = SinkTable.in(room, ports) as SinkTable;
  const path = (name: string, port: number) => join(dir.path, `${name}-${port}.pcap`);
  const indexes = Array.from({ length: ports }, (_, port) => port);
  const options = (port: number) => ({ nanosecond: port === 1 });
  const plain = indexes.map((port) => new PcapWriter(path('plain', port), options(port)));
  const byKernel = indexes.map(
    (port) => new PcapWriter(path('kernel', port), { ...options(port), cell: table.cell(port) }),
  );
  const batch = batchIn(room);
  let byTable = 0;
  for (let round = 0; round < 12; round++) {
    departed(batch, batches[round % batches.length] as number[]);
    for (let slot = 0; slot < batch.count; slot++) oneByOne(plain, batch, slot);
    for (let slot = 0; slot < batch.count; slot++) {
      const next = table.write(batch, slot, batch.count);
      byTable += next - slot;
      slot = next;
      if (slot < batch.count) oneByOne(byKernel, batch, slot);
    }
  }
  for (const writer of [...plain, ...byKernel]) writer.close();
  for (const port of indexes)
    expect(readFileSync(path('kernel', port)).equals(readFileSync(path('plain', port)))).toBe(true);
  expect(byTable).toBeGreaterThan(1000);
});

test('a port without a buffer in the room is left to its writer; a closed table writes nothing', () => {
  const room = sharedRoom(2_000_000);
  const table = SinkTable.in(room, ports) as SinkTable;
  const batch = batchIn(room);
  departed(batch, [60, 60]);
  expect(table.reaches(batch)).toBe(true);
  expect(table.reaches(new Batch())).toBe(false);
  expect(table.write(batch, 0, 2)).toBe(0);
  const writer = new PcapWriter(join(dir.path, 'closed.pcap'), { nanosecond: false, cell: table.cell(0) });
  oneByOne([writer], batch, 0);
  expect(table.write(batch, 0, 2)).toBe(1);
  table.close();
  expect(table.write(batch, 0, 2)).toBe(0);
  writer.close();
});
