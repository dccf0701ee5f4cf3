// A workload as another thread gets it. The frames are the same memory in all threads; the tables are compiled anew in
// each. This is the one place that knows so: once tables can be shared, `shareWorkload` sends what they give for it, and
// `openWorkload` opens that instead of compiling.
import { compileRouter } from '../../src/control/router.ts';
import type { Tables } from '../../src/tables/tables.ts';
import type { StoredFrames } from '../frames.ts';
import { scaleOf } from '../workloads/workload.ts';
import { findWorkload } from '../workloads.ts';

/** Goes through `postMessage`. */
export interface SharedWorkload {
  readonly name: string;
  readonly scaleName: string;
  readonly frames: StoredFrames;
}

export function shareWorkload(name: string, scaleName: string, frames: StoredFrames): SharedWorkload {
  return { name, scaleName, frames: { count: frames.count, words: frames.words } };
}

export function openWorkload({ name, scaleName, frames }: SharedWorkload): { tables: Tables; frames: StoredFrames } {
  const { tables } = compileRouter(findWorkload(name).build(scaleOf(scaleName)).model);
  return { tables, frames };
}
