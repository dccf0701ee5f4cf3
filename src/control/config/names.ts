// Names of things in the file: what a name may look like, which ones there are, and which one was meant.
import { distance } from 'fastest-levenshtein';
import { globalTable } from '../model.ts';
import type { Findings, Place } from './problems.ts';

export const portNamePattern = '[A-Za-z][A-Za-z0-9_-]{0,14}';
/** What follows the dot in the name of a sub-interface; further dots are allowed: `ce2.300.30`. */
export const subInterfaceNamePattern = '[A-Za-z0-9_-][A-Za-z0-9._-]{0,31}';
/** VRFs, pseudowires and bridges. */
export const namePattern = '[A-Za-z0-9_][A-Za-z0-9._-]{0,62}';

const portName = new RegExp(`^${portNamePattern}$`);
const subInterfaceName = new RegExp(`^${subInterfaceNamePattern}$`);
const otherName = new RegExp(`^${namePattern}$`);
/** Names of output files and of the table without a VRF. */
const reservedPortNames: readonly string[] = ['drop', 'punt', globalTable];

/** `ce2` and `100` of `ce2.100`; a port has no second part. */
export function splitInterfaceName(name: string): { port: string; sub: string | undefined } {
  const dot = name.indexOf('.');
  return dot < 0 ? { port: name, sub: undefined } : { port: name.slice(0, dot), sub: name.slice(dot + 1) };
}

/** What is wrong with the name of an interface, if anything. The port of a sub-interface is judged as a port. */
export function interfaceNameProblem(name: string): string | undefined {
  const { port, sub } = splitInterfaceName(name);
  if (sub === undefined) {
    if (reservedPortNames.includes(port)) return `'${port}' is reserved and cannot name a port`;
    if (portName.test(port)) return undefined;
    return `'${port}' cannot name a port: expected a letter, then up to 14 letters, digits, '_' or '-'`;
  }
  if (subInterfaceName.test(sub)) return undefined;
  return `'${name}' cannot name a sub-interface: expected PORT.NAME, such as ce2.100`;
}

export function otherNameProblem(kind: string, name: string): string | undefined {
  if (name === globalTable && kind === 'VRF') return `'${globalTable}' is reserved and cannot name a VRF`;
  if (otherName.test(name)) return undefined;
  return `'${name}' cannot name a ${kind}: expected letters, digits, '_', '-' or '.'`;
}

const sortedLetters = (text: string) => [...text].sort().join('');

/** Levenshtein distance, but letters in the wrong order are one mistake: `vai`. */
function mistakesBetween(a: string, b: string): number {
  if (a === b) return 0;
  return sortedLetters(a) === sortedLetters(b) ? 1 : distance(a, b);
}

/** The candidate that was probably meant, if one is close. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const far = mistakesBetween(name.toLowerCase(), candidate.toLowerCase());
    if (far < bestDistance) {
      best = candidate;
      bestDistance = far;
    }
  }
  return best;
}

/** `; did you mean 'addresses'?` or nothing. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const meant = nearest(name, candidates);
  return meant === undefined ? '' : `; did you mean '${meant}'?`;
}

/** The names of one section. `complete` is false if the section itself is damaged: then nothing is missed. */
export class Names {
  readonly #kind: string;
  readonly #names: ReadonlySet<string>;
  readonly #complete: boolean;

  constructor(kind: string, names: readonly string[], complete: boolean) {
    this.#kind = kind;
    this.#names = new Set(names);
    this.#complete = complete;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** Whether the name is known; a name that is not is reported at the place where it is used. */
  require(name: string, place: Place, findings: Findings): boolean {
    if (this.#names.has(name)) return true;
    if (this.#complete) findings.report(place, `no ${this.#kind} '${name}'${suggestion(name, this.#names)}`);
    return false;
  }
}
