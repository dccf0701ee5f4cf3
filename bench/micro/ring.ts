// The ring of frames between two threads, seen from one of them: what a frame costs that takes it.
import { FrameRing, frameRingBytes } from '../../src/io/devices/frame-ring.ts';
import { Batch, batchFrames } from '../../src/wire/batch.ts';
import { type MicroSuite, runSuite } from './suite.ts';

const dataBytes = 1 << 20;
const rounds = 20;

export const ringSuite: MicroSuite = {
  name: 'ring',
  title: 'frames through a ring between two threads, put and taken by the batch',
  run() {
    const ring = new FrameRing(new SharedArrayBuffer(frameRingBytes(dataBytes)), 0, dataBytes);
    const from = new Batch();
    const to = new Batch();
    const passing = (bytes: number) => (): number => {
      let sum = 0;
      for (let round = 0; round < rounds; round++) {
        for (let i = 0; i < batchFrames; i++) ring.put(i, 0, from.bytes, 130, bytes, bytes, 0, 0);
        ring.publish();
        to.clear();
        sum += ring.take(to);
        ring.release();
      }
      return sum;
    };
    const common = { items: rounds * batchFrames, unit: 'frame' };
    return runSuite('ring', [
      { ...common, name: '64 bytes', run: passing(64) },
      { ...common, name: '1500 bytes', run: passing(1500) },
    ]);
  },
};
