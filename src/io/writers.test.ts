import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { frameBytesMax } from '../wire/batch.ts';
import type { FrameSink } from './device.ts';
import { frameBytes, type PlayedFrame, pcap, play, scratch } from './fixtures.ts';
import { PcapWriter } from './pcap-writer.ts';
import { PcapngFile } from './pcapng-writer.ts';

const dir = scratch();
afterAll(dir.remove);

// Frames at every alignment of an arena, some long; times at the edges.
const arena = Uint8Array.from({ length: 4000 }, (_, index) => (index * 31) & 255);
const frames = Array.from({ length: 2000 }, (_, index) => ({
  start: 4 + (index % 7),
  captured: index % 331,
  original: (index % 331) + (index % 3),
  seconds: 1_700_000_000 + index * 1_000_000,
  nanoseconds: (index * 499_999_993) % 1_000_000_000,
}));

function writeAll(sink: FrameSink): void {
  for (const { start, captured, original, seconds, nanoseconds } of frames) {
    sink.write(arena, start, captured, original, seconds, nanoseconds);
  }
  sink.close();
}

function expected(unit: number): PlayedFrame[] {
  return frames.map(({ start, captured, original, seconds, nanoseconds }) => ({
    port: 0,
    bytes: [...arena.subarray(start, start + captured)],
    original,
    seconds,
    nanoseconds: nanoseconds - (nanoseconds % unit),
  }));
}

for (const nanosecond of [false, true]) {
  for (const format of ['pcap', 'pcapng']) {
    it(`${format} in ${nanosecond ? 'nanoseconds' : 'microseconds'} comes back as it was written`, async () => {
      const file = join(dir.path, `trip.${format}`);
      writeAll(
        format === 'pcap'
          ? new PcapWriter(file, { nanosecond })
          : new PcapngFile(file, { nanosecond }).addInterface('ce1'),
      );
      const played = await play([file]);
      expect(played.error).toBeUndefined();
      expect(played.nanosecond).toBe(nanosecond);
      expect(played.frames).toEqual(expected(nanosecond ? 1 : 1000));
    });
  }
}

describe('pcap', () => {
  it('has exactly these bytes', () => {
    const file = join(dir.path, 'exact.pcap');
    const sink = new PcapWriter(file, { nanosecond: false });
    sink.write(Uint8Array.from(frameBytes(61)), 0, 61, 70, 0xf000_0000, 999_999_999);
    sink.write(Uint8Array.from(frameBytes(5)), 2, 3, 3, 1, 1000);
    sink.close();
    const bytes = pcap([
      { bytes: frameBytes(61), original: 70, seconds: 0xf000_0000, units: 999_999 },
      { bytes: [3, 4, 5], seconds: 1, units: 1 },
    ]);
    bytes.set([0, 0, 4, 0], 16); // snapshot length
    expect(Uint8Array.from(readFileSync(file))).toEqual(bytes);
  });

  it('takes the longest frames', async () => {
    const file = join(dir.path, 'longest.pcap');
    const sink = new PcapWriter(file, { nanosecond: true });
    const long = new Uint8Array(frameBytesMax + 64).fill(5);
    for (let count = 0; count < 5; count++) sink.write(long, 64, frameBytesMax, frameBytesMax, 0, 0);
    sink.close();
    expect((await play([file])).frames).toHaveLength(5);
  });
});

describe('files', () => {
  it('are not made for ports that send nothing', () => {
    const quiet = [join(dir.path, 'quiet.pcap'), join(dir.path, 'quiet.pcapng')];
    new PcapWriter(quiet[0], { nanosecond: false }).close();
    new PcapngFile(quiet[1], { nanosecond: false }).addInterface('quiet').close();
    expect(quiet.map((file) => existsSync(file))).toEqual([false, false]);
  });

  it('that cannot be made are IO errors with the first frame', () => {
    const one = (path: string) => () => new PcapWriter(path, { nanosecond: false }).write(arena, 4, 60, 60, 0, 0);
    expect(one(dir.path)).toThrow(`${dir.path}: is a directory`);
    expect(one(join(dir.path, 'no/where.pcap'))).toThrow('no/where.pcap: no such file');
  });

  it.skipIf(!existsSync('/dev/full'))('on a full device are an IO error, once', () => {
    for (const sink of [
      new PcapWriter('/dev/full', { nanosecond: false }),
      new PcapngFile('/dev/full', { nanosecond: false }).addInterface('x'),
    ]) {
      sink.write(arena, 4, 60, 60, 0, 0);
      expect(() => sink.close()).toThrow('/dev/full: no space left on device');
      expect(() => sink.close()).not.toThrow();
    }
    const busy = new PcapWriter('/dev/full', { nanosecond: false });
    expect(() => writeAll(busy)).toThrow(
      expect.objectContaining({ code: 'IO', message: '/dev/full: no space left on device' }),
    );
    expect(() => writeAll(busy)).not.toThrow();
  });
});

describe('pcapng', () => {
  it('keeps several interfaces apart, one added late, with comments', async () => {
    const file = join(dir.path, 'several.pcapng');
    const several = new PcapngFile(file, { nanosecond: true });
    const [ce1, core1] = ['ce1', 'core1'].map((name) => several.addInterface(name));
    core1.write(arena, 6, 61, 61, 1, 1, 'müde 🙂');
    const late = several.addInterface('late');
    late.write(arena, 6, 20, 20, 2, 2);
    ce1.write(arena, 6, 33, 33, 3, 3, '');
    for (const sink of [ce1, core1, late]) sink.close();
    expect((await play([file])).frames.map(({ bytes }) => bytes.length)).toEqual([61, 20, 33]);
    expect((await play([`${file}#1`])).frames.map(({ bytes }) => bytes.length)).toEqual([61]);
    expect((await play([`${file}#2`])).frames.map(({ bytes }) => bytes.length)).toEqual([20]);
    const raw = readFileSync(file);
    for (const text of ['shimline', 'core1', 'müde 🙂']) expect(raw.includes(text)).toBe(true);
    expect(statSync(file).size % 4).toBe(0);
  });

  it('cuts a comment that is too long between two characters', async () => {
    const file = join(dir.path, 'comment.pcapng');
    const sink = new PcapngFile(file, { nanosecond: false }).addInterface('x');
    for (let count = 0; count < 4; count++) sink.write(arena, 4, 60, 60, 0, 0, 'ü'.repeat(70_000));
    sink.close();
    const played = await play([file]);
    expect(played).toMatchObject({ error: undefined });
    expect(played.frames).toHaveLength(4);
    expect(readFileSync(file).toString('utf8')).not.toContain('\ufffd\0');
  });

  it.skipIf(!hasProgram('tshark'))('is what tshark expects', () => {
    const file = join(dir.path, 'trip.pcapng');
    expect(
      execFileSync('tshark', ['-r', file, '-T', 'fields', '-e', 'frame.number']).toString().trim().split('\n'),
    ).toHaveLength(frames.length);
  });
});

describe('standard output', () => {
  const script = (body: string) => [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    `import { PcapngFile } from ${JSON.stringify(join(import.meta.dirname, 'pcapng-writer.ts'))}; ${body}`,
  ];
  const write = `const file = new PcapngFile('-', { nanosecond: false }); const sink = file.addInterface('x');
    const frame = new Uint8Array(2000);`;

  it('gets a complete pcapng, through a slow pipe, even without a frame', async () => {
    const empty = spawnSync(process.execPath, script(`${write} file.close();`));
    expect(empty.stderr.toString()).toBe('');
    expect((await play([dir.file('out0.pcapng', empty.stdout)])).error).toBeUndefined();
    const full = spawnSync(
      'sh',
      [
        '-c',
        '"$@" | (sleep 0.3; cat)',
        'sh',
        process.execPath,
        ...script(
          `${write} process.stdout.write(''); for (let n = 0; n < 3000; n++) sink.write(frame, 0, 2000, 2000, n, 0); file.close();`,
        ),
      ],
      { maxBuffer: 1 << 25 },
    );
    expect(full.stderr.toString()).toBe('');
    expect((await play([dir.file('out.pcapng', full.stdout)])).frames).toHaveLength(3000);
  });

  it('whose reader has gone is an IO error', () => {
    const body = `${write} try { for (let n = 0; n < 3000; n++) sink.write(frame, 0, 2000, 2000, n, 0); } catch (error) { console.error(error.code, error.message); }`;
    const { stderr } = spawnSync('sh', ['-c', '"$@" | true', 'sh', process.execPath, ...script(body)]);
    expect(stderr.toString()).toBe('IO standard output: the reader has gone away (broken pipe)\n');
  });
});

function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version']).status === 0;
}
