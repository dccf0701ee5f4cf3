// Capture files, page cache to page cache: a whole file read into batches, and one written.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openInputs } from '../../src/io/merged-source.ts';
import { PcapWriter } from '../../src/io/pcap-writer.ts';
import { Batch } from '../../src/wire/batch.ts';
import { createRandom } from '../random.ts';
import { type MicroCase, type MicroSuite, runSuite } from './suite.ts';

const frames = 20_000;
const frameSizes = [64, 1500];

function writeCapture(path: string, frameBytes: number, bytes: Uint8Array): number {
  const writer = new PcapWriter(path, { nanosecond: true });
  for (let i = 0; i < frames; i++) writer.write(bytes, 2 + (i & 63) * 4, frameBytes, frameBytes, 1, i);
  writer.close();
  return frames;
}

async function readCapture(path: string, batch: Batch): Promise<number> {
  const source = await openInputs([{ port: 0, spec: path }]);
  let count = 0;
  for (;;) {
    batch.clear();
    const filled = source.fill(batch);
    const added = typeof filled === 'number' ? filled : await filled;
    if (added === 0) break;
    count += added;
  }
  source.close();
  if (count !== frames) throw new Error(`${count} of ${frames} frames were read`);
  return count;
}

function casesOf(folder: string, frameBytes: number): MicroCase[] {
  const random = createRandom(frameBytes);
  const bytes = Uint8Array.from({ length: 4096 }, () => random.below(256));
  const read = join(folder, `${frameBytes}.pcap`);
  const written = join(folder, `${frameBytes}-written.pcap`);
  writeCapture(read, frameBytes, bytes);
  const batch = new Batch();
  const common = { items: frames, unit: 'frame' };
  return [
    { ...common, name: `pcap read, ${frameBytes}-byte frames`, run: () => readCapture(read, batch) },
    { ...common, name: `pcap written, ${frameBytes}-byte frames`, run: () => writeCapture(written, frameBytes, bytes) },
  ];
}

export const captureSuite: MicroSuite = {
  name: 'capture',
  title: 'a capture file read into batches, and one written',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'shimline-micro-'));
    try {
      await runSuite(
        'capture',
        frameSizes.flatMap((frameBytes) => casesOf(folder, frameBytes)),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
