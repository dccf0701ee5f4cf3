// Frames for tests, built and read without a line of the code under test: plain arrays, bytewise, slow, obvious.

export type Bytes = number[];

export const hex = (text: string): Bytes =>
  (text.replace(/[\s:]/g, '').match(/../g) ?? []).map((two) => Number.parseInt(two, 16));
export const u16 = (value: number): Bytes => [(value >>> 8) & 255, value & 255];
export const u32 = (value: number): Bytes => [
  (value >>> 24) & 255,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];
/** `count` bytes that differ from their neighbours. */
export const filler = (count: number, first = 0): Bytes =>
  Array.from({ length: count }, (_, i) => (first + i * 7 + (i >> 8)) & 255);

export const ip4 = (text: string): Bytes => text.split('.').map(Number);
export function ip6(text: string): Bytes {
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const a = groups(head);
  const b = tail === undefined ? [] : groups(tail);
  return [...a, ...new Array<number>(8 - a.length - b.length).fill(0), ...b].flatMap(u16);
}

/** RFC 1071: the 16-bit one's complement sum, complemented. */
export function checksum(bytes: Bytes): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export interface EthOptions {
  dst?: string;
  src?: string;
  /** Outermost first: [TPID, TCI]. */
  tags?: [number, number][];
  type: number;
}
/** An Ethernet frame around the payload. */
export function eth(options: EthOptions, payload: Bytes): Bytes {
  const { dst = '02:00:00:00:01:01', src = '02:00:00:00:a1:01', tags = [], type } = options;
  return [
    ...hex(dst),
    ...hex(src),
    ...tags.flatMap(([tpid, tci]) => [...u16(tpid), ...u16(tci)]),
    ...u16(type),
    ...payload,
  ];
}

export interface LabelOptions {
  label: number;
  tc?: number;
  ttl?: number;
  /** Default: set on the last entry of the stack only. */
  s?: 0 | 1;
}
/** Label stack entries, top first. A number is a label with TC 0, TTL 64. */
export function labels(...stack: (number | LabelOptions)[]): Bytes {
  return stack.flatMap((entry, i) => {
    const {
      label,
      tc = 0,
      ttl = 64,
      s = i === stack.length - 1 ? 1 : 0,
    } = typeof entry === 'number' ? { label: entry } : entry;
    return u32(((label << 12) | (tc << 9) | (s << 8) | ttl) >>> 0);
  });
}

export interface Ipv4Options {
  src?: string;
  dst?: string;
  ttl?: number;
  protocol?: number;
  tos?: number;
  id?: number;
  df?: boolean;
  mf?: boolean;
  /** The reserved flag bit. */
  reserved?: boolean;
  /** In 8-byte units. */
  offset?: number;
  /** Option bytes, a multiple of 4. */
  options?: Bytes;
  version?: number;
  /** Total length and checksum when they shall be wrong. */
  totalLength?: number;
  checksum?: number;
  ihl?: number;
}
/** An IPv4 packet. Default: UDP-numbered, 10.1.1.2 → 10.2.0.9, TTL 64, DF off. */
export function ipv4(o: Ipv4Options, payload: Bytes): Bytes {
  const options = o.options ?? [];
  const ihl = o.ihl ?? 5 + options.length / 4;
  const flags = ((o.reserved ? 4 : 0) | (o.df ? 2 : 0) | (o.mf ? 1 : 0)) << 13;
  const header = [
    ((o.version ?? 4) << 4) | ihl,
    o.tos ?? 0,
    ...u16(o.totalLength ?? 20 + options.length + payload.length),
    ...u16(o.id ?? 0x1234),
    ...u16(flags | (o.offset ?? 0)),
    o.ttl ?? 64,
    o.protocol ?? 17,
    0,
    0,
    ...ip4(o.src ?? '10.1.1.2'),
    ...ip4(o.dst ?? '10.2.0.9'),
    ...options,
  ];
  const sum = o.checksum ?? checksum(header);
  header[10] = sum >>> 8;
  header[11] = sum & 255;
  return [...header, ...payload];
}

export interface Ipv6Options {
  src?: string;
  dst?: string;
  hopLimit?: number;
  nextHeader?: number;
  trafficClass?: number;
  flowLabel?: number;
  version?: number;
  payloadLength?: number;
}
/** An IPv6 packet. Default: UDP-numbered, hop limit 64. */
export function ipv6(o: Ipv6Options, payload: Bytes): Bytes {
  const first = (((o.version ?? 6) << 28) | ((o.trafficClass ?? 0) << 20) | (o.flowLabel ?? 0)) >>> 0;
  return [
    ...u32(first),
    ...u16(o.payloadLength ?? payload.length),
    o.nextHeader ?? 17,
    o.hopLimit ?? 64,
    ...ip6(o.src ?? '2001:db8:1:1::2'),
    ...ip6(o.dst ?? '2001:db8:2::9'),
    ...payload,
  ];
}

/** A UDP datagram without checksum (which IPv4 allows). */
export const udp = (sport: number, dport: number, payload: Bytes = filler(18)): Bytes => [
  ...u16(sport),
  ...u16(dport),
  ...u16(8 + payload.length),
  0,
  0,
  ...payload,
];

/** An ICMP message with its checksum. `rest` is the second header word. */
export function icmp4(type: number, code: number, rest: Bytes, body: Bytes): Bytes {
  const message = [type, code, 0, 0, ...rest, ...body];
  const sum = checksum(message);
  return [type, code, ...u16(sum), ...rest, ...body];
}

/** An ICMPv6 message with its checksum over the pseudo-header. */
export function icmp6(src: string, dst: string, type: number, code: number, rest: Bytes, body: Bytes): Bytes {
  const message = [type, code, 0, 0, ...rest, ...body];
  const sum = checksum([...ip6(src), ...ip6(dst), ...u32(message.length), 0, 0, 0, 58, ...message]);
  return [type, code, ...u16(sum), ...rest, ...body];
}

export function arp(op: 1 | 2, senderMac: string, senderIp: string, targetMac: string, targetIp: string): Bytes {
  return [
    ...hex('0001 0800 06 04'),
    ...u16(op),
    ...hex(senderMac),
    ...ip4(senderIp),
    ...hex(targetMac),
    ...ip4(targetIp),
  ];
}

export interface Decoded {
  dst: string;
  src: string;
  tags: { tpid: number; pcp: number; dei: number; vid: number }[];
  type: number;
  labels: { label: number; tc: number; s: number; ttl: number }[];
  /** Offset in the frame of what lies behind the Ethernet header, tags and label stack. */
  offset: number;
  /** Everything from there. */
  payload: Bytes;
  ip4?: {
    ihl: number;
    tos: number;
    totalLength: number;
    id: number;
    reserved: boolean;
    df: boolean;
    mf: boolean;
    offset: number;
    ttl: number;
    protocol: number;
    checksum: number;
    checksumOk: boolean;
    src: string;
    dst: string;
    options: Bytes;
    payload: Bytes;
  };
  ip6?: {
    trafficClass: number;
    flowLabel: number;
    payloadLength: number;
    nextHeader: number;
    hopLimit: number;
    src: string;
    dst: string;
    payload: Bytes;
  };
}

const mac = (bytes: Bytes) => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
/** IPv6 as eight full groups without zero compression removed: compare with `expand6`. */
const groups6 = (bytes: Bytes) =>
  Array.from({ length: 8 }, (_, i) => (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16)).join(':');
/** The form in which `decode` gives IPv6 addresses: eight groups, no `::`. */
export const expand6 = (text: string) => groups6(ip6(text));

/** Reads a frame as far as IP: tags, then labels if the type is 0x8847, then IPv4 or IPv6 by type or by nibble. */
export function decode(frame: Uint8Array | Bytes): Decoded {
  const b = Array.from(frame);
  const at = (i: number) => b[i] ?? 0;
  const w16 = (i: number) => (at(i) << 8) | at(i + 1);
  let p = 12;
  const tags: Decoded['tags'] = [];
  while (w16(p) === 0x8100 || w16(p) === 0x88a8) {
    const tci = w16(p + 2);
    tags.push({ tpid: w16(p), pcp: tci >>> 13, dei: (tci >>> 12) & 1, vid: tci & 0xfff });
    p += 4;
  }
  const type = w16(p);
  p += 2;
  const stack: Decoded['labels'] = [];
  if (type === 0x8847) {
    do {
      stack.push({
        label: (w16(p) << 4) | (at(p + 2) >>> 4),
        tc: (at(p + 2) >>> 1) & 7,
        s: at(p + 2) & 1,
        ttl: at(p + 3),
      });
      p += 4;
    } while (stack.at(-1)?.s === 0 && p < b.length);
  }
  const result: Decoded = {
    dst: mac(b.slice(0, 6)),
    src: mac(b.slice(6, 12)),
    tags,
    type,
    labels: stack,
    offset: p,
    payload: b.slice(p),
  };
  const nibble = at(p) >>> 4;
  const labelled = type === 0x8847;
  if (type === 0x0800 || (labelled && nibble === 4)) {
    const ihl = at(p) & 15;
    const flags = w16(p + 6);
    const header = b.slice(p, p + ihl * 4);
    result.ip4 = {
      ihl,
      tos: at(p + 1),
      totalLength: w16(p + 2),
      id: w16(p + 4),
      reserved: (flags & 0x8000) !== 0,
      df: (flags & 0x4000) !== 0,
      mf: (flags & 0x2000) !== 0,
      offset: flags & 0x1fff,
      ttl: at(p + 8),
      protocol: at(p + 9),
      checksum: w16(p + 10),
      checksumOk: checksum(header) === 0,
      src: b.slice(p + 12, p + 16).join('.'),
      dst: b.slice(p + 16, p + 20).join('.'),
      options: header.slice(20),
      payload: b.slice(p + ihl * 4),
    };
  } else if (type === 0x86dd || (labelled && nibble === 6)) {
    const first = ((w16(p) << 16) | w16(p + 2)) >>> 0;
    result.ip6 = {
      trafficClass: (first >>> 20) & 255,
      flowLabel: first & 0xfffff,
      payloadLength: w16(p + 4),
      nextHeader: at(p + 6),
      hopLimit: at(p + 7),
      src: groups6(b.slice(p + 8, p + 24)),
      dst: groups6(b.slice(p + 24, p + 40)),
      payload: b.slice(p + 40),
    };
  }
  return result;
}
