// Path groups and legs as control plans them, before they are numbered and written: plain objects, shared when equal.

/** Where a leg leads. */
export type LegTarget =
  | { readonly kind: 'adjacency'; readonly adjacency: number }
  | { readonly kind: 'group'; readonly group: GroupPlan }
  | { readonly kind: 'table'; readonly table: number }
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
  readonly #byKey = new Map<string, GroupPlan>();

  /** The group of these legs: a known one if it is equal. */
  make(legs: readonly LegPlan[]): GroupPlan {
    const key = legs.map(legKey).join('|');
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const group: GroupPlan = {
      legs,
      firstLeg: this.legCount + 1,
      index: this.all.length + 1,
      depth: 1 + Math.max(0, ...legs.map((leg) => (leg.target.kind === 'group' ? leg.target.group.depth : 0))),
      entriesMax: Math.max(...legs.map(entriesOf)),
    };
    this.all.push(group);
    this.legCount += legs.length;
    this.pushCount += legs.reduce((sum, leg) => sum + leg.pushes.length, 0);
    this.#byKey.set(key, group);
    return group;
  }
}

function entriesOf(leg: LegPlan): number {
  const beneath = leg.target.kind === 'group' ? leg.target.group.entriesMax : 0;
  return leg.pushes.length + (leg.entropy ? 2 : 0) + beneath;
}

function legKey(leg: LegPlan): string {
  const { target } = leg;
  const where =
    target.kind === 'adjacency'
      ? target.adjacency
      : target.kind === 'group'
        ? target.group.index
        : target.kind === 'table'
          ? target.table
          : '';
  return [
    target.kind,
    where,
    leg.weight,
    leg.backup,
    leg.entropy,
    leg.operation,
    leg.swapLabel,
    leg.pushes.join(' '),
    leg.pushTtl,
    leg.pushTc,
    leg.popTtl,
    leg.popTc,
    leg.payload,
  ].join(',');
}
