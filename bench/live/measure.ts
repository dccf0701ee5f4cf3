// One measurement: a forwarder gets more than it can take, and what arrives behind it is counted; or its frames are
// compared; or probes with timestamps go through it.
import { writeFileSync } from 'node:fs';
import { frameFileBytes } from '../../test/live/support/flood.ts';
import type { Lab, Namespace } from '../../test/live/support/lab.ts';
import { pause } from '../../test/live/support/traffic.ts';
import { type Contender, onCore, otherCore } from './contenders.ts';

export interface Rate {
  /** Frames a second behind the forwarder, and before it. */
  readonly forwarded: number;
  readonly offered: number;
  /** Frames forwarded in a second of its CPU time: what a core could do when the generator is too slow to fill it. */
  readonly perCpuSecond: number | undefined;
}

export interface Outcome {
  readonly frames: number;
  readonly bytes: number;
  readonly hash: string;
}

export interface Latency {
  readonly received: number;
  readonly p50Microseconds: number;
  readonly p99Microseconds: number;
}

export function writeFrames(lab: Lab, name: string, frames: readonly number[][]): string {
  const path = lab.path(name);
  writeFileSync(path, frameFileBytes(frames));
  return path;
}

async function wireSays(run: Promise<{ status: number; out: string; err: string }>, word: string): Promise<string[]> {
  const { status, out, err } = await run;
  const line = out.split('\n').find((each) => each.startsWith(`${word} `));
  if (status !== 0 || line === undefined) throw new Error(`wire: ${err}${out}`);
  return line.split(' ').slice(1);
}

function generate(wire: string, { generator }: Contender['stand'], file: string, seconds: number, rate: number) {
  const command = [...onCore(otherCore), wire, 'generate', 'wire', file, String(seconds), String(rate)] as const;
  return wireSays(generator.runAside(...(command as unknown as [string, ...string[]])), 'sent');
}

const warmUpMilliseconds = 500;

const stateOf = ({ stand, cpuSeconds }: Contender) => ({
  frames: stand.sink.counts('wire').received,
  at: performance.now(),
  cpu: cpuSeconds(),
});

/** Sends as fast as it goes for so long, and counts in the middle of it: rings are full then, and code is warm. */
export async function measureRate(wire: string, contender: Contender, file: string, seconds: number): Promise<Rate> {
  const running = generate(wire, contender.stand, file, seconds + 1, 0);
  await pause(warmUpMilliseconds);
  const before = stateOf(contender);
  await pause(seconds * 1000);
  const after = stateOf(contender);
  const [sent = 0, nanoseconds = 1] = (await running).map(Number);
  // What is left in rings belongs to this turn.
  await pause(300);
  const frames = after.frames - before.frames;
  return {
    forwarded: (frames / (after.at - before.at)) * 1000,
    offered: (sent / nanoseconds) * 1e9,
    perCpuSecond: after.cpu === undefined || before.cpu === undefined ? undefined : frames / (after.cpu - before.cpu),
  };
}

const checkRate = 20_000;

/** Every frame once, slowly enough that none is lost, and what comes out of it. */
export async function measureOutcome(
  wire: string,
  { stand }: Contender,
  file: string,
  count: number,
): Promise<Outcome> {
  const collecting = stand.sink.runAside(...([wire, 'collect', 'wire', String(count), '2'] as const));
  // The collector has no way to tell anybody here that it is ready but time.
  await pause(300);
  await generate(wire, stand, file, 0, checkRate);
  const [frames, bytes, hash = ''] = await wireSays(collecting, 'outcome');
  return { frames: Number(frames), bytes: Number(bytes), hash };
}

/** From one namespace's `wire` to the other's, `count` probes at that rate. */
export async function measureLatency(
  wire: string,
  from: Namespace,
  to: Namespace,
  file: string,
  count: number,
  framesPerSecond: number,
): Promise<Latency> {
  const command = [wire, 'probe', from.name, 'wire', to.name, 'wire', file, String(count), String(framesPerSecond)];
  const probe = from.runAside(...([...onCore(otherCore), ...command] as [string, ...string[]]));
  const [received, p50, p99] = (await wireSays(probe, 'latency')).map(Number) as [number, number, number];
  return { received, p50Microseconds: p50 / 1000, p99Microseconds: p99 / 1000 };
}
