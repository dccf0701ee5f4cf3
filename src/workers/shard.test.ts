import { expect, test } from 'vitest';
import { eth, ipv4, labels, udp } from '../../test/support/frames.ts';
import { flowHash, shardOf } from './shard.ts';

const packet = (dst: string, port = 1000) => ipv4({ dst }, udp(port, 2000));
const hash = (frame: readonly number[], cut = frame.length) => flowHash(Uint8Array.from([0, 0, ...frame]), 2, cut);

test('a flow has one hash, with tags and without', () => {
  const plain = eth({ type: 0x0800 }, packet('10.2.0.9'));
  const tagged = eth({ tags: [[0x8100, 100]], type: 0x0800 }, packet('10.2.0.9'));
  expect(hash(tagged)).toBe(hash(plain));
  expect(hash(eth({ type: 0x0800 }, packet('10.2.0.10')))).not.toBe(hash(plain));
  expect(hash(eth({ type: 0x0800 }, packet('10.2.0.9', 1001)))).not.toBe(hash(plain));
});

test('labels and what lies beneath them count; a stack without a bottom, and what is no packet, have none', () => {
  const labelled = (label: number, dst: string) => eth({ type: 0x8847 }, [...labels(label), ...packet(dst)]);
  const one = hash(labelled(24001, '10.2.0.9'));
  expect(hash(labelled(24002, '10.2.0.9'))).not.toBe(one);
  expect(hash(labelled(24001, '10.2.0.10'))).not.toBe(one);
  expect(hash(labelled(24001, '10.2.0.9'), 16)).toBe(0);
  expect(hash(eth({ type: 0x88cc }, packet('10.2.0.9')))).toBe(0);
});

test('every cut of a frame has a hash, and a place among the workers', () => {
  const frame = Uint8Array.from(eth({ tags: [[0x8100, 1]], type: 0x8847 }, [...labels(16, 17), ...packet('10.2.0.9')]));
  for (let captured = 0; captured <= frame.length; captured++) {
    expect([0, 1, 2]).toContain(shardOf(frame, 0, captured, 3));
  }
});

test('many flows are spread over all workers', () => {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 1000; i++) {
    const frame = Uint8Array.from(eth({ type: 0x0800 }, packet('10.2.0.9', i)));
    counts[shardOf(frame, 0, frame.length, 4)]++;
  }
  for (const count of counts) expect(count).toBeGreaterThan(150);
});
