import { afterAll, describe, expect, it } from 'vitest';
import { batchBytes, frameBytesMax } from '../wire/batch.ts';
import { batchIn, frameBytes, pack, pcap, pcapHeader, pcapRecord, play, scratch, sharedRoom, u32 } from './fixtures.ts';
import { openInputs } from './merged-source.ts';
import type { SharedRoom } from './shared-room.ts';
import { windowRoomBytes } from './window.ts';

const dir = scratch();
afterAll(dir.remove);

/** Of a type that teaches no neighbour. */
function ipv4Frame(length: number): number[] {
  return frameBytes(length).map((byte, i) => (i === 12 ? 0x08 : i === 13 ? 0 : byte));
}

describe('pcap', () => {
  for (const little of [true, false]) {
    for (const nanosecond of [false, true]) {
      it(`reads ${little ? 'little' : 'big'}-endian ${nanosecond ? 'nanoseconds' : 'microseconds'}`, async () => {
        const file = dir.file(
          'order.pcap',
          pcap(
            [
              { bytes: frameBytes(60), seconds: 0xf000_0001, units: 999_999 },
              { bytes: frameBytes(61), original: 1500, seconds: 5, units: 7 },
            ],
            little,
            nanosecond ? 0xa1b23c4d : 0xa1b2c3d4,
          ),
        );
        const unit = nanosecond ? 1 : 1000;
        const played = await play([file]);
        expect(played.error).toBeUndefined();
        expect(played.nanosecond).toBe(nanosecond);
        expect(played.frames).toEqual([
          { port: 0, bytes: frameBytes(60), original: 60, seconds: 0xf000_0001, nanoseconds: 999_999 * unit },
          { port: 0, bytes: frameBytes(61), original: 1500, seconds: 5, nanoseconds: 7 * unit },
        ]);
      });
    }
  }

  it('copies frames of every length, wherever they lie', async () => {
    const lengths = Array.from({ length: 700 }, (_, index) => (index * 7) % 530);
    const file = dir.file('lengths.pcap', pcap(lengths.map((length, index) => ({ bytes: frameBytes(length, index) }))));
    const { frames } = await play([file]);
    expect(frames.map(({ bytes }) => bytes)).toEqual(lengths.map((length, index) => frameBytes(length, index)));
  });

  it('reads files longer than its window, with the longest frame across its end', async () => {
    const lengths = [1, frameBytesMax, 3, frameBytesMax, frameBytesMax - 1, 60, 61];
    const file = dir.file('long.pcap', pcap(lengths.map((length, index) => ({ bytes: frameBytes(length, index) }))));
    const { frames, error } = await play([file]);
    expect(error).toBeUndefined();
    const same = frames.map(({ bytes }, index) =>
      Buffer.from(bytes).equals(Buffer.from(frameBytes(lengths[index], index))),
    );
    expect(same).toEqual(lengths.map(() => true));
  });

  it('reads and skims by kernels in a room whose addresses are beyond 2 GiB', async ({ skip }) => {
    const far = 2 ** 31;
    let room: SharedRoom;
    try {
      room = sharedRoom(far + batchBytes() + 2 * windowRoomBytes);
    } catch {
      return skip('no such memory on this machine');
    }
    room.take(far);
    const batch = batchIn(room);
    const file = dir.file('far.pcap', pcap([60, 61, 62, 63].map((length) => ({ bytes: ipv4Frame(length) }))));
    const source = await openInputs([{ port: 0, spec: file }], { room });
    expect(source.skim(2)?.frames).toBe(2);
    expect(await source.fill(batch)).toBe(2);
    expect([...batch.captured.subarray(0, 2)]).toEqual([62, 63]);
    source.close();
  });

  it('takes a file without frames', async () => {
    expect(await play([dir.file('none.pcap', pcap([]))])).toEqual({ frames: [], error: undefined, nanosecond: false });
  });

  it('carries fractions of a second and more into the seconds', async () => {
    const file = dir.file('carry.pcap', pcap([{ bytes: [1], seconds: 1, units: 3_000_004 }]));
    expect((await play([file])).frames[0]).toMatchObject({ seconds: 4, nanoseconds: 4000 });
  });

  it('raises an original length below the captured one', async () => {
    const file = dir.file('original.pcap', pcap([{ bytes: frameBytes(60), original: 14 }]));
    expect((await play([file])).frames[0]).toMatchObject({ original: 60, bytes: frameBytes(60) });
  });

  it('takes off an announced frame check sequence, as far as it was captured', async () => {
    const frames = [
      { bytes: frameBytes(64) },
      { bytes: frameBytes(62), original: 64 },
      { bytes: frameBytes(50), original: 64 },
      { bytes: frameBytes(3) },
    ];
    const file = dir.file('fcs.pcap', pcap(frames, true, 0xa1b2c3d4, 0x2400_0001));
    const played = (await play([file])).frames.map(({ bytes, original }) => [bytes.length, original]);
    expect(played).toEqual([
      [60, 60],
      [60, 60],
      [50, 60],
      [0, 0],
    ]);
    const unannounced = dir.file('nofcs.pcap', pcap(frames.slice(0, 1), true, 0xa1b2c3d4, 0x2000_0001));
    expect((await play([unannounced])).frames[0].original).toBe(64);
  });

  it('refuses other link types by number and name', async () => {
    const ppp = dir.file('ppp.pcap', pcap([{ bytes: [1] }], true, 0xa1b2c3d4, 9));
    const { frames, error } = await play([ppp]);
    expect(frames).toEqual([]);
    expect(error).toMatchObject({ code: 'DAMAGED', message: `${ppp}: link type 9 (PPP-HDLC) is not Ethernet` });
    const unknown = dir.file('unknown.pcap', pcap([], true, 0xa1b2c3d4, 4711));
    expect((await play([unknown])).error?.message).toBe(`${unknown}: link type 4711 is not Ethernet`);
  });

  it('says what is wrong with the file as a whole', async () => {
    const empty = dir.file('empty.pcap', []);
    expect((await play([empty])).error).toMatchObject({ code: 'DAMAGED', message: `${empty}: empty file` });
    const text = dir.file('text.pcap', [...Buffer.from('hello')]);
    expect((await play([text])).error?.message).toBe(`${text}: offset 0: neither pcap nor pcapng (begins 68 65 6c 6c)`);
    const old = dir.file('old.pcap', pcapHeader());
    const version = pcapHeader();
    version[4] = 9;
    expect((await play([dir.file('version.pcap', version)])).error?.message).toMatch(
      /pcap version 9\.4 is not supported/,
    );
    expect((await play([old])).error).toBeUndefined();
  });

  it('stops at an absurd captured length', async () => {
    const record = pack(true, [u32(0), u32(0), u32(frameBytesMax + 1), u32(60), frameBytes(60)]);
    const file = dir.file('absurd.pcap', [...pcap([{ bytes: frameBytes(10) }]), ...record]);
    const { frames, error } = await play([file]);
    expect(frames).toHaveLength(1);
    expect(error?.message).toBe(`${file}: offset 50: captured length 262145 is more than 262144`);
  });

  it('delivers everything before the cut, wherever the file is cut off', async () => {
    const records = [3, 0, 17, 60].map((length) => pcapRecord({ bytes: frameBytes(length) }));
    const whole = [...pcapHeader(), ...records.flat()];
    const ends = records.map((_, index) => 24 + records.slice(0, index + 1).flat().length);
    for (let cut = 1; cut < whole.length; cut++) {
      const file = dir.file('cut.pcap', whole.slice(0, cut));
      const { frames, error } = await play([file]);
      const complete = ends.filter((end) => end <= cut);
      expect(frames).toHaveLength(complete.length);
      const last = complete.at(-1) ?? 24;
      if (cut === last) expect(error).toBeUndefined();
      else {
        expect(error?.code).toBe('DAMAGED');
        expect(error?.message).toContain(`${file}: offset ${cut < 24 ? 0 : last}: cut off within`);
      }
    }
  });
});
