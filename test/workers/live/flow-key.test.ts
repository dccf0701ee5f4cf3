// Frames between the same two hosts have one key, with whatever labels and tags they come and go.
import { describe, expect, test } from 'vitest';
import { flowKey } from '../../../src/workers/live/flow-key.ts';
import { type Bytes, eth, filler, ipv4, ipv6, labels } from '../../support/frames.ts';

const key = (frame: Bytes): number => flowKey(Uint8Array.from([0, 0, ...frame, 0, 0]), 2, frame.length);

const packet4 = ipv4({ src: '10.1.0.10', dst: '10.2.0.9', ttl: 64 }, filler(20));
const packet6 = ipv6({ src: '2001:db8:1::1', dst: '2001:db8:2::9' }, filler(20));

describe.each([
  ['IPv4', packet4, 0x0800],
  ['IPv6', packet6, 0x86dd],
])('%s', (_, packet, type) => {
  const plain = key(eth({ type }, packet));

  test('labels and tags change nothing', () => {
    expect(plain).not.toBe(0);
    expect(key(eth({ type: 0x8847 }, [...labels(16001), ...packet]))).toBe(plain);
    expect(key(eth({ type: 0x8847 }, [...labels(16001, 24001, 7, 77777), ...packet]))).toBe(plain);
    expect(key(eth({ type, tags: [[0x8100, 100]] }, packet))).toBe(plain);
    const both: [number, number][] = [
      [0x88a8, 300],
      [0x8100, 30],
    ];
    expect(key(eth({ type: 0x8847, tags: both }, [...labels(24001), ...packet]))).toBe(plain);
  });

  test('a cut or unreadable frame has the key of all others', () => {
    const frame = eth({ type }, packet);
    for (const length of [0, 5, 13, 14, 20, 33]) expect(key(frame.slice(0, length))).toBe(0);
    expect(key(eth({ type: 0x8847 }, [...labels({ label: 16001, s: 0 }), 0x45]))).toBe(0);
    expect(key(eth({ type: 0x0806 }, packet))).toBe(0);
  });
});

test('hosts, their order and nothing else make the key', () => {
  const between = (src: string, dst: string, rest: object = {}) =>
    key(eth({ type: 0x0800 }, ipv4({ src, dst, ...rest }, filler(20))));
  const one = between('10.1.0.10', '10.2.0.9');
  expect(between('10.1.0.10', '10.2.0.9', { ttl: 3, tos: 0xb8, id: 77, protocol: 6 })).toBe(one);
  expect(between('10.2.0.9', '10.1.0.10')).not.toBe(one);
  expect(between('10.1.0.11', '10.2.0.9')).not.toBe(one);
});
