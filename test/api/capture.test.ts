// Captures of a router that runs: what its threads receive, send and drop, as its books count it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../src/control/config/index.ts';
import { RunningPlane } from '../../src/daemon/api/running-plane.ts';
import type { RouterService } from '../../src/daemon/api/service.ts';
import { LiveTruth } from '../../src/daemon/live-truth.ts';
import { RunningRouter } from '../../src/daemon/running-router.ts';
import { play } from '../../src/io/fixtures.ts';
import { projectRoot, readProjectFile } from '../house/files.ts';
import { listLog } from './support/router.ts';
import { TestApi } from './support/server.ts';

interface Config {
  readonly interfaces: Record<string, { device?: object }>;
}

const folder = mkdtempSync(join(tmpdir(), 'shimline-capture-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** PE1 of the lab; what red sends arrives once `in` is given. */
function labConfig(input?: string): Config {
  const config = parse(readProjectFile('pcaps/lab/pe1.yaml')) as Config;
  for (const [name, port] of Object.entries(config.interfaces)) {
    if (name.includes('.')) continue;
    const isRed = name === 'ce-red';
    const out = join(folder, `${name}.pcap`);
    port.device = { pcap: isRed && input !== undefined ? { in: input, out, topspeed: true } : { out } };
  }
  return config;
}

async function start(): Promise<{ api: TestApi<RouterService>; stop: () => Promise<void> }> {
  const model = parseConfig(JSON.stringify(labConfig()), 'lab', { live: true });
  const router = await RunningRouter.start(model, { workers: 1, log: listLog(), lost: () => {} });
  const truth = new LiveTruth(router);
  const api = await TestApi.open({}, { truth, plane: new RunningPlane(router) });
  const stop = async () => {
    await api.close();
    await router.stop();
  };
  return { api, stop };
}

/** Opens a capture, has the frames arrive, and reads the capture to its end. */
async function captured(api: TestApi<RouterService>, query: string): Promise<{ file: string; text: string }> {
  const stream = await api.stream(`/capture${query}`, 'POST');
  expect(stream.statusCode).toBe(200);
  const body = labConfig(join(projectRoot, 'pcaps/lab/red-site-1.pcap'));
  expect((await api.ask('/config', { method: 'PUT', body })).status).toBe(200);
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  const file = join(folder, 'capture.pcapng');
  writeFileSync(file, Buffer.concat(parts));
  return { file, text: Buffer.concat(parts).toString('latin1') };
}

interface Counters {
  readonly frames: Record<string, number>;
  readonly interfaces: Record<string, { in: { frames: number }; out: { frames: number } }>;
  readonly drops: Record<string, number>;
  readonly punts: Record<string, number>;
}

async function countersOf(api: TestApi<RouterService>): Promise<Counters> {
  return (await api.ask('/counters')).json as unknown as Counters;
}

/** What was counted when the router has said on its links what it has to say. */
async function settled(api: TestApi<RouterService>): Promise<Counters> {
  let before = await countersOf(api);
  for (;;) {
    await setTimeout(1500);
    const now = await countersOf(api);
    if (now.frames.out === before.frames.out) return now;
    before = now;
  }
}

const occurrences = (text: string, part: string) => text.split(part).length - 1;

describe('a capture', () => {
  let run: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    run = await start();
    return run.stop;
  });

  test('has every frame that the books count', async () => {
    const before = await settled(run.api);
    const { file, text } = await captured(run.api, '?kinds=received,sent,dropped,punted&limit=100000&seconds=3');
    const { frames: totals, interfaces, drops, punts } = await countersOf(run.api);
    expect(totals.in).toBe(51);
    for (const [name, { in: arrived, out }] of Object.entries(interfaces)) {
      const sent = out.frames - (before.interfaces[name]?.out.frames ?? 0);
      expect([name, occurrences(text, `received on ${name} by thread 0`)]).toEqual([name, arrived.frames]);
      expect([name, occurrences(text, `sent on ${name} by thread 0`)]).toEqual([name, sent]);
    }
    expect(Object.keys(drops).length).toBeGreaterThan(0);
    for (const [reason, count] of Object.entries(drops)) {
      expect([reason, occurrences(text, `dropped: ${reason}\n`)]).toEqual([reason, count]);
    }
    for (const [reason, count] of Object.entries(punts)) {
      expect([reason, occurrences(text, `punted: ${reason}\n`)]).toEqual([reason, count]);
    }
    const { frames } = await play([file]);
    const all = ['in', 'out', 'dropped', 'punted'].map((name) => (totals[name] ?? 0) - (before.frames[name] ?? 0));
    expect(frames).toHaveLength(all.reduce((sum, count) => sum + count, 0));
  });

  test('ends at its limit, and has what was asked for alone', async () => {
    const { file, text } = await captured(run.api, '?reason=ttl-expired&limit=1&seconds=60');
    expect((await play([file])).frames).toHaveLength(1);
    expect(occurrences(text, 'dropped: ttl-expired\n')).toBe(1);
    expect(occurrences(text, 'received')).toBe(0);
  });

  test('runs alone, and makes room when its reader goes', async () => {
    const first = await run.api.stream('/capture?seconds=60', 'POST');
    expect((await run.api.ask('/capture', { method: 'POST' })).status).toBe(409);
    first.destroy();
    let status = 409;
    while (status === 409) {
      const next = await run.api.stream('/capture', 'POST');
      status = next.statusCode ?? 0;
      next.destroy();
    }
    expect(status).toBe(200);
  });

  test.each([
    ['kinds=odd', 'kinds'],
    ['interface=none', 'interface'],
    ['address=10.0.0', 'address'],
    ['label=x', 'label'],
    ['reason=none', 'reason'],
    ['limit=0', 'limit'],
    ['seconds=0', 'seconds'],
  ])('by %s is refused', async (query, path) => {
    const answer = await run.api.ask(`/capture?${query}`, { method: 'POST' });
    expect(answer).toMatchObject({ status: 400, json: { errors: [{ path }] } });
  });
});
