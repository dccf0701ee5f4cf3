// A configuration while it is being drawn: what is there so far, for the parts that refer to it.
import { addressText, type Words } from './addresses.ts';
import type { Random } from './random.ts';

export type Keys = Record<string, unknown>;
export const globalTable = 'global';

/** A neighbour that may be named as next hop. */
export interface Host {
  readonly interface: string;
  readonly table: string;
  readonly words: Words;
}

export interface Sketch {
  readonly random: Random;
  /** `global` first. */
  readonly tables: readonly string[];
  readonly interfaces: Record<string, Keys>;
  readonly hosts: Host[];
  /** Own addresses by table, as texts. */
  readonly own: Map<string, Set<string>>;
  /** Addresses that routes or subnets of the global table cover. */
  readonly reachable: Words[];
  /** Labels of the incoming label map. */
  readonly labels: readonly number[];
}

export function isOwn({ own }: Sketch, table: string, words: Words): boolean {
  return own.get(table)?.has(addressText(words)) ?? false;
}

/** An address that may be written as a next hop without its interface: one host's, not link-local. */
function mayBeVia(words: Words): boolean {
  const [first = 0] = words;
  if (words.length === 4) return first >>> 29 === 1;
  return first >>> 24 !== 0 && first >>> 24 !== 127 && first < 0xe0000000;
}

export function addReachable({ reachable }: Sketch, words: Words): void {
  if (mayBeVia(words)) reachable.push(words);
}

/** Next hops for a path of the table: its neighbours, and what the global table reaches. */
export function nextHop(sketch: Sketch, table: string): Words | undefined {
  const { random, hosts, reachable } = sketch;
  const local = hosts.filter((host) => host.table === table && mayBeVia(host.words)).map((host) => host.words);
  const pool = local.length > 0 && (reachable.length === 0 || random.chance(0.5)) ? local : reachable;
  for (let attempt = 0; pool.length > 0 && attempt < 8; attempt++) {
    const words = random.pick(pool);
    if (!isOwn(sketch, table, words) && !isOwn(sketch, globalTable, words)) return words;
  }
  return undefined;
}
