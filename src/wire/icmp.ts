// ICMP errors (RFC 792, RFC 4443) with the RFC 4884 structure and the RFC 4950 label stack object; echo replies.
import { type Bytes, copyBytes, write16, write32 } from './bytes.ts';
import { checksum } from './checksum.ts';
import * as v4 from './ipv4.ts';
import * as v6 from './ipv6.ts';

export const Icmp4 = { echoReply: 0, unreachable: 3, echoRequest: 8, timeExceeded: 11 } as const;
export const Icmp6 = { unreachable: 1, tooBig: 2, timeExceeded: 3, echoRequest: 128, echoReply: 129 } as const;
/** Type, code, checksum and the word behind them. */
export const icmpHeaderBytes = 8;

/** Longest error without an extension, IP header included (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4 c). */
const errorBytesMax4 = 576;
const errorBytesMax6 = 1280;
/** With an extension the quoted packet is exactly this long (RFC 4884 section 4.6). */
const quotedBytesWithExtension = 128;
/** TTL or hop limit, and TOS or class, of what the router sends itself. */
const ownTtl = 255;
const errorTos = 0xc0;

export interface IcmpError {
  readonly type: number;
  readonly code: number;
  /** MTU of the next hop, for the errors that carry one. */
  readonly mtu: number;
  /** Host-order words: one for IPv4, four for IPv6. */
  readonly source: readonly number[];
  readonly destination: readonly number[];
  /** The packet in error as it arrived, cut to its IP length and to what was captured. */
  readonly quoted: Uint8Array;
  /** The whole label stack as it arrived, for the RFC 4950 object; undefined or empty: no extension. */
  readonly stack: Uint8Array | undefined;
}

/** ICMP types that are errors: none is sent about them (TTL-11). */
export function isError4(type: number): boolean {
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}

export function isError6(type: number): boolean {
  return type < 128 || type === 137;
}

function writeExtension(bytes: Bytes, at: number, stack: Uint8Array): void {
  bytes[at] = 0x20;
  write16(bytes, at + 4, 4 + stack.length);
  bytes[at + 6] = 1;
  bytes[at + 7] = 1;
  copyBytes(stack, 0, bytes, at + 8, stack.length);
  write16(bytes, at + 2, checksum(bytes, at, 8 + stack.length));
}

/** Header, quotation and extension from `at`; answers the length. The checksum is left zero. */
function writeMessage(bytes: Bytes, at: number, error: IcmpError, quotedMax: number, lengthAt: number, unit: number) {
  const { stack, quoted } = error;
  bytes[at] = error.type;
  bytes[at + 1] = error.code;
  const body = at + icmpHeaderBytes;
  if (stack === undefined || stack.length === 0) {
    const count = Math.min(quoted.length, quotedMax);
    copyBytes(quoted, 0, bytes, body, count);
    return icmpHeaderBytes + count;
  }
  copyBytes(quoted, 0, bytes, body, Math.min(quoted.length, quotedBytesWithExtension));
  bytes[at + lengthAt] = quotedBytesWithExtension / unit;
  writeExtension(bytes, body + quotedBytesWithExtension, stack);
  return icmpHeaderBytes + quotedBytesWithExtension + 8 + stack.length;
}

/** The IPv4 packet of an error (TTL-10): TOS 0xc0, id 0, DF 0, TTL 255. */
export function buildError4(error: IcmpError): Uint8Array {
  const space = new Uint8Array(errorBytesMax4 + (error.stack?.length ?? 0));
  const at = v4.ipv4Bytes;
  const count = writeMessage(space, at, error, errorBytesMax4 - at - icmpHeaderBytes, 5, 4);
  if (error.mtu > 0) write16(space, at + 6, error.mtu);
  write16(space, at + 2, checksum(space, at, count));
  space[0] = 0x45;
  space[v4.tosAt] = errorTos;
  write16(space, v4.totalLengthAt, at + count);
  space[v4.ttlAt] = ownTtl;
  space[v4.protocolAt] = v4.protocolIcmp;
  write32(space, v4.sourceAt, error.source[0] as number);
  write32(space, v4.destinationAt, error.destination[0] as number);
  v4.writeChecksum(space, 0);
  return space.subarray(0, at + count);
}

/** The IPv6 packet of an error (TTL-10): class 0xc0, flow label 0, hop limit 255. */
export function buildError6(error: IcmpError): Uint8Array {
  const space = new Uint8Array(errorBytesMax6 + (error.stack?.length ?? 0));
  const at = v6.ipv6Bytes;
  const count = writeMessage(space, at, error, errorBytesMax6 - at - icmpHeaderBytes, 4, 8);
  if (error.mtu > 0) write32(space, at + 4, error.mtu);
  space[0] = 0x60;
  v6.writeTrafficClass(space, 0, errorTos);
  write16(space, v6.payloadLengthAt, count);
  space[v6.nextHeaderAt] = v6.NextHeader.icmp;
  space[v6.hopLimitAt] = ownTtl;
  for (let i = 0; i < 4; i++) {
    write32(space, v6.sourceAt + 4 * i, error.source[i] as number);
    write32(space, v6.destinationAt + 4 * i, error.destination[i] as number);
  }
  const sum = v6.pseudoHeaderSum(space, 0, count, v6.NextHeader.icmp);
  write16(space, at + 2, checksum(space, at, count, sum));
  return space.subarray(0, at + count);
}

/** The reply to an echo request of IPv4 without options: addresses turned round, TOS, id and flags copied, TTL 255. */
export function buildEchoReply4(request: Uint8Array): Uint8Array {
  const reply = request.slice();
  const at = v4.ipv4Bytes;
  copyBytes(request, v4.destinationAt, reply, v4.sourceAt, 4);
  copyBytes(request, v4.sourceAt, reply, v4.destinationAt, 4);
  reply[v4.ttlAt] = ownTtl;
  v4.writeChecksum(reply, 0);
  reply[at] = Icmp4.echoReply;
  write16(reply, at + 2, 0);
  write16(reply, at + 2, checksum(reply, at, reply.length - at));
  return reply;
}

/** The reply to an ICMPv6 echo request without extension headers: class copied, flow label 0, hop limit 255. */
export function buildEchoReply6(request: Uint8Array): Uint8Array {
  const reply = request.slice();
  const at = v6.ipv6Bytes;
  copyBytes(request, v6.destinationAt, reply, v6.sourceAt, v6.addressBytes);
  copyBytes(request, v6.sourceAt, reply, v6.destinationAt, v6.addressBytes);
  reply[1] = (reply[1] as number) & 0xf0;
  reply[2] = 0;
  reply[3] = 0;
  reply[v6.hopLimitAt] = ownTtl;
  reply[at] = Icmp6.echoReply;
  const count = reply.length - at;
  write16(reply, at + 2, 0);
  write16(reply, at + 2, checksum(reply, at, count, v6.pseudoHeaderSum(reply, 0, count, v6.NextHeader.icmp)));
  return reply;
}
