// IP-1 to IP-7: header checks, martians, local delivery and echo, order, longest match, options, reverse path.
// RFC 791, 1812, 3704, 4291, 4443, 6178, 8029, 8200.
import { describe, expect, test } from 'vitest';
import type { Bytes, Ipv4Options, Ipv6Options, LabelOptions } from '../support/frames.ts';
import { checksum, decode, eth, filler, icmp4, icmp6, ipv4, ipv6, u16, udp } from '../support/frames.ts';
import type { Sent } from '../support/router.ts';
import type { LabChanges, Leaving, Port } from './labs-ttl-ip.ts';
import {
  arriving,
  expectDropped,
  expectForwarded,
  expectPunted,
  icmpError4,
  icmpError6,
  lab,
  leaving,
  links,
  puntReasons,
  quiet,
  run,
  sent,
  toFar,
  toFar6,
  toNear,
  toNear6,
} from './labs-ttl-ip.ts';

const entry = (label: number, ttl = 64, rest: Partial<LabelOptions> = {}): LabelOptions => ({ label, ttl, ...rest });
const zeros = (count: number): Bytes => new Array<number>(count).fill(0);
const broadcast = 'ff:ff:ff:ff:ff:ff';
const under = (dst: string, packet: Bytes, port: Port = 'ce1'): Sent => ({
  port,
  bytes: eth({ dst, src: links[port].peer, type: packet[0] >>> 4 === 6 ? 0x86dd : 0x0800 }, packet),
});
const host = '10.1.1.2';
const host6 = '2001:db8:1:1::2';

/** Label entries that end an LSP at IP, and one that pops for the next router. */
const pops: LabChanges = {
  labels: [
    { label: 16004, table: 'red' },
    { label: 16005, via: '10.1.1.2', vrf: 'red', payload: 'ip' },
    { label: 16006, pop: true },
    { label: 16003, via: '10.0.13.2', labels: [] },
    { label: 16001, via: '10.0.13.2', labels: [17001] },
  ],
  routes: [
    { prefix: '10.1.1.0/24', table: 'red' },
    { prefix: '2001:db8:1:1::/64', table: 'red' },
  ],
};
/** Stacks whose last label is popped here. */
const lspEnds: [string, LabelOptions[]][] = [
  ['a label to a table', [entry(16004)]],
  ['a per-CE label', [entry(16005)]],
  ['pop: true', [entry(16006)]],
  ['an explicit null', [entry(0)]],
];

describe('IP-1', () => {
  const far4 = (o: Ipv4Options, payload: Bytes = udp(1000, 2000)) => toFar({ dst: '10.1.2.2', ...o }, payload);
  const bad4: [string, Bytes, string][] = [
    ['version 6', far4({ version: 6 }), 'bad-ip-header'],
    ['version 0', far4({ version: 0 }), 'bad-ip-header'],
    ['version 5', far4({ version: 5 }), 'bad-ip-header'],
    ['IHL 0', far4({ ihl: 0 }), 'bad-ip-header'],
    ['IHL 4', far4({ ihl: 4 }), 'bad-ip-header'],
    ['IHL 15 in a packet of 46 bytes', far4({ ihl: 15 }), 'bad-ip-header'],
    ['a header that the frame ends in', far4({ options: filler(40) }).slice(0, 59), 'bad-ip-header'],
    ['total length 0', far4({ totalLength: 0 }), 'bad-ip-header'],
    ['total length 19', far4({ totalLength: 19 }), 'bad-ip-header'],
    ['total length less than its IHL', far4({ options: [1, 1, 1, 0], totalLength: 23 }), 'bad-ip-header'],
    ['total length one more than the frame', far4({ totalLength: 47 }), 'bad-ip-header'],
    ['total length 65535', far4({ totalLength: 65535 }), 'bad-ip-header'],
    ['no byte at all', [], 'bad-ip-header'],
    ['one byte', far4({}).slice(0, 1), 'bad-ip-header'],
    ['19 bytes', far4({}).slice(0, 19), 'bad-ip-header'],
    ['a checksum of 0', far4({ checksum: 0 }), 'bad-checksum'],
    ['a checksum off by one', far4({ checksum: checksum(far4({ checksum: 0 }).slice(0, 20)) + 1 }), 'bad-checksum'],
    [
      'options that the checksum leaves out',
      far4({ options: [1, 1, 1, 1], checksum: checksum(far4({ options: [1, 1, 1, 1], checksum: 0 }).slice(0, 20)) }),
      'bad-checksum',
    ],
    ['IHL and checksum wrong: the header first', far4({ ihl: 4, checksum: 1 }), 'bad-ip-header'],
    ['total length and checksum wrong: the header first', far4({ totalLength: 47, checksum: 1 }), 'bad-ip-header'],
  ];
  for (const [name, packet, reason] of bad4) {
    test(`IP-1 IPv4 with ${name}: ${reason}`, () => {
      expectDropped(run(lab(), { port: 'ce1', bytes: eth({ type: 0x0800 }, packet) }), reason);
    });
  }
  const far6 = (o: Ipv6Options, payload: Bytes = udp(1000, 2000)) => toFar6({ dst: '2001:db8:1:2::2', ...o }, payload);
  const bad6: [string, Bytes][] = [
    ['version 4', far6({ version: 4 })],
    ['version 0', far6({ version: 0 })],
    ['version 7', far6({ version: 7 })],
    ['payload length one more than the frame', far6({ payloadLength: 27 })],
    ['payload length 65535', far6({ payloadLength: 65535 })],
    ['no byte at all', []],
    ['39 bytes', far6({}).slice(0, 39)],
  ];
  for (const [name, packet] of bad6) {
    test(`IP-1 IPv6 with ${name}: bad-ip-header`, () => {
      expectDropped(run(lab(), { port: 'ce1', bytes: eth({ type: 0x86dd }, packet) }), 'bad-ip-header');
    });
  }
  test('IP-1 the smallest packets pass', () => {
    expectForwarded(
      run(lab(), arriving('ce1', far4({}, [])), arriving('ce1', far6({ nextHeader: 59 }, []))),
      leaving('ce2', far4({ ttl: 63 }, [])),
      leaving('ce2', far6({ nextHeader: 59, hopLimit: 63 }, [])),
    );
  });
  test('IP-1 total length equal to the header length passes, what is behind it is padding', () => {
    expectForwarded(
      run(lab(), arriving('ce1', [...far4({}, []), ...zeros(26)])),
      leaving('ce2', far4({ ttl: 63 }, [])),
    );
  });
  for (const [name, stack] of lspEnds) {
    test(`IP-1 checked again when ${name} exposes IPv4`, () => {
      const frame = (packet: Bytes) => arriving('core1', packet, ...stack);
      const config = lab(pops);
      expectDropped(run(config, frame(toNear({ checksum: 1 }))), 'bad-checksum');
      expectDropped(run(config, frame(toNear({ ihl: 4 }))), 'bad-ip-header');
      expectDropped(run(config, frame(toNear({ totalLength: 47 }))), 'bad-ip-header');
      expectDropped(run(config, frame(toNear({ totalLength: 19 }))), 'bad-ip-header');
      expectDropped(run(config, frame(toNear().slice(0, 19))), 'bad-ip-header');
      expectDropped(run(config, frame(toNear().slice(0, 1))), 'bad-ip-header');
    });
    if (name === 'an explicit null') continue;
    test(`IP-1 checked again when ${name} exposes IPv6`, () => {
      const frame = (packet: Bytes) => arriving('core1', packet, ...stack);
      const config = lab(pops);
      expectDropped(run(config, frame(toNear6({ payloadLength: 27 }))), 'bad-ip-header');
      expectDropped(run(config, frame(toNear6().slice(0, 39))), 'bad-ip-header');
    });
  }
  test('IP-1 checked again when a penultimate pop exposes IP', () => {
    // reading: "whenever a pop exposes IP" has no exception for the penultimate pop.
    const config = lab(pops);
    expectDropped(run(config, arriving('core1', toNear({ checksum: 1 }), entry(16003))), 'bad-checksum');
    expectDropped(run(config, arriving('core1', toNear({ ihl: 4 }), entry(16003))), 'bad-ip-header');
    expectDropped(run(config, arriving('core1', toNear6({ payloadLength: 27 }), entry(16003))), 'bad-ip-header');
  });
  test('IP-1 a swap does not look at IP', () => {
    const packets = [toNear({ checksum: 1 }), toNear({ ihl: 4 }), toNear({ totalLength: 9999 })];
    const result = run(lab(pops), ...packets.map((packet) => arriving('core1', packet, entry(16001))));
    expectForwarded(result, ...packets.map((packet) => leaving('core2', packet, entry(17001, 63))));
  });
  test('IP-1 lengths are judged against the original length of a snapped frame', () => {
    const whole = arriving('ce1', far4({}, filler(1000)));
    const cut = whole.bytes.slice(0, 100);
    const result = run(lab(), { ...whole, bytes: cut, original: 1034 });
    expectForwarded(result, leaving('ce2', far4({ ttl: 63 }, filler(1000)).slice(0, 86)));
    expect(result.out[0].original).toBe(1034);
    expectDropped(run(lab(), { ...whole, bytes: cut, original: 1033 }), 'bad-ip-header');
    const whole6 = arriving('ce1', far6({}, filler(1000)));
    const result6 = run(lab(), { ...whole6, bytes: whole6.bytes.slice(0, 100), original: 1054 });
    expectForwarded(result6, leaving('ce2', far6({ hopLimit: 63 }, filler(1000)).slice(0, 86)));
    expect(result6.out[0].original).toBe(1054);
    expectDropped(run(lab(), { ...whole6, bytes: whole6.bytes.slice(0, 100), original: 1053 }), 'bad-ip-header');
  });
  test('IP-1 a header of which a byte was not captured: snapped', () => {
    const whole = arriving('ce1', far4({ options: [1, 1, 1, 1] }, filler(1000)));
    for (const captured of [14, 33, 37]) {
      const result = run(lab(), { ...whole, bytes: whole.bytes.slice(0, captured), original: whole.bytes.length });
      expectDropped(result, 'snapped');
    }
    const whole6 = arriving('ce1', far6({}, filler(1000)));
    for (const captured of [14, 53]) {
      const result = run(lab(), { ...whole6, bytes: whole6.bytes.slice(0, captured), original: whole6.bytes.length });
      expectDropped(result, 'snapped');
    }
  });
  test('IP-1 padding is cut from a snapped frame by its original length', () => {
    const packet = far4({}, filler(10));
    const whole = arriving('ce1', [...packet, ...zeros(70)]);
    const result = run(lab(), { ...whole, bytes: whole.bytes.slice(0, 60), original: 114 });
    expectForwarded(result, leaving('ce2', far4({ ttl: 63 }, filler(10))));
    expect(result.out[0].original).toBe(44);
  });
});

/** The same packet in both directions: from the customer, and from the core under the VRF's label. */
function bothWays(packet: Bytes, check: (frame: Sent) => void) {
  check(arriving('ce1', packet));
  check(arriving('core1', packet, entry(24001)));
}

describe('IP-2', () => {
  const everywhere = lab({
    routes: [
      { vrf: 'red', prefix: '0.0.0.0/0', via: '192.0.2.3', labels: [24013] },
      { vrf: 'red', prefix: '::/0', via: '192.0.2.3', labels: [24013] },
    ],
  });
  const martianSources4 = [
    '224.0.0.1',
    '224.0.0.0',
    '239.255.255.255',
    '255.255.255.255',
    '0.0.0.0',
    '0.0.0.1',
    '0.255.255.255',
    '127.0.0.0',
    '127.0.0.1',
    '127.255.255.255',
    '240.0.0.0',
    '240.0.0.1',
    '255.255.255.254',
    '169.254.0.0',
    '169.254.1.1',
    '169.254.255.255',
  ];
  const goodAddresses4 = [
    '1.0.0.0',
    '1.0.0.1',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '192.168.1.1',
    '223.255.255.255',
  ];
  const martianDestinations4 = [
    '127.0.0.0',
    '127.0.0.1',
    '127.255.255.255',
    '0.0.0.0',
    '0.0.0.1',
    '0.255.255.255',
  ].concat(['240.0.0.0', '240.0.0.1', '255.255.255.254']);
  for (const src of martianSources4) {
    test(`IP-2 source ${src} to a unicast address: martian, both ways, silently`, () => {
      bothWays(toFar({ src, dst: '10.2.0.9' }), (frame) => expectDropped(run(everywhere, frame), 'martian'));
    });
  }
  for (const dst of martianDestinations4.filter((address) => !address.startsWith('127.'))) {
    test(`IP-2 destination ${dst}: martian, both ways, silently`, () => {
      bothWays(toFar({ dst }), (frame) => expectDropped(run(everywhere, frame), 'martian'));
    });
  }
  for (const dst of ['127.0.0.0', '127.0.0.1', '127.255.255.255']) {
    test(`IP-2 destination ${dst} without a label: martian`, () => {
      expectDropped(run(everywhere, arriving('ce1', toFar({ dst }))), 'martian');
      expectDropped(run(everywhere, arriving('core1', toFar({ dst }))), 'martian');
    });
  }
  for (const address of goodAddresses4) {
    test(`IP-2 ${address} is no martian, as source or destination`, () => {
      const result = run(
        everywhere,
        arriving('ce1', toFar({ src: address })),
        arriving('ce1', toFar({ dst: address })),
        arriving('core1', toFar({ src: address }), entry(24001)),
        arriving('core1', toFar({ dst: address }), entry(24001)),
      );
      expect(result.frames).toMatchObject({ in: 4, out: 4 });
    });
  }
  const martianSources6 = ['::1', 'ff00::', 'ff02::1', 'ff0e::1', 'ffff::1', '::', 'fe80::1', 'fe80::', 'febf::1'];
  for (const src of martianSources6) {
    test(`IP-2 source ${src} to a unicast address: martian, both ways, silently`, () => {
      bothWays(toFar6({ src }), (frame) => expectDropped(run(everywhere, frame), 'martian'));
    });
  }
  for (const dst of ['::1', '::']) {
    test(`IP-2 destination ${dst}: martian, both ways, silently`, () => {
      bothWays(toFar6({ dst }), (frame) => expectDropped(run(everywhere, frame), 'martian'));
    });
  }
  for (const address of ['::2', '2001:db8:2::9', 'fc00::1', 'fe7f::1', 'fec0::1', 'feff::1']) {
    test(`IP-2 ${address} is no martian, as source or destination`, () => {
      const result = run(
        everywhere,
        arriving('ce1', toFar6({ src: address })),
        arriving('ce1', toFar6({ dst: address })),
        arriving('core1', toFar6({ src: address }), entry(24001)),
        arriving('core1', toFar6({ dst: address }), entry(24001)),
      );
      expect(result.frames).toMatchObject({ in: 4, out: 4 });
    });
  }

  test('IP-2 0.0.0.0 to 255.255.255.255 is taken in; the rest of 0/8 is not', () => {
    expectPunted(run(lab(), under(broadcast, toFar({ src: '0.0.0.0', dst: '255.255.255.255' }))), 'local');
    expectDropped(run(lab(), under(broadcast, toFar({ src: '0.0.0.1', dst: '255.255.255.255' }))), 'martian');
    expectDropped(run(lab(), under('01:00:5e:00:00:01', toFar({ src: '0.0.0.0', dst: '224.0.0.1' }))), 'martian');
    expectDropped(run(lab(), arriving('ce1', toFar({ src: '0.0.0.0', dst: '10.1.1.1' }))), 'martian');
  });
  test('IP-2 the unspecified IPv6 address to a multicast or link-local one is taken in', () => {
    expectPunted(run(lab(), under('33:33:00:00:00:16', toFar6({ src: '::', dst: 'ff02::16' }))), 'local');
    expectPunted(run(lab(), arriving('ce1', toFar6({ src: '::', dst: 'fe80::1' }))), 'local');
    expectDropped(run(lab(), arriving('ce1', toFar6({ src: '::', dst: '2001:db8:1:1::1' }))), 'martian');
  });
  test('IP-2 multicast or broadcast destinations do not excuse a martian source', () => {
    for (const src of ['127.0.0.1', '224.0.0.9', '240.0.0.1', '255.255.255.255']) {
      expectDropped(run(lab(), under('01:00:5e:00:00:01', toFar({ src, dst: '224.0.0.1' }))), 'martian');
      expectDropped(run(lab(), under(broadcast, toFar({ src, dst: '255.255.255.255' }))), 'martian');
    }
    for (const src of ['::1', 'ff02::2']) {
      expectDropped(run(lab(), under('33:33:00:00:00:01', toFar6({ src, dst: 'ff02::1' }))), 'martian');
    }
  });
  test('IP-2 link-local sources reach link-local and own addresses', () => {
    expectPunted(run(lab(), arriving('ce1', toFar({ src: '169.254.1.1', dst: '10.1.1.1' }))), 'local');
    expectPunted(run(lab(), arriving('ce1', toFar({ src: '169.254.1.1', dst: '169.254.9.9' }))), 'local');
    expectPunted(run(lab(), arriving('ce1', toFar6({ src: 'fe80::5', dst: '2001:db8:1:1::1' }))), 'local');
    expectPunted(run(lab(), arriving('ce1', toFar6({ src: 'fe80::5', dst: 'fe80::6' }))), 'local');
    expectPunted(run(lab(), under('33:33:00:00:00:05', toFar6({ src: 'fe80::5', dst: 'ff02::5' }))), 'local');
  });

  for (const [name, stack] of lspEnds) {
    test(`IP-2 127/8 beneath ${name} is LSP ping: oam, unmodified, whatever its TTL`, () => {
      for (const dst of ['127.0.0.0', '127.0.0.1', '127.255.255.255']) {
        for (const ttl of [0, 1, 64]) {
          const frame = arriving('core1', toNear({ dst, ttl, options: [0x94, 4, 0, 0] }, udp(3503, 3503)), ...stack);
          const result = run(lab(pops), frame);
          expectPunted(result, 'oam');
          expect(Array.from(result.punts[0].bytes)).toEqual(frame.bytes);
        }
      }
    });
  }
  test('IP-2 a penultimate pop forwards 127/8', () => {
    const packet = (ttl: number) => toNear({ dst: '127.0.0.1', ttl });
    expectForwarded(run(lab(pops), arriving('core1', packet(64), entry(16003, 64))), leaving('core2', packet(63)));
  });
  test('IP-2 a swap forwards 127/8', () => {
    const packet = toNear({ dst: '127.0.0.1', ttl: 1 });
    expectForwarded(
      run(lab(pops), arriving('core1', packet, entry(16001))),
      leaving('core2', packet, entry(17001, 63)),
    );
  });
  test('IP-2 a label expired over 127/8 is expired', () => {
    const packet = quiet({ dst: '127.0.0.1', ttl: 1 });
    expectDropped(run(lab(pops), arriving('core1', packet, entry(16004, 1))), 'ttl-expired');
  });
});

/** An echo request; `o` with the addresses of its IP header. */
const echo4 = (o: Ipv4Options, body: Bytes = filler(32), type = 8) =>
  ipv4({ src: host, dst: '10.1.1.1', ...o, protocol: 1 }, icmp4(type, 0, [0x12, 0x34, 0, 7], body));
const echo6 = (o: Ipv6Options, body: Bytes = filler(32), type = 128) => {
  const src = o.src ?? host6;
  const dst = o.dst ?? '2001:db8:1:1::1';
  return ipv6({ ...o, src, dst, nextHeader: 58 }, icmp6(src, dst, type, 0, [0x12, 0x34, 0, 7], body));
};

describe('IP-3', () => {
  const own4 = ['10.1.1.1', '10.1.2.1'];
  for (const dst of own4) {
    test(`IP-3 ${dst}, an interface address in the VRF: local, from the customer and from the core`, () => {
      bothWays(toFar({ dst }), (frame) => expectPunted(run(lab(), frame), 'local'));
    });
  }
  for (const dst of ['2001:db8:1:1::1', '2001:db8:1:2::1']) {
    test(`IP-3 ${dst}, an interface address in the VRF: local, from the customer and from the core`, () => {
      bothWays(toFar6({ dst }), (frame) => expectPunted(run(lab(), frame), 'local'));
    });
  }
  test('IP-3 id and id6, and all global interface addresses, are own in the global table', () => {
    for (const dst of ['192.0.2.1', '10.7.1.1', '10.0.12.1', '10.0.13.1']) {
      expectPunted(run(lab(), arriving('net1', toFar({ src: '10.7.1.2', dst }))), 'local');
      expectPunted(run(lab(), arriving('core1', toFar({ src: '10.7.1.2', dst }))), 'local');
    }
    for (const dst of ['2001:db8::1', '2001:db8:7:1::1', '2001:db8:0:12::1']) {
      expectPunted(run(lab(), arriving('net1', toFar6({ src: '2001:db8:7:1::2', dst }))), 'local');
    }
  });
  test('IP-3 another VRF or the global table does not own them', () => {
    for (const dst of ['192.0.2.1', '10.7.1.1', '10.0.12.1']) {
      expectDropped(run(lab(), arriving('ce1', quiet({ src: host, dst }))), 'no-route');
    }
    expectDropped(run(lab(), arriving('net1', quiet({ src: '10.7.1.2', dst: '10.1.1.1' }))), 'no-route');
  });
  test('IP-3 own addresses are host routes: found after `table` too', () => {
    const config = lab({
      routes: [
        { vrf: 'red', prefix: '0.0.0.0/0', table: 'global' },
        { vrf: 'red', prefix: '::/0', table: 'global' },
        { prefix: '10.1.0.0/16', table: 'red' },
      ],
    });
    expectPunted(run(config, arriving('ce1', toFar({ dst: '192.0.2.1' }))), 'local');
    expectPunted(run(config, arriving('ce1', toFar6({ dst: '2001:db8::1' }))), 'local');
    expectPunted(run(config, arriving('net1', toFar({ src: '10.7.1.2', dst: '10.1.2.1' }))), 'local');
    expectPunted(run(config, arriving('ce1', toFar({ dst: '192.0.2.1', ttl: 1 }))), 'local');
  });
  test('IP-3 own addresses are host routes: longer than any route around them', () => {
    const config = lab({ routes: [{ vrf: 'red', prefix: '10.1.1.0/31', drop: true }] });
    expectPunted(run(config, arriving('ce1', toFar({ dst: '10.1.1.1' }))), 'local');
  });

  for (const [dst, mac] of [
    ['224.0.0.5', '01:00:5e:00:00:05'],
    ['239.255.255.255', '01:00:5e:7f:ff:ff'],
    ['255.255.255.255', broadcast],
    ['10.1.1.255', broadcast],
    ['10.1.2.255', broadcast],
    ['169.254.7.7', links.ce1.own],
  ]) {
    test(`IP-3 ${dst}: local, under its group MAC, the port's own and beneath a label`, () => {
      const packet = toFar({ dst, ttl: 1 });
      expectPunted(run(lab(), under(mac, packet)), 'local');
      expectPunted(run(lab(), arriving('ce1', packet)), 'local');
      expectPunted(run(lab(), arriving('core1', packet, entry(24001))), 'local');
    });
  }
  for (const [dst, mac] of [
    ['ff02::1', '33:33:00:00:00:01'],
    ['ff02::5', '33:33:00:00:00:05'],
    ['ff0e::1:2', '33:33:00:01:00:02'],
    ['fe80::7', links.ce1.own],
    ['febf::7', links.ce1.own],
  ]) {
    test(`IP-3 ${dst}: local`, () => {
      const packet = toFar6({ dst, hopLimit: 1 });
      expectPunted(run(lab(), under(mac, packet)), 'local');
      expectPunted(run(lab(), arriving('core1', packet, entry(24001))), 'local');
    });
  }
  test('IP-3 the broadcast address of a connected subnet counts in its own table only', () => {
    expectDropped(run(lab(), arriving('net1', quiet({ src: '10.7.1.2', dst: '10.1.1.255' }))), 'no-route');
  });
  test('IP-3 a /30 has a broadcast address; a /31 and a /32 have none', () => {
    const config = lab({
      interfaces: {
        ce1: { addresses: ['10.1.1.1/24', '10.5.0.1/30', '10.5.0.8/31', '10.5.0.20/32', '2001:db8:1:1::1/64'] },
      },
      neighbors: [{ interface: 'ce1', address: '10.5.0.9', mac: '02:00:00:00:a1:09' }],
    });
    expectPunted(run(config, arriving('ce2', toFar({ src: '10.1.2.2', dst: '10.5.0.3' }))), 'local');
    const packet = (ttl: number) => toFar({ src: '10.1.2.2', dst: '10.5.0.9', ttl });
    expectForwarded(run(config, arriving('ce2', packet(64))), {
      port: 'ce1',
      bytes: eth({ dst: '02:00:00:00:a1:09', src: links.ce1.own, type: 0x0800 }, packet(63)),
    });
    expectPunted(run(config, arriving('ce2', toFar({ src: '10.1.2.2', dst: '10.5.0.20' }))), 'local');
  });
  test('IP-3 the punted frame is listed as it arrived, labels included', () => {
    const frame = arriving('core1', toFar({ dst: '10.1.1.1', ttl: 9 }), entry(24001, 7, { tc: 4 }));
    const result = run(lab(), frame);
    expect(Array.from(result.punts[0].bytes)).toEqual(frame.bytes);
    expect(result.punts[0].port).toBe('core1');
  });

  test('IP-3 an echo request is punted and answered: the whole reply, byte by byte', () => {
    const request = echo4({ tos: 0x5c, id: 0xabcd, df: true, ttl: 3 });
    const reply = ipv4(
      { src: '10.1.1.1', dst: host, tos: 0x5c, id: 0xabcd, df: true, ttl: 255, protocol: 1 },
      icmp4(0, 0, [0x12, 0x34, 0, 7], filler(32)),
    );
    expectPunted(run(lab(), arriving('ce1', request)), 'local', leaving('ce1', reply));
  });
  test('IP-3 an ICMPv6 echo request is answered: the whole reply, byte by byte, flow label 0', () => {
    const request = echo6({ trafficClass: 0x5c, flowLabel: 0x12345, hopLimit: 3 });
    const reply = ipv6(
      { src: '2001:db8:1:1::1', dst: host6, trafficClass: 0x5c, flowLabel: 0, hopLimit: 255, nextHeader: 58 },
      icmp6('2001:db8:1:1::1', host6, 129, 0, [0x12, 0x34, 0, 7], filler(32)),
    );
    expectPunted(run(lab(), arriving('ce1', request)), 'local', leaving('ce1', reply));
  });
  test('IP-3 the flags are copied: DF off, the reserved bit', () => {
    for (const flags of [{}, { df: true }, { reserved: true }, { df: true, reserved: true }]) {
      const request = echo4({ id: 1, ...flags });
      const reply = ipv4(
        { src: '10.1.1.1', dst: host, id: 1, ...flags, ttl: 255, protocol: 1 },
        icmp4(0, 0, [0x12, 0x34, 0, 7], filler(32)),
      );
      expectPunted(run(lab(), arriving('ce1', request)), 'local', leaving('ce1', reply));
    }
  });
  for (const length of [0, 1, 2, 55, 1472]) {
    test(`IP-3 an echo with ${length} bytes of data`, () => {
      const body = filler(length, 200);
      const result = run(lab(), arriving('ce1', echo4({}, body)), arriving('ce1', echo6({}, body.slice(0, 1452))));
      expectPunted(
        result,
        'local',
        leaving('ce1', echo4({ src: '10.1.1.1', dst: host, ttl: 255 }, body, 0)),
        leaving('ce1', echo6({ src: '2001:db8:1:1::1', dst: host6, hopLimit: 255 }, body.slice(0, 1452), 129)),
      );
    });
  }
  test('IP-3 echo checksums that carry over when the type changes', () => {
    // Data words chosen so that the request's checksum runs through the values around 0xf7ff and 0.
    const bodies = [0xe5c4, 0xe5c5, 0xe5c3, 0xedc4, 0xedc3, 0xedc5, 0, 0xffff].map((word) => u16(word));
    const result = run(lab(), ...bodies.map((body) => arriving('ce1', echo4({}, body))));
    const replies = bodies.map((body) => leaving('ce1', echo4({ src: '10.1.1.1', dst: host, ttl: 255 }, body, 0)));
    expectPunted(result, 'local', ...replies);
  });
  test('IP-3 bytes behind the IP length are not in the reply', () => {
    expectPunted(
      run(lab(), arriving('ce1', [...echo4({}, filler(4)), ...filler(14, 77)])),
      'local',
      leaving('ce1', echo4({ src: '10.1.1.1', dst: host, ttl: 255 }, filler(4), 0)),
    );
  });
  test('IP-3 an echo with TTL 0 or 1 is answered', () => {
    for (const ttl of [0, 1]) {
      expectPunted(
        run(lab(), arriving('ce1', echo4({ ttl })), arriving('ce1', echo6({ hopLimit: ttl }))),
        'local',
        leaving('ce1', echo4({ src: '10.1.1.1', dst: host, ttl: 255 }, filler(32), 0)),
        leaving('ce1', echo6({ src: '2001:db8:1:1::1', dst: host6, hopLimit: 255 }, filler(32), 129)),
      );
    }
  });
  test('IP-3 an echo beneath a label: the reply is routed in the VRF, with labels, undecremented', () => {
    const request = echo4({ src: '10.2.0.9', dst: '10.1.1.1', tos: 0xa0 });
    expectPunted(
      run(lab(), arriving('core1', request, entry(24001, 64, { tc: 5 }))),
      'local',
      leaving(
        'core1',
        echo4({ src: '10.1.1.1', dst: '10.2.0.9', tos: 0xa0, ttl: 255 }, filler(32), 0),
        entry(16002, 255, { tc: 5 }),
        entry(24012, 255, { tc: 5 }),
      ),
    );
  });
  test('IP-3 the reply is routed in the table that holds the address, not in that of the ingress interface', () => {
    const config = lab({
      routes: [
        { vrf: 'red', prefix: '192.0.2.1/32', table: 'global' },
        { prefix: '10.1.1.0/24', via: '10.0.13.2' },
      ],
    });
    expectPunted(
      run(config, arriving('ce1', echo4({ dst: '192.0.2.1' }))),
      'local',
      leaving('core2', echo4({ src: '192.0.2.1', dst: host, ttl: 255 }, filler(32), 0)),
    );
  });
  test('IP-3 a reply without a route: punted, made and dropped', () => {
    const result = run(lab(), arriving('ce1', echo4({ src: '203.0.113.1' })));
    expect(puntReasons(result)).toEqual(['local']);
    expect(result.drops.map(({ reason }) => reason)).toEqual(['no-route']);
    expect(result.frames).toMatchObject({ in: 1, made: 1, punted: 1, dropped: 1, out: 0 });
  });

  const wrongSum = (packet: Bytes, where: number) => packet.map((byte, i) => (i === where ? byte ^ 0x40 : byte));
  const hopByHop = (packet: Bytes, nextHeader: number, header: Bytes) => {
    const payload = packet.slice(40);
    return ipv6({ src: host6, dst: '2001:db8:1:1::1', nextHeader }, [...header, ...payload]);
  };
  const unanswered: [string, Bytes][] = [
    ['the first fragment', echo4({ mf: true })],
    ['the last fragment', echo4({ offset: 2 })],
    ['IPv4 options', echo4({ options: [1, 1, 1, 1] })],
    ['a wrong ICMP checksum', wrongSum(echo4({}), 22)],
    ['damaged data', wrongSum(echo4({}), 30)],
    ['an echo reply', echo4({}, filler(8), 0)],
    ['a timestamp request', echo4({}, filler(12), 13)],
    ['seven bytes of ICMP', ipv4({ src: host, dst: '10.1.1.1', protocol: 1 }, [8, 0, 0xf7, 0xff, 0, 0, 0])],
    ['no byte of ICMP', ipv4({ src: host, dst: '10.1.1.1', protocol: 1 }, [])],
    ['UDP that begins with an 8', ipv4({ src: host, dst: '10.1.1.1' }, icmp4(8, 0, zeros(4), []))],
    ['an IPv6 fragment header', hopByHop(echo6({}), 44, [58, 0, 0, 0, 0, 0, 0, 1])],
    ['hop-by-hop options', hopByHop(echo6({}), 0, [58, 0, 1, 4, 0, 0, 0, 0])],
    ['destination options', hopByHop(echo6({}), 60, [58, 0, 1, 4, 0, 0, 0, 0])],
    ['a wrong ICMPv6 checksum', wrongSum(echo6({}), 42)],
    [
      'an ICMPv6 checksum without pseudo-header',
      ipv6({ src: host6, dst: '2001:db8:1:1::1', nextHeader: 58 }, icmp4(128, 0, zeros(4), filler(8))),
    ],
    ['an ICMPv6 echo reply', echo6({}, filler(8), 129)],
    ['ICMPv4 in IPv6', ipv6({ src: host6, dst: '2001:db8:1:1::1', nextHeader: 1 }, icmp4(8, 0, zeros(4), []))],
  ];
  for (const [name, packet] of unanswered) {
    test(`IP-3 ${name}: punted, not answered`, () => {
      expectPunted(run(lab(), arriving('ce1', packet)), 'local');
    });
  }
  test('IP-3 echo requests to multicast and broadcast addresses are not answered', () => {
    expectPunted(run(lab(), under('01:00:5e:00:00:01', echo4({ dst: '224.0.0.1' }))), 'local');
    expectPunted(run(lab(), under(broadcast, echo4({ dst: '255.255.255.255' }))), 'local');
    expectPunted(run(lab(), under(broadcast, echo4({ dst: '10.1.1.255' }))), 'local');
    expectPunted(run(lab(), under('33:33:00:00:00:01', echo6({ dst: 'ff02::1' }))), 'local');
  });
  test('IP-3 echo requests to link-local addresses of others are not answered', () => {
    expectPunted(run(lab(), arriving('ce1', echo6({ src: 'fe80::2', dst: 'fe80::1' }))), 'local');
  });
  test('IP-3 a snapped echo request: its reply would need the missing bytes', () => {
    const frame = arriving('ce1', echo4({}, filler(500)));
    expectDropped(run(lab(), { ...frame, bytes: frame.bytes.slice(0, 200), original: frame.bytes.length }), 'snapped');
  });
  test('IP-3 a snapped frame for an own address that needs no reply is punted', () => {
    const frame = arriving('ce1', toFar({ dst: '10.1.1.1' }, udp(1, 2, filler(500))));
    expectPunted(run(lab(), { ...frame, bytes: frame.bytes.slice(0, 200), original: frame.bytes.length }), 'local');
  });
  test('IP-3 `receive: true` is local, and no address of the router: not answered', () => {
    const config = lab({ routes: [{ vrf: 'red', prefix: '10.8.0.0/16', receive: true }] });
    expectPunted(run(config, arriving('ce1', echo4({ dst: '10.8.1.1' }))), 'local');
  });
});

describe('IP-4', () => {
  const urpf: LabChanges = { interfaces: { ce1: { urpf: 'strict' } } };
  const spoofed = '10.1.2.7';
  const spoofed6 = '2001:db8:1:2::7';
  const nd = (src: string, hopLimit: number) =>
    ipv6(
      { src, dst: 'ff02::1:ff00:1', nextHeader: 58, hopLimit },
      icmp6(src, 'ff02::1:ff00:1', 135, 0, zeros(4), [
        ...[0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
        ...[1, 1, 2, 0, 0, 0, 0xa1, 1],
      ]),
    );
  /** Two rules broken at once; the earlier one names the reason. */
  const orders: [string, LabChanges, Sent, 'drop' | 'punt', string][] = [
    ['header before martian', {}, arriving('ce1', toFar({ src: '127.0.0.1', ihl: 4 })), 'drop', 'bad-ip-header'],
    ['checksum before martian', {}, arriving('ce1', toFar({ src: '127.0.0.1', checksum: 1 })), 'drop', 'bad-checksum'],
    ['header before local', {}, arriving('ce1', toFar({ dst: '224.0.0.1', checksum: 1 })), 'drop', 'bad-checksum'],
    ['header before group MAC', {}, under(broadcast, toFar({ checksum: 1 })), 'drop', 'bad-checksum'],
    ['header before TTL', {}, arriving('ce1', toFar({ ttl: 1, checksum: 1 })), 'drop', 'bad-checksum'],
    [
      'header before 127/8 under a label',
      {},
      arriving('core1', toNear({ dst: '127.0.0.1', checksum: 1 }), entry(24001)),
      'drop',
      'bad-checksum',
    ],
    [
      '127/8 under a label before martian sources',
      {},
      arriving('core1', toNear({ src: '127.0.0.2', dst: '127.0.0.1' }), entry(24001)),
      'punt',
      'oam',
    ],
    ['martian before ND', {}, under('33:33:ff:00:00:01', nd('::1', 255)), 'drop', 'martian'],
    ['martian before bad ND', {}, under('33:33:ff:00:00:01', nd('::1', 1)), 'drop', 'martian'],
    ['martian before local', {}, arriving('ce1', toFar({ src: '240.0.0.1', dst: '224.0.0.5' })), 'drop', 'martian'],
    ['martian before own', {}, arriving('ce1', toFar({ src: '240.0.0.1', dst: '10.1.1.1' })), 'drop', 'martian'],
    ['martian before group MAC', {}, under(broadcast, toFar({ src: '240.0.0.1' })), 'drop', 'martian'],
    ['martian before uRPF', urpf, arriving('ce1', toFar({ src: '240.0.0.1' })), 'drop', 'martian'],
    [
      'martian before no-route',
      {},
      arriving('ce1', toFar({ src: '240.0.0.1', dst: '203.0.113.1' })),
      'drop',
      'martian',
    ],
    ['martian before TTL', {}, arriving('ce1', toFar({ src: '240.0.0.1', ttl: 1 })), 'drop', 'martian'],
    [
      'ND before local: bad-nd to a multicast address',
      {},
      under('33:33:ff:00:00:01', nd(host6, 254)),
      'drop',
      'bad-nd',
    ],
    ['ND before link-local source', urpf, under('33:33:ff:00:00:01', nd('fe80::2', 255)), 'punt', 'nd'],
    ['ND before uRPF', urpf, under('33:33:ff:00:00:01', nd(spoofed6, 255)), 'punt', 'nd'],
    ['local before uRPF: multicast', urpf, arriving('ce1', toFar({ src: spoofed, dst: '224.0.0.5' })), 'punt', 'local'],
    [
      'local before uRPF: broadcast',
      urpf,
      under(broadcast, toFar({ src: spoofed, dst: '10.1.1.255' })),
      'punt',
      'local',
    ],
    [
      'local before uRPF: link-local',
      urpf,
      arriving('ce1', toFar6({ src: spoofed6, dst: 'fe80::1' })),
      'punt',
      'local',
    ],
    [
      'local before link-local source',
      {},
      arriving('ce1', toFar6({ src: 'fe80::2', dst: 'ff02::5' })),
      'punt',
      'local',
    ],
    ['local before group MAC', {}, under(broadcast, toFar6({ src: host6, dst: 'fe80::1' })), 'punt', 'local'],
    ['local before TTL', {}, arriving('ce1', toFar({ dst: '224.0.0.5', ttl: 0 })), 'punt', 'local'],
    ['link-local source before group MAC', {}, under(broadcast, toFar({ src: '169.254.1.1' })), 'drop', 'martian'],
    ['link-local source before uRPF', urpf, arriving('ce1', toFar({ src: '169.254.1.1' })), 'drop', 'martian'],
    [
      'link-local source before no-route',
      {},
      arriving('ce1', toFar6({ src: 'fe80::2', dst: '2001:db8:ffff::1' })),
      'drop',
      'martian',
    ],
    ['link-local source before TTL', {}, arriving('ce1', toFar6({ src: 'fe80::2', hopLimit: 1 })), 'drop', 'martian'],
    ['group MAC before uRPF', urpf, under(broadcast, toFar({ src: spoofed })), 'drop', 'not-for-us'],
    ['group MAC before no-route', {}, under(broadcast, toFar({ dst: '203.0.113.1' })), 'drop', 'not-for-us'],
    ['group MAC before own addresses', {}, under(broadcast, toFar({ dst: '10.1.1.1' })), 'drop', 'not-for-us'],
    [
      'group MAC before own addresses, IPv6 from link-local',
      {},
      under('33:33:00:00:00:01', toFar6({ src: 'fe80::2', dst: '2001:db8:1:1::1' })),
      'drop',
      'not-for-us',
    ],
    ['group MAC before TTL', {}, under(broadcast, toFar({ ttl: 1 })), 'drop', 'not-for-us'],
    ['uRPF before own addresses', urpf, arriving('ce1', toFar({ src: spoofed, dst: '10.1.1.1' })), 'drop', 'urpf'],
    ['uRPF before no-route', urpf, arriving('ce1', toFar({ src: spoofed, dst: '203.0.113.1' })), 'drop', 'urpf'],
    ['uRPF before TTL', urpf, arriving('ce1', toFar({ src: spoofed, ttl: 1 })), 'drop', 'urpf'],
    [
      'uRPF before a blackhole',
      { ...urpf, routes: [{ vrf: 'red', prefix: '10.9.0.0/16', drop: true }] },
      arriving('ce1', toFar({ src: spoofed, dst: '10.9.0.1' })),
      'drop',
      'urpf',
    ],
    ['no-route before TTL', {}, arriving('ce1', quiet({ src: host, dst: '203.0.113.1', ttl: 1 })), 'drop', 'no-route'],
    [
      'blackhole before TTL',
      { routes: [{ vrf: 'red', prefix: '10.9.0.0/16', drop: true }] },
      arriving('ce1', toFar({ dst: '10.9.0.1', ttl: 1 })),
      'drop',
      'blackhole',
    ],
    [
      'a route that punts before TTL',
      { routes: [{ vrf: 'red', prefix: '10.9.0.0/16', punt: true }] },
      arriving('ce1', toFar({ dst: '10.9.0.1', ttl: 1 })),
      'punt',
      'configured',
    ],
    [
      'a route that receives before TTL',
      { routes: [{ vrf: 'red', prefix: '10.9.0.0/16', receive: true }] },
      arriving('ce1', toFar({ dst: '10.9.0.1', ttl: 1 })),
      'punt',
      'local',
    ],
    [
      'TTL before MTU',
      { interfaces: { ce2: { mtu: 1300 } } },
      arriving(
        'ce1',
        ipv4({ src: host, dst: '10.1.2.2', ttl: 1, df: true, protocol: 1 }, icmp4(3, 0, zeros(4), filler(1400))),
      ),
      'drop',
      'ttl-expired',
    ],
    [
      'TTL before neighbour',
      {},
      arriving('ce1', quiet({ src: host, dst: '10.1.2.77', ttl: 1 })),
      'drop',
      'ttl-expired',
    ],
    [
      'MTU before neighbour',
      { interfaces: { ce2: { mtu: 1300 } } },
      arriving(
        'ce1',
        ipv4({ src: host, dst: '10.1.2.77', df: true, protocol: 1 }, icmp4(3, 0, zeros(4), filler(1400))),
      ),
      'drop',
      'too-big',
    ],
  ];
  for (const [name, changes, frame, kind, reason] of orders) {
    test(`IP-4 order: ${name}: ${reason}`, () => {
      const result = run(lab(changes), frame);
      const ends = kind === 'drop' ? result.drops : result.punts;
      expect(ends.map((end) => end.reason)).toEqual([reason]);
      expect(result.frames).toMatchObject({ in: 1, dropped: kind === 'drop' ? 1 : 0, punted: kind === 'punt' ? 1 : 0 });
    });
  }
  test('IP-4 no route: no-route and net unreachable (3/0)', () => {
    const packet = toFar({ dst: '203.0.113.1' });
    expectDropped(
      run(lab(), arriving('ce1', packet)),
      'no-route',
      leaving('ce1', icmpError4({ src: '10.1.1.1', dst: host, type: 3, code: 0, about: packet })),
    );
  });
  test('IP-4 no route: no-route and no route to destination (1/0)', () => {
    const packet = toFar6({ dst: '2001:db8:ffff::1' });
    expectDropped(
      run(lab(), arriving('ce1', packet)),
      'no-route',
      leaving('ce1', icmpError6({ src: '2001:db8:1:1::1', dst: host6, type: 1, code: 0, about: packet })),
    );
  });
  test('IP-4 no falling through to the global table', () => {
    const config = lab({ routes: [{ prefix: '0.0.0.0/0', via: '10.0.13.2' }] });
    for (const dst of ['10.6.0.9', '203.0.113.1', '10.7.1.2', '192.0.2.2']) {
      expectDropped(run(config, arriving('ce1', quiet({ src: host, dst }))), 'no-route');
      expectDropped(run(config, arriving('core1', quiet({ src: host, dst }), entry(24001))), 'no-route');
    }
  });
  test('IP-4 no falling through from one VRF to another', () => {
    const config = lab({ interfaces: { net1: { vrf: 'blue' } }, vrfs: { blue: {} } });
    expectDropped(run(config, arriving('net1', quiet({ src: '10.7.1.2', dst: '10.2.0.9' }))), 'no-route');
    expectDropped(run(config, arriving('net1', quiet({ src: '10.7.1.2', dst: '10.6.0.9' }))), 'no-route');
  });
  test('IP-4 blackhole is silent', () => {
    const config = lab({
      routes: [
        { vrf: 'red', prefix: '10.9.0.0/16', drop: true },
        { vrf: 'red', prefix: '2001:db8:9::/48', drop: true },
      ],
    });
    expectDropped(run(config, arriving('ce1', toFar({ dst: '10.9.0.1' }))), 'blackhole');
    expectDropped(run(config, arriving('ce1', toFar6({ dst: '2001:db8:9::1' }))), 'blackhole');
    expectDropped(run(config, arriving('core1', toFar({ dst: '10.9.0.1' }), entry(24001))), 'blackhole');
  });
  test('IP-4 a next hop that is blackholed makes a blackhole', () => {
    const config = lab({
      routes: [
        { prefix: '192.0.2.66/32', drop: true },
        { vrf: 'red', prefix: '10.66.0.0/16', via: '192.0.2.66', labels: [24066] },
      ],
    });
    expectDropped(run(config, arriving('ce1', toFar({ dst: '10.66.0.1' }))), 'blackhole');
  });
});

describe('IP-5', () => {
  /** Prefixes, each with the label that names it, all by way of core2. */
  const table = (prefixes: string[]) =>
    lab({
      routes: prefixes.map((prefix, i) => ({ vrf: 'red', prefix, via: '192.0.2.3', labels: [1000 + i] })),
    });
  const taken = (config: string, packets: Bytes[]) => {
    const result = run(config, ...packets.map((packet) => arriving('ce1', packet)));
    return result.out.map(({ bytes }) => (decode(bytes).labels.at(-1)?.label ?? 0) - 1000);
  };
  test('IP-5 longest match wins at every length, IPv4', () => {
    const lengths = Array.from({ length: 33 }, (_, length) => length);
    const base = 0b01010101_01010101_00110011_00001111;
    const text = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
    const mask = (length: number) => (length === 0 ? 0 : (-1 << (32 - length)) >>> 0);
    const config = table(lengths.map((length) => `${text((base & mask(length)) >>> 0)}/${length}`));
    // An address that differs from the base first in bit n matches the prefix of n bits; none of them is a martian.
    const destinations = lengths.map((length) => (length === 32 ? base : (base ^ (1 << (31 - length))) >>> 0));
    expect(
      taken(
        config,
        destinations.map((value) => toFar({ dst: text(value) })),
      ),
    ).toEqual(lengths);
  });
  test('IP-5 longest match wins at every length, IPv6', () => {
    const lengths = Array.from({ length: 129 }, (_, length) => length);
    const base = 0x2001_0db8_a5a5_5a5a_1234_8765_0f0f_f0f1n;
    const text = (value: bigint) =>
      Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
    const masked = (length: number) => (base >> BigInt(128 - length)) << BigInt(128 - length);
    const config = table(lengths.map((length) => `${text(masked(length))}/${length}`));
    const destinations = lengths.map((length) => (length === 128 ? base : base ^ (1n << BigInt(127 - length))));
    expect(
      taken(
        config,
        destinations.map((value) => toFar6({ dst: text(value) })),
      ),
    ).toEqual(lengths);
  });
  test('IP-5 the order of the lines does not matter', () => {
    const prefixes = ['10.20.1.0/24', '0.0.0.0/0', '10.20.1.7/32', '10.20.0.0/16', '10.20.1.6/31', '10.0.0.0/8'];
    const dsts = ['10.20.1.1', '203.0.113.1', '10.20.1.7', '10.20.9.9', '10.20.1.6', '10.99.1.1'];
    const packets = dsts.map((dst) => toFar({ dst }));
    expect(taken(table(prefixes), packets)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(taken(table(prefixes.toReversed()), packets)).toEqual([5, 4, 3, 2, 1, 0]);
  });
  test('IP-5 both addresses of a /31 and of a /127 match, their neighbours do not', () => {
    const config = table(['10.20.1.6/31', '10.20.0.0/16', '2001:db8:20::6/127', '2001:db8:20::/48']);
    const dsts = ['10.20.1.5', '10.20.1.6', '10.20.1.7', '10.20.1.8'];
    const dsts6 = ['2001:db8:20::5', '2001:db8:20::6', '2001:db8:20::7', '2001:db8:20::8'];
    expect(taken(config, [...dsts.map((dst) => toFar({ dst })), ...dsts6.map((dst) => toFar6({ dst }))])).toEqual([
      1, 0, 0, 1, 3, 2, 2, 3,
    ]);
  });
  test('IP-5 a /32 and a /128 match their address alone', () => {
    const config = table(['10.20.1.6/32', '10.20.0.0/16', '2001:db8:20::6/128', '2001:db8:20::/48']);
    const dsts = ['10.20.1.5', '10.20.1.6', '10.20.1.7'];
    const dsts6 = ['2001:db8:20::5', '2001:db8:20::6', '2001:db8:20::7'];
    expect(taken(config, [...dsts.map((dst) => toFar({ dst })), ...dsts6.map((dst) => toFar6({ dst }))])).toEqual([
      1, 0, 1, 3, 2, 3,
    ]);
  });
  test('IP-5 the default routes of the families are two', () => {
    const config = table(['0.0.0.0/0']);
    expect(taken(config, [toFar({ dst: '203.0.113.1' })])).toEqual([0]);
    const six = arriving('ce1', toFar6({ dst: '2001:db8:ffff::1' }));
    expect(run(config, six).drops.map(({ reason }) => reason)).toEqual(['no-route']);
  });
  test('IP-5 a longer route beats a connected subnet, a connected subnet a shorter route', () => {
    const config = table(['10.1.2.128/25', '10.1.0.0/16']);
    const packet = (dst: string, ttl = 64) => toFar({ dst, ttl });
    expect(taken(config, [packet('10.1.2.200'), packet('10.1.77.1')])).toEqual([0, 1]);
    expectForwarded(run(config, arriving('ce1', packet('10.1.2.2'))), leaving('ce2', packet('10.1.2.2', 63)));
  });
  test('IP-5 a blackhole in a shorter prefix and around a longer one', () => {
    const config = lab({
      routes: [
        { vrf: 'red', prefix: '10.20.0.0/16', via: '10.1.2.2' },
        { vrf: 'red', prefix: '10.20.1.0/24', drop: true },
        { vrf: 'red', prefix: '10.20.1.64/26', via: '10.1.2.2' },
      ],
    });
    const packet = (dst: string, ttl = 64) => toFar({ dst, ttl });
    expectDropped(run(config, arriving('ce1', packet('10.20.1.1'))), 'blackhole');
    for (const dst of ['10.20.2.1', '10.20.1.65']) {
      expectForwarded(run(config, arriving('ce1', packet(dst))), leaving('ce2', packet(dst, 63)));
    }
  });
});

describe('IP-6', () => {
  for (const [name, options] of [
    ['router alert', [0x94, 4, 0, 0]],
    ['record route', [7, 7, 4, 0, 0, 0, 0, 0]],
    ['loose source route', [0x83, 7, 4, 203, 0, 113, 1, 0]],
    ['forty bytes of no operation', new Array<number>(40).fill(1)],
  ] as [string, Bytes][]) {
    test(`IP-6 ${name}: the labels pushed are those of any packet to that destination`, () => {
      const packet = (ttl: number) => toFar({ options, ttl });
      expectForwarded(
        run(lab(), arriving('ce1', packet(64))),
        leaving('core1', packet(63), entry(16002, 63), entry(24012, 63)),
      );
    });
    test(`IP-6 ${name} beneath a label: popped and routed like any packet`, () => {
      const packet = (ttl: number) => toNear({ options, ttl });
      expectForwarded(run(lab(), arriving('core1', packet(64), entry(24001))), leaving('ce1', packet(63)));
    });
  }
});

describe('IP-7', () => {
  const reverse = (urpf: 'strict' | 'loose', routes: Record<string, unknown>[] = []) =>
    lab({ interfaces: { ce1: { urpf } }, routes });
  const from = (src: string) => arriving('ce1', toFar({ src, dst: '10.1.2.2' }));
  const from6 = (src: string) => arriving('ce1', toFar6({ src, dst: '2001:db8:1:2::2' }));
  const passed = (src: string): Leaving => leaving('ce2', toFar({ src, dst: '10.1.2.2', ttl: 63 }));
  const passed6 = (src: string): Leaving => leaving('ce2', toFar6({ src, dst: '2001:db8:1:2::2', hopLimit: 63 }));

  const cases: [string, string, Record<string, unknown>[], boolean, boolean][] = [
    ['connected on the ingress interface', '10.1.1.99', [], true, true],
    ['connected on another interface', '10.1.2.99', [], false, true],
    ['behind the CE', '10.30.0.1', [{ vrf: 'red', prefix: '10.30.0.0/16', via: '10.1.1.2' }], true, true],
    ['behind another CE', '10.30.0.1', [{ vrf: 'red', prefix: '10.30.0.0/16', via: '10.1.2.2' }], false, true],
    ['behind the core', '10.2.0.77', [], false, true],
    ['no route', '203.0.113.7', [], false, false],
    ['default route to the CE', '203.0.113.7', [{ vrf: 'red', prefix: '0.0.0.0/0', via: '10.1.1.2' }], true, true],
    ['default route elsewhere', '203.0.113.7', [{ vrf: 'red', prefix: '0.0.0.0/0', via: '10.1.2.2' }], false, true],
    ['default route to a table', '203.0.113.7', [{ vrf: 'red', prefix: '0.0.0.0/0', table: 'global' }], false, true],
    ['a route that drops', '10.30.0.1', [{ vrf: 'red', prefix: '10.30.0.0/16', drop: true }], false, false],
    ['a route that punts', '10.30.0.1', [{ vrf: 'red', prefix: '10.30.0.0/16', punt: true }], false, false],
    ['a route that receives', '10.30.0.1', [{ vrf: 'red', prefix: '10.30.0.0/16', receive: true }], false, false],
    ['an own address of the ingress interface', '10.1.1.1', [], false, false],
    ['an own address of another interface', '10.1.2.1', [], false, false],
    [
      'several paths, one of them to the CE',
      '10.30.0.1',
      [{ vrf: 'red', prefix: '10.30.0.0/16', paths: [{ via: '10.1.2.2' }, { via: '10.1.1.2' }] }],
      true,
      true,
    ],
    [
      'several paths, none of them to the CE',
      '10.30.0.1',
      [{ vrf: 'red', prefix: '10.30.0.0/16', paths: [{ via: '10.1.2.2' }, { via: '192.0.2.2' }] }],
      false,
      true,
    ],
    [
      'a drop as the best route within a shorter one to the CE',
      '10.30.1.1',
      [
        { vrf: 'red', prefix: '10.30.0.0/16', via: '10.1.1.2' },
        { vrf: 'red', prefix: '10.30.1.0/24', drop: true },
      ],
      false,
      false,
    ],
    [
      'a better route elsewhere than the one to the CE',
      '10.30.1.1',
      [
        { vrf: 'red', prefix: '10.30.0.0/16', via: '10.1.1.2' },
        { vrf: 'red', prefix: '10.30.1.0/24', via: '10.1.2.2' },
      ],
      false,
      true,
    ],
    ['a route in another table only', '10.6.0.1', [], false, false],
  ];
  for (const [name, src, routes, strict, loose] of cases) {
    for (const [mode, passes] of [
      ['strict', strict],
      ['loose', loose],
    ] as ['strict' | 'loose', boolean][]) {
      test(`IP-7 ${mode}, source ${name}: ${passes ? 'passes' : 'urpf, silently'}`, () => {
        const result = run(reverse(mode, routes), from(src));
        if (passes) expectForwarded(result, passed(src));
        else expectDropped(result, 'urpf');
      });
    }
  }
  const cases6: [string, string, Record<string, unknown>[], boolean, boolean][] = [
    ['connected on the ingress interface', '2001:db8:1:1::99', [], true, true],
    ['connected on another interface', '2001:db8:1:2::99', [], false, true],
    ['behind the CE', '2001:db8:30::1', [{ vrf: 'red', prefix: '2001:db8:30::/48', via: host6 }], true, true],
    ['behind the core', '2001:db8:2::77', [], false, true],
    ['no route', '2001:db8:ffff::1', [], false, false],
    ['default route to the CE', '2001:db8:ffff::1', [{ vrf: 'red', prefix: '::/0', via: host6 }], true, true],
    ['default route to a table', '2001:db8:ffff::1', [{ vrf: 'red', prefix: '::/0', table: 'global' }], false, true],
    ['a route that drops', '2001:db8:30::1', [{ vrf: 'red', prefix: '2001:db8:30::/48', drop: true }], false, false],
    ['an own address', '2001:db8:1:1::1', [], false, false],
  ];
  for (const [name, src, routes, strict, loose] of cases6) {
    for (const [mode, passes] of [
      ['strict', strict],
      ['loose', loose],
    ] as ['strict' | 'loose', boolean][]) {
      test(`IP-7 IPv6 ${mode}, source ${name}: ${passes ? 'passes' : 'urpf, silently'}`, () => {
        const result = run(reverse(mode, routes), from6(src));
        if (passes) expectForwarded(result, passed6(src));
        else expectDropped(result, 'urpf');
      });
    }
  }
  test('IP-7 without urpf any source passes', () => {
    expectForwarded(run(lab(), from('203.0.113.7')), passed('203.0.113.7'));
  });
  test('IP-7 an interface without urpf is not touched by that of another', () => {
    const packet = (ttl: number) => toFar({ src: '203.0.113.7', dst: '10.1.1.2', ttl });
    expectForwarded(run(reverse('strict'), arriving('ce2', packet(64))), leaving('ce1', packet(63)));
  });
  test('IP-7 strict tells sub-interfaces of one port apart', () => {
    const config = lab({
      interfaces: {
        'ce1.100': { vlan: 100, vrf: 'red', addresses: ['10.1.100.1/24'], urpf: 'strict' },
        'ce1.200': { vlan: 200, vrf: 'red', addresses: ['10.1.200.1/24'], urpf: 'strict' },
      },
    });
    const tagged = (vlan: number, src: string): Sent => ({
      port: 'ce1',
      bytes: eth({ tags: [[0x8100, vlan]], type: 0x0800 }, toFar({ src, dst: '10.1.2.2' })),
    });
    expectForwarded(run(config, tagged(100, '10.1.100.9')), passed('10.1.100.9'));
    expectDropped(run(config, tagged(200, '10.1.100.9')), 'urpf');
  });
  test('IP-7 strict: a recursive route leads out where its next hop does', () => {
    const config = reverse('strict', [
      { vrf: 'red', prefix: '10.40.0.0/16', via: '192.0.2.9' },
      { prefix: '192.0.2.9/32', via: '10.0.12.2' },
    ]);
    expectDropped(run(config, from('10.40.0.1')), 'urpf');
  });
  test('IP-7 packets that arrived labelled are not checked', () => {
    for (const urpf of ['strict', 'loose']) {
      const config = lab({ interfaces: { core1: { urpf } } });
      const packet = (ttl: number) => toNear({ src: '203.0.113.7', ttl });
      expectForwarded(run(config, arriving('core1', packet(64), entry(24001))), leaving('ce1', packet(63)));
      const packet6 = (hopLimit: number) => toNear6({ src: '2001:db8:ffff::7', hopLimit });
      expectForwarded(run(config, arriving('core1', packet6(64), entry(24001))), leaving('ce1', packet6(63)));
      expectForwarded(
        run(config, arriving('core1', toNear({ src: '203.0.113.7', dst: '10.6.0.1' }), entry(0))),
        leaving('core2', toNear({ src: '203.0.113.7', dst: '10.6.0.1', ttl: 63 })),
      );
    }
  });
  test('IP-7 unlabelled packets on the same interface are checked', () => {
    const config = lab({ interfaces: { core1: { urpf: 'strict' } } });
    expectDropped(run(config, arriving('core1', toNear({ src: '203.0.113.7', dst: '10.6.0.1' }))), 'urpf');
  });
  test('IP-7 a whole flow of spoofed packets leaves nothing behind', () => {
    const frames = Array.from({ length: 50 }, (_, i) => from(`198.51.100.${i}`));
    const result = run(reverse('strict'), ...frames);
    expectDropped(result, 'urpf');
    expect(sent(result)).toEqual([]);
  });
});
