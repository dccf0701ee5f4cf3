// A router's control without forwarding, as the GoBGP adapter sees a running one; and its log as lines.

import { parseConfig } from '../../src/control/config/index.ts';
import { RouterControl } from '../../src/control/live/index.ts';
import type { RouterForGobgp } from '../../src/daemon/gobgp/adapter.ts';
import type { Log } from '../../src/daemon/log.ts';
import { formatAddress, formatPrefix } from '../../src/wire/address.ts';

export interface ControlRouter extends RouterForGobgp {
  /** Another configuration from now on. */
  replace(yaml: string): void;
  /** `red 10.2.0.0/24 via 192.0.2.2 24201`, sorted; of those that gobgp has told. */
  routes(): string[];
}

export function controlRouter(yaml: string): ControlRouter {
  let model = parseConfig(yaml, 'pe.yaml', { live: true });
  const control = new RouterControl(model);
  return {
    get model() {
      return model;
    },
    control,
    apply: async (source, changes) => control.apply(source, changes),
    sweep: async (source) => control.sweep(source),
    labelsKept: async () => {},
    replace: (text) => {
      model = parseConfig(text, 'pe.yaml', { live: true });
      const result = control.replaceConfig(model);
      if (!result.ok) throw new Error(JSON.stringify(result));
    },
    routes: () =>
      [...control.routes({ source: 'gobgp' })]
        .map(({ vrf, prefix, paths, isStale }) => {
          const where = paths.map((path) =>
            path.kind === 'via'
              ? ['via', formatAddress(path.via), path.vrf, path.labels?.join()].filter(Boolean).join(' ')
              : `${path.kind} ${path.target}`,
          );
          return `${vrf} ${formatPrefix(prefix)} ${where.join(', ')}${isStale ? ' stale' : ''}`;
        })
        .sort(),
  };
}

export function listLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const take = (level: string) => (_fields: object, message: string) => {
    lines.push(`${level} ${message}`);
  };
  return { lines, debug: take('debug'), info: take('info'), warn: take('warn'), error: take('error') };
}
