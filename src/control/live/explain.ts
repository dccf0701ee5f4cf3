// The look-up of an address to its last label, told from the tables' words as a packet would meet them: every path of a
// choice with its share, every level of a recursion with what it pushes.

import type { Names } from '../../engine/slow/story.ts';
import { Action } from '../../tables/actions.ts';
import { Adjacency, adjacencyWords } from '../../tables/adjacencies.ts';
import { groupWords, Leg, legWords } from '../../tables/paths.ts';
import { routeWords, type Tables } from '../../tables/tables.ts';
import { formatIpv4, formatIpv6 } from '../../wire/address.ts';
import { formatMac } from '../../wire/ethernet.ts';

/** Table look-ups one packet may make (LBL-12), and levels of a recursion. */
const lookupsMax = 8;
/** Lines of a choice between very many paths. */
const stepsMax = 1000;

const actionTexts = new Map<number, string>([
  [Action.none, 'no route'],
  [Action.drop, 'drop'],
  [Action.punt, 'punt'],
  [Action.receive, 'receive'],
  [Action.own, 'own address'],
  [Action.broadcast, 'subnet broadcast'],
  [Action.pop, 'pop'],
]);

class Explanation {
  readonly steps: string[] = [];
  readonly #tables: Tables;
  readonly #names: Names;

  constructor(tables: Tables, names: Names) {
    this.#tables = tables;
    this.#names = names;
  }

  lookUp(firstTable: number, words: readonly number[]): void {
    let table = firstTable;
    for (let lookup = 1; lookup <= lookupsMax; lookup++) {
      const { routes, trie4, trie6 } = this.#tables;
      const route = (words.length === 1 ? trie4 : trie6).lookup(table, words);
      const kind = routes[route * routeWords];
      const argument = routes[route * routeWords + 1];
      const prefix = route === 0 ? '' : `${this.#names.route(route)} → `;
      this.#tell(0, `${this.#names.table(table)}: ${prefix}${this.#actionText(kind, argument)}`);
      if (kind === Action.group) return this.#tellGroup(1, argument);
      if (kind === Action.connected) return this.#tellNeighbor(1, this.#tables.adjacencies.find(argument, words));
      if (kind !== Action.table) return;
      table = argument;
    }
    this.#tell(0, `more than ${lookupsMax} look-ups: dropped`);
  }

  #tell(level: number, text: string): void {
    if (this.steps.length < stepsMax) this.steps.push(`${'  '.repeat(level)}${text}`);
  }

  #actionText(kind: number, argument: number): string {
    if (kind === Action.table) return `table ${this.#names.table(argument)}`;
    if (kind === Action.connected) return `connected on ${this.#names.interface(argument)}`;
    if (kind !== Action.group) return actionTexts.get(kind) ?? `action ${kind}`;
    const { groups } = this.#tables.paths;
    const first = groups[argument * groupWords];
    const count = groups[argument * groupWords + 1];
    return count === 1 ? `path ${first}` : `paths ${first} to ${first + count - 1}`;
  }

  #tellGroup(level: number, group: number): void {
    const { groups, legs } = this.#tables.paths;
    const first = groups[group * groupWords];
    const end = first + groups[group * groupWords + 1];
    for (let leg = first; leg < end; leg++) {
      const at = leg * legWords;
      const share = end - first === 1 ? '' : `, weight ${legs[at + 2]}${legs[at + 3] & Leg.backup ? ' backup' : ''}`;
      this.#tell(level, `path ${leg}${share}: ${[...this.#pushes(at), this.#target(at)].join(', ')}`);
      if (legs[at] === Action.group && level <= lookupsMax) this.#tellGroup(level + 1, legs[at + 1]);
      if (legs[at] === Action.adjacency) this.#tellNeighbor(level + 1, legs[at + 1]);
    }
  }

  #pushes(at: number): string[] {
    const { legs, pushes } = this.#tables.paths;
    const pushed = pushes.subarray(legs[at + 4], legs[at + 4] + legs[at + 5]);
    return [
      ...(legs[at + 3] & Leg.entropy ? ['push an entropy label'] : []),
      ...(pushed.length > 0 ? [`push ${[...pushed].join(' ')}`] : []),
    ];
  }

  #target(at: number): string {
    const { legs } = this.#tables.paths;
    if (legs[at] !== Action.adjacency) return this.#actionText(legs[at], legs[at + 1]);
    const { entries } = this.#tables.adjacencies;
    const record = legs[at + 1] * adjacencyWords;
    const words = [...entries.subarray(record + 5, record + 9)];
    const address = entries[record + 4] === 4 ? formatIpv4(words[0]) : formatIpv6(words);
    return `${address} on ${this.#names.interface(entries[record + 1])}`;
  }

  #tellNeighbor(level: number, adjacency: number): void {
    const { adjacencies, interfaces } = this.#tables;
    const record = adjacency * adjacencyWords;
    const flags = adjacency < 0 ? 0 : adjacencies.entries[record];
    if ((flags & Adjacency.resolved) === 0) return this.#tell(level, 'the neighbour is not known yet');
    const on = adjacencies.entries[record + 1];
    const mac = formatMac(adjacencies.entries[record + 2], adjacencies.entries[record + 3]);
    const down = !interfaces.isUp(on) ? ' (interface down)' : (flags & Adjacency.up) === 0 ? ' (neighbour down)' : '';
    this.#tell(level, `${this.#names.interface(on)} → ${mac}${down}`);
  }
}

/** The steps of a look-up, one a line, deeper ones indented. `words`: the address in host order. */
export function explainLookup(tables: Tables, names: Names, table: number, words: readonly number[]): string[] {
  const explanation = new Explanation(tables, names);
  explanation.lookUp(table, words);
  return explanation.steps;
}
