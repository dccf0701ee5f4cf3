// Layer 2 over to new tables: which circuits, bridges and pseudowires are the same there, by name, whatever their numbers;
// and where pseudowires are in their numbering. What bridges have learned is in mac-copy.ts.
import { CircuitKind, circuitWords, Pseudowire, pseudowireWords, Service } from '../tables/circuits.ts';
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

/** Numbers in the new tables by those of circuits of bridges in the old ones, as far as they are there. */
export function renumberedCircuits(from: NamedTables, to: NamedTables): Map<number, number> {
  const known = bridgedCircuits(to);
  const pairs = [...bridgedCircuits(from)].map(([key, circuit]) => [circuit, known.get(key)] as const);
  return new Map(pairs.filter((pair): pair is [number, number] => pair[1] !== undefined));
}

/** New numbers by old ones, -1 where there is none. */
export function renumbered(old: readonly string[], now: readonly string[]): number[] {
  const indexes = new Map(now.map((name, index) => [name, index]));
  return old.map((name) => indexes.get(name) ?? -1);
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
