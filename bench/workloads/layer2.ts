// The backbone as a wire and as a switch: frames of customers' VLANs into pseudowires and out of them, and through a bridge
// whose addresses are known.
import { ModelBuilder } from '../build-model.ts';
import { FrameStore } from '../frames.ts';
import { ethernet, etherType, ipv4, stack } from '../packets.ts';
import { createRandom, type Random } from '../random.ts';
import { addCore, addProviderEdges, corePort, flowTo, peAddress } from './network.ts';
import type { BuiltWorkload, Scale, Workload } from './workload.ts';

/** Each in a VLAN of the customers' port. */
const wiresMax = 4000;
const customerPort = 1;
const firstLocal = 100_000;
const firstRemote = 200_000;
const frameBytes = 64;

/** Core, far PEs, and a pseudowire for each VLAN of one port. */
function addWires(builder: ModelBuilder, count: number): void {
  addCore(builder);
  addProviderEdges(builder);
  builder.port('ce', { role: 'carrier' });
  for (let i = 0; i < count; i++) {
    const name = `ce.${i + 1}`;
    builder.port(name, { port: 'ce', vlan: i + 1, role: 'circuit' });
    builder.pseudowire(`w${i}`, peAddress(i), firstLocal + i, firstRemote + i);
    builder.xconnect({ kind: 'interface', name }, { kind: 'pseudowire', name: `w${i}` });
  }
}

/** A packet between hosts that have nothing to do with the router. */
function inner(random: Random, bytes: number): number[] {
  return ipv4(flowTo(random, [random.word()]), bytes);
}

export const wireOut: Workload = {
  name: 'wire-out',
  frameBytes,
  title: 'a VLAN of 4,000 into its pseudowire: tag off, control word, two labels',
  build(scale: Scale): BuiltWorkload {
    const random = createRandom(21);
    const builder = new ModelBuilder();
    const count = Math.min(scale.labels, wiresMax);
    addWires(builder, count);
    const frames = new FrameStore(scale.frames, frameBytes);
    for (let i = 0; i < scale.frames; i++) {
      const vlan = 1 + random.below(count);
      frames.add(customerPort, ethernet(900 + random.below(100), etherType.ipv4, inner(random, frameBytes - 18), vlan));
    }
    return { model: builder.build(), frames };
  },
};

export const wireIn: Workload = {
  name: 'wire-in',
  frameBytes: 86,
  title: 'a pseudowire of 4,000 into its VLAN: label and control word off, tag on',
  build(scale: Scale): BuiltWorkload {
    const random = createRandom(22);
    const builder = new ModelBuilder();
    const count = Math.min(scale.labels, wiresMax);
    addWires(builder, count);
    const frames = new FrameStore(scale.frames, 86);
    for (let i = 0; i < scale.frames; i++) {
      const carried = ethernet(900 + random.below(100), etherType.ipv4, inner(random, 50));
      const payload = [...stack(firstLocal + random.below(count)), 0, 0, 0, 0, ...carried];
      frames.add(corePort, ethernet(corePort, etherType.mpls, payload));
    }
    return { model: builder.build(), frames };
  },
};

const bridgePorts = 16;
const stationsMax = 100_000;

const stationMac = (station: number): number[] => [0x02, 0xaa, 0, station >>> 16, (station >>> 8) & 255, station & 255];

export const bridge: Workload = {
  name: 'bridge',
  frameBytes,
  title: '100,000 stations behind 16 ports of a bridge, both addresses of each frame looked up, random',
  build(scale: Scale): BuiltWorkload {
    const random = createRandom(23);
    const builder = new ModelBuilder();
    const names = Array.from({ length: bridgePorts }, (_, i) => `lan${i}`);
    for (const name of names) builder.port(name, { role: 'circuit' });
    const stations = Math.min(scale.frames, stationsMax);
    const macs = Array.from({ length: stations }, (_, i) => {
      const circuit = { kind: 'interface', name: `lan${i % bridgePorts}` } as const;
      return { mac: stationMac(i), circuit, vlan: undefined };
    });
    builder.bridge('lan', names, macs);
    const each = Math.floor(stations / bridgePorts);
    const frames = new FrameStore(scale.frames, frameBytes);
    for (let i = 0; i < scale.frames; i++) {
      // Behind the first port, to one behind another.
      const from = random.below(each) * bridgePorts;
      const to = random.below(each) * bridgePorts + 1 + random.below(bridgePorts - 1);
      const frame = ethernet(0, etherType.ipv4, inner(random, frameBytes - 14));
      frame.splice(0, 12, ...stationMac(to), ...stationMac(from));
      frames.add(0, frame);
    }
    return { model: builder.build(), frames };
  },
};
