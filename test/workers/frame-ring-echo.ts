// For the test of frame rings: a thread that puts into one ring what it takes out of another, until a frame of no bytes.
import { workerData } from 'node:worker_threads';
import { FrameRing } from '../../src/io/devices/frame-ring.ts';
import { Batch } from '../../src/wire/batch.ts';

export interface EchoSetup {
  readonly there: SharedArrayBuffer;
  readonly back: SharedArrayBuffer;
  readonly dataBytes: number;
}

const { there, back, dataBytes } = workerData as EchoSetup;
const from = new FrameRing(there, 0, dataBytes);
const to = new FrameRing(back, 0, dataBytes);
const batch = new Batch();
for (let ended = false; !ended; ) {
  batch.clear();
  if (from.take(batch) === 0) from.sleep(1);
  for (let slot = 0; slot < batch.count; slot++) {
    const captured = batch.captured[slot];
    ended = captured === 0;
    while (
      !to.put(
        from.readTag(slot) + 1,
        batch.port[slot],
        batch.bytes,
        batch.start[slot],
        captured,
        batch.original[slot],
        batch.seconds[slot],
        batch.nanoseconds[slot],
      )
    ) {
      to.publish();
    }
  }
  to.publish();
  from.release();
}
