// A router in the middle of the core: every label swapped for another one, or taken off for the next hop.
import { ModelBuilder, via } from '../build-model.ts';
import { FrameStore } from '../frames.ts';
import { ethernet, etherType, ipv4, stack } from '../packets.ts';
import { createRandom, type Random, shuffled } from '../random.ts';
import { addCore, coreNeighbor, corePort, flowTo } from './network.ts';
import type { BuiltWorkload, Scale, Workload } from './workload.ts';

const firstLabel = 16;
/** A label that lies beneath a transport label. */
const vpnLabel = 500;

/** `count` labels from 16 on, each swapped for another one of them. */
export function addSwaps(builder: ModelBuilder, random: Random, count: number): void {
  const order = shuffled(random, count);
  for (let i = 0; i < count; i++) {
    const next = order[(i + 1) % count];
    builder.label(firstLabel + order[i], via(coreNeighbor(i), { labels: [firstLabel + next] }));
  }
}

/** Frames with random ones of the labels on top. */
export function swapFrames(random: Random, labels: number, frames: number, frameBytes: number): FrameStore {
  const store = new FrameStore(frames, frameBytes);
  for (let i = 0; i < frames; i++) {
    const packet = ipv4(flowTo(random, [random.word()]), frameBytes - 18);
    const payload = [...stack(firstLabel + random.below(labels)), ...packet];
    store.add(corePort, ethernet(corePort, etherType.mpls, payload));
  }
  return store;
}

export const swap: Workload = {
  name: 'swap',
  frameBytes: 64,
  title: 'each of 2^20 labels swapped for another one, labels random',
  build(scale: Scale): BuiltWorkload {
    const random = createRandom(1);
    const builder = new ModelBuilder();
    addCore(builder);
    addSwaps(builder, random, scale.labels);
    return { model: builder.build(), frames: swapFrames(random, scale.labels, scale.frames, 64) };
  },
};

export const php: Workload = {
  name: 'php',
  frameBytes: 64,
  title: 'the upper one of two labels taken off for the next hop (penultimate hop), 2^20 labels, random',
  build(scale: Scale): BuiltWorkload {
    const random = createRandom(2);
    const builder = new ModelBuilder();
    addCore(builder);
    for (let i = 0; i < scale.labels; i++) builder.label(firstLabel + i, via(coreNeighbor(i), { labels: [3] }));
    const frames = new FrameStore(scale.frames, 64);
    for (let i = 0; i < scale.frames; i++) {
      const labels = stack(firstLabel + random.below(scale.labels), vpnLabel);
      const packet = ipv4(flowTo(random, [random.word()]), 42);
      frames.add(corePort, ethernet(corePort, etherType.mpls, [...labels, ...packet]));
    }
    return { model: builder.build(), frames };
  },
};
