// The SNMP view of a running router: its model, its routing tables as they were compiled, and which interfaces are up. All
// of it is looked up when it is asked for; what takes a walk over routes is kept until other tables are published.
import type { Outcome, RibTable } from '../../control/compile/rib.ts';
import type { InterfaceModel, PathModel, VrfModel } from '../../control/model.ts';
import type { LiveImage } from '../image.ts';
import { attachedTo } from '../live-model.ts';
import {
  RouteProtocol,
  RouteType,
  type SnmpPath,
  type SnmpRouteCounts,
  type SnmpRoutes,
  type SnmpView,
  type SnmpVrf,
} from './view.ts';

/** ifIndex of what is no interface of this machine: this, and its place in the configuration. Linux counts from 1. */
export const ownIndexFirst = 1_000_000_001;

/** What it needs of a RunningRouter. */
export interface RouterInView {
  readonly image: LiveImage;
  /** The number of a Linux interface of this machine. */
  linkIndex(name: string): number | undefined;
}

interface VrfState {
  readonly model: VrfModel;
  /** Places of its interfaces in the model. */
  readonly interfaces: readonly number[];
  readonly table: number;
  /** By what it is told from what it was. */
  readonly text: string;
  readonly createdAt: number;
  readonly changedAt: number;
}

export class RunningView implements SnmpView {
  readonly #router: RouterInView;
  #image: LiveImage | undefined;
  #version = 0;
  #publishedAt = 0;
  #vrfs = new Map<string, VrfState>();
  readonly #counts = new Map<string, SnmpRouteCounts>();

  constructor(router: RouterInView) {
    this.#router = router;
    this.refresh();
  }

  get version(): number {
    this.refresh();
    return this.#version;
  }

  /** To be called when a configuration was taken over, so that its time is right; other tables are noticed anyway. */
  refresh(): void {
    const { image } = this.#router;
    if (image === this.#image) return;
    this.#image = image;
    this.#version++;
    this.#publishedAt = Date.now();
    this.#counts.clear();
    this.#vrfs = this.#statesOf(image);
  }

  vrfNames(): readonly string[] {
    this.refresh();
    return [...this.#vrfs.keys()];
  }

  vrf(name: string): SnmpVrf | undefined {
    this.refresh();
    const state = this.#vrfs.get(name);
    if (state === undefined) return undefined;
    const { model, interfaces, createdAt, changedAt } = state;
    const { tables } = this.#router.image;
    return {
      name,
      rd: model.rd,
      importTargets: model.importTargets,
      exportTargets: model.exportTargets,
      interfaces: interfaces.map((place) => ({ index: this.#indexOf(place), isUp: tables.interfaces.isUp(place) })),
      createdAt,
      changedAt,
    };
  }

  counts(name: string): SnmpRouteCounts {
    this.refresh();
    let counts = this.#counts.get(name);
    if (counts === undefined) {
      const present = ([4, 6] as const).reduce((sum, family) => sum + usableOf(this.#setOf(name, family)), 0);
      counts = { present, added: present, deleted: 0, since: this.#publishedAt };
      this.#counts.set(name, counts);
    }
    return counts;
  }

  routes(name: string, family: 4 | 6): SnmpRoutes {
    this.refresh();
    const set = this.#setOf(name, family);
    return {
      family,
      count: set?.entries.length ?? 0,
      addresses: set?.addresses ?? new Uint32Array(0),
      lengths: set?.lengths ?? new Uint8Array(0),
      version: this.#version,
      has: (place) => set?.outcomes[place]?.state === 'usable',
      find: (prefix) => set?.find(prefix) ?? -1,
      pathsAt: (place) => (set === undefined ? [] : this.#pathsAt(set, place)),
    };
  }

  #setOf(name: string, family: 4 | 6): RibTable | undefined {
    const state = this.#vrfs.get(name);
    return state && this.#router.image.compiled.rib.routesOf(state.table, family);
  }

  /** Times of VRFs that are as they were stay as they were. */
  #statesOf({ compiled }: LiveImage): Map<string, VrfState> {
    const { model, rib } = compiled;
    const places = new Map<string, number[]>(model.vrfs.map(({ name }) => [name, []]));
    model.interfaces.forEach(({ vrf, role }, place) => {
      if (vrf !== undefined && role === 'routed') places.get(vrf)?.push(place);
    });
    return new Map(
      model.vrfs.map((vrf) => {
        const interfaces = places.get(vrf.name) ?? [];
        const names = interfaces.map((place) => model.interfaces[place]?.name);
        const text = JSON.stringify([vrf, names]);
        const before = this.#vrfs.get(vrf.name);
        const createdAt = before?.createdAt ?? this.#publishedAt;
        const changedAt = before?.text === text ? before.changedAt : this.#publishedAt;
        return [vrf.name, { model: vrf, interfaces, table: rib.tableIndex(vrf.name), text, createdAt, changedAt }];
      }),
    );
  }

  /** A port on an interface of this machine has that one's number, as in snmpd's own IF-MIB. */
  #indexOf(place: number): number {
    const entry = this.#router.image.compiled.model.interfaces[place] as InterfaceModel;
    const attached = entry.name === entry.port ? attachedTo(entry) : undefined;
    const index = attached === undefined ? undefined : this.#router.linkIndex(attached);
    return index ?? ownIndexFirst + place;
  }

  #pathsAt(set: RibTable, place: number): SnmpPath[] {
    const { source, interface: local, model } = set.entryAt(place);
    const ageSeconds = Math.floor((Date.now() - this.#publishedAt) / 1000);
    if (source === 'static') {
      const protocol = RouteProtocol.static;
      return (model?.paths ?? []).map((path) => ({ ...this.#pathOf(set.table, path), protocol, ageSeconds }));
    }
    const index = local === undefined ? 0 : this.#indexOf(local);
    const protocol = RouteProtocol.local;
    return [{ nextHop: undefined, interface: index, type: RouteType.local, protocol, ageSeconds }];
  }

  #pathOf(table: number, path: PathModel): Pick<SnmpPath, 'nextHop' | 'interface' | 'type'> {
    if (path.kind !== 'via') {
      const type = path.kind === 'drop' ? RouteType.blackhole : RouteType.other;
      return { nextHop: undefined, interface: 0, type };
    }
    const { rib, resolver, model } = this.#router.image.compiled;
    const searched = path.vrf === undefined ? table : rib.tableIndex(path.vrf);
    const place =
      path.interface === undefined
        ? resolver.connectedInterface(searched, path.via)
        : model.interfaces.findIndex(({ name }) => name === path.interface);
    const index = place === undefined || place < 0 ? 0 : this.#indexOf(place);
    return { nextHop: path.via, interface: index, type: RouteType.remote };
  }
}

function usableOf(set: RibTable | undefined): number {
  const usable = (outcome: Outcome) => outcome.state === 'usable';
  return set?.outcomes.reduce((sum, outcome) => sum + Number(usable(outcome)), 0) ?? 0;
}
