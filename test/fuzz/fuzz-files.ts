// Captures as whole files, as they are and damaged: reading one ends well or in a ShimlineError, never otherwise.
// What could be read goes through the router too.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Forwarder } from '../../src/engine/forwarder.ts';
import { description, enhanced, frameBytes, obsolete, pcap, section, simple } from '../../src/io/fixtures.ts';
import { damage } from '../property/mutate.ts';
import { Random } from '../property/random.ts';
import { playCapture } from './captures.ts';
import { openRouter, readingOutput } from './everything.ts';

export interface FilesReport {
  /** Each capture as it is: frames read, and the code of the error at its end. */
  readonly whole: readonly { readonly name: string; readonly frames: number; readonly error: string | undefined }[];
  readonly damaged: number;
  /** By outcome: `read`, or the code of the error. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** Bytes at the start of a file where damage is the likeliest to matter. */
const headBytes = 200;

function pcapngs(): Uint8Array[] {
  return [true, false].map((little) => {
    const frames = [14, 60, 61, 200].map((length) => frameBytes(length));
    const blocks = [
      section(little),
      description([[9, [9]]], little),
      description([[2, [99, 101, 49]]], little, 1, 64),
      ...frames.map((frame, i) => enhanced(i & 1, 1_000_000n * BigInt(i), frame, little, frame.length, [[1, [120]]])),
      simple(frameBytes(40), little),
      obsolete(0, 5n, frameBytes(42), little),
    ];
    return Uint8Array.from(blocks.flat());
  });
}

/** A zstd frame of one raw block: no encoder is needed. */
function zstdOf(content: Uint8Array): Uint8Array {
  const size = content.length;
  const header = (size << 3) | 1;
  const word = [size & 255, (size >>> 8) & 255, (size >>> 16) & 255, size >>> 24];
  return Uint8Array.from([
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0xa0,
    ...word,
    header & 255,
    (header >>> 8) & 255,
    header >>> 16,
    ...content,
  ]);
}

/** Files of every format and packing. */
function ownFiles(): Uint8Array[] {
  const frames = [0, 13, 60, 61, 1500].map((length, i) => ({ bytes: frameBytes(length), seconds: i, units: 999_999 }));
  const magics = [0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34];
  const plain = [...magics.flatMap((magic) => [pcap(frames, true, magic), pcap(frames, false, magic)]), ...pcapngs()];
  return [
    ...plain,
    pcap(frames, true, 0xa1b2c3d4, 9),
    gzipSync(plain[0] as Uint8Array),
    zstdOf(plain[0] as Uint8Array),
  ];
}

function damagedFile(files: readonly Uint8Array[], random: Random): Uint8Array {
  const file = random.pick(files);
  if (random.chance(0.2)) return file.subarray(0, random.below(file.length + 1));
  if (random.chance(0.3)) return damage(file, random.pick(files), random);
  const head = damage(file.subarray(0, headBytes), random.pick(files), random);
  return Uint8Array.from([...head, ...file.subarray(headBytes)]);
}

export async function fuzzFiles(
  count: number,
  seed: number,
  captures: readonly string[],
  onFile?: (number: number) => void,
): Promise<FilesReport> {
  const router = openRouter();
  const forwarder = new Forwarder(router.tables, readingOutput());
  const play = (path: string) => playCapture(path, (batch) => forwarder.process(batch));
  const whole: FilesReport['whole'][number][] = [];
  for (const path of captures) {
    const before = forwarder.counters.framesIn;
    const error = await play(path);
    whole.push({ name: basename(path), frames: forwarder.counters.framesIn - before, error: error?.code });
  }
  const files = [...captures.map((path) => new Uint8Array(readFileSync(path))), ...ownFiles()];
  const random = new Random(seed);
  const outcomes: Record<string, number> = {};
  const folder = mkdtempSync(join(tmpdir(), 'shimline-fuzz-'));
  try {
    const path = join(folder, 'damaged');
    for (let number = 0; number < count; number++) {
      onFile?.(number);
      writeFileSync(path, damagedFile(files, random));
      const outcome = (await play(path))?.code ?? 'read';
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (!forwarder.counters.balanced) throw new Error('the books do not balance');
  return { whole, damaged: count, outcomes };
}
