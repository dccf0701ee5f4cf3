// Whether a frame, as it lies on a link, carries a label or an address: tags, then a label stack, then what its first
// nibble says. A pseudowire's payload is not looked into.
import { type IpPrefix, maskWord } from '../../wire/address.ts';
import * as arp from '../../wire/arp.ts';
import { type Bytes, read16, read32 } from '../../wire/bytes.ts';
import { EtherType, ethernetBytes, isTag, tagBytes, typeAt } from '../../wire/ethernet.ts';
import * as v4 from '../../wire/ipv4.ts';
import * as v6 from '../../wire/ipv6.ts';
import { entryBytes, labelAt, stackDepth } from '../../wire/mpls.ts';

const tagsMax = 2;

interface Payload {
  readonly type: number;
  readonly at: number;
}

function payloadOf(bytes: Bytes, start: number, end: number): Payload | undefined {
  let at = start + ethernetBytes;
  if (at > end) return undefined;
  let type = read16(bytes, start + typeAt);
  for (let tag = 0; tag < tagsMax && isTag(type) && at + tagBytes <= end; tag++) {
    type = read16(bytes, at + 2);
    at += tagBytes;
  }
  return { type, at };
}

/** Whether the label stands in the stack. */
export function meetsLabel(bytes: Bytes, start: number, captured: number, label: number): boolean {
  const end = start + captured;
  const payload = payloadOf(bytes, start, end);
  if (payload?.type !== EtherType.mpls) return false;
  const depth = stackDepth(bytes, payload.at, end);
  for (let i = 0; i < depth; i++) {
    if (labelAt(bytes, payload.at + i * entryBytes) === label) return true;
  }
  return false;
}

function isWithin(prefix: IpPrefix, bytes: Bytes, at: number): boolean {
  return prefix.words.every((word, i) => {
    const bits = prefix.length - 32 * i;
    return maskWord(read32(bytes, at + 4 * i) >>> 0, bits) === maskWord(word, bits);
  });
}

/** Whether source or destination of the IP packet, or of ARP, lies within the prefix. */
export function meetsAddress(bytes: Bytes, start: number, captured: number, prefix: IpPrefix): boolean {
  const end = start + captured;
  const payload = payloadOf(bytes, start, end);
  if (payload === undefined) return false;
  let { at } = payload;
  if (payload.type === EtherType.arp) {
    if (prefix.family !== 4 || at + arp.arpBytes > end) return false;
    return isWithin(prefix, bytes, at + arp.senderAddressAt) || isWithin(prefix, bytes, at + arp.targetAddressAt);
  }
  if (payload.type === EtherType.mpls) at += stackDepth(bytes, at, end) * entryBytes;
  else if (payload.type !== EtherType.ipv4 && payload.type !== EtherType.ipv6) return false;
  const nibble = at < end ? (bytes[at] as number) >>> 4 : 0;
  if (nibble !== prefix.family) return false;
  const header = nibble === 4 ? v4 : v6;
  if (at + (nibble === 4 ? v4.ipv4Bytes : v6.ipv6Bytes) > end) return false;
  return isWithin(prefix, bytes, at + header.sourceAt) || isWithin(prefix, bytes, at + header.destinationAt);
}
