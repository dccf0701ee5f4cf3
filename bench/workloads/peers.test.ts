// What other forwarders were measured with, held against its description: a comparison with other work would be none.
import { expect, test } from 'vitest';
import { peersPop, peersPush, peersSwap } from './peers.ts';
import { fullScale } from './workload.ts';

const built = { swap: peersSwap, push2: peersPush, pop: peersPop };

test.each(Object.entries(built))('%s: 6,144 frames of 60 bytes', (_, workload) => {
  const { frames } = workload.build(fullScale);
  expect(frames.count).toBe(6144);
  for (let word = 0; word < frames.words.length; word += 2 + (65 >>> 2)) expect(frames.words[word + 1]).toBe(60);
});

test('swap: 1,000 labels towards 16 neighbours', () => {
  const { labels, neighbors } = peersSwap.build(fullScale).model;
  expect([labels.length, neighbors.length]).toEqual([1000, 16]);
});

test('push2: 1,000 /24 routes towards 16 next hops', () => {
  const { routes, neighbors } = peersPush.build(fullScale).model;
  const customer = routes.filter(({ vrf }) => vrf !== undefined);
  expect(customer.length).toBe(1000);
  expect(customer.every(({ prefix }) => prefix.length === 24)).toBe(true);
  const hops = customer.map(({ paths: [path] }) => path?.kind === 'via' && path.via?.words[0]);
  expect([new Set(hops).size, neighbors.length]).toEqual([16, 16]);
});

test('pop: 10 VRFs with the same 1,000 prefixes', () => {
  const { routes, vrfs } = peersPop.build(fullScale).model;
  expect([vrfs.length, routes.length]).toEqual([10, 10_000]);
  expect(new Set(routes.map(({ prefix }) => prefix.words[0])).size).toBe(1000);
});
