import { expect, test } from 'vitest';
import { parseConfig } from '../../control/config/index.ts';
import { compileRouter } from '../../control/router.ts';
import { Forwarder } from '../forwarder.ts';
import type { Explanation } from '../output.ts';

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
