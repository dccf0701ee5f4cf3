// IP-8 and TTL-11 in a live run: own addresses announced and defended, what is punted limited, control ports, and the
// hand-over to other tables.
import { describe, expect, test } from 'vitest';
import { copyNeighbors } from '../../src/engine/handover.ts';
import type { Bytes } from '../support/frames.ts';
import { arp, decode, eth, filler, hex, icmp4, icmp6, ip6, ipv4, ipv6, labels } from '../support/frames.ts';
import { LiveRouter, puntLimits } from '../support/live-router.ts';
import { arriving, lab, links, toFar } from './labs-ttl-ip.ts';

const broadcast = 'ff:ff:ff:ff:ff:ff';
const zeroMac = '00:00:00:00:00:00';
const stranger = '02:00:00:00:a1:07';
const own6 = '2001:db8:1:1::1';
const group6 = 'ff02::1:ff00:1';
const group6Mac = '33:33:ff:00:00:01';
const towards = (dst: string, port: 'ce1' | 'ce2' = 'ce2') => arriving(port, toFar({ src: '10.1.2.2', dst }));
const request = (senderIp: string, mac = stranger, tags: [number, number][] = []) => ({
  port: 'ce1',
  bytes: eth({ dst: broadcast, src: mac, type: 0x0806, tags }, arp(1, mac, senderIp, zeroMac, '10.1.1.1')),
});
const nd = (type: 135 | 136, src: string, dst: string, target: string, option: Bytes, mac = stranger, flags = 0) => ({
  port: 'ce1',
  bytes: eth(
    { dst: group6Mac, src: mac, type: 0x86dd },
    ipv6(
      { src, dst, nextHeader: 58, hopLimit: 255 },
      icmp6(src, dst, type, 0, [flags, 0, 0, 0], [...ip6(target), ...option]),
    ),
  ),
});
const solicitation = (src: string, mac = stranger) =>
  nd(135, src, group6, own6, src === '::' ? [] : [1, 1, ...hex(mac)], mac);
const claim = (mac = stranger) => nd(136, own6, 'ff02::1', own6, [2, 1, ...hex(mac)], mac, 0x20);
const echo = (dst: string, src = '10.1.1.2', port: 'ce1' | 'net1' = 'ce1') =>
  arriving(port, ipv4({ src, dst, protocol: 1 }, icmp4(8, 0, [1, 2, 3, 4], filler(20))));
const summary = (out: { port: string; bytes: Bytes }[]) =>
  out.map(({ port, bytes }) => `${port} ${decode(bytes).type.toString(16)}`);

describe('IP-8 announcements', () => {
  test('IP-8 gratuitous ARP at start, a solicitation from ::, an advertisement a second later: byte by byte', () => {
    const router = new LiveRouter(lab());
    const { out } = router.announce();
    expect(summary(out)).toEqual(
      ['ce1', 'ce2', 'net1', 'core1', 'core2'].flatMap((port) => [`${port} 806`, `${port} 86dd`]),
    );
    const own = links.ce1.own;
    expect(out[0]).toEqual({
      port: 'ce1',
      bytes: eth({ dst: broadcast, src: own, type: 0x0806 }, arp(1, own, '10.1.1.1', zeroMac, '10.1.1.1')),
    });
    const dad = ipv6(
      { src: '::', dst: group6, nextHeader: 58, hopLimit: 255 },
      icmp6('::', group6, 135, 0, [0, 0, 0, 0], ip6(own6)),
    );
    expect(out[1]).toEqual({ port: 'ce1', bytes: eth({ dst: group6Mac, src: own, type: 0x86dd }, dad) });
    expect(router.wait(0.9).out).toEqual([]);
    const after = router.wait(0.1).out;
    const advertisement = icmp6(own6, 'ff02::1', 136, 0, [0xa0, 0, 0, 0], [...ip6(own6), 2, 1, ...hex(own)]);
    const packet = ipv6({ src: own6, dst: 'ff02::1', nextHeader: 58, hopLimit: 255 }, advertisement);
    expect(after.length).toBe(5);
    expect(after[0]).toEqual({ port: 'ce1', bytes: eth({ dst: '33:33:00:00:00:01', src: own, type: 0x86dd }, packet) });
    expect(router.wait(5).out).toEqual([]);
  });
  test.each([
    ['an advertisement', () => claim()],
    ['the solicitation of another on trial', () => solicitation('::')],
  ])('IP-8 %s within the second: a duplicate, not answered for, until it is announced again', (_, frame) => {
    const router = new LiveRouter(lab());
    router.announce('ce1');
    router.wait(0.5);
    expect(router.send(frame()).events).toEqual([`duplicate-address ce1 ${own6} ${stranger}`]);
    expect(router.wait(2).out).toEqual([]);
    expect(router.send(solicitation('2001:db8:1:1::7')).out).toEqual([]);
    router.announce('ce1');
    router.wait(1);
    expect(router.send(solicitation('2001:db8:1:1::7')).out.map(({ bytes }) => decode(bytes).ip6?.payload[0])).toEqual([
      136,
    ]);
  });
  test('IP-8 an address on trial is not answered for; own frames that come back say nothing', () => {
    const router = new LiveRouter(lab());
    router.announce('ce1');
    expect(router.send(solicitation('2001:db8:1:1::7')).out).toEqual([]);
    expect(router.send(solicitation('::', links.ce1.own)).events).toEqual([]);
    expect(summary(router.wait(1).out)).toContain('ce1 86dd');
    expect(router.send(solicitation('2001:db8:1:1::7')).out.length).toBe(1);
  });
  test('IP-8 an address that is ours is defended; whoever claims it is told about, not every time', () => {
    const router = new LiveRouter(lab());
    router.announce('ce1');
    router.wait(1);
    expect(router.send(solicitation('::')).out.map(({ bytes }) => decode(bytes).dst)).toEqual(['33:33:00:00:00:01']);
    expect(router.send(claim(), claim()).events).toEqual([`duplicate-address ce1 ${own6} ${stranger}`]);
    expect(router.send(request('10.1.1.1'), request('10.1.1.1')).events).toEqual([
      `duplicate-address ce1 10.1.1.1 ${stranger}`,
    ]);
    expect(router.adjacency('ce1', '10.1.1.1')).toBe(-1);
    expect(router.send(solicitation('2001:db8:1:1::7')).out.length).toBe(1);
  });
  test('IP-8 an interface that is down, or has a control port, announces nothing', () => {
    const router = new LiveRouter(lab({ interfaces: { ce2: { controlPort: { name: 'ce2', netns: 'cp' } } } }));
    router.setInterfaceUp('ce1', false);
    const { out } = router.announce();
    expect(new Set(out.map(({ port }) => port))).toEqual(new Set(['net1', 'core1', 'core2']));
    router.setInterfaceUp('ce1', true);
    expect(new Set(router.announce('ce1').out.map(({ port }) => port))).toEqual(new Set(['ce1']));
  });
  test('IP-8 hundreds of addresses take several ticks', () => {
    const more = Array.from({ length: 249 }, (_, i) => `10.4.0.${i + 1}/32`);
    const router = new LiveRouter(lab({ interfaces: { ce1: { addresses: ['10.1.1.1/24', `${own6}/64`, ...more] } } }));
    expect(
      [router.announce('ce1'), router.tick(0.1), router.tick(0.1), router.tick(0.1)].map(({ out }) => out.length),
    ).toEqual([100, 100, 51, 0]);
  });
});

describe('IP-8 a flood towards the router', () => {
  const count = (names: readonly string[], name: string) => names.filter((each) => each === name).length;
  test('IP-8 ARP beyond the rate is punt-limited: not answered, not learned from; other ports are not concerned', () => {
    const router = new LiveRouter(lab(), { puntLimits: puntLimits({ arp: 10 }) });
    const flood = Array.from({ length: 200 }, (_, i) => request(`10.1.1.${i + 10}`));
    const before = router.tables.adjacencies.count;
    const { out, drops, punts } = router.send(...flood);
    expect([out.length, count(punts, 'arp'), count(drops, 'punt-limited')]).toEqual([10, 10, 190]);
    expect(router.tables.adjacencies.count).toBe(before + 10);
    const innocent = {
      port: 'ce2',
      bytes: eth({ dst: broadcast, src: stranger, type: 0x0806 }, arp(1, stranger, '10.1.2.9', zeroMac, '10.1.2.1')),
    };
    expect(router.send(innocent).out.length).toBe(1);
    expect(router.send(arriving('ce1', toFar({}))).out.length).toBe(1);
    router.time += 0.5;
    expect(count(router.send(...flood).punts, 'arp')).toBe(5);
  });
  test('IP-8 a cut ARP frame and one for another station keep their reasons under a flood', () => {
    const router = new LiveRouter(lab(), { puntLimits: puntLimits({ arp: 0, nd: 0 }) });
    const cut = { port: 'ce1', bytes: request('10.1.1.9').bytes.slice(0, 41) };
    const foreign = {
      port: 'ce1',
      bytes: eth({ dst: stranger, src: stranger, type: 0x0806 }, arp(1, stranger, '10.1.1.9', zeroMac, '10.1.1.1')),
    };
    const tagged = request('10.1.1.9', stranger, [[0x8100, 7]]);
    const priority = request('10.1.1.9', stranger, [[0x8100, 0]]);
    expect(router.send(cut, foreign, tagged, priority).drops).toEqual([
      'runt',
      'not-for-us',
      'unknown-vlan',
      'punt-limited',
    ]);
  });
  test('IP-8 neighbour discovery beyond the rate is punt-limited', () => {
    const router = new LiveRouter(lab(), { puntLimits: puntLimits({ nd: 3 }) });
    const flood = Array.from({ length: 50 }, (_, i) => solicitation(`2001:db8:1:1::${(i + 16).toString(16)}`));
    const { out, drops, punts } = router.send(...flood);
    expect([out.length, count(punts, 'nd'), count(drops, 'punt-limited')]).toEqual([3, 3, 47]);
  });
  test('IP-8 a sub-interface has a rate of its own, its tag is read', () => {
    const config = lab({ interfaces: { 'ce1.100': { vlan: 100, vrf: 'red', addresses: ['10.8.1.1/24'] } } });
    const router = new LiveRouter(config, { puntLimits: puntLimits({ arp: 2 }) });
    const tagged = {
      port: 'ce1',
      bytes: eth(
        { dst: broadcast, src: stranger, type: 0x0806, tags: [[0x8100, 100]] },
        arp(1, stranger, '10.8.1.9', zeroMac, '10.8.1.1'),
      ),
    };
    const plain = request('10.1.1.9');
    const { drops, punts } = router.send(tagged, tagged, tagged, tagged, plain, plain, plain);
    expect([drops, punts.length]).toEqual([['punt-limited', 'punt-limited', 'punt-limited'], 4]);
  });
  test('IP-8 packets for an address that a packet waits for are dropped, and make no request', () => {
    const router = new LiveRouter(lab());
    const { out, drops } = router.send(...new Array(100).fill(towards('10.1.1.99')));
    expect([out.length, count(drops, 'unresolved'), router.counters.held]).toEqual([1, 99, 1]);
  });
  test('IP-3 frames for the router itself beyond the rate are punt-limited and not answered', () => {
    const router = new LiveRouter(lab(), { puntLimits: puntLimits({ local: 5 }) });
    const { out, drops, punts } = router.send(...new Array(40).fill(echo('10.1.1.1')));
    expect([out.length, count(punts, 'local'), count(drops, 'punt-limited')]).toEqual([5, 5, 35]);
  });
  test('LBL-6 OAM and LBL-5 router alert have a rate of their own', () => {
    const router = new LiveRouter(lab(), { puntLimits: puntLimits({ oam: 1, 'router-alert': 1 }) });
    const frame = (label: number) => ({
      port: 'core1',
      bytes: eth({ dst: links.core1.own, src: links.core1.peer, type: 0x8847 }, [
        ...labels(label, 24001),
        ...toFar({}),
      ]),
    });
    const { drops, punts } = router.send(frame(14), frame(14), frame(1), frame(1));
    expect([punts, drops]).toEqual([
      ['oam', 'router-alert'],
      ['punt-limited', 'punt-limited'],
    ]);
  });
  test('TTL-11 errors beyond the rate count as made and dropped, though none is built', () => {
    const router = new LiveRouter(lab({ router: { icmp: { rate: 10, burst: 3 } } }));
    const expiring = arriving('ce1', toFar({ ttl: 1 }));
    const { out, drops } = router.send(...new Array(20).fill(expiring));
    expect([out.length, count(drops, 'ttl-expired'), count(drops, 'icmp-limited')]).toEqual([3, 20, 17]);
    expect(router.counters.made).toBe(20);
    router.time += 0.1;
    expect(router.send(expiring).out.length).toBe(1);
  });
  test('TTL-11 a clock that is set back does not stop errors', () => {
    const router = new LiveRouter(lab({ router: { icmp: { rate: 10, burst: 1 } } }));
    const expiring = arriving('ce1', toFar({ ttl: 1 }));
    router.send(expiring, expiring);
    router.time -= 500;
    router.send(expiring);
    router.time += 0.2;
    expect(router.send(expiring).out.length).toBe(1);
  });
});

describe('IP-4 a flood that ends early ends as it would have', () => {
  /** Every kind of packet that a short cut looks at, and its neighbours that it must leave alone. */
  const kinds: readonly (readonly [string, Parameters<typeof ipv4>[0], Bytes?])[] = [
    ['ttl-expired', { ttl: 1 }],
    ['ttl-expired', { ttl: 0 }],
    ['ttl-expired', { dst: '10.1.2.77', ttl: 1 }],
    ['ttl-expired', { ttl: 1, offset: 3 }],
    ['ttl-expired', { ttl: 1, mf: true }],
    ['ttl-expired', { ttl: 1, protocol: 1 }, icmp4(11, 0, [0, 0, 0, 0], filler(28))],
    ['ttl-expired', { ttl: 1, protocol: 1 }, icmp4(8, 0, [0, 1, 0, 1], filler(28))],
    ['ttl-expired', { ttl: 1, src: '10.1.1.255' }],
    ['ttl-expired', { ttl: 1, options: [1, 1, 1, 1] }],
    ['no-route', { dst: '172.20.0.1' }],
    ['no-route', { dst: '172.20.0.1', ttl: 1 }],
    ['blackhole', { dst: '10.77.0.1' }],
    ['unresolved', { dst: '10.1.2.77' }],
    ['path-down', { dst: '10.78.0.1' }],
    ['punt-limited', { dst: '10.1.1.1' }],
    ['punt-limited', { dst: '10.1.2.1', ttl: 1 }],
    ['punt-limited', { dst: '10.1.1.255' }],
    ['punt-limited', { dst: '224.0.0.5' }],
    ['martian', { src: '127.0.0.1' }],
    ['bad-checksum', { dst: '10.1.1.1', checksum: 1 }],
    ['bad-ip-header', { dst: '10.1.1.1', totalLength: 2000 }],
  ];
  test.each(['strict', 'loose', undefined])('IP-4 reason by reason, %s reverse path check', (urpf) => {
    const routes = [
      { vrf: 'red', prefix: '10.77.0.0/16', drop: true },
      { vrf: 'red', prefix: '10.78.0.0/16', via: '10.1.2.99' },
    ];
    const router = new LiveRouter(
      lab({ router: { icmp: { rate: 1, burst: 1 } }, interfaces: { ce1: urpf === undefined ? {} : { urpf } }, routes }),
      { puntLimits: puntLimits({ local: 1 }) },
    );
    router.wait(4);
    router.send(arriving('ce1', toFar({ ttl: 1 })), echo('10.1.1.1'), arriving('ce1', toFar({ dst: '10.1.2.77' })));
    for (const [reason, options, payload = filler(30)] of kinds) {
      const frame = arriving('ce1', ipv4({ src: '10.1.1.2', dst: '10.2.0.9', ...options }, payload));
      const padded = { ...frame, bytes: [...frame.bytes, ...filler(20)] };
      const { drops } = router.send(frame, padded, frame);
      // No route leads back to a broadcast address.
      const expected = urpf !== undefined && options.src === '10.1.1.255' ? 'urpf' : reason;
      expect(drops.filter((each) => each === expected).length, `${reason} ${JSON.stringify(options)}`).toBe(3);
    }
  });
});

describe('IP-8 control ports', () => {
  const controlPort = (name: string) => ({ controlPort: { name, netns: 'cp' } });
  const config = () =>
    lab({
      interfaces: {
        ce1: controlPort('ce1'),
        'ce1.100': { vlan: 100, vrf: 'red', addresses: ['10.8.1.1/24'], ...controlPort('ce1.100') },
        core1: controlPort('core1'),
      },
    });
  test('IP-8 requests are handed over and taught from, not answered; the router still resolves for itself', () => {
    const router = new LiveRouter(config());
    const asked = request('10.1.1.7');
    expect(router.send(asked)).toMatchObject({
      out: [],
      punts: ['arp'],
      delivered: [{ interface: 'ce1', bytes: asked.bytes }],
    });
    expect(router.send(towards('10.1.1.7')).out.map(({ bytes }) => decode(bytes).dst)).toEqual([stranger]);
    const solicited = solicitation('2001:db8:1:1::7');
    expect(router.send(solicited)).toMatchObject({
      out: [],
      delivered: [{ interface: 'ce1', bytes: solicited.bytes }],
    });
    expect(summary(router.send(towards('10.1.1.8')).out)).toEqual(['ce1 806']);
    const answer = {
      port: 'ce1',
      bytes: eth(
        { dst: links.ce1.own, src: stranger, type: 0x0806 },
        arp(2, stranger, '10.1.1.8', links.ce1.own, '10.1.1.1'),
      ),
    };
    const { out, delivered } = router.send(answer);
    expect([summary(out), delivered]).toEqual([['ce1 800'], [{ interface: 'ce1', bytes: answer.bytes }]]);
  });
  test('IP-3 echo requests are the kernel’s; where there is no control port they are answered', () => {
    const router = new LiveRouter(config());
    const frame = echo('10.1.1.1');
    expect(router.send(frame)).toMatchObject({
      out: [],
      punts: ['local'],
      delivered: [{ interface: 'ce1', bytes: frame.bytes }],
    });
    expect(router.send(echo('10.7.1.1', '10.7.1.2', 'net1'))).toMatchObject({
      punts: ['local'],
      delivered: [],
      out: [{ port: 'net1' }],
    });
  });
  test('IP-8 a sub-interface has a port of its own, without tags', () => {
    const tagged = (tags: [number, number][]) =>
      eth({ dst: broadcast, src: stranger, type: 0x0806, tags }, arp(1, stranger, '10.8.1.9', zeroMac, '10.8.1.1'));
    const { delivered } = new LiveRouter(config()).send({ port: 'ce1', bytes: tagged([[0x8100, 100]]) });
    expect(delivered).toEqual([{ interface: 'ce1.100', bytes: tagged([]) }]);
  });
  test('IP-3 what arrived labelled is handed over as IP after the pops, to the own MAC address', () => {
    const router = new LiveRouter(config());
    const packet = ipv4({ src: '10.2.0.9', dst: '10.1.1.1', protocol: 6, ttl: 9 }, filler(30));
    const frame = {
      port: 'core1',
      bytes: eth({ dst: links.core1.own, src: links.core1.peer, type: 0x8847 }, [
        ...labels({ label: 24001, ttl: 200 }),
        ...packet,
      ]),
    };
    const bytes = eth({ dst: links.core1.own, src: links.core1.peer, type: 0x0800 }, packet);
    expect(router.send(frame)).toMatchObject({ punts: ['local'], delivered: [{ interface: 'core1', bytes }] });
  });
  test('IP-3 by an interface without a control port: to that of the address, of id to the first one', () => {
    const router = new LiveRouter(config());
    const packet = (dst: string) => ipv4({ src: '10.7.1.2', dst, protocol: 6 }, filler(30));
    const bytes = (dst: string) => eth({ dst: links.core1.own, src: links.net1.peer, type: 0x0800 }, packet(dst));
    for (const dst of ['10.0.12.1', '192.0.2.1']) {
      expect(router.send(arriving('net1', packet(dst))).delivered).toEqual([{ interface: 'core1', bytes: bytes(dst) }]);
    }
    // The same address in a VRF is another one.
    expect(
      router.send(arriving('ce2', ipv4({ src: '10.1.2.2', dst: '10.1.2.1', protocol: 6 }, filler(30)))).delivered,
    ).toEqual([]);
  });
  test('IP-8 OAM is handed over as it arrived, label and all; what is beyond the rate is not', () => {
    const router = new LiveRouter(config(), { puntLimits: puntLimits({ oam: 1 }) });
    const bytes = eth({ dst: links.core1.own, src: links.core1.peer, type: 0x8847 }, [
      ...labels(14, 24001),
      ...toFar({}),
    ]);
    const frame = { port: 'core1', bytes };
    expect(router.send(frame, frame)).toMatchObject({
      drops: ['punt-limited'],
      delivered: [{ interface: 'core1', bytes }],
    });
  });
  test('IP-8 a frame from the kernel leaves by the interface, with its tags; or is dropped with a reason', () => {
    const router = new LiveRouter(config());
    const plain = eth({ dst: stranger, src: links.ce1.own, type: 0x0800 }, filler(1500));
    expect(router.fromControl('ce1', plain).out).toEqual([{ port: 'ce1', bytes: plain }]);
    const tagged = eth({ dst: stranger, src: links.ce1.own, type: 0x0800, tags: [[0x8100, 100]] }, filler(1500));
    expect(router.fromControl('ce1.100', plain).out).toEqual([{ port: 'ce1', bytes: tagged }]);
    expect(router.fromControl('ce1', [...plain, 0]).drops).toEqual(['too-big']);
    expect(router.fromControl('ce1', plain.slice(0, 13)).drops).toEqual(['runt']);
    router.setInterfaceUp('ce1', false);
    expect(router.fromControl('ce1', plain).drops).toEqual(['path-down']);
    expect([router.counters.made, router.counters.framesOut]).toEqual([5, 2]);
  });
});

describe('IP-8 hand-over to other tables', () => {
  test('IP-8 learned neighbours go over, those configured there stay, packets that wait go on waiting', () => {
    const old = new LiveRouter(lab());
    old.send(towards('10.1.1.7'));
    old.send(request('10.1.1.7'), request('10.1.1.8', '02:00:00:00:a1:08'));
    old.send(towards('10.1.1.9'));
    old.send(arriving('ce1', toFar({ src: '10.1.1.2', dst: '10.1.2.50' })));
    const next = new LiveRouter(lab({ neighbors: [{ interface: 'ce1', address: '10.1.1.8', mac: links.ce1.peer }] }));
    next.time = old.time;
    const ports = ['ce1', 'ce2'].map((name) => old.interfaceIndex(name));
    for (const [i, engine] of old.engines.entries()) {
      const there = next.engines[i];
      expect(copyNeighbors(engine.router.tables, there.router.tables, (index) => index)).toBe(1);
      const handed = engine.forwarder.handOver((port) => (port === ports[0] ? -1 : port));
      expect(handed.frames.length).toBe(1);
      // What came by a port that is gone ended in the old books.
      expect(engine.look().drops).toEqual(['unresolved']);
      there.forwarder.takeOver(handed);
      expect(there.look().out.map(({ bytes }) => decode(bytes).type)).toEqual([0x0806]);
      expect([
        engine.forwarder.counters.held,
        there.forwarder.counters.held,
        there.forwarder.counters.framesIn,
      ]).toEqual([0, 1, 1]);
    }
    expect(next.send(towards('10.1.1.7')).out.map(({ bytes }) => decode(bytes).dst)).toEqual([stranger]);
    expect(next.send(towards('10.1.1.8')).out.map(({ bytes }) => decode(bytes).dst)).toEqual([links.ce1.peer]);
    expect(next.wait(4).drops).toEqual(['unresolved']);
  });
  test('IP-8 fragments that wait are one frame again', () => {
    const old = new LiveRouter(lab());
    old.send(arriving('core2', ipv4({ src: '10.6.0.1', dst: '10.7.1.9' }, filler(3000))));
    expect([old.counters.held, old.counters.made]).toEqual([3, 3]);
    for (const { forwarder } of old.engines) {
      expect(forwarder.handOver().frames.length).toBe(1);
      expect([forwarder.counters.held, forwarder.counters.made, forwarder.counters.framesIn]).toEqual([0, 1, 0]);
      expect(forwarder.counters.balanced).toBe(true);
    }
  });
});
