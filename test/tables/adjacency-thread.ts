// A thread at work on a shared adjacency table: one that adds next hops, as control does, one that learns and forgets, as
// the owner of the slow path does, or one that reads, as a fast path does. Each checks what it sees.
import { parentPort, workerData } from 'node:worker_threads';
import { Adjacency, AdjacencyTable, adjacencyWords, swapBytes } from '../../src/tables/adjacencies.ts';
import { Generations } from '../../src/tables/generations.ts';

export interface SharedAdjacencies {
  readonly role: 'control' | 'lead' | 'reader';
  readonly entries: Uint32Array;
  readonly buckets: Uint32Array;
  readonly state: Uint32Array;
  readonly generations: Uint32Array;
  /** Word 0: stop. 1: threads that are ready. 2: wrong so far. 3: look-ups checked. 4: removals. 5: indexes used again. */
  readonly tally: Int32Array;
}

export const pinnedCount = 150;
export const addressCount = 600;
const batchSize = 64;

/** The address with this number; MAC addresses of a neighbour are so many, and told by the first half which one it is. */
export const addressOf = (number: number): number[] =>
  number % 3 === 0 ? [0x20010db8, 0, 0, number] : [0x0a000000 + number];
export const macLowOf = (number: number, macHigh: number): number =>
  (Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(macHigh, 0x85ebca6b)) >>> 0;
export const interfaceOf = (number: number): number => number % 4;

/** The code of a thread; not run where the module is only asked for its numbers. */
export function work(shared: SharedAdjacencies): void {
  const { role, entries, buckets, state, tally } = shared;
  const generations = new Generations(shared.generations);
  const table = new AdjacencyTable(entries, buckets, state, generations);
  const pairs = new BigUint64Array(entries.buffer, entries.byteOffset, entries.length / 2);
  let seed = role.length;
  const below = (count: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % count;
  };
  const wrong = (text: string): void => {
    if (Atomics.add(tally, 2, 1) === 0) parentPort?.postMessage(text);
  };
  const find = (number: number): number => table.find(interfaceOf(number), addressOf(number));
  const findLocked = (number: number): number => table.findLocked(interfaceOf(number), addressOf(number));

  const pinned = new Map<number, number>();
  const control = (): void => {
    const number = below(pinnedCount);
    const index = table.add(interfaceOf(number), addressOf(number));
    if (index < 0) return;
    if ((pinned.get(number) ?? index) !== index)
      wrong(`next hop ${number} has moved from ${pinned.get(number)} to ${index}`);
    pinned.set(number, index);
    const turn = below(16);
    if (turn < 4) table.resolve(index, 0xfffe, macLowOf(number, 0xfffe), true);
    else if (turn < 8) table.forget(index);
    if (findLocked(number) !== index) wrong(`next hop ${number} is not found`);
  };

  const used = new Set<number>();
  const lead = (): void => {
    const number = below(addressCount);
    const known = findLocked(number);
    if (known >= 0 && below(3) === 0) {
      if (table.remove(known)) Atomics.add(tally, 4, 1);
      return;
    }
    const index = known >= 0 ? known : table.add(interfaceOf(number), addressOf(number), true);
    if (index < 0) return;
    if (known < 0 && used.has(index)) Atomics.add(tally, 5, 1);
    used.add(index);
    const macHigh = below(0x100) << 1;
    table.resolve(index, macHigh, macLowOf(number, macHigh));
  };

  const held = new Int32Array(batchSize);
  const asked = new Int32Array(batchSize);
  const reader = (): void => {
    generations.pass(0);
    for (let i = 0; i < batchSize; i++) {
      asked[i] = below(addressCount);
      held[i] = find(asked[i]);
    }
    for (let i = 0; i < batchSize; i++) {
      const at = held[i] * adjacencyWords;
      if (held[i] < 0 || (entries[at] & Adjacency.resolved) === 0) continue;
      const pair = Atomics.load(pairs, (at + 10) / 2);
      const macHigh = swapBytes(Number(pair & 0xffffffffn));
      const macLow = swapBytes(Number(pair >> 32n));
      if (macLow !== macLowOf(asked[i], macHigh)) wrong(`address ${asked[i]} has the MAC of another, or half of one`);
      Atomics.add(tally, 3, 1);
    }
  };

  const turn = { control, lead, reader }[role];
  if (role === 'reader') generations.online(0);
  Atomics.add(tally, 1, 1);
  while (Atomics.load(tally, 0) === 0) for (let i = 0; i < 100; i++) turn();
  if (role === 'reader') generations.offline(0);
  parentPort?.postMessage('done');
}

if (workerData !== null && workerData !== undefined && 'role' in (workerData as object))
  work(workerData as SharedAdjacencies);
