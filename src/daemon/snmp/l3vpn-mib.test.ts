// The object tree: what a walk meets, that every OID leads to what the walk said, and where each object stands.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MadeView } from '../../../test/support/snmp-view.ts';
import { l3vpnMib, l3vpnRoot } from './l3vpn-mib.ts';
import { type Mib, ValueType, type VarBind } from './mib.ts';
import { compareOids, type Oid } from './oid.ts';

const long = 'a-name-that-is-longer-than-the-31-characters-of-the-mib.x';
const view = new MadeView({
  red: {
    rd: '65000:1',
    importTargets: ['65000:9', '65000:1'],
    exportTargets: ['65000:1', '65000:3'],
    interfaces: [
      { index: 7, isUp: true },
      { index: 3, isUp: false },
    ],
    createdAt: 5000,
    changedAt: 9990,
    routes: {
      '10.2.0.0/16': ['192.0.2.9', '192.0.2.2', '192.0.2.2'],
      '10.1.0.0/24': [''],
      '0.0.0.0/0': ['2001:db8::1', '192.0.2.2'],
      '10.1.0.0/16': [''],
      '2001:db8::/32': ['fe80::1'],
    },
  },
  blue: { interfaces: [{ index: 9, isUp: false }], routes: { '255.255.255.255/32': [''] } },
  b: {},
  [long]: { routes: { '2001:db8:ffff::/48': ['2001:db8::9'] } },
});
const mib = l3vpnMib(view, (moment) => moment / 10);
const at = (...numbers: number[]) => [...l3vpnRoot, 1, ...numbers];
const red = [3, 114, 101, 100];
const ended = (value: VarBind) => value.type === ValueType.endOfMibView;

function walk(over: Mib): VarBind[] {
  const met: VarBind[] = [];
  for (let next = over.next(l3vpnRoot, false, undefined); !ended(next); next = over.next(next.oid, false, undefined)) {
    met.push(next);
    if (met.length > 10_000) throw new Error('the walk does not end');
  }
  return met;
}

const whole = walk(mib);
const valueAt = (...oid: number[]) => mib.get(at(...oid)).value;

test('a walk goes upwards and meets what get answers', () => {
  whole.forEach((value, i) => {
    if (i > 0) expect(compareOids((whole[i - 1] as VarBind).oid, value.oid)).toBeLessThan(0);
    expect(mib.get(value.oid)).toEqual(value);
  });
  // Scalars 7; 3 interfaces of 4 columns; 4 VRFs of 14; 3 targets of 4; 4 counts of 5; 9 paths of 12.
  expect(whole).toHaveLength(7 + 3 * 4 + 4 * 14 + 3 * 4 + 4 * 5 + 9 * 12);
});

test('every name can be told over AgentX: 128 numbers at most', () => {
  expect(Math.max(...whole.map(({ oid }) => oid.length))).toBeLessThanOrEqual(128);
});

test('next from anywhere is the first one of the walk that is left, and ends where it is told', () => {
  const number = fc.oneof(fc.nat(20), fc.constantFrom(101, 114, 255, 256, 4294967295));
  const oid = fc.oneof(
    fc
      .tuple(fc.constantFrom(...whole), fc.nat(60), fc.array(number, { maxLength: 6 }))
      .map(([value, keep, more]) => [...value.oid.slice(0, keep), ...more]),
    fc.constantFrom(...whole).map((value) => [...value.oid]),
  );
  const left = (start: Oid, isInclusive: boolean, end: Oid) =>
    whole.find((value) => {
      const order = compareOids(value.oid, start);
      return order > 0 || (order === 0 && isInclusive);
    }) ?? { oid: end };
  fc.assert(
    fc.property(oid, fc.boolean(), oid, (start, isInclusive, end) => {
      const first = left(start, isInclusive, start);
      const free = mib.next(start, isInclusive, undefined);
      expect(free.oid).toEqual(first.oid);
      const bounded = mib.next(start, isInclusive, end);
      expect(ended(bounded)).toBe(ended(free) || compareOids(first.oid, end) >= 0);
      expect(bounded.oid).toEqual(ended(bounded) ? start : first.oid);
    }),
    { numRuns: 2000 },
  );
});

test('get of what is not there: an object, or an instance of it', () => {
  const types = (...oid: number[]) => mib.get(at(...oid)).type;
  expect(types(1, 8, 0)).toBe(ValueType.noSuchObject);
  expect(types(1, 1, 1)).toBe(ValueType.noSuchInstance);
  expect(types(1, 1)).toBe(ValueType.noSuchInstance);
  expect(types(2, 2, 1, 1, ...red)).toBe(ValueType.noSuchObject);
  expect(types(2, 2, 1, 4, 3, 114, 101)).toBe(ValueType.noSuchInstance);
  expect(types(2, 6, 1, 1, ...red)).toBe(ValueType.noSuchObject);
  const route = [...red, 1, 4, 10, 1, 0, 0, 24, 2, 0, 0, 0, 0];
  expect(types(4, 1, 1, 8, ...route)).toBe(ValueType.integer);
  for (let length = 0; length < route.length; length++) {
    expect(types(4, 1, 1, 8, ...route.slice(0, length))).toBe(ValueType.noSuchInstance);
  }
  expect(types(4, 1, 1, 8, ...route, 0)).toBe(ValueType.noSuchInstance);
  expect(types(4, 1, 1, 8, ...red, 1, 4, 10, 1, 0, 1, 24, 2, 0, 0, 0, 0)).toBe(ValueType.noSuchInstance);
  expect(types(4, 1, 1, 8, ...red, 1, 4, 10, 1, 0, 256, 24, 2, 0, 0, 0, 0)).toBe(ValueType.noSuchInstance);
});

describe('objects of RFC 4382', () => {
  test('scalars: VRFs, those with an interface that is up, their interfaces', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((number) => valueAt(1, number, 0))).toEqual([4, 1, 3, 2, 0, 0, 0]);
  });

  test('mplsL3VpnVrfTable', () => {
    const row = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((number) => valueAt(2, 2, 1, number, ...red));
    expect(row).toEqual(['', '', '65000:1', 500, 1, 1, 2, 0, 0, 0, 999, 1, 1, 5]);
    expect(valueAt(2, 2, 1, 6, 4, 98, 108, 117, 101)).toBe(2);
  });

  test('mplsL3VpnIfConfTable', () => {
    expect([2, 3, 4, 5].map((number) => valueAt(2, 1, 1, number, ...red, 7))).toEqual([2, '\x04', 5, 1]);
  });

  test('mplsL3VpnVrfRTTable: imported (1), exported (2), both (3)', () => {
    const targets = whole.filter(({ oid }) => compareOids(oid.slice(0, at(2, 3, 1, 4).length), at(2, 3, 1, 4)) === 0);
    expect(targets.map(({ oid, value }) => [oid.slice(-2), value])).toEqual([
      [[1, 1], '65000:9'],
      [[2, 3], '65000:1'],
      [[3, 2], '65000:3'],
    ]);
  });

  test('mplsL3VpnVrfPerfTable', () => {
    expect([1, 2, 3, 4, 5].map((number) => valueAt(3, 1, 1, number, ...red))).toEqual([8, 3, 5, 0, 0]);
  });

  test('mplsL3VpnVrfRteTable: prefixes in order, the paths of one by next hop, equal ones once', () => {
    const column = at(4, 1, 1, 8, ...red);
    const rows = whole.filter(({ oid }) => compareOids(oid.slice(0, column.length), column) === 0);
    expect(rows.map(({ oid, value }) => [oid.slice(column.length).join('.'), value])).toEqual([
      ['1.4.0.0.0.0.0.2.0.0.1.4.192.0.2.2', 4],
      ['1.4.0.0.0.0.0.2.0.0.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1', 4],
      ['1.4.10.1.0.0.16.2.0.0.0.0', 3],
      ['1.4.10.1.0.0.24.2.0.0.0.0', 3],
      ['1.4.10.2.0.0.16.2.0.0.1.4.192.0.2.2', 4],
      ['1.4.10.2.0.0.16.2.0.0.1.4.192.0.2.9', 4],
      ['2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.0.32.2.0.0.4.20.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.1', 4],
    ]);
    const row = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
    const index = [...red, 1, 4, 10, 2, 0, 0, 16, 2, 0, 0, 1, 4, 192, 0, 2, 9];
    expect(row.map((number) => valueAt(4, 1, 1, number, ...index))).toEqual([
      1,
      4,
      3,
      7,
      0,
      -1,
      -1,
      -1,
      -1,
      -1,
      '\0',
      1,
    ]);
  });
});

test('another version is seen at once', () => {
  const changing = new MadeView({ red: { routes: { '10.0.0.0/8': [''] } } });
  const over = l3vpnMib(changing, () => 0);
  expect(walk(over)).toHaveLength(7 + 14 + 5 + 12);
  changing.vrfs = { ...changing.vrfs, blue: { routes: { '10.0.0.0/8': [''], '10.1.0.0/16': [''] } } };
  changing.version++;
  expect(walk(over)).toHaveLength(7 + 2 * 14 + 2 * 5 + 3 * 12);
  changing.vrfs = {};
  changing.version++;
  expect(walk(over)).toHaveLength(7);
});
