// Ports, (sub-)interfaces, VLAN maps, accept lists and addresses, from the model to words.
import { noInterface } from '../../tables/actions.ts';
import {
  acceptWords,
  addressWords,
  Interface,
  type InterfaceTable,
  interfaceWords,
  mapWords,
  portWords,
} from '../../tables/interfaces.ts';
import { EtherType } from '../../wire/ethernet.ts';
import type { InterfaceModel, RouterModel } from '../model.ts';
import type { Rib } from './rib.ts';

/** Names of the ports, in the order of their numbers. */
export function portNames(model: RouterModel): string[] {
  return model.interfaces.filter((each) => each.name === each.port).map((each) => each.name);
}

/** Names the maps that a sub-interface needs: one for its port, and for QinQ one for each outer VID. */
function mapKeys(each: InterfaceModel): string[] {
  if (each.vlan === undefined) return [];
  if (each.outer === undefined) return [`${each.port}/vlan`];
  return [`${each.port}/outer`, `${each.port}/outer/${each.outer}`];
}

/** VLAN maps in the order of their numbers. */
export function vlanMapKeys(model: RouterModel): string[] {
  return [...new Set(model.interfaces.flatMap(mapKeys))];
}

/** A MAC address as the tables keep it: its first two bytes, its last four. None is all zeros. */
export function macWords(mac: readonly number[] = []): [number, number] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac;
  return [(a << 8) | b, ((c << 24) | (d << 16) | (e << 8) | f) >>> 0];
}

function tagsOf(each: InterfaceModel): number[] {
  const tag = (type: number, vid: number) => ((type << 16) | vid) >>> 0;
  if (each.vlan === undefined) return [];
  const inner = tag(EtherType.vlan, each.vlan);
  return each.outer === undefined ? [inner] : [tag(EtherType.serviceVlan, each.outer), inner];
}

/** Source MAC and tags as the words of a frame that a little-endian machine writes, the EtherType left zero. */
function wireHeader(each: InterfaceModel, tags: readonly number[]): number[] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = each.mac ?? [];
  const bytes = [
    a,
    b,
    c,
    d,
    e,
    f,
    ...tags.flatMap((tag) => [tag >>> 24, (tag >>> 16) & 255, (tag >>> 8) & 255, tag & 255]),
  ];
  const word = (at: number) => [0, 8, 16, 24].reduce((sum, shift, i) => sum | ((bytes[at + i] ?? 0) << shift), 0) >>> 0;
  return [word(0), word(4), word(8), word(12)];
}

function flagsOf(each: InterfaceModel): number {
  return (
    Interface.up |
    (each.mpls ? Interface.mpls : 0) |
    (each.urpf === 'strict' ? Interface.urpfStrict : 0) |
    (each.urpf === 'loose' ? Interface.urpfLoose : 0) |
    (each.controlPort === undefined ? 0 : Interface.control)
  );
}

/** Writes all of it. `table` has been sized for the model. */
export function writeInterfaces(table: InterfaceTable, model: RouterModel, rib: Rib): void {
  const ports = new Map(portNames(model).map((name, index) => [name, index]));
  const maps = new Map(vlanMapKeys(model).map((key, index) => [key, index]));
  let nextList = 0;
  let nextAddress = 0;
  for (const [index, each] of model.interfaces.entries()) {
    const port = ports.get(each.port) as number;
    const record = index * interfaceWords;
    const tags = tagsOf(each);
    const [macHigh, macLow] = macWords(each.mac);
    table.interfaces.set(
      [flagsOf(each), port, rib.tableIndex(each.vrf), each.mtu, macHigh, macLow, tags[0] ?? 0, tags[1] ?? 0],
      record,
    );
    table.interfaces[record + 8] = tags.length;
    table.interfaces.set(wireHeader(each, tags), record + 12);
    if (each.acceptLabels !== undefined) {
      table.interfaces[record + 9] = nextList + 1;
      writeAcceptList(table.accepted, nextList++, each.acceptLabels);
    }
    table.interfaces[record + 10] = nextAddress;
    table.interfaces[record + 11] = each.addresses.length;
    for (const address of each.addresses) {
      table.addresses.set([address.family, address.length, ...address.words], nextAddress++ * addressWords);
    }
    if (each.role !== 'carrier') reach(table, each, index, port, maps);
  }
}

function writeAcceptList(accepted: Uint32Array, list: number, labels: readonly number[]): void {
  for (const label of labels) {
    const at = list * acceptWords + (label >>> 5);
    accepted[at] = (accepted[at] as number) | (1 << (label & 31));
  }
}

/** Makes the interface reachable from its port, by its tags. */
function reach(
  table: InterfaceTable,
  each: InterfaceModel,
  index: number,
  port: number,
  maps: ReadonlyMap<string, number>,
): void {
  const record = port * portWords;
  const [first, second] = mapKeys(each).map((key) => maps.get(key) as number);
  if (first === undefined || each.vlan === undefined) {
    table.ports[record] = index + 1;
  } else if (second === undefined || each.outer === undefined) {
    table.ports[record + 2] = first + 1;
    table.maps[first * mapWords + each.vlan] = index + 1;
  } else {
    table.ports[record + 3] = first + 1;
    table.maps[first * mapWords + each.outer] = second + 1;
    table.maps[second * mapWords + each.vlan] = index + 1;
  }
}

/** Index of a routed interface for the argument of an action. */
export function interfaceArgument(index: number | undefined): number {
  return index ?? noInterface;
}
