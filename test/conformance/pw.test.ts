// PW: pseudowires and cross-connects; with them ETH-2 to ETH-4 and ETH-7 on circuits, LBL-7 and LBL-8 on pseudowire labels,
// MTU-3 and ECMP-1 for frames that are not IP.
import { describe, expect, test } from 'vitest';
import { type Bytes, eth, filler, ipv4, labels, u16, udp } from '../support/frames.ts';
import { openRouter, type Sent } from '../support/router.ts';
import {
  at,
  broadcastMac,
  controlWord,
  cut,
  dropped,
  expectPlay,
  frame,
  fromCore,
  hostA,
  hostB,
  layer2,
  opened,
  out,
  play,
  punted,
  type Row,
  snapped,
  stackTo,
  toCore,
  toCore2,
} from './labs-layer2.ts';

const acme = (row: Row = {}) => ({ acme: { peer: '192.0.2.2', localLabel: 24050, remoteLabel: 24060, ...row } });
/** One circuit joined to one pseudowire. */
const wire = (circuit: string, row: Row = {}, extra: Parameters<typeof layer2>[0] = {}) =>
  layer2({ pseudowires: acme(row), xconnects: [[circuit, { pseudowire: 'acme' }]], ...extra });
const local = (a: string, b: string) => layer2({ xconnects: [[a, b]] });
const vlan = (vid: number, priority = 0): [number, number] => [0x8100, (priority << 13) | vid];
const service = (vid: number, priority = 0): [number, number] => [0x88a8, (priority << 13) | vid];
const dei = 0x1000;

describe('PW-1 control word', () => {
  test('PW-1 sent as four zero bytes between stack and frame, by default', () => {
    expectPlay(wire('ce1'), [at('ce1', frame())], [out('core1', toCore(stackTo(24060), [...controlWord, ...frame()]))]);
  });
  test('PW-1 absent where the configuration says so, whatever the frame begins with', () => {
    const bare = wire('ce1', { controlWord: false });
    for (const dst of ['40:00:00:00:00:01', '60:00:00:00:00:01', '00:00:00:00:00:01', '10:00:00:00:00:01']) {
      const sent = frame({ dst });
      expectPlay(bare, [at('ce1', sent)], [out('core1', toCore(stackTo(24060), sent))]);
      expectPlay(bare, [fromCore([24050], sent)], [out('ce1', sent)]);
    }
  });
  test('PW-1 received: taken off, its flags and length unread', () => {
    expectPlay(wire('ce1'), [fromCore([24050], [...controlWord, ...frame()])], [out('ce1', frame())]);
    expectPlay(wire('ce1'), [fromCore([24050], [0x0f, 0xff, 0x12, 0x34, ...frame()])], [out('ce1', frame())]);
  });
  test('PW-1 nibble 1 is an associated channel: punted as oam', () => {
    expectPlay(wire('ce1'), [fromCore([24050], [0x10, 0, 0, 0x21, ...frame()])], [punted('oam')]);
    expectPlay(wire('ce1'), [fromCore([24050], [0x1f, 0, 0, 0x21])], [punted('oam')]);
  });
  test.each([2, 3, 4, 6, 9, 15])('PW-1 nibble %i is bad-control-word', (nibble) => {
    expectPlay(wire('ce1'), [fromCore([24050], [nibble << 4, 0, 0, 0, ...frame()])], [dropped('bad-control-word')]);
  });
  test('PW-1 less than a control word, or than an Ethernet header beneath it, is a runt', () => {
    const whole = fromCore([24050], [...controlWord, ...frame()]);
    for (const length of [18, 19, 21, 22, 30, 35]) expectPlay(wire('ce1'), [cut(whole, length)], [dropped('runt')]);
    expectPlay(wire('ce1'), [cut(whole, 36)], [out('ce1', frame().slice(0, 14))]);
    for (const length of [18, 21, 22, 35]) expectPlay(wire('ce1'), [snapped(whole, length)], [dropped('snapped')]);
    const bare = wire('ce1', { controlWord: false });
    for (const length of [18, 31]) expectPlay(bare, [cut(fromCore([24050], frame()), length)], [dropped('runt')]);
  });
});

describe('PW-2 raw and tagged', () => {
  const inner: [number, number][] = [vlan(7, 3), vlan(9)];
  test('PW-2 raw: the tags that chose the circuit come off, all others pass', () => {
    const beneath = [...controlWord, ...frame({ tags: inner })];
    for (const [circuit, port, tags] of [
      ['ce1', 'ce1', []],
      ['trunk.100', 'trunk', [vlan(100, 5)]],
      ['trunk.300', 'trunk', [service(300, 5), vlan(30, 2)]],
    ] as const) {
      const arriving = frame({ tags: [...tags, ...inner] as [number, number][] });
      expectPlay(wire(circuit), [at(port, arriving)], [out('core1', toCore(stackTo(24060), beneath))]);
    }
  });
  test('PW-2 raw, received: the tags of the circuit go on, with PCP and DEI 0', () => {
    const arriving = fromCore([24050], [...controlWord, ...frame({ tags: inner })]);
    expectPlay(wire('ce1'), [arriving], [out('ce1', frame({ tags: inner }))]);
    expectPlay(wire('trunk.100'), [arriving], [out('trunk', frame({ tags: [vlan(100), ...inner] }))]);
    expectPlay(wire('trunk.300'), [arriving], [out('trunk', frame({ tags: [service(300), vlan(30), ...inner] }))]);
  });
  test('PW-2 tagged: one service tag is on the wire, with the VID of the circuit', () => {
    const tagged = (circuit: string) => wire(circuit, { type: 'ethernet-vlan' });
    const onWire = (tag: [number, number]) =>
      out('core1', toCore(stackTo(24060), [...controlWord, ...frame({ tags: [tag, ...inner] })]));
    expectPlay(tagged('ce1'), [at('ce1', frame({ tags: inner }))], [onWire(vlan(0))]);
    expectPlay(tagged('trunk.100'), [at('trunk', frame({ tags: [vlan(100, 5), ...inner] }))], [onWire(vlan(100, 5))]);
    const qinq = frame({ tags: [service(300, 6), [0x8100, 30 | dei | (2 << 13)], ...inner] });
    expectPlay(tagged('trunk.300'), [at('trunk', qinq)], [onWire([0x8100, 30 | dei | (2 << 13)])]);
  });
  test('PW-2 tagged, received: one tag of either type comes off, the circuit puts its own on and keeps PCP and DEI', () => {
    const tagged = (circuit: string) => wire(circuit, { type: 'ethernet-vlan' });
    for (const type of [0x8100, 0x88a8]) {
      const tag: [number, number] = [type, 555 | dei | (4 << 13)];
      const arriving = fromCore([24050], [...controlWord, ...frame({ tags: [tag, ...inner] })]);
      expectPlay(tagged('ce1'), [arriving], [out('ce1', frame({ tags: inner }))]);
      const one = frame({ tags: [[0x8100, 100 | dei | (4 << 13)], ...inner] });
      expectPlay(tagged('trunk.100'), [arriving], [out('trunk', one)]);
      const two = frame({ tags: [service(300), [0x8100, 30 | dei | (4 << 13)], ...inner] });
      expectPlay(tagged('trunk.300'), [arriving], [out('trunk', two)]);
    }
  });
  test('PW-2 tagged, received without a tag: unknown-vlan; cut inside it: runt', () => {
    const tagged = wire('ce1', { type: 'ethernet-vlan' });
    expectPlay(tagged, [fromCore([24050], [...controlWord, ...frame()])], [dropped('unknown-vlan')]);
    const whole = fromCore([24050], [...controlWord, ...frame({ tags: [vlan(5)] })]);
    for (const length of [36, 39]) expectPlay(tagged, [cut(whole, length)], [dropped('runt')]);
    expectPlay(tagged, [cut(whole, 40)], [out('ce1', frame().slice(0, 14))]);
  });
});

describe('PW-3 sequence', () => {
  const sequencing = wire('ce1', { sequencing: true });
  const numbered = (sequence: number, beneath: Bytes = frame()) =>
    fromCore([24050], [0, 0, ...u16(sequence), ...beneath]);
  const passes = (...sequences: number[]) => {
    const router = openRouter(sequencing);
    return sequences.filter((sequence) => router.send(numbered(sequence)).out.length === 1);
  };
  test('PW-3 sent: 1, 2, 3 … 65535 and 1 again', () => {
    const router = openRouter(sequencing);
    const { out: sent } = router.send(...Array.from({ length: 65537 }, () => at('ce1', frame())));
    const sequences = sent.map(({ bytes }) => ((bytes[24] as number) << 8) | (bytes[25] as number));
    expect(sequences.slice(0, 3)).toEqual([1, 2, 3]);
    expect(sequences.slice(-4)).toEqual([65534, 65535, 1, 2]);
    expect(sequences.includes(0)).toBe(false);
  });
  test('PW-3 received in order from 1; what is behind is out-of-order', () => {
    expect(passes(1, 2, 3, 2, 3, 4)).toEqual([1, 2, 3, 4]);
    expectPlay(sequencing, [numbered(2), numbered(1)], [out('ce1', frame()), dropped('out-of-order')]);
  });
  test('PW-3 gaps are taken, up to half the circle; 0 is not numbered', () => {
    expect(passes(5, 0, 4, 6)).toEqual([5, 0, 6]);
    expect(passes(32768, 65535, 1, 32770)).toEqual([32768, 65535, 1]);
    expect(passes(32769)).toEqual([]);
  });
  test('PW-3 the order: control word, header, sequence, tag, link-local', () => {
    const tagged = wire('ce1', { sequencing: true, type: 'ethernet-vlan' });
    const first = numbered(2, frame({ tags: [vlan(1)] }));
    const late = (beneath: Bytes, nibble = 0) => fromCore([24050], [nibble << 4, 0, 0, 1, ...beneath]);
    const passed = out('ce1', frame());
    expectPlay(tagged, [first, late(frame(), 5)], [passed, dropped('bad-control-word')]);
    expectPlay(tagged, [first, late(frame().slice(0, 13))], [passed, dropped('runt')]);
    expectPlay(tagged, [first, late(frame())], [passed, dropped('out-of-order')]);
    expectPlay(tagged, [numbered(3, frame({ type: 0x8808 }))], [dropped('unknown-vlan')]);
    expectPlay(tagged, [numbered(3, frame({ tags: [vlan(1)], type: 0x8808 }))], [dropped('link-local')]);
  });
  test('PW-3 without sequencing numbers are not looked at', () => {
    expectPlay(wire('ce1'), [numbered(9), numbered(3)], [out('ce1', frame()), out('ce1', frame())]);
  });
});

describe('PW-4 size and TTL', () => {
  test('PW-4 sent: everything behind the 14-byte header and service tag, against the mtu of the pseudowire', () => {
    const fits = frame({}, filler(600));
    const over = frame({}, filler(601));
    for (const type of ['ethernet', 'ethernet-vlan']) {
      const config = wire('trunk.100', { mtu: 600, type });
      const on = (bytes: Bytes) => [...bytes.slice(0, 12), 0x81, 0, 0, 100, ...bytes.slice(12)];
      expect(play(config, at('trunk', on(fits)))).toHaveLength(1);
      expect(play(config, at('trunk', on(fits)))[0]).toMatch(/^out core1/);
      expectPlay(config, [at('trunk', on(over))], [dropped('too-big')]);
    }
    // A tag of the customer's own counts.
    const tagged = frame({ tags: [vlan(7)] }, filler(597));
    expectPlay(wire('ce1', { mtu: 600 }), [at('ce1', tagged)], [dropped('too-big')]);
  });
  test("PW-4 delivered: against the circuit's mtu, service tag not counted", () => {
    const config = (type: string) => wire('ce1', { type }, { interfaces: { ce1: { mtu: 600 } } });
    const arriving = (type: string, count: number) =>
      fromCore([24050], [...controlWord, ...frame({ tags: type === 'ethernet' ? [] : [vlan(3)] }, filler(count))]);
    for (const type of ['ethernet', 'ethernet-vlan']) {
      expectPlay(config(type), [arriving(type, 600)], [out('ce1', frame({}, filler(600)))]);
      expectPlay(config(type), [arriving(type, 601)], [dropped('too-big')]);
    }
  });
  test('PW-4 the label is sent with TTL 255 and TC 0, the transport label copies them', () => {
    const sent = toCore(
      [
        { label: 16002, ttl: 255, tc: 0 },
        { label: 24060, ttl: 255, tc: 0 },
      ],
      [...controlWord, ...frame()],
    );
    expectPlay(wire('ce1'), [at('ce1', frame())], [out('core1', sent)]);
  });
  test('PW-4 the peer next door: the pseudowire label alone', () => {
    const config = wire('ce1', { peer: '10.0.12.2' });
    const sent = toCore([{ label: 24060, ttl: 255 }], [...controlWord, ...frame()]);
    expectPlay(config, [at('ce1', frame())], [out('core1', sent)]);
  });
  test.each([0, 1])('PW-4 arriving with TTL %i: ttl-expired, silently', (ttl) => {
    expectPlay(
      wire('ce1'),
      [fromCore([{ label: 24050, ttl }], [...controlWord, ...frame()])],
      [dropped('ttl-expired')],
    );
    const like4 = wire('ce1', { controlWord: false });
    const ip = ipv4({}, udp(1, 2));
    expectPlay(like4, [fromCore([{ label: 24050, ttl }], ip)], [dropped('ttl-expired')]);
  });
});

describe('PW-5 flow label', () => {
  const flow = wire('ce1', { flowLabel: true });
  const flowOf = (bytes: Bytes) => {
    const { out: sent } = openRouter(flow).send(at('ce1', bytes));
    const word = Array.from(sent[0]?.bytes ?? []).slice(22, 26);
    return { label: ((word[0] as number) << 12) | ((word[1] as number) << 4) | ((word[2] as number) >> 4), word };
  };
  test('PW-5 sent under the pseudowire label: S=1, TTL 1, TC 0, 16 or more', () => {
    const { label } = flowOf(frame());
    expect(label).toBeGreaterThanOrEqual(16);
    const stack = [
      { label: 16002, ttl: 255 },
      { label: 24060, ttl: 255, s: 0 as const },
      { label, ttl: 1, tc: 0, s: 1 as const },
    ];
    expectPlay(flow, [at('ce1', frame())], [out('core1', toCore(stack, [...controlWord, ...frame()]))]);
  });
  test('PW-5 one flow has one label, others have others', () => {
    expect(flowOf(frame({}, filler(80, 3))).label).toBe(flowOf(frame({}, filler(46))).label);
    const hosts = Array.from({ length: 20 }, (_, i) => flowOf(frame({ src: `02:aa:00:00:01:${10 + i}` })).label);
    expect(new Set(hosts).size).toBe(20);
    const ports = Array.from(
      { length: 20 },
      (_, i) => flowOf(frame({ type: 0x0800 }, ipv4({}, udp(1000 + i, 53)))).label,
    );
    expect(new Set(ports).size).toBe(20);
  });
  test('PW-5 LBL-8 received: exactly one label beneath is taken off', () => {
    const beneath = [...controlWord, ...frame()];
    expectPlay(flow, [fromCore([24050, { label: 4711, ttl: 1 }], beneath)], [out('ce1', frame())]);
    expectPlay(flow, [fromCore([24050, { label: 16, ttl: 0 }], beneath)], [out('ce1', frame())]);
    expectPlay(flow, [fromCore([24050], beneath)], [dropped('bad-stack')]);
    expectPlay(flow, [fromCore([24050, 4711, 4712], beneath)], [dropped('bad-stack')]);
  });
  test.each([0, 1, 3, 7, 13, 15])('PW-5 reserved value %i: bad-stack', (label) => {
    expectPlay(flow, [fromCore([24050, label], [...controlWord, ...frame()])], [dropped('bad-stack')]);
  });
  test('PW-5 LBL-8 a label beneath a pseudowire without flow label: bottom-expected', () => {
    expectPlay(wire('ce1'), [fromCore([24050, 4711], [...controlWord, ...frame()])], [dropped('bottom-expected')]);
  });
  test('PW-5 LBL-7 entropy labels beneath the pseudowire label are removed first', () => {
    const beneath = [...controlWord, ...frame()];
    expectPlay(wire('ce1'), [fromCore([24050, 7, 70000], beneath)], [out('ce1', frame())]);
    expectPlay(flow, [fromCore([24050, 7, 70000, 4711], beneath)], [out('ce1', frame())]);
    expectPlay(flow, [fromCore([24050, 7, 70000], beneath)], [dropped('bad-stack')]);
  });
});

describe('PW-6 any frame', () => {
  test.each([0, 1, 2, 3, 45, 46, 47, 1500, 8986])(
    'PW-6 %i bytes behind the header pass bit for bit, both ways',
    (count) => {
      const interfaces = { ce1: { mtu: 9000 }, trunk: { mtu: 9000 } };
      for (const controlled of [true, false]) {
        for (const type of ['ethernet', 'ethernet-vlan']) {
          const config = wire('ce1', { controlWord: controlled, type, mtu: 9000 }, { interfaces });
          const sent = frame({}, filler(count));
          const onWire = type === 'ethernet' ? sent : frame({ tags: [vlan(0)] }, filler(count));
          const beneath = [...(controlled ? controlWord : []), ...onWire];
          expectPlay(config, [at('ce1', sent)], [out('core1', toCore(stackTo(24060), beneath))]);
          expectPlay(config, [fromCore([24050], beneath)], [out('ce1', sent)]);
        }
      }
    },
  );
  test('PW-6 what a capture has cut off is missing at the end, no more', () => {
    const sent = frame({}, filler(1000));
    const { out: seen } = openRouter(wire('ce1')).send({ port: 'ce1', bytes: sent.slice(0, 60), original: 1014 });
    expect(Array.from(seen[0]?.bytes ?? [])).toEqual(toCore(stackTo(24060), [...controlWord, ...sent.slice(0, 60)]));
    expect(seen[0]?.original).toBe(1014 + 14 + 8 + 4);
  });
  test('PW-6 a frame that begins like IP is no IP', () => {
    const config = wire('ce1', { controlWord: false });
    const likeIp = ipv4({ dst: '10.2.0.9' }, udp(1, 2, filler(40)));
    expectPlay(config, [at('ce1', likeIp)], [out('core1', toCore(stackTo(24060), likeIp))]);
    expectPlay(config, [fromCore([24050], likeIp)], [out('ce1', likeIp)]);
  });
});

describe('ETH on circuits', () => {
  test('ETH-2 a circuit takes every MAC', () => {
    const config = local('ce1', 'ce2');
    for (const dst of [hostB, broadcastMac, '01:00:5e:00:00:01', '33:33:00:00:00:01', '00:00:00:00:00:00']) {
      expectPlay(config, [at('ce1', frame({ dst }))], [out('ce2', frame({ dst }))]);
    }
  });
  test('ETH-2 what a circuit carries is not routed, and no ARP of it is answered', () => {
    const config = layer2({
      interfaces: { ce1: { mac: '02:00:00:00:01:01' }, ce2: { mac: '02:00:00:00:01:02' } },
      xconnects: [['ce1', 'ce2']],
    });
    const ip = frame({ dst: '02:00:00:00:01:01', type: 0x0800 }, ipv4({ dst: '192.0.2.2' }, udp(1, 2)));
    const arp = frame({ dst: broadcastMac, type: 0x0806 }, filler(46));
    const mpls = frame({ dst: '02:00:00:00:01:01', type: 0x8847 }, [...labels(16002), ...filler(40)]);
    for (const bytes of [ip, arp, mpls]) expectPlay(config, [at('ce1', bytes)], [out('ce2', bytes)]);
  });
  test('ETH-3 a port that is a circuit takes what none of its sub-interfaces takes, whole', () => {
    const config = layer2({
      interfaces: { ce3: {}, 'ce3.100': { vlan: 100 }, 'ce3.300': { outer: 300, vlan: 30 } },
      xconnects: [
        ['ce3', 'ce1'],
        ['ce3.100', 'ce2'],
        ['ce3.300', 'trunk.100'],
      ],
    });
    const whole = [
      frame(),
      frame({ tags: [vlan(101)] }),
      frame({ tags: [vlan(0, 5)] }),
      frame({ tags: [vlan(0), vlan(100)] }),
      frame({ tags: [service(300), vlan(31)] }),
      frame({ tags: [service(301), vlan(30)] }),
      frame({ tags: [service(300)] }),
      frame({ tags: [service(0), vlan(30)] }),
    ];
    for (const bytes of whole) expectPlay(config, [at('ce3', bytes)], [out('ce1', bytes)]);
    expectPlay(config, [at('ce3', frame({ tags: [vlan(100, 5), vlan(6)] }))], [out('ce2', frame({ tags: [vlan(6)] }))]);
    const qinq = frame({ tags: [service(300, 1), vlan(30, 2), vlan(6)] });
    expectPlay(config, [at('ce3', qinq)], [out('trunk', frame({ tags: [vlan(100, 2), vlan(6)] }))]);
  });
  test('ETH-3 a port without a circuit of its own: tags that nobody takes, and untagged frames, are unknown-vlan', () => {
    for (const bytes of [frame(), frame({ tags: [vlan(101)] }), frame({ tags: [vlan(0)] })]) {
      expectPlay(local('trunk.100', 'ce1'), [at('trunk', bytes)], [dropped('unknown-vlan')]);
    }
  });
  test('ETH-4 a rewritten service tag keeps PCP and DEI; what is added has 0', () => {
    const priority = (5 << 13) | dei;
    const inner = (3 << 13) | dei;
    const [untagged, single, other] = [
      frame(),
      frame({ tags: [[0x8100, 100 | priority]] }),
      frame({ tags: [[0x8100, 200 | priority]] }),
    ];
    const qinq = frame({
      tags: [
        [0x88a8, 300 | priority],
        [0x8100, 30 | inner],
      ],
    });
    expectPlay(local('trunk.100', 'trunk.200'), [at('trunk', single)], [out('trunk', other)]);
    expectPlay(local('trunk.100', 'ce1'), [at('trunk', single)], [out('ce1', untagged)]);
    expectPlay(local('trunk.100', 'ce1'), [at('ce1', untagged)], [out('trunk', frame({ tags: [vlan(100)] }))]);
    expectPlay(
      local('trunk.300', 'trunk.100'),
      [at('trunk', qinq)],
      [out('trunk', frame({ tags: [[0x8100, 100 | inner]] }))],
    );
    const fromSingle = frame({ tags: [service(300), [0x8100, 30 | priority]] });
    expectPlay(local('trunk.300', 'trunk.100'), [at('trunk', single)], [out('trunk', fromSingle)]);
    const rewritten = frame({
      tags: [
        [0x88a8, 400 | priority],
        [0x8100, 40 | inner],
      ],
    });
    expectPlay(local('trunk.300', 'trunk.400'), [at('trunk', qinq)], [out('trunk', rewritten)]);
    expectPlay(
      local('trunk.300', 'ce1'),
      [at('ce1', untagged)],
      [out('trunk', frame({ tags: [service(300), vlan(30)] }))],
    );
  });
  test('ETH-1 cut inside a tag that is needed: runt; a tag that nobody needs may be cut', () => {
    const single = at('trunk', frame({ tags: [vlan(100)] }));
    for (const length of [14, 17]) expectPlay(local('trunk.100', 'ce1'), [cut(single, length)], [dropped('runt')]);
    expectPlay(local('trunk.100', 'ce1'), [cut(single, 18)], [out('ce1', frame().slice(0, 14))]);
    for (const length of [14, 15, 17]) {
      const bytes = frame({ tags: [vlan(100)] }).slice(0, length);
      expectPlay(local('ce1', 'ce2'), [at('ce1', bytes)], [out('ce2', bytes)]);
    }
  });
  test('ETH-7 PAUSE and other 0x8808 frames are never carried', () => {
    for (const dst of ['01:80:c2:00:00:01', hostB]) {
      const pause = frame({ dst, type: 0x8808 });
      expectPlay(local('ce1', 'ce2'), [at('ce1', pause)], [dropped('link-local')]);
      expectPlay(wire('ce1'), [at('ce1', pause)], [dropped('link-local')]);
      expectPlay(wire('ce1'), [fromCore([24050], [...controlWord, ...pause])], [dropped('link-local')]);
      const tagged = frame({ dst, tags: [vlan(100)], type: 0x8808 });
      expectPlay(local('trunk.100', 'ce1'), [at('trunk', tagged)], [dropped('link-local')]);
    }
  });
  test('ETH-7 a cross-connect carries LACP, STP, LLDP and 802.1X of the customer', () => {
    for (const last of ['00', '02', '03', '0e', '0f']) {
      const bytes = frame({ dst: `01:80:c2:00:00:${last}`, type: last === '00' ? 0x0026 : 0x8809 });
      expectPlay(local('ce1', 'ce2'), [at('ce1', bytes)], [out('ce2', bytes)]);
      expectPlay(wire('ce1'), [at('ce1', bytes)], [out('core1', toCore(stackTo(24060), [...controlWord, ...bytes]))]);
      expectPlay(wire('ce1'), [fromCore([24050], [...controlWord, ...bytes])], [out('ce1', bytes)]);
    }
  });
});

describe('ways of a pseudowire', () => {
  test('MTU-3 labels and control word count on the core: what does not fit is too-big, silently, even if it looks like IP', () => {
    const config = wire(
      'ce1',
      { controlWord: false, mtu: 9000 },
      {
        interfaces: {
          ce1: { mtu: 9000 },
          core1: { mac: '02:00:00:00:01:0f', mtu: 100, mpls: true, addresses: ['10.0.12.1/30'] },
        },
      },
    );
    const fits = frame({}, filler(78));
    expectPlay(config, [at('ce1', fits)], [out('core1', toCore(stackTo(24060), fits))]);
    expectPlay(config, [at('ce1', frame({}, filler(79)))], [dropped('too-big')]);
    expectPlay(config, [at('ce1', ipv4({}, udp(1, 2, filler(65))))], [dropped('too-big')]);
  });
  test('ECMP-1 one flow of frames takes one path, many flows take all', () => {
    const config = wire(
      'ce1',
      {},
      {
        routes: [
          {
            prefix: '192.0.2.9/32',
            paths: [
              { via: '10.0.12.2', labels: [16009] },
              { via: '10.0.13.2', labels: [17009] },
            ],
          },
        ],
        pseudowires: acme({ peer: '192.0.2.9' }),
      },
    );
    const portOf = (bytes: Bytes) => play(config, at('ce1', bytes))[0]?.split(' ')[1];
    const flow = frame({ src: '02:aa:00:00:02:01' });
    expect(
      new Set(
        [filler(20), filler(60, 5), filler(99)].map((payload) => portOf(frame({ src: '02:aa:00:00:02:01' }, payload))),
      ),
    ).toEqual(new Set([portOf(flow)]));
    const byMac = Array.from({ length: 24 }, (_, i) => portOf(frame({ src: `02:aa:00:00:03:${10 + i}` })));
    expect(new Set(byMac)).toEqual(new Set(['core1', 'core2']));
    const byPort = Array.from({ length: 24 }, (_, i) => portOf(frame({ type: 0x0800 }, ipv4({}, udp(2000 + i, 80)))));
    expect(new Set(byPort)).toEqual(new Set(['core1', 'core2']));
  });
  test('ECMP-3 a peer without a way: path-down; with it again: sent', () => {
    const { router, send } = opened(wire('ce1'));
    router.setInterfaceUp('core1', false);
    expect(send('ce1', frame())).toEqual([dropped('path-down')]);
    router.setInterfaceUp('core1', true);
    expect(send('ce1', frame())).toEqual([out('core1', toCore(stackTo(24060), [...controlWord, ...frame()]))]);
    router.setInterfaceUp('ce1', false);
    expect(play(wire('ce1', { peer: '198.51.100.9' }), at('ce1', frame()))).toEqual([dropped('path-down')]);
  });
  test('ECMP-4 an entropy label asked for by the path goes under its label', () => {
    const config = wire(
      'ce1',
      { peer: '192.0.2.9' },
      {
        routes: [{ prefix: '192.0.2.9/32', via: '10.0.12.2', labels: [16009], entropy: true }],
      },
    );
    const [seen] = openRouter(config).send(at('ce1', frame())).out;
    const words = Array.from(seen?.bytes ?? []).slice(14, 30);
    expect(words.slice(4, 8)).toEqual(labels({ label: 7, ttl: 255, s: 0 }));
    expect(words.slice(12, 16)).toEqual(labels({ label: 24060, ttl: 255 }));
  });
  test('ECMP-3 a backup pseudowire takes over while the LSP to the primary is gone', () => {
    const config = layer2({
      pseudowires: {
        ...acme({ backup: 'spare' }),
        spare: { peer: '192.0.2.3', localLabel: 24051, remoteLabel: 24061, controlWord: false },
      },
      xconnects: [['ce1', { pseudowire: 'acme' }]],
    });
    const { router, send, sent } = opened(config);
    const primary = out('core1', toCore(stackTo(24060), [...controlWord, ...frame()]));
    const backup = out('core2', toCore2(stackTo(24061, 16003), frame()));
    expect(send('ce1', frame())).toEqual([primary]);
    router.setInterfaceUp('core1', false);
    expect(send('ce1', frame())).toEqual([backup]);
    router.setInterfaceUp('core2', false);
    expect(send('ce1', frame())).toEqual([dropped('path-down')]);
    router.setInterfaceUp('core1', true);
    expect(send('ce1', frame())).toEqual([primary]);
    expect(sent(fromCore([24051], frame())).out).toHaveLength(1);
  });
  test('LBL-2 LBL-3 the label map and accept lists stand before the pseudowire', () => {
    const beneath = [...controlWord, ...frame()];
    expectPlay(wire('ce1'), [fromCore([24059], beneath)], [dropped('no-label')]);
    const guarded = wire(
      'ce1',
      {},
      {
        interfaces: {
          core1: { mac: '02:00:00:00:01:0f', mpls: true, addresses: ['10.0.12.1/30'], acceptLabels: [16] },
        },
      },
    );
    expectPlay(guarded, [fromCore([24050], beneath)], [dropped('label-not-given')]);
  });
  test('LBL-7 a transport label or explicit null above is popped first', () => {
    const config = wire('ce1', {}, { labels: [{ label: 16100, pop: true }] });
    for (const top of [0, 2, 16100]) {
      expectPlay(config, [fromCore([top, 24050], [...controlWord, ...frame()])], [out('ce1', frame())]);
    }
  });
  test('PW-2 two pseudowires joined are a switching point: the frame goes on', () => {
    const config = layer2({
      pseudowires: {
        ...acme({ type: 'ethernet-vlan' }),
        next: { peer: '192.0.2.3', localLabel: 24052, remoteLabel: 24062, controlWord: false },
      },
      xconnects: [[{ pseudowire: 'acme' }, { pseudowire: 'next' }]],
    });
    const arriving: Sent = fromCore([24050], [...controlWord, ...frame({ tags: [vlan(9, 5)] })]);
    expectPlay(config, [arriving], [out('core2', toCore2(stackTo(24062, 16003), frame()))]);
  });
  test('PW-1 a label entry may name the pseudowire beside its own label', () => {
    const config = wire('ce1', {}, { labels: [{ label: 30000, pseudowire: 'acme' }] });
    expectPlay(config, [fromCore([30000], [...controlWord, ...frame()])], [out('ce1', frame())]);
  });
});

test('ETH-2 a frame to the router itself behind a circuit is the customer’s', () => {
  const bytes = eth({ dst: '02:00:00:00:01:0f', src: hostA, type: 0x0800 }, ipv4({ dst: '192.0.2.1' }, udp(1, 2)));
  expectPlay(local('ce1', 'ce2'), [at('ce1', bytes)], [out('ce2', bytes)]);
  expect(hostB).not.toBe(hostA);
});
