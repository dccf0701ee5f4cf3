// Ports and sub-interfaces: names, tags, roles, and what a sub-interface inherits from its port.

import type { IpPrefix } from '../../wire/address.ts';
import type { InterfaceModel } from '../model.ts';
import { readControlPort, readDevice } from './attachments.ts';
import type { Circuits } from './circuits.ts';
import { splitInterfaceName, suggestion } from './names.ts';
import { formatPlace } from './problems.ts';
import type { InterfaceConfig } from './schema.ts';
import type { Draft } from './structure.ts';
import { readMac, readSubnet } from './values.ts';
import { tableNamed, vrfOf, type World } from './world.ts';

const defaultMtu = 1500;

type InterfaceDraft = Draft<Partial<InterfaceConfig>>;

/** An interface with what later checks need besides the model. */
export interface ReadInterface {
  readonly model: InterfaceModel;
  readonly draft: InterfaceDraft;
  readonly isPort: boolean;
  /** undefined: cannot be told. */
  readonly table: string | undefined;
  /** false: an address is damaged, so that the interface may have further subnets. */
  readonly subnetsAreKnown: boolean;
}

/** Ports by name, and the names of those that have sub-interfaces. */
interface Ports {
  readonly byName: ReadonlyMap<string, InterfaceDraft>;
  readonly withSubInterfaces: ReadonlySet<string>;
}

function findPorts(drafts: readonly InterfaceDraft[]): Ports {
  const byName = new Map<string, InterfaceDraft>();
  const withSubInterfaces = new Set<string>();
  for (const draft of drafts) {
    const { port, sub } = splitInterfaceName(draft.name);
    if (sub === undefined) byName.set(port, draft);
    else withSubInterfaces.add(port);
  }
  return { byName, withSubInterfaces };
}

function checkPortTags({ name, place, value }: InterfaceDraft, { findings }: World): void {
  for (const key of ['vlan', 'outer'] as const) {
    if (value[key] === undefined) continue;
    findings.report([...place, key], `only a sub-interface has '${key}', such as ${name}.100`, 'key');
  }
}

function checkSubInterface(draft: InterfaceDraft, port: string, ports: Ports, { findings }: World): void {
  const { place, value } = draft;
  if (!ports.byName.has(port)) {
    findings.report(place, `no port '${port}' for this sub-interface${suggestion(port, ports.byName.keys())}`, 'key');
  }
  if (value.device !== undefined) {
    findings.report([...place, 'device'], `only a port has 'device', not a sub-interface`, 'key');
  }
  if (value.vlan !== undefined || findings.touches([...place, 'vlan']) || findings.isIncomplete(place)) return;
  if (value.outer === undefined) findings.report(place, `a sub-interface needs 'vlan'`, 'key');
  else findings.report([...place, 'outer'], `'outer' without 'vlan'`, 'key');
}

/** Two sub-interfaces of a port with the same tags could not be told apart. */
function checkTagsDiffer(drafts: readonly InterfaceDraft[], { findings }: World): void {
  const owners = new Map<string, string>();
  for (const { name, place, value } of drafts) {
    const { port, sub } = splitInterfaceName(name);
    if (sub === undefined || value.vlan === undefined || findings.touches([...place, 'outer'])) continue;
    const tags = value.outer === undefined ? `vlan ${value.vlan}` : `outer ${value.outer}, vlan ${value.vlan}`;
    const key = `${port} ${tags}`;
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, name);
    else findings.report([...place, 'vlan'], `${tags}: ${owner} has the same`);
  }
}

const routedKeys = ['addresses', 'vrf', 'mpls', 'urpf', 'acceptLabels', 'bridge'] as const;

/** Whether a key asks for something; `mpls: false` and an empty list of addresses do not. */
function isSet(value: Partial<InterfaceConfig>, key: (typeof routedKeys)[number]): boolean {
  if (key === 'addresses') return (value.addresses?.length ?? 0) > 0;
  return key === 'mpls' ? value.mpls === true : value[key] !== undefined;
}

function roleOf({ name, value }: InterfaceDraft, ports: Ports, circuits: Circuits): InterfaceModel['role'] {
  if (circuits.interfaces.has(name)) return 'circuit';
  const isOwnPlace = isSet(value, 'vrf') || isSet(value, 'addresses') || isSet(value, 'mpls');
  return ports.withSubInterfaces.has(name) && !isOwnPlace ? 'carrier' : 'routed';
}

function checkCircuit({ name, place, value }: InterfaceDraft, circuits: Circuits, { findings }: World): void {
  for (const key of routedKeys) {
    if (!isSet(value, key)) continue;
    findings.report(
      [...place, key],
      `${name} is a circuit (${circuits.interfaces.get(name)}): it has no '${key}'`,
      'key',
    );
  }
}

/** A port that is the router in a bridge: nothing comes by it but what the bridge gives it. */
function checkBridged(
  { name, place, value }: InterfaceDraft,
  isPort: boolean,
  ports: Ports,
  { drafts, findings }: World,
) {
  if (value.bridge === undefined) return;
  const at = [...place, 'bridge'];
  if (!drafts.bridges.some((bridge) => bridge.name === value.bridge) && drafts.isComplete('bridges')) {
    findings.report(
      at,
      `no bridge '${value.bridge}'${suggestion(
        value.bridge,
        drafts.bridges.map((each) => each.name),
      )}`,
    );
  }
  if (!isPort) findings.report(at, `only a port has 'bridge', not a sub-interface`, 'key');
  if (ports.withSubInterfaces.has(name))
    findings.report(at, `${name} has sub-interfaces: it cannot be in a bridge`, 'key');
  for (const key of ['mpls', 'device', 'acceptLabels'] as const) {
    if (value[key] === undefined || value[key] === false) continue;
    findings.report([...place, key], `${name} is the router in bridge ${value.bridge}: it has no '${key}'`, 'key');
  }
}

function readAddresses({ place, value }: InterfaceDraft, { findings }: World): IpPrefix[] {
  return (value.addresses ?? []).flatMap((text, i) => readSubnet(text, [...place, 'addresses', i], findings) ?? []);
}

function macOf(draft: InterfaceDraft | undefined, { findings }: World): number[] | undefined {
  if (draft?.value.mac === undefined) return undefined;
  return readMac(draft.value.mac, [...draft.place, 'mac'], findings);
}

function readInterface(draft: InterfaceDraft, ports: Ports, circuits: Circuits, world: World): ReadInterface {
  const { findings } = world;
  const { name, place, value } = draft;
  const { port, sub } = splitInterfaceName(name);
  if (sub === undefined) checkPortTags(draft, world);
  else checkSubInterface(draft, port, ports, world);
  const role = roleOf(draft, ports, circuits);
  checkBridged(draft, sub === undefined, ports, world);
  if (role === 'circuit') checkCircuit(draft, circuits, world);
  const named = tableNamed(value.vrf, [...place, 'vrf'], world);
  const table = value.vrf === undefined && findings.isIncomplete(place) ? undefined : named;
  const addresses = readAddresses(draft, world);
  const subnetsAreKnown =
    addresses.length === (value.addresses?.length ?? 0) &&
    !findings.isIncomplete(place) &&
    (value.addresses !== undefined || !findings.touches([...place, 'addresses']));
  const model: InterfaceModel = {
    path: formatPlace(place),
    name,
    port,
    vlan: value.vlan,
    outer: value.outer,
    mac: macOf(draft, world),
    mtu: value.mtu ?? (sub === undefined ? undefined : ports.byName.get(port)?.value.mtu) ?? defaultMtu,
    mpls: value.mpls ?? false,
    vrf: vrfOf(table),
    addresses,
    bridge: value.bridge,
    urpf: value.urpf,
    acceptLabels: value.acceptLabels,
    role,
    device: sub === undefined ? readDevice(draft, world) : undefined,
    controlPort: readControlPort(draft, world),
  };
  return { model, draft, isPort: sub === undefined, table, subnetsAreKnown };
}

export function readInterfaces(world: World, circuits: Circuits): ReadInterface[] {
  const drafts = world.drafts.interfaces;
  const ports = findPorts(drafts);
  const read = drafts.map((draft) => readInterface(draft, ports, circuits, world));
  checkTagsDiffer(drafts, world);
  const macs = new Map(read.map(({ model }) => [model.name, model.mac]));
  return read.map((item) => ({ ...item, model: { ...item.model, mac: item.model.mac ?? macs.get(item.model.port) } }));
}
