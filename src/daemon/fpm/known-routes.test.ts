// Routes that are known by their bytes: the same as if they were read, for every prefix.
import { expect, test } from 'vitest';
import { deleteRoute, newRoute, prefixOf } from '../../../test/support/zebra.ts';
import type { PathModel } from '../../control/model.ts';
import { messageAt, type NetlinkMessage } from '../../wire/netlink.ts';
import { KnownRoutes, prefixAt } from './known-routes.ts';

const first = (bytes: Uint8Array) => messageAt(bytes, 0, bytes.length) as NetlinkMessage;
const core = { via: '10.0.12.2', dev: 3, labels: [16002, 24012], table: 1000 };
const plain = { table: 1000, nexthopId: 0 };
const paths: readonly PathModel[] = [
  { kind: 'drop', target: '', weight: 1, backup: false, ttl: 1, tc: 1, payload: 'ip' },
];

test('a prefix is read where zebra has it', () => {
  for (const text of ['10.3.0.0/16', '10.3.1.1/32', '2001:db8::/32', '2001:db8:1:2::/64']) {
    const bytes = newRoute(text, core);
    expect(prefixAt(bytes, first(bytes))).toEqual(prefixOf(text));
  }
  const bytes = newRoute('10.3.1.0/16', core);
  expect(prefixAt(bytes, first(bytes))).toBeUndefined();
  const long = newRoute('10.3.0.0/16', core);
  long[17] = 33;
  expect(prefixAt(long, first(long))).toBeUndefined();
  const other = newRoute('10.3.0.0/16', core);
  other[16] = 28;
  expect(prefixAt(other, first(other))).toBeUndefined();
});

test('the same but for the prefix is known; anything else is not', () => {
  const known = new KnownRoutes();
  const given = newRoute('10.3.0.0/16', core);
  known.add(given, first(given), { vrf: 'red', paths, ...plain });
  const find = (bytes: Uint8Array) => known.find(bytes, first(bytes));
  expect(find(newRoute('172.16.0.0/12', core))).toMatchObject({ vrf: 'red', paths });
  expect(find(newRoute('10.3.0.0/16', { ...core, table: 1001 }))).toBeUndefined();
  expect(find(newRoute('10.3.0.0/16', { ...core, labels: [16002] }))).toBeUndefined();
  expect(find(newRoute('2001:db8::/32', core))).toBeUndefined();
  expect(find(deleteRoute('10.3.0.0/16', 1000))).toBeUndefined();
  // Every byte besides the prefix counts.
  const other = newRoute('10.9.0.0/16', core);
  for (let at = 18; at < other.length; at++) {
    if (at >= 28 && at < 36) continue;
    const changed = Uint8Array.from(other);
    changed[at] = other[at] ^ 0x40;
    expect(find(changed)).toBeUndefined();
  }
  known.forget();
  expect(find(given)).toBeUndefined();
});

test('what names a next hop is known until that changes', () => {
  const known = new KnownRoutes();
  const given = [7, 8].map((nexthop) => newRoute('10.3.0.0/16', { nexthop }));
  for (const [i, bytes] of given.entries())
    known.add(bytes, first(bytes), { vrf: undefined, paths, table: 254, nexthopId: 7 + i });
  known.forgetNaming(new Set([8, 9]));
  expect(given.map((bytes) => known.find(bytes, first(bytes))?.nexthopId)).toEqual([7, undefined]);
});

test('what is kept is bounded', () => {
  const known = new KnownRoutes();
  const all = Array.from({ length: 25_000 }, (_, i) => newRoute('10.3.0.0/16', { ...core, labels: [16 + i] }));
  for (const bytes of all) known.add(bytes, first(bytes), { vrf: undefined, paths, ...plain });
  const found = all.filter((bytes) => known.find(bytes, first(bytes)) !== undefined);
  expect(found.length).toBeLessThanOrEqual(20_000);
  expect(found.length).toBeGreaterThan(1000);
  const long = newRoute('10.3.0.0/16', { hops: Array.from({ length: 100 }, () => core) });
  known.add(long, first(long), { vrf: undefined, paths, ...plain });
  expect(known.find(long, first(long))).toBeUndefined();
});
