// How flows share the two links between P and PE2.
import type { SiteName } from './lab.ts';
import type { Visit } from './network.ts';
import type { Journey } from './verify.ts';

export interface Spread {
  readonly from: SiteName;
  /** Flows by link. */
  readonly a: number;
  readonly b: number;
  /** Flows of which both links saw packets. */
  readonly torn: number;
}

/** How the flows of a site share the two links between P and PE2. */
export function spread(journeys: readonly Journey[], from: SiteName): Spread {
  const links = new Map<string, Set<string>>();
  for (const { probe, visit } of journeys) {
    if (probe.from !== from || !probe.says.startsWith('flow ')) continue;
    const taken = links.get(probe.says) ?? new Set<string>();
    for (const port of portsOut(visit)) if (/^(to-pe2|core-)[ab]$/.test(port)) taken.add(port.slice(-1));
    links.set(probe.says, taken);
  }
  const flows = [...links.values()];
  const only = (link: string) => flows.filter((taken) => taken.size === 1 && taken.has(link)).length;
  return { from, a: only('a'), b: only('b'), torn: flows.filter((taken) => taken.size > 1).length };
}

function portsOut(visit: Visit): string[] {
  return visit.endings.flatMap(({ kind, port, next }) => [
    ...(kind === 'sent' ? [port] : []),
    ...(next === undefined ? [] : portsOut(next)),
  ]);
}
