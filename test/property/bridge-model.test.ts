// Random bridges, random stations that talk, fall silent and move: what the engine does at every speed is what a simple
// model of a learning bridge says. That several workers write what one writes is shown in test/workers, over random routers
// that have bridges too.
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/control/config/index.ts';
import { compileRouter } from '../../src/control/router.ts';
import { Forwarder, type ForwarderOptions } from '../../src/engine/forwarder.ts';
import type { Output } from '../../src/engine/output.ts';
import { dropReasons } from '../../src/engine/reasons.ts';
import { type Bytes, eth, labels } from '../support/frames.ts';
import { BridgeModel, type Frame, type Member } from './bridge-model.ts';
import { Random } from './random.ts';

const stations = Array.from({ length: 12 }, (_, i) => `02:dd:00:00:00:${(16 + i).toString(16)}`);
const groups = ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:05', '33:33:00:00:00:01'];
const coreMac = '02:00:00:00:01:0f';

interface Lan {
  readonly members: readonly Member[];
  readonly ageing: number;
  readonly limit: number;
}

interface Topology {
  readonly lans: readonly Lan[];
  readonly yaml: string;
}

function drawTopology(random: Random): Topology {
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

/** Stations sit behind members, talk, and sometimes move. Both bridges have the same stations. */
function drawFrames({ lans }: Topology, count: number, random: Random): (Frame & { readonly lan: number })[] {
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
        [60, random.below(1000)],
        [30, random.below(50_000_000)],
        [1, 1_000_000_000],
      ]),
    );
    const destination = random.chance(0.85) ? random.pick(stations) : random.pick(groups);
    const from = home.get(source) ?? random.pick((lans[lan] as Lan).members).name;
    return { lan, from, source, destination, time };
  });
}

/** Plays the frames in batches; for each what became of it: members in order, or reasons. */
function play(yaml: string, frames: readonly Frame[], options: ForwarderOptions, random: Random): string[][] {
  const { tables, portNames } = compileRouter(parseConfig(yaml, 'bridge.yaml'), { forwarders: 1 });
  const said: string[][] = frames.map(() => []);
  // The number of a frame is in its payload, and its time tells the same.
  const note = (bytes: Uint8Array, end: number, what: string) => {
    const number = ((bytes[end - 2] as number) << 8) | (bytes[end - 1] as number);
    said[number]?.push(what);
  };
  const output: Output = {
    transmit: (port, bytes, start, captured) => {
      const name = portNames[port] as string;
      const at = start + 14;
      const label = ((bytes[at] as number) << 12) | ((bytes[at + 1] as number) << 4) | ((bytes[at + 2] as number) >> 4);
      const wire = label - 2000;
      note(bytes, start + captured, name === 'core' ? `w${String(wire).padStart(2, '0')}` : name);
    },
    drop: (reason, _port, bytes, start, captured) => note(bytes, start + captured, dropReasons[reason]?.name as string),
    punt: (_reason, _port, bytes, start, captured) => note(bytes, start + captured, 'punted'),
  };
  const forwarder = new Forwarder(tables, output, options);
  const batch = forwarder.newBatch();
  let left = 0;
  const flush = () => {
    forwarder.process(batch);
    batch.clear();
    left = random.between(1, 256);
  };
  for (const [i, frame] of frames.entries()) {
    if (left-- <= 0) flush();
    const inner = eth({ dst: frame.destination, src: frame.source, type: 0x88b5 }, [
      ...new Array<number>(44).fill(0),
      i >> 8,
      i & 255,
    ]);
    const isWire = frame.from.startsWith('w');
    const stack = labels(1000 + Number(frame.from.slice(1)));
    const outer: Bytes = isWire
      ? eth({ dst: coreMac, src: '02:00:00:00:00:02', type: 0x8847 }, [...stack, 0, 0, 0, 0, ...inner])
      : inner;
    const port = portNames.indexOf(isWire ? 'core' : frame.from);
    const seconds = Number(frame.time / 1_000_000_000n);
    const at = batch.add(port, outer.length, outer.length, seconds, Number(frame.time % 1_000_000_000n));
    batch.bytes.set(outer, at);
  }
  flush();
  expect(forwarder.counters.balanced).toBe(true);
  return said;
}

const speeds: readonly [string, ForwarderOptions][] = [
  ['kernels', {}],
  ['passes in TypeScript', { kernels: false }],
  ['slow path', { slowOnly: true }],
];

test.each(speeds)('a simple model of a learning bridge agrees with the %s', { timeout: 300_000 }, (_name, options) => {
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= 12; seed++) {
    const random = new Random(seed);
    const topology = drawTopology(random);
    const frames = drawFrames(topology, 4000, random);
    const models = topology.lans.map(({ members, ageing, limit }) => new BridgeModel(members, ageing, limit));
    const expected = frames.map((frame) => [models[frame.lan]?.forward(frame) ?? []].flat());
    const seen = play(topology.yaml, frames, options, random);
    const wrong = seen.findIndex((what, i) => what.join() !== (expected[i] as string[]).join());
    expect(
      wrong < 0 ? undefined : { seed, frame: frames[wrong], seen: seen[wrong], expected: expected[wrong] },
    ).toBeUndefined();
    for (const what of expected) {
      const kind = what.length > 1 ? 'flooded' : /-|filtered/.test(what[0] ?? '') ? (what[0] as string) : 'to one';
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }
  }
  for (const kind of ['flooded', 'to one', 'filtered', 'mac-limit'])
    expect(outcomes.get(kind), kind).toBeGreaterThan(500);
});
