// A router model written as the configuration that it could have come from: as much of the format as the workloads use.
import { stringify } from 'yaml';
import type { InterfaceModel, RouteModel, RouterModel, ViaPath } from '../../src/control/model.ts';
import type { IpAddress, IpPrefix } from '../../src/wire/address.ts';

function addressText({ family, words }: IpAddress): string {
  if (family !== 4) throw new Error('only IPv4 addresses are written');
  const word = words[0] as number;
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255].join('.');
}

const prefixText = (prefix: IpPrefix): string => `${addressText(prefix)}/${prefix.length}`;

function macText(mac: readonly number[] | undefined): string | undefined {
  return mac?.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function interfaceConfig({ mac, mtu, mpls, vrf, addresses, vlan }: InterfaceModel) {
  return {
    mac: macText(mac),
    mtu,
    ...(mpls ? { mpls } : {}),
    ...(vrf === undefined ? {} : { vrf }),
    ...(vlan === undefined ? {} : { vlan }),
    ...(addresses.length === 0 ? {} : { addresses: addresses.map(prefixText) }),
  };
}

function routeConfig({ vrf, prefix, paths }: RouteModel) {
  const legs = paths.map((path) => {
    const { via, labels } = path as ViaPath;
    return { via: addressText(via as IpAddress), ...(labels === undefined ? {} : { labels: [...labels] }) };
  });
  const where = { ...(vrf === undefined ? {} : { vrf }), prefix: prefixText(prefix) };
  return legs.length === 1 ? { ...where, ...legs[0] } : { ...where, paths: legs };
}

/** YAML, a line for each route. */
export function configText(model: RouterModel): string {
  const head = stringify({
    router: { name: model.name, hashSeed: model.hashSeed },
    interfaces: Object.fromEntries(model.interfaces.map((each) => [each.name, interfaceConfig(each)])),
    vrfs: Object.fromEntries(model.vrfs.map(({ name, label }) => [name, { label }])),
    neighbors: model.neighbors.map((each) => ({
      interface: each.interface,
      address: addressText(each.address),
      mac: macText(each.mac),
    })),
  });
  // Lines of JSON are YAML too, and quicker to write.
  const routes = model.routes.map((route) => `  - ${JSON.stringify(routeConfig(route))}\n`);
  return `${head}routes:\n${routes.join('')}`;
}
