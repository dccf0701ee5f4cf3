// Damaged and hostile frames, each with the reason for which the router drops it (two are sound). They
// arrive at PE1: from red's site or from the core.
import type { DropName } from '../src/engine/reasons.ts';
import { type Bytes, type CapturedFrame, ethernet, etherType, mpls, packet, text, udp } from './build.ts';
import { siteOf } from './lab.ts';
import { host, webServer } from './traffic.ts';

export interface Sample extends CapturedFrame {
  readonly says: string;
  /** 'sent': nothing is wrong with it. */
  readonly fate: DropName | 'sent';
}

const { ceMac, peMac } = siteOf('red site 1');
const fromCe = { to: peMac, from: ceMac };
const fromCore = { to: '02:01:00:00:00:0f', from: '02:09:00:00:00:01' };

/** 1 March 2025, 13:00 UTC, and a tenth of a second for each frame. */
const timeOf = (index: number): number => 1_740_834_000_000_000 + index * 100_000;
const payload = udp(9000, 9000, text('[red] sample ', 40));
const good: Bytes = packet({ from: host.one, to: host.two }, payload);
const inbound: Bytes = packet({ from: host.two, to: host.one }, payload);
const lost: Bytes = packet({ from: host.two, to: webServer }, udp(9000, 9000, text('[blue] sample ', 40)));
const withByte = (bytes: Bytes, at: number, value: number): Bytes => bytes.map((byte, i) => (i === at ? value : byte));

type Row = readonly [says: string, fate: Sample['fate'], bytes: Bytes];

function samples(rows: readonly Row[]): Sample[] {
  return rows.map(([says, fate, bytes], i) => ({ says, fate, bytes, time: timeOf(i) }));
}

/** What a customer's broken (or curious) equipment might send. */
export function customerSamples(): Sample[] {
  const whole = ethernet(fromCe, good);
  const ip = (from: string, to: string, ttl = 64) => ethernet(fromCe, packet({ from, to, ttl }, payload));
  return samples([
    ['a frame of ten bytes', 'runt', whole.slice(0, 10)],
    ['cut inside the IPv4 header', 'bad-ip-header', whole.slice(0, 14 + 12)],
    ['IPv4 total length beyond the end of the frame', 'bad-ip-header', whole.slice(0, -8)],
    ['IP version 5', 'bad-ip-header', withByte(whole, 14, 0x55)],
    ['a wrong header checksum', 'bad-checksum', withByte(whole, 14 + 10, (whole[24] ?? 0) ^ 0xff)],
    ["another station's MAC address", 'not-for-us', ethernet({ ...fromCe, to: '02:99:00:00:00:01' }, good)],
    ['a VLAN that is not configured', 'unknown-vlan', ethernet({ ...fromCe, vlan: 666 }, good)],
    ['LLDP', 'unknown-ethertype', ethernet({ ...fromCe, to: '01:80:c2:00:00:0e' }, text('lldp', 46), 0x88cc)],
    [
      "a label pushed by the customer: blue's",
      'mpls-off',
      ethernet(fromCe, mpls([{ label: 24102 }], good), etherType.mpls),
    ],
    ['an upstream-assigned label', 'upstream-label', ethernet(fromCe, mpls([{ label: 24101 }], good), 0x8848)],
    ['a source of 127.0.0.1', 'martian', ip('127.0.0.1', host.two)],
    ["somebody else's source address", 'urpf', ip('192.0.2.66', host.two)],
    ['TTL 1', 'ttl-expired', ip(host.one, host.two, 1)],
    ['padded to 60 bytes and more: no harm', 'sent', [...whole, ...new Array<number>(20).fill(0)]],
  ]);
}

/** What a misconfigured neighbour in the core might send. */
export function coreSamples(): Sample[] {
  const labelled = (stack: Parameters<typeof mpls>[0], beneath: Bytes) =>
    ethernet(fromCore, mpls(stack, beneath), etherType.mpls);
  return samples([
    ['an unknown label', 'no-label', labelled([{ label: 99_999 }], inbound)],
    ['a stack without a bottom', 'bad-stack', labelled([{ label: 24101, bottom: false }], [])],
    ['implicit null, which exists in signalling only', 'reserved-label', labelled([{ label: 3 }], inbound)],
    [
      "red's label with another one beneath it",
      'bottom-expected',
      labelled([{ label: 24101 }, { label: 77 }], inbound),
    ],
    [
      "red's label, and neither IPv4 nor IPv6",
      'unknown-payload',
      labelled([{ label: 24101 }], text('\u0000\u0000pw?', 46)),
    ],
    ['a label whose TTL ends here', 'ttl-expired', labelled([{ label: 24101, ttl: 1 }], inbound)],
    [
      "a damaged packet beneath red's label",
      'bad-checksum',
      labelled([{ label: 24101 }], withByte(inbound, 10, (inbound[10] ?? 0) ^ 0xff)),
    ],
    ["blue's label, and a destination that blue has no route to", 'no-route', labelled([{ label: 24102 }], lost)],
    ["red's label, and a packet for red: no harm", 'sent', labelled([{ label: 24101 }], inbound)],
  ]);
}

/** Sound frames of which the capture kept too little, or just enough. */
export function snappedSamples(): Sample[] {
  const whole = ethernet(
    fromCe,
    packet({ from: host.one, to: host.two }, udp(9000, 9000, text('[red] snapped ', 400))),
  );
  const one = { bytes: whole.slice(0, 48), original: whole.length, time: timeOf(0) } as const;
  const two = { bytes: whole.slice(0, 30), original: whole.length, time: timeOf(1) } as const;
  return [
    { ...one, says: '48 of 442 bytes: enough to forward by', fate: 'sent' },
    { ...two, says: '30 of 442 bytes: the IPv4 header is cut', fate: 'snapped' },
  ];
}
