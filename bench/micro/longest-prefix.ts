// Longest-prefix look-up, one address after the other: the cost of a look-up that nothing overlaps with. Each layout of a
// table by itself, and what the table takes in it.
import { RunTrie, type TrieOptions } from '../../src/tables/run-trie.ts';
import { addressIn, prefixes4, prefixes6 } from '../prefixes.ts';
import { createRandom } from '../random.ts';
import { type MicroCase, type MicroSuite, runSuite } from './suite.ts';

const lookups = 1 << 16;
const sizes4 = [1000, 100_000];
const sizes6 = [1000, 25_000];
/** More than any of the tables takes. */
const roomWords = 1 << 23;

const layouts: Readonly<Record<string, TrieOptions>> = {
  'sparse and dense': { hasSmallNodes: false, wideFromWords: Number.POSITIVE_INFINITY },
  'with small nodes': { hasSmallNodes: true, wideFromWords: Number.POSITIVE_INFINITY },
  'with a wide root': { hasSmallNodes: true, wideFromWords: 0 },
};

function caseOf(layout: string, family: 4 | 6, count: number): MicroCase {
  const random = createRandom(count);
  const prefixes = family === 4 ? prefixes4(random, count) : prefixes6(random, count);
  const trie = new RunTrie(new Uint32Array(roomWords), 1, layouts[layout]);
  trie.build(
    0,
    Uint32Array.from(prefixes.flatMap(({ words }) => words)),
    Uint8Array.from(prefixes, ({ length }) => length),
    Uint32Array.from(prefixes, (_, i) => i + 1),
  );
  const flat = Uint32Array.from(Array.from({ length: lookups }, () => addressIn(random, prefixes)).flat());
  const key = new Uint32Array(family === 4 ? 1 : 4);
  const run = (): number => {
    let sum = 0;
    for (let at = 0; at < flat.length; at += key.length) {
      for (let i = 0; i < key.length; i++) key[i] = flat[at + i];
      sum += trie.lookup(0, key);
    }
    return sum;
  };
  const kib = Math.round(trie.tableBytes(0) / 1024).toLocaleString('en');
  const name = `IPv${family}, ${count.toLocaleString('en')} prefixes, ${layout}, ${kib} KiB`;
  return { name, items: lookups, unit: 'look-up', run };
}

export const longestPrefixSuite: MicroSuite = {
  name: 'longest-prefix',
  title: 'a look-up in each layout of a prefix table',
  run: () =>
    runSuite(
      'longest-prefix',
      Object.keys(layouts).flatMap((layout) => [
        ...sizes4.map((count) => caseOf(layout, 4, count)),
        ...sizes6.map((count) => caseOf(layout, 6, count)),
      ]),
    ),
};
