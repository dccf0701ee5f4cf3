// The readable incoming label map: for each label what every source says about it, and what the active entry resolved to.
import type { LabelModel } from '../model.ts';
import type { LiveGroup } from './group-store.ts';
import type { NextHop } from './next-hops.ts';
import type { LiveProblem } from './path-list-store.ts';
import type { Resolution } from './resolution.ts';
import { insertByDistance, type Sources } from './sources.ts';

export interface LabelCandidate {
  readonly source: number;
  model: LabelModel;
  isStale: boolean;
}

export interface LabelNode {
  readonly label: number;
  /** Best first; the first is the active one. */
  readonly candidates: LabelCandidate[];
  active: LabelCandidate | undefined;
  /** The model that `hops` and `group` belong to. */
  hops: readonly (NextHop | undefined)[];
  /** A single action: usable as it is. */
  isDirect: boolean;
  group: LiveGroup | undefined;
  problem: LiveProblem | undefined;
  stamp: number;
  /** Number of the entry in the tables; 0: none. */
  entry: number;
  /** What the entry was written from. */
  writtenModel: LabelModel | undefined;
  writtenGroup: LiveGroup | undefined;
}

/** Whether two entries of a label say the same. */
function sameModel(a: LabelModel, b: LabelModel): boolean {
  return a === b || JSON.stringify(a.paths) === JSON.stringify(b.paths);
}

export class LabelStore {
  readonly #nodes = new Map<number, LabelNode>();
  readonly #sources: Sources;
  readonly #resolution: Resolution;

  constructor(sources: Sources, resolution: Resolution) {
    this.#sources = sources;
    this.#resolution = resolution;
  }

  get count(): number {
    return this.#nodes.size;
  }

  at(label: number): LabelNode | undefined {
    return this.#nodes.get(label);
  }

  [Symbol.iterator](): IterableIterator<LabelNode> {
    return this.#nodes.values();
  }

  candidate(label: number, source: number): LabelCandidate | undefined {
    return this.#nodes.get(label)?.candidates.find((each) => each.source === source);
  }

  /** Puts a source's entry in, or in the place of its old one, fresh again. */
  put(model: LabelModel, source: number): void {
    const node = this.#nodes.get(model.label) ?? this.#make(model.label);
    const known = node.candidates.find((each) => each.source === source);
    if (known === undefined) insertByDistance(node.candidates, { source, model, isStale: false }, this.#sources);
    else {
      known.isStale = false;
      if (sameModel(known.model, model)) return;
      known.model = model;
    }
    this.#choose(node);
  }

  /** Takes a source's entry out; whether there was one. */
  remove(label: number, source: number): boolean {
    const node = this.#nodes.get(label);
    const at = node === undefined ? -1 : node.candidates.findIndex((each) => each.source === source);
    if (node === undefined || at < 0) return false;
    node.candidates.splice(at, 1);
    this.#choose(node);
    return true;
  }

  markStale(source: number): void {
    for (const node of this) for (const each of node.candidates) if (each.source === source) each.isStale = true;
  }

  /** Takes out what is still stale of a source; answers how many. */
  sweep(source: number): number {
    const stale = [...this].filter((node) => node.candidates.some((each) => each.source === source && each.isStale));
    for (const { label } of stale) this.remove(label, source);
    return stale.length;
  }

  /** Forgets a label that no source has any more, once it is out of the tables. */
  drop(node: LabelNode): void {
    if (node.candidates.length === 0) this.#nodes.delete(node.label);
  }

  #make(label: number): LabelNode {
    const node: LabelNode = {
      label,
      candidates: [],
      active: undefined,
      hops: [],
      isDirect: false,
      group: undefined,
      problem: undefined,
      stamp: 0,
      entry: 0,
      writtenModel: undefined,
      writtenGroup: undefined,
    };
    this.#nodes.set(label, node);
    return node;
  }

  #choose(node: LabelNode): void {
    const { hops } = node;
    const paths = node.candidates[0]?.model.paths ?? [];
    node.active = node.candidates[0];
    node.isDirect = paths.length === 1 && paths[0].kind !== 'via';
    // First joined, then left, so that a next hop which stays is not forgotten between.
    node.hops = node.isDirect ? [] : this.#resolution.joinLabel(node, paths);
    const kept = new Set(node.hops);
    this.#resolution.leaveLabel(
      node,
      hops.filter((hop) => !kept.has(hop)),
    );
    this.#resolution.labelDirty(node);
  }
}
