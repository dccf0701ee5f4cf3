import { expect, it } from 'vitest';
import { Batch, batchFrames } from '../wire/batch.ts';
import { frameBytes, playAll } from './fixtures.ts';
import { MemorySink, MemorySource } from './memory.ts';
import { RecordingSource } from './recording-source.ts';

const frames = [
  { bytes: Uint8Array.from(frameBytes(60)), port: 2, original: 70, seconds: 5, nanoseconds: 6 },
  { bytes: Uint8Array.from(frameBytes(14)) },
];

it('plays frames from memory, several rounds over several batches', async () => {
  const source = new MemorySource(frames, 200);
  const batch = new Batch();
  expect(source.fill(batch)).toBe(batchFrames);
  expect((await playAll(source)).frames).toHaveLength(400 - batchFrames);
  expect((await playAll(new MemorySource(frames))).frames).toEqual([
    { ...frames[0], bytes: frameBytes(60) },
    { port: 0, bytes: frameBytes(14), original: 14, seconds: 0, nanoseconds: 0 },
  ]);
});

it('records what passes through a source', async () => {
  const sink = new MemorySink();
  await playAll(new RecordingSource(new MemorySource(frames), sink));
  expect(sink.frames.map(({ bytes }) => bytes)).toEqual(frames.map(({ bytes }) => bytes));
  expect(sink.frames[0]).toMatchObject({ original: 70, seconds: 5, nanoseconds: 6 });
  expect(sink.closed).toBe(true);
});
