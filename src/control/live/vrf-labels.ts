// The labels that VRFs make by themselves: one for the VRF, and by its label mode one for each CE or prefix that a route of
// its own leads to. They are entries of the source `vrf`, which nobody else may write.
import { formatAddress, formatPrefix, type IpPrefix } from '../../wire/address.ts';
import type { ActionPath, LabelModel, PathModel, ViaPath, VrfModel } from '../model.ts';
import type { LabelManager } from './label-manager.ts';
import type { LabelStore } from './label-store.ts';

/** A key of the label manager with what its label does. */
interface Wanted {
  readonly key: string;
  readonly paths: readonly ViaPath[];
}

function intoTable(target: string): ActionPath {
  return { kind: 'table', target, weight: 1, backup: false, ttl: undefined, tc: undefined, payload: undefined };
}

export class VrfLabels {
  readonly #manager: LabelManager;
  readonly #labels: LabelStore;
  readonly #source: number;
  readonly #isLocal: (vrf: string, path: ViaPath) => boolean;
  /** Routes that want each key. */
  readonly #wanted = new Map<string, number>();
  /** Labels that configuration gives to VRFs, by name. */
  readonly #configured = new Map<string, number>();
  /** Keys for which no label was left. */
  readonly unbound = new Set<string>();

  constructor(
    manager: LabelManager,
    labels: LabelStore,
    source: number,
    isLocal: (vrf: string, path: ViaPath) => boolean,
  ) {
    this.#manager = manager;
    this.#labels = labels;
    this.#source = source;
    this.#isLocal = isLocal;
  }

  addVrf({ name, label, path }: VrfModel): void {
    if (label !== undefined) {
      this.#configured.set(name, label);
      this.#labels.put({ path, label, paths: [intoTable(name)] }, this.#source);
      return;
    }
    this.#bind(`vrf ${name}`, path, [intoTable(name)]);
  }

  removeVrf(name: string): void {
    const label = this.#configured.get(name);
    if (label === undefined) return this.#release(`vrf ${name}`);
    this.#configured.delete(name);
    this.#labels.remove(label, this.#source);
  }

  labelOf(name: string): number | undefined {
    return this.#configured.get(name) ?? this.#manager.find(`vrf ${name}`);
  }

  /** What a route of a VRF wants labels for. */
  wantedBy({ name, labelMode }: VrfModel, prefix: IpPrefix, paths: readonly PathModel[]): Wanted[] {
    if (labelMode === 'per-vrf') return [];
    // Only prefixes that lead straight to CEs have labels of their own.
    if (!paths.every((path) => path.kind === 'via' && this.#isLocal(name, path))) return [];
    const vias = paths as readonly ViaPath[];
    if (labelMode === 'per-prefix') return [{ key: `vrf ${name} prefix ${formatPrefix(prefix)}`, paths: vias }];
    const byCe = new Map(vias.map((path) => [formatAddress(path.via), path]));
    return [...byCe].map(([ce, path]) => ({ key: `vrf ${name} ce ${ce}`, paths: [path] }));
  }

  /** A route has become the active one of its prefix. */
  routeCame(vrf: VrfModel, prefix: IpPrefix, paths: readonly PathModel[]): void {
    for (const { key, paths: vias } of this.wantedBy(vrf, prefix, paths)) {
      const count = (this.#wanted.get(key) ?? 0) + 1;
      this.#wanted.set(key, count);
      const isPrefix = vrf.labelMode === 'per-prefix';
      if (count > 1 && !isPrefix) continue;
      const ends = vias.map((each) => ({ ...each, vrf: each.vrf ?? vrf.name, payload: 'ip' as const }));
      this.#bind(key, vrf.path, ends);
    }
  }

  /** The route is that no more. */
  routeWent(vrf: VrfModel, prefix: IpPrefix, paths: readonly PathModel[]): void {
    for (const { key } of this.wantedBy(vrf, prefix, paths)) {
      const count = (this.#wanted.get(key) ?? 0) - 1;
      if (count > 0) this.#wanted.set(key, count);
      else {
        this.#wanted.delete(key);
        this.#release(key);
      }
    }
  }

  #bind(key: string, path: string, paths: readonly PathModel[]): void {
    const label = this.#manager.tryBind(key);
    if (label === undefined) {
      this.unbound.add(key);
      return;
    }
    const model: LabelModel = { path, label, paths };
    this.#labels.put(model, this.#source);
  }

  #release(key: string): void {
    this.unbound.delete(key);
    const label = this.#manager.find(key);
    if (label === undefined) return;
    this.#labels.remove(label, this.#source);
    this.#manager.release(key);
  }
}
