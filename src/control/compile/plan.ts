// Path groups and legs as control plans them, before they are numbered and written: plain objects, shared when equal.
import { HashIndex, mix } from './hash-index.ts';

/** Where a leg leads. */
export type LegTarget =
  | { readonly kind: 'adjacency'; readonly adjacency: number }
  | { readonly kind: 'group'; readonly group: GroupPlan }
  | { readonly kind: 'table'; readonly table: number }
  | { readonly kind: 'pseudowire'; readonly pseudowire: number }
  | { readonly kind: 'drop' | 'punt' | 'receive' | 'pop' };

export interface LegPlan {
  readonly target: LegTarget;
  readonly weight: number;
  readonly backup: boolean;
  readonly entropy: boolean;
  /** What a label entry's leg does with the arriving label. */
  readonly operation: 'none' | 'swap' | 'php' | 'ends';
  readonly swapLabel: number;
  /** In the order of pushing: lowest first, implicit null left out. */
  readonly pushes: readonly number[];
  /** 0: uniform, else the value. */
  readonly pushTtl: number;
  /** `PushTc` or a number. */
  readonly pushTc: number;
  readonly popTtl: number;
  readonly popTc: number;
  readonly payload: number;
}

export interface GroupPlan {
  readonly legs: readonly LegPlan[];
  /** Path number of the first leg; the others follow. Set when the group is numbered. */
  firstLeg: number;
  index: number;
  /** Levels of recursion from here to the adjacencies, this one included. */
  readonly depth: number;
  /** The most entries that a packet gets pushed from here on. */
  readonly entriesMax: number;
}

/** Numbers groups and legs from 1, one number for equal groups. */
export class Groups {
  readonly all: GroupPlan[] = [];
  legCount = 0;
  pushCount = 0;
  readonly #index = new HashIndex();

  /** The group of these legs: a known one if it is equal. */
  make(legs: readonly LegPlan[]): GroupPlan {
    const hash = hashOf(legs);
    for (let item = this.#index.first(hash); item >= 0; item = this.#index.after(item)) {
      const known = this.all[item] as GroupPlan;
      if (sameLegs(known.legs, legs)) return known;
    }
    const group = this.#measured(legs);
    this.#index.add(hash);
    this.all.push(group);
    this.legCount += legs.length;
    for (const leg of legs) this.pushCount += leg.pushes.length;
    return group;
  }

  #measured(legs: readonly LegPlan[]): GroupPlan {
    let depth = 0;
    let entriesMax = 0;
    for (const leg of legs) {
      const beneath = leg.target.kind === 'group' ? leg.target.group : undefined;
      depth = Math.max(depth, beneath?.depth ?? 0);
      entriesMax = Math.max(entriesMax, leg.pushes.length + (leg.entropy ? 2 : 0) + (beneath?.entriesMax ?? 0));
    }
    return { legs, firstLeg: this.legCount + 1, index: this.all.length + 1, depth: 1 + depth, entriesMax };
  }
}

/** Which of its kind a target is: the argument of its action. */
export function targetNumber(target: LegTarget): number {
  switch (target.kind) {
    case 'adjacency':
      return target.adjacency;
    case 'group':
      return target.group.index;
    case 'table':
      return target.table;
    case 'pseudowire':
      return target.pseudowire;
    default:
      return 0;
  }
}

/** Hash of what tells groups apart as a rule: where they lead, labels, weights. */
function hashOf(legs: readonly LegPlan[]): number {
  let hash = legs.length;
  for (const leg of legs) {
    hash = mix(mix(mix(hash, targetNumber(leg.target)), leg.swapLabel), leg.weight);
    for (const label of leg.pushes) hash = mix(hash, label);
  }
  return hash;
}

function sameLegs(a: readonly LegPlan[], b: readonly LegPlan[]): boolean {
  return a.length === b.length && a.every((leg, i) => sameLeg(leg, b[i] as LegPlan));
}

function sameLeg(a: LegPlan, b: LegPlan): boolean {
  return (
    a.target.kind === b.target.kind &&
    targetNumber(a.target) === targetNumber(b.target) &&
    a.weight === b.weight &&
    a.backup === b.backup &&
    a.entropy === b.entropy &&
    a.operation === b.operation &&
    a.swapLabel === b.swapLabel &&
    a.pushes.length === b.pushes.length &&
    a.pushes.every((label, i) => label === b.pushes[i]) &&
    a.pushTtl === b.pushTtl &&
    a.pushTc === b.pushTc &&
    a.popTtl === b.popTtl &&
    a.popTc === b.popTc &&
    a.payload === b.payload
  );
}
