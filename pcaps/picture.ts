// Reads a frame for people: the headers a router looks at, and one line that shows them.
import { formatIpv4, formatIpv6 } from '../src/wire/address.ts';
import { read16, read32 } from '../src/wire/bytes.ts';
import { EtherType, ethernetBytes, tagBytes, typeAt } from '../src/wire/ethernet.ts';
import * as v4 from '../src/wire/ipv4.ts';
import * as v6 from '../src/wire/ipv6.ts';
import { bottomAt, entryBytes, labelAt, SpecialLabel, tcAt, ttlAt } from '../src/wire/mpls.ts';

export interface LabelView {
  readonly label: number;
  readonly tc: number;
  readonly ttl: number;
}

export interface IpView {
  readonly family: 4 | 6;
  readonly from: string;
  readonly to: string;
  readonly ttl: number;
  readonly dscp: number;
  readonly protocol: number;
  /** In bytes; above 0 for a fragment that is not the first. */
  readonly fragmentOffset: number;
  readonly moreFragments: boolean;
  /** The whole packet, without padding. */
  readonly packet: Uint8Array;
  /** Where the upper layer begins in it. */
  readonly upper: number;
}

export interface FrameView {
  readonly type: number;
  readonly vlan: number | undefined;
  readonly labels: readonly LabelView[];
  readonly ip: IpView | undefined;
}

export function viewFrame(bytes: Uint8Array): FrameView {
  let at = ethernetBytes;
  let type = read16(bytes, typeAt);
  let vlan: number | undefined;
  if (type === EtherType.vlan) {
    vlan = read16(bytes, at) & 0xfff;
    type = read16(bytes, at + 2);
    at += tagBytes;
  }
  const labels: LabelView[] = [];
  for (let more = type === EtherType.mpls; more && at + entryBytes <= bytes.length; at += entryBytes) {
    labels.push({ label: labelAt(bytes, at), tc: tcAt(bytes, at), ttl: ttlAt(bytes, at) });
    more = !bottomAt(bytes, at);
  }
  const mayBeIp = labels.length > 0 || type === EtherType.ipv4 || type === EtherType.ipv6;
  return { type, vlan, labels, ip: mayBeIp ? viewIp(bytes.subarray(at)) : undefined };
}

export function viewIp(bytes: Uint8Array): IpView | undefined {
  const version = (bytes[0] ?? 0) >>> 4;
  if (version === 4 && bytes.length >= v4.ipv4Bytes) return viewIpv4(bytes);
  return version === 6 && bytes.length >= v6.ipv6Bytes ? viewIpv6(bytes) : undefined;
}

function viewIpv4(bytes: Uint8Array): IpView {
  const fragment = read16(bytes, v4.fragmentAt);
  return {
    family: 4,
    from: formatIpv4(read32(bytes, v4.sourceAt)),
    to: formatIpv4(read32(bytes, v4.destinationAt)),
    ttl: bytes[v4.ttlAt] as number,
    dscp: (bytes[v4.tosAt] as number) >>> 2,
    protocol: bytes[v4.protocolAt] as number,
    fragmentOffset: (fragment & v4.Fragment.offsetMask) * 8,
    moreFragments: (fragment & v4.Fragment.moreFragments) !== 0,
    packet: bytes.subarray(0, read16(bytes, v4.totalLengthAt)),
    upper: v4.headerBytes(bytes, 0),
  };
}

function viewIpv6(bytes: Uint8Array): IpView {
  return {
    family: 6,
    from: formatIpv6(v6.readAddress(bytes, v6.sourceAt, [])),
    to: formatIpv6(v6.readAddress(bytes, v6.destinationAt, [])),
    ttl: bytes[v6.hopLimitAt] as number,
    dscp: v6.trafficClass(bytes, 0) >>> 2,
    protocol: bytes[v6.nextHeaderAt] as number,
    fragmentOffset: 0,
    moreFragments: false,
    packet: bytes.subarray(0, v6.ipv6Bytes + read16(bytes, v6.payloadLengthAt)),
    upper: v6.ipv6Bytes,
  };
}

// --- ICMP errors -------------------------------------------------------------------------------------------------

export interface IcmpErrorView {
  readonly name: 'time exceeded' | 'too big' | 'no route' | 'port unreachable';
  /** What `too big` says. */
  readonly mtu: number;
  /** The packet it is about, as far as it is quoted. */
  readonly about: IpView;
  /** The label stack of RFC 4950, if the error has one. */
  readonly labels: readonly LabelView[];
}

/** Types and codes of the errors that occur in the lab, as type × 256 + code. */
const errorNames = new Map<string, IcmpErrorView['name']>([
  ['4:11.0', 'time exceeded'],
  ['4:3.0', 'no route'],
  ['4:3.3', 'port unreachable'],
  ['4:3.4', 'too big'],
  ['6:3.0', 'time exceeded'],
  ['6:1.0', 'no route'],
  ['6:1.4', 'port unreachable'],
  ['6:2.0', 'too big'],
]);

const icmpHeaderBytes = 8;

export function viewIcmpError(ip: IpView): IcmpErrorView | undefined {
  const { packet, family } = ip;
  if (ip.protocol !== (family === 4 ? v4.protocolIcmp : v6.NextHeader.icmp)) return undefined;
  const message = packet.subarray(ip.upper);
  const name = errorNames.get(`${family}:${message[0]}.${message[1]}`);
  const about = name === undefined ? undefined : viewIp(message.subarray(icmpHeaderBytes));
  if (name === undefined || about === undefined) return undefined;
  const mtu = name !== 'too big' ? 0 : family === 4 ? read16(message, 6) : read32(message, 4);
  return { name, mtu, about, labels: mtu > 0 && family === 6 ? [] : extensionLabels(message, family) };
}

/** RFC 4884: the length of what is quoted, in words; behind it a header of four bytes, then RFC 4950's object. */
function extensionLabels(message: Uint8Array, family: 4 | 6): LabelView[] {
  const quotedBytes = family === 4 ? (message[5] as number) * 4 : (message[4] as number) * 8;
  if (quotedBytes === 0) return [];
  const object = icmpHeaderBytes + quotedBytes + 4;
  const [stackClass, incoming] = [message[object + 2], message[object + 3]];
  if (stackClass !== 1 || incoming !== 1) return [];
  const labels: LabelView[] = [];
  const end = object + read16(message, object);
  for (let at = object + 4; at < end; at += entryBytes) {
    labels.push({ label: labelAt(message, at), tc: tcAt(message, at), ttl: ttlAt(message, at) });
  }
  return labels;
}

// --- one line ----------------------------------------------------------------------------------------------------

/** `[16002 ttl 63]`, with TC where it is not 0. */
export function drawLabels(labels: readonly LabelView[]): string {
  return labels
    .map(({ label, tc, ttl }, i) => {
      if (labels[i - 1]?.label === SpecialLabel.entropyIndicator) return `[${label} flow]`;
      if (label === SpecialLabel.entropyIndicator) return '[7]';
      return `[${label}${tc > 0 ? ` tc ${tc}` : ''} ttl ${ttl}]`;
    })
    .join('');
}

function drawUpper(ip: IpView): string {
  const error = viewIcmpError(ip);
  if (error !== undefined) return ` ICMP ${error.name}${error.mtu > 0 ? ` (mtu ${error.mtu})` : ''}`;
  const names = new Map([
    [1, 'ICMP'],
    [6, 'TCP'],
    [17, 'UDP'],
    [58, 'ICMPv6'],
  ]);
  return ` ${names.get(ip.protocol) ?? `protocol ${ip.protocol}`}`;
}

export function drawIp(ip: IpView): string {
  const dscp = ip.dscp > 0 ? ` dscp ${ip.dscp}` : '';
  return `IPv${ip.family} ${ip.from} → ${ip.to} ttl ${ip.ttl}${dscp}${drawUpper(ip)}`;
}

/** What is on the wire, left to right, outermost first. */
export function drawFrame(bytes: Uint8Array): string {
  const { vlan, labels, ip } = viewFrame(bytes);
  const parts = [
    ...(vlan === undefined ? [] : [`[vlan ${vlan}]`]),
    ...(labels.length > 0 ? [drawLabels(labels)] : []),
    ...(ip === undefined ? [] : [drawIp(ip)]),
  ];
  return parts.join(' ');
}
