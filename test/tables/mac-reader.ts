// A thread that reads a shared table of MAC addresses without a lock, as a fast path does, and checks what it sees.
import { parentPort, workerData } from 'node:worker_threads';
import { Generations } from '../../src/tables/generations.ts';
import { MacTable, macWords } from '../../src/tables/macs.ts';

export interface SharedMacs {
  readonly entries: Uint32Array;
  readonly buckets: Uint32Array;
  readonly state: Uint32Array;
  readonly generations: Uint32Array;
  /** Word 0: stop. 1: the reader is ready. 2: look-ups that found something. */
  readonly tally: Int32Array;
}

/** Addresses are told apart by their last word; those below `stayCount` are never forgotten. */
export const addressCount = 900;
export const stayCount = 100;
export const high = 0x0001_02aa;
const batchSize = 64;

/** The circuits that an address may be behind. */
export const circuitOf = (low: number, choice: number): number => 1 + (low % 13) * 16 + choice;
const isCircuitOf = (low: number, circuit: number): boolean => Math.floor((circuit - 1) / 16) === low % 13;

export function read({ entries, buckets, state, generations: words, tally }: SharedMacs): void {
  const generations = new Generations(words);
  const table = new MacTable(entries, buckets, state, generations);
  const wrong = (text: string): void => parentPort?.postMessage(text);
  let seed = 7;
  const below = (count: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % count;
  };
  const found = new Int32Array(batchSize);
  const sought = new Int32Array(batchSize);
  generations.online(0);
  Atomics.store(tally, 1, 1);
  while (Atomics.load(tally, 0) === 0) {
    generations.pass(0);
    for (let i = 0; i < batchSize; i++) {
      const low = below(addressCount);
      const entry = table.find(high, low, 0);
      sought[i] = low;
      found[i] = entry;
      if (entry < 0 && low < stayCount) return wrong(`address ${low} stays, and is not found`);
      if (entry < 0) continue;
      const circuit = table.circuitOf(entry);
      if (circuit !== 0 && !isCircuitOf(low, circuit)) return wrong(`address ${low} is behind circuit ${circuit}`);
      Atomics.add(tally, 2, 1);
    }
    // As long as the batch lasts an entry is of the address under which it was found.
    for (let i = 0; i < batchSize; i++) {
      const entry = found[i] as number;
      if (entry >= 0 && entries[entry * macWords + 1] !== sought[i]) return wrong(`entry ${entry} has another address`);
    }
  }
  generations.offline(0);
  parentPort?.postMessage('done');
}

if (parentPort !== null && (workerData as Partial<SharedMacs> | null)?.tally !== undefined)
  read(workerData as SharedMacs);
