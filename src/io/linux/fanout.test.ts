// Several rings on one interface: flows are spread, each stays on one ring, and fragments stay with their flow.
import { describe, expect, test } from 'vitest';
import { device, frame, hexOf, receiveAll, sendAll, useNamespace } from '../../../test/support/devices.ts';
import { addVeth, canUseNamespaces, command, untilRunning } from '../../../test/support/namespace.ts';
import type { AfpacketDevice } from './afpacket.ts';

const canRun = canUseNamespaces();
const members = 3;

/** What follows the MACs, in hexadecimal; a number in it makes the flow, another one does not. */
type Flow = (flow: number, other: number) => string;

const hexWord = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const ipv4: Flow = (flow, other) =>
  `45000054${hexWord(other, 4)}${hexWord((other * 37) & 0x3fff, 4)}4011${hexWord(other, 4)}0a000001c0a8${hexWord(flow, 4)}${hexWord(other, 8)}`;
const ipv6: Flow = (flow, other) =>
  `60000000001011${hexWord(other & 0xff, 2)}20010db8000000000000000000${hexWord(flow, 6)}20010db80000000000000000000000020${hexWord(other, 7)}`;
const label = (value: number, bottom: number, ttl: number): string =>
  hexWord((value << 12) + (bottom << 8) + (ttl & 0xff), 8);

const kinds: Record<string, Flow> = {
  'IPv4 by its addresses': (flow, other) => `0800${ipv4(flow, other)}`,
  'IPv6 by its addresses': (flow, other) => `86dd${ipv6(flow, other)}`,
  'one label by itself': (flow, other) => `8847${label(16 + flow, 1, other)}${ipv4(other, other)}`,
  'two labels by the top one': (flow, other) =>
    `8847${label(16 + flow, 0, other)}${label(900, 1, other)}${ipv4(other, 1)}`,
  'two labels by the second one': (flow, other) =>
    `8847${label(17, 0, other)}${label(16 + flow, 1, other)}${ipv4(other, 1)}`,
  'a VLAN tag': (flow, other) => `8100${hexWord(flow, 4)}0800${ipv4(1, other)}`,
  'IPv4 behind a tag': (flow, other) => `81000064${`0800${ipv4(flow, other)}`}`,
  'the inner one of two tags': (flow, other) => `88a800648100${hexWord(flow, 4)}0800${ipv4(1, other)}`,
  'IPv6 behind two tags': (flow, other) => `88a80064810000c886dd${ipv6(flow, other)}`,
  'MPLS behind two tags': (flow, other) => `88a80064810000c88847${label(16 + flow, 1, other)}${ipv4(1, other)}`,
};

describe.skipIf(!canRun)(canRun ? 'fanout' : 'fanout (no right to make network namespaces: skipped)', () => {
  useNamespace('fanout');
  const flows = 60;
  const each = 8;

  /** Sends some frames of every flow, mixed; answers for each ring what arrived there. */
  function spread(to: AfpacketDevice[], from: AfpacketDevice, bytesOf: (flow: number, other: number) => Uint8Array) {
    const sent = Array.from({ length: flows * each }, (_, i) => bytesOf(1 + (i % flows), Math.floor(i / flows) + 1));
    expect(sendAll(from, sent)).toBe(sent.length);
    const flowOf = new Map(sent.map((bytes, i) => [Buffer.from(bytes).toString('hex'), i % flows]));
    expect(flowOf.size).toBe(sent.length);
    const arrived = to.map((ring) => hexOf(receiveAll(ring, sent.length, 2)));
    expect(arrived.flat().sort()).toEqual([...flowOf.keys()].sort());
    return arrived.map((ring) => ring.map((bytes) => flowOf.get(bytes)));
  }

  function open(): { from: AfpacketDevice; to: AfpacketDevice[] } {
    addVeth('a', 'b');
    const to = Array.from({ length: members }, () =>
      device('b', { transmit: 'sendmmsg', fanout: { group: 4711, members } }),
    );
    return { from: device('a'), to };
  }

  test.each(Object.entries(kinds))('%s: spread over the rings, a flow on one', (_name, kind) => {
    const { from, to } = open();
    const rings = spread(to, from, (flow, other) => {
      const head = frame(0, 14).subarray(0, 12);
      const rest = Buffer.from(kind(flow, other), 'hex');
      return Uint8Array.from([...head, ...rest, ...new Uint8Array(40)]);
    });
    for (const ring of rings) expect(ring.length).toBeGreaterThan(each * 5);
    // A flow that is on two rings is counted twice.
    expect(rings.reduce((sum, ring) => sum + new Set(ring).size, 0)).toBe(flows);
    for (const ring of rings) expect(ring.length).toBe(new Set(ring).size * each);
  });

  test('other frames by their MACs; what is cut short goes somewhere', () => {
    const { from, to } = open();
    const rings = spread(to, from, (flow, other) => {
      const bytes = frame(other, 60);
      bytes[11] = flow;
      return bytes;
    });
    expect(rings.reduce((sum, ring) => sum + new Set(ring).size, 0)).toBe(flows);
    for (const ring of rings) expect(ring.length).toBeGreaterThan(each * 5);
    sendAll(from, [frame(1, 20, 0x0800), frame(1, 15, 0x8847), frame(1, 20, 0x8100), frame(1, 14, 0x86dd)]);
    expect(to.reduce((sum, ring) => sum + receiveAll(ring, 4, 2).length, 0)).toBe(4);
  });

  test('what one of them sends arrives at none of them', () => {
    const { from, to } = open();
    const sent = Array.from({ length: 60 }, (_, i) => frame(i, 60));
    for (const each of to) expect(sendAll(each, sent)).toBe(sent.length);
    expect(receiveAll(from, to.length * sent.length).length).toBe(to.length * sent.length);
    expect(to.flatMap((each) => hexOf(receiveAll(each, 1, 2)))).toEqual([]);
  });

  test('a group on a link that is down works when it comes up', () => {
    addVeth('a', 'b');
    command('ip link set dev b down');
    const to = [0, 1].map(() => device('b', { transmit: 'sendmmsg', fanout: { group: 1, members: 2 } }));
    command('ip link set dev b up');
    for (const name of ['a', 'b']) untilRunning(name);
    const rings = spread(to, device('a'), (flow, other) => {
      const bytes = frame(other, 60);
      bytes[11] = flow;
      return bytes;
    });
    for (const ring of rings) expect(ring.length).toBe(new Set(ring).size * each);
  });
});
