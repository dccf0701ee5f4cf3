// One thread learns, moves, forgets and ages MAC addresses while another one looks them up without a lock: what it finds is
// of the address that it sought, behind a circuit where that has been, and what stays is always found.
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Generations, generationWords } from '../../src/tables/generations.ts';
import { MacTable, macStateWords, macWords } from '../../src/tables/macs.ts';
import { Random } from '../property/random.ts';
import { addressCount, circuitOf, high, type SharedMacs, stayCount } from './mac-reader.ts';
import { sharedWords } from './witness.ts';

const foundMin = 400_000;
const changesMin = 400_000;
const ageing = 10;

/** Node 20 gives workers no loader from the command line, so the worker asks for its own. */
const workerText = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./mac-reader.ts', import.meta.url).href)});
});`;

test('a reader without a lock finds what is there, whatever the writer does', { timeout: 120_000 }, async () => {
  const shared: SharedMacs = {
    entries: sharedWords(700 * macWords),
    // Few buckets: chains are long, and entries are taken out of their middle.
    buckets: sharedWords(64),
    state: sharedWords(macStateWords),
    generations: sharedWords(generationWords(1)),
    tally: new Int32Array(new SharedArrayBuffer(64)),
  };
  const { tally } = shared;
  const table = new MacTable(shared.entries, shared.buckets, shared.state, new Generations(shared.generations));
  const random = new Random(3);
  let seconds = 100;
  let changes = 0;
  let refused = 0;
  let aged = 0;
  const change = () => {
    const low = random.below(addressCount);
    const circuit = circuitOf(low, random.below(16));
    const entry = table.find(high, low, 0);
    if (entry < 0) {
      if (!table.add(high, low, 0, circuit, seconds, 0, ageing)) refused++;
    } else if (low >= stayCount && random.chance(0.5)) table.forget(entry);
    else {
      table.move(entry, circuit);
      table.touch(entry, seconds, 0);
    }
    changes++;
  };
  const age = () => {
    seconds++;
    for (let low = 0; low < stayCount; low++) table.touch(table.find(high, low, 0), seconds, 0);
    table.sweep(
      seconds,
      0,
      1000,
      () => ageing,
      () => aged++,
    );
  };
  for (let low = 0; low < stayCount; low++) table.add(high, low, 0, circuitOf(low, 0), seconds, 0, ageing);
  const worker = new Worker(workerText, { eval: true, workerData: shared });
  const said = once(worker, 'message') as Promise<[string]>;
  let ending: string | undefined;
  said.then(([text]) => {
    ending = text;
  });
  while (ending === undefined && !((tally[2] as number) >= foundMin && changes >= changesMin)) {
    for (let i = 0; i < 2000; i++) {
      change();
      // What was forgotten is free again when the wheel has come by.
      if (i % 40 === 0) age();
    }
    await setImmediate();
  }
  Atomics.store(tally, 0, 1);
  expect((await said)[0]).toBe('done');
  await worker.terminate();
  // Places were used again, and the wheel has taken some out.
  expect(refused).toBeLessThan(changes / 2);
  expect(aged).toBeGreaterThan(100);
});
