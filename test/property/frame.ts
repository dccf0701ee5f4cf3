// A frame on its way to the routers under test, and how one is written in a report.

export interface Frame {
  readonly port: number;
  readonly bytes: Uint8Array;
  /** Length on the wire; more than the bytes that are there: snapped. */
  readonly original: number;
  readonly seconds: number;
  readonly nanoseconds: number;
}

export const hexOf = (bytes: ArrayLike<number>) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Offset of what lies behind the Ethernet header and its tags, and its EtherType. */
export function behindLink(bytes: Uint8Array, start = 0): { at: number; type: number } {
  let at = start + 12;
  for (;;) {
    const type = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (type !== 0x8100 && type !== 0x88a8) return { at: at + 2, type };
    at += 4;
  }
}

/** Offset of what lies behind the label stack at `at`. */
function behindLabels(bytes: Uint8Array, at: number): number {
  let entry = at;
  while (entry < bytes.length && ((bytes[entry + 2] ?? 1) & 1) === 0) entry += 4;
  return entry + 4;
}

/** Offset of the IPv4 header in the frame, or -1. */
export function ipv4At(bytes: Uint8Array, start = 0): number {
  const { at, type } = behindLink(bytes, start);
  const ip = type === 0x8847 ? behindLabels(bytes, at) : at;
  return (type === 0x0800 || type === 0x8847) && (bytes[ip] ?? 0) >>> 4 === 4 && ip + 20 <= bytes.length ? ip : -1;
}

export function isIpv4Fragment(bytes: Uint8Array, start: number): boolean {
  const ip = ipv4At(bytes, start);
  return ip >= 0 && ((((bytes[ip + 6] as number) << 8) | (bytes[ip + 7] as number)) & 0x3fff) !== 0;
}

/** Writes the right header checksum, if there is an IPv4 header. */
export function mendIpv4(bytes: Uint8Array): void {
  const ip = ipv4At(bytes);
  if (ip < 0) return;
  const end = Math.min(ip + ((bytes[ip] as number) & 15) * 4, bytes.length);
  let sum = 0;
  for (let at = ip; at < end; at += 2) if (at !== ip + 10) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes[ip + 10] = (~sum >>> 8) & 255;
  bytes[ip + 11] = ~sum & 255;
}
