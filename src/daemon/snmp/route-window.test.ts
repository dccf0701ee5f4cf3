// Windows over routes in no order: every question is answered as by a sorted list, whatever was asked before.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsOf } from '../../../test/support/snmp-view.ts';
import { formatPrefix, type IpPrefix, networkOf, parsePrefix } from '../../wire/address.ts';
import { octetsOf } from './oid.ts';
import { type Bound, boundOf, isPrefix, RouteWindow } from './route-window.ts';

const prefixes = (...texts: string[]) => texts.map((text) => parsePrefix(text) as IpPrefix);
const keyOf = ({ words, length }: { words: readonly number[]; length: number }) => [...words, length];

function compareKeys(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, i) => number !== b[i]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

/** By looking at all of them. */
function nextBySorting(all: readonly IpPrefix[], gone: ReadonlySet<number>, bound: Bound): string | undefined {
  const left = all.filter((prefix, place) => {
    const order = compareKeys(keyOf(prefix), keyOf(bound));
    return !gone.has(place) && (order > 0 || (order === 0 && bound.isInclusive));
  });
  const [first] = left.sort((a, b) => compareKeys(keyOf(a), keyOf(b)));
  return first && formatPrefix(first);
}

const word = fc.oneof(fc.constantFrom(0, 0x0a000000, 0xffffffff), fc.nat(0xffffffff));
const prefixOf = (family: 4 | 6) =>
  fc
    .tuple(
      fc.array(word, { minLength: family === 4 ? 1 : 4, maxLength: family === 4 ? 1 : 4 }),
      fc.nat(family === 4 ? 32 : 128),
    )
    .map(([words, length]) => networkOf({ family, words, length }));

test.each([4, 6] as const)('family %i: any questions in any order, windows far smaller than the table', (family) => {
  const scene = fc.record({
    all: fc.uniqueArray(prefixOf(family), { minLength: 1, maxLength: 60, selector: formatPrefix }),
    gone: fc.array(fc.nat(59)).map((places) => new Set(places)),
    asked: fc.array(fc.tuple(fc.nat(59), fc.boolean()), { minLength: 1, maxLength: 30 }),
    size: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(scene, ({ all, gone, asked, size }) => {
      const window = new RouteWindow(columnsOf(family, all, gone), size);
      for (const [at, isInclusive] of asked) {
        const { words, length } = all[at % all.length] as IpPrefix;
        const bound = { words, length, isInclusive };
        const place = window.next(bound);
        const found = place < 0 ? undefined : formatPrefix(all[place] as IpPrefix);
        expect(found).toBe(nextBySorting(all, gone, bound));
      }
    }),
  );
});

test('a whole walk meets every route once, in order', () => {
  const all = Array.from({ length: 5000 }, (_, i) => ({
    family: 4 as const,
    words: [(Math.imul(i, 0x9e3779b1) & 0xffffff00) >>> 0],
    length: 24,
  }));
  const window = new RouteWindow(columnsOf(4, all), 64);
  const met: number[] = [];
  let bound = boundOf(4, []);
  for (let place = window.next(bound); place >= 0; place = window.next(bound)) {
    const { words, length } = all[place] as IpPrefix;
    met.push(words[0] as number);
    bound = { words, length, isInclusive: false };
  }
  expect(met).toEqual([...new Set(all.map(({ words }) => words[0] as number))].sort((a, b) => a - b));
});

test('reading on, a window walks over the table once for as many routes as it holds', () => {
  const all = prefixes(...Array.from({ length: 100 }, (_, i) => `10.0.${i}.0/24`));
  const columns = columnsOf(4, all);
  let firstSeen = 0;
  const has = (place: number) => {
    if (place === 99) firstSeen++;
    return columns.has(place);
  };
  const window = new RouteWindow({ ...columns, has }, 50);
  for (const { words, length } of all.toReversed()) window.next({ words, length, isInclusive: true });
  const backwards = firstSeen;
  firstSeen = 0;
  for (const { words, length } of all) window.next({ words, length, isInclusive: true });
  // The last route is asked for only by walks that have room for it: here the second one.
  expect(firstSeen).toBe(1);
  expect(backwards).toBeGreaterThan(1);
});

test('it serves no other version, and no other columns', () => {
  const columns = columnsOf(4, prefixes('10.0.0.0/8'));
  const window = new RouteWindow(columns);
  expect(window.serves({ ...columns })).toBe(true);
  expect(window.serves({ ...columns, version: 2 })).toBe(false);
  expect(window.serves(columnsOf(4, prefixes('10.0.0.0/8')))).toBe(false);
});

test.each([
  [[], [0], 0, true],
  [[10], [0x0a000000], 0, true],
  [[10, 1, 2, 3, 24], [0x0a010203], 24, true],
  [[10, 300], [0x0affffff], 255, false],
  [[10, 1, 2, 3, 4294967295], [0x0a010203], 255, false],
  [[256], [0xffffffff], 255, false],
])('numbers %j as a bound', (numbers, words, length, isInclusive) => {
  expect(boundOf(4, numbers)).toEqual({ words, length, isInclusive });
});

test('only what has no host bits is a prefix', () => {
  const bound = (text: string) => {
    const { family, words, length } = parsePrefix(text) as IpPrefix;
    return { family, bound: boundOf(family, [...octetsOf(words), length]) };
  };
  for (const text of ['10.1.0.0/16', '0.0.0.0/0', '2001:db8::/32', '::1/128']) {
    expect(isPrefix(bound(text).family, bound(text).bound)).toBe(true);
  }
  for (const text of ['10.1.0.1/16', '2001:db8::1/64']) {
    expect(isPrefix(bound(text).family, bound(text).bound)).toBe(false);
  }
  expect(isPrefix(4, boundOf(4, [10, 0, 0, 0, 33]))).toBe(false);
});
