// Mutated frames through a router with everything on. Nothing may throw, the books must balance after every batch,
// and memory must stay flat.
import type { CompiledRouter } from '../../src/control/router.ts';
import { Forwarder } from '../../src/engine/forwarder.ts';
import { Batch, batchFrames } from '../../src/wire/batch.ts';
import { hexOf } from '../property/frame.ts';
import { type Drawn, FrameMaker } from '../property/frames.ts';
import { damage, type Mutated, resize } from '../property/mutate.ts';
import { Random } from '../property/random.ts';
import { framesOf } from './captures.ts';
import { openRouter, readingOutput } from './everything.ts';

const drawnSeeds = 3000;
const rounds = 10;

export interface FramesReport {
  readonly frames: number;
  /** Frames taken from captures to begin from. */
  readonly seedsFromCaptures: number;
  readonly sent: number;
  readonly dropped: number;
  readonly punted: number;
  readonly made: number;
  readonly heldMax: number;
  readonly heldAtEnd: number;
  /** Bytes in use after each round: heap and array buffers. */
  readonly memory: readonly number[];
  readonly collected: boolean;
  /** Milliseconds that the slowest batch took. */
  readonly slowestBatch: number;
}

/** A captured frame as if it had been sent to a port of the router: its MAC in front, else nothing would get in. */
function addressed(router: CompiledRouter, frame: Uint8Array, random: Random): Drawn {
  const ports = router.model.interfaces.filter((each) => each.name === each.port);
  const port = random.below(ports.length);
  const bytes = frame.slice();
  bytes.set((ports[port]?.mac ?? []).slice(0, bytes.length));
  return { port, bytes };
}

/** Damage, but mostly not to the MAC address without which nothing would be looked at. */
function mutate(seed: Uint8Array, seeds: readonly Drawn[], random: Random): Mutated {
  const bytes = damage(seed, random.pick(seeds).bytes, random);
  if (bytes.length >= 6 && random.chance(0.9)) bytes.set(seed.subarray(0, 6));
  return resize(bytes, random);
}

function fill(batch: Batch, seeds: readonly Drawn[], number: number, random: Random): void {
  batch.clear();
  while (batch.count < batchFrames) {
    const { port, bytes } = random.pick(seeds);
    const mutated = mutate(bytes, seeds, random);
    // A second every four batches: neighbours are asked for again.
    const seconds = 1000 + (number >>> 2);
    const start = batch.add(port, mutated.bytes.length, mutated.original, seconds, batch.count * 1000);
    if (start < 0) break;
    batch.bytes.set(mutated.bytes, start);
  }
}

/** Runs the batch; an exception is told with the frames of the batch. */
function process(forwarder: Forwarder, batch: Batch, number: number): void {
  const before = batch.bytes.slice(0, batch.tail);
  const starts = batch.start.slice(0, batch.count);
  const lengths = batch.captured.slice(0, batch.count);
  try {
    forwarder.process(batch);
    if (!forwarder.counters.balanced) throw new Error('the books do not balance');
  } catch (error) {
    const frames = Array.from(starts, (start, slot) => {
      const bytes = before.subarray(start, start + (lengths[slot] as number));
      return `  ${batch.port[slot]} ${batch.original[slot]} ${hexOf(bytes)}`;
    });
    throw new Error(`batch ${number} (port, original length, bytes):\n${frames.join('\n')}`, { cause: error });
  }
}

function memoryInUse(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = globalThis.process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function collectSeeds(router: CompiledRouter, captures: readonly string[], random: Random) {
  const maker = new FrameMaker(router, random);
  const seeds = random.times(drawnSeeds, () => maker.next());
  const captured: Drawn[] = [];
  for (const path of captures) {
    for (const frame of await framesOf(path)) captured.push(addressed(router, frame, random));
  }
  return { seeds: [...seeds, ...captured], seedsFromCaptures: captured.length };
}

/** `onBatch`: called before each batch, for whoever wants to know where a hang began. */
export async function fuzzFrames(
  count: number,
  seed: number,
  captures: readonly string[],
  options: { readonly explain?: boolean; readonly onBatch?: (number: number) => void } = {},
): Promise<FramesReport> {
  const router = openRouter();
  const random = new Random(seed);
  const { seeds, seedsFromCaptures } = await collectSeeds(router, captures, random);
  const forwarder = new Forwarder(router.tables, readingOutput(), options.explain ? { explain: router.names } : {});
  const { counters } = forwarder;
  const batch = new Batch();
  const memory: number[] = [];
  let heldMax = 0;
  let slowestBatch = 0;
  for (let number = 0; counters.framesIn < count; number++) {
    options.onBatch?.(number);
    fill(batch, seeds, number, random);
    const begin = performance.now();
    process(forwarder, batch, number);
    slowestBatch = Math.max(slowestBatch, performance.now() - begin);
    heldMax = Math.max(heldMax, counters.held);
    if (counters.framesIn >= ((memory.length + 1) * count) / rounds) memory.push(memoryInUse());
  }
  forwarder.finish();
  return {
    frames: counters.framesIn,
    seedsFromCaptures,
    sent: counters.framesOut,
    dropped: counters.dropped,
    punted: counters.punted,
    made: counters.made,
    heldMax,
    heldAtEnd: counters.held,
    memory,
    collected: globalThis.gc !== undefined,
    slowestBatch,
  };
}
