// From an adapter into the tables: changes in the order in which they were added, as few transactions as keep up. What the
// router refuses is told and left out, and what was there of it before goes, so that nothing old stays in its place.
import type { EntryChange, TransactionResult } from '../control/live/index.ts';
import { formatPrefix, sameAddress } from '../wire/address.ts';
import type { AdapterRouter } from './adapter.ts';

export interface LoaderOptions {
  readonly router: Pick<AdapterRouter, 'apply'>;
  readonly source: string;
  /** A change that the router does not take, and why. */
  readonly refused: (change: EntryChange, message: string) => void;
  /** The router is at its end: nothing of a transaction was made. */
  readonly failed: (error: unknown) => void;
}

/**
 * At 25,000 changes a second, transactions of 50 cost twice the time of those of 500: after one, changes are collected for a
 * moment, unless there are many. The first one after a while is made at once.
 */
const restMilliseconds = 20;
const manyChanges = 2048;

type Errors = Extract<TransactionResult, { readonly errors: unknown }>['errors'];

export class Loader {
  readonly #options: LoaderOptions;
  #pending: EntryChange[] = [];
  #isWorking = false;
  #done: Promise<void> = Promise.resolve();
  #made = 0;
  /** When the last transaction came to its end. */
  #lastAt = Number.NEGATIVE_INFINITY;
  #wake: (() => void) | undefined;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  /** Changes that wait. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** Changes that were made. */
  get made(): number {
    return this.#made;
  }

  /** A removal right before what replaces it is no removal: engines say both for a change. */
  add(change: EntryChange): void {
    const last = this.#pending.length - 1;
    if (last >= 0 && isReplaced(this.#pending[last], change)) this.#pending[last] = change;
    else this.#pending.push(change);
    if (last >= manyChanges - 2) this.#wake?.();
  }

  /** Begins, unless it has begun; resolves when nothing waits any more. Never rejects. */
  settle(): Promise<void> {
    if (!this.#isWorking && this.#pending.length > 0) {
      this.#isWorking = true;
      this.#done = this.#work();
    }
    return this.#done;
  }

  async #work(): Promise<void> {
    while (this.#pending.length > 0) {
      const rest = this.#lastAt + restMilliseconds - performance.now();
      if (rest > 0 && this.#pending.length < manyChanges) await this.#many(rest);
      const batch = this.#pending;
      this.#pending = [];
      try {
        await this.#make(batch);
      } catch (error) {
        this.#options.failed(error);
      }
      this.#lastAt = performance.now();
    }
    this.#isWorking = false;
  }

  /** Waits so long, or until there are many. */
  #many(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  async #make(batch: readonly EntryChange[]): Promise<void> {
    const { router, source } = this.#options;
    for (let rest = batch; rest.length > 0; ) {
      const result = await router.apply(source, rest);
      if (result.ok) {
        this.#made += rest.length;
        return;
      }
      if (!('errors' in result)) return;
      const better = this.#withoutRefused(rest, result.errors);
      if (better === undefined) return;
      rest = better;
    }
  }

  /** What is left after a refusal: fewer changes that can be refused. undefined: nothing can be done about it. */
  #withoutRefused(batch: readonly EntryChange[], errors: Errors): EntryChange[] | undefined {
    const messages = new Map<number, string>();
    for (const { path, message } of errors) {
      const place = /^changes\[(\d+)\]/.exec(path);
      if (place !== null) messages.set(Number(place[1]), message);
    }
    const [first] = errors;
    const isOfAll = messages.size === 0;
    let isLess = false;
    const rest = batch.flatMap((change, i) => {
      const message = isOfAll && change.op !== 'delete' ? first?.message : messages.get(i);
      if (message === undefined) return [change];
      isLess = true;
      if (change.op !== 'delete') this.#options.refused(change, message);
      return withdrawalOf(change);
    });
    return isLess ? rest : undefined;
  }
}

function isReplaced(before: EntryChange, change: EntryChange): boolean {
  if (before.op !== 'delete' || change.op !== 'replace') return false;
  if ('label' in before) return 'label' in change && before.label.label === change.label.label;
  if (!('route' in before) || !('route' in change)) return false;
  const { vrf, prefix } = change.route;
  const { vrf: oldVrf, prefix: old } = before.route;
  return vrf === oldVrf && prefix.length === old.length && sameAddress(prefix, old);
}

/** Instead of a change that was refused: what it would have replaced goes, as the engine does not mean it any more. */
function withdrawalOf(change: EntryChange): EntryChange[] {
  if (change.op === 'delete') return [];
  if ('route' in change) return [{ op: 'delete', route: change.route }];
  return 'label' in change ? [{ op: 'delete', label: change.label }] : [];
}

/** A change in a word or two: `10.1.0.0/16 in red`, `label 24001`. */
export function changeText(change: EntryChange): string {
  if ('route' in change) return `${formatPrefix(change.route.prefix)} in ${change.route.vrf ?? 'the global table'}`;
  return 'label' in change ? `label ${change.label.label}` : `neighbour on ${change.neighbor.interface}`;
}
