// Neighbour solicitations and advertisements (RFC 4861 sections 4.3, 4.4, 7.1.1, 7.1.2).
import { type Bytes, read16, read32, write16, write32 } from './bytes.ts';
import { checksum } from './checksum.ts';
import { writeMac } from './ethernet.ts';
import {
  addressBytes,
  destinationAt,
  hopLimitAt,
  icmp6ChecksumRight,
  ipv6Bytes,
  isMulticastIpv6,
  isUnspecified,
  NextHeader,
  nextHeaderAt,
  payloadLengthAt,
  pseudoHeaderSum,
  readAddress,
  sourceAt,
} from './ipv6.ts';

export const NdType = { solicitation: 135, advertisement: 136 } as const;
const SOURCE_LINK_ADDRESS = 1;
const TARGET_LINK_ADDRESS = 2;
/** Type, code, checksum, flags, target. */
const fixedBytes = 24;
const targetAt = 8;

export interface NdMessage {
  readonly solicitation: boolean;
  readonly source: readonly number[];
  readonly destination: readonly number[];
  readonly target: readonly number[];
  readonly solicited: boolean;
  readonly override: boolean;
  /** The source (solicitation) or target (advertisement) link-layer address option. */
  readonly mac: { readonly high: number; readonly low: number } | undefined;
}

/** Whether the packet at `ip` (checked) is a solicitation or advertisement: ICMPv6 directly behind the header. */
export function isNd(bytes: Bytes, ip: number, end: number): boolean {
  if (bytes[ip + nextHeaderAt] !== NextHeader.icmp || ip + ipv6Bytes >= end) return false;
  const type = bytes[ip + ipv6Bytes];
  return type === NdType.solicitation || type === NdType.advertisement;
}

/** ff02::1:ffXX:XXXX of an address (RFC 4291 section 2.7.1). */
export function solicitedNode(address: readonly number[]): number[] {
  return [0xff020000, 0, 1, (0xff000000 | ((address[3] as number) & 0xffffff)) >>> 0];
}

/** The link-layer address option of the kind, or undefined; `fault` when an option is broken. */
function readOptions(bytes: Bytes, at: number, end: number, wanted: number): { mac: NdMessage['mac'] } | 'fault' {
  let mac: NdMessage['mac'];
  for (let option = at; option < end; ) {
    const optionBytes = option + 1 < end ? (bytes[option + 1] as number) * 8 : 0;
    if (optionBytes === 0 || option + optionBytes > end) return 'fault';
    if (bytes[option] === wanted && mac === undefined) {
      mac = { high: read16(bytes, option + 2), low: read32(bytes, option + 4) };
    }
    option += optionBytes;
  }
  return { mac };
}

/**
 * Reads and validates the message; all of its bytes must be there. `undefined`: it fails RFC 4861 section 7.1.1
 * or 7.1.2 (hop limit, checksum, code, length, target, options, and what goes with :: as source).
 */
export function readNd(bytes: Bytes, ip: number): NdMessage | undefined {
  const count = read16(bytes, ip + payloadLengthAt);
  const at = ip + ipv6Bytes;
  const solicitation = bytes[at] === NdType.solicitation;
  if (bytes[ip + hopLimitAt] !== 255 || count < fixedBytes || bytes[at + 1] !== 0) return undefined;
  if (!icmp6ChecksumRight(bytes, ip, at, count)) return undefined;
  const source = readAddress(bytes, ip + sourceAt, []);
  const destination = readAddress(bytes, ip + destinationAt, []);
  const target = readAddress(bytes, at + targetAt, []);
  const solicited = ((bytes[at + 4] as number) & 0x40) !== 0;
  const override = ((bytes[at + 4] as number) & 0x20) !== 0;
  if (isMulticastIpv6(target)) return undefined;
  const wanted = solicitation ? SOURCE_LINK_ADDRESS : TARGET_LINK_ADDRESS;
  const options = readOptions(bytes, at + fixedBytes, at + count, wanted);
  if (options === 'fault') return undefined;
  if (solicitation && isUnspecified(source)) {
    const toSolicitedNode =
      destination[0] === 0xff020000 &&
      destination[1] === 0 &&
      destination[2] === 1 &&
      (destination[3] as number) >>> 24 === 0xff;
    if (!toSolicitedNode || options.mac !== undefined) return undefined;
  }
  if (!solicitation && isMulticastIpv6(destination) && solicited) return undefined;
  return { solicitation, source, destination, target, solicited, override, mac: options.mac };
}

/** Bytes of a message with one link-layer address option, IPv6 header included. */
export const ndPacketBytes = ipv6Bytes + fixedBytes + 8;
/** The same of a solicitation from ::, which has no option (RFC 4861 section 4.3). */
export const ndProbeBytes = ipv6Bytes + fixedBytes;

export interface NdPacket {
  readonly solicitation: boolean;
  readonly source: readonly number[];
  readonly destination: readonly number[];
  readonly target: readonly number[];
  /** Byte 4 of an advertisement: R 0x80, S 0x40, O 0x20. */
  readonly flags: number;
  readonly macHigh: number;
  readonly macLow: number;
}

/** Writes the whole IPv6 packet, `ndPacketBytes` long, or `ndProbeBytes`: class and flow label 0, hop limit 255. */
export function writeNd(bytes: Bytes, ip: number, packet: NdPacket): void {
  const at = ip + ipv6Bytes;
  const isProbe = packet.solicitation && isUnspecified(packet.source);
  const count = isProbe ? fixedBytes : fixedBytes + 8;
  bytes.fill(0, ip, at + count);
  bytes[ip] = 0x60;
  write16(bytes, ip + payloadLengthAt, count);
  bytes[ip + nextHeaderAt] = NextHeader.icmp;
  bytes[ip + hopLimitAt] = 255;
  for (let i = 0; i < 4; i++) {
    write32(bytes, ip + sourceAt + 4 * i, packet.source[i] as number);
    write32(bytes, ip + sourceAt + addressBytes + 4 * i, packet.destination[i] as number);
    write32(bytes, at + targetAt + 4 * i, packet.target[i] as number);
  }
  bytes[at] = packet.solicitation ? NdType.solicitation : NdType.advertisement;
  bytes[at + 4] = packet.flags;
  if (!isProbe) {
    bytes[at + fixedBytes] = packet.solicitation ? SOURCE_LINK_ADDRESS : TARGET_LINK_ADDRESS;
    bytes[at + fixedBytes + 1] = 1;
    writeMac(bytes, at + fixedBytes + 2, packet.macHigh, packet.macLow);
  }
  write16(bytes, at + 2, checksum(bytes, at, count, pseudoHeaderSum(bytes, ip, count, NextHeader.icmp)));
}
