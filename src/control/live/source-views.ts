// How much each source has put into a running router, and how much of it is stale: counted over the columns, without an
// object for any route.
import type { LiveState } from './live-state.ts';
import { Place, type RouteStore } from './route-store.ts';
import type { Sources } from './sources.ts';

export interface SourceView {
  readonly source: string;
  /** Of several sources the one with the smallest is believed. */
  readonly distance: number;
  /** Active ones and those that wait. */
  readonly routes: number;
  readonly labels: number;
  /** Of both, what is not confirmed since its owner went away. */
  readonly stale: number;
}

interface Count {
  routes: number;
  labels: number;
  stale: number;
}

function countRoutes(store: RouteStore, countOf: (source: number) => Count): void {
  for (let place = 0; place < store.end; place++) {
    if (store.lists[place] < 0) continue;
    const count = countOf(store.sources[place]);
    count.routes++;
    if ((store.flags[place] & Place.stale) !== 0) count.stale++;
  }
  for (const others of store.waiting.values()) {
    for (const { source, isStale } of others) {
      const count = countOf(source);
      count.routes++;
      if (isStale) count.stale++;
    }
  }
}

/** Sources that have anything, in the order in which they were first heard of. */
export function sourceViews(state: LiveState, sources: Sources): SourceView[] {
  const counts: Count[] = [];
  const countOf = (source: number): Count => {
    let count = counts[source];
    if (count === undefined) {
      count = { routes: 0, labels: 0, stale: 0 };
      counts[source] = count;
    }
    return count;
  };
  countRoutes(state.routes[4], countOf);
  countRoutes(state.routes[6], countOf);
  for (const { candidates } of state.labels) {
    for (const { source, isStale } of candidates) {
      const count = countOf(source);
      count.labels++;
      if (isStale) count.stale++;
    }
  }
  // Numbers without a count are left out.
  const numbers = Object.keys(counts).map(Number);
  return numbers.map((source) => {
    return { source: sources.name(source), distance: sources.distance(source), ...(counts[source] as Count) };
  });
}
