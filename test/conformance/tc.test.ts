// TC: traffic class bits of labels and the DSCP of IP.
import { describe, expect, test } from 'vitest';
import { type Bytes, decode, type LabelOptions, labels } from '../support/frames.ts';
import type { Sent } from '../support/router.ts';
import {
  arriving4,
  arriving6,
  type Config,
  forwarded,
  lab,
  labelled,
  leaving,
  type Port,
  packet4,
  packet6,
  range,
  run,
  toSite4,
  toSite6,
} from './labs-eth-lbl.ts';

type Mode = 'uniform' | 'pipe' | 'short-pipe' | number;
const inMode = (tc: Mode, extra: Config = {}) => lab({ ...extra, router: { tc } });
const pipes = ['pipe', 'short-pipe'] as const;

const core = (stack: LabelOptions[], beneath: Bytes = toSite4()): Sent => labelled('core1', stack, beneath);
/** What left, in the order of the frames sent: the TC of every label. */
const classes = (config: string, ...frames: Sent[]) =>
  run(config, ...frames).out.map((seen) => decode(seen.bytes).labels.map(({ tc }) => tc));

/** EF with ECN "congestion experienced": class 5. */
const ef = 0xbb;

describe('TC-1 pushed onto IP', () => {
  const tosOfAllKinds = range(0, 7).flatMap((high) => [
    high << 5,
    (high << 5) | 0x03,
    (high << 5) | 0x1c,
    (high << 5) | 0x1f,
  ]);
  const stack = (tc: number) => labels({ label: 16002, tc, ttl: 63 }, { label: 24012, tc, ttl: 63 });

  test('TC-1 uniform: TC is the top three bits of DSCP, whatever the other bits; the packet keeps them all', () => {
    const uniform = inMode('uniform');
    for (const tos of tosOfAllKinds) {
      forwarded(
        uniform,
        arriving4('ce1', packet4({ tos })),
        'core1',
        leaving('core1', 0x8847, [...stack(tos >> 5), ...packet4({ tos, ttl: 63 })]),
      );
      forwarded(
        uniform,
        arriving6('ce1', packet6({ trafficClass: tos, flowLabel: 0xfffff })),
        'core1',
        leaving('core1', 0x8847, [
          ...stack(tos >> 5),
          ...packet6({ trafficClass: tos, flowLabel: 0xfffff, hopLimit: 63 }),
        ]),
      );
    }
  });

  test('TC-1 uniform is the default', () => {
    expect(classes(lab(), arriving4('ce1', packet4({ tos: ef })))).toEqual([[5, 5]]);
  });

  test.each(pipes)('TC-1 %s: TC is 0 without a number', (mode) => {
    const config = inMode(mode);
    for (const tos of [0, ef, 0xff]) {
      forwarded(
        config,
        arriving4('ce1', packet4({ tos })),
        'core1',
        leaving('core1', 0x8847, [...stack(0), ...packet4({ tos, ttl: 63 })]),
      );
      forwarded(
        config,
        arriving6('ce1', packet6({ trafficClass: tos })),
        'core1',
        leaving('core1', 0x8847, [...stack(0), ...packet6({ trafficClass: tos, hopLimit: 63 })]),
      );
    }
  });

  test.each(range(0, 7))('TC-1 the number %i of the path is taken in every mode', (tc) => {
    for (const mode of ['uniform', ...pipes] as const) {
      const config = inMode(mode, {
        routes: [{ vrf: 'red', prefix: '10.5.0.0/16', via: '10.0.12.2', labels: [30001], tc }],
      });
      expect(classes(config, arriving4('ce1', packet4({ dst: '10.5.0.1', tos: ef })))).toEqual([[tc]]);
    }
  });

  test.each<[Mode, number]>([
    ['uniform', 5],
    ['pipe', 0],
    ['short-pipe', 0],
    [4, 4],
  ])('TC-1 the path says %s: all its labels carry TC %i, whatever the router says', (tc, expected) => {
    for (const mode of ['uniform', ...pipes] as const) {
      const config = inMode(mode, {
        routes: [{ vrf: 'red', prefix: '10.5.0.0/16', via: '10.0.12.2', labels: [30003, 30002, 30001], tc }],
      });
      expect(classes(config, arriving4('ce1', packet4({ dst: '10.5.0.1', tos: ef })))).toEqual([
        [expected, expected, expected],
      ]);
    }
  });

  test.each<[Mode, number, number]>([
    ['uniform', 5, 0],
    ['pipe', 0, 0],
    [6, 6, 6],
  ])('TC-1 legs of a multipath push by their own modes: %s', (tc, first, second) => {
    const config = inMode('uniform', {
      routes: [
        {
          vrf: 'red',
          prefix: '10.5.0.0/16',
          paths: [
            { via: '10.0.12.2', labels: [30001], tc },
            { via: '10.0.13.2', labels: [30002], tc: tc === 6 ? 6 : 'pipe' },
          ],
        },
      ],
    });
    const flows = range(1, 100).map((i) => arriving4('ce1', packet4({ dst: `10.5.0.${i}`, tos: ef })));
    const seen = run(config, ...flows).out.map((out) => decode(out.bytes).labels[0]);
    expect(new Set(seen.filter(({ label }) => label === 30001).map((entry) => entry.tc))).toEqual(new Set([first]));
    expect(new Set(seen.filter(({ label }) => label === 30002).map((entry) => entry.tc))).toEqual(new Set([second]));
  });
});

describe('TC-1 pushed onto labels', () => {
  test.each<[Mode, Mode | undefined, Mode | undefined, [number, number]]>([
    ['uniform', undefined, undefined, [5, 5]],
    ['uniform', 3, undefined, [3, 3]],
    ['uniform', undefined, 6, [6, 5]],
    ['uniform', 3, 6, [6, 3]],
    ['uniform', 0, undefined, [0, 0]],
    ['uniform', undefined, 0, [0, 5]],
    ['uniform', 'pipe', undefined, [0, 0]],
    ['uniform', 'short-pipe', undefined, [0, 0]],
    ['uniform', undefined, 'pipe', [5, 5]],
    ['uniform', undefined, 'short-pipe', [5, 5]],
    ['pipe', undefined, undefined, [0, 0]],
    ['pipe', 'uniform', undefined, [5, 5]],
    ['pipe', undefined, 'uniform', [0, 0]],
    ['pipe', 3, undefined, [3, 3]],
    ['pipe', undefined, 6, [6, 0]],
    ['short-pipe', 'uniform', 'pipe', [5, 5]],
    ['short-pipe', undefined, undefined, [0, 0]],
    ['short-pipe', 2, 'uniform', [2, 2]],
  ])(
    'TC-1 a transport label copies the VPN label unless a number is given: router %s, VPN route %s, transport %s: %j',
    (mode, vpn, transport, expected) => {
      const config = inMode(mode, {
        routes: [
          { prefix: '192.0.2.9/32', via: '10.0.12.2', labels: [16009], tc: transport },
          { vrf: 'red', prefix: '10.5.0.0/16', via: '192.0.2.9', labels: [24015], tc: vpn },
          { vrf: 'red', prefix: '2001:db8:5::/48', via: '192.0.2.9', labels: [24015], tc: vpn },
        ],
      });
      const four = arriving4('ce1', packet4({ dst: '10.5.0.1', tos: ef }));
      const six = arriving6('ce1', packet6({ dst: '2001:db8:5::1', trafficClass: ef }));
      expect(classes(config, four, six)).toEqual([expected, expected]);
    },
  );

  test('TC-1 each of three levels by its own number, or by copy', () => {
    const config = inMode('uniform', {
      routes: [
        { prefix: '192.0.2.8/32', via: '10.0.12.2', labels: [16008] },
        { prefix: '192.0.2.9/32', via: '192.0.2.8', labels: [16009], tc: 6 },
        { vrf: 'red', prefix: '10.5.0.0/16', via: '192.0.2.9', labels: [24015], tc: 1 },
      ],
    });
    expect(classes(config, arriving4('ce1', packet4({ dst: '10.5.0.1', tos: ef })))).toEqual([[6, 6, 1]]);
  });

  test.each(['uniform', ...pipes] as const)(
    'TC-1 swap and push, %s: the pushed label copies the swapped one',
    (mode) => {
      const config = inMode(mode);
      for (const tc of range(0, 7)) expect(classes(config, core([{ label: 16007, tc }]))).toEqual([[tc, tc]]);
      expect(
        classes(
          config,
          core([
            { label: 16007, tc: 6 },
            { label: 99, tc: 1 },
          ]),
        ),
      ).toEqual([[6, 6, 1]]);
    },
  );

  test.each(['uniform', ...pipes] as const)('TC-1 swap and push, %s: a number is for what is pushed above', (mode) => {
    const config = inMode(mode, {
      labels: [{ label: 16070, via: '10.0.13.2', labels: [30003, 30002, 30001], tc: 2 }],
    });
    expect(
      classes(
        config,
        core([
          { label: 16070, tc: 6 },
          { label: 99, tc: 1 },
        ]),
      ),
    ).toEqual([[2, 2, 6, 1]]);
  });

  test.each<[Mode | undefined, number]>([
    [undefined, 6],
    ['pipe', 6],
    ['short-pipe', 6],
    ['uniform', 6],
    [1, 1],
  ])('TC-1 transport labels on a swapped label copy it, or take the transport path’s number: %s', (tc, expected) => {
    for (const mode of ['uniform', ...pipes] as const) {
      const config = inMode(mode, {
        routes: [{ prefix: '192.0.2.9/32', via: '10.0.12.2', labels: [16009], tc }],
        labels: [{ label: 24500, via: '192.0.2.9', labels: [24600] }],
      });
      expect(classes(config, core([{ label: 24500, tc: 6 }]))).toEqual([[expected, 6]]);
    }
  });

  test('TC-1 transport labels pushed where a label was popped: copied from what is beneath, after the pop', () => {
    const labelRows = [{ label: 16060, via: '192.0.2.2' }];
    const frame = core([
      { label: 16060, tc: 5 },
      { label: 99, tc: 1 },
    ]);
    expect(classes(inMode('uniform', { labels: labelRows }), frame)).toEqual([[5, 5]]);
    for (const mode of pipes) expect(classes(inMode(mode, { labels: labelRows }), frame)).toEqual([[1, 1]]);
    const onIp = run(inMode('uniform', { labels: labelRows }), core([{ label: 16060, tc: 5 }], toSite4({ tos: 0x21 })));
    expect(decode(onIp.out[0].bytes).labels.map(({ tc }) => tc)).toEqual([5]);
    expect(decode(onIp.out[0].bytes).ip4?.tos).toBe(0xa1);
  });
});

interface Pop {
  name: string;
  label: number;
  row: Record<string, unknown> | undefined;
  port: Port;
  dst4: string;
  dst6: string;
}
const atSite = { dst4: '10.1.1.2', dst6: '2001:db8:1:1::2' };
const atNet = { dst4: '203.0.113.2', dst6: '2001:db8:99::2' };
/** Every way in which a pop ends at IP; `row` is the label entry without its label and modes. */
const pops: Pop[] = [
  { name: 'table', label: 24801, row: { table: 'red' }, port: 'ce1', ...atSite },
  { name: 'per-CE', label: 24802, row: { via: '10.1.1.2', vrf: 'red', payload: 'ip' }, port: 'ce1', ...atSite },
  { name: 'pop: true', label: 24803, row: { pop: true }, port: 'net1', ...atNet },
  { name: 'penultimate pop', label: 24804, row: { via: '10.0.13.2', labels: [] }, port: 'core2', ...atNet },
];
const down4 = (dst: string, tos: number, ttl: number) => packet4({ src: '10.2.0.9', dst, tos, ttl });
const down6 = (dst: string, trafficClass: number, hopLimit: number) =>
  packet6({ src: '2001:db8:2::9', dst, trafficClass, flowLabel: 0xabcde, hopLimit });

/** Frames with every TC above every class and some low bits, and the DSCP and ECN byte with which each must leave. */
function popThrough(config: string, pop: Pop, expectedTos: (tc: number, tos: number) => number) {
  const cases = range(0, 7).flatMap((tc) =>
    range(0, 7).flatMap((high) => [
      { tc, tos: (high << 5) | 0x0b },
      { tc, tos: (high << 5) | 0x01 },
      { tc, tos: high << 5 },
    ]),
  );
  const sent4 = cases.map(({ tc, tos }) => core([{ label: pop.label, tc }], down4(pop.dst4, tos, 64)));
  const sent6 = cases.map(({ tc, tos }) => core([{ label: pop.label, tc }], down6(pop.dst6, tos, 64)));
  const result = run(config, ...sent4, ...sent6);
  const asText = (bytes: ArrayLike<number>) => Array.from(bytes).join(' ');
  expect(result.out.map((seen) => asText(seen.bytes))).toEqual([
    ...cases.map(({ tc, tos }) => asText(leaving(pop.port, 0x0800, down4(pop.dst4, expectedTos(tc, tos), 63)))),
    ...cases.map(({ tc, tos }) => asText(leaving(pop.port, 0x86dd, down6(pop.dst6, expectedTos(tc, tos), 63)))),
  ]);
}
/** DSCP := TC << 3 where its top three bits differ, ECN kept. */
const uniformTos = (tc: number, tos: number) => (tos >> 5 === tc ? tos : (tc << 5) | (tos & 3));
const sameTos = (_: number, tos: number) => tos;

describe('TC-2 popped to IP', () => {
  const withPop = (mode: Mode, pop: Pop, own?: Mode) =>
    inMode(mode, { labels: [{ label: pop.label, ...pop.row, tc: own }] });

  test.each(pops)('TC-2 uniform, $name: a differing TC becomes the DSCP, ECN and checksum right', (pop) => {
    popThrough(withPop('uniform', pop), pop, uniformTos);
  });

  test.each(pops)('TC-2 pipe and short-pipe, $name: DSCP left alone', (pop) => {
    for (const mode of pipes) popThrough(withPop(mode, pop), pop, sameTos);
  });

  test.each(pops)('TC-2 $name: the label entry’s own mode counts, a number as pipe', (pop) => {
    for (const own of [...pipes, 0, 5]) popThrough(withPop('uniform', pop, own), pop, sameTos);
    for (const mode of pipes) popThrough(withPop(mode, pop, 'uniform'), pop, uniformTos);
  });

  test('TC-2 a VRF’s own label pops by the router’s mode', () => {
    const pop: Pop = { name: 'vrf label', label: 24001, row: undefined, port: 'ce1', ...atSite };
    popThrough(inMode('uniform'), pop, uniformTos);
    for (const mode of pipes) popThrough(inMode(mode), pop, sameTos);
  });

  test('TC-2 explicit null pops by the router’s mode', () => {
    const frame = (tc: number, ttl: number) => core([{ label: 0, tc }], down4(atNet.dst4, 0x2b, ttl));
    const frame6 = (tc: number, ttl: number) => core([{ label: 2, tc }], down6(atNet.dst6, 0x2b, ttl));
    const out = (tos: number) => leaving('net1', 0x0800, down4(atNet.dst4, tos, 63));
    const out6 = (tos: number) => leaving('net1', 0x86dd, down6(atNet.dst6, tos, 63));
    const uniform = inMode('uniform');
    forwarded(uniform, frame(1, 64), 'net1', out(0x2b));
    forwarded(uniform, frame(6, 64), 'net1', out(0xc3));
    forwarded(uniform, frame6(1, 64), 'net1', out6(0x2b));
    forwarded(uniform, frame6(6, 64), 'net1', out6(0xc3));
    for (const mode of pipes) {
      forwarded(inMode(mode), frame(6, 64), 'net1', out(0x2b));
      forwarded(inMode(mode), frame6(6, 64), 'net1', out6(0x2b));
    }
  });

  test('TC-2 the checksum is right where it becomes 0', () => {
    const left = (id: number) => toSite4({ id, tos: 0xa0, ttl: 63 });
    const zero = range(0, 0xffff).find((id) => left(id)[10] === 0 && left(id)[11] === 0);
    expect(zero).toBeDefined();
    const id = zero ?? 0;
    forwarded(
      inMode('uniform'),
      core([{ label: 24001, tc: 5 }], toSite4({ id })),
      'ce1',
      leaving('ce1', 0x0800, left(id)),
    );
  });

  test('TC-2 with entropy labels above the packet the TC of the popped label counts', () => {
    // reading: ELI and entropy label are removed with all that is in them, so their TC is nobody's.
    const frame = core([
      { label: 24001, tc: 5 },
      { label: 7, tc: 1 },
      { label: 99, tc: 2 },
    ]);
    forwarded(inMode('uniform'), frame, 'ce1', leaving('ce1', 0x0800, toSite4({ tos: 0xa0, ttl: 63 })));
  });

  test('TC-2 IPv4 options and the rest of the header stay as they are', () => {
    const o = { src: '10.2.0.9', dst: '10.1.1.2', options: [1, 1, 1, 0], id: 7, df: true };
    forwarded(
      inMode('uniform'),
      core([{ label: 24001, tc: 7 }], packet4({ ...o, tos: 0x02 })),
      'ce1',
      leaving('ce1', 0x0800, packet4({ ...o, tos: 0xe2, ttl: 63 })),
    );
  });
});

describe('TC-2 popped to a label', () => {
  const rows = [
    { label: 16101, pop: true, tc: 'pipe' },
    { label: 16102, pop: true, tc: 'short-pipe' },
    { label: 16103, pop: true, tc: 'uniform' },
    { label: 16104, pop: true, tc: 3 },
    { label: 16105, via: '10.0.13.2', labels: [], tc: 'pipe' },
    { label: 16106, via: '10.0.13.2', labels: [], tc: 'uniform' },
    { label: 24851, table: 'red', tc: 'pipe' },
  ];
  const uniform = inMode('uniform', { labels: rows });
  const tops: [number, string][] = [
    [16100, 'pop: true'],
    [0, 'explicit null 0'],
    [2, 'explicit null 2'],
  ];

  test.each(tops)('TC-2 uniform, %i (%s): TC copied down', (label) => {
    for (const tc of range(0, 7)) {
      expect(
        classes(
          uniform,
          core([
            { label, tc },
            { label: 16001, tc: 1 },
          ]),
        ),
      ).toEqual([[tc]]);
    }
    expect(
      classes(
        uniform,
        core([
          { label, tc: 6 },
          { label: 16001, tc: 1 },
          { label: 99, tc: 2 },
        ]),
      ),
    ).toEqual([[6, 2]]);
  });

  test.each(tops)('TC-2 pipe and short-pipe, %i (%s): the label beneath keeps its TC', (label) => {
    for (const mode of pipes) {
      expect(
        classes(
          inMode(mode),
          core([
            { label, tc: 6 },
            { label: 16001, tc: 1 },
          ]),
        ),
      ).toEqual([[1]]);
    }
  });

  test('TC-2 uniform, penultimate pop: TC copied down, and only there', () => {
    expect(
      classes(
        uniform,
        core([
          { label: 16005, tc: 6 },
          { label: 98, tc: 1 },
          { label: 99, tc: 2 },
        ]),
      ),
    ).toEqual([[6, 2]]);
    for (const mode of pipes) {
      expect(
        classes(
          inMode(mode),
          core([
            { label: 16005, tc: 6 },
            { label: 98, tc: 1 },
          ]),
        ),
      ).toEqual([[1]]);
    }
  });

  test.each([
    [16101, 1],
    [16102, 1],
    [16103, 6],
    [16104, 1],
  ])('TC-2 the entry’s own mode counts: label %i leaves TC %i', (label, expected) => {
    for (const mode of ['uniform', ...pipes] as const) {
      const config = inMode(mode, { labels: rows });
      expect(
        classes(
          config,
          core([
            { label, tc: 6 },
            { label: 16001, tc: 1 },
          ]),
        ),
      ).toEqual([[expected]]);
    }
  });

  test.each([
    [16105, 1],
    [16106, 6],
  ])('TC-2 the entry’s own mode counts for a penultimate pop: label %i leaves TC %i', (label, expected) => {
    for (const mode of ['uniform', ...pipes] as const) {
      const config = inMode(mode, { labels: rows });
      expect(
        classes(
          config,
          core([
            { label, tc: 6 },
            { label: 99, tc: 1 },
          ]),
        ),
      ).toEqual([[expected]]);
    }
  });

  test('TC-2 through several pops, each by its own mode, down to IP', () => {
    const through = (...stack: LabelOptions[]) => {
      const result = run(uniform, core(stack, toSite4({ tos: 0x21 })));
      return decode(result.out[0].bytes).ip4?.tos;
    };
    const copied = { label: 16103, tc: 6 };
    const kept = { label: 16101, tc: 6 };
    expect(through(copied, { label: 24001, tc: 2 })).toBe(0xc1);
    expect(through(kept, { label: 24001, tc: 2 })).toBe(0x41);
    expect(through(kept, { label: 24001, tc: 1 })).toBe(0x21);
    expect(through(copied, { label: 24851, tc: 2 })).toBe(0x21);
    expect(through({ label: 0, tc: 3 }, { label: 0, tc: 4 }, { label: 24001, tc: 5 })).toBe(0x61);
    expect(through(copied, { ...kept, tc: 2 }, { label: 24001, tc: 7 })).toBe(0xe1);
  });

  test('TC-2 the DSCP that a pop wrote is what a push in the same router reads', () => {
    const config = inMode('uniform', {
      routes: [{ vrf: 'red', prefix: '10.5.0.0/16', via: '10.0.13.2', labels: [30001] }],
    });
    const beneath = (tos: number, ttl: number) => packet4({ src: '10.2.0.9', dst: '10.5.0.1', tos, ttl });
    forwarded(
      config,
      core([{ label: 24001, tc: 6 }], beneath(0x21, 64)),
      'core2',
      leaving('core2', 0x8847, [...labels({ label: 30001, tc: 6, ttl: 63 }), ...beneath(0xc1, 63)]),
    );
  });

  test('TC-2 IPv6 through several pops', () => {
    const result = run(
      uniform,
      core(
        [
          { label: 16103, tc: 6 },
          { label: 24001, tc: 2 },
        ],
        toSite6({ trafficClass: 0x21 }),
      ),
    );
    expect(decode(result.out[0].bytes).ip6?.trafficClass).toBe(0xc1);
  });
});
