// The work that other forwarders were measured with, kind to the cache: 6,144 frames of 60 bytes in turn, 1,000
// labels, 1,000 /24 routes towards 16 next hops; for the pop 10 VRFs with the same 1,000 prefixes.
import type { IpPrefix } from '../../src/wire/address.ts';
import { ip4, ModelBuilder, prefix4, via } from '../build-model.ts';
import { FrameStore } from '../frames.ts';
import { ethernet, etherType, ipv4, stack } from '../packets.ts';
import { addressIn } from '../prefixes.ts';
import { createRandom } from '../random.ts';
import { frames4 } from './ingress.ts';
import { addCore, addProviderEdges, corePort, flowTo, neighborCount, peAddress } from './network.ts';
import { addSwaps, swapFrames } from './transit.ts';
import type { BuiltWorkload, Workload } from './workload.ts';

const frameCount = 6144;
const frameBytes = 60;
const routeCount = 1000;
const vrfCount = 10;
const firstVpnLabel = 100_000;

/** 20.0.0.0/24, 20.0.1.0/24 and so on. */
function routes(): IpPrefix[] {
  return Array.from({ length: routeCount }, (_, i) => prefix4(0x14000000 + i * 256, 24));
}

export const peersSwap: Workload = {
  name: 'peers:swap',
  frameBytes,
  title: '1,000 labels swapped, 6,144 frames',
  build(): BuiltWorkload {
    const random = createRandom(7);
    const builder = new ModelBuilder();
    addCore(builder);
    addSwaps(builder, random, routeCount);
    return { model: builder.build(), frames: swapFrames(random, routeCount, frameCount, frameBytes) };
  },
};

export const peersPush: Workload = {
  name: 'peers:push2',
  frameBytes,
  title: '1,000 /24 routes towards 16 next hops, two labels pushed, 6,144 frames',
  build(): BuiltWorkload {
    const random = createRandom(8);
    const builder = new ModelBuilder();
    addCore(builder);
    builder.vrf('red', 16);
    builder.port('ce', { vrf: 'red' });
    addProviderEdges(builder);
    for (const [i, prefix] of routes().entries()) {
      builder.route('red', prefix, via(peAddress(i), { labels: [firstVpnLabel + i] }));
    }
    return { model: builder.build(), ...frames4(random, routes(), frameCount, frameBytes, { name: 'peers:push2' }) };
  },
};

/** One of the VRFs of the pop: a port with sixteen customer routers, and the routes towards them. */
function addPopVrf(builder: ModelBuilder, index: number): void {
  const vrf = `vrf${index}`;
  const name = `ce${index}`;
  const subnet = 0x0a640000 + index * 256;
  builder.vrf(vrf, firstVpnLabel + index);
  builder.port(name, { vrf, addresses: [prefix4(subnet + 1, 24)] });
  for (let i = 0; i < neighborCount; i++) builder.neighbor(name, ip4(subnet + 10 + i));
  for (const [i, prefix] of routes().entries()) {
    builder.route(vrf, prefix, via(ip4(subnet + 10 + (i % neighborCount))));
  }
}

export const peersPop: Workload = {
  name: 'peers:pop',
  frameBytes,
  title: 'a label off, look-up in one of 10 VRFs with the same 1,000 /24 routes, 6,144 frames',
  build(): BuiltWorkload {
    const random = createRandom(9);
    const builder = new ModelBuilder();
    addCore(builder);
    for (let index = 0; index < vrfCount; index++) addPopVrf(builder, index);
    const frames = new FrameStore(frameCount, frameBytes);
    for (let i = 0; i < frameCount; i++) {
      const packet = ipv4(flowTo(random, addressIn(random, routes())), frameBytes - 18);
      const payload = [...stack(firstVpnLabel + random.below(vrfCount)), ...packet];
      frames.add(corePort, ethernet(corePort, etherType.mpls, payload));
    }
    return { model: builder.build(), frames };
  },
};
