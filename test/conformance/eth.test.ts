// ETH: the link. Routed interfaces only; circuits and bridges have their own suites.
import { describe, expect, test } from 'vitest';
import {
  arp,
  type Bytes,
  decode,
  eth,
  expand6,
  filler,
  hex,
  icmp6,
  ip6,
  ipv4,
  ipv6,
  type LabelOptions,
  labels,
  udp,
} from '../support/frames.ts';
import type { Sent } from '../support/router.ts';
import {
  arriving,
  arriving4,
  arriving6,
  broadcastMac,
  type Config,
  cut,
  dropped,
  expectSent,
  forwarded,
  lab,
  labelled,
  leaving,
  otherMac,
  packet4,
  packet6,
  peerMac,
  portMac,
  punted,
  quiet4,
  range,
  run,
  snapped,
  toSite4,
  toSite6,
} from './labs-eth-lbl.ts';

const plain = lab();
const punting = lab({ router: { punt: true } });

const bad = (packet: Bytes) => [...packet.slice(0, 10), packet[10] ^ 0x55, ...packet.slice(11)];
/** From a host behind a tagged port to the host behind ce1 (in red) or ce2 (in blue). */
const acrossSites = packet4({ src: '10.1.100.2', dst: '10.1.1.2' });
const acrossSitesOut = packet4({ src: '10.1.100.2', dst: '10.1.1.2', ttl: 63 });
const tagged = (...tags: [number, number][]): Sent => arriving4('trunk1', acrossSites, { tags });

describe('ETH-1 cut frames', () => {
  test('ETH-1 a frame cut inside the Ethernet header is a runt', () => {
    for (const length of range(1, 13)) dropped(plain, cut(arriving4('ce1', packet4()), length), 'runt');
  });

  test('ETH-1 an IP packet cut right behind the Ethernet header, or inside its own, is bad-ip-header, not a runt', () => {
    const minimal4 = arriving4('ce1', ipv4({}, []));
    for (const length of range(14, 33)) dropped(plain, cut(minimal4, length), 'bad-ip-header');
    forwarded(plain, minimal4, 'core1', leaving('core1', 0x8847, [...labelled2(63), ...ipv4({ ttl: 63 }, [])]));
    const minimal6 = arriving6('ce1', ipv6({}, []));
    for (const length of [14, 15, 53]) dropped(plain, cut(minimal6, length), 'bad-ip-header');
    forwarded(plain, minimal6, 'core1', leaving('core1', 0x8847, [...labelled2(63), ...ipv6({ hopLimit: 63 }, [])]));
  });

  test('ETH-1 a short label stack is bad-stack, not a runt', () => {
    for (const length of range(14, 17)) {
      dropped(plain, cut(labelled('core1', [16001], toSite4()), length), 'bad-stack');
    }
  });

  test('ETH-1 a frame cut inside the tag that is needed to find the sub-interface is a runt', () => {
    for (const length of range(14, 17)) dropped(plain, cut(tagged([0x8100, 100]), length), 'runt');
    dropped(plain, cut(tagged([0x8100, 100]), 18), 'bad-ip-header');
  });

  test('ETH-1 a frame cut inside the inner tag that is needed to find the sub-interface is a runt', () => {
    const frame = tagged([0x88a8, 300], [0x8100, 30]);
    for (const length of range(14, 21)) dropped(plain, cut(frame, length), 'runt');
    dropped(plain, cut(frame, 22), 'bad-ip-header');
  });

  test('ETH-1 ARP cut at any byte is a runt', () => {
    const request = arriving('ce1', 0x0806, arp(1, peerMac.ce1, '10.1.1.2', '00:00:00:00:00:00', '10.1.1.1'), {
      dst: broadcastMac,
    });
    for (const length of range(14, 41)) dropped(plain, cut(request, length), 'runt');
    expect(run(plain, request).punts.map((punt) => punt.reason)).toEqual(['arp']);
  });

  test('ETH-1 a packet that the capture cut inside a needed header is snapped, one that was that short is a runt or bad', () => {
    const packet = arriving4('ce1', packet4());
    for (const length of [1, 13, 14, 33]) dropped(plain, snapped(packet, length), 'snapped');
    dropped(plain, { ...cut(packet, 9), original: 13 }, 'runt');
    dropped(plain, { ...cut(packet, 20), original: 33 }, 'bad-ip-header');
    for (const length of [14, 16, 17, 18]) dropped(plain, snapped(tagged([0x8100, 100]), length), 'snapped');
    dropped(plain, { ...cut(tagged([0x8100, 100]), 15), original: 17 }, 'runt');
    for (const length of [14, 17]) dropped(plain, snapped(labelled('core1', [24001], toSite4()), length), 'snapped');
    dropped(plain, { ...cut(labelled('core1', [24001], toSite4()), 15), original: 17 }, 'bad-stack');
    for (const length of [18, 37]) dropped(plain, snapped(labelled('core1', [24001], toSite4()), length), 'snapped');
    dropped(plain, snapped(arriving6('ce1', packet6()), 53), 'snapped');
  });

  test('ETH-1 a packet of which the capture holds the headers goes on, its original length changed by as much as the captured', () => {
    const packet = packet4({}, udp(4000, 5000, filler(972)));
    const result = run(plain, snapped(arriving4('ce1', packet), 34));
    const sent = leaving('core1', 0x8847, [...labelled2(63), ...packet4({ ttl: 63 }, udp(4000, 5000, filler(972)))]);
    expectSent(result, 'core1', sent.slice(0, 42), 1014 + 8);
    const six = run(plain, snapped(arriving6('ce1', packet6()), 54));
    const sent6 = leaving('core1', 0x8847, [...labelled2(63), ...packet6({ hopLimit: 63 })]);
    expectSent(six, 'core1', sent6.slice(0, 62), sent6.length);
    const popped = run(plain, snapped(labelled('core1', [24001], toSite4()), 38));
    const atSite = leaving('ce1', 0x0800, toSite4({ ttl: 63 }));
    expectSent(popped, 'ce1', atSite.slice(0, 34), atSite.length);
  });
});

describe('ETH-1 captures cut at any byte', () => {
  const silent = quiet4({ src: '10.2.0.9', dst: '10.1.1.2', ttl: 1 });
  const cases: [string, Sent][] = [
    ['IPv4 under two labels', arriving4('ce1', packet4())],
    ['IPv6 under two labels', arriving6('ce1', packet6())],
    ['IPv4 with options', arriving4('ce1', packet4({ options: [1, 1, 1, 0] }))],
    ['padded IPv4', arriving4('ce1', [...ipv4({}, []), ...filler(26)])],
    ['a tag', tagged([0x8100, 100])],
    ['two tags', tagged([0x88a8, 300], [0x8100, 30])],
    ['an unknown tag', tagged([0x8100, 999])],
    ['another station', arriving4('ce1', packet4(), { dst: otherMac })],
    ['an unknown EtherType', arriving('ce1', 0x1234, filler(46))],
    ['an upstream label', arriving('core1', 0x8848, filler(46))],
    ['mpls off', labelled('ce1', [24001], toSite4())],
    ['table', labelled('core1', [24001], toSite4())],
    ['per-CE', labelled('core1', [24002], toSite6())],
    ['swap', labelled('core1', [16001, 99], toSite4())],
    ['swap and push', labelled('core1', [16007], toSite6())],
    ['penultimate pop to IP', labelled('core1', [16005], toSite4())],
    ['penultimate pop to a label', labelled('core1', [16005, 99], toSite4())],
    ['unknown label', labelled('core1', [555, 99], toSite4())],
    ['label 13', labelled('core1', [13], hex('10000000'))],
    ['expired', labelled('core1', [24001], silent)],
    ['no route', arriving4('ce1', quiet4({ dst: '10.77.0.1' }))],
    ['wrong checksum', arriving4('ce1', bad(packet4()))],
  ];

  test.each(cases)('ETH-1 %s: snapped, or the end that the whole frame has', (_, frame) => {
    const ends = (result: ReturnType<typeof run>) => [
      ...result.out.map((seen) => `out ${seen.port} ${seen.original}`),
      ...[...result.drops, ...result.punts].map((seen) => `${seen.reason} ${seen.original}`),
    ];
    const whole = run(plain, frame);
    let enough = false;
    for (const length of range(1, frame.bytes.length - 1)) {
      const result = run(plain, snapped(frame, length));
      const isSnapped = result.drops[0]?.reason === 'snapped';
      if (!isSnapped) {
        enough = true;
        expect(ends(result)).toEqual(ends(whole));
        const [left] = result.out;
        if (left !== undefined) expect(left.bytes).toEqual(whole.out[0].bytes.slice(0, left.bytes.length));
      }
      // More bytes never make a frame snapped that fewer did not.
      expect([length, isSnapped]).toEqual([length, !enough]);
    }
  });
});

/** The two labels that the red route to 10.2.0.0/16 pushes. */
function labelled2(ttl: number): Bytes {
  return labels({ label: 16002, ttl }, { label: 24012, ttl });
}

describe('ETH-1 order', () => {
  test('ETH-1 the tag is judged before the destination MAC', () => {
    dropped(plain, arriving4('trunk1', acrossSites, { tags: [[0x8100, 999]], dst: otherMac }), 'unknown-vlan');
    dropped(plain, arriving4('trunk1', acrossSites, { dst: otherMac }), 'unknown-vlan');
    dropped(plain, arriving4('ce1', packet4(), { tags: [[0x8100, 999]], dst: otherMac }), 'unknown-vlan');
  });

  test('ETH-1 the tag is judged before EtherType and payload', () => {
    dropped(punting, arriving('trunk1', 0x88cc, filler(46), { tags: [[0x8100, 999]] }), 'unknown-vlan');
    dropped(plain, arriving('trunk1', 0x8848, filler(46)), 'unknown-vlan');
    dropped(plain, labelled('trunk1', [24001], toSite4(), { tags: [[0x8100, 999]] }), 'unknown-vlan');
    dropped(plain, arriving4('trunk1', bad(acrossSites)), 'unknown-vlan');
  });

  test.each([
    ['0x0800 with a wrong checksum', 0x0800, bad(packet4())],
    ['0x0800 without an IP header', 0x0800, []],
    ['0x86dd without an IP header', 0x86dd, []],
    ['0x8847 with mpls off', 0x8847, [...labels(24001), ...toSite4()]],
    ['0x8847 without a stack', 0x8847, []],
    ['0x8848', 0x8848, [...labels(24001), ...toSite4()]],
    ['0x0806 cut', 0x0806, hex('0001')],
    ['an unknown EtherType', 0x1234, filler(46)],
    ['an 802.3 length', 0x0026, filler(46)],
  ])('ETH-1 the destination MAC is judged before EtherType and payload: %s', (_, type, payload) => {
    dropped(punting, arriving('ce1', type, payload, { dst: otherMac }), 'not-for-us');
  });
});

describe('ETH-2 destination MAC', () => {
  test.each([
    ['IPv4', 0x0800, packet4()],
    ['IPv6', 0x86dd, packet6()],
    ['ARP', 0x0806, arp(1, peerMac.ce1, '10.1.1.2', '00:00:00:00:00:00', '10.1.1.1')],
    ['labelled', 0x8847, [...labels(24001), ...toSite4()]],
    ['multicast IPv4', 0x0800, packet4({ dst: '224.0.0.5', protocol: 89, ttl: 1 })],
  ])('ETH-2 %s to the unicast MAC of another station is not-for-us', (_, type, payload) => {
    for (const port of ['ce1', 'core1'] as const) {
      dropped(plain, arriving(port, type, payload, { dst: otherMac }), 'not-for-us');
    }
  });

  test('ETH-2 the MAC of another port of the router is another MAC, and so is one that differs in the last bit', () => {
    dropped(plain, arriving4('ce1', packet4(), { dst: portMac.ce2 }), 'not-for-us');
    dropped(plain, arriving4('ce1', packet4(), { dst: '02:00:00:00:01:00' }), 'not-for-us');
    dropped(plain, arriving4('ce1', packet4(), { dst: '06:00:00:00:01:01' }), 'not-for-us');
  });

  test('ETH-2 a sub-interface has the MAC of its port, or its own', () => {
    const own = '02:00:00:00:01:64';
    forwarded(plain, tagged([0x8100, 100]), 'ce1', leaving('ce1', 0x0800, acrossSitesOut));
    const config = lab({ interfaces: { 'trunk1.100': { mac: own } } });
    dropped(config, tagged([0x8100, 100]), 'not-for-us');
    forwarded(
      config,
      arriving4('trunk1', acrossSites, { tags: [[0x8100, 100]], dst: own }),
      'ce1',
      leaving('ce1', 0x0800, acrossSitesOut),
    );
    const back = packet4({ src: '10.1.1.2', dst: '10.1.100.2' });
    const tags: [number, number][] = [[0x8100, 100]];
    const out = packet4({ src: '10.1.1.2', dst: '10.1.100.2', ttl: 63 });
    forwarded(
      config,
      arriving4('ce1', back),
      'trunk1',
      eth({ dst: peerMac.trunk1, src: own, tags, type: 0x0800 }, out),
    );
  });

  test.each([broadcastMac, '01:00:5e:00:00:05', '01:80:c2:00:00:14', '33:33:00:00:00:01'])(
    'ETH-2 a labelled frame under the group MAC %s is not-for-us, whatever its label',
    (dst) => {
      dropped(plain, labelled('core1', [24001], toSite4(), { dst }), 'not-for-us');
      dropped(plain, labelled('core1', [1, 16001], toSite4(), { dst }), 'not-for-us');
      dropped(plain, labelled('core1', [{ label: 16001, s: 0 }], [], { dst }), 'not-for-us');
      dropped(plain, labelled('ce1', [24001], toSite4(), { dst }), 'not-for-us');
    },
  );

  test.each([broadcastMac, '01:00:5e:00:00:05', '33:33:00:00:00:01'])(
    'ETH-2 unicast IP under the group MAC %s is not-for-us, to an own address too',
    (dst) => {
      dropped(plain, arriving4('ce1', packet4(), { dst }), 'not-for-us');
      dropped(plain, arriving4('ce1', packet4({ dst: '10.1.1.1' }), { dst }), 'not-for-us');
      dropped(plain, arriving4('ce1', packet4({ dst: '10.77.0.1' }), { dst }), 'not-for-us');
      dropped(plain, arriving4('ce1', packet4({ ttl: 1 }), { dst }), 'not-for-us');
      dropped(plain, arriving6('ce1', packet6(), { dst }), 'not-for-us');
      dropped(plain, arriving6('ce1', packet6({ dst: '2001:db8:1:1::1' }), { dst }), 'not-for-us');
    },
  );

  test('ETH-2 header and martian checks come before the group MAC does (IP-4)', () => {
    const link = { dst: broadcastMac };
    dropped(plain, arriving4('ce1', bad(packet4()), link), 'bad-checksum');
    dropped(plain, arriving4('ce1', packet4({ version: 5 }), link), 'bad-ip-header');
    dropped(plain, arriving4('ce1', packet4({ src: '127.0.0.1' }), link), 'martian');
  });

  test('ETH-2 ARP under a group MAC is taken in', () => {
    const request = arp(1, peerMac.ce1, '10.1.1.2', '00:00:00:00:00:00', '10.1.1.1');
    const result = run(plain, arriving('ce1', 0x0806, request, { dst: broadcastMac }));
    expect(result.punts.map((punt) => punt.reason)).toEqual(['arp']);
    expect(result.out.map((seen) => seen.port)).toEqual(['ce1']);
    expect(result.frames.made).toBe(1);
    const reply = arp(2, portMac.ce1, '10.1.1.1', peerMac.ce1, '10.1.1.2');
    expect(Array.from(result.out[0].bytes)).toEqual(leaving('ce1', 0x0806, reply));
  });

  test('ETH-2 neighbour solicitations and advertisements under a group MAC are taken in, also to a unicast address', () => {
    const host = '2001:db8:1:1::2';
    const own = '2001:db8:1:1::1';
    const sourceLinkLayer = [1, 1, ...hex(peerMac.ce1)];
    const targetLinkLayer = [2, 1, ...hex(peerMac.ce1)];
    const solicitation = (dst: string) =>
      ipv6(
        { src: host, dst, nextHeader: 58, hopLimit: 255 },
        icmp6(host, dst, 135, 0, [0, 0, 0, 0], [...ip6(own), ...sourceLinkLayer]),
      );
    for (const dst of ['ff02::1:ff00:1', own]) {
      const result = run(plain, arriving6('ce1', solicitation(dst), { dst: '33:33:ff:00:00:01' }));
      expect(result.punts.map((punt) => punt.reason)).toEqual(['nd']);
      expect(result.out.map((seen) => decode(seen.bytes).ip6?.src)).toEqual([expand6(own)]);
    }
    const advertisement = ipv6(
      { src: host, dst: 'ff02::1', nextHeader: 58, hopLimit: 255 },
      icmp6(host, 'ff02::1', 136, 0, [0x20, 0, 0, 0], [...ip6(host), ...targetLinkLayer]),
    );
    punted(plain, arriving6('ce1', advertisement, { dst: '33:33:00:00:00:01' }), 'nd');
  });

  test.each([
    ['multicast', '01:00:5e:00:00:05', packet4({ dst: '224.0.0.5', protocol: 89, ttl: 1 })],
    ['limited broadcast', broadcastMac, packet4({ dst: '255.255.255.255' })],
    ['subnet broadcast', broadcastMac, packet4({ dst: '10.1.1.255' })],
  ])('ETH-2 IPv4 %s under a group MAC is taken in', (_, dst, packet) => {
    punted(plain, arriving4('ce1', packet, { dst }), 'local');
  });

  test('ETH-2 IPv6 multicast under a group MAC is taken in', () => {
    const ospf = packet6({ src: 'fe80::2', dst: 'ff02::5', nextHeader: 89, hopLimit: 1 });
    punted(plain, arriving6('ce1', ospf, { dst: '33:33:00:00:00:05' }), 'local');
  });
});

describe('ETH-3 tags', () => {
  const atCe1 = leaving('ce1', 0x0800, acrossSitesOut);
  const atCe2 = leaving('ce2', 0x0800, acrossSitesOut);

  test('ETH-3 vlan alone matches one 0x8100 tag of that VID, whatever its PCP and DEI', () => {
    forwarded(plain, tagged([0x8100, 100]), 'ce1', atCe1);
    forwarded(plain, tagged([0x8100, 200]), 'ce2', atCe2);
    forwarded(plain, tagged([0x8100, 0xf000 | 100]), 'ce1', atCe1);
    forwarded(plain, tagged([0x8100, 0x1000 | 200]), 'ce2', atCe2);
  });

  test('ETH-3 outer with vlan matches 0x88a8, then 0x8100, whatever their PCP and DEI', () => {
    forwarded(plain, tagged([0x88a8, 300], [0x8100, 30]), 'ce1', atCe1);
    forwarded(plain, tagged([0x88a8, 0xb000 | 300], [0x8100, 0xe000 | 30]), 'ce1', atCe1);
  });

  test('ETH-3 one VID alone and beneath an outer tag are two sub-interfaces', () => {
    const config = lab({
      interfaces: {
        'trunk1.30': { vlan: 30, vrf: 'blue', addresses: ['10.1.31.1/24'] },
        'trunk1.301': { outer: 301, vlan: 30, vrf: 'blue', addresses: ['10.1.32.1/24'] },
      },
    });
    forwarded(config, tagged([0x8100, 30]), 'ce2', atCe2);
    forwarded(config, tagged([0x88a8, 300], [0x8100, 30]), 'ce1', atCe1);
    forwarded(config, tagged([0x88a8, 301], [0x8100, 30]), 'ce2', atCe2);
  });

  test.each<[string, [number, number][]]>([
    ['another VID', [[0x8100, 101]]],
    ['the highest VID', [[0x8100, 4095]]],
    ['vlan under TPID 0x88a8', [[0x88a8, 100]]],
    ['the outer tag alone', [[0x88a8, 300]]],
    ['the inner tag alone', [[0x8100, 30]]],
    [
      'outer under TPID 0x8100',
      [
        [0x8100, 300],
        [0x8100, 30],
      ],
    ],
    [
      'inner under TPID 0x88a8',
      [
        [0x88a8, 300],
        [0x88a8, 30],
      ],
    ],
    [
      'another outer VID',
      [
        [0x88a8, 301],
        [0x8100, 30],
      ],
    ],
    [
      'another inner VID',
      [
        [0x88a8, 300],
        [0x8100, 31],
      ],
    ],
    [
      'outer and inner exchanged',
      [
        [0x8100, 30],
        [0x88a8, 300],
      ],
    ],
    [
      'an outer tag above a single-tagged sub-interface',
      [
        [0x88a8, 300],
        [0x8100, 100],
      ],
    ],
    [
      'a tag left over behind a single one',
      [
        [0x8100, 100],
        [0x8100, 7],
      ],
    ],
    [
      'the same tag left over',
      [
        [0x8100, 100],
        [0x8100, 100],
      ],
    ],
    [
      'a service tag left over',
      [
        [0x8100, 100],
        [0x88a8, 7],
      ],
    ],
    [
      'a tag left over behind two',
      [
        [0x88a8, 300],
        [0x8100, 30],
        [0x8100, 7],
      ],
    ],
  ])('ETH-3 unknown-vlan: %s', (_, tags) => {
    dropped(plain, tagged(...tags), 'unknown-vlan');
  });

  test('ETH-3 a routed port without sub-interfaces takes no tags', () => {
    dropped(plain, arriving4('ce1', packet4(), { tags: [[0x8100, 100]] }), 'unknown-vlan');
    dropped(plain, arriving4('ce1', packet4(), { tags: [[0x88a8, 100]] }), 'unknown-vlan');
    dropped(
      plain,
      arriving4('ce1', packet4(), {
        tags: [
          [0x88a8, 300],
          [0x8100, 30],
        ],
      }),
      'unknown-vlan',
    );
    dropped(plain, labelled('core1', [24001], toSite4(), { tags: [[0x8100, 5]] }), 'unknown-vlan');
  });

  test('ETH-3 a routed port with sub-interfaces takes no tags that name none of them', () => {
    const config = lab({ interfaces: { trunk1: { vrf: 'red', addresses: ['10.1.99.1/24'] } } });
    dropped(config, tagged([0x8100, 101]), 'unknown-vlan');
    forwarded(config, tagged([0x8100, 200]), 'ce2', atCe2);
    forwarded(config, tagged(), 'ce1', atCe1);
  });

  test('ETH-3 VID 0 on a routed port is skipped, whatever its PCP', () => {
    const sent = leaving('core1', 0x8847, [...labelled2(63), ...packet4({ ttl: 63 })]);
    forwarded(plain, arriving4('ce1', packet4(), { tags: [[0x8100, 0]] }), 'core1', sent);
    forwarded(plain, arriving4('ce1', packet4(), { tags: [[0x8100, 0xf000]] }), 'core1', sent);
    forwarded(
      plain,
      labelled('core1', [24001], toSite4(), { tags: [[0x8100, 0xa000]] }),
      'ce1',
      leaving('ce1', 0x0800, toSite4({ ttl: 63 })),
    );
  });

  test('ETH-3 VID 0 on a routed port that has sub-interfaces is skipped', () => {
    const config = lab({ interfaces: { trunk1: { vrf: 'red', addresses: ['10.1.99.1/24'] } } });
    forwarded(config, tagged([0x8100, 0xe000]), 'ce1', atCe1);
  });

  test('ETH-3 VID 0 with another tag behind it is unknown-vlan', () => {
    dropped(
      plain,
      arriving4('ce1', packet4(), {
        tags: [
          [0x8100, 0],
          [0x8100, 0],
        ],
      }),
      'unknown-vlan',
    );
    dropped(
      plain,
      arriving4('ce1', packet4(), {
        tags: [
          [0x8100, 0],
          [0x8100, 100],
        ],
      }),
      'unknown-vlan',
    );
    dropped(plain, tagged([0x8100, 0], [0x8100, 100]), 'unknown-vlan');
    const config = lab({ interfaces: { trunk1: { vrf: 'red', addresses: ['10.1.99.1/24'] } } });
    dropped(config, tagged([0x8100, 0], [0x8100, 100]), 'unknown-vlan');
  });

  test('ETH-3 a port with sub-interfaces and nothing of its own takes no untagged frames', () => {
    dropped(plain, tagged(), 'unknown-vlan');
    dropped(plain, labelled('trunk1', [24001], toSite4()), 'unknown-vlan');
    // reading: a priority tag makes a frame no less untagged (802.1Q), so the port does not take it either.
    dropped(plain, tagged([0x8100, 0xe000]), 'unknown-vlan');
  });

  test('ETH-3 vrf, addresses or mpls each make a port with sub-interfaces take untagged frames', () => {
    const own = (row: Record<string, unknown>, extra: Config = {}) => lab({ ...extra, interfaces: { trunk1: row } });
    forwarded(own({ vrf: 'blue' }), tagged(), 'ce2', atCe2);
    const toNet = packet4({ src: '10.99.0.2', dst: '203.0.113.2' });
    const toNetOut = packet4({ src: '10.99.0.2', dst: '203.0.113.2', ttl: 63 });
    forwarded(
      own({ addresses: ['10.99.0.1/24'] }),
      arriving4('trunk1', toNet),
      'net1',
      leaving('net1', 0x0800, toNetOut),
    );
    forwarded(
      own({ mpls: true }),
      labelled('trunk1', [24001], toSite4()),
      'ce1',
      leaving('ce1', 0x0800, toSite4({ ttl: 63 })),
    );
  });

  test('ETH-3 0x9100 is no tag', () => {
    dropped(plain, arriving('ce1', 0x9100, filler(46)), 'unknown-ethertype');
    dropped(plain, arriving('trunk1', 0x9100, filler(46)), 'unknown-vlan');
  });

  test('ETH-3 labelled frames find their sub-interface by the tags too', () => {
    const tags: [number, number][] = [[0x8100, 400]];
    const out = leaving('ce1', 0x0800, toSite4({ ttl: 63 }));
    forwarded(plain, labelled('trunk1', [24001], toSite4(), { tags }), 'ce1', out);
    dropped(plain, labelled('trunk1', [24001], toSite4(), { tags: [[0x8100, 100]] }), 'mpls-off');
  });
});

describe('ETH-4 tags put on', () => {
  const toVlan = (dst: string, ttl: number) => packet4({ src: '10.1.1.2', dst, ttl });

  test('ETH-4 a packet leaving by a single-tagged sub-interface gets its tag with PCP and DEI 0', () => {
    const out = leaving('trunk1', 0x0800, toVlan('10.1.100.2', 63), { tags: [[0x8100, 100]] });
    forwarded(plain, arriving4('ce1', toVlan('10.1.100.2', 64)), 'trunk1', out);
    expect(decode(out).tags).toEqual([{ tpid: 0x8100, pcp: 0, dei: 0, vid: 100 }]);
    const six = packet6({ dst: '2001:db8:1:100::2' });
    const config = lab({
      neighbors: [{ interface: 'trunk1.100', address: '2001:db8:1:100::2', mac: peerMac.trunk1 }],
    });
    forwarded(
      config,
      arriving6('ce1', six),
      'trunk1',
      leaving('trunk1', 0x86dd, packet6({ dst: '2001:db8:1:100::2', hopLimit: 63 }), { tags: [[0x8100, 100]] }),
    );
  });

  test('ETH-4 a packet leaving by a QinQ sub-interface gets both tags with PCP and DEI 0', () => {
    const tags: [number, number][] = [
      [0x88a8, 300],
      [0x8100, 30],
    ];
    const out = leaving('trunk1', 0x0800, toVlan('10.1.30.2', 63), { tags });
    forwarded(plain, arriving4('ce1', toVlan('10.1.30.2', 64)), 'trunk1', out);
  });

  test('ETH-4 PCP and DEI of the tags a packet arrived with are not carried over', () => {
    const packet = (ttl: number) => packet4({ src: '10.1.30.2', dst: '10.1.100.2', ttl });
    forwarded(
      plain,
      arriving4('trunk1', packet(64), {
        tags: [
          [0x88a8, 0xf000 | 300],
          [0x8100, 0xb000 | 30],
        ],
      }),
      'trunk1',
      leaving('trunk1', 0x0800, packet(63), { tags: [[0x8100, 100]] }),
    );
    const back = (ttl: number) => packet4({ src: '10.1.100.2', dst: '10.1.30.2', ttl });
    forwarded(
      plain,
      arriving4('trunk1', back(64), { tags: [[0x8100, 0xf000 | 100]] }),
      'trunk1',
      leaving('trunk1', 0x0800, back(63), {
        tags: [
          [0x88a8, 300],
          [0x8100, 30],
        ],
      }),
    );
  });

  test('ETH-4 labelled frames leaving by a sub-interface get its tag, above EtherType 0x8847', () => {
    const config = lab({ labels: [{ label: 16040, via: '10.0.40.2', labels: [17040] }] });
    forwarded(
      config,
      labelled('core1', [{ label: 16040, tc: 5 }], toSite4()),
      'trunk1',
      leaving('trunk1', 0x8847, [...labels({ label: 17040, tc: 5, ttl: 63 }), ...toSite4()], {
        tags: [[0x8100, 400]],
      }),
    );
  });
});

describe('ETH-5 EtherTypes', () => {
  test('ETH-5 0x0800, 0x86dd, 0x8847 and 0x0806 are handled', () => {
    forwarded(
      plain,
      arriving4('ce1', packet4()),
      'core1',
      leaving('core1', 0x8847, [...labelled2(63), ...packet4({ ttl: 63 })]),
    );
    forwarded(
      plain,
      arriving6('ce1', packet6()),
      'core1',
      leaving('core1', 0x8847, [...labelled2(63), ...packet6({ hopLimit: 63 })]),
    );
    forwarded(plain, labelled('core1', [24001], toSite6()), 'ce1', leaving('ce1', 0x86dd, toSite6({ hopLimit: 63 })));
    const request = arp(1, peerMac.ce1, '10.1.1.2', '00:00:00:00:00:00', '10.1.1.99');
    punted(plain, arriving('ce1', 0x0806, request, { dst: broadcastMac }), 'arp');
  });

  const upstream = [...labels(24001), ...toSite4()];
  test.each<[string, Sent]>([
    ['with mpls on', arriving('core1', 0x8848, upstream)],
    ['with mpls off', arriving('ce1', 0x8848, upstream)],
    ['under a multicast MAC', arriving('core1', 0x8848, upstream, { dst: '01:00:5e:80:00:01' })],
    ['under the broadcast MAC, mpls off', arriving('ce1', 0x8848, upstream, { dst: broadcastMac })],
    ['without a stack', arriving('core1', 0x8848, [])],
    ['with a stack that has no bottom', arriving('core1', 0x8848, labels({ label: 24001, s: 0 }))],
    ['with a tag', arriving('trunk1', 0x8848, upstream, { tags: [[0x8100, 400]] })],
  ])('ETH-5 0x8848 is upstream-label: %s', (_, frame) => {
    dropped(plain, frame, 'upstream-label');
    dropped(punting, frame, 'upstream-label');
  });

  const isis = hex('fe fe 03 83 1b 01 00 11 01 00 00 00');
  test.each<[string, Sent]>([
    ['IS-IS in an 802.3 length frame', arriving('ce1', 0x0026, [...isis, ...filler(34)], { dst: '01:80:c2:00:00:14' })],
    ['an 802.3 length frame for us', arriving('core1', 0x0026, [...isis, ...filler(34)])],
    ['length 0', arriving('ce1', 0x0000, filler(46))],
    ['the greatest length', arriving('ce1', 0x05dc, filler(1500))],
    ['between lengths and types', arriving('ce1', 0x05dd, filler(46))],
    ['the lowest type', arriving('ce1', 0x0600, filler(46))],
    ['LLDP', arriving('ce1', 0x88cc, filler(46), { dst: '01:80:c2:00:00:0e' })],
    ['LACP', arriving('core1', 0x8809, filler(46), { dst: '01:80:c2:00:00:02' })],
    ['RARP', arriving('ce1', 0x8035, filler(46), { dst: broadcastMac })],
    ['type 0xffff', arriving('ce1', 0xffff, filler(46))],
    ['a type and nothing behind it', arriving('ce1', 0x1234, [])],
    ['beneath a tag', arriving('trunk1', 0x1234, filler(46), { tags: [[0x8100, 0xe000 | 100]] })],
    [
      'beneath two tags',
      arriving('trunk1', 0x1234, filler(46), {
        tags: [
          [0x88a8, 300],
          [0x8100, 30],
        ],
      }),
    ],
  ])('ETH-5 other protocols are dropped, and with router.punt punted as they arrived: %s', (_, frame) => {
    dropped(plain, frame, 'unknown-ethertype');
    punted(punting, frame, 'other-protocol');
  });

  test('ETH-5 router.punt changes nothing for the types that are handled', () => {
    dropped(punting, labelled('ce1', [24001], toSite4()), 'mpls-off');
    dropped(punting, arriving4('ce1', quiet4({ dst: '10.77.0.1' })), 'no-route');
  });
});

describe('ETH-6 padding', () => {
  const small = (o: Parameters<typeof ipv4>[0] = {}) => ipv4(o, udp(1, 2, []));
  const small6 = (o: Parameters<typeof ipv6>[0] = {}) => ipv6(o, []);
  const pad = filler(18, 0xa5);

  test('ETH-6 is cut before labels are pushed', () => {
    const sent = leaving('core1', 0x8847, [...labelled2(63), ...small({ ttl: 63 })]);
    forwarded(plain, arriving4('ce1', [...small(), ...pad]), 'core1', sent);
    forwarded(plain, arriving4('ce1', [...small(), 0]), 'core1', sent);
    const sent6 = leaving('core1', 0x8847, [...labelled2(63), ...small6({ hopLimit: 63 })]);
    forwarded(plain, arriving6('ce1', [...small6(), ...pad]), 'core1', sent6);
  });

  test('ETH-6 is cut from a packet routed without labels', () => {
    const local = (ttl: number) => small({ dst: '10.1.2.9', ttl });
    const sent = leaving('ce1', 0x0800, local(63));
    forwarded(plain, arriving4('ce1', [...local(64), ...pad]), 'ce1', sent);
    const local6 = (hopLimit: number) => small6({ dst: '2001:db8:1:1::2', src: '2001:db8:1:1::5', hopLimit });
    forwarded(plain, arriving6('ce1', [...local6(64), ...pad]), 'ce1', leaving('ce1', 0x86dd, local6(63)));
  });

  test.each([
    ['table', 24001],
    ['per-CE', 24002],
  ])('ETH-6 is cut after labels are popped to IP: %s', (_, label) => {
    const down = { src: '10.2.0.9', dst: '10.1.1.2' };
    const down6 = { src: '2001:db8:2::9', dst: '2001:db8:1:1::2' };
    forwarded(
      plain,
      labelled('core1', [label], [...small(down), ...pad]),
      'ce1',
      leaving('ce1', 0x0800, small({ ...down, ttl: 63 })),
    );
    forwarded(
      plain,
      labelled('core1', [label], [...small6(down6), ...pad]),
      'ce1',
      leaving('ce1', 0x86dd, small6({ ...down6, hopLimit: 63 })),
    );
  });

  test('ETH-6 is cut when the bottom label is popped for the last hop', () => {
    // reading: a penultimate pop to IP is "popped to IP" as well.
    const down = { src: '10.2.0.9', dst: '10.1.1.2' };
    forwarded(
      plain,
      labelled('core1', [16005], [...small(down), ...pad]),
      'core2',
      leaving('core2', 0x0800, small({ ...down, ttl: 63 })),
    );
  });

  test('ETH-6 a swap leaves trailing bytes alone', () => {
    for (const beneath of [small(), small6()]) {
      const trailing = [...beneath, ...pad];
      forwarded(
        plain,
        labelled('core1', [16001], trailing),
        'core2',
        leaving('core2', 0x8847, [...labels({ label: 17001, ttl: 63 }), ...trailing]),
      );
      forwarded(
        plain,
        labelled('core1', [16007, 99], trailing),
        'core2',
        leaving('core2', 0x8847, [...labels({ label: 17008, ttl: 63 }, { label: 17007, ttl: 63 }, 99), ...trailing]),
      );
    }
  });

  test('ETH-6 trailing bytes of a swapped frame are cut before its size is judged, if only they make it too long', () => {
    const config = lab({ interfaces: { core2: { mtu: 100 } } });
    const ip = packet4({}, udp(1, 2, filler(52)));
    const swapped: LabelOptions = { label: 17001, ttl: 63 };
    expect(ip.length).toBe(80);
    const through = (trailing: number, left: number) =>
      forwarded(
        config,
        labelled('core1', [16001], [...ip, ...filler(trailing)]),
        'core2',
        leaving('core2', 0x8847, [...labels(swapped), ...ip, ...filler(left)]),
      );
    through(16, 16); // 4 + 80 + 16 is just the mtu
    through(17, 0);
    through(500, 0);
    // Pushing makes it too long: 8 + 80 + 13 > 100.
    forwarded(
      config,
      labelled('core1', [16007], [...ip, ...filler(13)]),
      'core2',
      leaving('core2', 0x8847, [...labels({ label: 17008, ttl: 63 }, { label: 17007, ttl: 63 }), ...ip]),
    );
    const ip6Packet = packet6({}, udp(1, 2, filler(32)));
    forwarded(
      config,
      labelled('core1', [16001], [...ip6Packet, ...filler(30)]),
      'core2',
      leaving('core2', 0x8847, [...labels(swapped), ...ip6Packet]),
    );
  });

  test('ETH-6 a padded packet is judged by its length without the padding', () => {
    const config = lab({ interfaces: { core1: { mtu: 100 } } });
    const ip = (ttl: number) => packet4({ ttl, df: true }, udp(1, 2, filler(64)));
    expect(ip(64).length + 8).toBe(100);
    forwarded(
      config,
      arriving4('ce1', [...ip(64), ...filler(60)]),
      'core1',
      leaving('core1', 0x8847, [...labelled2(63), ...ip(63)]),
    );
  });

  test('ETH-6 a penultimate pop that exposes a label leaves trailing bytes alone', () => {
    // reading: a labelled frame goes on as a labelled frame, as with a swap.
    const trailing = [...small(), ...pad];
    forwarded(
      plain,
      labelled('core1', [16005, 99], trailing),
      'core2',
      leaving('core2', 0x8847, [...labels({ label: 99, ttl: 63 }), ...trailing]),
    );
  });

  test('ETH-6 trailing bytes that the capture cut off count in the original length, and are cut from it', () => {
    const config = lab({ interfaces: { core2: { mtu: 100 } } });
    const ip = packet4({}, udp(1, 2, filler(52)));
    const swapped = leaving('core2', 0x8847, [...labels({ label: 17001, ttl: 63 }), ...ip]);
    const through = (trailing: number, original: number) => {
      const frame = labelled('core1', [16001], [...ip, ...filler(trailing)]);
      expectSent(run(config, snapped(frame, 60)), 'core2', swapped.slice(0, 60), original);
    };
    through(16, 14 + 100);
    through(17, 14 + 84);
  });

  test('ETH-6 padding that the capture cut off is taken from the original length', () => {
    // reading: the frame goes on as long as its IP packet, captured bytes as far as they reach.
    const sent = leaving('core1', 0x8847, [...labelled2(63), ...small({ ttl: 63 })]);
    const frame = arriving4('ce1', [...small(), ...pad]);
    for (const length of [59, 43, 42]) expectSent(run(plain, snapped(frame, length)), 'core1', sent, sent.length);
    expectSent(run(plain, snapped(frame, 40)), 'core1', sent.slice(0, 48), sent.length);
  });
});
