// Router models made by a program: plain ports with made-up MAC addresses, neighbours, routes, labels, all else at
// its default.
import { puntLimitDefaults } from '../src/control/config/schema.ts';
import type {
  ActionPath,
  BridgeModel,
  CircuitModel,
  InterfaceModel,
  LabelModel,
  NeighborModel,
  PseudowireModel,
  RouteModel,
  RouterModel,
  ViaPath,
  VrfModel,
  XconnectModel,
} from '../src/control/model.ts';
import type { IpAddress, IpPrefix } from '../src/wire/address.ts';

export const ip4 = (word: number): IpAddress => ({ family: 4, words: [word >>> 0] });
export const prefix4 = (word: number, length: number): IpPrefix => ({ family: 4, words: [word >>> 0], length });

/** The router's own MAC address on its interface number `index`. */
export function ownMac(index: number): readonly number[] {
  return [0x02, 0, 0, 1, index >> 8, index & 255];
}

function neighborMac(index: number): readonly number[] {
  return [0x02, 0, 0, 2, index >> 8, index & 255];
}

interface PathParts {
  readonly labels?: readonly number[];
  readonly vrf?: string;
}

export function via(address: IpAddress, parts: PathParts = {}): ViaPath {
  return {
    kind: 'via',
    via: address,
    interface: undefined,
    vrf: parts.vrf,
    labels: parts.labels,
    weight: 1,
    backup: false,
    entropy: false,
    ttl: undefined,
    tc: undefined,
    payload: undefined,
  };
}

export function toTable(target: string): ActionPath {
  return { kind: 'table', target, weight: 1, backup: false, ttl: undefined, tc: undefined, payload: undefined };
}

/** Collects the parts of a router. Indexes are those of `RouterModel.interfaces`. */
export class ModelBuilder {
  readonly #interfaces: InterfaceModel[] = [];
  readonly #vrfs: VrfModel[] = [];
  readonly #neighbors: NeighborModel[] = [];
  readonly #routes: RouteModel[] = [];
  readonly #labels: LabelModel[] = [];
  readonly #pseudowires: PseudowireModel[] = [];
  readonly #xconnects: XconnectModel[] = [];
  readonly #bridges: BridgeModel[] = [];

  port(name: string, parts: Partial<InterfaceModel> = {}): void {
    const role = parts.role ?? 'routed';
    this.#interfaces.push({
      path: `interfaces.${name}`,
      name,
      port: name,
      vlan: undefined,
      outer: undefined,
      mac: ownMac(this.#interfaces.length),
      mtu: 9000,
      mpls: false,
      vrf: undefined,
      addresses: [],
      bridge: undefined,
      urpf: undefined,
      acceptLabels: undefined,
      device: undefined,
      controlPort: undefined,
      ...parts,
      role,
    });
  }

  vrf(name: string, label: number): void {
    this.#vrfs.push({
      path: `vrfs.${name}`,
      name,
      rd: undefined,
      importTargets: [],
      exportTargets: [],
      label,
      labelMode: 'per-vrf',
      kernelTable: undefined,
    });
  }

  neighbor(interfaceName: string, address: IpAddress): void {
    const mac = neighborMac(this.#neighbors.length);
    this.#neighbors.push({ path: `neighbors[${this.#neighbors.length}]`, interface: interfaceName, address, mac });
  }

  route(vrf: string | undefined, prefix: IpPrefix, ...paths: ViaPath[]): void {
    this.#routes.push({ path: 'routes', vrf, prefix, paths });
  }

  label(label: number, ...paths: RouteModel['paths']): void {
    this.#labels.push({ path: 'labels', label, paths });
  }

  /** A raw pseudowire with control word. */
  pseudowire(name: string, peer: IpAddress, localLabel: number, remoteLabel: number): void {
    const path = `pseudowires.${name}`;
    const plain = { controlWord: true, type: 'ethernet', flowLabel: false, sequencing: false, mtu: 9000 } as const;
    this.#pseudowires.push({ path, name, peer, localLabel, remoteLabel, ...plain, backup: undefined });
  }

  xconnect(...ends: readonly [CircuitModel, CircuitModel]): void {
    this.#xconnects.push({ path: `xconnects[${this.#xconnects.length}]`, ends });
  }

  /** A bridge of interfaces, with addresses that are known behind them. */
  bridge(name: string, interfaces: readonly string[], macs: BridgeModel['macs']): void {
    const storm = { broadcast: undefined, unknown: undefined, multicast: undefined };
    const members = interfaces.map(
      (each) => ({ circuit: { kind: 'interface', name: each }, group: undefined, storm }) as const,
    );
    const rest = { ageingSeconds: 300, macLimit: 4096, learning: 'unqualified' } as const;
    this.#bridges.push({ path: `bridges.${name}`, name, members, ...rest, macs });
  }

  build(): RouterModel {
    return {
      name: 'bench',
      id: undefined,
      id6: undefined,
      ttl: 'uniform',
      tc: 'uniform',
      accounting: false,
      dynamicLabels: { first: 16, last: 1_048_575 },
      icmp: { rate: 100, burst: 100 },
      punt: false,
      puntLimits: puntLimitDefaults,
      entropyAtEgress: false,
      hashSeed: 1,
      hashPayload: true,
      interfaces: this.#interfaces,
      vrfs: this.#vrfs,
      neighbors: this.#neighbors,
      routes: this.#routes,
      labels: this.#labels,
      pseudowires: this.#pseudowires,
      xconnects: this.#xconnects,
      bridges: this.#bridges,
      snmp: undefined,
      fpm: undefined,
    };
  }
}
