// `npm run bench -- files`: `shimline replay` from file to file, beside a C program that only copies the frames.
import { buildYardstick } from '../compiler.ts';
import { rounded } from '../median.ts';
import type { FilesOptions } from '../options.ts';
import { json, machineText, type ResultRow, sayAlone, thisMachine } from '../report.ts';
import { withTempFolder } from '../temp-folder.ts';
import { findCli } from './cli.ts';
import { checkFiles, compareFiles, type FilesResult, type FilesSide, frameBytes, prepareFiles } from './compare.ts';

function sideText({ name, nsPerFrame, cpuSeconds }: FilesSide): string {
  return `${name} ${rounded(nsPerFrame)} ns a frame (${rounded(1000 / nsPerFrame)} Mpps, ${rounded(cpuSeconds)} s of CPU)`;
}

function filesText({ ours, workers, inC, frames, captureBytes, oursWallSeconds }: FilesResult, runs: number): string {
  const ratio = (side: FilesSide, other: FilesSide) => (side.nsPerFrame / other.nsPerFrame).toFixed(2);
  const size = `${frames.toLocaleString('en')} frames of ${frameBytes} bytes, ${captureBytes / 1e6} MB`;
  return [
    `file to file: looked up in a VRF, two labels pushed; ${size}; medians of ${runs} runs`,
    `  ${sideText(ours)}, ${rounded(oursWallSeconds)} s with its start`,
    inC === undefined ? '  no rival here' : `  ratio ${ratio(ours, inC)}: ${sideText(inC)}`,
    `  speed-up ${ratio(ours, workers)}: ${sideText(workers)}, the same bytes`,
  ].join('\n');
}

function rowsOf({ ours, workers, inC, frames, oursWallSeconds }: FilesResult, runs: number): ResultRow[] {
  const row = (name: string, side: FilesSide, other: FilesSide | undefined): ResultRow => ({
    name,
    frameBytes,
    nsPerFrame: rounded(side.nsPerFrame),
    mpps: rounded(1000 / side.nsPerFrame),
    yardstick: other?.name ?? null,
    yardstickNsPerFrame: other === undefined ? null : rounded(other.nsPerFrame),
    ratio: other === undefined ? null : rounded(side.nsPerFrame / other.nsPerFrame),
    runs,
    frames,
    cpuSeconds: rounded(side.cpuSeconds),
  });
  return [
    { ...row('files', ours, inC), wallSecondsWithStart: rounded(oursWallSeconds) },
    { ...row('files:workers', workers, ours), speedUp: rounded(ours.nsPerFrame / workers.nsPerFrame) },
  ];
}

export async function runFiles(options: FilesOptions): Promise<void> {
  await withTempFolder(async (folder) => {
    const yardstick = buildYardstick(folder);
    if (yardstick === undefined) sayAlone();
    const machine = thisMachine(yardstick?.compiler);
    const cli = findCli();
    if (!options.json) console.log(`${machineText(machine)}\nshimline from ${cli.from}, files in ${folder}\n`);
    const prepared = prepareFiles(folder, options.megabytes, options.routes);
    await checkFiles(cli, prepared, options.workers);
    const result = await compareFiles(cli, prepared, options, yardstick);
    console.log(options.json ? json(machine, rowsOf(result, options.runs)) : filesText(result, options.runs));
  });
}
