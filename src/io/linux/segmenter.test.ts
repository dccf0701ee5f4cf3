// Packets that an offload left whole are cut as the interface would have cut them; checksums are those of RFC 1071, reckoned
// here by the byte.
import { describe, expect, test } from 'vitest';
import {
  type Bytes,
  checksum,
  eth,
  filler,
  hex,
  ip4,
  ip6,
  ipv4,
  ipv6,
  u16,
  u32,
} from '../../../test/support/frames.ts';
import { Batch } from '../../wire/batch.ts';
import { finishChecksum, Segmenter } from './offload.ts';

const tcpFlags = { fin: 1, push: 8, ack: 0x10, windowReduced: 0x80 };

function tcp(sequence: number, flags: number, payload: Bytes, options: Bytes = []): Bytes {
  const offset = ((20 + options.length) / 4) << 4;
  return [
    ...u16(1000),
    ...u16(2000),
    ...u32(sequence),
    ...u32(7),
    offset,
    flags,
    255,
    255,
    0,
    0,
    0,
    0,
    ...options,
    ...payload,
  ];
}

/** Frames that the packet becomes, taken over several batches when one has little room. */
function cut(frame: Bytes, kind: number, segmentBytes: number, roomAtFirst = Number.POSITIVE_INFINITY): Bytes[] {
  const segmenter = new Segmenter();
  segmenter.room(frame.length)?.set(frame);
  expect(segmenter.begin(frame.length, kind, segmentBytes)).toBe(true);
  const batch = new Batch();
  const frames: Bytes[] = [];
  for (let room = roomAtFirst; ; room = Number.POSITIVE_INFINITY) {
    batch.clear();
    while (256 - batch.count > room) batch.add(0, 60, 60, 0, 0);
    const before = batch.count;
    const done = segmenter.emit(batch, 3, 10, 20);
    for (let i = before; i < batch.count; i++) {
      expect([batch.port[i], batch.seconds[i], batch.nanoseconds[i]]).toEqual([3, 10, 20]);
      expect(batch.original[i]).toBe(batch.captured[i]);
      frames.push([...batch.bytes.subarray(batch.start[i], batch.start[i] + batch.captured[i])]);
    }
    expect(segmenter.isBusy).toBe(!done);
    if (done) return frames;
  }
}

const number16 = (bytes: Bytes, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const number32 = (bytes: Bytes, at: number): number => number16(bytes, at) * 0x10000 + number16(bytes, at + 2);

const payload = filler(5000);
const addresses4 = [...ip4('10.1.0.10'), ...ip4('10.2.0.9')];
const addresses6 = [...ip6('2001:db8:1::1'), ...ip6('2001:db8:2::9')];

describe.each([
  { name: 'IPv4', family: 4, tags: [] },
  {
    name: 'IPv4 behind two tags',
    family: 4,
    tags: [
      [0x88a8, 300],
      [0x8100, 30],
    ] as [number, number][],
  },
  { name: 'IPv6', family: 6, tags: [] },
  { name: 'IPv6 behind a tag', family: 6, tags: [[0x8100, 100]] as [number, number][] },
])('TCP over $name', ({ family, tags }) => {
  const flags = tcpFlags.fin | tcpFlags.push | tcpFlags.ack | tcpFlags.windowReduced;
  const segment = tcp(0xffff_fc00, flags, payload, hex('0101080a0000000100000002'));
  const packet =
    family === 4
      ? ipv4({ src: '10.1.0.10', dst: '10.2.0.9', protocol: 6, id: 0xfffe }, segment)
      : ipv6({ src: '2001:db8:1::1', dst: '2001:db8:2::9', nextHeader: 6 }, segment);
  const frame = eth({ type: family === 4 ? 0x0800 : 0x86dd, tags }, packet);
  const ip = 14 + tags.length * 4;
  const transport = ip + (family === 4 ? 20 : 40);
  const data = transport + 32;

  test.each([{ room: Number.POSITIVE_INFINITY }, { room: 1 }, { room: 3 }])(
    'into segments, $room of room',
    ({ room }) => {
      const frames = cut(frame, family === 4 ? 1 : 4, 1448, room);
      expect(frames.map((each) => each.length - data)).toEqual([1448, 1448, 1448, 5000 - 3 * 1448]);
      expect(frames.flatMap((each) => each.slice(data))).toEqual(payload);
      frames.forEach((each, i) => {
        expect(each.slice(0, ip)).toEqual(frame.slice(0, ip));
        expect(number32(each, transport + 4)).toBe((0xffff_fc00 + i * 1448) % 2 ** 32);
        const last = i === frames.length - 1;
        const expected =
          tcpFlags.ack | (i === 0 ? tcpFlags.windowReduced : 0) | (last ? tcpFlags.fin | tcpFlags.push : 0);
        expect(each[transport + 13]).toBe(expected);
        const upper = each.slice(transport);
        if (family === 4) {
          expect(number16(each, ip + 2)).toBe(each.length - ip);
          expect(number16(each, ip + 4)).toBe((0xfffe + i) % 65536);
          expect(checksum(each.slice(ip, transport))).toBe(0);
          expect(checksum([...addresses4, 0, 6, ...u16(upper.length), ...upper])).toBe(0);
        } else {
          expect(number16(each, ip + 4)).toBe(upper.length);
          expect(checksum([...addresses6, ...u32(upper.length), 0, 0, 0, 6, ...upper])).toBe(0);
        }
      });
    },
  );
});

test('UDP into datagrams of their own', () => {
  const datagram = [...u16(1000), ...u16(2000), ...u16(8 + 2500), 0, 0, ...filler(2500)];
  const frame = eth({ type: 0x0800 }, ipv4({ src: '10.1.0.10', dst: '10.2.0.9', protocol: 17 }, datagram));
  const frames = cut(frame, 5, 1000);
  expect(frames.map((each) => number16(each, 38))).toEqual([1008, 1008, 508]);
  for (const each of frames) {
    const upper = each.slice(34);
    expect(checksum([...addresses4, 0, 17, ...u16(upper.length), ...upper])).toBe(0);
  }
});

test('what cannot be cut is said to be so', () => {
  const segmenter = new Segmenter();
  const begin = (frame: Bytes, kind: number, segmentBytes = 1000): boolean => {
    segmenter.room(frame.length)?.set(frame);
    return segmenter.begin(frame.length, kind, segmentBytes);
  };
  const good = eth({ type: 0x0800 }, ipv4({ protocol: 6 }, tcp(1, 0x10, payload)));
  expect(begin(good, 1)).toBe(true);
  expect(begin(good, 1, 0)).toBe(false);
  expect(begin(good, 4)).toBe(false);
  expect(begin(good, 5)).toBe(false);
  expect(begin(eth({ type: 0x0806 }, filler(100)), 1)).toBe(false);
  expect(begin(eth({ type: 0x0800 }, ipv4({ protocol: 47 }, tcp(1, 0x10, payload))), 1)).toBe(false);
  // A data offset beyond the frame, and one within the header.
  for (const offset of [0xf0, 0x40]) {
    const bad = good.slice(0, 60);
    bad[46] = offset;
    expect(begin(bad, 1)).toBe(false);
  }
  expect(segmenter.room(100_000)).toBeUndefined();
});

test('a checksum left over is finished over whatever length, and the field of UDP is never zero', () => {
  const batch = new Batch();
  for (let length = 0; length < 40; length++) {
    const upper = filler(8 + length);
    const pseudo = ~checksum([...addresses4, 0, 17, ...u16(upper.length)]) & 0xffff;
    upper.splice(6, 2, ...u16(pseudo));
    const frame = eth({ type: 0x0800 }, ipv4({ src: '10.1.0.10', dst: '10.2.0.9', protocol: 17 }, upper));
    batch.clear();
    const start = batch.add(0, frame.length, frame.length, 0, 0);
    batch.bytes.set(frame, start);
    finishChecksum(batch, start + 34, start + 40, start + frame.length);
    const finished = [...batch.bytes.subarray(start + 34, start + frame.length)];
    expect(checksum([...addresses4, 0, 17, ...u16(upper.length), ...finished])).toBe(0);
    expect(number16(finished, 6)).not.toBe(0);
  }
  const before = [...batch.bytes];
  for (const [from, field] of [
    [10_000, 10],
    [start3(), 5],
    [0, 1 << 21],
  ] as [number, number][]) {
    finishChecksum(batch, from, field, 200);
  }
  expect(batch.bytes.every((byte, i) => byte === before[i])).toBe(true);
});

/** An offset that is no whole word. */
function start3(): number {
  return 135;
}
