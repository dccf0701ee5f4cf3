import { expect, test } from 'vitest';
import { Generations, generationWords } from './generations.ts';
import { MacTable, macStateWords, macWords } from './macs.ts';

const ageing = 10;

function open(places: number) {
  const shared = (words: number) => new Uint32Array(new SharedArrayBuffer(words * 4));
  const generations = new Generations(shared(generationWords(2)));
  const buckets = shared(2 ** Math.ceil(Math.log2(places)));
  const table = new MacTable(shared(places * macWords), buckets, shared(macStateWords), generations);
  let known = 0;
  const sweep = (seconds: number, nanoseconds = 0, steps = 1e6) =>
    table.sweep(
      seconds,
      nanoseconds,
      steps,
      () => ageing,
      () => {
        known--;
      },
    );
  const add = (low: number, seconds: number, nanoseconds = 0) => {
    sweep(seconds, nanoseconds, table.sweepStep);
    const added = table.add(0x10002, low, 0, 1, seconds, nanoseconds, ageing);
    if (added) known++;
    return added;
  };
  return {
    table,
    generations,
    add,
    sweep,
    knows: (low: number) => table.find(0x10002, low, 0) >= 0,
    count: () => known,
  };
}

test('finds what was added, and only that', () => {
  const { table, add, knows } = open(300);
  for (let low = 0; low < 300; low++) expect(add(low, 1)).toBe(true);
  expect(add(300, 1)).toBe(false);
  expect([0, 150, 299].map(knows)).toEqual([true, true, true]);
  expect(knows(300)).toBe(false);
  expect(table.find(0x20002, 5, 0)).toBe(-1);
  expect(table.find(0x10002, 5, 1)).toBe(-1);
});

test('what is too old is taken out to the nanosecond, in whatever order it lies on the wheel', () => {
  const { add, sweep, knows, count } = open(16);
  add(1, 1, 900);
  add(2, 1, 100);
  add(3, 1, 500);
  sweep(11, 499);
  expect([1, 2, 3].map(knows)).toEqual([true, false, true]);
  sweep(11, 500);
  expect([1, 2, 3].map(knows)).toEqual([true, false, false]);
  sweep(12);
  expect(count()).toBe(0);
});

test('an address that is heard of stays, round and round the wheel, after leaps in time too', () => {
  const { table, add, sweep, knows } = open(16);
  add(1, 1);
  add(2, 1);
  for (let seconds = 5; seconds < 5000; seconds += 5) {
    table.touch(table.find(0x10002, 1, 0), seconds, 0);
    sweep(seconds, 0, 4);
  }
  expect([1, 2].map(knows)).toEqual([true, false]);
  sweep(4_000_000_000);
  expect(knows(1)).toBe(false);
});

test('an older frame does not make an address older', () => {
  const { table, add } = open(16);
  add(1, 100, 5);
  const entry = table.find(0x10002, 1, 0);
  table.touch(entry, 100, 4);
  table.touch(entry, 99, 9);
  expect(table.isFresh(entry, 110, 4, ageing)).toBe(true);
  expect(table.isFresh(entry, 110, 5, ageing)).toBe(false);
});

test('a place is used again only when no reader can still look at it', () => {
  const { generations, add, sweep, count } = open(4);
  generations.online(0);
  for (let low = 0; low < 4; low++) add(low, 1);
  sweep(100);
  expect(count()).toBe(0);
  expect(add(10, 100)).toBe(false);
  generations.pass(0);
  expect([11, 12, 13, 14].map((low) => add(low, 100))).toEqual([true, true, true, true]);
  expect(add(15, 100)).toBe(false);
});

test('a million addresses come and go, a few entries looked at for each', () => {
  const places = 1_250_000;
  const { table, add, knows } = open(places);
  let refused = 0;
  for (let low = 0; low < 1_000_000; low++) if (!add(low, 1 + Math.floor(low / 100_000))) refused++;
  expect(refused).toBe(0);
  // Each new one takes a few old ones out: the second million finds the places of the first.
  for (let low = 1_000_000; low < 2_000_000; low++) if (!add(low, 1000 + Math.floor(low / 100_000))) refused++;
  expect(refused).toBe(0);
  expect(knows(5)).toBe(false);
  expect(knows(1_999_999)).toBe(true);
  expect([...table.all()]).toHaveLength(1_000_000);
});
