// Layer 2 of the running router: circuits and bridges as the configuration has them, and pseudowires that follow what
// becomes of the ways to their peers. The way to a peer is a list of one path, which the resolution keeps up to date as it
// does those of routes; other circuits, bridges or pseudowires mean new tables.
import { pseudowireWords } from '../../tables/circuits.ts';
import type { Tables } from '../../tables/tables.ts';
import type { GroupPlan } from '../compile/plan.ts';
import { type Layer2Plan, planLayer2 } from '../compile/plan-circuits.ts';
import { pseudowireLabel } from '../compile/plan-labels.ts';
import { pseudowireEntries, pushedMax, toPeer } from '../compile/resolver.ts';
import { writeLayer2 } from '../compile/write-circuits.ts';
import { flatLegOf } from '../compile/write-paths.ts';
import type { RouterModel } from '../model.ts';
import type { LabelStore } from './label-store.ts';
import type { LiveProblem, PathList } from './path-list-store.ts';
import type { Resolution } from './resolution.ts';

export class LiveLayer2 {
  readonly plan: Layer2Plan;
  /** By pseudowire: the way to its peer. */
  readonly #ways: readonly PathList[];
  readonly #users = new Map<PathList, number[]>();

  /** `source`: of the labels that pseudowires make by themselves. */
  constructor(model: RouterModel, resolution: Resolution, labels: LabelStore, source: number) {
    // Ways are filled in when the plan is written.
    this.plan = planLayer2(model, { peerGroup: () => undefined });
    this.#ways = model.pseudowires.map((each, index) => {
      const way = resolution.listOf(0, [toPeer(each)]);
      way.refs++;
      resolution.listDirty(way);
      const users = this.#users.get(way) ?? [];
      users.push(index);
      this.#users.set(way, users);
      labels.put(pseudowireLabel(each), source);
      return way;
    });
  }

  /** Why nothing leads to the peer of a pseudowire; undefined: something does. */
  problemOf(pseudowire: number): LiveProblem | undefined {
    const way = this.#ways[pseudowire];
    return way.problem ?? (groupOf(way) === undefined ? 'too-many-labels' : undefined);
  }

  /** Writes all of it into new tables, whose paths and interfaces have been written. */
  write(tables: Tables, model: RouterModel): void {
    const pseudowires = this.plan.pseudowires.map((each, index) => ({ ...each, group: groupOf(this.#ways[index]) }));
    writeLayer2(tables, model, { ...this.plan, pseudowires });
  }

  /** Lets the pseudowires whose ways are among these lists go where they lead now. */
  sync(tables: Tables, changed: readonly PathList[]): void {
    if (this.#users.size === 0) return;
    const { circuits, paths } = tables;
    for (const way of changed) {
      const group = groupOf(way);
      for (const index of this.#users.get(way) ?? []) {
        const at = index * pseudowireWords;
        // As for a route's record: who reads between two stores goes the old way or the new one, not half of each.
        Atomics.store(circuits.pseudowires, at + 9, 0);
        Atomics.store(circuits.pseudowires, at + 2, group?.index ?? 0);
        Atomics.store(circuits.pseudowires, at + 9, flatLegOf(paths, group));
      }
    }
  }
}

/** The group that frames of a pseudowire follow, if there is room for its own entries beneath. */
function groupOf({ group }: PathList): GroupPlan | undefined {
  return group !== undefined && group.entriesMax + pseudowireEntries <= pushedMax ? group : undefined;
}
