// Which interfaces a frame may leave by, told by the configuration alone: lists of prefixes and labels, looked through
// from end to end, and a parser of its own; no table, trie or group of the engine. Where it cannot be sure whether a route
// can be used it allows the next shorter one as well; TTLs, sizes, checksums and links that are down it does not look at.
import type {
  ActionPath,
  CircuitModel,
  InterfaceModel,
  LabelModel,
  PathModel,
  RouteModel,
  RouterModel,
  ViaPath,
} from '../../src/control/model.ts';
import type { Prefix, Words } from './addresses.ts';

/** What is configured at a time. `bindings`: labels that stand for VRFs, CEs and prefixes, as the router tells them. */
export interface Ground {
  readonly model: RouterModel;
  readonly routes: readonly RouteModel[];
  readonly labels: readonly LabelModel[];
  readonly bindings: readonly { readonly label: number; readonly owner: string }[];
}

/** Levels of next hops and labels on the way that are surely no more than a router may have. */
const surelyDeep = 4;
const surelyPushed = 8;

/** Whether the prefix covers the address. */
function holds({ words, length }: Prefix, address: Words): boolean {
  if (words.length !== address.length) return false;
  for (let i = 0; i < words.length; i++) {
    const bits = Math.min(Math.max(length - 32 * i, 0), 32);
    const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
    if ((((address[i] ?? 0) ^ (words[i] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

interface Entry {
  readonly prefix: Prefix;
  /** Of a route; else the prefix is an interface's. */
  readonly route?: RouteModel;
  /** Of a connected prefix; undefined for an own address. */
  readonly on?: string;
}

/** Where a next hop leads to. */
interface Ways {
  readonly names: ReadonlySet<string>;
  /** Tables in which paths on the way look the packet itself up. */
  readonly tables: ReadonlySet<string>;
  /** It can be used without doubt. */
  readonly isSure: boolean;
  /** Labels pushed and next hops met, at most. */
  readonly pushed: number;
  readonly depth: number;
}

const nowhere: Ways = { names: new Set(), tables: new Set(), isSure: false, pushed: 0, depth: 0 };

function union(all: readonly Ways[], isSure: boolean): Ways {
  return {
    names: new Set(all.flatMap(({ names }) => [...names])),
    tables: new Set(all.flatMap(({ tables }) => [...tables])),
    isSure,
    pushed: Math.max(0, ...all.map(({ pushed }) => pushed)),
    depth: Math.max(0, ...all.map(({ depth }) => depth)),
  };
}

interface Addresses {
  readonly source: Words;
  readonly destination: Words;
}

function wordsAt(bytes: Uint8Array, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    [0, 1, 2, 3].reduce((word, byte) => ((word << 8) | (bytes[at + 4 * i + byte] ?? 0)) >>> 0, 0),
  );
}

/** Source and destination of an IP packet, as far as it is one. */
function addressesAt(bytes: Uint8Array, at: number): Addresses | undefined {
  const version = (bytes[at] ?? 0) >>> 4;
  if (version === 4) return { source: wordsAt(bytes, at + 12, 1), destination: wordsAt(bytes, at + 16, 1) };
  if (version === 6) return { source: wordsAt(bytes, at + 8, 4), destination: wordsAt(bytes, at + 24, 4) };
  return undefined;
}

const wordAt = (bytes: Uint8Array, at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

export class Oracle {
  readonly #ground: Ground;
  /** By table, longest first; of equal prefixes the interface's first. */
  readonly #entries = new Map<string, Entry[]>();
  readonly #byName: ReadonlyMap<string, InterfaceModel>;
  readonly #labels = new Map<number, PathModel[]>();
  readonly #known = new Map<ViaPath, Map<string, Ways>>();
  /** Paths whose ways are being looked for, and the first of them that was met again. */
  readonly #under: ViaPath[] = [];
  #loopFrom = Number.POSITIVE_INFINITY;
  /** Look-ups under way: one that leads to itself tells nothing new. */
  readonly #looking = new Set<string>();
  readonly #peers = new Map<string, ViaPath>();

  constructor(ground: Ground) {
    this.#ground = ground;
    const { model, routes, labels } = ground;
    this.#byName = new Map(model.interfaces.map((each) => [each.name, each]));
    for (const name of ['global', ...model.vrfs.map((vrf) => vrf.name)]) this.#entries.set(name, []);
    for (const id of [model.id, model.id6]) if (id !== undefined) this.#addLocal('global', id.words, undefined);
    for (const { name, vrf = 'global', addresses, role } of model.interfaces) {
      if (role !== 'routed') continue;
      for (const { words, length } of addresses) {
        this.#addLocal(vrf, words, undefined);
        this.#addLocal(vrf, words, name, length);
      }
    }
    for (const route of routes) {
      const { words, length } = route.prefix;
      this.#entries.get(route.vrf ?? 'global')?.push({ prefix: { words, length }, route });
    }
    for (const list of this.#entries.values()) list.sort((a, b) => b.prefix.length - a.prefix.length);
    for (const { label, paths } of labels) this.#give(label, paths);
    for (const { label, name } of model.vrfs) if (label !== undefined) this.#give(label, [intoTable(name)]);
    for (const { localLabel, name } of model.pseudowires) {
      this.#give(localLabel, [{ ...intoTable(name), kind: 'pseudowire' }]);
    }
    for (const { label, owner } of ground.bindings) this.#give(label, this.#boundTo(owner));
  }

  #addLocal(table: string, words: Words, on: string | undefined, length = words.length * 32): void {
    this.#entries.get(table)?.push({ prefix: { words, length }, ...(on !== undefined && { on }) });
  }

  #give(label: number, paths: readonly PathModel[]): void {
    this.#labels.set(label, [...(this.#labels.get(label) ?? []), ...paths]);
  }

  /** `vrf red`, `vrf red ce 10.1.1.2`, `vrf red prefix 10.2.0.0/16`: labels of CEs and prefixes lead to next hops of the VRF. */
  #boundTo(owner: string): PathModel[] {
    const [, vrf = '', kind] = owner.split(' ');
    if (kind === undefined) return [intoTable(vrf)];
    const ways = this.#ground.routes.filter((route) => route.vrf === vrf).flatMap((route) => route.paths);
    // Which of the routes it was does not matter: all of these next hops are the VRF's own.
    return ways.flatMap((path) => (path.kind === 'via' ? [{ ...path, vrf: path.vrf ?? vrf }] : []));
  }

  /** The interface that the tags of a frame name at a port. */
  interfaceOf(port: string, bytes: Uint8Array): InterfaceModel | undefined {
    const own = this.#byName.get(port);
    const subs = this.#ground.model.interfaces.filter((each) => each.port === port && each.name !== port);
    const type = wordAt(bytes, 12);
    if (type !== 0x8100 && type !== 0x88a8) return own;
    const vid = wordAt(bytes, 14) & 0xfff;
    const isWhole = own?.role === 'circuit';
    // Tags of priority alone are none; a circuit without such sub-interfaces does not look at tags at all.
    if (vid === 0) return own;
    const sub =
      type === 0x8100
        ? subs.find((each) => each.outer === undefined && each.vlan === vid)
        : wordAt(bytes, 16) === 0x8100
          ? subs.find((each) => each.outer === vid && each.vlan === (wordAt(bytes, 18) & 0xfff))
          : undefined;
    return sub ?? (isWhole ? own : undefined);
  }

  /** Interfaces of a port that may have sent a frame, by its tags. */
  sentBy(port: string, bytes: Uint8Array): string[] {
    const type = wordAt(bytes, 12);
    const isTagged = type === 0x8100 || type === 0x88a8;
    const vid = wordAt(bytes, 14) & 0xfff;
    return this.#ground.model.interfaces.flatMap(({ name, port: of, vlan, outer, role }) => {
      if (of !== port) return [];
      if (vlan === undefined) return role === 'circuit' || !isTagged ? [name] : [];
      const isSent =
        outer === undefined
          ? type === 0x8100 && vid === vlan
          : type === 0x88a8 && vid === outer && wordAt(bytes, 16) === 0x8100 && (wordAt(bytes, 18) & 0xfff) === vlan;
      return isSent ? [name] : [];
    });
  }

  /** Names of the interfaces that a frame, its answers and its errors may leave by. */
  allowed(port: string, bytes: Uint8Array): ReadonlySet<string> {
    const out = new Set<string>();
    const ingress = this.interfaceOf(port, bytes);
    if (ingress === undefined || ingress.role === 'carrier') return out;
    if (ingress.role === 'circuit') this.#outOfCircuit({ kind: 'interface', name: ingress.name }, bytes, 0, out);
    else this.#routed(ingress, bytes, out);
    return out;
  }

  #routed(ingress: InterfaceModel, bytes: Uint8Array, out: Set<string>): void {
    // What is for the router itself is answered there, and requests and redirections stay on the link.
    this.#add(ingress.name, out);
    let at = 12;
    while (wordAt(bytes, at) === 0x8100 || wordAt(bytes, at) === 0x88a8) at += 4;
    const type = wordAt(bytes, at);
    if (type === 0x0800 || type === 0x86dd) this.#ip(ingress.vrf ?? 'global', bytes, at + 2, out);
    else if (type === 0x8847 && ingress.mpls) this.#labelled(ingress, bytes, at + 2, out);
  }

  /** An IP packet that is looked up in a table, and what is told to its source. */
  #ip(table: string, bytes: Uint8Array, at: number, out: Set<string>): void {
    const addresses = addressesAt(bytes, at);
    if (addresses === undefined) return;
    const { source, destination } = addresses;
    const owners = this.#lookUp(table, destination, out);
    // An own address answers by the table that it is in.
    for (const each of new Set([table, ...owners])) this.#lookUp(each, source, out);
  }

  /** Adds where a look-up may lead to; answers tables in which the address is the router's own. */
  #lookUp(table: string, address: Words, out: Set<string>): string[] {
    const key = `${table} ${address.join('.')}`;
    if (this.#looking.has(key)) return [];
    this.#looking.add(key);
    const owners = this.#walk(table, address, out);
    this.#looking.delete(key);
    return owners;
  }

  #walk(table: string, address: Words, out: Set<string>): string[] {
    const owners: string[] = [];
    for (const { prefix, route, on } of this.#entries.get(table) ?? []) {
      if (!holds(prefix, address)) continue;
      if (route === undefined) {
        if (on === undefined) owners.push(table);
        else this.#add(on, out);
        return owners;
      }
      let isSure = true;
      for (const path of route.paths) {
        if (path.kind === 'table') owners.push(...this.#lookUp(path.target, address, out));
        else if (path.kind === 'via') isSure = this.#follow(table, path, [address], out) && isSure;
      }
      if (isSure) return owners;
    }
    return owners;
  }

  /** Adds where a path of a table leads to, and where the packet goes when a path on the way looks it up. */
  #follow(table: string, path: ViaPath, packets: readonly Words[], out: Set<string>): boolean {
    const { names, tables, isSure } = this.#waysOf(table, path);
    for (const name of names) this.#add(name, out);
    for (const other of tables) for (const each of packets) this.#lookUp(other, each, out);
    return isSure;
  }

  /** A next hop: on a named interface, on a subnet of its table, or through routes of the global table. */
  #waysOf(table: string, path: ViaPath): Ways {
    const known = this.#known.get(path)?.get(table);
    if (known !== undefined) return known;
    // A loop: whoever is in it is not remembered.
    if (this.#under.includes(path)) {
      this.#loopFrom = Math.min(this.#loopFrom, this.#under.indexOf(path));
      return nowhere;
    }
    this.#under.push(path);
    const beneath = this.#findWays(table, path);
    this.#under.pop();
    const depth = beneath.depth + 1;
    const pushed = beneath.pushed + (path.labels ?? []).length + (path.entropy ? 2 : 0);
    const isSure = beneath.isSure && depth <= surelyDeep && pushed <= surelyPushed;
    const ways = { ...beneath, depth, pushed, isSure };
    if (this.#loopFrom >= this.#under.length) {
      this.#loopFrom = Number.POSITIVE_INFINITY;
      this.#known.set(path, (this.#known.get(path) ?? new Map<string, Ways>()).set(table, ways));
    }
    return ways;
  }

  #findWays(table: string, { via: { words }, interface: on, vrf }: ViaPath): Ways {
    const searched = this.#entries.get(vrf ?? table) ?? [];
    const name = on ?? searched.find((each) => each.on !== undefined && holds(each.prefix, words))?.on;
    if (name !== undefined) return { ...nowhere, names: new Set([name]), isSure: true };
    return this.#recurse('global', words, []);
  }

  #recurse(table: string, via: Words, seen: readonly string[]): Ways {
    if (seen.includes(table)) return nowhere;
    const met: Ways[] = [];
    for (const { prefix, route, on } of this.#entries.get(table) ?? []) {
      if (!holds(prefix, via)) continue;
      if (route === undefined) {
        const here = on === undefined ? nowhere : { ...nowhere, names: new Set([on]), isSure: true };
        return union([...met, here], on !== undefined);
      }
      const [first] = route.paths;
      if (route.paths.length === 1 && first?.kind !== 'via') {
        if (first?.kind === 'table') {
          const there = this.#recurse(first.target, via, [...seen, table]);
          return union([...met, there], there.isSure);
        }
        return union(met, first?.kind === 'drop' || first?.kind === 'punt');
      }
      const ways = route.paths.map((path): Ways => {
        if (path.kind === 'via') return this.#waysOf(table, path);
        const tables = new Set(path.kind === 'table' ? [path.target] : []);
        return { ...nowhere, tables, isSure: true };
      });
      met.push(...ways);
      if (ways.every(({ isSure }) => isSure)) return union(met, true);
    }
    return union(met, false);
  }

  #labelled(ingress: InterfaceModel, bytes: Uint8Array, start: number, out: Set<string>): void {
    const bottom = (at: number) => ((bytes[at + 2] ?? 1) & 1) === 1;
    let end = start;
    while (end + 4 < bytes.length && !bottom(end)) end += 4;
    const beneath = end + 4;
    const packet = addressesAt(bytes, beneath);
    const table = ingress.vrf ?? 'global';
    for (let at = start; at < beneath; at += 4) {
      const label = (wordAt(bytes, at) << 4) | ((bytes[at + 2] ?? 0) >>> 4);
      const isLast = at + 4 >= beneath;
      if (label === 7) {
        at += 4;
        if (at + 4 >= beneath) this.#ip(table, bytes, beneath, out);
        continue;
      }
      if (label === 0 || label === 2) {
        if (isLast) this.#ip(table, bytes, beneath, out);
        continue;
      }
      const { acceptLabels } = ingress;
      if (label < 16 || (acceptLabels !== undefined && !acceptLabels.includes(label))) return;
      let goesOn = false;
      for (const path of this.#labels.get(label) ?? []) {
        if (path.kind === 'pop') {
          goesOn = true;
          if (isLast) this.#ip('global', bytes, beneath, out);
        } else if (path.kind === 'table') this.#ip(path.target, bytes, beneath, out);
        else if (path.kind === 'pseudowire') this.#outOfPseudowire(path.target, bytes, beneath, out);
        else if (path.kind === 'via') {
          this.#follow('global', path, packet === undefined ? [] : [packet.destination, packet.source], out);
        }
      }
      if (!goesOn) return;
    }
  }

  #outOfPseudowire(name: string, bytes: Uint8Array, beneath: number, out: Set<string>): void {
    const { pseudowires } = this.#ground.model;
    // A backup stands where its primary does.
    const place = pseudowires.find(({ backup }) => backup === name)?.name ?? name;
    const wire = pseudowires.find((each) => each.name === name);
    const frame = beneath + (wire?.controlWord ? 4 : 0);
    this.#outOfCircuit({ kind: 'pseudowire', name: place }, bytes, frame, out);
  }

  /** A frame comes out of a circuit: into the other end, or into the bridge. `at`: where the customer's frame begins. */
  #outOfCircuit(from: CircuitModel, bytes: Uint8Array, at: number, out: Set<string>): void {
    const is = (circuit: CircuitModel) => circuit.kind === from.kind && circuit.name === from.name;
    const { xconnects, bridges, interfaces } = this.#ground.model;
    for (const { ends } of xconnects) {
      if (is(ends[0])) this.#intoCircuit(ends[1], out);
      if (is(ends[1])) this.#intoCircuit(ends[0], out);
    }
    for (const { name, members } of bridges) {
      const member = members.find(({ circuit }) => is(circuit));
      if (member === undefined) continue;
      for (const { circuit, group } of members) {
        if (is(circuit) || (group !== undefined && group === member.group)) continue;
        this.#intoCircuit(circuit, out);
      }
      const router = interfaces.find((each) => each.bridge === name);
      if (router === undefined) continue;
      // The router answers to where it was asked from.
      this.#intoCircuit(from, out);
      this.#routed(router, bytes.subarray(at), out);
    }
  }

  #intoCircuit({ kind, name }: CircuitModel, out: Set<string>): void {
    if (kind === 'interface') {
      out.add(name);
      return;
    }
    const { pseudowires } = this.#ground.model;
    const wire = pseudowires.find((each) => each.name === name);
    const backup = pseudowires.find((each) => each.name === wire?.backup);
    for (const each of [wire, backup]) {
      if (each === undefined) continue;
      const known = this.#peers.get(each.name);
      const path: ViaPath = known ?? {
        ...intoTable(''),
        ...plain,
        kind: 'via',
        via: each.peer,
        labels: [each.remoteLabel],
      };
      this.#peers.set(each.name, path);
      this.#follow('global', path, [], out);
    }
  }

  /** An interface to leave by; the router's own interface in a bridge leads to its members. */
  #add(name: string, out: Set<string>): void {
    if (out.has(name)) return;
    out.add(name);
    const bridge = this.#byName.get(name)?.bridge;
    for (const each of this.#ground.model.bridges) {
      if (each.name === bridge) for (const { circuit } of each.members) this.#intoCircuit(circuit, out);
    }
  }
}

const plain = { interface: undefined, vrf: undefined, entropy: false } as const;

function intoTable(target: string): ActionPath {
  return { kind: 'table', target, weight: 1, backup: false, ttl: undefined, tc: undefined, payload: undefined };
}
