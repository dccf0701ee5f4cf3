// Legs that are not flat: a choice between paths, an entropy label, pushes by different modes. The leg's whole recursion
// is walked for one frame, and what it pushes collected before anything is written.
import { Action } from '../../tables/actions.ts';
import { swapBytes } from '../../tables/adjacencies.ts';
import { wireLabel } from '../../tables/labels.ts';
import { groupWords, Leg, legWords, PushTc } from '../../tables/paths.ts';
import type { Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import { SpecialLabel } from '../../wire/mpls.ts';
import { entropyLabel, hashEthernet, hashIp, hashLabelled } from '../hash.ts';
import { selectLeg } from '../slow/paths.ts';
import { type FastState, pushedMax, S_BIT } from './state.ts';

export type LegWalk = ReturnType<typeof createLegWalk>;

const indicator = wireLabel(SpecialLabel.entropyIndicator);

export function createLegWalk(tables: Tables, batch: Batch, state: FastState) {
  const { settings } = tables;
  const { groups, legs, pushWire } = tables.paths;
  const { words, bytes, start, captured } = batch;
  const { top, network, path } = state;
  /** Entries to be written in front of a frame, lowest first, as little-endian words. */
  const stack = new Uint32Array(pushedMax + 2);
  const pushed = { count: 0 };
  /** The frame whose flow it is, when it is one of layer 2: where its MAC addresses and what follows them lie; -1: none. */
  const frame = { macs: -1, rest: 0 };
  const key4 = new Uint32Array(1);
  const key6 = new Uint32Array(4);

  function flowHash(slot: number, labelled: boolean): number {
    const at = (network[slot] as number) << 2;
    const end = (start[slot] as number) + (captured[slot] as number);
    if (frame.macs >= 0) return hashEthernet(settings.hashSeed, bytes, frame.macs, frame.rest, end);
    return labelled
      ? hashLabelled(settings.hashSeed, bytes, at, end, settings.hashPayload)
      : hashIp(settings.hashSeed, bytes, at, end);
  }

  /** The leg of a group that the frame takes at this level of a recursion; 0: none is usable. */
  function legOf(group: number, slot: number, labelled: boolean, level: number): number {
    if (groups[group * groupWords + 1] === 1) return groups[group * groupWords] as number;
    const leg = selectLeg(tables, group, flowHash(slot, labelled), level);
    return leg < 0 ? 0 : leg;
  }

  /** The leg that the group of a route, label or pseudowire gives a frame; where there were several, accounts hear of it. */
  function chosen(group: number, slot: number, labelled: boolean): number {
    const leg = legOf(group, slot, labelled, 0);
    if (groups[group * groupWords + 1] !== 1) path[slot] = leg;
    return leg;
  }

  /**
   * Collects in `stack`, behind `pushed.count` entries, what the leg and those behind it push; answers the adjacency
   * they lead to, or -1 for the slow path. `ttl` and `tc` are those beneath; `onIp`: an IP header is beneath.
   */
  function walk(slot: number, firstLeg: number, ttl: number, tc: number, onIp: boolean, labelled: boolean): number {
    let leg = firstLeg;
    let ttlBeneath = ttl;
    let tcBeneath = tc;
    for (let level = 0; ; level++) {
      const record = leg * legWords;
      const entropy = ((legs[record + 3] as number) & Leg.entropy) !== 0;
      const pushes = legs[record + 5] as number;
      if (entropy || pushes > 0) {
        const ttlMode = legs[record + 6] as number;
        const tcMode = legs[record + 7] as number;
        if (ttlMode !== 0) ttlBeneath = ttlMode;
        if (tcMode < PushTc.uniform) tcBeneath = tcMode;
        else if (tcMode === PushTc.pipe && onIp && pushed.count === 0) tcBeneath = 0;
        const fields = (tcBeneath << 17) | (ttlBeneath << 24);
        if (entropy) {
          push(wireLabel(entropyLabel(flowHash(slot, labelled))), onIp);
          push(indicator | fields, onIp);
        }
        const first = legs[record + 4] as number;
        for (let i = 0; i < pushes; i++) push((pushWire[first + i] as number) | fields, onIp);
      }
      const argument = legs[record + 1] as number;
      const kind = legs[record];
      if (kind === Action.adjacency) return argument;
      if (kind !== Action.group) return -1;
      leg = legOf(argument, slot, labelled, level + 1);
      if (leg === 0) return -1;
    }
  }

  function push(entry: number, onIp: boolean): void {
    stack[pushed.count] = entry | (onIp && pushed.count === 0 ? S_BIT : 0);
    pushed.count++;
  }

  /** Writes the collected entries in front of word `at`; answers where they begin. */
  function write(at: number): number {
    let word = at;
    for (let i = 0; i < pushed.count; i++) words[--word] = stack[i] as number;
    return word;
  }

  /** The destination as host-order words, for tables that are keyed so. */
  function destination(slot: number, family: 4 | 6): Uint32Array {
    const at = top[slot] as number;
    if (family === 4) {
      key4[0] = swapBytes(words[at + 4] as number);
      return key4;
    }
    for (let i = 0; i < 4; i++) key6[i] = swapBytes(words[at + 6 + i] as number);
    return key6;
  }

  return { stack, pushed, frame, flowHash, chosen, legOf, walk, write, destination };
}
