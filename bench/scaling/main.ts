// `npm run bench -- scaling`: what a second thread brings, to us and to C, in memory, by the clock on the wall.
import { buildYardstick } from '../compiler.ts';
import { rounded } from '../median.ts';
import type { ScalingOptions } from '../options.ts';
import { json, machineText, type ResultRow, sayAlone, thisMachine } from '../report.ts';
import { withTempFolder } from '../temp-folder.ts';
import { compareScaling, type ScalingResult, type ScalingSide } from './compare.ts';

const mpps = (framesASecond: number): string => `${rounded(framesASecond / 1e6)} Mpps`;

function sideText({ name, one, many, factor }: ScalingSide, threads: number): string {
  return `${name} ${mpps(one)} on 1 thread, ${mpps(many)} on ${threads}: factor ${factor.toFixed(3)}`;
}

function scalingText({ workload, threads, runs, ours, others }: ScalingResult): string {
  const { name, frameBytes } = workload;
  const lines = others.map((other) => {
    const ratio = (ours.factor / other.factor).toFixed(3);
    return `  ratio ${ratio}: ${sideText(other, threads)}`;
  });
  const head = `${name}, ${frameBytes}-byte frames, medians of ${runs} runs`;
  return [head, `  ${sideText(ours, threads)}`, ...(lines.length > 0 ? lines : ['  no rival here'])].join('\n');
}

/** Time a frame on all threads together; the ratio is that of the factors. */
function rowsOf({ workload, threads, runs, ours, others }: ScalingResult): ResultRow[] {
  const ns = (rate: number) => rounded(1e9 / rate);
  const common = {
    name: `threads:${workload.name}`,
    frameBytes: workload.frameBytes,
    nsPerFrame: ns(ours.many),
    runs,
    threads,
    factor: ours.factor,
  };
  if (others.length === 0) return [{ ...common, yardstick: null, yardstickNsPerFrame: null, ratio: null }];
  return others.map(({ name, many, factor }) => ({
    ...common,
    yardstick: `${name}, ${threads} threads`,
    yardstickNsPerFrame: ns(many),
    yardstickFactor: factor,
    ratio: rounded(ours.factor / factor),
  }));
}

export async function runScaling(options: ScalingOptions): Promise<void> {
  await withTempFolder(async (folder) => {
    const yardstick = buildYardstick(folder);
    if (yardstick === undefined) sayAlone();
    const machine = thisMachine(yardstick?.compiler);
    if (!options.json) console.log(`${machineText(machine)}\n`);
    const rows: ResultRow[] = [];
    for (const workload of options.workloads) {
      const result = await compareScaling(workload, { ...options, folder, yardstick });
      rows.push(...rowsOf(result));
      if (!options.json) console.log(`${scalingText(result)}\n`);
    }
    if (options.json) console.log(json(machine, rows));
  });
}
