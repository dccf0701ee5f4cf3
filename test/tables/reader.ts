// A reader in a thread of its own, as the fast path reads: a batch of addresses, a level at a time, so that it holds places
// of nodes for as long as it can while the writer goes on. It checks every answer.
import { parentPort, workerData } from 'node:worker_threads';
import { Generations } from '../../src/tables/generations.ts';
import { byteAt, nodeBit, placeIn, wideNode } from '../../src/tables/trie-words.ts';
import { probeCount, ringAnswers, type Shared, Tally } from './witness.ts';

const batchSize = 128;
const batchesOnline = 50;

const { words, generations, probes, probeWords, history, numbers, tally, reader } = workerData as Shared;
const passed = new Generations(generations);
const probe = new Uint32Array(batchSize);
const from = new Uint32Array(batchSize);
const entry = new Uint32Array(batchSize);
const level = new Uint8Array(batchSize);
const place = new Uint32Array(batchSize);
let state = reader + 1;

function below(count: number): number {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % count;
}

const addressOf = (i: number): Uint32Array => probes.subarray(probe[i] * probeWords, (probe[i] + 1) * probeWords);

function placeOf(i: number): number {
  const address = addressOf(i);
  if (entry[i] >= wideNode) {
    level[i] = 2;
    return entry[i] - wideNode + (address[0] >>> 16);
  }
  return placeIn(words, entry[i], byteAt(address, level[i]++));
}

function lookUpBatch(): void {
  for (let i = 0; i < batchSize; i++) {
    probe[i] = below(probeCount);
    from[i] = Atomics.load(numbers, 2 * probe[i] + 1);
  }
  for (let i = 0; i < batchSize; i++) {
    entry[i] = words[0];
    level[i] = 0;
  }
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (let i = 0; i < batchSize; i++) if (entry[i] >= nodeBit) place[i] = placeOf(i);
    for (let i = 0; i < batchSize; i++) {
      if (entry[i] < nodeBit) continue;
      entry[i] = words[place[i]];
      isDone = false;
    }
  }
}

function judge(i: number): void {
  const answers = probe[i] * ringAnswers;
  const to = Atomics.load(numbers, 2 * probe[i]);
  let isRight = false;
  for (let number = from[i]; number <= to && !isRight; number++)
    isRight = Atomics.load(history, answers + (number % ringAnswers)) === entry[i];
  // What the writer has announced since may lie where an older answer was.
  if (Atomics.load(numbers, 2 * probe[i]) - from[i] >= ringAnswers) {
    Atomics.add(tally, Tally.unjudged, 1);
    return;
  }
  Atomics.add(tally, Tally.judged, 1);
  if (to > from[i]) Atomics.add(tally, Tally.changed, 1);
  if (isRight) return;
  tally.set([probe[i], entry[i], from[i], to], Tally.probe);
  Atomics.add(tally, Tally.wrong, 1);
}

passed.online(reader);
Atomics.store(tally, Tally.ready, 1);
while (Atomics.load(tally, Tally.stop) === 0) {
  for (let batch = 0; batch < batchesOnline; batch++) {
    lookUpBatch();
    for (let i = 0; i < batchSize; i++) judge(i);
    passed.pass(reader);
  }
  // As when it waits for frames.
  passed.offline(reader);
  passed.online(reader);
}
passed.offline(reader);
parentPort?.postMessage('done');
