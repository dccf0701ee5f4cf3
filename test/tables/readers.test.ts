// Tables are read without a lock while they are written: a reader in another thread checks every look-up of its own
// against what was right between its begin and its end (see witness.ts). Routes are never used twice, so a stale answer
// cannot look like a right one.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { createRandom } from '../../bench/random.ts';
import { Generations, generationWords } from '../../src/tables/generations.ts';
import { RunTrie } from '../../src/tables/run-trie.ts';
import { probeCount, ringAnswers, type Shared, sharedWords, Tally, tallyWords } from './witness.ts';

const readers = 1;
const prefixCount = 3000;
const judgedMin = 150_000;
const changesMin = 150_000;
const changesAtOnce = 500;
const roomWords = 1 << 24;

/** Node 20 gives workers no loader from the command line, so the worker asks for its own. */
const workerText = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./reader.ts', import.meta.url).href)});
});`;

interface Prefix {
  readonly words: Uint32Array;
  readonly length: number;
  route: number;
  /** Numbers of prefixes that hold this one, the longest first; and of the probes that it holds. */
  readonly holders: number[];
  readonly probes: number[];
}

const maskOf = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (-1 << (32 - bits)) >>> 0);
const masked = (words: Uint32Array, length: number): Uint32Array =>
  words.map((word, i) => (word & maskOf(length - 32 * i)) >>> 0);
const holds = (outer: Prefix, words: Uint32Array): boolean =>
  masked(words, outer.length).every((word, i) => word === outer.words[i]);

/** Prefixes and probes that crowd in a few places, so that changes and look-ups meet. */
function world(family: 4 | 6, seed: number) {
  const random = createRandom(seed);
  const address = (): Uint32Array =>
    family === 4
      ? Uint32Array.of((0x0a000000 | (random.below(40) << 16) | (random.word() & 0xffff)) >>> 0)
      : Uint32Array.of(0x20010db8, (random.below(8) << 28) | random.below(500), 0, random.below(16)).map(
          (w) => w >>> 0,
        );
  const probes = Array.from({ length: probeCount }, address);
  const known = new Set<string>();
  const prefixes: Prefix[] = [];
  while (prefixes.length < prefixCount) {
    const length =
      family === 4 ? 6 + random.below(27) : [16, 30, 32, 36, 40, 48, 60, 64, 100, 127, 128][random.below(11)];
    const words = masked(random.below(2) === 0 ? address() : probes[random.below(probeCount)], length);
    const key = `${words.join('.')}/${length}`;
    // The shortest are few; they may not stop the search.
    if (known.has(key) && length > 12 + family * 4) continue;
    if (known.has(key)) {
      if (random.below(4) > 0) continue;
      break;
    }
    known.add(key);
    prefixes.push({ words, length, route: 0, holders: [], probes: [] });
  }
  prefixes.sort((a, b) => b.length - a.length);
  for (const prefix of prefixes) {
    for (const [i, other] of prefixes.entries())
      if (other.length < prefix.length && holds(other, prefix.words)) prefix.holders.push(i);
  }
  const holdersOfProbe = probes.map((words) => prefixes.flatMap((each, i) => (holds(each, words) ? [i] : [])));
  for (const [probe, holders] of holdersOfProbe.entries()) for (const i of holders) prefixes[i].probes.push(probe);
  return { random, probes, prefixes, holdersOfProbe };
}

class Writer {
  readonly #world: ReturnType<typeof world>;
  readonly #shared: Shared;
  readonly #trie: RunTrie;
  readonly #changed: number[] = [];
  readonly #present: number[];
  #route = 1;

  constructor(of: ReturnType<typeof world>, shared: Shared, trie: RunTrie) {
    this.#world = of;
    this.#shared = shared;
    this.#trie = trie;
    this.#present = of.probes.map(() => 0);
  }

  #routeOf(holders: readonly number[]): number {
    for (const i of holders) if (this.#world.prefixes[i].route !== 0) return this.#world.prefixes[i].route;
    return 0;
  }

  /** Tells what will be right for the probes, once their prefixes are as they will be. */
  #announce(probes: Iterable<number>): void {
    const { numbers, history } = this.#shared;
    this.#changed.length = 0;
    for (const probe of probes) {
      const answer = this.#routeOf(this.#world.holdersOfProbe[probe]);
      if (answer === this.#present[probe]) continue;
      this.#present[probe] = answer;
      const number = numbers[2 * probe] + 1;
      Atomics.store(history, probe * ringAnswers + (number % ringAnswers), answer);
      Atomics.store(numbers, 2 * probe, number);
      this.#changed.push(probe);
    }
  }

  #settle(): void {
    const { numbers } = this.#shared;
    for (const probe of this.#changed) Atomics.store(numbers, 2 * probe + 1, numbers[2 * probe]);
  }

  /** Puts a prefix in, replaces its route or takes it out. `fullness`: the share of prefixes that stay in. */
  change(fullness: number): void {
    const { random, prefixes } = this.#world;
    const prefix = prefixes[random.below(prefixes.length)];
    const isIn = random.below(1000) < fullness * 1000;
    if (!isIn && prefix.route === 0) return;
    prefix.route = isIn ? this.#route++ : 0;
    this.#announce(prefix.probes);
    if (isIn) this.#trie.insert(0, prefix.words, prefix.length, prefix.route);
    else {
      const cover = prefix.holders.find((i) => prefixes[i].route !== 0);
      const { route, length } = cover === undefined ? { route: 0, length: 0 } : prefixes[cover];
      this.#trie.remove(0, prefix.words, prefix.length, route, length);
    }
    this.#settle();
  }

  /** Changes all prefixes at once. */
  build(fullness: number): void {
    const { random, prefixes } = this.#world;
    for (const prefix of prefixes) prefix.route = random.below(1000) < fullness * 1000 ? this.#route++ : 0;
    const present = prefixes.filter(({ route }) => route !== 0);
    this.#announce(this.#world.probes.keys());
    this.#trie.build(
      0,
      Uint32Array.from(present.flatMap(({ words }) => [...words])),
      Uint8Array.from(present, ({ length }) => length),
      Uint32Array.from(present, ({ route }) => route),
    );
    this.#settle();
  }
}

function start(of: ReturnType<typeof world>, wideFromWords: number) {
  const generations = new Generations(sharedWords(generationWords(readers)));
  const words = sharedWords(roomWords);
  const trie = new RunTrie(words, 1, { generations, hasSmallNodes: true, wideFromWords });
  const shared: Shared = {
    words,
    generations: generations.words,
    probes: Uint32Array.from(of.probes.flatMap((each) => [...each])),
    probeWords: of.probes[0].length,
    history: sharedWords(probeCount * ringAnswers),
    numbers: sharedWords(probeCount * 2),
    tally: sharedWords(tallyWords),
    reader: 0,
  };
  const worker = new Worker(workerText, { eval: true, workerData: shared });
  return { generations, trie, shared, worker };
}

test.each([
  ['IPv4, layouts changing', 4, 3000],
  ['IPv4, never wide', 4, Number.POSITIVE_INFINITY],
  ['IPv6, layouts changing', 6, 3000],
] as const)('%s: every look-up of another thread is right at some moment of it', async (_, family, wideFromWords) => {
  const of = world(family, 7);
  const { generations, trie, shared, worker } = start(of, wideFromWords);
  const failure = once(worker, 'error').then(([error]) => Promise.reject(error));
  failure.catch(() => undefined);
  const writer = new Writer(of, shared, trie);
  const { tally } = shared;
  const ended = once(worker, 'message');
  ended.catch(() => undefined);
  while (Atomics.load(tally, Tally.ready) === 0) await Promise.race([setImmediate(), failure]);
  let changes = 0;
  for (let round = 0; changes < changesMin || Atomics.load(tally, Tally.judged) < judgedMin; round++) {
    // From full to almost empty and back, so that nodes and layouts change.
    const fullness = 0.5 + 0.48 * Math.sin(round / 8);
    if (round % 16 === 9) writer.build(fullness);
    for (let i = 0; i < changesAtOnce; i++) writer.change(fullness);
    changes += changesAtOnce;
    // A reader that gets no processor holds memory: wait for it, as whoever writes must.
    do await Promise.race([setImmediate(), failure]);
    while (trie.usedBytes > roomWords * 2);
    if (Atomics.load(tally, Tally.wrong) > 0) break;
  }
  Atomics.store(tally, Tally.stop, 1);
  await Promise.race([ended, failure]);
  await worker.terminate();
  const [probe, answer, from, to] = tally.subarray(Tally.probe, Tally.probe + 4);
  const count = (place: number): number => tally[place];
  expect(count(Tally.wrong), `probe ${probe}: ${answer} is none of the answers ${from} to ${to}`).toBe(0);
  // Look-ups that met a change are those that count.
  expect(count(Tally.changed)).toBeGreaterThan(0);
  expect(count(Tally.judged)).toBeGreaterThan(count(Tally.unjudged));
  expect(generations.hasReaders).toBe(false);
  trie.reclaim();
  expect(trie.waitingPieces).toBe(0);
});
