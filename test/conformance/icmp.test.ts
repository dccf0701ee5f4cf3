// TTL-7 to TTL-11: ICMP errors, byte by byte. RFC 792, 1812, 3032 section 2.3.2, 4443, 4884, 4950.
import { describe, expect, test } from 'vitest';
import type { Bytes, LabelOptions } from '../support/frames.ts';
import { checksum, decode, eth, filler, hex, icmp4, icmp6, ipv4, u16, udp } from '../support/frames.ts';
import type { Sent } from '../support/router.ts';
import { openRouter } from '../support/router.ts';
import type { LabChanges, StackEntry } from './labs-ttl-ip.ts';
import {
  arriving,
  at,
  dropReasons,
  expectBalanced,
  expectDropped,
  icmpError4,
  icmpError6,
  lab,
  leaving,
  links,
  puntReasons,
  quiet,
  quiet6,
  run,
  sent,
  toFar,
  toFar6,
  toNear,
  toNear6,
} from './labs-ttl-ip.ts';

const entry = (label: number, ttl: number, rest: Partial<LabelOptions> = {}): LabelOptions => ({ label, ttl, ...rest });
const zeros = (count: number): Bytes => new Array<number>(count).fill(0);

const ce1 = '10.1.1.1';
const ce1v6 = '2001:db8:1:1::1';
const host = '10.1.1.2';
const host6 = '2001:db8:1:1::2';
const id = '192.0.2.1';
const id6 = '2001:db8::1';

describe('TTL-7', () => {
  for (const ttl of [0, 1]) {
    test(`TTL-7 IPv4 TTL ${ttl}: time exceeded (11/0) back to the source, counted ttl-expired`, () => {
      const packet = toFar({ ttl });
      expectDropped(
        run(lab(), arriving('ce1', packet)),
        'ttl-expired',
        leaving('ce1', icmpError4({ src: ce1, dst: host, type: 11, code: 0, about: packet })),
      );
    });
    test(`TTL-7 IPv6 hop limit ${ttl}: time exceeded (3/0) back to the source, counted ttl-expired`, () => {
      const packet = toFar6({ hopLimit: ttl });
      expectDropped(
        run(lab(), arriving('ce1', packet)),
        'ttl-expired',
        leaving('ce1', icmpError6({ src: ce1v6, dst: host6, type: 3, code: 0, about: packet })),
      );
    });
  }
  test('TTL-7 the dropped frame is listed as it arrived, the error has its time', () => {
    const frame = arriving('ce1', toFar({ ttl: 1 }));
    const result = run(lab(), at(12.5, frame));
    expect(Array.from(result.drops[0].bytes)).toEqual(frame.bytes);
    expect(result.out[0].time).toBe(12.5);
    expect(result.frames).toEqual({ in: 1, out: 1, punted: 0, dropped: 1, copied: 0, made: 1, held: 0 });
  });
  test('TTL-7 the whole error, byte by byte', () => {
    const packet = ipv4({ src: host, dst: '10.2.0.9', ttl: 1, id: 0x1234 }, hex('03e8 07d0 0008 0000'));
    const quoted = hex('4500 001c 1234 0000 01 11 91b2 0a010102 0a020009 03e8 07d0 0008 0000');
    expect(packet.slice(0, 10)).toEqual(quoted.slice(0, 10));
    quoted.splice(10, 2, packet[10], packet[11]);
    const message = [11, 0, 0, 0, 0, 0, 0, 0, ...quoted];
    message.splice(2, 2, ...u16(checksum(message)));
    const header = hex('45c0 0038 0000 0000 ff 01 0000 0a010101 0a010102');
    header.splice(10, 2, ...u16(checksum(header)));
    const [error] = sent(run(lab(), arriving('ce1', packet)));
    expect(error.bytes).toEqual([...hex('02000000a101 020000000101 0800'), ...header, ...message]);
  });
});

/** A P router's view: 16001 is swapped towards core2, with the far PE's VPN label beneath. */
const transit: LabChanges = {
  labels: [
    { label: 16001, via: '10.0.13.2', labels: [17001] },
    { label: 16002, via: '10.0.13.2', labels: [17003, 17002], ttl: 'pipe' },
    { label: 16004, via: '10.0.13.2', labels: [17004], payload: 'ip4' },
    { label: 16006, via: '10.0.13.2', labels: [17006], payload: 'ip6' },
    { label: 24101, table: 'red', ttl: 'pipe', tc: 'pipe' },
    { label: 24102, via: '10.1.1.2', vrf: 'red', payload: 'ip', ttl: 'pipe', tc: 'pipe' },
    { label: 16100, pop: true, ttl: 'pipe', tc: 'pipe' },
  ],
};

describe('TTL-8', () => {
  test('TTL-8 label TTL expired over IPv4: the whole frame, byte by byte', () => {
    const stack = [entry(16001, 1, { tc: 3 }), entry(24012, 44, { tc: 5 })];
    const packet = ipv4({ src: host, dst: '10.2.0.9', ttl: 44, id: 7 }, udp(1, 2, filler(150)));
    const result = run(lab(transit), arriving('core1', packet, ...stack));
    expect(dropReasons(result)).toEqual(['ttl-expired']);
    expect(result.frames).toMatchObject({ in: 1, made: 1, out: 1, dropped: 1 });
    // Version 2; object of 12 bytes, class 1, c-type 1; both entries as they arrived.
    const extension = hex('2000 0000 000c 0101 03e81 6 01 05dcc b 2c');
    extension.splice(2, 2, ...u16(checksum(extension)));
    // Length field: 32 words of 4 bytes.
    const message = [11, 0, 0, 0, 0, 32, 0, 0, ...packet.slice(0, 128), ...extension];
    message.splice(2, 2, ...u16(checksum(message)));
    const header = hex('45c0 00ac 0000 0000 ff 01 0000 c0000201 0a010102');
    header.splice(10, 2, ...u16(checksum(header)));
    expect(sent(result)).toEqual([
      {
        port: 'core2',
        bytes: [
          ...hex('020000000003 020000000110 8847'),
          // 17001 TC 3 S 0 TTL 254, 24012 TC 5 S 1 TTL 255.
          ...hex('04269 6 fe 05dcc b ff'),
          ...header,
          ...message,
        ],
      },
    ]);
  });
  test('TTL-8 label TTL expired over IPv6: the whole frame, byte by byte', () => {
    const stack = [entry(16001, 1, { tc: 3 }), entry(24012, 44, { tc: 5 })];
    const packet = toFar6({ hopLimit: 44 }, udp(1, 2, filler(150)));
    const result = run(lab(transit), arriving('core1', packet, ...stack));
    expect(dropReasons(result)).toEqual(['ttl-expired']);
    const extension = hex('2000 0000 000c 0101 03e81 6 01 05dcc b 2c');
    extension.splice(2, 2, ...u16(checksum(extension)));
    // Length field: 16 words of 8 bytes, in the first byte of the second word.
    const body = [...packet.slice(0, 128), ...extension];
    const message = icmp6(id6, host6, 3, 0, [16, 0, 0, 0], body);
    const header = [
      ...hex('6c000000'),
      ...u16(message.length),
      58,
      255,
      ...hex('20010db8000000000000000000000001 20010db8000100010000000000000002'),
    ];
    expect(sent(result)).toEqual([
      {
        port: 'core2',
        bytes: [...hex('020000000003 020000000110 8847 04269 6 fe 05dcc b ff'), ...header, ...message],
      },
    ]);
  });

  test('TTL-8 the error goes the arriving stack: swapped as if it had just arrived, labels below kept, TTLs 255', () => {
    const stack: StackEntry[] = [entry(16001, 0, { tc: 1 }), entry(300, 3, { tc: 2 }), entry(24012, 0, { tc: 7 })];
    const packet = toFar();
    expectDropped(
      run(lab(transit), arriving('core1', packet, ...stack)),
      'ttl-expired',
      leaving(
        'core2',
        icmpError4({ src: id, dst: host, type: 11, code: 0, about: packet, stack }),
        entry(17001, 254, { tc: 1 }),
        entry(300, 255, { tc: 2 }),
        entry(24012, 255, { tc: 7 }),
      ),
    );
  });
  test('TTL-8 a deep stack is listed whole', () => {
    const below = Array.from({ length: 11 }, (_, i) => entry(500 + i, i, { tc: i & 7 }));
    const stack = [entry(16001, 1), ...below];
    const packet = toFar();
    expectDropped(
      run(lab(transit), arriving('core1', packet, ...stack)),
      'ttl-expired',
      leaving(
        'core2',
        icmpError4({ src: id, dst: host, type: 11, code: 0, about: packet, stack }),
        entry(17001, 254),
        ...below.map((e) => ({ ...e, ttl: 255 })),
      ),
    );
  });
  test('TTL-8 a stack of 300 entries is listed whole', () => {
    const below = Array.from({ length: 299 }, (_, i) => entry(500 + i, i & 255));
    const stack = [entry(16001, 1), ...below];
    expectDropped(
      run(lab(transit), arriving('core1', toFar(), ...stack)),
      'ttl-expired',
      leaving(
        'core2',
        icmpError4({ src: id, dst: host, type: 11, code: 0, about: toFar(), stack }),
        entry(17001, 254),
        ...below.map((e) => ({ ...e, ttl: 255 })),
      ),
    );
  });
  test('TTL-8 the error is pushed upon like any frame', () => {
    const stack = [entry(16002, 1)];
    const packet = toFar();
    expectDropped(
      run(lab(transit), arriving('core1', packet, ...stack)),
      'ttl-expired',
      leaving(
        'core2',
        icmpError4({ src: id, dst: host, type: 11, code: 0, about: packet, stack }),
        entry(17003, 255),
        entry(17002, 254),
      ),
    );
  });
  test('TTL-8 the label expired at a penultimate pop, uniform: the error leaves as IP', () => {
    const stack = [entry(16005, 1, { tc: 6 })];
    const config = lab({ labels: [{ label: 16005, via: '10.0.13.2', labels: [] }] });
    const packet = toFar();
    expectDropped(
      run(config, arriving('core1', packet, ...stack)),
      'ttl-expired',
      leaving('core2', icmpError4({ src: id, dst: host, type: 11, code: 0, about: packet, stack, ttl: 254 })),
    );
  });
  test('TTL-8 a label exposed here expired: the stack quoted and used is the whole one that arrived', () => {
    const stack = [entry(16100, 9), entry(16001, 1)];
    const packet = toFar();
    expectDropped(
      run(lab(transit), arriving('core1', packet, ...stack)),
      'ttl-expired',
      leaving('core2', icmpError4({ src: id, dst: host, type: 11, code: 0, about: packet, stack }), entry(17001, 254)),
    );
  });
  test('TTL-8 IP TTL expired after a pop: the error is popped and routed in the VRF', () => {
    const stack = [entry(24101, 64, { tc: 2 })];
    const packet = toNear({ ttl: 1, src: '10.1.2.2' });
    expectDropped(
      run(lab(transit), arriving('core1', packet, ...stack)),
      'ttl-expired',
      leaving('ce2', icmpError4({ src: id, dst: '10.1.2.2', type: 11, code: 0, about: packet, stack, ttl: 254 })),
    );
    const packet6 = toNear6({ hopLimit: 1, src: '2001:db8:1:2::2' });
    expectDropped(
      run(lab(transit), arriving('core1', packet6, ...stack)),
      'ttl-expired',
      leaving(
        'ce2',
        icmpError6({ src: id6, dst: '2001:db8:1:2::2', type: 3, code: 0, about: packet6, stack, ttl: 254 }),
      ),
    );
  });
  test('TTL-8 IP TTL expired after a pop, the source behind the core: popped, routed, pushed', () => {
    const stack = [entry(24101, 64)];
    const packet = toNear({ ttl: 1 });
    expectDropped(
      run(lab(transit), arriving('core1', packet, ...stack)),
      'ttl-expired',
      leaving(
        'core1',
        icmpError4({ src: id, dst: '10.2.0.9', type: 11, code: 0, about: packet, stack, ttl: 254 }),
        entry(16002, 254, { tc: 6 }),
        entry(24012, 254, { tc: 6 }),
      ),
    );
  });
  test("TTL-8 with uniform traffic classes the kept TC 0 replaces the error's TOS when it is popped", () => {
    const stack = [entry(24001, 1)];
    const packet = toNear({ src: '10.1.2.2' });
    expectDropped(
      run(lab(), arriving('core1', packet, ...stack)),
      'ttl-expired',
      leaving(
        'ce2',
        icmpError4({ src: id, dst: '10.1.2.2', type: 11, code: 0, about: packet, stack, ttl: 254, tos: 0 }),
      ),
    );
  });
  test('TTL-8 a per-CE label expired: the error goes to that CE', () => {
    const stack = [entry(24102, 1)];
    const packet = toNear();
    expectDropped(
      run(lab(transit), arriving('core1', packet, ...stack)),
      'ttl-expired',
      leaving('ce1', icmpError4({ src: id, dst: '10.2.0.9', type: 11, code: 0, about: packet, stack, ttl: 254 })),
    );
  });
  test('TTL-8 an explicit null expired: the error is popped and routed in the global table', () => {
    const packet = toNear({ src: '10.7.1.2', dst: '10.6.0.9' });
    const stack = [entry(0, 1, { tc: 6 })];
    expectDropped(
      run(lab(), arriving('core1', packet, ...stack)),
      'ttl-expired',
      leaving('net1', icmpError4({ src: id, dst: '10.7.1.2', type: 11, code: 0, about: packet, stack, ttl: 254 })),
    );
  });
  test('TTL-8 no route after a pop: net unreachable (3/0), no route to destination (1/0)', () => {
    const stack = [entry(24101, 64)];
    const packet = toNear({ src: '10.1.2.2', dst: '203.0.113.1' });
    expectDropped(
      run(lab(transit), arriving('core1', packet, ...stack)),
      'no-route',
      leaving('ce2', icmpError4({ src: id, dst: '10.1.2.2', type: 3, code: 0, about: packet, stack, ttl: 254 })),
    );
    const packet6 = toNear6({ src: '2001:db8:1:2::2', dst: '2001:db8:ffff::1' });
    expectDropped(
      run(lab(transit), arriving('core1', packet6, ...stack)),
      'no-route',
      leaving(
        'ce2',
        icmpError6({ src: id6, dst: '2001:db8:1:2::2', type: 1, code: 0, about: packet6, stack, ttl: 254 }),
      ),
    );
  });
  test('TTL-8 too big at a swap: fragmentation needed (3/4) with the extension, packet too big without', () => {
    const config = lab({ ...transit, interfaces: { core2: { mtu: 1400 } } });
    const stack = [entry(16001, 64, { tc: 1 }), entry(24012, 44)];
    const packet = toFar({ df: true }, udp(1, 2, filler(1393 - 28)));
    expectDropped(
      run(config, arriving('core1', packet, ...stack)),
      'too-big',
      leaving(
        'core2',
        icmpError4({ src: id, dst: host, type: 3, code: 4, mtu: 1392, about: packet, stack }),
        entry(17001, 254, { tc: 1 }),
        entry(24012, 255),
      ),
    );
    const packet6 = toFar6({}, udp(1, 2, filler(1393 - 48)));
    expectDropped(
      run(config, arriving('core1', packet6, ...stack)),
      'too-big',
      leaving(
        'core2',
        icmpError6({ src: id6, dst: host6, type: 2, code: 0, mtu: 1392, about: packet6, stack }),
        entry(17001, 254, { tc: 1 }),
        entry(24012, 255),
      ),
    );
  });
  test('TTL-8 too big after a pop: the error about it is popped and routed as well', () => {
    const config = lab({ ...transit, interfaces: { ce1: { mtu: 1400 } } });
    const stack = [entry(24101, 64)];
    const packet = toNear({ df: true, src: '10.1.2.2' }, udp(1, 2, filler(1401 - 28)));
    expectDropped(
      run(config, arriving('core1', packet, ...stack)),
      'too-big',
      leaving(
        'ce2',
        icmpError4({ src: id, dst: '10.1.2.2', type: 3, code: 4, mtu: 1400, about: packet, stack, ttl: 254 }),
      ),
    );
  });

  test('TTL-8 without router id the source is the ingress address', () => {
    // A router without name's addresses: `id` and `id6` absent.
    const noId = { id: undefined, id6: undefined };
    const stack = [entry(16001, 1)];
    const config = lab({ ...transit, router: noId });
    expectDropped(
      run(config, arriving('core1', toFar(), ...stack)),
      'ttl-expired',
      leaving(
        'core2',
        icmpError4({ src: '10.0.12.1', dst: host, type: 11, code: 0, about: toFar(), stack }),
        entry(17001, 254),
      ),
    );
    expectDropped(
      run(config, arriving('core1', toFar6(), ...stack)),
      'ttl-expired',
      leaving(
        'core2',
        icmpError6({ src: '2001:db8:0:12::1', dst: host6, type: 3, code: 0, about: toFar6(), stack }),
        entry(17001, 254),
      ),
    );
  });
  test('TTL-8 without id6 alone: IPv6 errors come from the ingress address, IPv4 errors from id', () => {
    const stack = [entry(16001, 1)];
    const config = lab({ ...transit, router: { id6: undefined } });
    expectDropped(
      run(config, arriving('core1', toFar6(), ...stack)),
      'ttl-expired',
      leaving(
        'core2',
        icmpError6({ src: '2001:db8:0:12::1', dst: host6, type: 3, code: 0, about: toFar6(), stack }),
        entry(17001, 254),
      ),
    );
    expectDropped(
      run(config, arriving('core1', toFar(), ...stack)),
      'ttl-expired',
      leaving('core2', icmpError4({ src: id, dst: host, type: 11, code: 0, about: toFar(), stack }), entry(17001, 254)),
    );
  });
  test('TTL-8 without id6 and without an IPv6 address on the ingress interface none is sent', () => {
    const config = JSON.stringify({
      router: { name: 'pe1', id },
      interfaces: {
        core1: { mac: links.core1.own, mpls: true, addresses: ['10.0.12.1/30'] },
        core2: { mac: links.core2.own, mpls: true, addresses: ['10.0.13.1/30'] },
      },
      neighbors: [{ interface: 'core2', address: '10.0.13.2', mac: links.core2.peer }],
      labels: [{ label: 16001, via: '10.0.13.2', labels: [17001] }],
    });
    expectDropped(run(config, arriving('core1', toFar6(), entry(16001, 1))), 'ttl-expired');
  });

  const beneath: [string, Bytes][] = [
    ['nothing', []],
    ['a pseudowire with control word', [...zeros(4), ...eth({ type: 0x0800 }, toFar())]],
    ['an associated channel', [0x10, 0, 0, 7, ...filler(40)]],
    ['nibble 5', [0x50, ...filler(60)]],
    ['nibble 15', [0xf0, ...filler(60)]],
    ['IPv4 with a wrong checksum', toFar({ checksum: 0x1111 })],
    ['IPv4 with IHL 4', toFar({ ihl: 4 })],
    ['IPv4 longer than the frame', toFar({ totalLength: 1000 })],
    ['IPv4 shorter than its header', toFar({ totalLength: 19 })],
    ['IPv4 cut in its header', toFar().slice(0, 19)],
    ['IPv6 longer than the frame', toFar6({ payloadLength: 1000 })],
    ['IPv6 cut in its header', toFar6().slice(0, 39)],
  ];
  for (const [name, payload] of beneath) {
    test(`TTL-8 ${name} beneath an expired label: silent`, () => {
      expectDropped(run(lab(transit), arriving('core1', payload, entry(16001, 1), entry(24012, 64))), 'ttl-expired');
    });
  }
  test("TTL-8 the entry's payload kind counts before the nibble", () => {
    // reading: a packet that is not of the kind its entry names has no valid header of that kind, so: silent.
    expectDropped(run(lab(transit), arriving('core1', toFar6(), entry(16004, 1))), 'ttl-expired');
    expectDropped(run(lab(transit), arriving('core1', toFar(), entry(16006, 1))), 'ttl-expired');
  });
  test("TTL-8 the entry's payload kind and the packet agree: an error", () => {
    const stack = [entry(16004, 1)];
    expectDropped(
      run(lab(transit), arriving('core1', toFar(), ...stack)),
      'ttl-expired',
      leaving('core2', icmpError4({ src: id, dst: host, type: 11, code: 0, about: toFar(), stack }), entry(17004, 254)),
    );
    const stack6 = [entry(16006, 1)];
    expectDropped(
      run(lab(transit), arriving('core1', toFar6(), ...stack6)),
      'ttl-expired',
      leaving(
        'core2',
        icmpError6({ src: id6, dst: host6, type: 3, code: 0, about: toFar6(), stack: stack6 }),
        entry(17006, 254),
      ),
    );
  });
  for (const [label, reason] of [
    [19999, 'no-label'],
    [5, 'reserved-label'],
  ] as [number, string][]) {
    test(`TTL-8 ${reason} is silent`, () => {
      expectDropped(run(lab(transit), arriving('core1', toFar(), entry(label, 64))), reason);
    });
  }

  test('TTL-8 a made error without a route back is dropped for its own reason', () => {
    const packet = toNear({ src: '203.0.113.9', ttl: 1 });
    const result = run(lab(transit), arriving('core1', packet, entry(24101, 64)));
    expect(dropReasons(result)).toEqual(['ttl-expired', 'no-route']);
    expect(result.frames).toMatchObject({ in: 1, made: 1, out: 0, dropped: 2 });
  });
  test('TTL-8 a made error to an own address is punted', () => {
    const packet = toNear({ src: '10.1.1.1', ttl: 1 });
    const result = run(lab(transit), arriving('core1', packet, entry(24101, 64)));
    expect(dropReasons(result)).toEqual(['ttl-expired']);
    expect(puntReasons(result)).toEqual(['local']);
    expect(result.frames).toMatchObject({ in: 1, made: 1, out: 0, dropped: 1, punted: 1 });
  });
  test('TTL-8 a made error that does not fit is fragmented like any packet', () => {
    const config = lab({ ...transit, interfaces: { core2: { mtu: 104 } } });
    const stack = [entry(16001, 1)];
    const packet = toFar({}, udp(1, 2, filler(100)));
    const result = run(config, arriving('core1', packet, ...stack));
    expect(dropReasons(result)).toEqual(['ttl-expired']);
    // 20 + 8 + 128 + 4 + 8 bytes in pieces of at most 100: 80 + 68 bytes.
    expect(result.frames).toMatchObject({ in: 1, made: 2, out: 2, dropped: 1 });
    const pieces = result.out.map(({ bytes }) => decode(bytes));
    const whole = icmpError4({ src: id, dst: host, type: 11, code: 0, about: packet, stack });
    expect(pieces.flatMap((piece) => piece.ip4?.payload ?? [])).toEqual(whole.slice(20));
    expect(pieces.map((piece) => piece.labels)).toEqual([
      [{ label: 17001, tc: 0, s: 1, ttl: 254 }],
      [{ label: 17001, tc: 0, s: 1, ttl: 254 }],
    ]);
  });
});

describe('TTL-9', () => {
  const expired = (changes: LabChanges, frame: Sent) => run(lab(changes), frame);

  test('TTL-9 the first address of the ingress interface counts, not the one nearest to the source', () => {
    const interfaces = {
      ce1: { addresses: ['10.1.8.1/24', '10.1.1.1/24', '2001:db8:1:8::1/64', '2001:db8:1:1::1/64'] },
    };
    const packet = toFar({ ttl: 1 });
    expectDropped(
      expired({ interfaces }, arriving('ce1', packet)),
      'ttl-expired',
      leaving('ce1', icmpError4({ src: '10.1.8.1', dst: host, type: 11, code: 0, about: packet })),
    );
    const packet6 = toFar6({ hopLimit: 1 });
    expectDropped(
      expired({ interfaces }, arriving('ce1', packet6)),
      'ttl-expired',
      leaving('ce1', icmpError6({ src: '2001:db8:1:8::1', dst: host6, type: 3, code: 0, about: packet6 })),
    );
  });
  test('TTL-9 link-local addresses are passed over', () => {
    const interfaces = { ce1: { addresses: ['fe80::1/64', '169.254.1.1/16', '10.1.1.1/24', '2001:db8:1:1::1/64'] } };
    const packet = toFar({ ttl: 1 });
    expectDropped(
      expired({ interfaces }, arriving('ce1', packet)),
      'ttl-expired',
      leaving('ce1', icmpError4({ src: ce1, dst: host, type: 11, code: 0, about: packet })),
    );
    const packet6 = toFar6({ hopLimit: 1 });
    expectDropped(
      expired({ interfaces }, arriving('ce1', packet6)),
      'ttl-expired',
      leaving('ce1', icmpError6({ src: ce1v6, dst: host6, type: 3, code: 0, about: packet6 })),
    );
  });

  /** One customer whose port has only the addresses given; the host is reached by a route. */
  const bare = (addresses: string[], router: Record<string, unknown>) =>
    JSON.stringify({
      router: { name: 'pe1', ...router },
      interfaces: {
        ce1: { mac: links.ce1.own, vrf: 'red', addresses },
        ce2: { mac: links.ce2.own, vrf: 'red', addresses: ['10.1.2.1/24', '2001:db8:1:2::1/64'] },
      },
      vrfs: { red: {} },
      neighbors: [
        { interface: 'ce2', address: '10.1.2.2', mac: links.ce2.peer },
        { interface: 'ce2', address: '2001:db8:1:2::2', mac: links.ce2.peer },
      ],
      routes: [
        { vrf: 'red', prefix: '10.1.1.0/24', via: '10.1.2.2' },
        { vrf: 'red', prefix: '2001:db8:1:1::/64', via: '2001:db8:1:2::2' },
      ],
    });
  for (const [name, addresses] of [
    ['no address', []],
    ['only link-local addresses', ['169.254.1.1/16', 'fe80::1/64']],
  ] as [string, string[]][]) {
    test(`TTL-9 ${name} on the ingress interface: id and id6 are the sources`, () => {
      const config = bare(addresses, { id, id6 });
      const packet = toFar({ dst: '10.1.2.2', ttl: 1 });
      expectDropped(
        run(config, arriving('ce1', packet)),
        'ttl-expired',
        leaving('ce2', icmpError4({ src: id, dst: host, type: 11, code: 0, about: packet })),
      );
      const packet6 = toFar6({ dst: '2001:db8:1:2::2', hopLimit: 1 });
      expectDropped(
        run(config, arriving('ce1', packet6)),
        'ttl-expired',
        leaving('ce2', icmpError6({ src: id6, dst: host6, type: 3, code: 0, about: packet6 })),
      );
    });
    test(`TTL-9 ${name} and no id: none is sent`, () => {
      const config = bare(addresses, {});
      expectDropped(run(config, arriving('ce1', toFar({ dst: '10.1.2.2', ttl: 1 }))), 'ttl-expired');
      expectDropped(run(config, arriving('ce1', toFar6({ dst: '2001:db8:1:2::2', hopLimit: 1 }))), 'ttl-expired');
      expectDropped(run(config, arriving('ce1', toFar({ dst: '203.0.113.1' }))), 'no-route');
    });
  }
  test('TTL-9 an address of one family does not serve the other', () => {
    const config = bare(['10.1.9.1/24'], { id, id6 });
    const packet6 = toFar6({ dst: '2001:db8:1:2::2', hopLimit: 1 });
    expectDropped(
      run(config, arriving('ce1', packet6)),
      'ttl-expired',
      leaving('ce2', icmpError6({ src: id6, dst: host6, type: 3, code: 0, about: packet6 })),
    );
  });
  test("TTL-9 a sub-interface's own address, its tag and its table", () => {
    const config = lab({
      interfaces: { 'ce1.100': { vlan: 100, vrf: 'blue', addresses: ['10.1.1.254/24'] } },
      vrfs: { blue: {} },
      neighbors: [{ interface: 'ce1.100', address: '10.1.1.2', mac: '02:00:00:00:b1:01' }],
    });
    const packet = toFar({ ttl: 1, dst: '10.1.1.77' });
    const tagged = (dst: string, src: string, payload: Bytes) =>
      eth({ dst, src, tags: [[0x8100, 100]], type: 0x0800 }, payload);
    const result = run(config, { port: 'ce1', bytes: tagged(links.ce1.own, '02:00:00:00:b1:01', packet) });
    expectDropped(result, 'ttl-expired', {
      port: 'ce1',
      bytes: tagged(
        '02:00:00:00:b1:01',
        links.ce1.own,
        icmpError4({ src: '10.1.1.254', dst: host, type: 11, code: 0, about: packet }),
      ),
    });
  });
  test('TTL-9 routed in the table of the ingress interface, over labels if the route says so; nothing is decremented', () => {
    const packet = toFar({ src: '10.2.0.9', dst: '10.1.2.2', ttl: 1 });
    expectDropped(
      run(lab(), arriving('ce1', packet)),
      'ttl-expired',
      leaving(
        'core1',
        icmpError4({ src: ce1, dst: '10.2.0.9', type: 11, code: 0, about: packet }),
        entry(16002, 255, { tc: 6 }),
        entry(24012, 255, { tc: 6 }),
      ),
    );
  });
  test('TTL-9 the frame was to be routed in another table: the error is routed in the ingress one', () => {
    const config = lab({ routes: [{ vrf: 'red', prefix: '0.0.0.0/0', table: 'global' }] });
    const packet = toFar({ dst: '10.6.0.9', ttl: 1 });
    expectDropped(
      run(config, arriving('ce1', packet)),
      'ttl-expired',
      leaving('ce1', icmpError4({ src: ce1, dst: host, type: 11, code: 0, about: packet })),
    );
  });
  test('TTL-9 no route back: the error is dropped as no-route, without another error', () => {
    const result = run(lab(), arriving('ce1', toFar({ src: '203.0.113.9', ttl: 1 })));
    expect(dropReasons(result)).toEqual(['ttl-expired', 'no-route']);
    expect(result.frames).toMatchObject({ in: 1, made: 1, out: 0, dropped: 2 });
  });
  test('TTL-9 net unreachable (3/0) and no route to destination (1/0)', () => {
    const packet = toFar({ dst: '203.0.113.1' });
    expectDropped(
      run(lab(), arriving('ce1', packet)),
      'no-route',
      leaving('ce1', icmpError4({ src: ce1, dst: host, type: 3, code: 0, about: packet })),
    );
    const packet6 = toFar6({ dst: '2001:db8:ffff::1' });
    expectDropped(
      run(lab(), arriving('ce1', packet6)),
      'no-route',
      leaving('ce1', icmpError6({ src: ce1v6, dst: host6, type: 1, code: 0, about: packet6 })),
    );
  });
  test('TTL-9 fragmentation needed (3/4) and packet too big (2/0), labels on the way out counted', () => {
    const config = lab({ interfaces: { core1: { mtu: 1400 } } });
    const packet = toFar({ df: true }, udp(1, 2, filler(1393 - 28)));
    expectDropped(
      run(config, arriving('ce1', packet)),
      'too-big',
      leaving('ce1', icmpError4({ src: ce1, dst: host, type: 3, code: 4, mtu: 1392, about: packet })),
    );
    const packet6 = toFar6({}, udp(1, 2, filler(1393 - 48)));
    expectDropped(
      run(config, arriving('ce1', packet6)),
      'too-big',
      leaving('ce1', icmpError6({ src: ce1v6, dst: host6, type: 2, code: 0, mtu: 1392, about: packet6 })),
    );
  });
});

describe('TTL-10', () => {
  test('TTL-10 IPv4 fields: TOS 0xc0, id 0, DF 0, TTL 255, no options', () => {
    const packet = toFar({ ttl: 1, tos: 0x1c, id: 0xbeef, df: true });
    const [frame] = sent(run(lab(), arriving('ce1', packet)));
    const { ip4 } = decode(frame.bytes);
    expect(ip4).toMatchObject({ tos: 0xc0, id: 0, df: false, mf: false, reserved: false, offset: 0, ttl: 255, ihl: 5 });
    expect(ip4).toMatchObject({ protocol: 1, checksumOk: true, totalLength: 28 + packet.length });
    expect(checksum(ip4?.payload ?? [])).toBe(0);
  });
  test('TTL-10 IPv6 fields: class 0xc0, flow label 0, hop limit 255', () => {
    const packet = toFar6({ hopLimit: 1, trafficClass: 0x1c, flowLabel: 0xabcde });
    const [frame] = sent(run(lab(), arriving('ce1', packet)));
    expect(decode(frame.bytes).ip6).toMatchObject({ trafficClass: 0xc0, flowLabel: 0, hopLimit: 255, nextHeader: 58 });
  });
  for (const length of [20, 21, 28, 547, 548, 549, 1400]) {
    test(`TTL-10 an IPv4 packet of ${length} bytes is quoted as far as 576 bytes allow`, () => {
      const packet = toFar({ ttl: 1 }, filler(length - 20));
      const result = run(lab(), arriving('ce1', packet));
      expectDropped(
        result,
        'ttl-expired',
        leaving('ce1', icmpError4({ src: ce1, dst: host, type: 11, code: 0, about: packet })),
      );
      expect(result.out[0].bytes.length).toBe(14 + Math.min(576, 28 + length));
    });
  }
  for (const length of [40, 41, 1231, 1232, 1233, 1500]) {
    test(`TTL-10 an IPv6 packet of ${length} bytes is quoted as far as 1280 bytes allow`, () => {
      const packet = toFar6({ hopLimit: 1 }, filler(length - 40));
      const result = run(lab(), arriving('ce1', packet));
      expectDropped(
        result,
        'ttl-expired',
        leaving('ce1', icmpError6({ src: ce1v6, dst: host6, type: 3, code: 0, about: packet })),
      );
      expect(result.out[0].bytes.length).toBe(14 + Math.min(1280, 48 + length));
    });
  }
  for (const length of [20, 127, 128, 129, 1400]) {
    test(`TTL-10 a labelled IPv4 packet of ${length} bytes: exactly 128 bytes quoted, zero-padded`, () => {
      const packet = toFar({}, filler(length - 20));
      const stack = [entry(16001, 1)];
      const result = run(lab(transit), arriving('core1', packet, ...stack));
      expectDropped(
        result,
        'ttl-expired',
        leaving(
          'core2',
          icmpError4({ src: id, dst: host, type: 11, code: 0, about: packet, stack }),
          entry(17001, 254),
        ),
      );
      expect(result.out[0].bytes.length).toBe(14 + 4 + 20 + 8 + 128 + 4 + 8);
    });
  }
  for (const length of [40, 127, 128, 129, 1400]) {
    test(`TTL-10 a labelled IPv6 packet of ${length} bytes: exactly 128 bytes quoted, zero-padded`, () => {
      const packet = toFar6({}, filler(length - 40));
      const stack = [entry(16001, 1)];
      const result = run(lab(transit), arriving('core1', packet, ...stack));
      expectDropped(
        result,
        'ttl-expired',
        leaving(
          'core2',
          icmpError6({ src: id6, dst: host6, type: 3, code: 0, about: packet, stack }),
          entry(17001, 254),
        ),
      );
      expect(result.out[0].bytes.length).toBe(14 + 4 + 40 + 8 + 128 + 4 + 8);
    });
  }
  test('TTL-10 a labelled packet too big of 2,000 bytes quotes as much as 1,280 bytes in all allow', () => {
    const config = lab({ ...transit, interfaces: { core2: { mtu: 1400 } } });
    const packet = toFar6({}, filler(1960));
    const stack = [entry(16001, 64)];
    const result = run(config, arriving('core1', packet, ...stack));
    expectDropped(
      result,
      'too-big',
      leaving(
        'core2',
        icmpError6({ src: id6, dst: host6, type: 2, code: 0, mtu: 1396, about: packet, stack }),
        entry(17001, 254),
      ),
    );
    expect(result.out[0].bytes.length).toBe(14 + 4 + 1280);
  });
  test('TTL-10 the quote is the packet as it arrived: TTL 1 or 0, its own checksum, options included', () => {
    for (const ttl of [0, 1]) {
      const packet = toFar({ ttl, options: [7, 7, 4, 0, 0, 0, 0, 0] });
      const [frame] = sent(run(lab(), arriving('ce1', packet)));
      expect(frame.bytes.slice(14 + 28)).toEqual(packet);
    }
  });
  test('TTL-10 an uniform pop has left no trace in the quote', () => {
    const packet = toNear({ src: '10.1.2.2', ttl: 200, tos: 0x20 });
    const stack = [entry(16100, 64, { tc: 5 }), entry(24001, 1, { tc: 5 })];
    const config = lab({ labels: [{ label: 16100, pop: true }] });
    const [frame] = sent(run(config, arriving('core1', packet, ...stack)));
    expect(frame.bytes.slice(14 + 28, 14 + 28 + packet.length)).toEqual(packet);
  });
  test('TTL-10 bytes behind the IP length are not quoted', () => {
    const packet = toFar({ ttl: 1 }, []);
    expectDropped(
      run(lab(), arriving('ce1', [...packet, ...zeros(26)])),
      'ttl-expired',
      leaving('ce1', icmpError4({ src: ce1, dst: host, type: 11, code: 0, about: packet })),
    );
    const packet6 = toFar6({ hopLimit: 1 }, []);
    expectDropped(
      run(lab(), arriving('ce1', [...packet6, ...filler(6, 99)])),
      'ttl-expired',
      leaving('ce1', icmpError6({ src: ce1v6, dst: host6, type: 3, code: 0, about: packet6 })),
    );
    const stack = [entry(16001, 1)];
    const labelled = toFar({}, []);
    expectDropped(
      run(lab(transit), arriving('core1', [...labelled, ...filler(22, 99)], ...stack)),
      'ttl-expired',
      leaving(
        'core2',
        icmpError4({ src: id, dst: host, type: 11, code: 0, about: labelled, stack }),
        entry(17001, 254),
      ),
    );
  });
  test('TTL-10 a snapped frame of which all quoted bytes are there', () => {
    const packet = toFar({ ttl: 1 }, filler(1380));
    const whole = arriving('ce1', packet);
    const frame = { ...whole, bytes: whole.bytes.slice(0, 14 + 548), original: whole.bytes.length };
    expectDropped(
      run(lab(), frame),
      'ttl-expired',
      leaving('ce1', icmpError4({ src: ce1, dst: host, type: 11, code: 0, about: packet })),
    );
    const labelled = arriving('core1', toFar({}, filler(1380)), entry(16001, 1));
    const snapped = { ...labelled, bytes: labelled.bytes.slice(0, 14 + 4 + 128), original: labelled.bytes.length };
    expectDropped(
      run(lab(transit), snapped),
      'ttl-expired',
      leaving(
        'core2',
        icmpError4({
          src: id,
          dst: host,
          type: 11,
          code: 0,
          about: toFar({}, filler(1380)),
          stack: [entry(16001, 1)],
        }),
        entry(17001, 254),
      ),
    );
  });
});

describe('TTL-11', () => {
  const message4 = (type: number) => icmp4(type, 0, zeros(4), toNear());
  const message6 = (type: number, src: string, dst: string) => icmp6(src, dst, type, 0, zeros(4), toNear6());

  for (let type = 0; type <= 18; type++) {
    const isError = [3, 4, 5, 11, 12].includes(type);
    test(`TTL-11 ICMP type ${type}: ${isError ? 'no error about it' : 'an error about it'}`, () => {
      const o = { ttl: 1, protocol: 1 };
      const packet = toFar(o, message4(type));
      const error = leaving('ce1', icmpError4({ src: ce1, dst: host, type: 11, code: 0, about: packet }));
      expectDropped(run(lab(), arriving('ce1', packet)), 'ttl-expired', ...(isError ? [] : [error]));
    });
  }
  for (const type of [1, 2, 3, 4, 100, 127, 128, 129, 138, 139, 255, 137]) {
    const isError = type < 128 || type === 137;
    test(`TTL-11 ICMPv6 type ${type}: ${isError ? 'no error about it' : 'an error about it'}`, () => {
      const packet = toFar6({ hopLimit: 1, nextHeader: 58 }, message6(type, host6, '2001:db8:2::9'));
      const error = leaving('ce1', icmpError6({ src: ce1v6, dst: host6, type: 3, code: 0, about: packet }));
      expectDropped(run(lab(), arriving('ce1', packet)), 'ttl-expired', ...(isError ? [] : [error]));
    });
  }
  test('TTL-11 an ICMPv6 error behind extension headers is one too', () => {
    const hopByHop = [58, 0, 1, 4, 0, 0, 0, 0];
    const destination = [58, 0, 1, 4, 0, 0, 0, 0];
    const firstFragment = [58, 0, 0, 1, 0, 0, 0, 9];
    for (const [nextHeader, extension] of [
      [0, hopByHop],
      [60, destination],
      [44, firstFragment],
    ] as [number, Bytes][]) {
      const payload = [...extension, ...message6(1, host6, '2001:db8:2::9')];
      expectDropped(run(lab(), arriving('ce1', toFar6({ hopLimit: 1, nextHeader }, payload))), 'ttl-expired');
    }
  });
  test('TTL-11 the same for no-route and too-big', () => {
    const config = lab({ interfaces: { core1: { mtu: 1400 } } });
    expectDropped(run(config, arriving('ce1', quiet({ src: host, dst: '203.0.113.1' }))), 'no-route');
    expectDropped(run(config, arriving('ce1', quiet6({ src: host6, dst: '2001:db8:ffff::1' }))), 'no-route');
    const big = toFar({ df: true, protocol: 1 }, icmp4(3, 1, zeros(4), filler(1400)));
    expectDropped(run(config, arriving('ce1', big)), 'too-big');
    const big6 = toFar6({ nextHeader: 58 }, icmp6(host6, '2001:db8:2::9', 1, 0, zeros(4), filler(1400)));
    expectDropped(run(config, arriving('ce1', big6)), 'too-big');
  });
  test('TTL-11 the same beneath labels', () => {
    expectDropped(run(lab(transit), arriving('core1', quiet(), entry(16001, 1))), 'ttl-expired');
    expectDropped(run(lab(transit), arriving('core1', quiet6(), entry(16001, 1))), 'ttl-expired');
  });

  for (const [name, o, isFirst] of [
    ['the first fragment', { mf: true }, true],
    ['a middle fragment', { mf: true, offset: 10 }, false],
    ['the last fragment', { offset: 10 }, false],
    ['a fragment at offset 1', { offset: 1 }, false],
  ] as [string, { mf?: boolean; offset?: number }, boolean][]) {
    test(`TTL-11 IPv4, ${name}: ${isFirst ? 'an error' : 'none'}`, () => {
      const packet = toFar({ ttl: 1, ...o }, filler(64));
      const error = leaving('ce1', icmpError4({ src: ce1, dst: host, type: 11, code: 0, about: packet }));
      expectDropped(run(lab(), arriving('ce1', packet)), 'ttl-expired', ...(isFirst ? [error] : []));
    });
    test(`TTL-11 IPv6, ${name}: ${isFirst ? 'an error' : 'none'}`, () => {
      const header = [17, 0, ...u16(((o.offset ?? 0) << 3) | (o.mf ? 1 : 0)), 0, 0, 0, 9];
      const packet = toFar6({ hopLimit: 1, nextHeader: 44 }, [...header, ...filler(64)]);
      const error = leaving('ce1', icmpError6({ src: ce1v6, dst: host6, type: 3, code: 0, about: packet }));
      expectDropped(run(lab(), arriving('ce1', packet)), 'ttl-expired', ...(isFirst ? [error] : []));
    });
  }
  test('TTL-11 IPv6, a fragment that is not the first behind another extension header: none', () => {
    const payload = [44, 0, 1, 4, 0, 0, 0, 0, 17, 0, ...u16(80), 0, 0, 0, 9, ...filler(64)];
    expectDropped(run(lab(), arriving('ce1', toFar6({ hopLimit: 1, nextHeader: 60 }, payload))), 'ttl-expired');
  });

  for (const dst of ['224.0.0.5', '239.1.2.3', '255.255.255.255']) {
    test(`TTL-11 IPv4 to ${dst} beneath an expired label: none`, () => {
      expectDropped(run(lab(transit), arriving('core1', toFar({ dst }), entry(16001, 1))), 'ttl-expired');
    });
  }
  for (const dst of ['ff02::1', 'ff0e::1234']) {
    test(`TTL-11 IPv6 to ${dst} beneath an expired label: none`, () => {
      expectDropped(run(lab(transit), arriving('core1', toFar6({ dst }), entry(16001, 1))), 'ttl-expired');
    });
  }
  for (const src of ['169.254.1.1', '0.0.0.0', '127.0.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255']) {
    test(`TTL-11 IPv4 from ${src} beneath an expired label: none`, () => {
      expectDropped(run(lab(transit), arriving('core1', toFar({ src }), entry(16001, 1))), 'ttl-expired');
    });
  }
  // reading: ::1 names no single host on the network, as 127/8 does not (RFC 1812 section 4.3.2.7).
  for (const src of ['fe80::2', 'febf::2', '::', 'ff02::1', '::1']) {
    test(`TTL-11 IPv6 from ${src} beneath an expired label: none`, () => {
      expectDropped(run(lab(transit), arriving('core1', toFar6({ src }), entry(16001, 1))), 'ttl-expired');
    });
  }
  test('TTL-11 a link-layer group address: the frame is not-for-us, silently', () => {
    const group = (packet: Bytes, type: number) => ({
      port: 'ce1',
      bytes: eth({ dst: 'ff:ff:ff:ff:ff:ff', type }, packet),
    });
    expectDropped(run(lab(), group(toFar({ ttl: 1 }), 0x0800)), 'not-for-us');
    expectDropped(run(lab(), group(toFar6({ hopLimit: 1 }), 0x86dd)), 'not-for-us');
  });

  const limited = (rate: number, burst: number, changes: LabChanges = {}) =>
    lab({ ...transit, ...changes, router: { icmp: { rate, burst } } });
  const expiring = (time: number, port: 'ce1' | 'ce2' = 'ce1') => {
    const [src, dst] = port === 'ce1' ? [host, '10.1.2.2'] : ['10.1.2.2', host];
    return at(time, arriving(port, toFar({ src, dst, ttl: 1 })));
  };
  const split = (config: string, ...frames: Sent[]) => {
    const result = run(config, ...frames);
    const reasons = dropReasons(result);
    const held = reasons.filter((reason) => reason === 'icmp-limited').length;
    expect(reasons.filter((reason) => reason === 'ttl-expired').length).toBe(frames.length);
    expect(reasons.length).toBe(frames.length + held);
    expect(result.frames.made).toBe(result.frames.out + held);
    return { errors: result.frames.out, held };
  };
  test('TTL-11 the bucket is full at the start; what it holds back is made 1, dropped 1 icmp-limited', () => {
    expect(split(limited(1, 3), ...[1, 1, 1, 1, 1].map((t) => expiring(t)))).toEqual({ errors: 3, held: 2 });
  });
  test('TTL-11 the defaults are rate 100, burst 100', () => {
    const hundredAndFive = Array.from({ length: 105 }, () => expiring(1));
    expect(split(lab(transit), ...hundredAndFive)).toEqual({ errors: 100, held: 5 });
  });
  test('TTL-11 a held back error is listed with its reason after the frame that caused it', () => {
    const result = run(limited(1, 1), expiring(1), expiring(1));
    expect(dropReasons(result)).toEqual(['ttl-expired', 'ttl-expired', 'icmp-limited']);
  });
  test('TTL-11 the bucket refills with the time of the frames', () => {
    expect(split(limited(1, 1), expiring(1), expiring(1.9), expiring(2.1))).toEqual({ errors: 2, held: 1 });
    expect(split(limited(10, 1), expiring(1), expiring(1.05), expiring(1.15))).toEqual({ errors: 2, held: 1 });
    expect(split(limited(10, 2), ...[1, 1, 1.25, 1.25, 1.25].map((t) => expiring(t)))).toEqual({ errors: 4, held: 1 });
  });
  test('TTL-11 parts of a token are kept', () => {
    expect(split(limited(1, 1), ...[1, 1.4, 1.8, 2.2, 2.6, 3.3].map((t) => expiring(t)))).toEqual({
      errors: 3,
      held: 3,
    });
  });
  test('TTL-11 the bucket never holds more than its burst', () => {
    expect(split(limited(10, 2), ...[1, 1, 100, 100, 100].map((t) => expiring(t)))).toEqual({ errors: 4, held: 1 });
  });
  test('TTL-11 the state stays from call to call', () => {
    const router = openRouter(limited(1, 1));
    const first = router.send(expiring(1));
    const second = router.send(expiring(1.5));
    const third = router.send(expiring(2.1));
    for (const result of [first, second, third]) expectBalanced(result);
    expect([first, second, third].map(({ frames }) => frames.out)).toEqual([1, 0, 1]);
  });
  test('TTL-11 each interface of arrival has its own bucket', () => {
    expect(split(limited(1, 1), expiring(1), expiring(1, 'ce2'), expiring(1), expiring(1, 'ce2'))).toEqual({
      errors: 2,
      held: 2,
    });
  });
  test('TTL-11 each sub-interface has its own bucket', () => {
    const config = limited(1, 1, {
      interfaces: {
        'ce1.100': { vlan: 100, vrf: 'red', addresses: ['10.1.100.1/24'] },
        'ce1.200': { vlan: 200, vrf: 'red', addresses: ['10.1.200.1/24'] },
      },
      neighbors: ['100', '200'].map((n) => ({
        interface: `ce1.${n}`,
        address: `10.1.${n}.2`,
        mac: `02:00:00:00:b1:0${n[0]}`,
      })),
    });
    const tagged = (vlan: number): Sent => ({
      port: 'ce1',
      bytes: eth({ tags: [[0x8100, vlan]], type: 0x0800 }, toFar({ src: `10.1.${vlan}.2`, ttl: 1 })),
    });
    const frames = [tagged(100), tagged(200), expiring(1), tagged(100), tagged(200), expiring(1)];
    expect(split(config, ...frames)).toEqual({ errors: 3, held: 3 });
  });
  test('TTL-11 one bucket for all kinds and both families', () => {
    const config = limited(1, 2);
    const noRoute = arriving('ce1', toFar({ dst: '203.0.113.1' }));
    const expired6 = arriving('ce1', toFar6({ hopLimit: 1 }));
    const result = run(config, expiring(1), expired6, noRoute);
    expect(dropReasons(result)).toEqual(['ttl-expired', 'ttl-expired', 'no-route', 'icmp-limited']);
    expect(result.frames).toMatchObject({ made: 3, out: 2, dropped: 4 });
  });
  test('TTL-11 errors about labelled frames draw from the same bucket', () => {
    const frame = arriving('core1', toFar(), entry(16001, 1));
    expect(split(limited(1, 1), frame, frame)).toEqual({ errors: 1, held: 1 });
  });
  test('TTL-11 frames about which no error is due take no token', () => {
    const silent = arriving('ce1', quiet({ src: host, dst: '10.1.2.2', ttl: 1 }));
    expect(split(limited(1, 1), silent, silent, expiring(1))).toEqual({ errors: 1, held: 0 });
  });
  test('TTL-11 replies are not limited', () => {
    const request = arriving('ce1', toFar({ dst: ce1, protocol: 1 }, icmp4(8, 0, [0, 1, 0, 1], filler(8))));
    const result = run(limited(1, 1), expiring(1), request, request, request);
    expect(puntReasons(result)).toEqual(['local', 'local', 'local']);
    expect(result.frames).toMatchObject({ in: 4, made: 4, out: 4, punted: 3, dropped: 1 });
  });
  test('TTL-11 replies take no token', () => {
    const request = arriving('ce1', toFar({ dst: ce1, protocol: 1 }, icmp4(8, 0, [0, 1, 0, 1], filler(8))));
    const result = run(limited(1, 1), request, request, expiring(1));
    expect(dropReasons(result)).toEqual(['ttl-expired']);
    expect(result.frames).toMatchObject({ in: 3, made: 3, out: 3, punted: 2, dropped: 1 });
  });
});
