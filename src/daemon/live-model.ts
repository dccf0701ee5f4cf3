// A configuration for a live run: every routed port has a MAC address, its own or that of its device, and control ports
// know what they look like.
import type { InterfaceModel, RouterModel } from '../control/model.ts';
import { formatAddress } from '../wire/address.ts';
import type { ControlPortSpec } from '../workers/live/messages.ts';

/** What is known of interfaces of this machine, by name. */
export type MacLookup = (interfaceName: string) => readonly number[] | undefined;

/** The interface of this machine that a port is attached to; undefined for devices that are none of its. */
export function attachedTo(port: InterfaceModel): string | undefined {
  const { device } = port;
  return device?.kind === 'afpacket' || device?.kind === 'cap' ? device.interface : undefined;
}

/** A locally administered address that is the same in every run: for devices that bring none. */
function madeMac(routerName: string, portName: string): readonly number[] {
  let hash = 0x811c9dc5;
  for (const character of `${routerName}/${portName}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return [0x02, 0x5a, hash >>> 24, (hash >>> 16) & 0xff, (hash >>> 8) & 0xff, hash & 0xff];
}

/** The model with MAC addresses filled in where it has none. A port whose interface is missing has one made up. */
export function withMacs(model: RouterModel, macOf: MacLookup): RouterModel {
  const ports = new Map(model.interfaces.map((entry) => [entry.name, entry]));
  const interfaces = model.interfaces.map((entry) => {
    if (entry.mac !== undefined) return entry;
    const port = ports.get(entry.port) ?? entry;
    const attached = attachedTo(port);
    const found = attached === undefined ? undefined : macOf(attached);
    return { ...entry, mac: port.mac ?? found ?? madeMac(model.name, port.name) };
  });
  return { ...model, interfaces };
}

/** The control port of an interface, if it has one. Its MAC address is known. */
export function controlPortOf(model: RouterModel, entry: InterfaceModel): ControlPortSpec | undefined {
  if (entry.controlPort === undefined) return undefined;
  const loopback = [
    ...(model.id === undefined ? [] : [`${formatAddress(model.id)}/32`]),
    ...(model.id6 === undefined ? [] : [`${formatAddress(model.id6)}/128`]),
  ];
  return {
    ...entry.controlPort,
    mac: entry.mac ?? [],
    mtu: entry.mtu,
    addresses: entry.addresses.map((prefix) => `${formatAddress(prefix)}/${prefix.length}`),
    loopback,
  };
}
