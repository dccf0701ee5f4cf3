// Path groups as the running router has them: equal ones once, counted by who leads to them, numbered when they are
// written. A group never changes; what leads elsewhere gets another group.
import { mix } from '../compile/hash-index.ts';
import type { GroupPlan, LegPlan, LegTarget } from '../compile/plan.ts';
import { NumberIndex } from './number-index.ts';

export interface LiveGroup extends GroupPlan {
  readonly number: number;
  /** Routes' lists, labels and legs of other groups that lead here. */
  refs: number;
  /** Where its labels lie among the pushed ones, and how many they are. Set when it is written. */
  firstPush: number;
  pushes: number;
}

/** Groups are the same by identity, since equal ones are one. */
function sameTarget(a: LegTarget, b: LegTarget): boolean {
  switch (a.kind) {
    case 'adjacency':
      return b.kind === 'adjacency' && a.adjacency === b.adjacency;
    case 'group':
      return b.kind === 'group' && a.group === b.group;
    case 'table':
      return b.kind === 'table' && a.table === b.table;
    case 'pseudowire':
      return b.kind === 'pseudowire' && a.pseudowire === b.pseudowire;
    default:
      return a.kind === b.kind;
  }
}

function sameLeg(a: LegPlan, b: LegPlan): boolean {
  if (!sameTarget(a.target, b.target) || a.pushes.length !== b.pushes.length) return false;
  for (let i = 0; i < a.pushes.length; i++) if (a.pushes[i] !== b.pushes[i]) return false;
  return (
    a.weight === b.weight &&
    a.backup === b.backup &&
    a.entropy === b.entropy &&
    a.operation === b.operation &&
    a.swapLabel === b.swapLabel &&
    a.pushTtl === b.pushTtl &&
    a.pushTc === b.pushTc &&
    a.popTtl === b.popTtl &&
    a.popTc === b.popTc &&
    a.payload === b.payload
  );
}

function targetHash(target: LegTarget): number {
  switch (target.kind) {
    case 'adjacency':
      return target.adjacency;
    case 'group':
      return (target.group as LiveGroup).number + 0x40000000;
    case 'table':
      return target.table + 0x20000000;
    case 'pseudowire':
      return target.pseudowire + 0x10000000;
    default:
      return target.kind.length;
  }
}

function hashOf(legs: readonly LegPlan[]): number {
  let hash = legs.length;
  for (const leg of legs) {
    hash = mix(mix(mix(hash, targetHash(leg.target)), leg.swapLabel), leg.weight);
    for (const label of leg.pushes) hash = mix(hash, label);
  }
  return hash;
}

export class GroupStore {
  readonly #all: LiveGroup[] = [];
  readonly #index = new NumberIndex();
  /** Made since they were last taken, what a group leads to before the group itself. */
  #made: LiveGroup[] = [];
  /** Groups that nobody led to at some time. */
  #left: LiveGroup[] = [];
  #legCount = 0;
  #pushCount = 0;

  get count(): number {
    return this.#index.count;
  }

  get legCount(): number {
    return this.#legCount;
  }

  /** Labels of all groups. */
  get pushCount(): number {
    return this.#pushCount;
  }

  *[Symbol.iterator](): Generator<LiveGroup> {
    for (const group of this.#all) if (group !== undefined) yield group;
  }

  /** The group of these legs: a known one if it is equal. Nobody leads to a new one yet. */
  make(legs: readonly LegPlan[]): LiveGroup {
    const hash = hashOf(legs);
    for (let item = this.#index.first(hash); item >= 0; item = this.#index.after(item)) {
      const known = this.#all[item];
      if (known.legs.length === legs.length && known.legs.every((leg, i) => sameLeg(leg, legs[i]))) return known;
    }
    const group = this.#measured(this.#index.add(hash), legs);
    this.#all[group.number] = group;
    this.#legCount += legs.length;
    this.#pushCount += group.pushes;
    for (const { target } of legs) if (target.kind === 'group') (target.group as LiveGroup).refs++;
    this.#made.push(group);
    this.#left.push(group);
    return group;
  }

  #measured(number: number, legs: readonly LegPlan[]): LiveGroup {
    let depth = 0;
    let entriesMax = 0;
    let pushes = 0;
    for (const leg of legs) {
      const beneath = leg.target.kind === 'group' ? leg.target.group : undefined;
      depth = Math.max(depth, beneath?.depth ?? 0);
      entriesMax = Math.max(entriesMax, leg.pushes.length + (leg.entropy ? 2 : 0) + (beneath?.entriesMax ?? 0));
      pushes += leg.pushes.length;
    }
    return { number, legs, firstLeg: 0, index: 0, depth: depth + 1, entriesMax, refs: 0, firstPush: 0, pushes };
  }

  retain(group: LiveGroup | undefined): void {
    if (group !== undefined) group.refs++;
  }

  release(group: LiveGroup | undefined): void {
    if (group !== undefined && --group.refs === 0) this.#left.push(group);
  }

  /** Takes out the groups that nobody leads to, and answers those that had been written. */
  sweep(): LiveGroup[] {
    const gone: LiveGroup[] = [];
    for (let left = this.#left.pop(); left !== undefined; left = this.#left.pop()) {
      if (left.refs > 0 || this.#all[left.number] !== left) continue;
      this.#index.remove(left.number);
      delete this.#all[left.number];
      this.#legCount -= left.legs.length;
      this.#pushCount -= left.pushes;
      for (const { target } of left.legs) if (target.kind === 'group') this.release(target.group as LiveGroup);
      if (left.index !== 0) gone.push(left);
    }
    return gone;
  }

  /** The groups made since the last time that are still there, in the order in which they are to be written. */
  takeMade(): LiveGroup[] {
    const made = this.#made.filter((group) => this.#all[group.number] === group && group.index === 0);
    this.#made = [];
    return made;
  }

  /** All groups in the order in which they are to be written, their numbers forgotten. */
  takeAll(): LiveGroup[] {
    this.#made = [];
    const all = this.#all.filter((group) => group !== undefined);
    for (const group of all) {
      group.index = 0;
      group.firstLeg = 0;
    }
    return all.sort((a, b) => a.depth - b.depth);
  }
}
