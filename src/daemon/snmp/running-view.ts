// The SNMP view of a running router: its model, its routes where the control side has them, and which interfaces are up. All
// of it is looked up when it is asked for; what takes a walk over routes is kept until something changes.
import type { RouteStore } from '../../control/live/route-store.ts';
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
  #countedAt = -1;

  constructor(router: RouterInView) {
    this.#router = router;
    this.refresh();
  }

  /** Counts changes of routes and of configurations. */
  get version(): number {
    this.refresh();
    return this.#version + this.#router.image.control.version;
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
    const { version } = this;
    if (version !== this.#countedAt) this.#counts.clear();
    this.#countedAt = version;
    let counts = this.#counts.get(name);
    if (counts === undefined) {
      const present = ([4, 6] as const).reduce((sum, family) => sum + this.#inUse(name, family), 0);
      counts = { present, added: present, deleted: 0, since: this.#publishedAt };
      this.#counts.set(name, counts);
    }
    return counts;
  }

  routes(name: string, family: 4 | 6): SnmpRoutes {
    const { version } = this;
    const store = this.#router.image.control.state.routes[family];
    const table = this.#vrfs.get(name)?.table ?? -1;
    return {
      family,
      count: table < 0 ? 0 : store.end,
      addresses: store.addresses,
      lengths: store.lengths,
      version,
      has: (place) => store.tables[place] === table && store.routes[place] !== 0,
      find: ({ words, length }) => store.find(table, words, length),
      pathsAt: (place) => this.#pathsAt(store, table, place),
    };
  }

  /** Routes that packets find. */
  #inUse(name: string, family: 4 | 6): number {
    const { count, has } = this.routes(name, family);
    let sum = 0;
    for (let place = 0; place < count; place++) if (has(place)) sum++;
    return sum;
  }

  /** Times of VRFs that are as they were stay as they were. */
  #statesOf({ model, control }: LiveImage): Map<string, VrfState> {
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
        return [
          vrf.name,
          { model: vrf, interfaces, table: control.state.tableIndex(vrf.name), text, createdAt, changedAt },
        ];
      }),
    );
  }

  /** A port on an interface of this machine has that one's number, as in snmpd's own IF-MIB. */
  #indexOf(place: number): number {
    const entry = this.#router.image.model.interfaces[place] as InterfaceModel;
    const attached = entry.name === entry.port ? attachedTo(entry) : undefined;
    const index = attached === undefined ? undefined : this.#router.linkIndex(attached);
    return index ?? ownIndexFirst + place;
  }

  #pathsAt(store: RouteStore, table: number, place: number): SnmpPath[] {
    const list = this.#router.image.control.state.resolution.lists.all[store.lists[place]];
    if (list === undefined) return [];
    const ageSeconds = Math.floor((Date.now() - this.#publishedAt) / 1000);
    if (list.local === undefined) {
      const protocol = RouteProtocol.static;
      return list.paths.map((path) => ({ ...this.#pathOf(table, path), protocol, ageSeconds }));
    }
    const local = list.local.interface;
    const index = local === undefined ? 0 : this.#indexOf(local);
    const protocol = RouteProtocol.local;
    return [{ nextHop: undefined, interface: index, type: RouteType.local, protocol, ageSeconds }];
  }

  #pathOf(table: number, path: PathModel): Pick<SnmpPath, 'nextHop' | 'interface' | 'type'> {
    if (path.kind !== 'via') {
      const type = path.kind === 'drop' ? RouteType.blackhole : RouteType.other;
      return { nextHop: undefined, interface: 0, type };
    }
    const { model, control } = this.#router.image;
    const { state } = control;
    const searched = path.vrf === undefined ? table : state.tableIndex(path.vrf);
    const place =
      path.interface === undefined
        ? state.resolution.connectedInterface(searched, path.via)
        : model.interfaces.findIndex(({ name }) => name === path.interface);
    const index = place === undefined || place < 0 ? 0 : this.#indexOf(place);
    return { nextHop: path.via, interface: index, type: RouteType.remote };
  }
}
