import { expect, test } from 'vitest';
import { parseConfig } from '../control/config/index.ts';
import { compileRouter } from '../control/router.ts';
import { Forwarder } from './forwarder.ts';
import { circuitOfInterface, flushMacs, knownMacs, pseudowireState } from './layer2-state.ts';

const config = `
router: {id: 192.0.2.1}
interfaces:
  ce1: {}
  ce2: {}
  ce3: {}
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30]}
  core2: {mac: 02:00:00:00:01:10, mpls: true, addresses: [10.0.13.1/30]}
neighbors:
  - {interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}
  - {interface: core2, address: 10.0.13.2, mac: 02:00:00:00:00:03}
routes:
  - {prefix: 192.0.2.2/32, via: 10.0.12.2, labels: [16002]}
  - {prefix: 192.0.2.3/32, via: 10.0.13.2, labels: [16003]}
pseudowires:
  acme: {peer: 192.0.2.2, localLabel: 24050, remoteLabel: 24060, backup: spare}
  spare: {peer: 192.0.2.3, localLabel: 24051, remoteLabel: 24061}
  lost: {peer: 198.51.100.1, localLabel: 24052, remoteLabel: 24062}
xconnects: [[ce3, {pseudowire: acme}]]
bridges:
  lan1: {interfaces: [ce1, ce2], macs: [{mac: 02:cc:00:00:00:01, interface: ce2}]}
`;

function open() {
  const router = compileRouter(parseConfig(config, 'test.yaml'));
  const silent = { transmit: () => {}, drop: () => {}, punt: () => {} };
  return { ...router, forwarder: new Forwarder(router.tables, silent) };
}

test('a pseudowire is up, or down with the reason, and a backup stands by', () => {
  const { tables, model } = open();
  const states = () => model.pseudowires.map((_, index) => pseudowireState(tables, index));
  expect(states()).toEqual([
    { up: true, reason: undefined, role: 'active' },
    { up: true, reason: undefined, role: 'standby' },
    { up: false, reason: 'no-route', role: 'unused' },
  ]);
  tables.interfaces.setUp(3, false);
  expect(states().slice(0, 2)).toEqual([
    { up: false, reason: 'path-down', role: 'standby' },
    { up: true, reason: undefined, role: 'active' },
  ]);
  tables.interfaces.setUp(4, false);
  expect(states().map(({ reason, role }) => [reason, role])).toEqual([
    ['path-down', 'active'],
    ['path-down', 'standby'],
    ['no-route', 'unused'],
  ]);
  tables.interfaces.setUp(3, true);
  expect(states()[0]).toEqual({ up: true, reason: undefined, role: 'active' });
});

test('addresses are listed, and flushed by port; fixed ones stay', () => {
  const { tables, forwarder } = open();
  const batch = forwarder.newBatch();
  const send = (port: number, last: number) => {
    const at = batch.add(port, 60, 60, 100, 0);
    batch.bytes.fill(0, at, at + 60);
    batch.bytes.set([0x02, 0xdd, 0, 0, 0, 0xff, 0x02, 0xaa, 0, 0, 0, last, 0x88, 0xb5], at);
  };
  for (const last of [1, 2, 3]) send(0, last);
  send(1, 4);
  forwarder.process(batch);
  const listed = () => [...knownMacs(tables)].map(({ macLow, circuit, fixed }) => [macLow & 0xff, circuit, fixed]);
  const [ce1, ce2] = [circuitOfInterface(tables, 0), circuitOfInterface(tables, 1)];
  expect(listed().toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
    [1, ce2, true],
    [1, ce1, false],
    [2, ce1, false],
    [3, ce1, false],
    [4, ce2, false],
  ]);
  expect(flushMacs(tables, { circuit: ce1 })).toBe(3);
  expect(listed().map(([last]) => last)).toEqual([1, 4]);
  expect(tables.circuits.bridges[5]).toBe(1);
  expect(flushMacs(tables, { bridge: 0 })).toBe(1);
  expect(listed()).toEqual([[1, ce2, true]]);
});
