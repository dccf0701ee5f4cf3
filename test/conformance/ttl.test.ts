// TTL-1 to TTL-6: what happens to TTLs on push, swap and pop. RFC 3031, 3032 section 2.4, 3443, 1624.
import { describe, expect, test } from 'vitest';
import type { Bytes, LabelOptions } from '../support/frames.ts';
import { checksum, decode, filler } from '../support/frames.ts';
import type { LabChanges, Leaving, StackEntry } from './labs-ttl-ip.ts';
import {
  arriving,
  expectDropped,
  expectForwarded,
  expectPunted,
  lab,
  leaving,
  quiet,
  quiet6,
  run,
  toFar,
  toFar6,
  toNear,
  toNear6,
} from './labs-ttl-ip.ts';

type Mode = 'uniform' | 'pipe' | 'short-pipe' | number;
const modes: Mode[] = ['uniform', 'pipe', 'short-pipe', 100];
const pipes: Mode[] = ['pipe', 'short-pipe', 100];
const entry = (label: number, ttl: number, rest: Partial<LabelOptions> = {}): LabelOptions => ({ label, ttl, ...rest });

/** Everything that a label entry can say, each under its own label. */
const actions: { name: string; label: number; line: Record<string, unknown> }[] = [
  { name: 'swap', label: 16001, line: { via: '10.0.13.2', labels: [17001] } },
  { name: 'swap and push', label: 16002, line: { via: '10.0.13.2', labels: [17002, 17001] } },
  { name: 'penultimate pop', label: 16003, line: { via: '10.0.13.2', labels: [] } },
  { name: 'pop and look up in a table', label: 16004, line: { table: 'red' } },
  { name: 'per-CE pop', label: 16005, line: { via: '10.1.1.2', vrf: 'red', payload: 'ip' } },
  { name: 'pop: true', label: 16006, line: { pop: true } },
];
const withMode = (ttl: Mode): LabChanges => ({
  labels: actions.map(({ label, line }) => ({ label, ...line, ttl })),
  // The far customer's prefix in the global table, for what `pop: true` exposes.
  routes: [
    { prefix: '10.1.1.0/24', table: 'red' },
    { prefix: '2001:db8:1:1::/64', table: 'red' },
  ],
});

describe('TTL-1', () => {
  for (const [ttl, out] of [
    [2, 1],
    [3, 2],
    [64, 63],
    [255, 254],
  ]) {
    test(`TTL-1 a swapped label of TTL ${ttl} leaves with ${out}`, () => {
      const config = lab(withMode('uniform'));
      const packet = toNear();
      expectForwarded(
        run(config, arriving('core1', packet, entry(16001, ttl))),
        leaving('core2', packet, entry(17001, out)),
      );
    });
    test(`TTL-1 an IPv4 packet of TTL ${ttl} leaves with ${out}`, () => {
      const packet = (t: number) => toFar({ dst: '10.1.2.2', ttl: t });
      expectForwarded(run(lab(), arriving('ce1', packet(ttl))), leaving('ce2', packet(out)));
    });
    test(`TTL-1 an IPv6 packet of hop limit ${ttl} leaves with ${out}`, () => {
      const packet = (hopLimit: number) => toFar6({ dst: '2001:db8:1:2::2', hopLimit });
      expectForwarded(run(lab(), arriving('ce1', packet(ttl))), leaving('ce2', packet(out)));
    });
  }

  for (const ttl of [0, 1]) {
    test(`TTL-1 IPv4 with TTL ${ttl} is not forwarded, whatever the way`, () => {
      const q = (dst: string) => quiet({ src: '10.1.1.2', dst, ttl });
      expectDropped(run(lab(), arriving('ce1', q('10.1.2.2')), arriving('ce1', q('10.2.0.9'))), 'ttl-expired');
    });
    test(`TTL-1 IPv6 with hop limit ${ttl} is not forwarded, whatever the way`, () => {
      const q = (dst: string) => quiet6({ src: '2001:db8:1:1::2', dst, hopLimit: ttl });
      expectDropped(
        run(lab(), arriving('ce1', q('2001:db8:1:2::2')), arriving('ce1', q('2001:db8:2::9'))),
        'ttl-expired',
      );
    });
    test(`TTL-1 an explicit null with TTL ${ttl} is expired in every mode`, () => {
      for (const mode of ['uniform', 'pipe', 'short-pipe']) {
        const config = lab({ ...withMode('uniform'), router: { ttl: mode } });
        expectDropped(run(config, arriving('core1', quiet(), entry(0, ttl))), 'ttl-expired');
        expectDropped(run(config, arriving('core1', quiet6(), entry(2, ttl))), 'ttl-expired');
        expectDropped(run(config, arriving('core1', quiet(), entry(0, ttl), entry(16001, 64))), 'ttl-expired');
      }
    });
    for (const mode of modes) {
      for (const { name, label } of actions) {
        test(`TTL-1 ${name}, mode ${mode}: arriving label TTL ${ttl} is expired`, () => {
          const config = lab(withMode(mode));
          expectDropped(run(config, arriving('core1', quiet(), entry(label, ttl))), 'ttl-expired');
          expectDropped(run(config, arriving('core1', quiet6(), entry(label, ttl))), 'ttl-expired');
        });
      }
    }
  }

  for (const mode of modes) {
    for (const { name, label } of actions) {
      test(`TTL-1 ${name}, mode ${mode}: arriving label TTL 2 passes`, () => {
        const result = run(lab(withMode(mode)), arriving('core1', toNear(), entry(label, 2)));
        expect(result.frames).toMatchObject({ in: 1, out: 1, dropped: 0, punted: 0, made: 0 });
      });
    }
  }

  for (const mode of pipes) {
    test(`TTL-1 ${mode}: IP exposed with TTL 1 or 0 is expired where this router routes it`, () => {
      const config = lab(withMode(mode));
      for (const ttl of [0, 1]) {
        for (const label of [16004, 16005, 16006]) {
          expectDropped(run(config, arriving('core1', quiet({ ttl }), entry(label, 64))), 'ttl-expired');
          expectDropped(run(config, arriving('core1', quiet6({ hopLimit: ttl }), entry(label, 64))), 'ttl-expired');
        }
      }
    });
    test(`TTL-1 ${mode}: a label exposed with TTL 1 or 0 is expired where this router acts on it`, () => {
      const config = lab(withMode(mode));
      for (const ttl of [0, 1]) {
        for (const label of [16001, 16002, 16003, 16004, 16005]) {
          const frame = arriving('core1', quiet(), entry(16006, 64), entry(label, ttl));
          expectDropped(run(config, frame), 'ttl-expired');
        }
      }
    });
    test(`TTL-1 ${mode}: a label exposed with TTL 2 passes`, () => {
      const frame = arriving('core1', toNear(), entry(16006, 64), entry(16001, 2));
      expectForwarded(run(lab(withMode(mode)), frame), leaving('core2', toNear(), entry(17001, 1)));
    });
  }

  for (const ttl of [0, 1]) {
    test(`TTL-1 an own address takes IP with TTL ${ttl}`, () => {
      expectPunted(run(lab(), arriving('ce1', toFar({ dst: '10.1.1.1', ttl }))), 'local');
      expectPunted(run(lab(), arriving('ce1', toFar6({ dst: '2001:db8:1:1::1', hopLimit: ttl }))), 'local');
    });
    test(`TTL-1 an own address beneath a label takes IP with TTL ${ttl} in every mode`, () => {
      for (const mode of modes) {
        const frame = arriving('core1', toNear({ dst: '10.1.1.1', ttl }), entry(16004, 64));
        expectPunted(run(lab(withMode(mode)), frame), 'local');
      }
    });
    test(`TTL-1 an own address does not waive the top label's TTL ${ttl}`, () => {
      for (const mode of modes) {
        const frame = arriving('core1', quiet({ dst: '10.1.1.1' }), entry(16004, ttl));
        expectDropped(run(lab(withMode(mode)), frame), 'ttl-expired');
      }
    });
    test(`TTL-1 an own address does not waive an exposed label's TTL ${ttl}`, () => {
      for (const mode of modes) {
        const frame = arriving('core1', quiet({ dst: '10.1.1.1' }), entry(16006, 64), entry(16004, ttl));
        expectDropped(run(lab(withMode(mode)), frame), 'ttl-expired');
      }
    });
  }

  test('TTL-1 an unknown label is no-label before its TTL is looked at', () => {
    expectDropped(run(lab(), arriving('core1', toNear(), entry(19999, 1))), 'no-label');
  });
  test('TTL-1 an entry that drops or punts does so before its TTL is looked at', () => {
    const config = lab({
      labels: [
        { label: 16020, drop: true },
        { label: 16021, punt: true },
        { label: 16022, receive: true },
      ],
    });
    expectDropped(run(config, arriving('core1', toNear(), entry(16020, 1))), 'blackhole');
    expectPunted(run(config, arriving('core1', toNear(), entry(16021, 1))), 'configured');
    expectPunted(run(config, arriving('core1', toNear(), entry(16022, 0))), 'local');
  });
  test('TTL-1 bottom-expected is judged before the TTL, the TTL before the payload', () => {
    const config = lab(withMode('uniform'));
    expectDropped(run(config, arriving('core1', quiet(), entry(16004, 1), entry(16001, 64))), 'bottom-expected');
    expectDropped(run(config, arriving('core1', [0, 0, 0, 0, ...filler(40)], entry(16004, 1))), 'ttl-expired');
  });
});

describe('TTL-2', () => {
  test('TTL-2 a swap writes only the top entry: all below keep their TTL', () => {
    const packet = toNear({ ttl: 7 });
    expectForwarded(
      run(lab(withMode('uniform')), arriving('core1', packet, entry(16001, 9), entry(300, 200), entry(301, 0))),
      leaving('core2', packet, entry(17001, 8), entry(300, 200), entry(301, 0)),
    );
  });
  for (const mode of modes) {
    test(`TTL-2 a plain swap decrements in mode ${mode} too`, () => {
      expectForwarded(
        run(lab(withMode(mode)), arriving('core1', toNear(), entry(16001, 50), 300)),
        leaving('core2', toNear(), entry(17001, 49), 300),
      );
    });
  }
  for (const [mode, pushed] of [
    ['uniform', 49],
    ['pipe', 255],
    ['short-pipe', 255],
    [100, 100],
    [1, 1],
    [255, 255],
  ] as [Mode, number][]) {
    test(`TTL-2 swap and push, mode ${mode}: the swapped entry is decremented, the pushed one has ${pushed}`, () => {
      expectForwarded(
        run(lab(withMode(mode)), arriving('core1', toNear(), entry(16002, 50), 300)),
        leaving('core2', toNear(), entry(17002, pushed), entry(17001, 49), 300),
      );
    });
    test(`TTL-2 swap and push of three, mode ${mode}`, () => {
      const config = lab({ labels: [{ label: 16001, via: '10.0.13.2', labels: [501, 502, 503, 504], ttl: mode }] });
      expectForwarded(
        run(config, arriving('core1', toNear(), entry(16001, 50))),
        leaving('core2', toNear(), entry(501, pushed), entry(502, pushed), entry(503, pushed), entry(504, 49)),
      );
    });
    test(`TTL-2 swap with a recursive next hop: the transport label follows the transport path's mode ${mode}`, () => {
      const config = lab({
        routes: [{ prefix: '192.0.2.7/32', via: '10.0.13.2', labels: [16007], ttl: mode }],
        labels: [{ label: 24500, via: '192.0.2.7', labels: [24600], ttl: 33 }],
      });
      expectForwarded(
        run(config, arriving('core1', toNear(), entry(24500, 50))),
        leaving('core2', toNear(), entry(16007, pushed), entry(24600, 49)),
      );
    });
  }
});

describe('TTL-3', () => {
  /** A VPN route by its own mode over a transport route by its own. */
  const vpn = (vpnTtl: Mode | undefined, transportTtl: Mode | undefined, router: Record<string, unknown> = {}) =>
    lab({
      router,
      routes: [
        {
          prefix: '192.0.2.7/32',
          via: '10.0.12.2',
          labels: [16007],
          ...(transportTtl === undefined ? {} : { ttl: transportTtl }),
        },
        ...['10.20.0.0/16', '2001:db8:20::/48'].map((prefix) => ({
          vrf: 'red',
          prefix,
          via: '192.0.2.7',
          labels: [24020],
          ...(vpnTtl === undefined ? {} : { ttl: vpnTtl }),
        })),
      ],
    });
  for (const [name, vpnTtl, transportTtl, vpnOut, transportOut] of [
    ['uniform over uniform: both copy the decremented IP TTL', 'uniform', 'uniform', 63, 63],
    ['pipe over pipe: 255 both', 'pipe', 'pipe', 255, 255],
    ['short-pipe over short-pipe: 255 both', 'short-pipe', 'short-pipe', 255, 255],
    ['uniform under pipe: each level by its own mode', 'uniform', 'pipe', 63, 255],
    ['pipe under uniform: the transport label copies the header directly beneath, 255', 'pipe', 'uniform', 255, 255],
    ['number under uniform: the transport label copies the number', 10, 'uniform', 10, 10],
    ['number under number', 10, 20, 10, 20],
    ['number under pipe', 10, 'pipe', 10, 255],
    ['uniform under number', 'uniform', 20, 63, 20],
    ['number 1', 1, 1, 1, 1],
  ] as [string, Mode, Mode, number, number][]) {
    test(`TTL-3 IPv4, ${name}`, () => {
      const packet = (ttl: number) => toFar({ dst: '10.20.0.9', ttl });
      expectForwarded(
        run(vpn(vpnTtl, transportTtl), arriving('ce1', packet(64))),
        leaving('core1', packet(63), entry(16007, transportOut), entry(24020, vpnOut)),
      );
    });
    test(`TTL-3 IPv6, ${name}`, () => {
      const packet = (hopLimit: number) => toFar6({ dst: '2001:db8:20::9', hopLimit });
      expectForwarded(
        run(vpn(vpnTtl, transportTtl), arriving('ce1', packet(64))),
        leaving('core1', packet(63), entry(16007, transportOut), entry(24020, vpnOut)),
      );
    });
  }
  for (const [router, expected] of [
    [{}, 63],
    [{ ttl: 'uniform' }, 63],
    [{ ttl: 'pipe' }, 255],
    [{ ttl: 'short-pipe' }, 255],
  ] as [Record<string, unknown>, number][]) {
    test(`TTL-3 the router's mode ${JSON.stringify(router)} governs where the path names none`, () => {
      const packet = (ttl: number) => toFar({ dst: '10.20.0.9', ttl });
      expectForwarded(
        run(vpn(undefined, undefined, router), arriving('ce1', packet(64))),
        leaving('core1', packet(63), entry(16007, expected), entry(24020, expected)),
      );
    });
  }
  test("TTL-3 a path's mode overrides the router's", () => {
    const packet = (ttl: number) => toFar({ dst: '10.20.0.9', ttl });
    expectForwarded(
      run(vpn('uniform', 77, { ttl: 'pipe' }), arriving('ce1', packet(64))),
      leaving('core1', packet(63), entry(16007, 77), entry(24020, 63)),
    );
  });
  test('TTL-3 several labels of one path copy one after the other', () => {
    const config = lab({ routes: [{ prefix: '10.20.0.0/16', via: '10.0.12.2', labels: [501, 502, 503] }] });
    const packet = (ttl: number) => toFar({ src: '10.7.1.2', dst: '10.20.0.9', ttl });
    expectForwarded(
      run(config, arriving('net1', packet(2))),
      leaving('core1', packet(1), entry(501, 1), entry(502, 1), entry(503, 1)),
    );
  });
  test('TTL-3 the IP TTL is decremented in pipe mode too', () => {
    const packet = (ttl: number) => toFar({ dst: '10.20.0.9', ttl });
    expectForwarded(
      run(vpn('pipe', 'pipe'), arriving('ce1', packet(2))),
      leaving('core1', packet(1), entry(16007, 255), entry(24020, 255)),
    );
  });
  test('TTL-3 an explicit null pushed has a TTL like any pushed label', () => {
    const config = lab({ routes: [{ prefix: '10.20.0.0/16', via: '10.0.12.2', labels: [0] }] });
    const packet = (ttl: number) => toFar({ src: '10.7.1.2', dst: '10.20.0.9', ttl });
    expectForwarded(run(config, arriving('net1', packet(64))), leaving('core1', packet(63), entry(0, 63)));
  });
});

/** One pop: TTL of the label, TTL beneath, mode; what leaves, or undefined if expired. */
const pops: [number, number, Mode, number | undefined][] = [
  [10, 64, 'uniform', 9],
  [64, 10, 'uniform', 9],
  [64, 64, 'uniform', 63],
  [255, 255, 'uniform', 254],
  [2, 64, 'uniform', 1],
  [64, 2, 'uniform', 1],
  [64, 1, 'uniform', undefined],
  [64, 0, 'uniform', undefined],
  [2, 1, 'uniform', undefined],
  [10, 64, 'pipe', 63],
  [64, 10, 'pipe', 9],
  [2, 255, 'pipe', 254],
  [64, 2, 'pipe', 1],
  [64, 1, 'pipe', undefined],
  [10, 64, 'short-pipe', 63],
  [64, 10, 'short-pipe', 9],
  [64, 1, 'short-pipe', undefined],
  [10, 64, 100, 63],
  [64, 10, 100, 9],
  [64, 1, 100, undefined],
];

describe('TTL-4', () => {
  for (const [popped, exposed, mode, out] of pops) {
    for (const { name, label } of actions.slice(3)) {
      test(`TTL-4 ${name}, ${mode}: label ${popped} over IP ${exposed} gives ${out ?? 'expired'}`, () => {
        const config = lab(withMode(mode));
        const four = run(config, arriving('core1', quiet({ ttl: exposed }), entry(label, popped)));
        const six = run(config, arriving('core1', quiet6({ hopLimit: exposed }), entry(label, popped)));
        if (out === undefined) {
          expectDropped(four, 'ttl-expired');
          expectDropped(six, 'ttl-expired');
        } else {
          expectForwarded(four, leaving('ce1', quiet({ ttl: out })));
          expectForwarded(six, leaving('ce1', quiet6({ hopLimit: out })));
        }
      });
    }
    test(`TTL-4 pop: true above a swap, ${mode}: label ${popped} over label ${exposed} gives ${out ?? 'expired'}`, () => {
      const result = run(
        lab(withMode(mode)),
        arriving('core1', quiet(), entry(16006, popped), entry(16001, exposed), entry(300, 5)),
      );
      if (out === undefined) expectDropped(result, 'ttl-expired');
      else expectForwarded(result, leaving('core2', quiet(), entry(17001, out), entry(300, 5)));
    });
    if (typeof mode === 'string') {
      test(`TTL-4 explicit null, ${mode}: ${popped} over ${exposed} gives ${out ?? 'expired'}`, () => {
        const config = lab({ ...withMode('uniform'), router: { ttl: mode } });
        const four = run(config, arriving('core1', quiet({ ttl: exposed }), entry(0, popped)));
        const six = run(config, arriving('core1', quiet6({ hopLimit: exposed }), entry(2, popped)));
        const above = run(config, arriving('core1', quiet(), entry(0, popped), entry(16001, exposed)));
        if (out === undefined) {
          expectDropped(four, 'ttl-expired');
          expectDropped(six, 'ttl-expired');
          expectDropped(above, 'ttl-expired');
        } else {
          expectForwarded(four, leaving('ce1', quiet({ ttl: out })));
          expectForwarded(six, leaving('ce1', quiet6({ hopLimit: out })));
          expectForwarded(above, leaving('core2', quiet(), entry(17001, out)));
        }
      });
      test(`TTL-4 the VRF's own label pops by the router's mode ${mode}: ${popped} over ${exposed}`, () => {
        const config = lab({ router: { ttl: mode } });
        const result = run(config, arriving('core1', quiet({ ttl: exposed }), entry(24001, popped)));
        if (out === undefined) expectDropped(result, 'ttl-expired');
        else expectForwarded(result, leaving('ce1', quiet({ ttl: out })));
      });
    }
  }

  const chain: LabChanges = {
    labels: [
      { label: 100, pop: true, ttl: 'uniform' },
      { label: 101, pop: true, ttl: 'uniform' },
      { label: 110, pop: true, ttl: 'pipe' },
      { label: 111, pop: true, ttl: 'short-pipe' },
      { label: 120, table: 'red', ttl: 'uniform' },
      { label: 130, table: 'red', ttl: 'pipe' },
      { label: 140, via: '10.0.13.2', labels: [17001] },
      { label: 150, via: '10.0.13.2', labels: [], ttl: 'uniform' },
      { label: 160, via: '10.0.13.2', labels: [], ttl: 'pipe' },
    ],
  };
  for (const [name, stack, ipTtl, out] of [
    ['three uniform pops decrement once', [entry(100, 40), entry(101, 50), entry(120, 60)], 64, 39],
    ['the smallest TTL of the stack counts, the middle one', [entry(100, 50), entry(101, 40), entry(120, 60)], 64, 39],
    [
      'the smallest TTL of the stack counts, the lowest label',
      [entry(100, 50), entry(101, 60), entry(120, 40)],
      64,
      39,
    ],
    ['the smallest TTL of the stack counts, IP', [entry(100, 50), entry(101, 60), entry(120, 70)], 40, 39],
    ['three pipe pops decrement IP once', [entry(110, 40), entry(111, 50), entry(130, 60)], 64, 63],
    ['pipe above uniform: the popped pipe TTL is gone', [entry(110, 10), entry(120, 50)], 64, 49],
    ['uniform above pipe: the minimum ends with the pipe label', [entry(100, 10), entry(130, 50)], 64, 63],
    ['explicit null between', [entry(100, 40), entry(0, 50), entry(120, 60)], 64, 39],
    ['explicit null on top', [entry(0, 40), entry(120, 60)], 64, 39],
    ['two explicit nulls', [entry(0, 40), entry(0, 30), entry(120, 60)], 64, 29],
    ['minimum 2 passes', [entry(100, 2), entry(101, 64), entry(120, 64)], 64, 1],
  ] as [string, StackEntry[], number, number][]) {
    test(`TTL-4 ${name}`, () => {
      expectForwarded(
        run(lab(chain), arriving('core1', toNear({ ttl: ipTtl }), ...stack)),
        leaving('ce1', toNear({ ttl: out })),
      );
    });
  }
  for (const [name, stack] of [
    ['the middle label', [entry(100, 64), entry(101, 1), entry(120, 64)]],
    ['the lowest label', [entry(100, 64), entry(101, 64), entry(120, 1)]],
    ['the lowest label, 0', [entry(100, 64), entry(101, 64), entry(120, 0)]],
    ['a label beneath an explicit null', [entry(0, 64), entry(120, 1)]],
  ] as [string, StackEntry[]][]) {
    test(`TTL-4 expired at ${name} of a chain of pops`, () => {
      expectDropped(run(lab(chain), arriving('core1', quiet(), ...stack)), 'ttl-expired');
    });
  }
  test('TTL-4 pops above a swap decrement once: the swapped label has the minimum less one', () => {
    expectForwarded(
      run(lab(chain), arriving('core1', toNear(), entry(100, 40), entry(101, 30), entry(140, 50), 300)),
      leaving('core2', toNear(), entry(17001, 29), 300),
    );
  });
  test('TTL-4 pops above a penultimate pop decrement once', () => {
    expectForwarded(
      run(lab(chain), arriving('core1', toNear(), entry(100, 40), entry(150, 50), entry(300, 60))),
      leaving('core2', toNear(), entry(300, 39)),
    );
    expectForwarded(
      run(lab(chain), arriving('core1', toNear(), entry(110, 40), entry(160, 50), entry(300, 60))),
      leaving('core2', toNear(), entry(300, 60)),
    );
  });
  test('TTL-4 look-ups in further tables decrement no second time', () => {
    const config = lab({ routes: [{ vrf: 'red', prefix: '10.6.0.0/16', table: 'global' }] });
    const packet = (ttl: number) => toNear({ dst: '10.6.0.9', ttl });
    expectForwarded(run(config, arriving('core1', packet(64), entry(24001, 50))), leaving('core2', packet(49)));
    const plain = (ttl: number) => toFar({ dst: '10.6.0.9', ttl });
    expectForwarded(run(config, arriving('ce1', plain(64))), leaving('core2', plain(63)));
  });
  test('TTL-4 a pop followed by a push decrements once', () => {
    const packet = (ttl: number) => toNear({ src: '10.1.1.2', dst: '10.2.0.9', ttl });
    expectForwarded(
      run(lab(), arriving('core2', packet(64), entry(24001, 50))),
      leaving('core1', packet(49), entry(16002, 49), entry(24012, 49)),
    );
  });
  test("TTL-4 a label's mode overrides the router's", () => {
    const config = lab({ router: { ttl: 'pipe' }, labels: [{ label: 120, table: 'red', ttl: 'uniform' }] });
    expectForwarded(
      run(config, arriving('core1', toNear({ ttl: 64 }), entry(120, 10))),
      leaving('ce1', toNear({ ttl: 9 })),
    );
  });
});

describe('TTL-5', () => {
  const config = (mode: Mode) => lab({ labels: [{ label: 16005, via: '10.0.13.2', labels: [], ttl: mode }] });
  for (const [popped, exposed, out] of [
    [10, 64, 9],
    [64, 10, 9],
    [64, 64, 63],
    [2, 64, 1],
    [64, 2, 1],
    [255, 255, 254],
  ]) {
    test(`TTL-5 uniform: ${popped} over ${exposed} writes ${out} into IPv4, IPv6 or the label beneath`, () => {
      const uniform = config('uniform');
      expectForwarded(
        run(uniform, arriving('core1', toNear({ ttl: exposed }), entry(16005, popped))),
        leaving('core2', toNear({ ttl: out })),
      );
      expectForwarded(
        run(uniform, arriving('core1', toNear6({ hopLimit: exposed }), entry(16005, popped))),
        leaving('core2', toNear6({ hopLimit: out })),
      );
      expectForwarded(
        run(uniform, arriving('core1', toNear(), entry(16005, popped), entry(300, exposed), entry(301, 3))),
        leaving('core2', toNear(), entry(300, out), entry(301, 3)),
      );
    });
  }
  for (const [popped, exposed] of [
    [64, 1],
    [64, 0],
    [2, 1],
    [255, 1],
  ]) {
    test(`TTL-5 uniform: ${popped} over ${exposed} is expired`, () => {
      const uniform = config('uniform');
      expectDropped(run(uniform, arriving('core1', quiet({ ttl: exposed }), entry(16005, popped))), 'ttl-expired');
      expectDropped(
        run(uniform, arriving('core1', quiet6({ hopLimit: exposed }), entry(16005, popped))),
        'ttl-expired',
      );
      expectDropped(run(uniform, arriving('core1', quiet(), entry(16005, popped), entry(300, exposed))), 'ttl-expired');
    });
  }
  for (const mode of pipes) {
    for (const exposed of [0, 1, 2, 64, 255]) {
      test(`TTL-5 ${mode}: an exposed TTL of ${exposed} is left alone`, () => {
        const pipe = config(mode);
        expectForwarded(
          run(pipe, arriving('core1', toNear({ ttl: exposed }), entry(16005, 2))),
          leaving('core2', toNear({ ttl: exposed })),
        );
        expectForwarded(
          run(pipe, arriving('core1', toNear6({ hopLimit: exposed }), entry(16005, 2))),
          leaving('core2', toNear6({ hopLimit: exposed })),
        );
        expectForwarded(
          run(pipe, arriving('core1', toNear(), entry(16005, 2), entry(300, exposed))),
          leaving('core2', toNear(), entry(300, exposed)),
        );
      });
    }
  }
  test('TTL-5 pop and push of transport labels, uniform: the exposed label takes the minimum less one, so does the pushed', () => {
    const uniform = lab({ labels: [{ label: 16020, via: '192.0.2.3' }] });
    expectForwarded(
      run(uniform, arriving('core1', toNear(), entry(16020, 10), entry(300, 64))),
      leaving('core2', toNear(), entry(16003, 9), entry(300, 9)),
    );
    expectForwarded(
      run(uniform, arriving('core1', toNear({ ttl: 64 }), entry(16020, 10))),
      leaving('core2', toNear({ ttl: 9 }), entry(16003, 9)),
    );
  });
  test('TTL-5 pop and push of transport labels, pipe: the exposed label is left alone, the pushed one is by its own mode', () => {
    // reading: a uniform push above it copies the header directly beneath, as TTL-3 has it.
    const pipe = lab({
      routes: [{ prefix: '192.0.2.7/32', via: '10.0.13.2', labels: [16007], ttl: 'pipe' }],
      labels: [
        { label: 16020, via: '192.0.2.7', ttl: 'pipe' },
        { label: 16021, via: '192.0.2.3', ttl: 'pipe' },
      ],
    });
    expectForwarded(
      run(pipe, arriving('core1', toNear(), entry(16020, 10), entry(300, 64))),
      leaving('core2', toNear(), entry(16007, 255), entry(300, 64)),
    );
    expectForwarded(
      run(pipe, arriving('core1', toNear(), entry(16021, 10), entry(300, 64))),
      leaving('core2', toNear(), entry(16003, 64), entry(300, 64)),
    );
  });
});

describe('TTL-6', () => {
  /** The checksum field of an IPv4 packet. */
  const field = (packet: Bytes) => (packet[10] << 8) | packet[11];
  const recomputed = (packet: Bytes) => {
    const header = packet.slice(0, 20);
    header[10] = 0;
    header[11] = 0;
    return checksum(header);
  };
  /** The id that gives the header this checksum: one's complement sums differ by the id alone. */
  const idFor = (wanted: number, build: (id: number) => Bytes) =>
    ((~wanted & 0xffff) - (~field(build(0)) & 0xffff) + 0xffff) % 0xffff;
  const dst = '10.1.2.2';

  test('TTL-6 the checksum is right for every TTL', () => {
    const ttls = Array.from({ length: 254 }, (_, i) => i + 2);
    const result = run(lab(), ...ttls.map((ttl) => arriving('ce1', toFar({ dst, ttl }))));
    expectForwarded(result, ...ttls.map((ttl) => leaving('ce2', toFar({ dst, ttl: ttl - 1 }))));
  });
  test('TTL-6 the checksum is right over a spread of headers', () => {
    const ids = Array.from({ length: 2000 }, (_, i) => (i * 32749) & 0xffff);
    const result = run(lab(), ...ids.map((id) => arriving('ce1', toFar({ dst, id }))));
    expectForwarded(result, ...ids.map((id) => leaving('ce2', toFar({ dst, id, ttl: 63 }))));
  });
  for (const wanted of [0x0000, 0x0001, 0x00ff, 0x0100, 0xfeff, 0xff00, 0xfffe]) {
    test(`TTL-6 a decrement that ends in checksum 0x${wanted.toString(16)}`, () => {
      const id = idFor(wanted, (i) => toFar({ dst, id: i, ttl: 63 }));
      expectForwarded(
        run(lab(), arriving('ce1', toFar({ dst, id }))),
        leaving('ce2', toFar({ dst, id, ttl: 63, checksum: wanted })),
      );
    });
    test(`TTL-6 a decrement that begins with checksum 0x${wanted.toString(16)}`, () => {
      const id = idFor(wanted, (i) => toFar({ dst, id: i }));
      const out = toFar({ dst, id, ttl: 63 });
      expect(field(out)).toBe(recomputed(out));
      expectForwarded(run(lab(), arriving('ce1', toFar({ dst, id, checksum: wanted }))), leaving('ce2', out));
    });
  }
  test('TTL-6 an arriving 0xffff in place of 0x0000 is valid and leaves as equation 3 has it', () => {
    const id = idFor(0, (i) => toFar({ dst, id: i }));
    expectForwarded(
      run(lab(), arriving('ce1', toFar({ dst, id, checksum: 0xffff }))),
      leaving('ce2', toFar({ dst, id, ttl: 63 })),
    );
  });
  test('TTL-6 a uniform pop that lowers the TTL by any amount', () => {
    const ttls = Array.from({ length: 254 }, (_, i) => i + 2);
    const result = run(lab(), ...ttls.map((ttl) => arriving('core1', toNear({ ttl: 255 }), entry(24001, ttl))));
    expectForwarded(result, ...ttls.map((ttl) => leaving('ce1', toNear({ ttl: ttl - 1 }))));
  });
  test('TTL-6 a uniform pop that ends in checksum 0, with TOS and TTL changed', () => {
    const id = idFor(0, (i) => toNear({ id: i, ttl: 9, tos: 0xa0 }));
    expectForwarded(
      run(lab(), arriving('core1', toNear({ id, ttl: 64, tos: 0 }), entry(24001, 10, { tc: 5 }))),
      leaving('ce1', toNear({ id, ttl: 9, tos: 0xa0, checksum: 0 })),
    );
  });
  test('TTL-6 every pair of TOS before and traffic class popped', () => {
    const pairs = Array.from({ length: 64 }, (_, i) => ({ tos: ((i >> 3) << 5) | 0x16 | 1, tc: i & 7 }));
    const result = run(
      lab(),
      ...pairs.map(({ tos, tc }) => arriving('core1', toNear({ tos }), entry(24001, 64, { tc }))),
    );
    for (const { bytes } of result.out) expect(decode(bytes).ip4?.checksumOk).toBe(true);
    expect(result.out.length).toBe(64);
  });
  test('TTL-6 a uniform penultimate pop corrects the checksum too', () => {
    const config = lab({ labels: [{ label: 16005, via: '10.0.13.2', labels: [] }] });
    const id = idFor(0, (i) => toNear({ id: i, ttl: 9 }));
    expectForwarded(
      run(config, arriving('core1', toNear({ id, ttl: 64 }), entry(16005, 10))),
      leaving('core2', toNear({ id, ttl: 9, checksum: 0 })),
    );
  });
  test('TTL-6 a header with options', () => {
    const options = [0x94, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0];
    const ttls = Array.from({ length: 254 }, (_, i) => i + 2);
    const result = run(lab(), ...ttls.map((ttl) => arriving('ce1', toFar({ dst, ttl, options }))));
    const expected: Leaving[] = ttls.map((ttl) => leaving('ce2', toFar({ dst, ttl: ttl - 1, options })));
    expectForwarded(result, ...expected);
  });
});
