import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { frameBytes, pcap, play, scratch } from './fixtures.ts';

const dir = scratch();
afterAll(dir.remove);

// Frames that do not repeat, so that a piece of compressed bytes holds a piece of the capture.
const frames = Array.from({ length: 3000 }, (_, index) => ({
  bytes: frameBytes(60 + (index % 50), (index * 2_654_435_761) >>> 24),
  seconds: index,
}));
const capture = pcap(frames);
const recordEnds: number[] = [];
for (const { bytes } of frames) recordEnds.push((recordEnds.at(-1) ?? 24) + 16 + bytes.length);

/** Raw blocks of at most 128 KiB, no checksum: a zstd frame needs no encoder. */
function storedZstd(bytes: Uint8Array): Buffer<ArrayBuffer> {
  const max = 128 * 1024;
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38)];
  for (let at = 0; at < bytes.length; at += max) {
    const part = bytes.subarray(at, at + max);
    const header = (part.length << 3) | (at + max >= bytes.length ? 1 : 0);
    parts.push(Uint8Array.of(header & 255, (header >> 8) & 255, header >> 16), part);
  }
  return Buffer.concat(parts);
}

async function expectAll(file: string): Promise<void> {
  const played = await play([file]);
  expect(played.error).toBeUndefined();
  expect(played.frames.map(({ bytes }) => bytes)).toEqual(frames.map(({ bytes }) => bytes));
}

describe('gzip', () => {
  it('is recognised by content', () => expectAll(dir.file('gzip.pcap', gzipSync(capture))));

  it('may have several members', () => {
    const parts = [capture.subarray(0, 5000), capture.subarray(5000)].map((part) => gzipSync(part));
    return expectAll(dir.file('members.gz', Buffer.concat(parts)));
  });

  it('that holds nothing is an empty file', async () => {
    const { error } = await play([dir.file('nothing.gz', gzipSync(''))]);
    expect(error?.message).toMatch(/nothing\.gz: empty file$/);
  });

  it('cut off anywhere delivers what came before', async () => {
    const packed = gzipSync(capture);
    for (const cut of [5, 12, 400, packed.length >> 1, packed.length - 9, packed.length - 1]) {
      const file = dir.file('cut.gz', packed.subarray(0, cut));
      const played = await play([file]);
      expect(played.error?.code).toBe('DAMAGED');
      expect(played.error?.message).toMatch(
        /cut\.gz: decompressed offset \d+: gzip stream is damaged \(unexpected end of file\)$/,
      );
      const offset = Number(/offset (\d+)/.exec(played.error?.message ?? '')?.[1]);
      expect(played.frames).toHaveLength(recordEnds.filter((end) => end <= offset).length);
    }
  });

  it('with a wrong checksum delivers everything first', async () => {
    const packed = gzipSync(capture);
    packed[packed.length - 8] ^= 1;
    const played = await play([dir.file('check.gz', packed)]);
    expect(played.frames).toHaveLength(frames.length);
    expect(played.error?.message).toMatch(new RegExp(`offset ${capture.length}: gzip .*incorrect data check`));
  });

  it('with damage inside delivers what came before', async () => {
    const packed = gzipSync(capture);
    const at = packed.length >> 1;
    packed.fill(0xff, at, at + 200);
    const played = await play([dir.file('inside.gz', packed)]);
    expect(played.error?.code).toBe('DAMAGED');
    expect(played.frames.length).toBeGreaterThan(frames.length / 4);
    const sound = played.frames.slice(0, frames.length / 4).map(({ bytes }) => bytes);
    expect(sound).toEqual(frames.slice(0, frames.length / 4).map(({ bytes }) => bytes));
  });

  it('can be looped, and names decompressed offsets of a damaged capture', async () => {
    const file = dir.file('loop.gz', gzipSync(capture.subarray(0, recordEnds[1] + 20)));
    const played = await play([file], { loop: 3 });
    expect(played.frames.map(({ seconds }) => seconds)).toEqual([0, 1, 1, 2, 2, 3]);
    expect(played.error?.message).toMatch(`${file}: decompressed offset ${recordEnds[1]}: cut off within a frame`);
  });
});

describe('zstd', () => {
  it('is recognised by content', () => expectAll(dir.file('stored.pcap', storedZstd(capture))));

  it('may have several frames', () => {
    const skippable = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
    const [first, second] = [capture.subarray(0, 5000), capture.subarray(5000)].map(storedZstd);
    const parts = [skippable, first, skippable, second];
    return expectAll(dir.file('frames.zst', Buffer.concat(parts)));
  });

  it('cut off anywhere delivers what came before', async () => {
    const packed = storedZstd(capture);
    for (const cut of [5, 7, 1000, 140_000, packed.length - 1]) {
      const file = dir.file('cut.zst', packed.subarray(0, cut));
      const played = await play([file]);
      expect(played.error?.code).toBe('DAMAGED');
      expect(played.error?.message).toMatch(/cut\.zst: decompressed offset \d+: zstd stream is damaged/);
      const offset = Number(/offset (\d+)/.exec(played.error?.message ?? '')?.[1]);
      expect(offset).toBe(cut > 262_200 ? 262_144 : cut > 131_100 ? 131_072 : 0);
      expect(played.frames).toHaveLength(recordEnds.filter((end) => end <= offset).length);
    }
  });

  it('with damage inside is refused', async () => {
    const packed = storedZstd(capture);
    packed[6] = (packed[6] ?? 0) | 6; // block type 3, reserved
    const played = await play([dir.file('inside.zst', packed)]);
    expect(played).toMatchObject({ frames: [], error: { code: 'DAMAGED' } });
  });

  it.skipIf(spawnSync('zstd', ['--version']).status !== 0)('as the zstd program packs it', () => {
    const file = dir.file('program.pcap', capture);
    execFileSync('zstd', ['-q', '-f', '--check', '-9', file, '-o', `${file}.zst`]);
    return expectAll(`${file}.zst`);
  });
});

describe('standard input', () => {
  it('is read in whatever pieces it comes', async () => {
    const pieces = Array.from({ length: 4000 }, (_, index) => capture.slice(index * 3, index * 3 + 3));
    const rest = capture.slice(12_000);
    const played = await play(['-'], { stdin: Readable.from([...pieces, rest]) });
    expect(played.error).toBeUndefined();
    expect(played.frames).toHaveLength(frames.length);
  });

  it('may be compressed', async () => {
    const packed = gzipSync(capture);
    const played = await play(['-'], { stdin: Readable.from([packed.subarray(0, 3), packed.subarray(3)]) });
    expect(played.frames).toHaveLength(frames.length);
  });

  it('that breaks off is damaged, that fails is an IO error', async () => {
    const cut = await play(['-'], { stdin: Readable.from([capture.slice(0, 50)]) });
    expect(cut.error?.message).toBe('standard input: offset 24: cut off within a frame (26 of 76 bytes)');
    const stdin = new PassThrough();
    stdin.write(capture.slice(0, recordEnds[0]));
    setTimeout(() => stdin.destroy(Object.assign(new Error(), { code: 'EIO', errno: -5 })), 20);
    const failed = await play(['-'], { stdin });
    expect(failed.frames).toHaveLength(1);
    expect(failed.error).toMatchObject({ code: 'IO', message: 'standard input: i/o error' });
  });

  it('cannot be looped, nor read twice', async () => {
    await expect(play(['-'], { loop: 2 })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'standard input: cannot be looped',
    });
    await expect(play(['-', '-'])).rejects.toMatchObject({ code: 'USAGE' });
  });
});

it('a named pipe is read like standard input', async ({ skip }) => {
  const pipe = join(dir.path, 'pipe');
  skip(spawnSync('mkfifo', [pipe]).status !== 0, 'no mkfifo here');
  const file = dir.file('for-pipe.pcap', capture);
  spawn('sh', ['-c', 'cat "$1" > "$2"', 'sh', file, pipe]);
  await expectAll(pipe);
});
