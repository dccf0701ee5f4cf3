// What tables say, in texts that do not depend on how records are numbered: two routers with equal texts for a look-up do
// the same to every packet that comes to it.
import { Action } from '../../src/tables/actions.ts';
import { Adjacency, adjacencyWords } from '../../src/tables/adjacencies.ts';
import { bridgeWords, circuitWords, pseudowireWords } from '../../src/tables/circuits.ts';
import { Interface, interfaceWords, portWords } from '../../src/tables/interfaces.ts';
import { labelEntryWords, labelKey } from '../../src/tables/labels.ts';
import { macWords } from '../../src/tables/macs.ts';
import { flatLabelsMax, flatWords, groupWords, legWords } from '../../src/tables/paths.ts';
import { routeWords, type Tables } from '../../src/tables/tables.ts';

export interface Numbered {
  readonly tables: Tables;
  /** Names of tables by index. */
  readonly tableNames: readonly (string | undefined)[];
}

function adjacencyText({ tables }: Numbered, index: number): string {
  const at = index * adjacencyWords;
  const { entries } = tables.adjacencies;
  const [flags, on, high, low, ...address] = entries.subarray(at, at + 9);
  // What stands there of a neighbour that was known once is of no account.
  const mac = (flags & Adjacency.resolved) === 0 ? 'unknown' : `${high}.${low}`;
  return `adjacency ${flags} ${on} ${mac} ${address.join('.')}`;
}

function actionText(of: Numbered, kind: number, argument: number): string {
  if (kind === Action.group) return groupText(of, argument);
  if (kind === Action.adjacency) return adjacencyText(of, argument);
  if (kind === Action.table) return `table ${of.tableNames[argument]}`;
  return `${kind} ${argument}`;
}

/** Everything a packet that reaches the group may meet. */
export function groupText(of: Numbered, group: number): string {
  const { groups } = of.tables.paths;
  const first = groups[group * groupWords];
  const count = groups[group * groupWords + 1];
  const legs = Array.from({ length: count }, (_, i) => legText(of, first + i));
  return `(${legs.join(' | ')})`;
}

function legText(of: Numbered, leg: number): string {
  const { legs, pushes, pushWire } = of.tables.paths;
  const at = leg * legWords;
  const [kind, argument, weight, flags, firstPush, pushCount] = legs.subarray(at, at + 6);
  const pushed = [
    ...pushes.subarray(firstPush, firstPush + pushCount),
    ...pushWire.subarray(firstPush, firstPush + pushCount),
  ];
  const modes = [...legs.subarray(at + 6, at + 11), ...legs.subarray(at + 12, at + 14)];
  const target = actionText(of, kind, argument);
  return `w${weight} f${flags} push ${pushed.join(' ')} modes ${modes.join(' ')} ${flatText(of, leg)} → ${target}`;
}

function flatText(of: Numbered, leg: number): string {
  const words = of.tables.paths.flat.subarray(leg * flatWords, (leg + 1) * flatWords);
  if (words[0] === 0) return '';
  return `flat ${words[0]} ${adjacencyText(of, words[1])} ${[...words.subarray(2, 3 + flatLabelsMax)].join(' ')}`;
}

/** What an address of a table leads to. */
export function lookupText(of: Numbered, table: number, words: readonly number[] | Uint32Array): string {
  const { tables } = of;
  const route = (words.length === 1 ? tables.trie4 : tables.trie6).lookup(table, words);
  const [kind, argument, length, flat] = tables.routes.subarray(route * routeWords, (route + 1) * routeWords);
  if (route === 0) return 'no route';
  return `/${length} ${actionText(of, kind, argument)} leg ${flat === 0 ? 'none' : flatText(of, flat)}`;
}

/** What a label leads to. */
export function labelText(of: Numbered, label: number): string {
  const { map, briefs, entries } = of.tables.labels;
  const entry = map[labelKey(label)];
  if (entry === 0) return 'no label';
  const [kind, argument, payload, ttl, tc, , ends] = entries.subarray(entry * labelEntryWords);
  const brief = briefs[labelKey(label)];
  const short =
    brief === 0 || brief >= 2 ** 31 ? `${kind === Action.table ? brief - argument : brief}` : flatText(of, brief);
  return `${actionText(of, kind, argument)} payload ${payload} ttl ${ttl} tc ${tc} ends ${ends} brief ${short}`;
}

/** Words of each record of a table. */
function records(words: Uint32Array, each: number): string[] {
  return Array.from({ length: words.length / each }, (_, i) => words.subarray(i * each, (i + 1) * each).join(' '));
}

function pseudowireText(of: Numbered, index: number): string {
  const { circuits } = of.tables;
  const words = circuits.pseudowires.slice(index * pseudowireWords, (index + 1) * pseudowireWords);
  const [, , group] = words;
  const flat = words[9];
  words[2] = 0;
  words[9] = 0;
  return `${words.join(' ')} ${group === 0 ? 'down' : groupText(of, group)} leg ${flat === 0 ? 'none' : flatText(of, flat)}`;
}

/** Circuits with what leads to them, pseudowires with their ways, bridges with their members and MAC addresses; a line each. */
export function layer2Text(of: Numbered): string[] {
  const { circuits, interfaces, macs } = of.tables;
  const pseudowires = Array.from({ length: circuits.pseudowires.length / pseudowireWords }, (_, i) => i);
  const flags = Interface.circuit | Interface.bridged;
  const entries = Array.from({ length: interfaces.interfaces.length / interfaceWords }, (_, i) => {
    const at = i * interfaceWords;
    return `interface ${i}: ${interfaces.interfaces[at] & flags} ${interfaces.interfaces[at + 2]}`;
  });
  const ports = Array.from(
    { length: interfaces.ports.length / portWords },
    (_, i) => interfaces.ports[i * portWords + 4],
  );
  const known = [...macs.all()].map((entry) => {
    const at = entry * macWords;
    return `mac ${macs.entries.subarray(at, at + 3).join(' ')} ${macs.entries[at + 7]}`;
  });
  return [
    ...records(circuits.circuits, circuitWords).map((text, i) => `circuit ${i}: ${text}`),
    ...pseudowires.map((index) => `pseudowire ${index}: ${pseudowireText(of, index)}`),
    ...records(circuits.bridges, bridgeWords).map((text, i) => `bridge ${i}: ${text}`),
    `members ${circuits.members.join(' ')}`,
    ...entries,
    `ports ${ports.join(' ')}`,
    ...known.sort(),
  ];
}
