// LBL: the label stack. Everything but pseudowire labels, which have their own suite.
import { describe, expect, test } from 'vitest';
import { type Bytes, decode, filler, type LabelOptions, labels } from '../support/frames.ts';
import type { Result, Sent } from '../support/router.ts';
import {
  arriving4,
  arriving6,
  cut,
  dropped,
  forwarded,
  lab,
  labelled,
  leaving,
  type Port,
  packet4,
  packet6,
  punted,
  quiet4,
  quiet6,
  range,
  run,
  type Stack,
  secondCeMac,
  snapped,
  toSite4,
  toSite6,
} from './labs-eth-lbl.ts';

const plain = lab();
const atEgress = lab({ router: { entropyAtEgress: true } });
const accepting = lab({ interfaces: { core1: { acceptLabels: [16001, 16005, 16100, 24001, 24999] } } });

const core = (stack: Stack, beneath: Bytes = toSite4()): Sent => labelled('core1', stack, beneath);
const open = (label: number): LabelOptions => ({ label, s: 0 });
const dying = (label: number, ttl = 1): LabelOptions => ({ label, ttl });
const times = (count: number, label: number): number[] => new Array<number>(count).fill(label);

/** What the site behind ce1 gets of `toSite4` and `toSite6`. */
const site4 = leaving('ce1', 0x0800, toSite4({ ttl: 63 }));
const site6 = leaving('ce1', 0x86dd, toSite6({ hopLimit: 63 }));
/** What 16001 makes of a stack: its own entry swapped, the rest as given. */
const swapped = (beneath: Bytes, top: LabelOptions = { label: 17001, ttl: 63, s: 1 }) =>
  leaving('core2', 0x8847, [...labels(top), ...beneath]);
const toNet = packet4({ src: '10.2.0.9', dst: '203.0.113.2' });
const toNetOut = leaving('net1', 0x0800, packet4({ src: '10.2.0.9', dst: '203.0.113.2', ttl: 63 }));
const toNet6 = packet6({ src: '2001:db8:2::9', dst: '2001:db8:99::2' });
const toNet6Out = leaving('net1', 0x86dd, packet6({ src: '2001:db8:2::9', dst: '2001:db8:99::2', hopLimit: 63 }));
const neither = (nibble: number): Bytes => [nibble << 4, ...filler(59)];

describe('LBL-1 the entry', () => {
  test('LBL-1 an entry is label 20 bits, TC 3, S 1, TTL 8, in network order', () => {
    const config = lab({ labels: [{ label: 0xabcde, via: '10.0.13.2', labels: [0x54321] }] });
    const arrived = [0xab, 0xcd, 0xeb, 0xc8]; // TC 5, S 1, TTL 200
    const left = [0x54, 0x32, 0x1b, 0xc7];
    forwarded(config, core([], [...arrived, ...toSite4()]), 'core2', leaving('core2', 0x8847, [...left, ...toSite4()]));
  });

  test.each([16, 17, 255, 256, 65535, 65536, 1048575])('LBL-1 label %i can be looked up and put on', (label) => {
    const config = lab({ labels: [{ label, via: '10.0.13.2', labels: [label] }] });
    forwarded(config, core([label]), 'core2', swapped(toSite4(), { label, ttl: 63 }));
  });

  test('LBL-1 the whole stack is walked to its bottom, however deep', () => {
    for (const depth of [2, 9, 64, 300]) {
      const beneath = labels(...range(1, depth - 1).map((i) => 100 + i));
      const rest = [...beneath, ...toSite4()];
      forwarded(plain, core([open(16001)], rest), 'core2', swapped(rest, { label: 17001, ttl: 63, s: 0 }));
      const noBottom = labels(...range(1, depth - 1).map((i) => open(100 + i)));
      dropped(plain, core([open(16001)], noBottom), 'bad-stack');
    }
  });

  test('LBL-1 no S=1 inside the frame is bad-stack, at each length of the cut', () => {
    const frame = core([16001, 99], toSite4());
    for (const length of range(14, 21)) dropped(plain, cut(frame, length), 'bad-stack');
    forwarded(plain, cut(frame, 22), 'core2', swapped(labels(99), { label: 17001, ttl: 63, s: 0 }));
    // Bytes of the payload are no entries: an S bit there ends the stack all the same if none came before.
    dropped(plain, core([open(16001)], [0, 0, 0, 64, 0, 0, 0, 64, 0, 0, 1]), 'bad-stack');
  });

  test('LBL-1 a stack that the capture cut before its bottom is snapped', () => {
    const frame = core([16001, 99], toSite4());
    for (const length of [14, 17, 18, 21]) dropped(plain, snapped(frame, length), 'snapped');
    dropped(plain, { ...cut(frame, 18), original: 21 }, 'bad-stack');
  });

  test('LBL-1 a swap needs no byte beneath the stack', () => {
    // reading: the IP header beneath a swap with one path is not "needed", so a capture may end right there.
    const frame = core([16001, 99], toSite4());
    const result = run(plain, snapped(frame, 22));
    expect(result.drops).toEqual([]);
    expect(Array.from(result.out[0].bytes)).toEqual(swapped(labels(99), { label: 17001, ttl: 63, s: 0 }));
    expect(result.out[0].original).toBe(frame.bytes.length);
  });
});

describe('LBL-1 order of the checks', () => {
  test('LBL-1 mpls-off before bad-stack', () => {
    dropped(plain, labelled('ce1', [], []), 'mpls-off');
    dropped(plain, labelled('ce1', [open(16001)], []), 'mpls-off');
    dropped(plain, labelled('ce1', [1], toSite4()), 'mpls-off');
  });

  test('LBL-1 bad-stack before label-not-given', () => {
    dropped(accepting, core([open(16999)], []), 'bad-stack');
  });

  test.each([0, 1, 3, 4, 13, 14])('LBL-1 bad-stack, for want of a bottom, before special label %i', (label) => {
    dropped(plain, core([open(label)], []), 'bad-stack');
    dropped(plain, core([open(label), open(17)], []), 'bad-stack');
    dropped(plain, core([open(16100), open(label)], []), 'bad-stack');
  });

  test('LBL-1 label-not-given before no-label, entries that drop or punt, bottom and TTL', () => {
    dropped(accepting, core([555]), 'label-not-given');
    for (const label of [24020, 24021, 24022]) dropped(accepting, core([label]), 'label-not-given');
    dropped(accepting, core([24011, 17]), 'label-not-given');
    dropped(accepting, core([dying(24011)]), 'label-not-given');
    dropped(accepting, core([24011], neither(5)), 'label-not-given');
  });

  test('LBL-1 label-not-given before loop', () => {
    dropped(accepting, core([...times(8, 16100), 24011]), 'label-not-given');
  });

  test('LBL-1 special labels before loop', () => {
    dropped(plain, core([...times(8, 16100), 4]), 'reserved-label');
    dropped(plain, core([...times(8, 16100), 3]), 'reserved-label');
    dropped(plain, core([...times(8, 16100), 15]), 'bad-stack');
    dropped(plain, core([...times(8, 16100), 15, 100]), 'reserved-label');
    punted(plain, core([...times(8, 16100), 13], neither(1)), 'oam');
    punted(plain, core([...times(8, 16100), 14], neither(1)), 'oam');
  });

  test('LBL-1 loop before no-label, entries that drop or punt, bottom and TTL', () => {
    dropped(plain, core([...times(8, 16100), 555]), 'loop');
    for (const label of [24020, 24021, 24022]) dropped(plain, core([...times(8, 16100), label]), 'loop');
    dropped(plain, core([...times(8, 16100), 24001, 17]), 'loop');
    const pipe = lab({ router: { ttl: 'pipe' } });
    dropped(pipe, core([...times(8, 16100), dying(24001)], neither(5)), 'loop');
  });

  test('LBL-1 no-label before bottom, TTL and payload', () => {
    dropped(plain, core([555, 17]), 'no-label');
    dropped(plain, core([dying(555)]), 'no-label');
    dropped(plain, core([dying(555, 0)]), 'no-label');
    dropped(plain, core([555], neither(5)), 'no-label');
  });

  test('LBL-1 entries that drop or punt before bottom, TTL and payload', () => {
    for (const stack of [[24020], [24020, 17], [dying(24020)], [dying(24020, 0)]]) {
      dropped(plain, core(stack), 'blackhole');
      dropped(plain, core(stack, neither(5)), 'blackhole');
    }
    for (const stack of [[24021], [24021, 17], [dying(24021)], [dying(24021, 0)]]) {
      punted(plain, core(stack, neither(5)), 'configured');
    }
    for (const stack of [[24022], [24022, 17], [dying(24022)], [dying(24022, 0)]]) {
      punted(plain, core(stack, neither(5)), 'local');
    }
  });

  test('LBL-1 entries beneath a popped label drop or punt the frame as it arrived', () => {
    dropped(plain, core([16100, 24020]), 'blackhole');
    punted(plain, core([16100, 24021]), 'configured');
    punted(plain, core([0, 24022]), 'local');
  });

  test.each([
    ['table', 24001],
    ['per-CE', 24002],
  ])('LBL-1 bottom before TTL and payload: %s', (_, label) => {
    dropped(plain, core([dying(label), 17], quiet4()), 'bottom-expected');
    dropped(plain, core([dying(label, 0), 17], quiet4()), 'bottom-expected');
    dropped(plain, core([label, 17], neither(5)), 'bottom-expected');
  });

  test.each([
    ['table', 24001],
    ['per-CE', 24002],
    ['pop', 16100],
    ['penultimate pop', 16005],
    ['explicit null', 0],
  ])('LBL-1 TTL before payload: %s', (_, label) => {
    for (const ttl of [0, 1]) {
      dropped(plain, core([dying(label, ttl)], neither(5)), 'ttl-expired');
      dropped(plain, core([dying(label, ttl)], []), 'ttl-expired');
    }
    dropped(plain, core([dying(label, 2)], neither(5)), 'unknown-payload');
  });

  test('LBL-1 the TTL of a swap is judged too: 0 and 1 end here, 2 passes as 1', () => {
    for (const ttl of [0, 1]) dropped(plain, core([dying(16001, ttl)], quiet4()), 'ttl-expired');
    forwarded(plain, core([dying(16001, 2)]), 'core2', swapped(toSite4(), { label: 17001, ttl: 1 }));
  });
});

describe('LBL-1 many frames at once', () => {
  const silent = quiet4({ src: '10.2.0.9', dst: '10.1.1.2' });
  const kinds: Sent[] = [
    core([24001]),
    core([16001]),
    core([24001], toSite6()),
    core([16005]),
    core([16005, 99]),
    core([16007, 98, 99]),
    core([0], toNet),
    core([2], toNet6),
    core([24002]),
    core([24003], toSite6()),
    core([16100, 7, 99, 24001]),
    core([0, 2, 16100, 16001]),
    core([1, 16001]),
    core([13], neither(1)),
    core([4]),
    core([555]),
    core([24020]),
    core([24021]),
    core([24001, 17]),
    core([dying(24001)], silent),
    core([24001], neither(5)),
    core(times(9, 16100)),
    core([open(16001)], []),
    cut(core([16001]), 12),
    labelled('ce1', [24001], toSite4()),
    labelled('core1', [24001], toSite4(), { dst: '02:00:00:00:ff:ff' }),
    arriving4('ce1', packet4()),
    arriving6('ce2', packet6()),
    arriving4('ce1', quiet4({ dst: '10.77.0.1' })),
    snapped(core([16001]), 18),
    snapped(core([24001]), 20),
  ];
  const text = (seen: { port: string; bytes: ArrayLike<number>; original: number }, end: string) =>
    `${end} ${seen.port} ${seen.original} ${Array.from(seen.bytes).join(' ')}`;
  const sentOn = (results: Result[], port: Port) =>
    results.flatMap(({ out }) => out.filter((seen) => seen.port === port).map((seen) => text(seen, 'out')));
  const notSent = (results: Result[]) =>
    results.flatMap(({ drops, punts }) => [...drops, ...punts].map((seen) => text(seen, seen.reason))).sort();

  test('LBL-1 each frame of a mixed crowd meets the same end as alone, in its port’s order', () => {
    const alone = kinds.map((frame) => run(plain, frame));
    // 31 kinds, taken in steps of 7: every kind once a round, never in the table's order.
    const order = range(0, 10 * kinds.length - 1).map((i) => (i * 7 + Math.floor(i / kinds.length)) % kinds.length);
    const together = [run(plain, ...order.map((i) => kinds[i]))];
    const expected = order.map((i) => alone[i]);
    for (const port of ['ce1', 'ce2', 'net1', 'core1', 'core2'] as const) {
      expect(sentOn(together, port)).toEqual(sentOn(expected, port));
    }
    expect(notSent(together)).toEqual(notSent(expected));
  });
});

describe('LBL-2 unknown labels', () => {
  test.each([16, 555, 17001, 24012, 1048575])(
    'LBL-2 label %i without an entry is never stripped and routed',
    (label) => {
      dropped(plain, core([label], toNet), 'no-label');
      dropped(plain, core([label], toNet6), 'no-label');
      dropped(plain, core([label, 24001]), 'no-label');
    },
  );

  test('LBL-2 nor is one that a pop exposes', () => {
    dropped(plain, core([16100, 555], toNet), 'no-label');
    dropped(plain, core([0, 555], toNet), 'no-label');
    dropped(plain, core([2, 555], toNet6), 'no-label');
  });
});

describe('LBL-3 who may send labels', () => {
  test('LBL-3 a labelled frame on an interface with mpls off is mpls-off, whatever the label', () => {
    for (const label of [24001, 16001, 0, 1, 13, 555]) {
      dropped(plain, labelled('ce1', [label], toSite4()), 'mpls-off');
      dropped(plain, labelled('net1', [label], toSite4()), 'mpls-off');
    }
  });

  test('LBL-3 mpls is of the interface alone: neither port nor sub-interface has it from the other', () => {
    const subOnly = lab({ interfaces: { trunk1: { addresses: ['10.0.41.1/24'] } } });
    const portOnly = lab({ interfaces: { trunk1: { mpls: true, addresses: ['10.0.41.1/24'] } } });
    const tags: [number, number][] = [[0x8100, 100]];
    const mplsTags: [number, number][] = [[0x8100, 400]];
    dropped(subOnly, labelled('trunk1', [24001], toSite4()), 'mpls-off');
    forwarded(subOnly, labelled('trunk1', [24001], toSite4(), { tags: mplsTags }), 'ce1', site4);
    forwarded(portOnly, labelled('trunk1', [24001], toSite4()), 'ce1', site4);
    dropped(portOnly, labelled('trunk1', [24001], toSite4(), { tags }), 'mpls-off');
  });

  test('LBL-3 with acceptLabels the arriving top label must be in the list', () => {
    forwarded(accepting, core([24001]), 'ce1', site4);
    forwarded(accepting, core([16001]), 'core2', swapped(toSite4()));
    for (const label of [24011, 24002, 16007, 16, 1048575]) dropped(accepting, core([label]), 'label-not-given');
    dropped(accepting, core([24999]), 'no-label');
  });

  test('LBL-3 acceptLabels is of the ingress interface: other interfaces accept all', () => {
    forwarded(accepting, labelled('core2', [24002], toSite4()), 'ce1', site4);
  });

  test('LBL-3 a sub-interface has its own acceptLabels', () => {
    const tags: [number, number][] = [[0x8100, 400]];
    const from = (label: number, link?: { tags: [number, number][] }) => labelled('trunk1', [label], toSite4(), link);
    const sub = lab({
      interfaces: { trunk1: { mpls: true }, 'trunk1.400': { acceptLabels: [24001] } },
    });
    forwarded(sub, from(24001, { tags }), 'ce1', site4);
    dropped(sub, from(24002, { tags }), 'label-not-given');
    forwarded(sub, from(24002), 'ce1', site4);
    const port = lab({ interfaces: { trunk1: { mpls: true, acceptLabels: [24001] } } });
    dropped(port, from(24002), 'label-not-given');
    forwarded(port, from(24002, { tags }), 'ce1', site4);
  });

  test('LBL-3 with acceptLabels every further label looked up must be in the list', () => {
    forwarded(accepting, core([16100, 24001]), 'ce1', site4);
    dropped(accepting, core([16100, 24011]), 'label-not-given');
    dropped(accepting, core([16100, 16100, 24011]), 'label-not-given');
  });

  test('LBL-3 an explicit null on top is no way around acceptLabels', () => {
    for (const zero of [0, 2]) {
      dropped(accepting, core([zero, 24011]), 'label-not-given');
      dropped(accepting, core([zero, zero, 24011]), 'label-not-given');
      forwarded(accepting, core([zero, 24001]), 'ce1', site4);
    }
  });

  test('LBL-3 neither is an entropy label', () => {
    const config = lab({
      router: { entropyAtEgress: true },
      interfaces: { core1: { acceptLabels: [24001] } },
    });
    dropped(config, core([7, 24001, 24011]), 'label-not-given');
    forwarded(config, core([7, 99, 24001]), 'ce1', site4);
    dropped(accepting, core([16100, 7, 24001, 24011]), 'label-not-given');
  });

  test('LBL-3 labels that are not looked up need not be in the list', () => {
    const beneath = [...labels(24011), ...toSite4()];
    forwarded(accepting, core([open(16001)], beneath), 'core2', swapped(beneath, { label: 17001, ttl: 63, s: 0 }));
    forwarded(accepting, core([16100, 7, 99, 24001]), 'ce1', site4);
  });

  test('LBL-3 acceptLabels says nothing about special labels', () => {
    punted(accepting, core([1, 24011]), 'router-alert');
    punted(accepting, core([13], neither(1)), 'oam');
    dropped(accepting, core([4, 24011]), 'reserved-label');
    forwarded(accepting, core([0], toNet), 'net1', toNetOut);
  });

  test('LBL-3 an empty list accepts no label', () => {
    // reading: only an absent list means all.
    const none = lab({ interfaces: { core1: { acceptLabels: [] } } });
    dropped(none, core([24001]), 'label-not-given');
  });
});

describe('LBL-4 explicit null', () => {
  test('LBL-4 label 0 at the bottom: popped, IPv4 in the table of the ingress interface', () => {
    forwarded(plain, core([0], toNet), 'net1', toNetOut);
    dropped(plain, core([0], quiet4({ src: '10.2.0.9', dst: '10.1.1.2' })), 'no-route');
    const inRed = lab({ interfaces: { ce1: { mpls: true } } });
    forwarded(
      inRed,
      labelled('ce1', [0], packet4()),
      'core1',
      leaving('core1', 0x8847, [
        ...labels({ label: 16002, ttl: 63 }, { label: 24012, ttl: 63 }),
        ...packet4({ ttl: 63 }),
      ]),
    );
    dropped(inRed, labelled('ce1', [0], quiet4({ dst: '203.0.113.2' })), 'no-route');
  });

  test('LBL-4 label 2 at the bottom: popped, IPv6 in the table of the ingress interface', () => {
    forwarded(plain, core([2], toNet6), 'net1', toNet6Out);
    dropped(plain, core([2], quiet6({ src: '2001:db8:2::9', dst: '2001:db8:1:1::2' })), 'no-route');
    const inRed = lab({ interfaces: { ce1: { mpls: true } } });
    forwarded(
      inRed,
      labelled('ce1', [2], packet6()),
      'core1',
      leaving('core1', 0x8847, [
        ...labels({ label: 16002, ttl: 63 }, { label: 24012, ttl: 63 }),
        ...packet6({ hopLimit: 63 }),
      ]),
    );
  });

  test('LBL-4 label 0 at the bottom above anything but IPv4, label 2 above anything but IPv6: unknown-payload', () => {
    dropped(plain, core([0], toNet6), 'unknown-payload');
    dropped(plain, core([2], toNet), 'unknown-payload');
    for (const nibble of [0, 1, 5, 15]) {
      dropped(plain, core([0], neither(nibble)), 'unknown-payload');
      dropped(plain, core([2], neither(nibble)), 'unknown-payload');
    }
    dropped(plain, core([0], []), 'unknown-payload');
    dropped(plain, core([2], []), 'unknown-payload');
  });

  test.each([0, 2])('LBL-4 label %i above another label is popped and the next label decides', (zero) => {
    forwarded(plain, core([zero, 24001]), 'ce1', site4);
    forwarded(plain, core([zero, 24001], toSite6()), 'ce1', site6);
    forwarded(plain, core([zero, 16001]), 'core2', swapped(toSite4()));
    const beneath = [...labels(99), ...toSite4()];
    forwarded(plain, core([zero, open(16001)], beneath), 'core2', swapped(beneath, { label: 17001, ttl: 63, s: 0 }));
    dropped(plain, core([zero, 555]), 'no-label');
    dropped(plain, core([zero, 4]), 'reserved-label');
    punted(plain, core([zero, 13], neither(1)), 'oam');
  });

  test('LBL-4 explicit nulls above explicit nulls, of both kinds, exposed by a pop too', () => {
    forwarded(plain, core([2, 0], toNet), 'net1', toNetOut);
    forwarded(plain, core([0, 2], toNet6), 'net1', toNet6Out);
    forwarded(plain, core([0, 0, 2, 24001]), 'ce1', site4);
    forwarded(plain, core([16100, 0], toNet), 'net1', toNetOut);
    forwarded(plain, core([16100, 2, 24001]), 'ce1', site4);
    dropped(plain, core([0, 2], toNet), 'unknown-payload');
  });
});

describe('LBL-5 router alert', () => {
  test('LBL-5 label 1 on top is punted unmodified, whatever lies beneath and whatever its TTL', () => {
    punted(plain, core([1, 16001]), 'router-alert');
    punted(plain, core([1, 555]), 'router-alert');
    punted(plain, core([1, 4], neither(5)), 'router-alert');
    punted(
      plain,
      core([
        { label: 1, tc: 7, ttl: 255 },
        { label: 24001, tc: 3, ttl: 9 },
      ]),
      'router-alert',
    );
    for (const ttl of [0, 1]) punted(plain, core([dying(1, ttl), 16001]), 'router-alert');
  });

  test('LBL-5 label 1 at the bottom is bad-stack', () => {
    dropped(plain, core([1]), 'bad-stack');
    dropped(plain, core([1], neither(5)), 'bad-stack');
    dropped(plain, core([dying(1)]), 'bad-stack');
    dropped(plain, core([16100, 1]), 'bad-stack');
    dropped(plain, core([0, 1]), 'bad-stack');
  });

  test('LBL-5 label 1 that a pop brings to the top is punted, the frame as it arrived', () => {
    // reading: "on top" is where the label is looked up, not only where the frame begins.
    punted(plain, core([16100, 1, 16001]), 'router-alert');
    punted(plain, core([0, 1, 16001]), 'router-alert');
  });
});

describe('LBL-6 the other special labels', () => {
  test.each([3, 4, 5, 6, 8, 9, 10, 11, 12])('LBL-6 label %i is reserved-label, wherever it is looked up', (label) => {
    dropped(plain, core([label], toNet), 'reserved-label');
    dropped(plain, core([label, 24001]), 'reserved-label');
    dropped(plain, core([dying(label), 24001]), 'reserved-label');
    dropped(plain, core([16100, label], toNet), 'reserved-label');
    dropped(plain, core([0, label, 24001]), 'reserved-label');
  });

  test.each([13, 14])('LBL-6 label %i is punted as oam, unmodified, before any TTL check', (label) => {
    punted(plain, core([label], neither(1)), 'oam');
    punted(plain, core([label, 16001]), 'oam');
    for (const ttl of [0, 1]) {
      punted(plain, core([dying(label, ttl)], neither(1)), 'oam');
      punted(plain, core([dying(label, ttl), 24001]), 'oam');
    }
    punted(plain, core([16100, label], neither(1)), 'oam');
    punted(
      plain,
      core(
        [
          { label: 16100, tc: 5, ttl: 9 },
          { label, tc: 2, ttl: 1 },
        ],
        neither(1),
      ),
      'oam',
    );
  });

  test('LBL-6 label 15 last is bad-stack', () => {
    dropped(plain, core([15]), 'bad-stack');
    dropped(plain, core([dying(15)]), 'bad-stack');
    dropped(plain, core([16100, 15]), 'bad-stack');
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15])(
    'LBL-6 label 15 followed by %i is bad-stack',
    (next) => {
      dropped(plain, core([15, next]), 'bad-stack');
      dropped(plain, core([15, next, 24001]), 'bad-stack');
      dropped(plain, core([16100, 15, next, 24001]), 'bad-stack');
    },
  );

  test.each([7, 16, 24001, 1048575])('LBL-6 label 15 followed by %i is reserved-label', (next) => {
    dropped(plain, core([15, next]), 'reserved-label');
    dropped(plain, core([15, next, 24001]), 'reserved-label');
    dropped(plain, core([0, 15, next, 24001]), 'reserved-label');
    dropped(atEgress, core([15, next, 24001]), 'reserved-label');
  });

  test('LBL-6 special labels beneath a label that is only swapped mean nothing here', () => {
    for (const label of [0, 1, 3, 4, 7, 13, 15]) {
      const beneath = [...labels(label), ...toSite4()];
      forwarded(plain, core([open(16001)], beneath), 'core2', swapped(beneath, { label: 17001, ttl: 63, s: 0 }));
    }
  });
});

describe('LBL-7 entropy labels', () => {
  const entropy: Stack = [7, 123456];

  test('LBL-7 ELI and entropy label exposed by a pop are removed, then the next label decides', () => {
    forwarded(plain, core([16100, ...entropy, 24001]), 'ce1', site4);
    forwarded(plain, core([16100, ...entropy, 16001]), 'core2', swapped(toSite4()));
    dropped(plain, core([16100, ...entropy, 555]), 'no-label');
    dropped(plain, core([16100, ...entropy, 4]), 'reserved-label');
  });

  test.each([
    ['table', 24001],
    ['per-CE', 24002],
  ])('LBL-7 they are removed before the bottom is judged: %s', (_, label) => {
    forwarded(plain, core([label, ...entropy]), 'ce1', site4);
    forwarded(plain, core([label, ...entropy], toSite6()), 'ce1', site6);
    dropped(plain, core([label, ...entropy, 99]), 'bottom-expected');
    dropped(plain, core([label, ...entropy, 24001]), 'bottom-expected');
    dropped(plain, core([label, ...entropy], neither(5)), 'unknown-payload');
    dropped(plain, core([label, ...entropy], []), 'unknown-payload');
  });

  test('LBL-7 they are removed behind an explicit null', () => {
    forwarded(plain, core([0, ...entropy], toNet), 'net1', toNetOut);
    forwarded(plain, core([2, ...entropy], toNet6), 'net1', toNet6Out);
    forwarded(plain, core([0, ...entropy, 24001]), 'ce1', site4);
  });

  test('LBL-7 behind an explicit null that is last but for them, the kind of payload is still the null’s', () => {
    // reading: the bottom is judged after the removal, and then the null is at the bottom (LBL-4).
    dropped(plain, core([0, ...entropy], toNet6), 'unknown-payload');
    dropped(plain, core([2, ...entropy], toNet), 'unknown-payload');
  });

  test('LBL-7 this repeats for every ELI so exposed', () => {
    forwarded(plain, core([24001, 7, 100, 7, 200]), 'ce1', site4);
    forwarded(plain, core([16100, 7, 100, 7, 200, 7, 300, 24001]), 'ce1', site4);
    forwarded(plain, core([16100, 7, 100, 16100, 7, 200, 24001, 7, 300]), 'ce1', site4);
  });

  test.each([0, 1, 3, 4, 7, 13, 15, 16, 1048575])('LBL-7 the value %i of the entropy label is not checked', (value) => {
    forwarded(plain, core([24001, 7, value]), 'ce1', site4);
    forwarded(plain, core([16100, 7, value, 24001]), 'ce1', site4);
    forwarded(atEgress, core([7, value, 24001]), 'ce1', site4);
  });

  test('LBL-7 their TTLs are ignored', () => {
    for (const ttl of [0, 1, 255]) {
      const them = [dying(7, ttl), dying(99, ttl)];
      forwarded(plain, core([24001, ...them]), 'ce1', site4);
      forwarded(plain, core([16100, ...them, 24001]), 'ce1', site4);
      forwarded(atEgress, core([...them, 24001]), 'ce1', site4);
      forwarded(atEgress, core(them, toNet), 'net1', toNetOut);
    }
    const nine = leaving('ce1', 0x0800, toSite4({ ttl: 9 }));
    forwarded(plain, core([dying(24001, 10), dying(7, 3), dying(99, 2)]), 'ce1', nine);
    forwarded(plain, core([dying(16100, 10), dying(7, 3), dying(99, 2), 24001]), 'ce1', nine);
  });

  test('LBL-7 ELI with S=1 is bad-stack', () => {
    dropped(plain, core([24001, 7]), 'bad-stack');
    dropped(plain, core([16100, 7]), 'bad-stack');
    dropped(plain, core([0, 7], toNet), 'bad-stack');
    dropped(plain, core([7]), 'bad-stack');
    dropped(atEgress, core([7]), 'bad-stack');
    dropped(plain, core([24001, 7, 100, 7]), 'bad-stack');
  });

  test('LBL-7 with nothing left beneath it is IP, in the table of the ingress interface', () => {
    forwarded(plain, core([16100, ...entropy], toNet), 'net1', toNetOut);
    forwarded(plain, core([16100, ...entropy], toNet6), 'net1', toNet6Out);
    dropped(plain, core([16100, ...entropy], neither(5)), 'unknown-payload');
    dropped(plain, core([16100, ...entropy], []), 'unknown-payload');
  });

  test('LBL-7 with nothing left on a frame from a VRF it is IP in that VRF, not in the global table', () => {
    // reading: this sentence is about the very case, so it outweighs the general "pop: true … in the global table".
    const inRed = lab({ interfaces: { ce1: { mpls: true } } });
    forwarded(
      inRed,
      labelled('ce1', [16100, ...entropy], packet4({ dst: '10.1.2.9' })),
      'ce1',
      leaving('ce1', 0x0800, packet4({ dst: '10.1.2.9', ttl: 63 })),
    );
    dropped(inRed, labelled('ce1', [16100, ...entropy], quiet4({ dst: '203.0.113.2' })), 'no-route');
  });

  test('LBL-7 ELI on top of an arriving stack is removed with entropyAtEgress', () => {
    forwarded(atEgress, core([...entropy, 24001]), 'ce1', site4);
    forwarded(atEgress, core([...entropy, 16001]), 'core2', swapped(toSite4()));
    forwarded(atEgress, core(entropy, toNet), 'net1', toNetOut);
    forwarded(atEgress, core(entropy, toNet6), 'net1', toNet6Out);
    forwarded(atEgress, core([...entropy, ...entropy, 24001]), 'ce1', site4);
    dropped(atEgress, core(entropy, neither(5)), 'unknown-payload');
    const inRed = lab({ router: { entropyAtEgress: true }, interfaces: { ce1: { mpls: true } } });
    forwarded(
      inRed,
      labelled('ce1', entropy, packet4({ dst: '10.1.2.9' })),
      'ce1',
      leaving('ce1', 0x0800, packet4({ dst: '10.1.2.9', ttl: 63 })),
    );
  });

  test('LBL-7 ELI on top of an arriving stack is bad-stack without entropyAtEgress', () => {
    dropped(plain, core([...entropy, 24001]), 'bad-stack');
    dropped(plain, core(entropy, toNet), 'bad-stack');
    dropped(plain, core([dying(7), 99, 24001]), 'bad-stack');
  });

  test.each([
    ['without entropyAtEgress', plain],
    ['with entropyAtEgress', atEgress],
  ])('LBL-7 a penultimate pop leaves them: %s', (_, config) => {
    const kept = run(config, core([16005, 7, { label: 99, ttl: 0 }])).out;
    expect(kept.map((seen) => seen.port)).toEqual(['core2']);
    expect(decode(kept[0].bytes).labels.map(({ label, s, ttl }) => ({ label, s, ttl }))).toEqual([
      { label: 7, s: 0, ttl: 63 },
      { label: 99, s: 1, ttl: 0 },
    ]);
    expect(decode(kept[0].bytes).payload).toEqual(toSite4());
    const above = run(config, core([16005, 7, { label: 99, ttl: 0 }, 24001])).out;
    expect(decode(above[0].bytes).labels.map(({ label }) => label)).toEqual([7, 99, 24001]);
  });

  test('LBL-7 a swap leaves them', () => {
    const beneath = [...labels(7, { label: 99, ttl: 0 }), ...toSite4()];
    forwarded(plain, core([open(16001)], beneath), 'core2', swapped(beneath, { label: 17001, ttl: 63, s: 0 }));
  });
});

describe('LBL-8 the bottom of the stack', () => {
  test.each([
    ['table', 24001],
    ['per-CE', 24002],
    ['per-prefix', 24003],
  ])('LBL-8 %s hit with S=0 is bottom-expected', (_, label) => {
    for (const next of [24001, 16001, 555, 0, 1, 13]) dropped(plain, core([label, next]), 'bottom-expected');
    dropped(plain, core([16100, label, 24001]), 'bottom-expected');
    dropped(plain, core([0, label, 24001]), 'bottom-expected');
  });

  test('LBL-8 table, per-CE and per-prefix labels take S=1', () => {
    forwarded(plain, core([24001]), 'ce1', site4);
    forwarded(plain, core([24002]), 'ce1', site4);
    forwarded(plain, core([24003]), 'ce1', leaving('ce1', 0x0800, toSite4({ ttl: 63 }), { dst: secondCeMac }));
  });

  test('LBL-8 pop: true takes any S', () => {
    forwarded(plain, core([16100, 24001]), 'ce1', site4);
    forwarded(plain, core([16100], toNet), 'net1', toNetOut);
    forwarded(plain, core([16100], toNet6), 'net1', toNet6Out);
  });

  const php: [string, Record<string, unknown>][] = [
    ['an empty label list', { via: '10.0.13.2', labels: [] }],
    ['no label list', { via: '10.0.13.2' }],
    ['label 3 (implicit null)', { via: '10.0.13.2', labels: [3] }],
  ];
  test.each(php)('LBL-8 a penultimate pop takes any S, and what is beneath goes on as it is: %s', (_, path) => {
    const config = lab({ router: { ttl: 'pipe', tc: 'pipe' }, labels: [{ label: 16050, ...path }] });
    const stack: LabelOptions = { label: 99, tc: 3, ttl: 9 };
    const beneath = [...labels(stack), ...toSite4()];
    forwarded(config, core([open(16050)], beneath), 'core2', leaving('core2', 0x8847, beneath));
    const deeper = [...labels(stack, 1, 4), ...neither(5)];
    forwarded(config, core([open(16050)], deeper), 'core2', leaving('core2', 0x8847, deeper));
    forwarded(config, core([16050]), 'core2', leaving('core2', 0x0800, toSite4()));
    forwarded(config, core([16050], toSite6()), 'core2', leaving('core2', 0x86dd, toSite6()));
  });

  test('LBL-8 IP beneath pop: true is looked up in the global table, from an interface of a VRF too', () => {
    const inRed = lab({ interfaces: { ce1: { mpls: true } } });
    forwarded(inRed, labelled('ce1', [16100], toNet), 'net1', toNetOut);
    dropped(inRed, labelled('ce1', [16100], quiet4({ dst: '10.1.2.9' })), 'no-route');
  });

  test('LBL-8 beneath S=1 IP is due, after pop: true and after a penultimate pop', () => {
    for (const label of [16100, 16005]) {
      for (const nibble of [0, 1, 3, 5, 7, 15]) dropped(plain, core([label], neither(nibble)), 'unknown-payload');
      dropped(plain, core([label], []), 'unknown-payload');
    }
  });
});

describe('LBL-9 swap', () => {
  test('LBL-9 a swap keeps TC and S', () => {
    for (const tc of range(0, 7)) {
      forwarded(plain, core([{ label: 16001, tc }]), 'core2', swapped(toSite4(), { label: 17001, tc, ttl: 63, s: 1 }));
      const beneath = [...labels({ label: 99, tc: 7 - tc }), ...toSite4()];
      forwarded(
        plain,
        core([{ label: 16001, tc, s: 0 }], beneath),
        'core2',
        swapped(beneath, { label: 17001, tc, ttl: 63, s: 0 }),
      );
    }
  });

  test('LBL-9 all entries below stay as they are, TTLs included', () => {
    const below = labels({ label: 0, tc: 7, ttl: 0 }, { label: 1048575, tc: 1, ttl: 1 }, { label: 3, tc: 2, ttl: 255 });
    for (const beneath of [toSite4(), toSite6(), neither(0), neither(9), []]) {
      const rest = [...below, ...beneath];
      forwarded(plain, core([open(16001)], rest), 'core2', swapped(rest, { label: 17001, ttl: 63, s: 0 }));
    }
  });

  test('LBL-9 what lies beneath a swap with S=1 stays as it is too', () => {
    for (const beneath of [toSite4({ ttl: 1 }), toSite4({ checksum: 1 }), toSite6({ hopLimit: 0 }), neither(0), []]) {
      forwarded(plain, core([16001], beneath), 'core2', swapped(beneath));
    }
  });
});

describe('LBL-10 S of what is pushed', () => {
  const two = (s: 0 | 1) => labels({ label: 17008, ttl: 63, s: 0 }, { label: 17007, ttl: 63, s });

  test('LBL-10 pushed onto labels: S=0', () => {
    forwarded(plain, core([16007]), 'core2', leaving('core2', 0x8847, [...two(1), ...toSite4()]));
    const beneath = [...labels(99), ...toSite4()];
    forwarded(plain, core([open(16007)], beneath), 'core2', leaving('core2', 0x8847, [...two(0), ...beneath]));
  });

  test('LBL-10 pushed onto IP: the lowest pushed entry has S=1, all others S=0', () => {
    for (const count of [1, 2, 3, 8]) {
      const pushed = range(1, count).map((i) => 30000 + i);
      const config = lab({
        routes: [
          { vrf: 'red', prefix: '10.5.0.0/16', via: '10.0.12.2', labels: pushed },
          { vrf: 'red', prefix: '2001:db8:5::/48', via: '10.0.12.2', labels: pushed },
        ],
      });
      const four = run(config, arriving4('ce1', packet4({ dst: '10.5.0.1' })));
      const six = run(config, arriving6('ce1', packet6({ dst: '2001:db8:5::1' })));
      for (const result of [four, six]) {
        expect(decode(result.out[0].bytes).labels.map(({ label, s }) => [label, s])).toEqual(
          pushed.map((label, i) => [label, i === count - 1 ? 1 : 0]),
        );
      }
    }
  });

  test('LBL-10 a label popped and transport labels pushed: S=1 onto IP, S=0 onto labels', () => {
    const config = lab({ labels: [{ label: 16060, via: '192.0.2.2' }] });
    const stackOf = (frame: Sent) => decode(run(config, frame).out[0].bytes).labels.map(({ label, s }) => [label, s]);
    expect(stackOf(core([16060]))).toEqual([[16002, 1]]);
    expect(stackOf(core([16060, 99]))).toEqual([
      [16002, 0],
      [99, 1],
    ]);
  });
});

describe('LBL-11 the kind of the payload', () => {
  const kinds = lab({
    labels: [
      { label: 24040, via: '10.1.1.2', vrf: 'red', payload: 'ip' },
      { label: 24044, via: '10.1.1.2', vrf: 'red', payload: 'ip4' },
      { label: 24046, via: '10.1.1.2', vrf: 'red', payload: 'ip6' },
      { label: 16044, via: '10.0.13.2', labels: [17001], payload: 'ip4' },
    ],
  });

  test('LBL-11 the entry says ip4, ip6 or ip', () => {
    forwarded(kinds, core([24040]), 'ce1', site4);
    forwarded(kinds, core([24040], toSite6()), 'ce1', site6);
    forwarded(kinds, core([24044]), 'ce1', site4);
    forwarded(kinds, core([24046], toSite6()), 'ce1', site6);
  });

  test('LBL-11 not of the entry’s kind: unknown-payload', () => {
    dropped(kinds, core([24044], toSite6()), 'unknown-payload');
    dropped(kinds, core([24046], toSite4()), 'unknown-payload');
    for (const label of [24044, 24046]) dropped(kinds, core([label], neither(5)), 'unknown-payload');
  });

  const ends: [string, number][] = [
    ['table', 24001],
    ['per-CE, ip', 24040],
    ['per-CE, ip4', 24044],
    ['per-CE, ip6', 24046],
    ['pop: true', 16100],
    ['penultimate pop', 16005],
  ];
  test.each(ends)('LBL-11 a version nibble that is neither 4 nor 6 is unknown-payload: %s', (_, label) => {
    for (const nibble of range(0, 15)) {
      if (nibble === 4 || nibble === 6) continue;
      dropped(kinds, core([label], neither(nibble)), 'unknown-payload');
    }
  });

  test.each(ends)('LBL-11 nothing beneath the stack is unknown-payload: %s', (_, label) => {
    dropped(kinds, core([label], []), 'unknown-payload');
  });

  test.each([
    ['table', 24001, 'ce1'],
    ['per-CE', 24040, 'ce1'],
    ['penultimate pop', 16005, 'core2'],
  ] as [string, number, Port][])('LBL-11 a good nibble and a bad header is bad-ip-header: %s', (_, label, port) => {
    const four = core([label], toSite4({ totalLength: 20 }).slice(0, 20));
    for (const length of range(19, 37)) dropped(kinds, cut(four, length), 'bad-ip-header');
    expect(run(kinds, four).out.map((seen) => seen.port)).toEqual([port]);
    dropped(kinds, core([label], toSite4({ ihl: 4 })), 'bad-ip-header');
    dropped(kinds, core([label], toSite4({ checksum: 1 })), 'bad-checksum');
    for (const length of [19, 57]) dropped(kinds, cut(core([label], toSite6()), length), 'bad-ip-header');
  });

  test('LBL-11 the table and the pop look at the nibble', () => {
    forwarded(kinds, core([24001]), 'ce1', site4);
    forwarded(kinds, core([24001], toSite6()), 'ce1', site6);
    forwarded(kinds, core([16100], toNet), 'net1', toNetOut);
    forwarded(kinds, core([16100], toNet6), 'net1', toNet6Out);
  });

  test('LBL-11 payload on a swap is no condition: the frame goes on whatever it carries', () => {
    for (const beneath of [toSite4(), toSite6(), neither(5), []]) {
      forwarded(kinds, core([16044], beneath), 'core2', swapped(beneath));
    }
  });
});

describe('LBL-12 the ninth look-up', () => {
  const chain = lab({
    vrfs: Object.fromEntries(range(1, 9).map((i) => [`t${i}`, { label: 25000 + i }])),
    routes: [
      ...range(1, 8).map((i) => ({ vrf: `t${i}`, prefix: '0.0.0.0/0', table: `t${i + 1}` })),
      ...range(1, 8).map((i) => ({ vrf: `t${i}`, prefix: '::/0', table: `t${i + 1}` })),
      { vrf: 't9', prefix: '10.1.1.0/24', table: 'red' },
      { vrf: 't9', prefix: '10.9.0.0/16', via: '10.0.13.2', labels: [30000] },
      { vrf: 't9', prefix: '2001:db8:9::/48', via: '10.0.13.2', labels: [30000] },
      { vrf: 'red', prefix: '10.9.0.0/16', table: 't3' },
      { vrf: 'blue', prefix: '10.9.0.0/16', table: 't2' },
      { vrf: 'red', prefix: '2001:db8:9::/48', table: 't3' },
      { vrf: 'blue', prefix: '2001:db8:9::/48', table: 't2' },
    ],
  });
  const pushed = (beneath: Bytes) => leaving('core2', 0x8847, [...labels({ label: 30000, ttl: 63 }), ...beneath]);

  test('LBL-12 label look-ups: the eighth passes, the ninth is loop', () => {
    forwarded(plain, core([...times(7, 16100), 16001]), 'core2', swapped(toSite4()));
    dropped(plain, core([...times(8, 16100), 16001]), 'loop');
    forwarded(plain, core([...times(7, 16100), 24002]), 'ce1', site4);
    dropped(plain, core([...times(8, 16100), 24002]), 'loop');
    forwarded(plain, core([...times(7, 16100), 16005]), 'core2', leaving('core2', 0x0800, toSite4({ ttl: 63 })));
    dropped(plain, core([...times(8, 16100), 16005]), 'loop');
    dropped(plain, core(times(30, 16100)), 'loop');
  });

  test('LBL-12 the table look-up after a label is counted with the labels', () => {
    forwarded(plain, core([...times(6, 16100), 24001]), 'ce1', site4);
    dropped(plain, core([...times(7, 16100), 24001]), 'loop');
    forwarded(plain, core(times(7, 16100), toNet), 'net1', toNetOut);
    dropped(plain, core(times(8, 16100), toNet), 'loop');
    forwarded(plain, core([...times(6, 16100), 24001], toSite6()), 'ce1', site6);
    dropped(plain, core([...times(7, 16100), 24001], toSite6()), 'loop');
  });

  test('LBL-12 an explicit null is one look-up', () => {
    forwarded(plain, core([...times(7, 0), 16001]), 'core2', swapped(toSite4()));
    dropped(plain, core([...times(8, 0), 16001]), 'loop');
    forwarded(plain, core([0, 2, 0, 2, 0, 2, 24001]), 'ce1', site4);
    dropped(plain, core([0, 2, 0, 2, 0, 2, 0, 24001]), 'loop');
    forwarded(plain, core([...times(6, 16100), 0], toNet), 'net1', toNetOut);
    dropped(plain, core([...times(7, 16100), 0], toNet), 'loop');
    dropped(plain, core([...times(8, 16100), 0], toNet), 'loop');
    dropped(plain, core([...times(8, 16100), 0, 24001]), 'loop');
  });

  test('LBL-12 entropy labels are no look-ups', () => {
    forwarded(plain, core([...times(6, 16100), 7, 99, 7, 98, 24001, 7, 97]), 'ce1', site4);
    dropped(plain, core([...times(7, 16100), 7, 99, 24001]), 'loop');
  });

  test('LBL-12 table look-ups of an unlabelled packet: the eighth passes, the ninth is loop', () => {
    const four = (ttl: number) => packet4({ dst: '10.9.0.1', ttl });
    forwarded(chain, arriving4('ce1', four(64)), 'core2', pushed(four(63))); // red, t3 … t9: eight
    dropped(chain, arriving4('ce2', four(64)), 'loop'); // blue, t2 … t9: nine
    const six = (hopLimit: number) => packet6({ dst: '2001:db8:9::1', hopLimit });
    forwarded(chain, arriving6('ce1', six(64)), 'core2', pushed(six(63)));
    dropped(chain, arriving6('ce2', six(64)), 'loop');
  });

  test('LBL-12 labels and tables together', () => {
    const four = (ttl: number) => packet4({ dst: '10.9.0.1', ttl });
    forwarded(chain, core([25003], four(64)), 'core2', pushed(four(63))); // label, t3 … t9: eight
    dropped(chain, core([25002], four(64)), 'loop'); // label, t2 … t9: nine
    dropped(chain, core([16100, 25003], four(64)), 'loop');
    forwarded(chain, core([16100, 25004], four(64)), 'core2', pushed(four(63)));
  });

  test('LBL-12 tables that send to each other end in loop', () => {
    const config = lab({
      routes: [
        { vrf: 'red', prefix: '10.66.0.0/16', table: 'blue' },
        { vrf: 'blue', prefix: '10.66.0.0/16', table: 'red' },
      ],
    });
    dropped(config, arriving4('ce1', packet4({ dst: '10.66.0.1' })), 'loop');
    dropped(config, core([24001], packet4({ dst: '10.66.0.1' })), 'loop');
  });

  test('LBL-12 look-ups of one frame do not count for the next', () => {
    const frames = [core([...times(7, 16100), 16001]), core([...times(7, 16100), 16001]), core([16001])];
    expect(run(plain, ...frames).out.length).toBe(3);
  });
});

describe('LBL-13 depth', () => {
  const pushed = range(1, 16).map((i) => 30000 + i);
  const entries = (s: 0 | 1): LabelOptions[] =>
    pushed.map((label, i) => ({ label, ttl: 63, s: i === pushed.length - 1 ? s : 0 }));

  test.each([1, 8, 16])('LBL-13 one path pushes %i labels onto IP', (count) => {
    const some = entries(1).slice(-count);
    const list = some.map(({ label }) => label);
    const config = lab({
      routes: [
        { vrf: 'red', prefix: '10.5.0.0/16', via: '10.0.12.2', labels: list },
        { vrf: 'red', prefix: '2001:db8:5::/48', via: '10.0.12.2', labels: list },
      ],
    });
    forwarded(
      config,
      arriving4('ce1', packet4({ dst: '10.5.0.1' })),
      'core1',
      leaving('core1', 0x8847, [...labels(...some), ...packet4({ dst: '10.5.0.1', ttl: 63 })]),
    );
    forwarded(
      config,
      arriving6('ce1', packet6({ dst: '2001:db8:5::1' })),
      'core1',
      leaving('core1', 0x8847, [...labels(...some), ...packet6({ dst: '2001:db8:5::1', hopLimit: 63 })]),
    );
  });

  test('LBL-13 16 labels of two levels', () => {
    const config = lab({
      routes: [
        { prefix: '192.0.2.9/32', via: '10.0.12.2', labels: pushed.slice(0, 8) },
        { vrf: 'red', prefix: '10.5.0.0/16', via: '192.0.2.9', labels: pushed.slice(8) },
      ],
    });
    forwarded(
      config,
      arriving4('ce1', packet4({ dst: '10.5.0.1' })),
      'core1',
      leaving('core1', 0x8847, [...labels(...entries(1)), ...packet4({ dst: '10.5.0.1', ttl: 63 })]),
    );
  });

  test('LBL-13 a swap pushes 16 labels, onto IP and onto a stack', () => {
    const config = lab({ labels: [{ label: 16070, via: '10.0.13.2', labels: pushed }] });
    forwarded(config, core([16070]), 'core2', leaving('core2', 0x8847, [...labels(...entries(1)), ...toSite4()]));
    const beneath = [...labels(...range(1, 30)), ...toSite4()];
    forwarded(
      config,
      core([open(16070)], beneath),
      'core2',
      leaving('core2', 0x8847, [...labels(...entries(0)), ...beneath]),
    );
  });

  test.each([30, 500, 2000])('LBL-13 a stack of %i passes through a swap', (depth) => {
    const beneath = [
      ...labels(...range(2, depth).map((i): LabelOptions => ({ label: 20000 + i, tc: i & 7, ttl: i & 255 }))),
      ...toSite4(),
    ];
    forwarded(plain, core([open(16001)], beneath), 'core2', swapped(beneath, { label: 17001, ttl: 63, s: 0 }));
  });

  test('LBL-13 a stack of 30 passes through a penultimate pop, and beneath an explicit null', () => {
    const beneath = [...labels(...range(1, 29).map((i) => 20000 + i)), ...toSite4()];
    const pipe = lab({ router: { ttl: 'pipe', tc: 'pipe' } });
    forwarded(pipe, core([open(16005)], beneath), 'core2', leaving('core2', 0x8847, beneath));
    forwarded(plain, core([0, open(16001)], beneath), 'core2', swapped(beneath, { label: 17001, ttl: 63, s: 0 }));
  });
});
