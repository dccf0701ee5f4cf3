// From the model back to the objects of the configuration file: what `GET /config` answers, and what changes of interfaces,
// VRFs and circuits are applied to before all of it is validated again.
import { formatAddress, formatPrefix, type IpAddress } from '../../wire/address.ts';
import { meshGroup, noGroup } from '../config/circuits.ts';
import type {
  BridgeConfig,
  DeviceConfig,
  FpmConfig,
  InterfaceConfig,
  LabelConfig,
  LabelPathConfig,
  NeighborConfig,
  PseudowireConfig,
  RouteConfig,
  RouterConfig,
  RouterFileConfig,
  VrfConfig,
  XconnectConfig,
} from '../config/schema.ts';
import { gobgpConfig, vpnPolicyConfig } from '../config/vpn-policy.ts';
import type {
  BridgeModel,
  DeviceModel,
  FpmModel,
  InterfaceModel,
  LabelModel,
  MemberModel,
  NeighborModel,
  PaceModel,
  PathModel,
  PseudowireModel,
  RouteModel,
  RouterModel,
  VrfModel,
  XconnectModel,
} from '../model.ts';

/** The object without its undefined keys. */
function defined<T extends object>(value: { [K in keyof T]?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}

const addressText = (address: IpAddress | undefined): string | undefined => address && formatAddress(address);

export function macText(mac: readonly number[]): string {
  return mac.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function routerConfig(model: RouterModel): RouterConfig {
  const { first, last } = model.dynamicLabels;
  return defined<RouterConfig>({
    name: model.name,
    id: addressText(model.id),
    id6: addressText(model.id6),
    ttl: model.ttl,
    tc: model.tc,
    labels: { dynamic: `${first}-${last}` },
    icmp: { ...model.icmp },
    punt: model.punt,
    puntLimits: { ...model.puntLimits },
    accounting: model.accounting,
    entropyAtEgress: model.entropyAtEgress,
    hashSeed: model.hashSeed,
    hashPayload: model.hashPayload,
  });
}

export function interfaceConfig(model: InterfaceModel): InterfaceConfig {
  return defined<InterfaceConfig>({
    mac: model.mac && macText(model.mac),
    mtu: model.mtu,
    vlan: model.vlan,
    outer: model.outer,
    vrf: model.vrf,
    addresses: model.addresses.length > 0 ? model.addresses.map(formatPrefix) : undefined,
    urpf: model.urpf,
    mpls: model.mpls || undefined,
    bridge: model.bridge,
    acceptLabels: model.acceptLabels && [...model.acceptLabels],
    device: model.device && deviceConfig(model.device),
    controlPort: model.controlPort,
  });
}

export function deviceConfig(device: DeviceModel): InterfaceConfig['device'] {
  switch (device.kind) {
    case 'afpacket':
      return { afpacket: { interface: device.interface, latency: device.lowLatency ? 'low' : 'normal' } };
    case 'tap':
      return { tap: defined({ name: device.name, netns: device.netns }) } as InterfaceConfig['device'];
    case 'cap':
      return { cap: device.interface };
    case 'loopback':
      return { loopback: device.name };
    case 'pcap': {
      // A pace belongs to what is played.
      const pace = device.in === undefined ? {} : paceConfig(device.pace);
      return { pcap: defined<CaptureConfig>({ in: device.in, out: device.out, ...pace }) };
    }
  }
}

type CaptureConfig = Exclude<NonNullable<DeviceConfig['pcap']>, string>;

function paceConfig(pace: PaceModel): CaptureConfig {
  if (pace.by === 'topspeed') return { topspeed: true };
  return pace.by === 'rate' ? { pps: pace.framesPerSecond } : { speed: pace.speed };
}

export function vrfConfig(model: VrfModel): VrfConfig {
  return defined<VrfConfig>({
    rd: model.rd,
    ...vpnPolicyConfig(model),
    label: model.label,
    labelMode: model.labelMode === 'per-vrf' ? undefined : model.labelMode,
    table: model.kernelTable,
  });
}

export function neighborConfig({ interface: on, address, mac }: NeighborModel): NeighborConfig {
  return { interface: on, address: formatAddress(address), mac: macText(mac) };
}

export function pathConfig(path: PathModel): LabelPathConfig {
  const common = {
    weight: path.weight === 1 ? undefined : path.weight,
    backup: path.backup || undefined,
    ttl: path.ttl,
    tc: path.tc,
    payload: path.payload,
  };
  if (path.kind === 'via') {
    const { via, interface: on, vrf, labels, entropy } = path;
    const keys = { via: formatAddress(via), interface: on, vrf, labels: labels && [...labels] };
    return defined<LabelPathConfig>({ ...keys, entropy: entropy || undefined, ...common });
  }
  return defined<LabelPathConfig>({ [path.kind]: path.target === '' ? true : path.target, ...common });
}

/** One path stands by itself, unless it looks in another table than the entry's: there `vrf` is the entry's own key. */
export function routeConfig({ vrf, prefix, paths }: Pick<RouteModel, 'vrf' | 'prefix' | 'paths'>): RouteConfig {
  const [first] = paths;
  const alone = paths.length === 1 && first.weight === 1 && !(first.kind === 'via' && first.vrf !== undefined);
  const where = alone ? pathConfig(first) : { paths: paths.map(pathConfig) };
  return defined<RouteConfig>({ vrf, prefix: formatPrefix(prefix), ...where } as RouteConfig);
}

export function labelConfig({ label, paths }: Pick<LabelModel, 'label' | 'paths'>): LabelConfig {
  const where = paths.length === 1 ? pathConfig(paths[0]) : { paths: paths.map(pathConfig) };
  return { label, ...where } as LabelConfig;
}

function pseudowireConfig(model: PseudowireModel): PseudowireConfig {
  const { peer, localLabel, remoteLabel, controlWord, type, flowLabel, sequencing, mtu, backup } = model;
  const all = { localLabel, remoteLabel, controlWord, type, flowLabel, sequencing, mtu, backup };
  return defined<PseudowireConfig>({ peer: formatAddress(peer), ...all } as PseudowireConfig);
}

function xconnectConfig({ ends }: XconnectModel): XconnectConfig {
  return ends.map((end) => (end.kind === 'interface' ? end.name : { pseudowire: end.name })) as XconnectConfig;
}

function memberConfig({ circuit, group, storm }: MemberModel) {
  const isPlain = group === (circuit.kind === 'pseudowire' ? meshGroup : undefined);
  const limits = defined(storm);
  if (isPlain && Object.keys(limits).length === 0) return circuit.name;
  return defined({
    [circuit.kind]: circuit.name,
    group: group ?? noGroup,
    storm: Object.keys(limits).length === 0 ? undefined : limits,
  });
}

function bridgeConfig({ members, ageingSeconds, macLimit, learning, macs }: BridgeModel): BridgeConfig {
  const of = (kind: 'interface' | 'pseudowire') =>
    members.filter(({ circuit }) => circuit.kind === kind).map(memberConfig);
  return {
    interfaces: of('interface'),
    pseudowires: of('pseudowire'),
    ageing: ageingSeconds,
    macLimit,
    learning,
    macs: macs.map(({ mac, circuit, vlan }) => defined({ mac: macText(mac), [circuit.kind]: circuit.name, vlan })),
  } as BridgeConfig;
}

function named<M extends { readonly name: string }, C>(models: readonly M[], config: (model: M) => C) {
  return Object.fromEntries(models.map((model) => [model.name, config(model)]));
}

/** An IPv6 address stands in brackets before a port. */
const agentHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function fpmConfig({ host, port, ...others }: FpmModel): FpmConfig {
  return defined<FpmConfig>({ listen: `${agentHost(host)}:${port}`, ...others });
}

/** The file's object for a model. */
export function configOf(model: RouterModel): RouterFileConfig {
  return {
    router: routerConfig(model),
    interfaces: named(model.interfaces, interfaceConfig),
    vrfs: named(model.vrfs, vrfConfig),
    neighbors: model.neighbors.map(neighborConfig),
    routes: model.routes.map(routeConfig),
    labels: model.labels.map(labelConfig),
    pseudowires: named(model.pseudowires, pseudowireConfig),
    xconnects: model.xconnects.map(xconnectConfig),
    bridges: named(model.bridges, bridgeConfig),
    ...(model.fpm && { fpm: fpmConfig(model.fpm) }),
    ...(model.snmp && { snmp: { agentx: `tcp:${agentHost(model.snmp.host)}:${model.snmp.port}` } }),
    ...(model.gobgp && { gobgp: gobgpConfig(model.gobgp) }),
  };
}
