// Path selection (ECMP): which leg of a group a flow takes, and what is left when interfaces or neighbours are down.
import { Action } from '../../tables/actions.ts';
import { Adjacency, adjacencyWords } from '../../tables/adjacencies.ts';
import { groupWords, Leg, legWords } from '../../tables/paths.ts';
import type { Tables } from '../../tables/tables.ts';
import { atLevel, finish, share } from '../hash.ts';

/** Recursion levels that control ever builds (VRF-3). */
const levelsMax = 8;

/** Whether a leg leads anywhere: its adjacency and interface are up, or a leg of its group is usable. */
function usable(tables: Tables, leg: number, level: number): boolean {
  const { legs, groups } = tables.paths;
  const kind = legs[leg * legWords];
  const argument = legs[leg * legWords + 1] as number;
  if (kind === Action.adjacency) {
    const { entries } = tables.adjacencies;
    const up = (entries[argument * adjacencyWords] as number) & Adjacency.up;
    return up !== 0 && tables.interfaces.isUp(entries[argument * adjacencyWords + 1] as number);
  }
  if (kind !== Action.group || level > levelsMax) return true;
  const first = groups[argument * groupWords] as number;
  const count = groups[argument * groupWords + 1] as number;
  for (let i = first; i < first + count; i++) if (usable(tables, i, level + 1)) return true;
  return false;
}

/** The leg at the hash's share of the weights of those that `admit` lets in; -1 when it lets in none. */
function pick(tables: Tables, group: number, hash: number, admit: (leg: number) => boolean): number {
  const { legs, groups } = tables.paths;
  const first = groups[group * groupWords] as number;
  const last = first + (groups[group * groupWords + 1] as number);
  let total = 0;
  for (let leg = first; leg < last; leg++) if (admit(leg)) total += legs[leg * legWords + 2] as number;
  let left = share(hash, total);
  for (let leg = first; leg < last; leg++) {
    if (!admit(leg)) continue;
    left -= legs[leg * legWords + 2] as number;
    if (left < 0) return leg;
  }
  return -1;
}

/**
 * The leg of a group that a flow takes at this level of a recursion. A flow whose leg is out of use moves to
 * another primary leg, then to the backups; flows on other legs stay where they are (ECMP-3). -1: all are down.
 */
export function selectLeg(tables: Tables, group: number, flowHash: number, level: number): number {
  const { legs } = tables.paths;
  const isBackup = (leg: number) => ((legs[leg * legWords + 3] as number) & Leg.backup) !== 0;
  const hash = atLevel(flowHash, level);
  const chosen = pick(tables, group, hash, (leg) => !isBackup(leg));
  if (chosen >= 0 && usable(tables, chosen, level)) return chosen;
  const again = finish(hash ^ 0x3c6ef372);
  const other = pick(tables, group, again, (leg) => !isBackup(leg) && usable(tables, leg, level));
  if (other >= 0) return other;
  return pick(tables, group, again, (leg) => isBackup(leg) && usable(tables, leg, level));
}
