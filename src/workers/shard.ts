// Which worker gets a frame: by the hash that chooses among equal paths (engine/hash.ts), so that what counts as one
// flow there stays on one worker here, and in order. Frames that are neither IP nor labelled all go to one.
import { hashIp, hashLabelled, share } from '../engine/hash.ts';
import { type Bytes, read16 } from '../wire/bytes.ts';
import { EtherType, ethernetBytes, isTag, tagBytes, typeAt } from '../wire/ethernet.ts';
import { stackDepth } from '../wire/mpls.ts';

/** Not the seed of any router: shares of a flow here shall say nothing about its path. */
const seed = 0x5eed_1e55;
const tagsMax = 2;

export function flowHash(bytes: Bytes, start: number, captured: number): number {
  const end = start + captured;
  let at = start + ethernetBytes;
  if (at > end) return 0;
  let type = read16(bytes, start + typeAt);
  for (let tag = 0; tag < tagsMax && isTag(type) && at + tagBytes <= end; tag++) {
    type = read16(bytes, at + 2);
    at += tagBytes;
  }
  if (type === EtherType.ipv4 || type === EtherType.ipv6) return hashIp(seed, bytes, at, end);
  if (type === EtherType.mpls && stackDepth(bytes, at, end) > 0) return hashLabelled(seed, bytes, at, end, true);
  return 0;
}

/** One of `count` workers. */
export function shardOf(bytes: Bytes, start: number, captured: number, count: number): number {
  return share(flowHash(bytes, start, captured), count);
}
