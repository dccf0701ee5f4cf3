// What goes out to GoBGP: routes of CEs and of VRFs themselves, with this router as next hop and a label of its own. GoBGP
// believes a path of its own before that of the CE, which has the same route distinguisher and prefix.
import { formatAddress, type IpAddress } from '../../wire/address.ts';
import type { HomeVrf } from './learner.ts';
import { addPathsRequest, encodePath } from './messages.ts';
import { type Entry, type PrefixKey, prefixOf } from './rib.ts';

/** Paths in a message. */
const pathsEach = 200;

export interface ExportsOptions {
  readonly nextHop: IpAddress | undefined;
  readonly homeOf: (table: number) => HomeVrf | undefined;
  /** The label by which others reach a route; undefined: none was left. */
  readonly labelOf: (table: number, entry: Entry) => number | undefined;
  /** Whether the policy lets it out. */
  readonly passes: (table: number, key: PrefixKey) => boolean;
}

interface Sent {
  readonly path: Uint8Array;
  readonly withdrawal: Uint8Array;
}

export class Exports {
  readonly #options: ExportsOptions;
  readonly #nextHop: string;
  /** By table: what GoBGP has from us. */
  readonly #sent = new Map<number, Map<PrefixKey, Sent>>();
  #pending: Uint8Array[] = [];

  constructor(options: ExportsOptions) {
    this.#options = options;
    this.#nextHop = options.nextHop === undefined ? '' : formatAddress(options.nextHop);
  }

  get count(): number {
    let count = 0;
    for (const sent of this.#sent.values()) count += sent.size;
    return count;
  }

  get isPending(): boolean {
    return this.#pending.length > 0;
  }

  has(table: number, key: PrefixKey): boolean {
    return this.#sent.get(table)?.has(key) ?? false;
  }

  /** The best own route for a prefix is another one now; undefined: there is none. */
  follow(table: number, key: PrefixKey, entry: Entry | undefined): void {
    const sent = this.#sent.get(table);
    const before = sent?.get(key);
    const after = entry === undefined ? undefined : this.#encode(table, key, entry);
    if (after === undefined) {
      if (before === undefined) return;
      sent?.delete(key);
      this.#pending.push(before.withdrawal);
      return;
    }
    if (before !== undefined && Buffer.compare(before.path, after.path) === 0) return;
    if (sent === undefined) this.#sent.set(table, new Map([[key, after]]));
    else sent.set(key, after);
    this.#pending.push(after.path);
  }

  #encode(table: number, key: PrefixKey, entry: Entry): Sent | undefined {
    const { homeOf, labelOf, passes } = this.#options;
    const home = homeOf(table);
    if (home === undefined || entry.told === undefined || this.#nextHop === '' || !passes(table, key)) return undefined;
    const label = labelOf(table, entry);
    if (label === undefined) return undefined;
    const { attributes } = entry.told;
    const { distinguisher } = home;
    const path = { prefix: prefixOf(key), distinguisher, label, nextHop: this.#nextHop, attributes };
    return { path: encodePath(path, false), withdrawal: encodePath({ ...path, attributes: [] }, true) };
  }

  /** A path that GoBGP still has from us, and that nobody stands for any more. */
  withdrawOther(table: number, key: PrefixKey, label: number): void {
    const home = this.#options.homeOf(table);
    if (home === undefined) return;
    const { distinguisher } = home;
    const path = { prefix: prefixOf(key), distinguisher, label, nextHop: this.#nextHop, attributes: [] };
    this.#pending.push(encodePath(path, true));
  }

  /** GoBGP may have lost all of it. */
  sendAgain(): void {
    this.#pending = [...this.#sent.values()].flatMap((sent) => [...sent.values()].map(({ path }) => path));
  }

  withdrawAll(): void {
    this.#pending = [...this.#sent.values()].flatMap((sent) => [...sent.values()].map(({ withdrawal }) => withdrawal));
    this.#sent.clear();
  }

  /** Messages of what has changed since the last time. */
  *takeMessages(): Generator<Uint8Array> {
    const pending = this.#pending;
    this.#pending = [];
    for (let i = 0; i < pending.length; i += pathsEach) yield addPathsRequest(pending.slice(i, i + pathsEach));
  }
}
