// Many routes say the same but for their prefix: what has been understood of one is kept by the bytes around the prefix, and
// the next one with the same bytes costs a comparison. A route of zebra's begins with its destination:
//
//   family u8 | length u8 | 10 bytes of the header | RTA_DST: length u16 = 8 or 20, type u16 = 1, address | other attributes
import type { PathModel } from '../../control/model.ts';
import { type IpPrefix, isNetwork } from '../../wire/address.ts';
import { read32 } from '../../wire/bytes.ts';
import { type NetlinkMessage, readLittle16 } from '../../wire/netlink.ts';
import { AddressFamily, RtnetlinkType } from '../../wire/rtnetlink.ts';

/** What a route means, whatever its prefix. */
export interface Meaning {
  readonly vrf: string | undefined;
  /** Undefined: it is gone. */
  readonly paths: readonly PathModel[] | undefined;
  readonly table: number;
  /** The next hop that it names; 0: none. */
  readonly nexthopId: number;
}

interface Known extends Meaning {
  readonly type: number;
  readonly family: number;
  /** The header from its third byte on, and what follows the destination. */
  readonly bytes: Uint8Array;
}

const headerBytes = 12;
const restOfHeaderBytes = 10;
const attributeBytes = 4;
const destinationType = 1;
/** Kept at most; then all are forgotten. Of a route with many next hops nothing is kept. */
const knownMax = 20_000;
const keyBytesMax = 512;

/** Bytes of a destination, 0 where the message begins with none. */
function addressBytesAt(bytes: Uint8Array, { start, end }: NetlinkMessage): number {
  const family = bytes[start];
  const due = family === AddressFamily.ipv4 ? 4 : family === AddressFamily.ipv6 ? 16 : 0;
  const at = start + headerBytes;
  if (due === 0 || at + attributeBytes + due > end) return 0;
  const isIt = readLittle16(bytes, at) === attributeBytes + due && readLittle16(bytes, at + 2) === destinationType;
  return isIt ? due : 0;
}

/** The prefix of a route that begins with its destination; undefined: it does not, or the prefix is none. */
export function prefixAt(bytes: Uint8Array, message: NetlinkMessage): IpPrefix | undefined {
  const count = addressBytesAt(bytes, message);
  const length = bytes[message.start + 1];
  if (count === 0 || length > count * 8) return undefined;
  const at = message.start + headerBytes + attributeBytes;
  const words = count === 4 ? [read32(bytes, at)] : [0, 4, 8, 12].map((offset) => read32(bytes, at + offset));
  const prefix: IpPrefix = { family: count === 4 ? 4 : 6, words, length };
  return isNetwork(prefix) ? prefix : undefined;
}

export class KnownRoutes {
  /** By a hash of the bytes: of two with one hash the later is known. */
  #known = new Map<number, Known>();

  forget(): void {
    if (this.#known.size > 0) this.#known.clear();
  }

  /** Next hops have changed. */
  forgetNaming(ids: ReadonlySet<number>): void {
    for (const [hash, { nexthopId }] of this.#known)
      if (nexthopId !== 0 && ids.has(nexthopId)) this.#known.delete(hash);
  }

  /** What a message with a prefix says besides it, if that is known. */
  find(bytes: Uint8Array, message: NetlinkMessage): Meaning | undefined {
    const { start, end, type } = message;
    const rest = start + headerBytes + attributeBytes + addressBytesAt(bytes, message);
    const known = this.#known.get(hashOf(bytes, message, rest));
    if (known === undefined || known.type !== type || known.family !== bytes[start]) return undefined;
    if (known.bytes.length !== restOfHeaderBytes + end - rest) return undefined;
    for (let i = 0; i < restOfHeaderBytes; i++) if (known.bytes[i] !== bytes[start + 2 + i]) return undefined;
    const offset = rest - restOfHeaderBytes;
    for (let i = restOfHeaderBytes; i < known.bytes.length; i++) {
      if (known.bytes[i] !== bytes[offset + i]) return undefined;
    }
    return known;
  }

  add(bytes: Uint8Array, message: NetlinkMessage, meaning: Meaning): void {
    const { start, end, type } = message;
    const rest = start + headerBytes + attributeBytes + addressBytesAt(bytes, message);
    if (end - rest > keyBytesMax) return;
    if (this.#known.size >= knownMax) this.#known.clear();
    const copy = new Uint8Array(restOfHeaderBytes + end - rest);
    copy.set(bytes.subarray(start + 2, start + headerBytes));
    copy.set(bytes.subarray(rest, end), restOfHeaderBytes);
    this.#known.set(hashOf(bytes, message, rest), { ...meaning, type, family: bytes[start], bytes: copy });
  }
}

/** By words of 32 bits: attributes are padded to them. */
function hashOf(bytes: Uint8Array, { type, start, end }: NetlinkMessage, rest: number): number {
  let hash = type === RtnetlinkType.newRoute ? 0x811c9dc5 : 0x1000193;
  for (let at = start + 4; at < start + headerBytes; at += 4) hash = mixed(hash, read32(bytes, at));
  let at = rest;
  for (; at + 4 <= end; at += 4) hash = mixed(hash, read32(bytes, at));
  for (; at < end; at++) hash = mixed(hash, bytes[at]);
  // A small integer, which costs no memory as a key.
  return (hash ^ (hash >>> 15)) & 0x3fff_ffff;
}

/** A multiplication alone would not bring high bits down to the low ones. */
function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}
