// Random routers, random captures: what several workers write is what one writes, byte for byte, and so are the books.
import { afterEach, expect, test } from 'vitest';
import { difference, type Layout, openStage, type Scenario, type Stage } from './replays.ts';

let stage: Stage | undefined;
afterEach(() => {
  stage?.close();
  stage = undefined;
});

const layouts: readonly Layout[] = ['pcap', 'pcapng', 'one-file', 'pcap', 'nothing'];

function scenario(seed: number, frames: number): Scenario {
  return {
    seed,
    frames,
    neighborsOneIn: [1, 30, 1000, 1_000_000][seed % 4] as number,
    loop: seed % 5 === 0 ? 3 : 1,
    nanosecond: seed % 3 === 0,
    damaged: seed % 4 === 1,
    layout: layouts[seed % layouts.length] as Layout,
  };
}

test('jobs done by the main thread: many routers', { timeout: 600_000 }, async () => {
  let jobs = 0;
  for (let seed = 1; seed <= 24; seed++) {
    stage = openStage(scenario(seed, 4000));
    if (stage === undefined) continue;
    const one = await stage.replay(1);
    const several = await stage.replay(2 + (seed & 1), { alone: true, batchesPerJob: 1 + (seed % 4) });
    expect(difference(one, several), `seed ${seed}`).toBeUndefined();
    expect(several.balanced).toBe(true);
    jobs += several.jobs;
    stage.close();
  }
  expect(jobs).toBeGreaterThan(24);
});

test.each([101, 102, 104, 107])('jobs done by workers: seed %i', { timeout: 600_000 }, async (seed) => {
  stage = openStage({ ...scenario(seed, 12_000), neighborsOneIn: 2000 });
  if (stage === undefined) throw new Error('another seed is due');
  const one = await stage.replay(1);
  expect(one.workers).toBe(1);
  for (const workers of [2, 3]) {
    const several = await stage.replay(workers, { patient: true, batchesPerJob: 2 });
    expect(difference(one, several), `${workers} workers`).toBeUndefined();
    expect(several.workers).toBe(workers);
    expect(several.reports).toEqual([]);
    expect(several.jobs).toBeGreaterThan(2);
    expect(several.jobsByWorkers).toBe(several.jobs);
  }
});

test.each([0, 400, 900, 3000])('times turn finer after %i frames', async (finerAfter) => {
  for (const layout of ['pcap', 'pcapng'] as const) {
    stage = openStage({ ...scenario(102, 4000), layout, nanosecond: true, neighborsOneIn: 1_000_000, finerAfter });
    if (stage === undefined) throw new Error('another seed is due');
    const one = await stage.replay(1);
    const several = await stage.replay(2, { alone: true, batchesPerJob: 3 });
    expect(difference(one, several), layout).toBeUndefined();
    stage.close();
  }
});

test('no frame at all', async () => {
  stage = openStage(scenario(101, 0));
  if (stage === undefined) throw new Error('another seed is due');
  const [one, two] = [await stage.replay(1), await stage.replay(2)];
  expect(difference(one, two)).toBeUndefined();
  expect(two.files.size).toBe(0);
});
