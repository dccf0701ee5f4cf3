// A workload as another thread gets it: the same tables and the same frames in all threads, and a place in the tables'
// memory for the counters and the batch of each.
import { type ForwarderPlace, reserveForwarder } from '../../src/engine/forwarder-memory.ts';
import { type SharedTables, Tables } from '../../src/tables/tables.ts';
import type { PlacedFrames, StoredFrames } from '../frames.ts';
import type { LoopOptions } from '../loop.ts';

/** Goes through `postMessage`. */
export interface SharedWorkload {
  readonly tables: SharedTables;
  readonly frames: StoredFrames;
  readonly placed: PlacedFrames | undefined;
  readonly place: ForwarderPlace | undefined;
}

export interface OpenWorkload {
  readonly tables: Tables;
  readonly frames: StoredFrames;
  readonly options: LoopOptions;
}

/** For one more thread. */
export function shareWorkload(
  tables: Tables,
  frames: StoredFrames,
  placed: PlacedFrames | undefined,
  thread: number,
): SharedWorkload {
  const { count, words } = frames;
  return { tables: tables.share(), frames: { count, words }, placed, place: reserveForwarder(tables, thread) };
}

export function openWorkload({ tables, frames, placed, place }: SharedWorkload): OpenWorkload {
  return { tables: Tables.open(tables), frames, options: { placed, place } };
}
