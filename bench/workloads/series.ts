// Workloads of which one number varies: `KIND:NUMBER`, as in `routes:4000000`. What charts are drawn from.
import type { IpPrefix } from '../../src/wire/address.ts';
import { ModelBuilder, prefix4, via } from '../build-model.ts';
import { prefixes4 } from '../prefixes.ts';
import { createRandom } from '../random.ts';
import { buildEgress } from './egress.ts';
import { addVpnRoutes, frames4 } from './ingress.ts';
import { addCore, addProviderEdges, coreNeighbor, neighborCount, peAddress } from './network.ts';
import { type BuiltWorkload, fullScale, type Scale, type Workload } from './workload.ts';

/** Routes where the size of the table is not what varies: they fit the cache. */
const fewRoutes = 1000;
/** So few routes are in the cache after as few frames. */
const fewFrames = 2 ** 16;
/** Frames of a round take no more than this. */
const frameMemoryBytes = 2 ** 28;
const firstVpnLabel = 100_000;
const transportLabel = 16_000;

interface Series {
  /** What the number is, for titles. */
  readonly title: (value: number) => string;
  readonly frameBytes: (value: number) => number;
  readonly build: (value: number, scale: Scale) => BuiltWorkload;
}

function framesOf(scale: Scale, routes: number, frameBytes: number): number {
  const frames = routes > fewRoutes ? scale.frames : Math.min(scale.frames, fewFrames);
  return Math.min(frames, Math.floor(frameMemoryBytes / frameBytes));
}

/** A customer's port, the core, and the routes between. */
function ingressBuilder(): ModelBuilder {
  const builder = new ModelBuilder();
  addCore(builder);
  builder.vrf('red', 16);
  builder.port('ce', { vrf: 'red' });
  return builder;
}

function ingress(routes: number, scale: Scale, frameBytes: number, slowShare?: number): BuiltWorkload {
  const random = createRandom(11);
  const builder = ingressBuilder();
  addProviderEdges(builder);
  const prefixes = prefixes4(random, routes);
  addVpnRoutes(builder, random, prefixes);
  const shape = slowShare === undefined ? {} : { slowShare };
  const { frames } = frames4(random, prefixes, framesOf(scale, routes, frameBytes), frameBytes, {
    name: 'series',
    ...shape,
  });
  return { model: builder.build(), frames };
}

/** 20.0.0.0/24, 20.0.1.0/24 and so on. */
function routes24(): IpPrefix[] {
  return Array.from({ length: fewRoutes }, (_, i) => prefix4(0x14000000 + i * 256, 24));
}

/** `count` labels pushed: the lowest is the transport's own, if there are two and more. */
function pushes(count: number, scale: Scale): BuiltWorkload {
  const random = createRandom(12);
  const builder = ingressBuilder();
  for (let pe = 0; pe < neighborCount; pe++) {
    const labels = count > 1 ? [transportLabel + pe] : [];
    builder.route(undefined, { family: 4, words: peAddress(pe).words, length: 32 }, via(coreNeighbor(pe), { labels }));
  }
  const vpnLabels = Math.max(count - 1, 1);
  for (const [i, prefix] of routes24().entries()) {
    const labels = Array.from({ length: vpnLabels }, (_, depth) => firstVpnLabel + i * 8 + depth);
    builder.route('red', prefix, via(peAddress(i), { labels }));
  }
  const { frames } = frames4(random, routes24(), framesOf(scale, fewRoutes, 64), 64, { name: 'series' });
  return { model: builder.build(), frames };
}

const sixtyFour = () => 64;
const number = (value: number) => value.toLocaleString('en');

export const series = {
  routes: {
    title: (value) => `${number(value)} IPv4 prefixes in a VRF, two labels pushed, destinations random`,
    frameBytes: sixtyFour,
    build: (value, scale) => ingress(value, scale, 64),
  },
  vrfs: {
    title: (value) => `two labels off, look-up in one of ${number(value)} VRFs, destinations random`,
    frameBytes: sixtyFour,
    build: (value, scale) => buildEgress({ ...scale, vrfs: value }),
  },
  labels: {
    title: (value) => `${value} labels pushed, 1,000 /24 routes towards 16 next hops`,
    frameBytes: sixtyFour,
    build: (value, scale) => pushes(value, scale),
  },
  bytes: {
    title: (value) => `frames of ${number(value)} bytes, 1,000 IPv4 prefixes in a VRF, two labels pushed`,
    frameBytes: (value) => value,
    build: (value, scale) => ingress(fewRoutes, scale, value),
  },
  slow: {
    title: (value) => `${value} % of frames with IPv4 options (slow path), 1,000 IPv4 prefixes, two labels pushed`,
    frameBytes: sixtyFour,
    build: (value, scale) => ingress(fewRoutes, scale, 64, value / 100),
  },
} as const satisfies Readonly<Record<string, Series>>;

export type SeriesName = keyof typeof series;

export function seriesWorkload(name: SeriesName, value: number): Workload {
  const one: Series = series[name];
  return {
    name: `${name}:${value}`,
    frameBytes: one.frameBytes(value),
    title: one.title(value),
    build: (scale) => one.build(value, scale),
  };
}

/** `routes:1000` and the like; undefined for a name of another kind. */
export function parseSeriesWorkload(text: string): Workload | undefined {
  const [, name = '', digits = ''] = /^([a-z]+):([0-9]{1,7})$/.exec(text) ?? [];
  const value = Number(digits);
  if (!(name in series) || digits === '' || value > fullScale.prefixes4 * 4) return undefined;
  return seriesWorkload(name as SeriesName, value);
}
