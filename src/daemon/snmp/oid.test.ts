// Order of object identifiers, and indexes as RFC 2578, section 7.7, and RFC 4001 write them.
import { expect, test } from 'vitest';
import { type IpAddress, parseAddress } from '../../wire/address.ts';
import { addressIndex, compareOids, placeAfter, startsWith, textIndex } from './oid.ts';

test('order is that of the numbers, and what is longer comes later', () => {
  const inOrder = [[], [1], [1, 0], [1, 2], [1, 2, 0], [1, 10], [2], [4294967295]];
  inOrder.forEach((a, i) => {
    inOrder.forEach((b, j) => {
      expect(Math.sign(compareOids(a, b))).toBe(Math.sign(i - j));
    });
  });
});

test('startsWith', () => {
  expect(startsWith([1, 3, 6], [1, 3])).toBe(true);
  expect(startsWith([1, 3], [1, 3])).toBe(true);
  expect(startsWith([1, 3], [1, 3, 6])).toBe(false);
  expect(startsWith([1, 4, 6], [1, 3])).toBe(false);
});

test('a text is its length and its bytes, so short names come before long ones', () => {
  expect(textIndex('red')).toEqual([3, 114, 101, 100]);
  expect(compareOids(textIndex('zz'), textIndex('aaa'))).toBeLessThan(0);
});

test.each([
  ['192.0.2.255', 9, [1, 4, 192, 0, 2, 255]],
  ['2001:db8::1', 9, [2, 16, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
  ['fe80::2', 0x01020304, [4, 20, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 3, 4]],
  ['febf::', 1, [4, 20, 0xfe, 0xbf, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
  ['fec0::', 1, [2, 16, 0xfe, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
])('%s of interface %i', (text, interfaceIndex, index) => {
  expect(addressIndex(parseAddress(text) as IpAddress, interfaceIndex)).toEqual(index);
});

test('no address is of type unknown and has no octets', () => {
  expect(addressIndex(undefined, 5)).toEqual([0, 0]);
});

test('placeAfter finds the first one that is left', () => {
  const items = [[1], [1, 1], [3]];
  const find = (oid: number[], isInclusive: boolean) => placeAfter(items, (item) => item, oid, isInclusive);
  expect(find([1], true)).toBe(0);
  expect(find([1], false)).toBe(1);
  expect(find([1, 0], true)).toBe(1);
  expect(find([3], false)).toBe(3);
  expect(find([], false)).toBe(0);
});
