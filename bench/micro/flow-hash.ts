// The flow hash over packets of each kind.
import { hashIp, hashLabelled } from '../../src/engine/hash.ts';
import { ipv4, ipv6, stack } from '../packets.ts';
import type { Random } from '../random.ts';
import { flowTo } from '../workloads/network.ts';
import { layOut, packetCount, stride } from './packets.ts';
import { type MicroCase, type MicroSuite, runSuite } from './suite.ts';

const seed = 1;

function hashCase(
  name: string,
  make: (random: Random) => readonly number[],
  hash: (bytes: Uint8Array, at: number) => number,
): MicroCase {
  const bytes = layOut(make);
  const run = (): number => {
    let sum = 0;
    for (let at = 0; at < bytes.length; at += stride) sum += hash(bytes, at);
    return sum;
  };
  return { name, items: packetCount, unit: 'packet', run };
}

const packet4 = (random: Random) => ipv4(flowTo(random, [random.word()]), 40);
const packet6 = (random: Random) => ipv6(flowTo(random, [random.word(), 0, 0, random.word()]), 50);
const labelled = (random: Random) => [...stack(16 + random.below(1000), 500), ...packet4(random)];

export const flowHashSuite: MicroSuite = {
  name: 'flow-hash',
  title: 'the hash that keeps a flow on its path',
  run: () =>
    runSuite('flow-hash', [
      hashCase('IPv4 with ports', packet4, (bytes, at) => hashIp(seed, bytes, at, at + stride)),
      hashCase('IPv6 with ports', packet6, (bytes, at) => hashIp(seed, bytes, at, at + stride)),
      hashCase('two labels over IPv4', labelled, (bytes, at) => hashLabelled(seed, bytes, at, at + stride, true)),
    ]),
};
