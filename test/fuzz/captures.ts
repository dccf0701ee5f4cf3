// Captures to begin from: the project's own, and those that others made where a checkout keeps them beside the
// project. Read through the same sources as in a replay.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ShimlineError } from '../../src/errors.ts';
import { openInputs } from '../../src/io/merged-source.ts';
import { Batch } from '../../src/wire/batch.ts';

const ownFolder = fileURLToPath(new URL('../../pcaps/', import.meta.url));
const othersFolder = fileURLToPath(new URL('../../../shared/pcaps/', import.meta.url));

function capturesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

export const ownCaptures = () => capturesIn(ownFolder);
export const othersCaptures = () => capturesIn(othersFolder);

/** Feeds a capture to `take`, batch by batch. Answers how it ended; anything but a ShimlineError is thrown on. */
export async function playCapture(path: string, take: (batch: Batch) => void): Promise<ShimlineError | undefined> {
  try {
    const source = await openInputs([{ port: 0, spec: path }]);
    try {
      const batch = new Batch();
      while ((await source.fill(batch)) > 0) {
        take(batch);
        batch.clear();
      }
    } finally {
      source.close();
    }
  } catch (error) {
    if (error instanceof ShimlineError) return error;
    throw error;
  }
  return undefined;
}

/** The frames of a capture, up to its damage. */
export async function framesOf(path: string): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  await playCapture(path, ({ bytes, start, captured, count }) => {
    for (let slot = 0; slot < count; slot++) {
      const from = start[slot] as number;
      frames.push(bytes.slice(from, from + (captured[slot] as number)));
    }
  });
  return frames;
}
