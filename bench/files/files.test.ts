// What the comparison from file to file stands on: the capture it writes, how it reads what comes out, and the
// configuration that it makes of a model.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseConfig } from '../../src/control/config/index.ts';
import { compileRouter } from '../../src/control/router.ts';
import { FrameHash } from '../fnv.ts';
import { FrameStore } from '../frames.ts';
import { outcomeOf } from '../loop.ts';
import { smallScale } from '../workloads/workload.ts';
import { findWorkload } from '../workloads.ts';
import { readCapture, repeated, sameBytes, writeCapture } from './capture.ts';
import { configText } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'shimline-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inFolder = (name: string): string => join(folder, name);

function threeFrames(): FrameStore {
  const frames = new FrameStore(3, 100);
  for (const length of [60, 61, 99])
    frames.add(
      0,
      Uint8Array.from({ length }, (_, i) => (i * length) & 255),
    );
  return frames;
}

test('frames go round until there are enough', () => {
  const { words } = threeFrames();
  const seven = repeated(threeFrames(), 7);
  expect(seven.count).toBe(7);
  expect([...seven.words]).toEqual([...words, ...words, ...words.subarray(0, 2 + (65 >>> 2))]);
});

test('what is written is read again', () => {
  const path = inFolder('three.pcap');
  writeCapture(path, threeFrames());
  const hash = new FrameHash();
  for (const length of [60, 61, 99]) {
    hash.addFrame(
      4,
      Uint8Array.from({ length }, (_, i) => (i * length) & 255),
      0,
      length,
    );
  }
  expect(readCapture(path, 4)).toEqual({ frames: 3, hash: hash.text });
});

test('a capture that is cut off, or is none, is refused', () => {
  const path = inFolder('cut.pcap');
  writeCapture(path, threeFrames());
  truncateSync(path, readFileSync(path).length - 1);
  expect(() => readCapture(path, 0)).toThrow('is cut off');
  writeFileSync(path, 'text');
  expect(() => readCapture(path, 0)).toThrow('is no little-endian nanosecond pcap');
});

test('one byte that differs is found', () => {
  const [one, other] = [inFolder('one'), inFolder('other')];
  const bytes = new Uint8Array(5_000_000).fill(7);
  writeFileSync(one, bytes);
  writeFileSync(other, bytes);
  expect(sameBytes(one, other)).toBe(true);
  bytes[4_999_999] = 8;
  writeFileSync(other, bytes);
  expect(sameBytes(one, other)).toBe(false);
  writeFileSync(other, bytes.subarray(0, 100));
  expect(sameBytes(one, other)).toBe(false);
});

test('the configuration is the model: the same frames leave', () => {
  const { model, frames } = findWorkload('routes:200').build({ ...smallScale, frames: 500 });
  const read = parseConfig(configText(model), 'made.yaml');
  expect(outcomeOf(compileRouter(read).tables, frames)).toEqual(outcomeOf(compileRouter(model).tables, frames));
});
