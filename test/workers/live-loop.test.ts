// The live loop, between devices in memory: nothing is lost or changed, flows keep their order, workers may be lost.
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/control/config/parse.ts';
import { compileRouter } from '../../src/control/router.ts';
import { Forwarder } from '../../src/engine/forwarder.ts';
import type { Output } from '../../src/engine/output.ts';
import type { FrameSource } from '../../src/io/device.ts';
import { type MemoryFrame, MemorySource } from '../../src/io/memory.ts';
import { Batch } from '../../src/wire/batch.ts';
import { LiveLoop, type LiveSetup, liveBytes } from '../../src/workers/live-loop.ts';
import { blackholed, pe1, toCore, toCustomer, whoHas } from '../e2e/support/pe1.ts';

const ce1 = 0;
const core1 = 2;
const flows = 50;

/** What left, was dropped or punted, as text, in order. */
function listener(): { output: Output; sent: string[]; ended: string[] } {
  const sent: string[] = [];
  const ended: string[] = [];
  const hex = (bytes: Uint8Array, start: number, captured: number) =>
    Buffer.from(bytes.subarray(start, start + captured)).toString('hex');
  return {
    sent,
    ended,
    output: {
      transmit: (port, bytes, start, captured, _original, _seconds, nanoseconds) =>
        sent.push(`${port} ${hex(bytes, start, captured)} ${nanoseconds}`),
      drop: (reason, _port, bytes, start, captured) => ended.push(`drop ${reason} ${hex(bytes, start, captured)}`),
      punt: (reason, _port, bytes, start, captured) => ended.push(`punt ${reason} ${hex(bytes, start, captured)}`),
    },
  };
}

/** Frames of many flows, each with its own time stamp, and now and then something for the slow path. */
function traffic(count: number): { customer: MemoryFrame[]; core: MemoryFrame[] } {
  const frame = (bytes: readonly number[], port: number, nanoseconds: number): MemoryFrame => ({
    bytes: Uint8Array.from(bytes),
    port,
    seconds: 1,
    nanoseconds,
  });
  const customer = Array.from({ length: count }, (_, i) => {
    const bytes = i % 997 === 0 ? whoHas : i % 101 === 0 ? blackholed : toCore(i % flows);
    return frame(bytes, ce1, i);
  });
  return { customer, core: Array.from({ length: count / 4 }, (_, i) => frame(toCustomer, core1, i)) };
}

/** A device that makes one wait, and has never ended. */
function slowly(frames: readonly MemoryFrame[]): FrameSource {
  const source = new MemorySource(frames);
  return {
    async fill(batch) {
      await setTimeout(1);
      return source.fill(batch) || new Promise<number>(() => {});
    },
    close() {},
  };
}

function loop(workers: number, sources: readonly FrameSource[], more: Partial<LiveSetup> = {}) {
  const { tables } = compileRouter(parseConfig(pe1, 'pe1.yaml'), {
    reserveBytes: (ports) => liveBytes(workers, ports),
  });
  const { output, sent, ended } = listener();
  const reports: string[] = [];
  const live = new LiveLoop({ tables, workers, sources, output, report: (line) => reports.push(line), ...more });
  return { live, sent, ended, reports };
}

/** The same frames through one forwarder. */
function alone(sources: readonly FrameSource[]) {
  const { output, sent, ended } = listener();
  const forwarder = new Forwarder(compileRouter(parseConfig(pe1, 'pe1.yaml')).tables, output);
  const batch = new Batch();
  for (const source of sources) {
    for (;;) {
      batch.clear();
      if (source.fill(batch) === 0) break;
      forwarder.process(batch);
    }
  }
  return { forwarder, sent, ended };
}

/** Frames without their times, and the times of each: those of a flow must rise. */
function timesByFrame(sent: readonly string[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const line of sent) {
    const at = line.lastIndexOf(' ');
    const list = times.get(line.slice(0, at)) ?? [];
    list.push(Number(line.slice(at)));
    times.set(line.slice(0, at), list);
  }
  return times;
}

test.each([1, 2, 3])('%i workers send what one thread sends, each flow in order', { timeout: 120_000 }, async (n) => {
  const { customer, core } = traffic(20_000);
  const one = alone([new MemorySource(customer), new MemorySource(core)]);
  const { live, sent, ended, reports } = loop(n, [new MemorySource(customer), new MemorySource(core)]);
  await live.run(new AbortController().signal);
  expect(reports).toEqual([]);
  expect([...sent].sort()).toEqual([...one.sent].sort());
  expect([...ended].sort()).toEqual([...one.ended].sort());
  for (const times of timesByFrame(sent).values()) expect(times).toEqual([...times].sort((a, b) => a - b));
  const { counters } = live.forwarder;
  expect(counters.balanced).toBe(true);
  for (const name of ['inFrames', 'inBytes', 'outFrames', 'outBytes', 'drops', 'punts'] as const) {
    expect([...counters[name]], name).toEqual([...one.forwarder.counters[name]]);
  }
});

test('a signal ends the loop while devices are silent; what has arrived is treated', { timeout: 120_000 }, async () => {
  const { customer } = traffic(1000);
  const { live, sent } = loop(2, [slowly(customer)]);
  const stopping = new AbortController();
  const running = live.run(stopping.signal);
  while (sent.length < 900) await setTimeout(5);
  stopping.abort();
  await running;
  expect(live.forwarder.counters.framesIn).toBe(1000);
  expect(live.forwarder.counters.balanced).toBe(true);
});

test.each([[[3, undefined]], [[2, 4]]])('workers lost at their jobs %j', { timeout: 120_000 }, async (faultAt) => {
  const { customer, core } = traffic(20_000);
  const { live, reports } = loop(2, [new MemorySource(customer), new MemorySource(core)], { faultAt });
  await live.run(new AbortController().signal);
  const { counters } = live.forwarder;
  expect(reports).toHaveLength(faultAt.filter((at) => at !== undefined).length);
  const lost = reports.reduce((sum, line) => sum + Number(/(\d+) frames are lost/.exec(line)?.[1]), 0);
  expect(lost).toBeGreaterThan(0);
  expect(counters.framesIn).toBe(customer.length + core.length);
  expect(counters.balanced).toBe(true);
  expect(counters.dropped).toBe(lost + [...counters.drops].slice(0, -1).reduce((a, b) => a + b, 0));
});
