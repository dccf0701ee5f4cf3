// The label manager: hands out the labels that the configuration leaves open, the lowest free one first, and the
// list of who got what.
import { ShimlineError } from '../../errors.ts';
import { formatAddress, formatPrefix } from '../../wire/address.ts';
import type { RouterModel, ViaPath, VrfModel } from '../model.ts';

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
  readonly #used: Set<number>;
  readonly #last: number;
  #next: number;

  constructor(used: Iterable<number>, first: number, last: number) {
    this.#used = new Set(used);
    this.#next = first;
    this.#last = last;
  }

  /** The lowest free label. Throws ShimlineError CONFIG when the range is exhausted. */
  allocate(owner: string): number {
    while (this.#used.has(this.#next)) this.#next++;
    if (this.#next > this.#last) {
      throw new ShimlineError('CONFIG', `router.labels.dynamic: no label is left for ${owner}`);
    }
    this.#used.add(this.#next);
    return this.#next++;
  }
}

function labelsInUse(model: RouterModel): number[] {
  return [
    ...model.labels.map((entry) => entry.label),
    ...model.vrfs.flatMap((vrf) => vrf.label ?? []),
    ...model.pseudowires.map((pseudowire) => pseudowire.localLabel),
  ];
}

/** Path sets behind a VRF's prefixes that lead straight to CEs; `isLocal` tells which next hops are connected. */
function localPaths(model: RouterModel, vrf: VrfModel, isLocal: (vrf: string, path: ViaPath) => boolean) {
  return model.routes
    .filter((route) => route.vrf === vrf.name)
    .filter((route) => route.paths.every((path) => path.kind === 'via' && isLocal(vrf.name, path)))
    .map((route) => ({ prefix: formatPrefix(route.prefix), paths: route.paths as readonly ViaPath[] }));
}

/**
 * All labels of VRFs: written ones as they are, then per-VRF labels in the order of the file, then those of the
 * per-CE and per-prefix modes.
 */
export function bindLabels(model: RouterModel, isLocal: (vrf: string, path: ViaPath) => boolean): Binding[] {
  const { first, last } = model.dynamicLabels;
  const manager = new LabelManager(labelsInUse(model), first, last);
  const perVrf = model.vrfs.map((vrf): Binding => {
    const owner = `vrf ${vrf.name}`;
    const label = vrf.label ?? manager.allocate(owner);
    return { label, owner, vrf: vrf.name, chosen: vrf.label === undefined, paths: undefined };
  });
  const finer = model.vrfs.flatMap((vrf): Binding[] => {
    if (vrf.labelMode === 'per-vrf') return [];
    const owners = new Map<string, readonly ViaPath[]>();
    for (const { prefix, paths } of localPaths(model, vrf, isLocal)) {
      if (vrf.labelMode === 'per-prefix') owners.set(`prefix ${prefix}`, paths);
      else for (const path of paths) owners.set(`ce ${formatAddress(path.via)}`, [path]);
    }
    return [...owners].map(([what, paths]) => {
      const owner = `vrf ${vrf.name} ${what}`;
      return { label: manager.allocate(owner), owner, vrf: vrf.name, chosen: true, paths };
    });
  });
  return [...perVrf, ...finer];
}
