// What a frame is: whose MAC address, which type, whether its header holds, how deep its labels go.

import { read16 } from '../../src/wire/bytes.ts';
import { macIs, typeAt } from '../../src/wire/ethernet.ts';
import { readDestination } from '../../src/wire/ip.ts';
import { checkIpv4 } from '../../src/wire/ipv4.ts';
import { checkIpv6 } from '../../src/wire/ipv6.ts';
import { labelAt, stackDepth } from '../../src/wire/mpls.ts';
import { ethernet, etherType, ipv4, ipv6, stack } from '../packets.ts';
import type { Random } from '../random.ts';
import { flowTo } from '../workloads/network.ts';
import { layOut, packetCount, stride } from './packets.ts';
import { type MicroCase, type MicroSuite, runSuite } from './suite.ts';

/** The router's own MAC address, as `ethernet` writes it for interface 0. */
const ownHigh = 0x0200;
const ownLow = 0x00010000;

function parseCase(
  name: string,
  make: (random: Random) => readonly number[],
  parse: (bytes: Uint8Array, at: number) => number,
): MicroCase {
  const bytes = layOut(make);
  if (parse(bytes, 0) === 0) throw new Error(`${name}: nothing is recognised`);
  const run = (): number => {
    let sum = 0;
    for (let at = 0; at < bytes.length; at += stride) sum += parse(bytes, at);
    return sum;
  };
  return { name, items: packetCount, unit: 'packet', run };
}

const packet4 = (random: Random) => ipv4(flowTo(random, [random.word()]), 46);
const packet6 = (random: Random) => ipv6(flowTo(random, [0x20010db8, 1, 0, random.word()]), 50);
const frame = (random: Random) => ethernet(0, etherType.ipv4, packet4(random));
const labelled = (random: Random) => [...stack(16 + random.below(1000), 500, 501), ...packet4(random)];

export const parseSuite: MicroSuite = {
  name: 'parse',
  title: 'what a frame is: MAC address and type, header checks, labels',
  run: () =>
    runSuite('parse', [
      parseCase('destination MAC address and EtherType', frame, (bytes, at) =>
        macIs(bytes, at, ownHigh, ownLow) ? read16(bytes, at + typeAt) : 0,
      ),
      parseCase('IPv4 header, checksum included', packet4, (bytes, at) =>
        checkIpv4(bytes, at, at + stride, at + stride) === 'none' ? 1 : 0,
      ),
      parseCase('IPv6 header', packet6, (bytes, at) =>
        checkIpv6(bytes, at, at + stride, at + stride) === 'none' ? 1 : 0,
      ),
      parseCase('IPv4 destination as a key', packet4, (bytes, at) => readDestination(bytes, at, 4)[0] as number),
      parseCase(
        'top label and depth of three',
        labelled,
        (bytes, at) => labelAt(bytes, at) + stackDepth(bytes, at, at + stride),
      ),
    ]),
};
