// IP-8: ARP and neighbour discovery, read, answered, learned from; packets that wait for a neighbour.
// RFC 826, 4861.
import { describe, expect, test } from 'vitest';
import type { Bytes } from '../support/frames.ts';
import { arp, decode, eth, filler, hex, icmp6, ip6, ipv6, u16 } from '../support/frames.ts';
import type { Result, Sent, TestRouter } from '../support/router.ts';
import { openRouter } from '../support/router.ts';
import type { Leaving, Port } from './labs-ttl-ip.ts';
import {
  arriving,
  at,
  dropReasons,
  expectBalanced,
  expectDropped,
  expectForwarded,
  expectPunted,
  lab,
  leaving,
  links,
  puntReasons,
  run,
  sent,
  toFar,
  toFar6,
} from './labs-ttl-ip.ts';

const broadcast = 'ff:ff:ff:ff:ff:ff';
const own6 = '2001:db8:1:1::1';
const zeroMac = '00:00:00:00:00:00';
const stranger = '02:00:00:00:a1:07';
const other = '02:00:00:00:a1:08';
const zeros = (count: number): Bytes => new Array<number>(count).fill(0);

const arpFrame = (payload: Bytes, dst = broadcast, src = stranger, port: Port = 'ce1'): Sent => ({
  port,
  bytes: eth({ dst, src, type: 0x0806 }, payload),
});
const request = (senderIp: string, targetIp: string, senderMac = stranger) =>
  arpFrame(arp(1, senderMac, senderIp, zeroMac, targetIp), broadcast, senderMac);
const reply = (senderIp: string, targetIp: string, senderMac = stranger) =>
  arpFrame(arp(2, senderMac, senderIp, links.ce1.own, targetIp), links.ce1.own, senderMac);
const arpAnswer = (ownIp: string, toIp: string, toMac = stranger): Leaving => ({
  port: 'ce1',
  bytes: eth({ dst: toMac, src: links.ce1.own, type: 0x0806 }, arp(2, links.ce1.own, ownIp, toMac, toIp)),
});
const routerAsks = (target: string, source = '10.1.1.1'): Leaving => ({
  port: 'ce1',
  // reading: the unknown hardware address is asked for with zeros.
  bytes: eth({ dst: broadcast, src: links.ce1.own, type: 0x0806 }, arp(1, links.ce1.own, source, zeroMac, target)),
});
/** A packet from ce2 to a station on ce1, and how it leaves. */
const towards = (dst: string, id = 1) => arriving('ce2', toFar({ src: '10.1.2.2', dst, id }));
const delivered = (dst: string, mac: string, id = 1): Leaving => ({
  port: 'ce1',
  bytes: eth({ dst: mac, src: links.ce1.own, type: 0x0800 }, toFar({ src: '10.1.2.2', dst, id, ttl: 63 })),
});
const towards6 = (dst: string, flowLabel = 1) => arriving('ce2', toFar6({ src: '2001:db8:1:2::2', dst, flowLabel }));
const delivered6 = (dst: string, mac: string, flowLabel = 1): Leaving => ({
  port: 'ce1',
  bytes: eth(
    { dst: mac, src: links.ce1.own, type: 0x86dd },
    toFar6({ src: '2001:db8:1:2::2', dst, flowLabel, hopLimit: 63 }),
  ),
});

/** One send with the books checked. */
function send(router: TestRouter, ...frames: Sent[]): Result {
  const result = router.send(...frames);
  expectBalanced(result);
  return result;
}
const isKnown = (router: TestRouter, address: string, mac: string) => {
  const result = send(router, towards(address));
  expectForwarded(result, delivered(address, mac));
};
const isUnknown = (router: TestRouter, address: string) => {
  expect(send(router, towards(address)).out.map(({ bytes }) => decode(bytes).type)).toEqual([0x0806]);
};
const isKnown6 = (router: TestRouter, address: string, mac: string) => {
  expectForwarded(send(router, towards6(address)), delivered6(address, mac));
};
const isUnknown6 = (router: TestRouter, address: string) => {
  const result = send(router, towards6(address));
  expect(result.frames).toMatchObject({ held: 1, made: 1 });
};

describe('IP-8 ARP', () => {
  test('IP-8 a request for an own address is answered, unpadded: the whole reply, byte by byte', () => {
    const result = run(lab(), request('10.1.1.7', '10.1.1.1'));
    const bytes = hex(
      '020000 00a107 020000000101 0806 0001 0800 06 04 0002 020000000101 0a010101 02000000a107 0a010107',
    );
    expectPunted(result, 'arp', { port: 'ce1', bytes });
    expect(result.out[0].bytes.length).toBe(42);
  });
  test('IP-8 the frame is punted as it arrived, the reply has its time', () => {
    const frame = at(7.25, request('10.1.1.7', '10.1.1.1'));
    const result = run(lab(), frame);
    expect(Array.from(result.punts[0].bytes)).toEqual(frame.bytes);
    expect(result.out[0].time).toBe(7.25);
    expect(result.frames).toEqual({ in: 1, out: 1, punted: 1, dropped: 0, copied: 0, made: 1, held: 0 });
  });
  test('IP-8 a padded request is answered unpadded', () => {
    const frame = arpFrame([...arp(1, stranger, '10.1.1.7', zeroMac, '10.1.1.1'), ...zeros(18)]);
    expectPunted(run(lab(), frame), 'arp', arpAnswer('10.1.1.1', '10.1.1.7'));
  });
  test("IP-8 the answer goes to the sender's hardware address, not to the frame's source", () => {
    const frame = arpFrame(arp(1, other, '10.1.1.7', zeroMac, '10.1.1.1'), broadcast, stranger);
    expectPunted(run(lab(), frame), 'arp', arpAnswer('10.1.1.1', '10.1.1.7', other));
  });
  test('IP-8 a request under the own MAC is answered', () => {
    const frame = arpFrame(arp(1, stranger, '10.1.1.7', links.ce1.own, '10.1.1.1'), links.ce1.own);
    expectPunted(run(lab(), frame), 'arp', arpAnswer('10.1.1.1', '10.1.1.7'));
  });
  test('IP-8 every own address of the ingress interface is answered for', () => {
    const config = lab({
      interfaces: { ce1: { addresses: ['10.1.1.1/24', '10.5.0.1/30', '10.5.0.9/32', `${own6}/64`] } },
    });
    for (const own of ['10.1.1.1', '10.5.0.1', '10.5.0.9']) {
      expectPunted(run(config, request('10.1.1.7', own)), 'arp', arpAnswer(own, '10.1.1.7'));
    }
  });
  for (const target of ['10.1.1.2', '10.1.1.77', '10.1.2.1', '192.0.2.1', '10.7.1.1', '10.1.1.255', '10.1.1.0']) {
    test(`IP-8 a request for ${target}, no address of the ingress interface: punted, not answered`, () => {
      expectPunted(run(lab(), request('10.1.1.7', target)), 'arp');
    });
  }
  test('IP-8 an address probe (sender 0.0.0.0) for an own address is answered', () => {
    expectPunted(run(lab(), request('0.0.0.0', '10.1.1.1')), 'arp', arpAnswer('10.1.1.1', '0.0.0.0'));
  });
  test('IP-8 a sub-interface answers with its tag, PCP 0', () => {
    const config = lab({ interfaces: { 'ce1.100': { vlan: 100, vrf: 'red', addresses: ['10.1.100.1/24'] } } });
    const tagged = (dst: string, src: string, tci: number, payload: Bytes) =>
      eth({ dst, src, tags: [[0x8100, tci]], type: 0x0806 }, payload);
    const asked = arp(1, stranger, '10.1.100.7', zeroMac, '10.1.100.1');
    expectPunted(run(config, { port: 'ce1', bytes: tagged(broadcast, stranger, 0xf064, asked) }), 'arp', {
      port: 'ce1',
      bytes: tagged(stranger, links.ce1.own, 100, arp(2, links.ce1.own, '10.1.100.1', stranger, '10.1.100.7')),
    });
    expectPunted(run(config, request('10.1.1.7', '10.1.100.1')), 'arp');
  });
  test('IP-8 a reply is punted and not answered', () => {
    expectPunted(run(lab(), reply('10.1.1.7', '10.1.1.1')), 'arp');
  });
  test("IP-8 ARP under another station's MAC is not-for-us", () => {
    const frame = arpFrame(arp(1, stranger, '10.1.1.7', zeroMac, '10.1.1.1'), other);
    expectDropped(run(lab(), frame), 'not-for-us');
  });

  const valid = arp(1, stranger, '10.1.1.7', zeroMac, '10.1.1.1');
  const changed = (where: number, ...bytes: Bytes) => {
    const copy = [...valid];
    copy.splice(where, bytes.length, ...bytes);
    return copy;
  };
  for (const [name, payload] of [
    ['hardware type 6', changed(0, 0, 6)],
    ['hardware type 256', changed(0, 1, 0)],
    ['protocol type 0x86dd', changed(2, 0x86, 0xdd)],
    ['hardware length 8', changed(4, 8)],
    ['protocol length 16', changed(5, 16)],
    ['operation 0', changed(6, 0, 0)],
    ['operation 3 (RARP)', changed(6, 0, 3)],
    ['operation 257', changed(6, 1, 1)],
  ] as [string, Bytes][]) {
    test(`IP-8 ${name}: punted, nothing more`, () => {
      // Padded as on the wire, so that longer addresses have room.
      const router = openRouter(lab());
      expectPunted(send(router, arpFrame([...payload, ...zeros(18)])), 'arp');
      isUnknown(router, '10.1.1.7');
    });
  }
  for (const length of [0, 1, 7, 8, 14, 27]) {
    test(`IP-8 ARP cut after ${length} bytes: runt`, () => {
      expectDropped(run(lab(), arpFrame(valid.slice(0, length))), 'runt');
    });
  }
  test('IP-8 ARP of which the capture misses a byte: snapped', () => {
    const frame = arpFrame(valid);
    expectDropped(run(lab(), { ...frame, bytes: frame.bytes.slice(0, 41), original: 42 }), 'snapped');
  });
  test('IP-8 ARP of which the capture misses padding only is answered', () => {
    const frame = arpFrame(valid);
    expectPunted(run(lab(), { ...frame, original: 60 }), 'arp', arpAnswer('10.1.1.1', '10.1.1.7'));
  });

  test('IP-8 a request addressed to the router teaches a new neighbour', () => {
    const router = openRouter(lab());
    send(router, request('10.1.1.7', '10.1.1.1'));
    isKnown(router, '10.1.1.7', stranger);
  });
  test('IP-8 a reply addressed to the router teaches a new neighbour', () => {
    const router = openRouter(lab());
    send(router, reply('10.1.1.7', '10.1.1.1'));
    isKnown(router, '10.1.1.7', stranger);
  });
  test("IP-8 what is learned is the sender's hardware address in ARP, not the frame's source", () => {
    const router = openRouter(lab());
    send(router, arpFrame(arp(1, other, '10.1.1.7', zeroMac, '10.1.1.1'), broadcast, stranger));
    isKnown(router, '10.1.1.7', other);
  });
  for (const [name, frame] of [
    ['a request for someone else', request('10.1.1.7', '10.1.1.77')],
    ['a gratuitous request', request('10.1.1.7', '10.1.1.7')],
    ['a gratuitous reply', arpFrame(arp(2, stranger, '10.1.1.7', broadcast, '10.1.1.7'))],
    ['a reply to someone else', reply('10.1.1.7', '10.1.1.77')],
  ] as [string, Sent][]) {
    test(`IP-8 ${name} teaches no new neighbour`, () => {
      const router = openRouter(lab());
      expectPunted(send(router, frame), 'arp');
      isUnknown(router, '10.1.1.7');
    });
    test(`IP-8 ${name} brings a known neighbour up to date`, () => {
      const router = openRouter(lab());
      send(router, request('10.1.1.7', '10.1.1.1', other));
      isKnown(router, '10.1.1.7', other);
      send(router, frame);
      isKnown(router, '10.1.1.7', stranger);
    });
    test(`IP-8 ${name} does not overwrite a static neighbour`, () => {
      const config = lab({ neighbors: [{ interface: 'ce1', address: '10.1.1.7', mac: other }] });
      const router = openRouter(config);
      send(router, frame);
      isKnown(router, '10.1.1.7', other);
    });
  }
  test('IP-8 requests and replies addressed to the router do not overwrite a static neighbour', () => {
    const config = lab({ neighbors: [{ interface: 'ce1', address: '10.1.1.7', mac: other }] });
    const router = openRouter(config);
    send(router, request('10.1.1.7', '10.1.1.1'), reply('10.1.1.7', '10.1.1.1'));
    isKnown(router, '10.1.1.7', other);
  });
  test('IP-8 a sender outside the connected subnets is answered, and not learned', () => {
    const config = lab({ routes: [{ vrf: 'red', prefix: '10.30.0.0/16', via: '10.1.1.2' }] });
    const router = openRouter(config);
    expectPunted(send(router, request('10.30.0.7', '10.1.1.1')), 'arp', arpAnswer('10.1.1.1', '10.30.0.7'));
    expectForwarded(send(router, towards('10.30.0.7')), delivered('10.30.0.7', links.ce1.peer));
  });
  test("IP-8 a sender of another interface's subnet is not learned", () => {
    const router = openRouter(lab());
    send(router, request('10.1.2.7', '10.1.1.1'));
    const result = send(router, arriving('ce1', toFar({ dst: '10.1.2.7' })));
    expect(result.frames).toMatchObject({ held: 1, made: 1 });
  });
  test('IP-8 neighbours of one interface are not those of another', () => {
    const config = lab({
      interfaces: { net2: { mac: '02:00:00:00:01:04', vrf: 'blue', addresses: ['10.1.1.1/24'] } },
      vrfs: { blue: {} },
    });
    const router = openRouter(config);
    send(router, request('10.1.1.7', '10.1.1.1'));
    isKnown(router, '10.1.1.7', stranger);
    const packet = toFar({ src: '10.1.1.50', dst: '10.1.1.7' });
    const result = send(router, { port: 'net2', bytes: eth({ dst: '02:00:00:00:01:04', type: 0x0800 }, packet) });
    expect(result.frames).toMatchObject({ held: 1, made: 1, out: 1 });
    expect(result.out[0].port).toBe('net2');
  });
  test('IP-8 a later reply addressed to the router moves a learned neighbour', () => {
    const router = openRouter(lab());
    send(router, request('10.1.1.7', '10.1.1.1', other));
    send(router, reply('10.1.1.7', '10.1.1.1', stranger));
    isKnown(router, '10.1.1.7', stranger);
  });
});

describe('IP-8 unresolved neighbours', () => {
  test('IP-8 a next hop that its path puts on an interface is learned outside of every subnet too', () => {
    const router = openRouter(`
interfaces:
  ce1: {mac: "${links.ce1.own}", addresses: [10.1.1.1/24]}
routes: [{prefix: 203.0.113.0/24, via: 198.51.100.7, interface: ce1}]`);
    const packet: Sent = {
      port: 'ce1',
      bytes: eth({ dst: links.ce1.own, type: 0x0800 }, toFar({ src: '10.1.1.2', dst: '203.0.113.9' })),
    };
    const asked = router.send(packet);
    expect(decode(asked.out[0]?.bytes ?? []).type).toBe(0x0806);
    expect(asked.frames).toMatchObject({ made: 1, held: 1 });
    const answered = router.send(reply('198.51.100.7', '10.1.1.1'));
    expect(answered.out.map(({ bytes }) => decode(bytes).dst)).toEqual([stranger]);
    expect(router.send(packet).frames).toMatchObject({ out: 1, made: 0 });
  });

  test('IP-8 one packet is held and one request made: the whole request, byte by byte', () => {
    const router = openRouter(lab());
    const result = send(router, at(5, towards('10.1.1.7')));
    const bytes = hex(
      'ffffffffffff 020000000101 0806 0001 0800 06 04 0001 020000000101 0a010101 000000000000 0a010107',
    );
    expect(sent(result)).toEqual([{ port: 'ce1', bytes }]);
    expect(result.out[0].time).toBe(5);
    expect(result.frames).toEqual({ in: 1, out: 1, punted: 0, dropped: 0, copied: 0, made: 1, held: 1 });
  });
  test('IP-8 the reply sets the held packet free', () => {
    const router = openRouter(lab());
    send(router, at(5, towards('10.1.1.7')));
    const result = send(router, at(5.5, reply('10.1.1.7', '10.1.1.1')));
    expect(sent(result)).toEqual([delivered('10.1.1.7', stranger)]);
    expect(puntReasons(result)).toEqual(['arp']);
    expect(result.frames).toEqual({ in: 1, out: 1, punted: 1, dropped: 0, copied: 0, made: 0, held: -1 });
    isKnown(router, '10.1.1.7', stranger);
  });
  test('IP-8 a request from the neighbour sets the held packet free too', () => {
    const router = openRouter(lab());
    send(router, towards('10.1.1.7'));
    const result = send(router, request('10.1.1.7', '10.1.1.1'));
    expect(sent(result)).toEqual(expect.arrayContaining([delivered('10.1.1.7', stranger)]));
    expect(result.frames).toMatchObject({ in: 1, out: 2, made: 1, held: -1 });
  });
  test('IP-8 within one call: question, answer, packet', () => {
    const result = run(lab(), towards('10.1.1.7'), reply('10.1.1.7', '10.1.1.1'), towards('10.1.1.7', 2));
    expect(sent(result)).toEqual([
      routerAsks('10.1.1.7'),
      delivered('10.1.1.7', stranger),
      delivered('10.1.1.7', stranger, 2),
    ]);
    expect(result.frames).toMatchObject({ in: 3, out: 3, punted: 1, dropped: 0, made: 1, held: 0 });
  });
  test('IP-8 further packets are unresolved; the first one is kept', () => {
    const router = openRouter(lab());
    const result = send(router, towards('10.1.1.7', 1), towards('10.1.1.7', 2), towards('10.1.1.7', 3));
    expect(dropReasons(result)).toEqual(['unresolved', 'unresolved']);
    expect(result.frames).toMatchObject({ in: 3, out: 1, made: 1, dropped: 2, held: 1 });
    expect(sent(send(router, reply('10.1.1.7', '10.1.1.1')))).toEqual([delivered('10.1.1.7', stranger, 1)]);
  });
  test('IP-8 one request a second', () => {
    const times = [5, 5.2, 5.9, 6.1, 6.9, 7.05, 7.15, 20, 20.5, 21.5];
    const result = run(lab(), ...times.map((time) => at(time, towards('10.1.1.7'))));
    expect(result.out.map(({ time }) => time)).toEqual([5, 6.1, 7.15, 20, 21.5]);
    expect(sent(result)).toEqual(new Array(5).fill(routerAsks('10.1.1.7')));
    expect(dropReasons(result)).toEqual(new Array(10).fill('unresolved'));
    expect(result.frames).toMatchObject({ in: 10, out: 5, made: 5, dropped: 10, held: 0 });
  });
  test('IP-8 each neighbour has its own question and its own held packet', () => {
    const router = openRouter(lab());
    const result = send(router, towards('10.1.1.7', 1), towards('10.1.1.8', 2), towards('10.1.1.7', 3));
    expect(sent(result)).toEqual([routerAsks('10.1.1.7'), routerAsks('10.1.1.8')]);
    expect(result.frames).toMatchObject({ in: 3, out: 2, made: 2, dropped: 1, held: 2 });
    expect(sent(send(router, reply('10.1.1.8', '10.1.1.1', other)))).toEqual([delivered('10.1.1.8', other, 2)]);
    expect(sent(send(router, reply('10.1.1.7', '10.1.1.1')))).toEqual([delivered('10.1.1.7', stranger, 1)]);
  });
  test('IP-8 what is still held at the end is unresolved', () => {
    const router = openRouter(lab());
    send(router, towards('10.1.1.7'), towards('10.1.1.8'));
    const end = router.finish();
    expectBalanced(end);
    expect(dropReasons(end)).toEqual(['unresolved', 'unresolved']);
    expect(end.frames).toMatchObject({ in: 0, out: 0, dropped: 2, held: -2 });
    expect(run(lab(), towards('10.1.1.7')).frames).toMatchObject({ in: 1, out: 1, made: 1, dropped: 1, held: 0 });
  });
  test('IP-8 a neighbour that is asked for again after it was learned is not asked for', () => {
    const router = openRouter(lab());
    send(router, at(5, towards('10.1.1.7')), at(5.1, reply('10.1.1.7', '10.1.1.1')));
    const later = send(router, at(500, towards('10.1.1.7')));
    expectForwarded(later, delivered('10.1.1.7', stranger));
  });
  test('IP-8 a static neighbour needs no question', () => {
    expectForwarded(run(lab(), towards('10.1.1.2')), delivered('10.1.1.2', links.ce1.peer));
  });
  test('IP-8 a reply for another waiting neighbour sets nothing free', () => {
    const router = openRouter(lab());
    send(router, towards('10.1.1.7'));
    expectPunted(send(router, reply('10.1.1.8', '10.1.1.1', other)), 'arp');
    expect(sent(send(router, reply('10.1.1.7', '10.1.1.1')))).toEqual([delivered('10.1.1.7', stranger)]);
  });
  test('IP-8 a gratuitous reply of a neighbour that is waited for sets the packet free', () => {
    // reading: the entry that waits is there already, so it is not a new one.
    const router = openRouter(lab());
    send(router, towards('10.1.1.7'));
    const gratuitous = arpFrame(arp(2, stranger, '10.1.1.7', broadcast, '10.1.1.7'));
    expect(sent(send(router, gratuitous))).toEqual([delivered('10.1.1.7', stranger)]);
  });
  test('IP-8 an ICMP error is not sent about unresolved packets', () => {
    const result = run(lab(), towards('10.1.1.7', 1), towards('10.1.1.7', 2));
    expect(result.frames).toMatchObject({ made: 1, dropped: 2 });
  });
  test('IP-8 the request comes from the own address in the subnet of the next hop', () => {
    const config = lab({ interfaces: { ce1: { addresses: ['10.1.1.1/24', '10.5.0.1/24', `${own6}/64`] } } });
    expect(sent(run(config, towards('10.5.0.7')))).toEqual([routerAsks('10.5.0.7', '10.5.0.1')]);
  });
  test('IP-8 the next hop of a route is asked for, not the destination', () => {
    const config = lab({ routes: [{ vrf: 'red', prefix: '10.30.0.0/16', via: '10.1.1.7' }] });
    const result = run(config, towards('10.30.0.1'), reply('10.1.1.7', '10.1.1.1'), towards('10.30.0.2'));
    expect(sent(result)).toEqual([
      routerAsks('10.1.1.7'),
      delivered('10.30.0.1', stranger),
      delivered('10.30.0.2', stranger),
    ]);
  });
  test('IP-8 a held packet keeps its labels', () => {
    const labelled = lab({
      interfaces: { core1: { addresses: ['10.0.12.1/24', '2001:db8:0:12::1/64'] } },
      routes: [{ vrf: 'red', prefix: '10.40.0.0/16', via: '10.0.12.9', labels: [500, 501] }],
    });
    const packet = (ttl: number) => toFar({ dst: '10.40.0.1', ttl });
    const answer: Sent = {
      port: 'core1',
      bytes: eth(
        { dst: links.core1.own, src: stranger, type: 0x0806 },
        arp(2, stranger, '10.0.12.9', links.core1.own, '10.0.12.1'),
      ),
    };
    const result = run(labelled, arriving('ce1', packet(64)), answer);
    const { bytes } = leaving('core1', packet(63), { label: 500, ttl: 63 }, { label: 501, ttl: 63 });
    expect(sent(result)[1]).toEqual({ port: 'core1', bytes: [...hex(stranger), ...bytes.slice(6)] });
  });
  test('IP-8 a labelled frame waits for its next hop as well', () => {
    const config = lab({
      interfaces: { core2: { addresses: ['10.0.13.1/24', '2001:db8:0:13::1/64'] } },
      labels: [{ label: 16001, via: '10.0.13.9', labels: [17001] }],
    });
    const result = run(config, arriving('core1', filler(60), { label: 16001 }));
    expect(sent(result)).toEqual([
      {
        port: 'core2',
        bytes: eth(
          { dst: broadcast, src: links.core2.own, type: 0x0806 },
          arp(1, links.core2.own, '10.0.13.1', zeroMac, '10.0.13.9'),
        ),
      },
    ]);
    expect(dropReasons(result)).toEqual(['unresolved']);
  });
  test('IP-8 a made packet (an echo reply) waits as well', () => {
    const echo = toFar({ src: '10.1.1.7', dst: '10.1.1.1', protocol: 1 }, [8, 0, 0xf7, 0xff, 0, 0, 0, 0]);
    const router = openRouter(lab());
    const result = send(router, arriving('ce1', echo));
    expect(puntReasons(result)).toEqual(['local']);
    expect(sent(result)).toEqual([routerAsks('10.1.1.7')]);
    expect(result.frames).toMatchObject({ in: 1, made: 2, out: 1, punted: 1, held: 1 });
    const [freed] = sent(send(router, reply('10.1.1.7', '10.1.1.1')));
    expect(decode(freed.bytes)).toMatchObject({ dst: stranger, ip4: { src: '10.1.1.1', dst: '10.1.1.7', ttl: 255 } });
  });

  test('IP-8 an unresolved IPv6 neighbour is solicited at its solicited-node address', () => {
    const router = openRouter(lab());
    const result = send(router, towards6('2001:db8:1:1::a1b2:c3d4'));
    expect(result.frames).toEqual({ in: 1, out: 1, punted: 0, dropped: 0, copied: 0, made: 1, held: 1 });
    const [{ port, bytes }] = sent(result);
    expect(port).toBe('ce1');
    // The only address on the interface is the source; hop limit 255; the target; the own link-layer address.
    const group = 'ff02::1:ffb2:c3d4';
    const own = '2001:db8:1:1::1';
    const body = [...ip6('2001:db8:1:1::a1b2:c3d4'), 1, 1, ...hex(links.ce1.own)];
    const packet = ipv6(
      { src: own, dst: group, nextHeader: 58, hopLimit: 255 },
      icmp6(own, group, 135, 0, zeros(4), body),
    );
    expect(bytes).toEqual(eth({ dst: '33:33:ff:b2:c3:d4', src: links.ce1.own, type: 0x86dd }, packet));
  });
  test('IP-8 a solicited advertisement sets the held IPv6 packet free', () => {
    const router = openRouter(lab());
    send(router, towards6('2001:db8:1:1::7'), towards6('2001:db8:1:1::7', 2));
    const result = send(router, advertisement({ target: '2001:db8:1:1::7' }));
    expect(sent(result)).toEqual([delivered6('2001:db8:1:1::7', stranger)]);
    expect(puntReasons(result)).toEqual(['nd']);
    expect(result.frames).toMatchObject({ in: 1, out: 1, punted: 1, held: -1 });
    isKnown6(router, '2001:db8:1:1::7', stranger);
  });
  test('IP-8 one solicitation a second, one packet held', () => {
    const times = [5, 5.5, 6.1, 6.9, 7.2];
    const result = run(lab(), ...times.map((time) => at(time, towards6('2001:db8:1:1::7'))));
    expect(result.out.map(({ time }) => time)).toEqual([5, 6.1, 7.2]);
    expect(result.frames).toMatchObject({ in: 5, out: 3, made: 3, dropped: 5, held: 0 });
    expect(dropReasons(result)).toEqual(new Array(5).fill('unresolved'));
  });
});

interface NdOptions {
  src?: string;
  dst?: string;
  target?: string;
  hopLimit?: number;
  code?: number;
  flags?: number;
  /** Everything behind the target. */
  options?: Bytes;
  /** Added to the checksum to make it wrong. */
  spoil?: number;
  frameDst?: string;
  frameSrc?: string;
  trafficClass?: number;
  flowLabel?: number;
}
const solicited = 'ff02::1:ff00:1';
const solicitedMac = '33:33:ff:00:00:01';
const linkLayer = (type: 1 | 2, mac: string): Bytes => [type, 1, ...hex(mac)];

function ndFrame(
  type: 135 | 136,
  o: Required<Pick<NdOptions, 'src' | 'dst' | 'target' | 'options'>> & NdOptions,
): Sent {
  const message = icmp6(o.src, o.dst, type, o.code ?? 0, [o.flags ?? 0, 0, 0, 0], [...ip6(o.target), ...o.options]);
  message[3] = (message[3] + (o.spoil ?? 0)) & 255;
  const packet = ipv6(
    {
      src: o.src,
      dst: o.dst,
      nextHeader: 58,
      hopLimit: o.hopLimit ?? 255,
      trafficClass: o.trafficClass ?? 0,
      flowLabel: o.flowLabel ?? 0,
    },
    message,
  );
  return {
    port: 'ce1',
    bytes: eth({ dst: o.frameDst ?? links.ce1.own, src: o.frameSrc ?? stranger, type: 0x86dd }, packet),
  };
}
/** A good neighbour solicitation for the router's address on ce1, but for what `o` says. */
const solicitation = (o: NdOptions = {}): Sent =>
  ndFrame(135, {
    src: '2001:db8:1:1::7',
    dst: solicited,
    target: own6,
    options: linkLayer(1, stranger),
    frameDst: solicitedMac,
    ...o,
  });
/** A good solicited advertisement to the router, but for what `o` says. */
const advertisement = (o: NdOptions = {}): Sent => {
  const target = o.target ?? '2001:db8:1:1::7';
  return ndFrame(136, { src: target, dst: own6, target, flags: 0x60, options: linkLayer(2, stranger), ...o });
};
/** What the router answers: R and O set, S as told, the target link-layer option. */
function ndAnswer(target: string, dst: string, flags: number, frameDst: string): Leaving {
  const message = icmp6(target, dst, 136, 0, [flags, 0, 0, 0], [...ip6(target), ...linkLayer(2, links.ce1.own)]);
  const packet = ipv6({ src: target, dst, nextHeader: 58, hopLimit: 255 }, message);
  return { port: 'ce1', bytes: eth({ dst: frameDst, src: links.ce1.own, type: 0x86dd }, packet) };
}

describe('IP-8 ND', () => {
  test('IP-8 a solicitation for an own address is answered: the whole advertisement, byte by byte', () => {
    const result = run(lab(), solicitation());
    expectPunted(result, 'nd', ndAnswer(own6, '2001:db8:1:1::7', 0xe0, stranger));
    const bytes = sent(result)[0].bytes;
    // 14 Ethernet, then class and flow label 0, 32 bytes of ICMPv6, hop limit 255.
    expect(bytes.slice(0, 22)).toEqual(hex('02000000a107 020000000101 86dd 60000000 0020 3a ff'));
    expect(bytes.slice(54, 56)).toEqual([136, 0]);
    expect(bytes.slice(58)).toEqual(hex('e0000000 20010db8000100010000000000000001 0201 020000000101'));
    expect(bytes.length).toBe(14 + 40 + 32);
  });
  test('IP-8 class and flow label of the solicitation are not copied', () => {
    const result = run(lab(), solicitation({ trafficClass: 0xe0, flowLabel: 0x12345 }));
    expectPunted(result, 'nd', ndAnswer(own6, '2001:db8:1:1::7', 0xe0, stranger));
  });
  test('IP-8 the frame is punted as it arrived, the answer has its time', () => {
    const frame = at(3.5, solicitation());
    const result = run(lab(), frame);
    expect(Array.from(result.punts[0].bytes)).toEqual(frame.bytes);
    expect(result.out[0].time).toBe(3.5);
    expect(result.frames).toEqual({ in: 1, out: 1, punted: 1, dropped: 0, copied: 0, made: 1, held: 0 });
  });
  test("IP-8 the answer goes to the source link-layer option, not to the frame's source", () => {
    const result = run(lab(), solicitation({ options: linkLayer(1, other) }));
    expectPunted(result, 'nd', ndAnswer(own6, '2001:db8:1:1::7', 0xe0, other));
  });
  test("IP-8 without the option it goes to the frame's source", () => {
    const result = run(lab(), solicitation({ options: [], dst: own6, frameDst: links.ce1.own }));
    expectPunted(result, 'nd', ndAnswer(own6, '2001:db8:1:1::7', 0xe0, stranger));
  });
  test('IP-8 the option is found behind others', () => {
    const options = [14, 1, 0, 0, 0, 0, 0, 0, 99, 2, ...zeros(14), ...linkLayer(1, other)];
    const result = run(lab(), solicitation({ options }));
    expectPunted(result, 'nd', ndAnswer(own6, '2001:db8:1:1::7', 0xe0, other));
  });
  test('IP-8 a unicast solicitation (reachability probe) is answered', () => {
    const result = run(lab(), solicitation({ dst: own6, frameDst: links.ce1.own }));
    expectPunted(result, 'nd', ndAnswer(own6, '2001:db8:1:1::7', 0xe0, stranger));
  });
  test('IP-8 duplicate address detection (from ::) is answered to ff02::1 without S', () => {
    const result = run(lab(), solicitation({ src: '::', options: [] }));
    expectPunted(result, 'nd', ndAnswer(own6, 'ff02::1', 0xa0, '33:33:00:00:00:01'));
  });
  test('IP-8 a solicitation from a link-local source is answered', () => {
    const result = run(lab(), solicitation({ src: 'fe80::7' }));
    expectPunted(result, 'nd', ndAnswer(own6, 'fe80::7', 0xe0, stranger));
  });
  test('IP-8 every own IPv6 address of the ingress interface is answered for', () => {
    const config = lab({
      interfaces: { ce1: { addresses: ['10.1.1.1/24', 'fe80::1/64', `${own6}/64`, '2001:db8:1:8::5/64'] } },
    });
    for (const [target, dst, mac] of [
      [own6, solicited, solicitedMac],
      ['fe80::1', solicited, solicitedMac],
      ['2001:db8:1:8::5', 'ff02::1:ff00:5', '33:33:ff:00:00:05'],
    ]) {
      const result = run(config, solicitation({ target, dst, frameDst: mac }));
      expectPunted(result, 'nd', ndAnswer(target, '2001:db8:1:1::7', 0xe0, stranger));
    }
  });
  for (const target of ['2001:db8:1:1::77', '2001:db8:1:2::1', '2001:db8::1', 'fe80::1']) {
    test(`IP-8 a solicitation for ${target}, no address of the ingress interface: punted, not answered`, () => {
      expectPunted(run(lab(), solicitation({ target })), 'nd');
    });
  }
  test('IP-8 a sub-interface answers with its tag', () => {
    const config = lab({ interfaces: { 'ce1.100': { vlan: 100, vrf: 'red', addresses: ['2001:db8:1:64::1/64'] } } });
    const plain = solicitation({ target: '2001:db8:1:64::1', src: '2001:db8:1:64::7' });
    const tag = (bytes: Bytes, tci: number) => [...bytes.slice(0, 12), ...hex('8100'), ...u16(tci), ...bytes.slice(12)];
    const result = run(config, { port: 'ce1', bytes: tag(Array.from(plain.bytes), 0xf064) });
    const answer = ndAnswer('2001:db8:1:64::1', '2001:db8:1:64::7', 0xe0, stranger);
    expectPunted(result, 'nd', { port: 'ce1', bytes: tag(answer.bytes, 100) });
  });

  const badSolicitations: [string, Sent][] = [
    ['hop limit 254', solicitation({ hopLimit: 254 })],
    ['hop limit 64', solicitation({ hopLimit: 64 })],
    ['hop limit 0', solicitation({ hopLimit: 0 })],
    ['a wrong checksum', solicitation({ spoil: 1 })],
    ['code 1', solicitation({ code: 1 })],
    ['a multicast target', solicitation({ target: 'ff02::1:ff00:1' })],
    ['an option of length 0', solicitation({ options: [1, 0, 0, 0, 0, 0, 0, 0] })],
    [
      'an option of length 0 behind a good one',
      solicitation({ options: [...linkLayer(1, stranger), 99, 0, ...zeros(6)] }),
    ],
    ['an option that ends behind the packet', solicitation({ options: [1, 2, ...hex(stranger)] })],
    ['half an option', solicitation({ options: [1, 1, 2, 0] })],
    ['one byte of an option', solicitation({ options: [1] })],
    ['source :: to ff02::1', solicitation({ src: '::', dst: 'ff02::1', options: [], frameDst: '33:33:00:00:00:01' })],
    ['source :: with a source link-layer option', solicitation({ src: '::' })],
  ];
  const badAdvertisements: [string, Sent][] = [
    ['hop limit 254', advertisement({ hopLimit: 254 })],
    ['hop limit 1', advertisement({ hopLimit: 1 })],
    ['a wrong checksum', advertisement({ spoil: 1 })],
    ['code 1', advertisement({ code: 1 })],
    ['a multicast target', advertisement({ target: 'ff02::7', src: '2001:db8:1:1::7' })],
    ['S set to a multicast address', advertisement({ dst: 'ff02::1', frameDst: '33:33:00:00:00:01' })],
    ['an option of length 0', advertisement({ options: [2, 0, 0, 0, 0, 0, 0, 0] })],
    ['an option that ends behind the packet', advertisement({ options: [2, 3, ...hex(stranger)] })],
    ['half an option', advertisement({ options: [2, 1, 2, 0] })],
  ];
  for (const [name, frame] of badSolicitations) {
    test(`IP-8 a solicitation with ${name}: bad-nd, no answer`, () => expectDropped(run(lab(), frame), 'bad-nd'));
  }
  test('IP-8 a solicitation from :: to a unicast address is a martian before it is looked at', () => {
    const frame = solicitation({ src: '::', dst: own6, options: [], frameDst: links.ce1.own });
    expectDropped(run(lab(), frame), 'martian');
  });
  for (const [name, frame] of badAdvertisements) {
    test(`IP-8 an advertisement with ${name}: bad-nd, nothing learned`, () => {
      const router = openRouter(lab());
      expectDropped(send(router, frame), 'bad-nd');
      isUnknown6(router, '2001:db8:1:1::7');
    });
  }
  for (const type of [135, 136]) {
    for (const length of [8, 16, 23]) {
      test(`IP-8 type ${type} of ${length} bytes: bad-nd`, () => {
        const src = '2001:db8:1:1::7';
        const body = ip6(own6).slice(0, length - 8);
        const packet = ipv6(
          { src, dst: own6, nextHeader: 58, hopLimit: 255 },
          icmp6(src, own6, type, 0, zeros(4), body),
        );
        const bytes = eth({ src: stranger, type: 0x86dd }, packet);
        expectDropped(run(lab(), { port: 'ce1', bytes }), 'bad-nd');
        // Padding behind the packet does not make it longer.
        expectDropped(run(lab(), { port: 'ce1', bytes: [...bytes, ...zeros(30)] }), 'bad-nd');
      });
    }
  }
  test('IP-8 bytes behind the IPv6 packet are no options', () => {
    const frame = solicitation({ options: [], dst: own6, frameDst: links.ce1.own });
    const result = run(lab(), { ...frame, bytes: [...frame.bytes, ...linkLayer(1, other)] });
    expectPunted(result, 'nd', ndAnswer(own6, '2001:db8:1:1::7', 0xe0, stranger));
    const zeroLength = { ...frame, bytes: [...frame.bytes, 1, 0, 0, 0, 0, 0, 0, 0] };
    expectPunted(run(lab(), zeroLength), 'nd', ndAnswer(own6, '2001:db8:1:1::7', 0xe0, stranger));
  });
  test('IP-8 a solicitation or advertisement of which the capture misses a byte: snapped', () => {
    for (const whole of [solicitation(), advertisement()]) {
      const length = whole.bytes.length;
      expectDropped(run(lab(), { ...whole, bytes: whole.bytes.slice(0, length - 1), original: length }), 'snapped');
    }
  });
  test('IP-8 the smallest advertisement, without options, is good', () => {
    expectPunted(run(lab(), advertisement({ options: [] })), 'nd');
  });
  test('IP-8 an unsolicited advertisement to ff02::1 without S is good', () => {
    expectPunted(run(lab(), advertisement({ dst: 'ff02::1', flags: 0x20, frameDst: '33:33:00:00:00:01' })), 'nd');
  });
  test('IP-8 unknown options are passed over', () => {
    const options = [200, 1, 9, 9, 9, 9, 9, 9];
    expectPunted(run(lab(), advertisement({ options })), 'nd');
  });
  test('IP-8 router solicitations and advertisements are no business of ND here: local', () => {
    for (const type of [133, 134]) {
      const packet = ipv6(
        { src: 'fe80::7', dst: 'ff02::2', nextHeader: 58, hopLimit: 255 },
        icmp6('fe80::7', 'ff02::2', type, 0, zeros(4), []),
      );
      const bytes = eth({ dst: '33:33:00:00:00:02', src: stranger, type: 0x86dd }, packet);
      expectPunted(run(lab(), { port: 'ce1', bytes }), 'local');
    }
  });

  test('IP-8 a solicitation addressed to the router teaches a new neighbour', () => {
    const router = openRouter(lab());
    send(router, solicitation());
    isKnown6(router, '2001:db8:1:1::7', stranger);
  });
  test("IP-8 what is learned is the option's address, not the frame's source", () => {
    const router = openRouter(lab());
    send(router, solicitation({ options: linkLayer(1, other) }));
    isKnown6(router, '2001:db8:1:1::7', other);
  });
  test('IP-8 a solicited advertisement addressed to the router teaches a new neighbour', () => {
    const router = openRouter(lab());
    send(router, advertisement());
    isKnown6(router, '2001:db8:1:1::7', stranger);
  });
  test('IP-8 the target of an advertisement is learned, not its source', () => {
    const router = openRouter(lab());
    send(router, advertisement({ src: 'fe80::7', target: '2001:db8:1:1::9' }));
    isKnown6(router, '2001:db8:1:1::9', stranger);
  });
  test('IP-8 an unsolicited advertisement to ff02::1 teaches no new neighbour, and brings a known one up to date', () => {
    const unsolicited = (mac: string) =>
      advertisement({ dst: 'ff02::1', flags: 0x20, frameDst: '33:33:00:00:00:01', options: linkLayer(2, mac) });
    const router = openRouter(lab());
    send(router, unsolicited(other));
    isUnknown6(router, '2001:db8:1:1::7');
    send(router, solicitation());
    isKnown6(router, '2001:db8:1:1::7', stranger);
    send(router, unsolicited(other));
    isKnown6(router, '2001:db8:1:1::7', other);
  });
  test('IP-8 a solicitation for someone else teaches no new neighbour', () => {
    const router = openRouter(lab());
    send(router, solicitation({ target: '2001:db8:1:1::77', dst: 'ff02::1:ff00:77', frameDst: '33:33:ff:00:00:77' }));
    isUnknown6(router, '2001:db8:1:1::7');
  });
  test('IP-8 a solicitation from :: teaches nothing', () => {
    const router = openRouter(lab());
    expect(puntReasons(send(router, solicitation({ src: '::', options: [] })))).toEqual(['nd']);
    isUnknown6(router, '2001:db8:1:1::7');
  });
  test('IP-8 static IPv6 neighbours are never overwritten', () => {
    const config = lab({ neighbors: [{ interface: 'ce1', address: '2001:db8:1:1::7', mac: other }] });
    const router = openRouter(config);
    send(
      router,
      solicitation(),
      advertisement(),
      advertisement({ dst: 'ff02::1', flags: 0x20, frameDst: '33:33:00:00:00:01' }),
    );
    isKnown6(router, '2001:db8:1:1::7', other);
  });
  test('IP-8 a neighbour outside the connected subnets is not learned', () => {
    const config = lab({ routes: [{ vrf: 'red', prefix: '2001:db8:30::/48', via: '2001:db8:1:1::2' }] });
    const router = openRouter(config);
    send(router, solicitation({ src: '2001:db8:30::7' }));
    expectForwarded(send(router, towards6('2001:db8:30::7')), delivered6('2001:db8:30::7', links.ce1.peer));
  });
});
