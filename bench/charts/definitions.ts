// The charts: what varies in each, from where to where, and what is measured at every step.
import type { SeriesName } from '../workloads/series.ts';

export interface ChartDefinition {
  /** Of the files, and of `--only`. */
  readonly name: string;
  readonly title: string;
  /** What the numbers below the chart are, with their unit. */
  readonly axis: string;
  readonly logarithmic: boolean;
  /** What is measured, in a sentence or two. */
  readonly text: string;
  readonly values: readonly number[];
  readonly quickValues: readonly number[];
  /** Whose workloads are played with each number; undefined: the number is one of threads. */
  readonly series: SeriesName | undefined;
}

/** What the threads of the last chart forward. */
export const threadsWorkload = 'ingress4';

const ingress = 'a look-up in a VRF and two labels pushed, destinations random';

export const charts: readonly ChartDefinition[] = [
  {
    name: 'routes',
    title: 'Cost of a frame by size of the routing table',
    axis: 'IPv4 routes in the table',
    logarithmic: true,
    text: `64-byte frames from a customer: ${ingress}. The more routes, the more of each look-up is missing in the cache.`,
    values: [1000, 4000, 16_000, 64_000, 256_000, 1_000_000, 4_000_000],
    quickValues: [100, 1000],
    series: 'routes',
  },
  {
    name: 'vrfs',
    title: 'Cost of a frame by number of VRFs',
    axis: 'VRFs, each with 1,000 prefixes',
    logarithmic: true,
    text: '64-byte frames to customers: explicit null and a VPN label off, a look-up in the VRF of the label, a VLAN tag on.',
    values: [1, 4, 16, 64, 256, 1000, 4000],
    quickValues: [1, 16],
    series: 'vrfs',
  },
  {
    name: 'labels',
    title: 'Cost of a frame by labels pushed',
    axis: 'labels pushed',
    logarithmic: false,
    text: '64-byte frames from a customer, 1,000 /24 routes towards 16 next hops: tables that fit the cache.',
    values: [1, 2, 3, 4, 5, 6, 7, 8],
    quickValues: [1, 8],
    series: 'labels',
  },
  {
    name: 'bytes',
    title: 'Cost of a frame by its size',
    axis: 'frame size, bytes',
    logarithmic: true,
    text: `Frames from a customer, 1,000 routes: ${ingress}. What grows is the one copy of the frame from memory into the batch.`,
    values: [64, 128, 256, 512, 1024, 1518, 4096, 9000],
    quickValues: [64, 9000],
    series: 'bytes',
  },
  {
    name: 'workers',
    title: 'Throughput by number of threads',
    axis: 'threads',
    logarithmic: false,
    text: `64-byte frames in memory, a million routes: ${ingress}. All threads play the same frames over the same tables; by the clock on the wall.`,
    values: [1, 2],
    quickValues: [1, 2],
    series: undefined,
  },
  {
    name: 'slow',
    title: 'Cost of a frame by share of frames that take the slow path',
    axis: 'frames with IPv4 options, %',
    logarithmic: false,
    text: `64-byte frames from a customer, 1,000 routes: ${ingress}. IPv4 options are among what the fast path leaves to the slow path; to the C programs they are nothing special.`,
    values: [0, 1, 5, 10, 25, 50, 75, 100],
    quickValues: [0, 50],
    series: 'slow',
  },
];

/** Throws for a name that no chart has. */
export function chosenCharts(only: readonly string[] | undefined): readonly ChartDefinition[] {
  if (only === undefined) return charts;
  return only.map((name) => {
    const found = charts.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no chart ${name}; there are ${charts.map((each) => each.name)}`);
    return found;
  });
}
