// Two threads write the adjacency table, a third reads it: nobody sees a neighbour's entry half made, half changed or as
// another's, what paths lead to keeps its index, and the table is whole in the end.
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Adjacency, AdjacencyTable, adjacencyStateWords, adjacencyWords } from '../../src/tables/adjacencies.ts';
import { Generations, generationWords } from '../../src/tables/generations.ts';
import { addressCount, addressOf, interfaceOf, pinnedCount, type SharedAdjacencies } from './adjacency-thread.ts';
import { sharedWords } from './witness.ts';

const capacity = 400;
const checkedMin = 200_000;
const removedMin = 20_000;
const usedAgainMin = 2000;

/** Node 20 gives workers no loader from the command line, so the worker asks for its own. */
const workerText = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./adjacency-thread.ts', import.meta.url).href)});
});`;

function words() {
  return {
    entries: sharedWords(capacity * adjacencyWords),
    buckets: sharedWords(128),
    state: sharedWords(adjacencyStateWords),
    generations: sharedWords(generationWords(1)),
    tally: new Int32Array(new SharedArrayBuffer(64)),
  };
}

test('two writers and a reader: entries are whole, next hops stay where they are, indexes are used again', async () => {
  const shared = words();
  const { tally } = shared;
  const said: string[] = [];
  const ended = (['control', 'lead', 'reader'] as const).map((role) => {
    const worker = new Worker(workerText, { eval: true, workerData: { ...shared, role } satisfies SharedAdjacencies });
    return new Promise<Worker>((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', (text: string) => (text === 'done' ? resolve(worker) : said.push(text)));
    });
  });
  const all = Promise.all(ended);
  all.catch(() => undefined);
  const done = () => tally[3] >= checkedMin && tally[4] >= removedMin && tally[5] >= usedAgainMin;
  while (!done() && tally[2] === 0) await Promise.race([setTimeout(5), all]);
  Atomics.store(tally, 0, 1);
  for (const worker of await all) await worker.terminate();
  expect(said).toEqual([]);

  const table = new AdjacencyTable(shared.entries, shared.buckets, shared.state, new Generations(shared.generations));
  const found = Array.from({ length: addressCount }, (_, number) => table.find(interfaceOf(number), addressOf(number)));
  const known = found.filter((index) => index >= 0);
  expect(new Set(known).size).toBe(known.length);
  // Nothing is in a chain that no address leads to, and a next hop is never taken out.
  const inChains = new Set<number>();
  for (const bucket of shared.buckets) {
    for (let next = bucket; next !== 0; next = shared.entries[(next - 1) * adjacencyWords + 9]) inChains.add(next - 1);
  }
  expect([...inChains].sort((a, b) => a - b)).toEqual([...known].sort((a, b) => a - b));
  for (const index of found.slice(0, pinnedCount).filter((each) => each >= 0)) {
    if ((table.flags(index) & Adjacency.learned) === 0) expect(table.remove(index)).toBe(false);
  }
  expect(table.count).toBeLessThanOrEqual(capacity);
});
