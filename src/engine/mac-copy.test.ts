import { expect, test } from 'vitest';
import { Random } from '../../test/property/random.ts';
import { parseConfig } from '../control/config/index.ts';
import { compileRouter } from '../control/router.ts';
import { bridgeWords } from '../tables/circuits.ts';
import type { NamedTables } from './handover-layer2.ts';
import { circuitOfInterface, flushMacs, knownMacs, MacFlush } from './layer2-state.ts';
import { MacCopy } from './mac-copy.ts';
import { sweepMacs } from './slow/bridge.ts';

const before = `
interfaces: {ce1: {}, ce2: {}, ce3: {}, ce4: {}}
bridges:
  lan1: {interfaces: [ce1, ce2], macLimit: 20000, ageing: 1000}
  lan2: {interfaces: [ce3, ce4], macLimit: 20000, ageing: 1000}
`;
/** Other numbers for all of it. */
const after = `
interfaces: {ce4: {}, ce3: {}, ce0: {}, ce2: {}, ce1: {}}
bridges:
  lan0: {interfaces: [ce0]}
  lan2: {interfaces: [ce4, ce3], macLimit: 20000, ageing: 1000}
  lan1: {interfaces: [ce2, ce1], macLimit: 20000, ageing: 1000}
`;

interface Opened extends NamedTables {
  circuitOf(port: string): number;
  /** `lan1 5 ce1 100` for each address: bridge, last word, port, time. */
  known(): string[];
  counts(): number[];
}

function open(yaml: string): Opened {
  const { tables, model, names } = compileRouter(parseConfig(yaml, 'test.yaml'));
  const interfaces = model.interfaces.map(({ name }) => name);
  const portOf = (circuit: number) => names.interface(tables.circuits.circuits[circuit * 8 + 1] as number);
  const bridges = model.bridges.map(({ name }) => name);
  return {
    tables,
    interfaces,
    pseudowires: [],
    bridges,
    circuitOf: (port) => circuitOfInterface(tables, interfaces.indexOf(port)),
    known: () =>
      [...knownMacs(tables)]
        .map(({ bridge, macLow, circuit, seconds }) => `${bridges[bridge]} ${macLow} ${portOf(circuit)} ${seconds}`)
        .sort(),
    counts: () => bridges.map((_, bridge) => tables.circuits.bridges[bridge * bridgeWords + 5] as number),
  };
}

/** As the slow path learns. */
function learn(on: Opened, port: string, low: number, seconds: number): void {
  const { macs, circuits } = on.tables;
  const circuit = on.circuitOf(port);
  const bridge = circuits.circuits[circuit * 8 + 3] as number;
  const high = ((bridge << 16) | 0x02aa) >>> 0;
  const entry = macs.find(high, low, 0);
  if (entry >= 0) {
    if (macs.circuitOf(entry) !== circuit) macs.move(entry, circuit);
    return macs.touch(entry, seconds, 0);
  }
  sweepMacs(macs, circuits, seconds, 0, macs.sweepStep);
  if (!macs.add(high, low, 0, circuit, seconds, 0, 1000)) throw new Error('no room');
  const count = bridge * bridgeWords + 5;
  circuits.bridges[count] = (circuits.bridges[count] as number) + 1;
}

test('a step looks at so many addresses and no more', () => {
  const [old, now] = [open(before), open(after)];
  for (let low = 0; low < 10_000; low++) learn(old, low % 2 === 0 ? 'ce1' : 'ce3', low, 100);
  const copy = new MacCopy(old, now);
  let steps = 0;
  for (let more = true; more; steps++) {
    const there = now.known().length;
    more = copy.step(500);
    expect(now.known().length - there).toBe(more || steps === 19 ? 500 : 0);
  }
  expect(steps).toBe(20);
  expect(now.known()).toEqual(old.known());
  expect(now.counts()).toEqual([0, 5000, 5000]);
});

test.each([1, 2, 3])('what changes while it is copied is so in the end: seed %i', (seed) => {
  const random = new Random(seed);
  const [old, now] = [open(before), open(after)];
  let seconds = 100;
  const change = (count: number) => {
    for (let i = 0; i < count; i++) learn(old, random.pick(['ce1', 'ce2', 'ce3', 'ce4']), random.below(3000), seconds);
  };
  change(2000);
  const copy = new MacCopy(old, now);
  while (copy.step(random.between(1, 100))) {
    seconds += random.below(30);
    change(random.below(20));
    if (random.chance(0.02)) flushMacs(old.tables, { circuit: old.circuitOf(random.pick(['ce1', 'ce4'])) });
  }
  // What frames of the fast path have made younger since it was copied is not there yet.
  const places = (lines: string[]) => lines.map((line) => line.replace(/ \d+$/, ''));
  expect(places(now.known())).toEqual(places(old.known()));
  expect(now.counts()).toEqual([0, old.counts()[1], old.counts()[0]]);
  while (copy.freshen(50));
  expect(now.known()).toEqual(old.known());
  // They age by the new wheel.
  sweepMacs(now.tables.macs, now.tables.circuits, seconds + 1000, 0, 1e6);
  expect(now.known()).toEqual([]);
  expect(now.counts()).toEqual([0, 0, 0]);
});

test('carrying ages over leaves alone what has become of an entry since', () => {
  const [old, now] = [open(before), open(after)];
  learn(old, 'ce1', 1, 100);
  learn(old, 'ce1', 2, 100);
  const copy = new MacCopy(old, now);
  copy.step(100);
  learn(old, 'ce1', 1, 500);
  learn(old, 'ce1', 2, 500);
  flushMacs(now.tables, {});
  learn(now, 'ce2', 7, 200);
  learn(now, 'ce2', 2, 600);
  while (copy.freshen(1));
  expect(now.known()).toEqual(['lan1 2 ce2 600', 'lan1 7 ce2 200']);
});

test('a flush looks at so many addresses a step', () => {
  const old = open(before);
  for (let low = 0; low < 1000; low++) learn(old, low % 2 === 0 ? 'ce1' : 'ce3', low, 100);
  const flush = new MacFlush(old.tables, { bridge: 1 });
  const steps: number[] = [];
  for (let more = true, before = 0; more; before = flush.flushed) {
    more = flush.step(100);
    steps.push(flush.flushed - before);
  }
  expect(steps).toEqual(new Array(10).fill(50));
  expect(old.counts()).toEqual([500, 0]);
});
