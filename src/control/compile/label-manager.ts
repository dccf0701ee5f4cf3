// The label manager: hands out the labels that the configuration leaves open, the lowest free one first, and the
// list of who got what.
import { ShimlineError } from '../../errors.ts';
import { labelCount } from '../../tables/labels.ts';
import { formatAddress, formatPrefix } from '../../wire/address.ts';
import type { RouteModel, RouterModel, ViaPath } from '../model.ts';

/** One label and what it stands for. */
export interface Binding {
  readonly label: number;
  /** What the label stands for: `vrf red`, `vrf red ce 10.1.1.2`, `vrf red prefix 10.1.2.0/24`. */
  readonly owner: string;
  readonly vrf: string;
  /** Chosen here, not written in the configuration. */
  readonly chosen: boolean;
  /** The paths of a per-CE or per-prefix label; undefined for a per-VRF label. */
  readonly paths: readonly ViaPath[] | undefined;
}

export class LabelManager {
  /** A byte for each label: a set of a million takes a tenth of a second more. */
  readonly #used = new Uint8Array(labelCount);
  readonly #last: number;
  #next: number;

  constructor(first: number, last: number) {
    this.#next = first;
    this.#last = last;
  }

  /** Leaves a label to whoever has it already. */
  reserve(label: number): void {
    this.#used[label] = 1;
  }

  /** The lowest free label. Throws ShimlineError CONFIG when the range is exhausted. */
  allocate(owner: string): number {
    while (this.#used[this.#next] === 1) this.#next++;
    if (this.#next > this.#last) {
      throw new ShimlineError('CONFIG', `router.labels.dynamic: no label is left for ${owner}`);
    }
    this.reserve(this.#next);
    return this.#next++;
  }
}

function reserveWritten(manager: LabelManager, model: RouterModel): void {
  for (const entry of model.labels) manager.reserve(entry.label);
  for (const { label } of model.vrfs) if (label !== undefined) manager.reserve(label);
  for (const pseudowire of model.pseudowires) manager.reserve(pseudowire.localLabel);
}

/** Routes of the VRFs that have labels per CE or per prefix, by VRF: one pass over the routes, however many VRFs. */
function routesByVrf(model: RouterModel): Map<string, RouteModel[]> {
  const finer = model.vrfs.filter((vrf) => vrf.labelMode !== 'per-vrf');
  const byVrf = new Map(finer.map((vrf) => [vrf.name, [] as RouteModel[]]));
  if (byVrf.size === 0) return byVrf;
  for (const route of model.routes) if (route.vrf !== undefined) byVrf.get(route.vrf)?.push(route);
  return byVrf;
}

/**
 * All labels of VRFs: written ones as they are, then per-VRF labels in the order of the file, then those of the
 * per-CE and per-prefix modes.
 */
export function bindLabels(model: RouterModel, isLocal: (vrf: string, path: ViaPath) => boolean): Binding[] {
  const { first, last } = model.dynamicLabels;
  const manager = new LabelManager(first, last);
  reserveWritten(manager, model);
  const perVrf = model.vrfs.map((vrf): Binding => {
    const owner = `vrf ${vrf.name}`;
    const label = vrf.label ?? manager.allocate(owner);
    return { label, owner, vrf: vrf.name, chosen: vrf.label === undefined, paths: undefined };
  });
  const routes = routesByVrf(model);
  const finer = model.vrfs.flatMap((vrf): Binding[] => {
    const owners = new Map<string, readonly ViaPath[]>();
    for (const { prefix, paths } of routes.get(vrf.name) ?? []) {
      // Only prefixes that lead straight to CEs have labels of their own.
      if (!paths.every((path) => path.kind === 'via' && isLocal(vrf.name, path))) continue;
      const vias = paths as readonly ViaPath[];
      if (vrf.labelMode === 'per-prefix') owners.set(`prefix ${formatPrefix(prefix)}`, vias);
      else for (const path of vias) owners.set(`ce ${formatAddress(path.via)}`, [path]);
    }
    return [...owners].map(([what, paths]) => {
      const owner = `vrf ${vrf.name} ${what}`;
      return { label: manager.allocate(owner), owner, vrf: vrf.name, chosen: true, paths };
    });
  });
  return [...perVrf, ...finer];
}
