// Which frames belong together when one of them takes a detour: those between the same two hosts. The key is the same
// before and after a router has pushed, swapped or popped labels and tags, so that a frame that comes and one that is
// about to leave can be compared. Frames that are not IP beneath have one key for all.
import { type Bytes, read16, readLittle32 } from '../../wire/bytes.ts';
import { EtherType, ethernetBytes, isTag, tagBytes, typeAt } from '../../wire/ethernet.ts';
import * as v4 from '../../wire/ipv4.ts';
import * as v6 from '../../wire/ipv6.ts';
import { entryBytes, stackDepth } from '../../wire/mpls.ts';

const otherFlow = 0;
const tagsMax = 2;

/** 32 bits, of a frame whose captured bytes begin at `start`. */
export function flowKey(bytes: Bytes, start: number, captured: number): number {
  const end = start + captured;
  let at = start + ethernetBytes;
  if (at > end) return otherFlow;
  let type = read16(bytes, start + typeAt);
  for (let tag = 0; tag < tagsMax && isTag(type) && at + tagBytes <= end; tag++) {
    type = read16(bytes, at + 2);
    at += tagBytes;
  }
  if (type === EtherType.mpls) {
    const depth = stackDepth(bytes, at, end);
    if (depth === 0) return otherFlow;
    at += depth * entryBytes;
  } else if (type !== EtherType.ipv4 && type !== EtherType.ipv6) return otherFlow;
  return hostsKey(bytes, at, end);
}

function hostsKey(bytes: Bytes, at: number, end: number): number {
  const nibble = at < end ? (bytes[at] as number) >>> 4 : 0;
  let key = 0;
  if (nibble === 4 && at + v4.ipv4Bytes <= end) {
    key = mixed(mixed(key, readLittle32(bytes, at + v4.sourceAt)), readLittle32(bytes, at + v4.destinationAt));
  } else if (nibble === 6 && at + v6.ipv6Bytes <= end) {
    for (let i = 0; i < 32; i += 4) key = mixed(key, readLittle32(bytes, at + v6.sourceAt + i));
  } else return otherFlow;
  return key >>> 0;
}

function mixed(key: number, word: number): number {
  const product = Math.imul(key ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}
