// What the tables' numbers are called, for explanations.
import type { Names } from '../engine/slow/story.ts';
import { formatPrefix } from '../wire/address.ts';
import type { RibEntry } from './compile/rib.ts';
import type { RouterModel } from './model.ts';

/** Names for a compiled router: interfaces in the model's order, routes from number 1. */
export function namesOf(
  model: RouterModel,
  tableNames: readonly string[],
  routes: readonly RibEntry[],
  ports: readonly string[],
): Names {
  return {
    port: (index) => ports[index] ?? `port ${index}`,
    interface: (index) => model.interfaces[index]?.name ?? `interface ${index}`,
    table: (index) => (index === 0 ? 'global' : `vrf ${tableNames[index]}`),
    route: (index) => {
      const entry = routes[index - 1];
      return entry === undefined ? `route ${index}` : formatPrefix(entry.prefix);
    },
  };
}
