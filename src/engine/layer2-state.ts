// Layer 2 as it is now, for whoever wants to show or change it: pseudowires up or down and why, the MAC addresses that are
// known, and forgetting them. For the thread that writes the tables.
import { bridgeWords, CircuitKind, circuitWords, pseudowireWords } from '../tables/circuits.ts';
import { fixedMac, macWords } from '../tables/macs.ts';
import type { Tables } from '../tables/tables.ts';
import { selectLeg } from './slow/paths.ts';

export interface PseudowireState {
  readonly up: boolean;
  /** Why it is down: nothing covers the peer, or every path to it is down. */
  readonly reason: 'no-route' | 'path-down' | undefined;
  /**
   * Of a pseudowire and its backup the first that is up is active, the primary while neither is; the other stands by.
   * unused: no cross-connect and no bridge has it.
   */
  readonly role: 'active' | 'standby' | 'unused';
}

function wayOf(tables: Tables, pseudowire: number): PseudowireState['reason'] {
  const group = tables.circuits.pseudowires[pseudowire * pseudowireWords + 2] as number;
  if (group === 0) return 'no-route';
  return selectLeg(tables, group, 0, 0) < 0 ? 'path-down' : undefined;
}

/** The state of pseudowire number `index`, in the order of the configuration. */
export function pseudowireState(tables: Tables, index: number): PseudowireState {
  const { pseudowires, circuits } = tables.circuits;
  const circuit = (pseudowires[index * pseudowireWords + 1] as number) * circuitWords;
  const primary = circuits[circuit + 1] as number;
  const reason = wayOf(tables, index);
  const backup = (pseudowires[primary * pseudowireWords + 5] as number) - 1;
  const isUp = (pseudowire: number) => wayOf(tables, pseudowire) === undefined;
  const active = backup < 0 || isUp(primary) || !isUp(backup) ? primary : backup;
  const role = circuits[circuit + 2] === 0 ? 'unused' : index === active ? 'active' : 'standby';
  return { up: reason === undefined, reason, role };
}

export interface KnownMac {
  readonly bridge: number;
  /** First two bytes, last four. */
  readonly macHigh: number;
  readonly macLow: number;
  /** VLAN ID of the customer, 0: untagged; undefined where learning is not qualified. */
  readonly vlan: number | undefined;
  /** Circuit number. */
  readonly circuit: number;
  readonly fixed: boolean;
  /** When a frame of it came last, seconds since 1970; 0 for a fixed one. */
  readonly seconds: number;
}

/** Every MAC address in the table, in no order. What is too old may still be among them: `seconds` tells. */
export function* knownMacs({ macs }: Tables): Generator<KnownMac> {
  for (const entry of macs.all()) {
    const at = entry * macWords;
    const word = (place: number) => macs.entries[at + place] as number;
    yield {
      bridge: word(0) >>> 16,
      macHigh: word(0) & 0xffff,
      macLow: word(1),
      vlan: word(7) === 0 ? undefined : word(7) - 1,
      circuit: (word(2) & ~fixedMac) >>> 0,
      fixed: word(2) >= fixedMac,
      seconds: word(3),
    };
  }
}

/** Which addresses: of one bridge, behind one circuit, both or, with neither, all. */
export interface MacFilter {
  readonly bridge?: number | undefined;
  readonly circuit?: number | undefined;
}

/** Forgets what has been learned, in steps, so that a million addresses make nobody wait. For the writer of the tables. */
export class MacFlush {
  readonly #tables: Tables;
  readonly #of: MacFilter;
  #next = 0;
  /** Addresses forgotten so far. */
  flushed = 0;

  constructor(tables: Tables, of: MacFilter) {
    this.#tables = tables;
    this.#of = of;
  }

  /** Looks at so many entries; answers whether there are more. */
  step(entries: number): boolean {
    const { macs } = this.#tables;
    const end = Math.min(macs.used, this.#next + entries);
    for (; this.#next < end; this.#next++) this.#look(this.#next);
    return this.#next < macs.used;
  }

  #look(entry: number): void {
    const { macs, circuits } = this.#tables;
    const bridge = (macs.entries[entry * macWords] as number) >>> 16;
    const circuit = macs.circuitOf(entry);
    if (circuit === 0 || circuit >= fixedMac) return;
    if ((this.#of.bridge ?? bridge) !== bridge || (this.#of.circuit ?? circuit) !== circuit) return;
    macs.forget(entry);
    const count = bridge * bridgeWords + 5;
    circuits.bridges[count] = (circuits.bridges[count] as number) - 1;
    this.flushed++;
  }
}

/** The same at once; answers how many addresses that were. */
export function flushMacs(tables: Tables, of: MacFilter): number {
  const flush = new MacFlush(tables, of);
  flush.step(Number.POSITIVE_INFINITY);
  return flush.flushed;
}

/** The circuit of a pseudowire or of the one that it is the backup of, 0: there is no such pseudowire. */
export function circuitOfPseudowire({ circuits: { pseudowires } }: Tables, index: number): number {
  return pseudowires[index * pseudowireWords + 1] ?? 0;
}

/** The circuit of an interface, 0: it is none. */
export function circuitOfInterface({ circuits: { circuits } }: Tables, interfaceIndex: number): number {
  for (let at = circuitWords; at < circuits.length; at += circuitWords) {
    if (circuits[at] !== CircuitKind.pseudowire && circuits[at + 1] === interfaceIndex) return at / circuitWords;
  }
  return 0;
}
