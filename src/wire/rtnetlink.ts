// What the kernel says of links, addresses and neighbours (rtnetlink), read into plain objects, and the requests that ask
// for it or change it. Relies on ./netlink.ts for messages and attributes. Nothing here throws, whatever the bytes say.
import { addressBits, type IpAddress, type IpPrefix } from './address.ts';
import { type Bytes, read32, readLittle32, write32 } from './bytes.ts';
import {
  type Attributes,
  attribute,
  buildMessage,
  bytesIn,
  NetlinkFlag,
  type NetlinkMessage,
  numberAttribute,
  numberIn,
  readAttributes,
  readLittle16,
  type Span,
  textAttribute,
  textIn,
  writeLittle16,
  writeLittle32,
} from './netlink.ts';

export const RtnetlinkType = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  setLink: 19,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
  newRoute: 24,
  deleteRoute: 25,
  getRoute: 26,
  newNeighbor: 28,
  deleteNeighbor: 29,
  getNeighbor: 30,
  newNexthop: 104,
  deleteNexthop: 105,
  getNexthop: 106,
} as const;

/** Groups to which a socket subscribes, as bits of `nl_groups`. */
export const RtnetlinkGroup = {
  link: 0x1,
  neighbor: 0x4,
  address4: 0x10,
  route4: 0x40,
  address6: 0x100,
  route6: 0x400,
  mplsRoute: 0x400_0000,
  nexthop: 0x8000_0000,
} as const;

/** Address families of the kernel. */
export const AddressFamily = { unspecified: 0, ipv4: 2, ipv6: 10, mpls: 28 } as const;

export const LinkFlag = { up: 0x1, loopback: 0x8, running: 0x40, lowerUp: 0x1_0000 } as const;

export interface LinkMessage {
  readonly kind: 'link';
  /** It exists no more, at least not in this namespace. */
  readonly gone: boolean;
  readonly index: number;
  readonly name: string;
  readonly flags: number;
  /** Switched on by whoever administers it. */
  readonly up: boolean;
  /** Up, with a carrier, and in a state to carry packets (RFC 2863). */
  readonly carrier: boolean;
  readonly mtu: number;
  /** Empty for links without such addresses. */
  readonly mac: Uint8Array;
  /** The kind of a virtual link (`veth`, `tun`, `vrf`), empty for hardware. */
  readonly type: string;
  /** Index of the bridge, bond or VRF that it belongs to; 0: none. */
  readonly master: number;
  /** The routing table of a VRF device. */
  readonly vrfTable: number | undefined;
  /** Frames that the kernel could not hand to the link's driver or reader (tx_dropped), where that was asked for. */
  readonly transmitDropped: number | undefined;
}

export interface AddressMessage {
  readonly kind: 'address';
  readonly gone: boolean;
  readonly index: number;
  /** The interface's own address, with the prefix length of its subnet. */
  readonly prefix: IpPrefix;
  /** IFA_F_*: permanent 0x80, tentative 0x40. */
  readonly flags: number;
  /** 0 global, 253 link, 254 host. */
  readonly scope: number;
}

export interface NeighborMessage {
  readonly kind: 'neighbor';
  readonly gone: boolean;
  readonly index: number;
  readonly address: IpAddress;
  /** Undefined while it is not known. */
  readonly mac: Uint8Array | undefined;
  /** NUD_* bits: 1 incomplete, 2 reachable, 4 stale, 8 delay, 16 probe, 32 failed, 64 no ARP, 128 permanent. */
  readonly state: number;
  /** NTF_* bits: 0x80 router, 0x08 proxy. */
  readonly flags: number;
}

const linkHeaderBytes = 16;
const addressHeaderBytes = 8;
const neighborHeaderBytes = 12;

const LinkAttribute = {
  mac: 1,
  name: 3,
  mtu: 4,
  master: 10,
  operationalState: 16,
  information: 18,
  statistics: 23,
  mask: 29,
} as const;
const informationKind = 1;
const informationData = 2;
const vrfTableAttribute = 1;
const transmitDroppedAt = 56;
const AddressAttribute = { address: 1, local: 2, broadcast: 4, flags: 8 } as const;
const NeighborAttribute = { destination: 1, mac: 2 } as const;

/** The address that a span holds: 4 bytes, or 16; undefined for any other length. */
export function addressIn(bytes: Bytes, span: Span | undefined): IpAddress | undefined {
  if (span === undefined) return undefined;
  const { start, end } = span;
  if (end - start === 4) return { family: 4, words: [read32(bytes, start)] };
  if (end - start !== 16) return undefined;
  return { family: 6, words: [0, 4, 8, 12].map((offset) => read32(bytes, start + offset)) };
}

export function addressBytes(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(address.words.length * 4);
  for (const [i, word] of address.words.entries()) write32(bytes, i * 4, word);
  return bytes;
}

/** The header of the family and the attributes behind it; undefined when they are cut or damaged. */
export function attributesBehind(bytes: Bytes, message: NetlinkMessage, headerBytes: number): Attributes | undefined {
  const start = message.start + headerBytes;
  return start > message.end ? undefined : readAttributes(bytes, start, message.end);
}

/**
 * RTM_NEWLINK or RTM_DELLINK; undefined when it is damaged, or not about the link itself (a bridge tells of its ports with
 * the same types, in a family of its own).
 */
export function readLink(bytes: Bytes, message: NetlinkMessage): LinkMessage | undefined {
  const attributes = attributesBehind(bytes, message, linkHeaderBytes);
  const name = attributes && textIn(bytes, attributes.get(LinkAttribute.name));
  if (attributes === undefined || name === undefined || bytes[message.start] !== AddressFamily.unspecified) {
    return undefined;
  }
  const flags = readLittle32(bytes, message.start + 8);
  const up = (flags & LinkFlag.up) !== 0;
  const information = attributes.get(LinkAttribute.information);
  const inner = information && readAttributes(bytes, information.start, information.end);
  const type = textIn(bytes, inner?.get(informationKind)) ?? '';
  const data = type === 'vrf' ? inner?.get(informationData) : undefined;
  const ofVrf = data && readAttributes(bytes, data.start, data.end);
  const statistics = attributes.get(LinkAttribute.statistics);
  return {
    kind: 'link',
    gone: message.type === RtnetlinkType.deleteLink,
    index: readLittle32(bytes, message.start + 4),
    name,
    flags,
    up,
    carrier: up && (flags & LinkFlag.running) !== 0 && (flags & LinkFlag.lowerUp) !== 0,
    mtu: numberIn(bytes, attributes.get(LinkAttribute.mtu)) ?? 0,
    mac: bytesIn(bytes, attributes.get(LinkAttribute.mac)) ?? new Uint8Array(),
    type,
    master: numberIn(bytes, attributes.get(LinkAttribute.master)) ?? 0,
    vrfTable: ofVrf && numberIn(bytes, ofVrf.get(vrfTableAttribute)),
    transmitDropped: statistics && counterIn(bytes, statistics, transmitDroppedAt),
  };
}

/** A 64-bit counter; exact up to 2^53. */
function counterIn(bytes: Bytes, { start, end }: Span, offset: number): number | undefined {
  if (start + offset + 8 > end) return undefined;
  return readLittle32(bytes, start + offset) + readLittle32(bytes, start + offset + 4) * 2 ** 32;
}

/** RTM_NEWADDR or RTM_DELADDR; undefined when it is damaged or of no IP family. */
export function readAddress(bytes: Bytes, message: NetlinkMessage): AddressMessage | undefined {
  const attributes = attributesBehind(bytes, message, addressHeaderBytes);
  // On a point-to-point link ADDRESS is the peer's; IPv6 has no LOCAL without a peer.
  const own = attributes?.get(AddressAttribute.local) ?? attributes?.get(AddressAttribute.address);
  const address = addressIn(bytes, own);
  const length = bytes[message.start + 1] as number;
  if (attributes === undefined || address === undefined || length > addressBits(address)) return undefined;
  return {
    kind: 'address',
    gone: message.type === RtnetlinkType.deleteAddress,
    index: readLittle32(bytes, message.start + 4),
    prefix: { ...address, length },
    flags: numberIn(bytes, attributes.get(AddressAttribute.flags)) ?? (bytes[message.start + 2] as number),
    scope: bytes[message.start + 3] as number,
  };
}

/** RTM_NEWNEIGH or RTM_DELNEIGH; undefined when it is damaged or of no IP family (bridges have such entries too). */
export function readNeighbor(bytes: Bytes, message: NetlinkMessage): NeighborMessage | undefined {
  const attributes = attributesBehind(bytes, message, neighborHeaderBytes);
  const address = addressIn(bytes, attributes?.get(NeighborAttribute.destination));
  const family = bytes[message.start];
  const isIp = family === AddressFamily.ipv4 || family === AddressFamily.ipv6;
  if (attributes === undefined || address === undefined || !isIp) return undefined;
  const mac = attributes.get(NeighborAttribute.mac);
  return {
    kind: 'neighbor',
    gone: message.type === RtnetlinkType.deleteNeighbor,
    index: readLittle32(bytes, message.start + 4),
    address,
    mac: mac !== undefined && mac.end - mac.start === 6 ? bytesIn(bytes, mac) : undefined,
    state: readLittle16(bytes, message.start + 8),
    flags: bytes[message.start + 10] as number,
  };
}

const acknowledged = NetlinkFlag.request | NetlinkFlag.ack;

/** Asks for all links, addresses or neighbours, in a request that the kernel takes for every type. */
export function dumpRequest(type: number, sequence: number): Uint8Array {
  const flags = NetlinkFlag.request | NetlinkFlag.dump;
  if (type === RtnetlinkType.getLink) {
    return buildMessage(
      type,
      flags,
      sequence,
      linkHeader(0, 0, 0),
      numberAttribute(LinkAttribute.mask, skipStatistics),
    );
  }
  const headerBytes = type === RtnetlinkType.getNexthop || type === RtnetlinkType.getAddress ? addressHeaderBytes : 12;
  return buildMessage(type, flags, sequence, new Uint8Array(headerBytes));
}

/** RTEXT_FILTER_SKIP_STATS: a link with counters takes twice the bytes. */
const skipStatistics = 8;

/** Asks for one link by its name, counters included. */
export function linkRequest(name: string, sequence: number): Uint8Array {
  return buildMessage(
    RtnetlinkType.getLink,
    NetlinkFlag.request,
    sequence,
    linkHeader(0, 0, 0),
    textAttribute(LinkAttribute.name, name),
  );
}

export interface LinkSettings {
  readonly up?: boolean | undefined;
  readonly mtu?: number | undefined;
  readonly mac?: Bytes | undefined;
}

/** Changes a link; what is undefined stays. */
export function setLinkRequest(index: number, settings: LinkSettings, sequence: number): Uint8Array {
  const { up, mtu, mac } = settings;
  return buildMessage(
    RtnetlinkType.setLink,
    acknowledged,
    sequence,
    linkHeader(index, up === true ? LinkFlag.up : 0, up === undefined ? 0 : LinkFlag.up),
    ...(mtu === undefined ? [] : [numberAttribute(LinkAttribute.mtu, mtu)]),
    ...(mac === undefined ? [] : [attribute(LinkAttribute.mac, mac)]),
  );
}

function linkHeader(index: number, flags: number, change: number): Uint8Array {
  const header = new Uint8Array(linkHeaderBytes);
  writeLittle32(header, 4, index);
  writeLittle32(header, 8, flags);
  writeLittle32(header, 12, change);
  return header;
}

/** IFA_F_NODAD: the address works at once, without duplicate address detection. */
const noDetection = 0x02;

/** Adds an address to a link. One that is there already is left as it is. IPv6 works at once (no DAD). */
export function newAddressRequest(index: number, prefix: IpPrefix, sequence: number): Uint8Array {
  const bytes = addressBytes(prefix);
  const isIpv4 = prefix.family === 4;
  return buildMessage(
    RtnetlinkType.newAddress,
    acknowledged | NetlinkFlag.create | NetlinkFlag.replace,
    sequence,
    addressHeader(index, prefix),
    attribute(AddressAttribute.local, bytes),
    attribute(AddressAttribute.address, bytes),
    ...(isIpv4 && prefix.length < 31 ? [attribute(AddressAttribute.broadcast, broadcastOf(prefix))] : []),
    ...(isIpv4 ? [] : [numberAttribute(AddressAttribute.flags, noDetection)]),
  );
}

export function deleteAddressRequest(index: number, prefix: IpPrefix, sequence: number): Uint8Array {
  return buildMessage(
    RtnetlinkType.deleteAddress,
    acknowledged,
    sequence,
    addressHeader(index, prefix),
    attribute(AddressAttribute.local, addressBytes(prefix)),
  );
}

function addressHeader(index: number, prefix: IpPrefix): Uint8Array {
  const header = new Uint8Array(addressHeaderBytes);
  header[0] = prefix.family === 4 ? AddressFamily.ipv4 : AddressFamily.ipv6;
  header[1] = prefix.length;
  writeLittle32(header, 4, index);
  return header;
}

function broadcastOf(prefix: IpPrefix): Uint8Array {
  const [word] = prefix.words;
  return addressBytes({ family: 4, words: [((word as number) | (0xffff_ffff >>> prefix.length)) >>> 0] });
}

/** NUD_PERMANENT: an entry that only its maker removes. */
const permanent = 0x80;

/** Adds a permanent neighbour, or replaces the one that is there. */
export function newNeighborRequest(index: number, address: IpAddress, mac: Bytes, sequence: number): Uint8Array {
  return buildMessage(
    RtnetlinkType.newNeighbor,
    acknowledged | NetlinkFlag.create | NetlinkFlag.replace,
    sequence,
    neighborHeader(index, address, permanent),
    attribute(NeighborAttribute.destination, addressBytes(address)),
    attribute(NeighborAttribute.mac, mac),
  );
}

export function deleteNeighborRequest(index: number, address: IpAddress, sequence: number): Uint8Array {
  return buildMessage(
    RtnetlinkType.deleteNeighbor,
    acknowledged,
    sequence,
    neighborHeader(index, address, 0),
    attribute(NeighborAttribute.destination, addressBytes(address)),
  );
}

function neighborHeader(index: number, address: IpAddress, state: number): Uint8Array {
  const header = new Uint8Array(neighborHeaderBytes);
  header[0] = address.family === 4 ? AddressFamily.ipv4 : AddressFamily.ipv6;
  writeLittle32(header, 4, index);
  writeLittle16(header, 8, state);
  return header;
}
