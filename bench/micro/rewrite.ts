// What is changed in a frame that leaves: TTL and TOS with their checksum, labels pushed, the link header.
import { ethernetBytes, writeMac } from '../../src/wire/ethernet.ts';
import { changeTos, changeTtl, ttlAt } from '../../src/wire/ipv4.ts';
import { writeEntry, writeTtl } from '../../src/wire/mpls.ts';
import { ipv4 } from '../packets.ts';
import { flowTo } from '../workloads/network.ts';
import { layOut, packetCount, stride } from './packets.ts';
import { type MicroCase, type MicroSuite, runSuite } from './suite.ts';

/** Room for labels and a link header in front of the packet. */
const headroom = 24;

function rewriteCase(name: string, rewrite: (bytes: Uint8Array, at: number) => void): MicroCase {
  const room = Array.from({ length: headroom }, () => 0);
  const bytes = layOut((random) => [...room, ...ipv4(flowTo(random, [random.word()]), 40)]);
  const run = (): number => {
    for (let at = headroom; at < bytes.length; at += stride) rewrite(bytes, at);
    return bytes[headroom + ttlAt] as number;
  };
  return { name, items: packetCount, unit: 'packet', run };
}

export const rewriteSuite: MicroSuite = {
  name: 'rewrite',
  title: 'what changes in a frame that leaves: TTL, TOS, labels, MAC addresses',
  run: () =>
    runSuite('rewrite', [
      rewriteCase('IPv4 TTL one less, checksum mended', (bytes, at) => {
        changeTtl(bytes, at, ((bytes[at + ttlAt] as number) - 1) & 255);
      }),
      rewriteCase('IPv4 TOS, checksum mended', (bytes, at) => changeTos(bytes, at, (bytes[at + 1] as number) ^ 0x20)),
      rewriteCase('TTL of a label', (bytes, at) => writeTtl(bytes, at, (bytes[at + 3] as number) ^ 1)),
      rewriteCase('two labels pushed', (bytes, at) => {
        writeEntry(bytes, at - 4, 100_000 + (at & 1023), 0, true, 63);
        writeEntry(bytes, at - 8, 16_000, 0, false, 63);
      }),
      rewriteCase('both MAC addresses written', (bytes, at) => {
        writeMac(bytes, at - 8 - ethernetBytes, 0x0200, 0x00020001);
        writeMac(bytes, at - 2 - ethernetBytes, 0x0200, 0x00010000);
      }),
    ]),
};
