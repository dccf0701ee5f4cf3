// What bridges learned and where pseudowires are in their numbering goes over to other tables, by name.
import { expect, test } from 'vitest';
import { parseConfig } from '../control/config/index.ts';
import { compileRouter } from '../control/router.ts';
import { bridgeWords, pseudowireWords } from '../tables/circuits.ts';
import { formatMac } from '../wire/ethernet.ts';
import { Forwarder } from './forwarder.ts';
import { copySequences, type NamedTables, renumberedCircuits } from './handover-layer2.ts';
import { knownMacs } from './layer2-state.ts';
import { MacCopy } from './mac-copy.ts';

const head = `
router: {id: 192.0.2.1}
interfaces:
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30]}
  ce1: {}
  ce2: {}
  ce3: {}
neighbors: [{interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}]
`;
const config = `${head}
pseudowires:
  a: {peer: 10.0.12.2, localLabel: 24050, remoteLabel: 24060, sequencing: true}
  b: {peer: 10.0.12.2, localLabel: 24051, remoteLabel: 24061, sequencing: true}
bridges:
  lan1: {interfaces: [ce1], pseudowires: [a, b]}
  lan2: {interfaces: [ce2, ce3], macs: [{mac: 02:cc:00:00:00:01, interface: ce3}]}
`;
/** Other numbers for all that is left: ce3 is another bridge's, b is gone, lan1 comes second. */
const changed = `${head}
pseudowires:
  c: {peer: 10.0.12.2, localLabel: 24052, remoteLabel: 24062}
  a: {peer: 10.0.12.2, localLabel: 24050, remoteLabel: 24060, sequencing: true}
bridges:
  lan0: {interfaces: [ce3]}
  lan1: {pseudowires: [c, a], interfaces: [ce1], macLimit: 2, macs: [{mac: 02:aa:00:00:00:09, interface: ce1}]}
  lan2: {interfaces: [ce2]}
`;

/** Answers how many addresses the bridges of the new tables know then. */
function copyMacs(from: NamedTables, to: NamedTables): number {
  const copy = new MacCopy(from, to);
  expect(copy.step(1e6)).toBe(false);
  return [...knownMacs(to.tables)].filter(({ fixed }) => !fixed).length;
}

function open(text: string) {
  const { tables, model, names } = compileRouter(parseConfig(text, 'test.yaml'));
  const silent = { transmit: () => {}, drop: () => {}, punt: () => {} };
  const named: NamedTables = {
    tables,
    interfaces: model.interfaces.map(({ name }) => name),
    pseudowires: model.pseudowires.map(({ name }) => name),
    bridges: model.bridges.map(({ name }) => name),
  };
  const forwarder = new Forwarder(tables, silent);
  const batch = forwarder.newBatch();
  const send = (port: string, last: number, seconds: number) => {
    batch.clear();
    const at = batch.add(named.interfaces.indexOf(port), 60, 60, seconds, 7);
    batch.bytes.fill(0, at, at + 60);
    batch.bytes.set([0x02, 0xdd, 0, 0, 0, 0xff, 0x02, 0xaa, 0, 0, 0, last, 0x88, 0xb5], at);
    forwarder.process(batch);
  };
  const macs = () =>
    [...knownMacs(tables)]
      .map((each) => {
        const circuit = tables.circuits.circuits.subarray(each.circuit * 8);
        const member =
          circuit[0] === 2 ? names.pseudowire(circuit[1] as number) : names.interface(circuit[1] as number);
        const age = each.fixed ? 'fixed' : String(each.seconds);
        return `${names.bridge(each.bridge)} ${formatMac(each.macHigh, each.macLow)} ${member} ${age}`;
      })
      .sort();
  return { named, tables, send, macs };
}

test('addresses go over whose bridge and circuit are still there, with their age, and count there', () => {
  const before = open(config);
  before.send('ce1', 1, 100);
  before.send('ce2', 2, 101);
  before.send('ce3', 3, 102);
  const after = open(changed);
  expect(copyMacs(before.named, after.named)).toBe(2);
  expect(after.macs()).toEqual([
    'lan1 02:aa:00:00:00:01 ce1 100',
    'lan1 02:aa:00:00:00:09 ce1 fixed',
    'lan2 02:aa:00:00:00:02 ce2 101',
  ]);
  const { bridges } = after.tables.circuits;
  expect([0, 1, 2].map((bridge) => bridges[bridge * bridgeWords + 5])).toEqual([0, 1, 1]);
  // They age there as they would have: the wheel finds them when a new one comes.
  after.send('ce2', 77, 500);
  after.send('ce2', 78, 500);
  expect(after.macs()).not.toContain('lan2 02:aa:00:00:00:02 ce2 101');
  expect(bridges[2 * bridgeWords + 5]).toBe(2);
});

test('no more than a bridge may have, and nothing in the place of what is configured', () => {
  const before = open(config);
  for (const last of [9, 1, 2, 3]) before.send('ce1', last, 100);
  const after = open(changed);
  expect(copyMacs(before.named, after.named)).toBe(2);
  expect(after.macs().filter((line) => line.startsWith('lan1'))).toHaveLength(3);
  expect(after.macs()).toContain('lan1 02:aa:00:00:00:09 ce1 fixed');
});

test('qualified addresses are none of a bridge that does not qualify', () => {
  const before = open(config);
  before.send('ce1', 1, 100);
  const after = open(config.replace('lan1: {', 'lan1: {learning: qualified, '));
  expect(copyMacs(before.named, after.named)).toBe(0);
});

test('numbers of pseudowires go on', () => {
  const before = open(config);
  before.tables.circuits.pseudowires.set([4711, 815], 6);
  before.tables.circuits.pseudowires.set([5, 6], pseudowireWords + 6);
  const after = open(changed);
  copySequences(before.named, after.named);
  const words = after.tables.circuits.pseudowires;
  expect([...words.subarray(6, 8)]).toEqual([0, 1]);
  expect([...words.subarray(pseudowireWords + 6, pseudowireWords + 8)]).toEqual([4711, 815]);
});

test('storm control goes on where it is: other tables are no second burst', () => {
  const stormy = (order: string) =>
    `${head}\nbridges:\n  lan: {interfaces: [${order}, {interface: ce1, storm: {broadcast: 2}}]}\n`;
  const reasons: number[] = [];
  const play = (forwarder: Forwarder, port: number, count: number, seconds: number) => {
    const batch = forwarder.newBatch();
    for (let i = 0; i < count; i++) {
      const at = batch.add(port, 60, 60, seconds, 0);
      batch.bytes.fill(0, at, at + 60);
      batch.bytes.set([...new Array(6).fill(0xff), 0x02, 0xaa, 0, 0, 0, 1, 0x88, 0xb5], at);
    }
    forwarder.process(batch);
    return reasons.splice(0).length;
  };
  const output = { transmit: () => {}, drop: (reason: number) => void reasons.push(reason), punt: () => {} };
  // The circuit of ce1 has another number in the new tables.
  const [before, after] = [open(stormy('ce2')).named, open(stormy('ce3, ce2')).named];
  const old = new Forwarder(before.tables, output);
  const port = before.interfaces.indexOf('ce1');
  expect(play(old, port, 3, 100)).toBe(1);
  const next = new Forwarder(after.tables, output);
  next.takeOver(old.handOver(), renumberedCircuits(before, after));
  expect(play(next, port, 1, 100)).toBe(1);
  expect(play(next, port, 3, 101)).toBe(1);
});
