// What keeps a valid configuration from being replayed.
import type { RouterModel } from '../control/model.ts';
import { ShimlineError } from '../errors.ts';

/** Layer 2 services are validated, but no frame is carried by them yet: better refused than forwarded wrongly. */
export function assertReplayable(model: RouterModel, fileName: string): void {
  const kinds = [
    model.xconnects.length > 0 && 'xconnects',
    model.bridges.length > 0 && 'bridges',
    model.pseudowires.length > 0 && 'pseudowires',
  ].filter((kind) => kind !== false);
  if (kinds.length === 0) return;
  throw new ShimlineError(
    'CONFIG',
    `${fileName} ${kinds.join(', ')}: layer 2 services are checked but not yet forwarded; replay and trace need a configuration without them`,
  );
}

/** Ports that are good for a live run, where the device brings its address, and refused by replay. */
export function portsWithoutMac(model: RouterModel): string[] {
  const routed = model.interfaces.filter((entry) => entry.role === 'routed' && entry.mac === undefined);
  return [...new Set(routed.map((entry) => entry.port))];
}
