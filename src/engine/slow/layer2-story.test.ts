// What a trace tells of layer 2: each decision of the rules PW and VPLS, and why a frame ends.
import { describe, expect, test } from 'vitest';
import { type Bytes, eth, filler, labels } from '../../../test/support/frames.ts';
import { parseConfig } from '../../control/config/index.ts';
import { compileRouter } from '../../control/router.ts';
import { Forwarder } from '../forwarder.ts';
import type { Explanation } from '../output.ts';
import { dropReasons, puntReasons } from '../reasons.ts';

const config = `
interfaces:
  ce1: {}
  ce2: {}
  ce3: {}
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30]}
neighbors: [{interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}]
pseudowires:
  acme: {peer: 10.0.12.2, localLabel: 24050, remoteLabel: 24060, sequencing: true}
xconnects: [[ce3, {pseudowire: acme}]]
bridges: {lan1: {interfaces: [ce1, ce2]}}
`;

/** Sends a frame of 60 bytes by each of the ports; what is told of each ending. */
function tell(...ports: number[]): string[][] {
  const router = compileRouter(parseConfig(config, 'test.yaml'));
  const told: string[][] = [];
  const note = (explanation: Explanation | undefined) => told.push([...(explanation?.steps ?? [])]);
  const forwarder = new Forwarder(
    router.tables,
    { transmit: (...all) => note(all[7]), drop: (...all) => note(all[8]), punt: (...all) => note(all[8]) },
    { explain: router.names },
  );
  const batch = forwarder.newBatch();
  for (const port of ports) {
    const at = batch.add(port, 60, 60, 100, 0);
    batch.bytes.fill(0, at, at + 60);
    batch.bytes.set([0x02, 0xdd, 0, 0, 0, 1, 0x02, 0xaa, 0, 0, 0, 2, 0x88, 0xb5], at);
  }
  forwarder.process(batch);
  return told;
}

test('a pseudowire tells its control word, sequence and labels', () => {
  expect(tell(2)).toEqual([
    [
      'ce3: 02:aa:00:00:00:02 → 02:dd:00:00:00:01, EtherType 0x88b5',
      'pseudowire acme',
      'control word, sequence 1',
      'push 24060, ttl 255',
      'core1 → 02:00:00:00:00:02',
    ],
  ]);
});

test('a bridge tells what it learns and where it sends', () => {
  expect(tell(0, 1)).toEqual([
    [
      'ce1: 02:aa:00:00:00:02 → 02:dd:00:00:00:01, EtherType 0x88b5',
      'bridge lan1',
      'learned 02:aa:00:00:00:02',
      'flooded',
      '→ ce2',
    ],
    [
      'ce2: 02:aa:00:00:00:02 → 02:dd:00:00:00:01, EtherType 0x88b5',
      'bridge lan1',
      '02:aa:00:00:00:02 has moved here',
      'flooded',
      '→ ce1',
    ],
  ]);
});

const decisions = `
interfaces:
  ce1: {}
  ce2: {}
  ce3: {}
  ce4: {mtu: 100}
  ce5: {}
  core1: {mac: 02:00:00:00:01:0f, mpls: true, mtu: 9000, addresses: [10.0.12.1/30]}
neighbors: [{interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}]
pseudowires:
  plain: {peer: 10.0.12.2, localLabel: 24050, remoteLabel: 24060, sequencing: true}
  tagged: {peer: 10.0.12.2, localLabel: 24051, remoteLabel: 24061, type: ethernet-vlan, flowLabel: true}
  lost: {peer: 198.51.100.1, localLabel: 24052, remoteLabel: 24062, backup: spare}
  spare: {peer: 10.0.12.2, localLabel: 24053, remoteLabel: 24063, mtu: 100}
  mesh1: {peer: 10.0.12.2, localLabel: 24054, remoteLabel: 24064}
  mesh2: {peer: 10.0.12.2, localLabel: 24055, remoteLabel: 24065}
  idle: {peer: 10.0.12.2, localLabel: 24056, remoteLabel: 24066}
xconnects: [[ce3, {pseudowire: plain}], [ce4, {pseudowire: tagged}], [ce5, {pseudowire: lost}]]
bridges:
  lan:
    interfaces: [{interface: ce1, storm: {broadcast: 1, unknown: 0}}, ce2]
    pseudowires: [mesh1, mesh2]
    macLimit: 2
`;

/** The reason and the steps of the last ending, after all frames. */
function endOf(...frames: readonly (readonly [port: string, bytes: Bytes])[]): string[] {
  const { tables, names, portNames } = compileRouter(parseConfig(decisions, 'test.yaml'));
  let last: string[] = [];
  const note = (reason: string, explanation: Explanation | undefined) => {
    last = [reason, ...(explanation?.steps ?? [])];
  };
  const forwarder = new Forwarder(
    tables,
    {
      transmit: (...all) => note('sent', all[7]),
      drop: (...all) => note(dropReasons[all[0]]?.name as string, all[8]),
      punt: (...all) => note(puntReasons[all[0]]?.name as string, all[8]),
    },
    { explain: names },
  );
  const batch = forwarder.newBatch();
  for (const [port, bytes] of frames) {
    const at = batch.add(portNames.indexOf(port), bytes.length, bytes.length, 100, 0);
    batch.bytes.set(bytes, at);
  }
  forwarder.process(batch);
  return last;
}

const mac = (last: number) => `02:aa:00:00:00:0${last}`;
const from = (port: string, src: number, dst: string, size = 46) =>
  [port, eth({ src: mac(src), dst, type: 0x88b5 }, filler(size))] as const;
const fromCore = (stack: readonly number[], control: readonly number[], inner: Bytes) =>
  ['core1', eth({ dst: '02:00:00:00:01:0f', type: 0x8847 }, [...labels(...stack), ...control, ...inner])] as const;
const plain = eth({ src: mac(1), dst: mac(2), type: 0x88b5 }, filler(46));
const long = eth({ src: mac(1), dst: mac(2), tags: [[0x8100, 5]], type: 0x88b5 }, filler(200));
const noControl = [0, 0, 0, 0];
const broadcast = 'ff:ff:ff:ff:ff:ff';

describe('every ending says why', () => {
  test.each([
    ['oam', 'pseudowire plain: control word 0x10000007', [fromCore([24050], [0x10, 0, 0, 7], plain)]],
    ['bad-control-word', 'pseudowire plain: control word 0x20000000', [fromCore([24050], [0x20, 0, 0, 0], plain)]],
    ['out-of-order', 'sequence 40000, 1 expected', [fromCore([24050], [0, 0, 0x9c, 0x40], plain)]],
    ['bottom-expected', 'a label beneath it, where no flow label is due', [fromCore([24050, 99], noControl, plain)]],
    [
      'bad-stack',
      'one flow label, of 16 or more and the last of the stack, is due',
      [fromCore([24051], noControl, plain)],
    ],
    [
      'bad-stack',
      'one flow label, of 16 or more and the last of the stack, is due',
      [fromCore([24051, 13], noControl, plain)],
    ],
    ['unknown-vlan', 'no service tag, which tagged mode has on the wire', [fromCore([24051, 77], noControl, plain)]],
    ['too-big', 'too big for ce4: 200 bytes, mtu 100', [fromCore([24051, 77], noControl, long)]],
    ['filtered', 'a circuit that no cross-connect and no bridge has', [fromCore([24056], noControl, plain)]],
    ['too-big', "too big: 200 bytes, the far circuit's mtu is 100", [from('ce5', 1, mac(2), 200)]],
    ['sent', 'pseudowire lost is down: no way to its peer', [from('ce5', 1, mac(2))]],
    ['sent', 'pseudowire spare', [from('ce5', 1, mac(2))]],
    ['sent', `learned ${mac(1)}`, [from('ce2', 1, broadcast)]],
    ['sent', 'flooded, copy 3', [from('ce2', 1, broadcast)]],
    ['sent', `${mac(1)} is known`, [from('ce2', 1, broadcast), from('ce1', 2, mac(1))]],
    ['sent', `${mac(1)} has moved here`, [from('ce2', 1, broadcast), from('ce1', 1, broadcast)]],
    ['filtered', `${mac(1)} is where it came from`, [from('ce2', 1, broadcast), from('ce2', 2, mac(1))]],
    [
      'filtered',
      `${mac(1)} is behind split horizon`,
      [
        fromCore([24054], noControl, plain),
        fromCore([24055], noControl, eth({ src: mac(3), dst: mac(1), type: 0x88b5 }, filler(46))),
      ],
    ],
    ['mac-limit', `${mac(3)} would be one address too many`, [1, 2, 3].map((src) => from('ce2', src, broadcast))],
    ['storm', 'more broadcast frames than storm control allows', [1, 1].map((src) => from('ce1', src, broadcast))],
    ['storm', 'more unknown frames than storm control allows', [from('ce1', 1, mac(9))]],
    ['link-local', `ce1: ${mac(1)} → 01:80:c2:00:00:00, EtherType 0x88b5`, [from('ce1', 1, '01:80:c2:00:00:00')]],
  ] as const)('%s: %s', (reason, step, frames) => {
    const [ended, ...steps] = endOf(...frames);
    expect({ ended, steps }).toEqual({ ended: reason, steps: expect.arrayContaining([step]) });
  });
});
