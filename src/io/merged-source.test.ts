import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Batch } from '../wire/batch.ts';
import { description, enhanced, frameBytes, pcap, play, playAll, scratch, section } from './fixtures.ts';
import { openInputs } from './merged-source.ts';

const dir = scratch();
afterAll(dir.remove);

/** A capture whose frames hold one byte and come at the given microseconds. */
function timed(name: string, ...frames: [byte: number, microseconds: number][]): string {
  const records = frames.map(([byte, time]) => ({ bytes: [byte], seconds: Math.floor(time / 1e6), units: time % 1e6 }));
  return dir.file(name, pcap(records));
}

const order = (played: { frames: { bytes: number[] }[] }) => played.frames.map(({ bytes }) => bytes[0]);

describe('merging', () => {
  it('goes by time, ties in the order of the inputs', async () => {
    const a = timed('a.pcap', [1, 10], [2, 20], [3, 20], [4, 999_999], [5, 2_000_000]);
    const b = timed('b.pcap', [11, 5], [12, 20], [13, 20], [14, 1_000_000]);
    const c = timed('c.pcap', [21, 20], [22, 21]);
    const played = await play([a, b, c]);
    expect(order(played)).toEqual([11, 1, 2, 3, 12, 13, 21, 22, 4, 14, 5]);
    expect(played.frames.map(({ port }) => port)).toEqual([1, 0, 0, 0, 1, 1, 2, 2, 0, 1, 0]);
    expect(order(await play([c, b, a]))).toEqual([11, 1, 21, 12, 13, 2, 3, 22, 4, 14, 5]);
  });

  it('never changes the order of a file', async () => {
    const a = timed('back.pcap', [1, 50], [2, 10], [3, 60], [4, 0]);
    const b = timed('forth.pcap', [11, 20], [12, 55]);
    expect(order(await play([a, b]))).toEqual([11, 1, 2, 12, 3, 4]);
  });

  it('agrees with a plain merge on many files, whatever the batch holds', async () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let round = 0; round < 20; round++) {
      const lists = Array.from({ length: 1 + random(5) }, () => Array.from({ length: random(400) }, () => random(300)));
      const specs = lists.map((times, index) =>
        timed(`m${index}.pcap`, ...times.map((time): [number, number] => [index, time])),
      );
      const heads = lists.map(() => 0);
      const expected: [number, number][] = [];
      for (;;) {
        let best = -1;
        for (let index = 0; index < lists.length; index++) {
          if (heads[index] === lists[index].length) continue;
          if (best < 0 || lists[index][heads[index]] < lists[best][heads[best]]) best = index;
        }
        if (best < 0) break;
        expected.push([best, lists[best][heads[best]++] * 1000]);
      }
      const { frames } = await play(specs);
      expect(frames.map(({ port, nanoseconds }) => [port, nanoseconds])).toEqual(expected);
    }
  });

  it('gives two inputs one port, and answers at once for plain files', async () => {
    const specs = [timed('p.pcap', [1, 1]), timed('q.pcap', [2, 2])];
    const source = await openInputs(specs.map((spec) => ({ port: 7, spec })));
    expect(source.bytesTotal()).toBe(82);
    const batch = new Batch();
    expect(source.fill(batch)).toBe(2);
    expect([...batch.port.subarray(0, 2)]).toEqual([7, 7]);
    expect(source.bytesRead()).toBe(82);
    expect(source.fill(batch)).toBe(0);
    source.close();
  });

  it('knows nanoseconds from any input before the first frame', async () => {
    const micro = timed('micro.pcap', [1, 1]);
    const nano = dir.file('nano.pcapng', [section(), description([[9, [9]]]), enhanced(0, 1n, [1])].flat());
    expect((await play([micro, nano])).nanosecond).toBe(true);
    expect((await play([micro])).nanosecond).toBe(false);
  });
});

describe('damage', () => {
  it('in some inputs leaves the others to be played to their end', async () => {
    const whole = timed('whole.pcap', [1, 10], [2, 30], [3, 50]);
    const cut = dir.file('cut.pcap', [...pcap([{ bytes: [9], units: 20 }]), 1, 2, 3]);
    const empty = dir.file('empty.pcap', []);
    const played = await play([whole, cut, empty]);
    expect(order(played)).toEqual([1, 9, 2, 3]);
    expect(played.error).toMatchObject({
      code: 'DAMAGED',
      message: `${cut}: offset 41: cut off within a record header (3 of 16 bytes)\n${empty}: empty file`,
    });
  });

  it('is told once when looping', async () => {
    const cut = dir.file('cut-loop.pcap', [...pcap([{ bytes: [9] }]), 1]);
    const played = await play([cut], { loop: 4 });
    expect(order(played)).toEqual([9, 9, 9, 9]);
    expect(played.error?.message).toBe(`${cut}: offset 41: cut off within a record header (1 of 16 bytes)`);
  });
});

describe('opening', () => {
  it('reports all files that cannot be read, at once', async () => {
    const missing = join(dir.path, 'missing.pcap');
    await expect(play([missing, dir.path])).rejects.toMatchObject({
      code: 'IO',
      message: `${missing}: no such file\n${dir.path}: is a directory`,
    });
    const below = join(timed('file.pcap', [1, 1]), 'x');
    await expect(play([below])).rejects.toThrow(`${below}: a part of the path is not a directory`);
  });

  it.skipIf(process.getuid?.() === 0)('reports a lack of rights', async () => {
    const file = timed('secret.pcap', [1, 1]);
    chmodSync(file, 0);
    await expect(play([file])).rejects.toThrow(`${file}: permission denied`);
  });

  it('refuses a second interface of a pcap', async () => {
    const file = timed('one.pcap', [1, 1]);
    expect(order(await play([`${file}#0`]))).toEqual([1]);
    await expect(play([`${file}#1`])).rejects.toMatchObject({
      code: 'USAGE',
      message: `${file}#1: no interface #1, the file has one interface`,
    });
  });
});

describe('looping', () => {
  it('moves each round behind the one before, by the span of all inputs and a microsecond', async () => {
    const a = timed('la.pcap', [1, 1_000_000], [2, 1_500_000]);
    const b = timed('lb.pcap', [3, 2_999_999]);
    const { frames } = await play([a, b], { loop: 3 });
    expect(frames.map(({ bytes, seconds, nanoseconds }) => [bytes[0], seconds * 1e6 + nanoseconds / 1e3])).toEqual([
      [1, 1_000_000],
      [2, 1_500_000],
      [3, 2_999_999],
      [1, 3_000_000],
      [2, 3_500_000],
      [3, 4_999_999],
      [1, 5_000_000],
      [2, 5_500_000],
      [3, 6_999_999],
    ]);
  });

  it('counts the bytes of all rounds, and keeps its pace over batches', async () => {
    const file = dir.file(
      'many.pcap',
      pcap(Array.from({ length: 300 }, (_, index) => ({ bytes: frameBytes(60), units: index }))),
    );
    const source = await openInputs([{ port: 0, spec: file }], { loop: 5 });
    const { frames } = await playAll(source);
    expect(frames).toHaveLength(1500);
    expect(frames.map(({ nanoseconds }) => nanoseconds / 1000)).toEqual(
      Array.from({ length: 1500 }, (_, index) => index),
    );
    expect(source.bytesRead()).toBe(source.bytesTotal());
  });

  it('ends on captures without frames, and wants a count of 1 or more', async () => {
    const none = dir.file('none.pcap', pcap([]));
    expect((await play([none], { loop: 1e9 })).frames).toEqual([]);
    await expect(play([none], { loop: 0 })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('captures made by others', () => {
  const shared = ['arkime-mpls-basic', 'zeek-mixed-vlan-mpls', 'zeek-mpls-6in6-broken', 'zeek-mpls-in-vlan'].map(
    (name) => join(import.meta.dirname, '../../../shared/pcaps', `${name}.pcap`),
  );
  it.skipIf(!existsAll(shared))('are read whole', async () => {
    const counts: number[] = [];
    for (const file of shared) {
      const { frames, error } = await play([file]);
      expect(error).toBeUndefined();
      counts.push(frames.length);
    }
    expect(counts[0]).toBe(58);
    expect(counts[2]).toBe(1811);
  });
});

function existsAll(files: string[]): boolean {
  return files.every((file) => existsSync(file));
}
