// Random bridges for the property tests of layer 2: two of them, with ports and pseudowires in groups, stations that talk,
// fall silent and move; and frames of theirs that carry their number, so that one sees what became of each.
import { type Bytes, eth, labels } from '../support/frames.ts';
import { BridgeModel, type Frame, type Member } from './bridge-model.ts';
import type { Random } from './random.ts';

const stations = Array.from({ length: 12 }, (_, i) => `02:dd:00:00:00:${(16 + i).toString(16)}`);
const groups = ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:05', '33:33:00:00:00:01'];
const coreMac = '02:00:00:00:01:0f';

export interface Lan {
  readonly members: readonly Member[];
  readonly ageing: number;
  readonly limit: number;
}

export interface Topology {
  readonly lans: readonly Lan[];
  readonly yaml: string;
}

export function drawTopology(random: Random): Topology {
  const lans = random.times(2, (bridge): Lan => {
    const ports = random.times(random.between(1, 5), (i): Member => {
      return { name: `p${bridge}${i}`, group: random.chance(0.25) ? 'spokes' : undefined };
    });
    const wires = random.times(random.below(4), (i): Member => {
      return {
        name: `w${bridge}${i}`,
        group: random.weighted([
          [6, 'mesh'],
          [1, undefined],
          [1, 'spokes'],
        ]),
      };
    });
    return { members: [...ports, ...wires], ageing: random.pick([1, 3, 20]), limit: random.pick([3, 8, 100]) };
  });
  const all = lans.flatMap(({ members }) => members.map(({ name }) => name));
  const label = (name: string) => Number(name.slice(1));
  const config = {
    interfaces: {
      ...Object.fromEntries(all.filter((name) => name.startsWith('p')).map((name) => [name, {}])),
      core: { mac: coreMac, mtu: 9000, mpls: true, addresses: ['10.0.12.1/30'] },
    },
    neighbors: [{ interface: 'core', address: '10.0.12.2', mac: '02:00:00:00:00:02' }],
    pseudowires: Object.fromEntries(
      all
        .filter((name) => name.startsWith('w'))
        .map((name) => [name, { peer: '10.0.12.2', localLabel: 1000 + label(name), remoteLabel: 2000 + label(name) }]),
    ),
    bridges: Object.fromEntries(
      lans.map(({ members, ageing, limit }, i) => {
        const list = (kind: string, letter: string) =>
          members
            .filter(({ name }) => name.startsWith(letter))
            .map(({ name, group = 'none' }) => ({ [kind]: name, group }));
        return [
          `lan${i}`,
          { interfaces: list('interface', 'p'), pseudowires: list('pseudowire', 'w'), ageing, macLimit: limit },
        ];
      }),
    ),
  };
  return { lans, yaml: JSON.stringify(config) };
}

/** A frame of one of the bridges. */
export interface LanFrame extends Frame {
  readonly lan: number;
}

/** Stations sit behind members, talk, and sometimes move. Both bridges have the same stations. Times never stand still. */
export function drawFrames({ lans }: Topology, count: number, random: Random): LanFrame[] {
  const homes = lans.map(({ members }) => new Map(stations.map((mac) => [mac, random.pick(members).name])));
  let time = 1_000_000_000_000n;
  return random.times(count, () => {
    const lan = random.below(lans.length);
    const home = homes[lan] as Map<string, string>;
    const talkers = random.chance(0.9) ? stations.slice(0, 6) : stations;
    const source = random.chance(0.99) ? random.pick(talkers) : '03:dd:00:00:00:01';
    if (random.chance(0.02)) home.set(source, random.pick((lans[lan] as Lan).members).name);
    time += BigInt(
      random.weighted([
        [60, random.between(1, 1000)],
        [30, random.between(1, 50_000_000)],
        [1, 1_000_000_000],
      ]),
    );
    const destination = random.chance(0.85) ? random.pick(stations) : random.pick(groups);
    const from = home.get(source) ?? random.pick((lans[lan] as Lan).members).name;
    return { lan, from, source, destination, time };
  });
}

/** A model for each bridge. */
export function modelsOf({ lans }: Topology): BridgeModel[] {
  return lans.map(({ members, ageing, limit }) => new BridgeModel(members, ageing, limit));
}

/** What becomes of a frame: members in order, or a reason. */
export function forwardIn(models: readonly BridgeModel[], frame: LanFrame): string[] {
  return [models[frame.lan]?.forward(frame) ?? []].flat();
}

/** The port that a frame arrives by. */
export function portOf({ from }: Frame): string {
  return from.startsWith('w') ? 'core' : from;
}

/** The frame as it arrives; its last two bytes are its number. */
export function bytesOf({ from, source, destination }: Frame, number: number): Bytes {
  const payload = [...new Array<number>(44).fill(0), number >> 8, number & 255];
  const inner = eth({ dst: destination, src: source, type: 0x88b5 }, payload);
  if (!from.startsWith('w')) return inner;
  const stack = [...labels(1000 + Number(from.slice(1))), 0, 0, 0, 0];
  return eth({ dst: coreMac, src: '02:00:00:00:00:02', type: 0x8847 }, [...stack, ...inner]);
}

export function numberOf(bytes: ArrayLike<number>, end: number): number {
  return ((bytes[end - 2] as number) << 8) | (bytes[end - 1] as number);
}

/** The member that a frame has left by: a port, or the pseudowire whose label it has. */
export function memberOf(port: string, bytes: ArrayLike<number>, start: number): string {
  if (port !== 'core') return port;
  const at = start + 14;
  const label = ((bytes[at] as number) << 12) | ((bytes[at + 1] as number) << 4) | ((bytes[at + 2] as number) >> 4);
  return `w${String(label - 2000).padStart(2, '0')}`;
}
