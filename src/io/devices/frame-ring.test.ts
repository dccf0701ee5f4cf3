import { expect, test } from 'vitest';
import { Batch, batchFrames, frameBytesMax } from '../../wire/batch.ts';
import { FrameRing, frameRingBytes } from './frame-ring.ts';

const dataBytes = 4096;

function open(size = dataBytes): { to: FrameRing; from: FrameRing; buffer: SharedArrayBuffer } {
  const buffer = new SharedArrayBuffer(64 + frameRingBytes(size));
  return { to: new FrameRing(buffer, 64, size), from: new FrameRing(buffer, 64, size), buffer };
}

/** Bytes that tell which frame they belong to and which byte they are. */
function frame(index: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => index * 31 + i * 7 + 1);
}

function put(ring: FrameRing, index: number, length: number): boolean {
  return ring.put(index, index % 5, frame(index, length), 0, length, length + 3, 4_000_000_000, 999_999_999);
}

function contents(batch: Batch, slot: number): number[] {
  return [...batch.bytes.subarray(batch.start[slot], batch.start[slot] + batch.captured[slot])];
}

test('a frame arrives with all that belongs to it, once it is published', () => {
  const { to, from } = open();
  const batch = new Batch();
  expect(to.put(-7, 3, frame(1, 60), 0, 60, 1500, 4_000_000_000, 999_999_999)).toBe(true);
  expect(to.unpublished).toBe(1);
  expect(from.isEmpty).toBe(true);
  expect(from.take(batch)).toBe(0);
  to.publish();
  expect(to.unpublished).toBe(0);
  expect(from.isEmpty).toBe(false);
  expect(from.take(batch)).toBe(1);
  expect(batch.count).toBe(1);
  expect(contents(batch, 0)).toEqual([...frame(1, 60)]);
  expect([batch.port[0], batch.captured[0], batch.original[0]]).toEqual([3, 60, 1500]);
  expect([batch.seconds[0], batch.nanoseconds[0], from.readTag(0)]).toEqual([4_000_000_000, 999_999_999, -7]);
  expect(to.published).toBe(1);
  expect(to.released).toBe(0);
  from.release();
  expect(to.released).toBe(1);
  expect(from.isEmpty).toBe(true);
});

test('frames of every length, from every place in the source, by words and by bytes', () => {
  const { to, from } = open(1 << 16);
  const source = new Uint8Array(2048).map((_, i) => i * 13 + (i >> 8));
  const odd = new Uint8Array(source.buffer, 1, 2001);
  const batch = new Batch();
  for (const bytes of [source, odd]) {
    for (const start of [0, 1, 2, 3, 6, 131]) {
      for (const length of [0, 1, 2, 3, 13, 14, 60, 63, 64, 65, 255, 256, 257, 1500]) {
        expect(to.put(length, 0, bytes, start, length, length, 0, 0)).toBe(true);
        to.publish();
        batch.clear();
        expect(from.take(batch)).toBe(1);
        expect(contents(batch, 0)).toEqual([...bytes.subarray(start, start + length)]);
        from.release();
      }
    }
  }
});

test('the frame lies straight for words, in the batch as in the ring', () => {
  const { to, from } = open();
  const source = new Batch();
  for (let i = 0; i < 3; i++) {
    const start = source.add(i, 61 + i, 61 + i, i, i);
    source.bytes.set(frame(i, 61 + i), start);
    expect(to.put(i, i, source.bytes, start, 61 + i, 61 + i, i, i)).toBe(true);
  }
  to.publish();
  const batch = new Batch();
  expect(from.take(batch)).toBe(3);
  for (let i = 0; i < 3; i++) {
    expect(batch.start[i] & 3).toBe(2);
    expect(contents(batch, i)).toEqual([...frame(i, 61 + i)]);
  }
});

test('a full ring refuses, counts, and takes again what is released', () => {
  const { to, from } = open();
  let taken = 0;
  while (put(to, taken, 100)) taken++;
  expect(taken).toBe(Math.floor(dataBytes / (24 + 104)));
  expect(put(to, taken, 100)).toBe(false);
  expect(to.refused).toBe(2);
  expect(from.refused).toBe(2);
  to.publish();
  const batch = new Batch();
  expect(from.take(batch)).toBe(taken);
  expect(put(to, taken, 100)).toBe(false);
  from.release();
  expect(put(to, taken, 100)).toBe(true);
  for (let i = 0; i < taken; i++) expect(contents(batch, i)).toEqual([...frame(i, 100)]);
});

test('what no batch or no ring of this size can hold is refused at any time', () => {
  const small = open();
  expect(small.to.frameBytesMax).toBe(dataBytes / 2 - 32);
  expect(put(small.to, 0, small.to.frameBytesMax + 1)).toBe(false);
  const batch = new Batch();
  // Wherever the ring stands, the longest frame has room in an empty ring.
  for (let i = 0; i < 300; i++) {
    expect(put(small.to, i, 1 + ((i * 37) % 90))).toBe(true);
    small.to.publish();
    small.from.take(batch);
    small.from.release();
    expect(put(small.to, i, small.to.frameBytesMax)).toBe(true);
    small.to.publish();
    batch.clear();
    expect(small.from.take(batch)).toBe(1);
    expect(contents(batch, 0)).toEqual([...frame(i, small.to.frameBytesMax)]);
    small.from.release();
    batch.clear();
  }
  const big = open(1 << 20);
  expect(big.to.frameBytesMax).toBe(frameBytesMax);
  expect(big.to.put(0, 0, new Uint8Array(frameBytesMax), 0, frameBytesMax, frameBytesMax, 0, 0)).toBe(true);
  expect(big.to.put(0, 0, new Uint8Array(frameBytesMax + 1), 0, frameBytesMax + 1, 0, 0, 0)).toBe(false);
});

test('a batch that is full leaves the rest in the ring; tags go by the slot', () => {
  const { to, from } = open(1 << 16);
  for (let i = 0; i < 400; i++) expect(put(to, i, 60)).toBe(true);
  to.publish();
  const batch = new Batch();
  batch.add(9, 0, 0, 0, 0);
  expect(from.take(batch)).toBe(batchFrames - 1);
  expect([from.readTag(1), from.readTag(255)]).toEqual([0, 254]);
  batch.clear();
  expect(from.take(batch)).toBe(400 - 255);
  expect(from.readTag(0)).toBe(255);
  expect(contents(batch, 0)).toEqual([...frame(255, 60)]);
  batch.clear();
  expect(from.take(batch)).toBe(0);
});

test('random lengths through many rounds of the ring, in order and whole, with never more than its room', () => {
  const { to, from } = open();
  const batch = new Batch();
  let seed = 12345;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const lengths: number[] = [];
  let sent = 0;
  let next = 0;
  while (next < 20_000) {
    for (let count = random(30); count > 0 && sent < 20_000; count--) {
      lengths[sent] = random(10) === 0 ? random(2000) : random(120);
      if (!put(to, sent, lengths[sent])) break;
      sent++;
    }
    to.publish();
    batch.clear();
    const count = from.take(batch);
    for (let slot = 0; slot < count; slot++, next++) {
      if (batch.captured[slot] !== lengths[next] || from.readTag(slot) !== next || batch.port[slot] !== next % 5) {
        throw new Error(`frame ${next} is not what was put in`);
      }
      const bytes = frame(next, lengths[next]);
      const start = batch.start[slot];
      for (let i = 0; i < bytes.length; i++) {
        if (batch.bytes[start + i] !== bytes[i]) throw new Error(`byte ${i} of frame ${next} differs`);
      }
    }
    if (random(3) > 0) from.release();
  }
  expect(next).toBe(20_000);
});

test('the length of a ring is right across the end of 32 bits', () => {
  const { to, from, buffer } = open();
  const words = new Int32Array(buffer, 64);
  words[0] = -0x8000_0000;
  words[16] = 0x7fff_ffff;
  expect(to.length).toBe(1);
  words[16] = -0x8000_0000;
  expect(from.isEmpty).toBe(true);
});

test('sizes that cannot be are refused', () => {
  for (const size of [0, 2048, 5000, 2 ** 31, Number.NaN]) {
    expect(() => new FrameRing(new SharedArrayBuffer(8192), 0, size)).toThrow('power of two');
  }
});

test('a reader that waits is woken, and one that comes late need not wait', async () => {
  const { to, from } = open();
  const waiting = from.arrival(60_000);
  expect(waiting).toBeInstanceOf(Promise);
  const alive = setInterval(() => undefined, 1000);
  put(to, 1, 60);
  to.publish();
  to.wake();
  expect(await waiting).toBe('ok');
  clearInterval(alive);
  expect(from.arrival(60_000)).toBeUndefined();
  from.sleep(60_000);
  expect(from.take(new Batch())).toBe(1);
});
