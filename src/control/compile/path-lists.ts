// What lists of paths resolved to. A million routes share a few thousand lists of paths, so a list is resolved once and
// found by its contents for every further route. Its scope is a table where that matters, else one number for all.
import type { PathModel, ViaPath } from '../model.ts';
import { HashIndex, mix } from './hash-index.ts';

function sameLabels(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function sameVia(a: ViaPath, b: ViaPath): boolean {
  return (
    a.via.family === b.via.family &&
    sameLabels(a.via.words, b.via.words) &&
    sameLabels(a.labels, b.labels) &&
    a.interface === b.interface &&
    a.vrf === b.vrf &&
    a.entropy === b.entropy
  );
}

function samePath(a: PathModel, b: PathModel): boolean {
  if (a.weight !== b.weight || a.backup !== b.backup) return false;
  if (a.ttl !== b.ttl || a.tc !== b.tc || a.payload !== b.payload) return false;
  if (a.kind === 'via') return b.kind === 'via' && sameVia(a, b);
  return a.kind === b.kind && a.target === b.target;
}

/** Whether two lists say the same, path by path. */
export function samePaths(a: readonly PathModel[], b: readonly PathModel[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!samePath(a[i] as PathModel, b[i] as PathModel)) return false;
  return true;
}

function mixAll(hash: number, words: readonly number[]): number {
  let mixed = hash;
  for (let i = 0; i < words.length; i++) mixed = mix(mixed, words[i] as number);
  return mixed;
}

/** Hash of what tells lists apart as a rule: next hops, labels, weights. */
export function hashOfPaths(scope: number, paths: readonly PathModel[]): number {
  let hash = mix(0, scope);
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i] as PathModel;
    hash = mix(hash, path.weight);
    if (path.kind !== 'via') continue;
    hash = mixAll(hash, path.via.words);
    if (path.labels !== undefined) hash = mixAll(hash, path.labels);
  }
  return hash;
}

/** From a scope and a list of paths to what it was found to be. */
export class PathLists<Outcome> {
  readonly #index = new HashIndex();
  readonly #known: { readonly scope: number; readonly paths: readonly PathModel[]; readonly outcome: Outcome }[] = [];

  find(scope: number, paths: readonly PathModel[]): Outcome | undefined {
    let item = this.#index.first(hashOfPaths(scope, paths));
    for (; item >= 0; item = this.#index.after(item)) {
      const known = this.#known[item];
      if (known?.scope === scope && samePaths(known.paths, paths)) return known.outcome;
    }
    return undefined;
  }

  /** Keeps the outcome of a list that `find` does not know. */
  add(scope: number, paths: readonly PathModel[], outcome: Outcome): void {
    this.#index.add(hashOfPaths(scope, paths));
    this.#known.push({ scope, paths, outcome });
  }
}
