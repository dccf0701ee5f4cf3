// What is believed of a prefix, held against a plain model: random owners come, change and go.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePrefix } from '../../wire/address.ts';
import { type Entry, keyOf, type PrefixKey, prefixOf, Rib } from './rib.ts';

const tables = 3;
const keys = ['10.0.0.0/8', '10.0.0.0/16', '0.0.0.0/0', '2001:db8::/32', '2001:db8::/33'].map((text) => {
  const { words, length } = parsePrefix(text) ?? { words: [], length: 0 };
  return keyOf(words, length);
});

test('keys of prefixes are their own way back', () => {
  for (const text of [
    '0.0.0.0/0',
    '255.255.255.255/32',
    '10.1.0.0/16',
    '::/0',
    '2001:db8:ffff::/48',
    'ffff::ffff/128',
  ]) {
    const prefix = parsePrefix(text);
    expect(prefix && prefixOf(keyOf(prefix.words, prefix.length))).toEqual(prefix);
  }
});

const step = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'remove', 'flush', 'owner'),
  owner: fc.nat(4),
  key: fc.nat(keys.length - 1),
  tables: fc.subarray([0, 1, 2]),
  localPreference: fc.integer({ min: 1, max: 3 }),
  stamp: fc.integer({ min: 1, max: 2 }),
});

test('changes, in whatever order, add up to the best of what is told', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const rib = new Rib(tables, 1000);
      const told = new Map<string, Entry>();
      const believed = new Map<string, Entry>();
      const flush = () =>
        rib.takeChanges(1000, (table, key, entry) => {
          if (entry === undefined) believed.delete(`${table} ${key}`);
          else believed.set(`${table} ${key}`, entry);
        });
      for (const { kind, owner: number, key: at, tables: to, localPreference, stamp } of steps) {
        const name = `owner ${number}`;
        const key = keys[at];
        const owner = rib.find(name);
        if (kind === 'put') {
          const rank = { localPreference, asPathLength: 0, origin: 0, med: 0 };
          const home = number > 2 ? 1 : undefined;
          const entry = { key, owner: rib.owner(name, home), paths: [], tables: to, told: undefined, stamp, ...rank };
          expect(rib.put(entry)).toBe(true);
          told.set(`${number} ${at}`, entry);
        } else if (kind === 'remove' && owner !== undefined) {
          expect(rib.remove(owner, key)).toBe(told.delete(`${number} ${at}`));
        } else if (kind === 'owner' && owner !== undefined) {
          rib.removeOwner(owner);
          for (const id of [...told.keys()]) if (id.startsWith(`${number} `)) told.delete(id);
        } else if (kind === 'flush') flush();
      }
      flush();
      const expected = new Map<string, Entry>();
      for (const entry of told.values()) {
        for (const table of entry.tables) {
          const id = `${table} ${entry.key}`;
          const best = expected.get(id);
          if (best === undefined || rankOf(entry) > rankOf(best)) expected.set(id, entry);
        }
      }
      expect(believed).toEqual(expected);
      expect(rib.count).toBe(told.size);
      expect([...rib.owners].length).toBe(new Set([...told.keys()].map((id) => id.split(' ')[0])).size);
      const old = [...told.values()].filter(({ stamp }) => stamp < 2).length;
      expect(rib.sweep(2)).toBe(old);
    }),
    { numRuns: 500 },
  );
});

/** By preference, then own before others, then by name. */
function rankOf({ localPreference, owner }: Entry): string {
  return `${localPreference} ${owner.home === undefined ? 0 : 1} ${9 - Number(owner.name.split(' ')[1])}`;
}

test('beyond the limit nothing is taken, and what is known may change', () => {
  const rib = new Rib(1, 2);
  const put = (name: string, key: PrefixKey, localPreference = 1) =>
    rib.put({
      key,
      owner: rib.owner(name),
      paths: [],
      tables: [0],
      told: undefined,
      stamp: 1,
      localPreference,
      asPathLength: 0,
      origin: 0,
      med: 0,
    });
  expect([put('a', keys[0]), put('a', keys[1]), put('b', keys[0]), put('a', keys[1], 2)]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  expect([...rib.owners].map(({ name }) => name)).toEqual(['a']);
});
