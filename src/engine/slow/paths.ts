// Path selection (ECMP): which leg of a group a flow takes, and what is left when interfaces or neighbours are down.
import { Action } from '../../tables/actions.ts';
import { Adjacency, adjacencyWords } from '../../tables/adjacencies.ts';
import { groupWords, Leg, legWords } from '../../tables/paths.ts';
import type { Tables } from '../../tables/tables.ts';
import { atLevel, finish, share } from '../hash.ts';
import type { SlowContext } from './context.ts';
import type { Packet } from './packet.ts';

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

/** Further choices of a flow whose first leg is out of use, before the legs are simply taken in turn. */
const probesMax = 16;

/** The leg of the kind (`Leg.backup` or 0) at the hash's share of the weights; -1 when there is none. */
function pick(tables: Tables, first: number, last: number, kind: number, hash: number): number {
  const { legs } = tables.paths;
  let total = 0;
  for (let leg = first; leg < last; leg++) {
    if (((legs[leg * legWords + 3] as number) & Leg.backup) === kind) total += legs[leg * legWords + 2] as number;
  }
  let left = share(hash, total);
  for (let leg = first; leg < last; leg++) {
    if (((legs[leg * legWords + 3] as number) & Leg.backup) !== kind) continue;
    left -= legs[leg * legWords + 2] as number;
    if (left < 0) return leg;
  }
  return -1;
}

/**
 * The first usable leg in the flow's own order of preference: picks by one hash after the other, then the legs in
 * turn. The order does not depend on what is up, so that a flow moves only when its own leg changes.
 */
function preferred(tables: Tables, first: number, last: number, kind: number, hash: number, level: number): number {
  let leg = pick(tables, first, last, kind, hash);
  if (leg < 0 || usable(tables, leg, level)) return leg;
  let next = hash;
  for (let probe = 0; probe < probesMax; probe++) {
    next = finish(next ^ 0x3c6ef372);
    leg = pick(tables, first, last, kind, next);
    if (usable(tables, leg, level)) return leg;
  }
  const { legs } = tables.paths;
  for (let i = 0; i < last - first; i++) {
    leg = leg + 1 === last ? first : leg + 1;
    const same = ((legs[leg * legWords + 3] as number) & Leg.backup) === kind;
    if (same && usable(tables, leg, level)) return leg;
  }
  return -1;
}

/**
 * The leg of a group that a flow takes at this level of a recursion. A flow whose leg is out of use moves to
 * another primary leg, then to the backups; flows on other legs stay where they are (ECMP-3). -1: all are down.
 */
export function selectLeg(tables: Tables, group: number, flowHash: number, level: number): number {
  const { groups } = tables.paths;
  const first = groups[group * groupWords] as number;
  const last = first + (groups[group * groupWords + 1] as number);
  const hash = atLevel(flowHash, level);
  const primary = preferred(tables, first, last, 0, hash, level);
  return primary >= 0 ? primary : preferred(tables, first, last, Leg.backup, hash, level);
}

/** The group of a route, label or pseudowire has given a packet its leg: worth an account where there were several. */
export function countPath({ tables, accounts }: SlowContext, packet: Packet, group: number, leg: number): void {
  if (tables.paths.groups[group * groupWords + 1] !== 1) accounts?.path(leg, packet.original);
}
