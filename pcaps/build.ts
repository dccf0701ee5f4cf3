// Builds frames and capture files from nothing, for the generator: plain arrays of bytes, one function per header.
// Deliberately apart from src/: what the router is fed must not be made by the router's own code.

export type Bytes = readonly number[];

export const u16 = (value: number): Bytes => [(value >>> 8) & 255, value & 255];
export const u32 = (value: number): Bytes => [...u16(value >>> 16), ...u16(value)];
export const mac = (text: string): Bytes => text.split(':').map((pair) => Number.parseInt(pair, 16));

/** An IPv4 or IPv6 address, by its looks. */
export function address(text: string): Bytes {
  if (!text.includes(':')) return text.split('.').map(Number);
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail)];
  const zeros = new Array<number>(8 - first.length - last.length).fill(0);
  return [...first, ...zeros, ...last].flatMap(u16);
}

/** `count` bytes of text that repeats, so that every piece of a frame says whose it is. */
export function text(mark: string, count = mark.length): Bytes {
  return Array.from({ length: count }, (_, i) => mark.charCodeAt(i % mark.length));
}

/** The Internet checksum (RFC 1071). */
export function checksum(bytes: Bytes): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The bytes with the checksum of `pseudo` and themselves put at `at`, where two zeros stand. */
function withChecksum(bytes: Bytes, at: number, pseudo: Bytes = []): Bytes {
  return [...bytes.slice(0, at), ...u16(checksum([...pseudo, ...bytes])), ...bytes.slice(at + 2)];
}

// --- link and labels ---------------------------------------------------------------------------------------------

export const etherType = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd, mpls: 0x8847 } as const;

export interface Link {
  readonly to: string;
  readonly from: string;
  readonly vlan?: number | undefined;
}

/** An Ethernet frame. Without a type: IPv4 or IPv6, by the version in the payload. */
export function ethernet(link: Link, payload: Bytes, type?: number): Bytes {
  const tag = link.vlan === undefined ? [] : [...u16(etherType.vlan), ...u16(link.vlan)];
  const byVersion = (payload[0] ?? 0) >>> 4 === 6 ? etherType.ipv6 : etherType.ipv4;
  return [...mac(link.to), ...mac(link.from), ...tag, ...u16(type ?? byVersion), ...payload];
}

export interface StackEntry {
  readonly label: number;
  readonly ttl?: number;
  readonly tc?: number;
  /** Default: on the last entry only. */
  readonly bottom?: boolean;
}

/** Label stack entries, top first, and what lies beneath. */
export function mpls(stack: readonly StackEntry[], payload: Bytes): Bytes {
  const entries = stack.flatMap(({ label, ttl = 64, tc = 0, bottom }, i) => {
    const isBottom = bottom ?? i === stack.length - 1;
    return u32((label << 12) | (tc << 9) | (isBottom ? 0x100 : 0) | ttl);
  });
  return [...entries, ...payload];
}

// --- IP ----------------------------------------------------------------------------------------------------------

export interface IpHeader {
  readonly from: string;
  readonly to: string;
  /** TTL or hop limit. */
  readonly ttl?: number;
  readonly dscp?: number;
  /** Of IPv4 only. */
  readonly id?: number;
  readonly dontFragment?: boolean;
}

/** What an IP packet carries: given the family, and what its checksum has to cover besides itself. */
export type Upper = (
  family: 4 | 6,
  pseudo: (protocol: number, length: number) => Bytes,
) => { readonly protocol: number; readonly bytes: Bytes };

/** An IPv4 or IPv6 packet, by its addresses. */
export function packet(header: IpHeader, upper: Upper): Bytes {
  const { ttl = 64, dscp = 0, id = 0, dontFragment = false } = header;
  const from = address(header.from);
  const to = address(header.to);
  if (from.length === 16) {
    const { protocol, bytes } = upper(6, (number, length) => [...from, ...to, ...u32(length), ...u32(number)]);
    return [...u32((6 << 28) | (dscp << 22)), ...u16(bytes.length), protocol, ttl, ...from, ...to, ...bytes];
  }
  const { protocol, bytes } = upper(4, (number, length) => [...from, ...to, 0, number, ...u16(length)]);
  const fragment = dontFragment ? 0x4000 : 0;
  const fixed = [0x45, dscp << 2, ...u16(20 + bytes.length), ...u16(id), ...u16(fragment), ttl, protocol, 0, 0];
  return [...withChecksum([...fixed, ...from, ...to], 10), ...bytes];
}

export function udp(from: number, to: number, payload: Bytes): Upper {
  return (_, pseudo) => {
    const bytes = [...u16(from), ...u16(to), ...u16(8 + payload.length), 0, 0, ...payload];
    return { protocol: 17, bytes: withChecksum(bytes, 6, pseudo(17, bytes.length)) };
  };
}

export interface TcpHeader {
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly acknowledge?: number;
  readonly syn?: boolean;
  readonly payload?: Bytes;
}

export function tcp({ from, to, sequence, acknowledge, syn = false, payload = [] }: TcpHeader): Upper {
  return (_, pseudo) => {
    const flags = (syn ? 2 : 0) | (acknowledge === undefined ? 0 : 16) | (payload.length > 0 ? 8 : 0);
    const numbers = [...u16(from), ...u16(to), ...u32(sequence), ...u32(acknowledge ?? 0)];
    const bytes = [...numbers, 5 << 4, flags, ...u16(64240), 0, 0, 0, 0, ...payload];
    return { protocol: 6, bytes: withChecksum(bytes, 16, pseudo(6, bytes.length)) };
  };
}

/** An ICMP or ICMPv6 message: type and code of each family, the word behind the checksum, the body. */
function icmp(types: { readonly 4: Bytes; readonly 6: Bytes }, word: Bytes, body: Bytes): Upper {
  return (family, pseudo) => {
    const bytes = [...types[family], 0, 0, ...word, ...body];
    if (family === 4) return { protocol: 1, bytes: withChecksum(bytes, 2) };
    return { protocol: 58, bytes: withChecksum(bytes, 2, pseudo(58, bytes.length)) };
  };
}

export const echoRequest = (id: number, sequence: number, payload: Bytes): Upper =>
  icmp({ 4: [8, 0], 6: [128, 0] }, [...u16(id), ...u16(sequence)], payload);

export const echoReply = (id: number, sequence: number, payload: Bytes): Upper =>
  icmp({ 4: [0, 0], 6: [129, 0] }, [...u16(id), ...u16(sequence)], payload);

/** What a host answers to a traceroute's last probe. `quoted` is the packet it answers. */
export const portUnreachable = (quoted: Bytes): Upper => icmp({ 4: [3, 3], 6: [1, 4] }, u32(0), quoted);

export function arpRequest(senderMac: string, sender: string, target: string): Bytes {
  const fixed = [...u16(1), ...u16(etherType.ipv4), 6, 4, ...u16(1)];
  const asked = [...fixed, ...mac(senderMac), ...address(sender), ...mac('00:00:00:00:00:00'), ...address(target)];
  // To 46 bytes, the shortest payload on an Ethernet.
  return [...asked, ...new Array<number>(18).fill(0)];
}

export function neighborSolicitation(senderMac: string, sender: string, target: string): Bytes {
  const body = [...address(target), 1, 1, ...mac(senderMac)];
  const header = { from: sender, to: solicitedNode(target), ttl: 255 };
  return packet(header, icmp({ 4: [], 6: [135, 0] }, u32(0), body));
}

/** The multicast group in which a neighbour is asked for (RFC 4291 section 2.7.1), and its MAC address. */
export function solicitedNode(target: string): string {
  const [a = 0, b = 0, c = 0] = address(target).slice(13);
  return `ff02::1:ff${a.toString(16).padStart(2, '0')}:${((b << 8) | c).toString(16)}`;
}

export function solicitedNodeMac(target: string): string {
  const hex = (byte: number) => byte.toString(16).padStart(2, '0');
  return ['33', '33', 'ff', ...address(target).slice(13).map(hex)].join(':');
}

// --- capture files -----------------------------------------------------------------------------------------------

export interface CapturedFrame {
  /** Microseconds since 1970. */
  readonly time: number;
  readonly bytes: Bytes;
  /** Length on the wire, when the capture kept less of it. */
  readonly original?: number;
}

const little = (value: number): Bytes => [...u32(value)].reverse();

/** A pcap file: little-endian, microseconds, Ethernet. */
export function captureFile(frames: readonly CapturedFrame[], snapLength = 262_144): Uint8Array {
  const header = [0xa1b2c3d4, 0x0004_0002, 0, 0, snapLength, 1].flatMap(little);
  const records = frames.flatMap(({ time, bytes, original = bytes.length }) => [
    ...[Math.floor(time / 1e6), time % 1e6, bytes.length, original].flatMap(little),
    ...bytes,
  ]);
  return Uint8Array.from([...header, ...records]);
}
