// Routes and next hops as the kernel and zebra (through FPM) tell of them: IPv4, IPv6 and MPLS, with the labels that each
// hop pushes. Relies on ./netlink.ts for messages and attributes. Nothing here throws, whatever the bytes say.
import { addressBits, type IpAddress, type IpPrefix } from './address.ts';
import { type Bytes, read32 } from './bytes.ts';
import { bottomAt, entryBytes, labelAt } from './mpls.ts';
import {
  type Attributes,
  aligned,
  NetlinkFlag,
  type NetlinkMessage,
  numberIn,
  readAttributes,
  readLittle16,
  type Span,
} from './netlink.ts';
import { AddressFamily, addressIn, attributesBehind, RtnetlinkType } from './rtnetlink.ts';

/** RTN_*: what a route does. */
export const RouteAction = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
} as const;

/** RTNH_F_* of a hop. */
export const HopFlag = { dead: 1, onLink: 4, linkDown: 16 } as const;

/** One way to go. */
export interface RouteHop {
  /** Interface; 0: not said. */
  readonly index: number;
  /** Undefined: the destination itself is on the link. */
  readonly via: IpAddress | undefined;
  /** Labels to be pushed, outermost first; of an MPLS route: those that replace the one looked up, none: it is popped. */
  readonly labels: readonly number[];
  /** From 1. */
  readonly weight: number;
  readonly flags: number;
  /** A tunnel of a kind that is none of ours (LWTUNNEL_ENCAP_*); 0: none, or MPLS. */
  readonly foreignTunnel: number;
}

export interface RouteMessage {
  readonly kind: 'route';
  readonly gone: boolean;
  /** It takes the place of the route of this prefix, table and metric. */
  readonly replaces: boolean;
  readonly table: number;
  /** RTPROT_*: who made it (2 kernel, 11 zebra, 186 BGP, 188 OSPF …). */
  readonly protocol: number;
  readonly scope: number;
  /** See `RouteAction`. */
  readonly action: number;
  /** Lower is better. */
  readonly metric: number;
  /** The destination; undefined: this is an MPLS route. */
  readonly prefix: IpPrefix | undefined;
  /** The incoming label of an MPLS route. */
  readonly label: number | undefined;
  /** Next hops are those of this next hop or group; 0: they are in `hops`. */
  readonly nexthopId: number;
  readonly hops: readonly RouteHop[];
}

export interface NexthopMessage {
  readonly kind: 'nexthop';
  readonly gone: boolean;
  readonly id: number;
  readonly isBlackhole: boolean;
  /** Undefined for a group. */
  readonly hop: RouteHop | undefined;
  /** Members of a group with their weights, from 1. */
  readonly group: readonly { readonly id: number; readonly weight: number }[];
}

const routeHeaderBytes = 12;
const hopHeaderBytes = 8;
const nexthopHeaderBytes = 8;
const groupEntryBytes = 8;

const RouteAttribute = {
  destination: 1,
  interface: 4,
  gateway: 5,
  priority: 6,
  multipath: 9,
  table: 15,
  via: 18,
  newDestination: 19,
  tunnelType: 21,
  tunnel: 22,
  nexthopId: 30,
} as const;
const NexthopAttribute = { id: 1, group: 2, blackhole: 4, interface: 5, gateway: 6, tunnelType: 7, tunnel: 8 } as const;
const mplsTunnel = 1;
const mplsTunnelLabels = 1;

/** Labels of a stack; undefined when it is no whole number of entries or goes on behind its bottom. */
function labelsIn(bytes: Bytes, { start, end }: Span): number[] | undefined {
  if ((end - start) % entryBytes !== 0) return undefined;
  const labels: number[] = [];
  for (let at = start; at < end; at += entryBytes) {
    labels.push(labelAt(bytes, at));
    if (bottomAt(bytes, at) !== (at + entryBytes === end)) return undefined;
  }
  return labels;
}

/** Labels that an encapsulation pushes; none without one; undefined: damaged. */
function tunnelLabels(bytes: Bytes, type: number, tunnel: Span | undefined): number[] | undefined {
  if (type !== mplsTunnel) return [];
  const inner = tunnel && readAttributes(bytes, tunnel.start, tunnel.end);
  const stack = inner?.get(mplsTunnelLabels);
  return stack && labelsIn(bytes, stack);
}

function tunnelTypeIn(bytes: Bytes, span: Span | undefined): number {
  return span === undefined || span.end - span.start < 2 ? 0 : readLittle16(bytes, span.start);
}

/** RTA_VIA: a family and its address, which need not be that of the destination (RFC 5549; MPLS next hops). */
function viaIn(bytes: Bytes, span: Span): IpAddress | undefined {
  if (span.start + 2 > span.end) return undefined;
  const address = addressIn(bytes, { start: span.start + 2, end: span.end });
  const family = address?.family === 4 ? AddressFamily.ipv4 : AddressFamily.ipv6;
  return readLittle16(bytes, span.start) === family ? address : undefined;
}

/** A hop of the attributes of a route, or of one entry of RTA_MULTIPATH; undefined: damaged. */
function routeHop(
  bytes: Bytes,
  attributes: Attributes,
  index: number,
  weight: number,
  flags: number,
): RouteHop | undefined {
  const viaSpan = attributes.get(RouteAttribute.via);
  const gateway = attributes.get(RouteAttribute.gateway);
  const via = viaSpan === undefined ? addressIn(bytes, gateway) : viaIn(bytes, viaSpan);
  if (via === undefined && (viaSpan ?? gateway) !== undefined) return undefined;
  const tunnelType = tunnelTypeIn(bytes, attributes.get(RouteAttribute.tunnelType));
  const swapped = attributes.get(RouteAttribute.newDestination);
  const labels =
    swapped === undefined
      ? tunnelLabels(bytes, tunnelType, attributes.get(RouteAttribute.tunnel))
      : labelsIn(bytes, swapped);
  if (labels === undefined) return undefined;
  return { index, via, labels, weight, flags, foreignTunnel: tunnelType === mplsTunnel ? 0 : tunnelType };
}

/** The entries of RTA_MULTIPATH; undefined: damaged. */
function multipathHops(bytes: Bytes, { start, end }: Span): RouteHop[] | undefined {
  const hops: RouteHop[] = [];
  for (let at = start; at < end; ) {
    const length = at + hopHeaderBytes > end ? 0 : readLittle16(bytes, at);
    if (length < hopHeaderBytes || at + length > end) return undefined;
    const attributes = readAttributes(bytes, at + hopHeaderBytes, at + length);
    const index = numberIn(bytes, { start: at + 4, end }) ?? 0;
    const weight = (bytes[at + 3] as number) + 1;
    const hop = attributes && routeHop(bytes, attributes, index, weight, bytes[at + 2] as number);
    if (hop === undefined) return undefined;
    hops.push(hop);
    at += aligned(length);
  }
  return hops;
}

function hopsOf(bytes: Bytes, attributes: Attributes, flags: number): readonly RouteHop[] | undefined {
  const multipath = attributes.get(RouteAttribute.multipath);
  if (multipath !== undefined) return multipathHops(bytes, multipath);
  const index = numberIn(bytes, attributes.get(RouteAttribute.interface)) ?? 0;
  const hop = routeHop(bytes, attributes, index, 1, flags);
  if (hop === undefined) return undefined;
  return index === 0 && hop.via === undefined && hop.labels.length === 0 ? [] : [hop];
}

interface Destination {
  readonly prefix: IpPrefix | undefined;
  readonly label: number | undefined;
}

/** Where a route leads to; undefined: damaged, or of another family. */
function destinationOf(bytes: Bytes, start: number, attributes: Attributes): Destination | undefined {
  const family = bytes[start];
  const length = bytes[start + 1] as number;
  const span = attributes.get(RouteAttribute.destination);
  if (family === AddressFamily.mpls) {
    if (span === undefined || span.end - span.start !== entryBytes) return undefined;
    return { prefix: undefined, label: read32(bytes, span.start) >>> 12 };
  }
  if (family !== AddressFamily.ipv4 && family !== AddressFamily.ipv6) return undefined;
  const words = family === AddressFamily.ipv4 ? 1 : 4;
  // Without a destination it is the default route.
  const none: IpAddress = { family: words === 1 ? 4 : 6, words: new Array<number>(words).fill(0) };
  const address = span === undefined ? none : addressIn(bytes, span);
  if (address === undefined || address.words.length !== words || length > addressBits(address)) return undefined;
  if (span === undefined && length > 0) return undefined;
  return { prefix: { ...address, length }, label: undefined };
}

/** RTM_NEWROUTE or RTM_DELROUTE; undefined when it is damaged, or of another family (multicast has such messages too). */
export function readRoute(bytes: Bytes, message: NetlinkMessage): RouteMessage | undefined {
  const { start } = message;
  const attributes = attributesBehind(bytes, message, routeHeaderBytes);
  const destination = attributes && destinationOf(bytes, start, attributes);
  if (attributes === undefined || destination === undefined) return undefined;
  const hops = hopsOf(bytes, attributes, bytes[start + 8] as number);
  if (hops === undefined) return undefined;
  return {
    kind: 'route',
    gone: message.type === RtnetlinkType.deleteRoute,
    replaces: (message.flags & NetlinkFlag.replace) !== 0,
    table: numberIn(bytes, attributes.get(RouteAttribute.table)) ?? (bytes[start + 4] as number),
    protocol: bytes[start + 5] as number,
    scope: bytes[start + 6] as number,
    action: bytes[start + 7] as number,
    metric: numberIn(bytes, attributes.get(RouteAttribute.priority)) ?? 0,
    ...destination,
    nexthopId: numberIn(bytes, attributes.get(RouteAttribute.nexthopId)) ?? 0,
    hops,
  };
}

/** The members of a group; undefined: damaged. */
function groupIn(bytes: Bytes, span: Span | undefined): { id: number; weight: number }[] | undefined {
  if (span === undefined) return [];
  if ((span.end - span.start) % groupEntryBytes !== 0) return undefined;
  const group: { id: number; weight: number }[] = [];
  for (let at = span.start; at < span.end; at += groupEntryBytes) {
    // Kernels from 6.12 on have the upper half of a weight in the byte behind, zero before.
    const weight = ((bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8)) + 1;
    group.push({ id: numberIn(bytes, { start: at, end: span.end }) ?? 0, weight });
  }
  return group;
}

/** RTM_NEWNEXTHOP or RTM_DELNEXTHOP; undefined when it is damaged or has no id. */
export function readNexthop(bytes: Bytes, message: NetlinkMessage): NexthopMessage | undefined {
  const attributes = attributesBehind(bytes, message, nexthopHeaderBytes);
  const id = attributes && numberIn(bytes, attributes.get(NexthopAttribute.id));
  const group = attributes && groupIn(bytes, attributes.get(NexthopAttribute.group));
  if (attributes === undefined || id === undefined || group === undefined) return undefined;
  const gateway = attributes.get(NexthopAttribute.gateway);
  const via = addressIn(bytes, gateway);
  const tunnelType = tunnelTypeIn(bytes, attributes.get(NexthopAttribute.tunnelType));
  const labels = tunnelLabels(bytes, tunnelType, attributes.get(NexthopAttribute.tunnel));
  if (labels === undefined || (gateway !== undefined && via === undefined)) return undefined;
  const gone = message.type === RtnetlinkType.deleteNexthop;
  const index = numberIn(bytes, attributes.get(NexthopAttribute.interface)) ?? 0;
  const isHop = group.length === 0 && (index !== 0 || via !== undefined);
  const foreignTunnel = tunnelType === mplsTunnel ? 0 : tunnelType;
  const flags = bytes[message.start + 4] as number;
  return {
    kind: 'nexthop',
    gone,
    id,
    isBlackhole: attributes.has(NexthopAttribute.blackhole),
    hop: isHop ? { index, via, labels, weight: 1, flags, foreignTunnel } : undefined,
    group,
  };
}
