import { afterAll, describe, expect, it } from 'vitest';
import * as f from './fixtures.ts';

const dir = f.scratch();
afterAll(dir.remove);
const second = 1_000_000n;

async function playBytes(blocks: number[][], suffix = '') {
  return f.play([dir.file('x.pcapng', blocks.flat()) + suffix]);
}

describe('pcapng', () => {
  for (const little of [true, false]) {
    it(`reads ${little ? 'little' : 'big'}-endian sections, all kinds of packet blocks, and skips what it does not know`, async () => {
      const { frames, error, nanosecond } = await playBytes([
        f.section(little),
        f.block(0x8000_0bad, f.frameBytes(40), little),
        f.description([[2, [0x65, 0x30]]], little),
        f.enhanced(0, 1_700_000_000n * second + 5n, f.frameBytes(61), little, 1500, [[1, [0x68, 0x69]]]),
        f.block(5, new Array(20).fill(0), little),
        f.simple(f.frameBytes(15), little),
        f.obsolete(0, 7n * second, f.frameBytes(16), little),
      ]);
      expect(error).toBeUndefined();
      expect(nanosecond).toBe(false);
      expect(frames).toEqual([
        { port: 0, bytes: f.frameBytes(61), original: 1500, seconds: 1_700_000_000, nanoseconds: 5000 },
        { port: 0, bytes: f.frameBytes(15), original: 15, seconds: 1_700_000_000, nanoseconds: 5000 },
        { port: 0, bytes: f.frameBytes(16), original: 16, seconds: 7, nanoseconds: 0 },
      ]);
    });
  }

  it('reads every resolution exactly', async () => {
    const cases: [resolution: number, time: bigint, seconds: number, nanoseconds: number, finer: boolean][] = [
      [0, 12n, 12, 0, false],
      [3, 1_700_000_000_999n, 1_700_000_000, 999_000_000, false],
      [6, 0xffff_ffffn * second + 999_999n, 0xffff_ffff, 999_999_000, false],
      [9, 1_700_000_000_999_999_999n, 1_700_000_000, 999_999_999, true],
      [9, 1_700_000_001_000_000_000n, 1_700_000_001, 0, true],
      [9, 4_294_967_295_000_000_001n, 0xffff_ffff, 1, true],
      [12, 1_000_000_123_456_789n, 1000, 123_456, true],
      [0x80 | 10, (5n << 10n) | 512n, 5, 500_000_000, false],
      [0x80 | 32, (1_700_000_000n << 32n) | 1n, 1_700_000_000, 0, true],
    ];
    for (const [resolution, time, seconds, nanoseconds, finer] of cases) {
      const played = await playBytes([f.section(), f.description([[9, [resolution]]]), f.enhanced(0, time, [1, 2])]);
      expect(played.error).toBeUndefined();
      expect(played.frames).toMatchObject([{ seconds, nanoseconds }]);
      expect(played.nanosecond).toBe(finer);
    }
  });

  it('agrees with BigInt at the edges of a second', async () => {
    const times = Array.from(
      { length: 400 },
      (_, index) => BigInt(index * 10_737_418) * 1_000_000_000n + BigInt((index % 5) - 2) + 9n,
    );
    const { frames } = await playBytes([
      f.section(),
      f.description([[9, [9]]]),
      ...times.map((time) => f.enhanced(0, time, [1])),
    ]);
    const read = frames.map(({ seconds, nanoseconds }) => BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
    expect(read).toEqual(times);
  });

  it('adds if_tsoffset', async () => {
    const offset = f.pack(true, [f.u64(-10n)]);
    const { frames } = await playBytes([f.section(), f.description([[14, offset]]), f.enhanced(0, 100n * second, [1])]);
    expect(frames[0].seconds).toBe(90);
  });

  it('takes off the frame check sequence of interface or packet', async () => {
    const flags = (value: number): [number, number[]][] => [[2, f.pack(true, [f.u32(value)])]];
    const { frames } = await playBytes([
      f.section(),
      f.description([[13, [4]]]),
      f.description([[13, [32]]]),
      f.description(),
      f.enhanced(0, 0n, f.frameBytes(64)),
      f.enhanced(0, 0n, f.frameBytes(50), true, 64),
      f.enhanced(1, 0n, f.frameBytes(64)),
      f.enhanced(2, 0n, f.frameBytes(64), true, 64, flags(1)),
      f.enhanced(2, 0n, f.frameBytes(64), true, 64, flags((4 << 5) | 1)),
    ]);
    expect(frames.map(({ bytes, original }) => [bytes.length, original])).toEqual([
      [60, 60],
      [50, 60],
      [60, 60],
      [64, 64],
      [60, 60],
    ]);
  });

  it('begins a new section in another byte order, with its own interfaces', async () => {
    const { frames, error } = await playBytes([
      f.section(),
      f.description([[9, [9]]]),
      f.enhanced(0, 1_000_000_000n, [1]),
      f.section(false),
      f.description([], false),
      f.enhanced(0, 2n * second, [2], false),
    ]);
    expect(error).toBeUndefined();
    expect(frames).toMatchObject([
      { bytes: [1], seconds: 1 },
      { bytes: [2], seconds: 2 },
    ]);
  });

  it('takes only interface #N, counted over all sections', async () => {
    const blocks = [
      f.section(),
      f.description(),
      f.description([], true, 101),
      f.enhanced(0, 0n, [1]),
      f.enhanced(1, 0n, [2]),
      f.section(),
      f.description([[9, [9]]]),
      f.enhanced(0, 0n, [3]),
    ];
    expect(await playBytes(blocks, '#2')).toMatchObject({ frames: [{ bytes: [3] }], error: undefined });
    const raw = await playBytes(blocks, '#1');
    expect(raw.frames).toEqual([]);
    expect(raw.error?.message).toMatch(/#1: offset \d+: interface 1: link type 101 \(raw IP\) is not Ethernet$/);
    const all = await playBytes(blocks);
    expect(all.frames).toMatchObject([{ bytes: [1] }, { bytes: [3] }]);
    const offset = [0, 1, 2, 3].map((index) => blocks[index].length).reduce((sum, length) => sum + length);
    expect(all.error?.message).toContain(`offset ${offset}: interface 1`);
    const file = dir.file('y.pcapng', blocks.flat());
    await expect(f.play([`${file}#3`])).rejects.toMatchObject({
      code: 'USAGE',
      message: `${file}#3: no interface #3, the file has 3 interfaces`,
    });
  });

  it('prefers a file whose name is FILE#N', async () => {
    const file = dir.file('name#1', [f.section(), f.description(), f.enhanced(0, 0n, [9])].flat());
    expect((await f.play([file])).frames).toMatchObject([{ bytes: [9] }]);
  });

  it('limits simple packets by the snap length', async () => {
    const { frames } = await playBytes([
      f.section(),
      f.description([], true, 1, 5),
      f.simple(f.frameBytes(5), true, 90),
    ]);
    expect(frames).toMatchObject([{ bytes: f.frameBytes(5), original: 90 }]);
  });

  it('skips a block longer than its window', async () => {
    const blocks = [
      f.section(),
      f.description(),
      f.block(77, new Array(1_200_000).fill(7)),
      f.enhanced(0, 0n, f.frameBytes(66)),
    ];
    expect(await playBytes(blocks)).toMatchObject({ frames: [{ bytes: f.frameBytes(66) }], error: undefined });
    const cut = blocks.flat().slice(0, 900_000);
    const { error } = await f.play([dir.file('cut-skip.pcapng', cut)]);
    expect(error?.message).toMatch(/offset 48: cut off within a block \(899952 bytes of it\)$/);
  });

  it('names what is wrong with a block, and where', async () => {
    const good = [f.section(), f.description(), f.enhanced(0, 0n, [1])];
    const at = good.flat().length;
    const broken = (change: (block: number[]) => void, made = f.enhanced(0, 0n, f.frameBytes(8))) => {
      change(made);
      return made;
    };
    const cases: [number[], RegExp][] = [
      [broken((b) => b.splice(4, 1, 41)), /bad block length 41$/],
      [broken((b) => b.splice(4, 1, 8)), /bad block length 8$/],
      [broken((b) => b.splice(b.length - 4, 1, 0)), /the two lengths of the block differ$/],
      [broken((b) => b.splice(b.length - 4, 1, 0), f.block(9, [1, 2, 3, 4])), /the two lengths of the block differ$/],
      [f.enhanced(4, 0n, [1]), /interface 4 is not described$/],
      [broken((b) => b.splice(20, 1, 9)), /captured length 9 does not fit into a block of 40 bytes$/],
      [broken((b) => b.splice(22, 1, 9)), /captured length 589832 is more than 262144$/],
      [f.block(6, new Array(8).fill(0)), /a packet block of 20 bytes is too short$/],
      [broken((b) => b.splice(8, 1, 0), f.section()), /bad byte-order magic of a section$/],
      [broken((b) => b.splice(12, 1, 2), f.section()), /pcapng version 2\.0 is not supported$/],
      [
        f.block(1, f.pack(true, [f.u32(1), f.u32(0), f.u16(9), f.u16(200)])),
        /option 9 of an interface description runs beyond/,
      ],
    ];
    for (const [bad, reason] of cases) {
      const { frames, error } = await playBytes([...good, bad]);
      expect(frames).toHaveLength(1);
      expect(error).toMatchObject({ code: 'DAMAGED', message: expect.stringMatching(reason) });
      expect(error?.message).toContain(`x.pcapng: offset ${at}: `);
    }
  });

  for (const little of [true, false]) {
    it(`delivers everything before the cut (${little ? 'little' : 'big'}-endian)`, async () => {
      const blocks = [
        f.section(little),
        f.description([[9, [9]]], little),
        f.enhanced(0, 1n, f.frameBytes(5), little),
        f.block(99, f.frameBytes(8), little),
        f.simple(f.frameBytes(14), little),
        f.obsolete(0, 1n, f.frameBytes(3), little),
      ];
      const starts = blocks.map((_, index) => blocks.slice(0, index).flat().length);
      const whole = blocks.flat();
      for (let cut = 1; cut < whole.length; cut++) {
        const { frames, error } = await f.play([dir.file('cut.pcapng', whole.slice(0, cut))]);
        const complete = blocks.filter((block, index) => starts[index] + block.length <= cut).length;
        expect(frames).toHaveLength([2, 4, 5].filter((index) => index < complete).length);
        if (starts[complete] === cut) expect(error).toBeUndefined();
        else expect(error?.message).toContain(`cut.pcapng: offset ${starts[complete]}: cut off within`);
      }
    });
  }
});
