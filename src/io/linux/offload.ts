// What a sending kernel has left to its interface, done here: checksums (RFC 1071), and the cutting of long frames (TCP and
// UDP segmentation offload). On a veth nobody else does it. Relies on PACKET_VNET_HDR: the kernel says in front of
// every frame what is missing.
//
//   struct virtio_net_hdr, 10 bytes right before the frame, numbers of the machine
//   | flags @0 | kind @1 | header bytes @2 (u16) | segment bytes @4 (u16) | sum from @6 (u16) | its field from there @8 (u16) |
//
// The field holds the sum of the pseudo-header already, with the length of the whole.
import type { Batch } from '../../wire/batch.ts';
import { read16, read32, write16, write32 } from '../../wire/bytes.ts';
import { checksum, fold } from '../../wire/checksum.ts';
import { EtherType, ethernetBytes, isTag, tagBytes, typeAt } from '../../wire/ethernet.ts';
import { checksumAt, headerBytes as ipv4HeaderBytes, totalLengthAt } from '../../wire/ipv4.ts';
import { ipv6Bytes, payloadLengthAt } from '../../wire/ipv6.ts';
import type { DeviceCounts } from '../live-device.ts';
import type { FrameCopy } from './frame-copy.ts';

export const offloadBytes = 10;
/** PACKET_RESERVE that puts frames behind such a header two bytes into a word again. */
export const offloadReserve = 2;

const Field = { flags: 0, kind: 1, segmentBytes: 4, sumFrom: 6, sumField: 8 } as const;
const needsChecksum = 1;
/** Kinds of long frames; the bit beside them says that CWR may be set (RFC 3168). */
const Kind = { none: 0, tcp4: 1, tcp6: 4, udp: 5 } as const;
const ecnBit = 0x80;

const identificationAt = 4;
const sequenceAt = 4;
const udpLengthAt = 4;
const udpBytes = 8;
const dataOffsetAt = 12;
const flagsAt = 13;
const finAndPush = 0x09;
const congestionWindowReduced = 0x80;

const machine16 = (bytes: Uint8Array, at: number): number => bytes[at] | (bytes[at + 1] << 8);

/** 0 says that there is no checksum (RFC 768). */
function writeSum(bytes: Uint8Array, from: number, count: number, field: number): void {
  const sum = checksum(bytes, from, count);
  write16(bytes, from + field, sum === 0 ? 0xffff : sum);
}

/**
 * Finishes the checksum of the frame that has been copied from `from` of the ring to `start` of the batch, if it is not
 * finished; `more` bytes of tag have been put in.
 */
export function finishChecksum(
  ring: Uint8Array,
  from: number,
  length: number,
  batch: Batch,
  start: number,
  more: number,
) {
  const header = from - offloadBytes;
  if ((ring[header + Field.flags] & needsChecksum) === 0) return;
  const sumFrom = machine16(ring, header + Field.sumFrom);
  const field = machine16(ring, header + Field.sumField);
  if (sumFrom + field + 2 > length) return;
  writeSum(batch.bytes, start + more + sumFrom, length - sumFrom, field);
}

/** No tag has to be put back. */
export const untagged = -1;

/** Cuts long frames of one ring into those that would have been on the wire. */
export class Cutter {
  readonly #ring: Uint8Array;
  readonly #copy: FrameCopy;
  readonly #counts: DeviceCounts;
  /** Of the frame that is being cut: the next segment, since the batch may be full in the middle of it. */
  #next = 0;
  #from = 0;
  #length = 0;
  #isTcp = true;
  #family: 4 | 6 = 4;
  #ip = 0;
  #upper = 0;
  #field = 0;
  /** Bytes of all headers, and of the payload of each segment but the last. */
  #headers = 0;
  #segment = 0;
  #segments = 0;

  constructor(ring: Uint8Array, copy: FrameCopy, counts: DeviceCounts) {
    this.#ring = ring;
    this.#copy = copy;
    this.#counts = counts;
  }

  /**
   * Takes the frame that `read` has found to be one into the batch. `tag` is `untagged` or a tag's word. False: the batch is
   * full, and is to be given the same frame again, which goes on where it ceased.
   */
  take(batch: Batch, port: number, seconds: number, nanoseconds: number, tag: number): boolean {
    while (this.#next < this.#segments) {
      if (!this.#takeSegment(batch, port, seconds, nanoseconds, tag)) return false;
      if (this.#next > 0) this.#counts.receiveSegments++;
      this.#next++;
    }
    this.#next = 0;
    return true;
  }

  /** Reads the headers of the frame of `length` bytes at `from`; false: it is none that is to be cut, or of no known kind. */
  read(from: number, length: number): boolean {
    const ring = this.#ring;
    const header = from - offloadBytes;
    const kind = ring[header + Field.kind] & ~ecnBit;
    if (kind !== Kind.tcp4 && kind !== Kind.tcp6 && kind !== Kind.udp) return false;
    let ip = ethernetBytes;
    let type = read16(ring, from + typeAt);
    for (; isTag(type) && ip < length; ip += tagBytes) type = read16(ring, from + ip + 2);
    if (type !== EtherType.ipv4 && type !== EtherType.ipv6) return false;
    this.#from = from;
    this.#length = length;
    this.#isTcp = kind !== Kind.udp;
    this.#family = type === EtherType.ipv4 ? 4 : 6;
    this.#ip = ip;
    this.#upper = machine16(ring, header + Field.sumFrom);
    this.#field = machine16(ring, header + Field.sumField);
    const upperBytes = this.#isTcp ? (ring[from + this.#upper + dataOffsetAt] >>> 4) * 4 : udpBytes;
    this.#headers = this.#upper + upperBytes;
    this.#segment = machine16(ring, header + Field.segmentBytes);
    this.#segments = Math.ceil((length - this.#headers) / this.#segment);
    const ipBytes = this.#family === 4 ? ipv4HeaderBytes(ring, from + ip) : ipv6Bytes;
    return this.#segment > 0 && this.#upper >= ip + ipBytes && this.#headers < length && this.#field < upperBytes;
  }

  #takeSegment(batch: Batch, port: number, seconds: number, nanoseconds: number, tag: number): boolean {
    const payloadAt = this.#headers + this.#next * this.#segment;
    const payloadBytes = Math.min(this.#segment, this.#length - payloadAt);
    const more = tag === untagged ? 0 : tagBytes;
    const bytes = this.#headers + more + payloadBytes;
    const start = batch.add(port, bytes, bytes, seconds, nanoseconds);
    if (start < 0) return false;
    const from = this.#from;
    if (tag === untagged) this.#copy.plain(from, this.#headers, batch, start);
    else this.#copy.tagged(from, this.#headers, batch, start, tag);
    const target = batch.bytes;
    target.set(this.#ring.subarray(from + payloadAt, from + payloadAt + payloadBytes), start + more + this.#headers);
    this.#writeIp(target, start + more, payloadBytes);
    this.#writeUpper(target, start + more + this.#upper, this.#headers - this.#upper + payloadBytes);
    return true;
  }

  /** Lengths, and the identification, which goes up by one. */
  #writeIp(target: Uint8Array, frame: number, payloadBytes: number): void {
    const ip = frame + this.#ip;
    const bytes = this.#headers - this.#ip + payloadBytes;
    if (this.#family === 6) {
      write16(target, ip + payloadLengthAt, bytes - ipv6Bytes);
      return;
    }
    write16(target, ip + totalLengthAt, bytes);
    write16(target, ip + identificationAt, (read16(target, ip + identificationAt) + this.#next) & 0xffff);
    write16(target, ip + checksumAt, 0);
    write16(target, ip + checksumAt, checksum(target, ip, ipv4HeaderBytes(target, ip)));
  }

  /** TCP: sequence number; FIN and PSH are the last segment's, CWR the first one's (RFC 3168). UDP: its length. */
  #writeUpper(target: Uint8Array, upper: number, bytes: number): void {
    if (this.#isTcp) {
      write32(target, upper + sequenceAt, (read32(target, upper + sequenceAt) + this.#next * this.#segment) >>> 0);
      if (this.#next < this.#segments - 1) target[upper + flagsAt] &= ~finAndPush;
      if (this.#next > 0) target[upper + flagsAt] &= ~congestionWindowReduced;
    } else {
      write16(target, upper + udpLengthAt, bytes);
    }
    const whole = this.#length - this.#upper;
    const pseudo = read16(target, upper + this.#field);
    write16(target, upper + this.#field, fold(pseudo + (~whole & 0xffff) + bytes));
    writeSum(target, upper, bytes, this.#field);
  }
}
