// One behaviour suite over every layout of a longest-prefix table, against a model that tries every prefix.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskWord } from '../wire/address.ts';
import type { LongestPrefix } from './longest-prefix.ts';
import { RunTrie, type TrieOptions } from './run-trie.ts';
import { TrieReader } from './trie-words.ts';

/** Room for three wide roots and what lies beneath. */
const roomWords = 1 << 18;
/** So few that a table grows past it and shrinks again within a test. */
const wideFromWordsInTests = 600;

const options: Record<string, TrieOptions> = {
  'sparse and dense nodes': { hasSmallNodes: false, wideFromWords: Number.POSITIVE_INFINITY },
  'with small nodes': { hasSmallNodes: true, wideFromWords: Number.POSITIVE_INFINITY },
  'with wide roots': { hasSmallNodes: true, wideFromWords: 0 },
  'by size': { hasSmallNodes: true, wideFromWords: wideFromWordsInTests },
};

interface Prefix {
  table: number;
  words: number[];
  length: number;
}

function mask(words: readonly number[], length: number): number[] {
  return words.map((word, i) => maskWord(word, length - 32 * i));
}

const keyOf = (prefix: Prefix) => `${prefix.table}/${mask(prefix.words, prefix.length).join('.')}/${prefix.length}`;

/** A table as a list: the longest prefix that holds the address. */
class Model {
  readonly entries = new Map<string, Prefix & { route: number }>();

  covering(table: number, words: readonly number[], below = 129): { route: number; length: number } {
    let best = { route: 0, length: 0 };
    let bestLength = -1;
    for (const entry of this.entries.values()) {
      if (entry.table !== table || entry.length <= bestLength || entry.length >= below) continue;
      const same = mask(words, entry.length).every((word, i) => word === mask(entry.words, entry.length)[i]);
      if (!same) continue;
      best = { route: entry.route, length: entry.length };
      bestLength = entry.length;
    }
    return best;
  }
}

function apply(trie: LongestPrefix, model: Model, prefix: Prefix, route: number): void {
  const key = keyOf(prefix);
  const words = mask(prefix.words, prefix.length);
  if (route === 0) {
    if (!model.entries.delete(key)) return;
    const cover = model.covering(prefix.table, words, prefix.length);
    trie.remove(prefix.table, words, prefix.length, cover.route, cover.length);
  } else {
    model.entries.set(key, { ...prefix, words, route });
    trie.insert(prefix.table, words, prefix.length, route);
  }
}

/** Builds table 1 of the prefixes, with routes from 1, and the model alike. */
function buildFrom(trie: LongestPrefix, model: Model, prefixes: readonly Omit<Prefix, 'table'>[], family: 4 | 6): void {
  const words = family === 4 ? 1 : 4;
  const addresses = new Uint32Array(prefixes.length * words);
  for (const [i, { words: address, length }] of prefixes.entries()) {
    addresses.set(address, i * words);
    const prefix = { table: 1, words: mask(address, length), length };
    model.entries.set(keyOf(prefix), { ...prefix, route: i + 1 });
  }
  const lengths = Uint8Array.from(prefixes, ({ length }) => length);
  trie.build(
    1,
    addresses,
    lengths,
    Uint32Array.from(prefixes, (_, i) => i + 1),
  );
}

/** Addresses that share many bits, so that prefixes nest. */
function addressOf(family: 4 | 6): fc.Arbitrary<number[]> {
  const bits = family === 4 ? 32 : 128;
  return fc
    .tuple(fc.bigInt(0n, (1n << BigInt(bits)) - 1n), fc.integer({ min: 0, max: bits }))
    .map(([value, shared]) => {
      const base = BigInt('0x20010db80a01010280ff00010a0a0a0a') >> BigInt(128 - bits);
      const low = (1n << BigInt(bits - shared)) - 1n;
      const mixed = (base & ~low) | (value & low);
      return Array.from({ length: bits / 32 }, (_, i) => Number((mixed >> BigInt(bits - 32 * (i + 1))) & 0xffffffffn));
    });
}

describe.each(Object.keys(options))('%s', (name) => {
  const make = (tables: number): LongestPrefix => new RunTrie(new Uint32Array(roomWords), tables, options[name]);

  test.each([4, 6] as const)('IPv%i: agrees with a list through any changes', (family) => {
    const bits = family === 4 ? 32 : 128;
    const change = fc.record({
      table: fc.integer({ min: 0, max: 1 }),
      words: addressOf(family),
      length: fc.integer({ min: 0, max: bits }),
      route: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 50 }) }, fc.constant(0)),
    });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 60 }),
        fc.array(addressOf(family), { maxLength: 30 }),
        (changes, probes) => {
          const trie = make(2);
          const model = new Model();
          for (const { route, ...prefix } of changes) apply(trie, model, prefix, route);
          const all = [
            ...probes,
            ...changes.map((each) => mask(each.words, each.length)),
            ...changes.map((each) => each.words),
          ];
          for (const words of all) {
            for (const table of [0, 1]) expect(trie.lookup(table, words)).toBe(model.covering(table, words).route);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('crowded nodes: hundreds of prefixes side by side, put in and taken out again', () => {
    const trie = make(1);
    const model = new Model();
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    for (let step = 0; step < 1500; step++) {
      const length = 14 + random(12);
      const prefix = { table: 0, words: [(0x0a000000 + random(1 << 18) * 128) >>> 0], length };
      // Mostly in at first, mostly out at the end.
      apply(trie, model, prefix, random(1500) > step ? 1 + random(40) : 0);
      const known = [...model.entries.values()][random(Math.max(1, model.entries.size))];
      if (known !== undefined && random(1500) < step) apply(trie, model, known, 0);
      if (step % 10 > 0) continue;
      for (let probe = 0; probe < 20; probe++) {
        const words = [(0x0a000000 + random(1 << 25)) >>> 0];
        expect(trie.lookup(0, words)).toBe(model.covering(0, words).route);
      }
    }
    for (const entry of [...model.entries.values()]) apply(trie, model, entry, 0);
    expect(trie.lookup(0, [0x0a000000])).toBe(0);
    expect(trie.usedBytes).toBe(make(1).usedBytes);
  });

  test.each([4, 6] as const)(
    'IPv%i: a table built at once agrees with a list, and so do changes after it',
    (family) => {
      const bits = family === 4 ? 32 : 128;
      const prefix = fc.record({ words: addressOf(family), length: fc.integer({ min: 0, max: bits }) });
      const changes = fc.array(fc.tuple(prefix, fc.integer({ min: 0, max: 20 })), { maxLength: 20 });
      fc.assert(
        fc.property(fc.array(prefix, { maxLength: 80 }), changes, fc.boolean(), (prefixes, after, isSecond) => {
          const trie = make(2);
          const empty = trie.usedBytes;
          if (isSecond) buildFrom(trie, new Model(), prefixes.slice(1, 9), family);
          const model = new Model();
          buildFrom(trie, model, prefixes, family);
          for (const [{ words, length }, route] of after) apply(trie, model, { table: 1, words, length }, route);
          for (const { words, length } of [...prefixes, ...after.map(([each]) => each)]) {
            for (const probe of [words, mask(words, length)]) {
              expect(trie.lookup(1, probe)).toBe(model.covering(1, probe).route);
              expect(trie.lookup(0, probe)).toBe(0);
            }
          }
          for (const entry of [...model.entries.values()]) apply(trie, model, entry, 0);
          expect(trie.usedBytes).toBe(empty);
        }),
        { numRuns: 150 },
      );
    },
  );

  test('a table built of nothing is empty, whatever it was', () => {
    const trie = make(1);
    const empty = trie.usedBytes;
    trie.build(0, Uint32Array.of(0, 0x0a000000), Uint8Array.of(0, 8), Uint32Array.of(1, 2));
    expect([trie.lookup(0, [0x0a000001]), trie.lookup(0, [0x0b000000])]).toEqual([2, 1]);
    trie.build(0, new Uint32Array(0), new Uint8Array(0), new Uint32Array(0));
    expect(trie.lookup(0, [0x0a000001])).toBe(0);
    expect(trie.usedBytes).toBe(empty);
  });

  test('a whole block of equal leaves is no leaf: each prefix can be taken out again', () => {
    const trie = make(1);
    const model = new Model();
    for (let i = 0; i < 256; i++) apply(trie, model, { table: 0, words: [0x0a010000 + i * 256], length: 24 }, 7);
    apply(trie, model, { table: 0, words: [0x0a010180], length: 25 }, 8);
    apply(trie, model, { table: 0, words: [0x0a010180], length: 25 }, 0);
    apply(trie, model, { table: 0, words: [0x0a010500], length: 24 }, 0);
    for (const word of [0x0a010180, 0x0a010400, 0x0a010500, 0x0a010600])
      expect(trie.lookup(0, [word])).toBe(model.covering(0, [word]).route);
  });

  test('what is between two prefixes: /31, /127 and host routes, in and out again', () => {
    const trie = make(1);
    const empty = trie.usedBytes;
    for (const [words, length] of [
      [[0x0a000002], 31],
      [[0x0a000003], 32],
      [[0x20010db8, 0, 0, 2], 127],
      [[0x20010db8, 0, 0, 3], 128],
    ] as const) {
      trie.insert(0, words, length, length);
    }
    const low = (word: number) => [0x20010db8, 0, 0, word];
    expect([1, 2, 3, 4].map((last) => trie.lookup(0, [0x0a000000 + last]))).toEqual([0, 31, 32, 0]);
    expect([1, 2, 3, 4].map((last) => trie.lookup(0, low(last)))).toEqual([0, 127, 128, 0]);
    trie.remove(0, [0x0a000003], 32, 31, 31);
    trie.remove(0, [0x0a000002], 31, 0, 0);
    trie.remove(0, low(2), 127, 0, 0);
    expect([2, 3].map((last) => trie.lookup(0, [0x0a000000 + last]))).toEqual([0, 0]);
    expect([2, 3].map((last) => trie.lookup(0, low(last)))).toEqual([0, 128]);
    trie.remove(0, low(3), 128, 0, 0);
    expect(trie.usedBytes).toBe(empty);
  });

  test('without room it throws, and what was there is still found', () => {
    const words = new Uint32Array(3000 + (options[name]?.wideFromWords === 0 ? 65_536 : 0));
    const trie = new RunTrie(words, 1, options[name]);
    let count = 0;
    const fill = (): void => {
      for (; count < 1000; count++) trie.insert(0, [(0x0a000000 + count * 65_793) >>> 0], 32, count + 1);
    };
    expect(fill).toThrow(RangeError);
    expect(count).toBeGreaterThan(20);
    for (let i = 0; i < count; i++) expect(trie.lookup(0, [(0x0a000000 + i * 65_793) >>> 0])).toBe(i + 1);
    const lengths = new Uint8Array(1000).fill(32);
    const addresses = Uint32Array.from(lengths, (_, i) => 0x0b000000 + i * 65_793);
    expect(() => trie.build(0, addresses, lengths, addresses)).toThrow(RangeError);
    expect(trie.lookup(0, [0x0a000000])).toBe(1);
  });

  test('tells what each table takes', () => {
    const trie = make(3);
    const before = [0, 1, 2].map((table) => trie.tableBytes(table));
    const total = trie.usedBytes;
    for (let i = 0; i < 200; i++) trie.insert(1, [0x0a000000 + i * 999], 32, i + 1);
    for (let i = 0; i < 9; i++) trie.insert(2, [0x0a000000 + i * 999], 32, i + 1);
    const after = [0, 1, 2].map((table) => trie.tableBytes(table));
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBeGreaterThan(after[2]);
    const grown = after.reduce((sum, bytes, table) => sum + bytes - before[table], 0);
    // A gap that aligns a node is in use as nothing.
    expect(trie.usedBytes - total).toBe(grown);
  });

  test('host routes, defaults and nothing at all', () => {
    const trie = make(3);
    expect(trie.lookup(0, [0x0a000001])).toBe(0);
    trie.insert(0, [0], 0, 1);
    trie.insert(1, [0x0a000001], 32, 2);
    expect([trie.lookup(0, [0xffffffff]), trie.lookup(1, [0x0a000001]), trie.lookup(1, [0x0a000002])]).toEqual([
      1, 2, 0,
    ]);
    expect(trie.lookup(2, [0x0a000001])).toBe(0);
    expect(new TrieReader(trie.words).lookup(1, [0x0a000001])).toBe(2);
  });

  test('what is removed gives its memory back', () => {
    const trie = make(1);
    const before = trie.usedBytes;
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 500; i++) trie.insert(0, [(0x0a000000 + i * 77) >>> 0], 32, i + 1);
      for (let i = 0; i < 500; i++) trie.remove(0, [(0x0a000000 + i * 77) >>> 0], 32, 0, 0);
    }
    expect(trie.lookup(0, [0x0a000000])).toBe(0);
    expect(trie.usedBytes).toBe(before);
  });
});
