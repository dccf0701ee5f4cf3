// Random bridges, random stations that talk, fall silent and move: what the engine does at every speed is what a simple
// model of a learning bridge says. Several workers and threads are held against it in test/workers/bridges.test.ts.
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/control/config/index.ts';
import { compileRouter } from '../../src/control/router.ts';
import { Forwarder, type ForwarderOptions } from '../../src/engine/forwarder.ts';
import type { Output } from '../../src/engine/output.ts';
import { dropReasons } from '../../src/engine/reasons.ts';
import { bytesOf, drawFrames, drawTopology, forwardIn, memberOf, modelsOf, numberOf, portOf } from './bridge-lans.ts';
import type { Frame } from './bridge-model.ts';
import { Random } from './random.ts';

/** Plays the frames in batches; for each what became of it: members in order, or reasons. */
function play(yaml: string, frames: readonly Frame[], options: ForwarderOptions, random: Random): string[][] {
  const { tables, portNames } = compileRouter(parseConfig(yaml, 'bridge.yaml'), { forwarders: 1 });
  const said: string[][] = frames.map(() => []);
  // The number of a frame is in its payload, and its time tells the same.
  const note = (bytes: Uint8Array, end: number, what: string) => {
    said[numberOf(bytes, end)]?.push(what);
  };
  const output: Output = {
    transmit: (port, bytes, start, captured) =>
      note(bytes, start + captured, memberOf(portNames[port] as string, bytes, start)),
    drop: (reason, _port, bytes, start, captured) => note(bytes, start + captured, dropReasons[reason]?.name as string),
    punt: (_reason, _port, bytes, start, captured) => note(bytes, start + captured, 'punted'),
  };
  const forwarder = new Forwarder(tables, output, options);
  const batch = forwarder.newBatch();
  let left = 0;
  const flush = () => {
    forwarder.process(batch);
    batch.clear();
    left = random.between(1, 256);
  };
  for (const [i, frame] of frames.entries()) {
    if (left-- <= 0) flush();
    const outer = bytesOf(frame, i);
    const port = portNames.indexOf(portOf(frame));
    const seconds = Number(frame.time / 1_000_000_000n);
    const at = batch.add(port, outer.length, outer.length, seconds, Number(frame.time % 1_000_000_000n));
    batch.bytes.set(outer, at);
  }
  flush();
  expect(forwarder.counters.balanced).toBe(true);
  return said;
}

const speeds: readonly [string, ForwarderOptions][] = [
  ['kernels', {}],
  ['passes in TypeScript', { kernels: false }],
  ['slow path', { slowOnly: true }],
];

test.each(speeds)('a simple model of a learning bridge agrees with the %s', { timeout: 300_000 }, (_name, options) => {
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= 12; seed++) {
    const random = new Random(seed);
    const topology = drawTopology(random);
    const frames = drawFrames(topology, 4000, random);
    const models = modelsOf(topology);
    const expected = frames.map((frame) => forwardIn(models, frame));
    const seen = play(topology.yaml, frames, options, random);
    const wrong = seen.findIndex((what, i) => what.join() !== (expected[i] as string[]).join());
    expect(
      wrong < 0 ? undefined : { seed, frame: frames[wrong], seen: seen[wrong], expected: expected[wrong] },
    ).toBeUndefined();
    for (const what of expected) {
      const kind = what.length > 1 ? 'flooded' : /-|filtered/.test(what[0] ?? '') ? (what[0] as string) : 'to one';
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }
  }
  for (const kind of ['flooded', 'to one', 'filtered', 'mac-limit'])
    expect(outcomes.get(kind), kind).toBeGreaterThan(500);
});
