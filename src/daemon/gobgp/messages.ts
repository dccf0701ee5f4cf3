// The calls of GoBGP's API that the adapter makes (gobgp.proto of 3.10): requests as bytes, answers read. Relies on
// protobuf.ts and path-reader.ts.
import { formatAddress, type IpPrefix } from '../../wire/address.ts';
import { Afi, PathReader, Safi } from './path-reader.ts';
import { Reader, Writer } from './protobuf.ts';

const service = '/apipb.GobgpApi';
export const Call = {
  watch: `${service}/WatchEvent`,
  peers: `${service}/ListPeer`,
  vrfs: `${service}/ListVrf`,
  paths: `${service}/ListPath`,
  add: `${service}/AddPathStream`,
} as const;

/** Kinds of tables in requests. */
const adjacencyIn = 2;
const established = 6;

export const vpnNlri = 'LabeledVPNIPAddressPrefix';

/** Changes of best paths, all there are to begin with, and of peers. */
export function watchBestRequest(): Uint8Array {
  const filter = new Writer().number(1, 0).number(2, 1).done();
  return new Writer().message(1, []).message(2, new Writer().message(1, filter).done()).done();
}

/** Paths as they come in from peers and have passed GoBGP's import policy; those that are there already are listed. */
export function watchAcceptedRequest(): Uint8Array {
  const filter = new Writer().number(1, 2).done();
  return new Writer().message(2, new Writer().message(1, filter).done()).done();
}

/** What a peer has told, with what GoBGP's policy refuses marked. */
export function pathsOfPeerRequest(peer: string, afi: number): Uint8Array {
  const family = new Writer().number(1, afi).number(2, Safi.unicast).done();
  return new Writer().number(1, adjacencyIn).text(2, peer).message(3, family).number(6, 1).done();
}

/** Peers: of an address, or all. */
export function peersRequest(address: string): Uint8Array {
  return new Writer().text(1, address).done();
}

export const vrfsRequest = (): Uint8Array => new Uint8Array(0);

export interface PeerMessage {
  readonly address: string;
  /** Empty: none, or not told. */
  readonly vrf: string;
  readonly isUp: boolean;
}

export interface VrfMessage {
  readonly name: string;
  /** An Any, as it is sent on. */
  readonly distinguisher: Uint8Array;
  /** Each an Any. */
  readonly exportTargets: readonly Uint8Array[];
}

/** An event: one of a peer, the mark that all peers have been told, or a list of paths that is read on with `next`. */
export class EventReader {
  readonly kind: 'peer' | 'peers-told' | 'paths' | 'nothing';
  readonly peer: PeerMessage | undefined;
  readonly path: PathReader;
  readonly #reader: Reader;
  readonly #end: number = 0;
  #at = 0;

  /** Throws MessageError. */
  constructor(bytes: Buffer) {
    const reader = new Reader(bytes);
    this.#reader = reader;
    this.path = new PathReader(reader);
    let kind: EventReader['kind'] = 'nothing';
    while (reader.next(bytes.length)) {
      if (!reader.isBytes) continue;
      if (reader.is(3)) {
        kind = 'paths';
        this.#at = reader.start;
        this.#end = reader.stop;
      } else if (reader.is(2)) {
        const end = reader.stop;
        reader.at = reader.start;
        let type = 0;
        while (reader.next(end)) {
          if (reader.is(1)) type = reader.value;
          else if (reader.holds(2)) {
            const after = reader.stop;
            this.peer = readPeer(reader, reader.start, after);
            reader.at = after;
          }
        }
        kind = type === 2 ? 'peers-told' : 'peer';
      }
    }
    this.kind = kind;
  }

  /** Goes to the next path; false at the end. Throws MessageError. */
  next(): boolean {
    const reader = this.#reader;
    reader.at = this.#at;
    while (reader.next(this.#end)) {
      this.#at = reader.at;
      if (!reader.holds(2)) continue;
      const { start, stop } = reader;
      reader.at = start;
      this.path.open(stop);
      return true;
    }
    this.#at = this.#end;
    return false;
  }
}

function readPeer(reader: Reader, start: number, end: number): PeerMessage {
  let address = '';
  let vrf = '';
  let isUp = false;
  reader.at = start;
  while (reader.next(end)) {
    if (!reader.isBytes || !(reader.is(2) || reader.is(5))) continue;
    const isConfiguration = reader.is(2);
    const after = reader.stop;
    reader.at = reader.start;
    while (reader.next(after)) {
      if (!isConfiguration && reader.is(13)) isUp = reader.value === established;
      // A peer of a dynamic group has its address in its state alone.
      else if (!isConfiguration && reader.holds(5)) address ||= reader.text();
      else if (isConfiguration && reader.holds(4)) address = reader.text() || address;
      else if (isConfiguration && reader.holds(12)) vrf = reader.text();
    }
    reader.at = after;
  }
  return { address, vrf, isUp };
}

/** An answer about peers. Throws MessageError. */
export function readPeerAnswer(bytes: Buffer): PeerMessage | undefined {
  const reader = new Reader(bytes);
  while (reader.next(bytes.length)) {
    if (reader.holds(1)) return readPeer(reader, reader.start, reader.stop);
  }
  return undefined;
}

/** An answer about VRFs. Throws MessageError. */
export function readVrfAnswer(bytes: Buffer): VrfMessage | undefined {
  const reader = new Reader(bytes);
  while (reader.next(bytes.length)) {
    if (!reader.holds(1)) continue;
    const end = reader.stop;
    let name = '';
    let distinguisher: Uint8Array = new Uint8Array(0);
    const exportTargets: Uint8Array[] = [];
    reader.at = reader.start;
    while (reader.next(end)) {
      if (!reader.isBytes) continue;
      if (reader.is(1)) name = reader.text();
      else if (reader.is(2)) distinguisher = bytes.slice(reader.start, reader.stop);
      else if (reader.is(4)) exportTargets.push(bytes.slice(reader.start, reader.stop));
    }
    return { name, distinguisher, exportTargets };
  }
  return undefined;
}

/** An answer about paths: hands each to `visit`. Throws MessageError. */
export function readPathAnswer(bytes: Buffer, visit: (path: PathReader) => void): void {
  const reader = new Reader(bytes);
  const path = new PathReader(reader);
  while (reader.next(bytes.length)) {
    if (!reader.holds(1)) continue;
    const end = reader.stop;
    reader.at = reader.start;
    while (reader.next(end)) {
      if (!reader.holds(2)) continue;
      const after = reader.stop;
      reader.at = reader.start;
      path.open(after);
      visit(path);
      reader.at = after;
    }
  }
}

export function anyOf(kind: string, value: ArrayLike<number>): Uint8Array {
  const writer = new Writer().text(1, `type.googleapis.com/apipb.${kind}`);
  return (value.length === 0 ? writer : writer.message(2, value)).done();
}

/** A route target of the configuration, or a route distinguisher: its three forms (RFC 4360, 4364 section 4.2). */
function partsOf(text: string): {
  readonly form: 'as2' | 'ip' | 'as4';
  readonly administrator: string;
  readonly assigned: number;
} {
  const colon = text.lastIndexOf(':');
  const administrator = text.slice(0, colon);
  const assigned = Number(text.slice(colon + 1));
  if (administrator.includes('.')) return { form: 'ip', administrator, assigned };
  return { form: Number(administrator) > 0xffff ? 'as4' : 'as2', administrator, assigned };
}

export function distinguisherOf(text: string): Uint8Array {
  const { form, administrator, assigned } = partsOf(text);
  const writer = new Writer();
  if (form === 'ip') {
    return anyOf('RouteDistinguisherIPAddress', writer.text(1, administrator).number(2, assigned).done());
  }
  const value = writer.number(1, Number(administrator)).number(2, assigned).done();
  return anyOf(form === 'as4' ? 'RouteDistinguisherFourOctetASN' : 'RouteDistinguisherTwoOctetASN', value);
}

/** An extended community. */
export function targetOf(text: string): Uint8Array {
  const { form, administrator, assigned } = partsOf(text);
  const writer = new Writer().number(1, 1).number(2, 2);
  if (form === 'ip') {
    return anyOf('IPv4AddressSpecificExtended', writer.text(3, administrator).number(4, assigned).done());
  }
  const value = writer.number(3, Number(administrator)).number(4, assigned).done();
  return anyOf(form === 'as4' ? 'FourOctetAsSpecificExtended' : 'TwoOctetAsSpecificExtended', value);
}

/** Extended communities by what they are; each is an Any. */
export interface Communities {
  /** Route targets, as the configuration writes them. */
  readonly targets: readonly string[];
  /** All others, as they are sent on. */
  readonly others: readonly Uint8Array[];
}

/** Throws MessageError. */
export function readCommunities(bytes: Buffer, start: number, stop: number): Communities {
  const reader = new Reader(bytes);
  const targets: string[] = [];
  const others: Uint8Array[] = [];
  reader.at = start;
  while (reader.next(stop)) {
    if (!reader.holds(1)) continue;
    const first = reader.start;
    const after = reader.stop;
    const target = targetAt(reader, first, after);
    if (target === undefined) others.push(bytes.slice(first, after));
    else targets.push(target);
    reader.at = after;
  }
  return { targets, others };
}

function targetAt(reader: Reader, start: number, stop: number): string | undefined {
  let kind = '';
  let valueStart = 0;
  let valueStop = 0;
  reader.at = start;
  while (reader.next(stop)) {
    if (!reader.isBytes) continue;
    if (reader.is(1)) kind = reader.text();
    else if (reader.is(2)) {
      valueStart = reader.start;
      valueStop = reader.stop;
    }
  }
  let subtype = 0;
  let administrator = '';
  let asn = 0;
  let assigned = 0;
  reader.at = valueStart;
  while (reader.next(valueStop)) {
    if (reader.is(2)) subtype = reader.value;
    else if (reader.holds(3)) administrator = reader.text();
    else if (reader.is(3)) asn = reader.value;
    else if (reader.is(4)) assigned = reader.value;
  }
  if (subtype !== 2) return undefined;
  if (kind.endsWith('.TwoOctetAsSpecificExtended')) return `${asn}:${assigned}`;
  if (kind.endsWith('.IPv4AddressSpecificExtended')) return `${administrator}:${assigned}`;
  // The four-octet form of a small AS number is another target than the two-octet one; the configuration cannot name it.
  if (kind.endsWith('.FourOctetAsSpecificExtended')) return asn > 0xffff ? `${asn}:${assigned}` : undefined;
  return undefined;
}

/** What one PE tells the others of a prefix. */
export interface ExportedPath {
  readonly prefix: IpPrefix;
  /** An Any. */
  readonly distinguisher: Uint8Array;
  readonly label: number;
  readonly nextHop: string;
  /** Each an Any: what the CE has told besides, and route targets. */
  readonly attributes: readonly Uint8Array[];
}

export function encodePath(path: ExportedPath, isWithdrawal: boolean): Uint8Array {
  const { prefix, distinguisher, label, nextHop, attributes } = path;
  const nlri = new Writer()
    .packed(1, [label])
    .message(2, distinguisher)
    .number(3, prefix.length)
    .text(4, formatAddress(prefix))
    .done();
  const writer = new Writer().message(1, anyOf(vpnNlri, nlri));
  for (const attribute of attributes) writer.message(2, attribute);
  writer.message(2, anyOf('NextHopAttribute', new Writer().text(1, nextHop).done()));
  const family = new Writer()
    .number(1, prefix.family === 4 ? Afi.ip : Afi.ip6)
    .number(2, Safi.vpn)
    .done();
  return writer
    .number(5, isWithdrawal ? 1 : 0)
    .message(9, family)
    .done();
}

/** Of the source `incomplete`, for what no CE has told: an ORIGIN and the AS path of this AS alone. */
export function ownAttributes(): Uint8Array[] {
  return [anyOf('OriginAttribute', new Writer().number(1, 2).done())];
}

export function communitiesOf(communities: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const each of communities) writer.message(1, each);
  return anyOf('ExtendedCommunitiesAttribute', writer.done());
}

/** Paths of one message of the call `add`. */
export function addPathsRequest(paths: readonly Uint8Array[]): Uint8Array {
  const writer = new Writer();
  for (const path of paths) writer.message(3, path);
  return writer.done();
}
