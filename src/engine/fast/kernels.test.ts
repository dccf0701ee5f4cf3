import { expect, test } from 'vitest';
import { parseConfig } from '../../control/config/index.ts';
import { compileRouter } from '../../control/router.ts';
import { Tables } from '../../tables/tables.ts';
import { Batch } from '../../wire/batch.ts';
import { Counters } from '../counters.ts';
import { Forwarder } from '../forwarder.ts';
import { newBatch, newCounters, reserveForwarder } from '../forwarder-memory.ts';
import { createKernelPath, openFastPath } from './kernels.ts';

const config = `
router: {name: pe1}
interfaces:
  ce1: {mac: 02:00:00:00:01:01, vrf: red, addresses: [10.1.1.1/24]}
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30]}
vrfs: {red: {rd: "65000:1", label: 24001}}
neighbors:
  - {interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}
routes:
  - {vrf: red, prefix: 10.2.0.0/16, via: 10.0.12.2, labels: [24012]}
`;
const compile = (options = {}) => compileRouter(parseConfig(config, 'pe1.yaml'), options).tables;

/** Ethernet to ce1 with some type, and so many bytes behind it. */
function frame(type: number, first: number, bytes: number): number[] {
  const header = [0x02, 0, 0, 0, 0x01, 0x01, 0x02, 0, 0, 0, 0xa1, 0x01, type >> 8, type & 255];
  return [...header, first, ...new Array<number>(bytes - 15).fill(0)];
}

test('kernels work where tables, counters and batch lie in one WebAssembly memory, and nowhere else', () => {
  const tables = compile();
  const counters = newCounters(tables);
  const batch = newBatch(tables);
  expect(createKernelPath(tables, counters, batch)).toBeDefined();
  expect(createKernelPath(tables, counters, new Batch())).toBeUndefined();
  expect(createKernelPath(tables, new Counters(2), batch)).toBeUndefined();
  expect(openFastPath(tables, counters, new Batch())).toBeDefined();
});

test('when the room is used up, batches and counters are made elsewhere', () => {
  const tables = compile({ forwarders: 0 });
  expect(newBatch(tables).place.buffer).not.toBe(tables.memory.buffer);
  expect(reserveForwarder(tables, 0)).toBeUndefined();
});

test('short frames at the very end of an arena, and of the block, are left alone without a trap', () => {
  const tables = compile({ forwarders: 1 });
  const fast = openFastPath(tables, newCounters(tables), newBatch(tables));
  expect(fast).toBeDefined();
  const own = compile({ forwarders: 1 });
  const counters = newCounters(own);
  const batch = newBatch(own);
  const path = createKernelPath(own, counters, batch);
  for (const type of [0x0800, 0x86dd, 0x8847, 0x8100, 0x0806, 0x88a8]) {
    for (let bytes = 14; bytes <= 60; bytes++) {
      batch.clear();
      // As far behind as a frame can lie.
      batch.tail = ((batch.bytes.length - bytes - 2) & ~3) - 128;
      const start = batch.add(0, bytes, bytes, 1, 0);
      expect(start).toBeGreaterThan(0);
      batch.bytes.set(frame(type, type === 0x86dd ? 0x60 : 0x45, Math.max(bytes, 15)).slice(0, bytes), start);
      expect(path?.run(0, 1)).toBe(1);
      expect(batch.egress[0]).toBe(0);
    }
  }
});

test('another thread forwards over the same tables at a place that was set apart for it', () => {
  const tables = compile({ forwarders: 2 });
  const place = reserveForwarder(tables, 3);
  const opened = Tables.open(tables.share());
  expect(opened.memory.buffer).toBe(tables.memory.buffer);
  const counters = newCounters(opened, place);
  const batch = newBatch(opened, place);
  expect(counters.inFrames.byteOffset).toBe(place?.counters);
  expect(createKernelPath(opened, counters, batch)).toBeDefined();
  // What is free is the maker's to give.
  expect(newBatch(opened).place.buffer).not.toBe(tables.memory.buffer);
});

test('a forwarder in another thread is a reader of the tables until it goes to sleep', () => {
  const tables = compile({ forwarders: 1 });
  const { generations } = tables;
  expect(generations.hasReaders).toBe(false);
  const output = { transmit() {}, drop() {}, punt() {} };
  const forwarder = new Forwarder(Tables.open(tables.share()), output, { place: reserveForwarder(tables, 5) });
  const seen = generations.present;
  generations.advance();
  expect(generations.isOver(seen)).toBe(false);
  forwarder.process(forwarder.newBatch());
  expect(generations.isOver(seen)).toBe(true);
  forwarder.asleep();
  expect(generations.hasReaders).toBe(false);
  forwarder.awake();
  expect(generations.hasReaders).toBe(true);
});
