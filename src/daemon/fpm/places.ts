// What zebra's numbers mean here: kernel tables are VRFs, interfaces of the control namespace are control ports of ours, VRF
// devices or the loopback. Follows the configuration and the kernel, and remembers what was asked.
import type { InterfaceModel, RouterModel } from '../../control/model.ts';
import { contains, type IpAddress, type IpPrefix } from '../../wire/address.ts';
import { attachedTo } from '../live-model.ts';
import type { KernelLink, KernelLinks } from './kernel-links.ts';

/** Where something leaves. */
export type Outlet =
  | { readonly kind: 'interface'; readonly name: string; readonly vrf: string | undefined }
  /** The device of a VRF: what leaves by it is looked up there. */
  | { readonly kind: 'vrf'; readonly name: string }
  | { readonly kind: 'loopback' }
  /** An interface that is none of ours, or that nobody knows. */
  | { readonly kind: 'foreign'; readonly name: string };

/** RT_TABLE_UNSPEC, RT_TABLE_MAIN, RT_TABLE_LOCAL. */
const globalTables: readonly number[] = [0, 254, 255];

/** Remembered at most: numbers may be anything. */
const outletsMax = 10_000;

/** Everything that a model says of these, by what zebra knows. */
class Meaning {
  readonly tables = new Map<number, string | undefined>(globalTables.map((table) => [table, undefined]));
  readonly vrfs: ReadonlySet<string>;
  readonly byLink = new Map<string, InterfaceModel>();
  readonly byName = new Map<string, InterfaceModel>();
  readonly own = new Map<string, Set<string>>();
  readonly connected = new Map<string, IpPrefix[]>();

  constructor(model: RouterModel) {
    this.vrfs = new Set(model.vrfs.map(({ name }) => name));
    for (const { name, kernelTable } of model.vrfs) if (kernelTable !== undefined) this.tables.set(kernelTable, name);
    for (const entry of model.interfaces) {
      if (entry.role !== 'routed') continue;
      const { controlPort, vrf = '' } = entry;
      const attached = attachedTo(entry);
      if (controlPort !== undefined) this.byLink.set(`${controlPort.netns}/${controlPort.name}`, entry);
      else if (attached !== undefined) this.byLink.set(`/${attached}`, entry);
      this.byName.set(entry.name, entry);
      for (const prefix of entry.addresses) {
        this.#own(vrf).add(prefix.words.join());
        const subnets = this.connected.get(vrf) ?? [];
        this.connected.set(vrf, subnets);
        subnets.push(prefix);
      }
    }
    for (const id of [model.id, model.id6]) if (id !== undefined) this.#own('').add(id.words.join());
  }

  #own(vrf: string): Set<string> {
    const own = this.own.get(vrf) ?? new Set();
    this.own.set(vrf, own);
    return own;
  }
}

export class Places {
  readonly #modelOf: () => RouterModel;
  readonly #links: KernelLinks;
  #model: RouterModel;
  #map: Meaning;
  #linksVersion = -1;
  #version = 0;
  /** Outlets by interface number and VRF. */
  readonly #outlets = new Map<string, Outlet>();

  /** `modelOf` answers the same object until something is different. */
  constructor(modelOf: () => RouterModel, links: KernelLinks) {
    this.#modelOf = modelOf;
    this.#links = links;
    this.#model = modelOf();
    this.#map = new Meaning(this.#model);
  }

  /** Counts what `refresh` has found to be different. */
  get version(): number {
    return this.#version;
  }

  /** To be called before a piece of input is read: what has changed is seen from now on. */
  refresh(): void {
    this.#links.poll();
    const model = this.#modelOf();
    if (model === this.#model && this.#links.version === this.#linksVersion) return;
    this.#linksVersion = this.#links.version;
    if (model === this.#model) return this.#compareOutlets();
    this.#map = new Meaning(model);
    this.#model = model;
    this.#outlets.clear();
    this.#version++;
  }

  /** Interfaces come and go that nobody has asked for: of those that somebody has, is any another one? */
  #compareOutlets(): void {
    let isSame = true;
    for (const [key, outlet] of this.#outlets) {
      const [index, vrf] = key.split(' ');
      const now = this.#find(Number(index), vrf === '' ? undefined : vrf);
      if (now.kind === outlet.kind && ('name' in now ? now.name : '') === ('name' in outlet ? outlet.name : ''))
        continue;
      this.#outlets.set(key, now);
      isSame = false;
    }
    if (!isSame) this.#version++;
  }

  /** The VRF of a kernel table, undefined for the global one; `null`: no VRF has it. */
  vrfOfTable(table: number): string | undefined | null {
    const { tables } = this.#map;
    return tables.has(table) ? tables.get(table) : null;
  }

  /** What an interface number means for a route of a VRF; undefined for 0, which names none. */
  outletOf(index: number, vrf: string | undefined): Outlet | undefined {
    if (index === 0) return undefined;
    const key = `${index} ${vrf ?? ''}`;
    let outlet = this.#outlets.get(key);
    if (outlet === undefined) {
      outlet = this.#find(index, vrf);
      if (this.#outlets.size >= outletsMax) this.#outlets.clear();
      this.#outlets.set(key, outlet);
    }
    return outlet;
  }

  /** Numbers are those of a namespace: of several, the interface that is in the route's VRF is meant. */
  #find(index: number, vrf: string | undefined): Outlet {
    const links = this.#links.withIndex(index);
    const outlets = links.map((link) => this.#outletOfLink(link)).filter((each) => each.kind !== 'foreign');
    const inVrf = outlets.find((each) => each.kind === 'interface' && each.vrf === vrf);
    return inVrf ?? outlets[0] ?? { kind: 'foreign', name: links[0]?.name ?? `number ${index}` };
  }

  #outletOfLink({ name, netns, vrfTable }: KernelLink): Outlet {
    const { byLink, byName, tables, vrfs } = this.#map;
    const named = byName.get(name);
    const entry = byLink.get(`${netns ?? ''}/${name}`) ?? (named?.controlPort === undefined ? named : undefined);
    if (entry !== undefined) return { kind: 'interface', name: entry.name, vrf: entry.vrf };
    const vrf = vrfTable === undefined ? undefined : tables.get(vrfTable);
    if (vrf !== undefined) return { kind: 'vrf', name: vrf };
    if (vrfs.has(name)) return { kind: 'vrf', name };
    return name === 'lo' ? { kind: 'loopback' } : { kind: 'foreign', name };
  }

  /** Whether an address is the router's own in a VRF. */
  isOwn(vrf: string | undefined, { words }: Pick<IpAddress, 'words'>): boolean {
    return this.#map.own.get(vrf ?? '')?.has(words.join()) ?? false;
  }

  /** Whether an address is on a subnet of ours in a VRF. */
  isConnected(vrf: string | undefined, address: IpAddress): boolean {
    return this.#map.connected.get(vrf ?? '')?.some((subnet) => contains(subnet, address)) ?? false;
  }

  /** Whether a prefix is within a subnet of ours in a VRF. */
  isCovered(vrf: string | undefined, prefix: IpPrefix): boolean {
    const subnets = this.#map.connected.get(vrf ?? '') ?? [];
    return subnets.some((subnet) => subnet.length <= prefix.length && contains(subnet, prefix));
  }
}
