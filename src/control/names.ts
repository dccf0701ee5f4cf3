// What the tables' numbers are called, for explanations.
import type { Names } from '../engine/slow/story.ts';
import { formatPrefix } from '../wire/address.ts';
import type { NumberedRoutes } from './compile/plan-routes.ts';
import type { RouterModel } from './model.ts';

/** Names for a compiled router: interfaces in the model's order, routes from number 1. */
export function namesOf(
  model: RouterModel,
  tableNames: readonly string[],
  routes: NumberedRoutes,
  ports: readonly string[],
): Names {
  return {
    port: (index) => ports[index] ?? `port ${index}`,
    interface: (index) => model.interfaces[index]?.name ?? `interface ${index}`,
    table: (index) => (index === 0 ? 'global' : `vrf ${tableNames[index]}`),
    route: (index) => {
      const entry = routes.at(index);
      return entry === undefined ? `route ${index}` : formatPrefix(entry.prefix);
    },
    pseudowire: (index) => model.pseudowires[index]?.name ?? `pseudowire ${index}`,
    bridge: (index) => model.bridges[index]?.name ?? `bridge ${index}`,
  };
}
