// The time that a router adds between two hosts: probes through it against probes over a bare cable, in turn.
import type { Lab } from '../../test/live/support/lab.ts';
import { median, rounded } from '../median.ts';
import { type Contender, startOurs } from './contenders.ts';
import { type Latency, measureLatency, writeFrames } from './measure.ts';
import { framesOf } from './workload.ts';

export interface LatencyRow {
  readonly mode: 'normal' | 'low';
  readonly framesPerSecond: number;
  /** More than over a cable; medians of the runs. */
  readonly addedP50Microseconds: number;
  readonly addedP99Microseconds: number;
  readonly cableP50Microseconds: number;
  readonly cableP99Microseconds: number;
  readonly runs: number;
}

const framesPerSecond = 1000;
const probeBytes = 64;

interface Way {
  measure(): Promise<Latency>;
  readonly contender?: Contender;
  readonly found: Latency[];
}

export async function measureLatencies(
  lab: Lab,
  wire: string,
  { runs, seconds }: { readonly runs: number; readonly seconds: number },
): Promise<LatencyRow[]> {
  const file = writeFrames(lab, 'probe', framesOf('push', probeBytes).slice(0, 1));
  const probes = framesPerSecond * seconds;
  const [left, right] = [lab.router('left'), lab.router('right')];
  lab.cable({ in: left, name: 'wire' }, { in: right, name: 'wire' });
  const cable: Way = { measure: () => measureLatency(wire, left, right, file, probes, framesPerSecond), found: [] };
  const through = async (name: string, latency: 'normal' | 'low'): Promise<Way> => {
    const device = (link: string) => `{afpacket: {interface: ${link}, latency: ${latency}}}`;
    const contender = await startOurs(lab, name, { in: device('in'), out: device('out') });
    contender.pause();
    const { generator, sink } = contender.stand;
    return {
      measure: () => measureLatency(wire, generator, sink, file, probes, framesPerSecond),
      contender,
      found: [],
    };
  };
  const modes = { normal: await through('normal', 'normal'), low: await through('low', 'low') };
  for (let run = 0; run < runs; run++) {
    for (const way of [cable, modes.normal, modes.low]) {
      way.contender?.resume();
      way.found.push(await way.measure());
      way.contender?.pause();
    }
  }
  await Promise.all(Object.values(modes).map(({ contender }) => contender?.stop()));
  return (['normal', 'low'] as const).map((mode) => rowOf(mode, modes[mode].found, cable.found));
}

function rowOf(mode: 'normal' | 'low', ours: readonly Latency[], cable: readonly Latency[]): LatencyRow {
  const added = (of: 'p50Microseconds' | 'p99Microseconds') =>
    rounded(median(ours.map((each, i) => each[of] - (cable[i] as Latency)[of])));
  return {
    mode,
    framesPerSecond,
    addedP50Microseconds: added('p50Microseconds'),
    addedP99Microseconds: added('p99Microseconds'),
    cableP50Microseconds: rounded(median(cable.map((each) => each.p50Microseconds))),
    cableP99Microseconds: rounded(median(cable.map((each) => each.p99Microseconds))),
    runs: ours.length,
  };
}

export function latencyText(row: LatencyRow): string {
  const { mode, addedP50Microseconds, addedP99Microseconds, cableP50Microseconds, cableP99Microseconds, runs } = row;
  const added = `${addedP50Microseconds} µs (p50) and ${addedP99Microseconds} µs (p99) added`;
  const base = `the cable ${cableP50Microseconds} and ${cableP99Microseconds} µs`;
  return `latency, ${mode} mode, ${framesPerSecond} frames a second: ${added}, ${base}; medians of ${runs} runs`;
}
