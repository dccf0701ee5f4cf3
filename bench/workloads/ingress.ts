// From a customer into the core: looked up in the customer's VRF, a VPN label and a transport label pushed.
import type { ViaPath } from '../../src/control/model.ts';
import type { IpPrefix } from '../../src/wire/address.ts';
import { ModelBuilder, via } from '../build-model.ts';
import { FrameStore } from '../frames.ts';
import { ethernet, etherType, ipv4, ipv6 } from '../packets.ts';
import { addressIn, prefixes4, prefixes6 } from '../prefixes.ts';
import { createRandom, type Random } from '../random.ts';
import { addCore, addProviderEdges, flowTo, peAddress } from './network.ts';
import type { BuiltWorkload, Scale, Workload } from './workload.ts';

const cePort = 1;
const vrf = 'red';
/** VPN labels in use; the label tells the provider-edge router. */
const vpnLabels = 1000;
const firstVpnLabel = 100_000;
/** Four bytes of padding: enough to make a header unusual. */
const noOperations = [1, 1, 1, 1];

export interface IngressShape {
  readonly name: string;
  /** Paths to each provider-edge router. */
  readonly transportPaths?: number;
  /** Frames arrive on a sub-interface, with this tag. */
  readonly vlan?: number;
  /** Every so many frames one has IPv4 options, which only the slow path takes. */
  readonly slowEvery?: number;
  /** The same as a share from 0 to 1, without parts. */
  readonly slowShare?: number;
}

function addCustomer(builder: ModelBuilder, vlan: number | undefined): void {
  builder.vrf(vrf, 16);
  if (vlan === undefined) return builder.port('ce', { vrf });
  builder.port('ce', { role: 'carrier' });
  // The port's own MAC address.
  builder.port(`ce.${vlan}`, { port: 'ce', vlan, vrf, mac: [0x02, 0, 0, 1, 0, cePort] });
}

/** Every prefix with one of the VPN labels, towards the router that gave it. */
export function addVpnRoutes(builder: ModelBuilder, random: Random, prefixes: readonly IpPrefix[]): void {
  // Shared between routes: four million of them are more than enough objects.
  const paths = Array.from({ length: vpnLabels }, (_, vpn) => via(peAddress(vpn), { labels: [firstVpnLabel + vpn] }));
  for (const prefix of prefixes) builder.route(vrf, prefix, paths[random.below(vpnLabels)] as ViaPath);
}

function ingressModel(random: Random, prefixes: readonly IpPrefix[], shape: IngressShape) {
  const builder = new ModelBuilder();
  addCore(builder);
  addCustomer(builder, shape.vlan);
  addProviderEdges(builder, shape.transportPaths);
  addVpnRoutes(builder, random, prefixes);
  return builder.build();
}

/** Frames to random addresses inside the prefixes; those that `slowEvery` picks have options. */
export function frames4(
  random: Random,
  prefixes: readonly IpPrefix[],
  count: number,
  frameBytes: number,
  shape: IngressShape,
): Pick<BuiltWorkload, 'frames' | 'parts'> {
  const { slowEvery = 0, slowShare = 0, vlan } = shape;
  const [frames, rest, slow] = [count, slowEvery > 0 ? count : 0, slowEvery > 0 ? count : 0].map(
    (framesMax) => new FrameStore(framesMax, frameBytes),
  ) as [FrameStore, FrameStore, FrameStore];
  const packetBytes = frameBytes - (vlan === undefined ? 14 : 18);
  for (let i = 0; i < count; i++) {
    const flow = flowTo(random, addressIn(random, prefixes));
    const isSlow =
      slowEvery > 0 ? random.below(slowEvery) === 0 : slowShare > 0 && random.below(1000) < slowShare * 1000;
    const packet = ipv4(flow, packetBytes, isSlow ? noOperations : []);
    const frame = ethernet(cePort, etherType.ipv4, packet, vlan);
    frames.add(cePort, frame);
    if (slowEvery > 0) (isSlow ? slow : rest).add(cePort, frame);
  }
  return slowEvery > 0 ? { frames, parts: { rest, slow } } : { frames };
}

function titleOf({ transportPaths = 1, vlan, slowEvery }: IngressShape): string {
  const extras = [
    ...(transportPaths > 1 ? [`${transportPaths} transport paths`] : []),
    ...(vlan === undefined ? [] : ['a VLAN tag on arrival']),
    ...(slowEvery === undefined ? [] : [`1 in ${slowEvery} frames with IPv4 options (slow path)`]),
  ];
  return ['1,000,000 IPv4 prefixes in a VRF, two labels pushed, destinations random', ...extras].join(', ');
}

export function ingress4(shape: IngressShape): Workload {
  return {
    name: shape.name,
    frameBytes: 64,
    title: titleOf(shape),
    build(scale: Scale): BuiltWorkload {
      const random = createRandom(4);
      const prefixes = prefixes4(random, scale.prefixes4);
      const model = ingressModel(random, prefixes, shape);
      return { model, ...frames4(random, prefixes, scale.frames, 64, shape) };
    },
  };
}

export const ingress6: Workload = {
  name: 'ingress6',
  frameBytes: 64,
  title: '250,000 IPv6 prefixes in a VRF, two labels pushed, destinations random',
  build(scale: Scale): BuiltWorkload {
    const random = createRandom(6);
    const prefixes = prefixes6(random, scale.prefixes6);
    const model = ingressModel(random, prefixes, { name: 'ingress6' });
    const frames = new FrameStore(scale.frames, 64);
    for (let i = 0; i < scale.frames; i++) {
      const packet = ipv6(flowTo(random, addressIn(random, prefixes)), 50);
      frames.add(cePort, ethernet(cePort, etherType.ipv6, packet));
    }
    return { model, frames };
  },
};
