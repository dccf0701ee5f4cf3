// `npx tsx bench/updates.ts [--small] [inserts] [changes] [short] [ipv6] [vrfs]`: what it costs to write prefix tables: a whole table at once, single changes on a table of a
// million prefixes, changes of short prefixes, and the memory that it all takes. One thread; the look-ups that make
// sure of the result are not timed.
import { RunTrie } from '../src/tables/run-trie.ts';
import type { IpPrefix } from '../src/wire/address.ts';
import { prefixes4, prefixes6 } from './prefixes.ts';
import { createRandom, type Random } from './random.ts';
import { machineText, thisMachine } from './report.ts';
import { changesOf, type PrefixArrays, parentsOf } from './update-stream.ts';

const isSmall = process.argv.includes('--small');
const scale = isSmall ? 100 : 1;
const count4 = 1_000_000 / scale;
const count6 = 250_000 / scale;
const vrfs = 1000 / scale;
const prefixesOfVrf = 1000;
const changes = 2_000_000 / scale;
const runs = 5;
/** Words for the tables, more than enough. */
const room4 = 60_000_000;
const room6 = 20_000_000;

const trieOptions = { hasSmallNodes: true, wideFromWords: 1 << 18 };

function arraysOf(prefixes: readonly IpPrefix[]): PrefixArrays {
  const words = prefixes[0].words.length;
  const addresses = new Uint32Array(prefixes.length * words);
  for (const [i, prefix] of prefixes.entries()) addresses.set(prefix.words, i * words);
  const lengths = Uint8Array.from(prefixes, ({ length }) => length);
  return { addresses, lengths, routes: Uint32Array.from(prefixes, (_, i) => i + 1) };
}

/** CPU time, so that what else the machine does counts less. */
function seconds(work: () => void): number {
  const begin = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];
const number = (value: number): string => Math.round(value).toLocaleString('en');
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function newTrie(words: number, tables: number): RunTrie {
  return new RunTrie(new Uint32Array(new SharedArrayBuffer(words * 4)), tables, trieOptions);
}

function measureBuild(name: string, { addresses, lengths, routes }: PrefixArrays, room: number): RunTrie {
  const trie = newTrie(room, 1);
  const times = Array.from({ length: runs }, () => seconds(() => trie.build(0, addresses, lengths, routes)));
  const first = times[0];
  console.log(
    `build, ${name}, ${number(lengths.length)} prefixes in random order: ${median(times).toFixed(3)} s, median of ${runs}; ` +
      `first, with memory never touched, ${first.toFixed(3)} s; ${megabytes(trie.tableBytes(0))}`,
  );
  return trie;
}

function measureInserts({ addresses, lengths, routes }: PrefixArrays, room: number): void {
  const trie = newTrie(room, 1);
  const key = new Uint32Array(1);
  const time = seconds(() => {
    for (let i = 0; i < lengths.length; i++) {
      key[0] = addresses[i];
      trie.insert(0, key, lengths[i], routes[i]);
    }
  });
  console.log(
    `insert one by one, IPv4: ${number(lengths.length / time)} a second; ${megabytes(trie.tableBytes(0))} in use, ` +
      `${megabytes(trie.usedBytes)} with its neighbours`,
  );
}

function measureChanges(random: Random, trie: RunTrie, prefixes: PrefixArrays): void {
  const parents = parentsOf(prefixes);
  const key = new Uint32Array(1);
  const rates: number[] = [];
  for (let run = 0; run < runs; run++) {
    // Each run leaves what it found: what was taken out is put in again at its end, untimed.
    const stream = changesOf(random, prefixes, parents, changes / runs);
    const time = seconds(() => {
      for (let i = 0; i < stream.prefix.length; i++) {
        const prefix = stream.prefix[i];
        key[0] = prefixes.addresses[prefix];
        if (stream.route[i] !== 0) trie.insert(0, key, prefixes.lengths[prefix], stream.route[i]);
        else trie.remove(0, key, prefixes.lengths[prefix], stream.coverRoute[i], stream.coverLength[i]);
      }
    });
    rates.push(stream.prefix.length / time);
    for (const prefix of stream.absent) {
      key[0] = prefixes.addresses[prefix];
      trie.insert(0, key, prefixes.lengths[prefix], prefixes.routes[prefix]);
    }
  }
  console.log(
    `changes on it, a third each insert, replace and remove: ${number(median(rates))} a second, median of ${runs} ` +
      `(${rates.map((rate) => number(rate)).join(', ')})`,
  );
}

function changedWords(before: Uint32Array, after: Uint32Array): number {
  let changed = 0;
  for (let i = 0; i < before.length; i++) if (before[i] !== after[i]) changed++;
  return changed;
}

function measureShort(trie: RunTrie): void {
  for (const length of [8, 10, 12, 16, 20]) {
    const key = Uint32Array.of((0x50000000 & -(2 ** (32 - length))) >>> 0);
    const end = Math.ceil(trie.usedBytes / 4) + 4096;
    const before = trie.words.slice(0, end);
    const insertTime = seconds(() => trie.insert(0, key, length, 9_999_999));
    const changed = changedWords(before, trie.words.subarray(0, end));
    const again = Array.from({ length: runs }, (_, i) => seconds(() => trie.insert(0, key, length, 9_000_000 + i)));
    const removeTime = seconds(() => trie.remove(0, key, length, 0, 0));
    console.log(
      `/${length} on it: ${number(changed)} words; insert ${number(insertTime * 1e6)} µs, ` +
        `replace ${number(median(again) * 1e6)} µs, remove ${number(removeTime * 1e6)} µs`,
    );
  }
}

/** VRFs as scattered as the Internet's table, or with all of their prefixes in one /8, mostly /24. */
function measureVrfs(random: Random, name: string, of: () => IpPrefix[]): number {
  const trie = newTrie(40_000_000 / scale, vrfs);
  const tables = Array.from({ length: vrfs }, () => arraysOf(of()));
  const time = seconds(() => {
    for (const [table, { addresses, lengths, routes }] of tables.entries())
      trie.build(table, addresses, lengths, routes);
  });
  const bytes = trie.tableBytes(random.below(vrfs));
  console.log(
    `${number(vrfs)} VRFs of ${number(prefixesOfVrf)} prefixes, ${name}: built in ${time.toFixed(3)} s; ` +
      `${megabytes(trie.usedBytes)}, ${(trie.usedBytes / vrfs / 1024).toFixed(1)} KiB each (one: ${(bytes / 1024).toFixed(1)})`,
  );
  return trie.usedBytes;
}

function privatePrefixes(random: Random): IpPrefix[] {
  return prefixes4(random, prefixesOfVrf).map(({ words, length }) => ({
    family: 4,
    words: [((0x0a000000 | (words[0] >>> 8)) >>> 0) & -(2 ** (32 - Math.min(length + 4, 32)))].map(
      (word) => word >>> 0,
    ),
    length: Math.min(length + 4, 32),
  }));
}

/** Parts named on the command line, or all. */
function main(): void {
  const random = createRandom(1);
  const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const has = (part: string): boolean => named.length === 0 || named.includes(part);
  console.log(machineText(thisMachine(undefined)));
  const big4 = arraysOf(prefixes4(random, count4));
  const trie4 = measureBuild('IPv4', big4, room4);
  let bytes = trie4.tableBytes(0);
  if (has('inserts')) measureInserts(big4, room4);
  if (has('changes')) measureChanges(random, trie4, big4);
  if (has('short')) measureShort(trie4);
  if (has('ipv6')) bytes += measureBuild('IPv6', arraysOf(prefixes6(random, count6)), room6).tableBytes(0);
  if (!has('vrfs')) return;
  bytes += measureVrfs(random, 'scattered', () => prefixes4(random, prefixesOfVrf));
  measureVrfs(random, 'in 10.0.0.0/8', () => privatePrefixes(random));
  if (named.length > 0) return;
  console.log(`IPv4, IPv6 and scattered VRFs together: ${megabytes(bytes)}; the writer's lengths are a quarter more`);
}

main();
