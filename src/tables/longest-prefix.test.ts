// One behaviour suite over every layout of a longest-prefix table, against a model that tries every prefix.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskWord } from '../wire/address.ts';
import type { LongestPrefix } from './longest-prefix.ts';
import { RunTrie } from './run-trie.ts';

const layouts: Record<string, (tables: number) => LongestPrefix> = {
  'runs of 8-bit strides': (tables) => new RunTrie(new Uint32Array(1 << 18), tables),
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

describe.each(Object.keys(layouts))('%s', (name) => {
  const make = layouts[name] as (tables: number) => LongestPrefix;

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

  test('host routes, defaults and nothing at all', () => {
    const trie = make(3);
    expect(trie.lookup(0, [0x0a000001])).toBe(0);
    trie.insert(0, [0], 0, 1);
    trie.insert(1, [0x0a000001], 32, 2);
    expect([trie.lookup(0, [0xffffffff]), trie.lookup(1, [0x0a000001]), trie.lookup(1, [0x0a000002])]).toEqual([
      1, 2, 0,
    ]);
    expect(trie.lookup(2, [0x0a000001])).toBe(0);
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
