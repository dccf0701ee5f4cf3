// `shimline replay` from file to file, timed against a C program that copies the frames, and against itself with more
// workers. What comes out is checked before anything is timed.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileRouter } from '../../src/control/router.ts';
import type { Yardstick } from '../compiler.ts';
import { type Outcome, outcomeOf } from '../loop.ts';
import { median } from '../median.ts';
import type { FilesOptions } from '../options.ts';
import { coreName, corePort } from '../workloads/network.ts';
import { seriesWorkload } from '../workloads/series.ts';
import { fullScale } from '../workloads/workload.ts';
import { readCapture, recordHeaderBytes, repeated, sameBytes, writeCapture } from './capture.ts';
import { type Cli, type ReplayRun, replayOnce, run } from './cli.ts';
import { configText } from './config.ts';

export const frameBytes = 64;
/** Frames that differ; the capture goes round them. */
const differentFramesMax = 2 ** 18;

export interface FilesSide {
  readonly name: string;
  /** Nanoseconds a frame, from the first file opened to the last one closed. */
  readonly nsPerFrame: number;
  /** CPU time of the process; with us its start included. */
  readonly cpuSeconds: number;
}

export interface FilesResult {
  readonly frames: number;
  readonly captureBytes: number;
  readonly ours: FilesSide;
  /** As it leaves the shell, start-up and all. */
  readonly oursWallSeconds: number;
  readonly workers: FilesSide;
  readonly inC: FilesSide | undefined;
}

interface Prepared {
  readonly folder: string;
  readonly config: string;
  readonly capture: string;
  readonly frames: number;
  readonly expected: Outcome;
}

/** Writes configuration and capture. */
export function prepareFiles(folder: string, megabytes: number, routes: number): Prepared {
  const frames = Math.ceil((megabytes * 1e6) / (frameBytes + recordHeaderBytes));
  const scale = { ...fullScale, frames: Math.min(frames, differentFramesMax) };
  const built = seriesWorkload('routes', routes).build(scale);
  const config = join(folder, 'router.yaml');
  const capture = join(folder, 'ce.pcap');
  const all = repeated(built.frames, frames);
  writeFileSync(config, configText(built.model));
  writeCapture(capture, all);
  return { folder, config, capture, frames, expected: outcomeOf(compileRouter(built.model).tables, all) };
}

/** One replay into a folder that is empty before; nothing of it is left but the files. */
function replayInto(
  cli: Cli,
  { folder, config, capture }: Prepared,
  name: string,
  workers: number,
): Promise<ReplayRun> {
  const out = join(folder, name);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  return replayOnce(cli, folder, ['-c', config, '-i', `ce=${capture}`, '-o', out, '--workers', String(workers)]);
}

function insistOnFrames({ folder, frames, expected }: Prepared, name: string, { summary }: ReplayRun): void {
  const files = readdirSync(join(folder, name));
  if (files.join() !== `${coreName}.pcap`) throw new Error(`replay wrote ${files.join()}`);
  const found = readCapture(join(folder, name, `${coreName}.pcap`), corePort);
  const counted = [summary.frames.in, summary.frames.out, expected.sent, found.frames];
  if (counted.some((count) => count !== frames)) throw new Error(`of ${frames} frames replay sent ${counted.join()}`);
  if (found.hash !== expected.hash) throw new Error('replay wrote other frames than the forwarder sends from memory');
}

/** Replays once with one worker and once with `workers`, and looks at every byte. */
export async function checkFiles(cli: Cli, prepared: Prepared, workers: number): Promise<void> {
  insistOnFrames(prepared, 'one', await replayInto(cli, prepared, 'one', 1));
  await replayInto(cli, prepared, 'many', workers);
  const [one, many] = ['one', 'many'].map((name) => join(prepared.folder, name, `${coreName}.pcap`));
  if (!sameBytes(one as string, many as string)) throw new Error(`${workers} workers write other bytes than one`);
}

interface Timed {
  readonly seconds: number[];
  readonly cpuSeconds: number[];
  readonly wallSeconds: number[];
}

const noTimes = (): Timed => ({ seconds: [], cpuSeconds: [], wallSeconds: [] });

function sideOf(name: string, { seconds, cpuSeconds }: Timed, frames: number): FilesSide {
  return { name, nsPerFrame: (median(seconds) * 1e9) / frames, cpuSeconds: median(cpuSeconds) };
}

/** A copy by the C program. */
async function copyOnce(program: string, { folder, capture, frames }: Prepared, times: Timed): Promise<void> {
  const copy = join(folder, 'copy.pcap');
  rmSync(copy, { force: true });
  const [copied, , seconds, cpuSeconds] = (await run(program, [capture, copy])).split(' ').map(Number);
  if (copied !== frames) throw new Error(`the C program copied ${copied} of ${frames} frames`);
  times.seconds.push(seconds as number);
  times.cpuSeconds.push(cpuSeconds as number);
}

/** All in turn, after everything has been checked. */
export async function compareFiles(
  cli: Cli,
  prepared: Prepared,
  { runs, workers, megabytes }: FilesOptions,
  yardstick: Yardstick | undefined,
): Promise<FilesResult> {
  const [one, many, inC] = [noTimes(), noTimes(), noTimes()];
  const replayTimed = async (count: number, { seconds, cpuSeconds, wallSeconds }: Timed) => {
    const done = await replayInto(cli, prepared, 'timed', count);
    seconds.push(done.summary.seconds);
    cpuSeconds.push(done.cpuSeconds);
    wallSeconds.push(done.wallSeconds);
  };
  for (let i = 0; i < runs; i++) {
    await replayTimed(1, one);
    await replayTimed(workers, many);
    if (yardstick !== undefined) await copyOnce(yardstick.files, prepared, inC);
  }
  const { frames } = prepared;
  return {
    frames,
    captureBytes: megabytes * 1e6,
    ours: sideOf('replay', one, frames),
    oursWallSeconds: median(one.wallSeconds),
    workers: sideOf(`replay --workers ${workers}`, many, frames),
    inC: yardstick === undefined ? undefined : sideOf('C, frames copied from file to file', inC, frames),
  };
}
