// `npm run bench -- live`: shimline on veth interfaces against a C program on the same sockets, the kernel's own
// forwarding, and libpcap; and the latency that it adds. Needs two cores, a C compiler and the right to make namespaces.
import { Lab } from '../../test/live/support/lab.ts';
import { wanting } from '../../test/live/support/tools.ts';
import { buildLiveYardstick, type LiveYardstick } from '../compiler.ts';
import { median, rounded } from '../median.ts';
import type { LiveOptions } from '../options.ts';
import { machineText, thisMachine } from '../report.ts';
import { withTempFolder } from '../temp-folder.ts';
import { type Contender, startInC, startKernel, startOurs } from './contenders.ts';
import { type LatencyRow, latencyText, measureLatencies } from './latency.ts';
import { measureOutcome, measureRate, type Rate, writeFrames } from './measure.ts';
import { frameSizes, framesOf, titles, type WorkloadName, workloadNames } from './workload.ts';

/** A rival beside ours: medians of what each turn gave. */
interface RateRow {
  readonly name: WorkloadName;
  readonly frameBytes: number;
  readonly rival: string;
  readonly ourFramesPerSecond: number;
  readonly rivalFramesPerSecond: number;
  /** Ours to the rival's; above 1, ours is faster. */
  readonly ratio: number;
  /** The same by frames in a second of CPU time: it holds on a busy machine, and when the generator is the limit. */
  readonly cpuRatio: number | null;
  /** What the generator sent to ours: when that is little more than what came out, the generator was the limit. */
  readonly offeredFramesPerSecond: number;
  readonly runs: number;
}

/** Everything that can be started here, ours first, paused. Says which of the others cannot. */
async function startAll(lab: Lab, yardstick: LiveYardstick): Promise<Contender[]> {
  const contenders = [await startOurs(lab, 'ours', { in: '{afpacket: in}', out: '{afpacket: out}' })];
  contenders[0]?.pause();
  const others: (() => Contender | Promise<Contender>)[] = [
    () => startInC(lab, yardstick.live),
    () => startKernel(lab),
    () => startOurs(lab, 'cap', { in: '{cap: in}', out: '{cap: out}' }, false),
  ];
  for (const start of others) {
    try {
      const contender = await start();
      contender.pause();
      contenders.push(contender);
    } catch (error) {
      console.error(`does not take part: ${(error as Error).message}`);
    }
  }
  return contenders;
}

/** Throws when somebody sends other frames than we do. */
async function insistOnSameFrames(wire: string, contenders: readonly Contender[], file: string, frames: number) {
  const [ours, ...others] = contenders.filter(({ sendsTheSame }) => sendsTheSame);
  const outcomeOf = async (contender: Contender) => {
    contender.resume();
    const outcome = await measureOutcome(wire, contender, file, frames);
    contender.pause();
    return outcome;
  };
  const expected = await outcomeOf(ours as Contender);
  if (expected.frames !== frames) throw new Error(`ours sent ${expected.frames} of ${frames} frames`);
  for (const other of others) {
    const outcome = await outcomeOf(other);
    if (outcome.hash === expected.hash) continue;
    throw new Error(`${other.name} sends other frames: ${JSON.stringify([expected, outcome])}`);
  }
}

async function race(
  yardstick: LiveYardstick,
  contenders: readonly Contender[],
  file: string,
  { runs, seconds }: LiveOptions,
): Promise<Map<Contender, Rate[]>> {
  const rates = new Map<Contender, Rate[]>(contenders.map((contender) => [contender, []]));
  for (let run = 0; run < runs; run++) {
    for (const contender of contenders) {
      contender.resume();
      rates.get(contender)?.push(await measureRate(yardstick.wire, contender, file, seconds));
      contender.pause();
    }
  }
  return rates;
}

function rowsOf(name: WorkloadName, frameBytes: number, rates: Map<Contender, Rate[]>): RateRow[] {
  const [[, ours], ...others] = [...rates] as [[Contender, Rate[]], ...[Contender, Rate[]][]];
  const medianOf = (turns: readonly Rate[], of: 'forwarded' | 'offered') =>
    Math.round(median(turns.map((turn) => turn[of])));
  // Of the turns, not of the medians: the machine changes its speed between turns.
  const ratioTo = (theirs: readonly Rate[], of: 'forwarded' | 'perCpuSecond') =>
    rounded(median(ours.map((turn, i) => (turn[of] as number) / ((theirs[i] as Rate)[of] as number))));
  return others.map(([{ name: rival }, theirs]) => ({
    name,
    frameBytes,
    rival,
    ourFramesPerSecond: medianOf(ours, 'forwarded'),
    rivalFramesPerSecond: medianOf(theirs, 'forwarded'),
    ratio: ratioTo(theirs, 'forwarded'),
    cpuRatio: theirs.every(({ perCpuSecond }) => perCpuSecond !== undefined) ? ratioTo(theirs, 'perCpuSecond') : null,
    offeredFramesPerSecond: medianOf(ours, 'offered'),
    runs: ours.length,
  }));
}

const inThousands = (value: number): string => `${Math.round(value / 1000)} kpps`;

function rateText(row: RateRow): string {
  const { rival, ratio, cpuRatio, ourFramesPerSecond, rivalFramesPerSecond, offeredFramesPerSecond, runs } = row;
  const rates = `ours ${inThousands(ourFramesPerSecond)} of ${inThousands(offeredFramesPerSecond)} offered`;
  const byCpu = cpuRatio === null ? '' : `, ${cpuRatio.toFixed(2)} by CPU time`;
  return `  ratio ${ratio.toFixed(2)}${byCpu}: ${rates}, ${rival} ${inThousands(rivalFramesPerSecond)}; medians of ${runs} runs`;
}

async function measureRates(lab: Lab, yardstick: LiveYardstick, options: LiveOptions, say: (text: string) => void) {
  const contenders = await startAll(lab, yardstick);
  const rows: RateRow[] = [];
  for (const workload of workloadNames) {
    for (const bytes of frameSizes) {
      const frames = framesOf(workload, bytes);
      const file = writeFrames(lab, `${workload}-${bytes}`, frames);
      const taking = contenders.filter(({ workloads }) => workloads.includes(workload));
      await insistOnSameFrames(yardstick.wire, taking, file, frames.length);
      say(`${workload}, ${bytes}-byte frames: ${titles[workload]}`);
      if (options.check) continue;
      const found = rowsOf(workload, bytes, await race(yardstick, taking, file, options));
      rows.push(...found);
      say(`${found.map(rateText).join('\n')}\n`);
    }
  }
  for (const contender of contenders) await contender.stop();
  return rows;
}

export async function runLive(options: LiveOptions): Promise<void> {
  const { title, ready } = wanting('live benchmarks', 'taskset');
  if (!ready) throw new Error(title);
  await withTempFolder(async (folder) => {
    const yardstick = buildLiveYardstick(folder);
    if (yardstick === undefined) throw new Error('live benchmarks need a C compiler: their generator is in C');
    const machine = thisMachine(yardstick.compiler);
    if (machine.cores < 2) throw new Error('live benchmarks need two cores: one forwards, the other one sends');
    const say = (text: string) => {
      if (!options.json) console.log(text);
    };
    say(`${machineText(machine)}; one core forwards, another one sends\n`);
    const lab = new Lab('bench');
    try {
      const rates = await measureRates(lab, yardstick, options, say);
      const latencies: LatencyRow[] = options.check ? [] : await measureLatencies(lab, yardstick.wire, options);
      for (const row of latencies) say(latencyText(row));
      if (options.json) console.log(JSON.stringify({ machine, rates, latencies }, undefined, 2));
    } finally {
      lab.close();
    }
  });
}
