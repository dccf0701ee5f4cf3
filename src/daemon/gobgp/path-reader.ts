// A path of GoBGP's API (gobgp.proto and attribute.proto of 3.10), read straight from the bytes of a message: 100,000 paths
// are 80 MB of them, and through generic objects took 8 s. Numbers of fields are those of its own descriptors.
import { type IpAddress, maskWord, parseAddress, unmapAddress } from '../../wire/address.ts';
import { hasBytes, MessageError, type Reader, textOf } from './protobuf.ts';

export const Afi = { ip: 1, ip6: 2 } as const;
export const Safi = { unicast: 1, labelled: 4, vpn: 128 } as const;

/** Of the fields of `Path`. */
const PathField = {
  nlri: 1,
  attributes: 2,
  isWithdrawal: 5,
  family: 9,
  isFiltered: 12,
  neighbor: 15,
} as const;

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const named = (name: string): Uint8Array => ascii(`type.googleapis.com/apipb.${name}`);
const Kind = {
  origin: named('OriginAttribute'),
  asPath: named('AsPathAttribute'),
  nextHop: named('NextHopAttribute'),
  med: named('MultiExitDiscAttribute'),
  localPreference: named('LocalPrefAttribute'),
  reach: named('MpReachNLRIAttribute'),
  communities: named('ExtendedCommunitiesAttribute'),
  vpn: named('LabeledVPNIPAddressPrefix'),
  labelled: named('LabeledIPAddressPrefix'),
  unicast: named('IPAddressPrefix'),
};

/** Attributes of a path as they lie in a message: what is sent on. */
export const attributesMax = 64;

const localPreferenceDefault = 100;
const noNeighbor = ascii('<nil>');

/** The path that was read last. Valid until the next is read. */
export class PathReader {
  afi = 0;
  safi = 0;
  isWithdrawal = false;
  isFiltered = false;
  /** Address of the neighbour that it was learned from; empty: it is GoBGP's own. */
  neighbor = '';
  /** The prefix: words with host bits cleared, and its length. */
  words: readonly number[] = [];
  length = 0;
  label = 0;
  labelCount = 0;
  /** Bytes of the route distinguisher, an Any. */
  distinguisherStart = 0;
  distinguisherStop = 0;
  nextHop = '';
  localPreference = localPreferenceDefault;
  asPathLength = 0;
  origin = 0;
  med = 0;
  /** Bytes of the extended communities, a list of Any. */
  communitiesStart = 0;
  communitiesStop = 0;
  attributeCount = 0;
  readonly attributeStarts = new Uint32Array(attributesMax);
  readonly attributeStops = new Uint32Array(attributesMax);
  reader: Reader;
  #nlriStart = 0;
  #nlriStop = 0;

  constructor(reader: Reader) {
    this.reader = reader;
  }

  /** Looks at a `Path` from where the reader is to `end`: what it is, who sent it, where its parts lie. Throws MessageError. */
  open(end: number): void {
    const { reader } = this;
    this.afi = 0;
    this.safi = 0;
    this.isWithdrawal = false;
    this.isFiltered = false;
    this.neighbor = '';
    this.attributeCount = 0;
    this.#nlriStart = 0;
    this.#nlriStop = 0;
    while (reader.next(end)) this.#takeField();
    reader.at = end;
  }

  #takeField(): void {
    const { reader } = this;
    if (reader.is(PathField.isWithdrawal)) this.isWithdrawal = reader.value !== 0;
    else if (reader.is(PathField.isFiltered)) this.isFiltered = reader.value !== 0;
    if (!reader.isBytes) return;
    const { start, stop } = reader;
    if (reader.is(PathField.nlri)) {
      this.#nlriStart = start;
      this.#nlriStop = stop;
    } else if (reader.is(PathField.attributes)) {
      if (this.attributeCount === attributesMax) throw new MessageError(`more than ${attributesMax} attributes`);
      this.attributeStarts[this.attributeCount] = start;
      this.attributeStops[this.attributeCount++] = stop;
    } else if (reader.is(PathField.family)) this.#readFamily(start, stop);
    else if (reader.is(PathField.neighbor) && !hasBytes(reader.bytes, start, stop, noNeighbor)) {
      this.neighbor = reader.text();
    }
  }

  #readFamily(start: number, stop: number): void {
    const { reader } = this;
    reader.at = start;
    while (reader.next(stop)) {
      if (reader.is(1)) this.afi = reader.value;
      else if (reader.is(2)) this.safi = reader.value;
    }
    reader.at = stop;
  }

  /** Reads prefix, label and route distinguisher. False: this is nothing of ours. Throws MessageError. */
  readNlri(): boolean {
    const { reader } = this;
    if (!this.#enter(this.#nlriStart, this.#nlriStop)) return false;
    const { kindStart, kindStop, start, stop } = this.#any;
    const { bytes } = reader;
    const isVpn = hasBytes(bytes, kindStart, kindStop, Kind.vpn);
    const isLabelled = !isVpn && hasBytes(bytes, kindStart, kindStop, Kind.labelled);
    if (!isVpn && !isLabelled && !hasBytes(bytes, kindStart, kindStop, Kind.unicast)) return false;
    this.label = 0;
    this.labelCount = 0;
    this.distinguisherStart = 0;
    this.distinguisherStop = 0;
    // The two last fields are the length and the text of the prefix.
    const lengthField = isVpn ? 3 : isLabelled ? 2 : 1;
    let length = 0;
    let textStart = 0;
    let textStop = 0;
    reader.at = start;
    while (reader.next(stop)) {
      if (reader.is(lengthField)) length = reader.value;
      else if (reader.holds(lengthField + 1)) {
        textStart = reader.start;
        textStop = reader.stop;
      } else if (reader.is(1)) {
        this.label = reader.firstOfPacked() ?? 0;
        this.labelCount = reader.packedCount();
      } else if (reader.holds(2)) {
        this.distinguisherStart = reader.start;
        this.distinguisherStop = reader.stop;
      }
    }
    return this.#takePrefix(textStart, textStop, length);
  }

  #takePrefix(start: number, stop: number, length: number): boolean {
    const { bytes } = this.reader;
    const bits = this.afi === Afi.ip ? 32 : 128;
    if (length > bits) throw new MessageError(`a prefix has the length ${length}`);
    this.length = length;
    if (this.afi === Afi.ip) {
      this.words = [maskWord(ipv4Word(bytes, start, stop), length)];
      return true;
    }
    const address = parseAddress(textOf(bytes, start, stop));
    if (address?.family !== 6) throw new MessageError('a prefix is no IPv6 address');
    this.words = address.words.map((word, i) => maskWord(word, length - 32 * i));
    return true;
  }

  /** Reads the attributes that decide. Throws MessageError. */
  readAttributes(): void {
    this.nextHop = '';
    this.localPreference = localPreferenceDefault;
    this.asPathLength = 0;
    this.origin = 0;
    this.med = 0;
    this.communitiesStart = 0;
    this.communitiesStop = 0;
    for (let i = 0; i < this.attributeCount; i++) this.#readAttribute(i);
  }

  #readAttribute(index: number): void {
    const { reader } = this;
    if (!this.#enter(this.attributeStarts[index], this.attributeStops[index])) return;
    const { start, stop } = this.#any;
    reader.at = start;
    if (this.#is(Kind.reach)) this.#readNextHop(stop, 2);
    else if (this.#is(Kind.nextHop)) this.#readNextHop(stop, 1);
    else if (this.#is(Kind.communities)) {
      this.communitiesStart = start;
      this.communitiesStop = stop;
    } else if (this.#is(Kind.asPath)) this.#readAsPath(stop);
    else if (this.#is(Kind.localPreference)) this.localPreference = this.#firstNumber(stop, localPreferenceDefault);
    else if (this.#is(Kind.origin)) this.origin = this.#firstNumber(stop, 0);
    else if (this.#is(Kind.med)) this.med = this.#firstNumber(stop, 0);
  }

  /** Whether the Any that was opened is of this kind. Lengths differ mostly, and the last letters. */
  #is(kind: Uint8Array): boolean {
    return hasBytes(this.reader.bytes, this.#any.kindStart, this.#any.kindStop, kind);
  }

  /** Of several (a global and a link-local address) the first. */
  #readNextHop(end: number, field: number): void {
    const { reader } = this;
    while (reader.next(end)) {
      if (!reader.holds(field)) continue;
      this.nextHop = reader.text();
      return;
    }
  }

  #firstNumber(end: number, otherwise: number): number {
    const { reader } = this;
    while (reader.next(end)) if (reader.is(1)) return reader.value;
    return otherwise;
  }

  /** A set counts as one (RFC 4271 section 9.1.2.2), confederations not at all (RFC 5065 section 5.3). */
  #readAsPath(end: number): void {
    const { reader } = this;
    while (reader.next(end)) {
      if (!reader.holds(1)) continue;
      const after = reader.stop;
      let type = 0;
      let count = 0;
      reader.at = reader.start;
      while (reader.next(after)) {
        if (reader.is(1)) type = reader.value;
        else if (reader.is(2)) count += reader.packedCount();
      }
      this.asPathLength += type === 1 ? 1 : type === 2 ? count : 0;
      reader.at = after;
    }
  }

  readonly #any = { kindStart: 0, kindStop: 0, start: 0, stop: 0 };

  /** Opens an Any: where its type and its value lie. */
  #enter(start: number, stop: number): boolean {
    const { reader } = this;
    const any = this.#any;
    any.kindStart = any.kindStop = any.start = any.stop = 0;
    reader.at = start;
    while (reader.next(stop)) {
      if (!reader.isBytes) continue;
      if (reader.is(1)) {
        any.kindStart = reader.start;
        any.kindStop = reader.stop;
      } else if (reader.is(2)) {
        any.start = reader.start;
        any.stop = reader.stop;
      }
    }
    return any.kindStop > any.kindStart;
  }

  /** Attributes that are sent on with the path: all but where it leads, and the communities if others take their place. */
  attributesToKeep(withCommunities: boolean): Uint8Array[] {
    const kept: Uint8Array[] = [];
    for (let i = 0; i < this.attributeCount; i++) {
      const start = this.attributeStarts[i];
      const stop = this.attributeStops[i];
      if (!this.#enter(start, stop)) continue;
      const leads = this.#is(Kind.reach) || this.#is(Kind.nextHop);
      if (leads || (!withCommunities && this.#is(Kind.communities))) continue;
      kept.push(this.reader.bytes.slice(start, stop));
    }
    return kept;
  }

  /** The next hop as an address; ::ffff:a.b.c.d is the IPv4 address it carries. */
  nextHopAddress(): IpAddress | undefined {
    const address = parseAddress(this.nextHop);
    return address && unmapAddress(address);
  }
}

/** Throws MessageError for what is no IPv4 address. */
function ipv4Word(bytes: Uint8Array, start: number, stop: number): number {
  let word = 0;
  let octet = 0;
  let dots = 0;
  let digits = 0;
  for (let i = start; i < stop; i++) {
    const code = bytes[i];
    if (code === 0x2e && digits > 0) {
      word = word * 256 + octet;
      octet = 0;
      digits = 0;
      dots++;
    } else if (code >= 0x30 && code <= 0x39 && digits < 3) {
      octet = octet * 10 + code - 0x30;
      digits++;
    } else throw new MessageError('a prefix is no IPv4 address');
    if (octet > 255 || dots > 3) throw new MessageError('a prefix is no IPv4 address');
  }
  if (dots !== 3 || digits === 0) throw new MessageError('a prefix is no IPv4 address');
  return word * 256 + octet;
}
