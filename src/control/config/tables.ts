// What each table can reach and what it owns: connected subnets, own addresses, and in the global table the routes,
// for the question whether a next hop is covered.

import { formatAddress, type IpAddress, type IpPrefix, maskWord } from '../../wire/address.ts';
import { globalTable } from '../model.ts';
import type { ReadInterface } from './interfaces.ts';
import { formatPlace } from './problems.ts';
import type { RouterSettings } from './settings.ts';
import { describeTable, type World } from './world.ts';

type Key = number | string;

/** The first `length` bits of an address, as a key for one family and length. */
function keyOf(address: IpAddress, length: number): Key {
  if (address.family === 4) return maskWord(address.words[0] as number, length);
  return address.words.map((word, i) => maskWord(word, length - 32 * i)).join(' ');
}

const bitsOf = (address: IpAddress) => (address.family === 4 ? 32 : 128);

/** Prefixes, by length: a question costs one look-up per length that occurs. */
export class PrefixSet {
  readonly #byLength = { 4: new Map<number, Set<Key>>(), 6: new Map<number, Set<Key>>() };

  add(prefix: IpPrefix): void {
    const lengths = this.#byLength[prefix.family];
    let keys = lengths.get(prefix.length);
    if (keys === undefined) {
      keys = new Set();
      lengths.set(prefix.length, keys);
    }
    keys.add(keyOf(prefix, prefix.length));
  }

  covers(address: IpAddress): boolean {
    for (const [length, keys] of this.#byLength[address.family]) {
      if (keys.has(keyOf(address, length))) return true;
    }
    return false;
  }
}

interface Table {
  readonly connected: PrefixSet;
  /** Own addresses, with the interface that has each. */
  readonly own: Map<Key, { readonly name: string; readonly path: string }>;
}

export class Tables {
  readonly #tables = new Map<string, Table>();
  readonly #globalRoutes = new PrefixSet();
  /** Tables that may reach more than is known, because something that leads there is damaged. */
  readonly #doubtful = new Set<string>();
  #allDoubtful = false;

  /** An interface address. Gives what already has the address in this table, if anything. */
  addOwn(table: string, address: IpPrefix, name: string, path: string): { name: string; path: string } | undefined {
    const { connected, own } = this.#of(table);
    connected.add(address);
    const key = keyOf(address, bitsOf(address));
    const earlier = own.get(key);
    if (earlier === undefined) own.set(key, { name, path });
    return earlier;
  }

  /** id and id6: addresses of the global table that an interface may have too. */
  addLoopback(address: IpAddress): void {
    const { own } = this.#of(globalTable);
    const key = keyOf(address, bitsOf(address));
    if (!own.has(key)) own.set(key, { name: 'router', path: 'router' });
  }

  addGlobalRoute(prefix: IpPrefix): void {
    this.#globalRoutes.add(prefix);
  }

  /** undefined: any table. */
  doubt(table: string | undefined): void {
    if (table === undefined) this.#allDoubtful = true;
    else this.#doubtful.add(table);
  }

  isDoubtful(table: string): boolean {
    return this.#allDoubtful || this.#doubtful.has(table) || this.#doubtful.has(globalTable);
  }

  isConnected(table: string, address: IpAddress): boolean {
    return this.#tables.get(table)?.connected.covers(address) ?? false;
  }

  isOwn(table: string, address: IpAddress): boolean {
    return this.#tables.get(table)?.own.has(keyOf(address, bitsOf(address))) ?? false;
  }

  /** By a connected subnet of the table, or else through the global table. */
  isCovered(table: string, address: IpAddress): boolean {
    return (
      this.isConnected(table, address) || this.isConnected(globalTable, address) || this.#globalRoutes.covers(address)
    );
  }

  #of(name: string): Table {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = { connected: new PrefixSet(), own: new Map() };
      this.#tables.set(name, table);
    }
    return table;
  }
}

/** The tables as interfaces and the router's own addresses make them; an address twice in one is reported. */
export function readTables(
  interfaces: readonly ReadInterface[],
  settings: RouterSettings,
  { drafts, findings }: World,
): Tables {
  const tables = new Tables();
  if (!drafts.isComplete('interfaces')) tables.doubt(undefined);
  for (const { model, draft, table, subnetsAreKnown } of interfaces) {
    if (table === undefined || !subnetsAreKnown) tables.doubt(table);
    if (table === undefined) continue;
    for (const [index, address] of model.addresses.entries()) {
      // Without a damaged one among them, addresses stand where they stand in the file.
      const place = [...draft.place, 'addresses', ...(subnetsAreKnown ? [index] : [])];
      const earlier = tables.addOwn(table, address, model.name, formatPlace(place));
      if (earlier === undefined) continue;
      const where = `${earlier.name} in ${describeTable(table)} (${earlier.path})`;
      findings.report(place, `${formatAddress(address)} is already an address of ${where}`);
    }
  }
  for (const id of [settings.id, settings.id6]) if (id !== undefined) tables.addLoopback(id);
  return tables;
}
