// Adjacencies one writer at a time: what may be removed, when an index is used again, what configuration keeps.
import { expect, test } from 'vitest';
import { Adjacency, AdjacencyTable, adjacencyStateWords, adjacencyWords } from './adjacencies.ts';
import { Generations, generationWords } from './generations.ts';

const shared = (count: number) => new Uint32Array(new SharedArrayBuffer(count * 4));

function make(capacity: number) {
  const generations = new Generations(shared(generationWords(2)));
  const table = new AdjacencyTable(
    shared(capacity * adjacencyWords),
    shared(2),
    shared(adjacencyStateWords),
    generations,
  );
  return { table, generations };
}

test('a removed adjacency is not found, its chain is whole, its index is used again', () => {
  const { table } = make(4);
  const indexes = [1, 2, 3, 4].map((host) => table.add(0, [host], true));
  expect(indexes).toEqual([0, 1, 2, 3]);
  expect(table.add(0, [5], true)).toBe(-1);
  expect(table.remove(1)).toBe(true);
  expect(table.find(0, [2])).toBe(-1);
  expect([1, 3, 4].map((host) => table.find(0, [host]))).toEqual([0, 2, 3]);
  expect(table.add(1, [0x20010db8, 0, 0, 1], true)).toBe(1);
  expect(table.addressOf(1)).toEqual([0x20010db8, 0, 0, 1]);
  expect(table.flags(1)).toBe(Adjacency.up | Adjacency.learned);
  expect([1, 3, 4].map((host) => table.find(0, [host]))).toEqual([0, 2, 3]);
  expect(table.count).toBe(4);
});

test('an index is not used again while a reader may hold it', () => {
  const { table, generations } = make(2);
  table.add(0, [1], true);
  table.add(0, [2], true);
  generations.online(0);
  table.remove(0);
  expect(table.add(0, [3], true)).toBe(-1);
  generations.pass(0);
  expect(table.add(0, [3], true)).toBe(0);
});

test('indexes come back in the order in which they went', () => {
  const { table } = make(3);
  for (const host of [1, 2, 3]) table.add(0, [host], true);
  for (const index of [2, 0, 1]) table.remove(index);
  expect([4, 5, 6, 7].map((host) => table.add(0, [host], true))).toEqual([2, 0, 1, -1]);
});

test('what paths lead to stays, also when it was learned first', () => {
  const { table } = make(4);
  const next = table.add(0, [1]);
  const learned = table.add(0, [2], true);
  expect(table.remove(next)).toBe(false);
  expect(table.add(0, [2])).toBe(learned);
  expect(table.remove(learned)).toBe(false);
  expect(table.find(0, [2])).toBe(learned);
});

test('what is configured is neither overwritten nor removed, until it is forgotten', () => {
  const { table } = make(4);
  const index = table.add(0, [1], true);
  table.setUp(index, false);
  expect(table.resolve(index, 0x0200, 1, true)).toBe(true);
  expect(table.flags(index) & Adjacency.up).toBe(Adjacency.up);
  expect(table.resolve(index, 0x0200, 2)).toBe(false);
  expect(table.entries[index * adjacencyWords + 3]).toBe(1);
  expect(table.remove(index)).toBe(false);
  table.forget(index);
  expect(table.flags(index) & (Adjacency.resolved | Adjacency.fixed)).toBe(0);
  expect(table.resolve(index, 0x0200, 2)).toBe(true);
});

test('a lock whose holder has died is broken', () => {
  const { generations } = make(1);
  const state = shared(adjacencyStateWords);
  const table = new AdjacencyTable(shared(adjacencyWords), shared(2), state, generations);
  state[1] = 1;
  expect(table.add(0, [1])).toBe(0);
  expect(state[1]).toBe(0);
});
