// What the topics of validation share: the drafts, the findings, and the resolution of table names.
import { globalTable } from '../model.ts';
import type { Findings, Place } from './problems.ts';
import type { Drafts } from './structure.ts';

export interface World {
  readonly drafts: Drafts;
  readonly findings: Findings;
  /** Live, a device brings its own MAC address. */
  readonly live: boolean;
  /** A live run is about to begin: each port must have a device. */
  readonly devicesDue: boolean;
}

/**
 * The table that a `vrf` key at `place` names, `global` for none. undefined if that cannot be told, which has
 * then been reported: no such VRF, or the key is damaged.
 */
export function tableNamed(vrf: string | undefined, place: Place, { drafts, findings }: World): string | undefined {
  if (vrf === undefined) return findings.touches(place) ? undefined : globalTable;
  return vrf === globalTable || drafts.names.vrfs.require(vrf, place, findings) ? vrf : undefined;
}

/** A table as the model has it: undefined for the global one. */
export function vrfOf(table: string | undefined): string | undefined {
  return table === globalTable ? undefined : table;
}

/** `VRF red` or `the global table`. */
export function describeTable(table: string): string {
  return table === globalTable ? 'the global table' : `VRF ${table}`;
}
