// What keeps a valid configuration from being replayed.
import type { RouterModel } from '../control/model.ts';

/** Ports that are good for a live run, where the device brings its address, and refused by replay. */
export function portsWithoutMac(model: RouterModel): string[] {
  const routed = model.interfaces.filter((entry) => entry.role === 'routed' && entry.mac === undefined);
  return [...new Set(routed.map((entry) => entry.port))];
}
