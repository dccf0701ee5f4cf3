// The simple model of a learning bridge (test/property/bridge-model.ts) against several workers of a replay, and against the
// threads of a live run: a lead and its followers, whose turns this test takes in random order.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/control/config/index.ts';
import { compileRouter } from '../../src/control/router.ts';
import { type Record, readPcap } from '../e2e/support/captures.ts';
import {
  bytesOf,
  drawFrames,
  drawTopology,
  forwardIn,
  type LanFrame,
  memberOf,
  modelsOf,
  numberOf,
  portOf,
  type Topology,
} from '../property/bridge-lans.ts';
import { Random } from '../property/random.ts';
import { LiveThreads } from './live-threads.ts';
import { type Replayed, Stage } from './replays.ts';

/** What went wrong first, in a form that can be read. */
function firstWrong(frames: readonly LanFrame[], seen: readonly string[][], expected: readonly string[][]) {
  const wrong = frames.findIndex((_, i) => seen[i]?.join() !== expected[i]?.join());
  return wrong < 0 ? undefined : { wrong, frame: frames[wrong], seen: seen[wrong], expected: expected[wrong] };
}

describe('workers of a replay', () => {
  let stage: Stage | undefined;
  afterEach(() => stage?.close());

  function openStage(topology: Topology, frames: readonly LanFrame[], seed: number): Stage {
    const model = parseConfig(topology.yaml, 'bridges.yaml');
    const { portNames } = compileRouter(model);
    const captures = new Map<number, Record[]>();
    for (const [i, frame] of frames.entries()) {
      const port = portNames.indexOf(portOf(frame));
      const bytes = [...bytesOf(frame, i)];
      const nanoseconds = Number(frame.time % 1_000_000_000n);
      const record = { seconds: Number(frame.time / 1_000_000_000n), nanoseconds, original: bytes.length, bytes };
      captures.set(port, [...(captures.get(port) ?? []), record]);
    }
    const scenario = { seed, frames: 0, neighborsOneIn: 1, loop: 1, nanosecond: true, damaged: false } as const;
    return new Stage({ ...scenario, layout: 'pcap' }, { model, captures });
  }

  /** By frame: the members that it left by; of drops only that they are. */
  function outcomes({ files }: Replayed, folder: string, count: number): string[][] {
    const seen: string[][] = Array.from({ length: count }, () => []);
    for (const [name, bytes] of files) {
      const path = join(folder, 'read.pcap');
      writeFileSync(path, bytes);
      const port = name.replace('.pcap', '');
      for (const { bytes: frame } of readPcap(path).records) {
        const what = port === 'drop' ? 'dropped' : memberOf(port, frame, 0);
        seen[numberOf(frame, frame.length)]?.push(what);
      }
    }
    return seen.map((each) => each.sort());
  }

  test.each([1, 2])('one and several do what the model says: seed %i', { timeout: 120_000 }, async (seed) => {
    const random = new Random(seed);
    const topology = drawTopology(random);
    const frames = drawFrames(topology, 4000, random);
    const models = modelsOf(topology);
    const expected = frames.map((frame) => {
      const out = forwardIn(models, frame);
      return out[0] === 'mac-limit' || out[0] === 'filtered' ? ['dropped'] : out.sort();
    });
    stage = openStage(topology, frames, seed);
    for (const workers of [1, 2, 3]) {
      const replayed = await stage.replay(workers, workers === 1 ? {} : { patient: true, batchesPerJob: 2 });
      expect(replayed.workers).toBe(workers);
      expect(firstWrong(frames, outcomes(replayed, stage.folder, frames.length), expected)).toBeUndefined();
    }
  });
});

describe('threads of a live run', () => {
  /** Frames between two hosts come to one thread. */
  const threadOf = ({ source, destination }: LanFrame) =>
    (Number.parseInt(source.slice(-2), 16) + Number.parseInt(destination.slice(-2), 16)) % 3;

  test.each([1, 2, 3, 4, 5, 6])('a lead and two followers do what the model says: seed %i', (seed) => {
    const random = new Random(seed);
    const topology = drawTopology(random);
    const frames = drawFrames(topology, 6000, random);
    const models = modelsOf(topology);
    const threads = new LiveThreads(topology.yaml, 3);
    const said: string[][] = frames.map(() => []);
    let now = 0n;
    // Frames are judged when their thread, or the lead for it, treats them.
    const judge = (number: number) => {
      said[number] = forwardIn(models, { ...(frames[number] as LanFrame), time: now });
    };
    const arrive = (i: number) => {
      const frame = frames[i] as LanFrame;
      return { port: portOf(frame), bytes: bytesOf(frame, i), time: now };
    };
    for (let next = 0; next < frames.length; ) {
      // All of a burst has one time: a frame that waits in a ring is no older than those that overtake it.
      now = (frames[next] as LanFrame).time;
      const end = Math.min(frames.length, next + random.between(1, 200));
      if (random.chance(0.1)) threads.prepare();
      while (next < end) {
        const piece = Array.from({ length: Math.min(end - next, random.between(1, 20)) }, () => next++);
        for (const thread of random.shuffle([0, 1, 2])) {
          const own = piece.filter((i) => threadOf(frames[i] as LanFrame) === thread);
          threads.treat(thread, own.map(arrive), judge);
        }
        if (random.chance(0.5)) threads.treatAside(judge);
      }
      threads.drain(judge);
    }
    const isDrop = (out: readonly string[]) => out[0] === 'mac-limit' || out[0] === 'filtered';
    const expected = said.map((out) => (isDrop(out) ? [] : out));
    expect(firstWrong(frames, threads.outcomes(frames.length), expected)).toBeUndefined();
    for (const reason of ['mac-limit', 'filtered'] as const) {
      expect(threads.drops(reason), reason).toBe(said.filter((out) => out[0] === reason).length);
    }
    // Followers have forwarded some by themselves.
    expect(threads.fast).toBeGreaterThan(100);
    expect(threads.left).toBeGreaterThan(100);
    expect(disordered(frames, threads.sent)).toEqual([]);
  });

  /** Frames that have left behind a later one of the same two hosts, from the same member to the same member. */
  function disordered(frames: readonly LanFrame[], sent: LiveThreads['sent']): number[] {
    const latest = new Map<string, number>();
    return sent.flatMap(({ number, member }) => {
      const { lan, from, source, destination } = frames[number] as LanFrame;
      const flow = `${lan} ${from} ${source} ${destination} ${member}`;
      const before = latest.get(flow) ?? -1;
      latest.set(flow, Math.max(before, number));
      return number < before ? [number] : [];
    });
  }
});
