// Zebra's side of FPM for tests: its messages, and a client that sends them. Put together after what zebra's
// dplane_fpm_nl sends.
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { type IpAddress, type IpPrefix, parseAddress, parsePrefix } from '../../src/wire/address.ts';
import { attribute, buildMessage, nestedAttribute, numberAttribute, writeLittle32 } from '../../src/wire/netlink.ts';
import { AddressFamily, addressBytes, RtnetlinkType } from '../../src/wire/rtnetlink.ts';

export interface HopText {
  readonly via?: string;
  readonly dev?: number;
  /** Pushed, outermost first; of a label: what takes its place. */
  readonly labels?: readonly number[];
  readonly weight?: number;
}

export interface RouteText extends HopText {
  readonly hops?: readonly HopText[];
  readonly table?: number;
  readonly metric?: number;
  /** RTN_*. */
  readonly type?: number;
  readonly nexthop?: number;
  /** LWTUNNEL_ENCAP_*, none of ours. */
  readonly tunnel?: number;
}

export const addressOf = (text: string): IpAddress => parseAddress(text) as IpAddress;
export const prefixOf = (text: string): IpPrefix => parsePrefix(text) as IpPrefix;

function stack(labels: readonly number[]): Uint8Array {
  const bytes = labels.flatMap((label, i) => {
    return [label >>> 12, (label >>> 4) & 255, ((label & 15) << 4) | Number(i + 1 === labels.length), 0];
  });
  return Uint8Array.from(bytes);
}

/** Where it goes: of a prefix (with the family of the destination) or of a label. */
function hopAttributes({ via, labels = [] }: HopText, family: 4 | 6 | 'mpls'): Uint8Array[] {
  const all: Uint8Array[] = [];
  if (via !== undefined) {
    const address = addressOf(via);
    const bytes = addressBytes(address);
    const viaFamily = address.family === 4 ? AddressFamily.ipv4 : AddressFamily.ipv6;
    all.push(address.family === family ? attribute(5, bytes) : attribute(18, Uint8Array.of(viaFamily, 0, ...bytes)));
  }
  if (labels.length > 0 && family === 'mpls') all.push(attribute(19, stack(labels)));
  if (labels.length > 0 && family !== 'mpls') {
    all.push(attribute(21, Uint8Array.of(1, 0)), nestedAttribute(22, attribute(1, stack(labels))));
  }
  return all;
}

function allHops(route: RouteText, family: 4 | 6 | 'mpls'): Uint8Array[] {
  const { hops, dev } = route;
  if (hops === undefined)
    return [...hopAttributes(route, family), ...(dev === undefined ? [] : [numberAttribute(4, dev)])];
  const entries = hops.flatMap((hop) => {
    const inner = hopAttributes(hop, family).flatMap((each) => [...each]);
    const head = new Uint8Array(8);
    head[0] = 8 + inner.length;
    head[3] = (hop.weight ?? 1) - 1;
    writeLittle32(head, 4, hop.dev ?? 0);
    return [...head, ...inner];
  });
  return [attribute(9, Uint8Array.from(entries))];
}

function message(
  kind: number,
  family: 4 | 6 | 'mpls',
  length: number,
  destination: Uint8Array,
  route: RouteText,
): Uint8Array {
  const { table = 254, type = 1, metric = 20, nexthop, tunnel } = route;
  const header = Uint8Array.of(0, length, 0, 0, table < 256 ? table : 0, 186, 0, type, 0, 0, 0, 0);
  header[0] = family === 'mpls' ? AddressFamily.mpls : family === 4 ? AddressFamily.ipv4 : AddressFamily.ipv6;
  return buildMessage(
    kind,
    kind === RtnetlinkType.newRoute ? 0x501 : 1,
    0,
    header,
    attribute(1, destination),
    numberAttribute(6, metric),
    ...(table < 256 ? [] : [numberAttribute(15, table)]),
    ...(nexthop === undefined ? [] : [numberAttribute(30, nexthop)]),
    ...(tunnel === undefined ? [] : [attribute(21, Uint8Array.of(tunnel, 0))]),
    ...allHops(route, family),
  );
}

export function newRoute(text: string, route: RouteText): Uint8Array {
  const prefix = prefixOf(text);
  return message(RtnetlinkType.newRoute, prefix.family, prefix.length, addressBytes(prefix), route);
}

export function deleteRoute(text: string, table = 254): Uint8Array {
  const prefix = prefixOf(text);
  return message(RtnetlinkType.deleteRoute, prefix.family, prefix.length, addressBytes(prefix), { table });
}

export function newLabel(label: number, route: RouteText): Uint8Array {
  return message(RtnetlinkType.newRoute, 'mpls', 20, stack([label]), route);
}

export function deleteLabel(label: number): Uint8Array {
  return message(RtnetlinkType.deleteRoute, 'mpls', 20, stack([label]), {});
}

const nexthopHeader = Uint8Array.of(AddressFamily.ipv4, 0, 11, 0, 0, 0, 0, 0);

export function newNexthop(
  id: number,
  { via, dev, labels = [] }: HopText & { readonly blackhole?: boolean },
): Uint8Array {
  return buildMessage(
    RtnetlinkType.newNexthop,
    0x501,
    0,
    nexthopHeader,
    numberAttribute(1, id),
    ...(via === undefined ? [attribute(4, new Uint8Array())] : [attribute(6, addressBytes(addressOf(via)))]),
    ...(dev === undefined ? [] : [numberAttribute(5, dev)]),
    ...(labels.length === 0
      ? []
      : [attribute(7, Uint8Array.of(1, 0)), nestedAttribute(8, attribute(1, stack(labels)))]),
  );
}

/** `{7: 2, 8: 1}`: members with their weights. */
export function newGroup(id: number, members: Readonly<Record<number, number>>): Uint8Array {
  const entries = Object.entries(members).flatMap(([member, weight]) => {
    const entry = new Uint8Array(8);
    writeLittle32(entry, 0, Number(member));
    entry[4] = weight - 1;
    return [...entry];
  });
  return buildMessage(
    RtnetlinkType.newNexthop,
    0x501,
    0,
    new Uint8Array(8),
    numberAttribute(1, id),
    attribute(2, Uint8Array.from(entries)),
  );
}

export function deleteNexthop(id: number): Uint8Array {
  return buildMessage(RtnetlinkType.deleteNexthop, 1, 0, nexthopHeader, numberAttribute(1, id));
}

/** A frame of FPM with these messages. */
export function fpmFrame(...messages: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(messages);
  const length = body.length + 4;
  return Buffer.concat([Uint8Array.of(1, 1, length >>> 8, length), body]);
}

/** A zebra that is connected. */
export class FakeZebra {
  readonly socket: Socket;
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.resume();
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<FakeZebra> {
    const socket = createConnection({ port, host, noDelay: true });
    await once(socket, 'connect');
    return new FakeZebra(socket);
  }

  /** A frame for each. */
  send(...messages: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(messages.map((each) => fpmFrame(each))));
  }

  raw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  close(): void {
    this.socket.destroy();
  }
}
