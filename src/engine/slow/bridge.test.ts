// How much of the MAC table one frame, and one tick of a live run, may look at: nobody waits for a million addresses.
import { expect, test, vi } from 'vitest';
import { parseConfig } from '../../control/config/index.ts';
import { compileRouter } from '../../control/router.ts';
import { Forwarder } from '../forwarder.ts';
import { knownMacs } from '../layer2-state.ts';

const config = `
interfaces: {ce1: {}, ce2: {}}
bridges: {lan: {interfaces: [ce1, ce2], macLimit: 5000, ageing: 10}}
`;

function open(live: boolean) {
  const { tables } = compileRouter(parseConfig(config, 'test.yaml'));
  const drops: number[] = [];
  const silent = { transmit: () => {}, drop: (reason: number) => void drops.push(reason), punt: () => {} };
  const forwarder = new Forwarder(tables, silent, live ? { live: { puntLimits: [] } } : {});
  const batch = forwarder.newBatch();
  const steps = vi.spyOn(tables.macs, 'sweep');
  /** Frames from addresses of these numbers. */
  const send = (from: number, to: number, seconds: number) => {
    for (let i = from; i < to; i++) {
      const at = batch.add(0, 60, 60, seconds, 0);
      batch.bytes.fill(0, at, at + 60);
      batch.bytes.set([0x02, 0xdd, 0, 0, 0, 1, 0x02, 0xaa, 0, 0, i >> 8, i & 255, 0x88, 0xb5], at);
      if (batch.count < 256 && i + 1 < to) continue;
      forwarder.process(batch);
      batch.clear();
    }
  };
  return {
    forwarder,
    send,
    drops,
    asked: () => steps.mock.calls.map((call) => call[2]),
    known: () => [...knownMacs(tables)].length,
  };
}

test('a frame with a new address looks at few entries, live even when its bridge is full', () => {
  const { send, drops, asked } = open(true);
  send(0, 5100, 100);
  expect(drops).toHaveLength(100);
  expect(asked().length).toBeGreaterThan(5100);
  expect(Math.max(...asked())).toBe(64);
  // Full of what is too old: the first few that are found make room.
  send(6000, 6100, 120);
  expect(drops).toHaveLength(100);
});

test('in a replay, where no tick goes by, one that is full looks further for an address that is too old', () => {
  const { send, drops } = open(false);
  send(0, 5000, 100);
  // All but the last are heard of again.
  send(0, 4999, 109);
  send(6000, 6001, 111);
  expect(drops).toHaveLength(0);
  send(6001, 6002, 111);
  expect(drops).toHaveLength(1);
});

test('ticks take out what is too old, so many each, although nobody sends', () => {
  const { forwarder, send, known, asked } = open(true);
  send(0, 5000, 100);
  forwarder.tick(105, 0);
  expect(known()).toBe(5000);
  const left: number[] = [];
  for (let tick = 0; tick < 6; tick++) {
    forwarder.tick(200, tick);
    left.push(known());
  }
  expect(left).toEqual([5000 - 1024, 5000 - 2048, 5000 - 3072, 5000 - 4096, 0, 0]);
  expect(Math.max(...asked())).toBe(1024);
});
