// The whole path of a frame by kind, small tables, everything in the cache: what a frame costs when memory does not.
// Only the forwarder: the batch is put together anew before each call, which a case of its own tells the cost of.
import { compileRouter } from '../../src/control/router.ts';
import { Forwarder } from '../../src/engine/forwarder.ts';
import { Batch } from '../../src/wire/batch.ts';
import { FramePlayer } from '../frames.ts';
import { CountingOutput } from '../loop.ts';
import { smallScale, type Workload } from '../workloads/workload.ts';
import { workloads } from '../workloads.ts';
import { type MicroCase, type MicroSuite, runSuite } from './suite.ts';

/** Frames of each workload that are played in turn: one batch. */
const scale = { ...smallScale, frames: 256 };

function wholePath(workload: Workload): MicroCase {
  const { model, frames } = workload.build(scale);
  const output = new CountingOutput();
  const forwarder = new Forwarder(compileRouter(model).tables, output);
  const player = new FramePlayer(frames);
  const batch = new Batch();
  const run = (): number => {
    player.rewind();
    for (;;) {
      batch.clear();
      if (player.fill(batch) === 0) return output.sent;
      forwarder.process(batch);
    }
  };
  return { name: workload.name, items: frames.count, unit: 'frame', run };
}

/** The copy into the batch and nothing else. */
function copyOnly(workload: Workload): MicroCase {
  const { frames } = workload.build(scale);
  const player = new FramePlayer(frames);
  const batch = new Batch();
  const run = (): number => {
    player.rewind();
    batch.clear();
    return player.fill(batch);
  };
  return { name: 'the copy into the batch alone', items: scale.frames, unit: 'frame', run };
}

export const wholePathSuite: MicroSuite = {
  name: 'whole-path',
  title: 'a frame through the forwarder, by kind',
  run: () => runSuite('whole-path', [copyOnly(workloads[0]), ...workloads.map(wholePath)]),
};
