import { expect, test } from 'vitest';
import { parseConfig } from './config/index.ts';
import { describeRouter } from './describe.ts';
import { compileRouter } from './router.ts';

const config = `
router: {id: 192.0.2.1}
interfaces:
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30]}
  ce1: {}
  ce2: {}
  ce2.7: {vlan: 7}
  irb: {bridge: lan, mac: 02:00:00:00:01:10, addresses: [10.8.0.254/24]}
pseudowires:
  acme: {peer: 10.0.12.2, localLabel: 24050, remoteLabel: 24060, sequencing: true, flowLabel: true, backup: spare}
  spare: {peer: 192.0.2.9, localLabel: 24051, remoteLabel: 24061, controlWord: false, type: ethernet-vlan, mtu: 9000}
  spoke: {peer: 10.0.12.2, localLabel: 24052, remoteLabel: 24062}
xconnects: [[ce2.7, {pseudowire: acme}]]
bridges:
  lan:
    interfaces: [{interface: ce1, storm: {broadcast: 10, unknown: 20}}]
    pseudowires: [{pseudowire: spoke, group: spokes}]
    macLimit: 50
    learning: qualified
`;

test('pseudowires, cross-connects and bridges, with what is so of them', () => {
  const sections = describeRouter(compileRouter(parseConfig(config, 'test.yaml')));
  const rows = (title: string) => sections.find((section) => section.title === title)?.rows;
  expect(rows('Pseudowires')).toEqual([
    [
      'acme',
      '10.0.12.2',
      '24050',
      '24060',
      'ethernet',
      'control word, sequencing, flow label',
      '1500',
      'up',
      'active',
      'spare',
    ],
    ['spare', '192.0.2.9', '24051', '24061', 'ethernet-vlan', '', '9000', 'down: no-route', 'standby', ''],
    ['spoke', '10.0.12.2', '24052', '24062', 'ethernet', 'control word', '1500', 'up', 'active', ''],
  ]);
  expect(rows('Cross-connects')).toEqual([['ce2.7', 'pseudowire acme']]);
  expect(rows('Bridges')).toEqual([
    ['lan', 'ce1', '', 'broadcast 10, unknown 20', '50', '300 s', 'qualified'],
    ['', 'pseudowire spoke', 'spokes', '', '', '', ''],
    ['', 'irb', '', '', '', '', ''],
  ]);
});

test('a router without layer 2 has none of these sections', () => {
  const plain = describeRouter(compileRouter(parseConfig('interfaces: {ce1: {mac: 02:00:00:00:01:01}}', 'test.yaml')));
  expect(plain.map(({ title }) => title)).not.toContain('Bridges');
});
