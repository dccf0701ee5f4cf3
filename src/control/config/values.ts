// Texts of the configuration to values: addresses, MACs, ranges, route targets. A text that names no such value is
// reported at its place and gives undefined.
import {
  addressBits,
  formatAddress,
  formatPrefix,
  type IpAddress,
  type IpPrefix,
  isNetwork,
  networkOf,
  parseAddress,
  parsePrefix,
} from '../../wire/address.ts';
import { isLinkLocal as isLinkLocalWords } from '../../wire/ip.ts';
import { describeValue } from './expected.ts';
import type { Findings, Place } from './problems.ts';

const uint16Max = 0xffff;
const uint32Max = 0xffffffff;
/** RFC 3021 and RFC 6164: shorter IPv4 subnets have a network and a broadcast address. */
const broadcastLengthMax = 30;

/** What keeps an address from naming one host, in words; undefined if nothing does. */
export function unfitKind(address: IpAddress): string | undefined {
  const first = address.words[0] as number;
  if (address.family === 4) {
    const octet = first >>> 24;
    if (first === 0) return 'the unspecified address';
    if (octet === 0 || (octet >= 240 && first !== uint32Max)) return 'a reserved address';
    if (octet === 127) return 'a loopback address';
    if (first === uint32Max) return 'the broadcast address';
    return octet >= 224 ? 'a multicast address' : undefined;
  }
  if (first >>> 24 === 0xff) return 'a multicast address';
  const [a, b, c, d] = address.words;
  if (a !== 0 || b !== 0 || c !== 0) return undefined;
  if (d === 0) return 'the unspecified address';
  return d === 1 ? 'a loopback address' : undefined;
}

/** fe80::/10 and 169.254/16. */
export function isLinkLocal(address: IpAddress): boolean {
  return isLinkLocalWords(address.words);
}

/** An address of one host. */
export function readHost(text: string, place: Place, findings: Findings): IpAddress | undefined {
  const address = parseAddress(text);
  if (address === undefined) {
    findings.report(place, `expected an address such as 192.0.2.1 or 2001:db8::1, got ${describeValue(text)}`);
    return undefined;
  }
  const unfit = unfitKind(address);
  if (unfit === undefined) return address;
  findings.report(place, `${text} is ${unfit}`);
  return undefined;
}

export function readHostOf(family: 4 | 6, text: string, place: Place, findings: Findings): IpAddress | undefined {
  const address = readHost(text, place, findings);
  if (address === undefined || address.family === family) return address;
  findings.report(place, `expected an IPv${family} address, got ${describeValue(text)}`);
  return undefined;
}

function prefixProblem(text: string, expected: string): string {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  if (address === undefined || !/^[0-9]+$/.test(text.slice(slash + 1))) {
    return `expected ${expected}, got ${describeValue(text)}`;
  }
  return `prefix length of ${text}: expected a whole number from 0 to ${addressBits(address)}`;
}

/** A destination: no host bits. */
export function readPrefix(text: string, place: Place, findings: Findings): IpPrefix | undefined {
  const prefix = parsePrefix(text);
  if (prefix === undefined) {
    findings.report(place, prefixProblem(text, 'a prefix such as 10.1.0.0/16 or 2001:db8::/32'));
    return undefined;
  }
  if (isNetwork(prefix)) return prefix;
  findings.report(place, `${text} has host bits set; the prefix is ${formatPrefix(networkOf(prefix))}`);
  return undefined;
}

/** Which end of its subnet an IPv4 address is, if it is one that no host can have. */
export function subnetEnd(subnet: IpPrefix): 'network' | 'broadcast' | undefined {
  if (subnet.family !== 4 || subnet.length > broadcastLengthMax) return undefined;
  const [word] = subnet.words;
  const [network] = networkOf(subnet).words;
  if (word === network) return 'network';
  const hostBits = uint32Max >>> subnet.length;
  return word === ((network as number) | hostBits) >>> 0 ? 'broadcast' : undefined;
}

/** An interface address with its subnet. An address that no host can have is reported, and still tells the subnet. */
export function readSubnet(text: string, place: Place, findings: Findings): IpPrefix | undefined {
  const subnet = parsePrefix(text);
  if (subnet === undefined) {
    const expected = 'an address with its prefix length, such as 10.1.1.1/24 or 2001:db8::1/64';
    findings.report(place, prefixProblem(text, expected));
    return undefined;
  }
  const unfit = unfitKind(subnet);
  const end = subnetEnd(subnet);
  const host = formatAddress(subnet);
  if (unfit !== undefined) findings.report(place, `${host} is ${unfit}`);
  else if (end !== undefined)
    findings.report(place, `${host} is the ${end} address of ${formatPrefix(networkOf(subnet))}`);
  return subnet;
}

/** Six bytes of a text that the schema has already looked at. */
export function readMac(text: string, place: Place, findings: Findings): number[] | undefined {
  const bytes = text.split(':').map((part) => Number.parseInt(part, 16));
  if (bytes.every((byte) => byte === 0)) findings.report(place, `${text} is no station's address`);
  else if (((bytes[0] as number) & 1) === 1) findings.report(place, `${text} is a group address`);
  else return bytes;
  return undefined;
}

/** The sizes of the two halves of a route distinguisher or target: 2 and 4 bytes, or 4 and 2 (RFC 4364 section 4.2). */
export function checkRouteTarget(text: string, place: Place, findings: Findings): void {
  const [administrator, assigned] = text.split(':') as [string, string];
  const isAddress = administrator.includes('.');
  if (isAddress && parseAddress(administrator) === undefined) {
    findings.report(place, `${administrator} is not an IPv4 address`);
    return;
  }
  const asn = Number(administrator);
  if (!isAddress && asn > uint32Max) {
    findings.report(place, `AS number out of range: expected at most ${uint32Max}, got ${administrator}`);
    return;
  }
  const assignedMax = isAddress || asn > uint16Max ? uint16Max : uint32Max;
  if (Number(assigned) > assignedMax) {
    findings.report(place, `number after ':' out of range: expected at most ${assignedMax}, got ${assigned}`);
  }
}
