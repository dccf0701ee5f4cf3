// MTU-1 to MTU-3: what fits, fragments, and what is too big. RFC 791, 1191, 3032 section 3, 8201.
import { describe, expect, test } from 'vitest';
import type { Bytes, Decoded, Ipv4Options, LabelOptions } from '../support/frames.ts';
import { decode, eth, filler, u16, udp } from '../support/frames.ts';
import type { Result, Sent } from '../support/router.ts';
import type { LabChanges } from './labs-ttl-ip.ts';
import {
  arriving,
  dropReasons,
  expectDropped,
  expectForwarded,
  icmpError4,
  icmpError6,
  lab,
  leaving,
  links,
  run,
  toFar,
  toFar6,
  toNear,
  toNear6,
} from './labs-ttl-ip.ts';

const entry = (label: number, ttl = 64, rest: Partial<LabelOptions> = {}): LabelOptions => ({ label, ttl, ...rest });
/** Packets of so many bytes in all. */
const four = (length: number, o: Ipv4Options = {}) => toFar(o, filler(length - 20 - (o.options?.length ?? 0)));
const six = (length: number, hopLimit = 64) => toFar6({ hopLimit }, filler(length - 40));
const host = '10.1.1.2';
const host6 = '2001:db8:1:1::2';

const withMtu = (mtu: number, changes: LabChanges = {}): LabChanges => ({
  ...changes,
  interfaces: { core1: { mtu }, core2: { mtu }, ce2: { mtu }, ...changes.interfaces },
});
const swaps: LabChanges = {
  labels: [
    { label: 16001, via: '10.0.13.2', labels: [17001] },
    { label: 16002, via: '10.0.13.2', labels: [17003, 17002, 17001] },
    { label: 16003, via: '10.0.13.2', labels: [] },
    { label: 16004, via: '10.0.13.2', labels: [17001], payload: 'ip4' },
    { label: 16006, via: '10.0.13.2', labels: [17001], payload: 'ip6' },
  ],
};

describe('MTU-1', () => {
  /** Router, frame whose packet has so many bytes, labels that leave with it, what leaves if it fits. */
  const ways: {
    name: string;
    changes: LabChanges;
    labels: number;
    frame: (packet: Bytes) => Sent;
    build: (length: number, ttl: number) => Bytes;
  }[] = [
    {
      name: 'no label',
      changes: {},
      labels: 0,
      frame: (packet) => arriving('ce1', packet),
      build: (length, ttl) => four(length, { dst: '10.1.2.2', ttl, df: true }),
    },
    {
      name: 'two labels pushed',
      changes: {},
      labels: 2,
      frame: (packet) => arriving('ce1', packet),
      build: (length, ttl) => four(length, { ttl, df: true }),
    },
    {
      name: 'two labels pushed on IPv6',
      changes: {},
      labels: 2,
      frame: (packet) => arriving('ce1', packet),
      build: (length, ttl) => six(length, ttl),
    },
    {
      name: 'eight labels pushed',
      changes: {
        routes: [
          {
            vrf: 'red',
            prefix: '10.88.0.0/16',
            via: '10.0.12.2',
            labels: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => 500 + n),
          },
        ],
      },
      labels: 8,
      frame: (packet) => arriving('ce1', packet),
      build: (length, ttl) => four(length, { dst: '10.88.0.1', ttl, df: true }),
    },
    {
      name: 'two labels and an entropy label with its indicator',
      changes: {
        routes: [{ vrf: 'red', prefix: '10.88.0.0/16', via: '192.0.2.2', labels: [24088], entropy: true }],
      },
      labels: 4,
      frame: (packet) => arriving('ce1', packet),
      build: (length, ttl) => four(length, { dst: '10.88.0.1', ttl, df: true }),
    },
    {
      name: 'a swap with a label beneath',
      changes: swaps,
      labels: 2,
      frame: (packet) => arriving('core1', packet, 16001, 300),
      build: (length) => four(length, { df: true }),
    },
    {
      name: 'swap and push of two',
      changes: swaps,
      labels: 3,
      frame: (packet) => arriving('core1', packet, 16002),
      build: (length) => four(length, { df: true }),
    },
    {
      name: 'a penultimate pop above a label',
      changes: swaps,
      labels: 1,
      frame: (packet) => arriving('core1', packet, 16003, 300),
      build: (length) => four(length, { df: true }),
    },
    {
      name: 'a penultimate pop to IP',
      changes: swaps,
      labels: 0,
      frame: (packet) => arriving('core1', packet, 16003),
      build: (length, ttl) => four(length, { ttl, df: true }),
    },
    {
      name: 'a pop into the VRF',
      changes: {},
      labels: 0,
      frame: (packet) => arriving('core1', packet, 24001),
      build: (length, ttl) => four(length, { src: '10.2.0.9', dst: '10.1.2.2', ttl, df: true }),
    },
  ];
  for (const { name, changes, labels, frame, build } of ways) {
    test(`MTU-1 ${name}: exactly the mtu passes whole, one byte over does not`, () => {
      const config = lab(withMtu(1500, changes));
      const room = 1500 - 4 * labels;
      const fits = run(config, frame(build(room, 64)));
      expect(fits.frames).toMatchObject({ in: 1, out: 1, dropped: 0, made: 0 });
      expect(fits.out[0].bytes.length).toBe(14 + 1500);
      const leaves = decode(fits.out[0].bytes);
      expect(leaves.labels.length).toBe(labels);
      const inPacket = build(room, 64);
      expect(leaves.payload.slice(20)).toEqual(inPacket.slice(20));
      expect(dropReasons(run(config, frame(build(room + 1, 64))))).toEqual(['too-big']);
    });
  }
  test('MTU-1 what fits is not fragmented, DF or not', () => {
    for (const df of [true, false]) {
      expectForwarded(
        run(lab(withMtu(1500)), arriving('ce1', four(1492, { df }))),
        leaving('core1', four(1492, { df, ttl: 63 }), entry(16002, 63), entry(24012, 63)),
      );
    }
  });
  test("MTU-1 the ingress interface's mtu is not asked", () => {
    const config = lab({ interfaces: { ce1: { mtu: 1300 } } });
    const packet = (ttl: number) => four(1400, { dst: '10.1.2.2', ttl, df: true });
    expectForwarded(run(config, arriving('ce1', packet(64))), leaving('ce2', packet(63)));
  });
  test('MTU-1 the mtu leaves out Ethernet header and tags', () => {
    const config = lab({
      interfaces: { 'ce2.100': { vlan: 100, vrf: 'red', mtu: 1500, addresses: ['10.1.100.1/24'] } },
      neighbors: [{ interface: 'ce2.100', address: '10.1.100.2', mac: '02:00:00:00:b2:01' }],
    });
    const packet = (ttl: number, length: number) => four(length, { dst: '10.1.100.2', ttl, df: true });
    expectForwarded(run(config, arriving('ce1', packet(64, 1500))), {
      port: 'ce2',
      bytes: eth(
        { dst: '02:00:00:00:b2:01', src: links.ce2.own, tags: [[0x8100, 100]], type: 0x0800 },
        packet(63, 1500),
      ),
    });
    expect(dropReasons(run(config, arriving('ce1', packet(64, 1501))))).toEqual(['too-big']);
  });
  test("MTU-1 a sub-interface's own mtu counts, else its port's", () => {
    const config = lab({
      interfaces: {
        ce2: { mtu: 1400 },
        'ce2.100': { vlan: 100, vrf: 'red', mtu: 1300, addresses: ['10.1.100.1/24'] },
        'ce2.200': { vlan: 200, vrf: 'red', addresses: ['10.1.200.1/24'] },
      },
      neighbors: [
        { interface: 'ce2.100', address: '10.1.100.2', mac: '02:00:00:00:b2:01' },
        { interface: 'ce2.200', address: '10.1.200.2', mac: '02:00:00:00:b2:02' },
      ],
    });
    for (const [dst, mtu] of [
      ['10.1.100.2', 1300],
      ['10.1.200.2', 1400],
    ] as [string, number][]) {
      expect(run(config, arriving('ce1', four(mtu, { dst, df: true }))).frames).toMatchObject({ out: 1, dropped: 0 });
      expect(dropReasons(run(config, arriving('ce1', four(mtu + 1, { dst, df: true }))))).toEqual(['too-big']);
    }
  });
  test('MTU-1 padding behind the IP length does not count', () => {
    const packet = (ttl: number) => four(1490, { ttl, df: true });
    expectForwarded(
      run(lab(withMtu(1500)), arriving('ce1', [...packet(64), ...filler(60)])),
      leaving('core1', packet(63), entry(16002, 63), entry(24012, 63)),
    );
  });
  test('MTU-1 a swapped frame too long only for its trailing bytes: they are cut', () => {
    const packet = four(1496);
    expectForwarded(
      run(lab(withMtu(1500, swaps)), arriving('core1', [...packet, ...filler(5)], 16001)),
      leaving('core2', packet, entry(17001, 63)),
    );
  });
  test('MTU-1 a swapped frame that fits keeps its trailing bytes', () => {
    const payload = [...four(1490), ...filler(6)];
    expectForwarded(
      run(lab(withMtu(1500, swaps)), arriving('core1', payload, 16001)),
      leaving('core2', payload, entry(17001, 63)),
    );
  });
  test('MTU-1 a snapped frame is judged by its original length', () => {
    const config = lab(withMtu(1500));
    const whole = arriving('ce1', four(1493, { df: true }));
    const snapped = (original: number) => ({ ...whole, bytes: whole.bytes.slice(0, 14 + 600), original });
    expect(dropReasons(run(config, snapped(14 + 1493)))).toEqual(['too-big']);
    const fits = arriving('ce1', four(1492, { df: true }));
    const result = run(config, { ...fits, bytes: fits.bytes.slice(0, 100), original: 14 + 1492 });
    expectForwarded(result, {
      port: 'core1',
      bytes: leaving('core1', four(1492, { df: true, ttl: 63 }), entry(16002, 63), entry(24012, 63)).bytes.slice(
        0,
        108,
      ),
    });
    expect(result.out[0].original).toBe(14 + 1500);
  });
});

/** What a fragment shows, beside its stack. */
interface Piece {
  ip: NonNullable<Decoded['ip4']>;
  labels: Decoded['labels'];
  length: number;
}
function piecesOf(result: Result): Piece[] {
  return result.out.map(({ bytes }) => {
    const { ip4: ip, labels, payload } = decode(bytes);
    if (!ip) throw new Error('a frame that is no IPv4');
    expect(ip.checksumOk).toBe(true);
    expect(ip.totalLength).toBe(payload.length);
    return { ip, labels, length: payload.length };
  });
}
const dataOf = (pieces: Piece[]) => pieces.flatMap(({ ip }) => ip.payload);
const sizes = (pieces: Piece[]) => pieces.map(({ ip }) => ip.payload.length);

describe('MTU-2 fragments', () => {
  for (const [name, mtu, labels, changes, frame] of [
    ['no label', 1500, 0, {}, (packet: Bytes) => arriving('ce1', packet)],
    ['no label, an mtu that leaves no multiple of 8', 1001, 0, {}, (packet: Bytes) => arriving('ce1', packet)],
    ['no label, mtu 68', 68, 0, {}, (packet: Bytes) => arriving('ce1', packet)],
  ] as [string, number, number, LabChanges, (packet: Bytes) => Sent][]) {
    test(`MTU-2 ${name}: greedy fragments, exact bytes`, () => {
      const o = { dst: '10.1.2.2', tos: 0x48, id: 0xbeef };
      const data = filler(3000);
      const room = Math.floor((mtu - 4 * labels - 20) / 8) * 8;
      const result = run(lab(withMtu(mtu, changes)), frame(toFar(o, data)));
      const expected = [];
      for (let start = 0; start < data.length; start += room) {
        const piece = data.slice(start, start + room);
        expected.push(
          leaving('ce2', toFar({ ...o, ttl: 63, offset: start / 8, mf: start + room < data.length }, piece)),
        );
      }
      expectForwarded(result, ...expected);
      expect(result.frames).toMatchObject({ in: 1, out: expected.length, made: expected.length - 1 });
    });
  }
  for (const labels of [1, 2, 3, 8]) {
    test(`MTU-2 ${labels} labels pushed: every fragment has the same stack and fits mtu − ${4 * labels}`, () => {
      const stack = Array.from({ length: labels }, (_, i) => 500 + i);
      const config = lab(
        withMtu(600, { routes: [{ vrf: 'red', prefix: '10.88.0.0/16', via: '10.0.12.2', labels: stack }] }),
      );
      const data = filler(1480);
      const result = run(config, arriving('ce1', toFar({ dst: '10.88.0.1', tos: 0xa0 }, data)));
      const pieces = piecesOf(result);
      const room = Math.floor((600 - 4 * labels - 20) / 8) * 8;
      expect(dataOf(pieces)).toEqual(data);
      expect(sizes(pieces).slice(0, -1)).toEqual(new Array(pieces.length - 1).fill(room));
      expect(pieces.length).toBe(Math.ceil(1480 / room));
      for (const piece of pieces) {
        expect(piece.labels).toEqual(stack.map((label, i) => ({ label, tc: 5, s: i === labels - 1 ? 1 : 0, ttl: 63 })));
      }
      expect(result.frames).toMatchObject({ in: 1, made: pieces.length - 1, out: pieces.length, dropped: 0 });
    });
  }
  test('MTU-2 an entropy label counts, and is the same on every fragment', () => {
    const config = lab(
      withMtu(600, {
        routes: [{ vrf: 'red', prefix: '10.88.0.0/16', via: '192.0.2.2', labels: [24088], entropy: true }],
      }),
    );
    const pieces = piecesOf(run(config, arriving('ce1', toFar({ dst: '10.88.0.1' }, filler(1480)))));
    expect(sizes(pieces)).toEqual([560, 560, 360]);
    expect(pieces[0].labels.length).toBe(4);
    for (const piece of pieces) expect(piece.labels).toEqual(pieces[0].labels);
  });
  test('MTU-2 a swapped frame is fragmented beneath its whole stack', () => {
    const config = lab(withMtu(600, swaps));
    const data = filler(1000);
    const stack = [entry(16001, 64, { tc: 2 }), entry(300, 9, { tc: 3 }), entry(301, 8)];
    const result = run(config, arriving('core1', toFar({ id: 9 }, data), ...stack));
    const out = [entry(17001, 63, { tc: 2 }), entry(300, 9, { tc: 3 }), entry(301, 8)];
    expectForwarded(
      result,
      leaving('core2', toFar({ id: 9, mf: true }, data.slice(0, 568)), ...out),
      leaving('core2', toFar({ id: 9, offset: 71 }, data.slice(568)), ...out),
    );
  });
  test('MTU-2 a swap that says `payload: ip4` fragments too', () => {
    const data = filler(1000);
    expectForwarded(
      run(lab(withMtu(600, swaps)), arriving('core1', toFar({}, data), 16004)),
      leaving('core2', toFar({ mf: true }, data.slice(0, 576)), entry(17001, 63)),
      leaving('core2', toFar({ offset: 72 }, data.slice(576)), entry(17001, 63)),
    );
  });
  test('MTU-2 a packet popped into the VRF is fragmented without labels', () => {
    const config = lab({ interfaces: { ce1: { mtu: 600 } } });
    const data = filler(1000);
    expectForwarded(
      run(config, arriving('core1', toNear({}, data), 24001)),
      leaving('ce1', toNear({ ttl: 63, mf: true }, data.slice(0, 576))),
      leaving('ce1', toNear({ ttl: 63, offset: 72 }, data.slice(576))),
    );
  });
  test('MTU-2 a penultimate pop fragments what it exposes', () => {
    const data = filler(1000);
    expectForwarded(
      run(lab(withMtu(600, swaps)), arriving('core1', toFar({}, data), entry(16003, 64))),
      leaving('core2', toFar({ ttl: 63, mf: true }, data.slice(0, 576))),
      leaving('core2', toFar({ ttl: 63, offset: 72 }, data.slice(576))),
    );
  });
  test('MTU-2 padding is not fragmented with the packet', () => {
    const data = filler(1000);
    const packet = toFar({ dst: '10.1.2.2' }, data);
    expectForwarded(
      run(lab(withMtu(600)), arriving('ce1', [...packet, ...filler(100)])),
      leaving('ce2', toFar({ dst: '10.1.2.2', ttl: 63, mf: true }, data.slice(0, 576))),
      leaving('ce2', toFar({ dst: '10.1.2.2', ttl: 63, offset: 72 }, data.slice(576))),
    );
    const swapped = toFar({}, data);
    expectForwarded(
      run(lab(withMtu(600, swaps)), arriving('core1', [...swapped, ...filler(100)], 16001)),
      leaving('core2', toFar({ mf: true }, data.slice(0, 576)), entry(17001, 63)),
      leaving('core2', toFar({ offset: 72 }, data.slice(576)), entry(17001, 63)),
    );
  });
  test('MTU-2 one byte over makes two fragments', () => {
    const pieces = piecesOf(run(lab(withMtu(600)), arriving('ce1', four(601, { dst: '10.1.2.2' }))));
    expect(sizes(pieces)).toEqual([576, 5]);
  });
  for (const [name, o] of [
    ['a first fragment keeps MF on its last piece', { mf: true }],
    ['a middle fragment keeps offset and MF', { mf: true, offset: 185 }],
    ['a last fragment keeps its offset, its last piece has no MF', { offset: 370 }],
    ['the reserved bit is kept', { reserved: true }],
    ['the reserved bit is kept on a fragment', { reserved: true, mf: true, offset: 8000 }],
  ] as [string, Ipv4Options][]) {
    test(`MTU-2 ${name}`, () => {
      const data = filler(1480);
      const base = o.offset ?? 0;
      const packet = { dst: '10.1.2.2', ttl: 63, ...o };
      expectForwarded(
        run(lab(withMtu(600)), arriving('ce1', toFar({ ...packet, ttl: 64 }, data))),
        leaving('ce2', toFar({ ...packet, mf: true, offset: base }, data.slice(0, 576))),
        leaving('ce2', toFar({ ...packet, mf: true, offset: base + 72 }, data.slice(576, 1152))),
        leaving('ce2', toFar({ ...packet, mf: o.mf ?? false, offset: base + 144 }, data.slice(1152))),
      );
    });
  }
  test('MTU-2 options with the copy bit go on every fragment, the others on the first only', () => {
    const alert = [0x94, 4, 0, 0];
    const timestamp = [0x44, 8, 5, 0, 0, 0, 0, 0];
    const data = filler(1200);
    const o = { dst: '10.1.2.2', ttl: 63 };
    for (const options of [
      [...alert, ...timestamp],
      [...timestamp, ...alert],
    ]) {
      expectForwarded(
        run(lab(withMtu(600)), arriving('ce1', toFar({ ...o, ttl: 64, options }, data))),
        leaving('ce2', toFar({ ...o, options, mf: true }, data.slice(0, 568))),
        leaving('ce2', toFar({ ...o, options: alert, mf: true, offset: 71 }, data.slice(568, 1144))),
        leaving('ce2', toFar({ ...o, options: alert, offset: 143 }, data.slice(1144))),
      );
    }
  });
  test('MTU-2 without an option to copy the later fragments have none', () => {
    const options = [7, 7, 4, 0, 0, 0, 0, 0];
    const data = filler(1200);
    const o = { dst: '10.1.2.2', ttl: 63 };
    expectForwarded(
      run(lab(withMtu(600)), arriving('ce1', toFar({ ...o, ttl: 64, options }, data))),
      leaving('ce2', toFar({ ...o, options, mf: true }, data.slice(0, 568))),
      leaving('ce2', toFar({ ...o, mf: true, offset: 71 }, data.slice(568, 1144))),
      leaving('ce2', toFar({ ...o, offset: 143 }, data.slice(1144))),
    );
  });
  test('MTU-2 copied options are padded with end-of-options to a multiple of 4', () => {
    const looseRoute = [0x83, 7, 4, 203, 0, 113, 1];
    const options = [...looseRoute, 1, 7, 7, 4, 0, 0, 0, 0, 0];
    const data = filler(1000);
    const o = { dst: '10.1.2.2', ttl: 63 };
    const result = run(lab(withMtu(600)), arriving('ce1', toFar({ ...o, ttl: 64, options }, data)));
    const pieces = piecesOf(result);
    expect(dataOf(pieces)).toEqual(data);
    expect(pieces[0].ip.options).toEqual(options);
    expect(pieces[1].ip.options).toEqual([...looseRoute, 0]);
    expect(sizes(pieces)).toEqual([560, 440]);
  });
  test('MTU-2 options that are malformed do no harm: the first fragment has them as they were', () => {
    const data = filler(1000);
    for (const options of [
      [7, 0, 0, 0],
      [0x87, 1, 0, 0],
      [0x94, 60, 0, 0],
    ]) {
      const pieces = piecesOf(run(lab(withMtu(600)), arriving('ce1', toFar({ dst: '10.1.2.2', options }, data))));
      expect(pieces[0].ip.options).toEqual(options);
      expect(dataOf(pieces)).toEqual(data);
    }
  });
  test('MTU-2 fragments with options beneath labels', () => {
    const options = [0x94, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0];
    const data = filler(1000);
    // 600 − 8 = 592: a header of 32 leaves 560 bytes, one of 24 leaves 568.
    const pieces = piecesOf(run(lab(withMtu(600)), arriving('ce1', toFar({ options }, data))));
    expect(sizes(pieces)).toEqual([560, 440]);
    expect(pieces.map(({ ip }) => ip.ihl)).toEqual([8, 6]);
    expect(dataOf(pieces)).toEqual(data);
  });
  test('MTU-2 room for exactly 8 bytes is enough, 7 are too-big', () => {
    const options = new Array<number>(40).fill(1);
    const config = (mtu: number) => lab(withMtu(mtu));
    const packet = toFar({ dst: '10.1.2.2', options }, filler(16));
    const pieces = piecesOf(run(config(68), arriving('ce1', packet)));
    expect(sizes(pieces)).toEqual([8, 8]);
    expect(pieces.map(({ ip }) => ip.ihl)).toEqual([15, 5]);
    // One label less than the mtu leaves room for: 68 − 4 = 64 holds the header and 4 bytes.
    const labelled = toFar({ dst: '10.88.0.1', options }, filler(16));
    const push = withMtu(68, { routes: [{ vrf: 'red', prefix: '10.88.0.0/16', via: '10.0.12.2', labels: [500] }] });
    expect(dropReasons(run(lab(push), arriving('ce1', labelled)))).toEqual(['too-big']);
    const roomy = withMtu(72, { routes: [{ vrf: 'red', prefix: '10.88.0.0/16', via: '10.0.12.2', labels: [500] }] });
    expect(sizes(piecesOf(run(lab(roomy), arriving('ce1', labelled))))).toEqual([8, 8]);
  });
  test('MTU-2 a snapped frame cannot be fragmented: snapped', () => {
    const whole = arriving('ce1', four(1400, { dst: '10.1.2.2' }));
    const frame = { ...whole, bytes: whole.bytes.slice(0, 700), original: whole.bytes.length };
    expectDropped(run(lab(withMtu(600)), frame), 'snapped');
  });
  test('MTU-2 a frame of which padding alone was not captured is fragmented', () => {
    const whole = arriving('ce1', four(601, { dst: '10.1.2.2' }));
    const pieces = piecesOf(run(lab(withMtu(600)), { ...whole, original: whole.bytes.length + 20 }));
    expect(sizes(pieces)).toEqual([576, 5]);
  });
  test('MTU-2 fragments have the time of their cause and follow each other', () => {
    const frame = { ...arriving('ce1', four(1400, { dst: '10.1.2.2' })), time: 9.5 };
    const result = run(lab(withMtu(600)), frame, { ...arriving('ce1', four(100, { dst: '10.1.2.2' })), time: 9.5 });
    expect(piecesOf(result).map(({ ip }) => ip.offset)).toEqual([0, 72, 144, 0]);
    expect(result.out.map(({ time, original, bytes }) => [time, original - bytes.length])).toEqual(
      new Array(4).fill([9.5, 0]),
    );
  });
  test('MTU-2 fragments of fragments put together give the packet', () => {
    const data = filler(4000);
    const first = run(lab(withMtu(1500)), arriving('ce1', toFar({ dst: '10.1.2.2' }, data)));
    const again = first.out.map(({ bytes }) => arriving('ce1', Array.from(bytes).slice(14)));
    const pieces = piecesOf(run(lab(withMtu(600)), ...again));
    const whole = new Array<number>(4000).fill(-1);
    for (const { ip } of pieces) whole.splice(ip.offset * 8, ip.payload.length, ...ip.payload);
    expect(whole).toEqual(data);
    expect(pieces.map(({ ip }) => ip.mf)).toEqual([...new Array(pieces.length - 1).fill(true), false]);
    expect(pieces.every(({ length }) => length <= 600)).toBe(true);
  });
});

describe('MTU-2 too big', () => {
  const stacks: [string, LabChanges, string, number][] = [
    ['no label', {}, '10.1.2.2', 0],
    ['two labels', {}, '10.2.0.9', 2],
    [
      'eight labels',
      {
        routes: [
          {
            vrf: 'red',
            prefix: '10.88.0.0/16',
            via: '10.0.12.2',
            labels: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => 500 + n),
          },
        ],
      },
      '10.88.0.1',
      8,
    ],
    [
      'an entropy label',
      { routes: [{ vrf: 'red', prefix: '10.88.0.0/16', via: '192.0.2.2', labels: [24088], entropy: true }] },
      '10.88.0.1',
      4,
    ],
  ];
  for (const [name, changes, dst, n] of stacks) {
    test(`MTU-2 DF, ${name}: fragmentation needed with mtu − ${4 * n}`, () => {
      const packet = four(1501 - 4 * n, { dst, df: true });
      expectDropped(
        run(lab(withMtu(1500, changes)), arriving('ce1', packet)),
        'too-big',
        leaving('ce1', icmpError4({ src: '10.1.1.1', dst: host, type: 3, code: 4, mtu: 1500 - 4 * n, about: packet })),
      );
    });
  }
  for (const [name, dst, n] of [
    ['no label', '2001:db8:1:2::2', 0],
    ['two labels', '2001:db8:2::9', 2],
  ] as [string, string, number][]) {
    test(`MTU-2 IPv6, ${name}: packet too big with mtu − ${4 * n}`, () => {
      const packet = toFar6({ dst }, filler(1501 - 4 * n - 40));
      expectDropped(
        run(lab(withMtu(1500)), arriving('ce1', packet)),
        'too-big',
        leaving(
          'ce1',
          icmpError6({ src: '2001:db8:1:1::1', dst: host6, type: 2, code: 0, mtu: 1500 - 4 * n, about: packet }),
        ),
      );
    });
  }
  test('MTU-2 IPv6 with a fragment header is never fragmented here', () => {
    for (const offset of [0, 1]) {
      const header = [17, 0, ...u16((offset << 3) | 1), 0, 0, 0, 9];
      const packet = toFar6({ nextHeader: 44 }, [...header, ...filler(1453)]);
      const result = run(lab(withMtu(1500)), arriving('ce1', packet));
      const error = leaving(
        'ce1',
        icmpError6({ src: '2001:db8:1:1::1', dst: host6, type: 2, code: 0, mtu: 1492, about: packet }),
      );
      expectDropped(result, 'too-big', ...(offset === 0 ? [error] : []));
    }
  });
  test('MTU-2 packet too big tells less than 1280 where labels leave less', () => {
    const packet = toFar6({}, filler(1273 - 40));
    expectDropped(
      run(lab(withMtu(1280)), arriving('ce1', packet)),
      'too-big',
      leaving('ce1', icmpError6({ src: '2001:db8:1:1::1', dst: host6, type: 2, code: 0, mtu: 1272, about: packet })),
    );
  });
  test('MTU-2 beneath labels, DF: the error under the arriving stack, n counts the outgoing stack', () => {
    const packet = four(1489, { df: true });
    const stack = [entry(16002, 64)];
    expectDropped(
      run(lab(withMtu(1500, swaps)), arriving('core1', packet, ...stack)),
      'too-big',
      leaving(
        'core2',
        icmpError4({ src: '192.0.2.1', dst: host, type: 3, code: 4, mtu: 1488, about: packet, stack }),
        entry(17003, 254),
        entry(17002, 254),
        entry(17001, 254),
      ),
    );
  });
  test('MTU-2 beneath labels, IPv6: packet too big without extension', () => {
    const packet = six(1489);
    const stack = [entry(16001, 64), entry(300, 5), entry(301, 6)];
    expectDropped(
      run(lab(withMtu(1500, swaps)), arriving('core1', packet, ...stack)),
      'too-big',
      leaving(
        'core2',
        icmpError6({ src: '2001:db8::1', dst: host6, type: 2, code: 0, mtu: 1488, about: packet, stack }),
        entry(17001, 254),
        entry(300, 255),
        entry(301, 255),
      ),
    );
  });
  test('MTU-2 beneath labels, `payload: ip6`: the same', () => {
    const packet = toNear6({}, filler(1457));
    const stack = [entry(16006, 64)];
    expectDropped(
      run(lab(withMtu(1500, swaps)), arriving('core1', packet, ...stack)),
      'too-big',
      leaving(
        'core2',
        icmpError6({ src: '2001:db8::1', dst: '2001:db8:2::9', type: 2, code: 0, mtu: 1496, about: packet, stack }),
        entry(17001, 254),
      ),
    );
  });
  test('MTU-2 popped into the VRF: n is 0', () => {
    const config = lab({ interfaces: { ce1: { mtu: 1400 } } });
    const packet = toNear({ df: true, src: '10.1.2.2' }, udp(1, 2, filler(1373)));
    const stack = [entry(24001, 64, { tc: 6 })];
    const result = run(config, arriving('core1', packet, ...stack));
    expectDropped(
      result,
      'too-big',
      leaving(
        'ce2',
        icmpError4({
          src: '192.0.2.1',
          dst: '10.1.2.2',
          type: 3,
          code: 4,
          mtu: 1400,
          about: packet,
          stack,
          ttl: 254,
        }),
      ),
    );
  });
  test('MTU-2 a dropped packet is counted once and listed as it arrived', () => {
    const frame = arriving('ce1', four(1493, { df: true }));
    const result = run(lab(withMtu(1500)), frame);
    expect(Array.from(result.drops[0].bytes)).toEqual(frame.bytes);
    expect(result.frames).toMatchObject({ in: 1, made: 1, out: 1, dropped: 1 });
  });
});

describe('MTU-3', () => {
  for (const [name, payload] of [
    ['a pseudowire with control word', [0, 0, 0, 0, ...eth({ type: 0x0800 }, four(1400))]],
    ['nibble 0', [0, ...filler(1495)]],
    ['nibble 1', [0x10, ...filler(1495)]],
    ['nibble 5', [0x50, ...filler(1495)]],
    ['nibble 15', [0xff, ...filler(1495)]],
  ] as [string, Bytes][]) {
    test(`MTU-3 ${name} beneath a swap: exactly the mtu passes, one byte over is too-big, silently`, () => {
      const config = lab(withMtu(1500, swaps));
      const fits = payload.concat(filler(2000)).slice(0, 1496);
      expectForwarded(run(config, arriving('core1', fits, 16001)), leaving('core2', fits, entry(17001, 63)));
      expectDropped(run(config, arriving('core1', [...fits, 7], 16001)), 'too-big');
    });
  }
  for (const [name, payload] of [
    ['IPv4 with a wrong checksum', four(1497, { checksum: 1 })],
    ['IPv4 with a wrong checksum and DF', four(1497, { checksum: 1, df: true })],
    ['IPv4 with IHL 4', four(1497, { ihl: 4 })],
    ['IPv4 longer than the frame', four(1497, { totalLength: 1498 })],
    ['IPv6 longer than the frame', toFar6({ payloadLength: 1458 }, filler(1457))],
  ] as [string, Bytes][]) {
    test(`MTU-3 ${name} beneath a swap: no fragment, no error`, () => {
      expectDropped(run(lab(withMtu(1500, swaps)), arriving('core1', payload, 16001)), 'too-big');
    });
  }
  test("MTU-3 a payload that is not of its entry's kind", () => {
    // reading: the entry's `payload` says what lies beneath; anything else is unknown.
    expectDropped(run(lab(withMtu(1500, swaps)), arriving('core1', six(1497), 16004)), 'too-big');
    expectDropped(run(lab(withMtu(1500, swaps)), arriving('core1', four(1497), 16006)), 'too-big');
  });
  test('MTU-3 an unknown payload above a label stack: the whole stack counts', () => {
    const config = lab(withMtu(1500, swaps));
    const payload = [0, ...filler(1491)];
    expect(run(config, arriving('core1', payload.slice(0, 1492), 16001, 300)).frames).toMatchObject({ out: 1 });
    expectDropped(run(config, arriving('core1', [...payload, 7], 16001, 300)), 'too-big');
  });
});
