// Capture files of the comparison from file to file: one written from stored frames, over and over until it is long
// enough, and those that come out read again without our own reader.
import { closeSync, openSync, readSync } from 'node:fs';
import { PcapWriter } from '../../src/io/pcap-writer.ts';
import { FrameHash } from '../fnv.ts';
import type { StoredFrames } from '../frames.ts';

const fileHeaderBytes = 24;
export const recordHeaderBytes = 16;
const magicNanoseconds = 0xa1b23c4d;
const blockBytes = 1 << 22;
const nanosecondsASecond = 1_000_000_000;
/** Between two frames. */
const gapNanoseconds = 200;

/** So many frames, those of `frames` in turn, as records for a player. */
export function repeated(frames: StoredFrames, count: number): StoredFrames {
  const { words } = frames;
  const rounds = Math.floor(count / frames.count);
  let rest = 0;
  for (let i = rounds * frames.count; i < count; i++) rest += 2 + ((words[rest + 1] + 5) >>> 2);
  const all = new Uint32Array(rounds * words.length + rest);
  for (let round = 0; round < rounds; round++) all.set(words, round * words.length);
  all.set(words.subarray(0, rest), rounds * words.length);
  return { count, words: all };
}

/** Writes the frames as nanosecond pcap; ports are not kept. */
export function writeCapture(path: string, { words }: StoredFrames): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const writer = new PcapWriter(path, { nanosecond: true });
  let now = 0;
  for (let word = 0; word < words.length; ) {
    const length = words[word + 1] as number;
    writer.write(
      bytes,
      (word + 2) * 4 + 2,
      length,
      length,
      Math.floor(now / nanosecondsASecond),
      now % nanosecondsASecond,
    );
    now += gapNanoseconds;
    word += 2 + ((length + 5) >>> 2);
  }
  writer.close();
}

/** Blocks of a file, each beginning where the caller left off. */
class Blocks {
  readonly #file: number;
  readonly bytes = new Uint8Array(blockBytes);
  readonly view = new DataView(this.bytes.buffer);
  at = 0;
  end = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** Whether `count` bytes more are there. */
  have(count: number): boolean {
    if (this.end - this.at >= count) return true;
    this.bytes.copyWithin(0, this.at, this.end);
    this.end -= this.at;
    this.at = 0;
    while (this.end < count) {
      const got = readSync(this.#file, this.bytes, this.end, blockBytes - this.end, null);
      if (got === 0) return false;
      this.end += got;
    }
    return true;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** What a nanosecond pcap of ours holds, as if every frame had left by `port`. Throws for a file that is damaged. */
export function readCapture(path: string, port: number): { frames: number; hash: string } {
  const hash = new FrameHash();
  const blocks = new Blocks(path);
  let frames = 0;
  try {
    if (!blocks.have(fileHeaderBytes) || blocks.view.getUint32(0, true) !== magicNanoseconds) {
      throw new Error(`${path} is no little-endian nanosecond pcap`);
    }
    blocks.at += fileHeaderBytes;
    while (blocks.have(recordHeaderBytes)) {
      const length = blocks.view.getUint32(blocks.at + 8, true);
      if (!blocks.have(recordHeaderBytes + length)) throw new Error(`${path} is cut off`);
      hash.addFrame(port, blocks.bytes, blocks.at + recordHeaderBytes, length);
      blocks.at += recordHeaderBytes + length;
      frames++;
    }
    if (blocks.end > blocks.at) throw new Error(`${path} is cut off`);
  } finally {
    blocks.close();
  }
  return { frames, hash: hash.text };
}

/** Whether two files hold the same bytes. */
export function sameBytes(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => new Blocks(path)) as [Blocks, Blocks];
  try {
    for (;;) {
      a.have(blockBytes);
      b.have(blockBytes);
      if (a.end !== b.end || Buffer.compare(a.bytes.subarray(0, a.end), b.bytes.subarray(0, b.end)) !== 0) return false;
      if (a.end === 0) return true;
      a.at = a.end;
      b.at = b.end;
    }
  } finally {
    a.close();
    b.close();
  }
}
