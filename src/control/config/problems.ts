// What is wrong with a configuration: places in it, the collector of everything found, and the error that a
// user sees. The collector also knows which places are damaged, so that one mistake is not reported twice.
import { ShimlineError } from '../../errors.ts';

/** The way from the root to a value: keys and list indices. */
export type Place = readonly (string | number)[];

/** Whether a problem is about a value or about the key that leads to it. */
export type Target = 'value' | 'key';

export interface Position {
  /** From 1; 0 when there is no text to point into. */
  readonly line: number;
  readonly column: number;
}

export type Locate = (place: Place, target: Target) => Position;

export interface Problem extends Position {
  /** The place in the file, such as `routes[3].via`; empty for the file itself. */
  readonly path: string;
  readonly message: string;
}

interface Finding {
  readonly place: Place;
  readonly target: Target;
  readonly message: string;
  readonly position: Position | undefined;
}

/** `routes[3].via`, `interfaces.ce2.100.mtu`. */
export function formatPlace(place: Place): string {
  let text = '';
  for (const step of place) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

const placeKey = (place: Place) => place.join('\0');
const nowhere: Position = { line: 0, column: 0 };

/** Collects problems, and answers whether a place can still be judged. */
export class Findings {
  readonly #list: Finding[] = [];
  /** Every place at which, or beneath which, something was found. */
  readonly #touched = new Set<string>();
  /** Maps and lists of which a part is unknown: an unknown or duplicate key. */
  readonly #incomplete = new Set<string>();

  get count(): number {
    return this.#list.length;
  }

  report(place: Place, message: string, target: Target = 'value'): void {
    this.#add({ place, target, message, position: undefined });
  }

  /** A problem of the text, which knows its position by itself. */
  reportAt(position: Position, message: string): void {
    this.#add({ place: [], target: 'value', message, position });
  }

  /** An unknown key: what it was meant to say is missing, under the key that was `meant` if that can be told. */
  reportUnknownKey(place: Place, message: string, meant: string | undefined): void {
    this.report(place, message, 'key');
    const around = place.slice(0, -1);
    this.markIncomplete(meant === undefined ? around : [...around, meant]);
    if (meant !== undefined) this.#touch([...around, meant]);
  }

  /** A key that stands twice: of all but the last value nothing is known. */
  reportDuplicateKey(place: Place, message: string, position: Position): void {
    this.#add({ place, target: 'key', message, position });
    this.markIncomplete(place);
  }

  markIncomplete(place: Place): void {
    this.#incomplete.add(placeKey(place));
  }

  /** Whether anything was found at the place or beneath it. */
  touches(place: Place): boolean {
    return this.#touched.size > 0 && this.#touched.has(placeKey(place));
  }

  isIncomplete(place: Place): boolean {
    return this.#incomplete.size > 0 && this.#incomplete.has(placeKey(place));
  }

  /** Everything found: in the order of the text if there is one, else as found. */
  problems(locate: Locate | undefined): Problem[] {
    const problems = this.#list.map((finding) => {
      const position = finding.position ?? locate?.(finding.place, finding.target) ?? nowhere;
      const { line, column } = position;
      return { path: formatPlace(finding.place), line, column, message: finding.message };
    });
    return problems.sort((a, b) => a.line - b.line || a.column - b.column);
  }

  #add(finding: Finding): void {
    this.#list.push(finding);
    this.#touch(finding.place);
  }

  #touch(place: Place): void {
    for (let length = 0; length <= place.length; length++) this.#touched.add(placeKey(place.slice(0, length)));
  }
}

/** A configuration that cannot be used. `message` lists every problem, one per line. */
export class ConfigError extends ShimlineError {
  readonly problems: readonly Problem[];

  constructor(fileName: string, problems: readonly Problem[]) {
    super('CONFIG', problems.map((problem) => formatProblem(fileName, problem)).join('\n'));
    this.problems = problems;
  }
}

/** `pe1.yaml:14:9 routes[3].via: no interface covers 10.9.9.9` */
export function formatProblem(fileName: string, problem: Problem): string {
  const position = problem.line > 0 ? `${fileName}:${problem.line}:${problem.column}` : fileName;
  return problem.path === '' ? `${position} ${problem.message}` : `${position} ${problem.path}: ${problem.message}`;
}
