// YAML 1.2 (and so JSON) text to plain values, and back from places in them to lines and columns. Anchors work, but
// not as a bomb; merge keys and other versions of YAML do not.
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Findings, Locate, Place, Position, Target } from './problems.ts';
import { depthMax, nestsTooDeep } from './yaml-guard.ts';

/** Times values that aliases may multiply one document by. */
const aliasCountMax = 1000;
/** Faults of the text that leave no doubt about what it says: the rest can be judged all the same. */
const harmlessCodes: readonly string[] = ['MULTIPLE_DOCS'];

export interface YamlText {
  readonly value: unknown;
  readonly locate: Locate;
  /** Whether the value is what the text says; if not, there is nothing to judge. */
  readonly usable: boolean;
}

interface Source {
  readonly document: Document;
  readonly positionOf: (offset: number) => Position;
  /** Maps by key, made when a place in them is asked for. */
  readonly pairs: Map<object, Map<string, Pair>>;
}

const faultTexts: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document starts here: one file describes one router',
  NON_STRING_KEY: 'a key must be plain text',
  TAB_AS_INDENT: 'tabs are not allowed as indentation',
};

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function followAlias(source: Source, node: unknown): unknown {
  return isAlias(node) ? node.resolve(source.document) : node;
}

function findPair(source: Source, node: unknown, step: string | number): Pair | undefined {
  if (!isMap(node)) return undefined;
  let pairs = source.pairs.get(node);
  if (pairs === undefined) {
    // Of a duplicate key the last one counts, as in the value.
    pairs = new Map(node.items.map((pair) => [keyText(pair), pair]));
    source.pairs.set(node, pairs);
  }
  return pairs.get(String(step));
}

const offsetOf = (node: unknown): number | undefined => (node as Node | null)?.range?.[0];

/** The offset of the value at a place, or of the key that leads to it; of the nearest thing around it if there is none. */
function offsetAt(source: Source, place: Place, target: Target): number {
  let node: unknown = source.document.contents;
  let offset = offsetOf(node) ?? 0;
  for (const [index, step] of place.entries()) {
    const around = followAlias(source, node);
    const pair = findPair(source, around, step);
    const next = pair ? pair.value : isSeq(around) ? around.items[Number(step)] : undefined;
    const isKeyWanted = index === place.length - 1 && target === 'key';
    offset = (isKeyWanted ? undefined : offsetOf(next)) ?? offsetOf(pair?.key) ?? offset;
    if (next === undefined || next === null) break;
    node = next;
  }
  return offset;
}

/** One fault a line: what a parser says after the first is mostly about its own confusion. */
function reportFaults(source: Source, findings: Findings): boolean {
  let usable = true;
  let line = 0;
  for (const fault of source.document.errors) {
    const position = source.positionOf(fault.pos[0]);
    if (!harmlessCodes.includes(fault.code)) usable = false;
    if (position.line === line) continue;
    line = position.line;
    findings.reportAt(position, `YAML: ${faultTexts[fault.code] ?? fault.message}`);
  }
  for (const warning of source.document.warnings) {
    findings.reportAt(source.positionOf(warning.pos[0]), `YAML: ${warning.message}`);
  }
  return usable;
}

/** Aliases without an anchor before them. */
function reportAliases(source: Source, findings: Findings): boolean {
  let usable = true;
  visit(source.document, {
    Alias(_, node) {
      if (node.resolve(source.document) !== undefined) return;
      usable = false;
      findings.reportAt(source.positionOf(node.range?.[0] ?? 0), `YAML: no anchor &${node.source} before this alias`);
    },
  });
  return usable;
}

/** Duplicate keys, at every depth. */
function reportDuplicateKeys(source: Source, node: unknown, place: Place, findings: Findings): void {
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      if (!isScalar(item)) reportDuplicateKeys(source, item, [...place, index], findings);
    }
  }
  if (!isMap(node)) return;
  const firstPairs = new Map<string, Pair>();
  for (const pair of node.items) {
    const key = keyText(pair);
    const inside = [...place, key];
    const firstPair = firstPairs.get(key);
    if (firstPair === undefined) firstPairs.set(key, pair);
    else {
      const { line } = source.positionOf(offsetOf(firstPair.key) ?? 0);
      const position = source.positionOf(offsetOf(pair.key) ?? 0);
      findings.reportDuplicateKey(inside, `duplicate key '${key}', first in line ${line}`, position);
    }
    if (!isScalar(pair.value)) reportDuplicateKeys(source, pair.value, inside, findings);
  }
}

function toValue(source: Source, findings: Findings): { value: unknown } | undefined {
  try {
    return { value: source.document.toJS({ maxAliasCount: aliasCountMax }) as unknown };
  } catch {
    const limit = `aliases must not contain themselves or multiply into more than ${aliasCountMax} values`;
    findings.reportAt({ line: 1, column: 1 }, `YAML: ${limit}`);
    return undefined;
  }
}

/** Reads a text. Faults are reported; positions are counted from 1. */
export function readYaml(text: string, findings: Findings): YamlText {
  if (nestsTooDeep(text)) {
    const start = { line: 1, column: 1 };
    findings.reportAt(start, `YAML: lists and maps nest deeper than ${depthMax} levels`);
    return { value: undefined, locate: () => start, usable: false };
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    stringKeys: true,
    // Duplicate keys are found here in linear time: the parser compares every key with every other.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter,
  });
  const positionOf = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const source: Source = { document, positionOf, pairs: new Map() };
  const locate: Locate = (place, target) => positionOf(offsetAt(source, place, target));
  const isWhole = reportFaults(source, findings) && reportAliases(source, findings);
  const result = isWhole ? toValue(source, findings) : undefined;
  if (result === undefined) return { value: undefined, locate, usable: false };
  if (document.contents === null) {
    findings.reportAt({ line: 1, column: 1 }, 'the file is empty: expected keys such as router, interfaces or routes');
    return { value: undefined, locate, usable: false };
  }
  reportDuplicateKeys(source, document.contents, [], findings);
  return { value: result.value, locate, usable: true };
}
