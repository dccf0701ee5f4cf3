import { expect, test } from 'vitest';
import { parseRoute } from '../../control/config/index.ts';
import { pathText } from './path-text.ts';
import { readFilters, readLabelWords, readRouteWords } from './words.ts';

const words = (text: string): string[] => (text === '' ? [] : text.split(' '));

test.each([
  ['10.0.0.0/8 drop', { prefix: '10.0.0.0/8', drop: true }],
  [
    '10.2.0.0/16 vrf red via 192.0.2.2 labels 24012,16002',
    { vrf: 'red', prefix: '10.2.0.0/16', via: '192.0.2.2', labels: [24012, 16002] },
  ],
  [
    '10.2.0.0/16 via 192.0.2.2 labels 16 ttl 9 tc short-pipe entropy',
    { prefix: '10.2.0.0/16', via: '192.0.2.2', labels: [16], ttl: 9, tc: 'short-pipe', entropy: true },
  ],
  [
    '10.2.0.0/16 vrf red via 192.0.2.2 weight 2 and via 192.0.2.3 backup',
    {
      vrf: 'red',
      prefix: '10.2.0.0/16',
      paths: [
        { via: '192.0.2.2', weight: 2 },
        { via: '192.0.2.3', backup: true },
      ],
    },
  ],
  [
    '10.2.0.0/16 vrf red via 10.1.1.2 vrf blue',
    { vrf: 'red', prefix: '10.2.0.0/16', paths: [{ via: '10.1.1.2', vrf: 'blue' }] },
  ],
  ['10.2.0.0/16 vrf red table global', { vrf: 'red', prefix: '10.2.0.0/16', table: 'global' }],
])('route %s', (text, expected) => {
  const [prefix = '', ...rest] = words(text);
  expect(readRouteWords(prefix, rest)).toEqual(expected);
  expect(parseRoute(expected)).toHaveProperty('model');
});

test.each([
  ['16001 via 10.0.12.2 labels 16005', { label: 16001, via: '10.0.12.2', labels: [16005] }],
  ['16001 via 10.0.12.2 labels none', { label: 16001, via: '10.0.12.2', labels: [] }],
  ['24002 via 10.1.1.2 vrf red payload ip', { label: 24002, via: '10.1.1.2', vrf: 'red', payload: 'ip' }],
  ['x pop', { label: 'x', pop: true }],
])('label %s', (text, expected) => {
  const [label = '', ...rest] = words(text);
  expect(readLabelWords(label, rest)).toEqual(expected);
});

test('what is shown can be typed', () => {
  const path = { via: '192.0.2.2', labels: [24012, 16002], weight: 2, backup: true, ttl: 'pipe' } as const;
  expect(readRouteWords('10.0.0.0/8', words(pathText({ ...path, labels: [...path.labels] })))).toEqual({
    prefix: '10.0.0.0/8',
    ...path,
  });
  expect(pathText({ via: '10.0.0.1', labels: [] })).toBe('via 10.0.0.1 labels none');
});

test.each([
  ['via', "'via' wants a value behind it"],
  ['vrf', "'vrf' wants a value behind it"],
  ['via a via b', "'via' stands twice"],
  ['vai 10.0.0.1', "'vai' is no word of a path"],
])('%s is refused', (text, message) => {
  expect(() => readRouteWords('10.0.0.0/8', words(text))).toThrow(message);
});

test('filters are names and values', () => {
  expect(readFilters(['vrf', 'red', 'source', 'api'])).toEqual({ vrf: 'red', source: 'api' });
  expect(() => readFilters(['vrf'])).toThrow("'vrf' wants a value behind it");
});
