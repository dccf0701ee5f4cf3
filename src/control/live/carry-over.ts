// What new tables take over from those in whose place they come: what has been learned and found out while these were in
// use, not what was configured.
import { Adjacency, adjacencyWords } from '../../tables/adjacencies.ts';
import type { Tables } from '../../tables/tables.ts';
import type { RouterModel } from '../model.ts';

interface Before {
  readonly model: RouterModel;
  readonly tables: Tables;
}

/** Neighbours that were learned, and what is down, by the names of interfaces. */
export function carryOver(before: Before, tables: Tables, interfaceIndexes: ReadonlyMap<string, number>): void {
  const indexes = before.model.interfaces.map(({ name }) => interfaceIndexes.get(name));
  for (const [index, now] of indexes.entries()) {
    if (now !== undefined && !before.tables.interfaces.isUp(index)) tables.interfaces.setUp(now, false);
  }
  const { entries, count } = before.tables.adjacencies;
  for (let index = 0; index < count; index++) {
    const at = index * adjacencyWords;
    const flags = entries[at];
    const on = indexes[entries[at + 1]];
    const isLearned = (flags & (Adjacency.resolved | Adjacency.fixed)) === Adjacency.resolved;
    if (on === undefined || flags === 0 || (!isLearned && (flags & Adjacency.up) !== 0)) continue;
    const words = entries.subarray(at + 5, at + (entries[at + 4] === 4 ? 6 : 9));
    const made = tables.adjacencies.add(on, words);
    if (made < 0) return;
    if (isLearned) tables.adjacencies.resolve(made, entries[at + 2], entries[at + 3]);
    // With what else the flags say of it.
    tables.adjacencies.entries[made * adjacencyWords] = flags & ~Adjacency.fixed;
    if (!isLearned) tables.adjacencies.entries[made * adjacencyWords] = flags & ~(Adjacency.fixed | Adjacency.resolved);
  }
}
