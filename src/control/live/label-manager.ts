// Labels that are handed out while the router runs: the lowest free one for a key (`vrf red`, `vrf red ce 10.1.1.2`), the
// same one for the same key after a restart. A label that is given back rests for a while, since somebody may still send
// with it; if its key comes again, it gets it back.
import { ShimlineError } from '../../errors.ts';
import { labelCount } from '../../tables/labels.ts';

/** What a state file keeps. */
export interface LabelState {
  readonly version: 1;
  readonly bound: readonly { readonly label: number; readonly key: string }[];
  /** Labels that rest, with the second until which they do. */
  readonly resting: readonly { readonly label: number; readonly key: string; readonly until: number }[];
}

export interface LabelManagerOptions {
  readonly first: number;
  readonly last: number;
  /** Whether somebody else has the label: a label entry, a VRF's or pseudowire's configured label. */
  readonly isTaken: (label: number) => boolean;
  /** How long a label rests, 60 unless said. */
  readonly restSeconds?: number | undefined;
  /** The clock, seconds. */
  readonly now: () => number;
  /** Hears of every label that is bound or released: whoever keeps them over restarts. */
  readonly changed?: (() => void) | undefined;
}

interface Resting {
  readonly label: number;
  readonly key: string;
  readonly until: number;
}

const restSecondsDefault = 60;

export class LabelManager {
  #options: LabelManagerOptions;
  readonly #labels = new Map<string, number>();
  readonly #keys = new Map<number, string>();
  /** By key, in the order in which their rest ends. */
  readonly #resting = new Map<string, Resting>();
  /** 1: bound or resting. */
  readonly #used = new Uint8Array(labelCount);
  /** No label below is free. */
  #lowest = 0;

  constructor(options: LabelManagerOptions, state?: LabelState) {
    this.#options = options;
    for (const { label, key } of state?.bound ?? []) {
      if (this.#used[label] === 0 && !this.#labels.has(key)) this.#bind(key, label);
    }
    // A clock that was wrong when the state was written keeps no label for years.
    const latest = options.now() + this.#restSeconds;
    for (const { label, key, until } of state?.resting ?? []) {
      if (this.#used[label] === 1 || this.#labels.has(key) || this.#resting.has(key)) continue;
      this.#resting.set(key, { label, key, until: Math.min(until, latest) });
      this.#used[label] = 1;
    }
  }

  get #restSeconds(): number {
    return this.#options.restSeconds ?? restSecondsDefault;
  }

  /** The range or the question who has a label is another one from now on; what is bound stays bound. */
  reconfigure(options: Partial<LabelManagerOptions>): void {
    this.#options = { ...this.#options, ...options };
    this.#lowest = 0;
  }

  /** Of labels that are bound. */
  get count(): number {
    return this.#labels.size;
  }

  /** The label of a key, if it has one. */
  find(key: string): number | undefined {
    return this.#labels.get(key);
  }

  /** Who a label is bound to. */
  keyOf(label: number): string | undefined {
    return this.#keys.get(label);
  }

  /** Whether the label is bound, or rests. */
  has(label: number): boolean {
    this.#wake();
    return this.#used[label] === 1;
  }

  /** The label of a key, a new one if need be. Throws ShimlineError CONFIG when none is left. */
  bind(key: string): number {
    const label = this.tryBind(key);
    if (label !== undefined) return label;
    const { first, last } = this.#options;
    throw new ShimlineError('CONFIG', `router.labels.dynamic: no label from ${first} to ${last} is left for ${key}`);
  }

  /** The same; undefined when none is left. */
  tryBind(key: string): number | undefined {
    const known = this.#labels.get(key);
    if (known !== undefined) return known;
    const { last, isTaken } = this.#options;
    const resting = this.#resting.get(key);
    if (resting !== undefined) {
      this.#resting.delete(key);
      this.#used[resting.label] = 0;
      if (!isTaken(resting.label)) return this.#bind(key, resting.label);
    }
    this.#wake();
    let label = this.#start();
    while (label <= last && this.#used[label] === 1) label++;
    this.#lowest = label;
    while (label <= last && (this.#used[label] === 1 || isTaken(label))) label++;
    return label > last ? undefined : this.#bind(key, label);
  }

  /** Gives a key's label back; it rests before somebody else gets it. */
  release(key: string): void {
    const label = this.#labels.get(key);
    if (label === undefined) return;
    this.#labels.delete(key);
    this.#keys.delete(label);
    this.#resting.set(key, { label, key, until: this.#options.now() + this.#restSeconds });
    this.#options.changed?.();
  }

  /** Whether so many more keys would find labels. */
  hasRoom(count: number): boolean {
    this.#wake();
    const { last, isTaken } = this.#options;
    let left = count;
    for (let label = this.#start(); left > 0 && label <= last; label++) {
      if (this.#used[label] === 0 && !isTaken(label)) left--;
    }
    return left === 0;
  }

  bindings(): { readonly label: number; readonly key: string }[] {
    return [...this.#labels].map(([key, label]) => ({ label, key })).sort((a, b) => a.label - b.label);
  }

  state(): LabelState {
    this.#wake();
    return { version: 1, bound: this.bindings(), resting: [...this.#resting.values()] };
  }

  #start(): number {
    return Math.max(this.#lowest, this.#options.first);
  }

  #bind(key: string, label: number): number {
    this.#labels.set(key, label);
    this.#keys.set(label, key);
    this.#used[label] = 1;
    this.#options.changed?.();
    return label;
  }

  /** Labels whose rest is over are free. */
  #wake(): void {
    const now = this.#options.now();
    for (const { key, label, until } of this.#resting.values()) {
      // The others rest for longer.
      if (until > now) break;
      this.#resting.delete(key);
      this.#used[label] = 0;
      this.#lowest = Math.min(this.#lowest, label);
    }
  }
}
