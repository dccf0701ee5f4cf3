// ECMP-1 to ECMP-4: which path a flow takes. RFC 4928, 6790, 7325.
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/control/config/index.ts';
import type { RouteModel, RouterModel } from '../../src/control/model.ts';
import type { IpPrefix } from '../../src/wire/address.ts';
import type { Bytes, LabelOptions } from '../support/frames.ts';
import { decode, eth, filler, ipv4, ipv6, labels, u16, udp } from '../support/frames.ts';
import type { Sent, TestRouter } from '../support/router.ts';
import { openRouter } from '../support/router.ts';
import type { StackEntry } from './labs-ttl-ip.ts';
import { dropReasons, expectBalanced, run } from './labs-ttl-ip.ts';

// One way in, four ways out: what leaves on out1…out4 tells the path.
const inMac = '02:00:00:00:02:00';
const peerMac = '02:00:00:00:a2:00';
const outs = ['out1', 'out2', 'out3', 'out4'] as const;
const hop = (i: number) => `10.0.${i}.2`;
const hop6 = (i: number) => `2001:db8:0:${i}::2`;

interface EcmpChanges {
  router?: Record<string, unknown>;
  routes?: unknown[];
  labels?: unknown[];
  more?: Record<string, unknown>;
  interfaces?: Record<string, unknown>;
}
const dst4 = '10.9.0.0/16';
const dst6 = '2001:db8:9::/48';

const fanOut = (count: number, path: Record<string, unknown> = {}) =>
  Array.from({ length: count }, (_, i) => ({ via: hop(i + 1), ...path }));

function lab(changes: EcmpChanges = {}): string {
  const numbers = [1, 2, 3, 4];
  return JSON.stringify({
    router: { name: 'p1', id: '192.0.2.1', id6: '2001:db8::1', hashSeed: 1, ...changes.router },
    interfaces: {
      in: { mac: inMac, mtu: 9000, mpls: true, addresses: ['10.0.0.1/24', '2001:db8:0:f::1/64'] },
      ...Object.fromEntries(
        numbers.map((i) => [
          `out${i}`,
          {
            mac: `02:00:00:00:02:0${i}`,
            mtu: 9000,
            mpls: true,
            addresses: [`10.0.${i}.1/24`, `2001:db8:0:${i}::1/64`],
          },
        ]),
      ),
      ...changes.interfaces,
    },
    neighbors: numbers.flatMap((i) => [
      { interface: `out${i}`, address: hop(i), mac: `02:00:00:00:a2:0${i}` },
      { interface: `out${i}`, address: hop6(i), mac: `02:00:00:00:a2:0${i}` },
    ]),
    routes: changes.routes ?? [
      { prefix: dst4, paths: fanOut(4) },
      { prefix: dst6, paths: fanOut(4) },
    ],
    labels: changes.labels ?? [
      { label: 16001, paths: fanOut(4, { labels: [17001] }) },
      { label: 16011, paths: fanOut(4, { labels: [17011] }) },
    ],
    ...changes.more,
  });
}

const frame = (packet: Bytes, ...stack: StackEntry[]): Sent => ({
  port: 'in',
  bytes: eth({ dst: inMac, src: peerMac, type: stack.length > 0 ? 0x8847 : packet[0] >>> 4 === 6 ? 0x86dd : 0x0800 }, [
    ...labels(...stack),
    ...packet,
  ]),
});
const four = (sport = 1000, dport = 2000, o: Parameters<typeof ipv4>[0] = {}) =>
  ipv4({ src: '10.8.0.1', dst: '10.9.0.1', ...o }, udp(sport, dport, filler(4)));
const six = (sport = 1000, dport = 2000, o: Parameters<typeof ipv6>[0] = {}) =>
  ipv6({ src: '2001:db8:8::1', dst: '2001:db8:9::1', ...o }, udp(sport, dport, filler(4)));

/** The port by which each frame leaves; frames must all pass. */
function paths(router: TestRouter, frames: Sent[]): string[] {
  const result = router.send(...frames);
  expectBalanced(result);
  expect(dropReasons(result)).toEqual([]);
  expect(result.out.length).toBe(frames.length);
  return result.out.map(({ port }) => port);
}
/** The path of each frame, sent one by one: the order of leaving says nothing then. */
const pathOfEach = (config: string | TestRouter, frames: Sent[]): string[] => {
  const router = typeof config === 'string' ? openRouter(config) : config;
  return frames.flatMap((one) => paths(router, [one]));
};
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
/** Used: how many of the paths see a frame. */
const used = (ports: string[]) => new Set(ports).size;
const flows = many(64, (i) => i);

describe('ECMP-1', () => {
  test('ECMP-1 one flow, one path: whatever else changes in its packets', () => {
    const router = openRouter(lab());
    for (const sport of many(16, (i) => 3000 + i)) {
      const variants = [
        four(sport),
        four(sport, 2000, { ttl: 9 }),
        four(sport, 2000, { tos: 0xb8 }),
        four(sport, 2000, { id: 77 }),
        four(sport, 2000, { df: true }),
        ipv4({ src: '10.8.0.1', dst: '10.9.0.1' }, udp(sport, 2000, filler(1000))),
        [...four(sport), ...filler(20)],
      ];
      expect(
        used(
          pathOfEach(
            router,
            variants.map((packet) => frame(packet)),
          ),
        ),
      ).toBe(1);
      const variants6 = [
        six(sport),
        six(sport, 2000, { hopLimit: 9 }),
        six(sport, 2000, { trafficClass: 0xb8 }),
        ipv6({ src: '2001:db8:8::1', dst: '2001:db8:9::1' }, udp(sport, 2000, filler(1000))),
      ];
      expect(
        used(
          pathOfEach(
            router,
            variants6.map((packet) => frame(packet)),
          ),
        ),
      ).toBe(1);
    }
  });
  test('ECMP-1 a flow keeps its path in a second router of the same configuration', () => {
    const frames = flows.map((i) => frame(four(1000 + i)));
    expect(pathOfEach(lab(), frames)).toEqual(pathOfEach(lab(), frames));
  });

  const spread4: [string, (i: number) => Bytes][] = [
    ['source address', (i) => four(1, 2, { src: `10.8.0.${i}` })],
    ['destination address', (i) => four(1, 2, { dst: `10.9.0.${i}` })],
    ['protocol', (i) => ipv4({ src: '10.8.0.1', dst: '10.9.0.1', protocol: 100 + i }, filler(20))],
    ['UDP source port', (i) => four(1000 + i, 2)],
    ['UDP destination port', (i) => four(1, 1000 + i)],
    [
      'TCP source port',
      (i) => ipv4({ src: '10.8.0.1', dst: '10.9.0.1', protocol: 6 }, [...u16(1000 + i), 0, 80, ...filler(16)]),
    ],
    [
      'TCP destination port',
      (i) => ipv4({ src: '10.8.0.1', dst: '10.9.0.1', protocol: 6 }, [0, 80, ...u16(1000 + i), ...filler(16)]),
    ],
    ['UDP source port behind options', (i) => four(1000 + i, 2, { options: [1, 1, 1, 1] })],
  ];
  const spread6: [string, (i: number) => Bytes][] = [
    ['source address', (i) => six(1, 2, { src: `2001:db8:8::${i.toString(16)}` })],
    ['high part of the source address', (i) => six(1, 2, { src: `2001:db8:8:${i.toString(16)}::1` })],
    ['destination address', (i) => six(1, 2, { dst: `2001:db8:9::${i.toString(16)}` })],
    ['high part of the destination address', (i) => six(1, 2, { dst: `2001:db8:9:${i.toString(16)}::1` })],
    ['protocol', (i) => ipv6({ src: '2001:db8:8::1', dst: '2001:db8:9::1', nextHeader: 100 + i }, filler(20))],
    ['UDP source port', (i) => six(1000 + i, 2)],
    ['UDP destination port', (i) => six(1, 1000 + i)],
  ];
  for (const [name, packet] of spread4) {
    test(`ECMP-1 IPv4: the ${name} tells flows apart`, () => {
      expect(
        used(
          pathOfEach(
            lab(),
            flows.map((i) => frame(packet(i + 1))),
          ),
        ),
      ).toBe(4);
    });
    test(`ECMP-1 IPv4 beneath labels: the ${name} tells flows apart`, () => {
      expect(
        used(
          pathOfEach(
            lab(),
            flows.map((i) => frame(packet(i + 1), 16001, 300)),
          ),
        ),
      ).toBe(4);
    });
  }
  for (const [name, packet] of spread6) {
    test(`ECMP-1 IPv6: the ${name} tells flows apart`, () => {
      expect(
        used(
          pathOfEach(
            lab(),
            flows.map((i) => frame(packet(i + 1))),
          ),
        ),
      ).toBe(4);
    });
    test(`ECMP-1 IPv6 beneath labels: the ${name} tells flows apart`, () => {
      expect(
        used(
          pathOfEach(
            lab(),
            flows.map((i) => frame(packet(i + 1), 16001, 300)),
          ),
        ),
      ).toBe(4);
    });
  }
  test('ECMP-1 fragments: what would be ports does not count, on the first fragment either', () => {
    const router = openRouter(lab());
    for (const o of [{ mf: true }, { mf: true, offset: 100 }, { offset: 100 }]) {
      const fragments = flows.map((i) => frame(four(1000 + i, 2000 + i, o)));
      expect(used(pathOfEach(router, fragments))).toBe(1);
    }
    const all = [{ mf: true }, { mf: true, offset: 100 }, { offset: 100 }].map((o) => frame(four(5, 6, o)));
    expect(used(pathOfEach(router, all))).toBe(1);
  });
  test('ECMP-1 fragments beneath labels likewise', () => {
    const router = openRouter(lab());
    const fragments = flows.map((i) => frame(four(1000 + i, 2000 + i, { mf: true, offset: i }), 16001));
    expect(used(pathOfEach(router, fragments))).toBe(1);
  });
  test('ECMP-1 IPv6 fragments: ports do not count', () => {
    const router = openRouter(lab());
    const fragment = (i: number, offset: number) =>
      ipv6({ src: '2001:db8:8::1', dst: '2001:db8:9::1', nextHeader: 44 }, [
        ...[17, 0, ...u16((offset << 3) | 1), 0, 0, 0, 1],
        ...udp(1000 + i, 2000 + i),
      ]);
    expect(
      used(
        pathOfEach(
          router,
          flows.map((i) => frame(fragment(i, 0))),
        ),
      ),
    ).toBe(1);
    expect(
      used(
        pathOfEach(
          router,
          flows.map((i) => frame(fragment(i, 5 * i))),
        ),
      ),
    ).toBe(1);
  });
  test('ECMP-1 fragments of different addresses still spread', () => {
    const fragments = flows.map((i) => frame(four(1, 2, { mf: true, src: `10.8.0.${i + 1}` })));
    expect(used(pathOfEach(lab(), fragments))).toBe(4);
  });

  const inner = (i: number) => four(1000 + i);
  const entry = (label: number, rest: Partial<LabelOptions> = {}): LabelOptions => ({ label, ...rest });
  test('ECMP-1 the labels tell flows apart', () => {
    const nothingBeneath = [0, ...filler(40)];
    const stacks = flows.map((i) => frame(nothingBeneath, 16001, 300 + i));
    expect(used(pathOfEach(lab(), stacks))).toBe(4);
  });
  test('ECMP-1 labels deep in the stack count too', () => {
    const nothingBeneath = [0, ...filler(40)];
    const stacks = flows.map((i) => frame(nothingBeneath, 16001, 300, 301, 302, 303, 304, 400 + i));
    expect(used(pathOfEach(lab(), stacks))).toBe(4);
  });
  test('ECMP-1 labels that differ in their highest or lowest bits only', () => {
    const nothingBeneath = [0, ...filler(40)];
    const high = flows.map((i) => frame(nothingBeneath, 16001, ((i + 1) << 14) | 300));
    expect(used(pathOfEach(lab(), high))).toBe(4);
  });
  const baseline = (router: TestRouter) =>
    pathOfEach(
      router,
      flows.map((i) => frame(inner(i), 16001, 300 + i)),
    );
  for (const [name, stack] of [
    ['TC of the top label', (i: number) => [entry(16001, { tc: 5 }), 300 + i]],
    ['TTL of the top label', (i: number) => [entry(16001, { ttl: 9 }), 300 + i]],
    ['TC of a label beneath', (i: number) => [16001, entry(300 + i, { tc: 7 })]],
    ['TTL of a label beneath', (i: number) => [16001, entry(300 + i, { ttl: 255 })]],
    ['an IPv4 explicit null at the bottom (and S above it)', (i: number) => [16001, 300 + i, 0]],
    ['an IPv6 explicit null in the middle', (i: number) => [16001, 2, 300 + i]],
    ['an IPv4 explicit null on top', (i: number) => [0, 16001, 300 + i]],
    ['a router alert in the middle', (i: number) => [16001, 1, 300 + i]],
    ['label 13 at the bottom', (i: number) => [16001, 300 + i, 13]],
    ['label 14 in the middle', (i: number) => [16001, 14, 300 + i]],
    ['labels 3 and 4 in the middle', (i: number) => [16001, 3, 4, 300 + i]],
  ] as [string, (i: number) => StackEntry[]][]) {
    test(`ECMP-1 ${name} does not change the path`, () => {
      const router = openRouter(lab());
      const changed = pathOfEach(
        router,
        flows.map((i) => frame(inner(i), ...stack(i))),
      );
      expect(changed).toEqual(baseline(router));
    });
  }
  test('ECMP-1 TTL and TC of the IP beneath labels do not change the path', () => {
    const router = openRouter(lab());
    const changed = flows.map((i) => frame(four(1000 + i, 2000, { ttl: 3, tos: 0xb8, id: i }), 16001, 300 + i));
    expect(pathOfEach(router, changed)).toEqual(baseline(router));
  });
  test('ECMP-1 beneath the stack neither 4 nor 6: the payload does not count', () => {
    const router = openRouter(lab());
    for (const first of [0x00, 0x10, 0x50, 0xf0]) {
      const frames = flows.map((i) => frame([first, ...filler(60, i)], 16001, 300));
      expect(used(pathOfEach(router, frames))).toBe(1);
    }
  });
  test('ECMP-1 hashPayload false: only the labels count', () => {
    const router = openRouter(lab({ router: { hashPayload: false } }));
    const same = flows.map((i) => frame(four(1000 + i, 2000, { src: `10.8.0.${i + 1}` }), 16001, 300));
    const same6 = flows.map((i) => frame(six(1000 + i), 16001, 300));
    const port = pathOfEach(router, [frame([0, ...filler(40)], 16001, 300)]);
    expect(new Set(pathOfEach(router, same))).toEqual(new Set(port));
    expect(new Set(pathOfEach(router, same6))).toEqual(new Set(port));
    expect(
      used(
        pathOfEach(
          router,
          flows.map((i) => frame(inner(1), 16001, 300 + i)),
        ),
      ),
    ).toBe(4);
  });
  test('ECMP-1 hashPayload false: unlabelled packets are hashed as ever', () => {
    const router = openRouter(lab({ router: { hashPayload: false } }));
    expect(
      used(
        pathOfEach(
          router,
          flows.map((i) => frame(inner(i))),
        ),
      ),
    ).toBe(4);
  });
  test('ECMP-1 hashPayload true is the default', () => {
    const frames = flows.map((i) => frame(inner(i), 16001, 300));
    expect(pathOfEach(lab({ router: { hashPayload: true } }), frames)).toEqual(pathOfEach(lab(), frames));
  });

  test('ECMP-1 an entropy label is used alone: other labels and the payload do not count', () => {
    const router = openRouter(lab());
    for (const el of [16, 500_000, 1_048_575]) {
      const frames = flows.flatMap((i) => [
        frame(four(1000 + i, 2, { src: `10.8.0.${i + 1}` }), 16001, 7, entry(el, { ttl: 0 })),
        frame(four(1000 + i), 16001, 7, entry(el, { ttl: 0 }), 300 + i),
        frame(six(1000 + i), 16011, 7, entry(el, { ttl: 0 })),
        frame([0, ...filler(40, i)], 16011, 7, entry(el, { ttl: 0 }), 400 + i),
        frame(four(1000 + i), 16001, 300 + i, 7, entry(el, { ttl: 0 })),
        frame(four(1000 + i), 16001, 300 + i, 301, 302, 7, entry(el, { ttl: 0 }), 500),
      ]);
      expect(used(pathOfEach(router, frames))).toBe(1);
    }
  });
  test('ECMP-1 entropy labels tell flows apart', () => {
    const frames = flows.map((i) => frame(four(), 16001, 7, { label: 100_000 + i, ttl: 0 }));
    expect(used(pathOfEach(lab(), frames))).toBe(4);
  });
  test('ECMP-1 TTL and TC of indicator and entropy label do not count', () => {
    const router = openRouter(lab());
    const plain = flows.map((i) => frame(four(), 16001, 7, { label: 100_000 + i, ttl: 0 }));
    const loud = flows.map((i) =>
      frame(four(), 16001, entry(7, { tc: 3, ttl: 5 }), entry(100_000 + i, { ttl: 77, tc: 6 })),
    );
    expect(pathOfEach(router, loud)).toEqual(pathOfEach(router, plain));
  });
  test('ECMP-1 an entropy label counts with hashPayload false as well', () => {
    const router = openRouter(lab({ router: { hashPayload: false } }));
    const frames = flows.map((i) => frame(four(), 16001, 7, { label: 100_000 + i, ttl: 0 }));
    expect(used(pathOfEach(router, frames))).toBe(4);
  });
});

/** The share of each port among so many frames, sent in chunks. */
function shares(config: string, count: number, make: (i: number) => Sent) {
  const router = openRouter(config);
  const counts = new Map<string, number>();
  const chunk = 10_000;
  for (let start = 0; start < count; start += chunk) {
    const result = router.send(...many(Math.min(chunk, count - start), (i) => make(start + i)));
    expect(result.frames.dropped).toBe(0);
    for (const { port } of result.out) counts.set(port, (counts.get(port) ?? 0) + 1);
  }
  return (name: string) => (counts.get(name) ?? 0) / count;
}
/** Frames that differ by ports only: no checksum covers them here. */
function byPorts(template: Sent, portsAt: number): (i: number) => Sent {
  return (i) => {
    const bytes = Uint8Array.from(template.bytes);
    bytes[portsAt] = 0x20 | (i >>> 16);
    bytes[portsAt + 1] = 7;
    bytes[portsAt + 2] = (i >>> 8) & 255;
    bytes[portsAt + 3] = i & 255;
    return { port: 'in', bytes };
  };
}
/** Frames that differ by one label, the bottom one: counted up from `first` in the entry at the offset. */
function byLabel(template: Sent, entryAt: number, first: number): (i: number) => Sent {
  return (i) => {
    const bytes = Uint8Array.from(template.bytes);
    const label = first + i;
    bytes[entryAt] = label >>> 12;
    bytes[entryAt + 1] = (label >>> 4) & 255;
    bytes[entryAt + 2] = ((label & 15) << 4) | 1;
    return { port: 'in', bytes };
  };
}
const weighted = (...weights: number[]) => weights.map((weight, i) => ({ via: hop(i + 1), weight }));
const near = (share: number, wanted: number) => {
  expect(share).toBeGreaterThan(wanted - 0.02);
  expect(share).toBeLessThan(wanted + 0.02);
};
const slow = 120_000;

describe('ECMP-2', () => {
  for (const [weights, count] of [
    [[5, 3, 2, 1], 100_000],
    [[2, 1], 20_000],
    [[1, 1, 1], 20_000],
    [[10, 1], 20_000],
  ] as [number[], number][]) {
    test(
      `ECMP-2 weights ${weights.join(':')} hold within 2 points over ${count} IPv4 flows`,
      () => {
        const config = lab({ routes: [{ prefix: dst4, paths: weighted(...weights) }] });
        const share = shares(config, count, byPorts(frame(four()), 14 + 20));
        const sum = weights.reduce((x, y) => x + y);
        for (const [i, weight] of weights.entries()) near(share(outs[i]), weight / sum);
      },
      slow,
    );
  }
  test(
    'ECMP-2 weights 3:1 hold over IPv6 flows',
    () => {
      const config = lab({ routes: [{ prefix: dst6, paths: weighted(3, 1) }] });
      const share = shares(config, 20_000, byPorts(frame(six()), 14 + 40));
      near(share('out1'), 0.75);
      near(share('out2'), 0.25);
    },
    slow,
  );
  test(
    'ECMP-2 weights 3:1 hold over 100000 label stacks',
    () => {
      const config = lab({
        labels: [{ label: 16001, paths: weighted(3, 1).map((path) => ({ ...path, labels: [17001] })) }],
      });
      const template = frame([0, ...filler(19)], 16001, 300);
      const share = shares(config, 100_000, byLabel(template, 18, 4096));
      near(share('out1'), 0.75);
      near(share('out2'), 0.25);
    },
    slow,
  );
  test(
    'ECMP-2 weights 1:2 hold over entropy labels',
    () => {
      const config = lab({
        labels: [{ label: 16001, paths: weighted(1, 2).map((path) => ({ ...path, labels: [17001] })) }],
      });
      const template = frame(four(), 16001, 7, { label: 300, ttl: 0 });
      const share = shares(config, 20_000, byLabel(template, 22, 16));
      near(share('out1'), 1 / 3);
      near(share('out2'), 2 / 3);
    },
    slow,
  );
  test(
    'ECMP-2 weights 1:1 hold over hosts in a row',
    () => {
      const config = lab({ routes: [{ prefix: '0.0.0.0/0', paths: weighted(1, 1) }] });
      const host = (i: number) => `11.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`;
      const share = shares(config, 20_000, (i) => frame(ipv4({ src: '10.8.0.1', dst: host(i), protocol: 50 }, [])));
      near(share('out1'), 0.5);
    },
    slow,
  );
  test('ECMP-2 the default weight is 1', () => {
    const config = lab({ routes: [{ prefix: dst4, paths: [{ via: hop(1), weight: 3 }, { via: hop(2) }] }] });
    const share = shares(config, 10_000, byPorts(frame(four()), 34));
    near(share('out1'), 0.75);
  });
  // reading: a recursive path's share is divided among the paths of its next hop.
  test('ECMP-2 weights of two levels multiply', () => {
    const config = lab({
      routes: [
        { prefix: dst4, paths: [{ via: '192.0.2.2' }, { via: hop(3), weight: 1 }] },
        { prefix: '192.0.2.2/32', paths: weighted(1, 1) },
      ],
    });
    const share = shares(config, 10_000, byPorts(frame(four()), 34));
    near(share('out1'), 0.25);
    near(share('out2'), 0.25);
    near(share('out3'), 0.5);
  });

  /** What the first router sends to out1, on to the second one. */
  function inARow(first: Record<string, unknown>, second: Record<string, unknown>): number {
    const routes = [{ prefix: dst4, paths: weighted(1, 1) }];
    const a = openRouter(lab({ router: first, routes }));
    const b = openRouter(lab({ router: second, routes }));
    const onOut1 = a
      .send(...many(4000, byPorts(frame(four()), 34)))
      .out.filter(({ port }) => port === 'out1')
      .map(({ bytes }): Sent => {
        const copy = Array.from(bytes);
        copy.splice(0, 6, 2, 0, 0, 0, 2, 0);
        return { port: 'in', bytes: copy };
      });
    expect(onOut1.length).toBeGreaterThan(1500);
    const { out } = b.send(...onOut1);
    expect(out.length).toBe(onOut1.length);
    return out.filter(({ port }) => port === 'out1').length / out.length;
  }
  for (const [name, first, second] of [
    ['seeds 1 and 2', { hashSeed: 1 }, { hashSeed: 2 }],
    ['seeds 0 and 1', { hashSeed: 0 }, { hashSeed: 1 }],
    ['seeds 1 and 4294967295', { hashSeed: 1 }, { hashSeed: 0xffffffff }],
    ['names alone', { hashSeed: undefined, name: 'p1' }, { hashSeed: undefined, name: 'p2' }],
    ['ids alone', { hashSeed: undefined, id: '192.0.2.101' }, { hashSeed: undefined, id: '192.0.2.102' }],
  ] as [string, Record<string, unknown>, Record<string, unknown>][]) {
    test(
      `ECMP-2 two routers in a row that differ in ${name} do not polarize`,
      () => {
        const share = inARow(first, second);
        expect(share).toBeGreaterThan(0.45);
        expect(share).toBeLessThan(0.55);
      },
      slow,
    );
  }
  test(
    'ECMP-2 the seed alone decides: with the same one, the name and id do not count',
    () => {
      expect(inARow({ name: 'p1' }, { name: 'p2', id: '192.0.2.77' })).toBe(1);
    },
    slow,
  );
});

describe('ECMP-3', () => {
  const frames = many(200, (i) => frame(four(1000 + i)));
  const labelled = many(200, (i) => frame(four(1000 + i), 16001));
  /** Routes to 20.0.0.0/24, 20.0.1.0/24 and so on, which all share one transport of two paths. */
  function sharing(count: number): RouterModel {
    const transport = { prefix: '192.0.2.2/32', paths: fanOut(2, { labels: [16002] }) };
    const model = parseConfig(
      lab({ routes: [transport, { prefix: dst4, via: '192.0.2.2', labels: [500] }] }),
      'test.yaml',
    );
    const [first, pattern] = model.routes as [RouteModel, RouteModel];
    const prefix = (i: number): IpPrefix => ({ family: 4, words: [0x14000000 + i * 256], length: 24 });
    return { ...model, routes: [first, ...many(count, (i) => ({ ...pattern, prefix: prefix(i) }))] };
  }
  /** Flows on other paths than the lost ones are where they were; the others are elsewhere. */
  function expectOnlyMoved(before: string[], after: string[], lost: string[]) {
    before.forEach((port, i) => {
      if (lost.includes(port)) expect(lost).not.toContain(after[i]);
      else expect(after[i]).toBe(port);
    });
  }
  for (const [name, set] of [
    ['interface', (router: TestRouter, i: number, up: boolean) => router.setInterfaceUp(`out${i}`, up)],
    ['neighbour', (router: TestRouter, i: number, up: boolean) => router.setNeighborUp(`out${i}`, hop(i), up)],
  ] as [string, (router: TestRouter, i: number, up: boolean) => void][]) {
    test(`ECMP-3 ${name} down: its flows move at once, the others stay; up again: all is as before`, () => {
      const router = openRouter(lab());
      const before = pathOfEach(router, frames);
      expect(used(before)).toBe(4);
      set(router, 2, false);
      const after = pathOfEach(router, frames);
      expectOnlyMoved(before, after, ['out2']);
      set(router, 2, true);
      expect(pathOfEach(router, frames)).toEqual(before);
    });
    test(`ECMP-3 ${name}: two of four down, one after the other`, () => {
      const router = openRouter(lab());
      const before = pathOfEach(router, frames);
      set(router, 1, false);
      const one = pathOfEach(router, frames);
      set(router, 4, false);
      const two = pathOfEach(router, frames);
      expectOnlyMoved(before, one, ['out1']);
      expectOnlyMoved(one, two, ['out1', 'out4']);
      expectOnlyMoved(before, two, ['out1', 'out4']);
    });
    test(`ECMP-3 ${name} down: swapped flows move too, the others stay`, () => {
      const router = openRouter(lab());
      const before = pathOfEach(router, labelled);
      set(router, 3, false);
      expectOnlyMoved(before, pathOfEach(router, labelled), ['out3']);
    });
    test(`ECMP-3 ${name} down: every route that shares the path is served by that one write`, () => {
      const config = lab({
        routes: [
          { prefix: '192.0.2.2/32', paths: fanOut(2, { labels: [16002] }) },
          { prefix: dst4, via: '192.0.2.2', labels: [500] },
          { prefix: dst6, via: '192.0.2.2', labels: [501] },
          ...many(20, (i) => ({ prefix: `10.20.${i}.0/24`, via: '192.0.2.2', labels: [600 + i] })),
          { prefix: '10.30.0.0/16', via: hop(1) },
        ],
        labels: [{ label: 16001, via: '192.0.2.2', labels: [17001] }],
      });
      const all = [
        ...many(30, (i) => frame(four(1000 + i))),
        ...many(30, (i) => frame(six(1000 + i))),
        ...many(20, (i) => frame(four(7, 8, { dst: `10.20.${i}.1` }))),
        ...many(30, (i) => frame(four(1000 + i), 16001)),
      ];
      const router = openRouter(config);
      const before = pathOfEach(router, all);
      expect(used(before)).toBe(2);
      set(router, 1, false);
      expect(new Set(pathOfEach(router, all))).toEqual(new Set(['out2']));
      expect(dropReasons(router.send(frame(four(1, 2, { dst: '10.30.0.1' }))))).toEqual(['path-down']);
      set(router, 1, true);
      expect(pathOfEach(router, all)).toEqual(before);
    });
    test.each([1, 10_000])(
      `ECMP-3 ${name} down or up is one word of the tables, shared by so many routes: %d`,
      (count) => {
        const router = openRouter(sharing(count));
        const flows = many(40, (i) => {
          const route = Math.floor((i * (count - 1)) / 39);
          return frame(four(1000 + i, 2000, { dst: `20.${route >> 8}.${route & 255}.1` }));
        });
        const before = pathOfEach(router, flows);
        expect(used(before)).toBe(2);
        expect(router.changedWords(() => set(router, 1, false))).toBe(1);
        expect(new Set(pathOfEach(router, flows))).toEqual(new Set(['out2']));
        expect(router.changedWords(() => set(router, 1, true))).toBe(1);
        expect(pathOfEach(router, flows)).toEqual(before);
      },
    );
    test(`ECMP-3 ${name}: the backup steps in when no primary is left, not before`, () => {
      const config = lab({
        routes: [{ prefix: dst4, paths: [{ via: hop(1) }, { via: hop(2) }, { via: hop(3), backup: true }] }],
        labels: [
          {
            label: 16001,
            paths: [
              { via: hop(1), labels: [17001] },
              { via: hop(3), labels: [17003], backup: true },
            ],
          },
        ],
      });
      const router = openRouter(config);
      const before = pathOfEach(router, frames);
      expect(new Set(before)).toEqual(new Set(['out1', 'out2']));
      set(router, 1, false);
      const one = pathOfEach(router, frames);
      expect(new Set(one)).toEqual(new Set(['out2']));
      expect(new Set(pathOfEach(router, labelled))).toEqual(new Set(['out3']));
      set(router, 2, false);
      expect(new Set(pathOfEach(router, frames))).toEqual(new Set(['out3']));
      set(router, 1, true);
      expect(new Set(pathOfEach(router, frames))).toEqual(new Set(['out1']));
      expect(new Set(pathOfEach(router, labelled))).toEqual(new Set(['out1']));
      set(router, 2, true);
      expect(pathOfEach(router, frames)).toEqual(before);
    });
    test(`ECMP-3 ${name}: all paths down: path-down, silently, and no shorter route instead`, () => {
      const config = lab({
        routes: [
          { prefix: dst4, paths: fanOut(2) },
          { prefix: '10.0.0.0/8', via: hop(4) },
        ],
      });
      const router = openRouter(config);
      set(router, 1, false);
      set(router, 2, false);
      const result = router.send(...frames);
      expectBalanced(result);
      expect(new Set(dropReasons(result))).toEqual(new Set(['path-down']));
      expect(result.frames).toMatchObject({ in: 200, out: 0, made: 0, dropped: 200 });
    });
    test(`ECMP-3 ${name}: a backup that is down does not help`, () => {
      const config = lab({ routes: [{ prefix: dst4, paths: [{ via: hop(1) }, { via: hop(2), backup: true }] }] });
      const router = openRouter(config);
      set(router, 2, false);
      expect(new Set(pathOfEach(router, frames))).toEqual(new Set(['out1']));
      set(router, 1, false);
      expect(new Set(dropReasons(router.send(...frames)))).toEqual(new Set(['path-down']));
      set(router, 2, true);
      expect(new Set(pathOfEach(router, frames))).toEqual(new Set(['out2']));
    });
    test(`ECMP-3 ${name}: a swap with its one path down: path-down`, () => {
      const router = openRouter(lab({ labels: [{ label: 16001, via: hop(1), labels: [17001] }] }));
      set(router, 1, false);
      expect(dropReasons(router.send(frame(four(), 16001)))).toEqual(['path-down']);
    });
    test(`ECMP-3 ${name} down with weights: flows of the other paths stay`, () => {
      const router = openRouter(lab({ routes: [{ prefix: dst4, paths: weighted(5, 3, 2) }] }));
      const before = pathOfEach(router, frames);
      set(router, 1, false);
      expectOnlyMoved(before, pathOfEach(router, frames), ['out1']);
    });
  }
  test('ECMP-3 recursive routes: a backup at the upper level steps in when the lower one is lost', () => {
    const config = lab({
      routes: [
        { prefix: '192.0.2.2/32', via: hop(1), labels: [16002] },
        { prefix: '192.0.2.3/32', via: hop(2), labels: [16003] },
        {
          prefix: dst4,
          paths: [
            { via: '192.0.2.2', labels: [500] },
            { via: '192.0.2.3', labels: [501], backup: true },
          ],
        },
      ],
    });
    const router = openRouter(config);
    expect(new Set(pathOfEach(router, frames))).toEqual(new Set(['out1']));
    router.setInterfaceUp('out1', false);
    const result = router.send(frames[0]);
    expect(result.out.map(({ port }) => port)).toEqual(['out2']);
    expect(decode(result.out[0].bytes).labels.map(({ label }) => label)).toEqual([16003, 501]);
  });
  test('ECMP-3 weighted paths lost one after the other: only their flows move, each time', () => {
    const router = openRouter(lab({ routes: [{ prefix: dst4, paths: weighted(4, 3, 2, 1) }] }));
    const before = pathOfEach(router, frames);
    router.setInterfaceUp('out2', false);
    const one = pathOfEach(router, frames);
    expectOnlyMoved(before, one, ['out2']);
    router.setInterfaceUp('out4', false);
    const two = pathOfEach(router, frames);
    expectOnlyMoved(one, two, ['out4']);
    router.setInterfaceUp('out1', false);
    expect(new Set(pathOfEach(router, frames))).toEqual(new Set(['out3']));
    router.setInterfaceUp('out1', true);
    expect(pathOfEach(router, frames)).toEqual(two);
    router.setInterfaceUp('out4', true);
    expect(pathOfEach(router, frames)).toEqual(one);
    router.setInterfaceUp('out2', true);
    expect(pathOfEach(router, frames)).toEqual(before);
  });
  test('ECMP-3 two levels: flows of the legs that live stay, those of a lost leg go on over what is left', () => {
    const config = lab({
      routes: [
        {
          prefix: dst4,
          paths: [
            { via: '192.0.2.2', labels: [502] },
            { via: '192.0.2.3', labels: [503] },
          ],
        },
        { prefix: '192.0.2.2/32', paths: [1, 2].map((i) => ({ via: hop(i), labels: [16002] })) },
        { prefix: '192.0.2.3/32', paths: [3, 4].map((i) => ({ via: hop(i), labels: [16003] })) },
      ],
    });
    const router = openRouter(config);
    const before = pathOfEach(router, frames);
    expect(used(before)).toBe(4);
    router.setInterfaceUp('out1', false);
    const one = pathOfEach(router, frames);
    expectOnlyMoved(before, one, ['out1']);
    router.setInterfaceUp('out2', false);
    const two = pathOfEach(router, frames);
    expectOnlyMoved(one, two, ['out1', 'out2']);
    for (const single of frames.slice(0, 40)) {
      const [{ port, bytes }] = router.send(single).out;
      expect(['out3', 'out4']).toContain(port);
      expect(decode(bytes).labels.map(({ label }) => label)).toEqual([16003, 503]);
    }
  });
  test('ECMP-3 connected routes and per-CE labels go down with their interface or neighbour', () => {
    // reading: the one path of a connected route or label is a path like any other.
    const config = lab({ labels: [{ label: 24002, via: hop(1), payload: 'ip' }] });
    const connected = frame(four(1, 2, { dst: hop(1) }));
    for (const turn of [
      (router: TestRouter, up: boolean) => router.setInterfaceUp('out1', up),
      (router: TestRouter, up: boolean) => router.setNeighborUp('out1', hop(1), up),
    ]) {
      const router = openRouter(config);
      turn(router, false);
      expect(dropReasons(router.send(frame(four(), 24002)))).toEqual(['path-down']);
      expect(dropReasons(router.send(connected))).toEqual(['path-down']);
      turn(router, true);
      expect(pathOfEach(router, [frame(four(), 24002), connected])).toEqual(['out1', 'out1']);
    }
  });
  test('ECMP-3 the entropy label of a flow stays when its path moves', () => {
    const config = lab({ routes: [{ prefix: dst4, paths: fanOut(2, { labels: [500], entropy: true }) }] });
    const router = openRouter(config);
    const els = () => frames.map((one) => decode(router.send(one).out[0].bytes).labels[2].label);
    const before = els();
    router.setInterfaceUp('out1', false);
    expect(els()).toEqual(before);
  });
  test('ECMP-3 a neighbour down leaves another neighbour of the same interface alone', () => {
    const config = JSON.parse(lab({ routes: [{ prefix: dst4, paths: [{ via: hop(1) }, { via: '10.0.1.3' }] }] }));
    config.neighbors.push({ interface: 'out1', address: '10.0.1.3', mac: '02:00:00:00:a2:31' });
    const router = openRouter(JSON.stringify(config));
    const macs = () => frames.map((one) => decode(router.send(one).out[0].bytes).dst);
    const before = macs();
    expect(new Set(before).size).toBe(2);
    router.setNeighborUp('out1', hop(1), false);
    expect(new Set(macs())).toEqual(new Set(['02:00:00:00:a2:31']));
    router.setNeighborUp('out1', hop(1), true);
    expect(macs()).toEqual(before);
  });
});

describe('ECMP-4', () => {
  const eli = 7;
  const entropic = (path: Record<string, unknown> = {}) =>
    lab({
      routes: [
        { prefix: '192.0.2.2/32', via: hop(1), labels: [16002] },
        { prefix: '192.0.2.3/32', via: hop(1), labels: [16003], entropy: true, ...path },
        { prefix: dst4, via: '192.0.2.2', labels: [24012], entropy: true, ...path },
        { prefix: dst6, via: '192.0.2.2', labels: [24013], entropy: true, ...path },
        { prefix: '10.10.0.0/16', via: '192.0.2.3', labels: [24014] },
        { prefix: '10.11.0.0/16', via: hop(1), labels: [501, 502, 503], entropy: true, ...path },
      ],
      labels: [
        { label: 16001, via: hop(1), labels: [17001], entropy: true, ...path },
        { label: 16005, via: hop(1), labels: [17005, 17006], entropy: true, ...path },
      ],
    });
  const stackOf = (config: string, one: Sent) => {
    const result = run(config, one);
    expect(result.frames).toMatchObject({ in: 1, out: 1, dropped: 0 });
    return decode(result.out[0].bytes).labels;
  };
  const isEntropy = (label: number) => {
    expect(label).toBeGreaterThanOrEqual(16);
    expect(label).toBeLessThanOrEqual(1_048_575);
  };

  test('ECMP-4 right beneath the last label of the path that says so: TL, ELI, EL at the bottom', () => {
    for (const [packet, vpn] of [
      [four(1, 2, { tos: 0xa0 }), 24012],
      [six(1, 2, { trafficClass: 0xa0 }), 24013],
    ] as [Bytes, number][]) {
      const [transport, tl, indicator, el, ...rest] = stackOf(entropic(), frame(packet));
      expect(rest).toEqual([]);
      expect(transport).toEqual({ label: 16002, tc: 5, s: 0, ttl: 63 });
      expect(tl).toEqual({ label: vpn, tc: 5, s: 0, ttl: 63 });
      expect(indicator).toEqual({ label: eli, tc: 5, s: 0, ttl: 63 });
      expect(el).toMatchObject({ tc: 0, s: 1, ttl: 0 });
      isEntropy(el.label);
    }
  });
  test("ECMP-4 on a transport path: above the VPN label, the entropy label's S is 0", () => {
    const stack = stackOf(entropic(), frame(four(1, 2, { dst: '10.10.0.1' })));
    expect(stack.map(({ label }) => label)).toEqual([16003, eli, stack[2].label, 24014]);
    expect(stack.map(({ s }) => s)).toEqual([0, 0, 0, 1]);
    expect(stack[2]).toMatchObject({ tc: 0, ttl: 0 });
    isEntropy(stack[2].label);
  });
  test('ECMP-4 a path of several labels: beneath the last one', () => {
    const stack = stackOf(entropic(), frame(four(1, 2, { dst: '10.11.0.1' })));
    expect(stack.map(({ label }) => label)).toEqual([501, 502, 503, eli, stack[4].label]);
    expect(stack.map(({ s }) => s)).toEqual([0, 0, 0, 0, 1]);
  });
  for (const [ttl, expected] of [
    ['uniform', 63],
    ['pipe', 255],
    ['short-pipe', 255],
    [77, 77],
  ] as [string | number, number][]) {
    test(`ECMP-4 the indicator has the TTL of its tunnel label, mode ${ttl}; the entropy label has 0`, () => {
      const [, tl, indicator, el] = stackOf(entropic({ ttl }), frame(four()));
      expect([tl.ttl, indicator.ttl, el.ttl]).toEqual([expected, expected, 0]);
    });
  }
  for (const [tc, expected] of [
    ['uniform', 5],
    ['pipe', 0],
    [3, 3],
  ] as [string | number, number][]) {
    test(`ECMP-4 the indicator has the TC of its tunnel label, mode ${tc}; the entropy label has 0`, () => {
      const [, tl, indicator, el] = stackOf(entropic({ tc }), frame(four(1, 2, { tos: 0xa0 })));
      expect([tl.tc, indicator.tc, el.tc]).toEqual([expected, expected, 0]);
    });
  }
  test('ECMP-4 a swap puts them beneath the swapped label, above what was there', () => {
    const result = run(entropic(), frame(four(), { label: 16001, ttl: 50, tc: 3 }, { label: 300, ttl: 9, tc: 1 }));
    const stack = decode(result.out[0].bytes).labels;
    expect(stack).toEqual([
      { label: 17001, tc: 3, s: 0, ttl: 49 },
      { label: eli, tc: 3, s: 0, ttl: 49 },
      { label: stack[2].label, tc: 0, s: 0, ttl: 0 },
      { label: 300, tc: 1, s: 1, ttl: 9 },
    ]);
    isEntropy(stack[2].label);
  });
  test('ECMP-4 a swap at the bottom of the stack: the entropy label is the bottom then', () => {
    const stack = stackOf(entropic(), frame(four(), { label: 16001, ttl: 50 }));
    expect(stack.map(({ label, s }) => [label, s])).toEqual([
      [17001, 0],
      [eli, 0],
      [stack[2].label, 1],
    ]);
  });
  test('ECMP-4 swap and push: beneath the last label of the path', () => {
    const stack = stackOf(entropic(), frame(four(), { label: 16005, ttl: 50 }, 300));
    expect(stack.map(({ label }) => label)).toEqual([17005, 17006, eli, stack[3].label, 300]);
  });
  test('ECMP-4 without `entropy` there is none', () => {
    const config = lab({ routes: [{ prefix: dst4, via: hop(1), labels: [500] }] });
    expect(stackOf(config, frame(four())).map(({ label }) => label)).toEqual([500]);
  });
  test(
    'ECMP-4 one flow, one entropy label; other flows, others; all between 16 and 1048575',
    () => {
      const router = openRouter(entropic());
      const frames = many(5000, (i) => frame(four(i, 7)));
      const els = router.send(...frames).out.map(({ bytes }) => decode(bytes).labels[3].label);
      const again = router.send(...frames).out.map(({ bytes }) => decode(bytes).labels[3].label);
      expect(again).toEqual(els);
      for (const el of els) isEntropy(el);
      // 5000 draws from a million: about 12 pairs meet by chance.
      expect(new Set(els).size).toBeGreaterThan(4900);
      expect(Math.max(...els)).toBeGreaterThan(1_000_000);
      expect(Math.min(...els)).toBeLessThan(50_000);
    },
    slow,
  );
  test('ECMP-4 TTL, TOS and length of the packet do not change the entropy label', () => {
    const router = openRouter(entropic());
    const variants = [
      four(),
      four(1000, 2000, { ttl: 5 }),
      four(1000, 2000, { tos: 0xb8 }),
      four(1000, 2000, { id: 3 }),
    ];
    const els = variants.map((packet) => decode(router.send(frame(packet)).out[0].bytes).labels[3].label);
    expect(new Set(els).size).toBe(1);
  });
  test('ECMP-4 the entropy label of a labelled frame is that of its flow', () => {
    const router = openRouter(entropic());
    const el = (one: Sent) => decode(router.send(one).out[0].bytes).labels[2].label;
    const els = many(100, (i) => el(frame(four(1000 + i), 16001, 300)));
    expect(new Set(els).size).toBeGreaterThan(95);
    expect(el(frame(four(1000), { label: 16001, tc: 5, ttl: 9 }, 300))).toBe(els[0]);
  });
});
