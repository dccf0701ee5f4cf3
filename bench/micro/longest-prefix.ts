// Longest-prefix look-up in each layout of a prefix table, one address after the other: the cost of a look-up that
// nothing overlaps with.
import type { LongestPrefix } from '../../src/tables/longest-prefix.ts';
import { RunTrie, wordsForPrefix } from '../../src/tables/run-trie.ts';
import type { IpPrefix } from '../../src/wire/address.ts';
import { addressIn, prefixes4, prefixes6 } from '../prefixes.ts';
import { createRandom } from '../random.ts';
import { type MicroCase, type MicroSuite, runSuite } from './suite.ts';

const lookups = 1 << 16;
const table = 1;
const tableCount = 2;
const slackWords = 4096;
const sizes4 = [1000, 100_000];
const sizes6 = [1000, 25_000];

type Family = 4 | 6;

interface Layout {
  readonly families: readonly Family[];
  /** Empty, with room for the prefixes. */
  readonly create: (prefixes: readonly IpPrefix[]) => LongestPrefix;
}

function sharedWords(count: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(count * 4));
}

/** Every layout that there is, by the name it has in the behaviour suite. */
const layouts: Readonly<Record<string, Layout>> = {
  'runs of 8-bit strides': {
    families: [4, 6],
    create: (prefixes) => {
      const words = prefixes.reduce((sum, { length }) => sum + wordsForPrefix(length), tableCount + slackWords);
      return new RunTrie(sharedWords(words), tableCount);
    },
  },
};

function filled({ create }: Layout, prefixes: readonly IpPrefix[]): LongestPrefix {
  const trie = create(prefixes);
  // Longer prefixes last, as the compiler of the tables has them.
  const order = [...prefixes.keys()].sort((a, b) => (prefixes[a]?.length ?? 0) - (prefixes[b]?.length ?? 0));
  for (const i of order) {
    const { words, length } = prefixes[i] as IpPrefix;
    trie.insert(table, words, length, i + 1);
  }
  return trie;
}

function caseOf(name: string, layout: Layout, family: Family, count: number): MicroCase {
  const random = createRandom(count);
  const prefixes = family === 4 ? prefixes4(random, count) : prefixes6(random, count);
  const trie = filled(layout, prefixes);
  const addresses = Array.from({ length: lookups }, () => addressIn(random, prefixes));
  if (addresses.some((address) => trie.lookup(table, address) === 0)) throw new Error(`${name}: a prefix is missing`);
  const flat = Uint32Array.from(addresses.flat());
  const key = new Uint32Array(family === 4 ? 1 : 4);
  const run = (): number => {
    let sum = 0;
    for (let at = 0; at < flat.length; at += key.length) {
      for (let i = 0; i < key.length; i++) key[i] = flat[at + i];
      sum += trie.lookup(table, key);
    }
    return sum;
  };
  const megabytes = (trie.usedBytes / 1e6).toFixed(1);
  const title = `${name}: IPv${family}, ${count.toLocaleString('en')} prefixes (${megabytes} MB)`;
  return { name: title, items: lookups, unit: 'look-up', run };
}

export const longestPrefixSuite: MicroSuite = {
  name: 'longest-prefix',
  title: 'a look-up in each layout of a prefix table',
  run: () =>
    runSuite(
      'longest-prefix',
      Object.entries(layouts).flatMap(([name, layout]) =>
        layout.families.flatMap((family) =>
          (family === 4 ? sizes4 : sizes6).map((count) => caseOf(name, layout, family, count)),
        ),
      ),
    ),
};
