// VRF: many tables on one router, and the ways into, out of and between them.
import { describe, expect, test } from 'vitest';
import { type Bytes, decode, type LabelOptions, labels, udp } from '../support/frames.ts';
import { openRouter, type Sent } from '../support/router.ts';
import {
  arriving4,
  arriving6,
  type Config,
  dropped,
  forwarded,
  lab,
  labelled,
  leaving,
  type Port,
  packet4,
  packet6,
  peerMac,
  portMac,
  punted,
  quiet4,
  quiet6,
  range,
  run,
  type Stack,
  secondCeMac,
  toSite4,
  toSite6,
} from './labs-eth-lbl.ts';

const plain = lab();
const core = (stack: Stack, beneath: Bytes = toSite4()): Sent => labelled('core1', stack, beneath);

/** A frame out of a core port under labels that all have the same TTL. */
const under = (port: Port, stack: number[], beneath: Bytes, ttl = 63) =>
  leaving(port, 0x8847, [...labels(...stack.map((label): LabelOptions => ({ label, ttl }))), ...beneath]);
/** 10.1.1.2 → dst, and 2001:db8:1:1::2 → dst. */
const to4 = (dst: string, ttl = 64) => packet4({ dst, ttl });
const to6 = (dst: string, hopLimit = 64) => packet6({ dst, hopLimit });

/** With these additions an IPv4 and an IPv6 packet from ce1 leave by `port` under `stack`. */
function expectStack(extra: Config, dst4: string, dst6: string, port: Port, stack: number[]) {
  const config = lab(extra);
  forwarded(config, arriving4('ce1', to4(dst4)), port, under(port, stack, to4(dst4, 63)));
  forwarded(config, arriving6('ce1', to6(dst6)), port, under(port, stack, to6(dst6, 63)));
}
/** The two red routes of most tests here: 10.5.0.0/16 and 2001:db8:5::/48 by one path. */
const red5 = (path: Record<string, unknown>) => [
  { vrf: 'red', prefix: '10.5.0.0/16', ...path },
  { vrf: 'red', prefix: '2001:db8:5::/48', ...path },
];
const in5 = ['10.5.0.1', '2001:db8:5::1'] as const;

describe('VRF-1 the interface decides the table', () => {
  test('VRF-1 the same packet on red and blue ports takes the routes of red and blue', () => {
    forwarded(plain, arriving4('ce1', packet4()), 'core1', under('core1', [16002, 24012], packet4({ ttl: 63 })));
    forwarded(plain, arriving4('ce2', packet4()), 'core2', under('core2', [16003, 24112], packet4({ ttl: 63 })));
    forwarded(plain, arriving6('ce1', packet6()), 'core1', under('core1', [16002, 24012], packet6({ hopLimit: 63 })));
    forwarded(plain, arriving6('ce2', packet6()), 'core2', under('core2', [16003, 24112], packet6({ hopLimit: 63 })));
  });

  test('VRF-1 the same subnet, and the same addresses of the router, live in both VRFs', () => {
    const toSite = (ttl: number) => packet4({ src: '10.1.100.2', dst: '10.1.1.2', ttl });
    const via = (vid: number) => arriving4('trunk1', toSite(64), { tags: [[0x8100, vid]] });
    forwarded(plain, via(100), 'ce1', leaving('ce1', 0x0800, toSite(63)));
    forwarded(plain, via(200), 'ce2', leaving('ce2', 0x0800, toSite(63)));
    for (const port of ['ce1', 'ce2'] as const) punted(plain, arriving4(port, to4('10.1.1.1')), 'local');
  });

  test('VRF-1 sub-interfaces of one port, and the port itself, have each their own table', () => {
    const config = lab({
      interfaces: {
        trunk1: { addresses: ['203.0.114.1/24'] },
        'trunk1.300': { vrf: 'blue' },
      },
      routes: [{ prefix: '10.2.0.0/16', via: '10.0.13.2', labels: [30000] }],
    });
    const sent = (...tags: [number, number][]) => arriving4('trunk1', packet4(), { tags });
    const left = packet4({ ttl: 63 });
    forwarded(config, sent([0x8100, 100]), 'core1', under('core1', [16002, 24012], left));
    forwarded(config, sent([0x8100, 200]), 'core2', under('core2', [16003, 24112], left));
    forwarded(config, sent([0x88a8, 300], [0x8100, 30]), 'core2', under('core2', [16003, 24112], left));
    forwarded(config, sent(), 'core2', under('core2', [30000], left));
  });

  test('VRF-1 the same prefix lives in any number of VRFs', () => {
    const numbers = range(1, 40);
    const config = lab({
      interfaces: Object.fromEntries(
        numbers.map((i) => [`trunk1.${1000 + i}`, { vlan: 1000 + i, vrf: `v${i}`, addresses: ['10.1.1.1/24'] }]),
      ),
      vrfs: Object.fromEntries(numbers.map((i) => [`v${i}`, { label: 25000 + i }])),
      routes: numbers.map((i) => ({ vrf: `v${i}`, prefix: '10.2.0.0/16', via: '192.0.2.2', labels: [26000 + i] })),
    });
    const frames = numbers.map((i) => arriving4('trunk1', packet4(), { tags: [[0x8100, 1000 + i]] }));
    const stacks = run(config, ...frames).out.map((seen) => decode(seen.bytes).labels.map(({ label }) => label));
    expect(stacks).toEqual(numbers.map((i) => [16002, 26000 + i]));
  });

  test('VRF-1 no address in the packet changes the table', () => {
    for (const src of ['10.1.1.2', '203.0.113.2', '192.0.2.2', '10.2.0.9']) {
      forwarded(
        plain,
        arriving4('ce1', packet4({ src })),
        'core1',
        under('core1', [16002, 24012], packet4({ src, ttl: 63 })),
      );
    }
  });
});

describe('VRF isolation', () => {
  const withGlobalRoutes = lab({
    routes: [
      { prefix: '0.0.0.0/0', via: '203.0.113.2' },
      { prefix: '::/0', via: '2001:db8:99::2' },
      { vrf: 'red', prefix: '10.66.0.0/16', via: '10.1.1.3' },
      { vrf: 'red', prefix: '2001:db8:66::/48', via: '2001:db8:1:1::2' },
    ],
  });

  test('VRF-1 no route in the VRF: no-route, although the global table has one', () => {
    for (const dst of ['198.51.100.1', '203.0.113.2', '192.0.2.2', '10.0.12.2']) {
      for (const port of ['ce1', 'ce2'] as const)
        dropped(withGlobalRoutes, arriving4(port, quiet4({ dst })), 'no-route');
      dropped(withGlobalRoutes, core([24001], quiet4({ src: '10.2.0.9', dst })), 'no-route');
    }
    for (const dst of ['2001:db8:77::1', '2001:db8:99::2']) {
      for (const port of ['ce1', 'ce2'] as const)
        dropped(withGlobalRoutes, arriving6(port, quiet6({ dst })), 'no-route');
      dropped(withGlobalRoutes, core([24001], quiet6({ src: '2001:db8:2::9', dst })), 'no-route');
    }
  });

  test('VRF-1 a route of one VRF is none of another, nor of the global table', () => {
    const dst = '10.66.0.1';
    const dst6 = '2001:db8:66::1';
    forwarded(
      withGlobalRoutes,
      arriving4('ce1', to4(dst)),
      'ce1',
      leaving('ce1', 0x0800, to4(dst, 63), { dst: secondCeMac }),
    );
    dropped(withGlobalRoutes, arriving4('ce2', quiet4({ dst })), 'no-route');
    dropped(withGlobalRoutes, arriving6('ce2', quiet6({ dst: dst6 })), 'no-route');
    dropped(withGlobalRoutes, core([24011], quiet4({ dst })), 'no-route');
    dropped(plain, core([0], quiet4({ src: '10.2.0.9', dst: '10.1.1.2' })), 'no-route');
    dropped(plain, core([16100], quiet4({ src: '10.2.0.9', dst: '10.1.1.2' })), 'no-route');
    dropped(plain, arriving4('net1', quiet4({ src: '203.0.113.2', dst: '10.1.1.2' })), 'no-route');
    dropped(plain, arriving4('core1', quiet4({ src: '203.0.113.2', dst: '10.2.0.9' })), 'no-route');
  });

  test('VRF-1 interface addresses and loopbacks of other tables are no own addresses', () => {
    for (const dst of ['192.0.2.1', '10.0.12.1', '203.0.113.1'])
      dropped(plain, arriving4('ce1', quiet4({ dst })), 'no-route');
    dropped(plain, arriving6('ce1', quiet6({ dst: '2001:db8::1' })), 'no-route');
    dropped(plain, arriving4('net1', quiet4({ src: '203.0.113.2', dst: '10.1.1.1' })), 'no-route');
    dropped(plain, arriving4('ce2', quiet4({ dst: '10.1.30.1' })), 'no-route');
  });

  test('VRF-1 an ICMP error about a packet without a route stays in the VRF', () => {
    const result = run(withGlobalRoutes, arriving4('ce2', to4('198.51.100.1')));
    expect(result.drops.map((drop) => drop.reason)).toEqual(['no-route']);
    expect(result.out.map((seen) => [seen.port, decode(seen.bytes).ip4?.dst])).toEqual([['ce2', '10.1.1.2']]);
  });
});

describe('VRF-2 remote routes', () => {
  test('VRF-2 the VPN label at the bottom, the transport label on top', () => {
    forwarded(plain, arriving4('ce1', packet4()), 'core1', under('core1', [16002, 24012], packet4({ ttl: 63 })));
    forwarded(plain, arriving6('ce1', packet6()), 'core1', under('core1', [16002, 24012], packet6({ hopLimit: 63 })));
  });

  test('VRF-2 several transport labels all lie on top of the VPN label, in their order', () => {
    const routes = [
      { prefix: '192.0.2.9/32', via: '10.0.12.2', labels: [16101, 16102, 16103] },
      ...red5({ via: '192.0.2.9', labels: [24015] }),
    ];
    expectStack({ routes }, ...in5, 'core1', [16101, 16102, 16103, 24015]);
  });

  test.each([
    ['implicit null', { labels: [3] }],
    ['no labels', { labels: [] }],
    ['no label list', {}],
  ])('VRF-2 transport with %s: the VPN label alone', (_, transport) => {
    const routes = [
      { prefix: '192.0.2.9/32', via: '10.0.12.2', ...transport },
      ...red5({ via: '192.0.2.9', labels: [24015] }),
    ];
    expectStack({ routes }, ...in5, 'core1', [24015]);
  });

  test('VRF-2 an adjacent peer: the VPN label alone', () => {
    expectStack({ routes: red5({ via: '10.0.13.2', labels: [24015] }) }, ...in5, 'core2', [24015]);
  });

  test.each([0, 2])('VRF-2 transport explicit null %i is pushed as it is', (zero) => {
    const routes = [
      { prefix: '192.0.2.9/32', via: '10.0.12.2', labels: [zero] },
      ...red5({ via: '192.0.2.9', labels: [24015] }),
    ];
    expectStack({ routes }, ...in5, 'core1', [zero, 24015]);
  });

  test('VRF-2 the frame goes from the egress port’s MAC to the transport next hop’s', () => {
    const [seen] = run(plain, arriving4('ce2', packet4())).out;
    expect(seen.port).toBe('core2');
    const { src, dst, type, tags } = decode(seen.bytes);
    expect({ src, dst, type, tags }).toEqual({ src: portMac.core2, dst: peerMac.core2, type: 0x8847, tags: [] });
  });
});

/** `count` labelled routes, each found by way of the next: red 10.6.0.0/16 first, the last one adjacent. */
function levels(count: number) {
  const address = (i: number) => `198.18.0.${i}`;
  const via = (i: number) => (i === count ? '10.0.13.2' : address(i + 1));
  return [
    { vrf: 'red', prefix: '10.6.0.0/16', via: via(1), labels: [31001] },
    ...range(2, count).map((i) => ({ prefix: `${address(i)}/32`, via: via(i), labels: [31000 + i] })),
    { vrf: 'red', prefix: '10.0.0.0/8', via: '10.1.1.3' },
  ];
}

describe('VRF-3 recursive next hops', () => {
  test.each(range(1, 8))('VRF-3 %i levels bring the labels of all levels', (count) => {
    const config = lab({ routes: levels(count) });
    const stack = range(1, count).map((i) => 31001 + count - i);
    forwarded(config, arriving4('ce1', to4('10.6.0.1')), 'core2', under('core2', stack, to4('10.6.0.1', 63)));
    expect(openRouter(config).warnings).toEqual([]);
  });

  test.each([9, 12])(
    'VRF-3 %i levels are too many: the next shorter prefix serves, and there is a warning',
    (count) => {
      // reading: each route on the way is a level, the connected subnet at its end is none.
      const config = lab({ routes: levels(count) });
      const left = leaving('ce1', 0x0800, to4('10.6.0.1', 63), { dst: secondCeMac });
      forwarded(config, arriving4('ce1', to4('10.6.0.1')), 'ce1', left);
      expect(openRouter(config).warnings.join('\n')).toContain('10.6.0.0/16');
    },
  );

  test('VRF-3 a loop of next hops makes the route unusable: the next shorter prefix serves, and there is a warning', () => {
    const config = lab({
      routes: [
        { prefix: '198.18.0.1/32', via: '198.18.0.2', labels: [31001] },
        { prefix: '198.18.0.2/32', via: '198.18.0.1', labels: [31002] },
        { vrf: 'red', prefix: '10.6.0.0/16', via: '198.18.0.1', labels: [31000] },
        { vrf: 'red', prefix: '10.0.0.0/8', via: '10.1.1.3' },
      ],
    });
    const left = leaving('ce1', 0x0800, to4('10.6.0.1', 63), { dst: secondCeMac });
    forwarded(config, arriving4('ce1', to4('10.6.0.1')), 'ce1', left);
    expect(openRouter(config).warnings.length).toBeGreaterThan(0);
  });

  test('VRF-3 levels without labels add none', () => {
    const routes = [
      { prefix: '198.18.0.1/32', via: '198.18.0.2' },
      { prefix: '198.18.0.2/32', via: '198.18.0.3', labels: [31002] },
      { prefix: '198.18.0.3/32', via: '10.0.13.2', labels: [3] },
      ...red5({ via: '198.18.0.1', labels: [24015, 24016] }),
    ];
    expectStack({ routes }, ...in5, 'core2', [31002, 24015, 24016]);
  });

  test('VRF-3 a next hop is found by the longest match, the default route and connected subnets included', () => {
    const routes = [
      { prefix: '0.0.0.0/0', via: '10.0.13.2', labels: [31000] },
      { prefix: '198.18.0.0/15', via: '10.0.12.2', labels: [31001] },
      { vrf: 'red', prefix: '10.5.0.0/16', via: '198.18.0.1', labels: [24015] },
      { vrf: 'red', prefix: '10.6.0.0/16', via: '198.51.100.1', labels: [24016] },
      { vrf: 'red', prefix: '10.7.0.0/16', via: '10.0.12.2', labels: [24017] },
    ];
    const config = lab({ routes });
    const through = (dst: string, port: Port, stack: number[]) =>
      forwarded(config, arriving4('ce1', to4(dst)), port, under(port, stack, to4(dst, 63)));
    through('10.5.0.1', 'core1', [31001, 24015]);
    through('10.6.0.1', 'core2', [31000, 24016]);
    through('10.7.0.1', 'core1', [24017]);
  });

  test('VRF-3 a next hop is looked for on the VRF’s own subnets first, or on those of the path’s vrf', () => {
    const config = lab({
      routes: [
        { prefix: '10.1.1.2/32', via: '10.0.13.2', labels: [31000] },
        { vrf: 'red', prefix: '10.5.0.0/16', via: '10.1.1.2' },
        { prefix: '10.7.0.0/16', via: '10.1.1.2' },
        { vrf: 'red', prefix: '10.8.0.0/16', paths: [{ via: '10.1.1.2', vrf: 'blue' }] },
      ],
    });
    forwarded(config, arriving4('ce1', to4('10.5.0.1')), 'ce1', leaving('ce1', 0x0800, to4('10.5.0.1', 63)));
    forwarded(config, arriving4('ce1', to4('10.8.0.1')), 'ce2', leaving('ce2', 0x0800, to4('10.8.0.1', 63)));
    const global = (ttl: number) => packet4({ src: '203.0.113.2', dst: '10.7.0.1', ttl });
    forwarded(config, arriving4('net1', global(64)), 'core2', under('core2', [31000], global(63)));
  });

  test('VRF-3 a VRF route’s next hop is never found among the VRF’s other routes', () => {
    const config = lab({
      routes: [
        { prefix: '198.18.0.1/32', via: '10.0.13.2', labels: [31000] },
        { vrf: 'red', prefix: '198.18.0.0/16', via: '10.1.1.2' },
        { vrf: 'red', prefix: '10.5.0.0/16', via: '198.18.0.1', labels: [24015] },
      ],
    });
    const sent = arriving4('ce1', to4('10.5.0.1'));
    forwarded(config, sent, 'core2', under('core2', [31000, 24015], to4('10.5.0.1', 63)));
  });

  test('VRF-3 a blackholed next hop makes a blackhole, silent', () => {
    const config = lab({
      routes: [{ prefix: '198.18.0.0/15', drop: true }, ...red5({ via: '198.18.0.1', labels: [24015] })],
    });
    dropped(config, arriving4('ce1', to4('10.5.0.1')), 'blackhole');
    dropped(config, arriving6('ce1', to6('2001:db8:5::1')), 'blackhole');
  });

  const flows = range(1, 200);
  /** The distinct "port: labels" of many flows to 10.5.0.0/16. */
  function legs(config: string) {
    const frames = flows.map((i) => arriving4('ce1', packet4({ dst: `10.5.0.${i}` }, udp(4000 + i, 5000))));
    const result = run(config, ...frames);
    expect(result.out.length).toBe(frames.length);
    const seen = result.out.map(
      (out) =>
        `${out.port}: ${decode(out.bytes)
          .labels.map(({ label }) => label)
          .join(' ')}`,
    );
    return [...new Set(seen)].sort();
  }

  test('VRF-3 each leg of a multipath has its own VPN and transport labels', () => {
    const paths = [
      { via: '192.0.2.2', labels: [24013] },
      { via: '192.0.2.3', labels: [24113] },
    ];
    const config = lab({ routes: [{ vrf: 'red', prefix: '10.5.0.0/16', paths }] });
    expect(legs(config)).toEqual(['core1: 16002 24013', 'core2: 16003 24113']);
  });

  test('VRF-3 a multipath beneath: the VPN label under the labels of each leg', () => {
    const config = lab({
      routes: [
        {
          prefix: '192.0.2.9/32',
          paths: [
            { via: '10.0.12.2', labels: [16109] },
            { via: '10.0.13.2', labels: [16209, 16219] },
          ],
        },
        { vrf: 'red', prefix: '10.5.0.0/16', via: '192.0.2.9', labels: [24015] },
      ],
    });
    expect(legs(config)).toEqual(['core1: 16109 24015', 'core2: 16209 16219 24015']);
  });

  test('VRF-3 multipaths on several levels: every leg complete', () => {
    const config = lab({
      routes: [
        {
          prefix: '198.18.0.1/32',
          paths: [
            { via: '10.0.12.2', labels: [31001] },
            { via: '10.0.13.2', labels: [31002] },
          ],
        },
        { prefix: '192.0.2.9/32', via: '198.18.0.1', labels: [16009] },
        {
          vrf: 'red',
          prefix: '10.5.0.0/16',
          paths: [{ via: '192.0.2.9', labels: [24015] }, { via: '10.0.13.2', labels: [24115] }, { via: '10.1.1.3' }],
        },
      ],
    });
    expect(legs(config)).toEqual(['ce1: ', 'core1: 31001 16009 24015', 'core2: 24115', 'core2: 31002 16009 24015']);
  });
});

describe('VRF-4 within one router', () => {
  test('VRF-4 between two sites of one VRF: no labels, one hop', () => {
    const there = (ttl: number) => packet4({ src: '10.1.100.2', dst: '10.1.1.2', ttl });
    const back = (ttl: number) => packet4({ src: '10.1.1.2', dst: '10.1.100.2', ttl });
    const tags: [number, number][] = [[0x8100, 100]];
    forwarded(plain, arriving4('trunk1', there(64), { tags }), 'ce1', leaving('ce1', 0x0800, there(63)));
    forwarded(plain, arriving4('ce1', back(64)), 'trunk1', leaving('trunk1', 0x0800, back(63), { tags }));
    const behind = (ttl: number) => packet4({ src: '10.1.100.2', dst: '10.1.2.77', ttl });
    forwarded(plain, arriving4('trunk1', behind(64), { tags }), 'ce1', leaving('ce1', 0x0800, behind(63)));
    const six = (hopLimit: number) => packet6({ src: '2001:db8:1:100::2', dst: '2001:db8:1:1::2', hopLimit });
    forwarded(plain, arriving6('trunk1', six(64), { tags }), 'ce1', leaving('ce1', 0x86dd, six(63)));
  });

  const extranet = lab({
    routes: [
      { vrf: 'red', prefix: '10.44.0.0/16', table: 'blue' },
      { vrf: 'red', prefix: '2001:db8:44::/48', table: 'blue' },
      { vrf: 'red', prefix: '10.45.0.0/16', table: 'blue' },
      { vrf: 'red', prefix: '10.46.0.0/16', table: 'blue' },
      { vrf: 'blue', prefix: '10.44.0.0/16', via: '10.1.1.2' },
      { vrf: 'blue', prefix: '2001:db8:44::/48', via: '2001:db8:1:1::2' },
      { vrf: 'blue', prefix: '10.45.0.0/16', via: '192.0.2.3', labels: [24145] },
    ],
  });

  test('VRF-4 between VRFs: the route says table, the second look-up is made there, one hop in all', () => {
    forwarded(extranet, arriving4('ce1', to4('10.44.0.1')), 'ce2', leaving('ce2', 0x0800, to4('10.44.0.1', 63)));
    forwarded(
      extranet,
      arriving6('ce1', to6('2001:db8:44::1')),
      'ce2',
      leaving('ce2', 0x86dd, to6('2001:db8:44::1', 63)),
    );
    const sent = arriving4('ce1', to4('10.45.0.1'));
    forwarded(extranet, sent, 'core2', under('core2', [16003, 24145], to4('10.45.0.1', 63)));
    forwarded(extranet, core([24001], to4('10.44.0.1')), 'ce2', leaving('ce2', 0x0800, to4('10.44.0.1', 63)));
  });

  test('VRF-4 no route there: no-route, and no way back to a shorter one', () => {
    dropped(extranet, arriving4('ce1', quiet4({ dst: '10.46.0.1' })), 'no-route');
    const withDefault = lab({
      routes: [
        { vrf: 'red', prefix: '0.0.0.0/0', via: '10.1.1.3' },
        { vrf: 'red', prefix: '10.46.0.0/16', table: 'blue' },
      ],
    });
    dropped(withDefault, arriving4('ce1', quiet4({ dst: '10.46.0.1' })), 'no-route');
  });

  test('VRF-4 what red has opened to blue, blue has not to red', () => {
    dropped(extranet, arriving4('ce2', quiet4({ dst: '10.1.30.2' })), 'no-route');
    dropped(plain, arriving4('ce1', quiet4({ dst: '10.44.0.1' })), 'no-route');
  });
});

describe('VRF-5 egress', () => {
  const at = (dst: string, ttl = 64) => packet4({ src: '10.2.0.9', dst, ttl });

  test('VRF-5 per-VRF label: popped, looked up in that VRF', () => {
    forwarded(plain, core([24001]), 'ce1', leaving('ce1', 0x0800, toSite4({ ttl: 63 })));
    forwarded(plain, core([24011]), 'ce2', leaving('ce2', 0x0800, toSite4({ ttl: 63 })));
    forwarded(plain, core([24001], toSite6()), 'ce1', leaving('ce1', 0x86dd, toSite6({ hopLimit: 63 })));
    forwarded(plain, core([24011], toSite6()), 'ce2', leaving('ce2', 0x86dd, toSite6({ hopLimit: 63 })));
  });

  test('VRF-5 per-VRF label: every kind of route of the VRF is found', () => {
    const config = lab({
      routes: [
        { vrf: 'red', prefix: '10.9.0.0/16', drop: true },
        { vrf: 'red', prefix: '10.8.0.0/16', punt: true },
        { vrf: 'red', prefix: '10.7.0.0/16', receive: true },
      ],
    });
    forwarded(config, core([24001], at('10.1.2.77')), 'ce1', leaving('ce1', 0x0800, at('10.1.2.77', 63)));
    const tags: [number, number][] = [[0x8100, 100]];
    const tagged = leaving('trunk1', 0x0800, at('10.1.100.2', 63), { tags });
    forwarded(config, core([24001], at('10.1.100.2')), 'trunk1', tagged);
    forwarded(config, core([24001], at('10.2.5.5')), 'core1', under('core1', [16002, 24012], at('10.2.5.5', 63)));
    dropped(config, core([24001], at('10.9.0.1')), 'blackhole');
    punted(config, core([24001], at('10.8.0.1')), 'configured');
    punted(config, core([24001], at('10.7.0.1')), 'local');
    punted(config, core([24001], at('10.1.1.1')), 'local');
    dropped(config, core([24001], quiet4({ src: '10.2.0.9', dst: '10.77.0.1' })), 'no-route');
  });

  test('VRF-5 per-VRF label: the IP rules hold as for an unlabelled packet', () => {
    dropped(plain, core([24001], packet4({ src: '127.0.0.1', dst: '10.1.1.2' })), 'martian');
    dropped(plain, core([24001], toSite4({ checksum: 1 })), 'bad-checksum');
    punted(plain, core([24001], packet4({ src: '10.2.0.9', dst: '127.0.0.1' })), 'oam');
  });

  test('VRF-5 a label entry with table is the same, for any label and for the global table', () => {
    const config = lab({
      labels: [
        { label: 24901, table: 'red' },
        { label: 24902, table: 'global' },
      ],
    });
    forwarded(config, core([24901]), 'ce1', leaving('ce1', 0x0800, toSite4({ ttl: 63 })));
    forwarded(config, core([24902], at('203.0.113.2')), 'net1', leaving('net1', 0x0800, at('203.0.113.2', 63)));
    dropped(config, core([24902], quiet4({ src: '10.2.0.9', dst: '10.1.1.2' })), 'no-route');
  });

  test('VRF-5 the label of a VRF may be repeated among the labels', () => {
    const config = lab({ labels: [{ label: 24001, table: 'red' }] });
    forwarded(config, core([24001]), 'ce1', leaving('ce1', 0x0800, toSite4({ ttl: 63 })));
  });

  const anyDst = ['10.1.1.2', '10.77.0.1', '203.0.113.2', '10.2.0.9', '10.1.1.1', '192.0.2.1', '10.1.1.255'];
  test.each(anyDst)('VRF-5 per-CE label: popped, to that CE without a look-up: %s', (dst) => {
    forwarded(plain, core([24002], at(dst)), 'ce1', leaving('ce1', 0x0800, at(dst, 63)));
  });

  test('VRF-5 per-CE label: IPv6 too, by the neighbour that the entry names', () => {
    for (const dst of ['2001:db8:1:1::2', '2001:db8:1:1::1', '2001:db8:77::1']) {
      const six = (hopLimit: number) => packet6({ src: '2001:db8:2::9', dst, hopLimit });
      forwarded(plain, core([24002], six(64)), 'ce1', leaving('ce1', 0x86dd, six(63)));
    }
    const config = lab({ labels: [{ label: 24902, via: '2001:db8:1:1::2', vrf: 'blue', payload: 'ip' }] });
    forwarded(config, core([24902]), 'ce2', leaving('ce2', 0x0800, toSite4({ ttl: 63 })));
  });

  test.each([
    ['source 127/8', '127.0.0.1', '10.1.1.2'],
    ['source multicast', '224.0.0.1', '10.1.1.2'],
    ['source broadcast', '255.255.255.255', '10.1.1.2'],
    ['source 0/8', '0.1.2.3', '10.1.1.2'],
    ['destination 0/8', '10.2.0.9', '0.1.2.3'],
    ['destination 240/4', '10.2.0.9', '240.0.0.1'],
    ['destination multicast', '10.2.0.9', '224.0.0.5'],
    ['link-local source', '169.254.1.1', '10.1.1.2'],
    ['link-local destination', '10.2.0.9', '169.254.1.1'],
  ])('VRF-5 per-CE label: of the IP rules none but IP-1 and 127/8 is checked: %s', (_, src, dst) => {
    const packet = (ttl: number) => packet4({ src, dst, ttl });
    forwarded(plain, core([24002], packet(64)), 'ce1', leaving('ce1', 0x0800, packet(63)));
  });

  test('VRF-5 per-CE label: IP-1 and 127/8 are checked', () => {
    dropped(plain, core([24002], toSite4({ checksum: 1 })), 'bad-checksum');
    dropped(plain, core([24002], toSite4({ ihl: 4 })), 'bad-ip-header');
    dropped(plain, core([24002], toSite4({ totalLength: 500 })), 'bad-ip-header');
    dropped(plain, core([24002], toSite6().slice(0, 39)), 'bad-ip-header');
    dropped(plain, core([24002], packet6({ payloadLength: 500 })), 'bad-ip-header');
    for (const dst of ['127.0.0.1', '127.255.255.255']) {
      punted(plain, core([24002], packet4({ src: '192.0.2.2', dst, ttl: 1 })), 'oam');
    }
  });

  test('VRF-5 per-CE label: the router is an IP hop', () => {
    dropped(plain, core([24002], quiet4({ ttl: 1 })), 'ttl-expired');
    forwarded(plain, core([24002], toSite4({ ttl: 2 })), 'ce1', leaving('ce1', 0x0800, toSite4({ ttl: 1 })));
  });

  test('VRF-5 per-prefix label: popped, to the next hop of that prefix', () => {
    const next = { dst: secondCeMac };
    forwarded(plain, core([24003]), 'ce1', leaving('ce1', 0x0800, toSite4({ ttl: 63 }), next));
    forwarded(plain, core([24003], toSite6()), 'ce1', leaving('ce1', 0x86dd, toSite6({ hopLimit: 63 }), next));
    const config = lab({
      labels: [
        { label: 24905, via: '10.1.100.2', vrf: 'blue', payload: 'ip4' },
        { label: 24906, via: '10.1.30.2', vrf: 'red', payload: 'ip4' },
      ],
    });
    forwarded(
      config,
      core([24905]),
      'trunk1',
      leaving('trunk1', 0x0800, toSite4({ ttl: 63 }), { tags: [[0x8100, 200]] }),
    );
    forwarded(
      config,
      core([24906]),
      'trunk1',
      leaving('trunk1', 0x0800, toSite4({ ttl: 63 }), {
        tags: [
          [0x88a8, 300],
          [0x8100, 30],
        ],
      }),
    );
  });

  test('VRF-5 beneath a transport label that ends here too, or an explicit null', () => {
    for (const top of [16100, 0]) {
      forwarded(plain, core([top, 24001]), 'ce1', leaving('ce1', 0x0800, toSite4({ ttl: 63 })));
      forwarded(plain, core([top, 24002], at('10.77.0.1')), 'ce1', leaving('ce1', 0x0800, at('10.77.0.1', 63)));
      forwarded(plain, core([top, 24003]), 'ce1', leaving('ce1', 0x0800, toSite4({ ttl: 63 }), { dst: secondCeMac }));
    }
  });
});

describe('VRF-6 IPv6 over IPv4 LSPs', () => {
  test.each(['192.0.2.2', '::ffff:192.0.2.2'])('VRF-6 6VPE: IPv6 in a VRF, next hop %s', (via) => {
    const config = lab({ routes: [{ vrf: 'red', prefix: '2001:db8:5::/48', via, labels: [24015] }] });
    const sent = arriving6('ce1', to6('2001:db8:5::1'));
    forwarded(config, sent, 'core1', under('core1', [16002, 24015], to6('2001:db8:5::1', 63)));
  });

  test('VRF-6 6VPE: an adjacent IPv4 peer, and implicit null: the VPN label alone', () => {
    for (const via of ['10.0.13.2', '::ffff:10.0.13.2']) {
      const config = lab({ routes: [{ vrf: 'red', prefix: '2001:db8:5::/48', via, labels: [24015] }] });
      const sent = arriving6('ce1', to6('2001:db8:5::1'));
      forwarded(config, sent, 'core2', under('core2', [24015], to6('2001:db8:5::1', 63)));
    }
  });

  test('VRF-6 6VPE: recursive next hops of several levels', () => {
    const config = lab({
      routes: [
        { prefix: '198.18.0.1/32', via: '192.0.2.2', labels: [31001] },
        { vrf: 'red', prefix: '2001:db8:5::/48', via: '::ffff:198.18.0.1', labels: [24015] },
      ],
    });
    const sent = arriving6('ce1', to6('2001:db8:5::1'));
    forwarded(config, sent, 'core1', under('core1', [16002, 31001, 24015], to6('2001:db8:5::1', 63)));
  });

  test('VRF-6 6VPE: at the egress, per-VRF and per-CE', () => {
    forwarded(plain, core([24001], toSite6()), 'ce1', leaving('ce1', 0x86dd, toSite6({ hopLimit: 63 })));
    forwarded(plain, core([24002], toSite6()), 'ce1', leaving('ce1', 0x86dd, toSite6({ hopLimit: 63 })));
  });

  const fromNet6 = (hopLimit: number) => packet6({ src: '2001:db8:99::2', dst: '2001:db8:6::1', hopLimit });
  test.each([
    ['an own label', 24099, '192.0.2.2'],
    ['an own label, IPv4-mapped next hop', 24099, '::ffff:192.0.2.2'],
    ['explicit null', 2, '::ffff:192.0.2.2'],
  ])('VRF-6 6PE: IPv6 in the global table with two labels, the inner %s', (_, label, via) => {
    const config = lab({ routes: [{ prefix: '2001:db8:6::/48', via, labels: [label] }] });
    forwarded(config, arriving6('net1', fromNet6(64)), 'core1', under('core1', [16002, label], fromNet6(63)));
  });

  test('VRF-6 6PE: at the egress, by a label for the global table and by explicit null', () => {
    const config = lab({ labels: [{ label: 24099, table: 'global' }] });
    const down = (hopLimit: number) => packet6({ src: '2001:db8:6::1', dst: '2001:db8:99::2', hopLimit });
    for (const label of [24099, 2]) {
      forwarded(config, core([label], down(64)), 'net1', leaving('net1', 0x86dd, down(63)));
    }
    dropped(config, core([24099], quiet6({ src: '2001:db8:6::1', dst: '2001:db8:1:1::2' })), 'no-route');
  });

  test('VRF-6 IPv4 by way of an IPv6 next hop works as well', () => {
    const config = lab({
      neighbors: [{ interface: 'core1', address: '2001:db8:0:12::2', mac: peerMac.core1 }],
      routes: [
        { prefix: '2001:db8:ff::2/128', via: '2001:db8:0:12::2', labels: [16602] },
        ...red5({ via: '2001:db8:ff::2', labels: [24015] }),
      ],
    });
    const sent = arriving4('ce1', to4('10.5.0.1'));
    forwarded(config, sent, 'core1', under('core1', [16602, 24015], to4('10.5.0.1', 63)));
  });
});

describe('VRF-7 internet access', () => {
  const internet = lab({
    routes: [
      { vrf: 'red', prefix: '0.0.0.0/0', table: 'global' },
      { vrf: 'red', prefix: '::/0', table: 'global' },
      { prefix: '198.51.100.0/24', via: '203.0.113.2' },
      { prefix: '2001:db8:51::/48', via: '2001:db8:99::2' },
      { prefix: '10.1.1.0/24', table: 'red' },
      { prefix: '10.2.0.0/16', table: 'red' },
      { prefix: '2001:db8:1:1::/64', table: 'red' },
    ],
  });

  test('VRF-7 out: the default route of the VRF to the global table, one hop', () => {
    for (const dst of ['203.0.113.2', '198.51.100.7']) {
      forwarded(internet, arriving4('ce1', to4(dst)), 'net1', leaving('net1', 0x0800, to4(dst, 63)));
      const remote = (ttl: number) => packet4({ src: '10.2.0.9', dst, ttl });
      forwarded(internet, core([24001], remote(64)), 'net1', leaving('net1', 0x0800, remote(63)));
    }
    for (const dst of ['2001:db8:99::2', '2001:db8:51::7']) {
      forwarded(internet, arriving6('ce1', to6(dst)), 'net1', leaving('net1', 0x86dd, to6(dst, 63)));
    }
  });

  test('VRF-7 the VRF’s own routes come before its default route', () => {
    forwarded(internet, arriving4('ce1', packet4()), 'core1', under('core1', [16002, 24012], packet4({ ttl: 63 })));
    forwarded(internet, arriving4('ce1', to4('10.1.2.9')), 'ce1', leaving('ce1', 0x0800, to4('10.1.2.9', 63)));
  });

  test('VRF-7 back: the global route to the VRF, to a local and to a remote site', () => {
    const back = (dst: string, ttl: number) => packet4({ src: '198.51.100.7', dst, ttl });
    forwarded(internet, arriving4('net1', back('10.1.1.2', 64)), 'ce1', leaving('ce1', 0x0800, back('10.1.1.2', 63)));
    const remote = under('core1', [16002, 24012], back('10.2.0.9', 63));
    forwarded(internet, arriving4('net1', back('10.2.0.9', 64)), 'core1', remote);
    const back6 = (hopLimit: number) => packet6({ src: '2001:db8:51::7', dst: '2001:db8:1:1::2', hopLimit });
    forwarded(internet, arriving6('net1', back6(64)), 'ce1', leaving('ce1', 0x86dd, back6(63)));
  });

  test('VRF-7 nothing that no route says', () => {
    const fromNet = (dst: string) => arriving4('net1', quiet4({ src: '198.51.100.7', dst }));
    dropped(internet, fromNet('10.1.2.9'), 'no-route'); // a route of red, but none leads there from global
    dropped(internet, fromNet('10.1.100.2'), 'no-route');
    dropped(internet, arriving4('ce1', quiet4({ dst: '192.88.99.1' })), 'no-route');
    for (const dst of ['203.0.113.2', '198.51.100.7']) {
      dropped(internet, arriving4('ce2', quiet4({ dst })), 'no-route');
      dropped(internet, core([24011], quiet4({ dst })), 'no-route');
    }
    dropped(internet, arriving6('ce2', quiet6({ dst: '2001:db8:51::7' })), 'no-route');
    // blue keeps its own 10.1.1.0/24, whatever the global one says
    forwarded(internet, arriving4('ce2', to4('10.1.2.9')), 'ce2', leaving('ce2', 0x0800, to4('10.1.2.9', 63)));
  });

  test('VRF-7 out without a way back is one way', () => {
    const oneWay = lab({ routes: [{ vrf: 'red', prefix: '0.0.0.0/0', table: 'global' }] });
    forwarded(oneWay, arriving4('ce1', to4('203.0.113.2')), 'net1', leaving('net1', 0x0800, to4('203.0.113.2', 63)));
    dropped(oneWay, arriving4('net1', quiet4({ src: '203.0.113.2', dst: '10.1.1.2' })), 'no-route');
  });

  test('VRF-7 the router’s own global addresses are reached through the default route', () => {
    punted(internet, arriving4('ce1', to4('192.0.2.1')), 'local');
    punted(internet, arriving4('ce1', to4('203.0.113.1')), 'local');
    punted(internet, arriving6('ce1', to6('2001:db8::1')), 'local');
  });

  test('VRF-7 the Internet may lie behind labels of the global table', () => {
    const config = lab({
      routes: [
        { vrf: 'red', prefix: '0.0.0.0/0', table: 'global' },
        { prefix: '0.0.0.0/0', via: '192.0.2.3' },
      ],
    });
    const sent = arriving4('ce1', to4('192.88.99.1'));
    forwarded(config, sent, 'core2', under('core2', [16003], to4('192.88.99.1', 63)));
  });

  test('VRF-7 a chain of table routes opens one VRF to another, as configured, and one way', () => {
    const chained = lab({
      routes: [
        { vrf: 'red', prefix: '0.0.0.0/0', table: 'global' },
        { prefix: '10.44.0.0/16', table: 'blue' },
        { vrf: 'blue', prefix: '10.44.0.0/16', via: '10.1.1.2' },
      ],
    });
    forwarded(chained, arriving4('ce1', to4('10.44.0.1')), 'ce2', leaving('ce2', 0x0800, to4('10.44.0.1', 63)));
    dropped(chained, arriving4('ce2', quiet4({ dst: '10.1.30.2' })), 'no-route');
  });
});

describe('VRF-8 between carriers', () => {
  const beneath = toSite4();

  test('VRF-8 option B: VPN label swapped for VPN label, transport labels pushed', () => {
    const config = lab({ labels: [{ label: 24500, via: '192.0.2.2', labels: [24600] }] });
    forwarded(config, labelled('core2', [24500], beneath), 'core1', under('core1', [16002, 24600], beneath));
    forwarded(config, labelled('core2', [24500], toSite6()), 'core1', under('core1', [16002, 24600], toSite6()));
    dropped(config, labelled('core2', [24600], beneath), 'no-label');
  });

  test('VRF-8 option B: to an adjacent ASBR, or under implicit null, the VPN label alone', () => {
    const config = lab({
      routes: [{ prefix: '192.0.2.9/32', via: '10.0.12.2', labels: [3] }],
      labels: [
        { label: 24500, via: '10.0.12.2', labels: [24600] },
        { label: 24501, via: '192.0.2.9', labels: [24601] },
      ],
    });
    forwarded(config, labelled('core2', [24500], beneath), 'core1', under('core1', [24600], beneath));
    forwarded(config, labelled('core2', [24501], beneath), 'core1', under('core1', [24601], beneath));
  });

  test('VRF-8 option B: several transport labels, and TC kept', () => {
    const config = lab({
      routes: [{ prefix: '198.18.0.1/32', via: '192.0.2.2', labels: [31001] }],
      labels: [{ label: 24500, via: '198.18.0.1', labels: [24600] }],
    });
    const out = [16002, 31001, 24600].map((label): LabelOptions => ({ label, tc: 5, ttl: 8 }));
    forwarded(
      config,
      labelled('core2', [{ label: 24500, tc: 5, ttl: 9 }], beneath),
      'core1',
      leaving('core1', 0x8847, [...labels(...out), ...beneath]),
    );
  });

  test('VRF-8 option B: two VRFs’ labels are swapped each for its own, and only what the neighbour was given', () => {
    const config = lab({
      interfaces: { core2: { acceptLabels: [24500, 24501] } },
      labels: [
        { label: 24500, via: '192.0.2.2', labels: [24600] },
        { label: 24501, via: '192.0.2.2', labels: [24601] },
        { label: 24502, via: '192.0.2.2', labels: [24602] },
      ],
    });
    forwarded(config, labelled('core2', [24500], beneath), 'core1', under('core1', [16002, 24600], beneath));
    forwarded(config, labelled('core2', [24501], beneath), 'core1', under('core1', [16002, 24601], beneath));
    dropped(config, labelled('core2', [24502], beneath), 'label-not-given');
    dropped(config, labelled('core2', [24001], beneath), 'label-not-given');
  });

  test('VRF-8 option C: three labels: transport to the ASBR, the ASBR’s label for the far PE, the VPN label', () => {
    const routes = [
      { prefix: '198.51.100.9/32', via: '192.0.2.2', labels: [17009] },
      ...red5({ via: '198.51.100.9', labels: [24015] }),
    ];
    expectStack({ routes }, ...in5, 'core1', [16002, 17009, 24015]);
  });

  test('VRF-8 option C with transport in a hierarchy of its own: four labels and five', () => {
    const routes = [
      { prefix: '192.0.2.9/32', via: '10.0.13.2', labels: [16101, 16102] },
      { prefix: '198.51.100.8/32', via: '192.0.2.9', labels: [17008] },
      { prefix: '198.51.100.9/32', via: '198.51.100.8', labels: [17009] },
      ...red5({ via: '198.51.100.8', labels: [24015] }),
      { vrf: 'red', prefix: '10.6.0.0/16', via: '198.51.100.9', labels: [24016] },
      { vrf: 'red', prefix: '2001:db8:66::/48', via: '198.51.100.9', labels: [24016] },
    ];
    expectStack({ routes }, ...in5, 'core2', [16101, 16102, 17008, 24015]);
    expectStack({ routes }, '10.6.0.1', '2001:db8:66::1', 'core2', [16101, 16102, 17008, 17009, 24016]);
  });

  test('VRF-8 option C at the ASBR: the label for the far PE swapped, the VPN label beneath untouched', () => {
    const config = lab({ labels: [{ label: 17009, via: '192.0.2.2', labels: [17109] }] });
    const vpn = [...labels({ label: 24015, tc: 3, ttl: 200 }), ...beneath];
    const out = [16002, 17109].map((label): LabelOptions => ({ label, ttl: 63, s: 0 }));
    forwarded(
      config,
      labelled('core2', [{ label: 17009, s: 0 }], vpn),
      'core1',
      leaving('core1', 0x8847, [...labels(...out), ...vpn]),
    );
  });

  const carrier = lab({
    interfaces: { ce1: { mpls: true, acceptLabels: [24700] } },
    labels: [
      { label: 24700, via: '192.0.2.2', labels: [24701] },
      { label: 24710, via: '10.1.1.2', vrf: 'red', labels: [30001] },
      { label: 24711, via: '10.1.1.2', vrf: 'red', labels: [3] },
      { label: 24799, via: '192.0.2.2', labels: [24798] },
    ],
  });

  test.each([
    ['none: two labels', []],
    ['a VPN label: three labels', [500]],
    ['an option C stack: four labels', [501, 500]],
    ['a deep stack', range(500, 520)],
  ])('VRF-8 carrier’s carrier, upwards, beneath the carrier’s label %s', (_, inner) => {
    const customer = [...labels(...inner.map((label): LabelOptions => ({ label, tc: 1, ttl: 77 }))), ...beneath];
    const s = inner.length === 0 ? 1 : 0;
    forwarded(
      carrier,
      labelled('ce1', [{ label: 24700, s }], customer),
      'core1',
      leaving('core1', 0x8847, [...labels({ label: 16002, ttl: 63, s: 0 }, { label: 24701, ttl: 63, s }), ...customer]),
    );
  });

  test('VRF-8 carrier’s carrier: the customer carrier may send only what it was given, and plain IP as ever', () => {
    for (const label of [24799, 24701, 24001, 16001]) {
      dropped(carrier, labelled('ce1', [label, 500], beneath), 'label-not-given');
    }
    forwarded(carrier, arriving4('ce1', packet4()), 'core1', under('core1', [16002, 24012], packet4({ ttl: 63 })));
  });

  test('VRF-8 carrier’s carrier, downwards: swapped towards the customer carrier, or popped for it', () => {
    const customer = [...labels({ label: 501, ttl: 77 }, { label: 500, ttl: 77 }), ...beneath];
    forwarded(
      carrier,
      core([{ label: 24710, s: 0 }], customer),
      'ce1',
      leaving('ce1', 0x8847, [...labels({ label: 30001, ttl: 63, s: 0 }), ...customer]),
    );
    const popped = [...labels({ label: 501, ttl: 63 }, { label: 500, ttl: 77 }), ...beneath];
    forwarded(carrier, core([{ label: 24711, s: 0 }], customer), 'ce1', leaving('ce1', 0x8847, popped));
  });

  test('VRF-8 carrier’s carrier for IP in the VRF: VPN label of the carrier under transport of several levels', () => {
    const routes = [
      { prefix: '198.51.100.9/32', via: '192.0.2.2', labels: [17009] },
      ...red5({ via: '198.51.100.9', labels: [24015, 30015] }),
    ];
    expectStack({ routes }, ...in5, 'core1', [16002, 17009, 24015, 30015]);
  });
});
