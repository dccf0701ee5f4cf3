// What bridges have learned and where pseudowires are in their numbering, over to new tables: like copyNeighbors, before
// these forward. Circuits, bridges and pseudowires are the same by name, whatever their numbers.
import {
  BridgeFlag,
  bridgeWords,
  CircuitKind,
  circuitWords,
  Pseudowire,
  pseudowireWords,
  Service,
} from '../tables/circuits.ts';
import { fixedMac, macWords } from '../tables/macs.ts';
import type { Tables } from '../tables/tables.ts';

/** Tables, and what they call their interfaces, pseudowires and bridges. */
export interface NamedTables {
  readonly tables: Tables;
  readonly interfaces: readonly string[];
  readonly pseudowires: readonly string[];
  readonly bridges: readonly string[];
}

/** Circuits of bridges by what they are: `1 ce1 lan`. */
function bridgedCircuits({ tables, interfaces, pseudowires, bridges }: NamedTables): Map<string, number> {
  const { circuits, circuitCount } = tables.circuits;
  const found = new Map<string, number>();
  for (let circuit = 1; circuit < circuitCount; circuit++) {
    const at = circuit * circuitWords;
    if (circuits[at + 2] !== Service.bridge) continue;
    const kind = circuits[at] as number;
    const name = (kind === CircuitKind.pseudowire ? pseudowires : interfaces)[circuits[at + 1] as number];
    found.set(`${kind} ${name} ${bridges[circuits[at + 3] as number]}`, circuit);
  }
  return found;
}

/** New numbers by old ones, -1 where there is none. */
function renumbered(old: readonly string[], now: readonly string[]): number[] {
  const indexes = new Map(now.map((name, index) => [name, index]));
  return old.map((name) => indexes.get(name) ?? -1);
}

function isQualified({ circuits }: Tables, bridge: number): boolean {
  return ((circuits.bridges[bridge * bridgeWords + 4] as number) & BridgeFlag.qualified) !== 0;
}

/**
 * Carries learned MAC addresses over whose bridge and circuit are there in the new tables, up to the limit of the bridge.
 * Answers how many.
 */
export function copyMacs(from: NamedTables, to: NamedTables): number {
  const bridgeOf = renumbered(from.bridges, to.bridges);
  const known = bridgedCircuits(to);
  const circuitOf = new Map([...bridgedCircuits(from)].map(([key, circuit]) => [circuit, known.get(key)]));
  const { entries } = from.tables.macs;
  const { macs, circuits } = to.tables;
  macs.followWheel(from.tables.macs);
  let copied = 0;
  for (const entry of from.tables.macs.all()) {
    const word = (place: number) => entries[entry * macWords + place] as number;
    const before = word(0) >>> 16;
    const bridge = bridgeOf[before] ?? -1;
    const circuit = word(2) < fixedMac ? circuitOf.get(word(2)) : undefined;
    if (bridge < 0 || circuit === undefined) continue;
    if (isQualified(from.tables, before) !== isQualified(to.tables, bridge)) continue;
    const at = bridge * bridgeWords;
    if ((circuits.bridges[at + 5] as number) >= (circuits.bridges[at + 3] as number)) continue;
    const high = ((bridge << 16) | (word(0) & 0xffff)) >>> 0;
    if (macs.find(high, word(1), word(7)) >= 0) continue;
    if (!macs.add(high, word(1), word(7), circuit, word(3), word(4), circuits.bridges[at + 2] as number)) break;
    circuits.bridges[at + 5] = (circuits.bridges[at + 5] as number) + 1;
    copied++;
  }
  return copied;
}

/** Sequence numbers go on where they are: the far end would drop what begins anew. */
export function copySequences(from: NamedTables, to: NamedTables): void {
  for (const [old, now] of renumbered(from.pseudowires, to.pseudowires).entries()) {
    if (now < 0) continue;
    const before = from.tables.circuits.pseudowires.subarray(old * pseudowireWords, (old + 1) * pseudowireWords);
    const after = to.tables.circuits.pseudowires.subarray(now * pseudowireWords, (now + 1) * pseudowireWords);
    if (((before[0] as number) & (after[0] as number) & Pseudowire.sequencing) === 0) continue;
    after[6] = before[6] as number;
    after[7] = before[7] as number;
  }
}
