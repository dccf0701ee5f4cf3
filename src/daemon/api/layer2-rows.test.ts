import { expect, test } from 'vitest';
import { parseConfig } from '../../control/config/index.ts';
import type { RouterModel } from '../../control/model.ts';
import { compileRouter } from '../../control/router.ts';
import { bridgeRows, macRows, pseudowireRows } from './layer2-rows.ts';
import type { RouterPlane, RouterTruth } from './service.ts';

const config = `
router: {id: 192.0.2.1}
interfaces:
  ce1: {}
  ce2: {}
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30]}
neighbors: [{interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}]
routes: [{prefix: 192.0.2.2/32, via: 10.0.12.2, labels: [16002]}]
pseudowires:
  acme: {peer: 192.0.2.2, localLabel: 24050, remoteLabel: 24060, backup: spare}
  spare: {peer: 198.51.100.1, localLabel: 24051, remoteLabel: 24061}
bridges:
  lan:
    interfaces: [ce1, ce2]
    pseudowires: [acme]
    learning: qualified
    ageing: 10
    macs: [{mac: 02:cc:00:00:00:01, interface: ce2}, {mac: 02:cc:00:00:00:02, pseudowire: acme, vlan: 7}]
`;

function open(text = config) {
  const forwarding = compileRouter(parseConfig(text, 'test.yaml'));
  const plane = { forwarding: () => forwarding, accounts: () => undefined } as unknown as RouterPlane;
  const truth = { skeleton: (): RouterModel => forwarding.model } as RouterTruth;
  return { ...forwarding, plane, truth };
}

test('pseudowires with their state and role, in the order of the configuration', () => {
  const { plane, truth, tables } = open();
  const states = () => [...pseudowireRows(truth, plane)].map(({ config: _, ...rest }) => rest);
  expect(states()).toEqual([
    { name: 'acme', up: true, role: 'active' },
    { name: 'spare', up: false, reason: 'no-route', role: 'standby' },
  ]);
  tables.interfaces.setUp(2, false);
  expect(states()[0]).toEqual({ name: 'acme', up: false, reason: 'path-down', role: 'active' });
  expect([...pseudowireRows(truth, plane)][0]?.config).toMatchObject({ peer: '192.0.2.2', backup: 'spare' });
});

test('addresses with the member that they are behind and their age, but not those that are too old', () => {
  const { plane, truth, tables } = open();
  const learned = [...Array(2).keys()].map((i) => ({ last: 0xdd000010 + i, seconds: 1000 + 20 * i }));
  for (const { last, seconds } of learned) tables.macs.add(0x02aa, last, 1, 1, seconds, 0, 10);
  tables.circuits.bridges[5] = 2;
  expect([...macRows(plane, 1023.5)].sort((a, b) => (String(a.mac) < String(b.mac) ? -1 : 1))).toEqual([
    { bridge: 'lan', mac: '02:aa:dd:00:00:11', vlan: 0, interface: 'ce1', age: 3 },
    { bridge: 'lan', mac: '02:cc:00:00:00:01', vlan: 0, interface: 'ce2', static: true },
    { bridge: 'lan', mac: '02:cc:00:00:00:02', vlan: 7, pseudowire: 'acme', static: true },
  ]);
  expect([...bridgeRows(truth, plane)]).toMatchObject([
    { name: 'lan', learned: 2, config: { interfaces: expect.any(Array) } },
  ]);
});

test('what is configured and does not forward yet is shown, without a state', () => {
  const { plane } = open(`${config.split('pseudowires:')[0]}`);
  const { truth } = open();
  expect([...pseudowireRows(truth, plane)].map(({ name, up, role }) => [name, up, role])).toEqual([
    ['acme', false, 'unused'],
    ['spare', false, 'unused'],
  ]);
  expect([...bridgeRows(truth, plane)].map(({ learned }) => learned)).toEqual([0]);
});
