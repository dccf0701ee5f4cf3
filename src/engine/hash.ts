// The flow hash (ECMP-1) and the choice of a leg by it. One definition for both speeds: the fast path computes the
// same numbers from aligned words, so all inputs are words as a little-endian machine reads them.
import { type Bytes, read16, readLittle32 } from '../wire/bytes.ts';
import { EtherType, isTag } from '../wire/ethernet.ts';
import * as v4 from '../wire/ipv4.ts';
import * as v6 from '../wire/ipv6.ts';
import { bottomAt, entryBytes, firstOrdinaryLabel, labelAt, SpecialLabel } from '../wire/mpls.ts';

/** One round: takes a word in. */
export function mix(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x9e3779b1);
  return h ^ (h >>> 15);
}

/** Final avalanche; unsigned. */
export function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The hash for the choice at a level of a recursion: levels choose independently of each other. */
export function atLevel(hash: number, level: number): number {
  return level === 0 ? hash : finish(hash + Math.imul(level, 0x9e3779b1));
}

/** Whether the first word behind the header of this protocol is a pair of ports. */
function hasPorts(protocol: number): boolean {
  return protocol === 6 || protocol === 17 || protocol === 132 || protocol === 33 || protocol === 136;
}

/** Takes in addresses, protocol and ports (not those of fragments) of the IP packet at `at`, if there is one. */
function mixIp(hash: number, bytes: Bytes, at: number, capturedEnd: number): number {
  const nibble = at < capturedEnd ? (bytes[at] as number) >>> 4 : 0;
  let h = hash;
  if (nibble === 4 && capturedEnd - at >= v4.ipv4Bytes) {
    const protocol = bytes[at + v4.protocolAt] as number;
    h = mix(h, readLittle32(bytes, at + v4.sourceAt));
    h = mix(h, readLittle32(bytes, at + v4.destinationAt));
    h = mix(h, protocol);
    const upper = at + v4.headerBytes(bytes, at);
    const upperEnd = Math.min(at + read16(bytes, at + v4.totalLengthAt), capturedEnd);
    if (hasPorts(protocol) && !v4.isFragment(bytes, at) && upper + 4 <= upperEnd) {
      h = mix(h, readLittle32(bytes, upper));
    }
  } else if (nibble === 6 && capturedEnd - at >= v6.ipv6Bytes) {
    const protocol = bytes[at + v6.nextHeaderAt] as number;
    for (let i = 0; i < 32; i += 4) h = mix(h, readLittle32(bytes, at + v6.sourceAt + i));
    h = mix(h, protocol);
    const upper = at + v6.ipv6Bytes;
    const upperEnd = Math.min(upper + read16(bytes, at + v6.payloadLengthAt), capturedEnd);
    if (hasPorts(protocol) && upper + 4 <= upperEnd) h = mix(h, readLittle32(bytes, upper));
  }
  return h;
}

/** Tags of the customer that the hash looks behind. */
const hashTagsMax = 2;

/**
 * Hash of an Ethernet frame: its MACs at `at`, the EtherType at `typeAt` or behind tags there, and the fields of an IP
 * packet if it is one.
 */
export function hashEthernet(seed: number, bytes: Bytes, at: number, typeAt: number, capturedEnd: number): number {
  let h = mix(seed, readLittle32(bytes, at + 2));
  h = mix(h, readLittle32(bytes, at + 6));
  h = mix(h, read16(bytes, at) | (read16(bytes, at + 10) << 16));
  let typeOffset = typeAt;
  let type = read16(bytes, typeOffset);
  for (let tag = 0; tag < hashTagsMax && isTag(type) && typeOffset + 6 <= capturedEnd; tag++) {
    typeOffset += 4;
    type = read16(bytes, typeOffset);
  }
  h = mix(h, type);
  const isIp = type === EtherType.ipv4 || type === EtherType.ipv6;
  return finish(isIp ? mixIp(h, bytes, typeOffset + 2, capturedEnd) : h);
}

/** Hash of an unlabelled IP packet. */
export function hashIp(seed: number, bytes: Bytes, at: number, capturedEnd: number): number {
  return finish(mixIp(seed, bytes, at, capturedEnd));
}

/**
 * Hash of a labelled frame: an entropy label alone if there is one, else the ordinary labels and, if `payload`,
 * the IP fields beneath. The stack must have its bottom inside `capturedEnd`.
 */
export function hashLabelled(seed: number, bytes: Bytes, at: number, capturedEnd: number, payload: boolean): number {
  let h = seed;
  let entry = at;
  for (; ; entry += entryBytes) {
    const label = labelAt(bytes, entry);
    const bottom = bottomAt(bytes, entry);
    if (label === SpecialLabel.entropyIndicator && !bottom) {
      return finish(mix(seed, labelAt(bytes, entry + entryBytes)));
    }
    if (label >= firstOrdinaryLabel) h = mix(h, label);
    if (bottom) break;
    if (label === SpecialLabel.extension) {
      entry += entryBytes;
      if (bottomAt(bytes, entry)) break;
    }
  }
  return finish(payload ? mixIp(h, bytes, entry + entryBytes, capturedEnd) : h);
}

/** Where the hash falls among `total` shares: a whole number from 0 to total − 1. */
export function share(hash: number, total: number): number {
  return Math.floor((hash / 0x1_0000_0000) * total);
}

/** The entropy label of a flow (ECMP-4): from 16 to 2^20 − 1. */
export function entropyLabel(hash: number): number {
  return firstOrdinaryLabel + share(finish(hash ^ 0x5bd1e995), (1 << 20) - firstOrdinaryLabel);
}
