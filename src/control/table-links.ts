// What `table` routes open between VRFs (VRF-7): chains of them can join customers that nobody meant to join, so
// `check` points them out.
import type { CompiledRouter } from './router.ts';

/** Tables that a packet in `table` can be sent on to, directly. */
function links(router: CompiledRouter): Map<number, Set<number>> {
  const result = new Map<number, Set<number>>();
  for (const { table, model } of router.routes) {
    for (const path of model?.paths ?? []) {
      if (path.kind !== 'table') continue;
      const targets = result.get(table) ?? new Set<number>();
      targets.add(router.rib.tableIndex(path.target));
      result.set(table, targets);
    }
  }
  return result;
}

/** One sentence for each pair of VRFs that `table` routes join in a direction, with the way. */
export function tableLinks(router: CompiledRouter): string[] {
  const next = links(router);
  const name = (table: number) => router.rib.tableNames[table] as string;
  const sentences: string[] = [];
  for (const from of next.keys()) {
    if (from === 0) continue;
    const ways = new Map<number, string>([[from, name(from)]]);
    for (const [table, way] of ways) {
      for (const to of next.get(table) ?? []) if (!ways.has(to)) ways.set(to, `${way} → ${name(to)}`);
    }
    for (const [to, way] of ways) {
      if (to !== 0 && to !== from) sentences.push(`table routes open vrf ${name(from)} to vrf ${name(to)}: ${way}`);
    }
  }
  return sentences;
}
