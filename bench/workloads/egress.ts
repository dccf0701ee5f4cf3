// From the core to customers: explicit null and VPN label taken off, looked up in the VRF of the label, out as IP on
// the customer's VLAN.
import type { IpPrefix } from '../../src/wire/address.ts';
import { ip4, ModelBuilder, prefix4, via } from '../build-model.ts';
import { FrameStore } from '../frames.ts';
import { ethernet, etherType, ipv4, stack } from '../packets.ts';
import { addressIn, prefixes4 } from '../prefixes.ts';
import { createRandom } from '../random.ts';
import { addCore, corePort, flowTo } from './network.ts';
import type { BuiltWorkload, Scale, Workload } from './workload.ts';

const firstVpnLabel = 1000;
const explicitNull = 0;
/** Ports towards customers; each carries many VRFs, each in its VLAN. */
const customerPorts = 16;
/** Every VRF has the same subnet towards its customer. */
const customerSubnet = 0x0a630000;

function addPorts(builder: ModelBuilder): void {
  for (let port = 0; port < customerPorts; port++) builder.port(`ce${port}`, { role: 'carrier' });
}

function addVrf(builder: ModelBuilder, index: number): string {
  const vrf = `vrf${index}`;
  const port = index % customerPorts;
  const vlan = 1 + Math.floor(index / customerPorts);
  const name = `ce${port}.${vlan}`;
  const mac = [0x02, 0, 0, 1, 0, 1 + port];
  builder.vrf(vrf, firstVpnLabel + index);
  builder.port(name, { port: `ce${port}`, vlan, vrf, mac, addresses: [prefix4(customerSubnet + 1, 24)] });
  builder.neighbor(name, ip4(customerSubnet + 2));
  return vrf;
}

export function buildEgress(scale: Scale): BuiltWorkload {
  const random = createRandom(5);
  const builder = new ModelBuilder();
  addCore(builder);
  addPorts(builder);
  const tables: IpPrefix[][] = [];
  for (let index = 0; index < scale.vrfs; index++) {
    const vrf = addVrf(builder, index);
    const prefixes = prefixes4(random, scale.prefixesPerVrf);
    const path = via(ip4(customerSubnet + 2));
    for (const prefix of prefixes) builder.route(vrf, prefix, path);
    tables.push(prefixes);
  }
  const frames = new FrameStore(scale.frames, 64);
  for (let i = 0; i < scale.frames; i++) {
    const index = random.below(scale.vrfs);
    const packet = ipv4(flowTo(random, addressIn(random, tables[index])), 42);
    const payload = [...stack(explicitNull, firstVpnLabel + index), ...packet];
    frames.add(corePort, ethernet(corePort, etherType.mpls, payload));
  }
  return { model: builder.build(), frames };
}

export const egress: Workload = {
  name: 'egress',
  frameBytes: 64,
  title: 'two labels off, look-up in one of 1,000 VRFs with 1,000 prefixes each, destinations random',
  build: buildEgress,
};
