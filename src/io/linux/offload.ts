// What a sending host left to its interface, done here: checksums that it has not computed, and packets of up to 64 kB that
// were to be cut into segments (TSO, USO). Between virtual interfaces such frames arrive as they are, and a router that sends
// them on would send garbage. The kernel says what is missing in a header before each frame of a ring.
//
//   virtio_net_hdr   flags @0 (1: checksum due) | kind @1 | header bytes @2 | segment bytes @4 | checksum from @6 | its field @8
//
// Relies on how frames lie in a batch: two bytes into a word, so that what follows Ethernet and tags is aligned.
import type { Batch } from '../../wire/batch.ts';
import { read16, read32, write16, write32 } from '../../wire/bytes.ts';
import { fold } from '../../wire/checksum.ts';
import { EtherType, ethernetBytes, isTag, tagBytes, typeAt } from '../../wire/ethernet.ts';
import * as v4 from '../../wire/ipv4.ts';
import * as v6 from '../../wire/ipv6.ts';
import type { DeviceCounts } from '../live-device.ts';
import { macsBytes } from './frame-copy.ts';

/** PACKET_VNET_HDR; before the frame lie so many bytes. */
export const offloadHeaderBytes = 10;
/** PACKET_RESERVE: with this and the header, frames lie two bytes into a word as they do without. */
export const offloadReserveBytes = 6;

const checksumDue = 1;
/** The ECN bit of the kind changes nothing here. */
const kindMask = 0x7f;
const Kind = { none: 0, tcp4: 1, tcp6: 4, udp: 5 } as const;
/** Of the header's first word: nothing is to be done when these bits are clear. */
export const offloadMask = checksumDue | (kindMask << 8);
const HeaderAt = { flags: 0, kind: 1, segmentBytes: 4, checksumFrom: 6, checksumField: 8 } as const;

const protocolTcp = 6;
const protocolUdp = 17;
const Tcp = { sequence: 4, offset: 12, flags: 13, checksum: 16, bytes: 20 } as const;
const TcpFlag = { fin: 1, push: 8, windowReduced: 0x80 } as const;
const Udp = { length: 4, checksum: 6, bytes: 8 } as const;
/** The longest packet that an offload makes, and its Ethernet header with tags. */
const frameBytesLongest = 65_535 + ethernetBytes + 2 * tagBytes;

/** The one's complement sum of bytes that begin at a whole word, folded, as a number in network order. */
function sumAligned(batch: Batch, at: number, count: number): number {
  const { words, bytes } = batch;
  let sum = 0;
  const stop = (at + count) >>> 2;
  for (let word = at >>> 2; word < stop; word++) {
    const value = words[word];
    sum += (value & 0xffff) + (value >>> 16);
  }
  // What is left over, as a little-endian machine would read it.
  const rest = stop * 4;
  const left = at + count - rest;
  if (left > 0) sum += bytes[rest] | (left > 1 ? bytes[rest + 1] << 8 : 0);
  if (left > 2) sum += bytes[rest + 2];
  const folded = fold(sum);
  return ((folded & 0xff) << 8) | (folded >>> 8);
}

/** The field's value for a sum; of UDP zero would mean that there is none (RFC 768), of TCP it is a checksum like any other. */
function checksumOf(sum: number, isUdp: boolean): number {
  const checksum = ~fold(sum) & 0xffff;
  return checksum === 0 && isUdp ? 0xffff : checksum;
}

/**
 * Computes a checksum that was left over, in a frame of the batch that ends at `end`. `from` is where its range begins, and
 * `field` where it lies, offsets in the arena; the field holds the sum of the pseudo header. Ranges that cannot be are left.
 */
export function finishChecksum(batch: Batch, from: number, field: number, end: number): void {
  if (field + 2 > end || field < from || (from & 3) !== 0) return;
  write16(batch.bytes, field, checksumOf(sumAligned(batch, from, end - from), field - from === Udp.checksum));
}

/** Cuts a packet that is to be cut, into one batch after the other. */
export class Segmenter {
  readonly #frame = new Uint8Array(frameBytesLongest);
  #ip = 0;
  #transport = 0;
  #payload = 0;
  #length = 0;
  #segmentBytes = 0;
  #isTcp = false;
  #next = 0;
  #count = 0;

  /** A frame has been begun and not been given whole. */
  get isBusy(): boolean {
    return this.#next < this.#count;
  }

  /** Segments of the present frame. */
  get count(): number {
    return this.#count;
  }

  /** Room for a frame of so many bytes, to be written by the caller before `begin`; undefined: longer than any. */
  room(length: number): Uint8Array | undefined {
    return length <= frameBytesLongest ? this.#frame : undefined;
  }

  /** The frame in `room`; `kind` and `segmentBytes` as the kernel says. False: none that can be cut here. */
  begin(length: number, kind: number, segmentBytes: number): boolean {
    const bytes = this.#frame;
    this.#count = 0;
    this.#next = 0;
    let ip = ethernetBytes;
    let type = read16(bytes, typeAt);
    while (isTag(type) && ip < ethernetBytes + 2 * tagBytes) {
      type = read16(bytes, ip + 2);
      ip += tagBytes;
    }
    const family = type === EtherType.ipv4 ? 4 : type === EtherType.ipv6 ? 6 : 0;
    if (family === 0 || segmentBytes === 0) return false;
    const protocol = bytes[ip + (family === 4 ? v4.protocolAt : v6.nextHeaderAt)];
    const isTcp = protocol === protocolTcp && (kind & kindMask) === (family === 4 ? Kind.tcp4 : Kind.tcp6);
    if (!isTcp && !(protocol === protocolUdp && (kind & kindMask) === Kind.udp)) return false;
    const transport = ip + (family === 4 ? v4.headerBytes(bytes, ip) : v6.ipv6Bytes);
    const payload = transport + (isTcp ? (bytes[transport + Tcp.offset] >>> 4) * 4 : Udp.bytes);
    if (payload - transport < (isTcp ? Tcp.bytes : Udp.bytes) || payload >= length) return false;
    this.#ip = ip;
    this.#transport = transport;
    this.#payload = payload;
    this.#length = length;
    this.#segmentBytes = segmentBytes;
    this.#isTcp = isTcp;
    this.#count = Math.ceil((length - payload) / segmentBytes);
    return true;
  }

  /** Appends segments until all are given, or the batch is full: false. */
  emit(batch: Batch, port: number, seconds: number, nanoseconds: number): boolean {
    const frame = this.#frame;
    for (; this.#next < this.#count; this.#next++) {
      const from = this.#payload + this.#next * this.#segmentBytes;
      const size = Math.min(this.#segmentBytes, this.#length - from);
      const captured = this.#payload + size;
      const start = batch.add(port, captured, captured, seconds, nanoseconds);
      if (start < 0) return false;
      batch.bytes.set(frame.subarray(0, this.#payload), start);
      batch.bytes.set(frame.subarray(from, from + size), start + this.#payload);
      this.#finish(batch, start, size);
    }
    return true;
  }

  #finish(batch: Batch, start: number, size: number): void {
    const { bytes } = batch;
    const ip = start + this.#ip;
    const transport = start + this.#transport;
    const upperBytes = this.#payload - this.#transport + size;
    let pseudo: number;
    if (bytes[ip] >>> 4 === 4) {
      write16(bytes, ip + v4.totalLengthAt, this.#transport - this.#ip + upperBytes);
      write16(bytes, ip + 4, (read16(bytes, ip + 4) + this.#next) & 0xffff);
      v4.writeChecksum(bytes, ip);
      const protocol = bytes[ip + v4.protocolAt];
      pseudo = sumAligned(batch, ip + v4.sourceAt, 8) + protocol + upperBytes;
    } else {
      write16(bytes, ip + v6.payloadLengthAt, upperBytes);
      pseudo = v6.pseudoHeaderSum(bytes, ip, upperBytes, bytes[ip + v6.nextHeaderAt]);
    }
    const field = transport + (this.#isTcp ? Tcp.checksum : Udp.checksum);
    if (this.#isTcp) this.#number(bytes, transport);
    else write16(bytes, transport + Udp.length, upperBytes);
    write16(bytes, field, 0);
    write16(bytes, field, checksumOf(sumAligned(batch, transport, upperBytes) + pseudo, !this.#isTcp));
  }

  /** Sequence number and flags of a segment: the end of the stream is in the last, ECN's answer in the first. */
  #number(bytes: Uint8Array, transport: number): void {
    const sequence = read32(bytes, transport + Tcp.sequence);
    write32(bytes, transport + Tcp.sequence, (sequence + this.#next * this.#segmentBytes) >>> 0);
    let flags = bytes[transport + Tcp.flags];
    if (this.#next > 0) flags &= ~TcpFlag.windowReduced;
    if (this.#next < this.#count - 1) flags &= ~(TcpFlag.fin | TcpFlag.push);
    bytes[transport + Tcp.flags] = flags;
  }
}

/** Offloads of the frames of one ring. Headers are at `header` of `bytes`. */
export class Offloads {
  readonly #segmenter = new Segmenter();
  readonly #counts: DeviceCounts;

  constructor(counts: DeviceCounts) {
    this.#counts = counts;
  }

  /** A frame has been begun: `emit` is due before anything else is taken. */
  get isBusy(): boolean {
    return this.#segmenter.isBusy;
  }

  /**
   * Takes a frame of `length` bytes that is to be cut; false when it is none, or cannot be. `tag`: the word of a VLAN tag
   * that belongs behind the MACs, or -1.
   */
  begin(bytes: Uint8Array, header: number, from: number, length: number, tag: number): boolean {
    const kind = bytes[header + HeaderAt.kind];
    if ((kind & kindMask) === Kind.none) return false;
    const more = tag < 0 ? 0 : tagBytes;
    const room = this.#segmenter.room(length + more);
    if (room === undefined || length < ethernetBytes) return false;
    room.set(bytes.subarray(from, from + length), more);
    if (tag >= 0) {
      room.copyWithin(0, more, more + macsBytes);
      for (let i = 0; i < tagBytes; i++) room[macsBytes + i] = tag >>> (8 * i);
    }
    if (!this.#segmenter.begin(length + more, kind, readLittle16(bytes, header + HeaderAt.segmentBytes))) return false;
    this.#counts.receiveOversized++;
    this.#counts.receiveSegments += this.#segmenter.count - 1;
    return true;
  }

  /** False: the batch is full, and more is to come. */
  emit(batch: Batch, port: number, seconds: number, nanoseconds: number): boolean {
    return this.#segmenter.emit(batch, port, seconds, nanoseconds);
  }

  /** The checksum of a frame that lies in the batch from `start` to `end`, `more` bytes of tags put in. */
  finish(bytes: Uint8Array, header: number, batch: Batch, start: number, end: number, more: number): void {
    if ((bytes[header + HeaderAt.flags] & checksumDue) === 0) return;
    const from = start + more + readLittle16(bytes, header + HeaderAt.checksumFrom);
    finishChecksum(batch, from, from + readLittle16(bytes, header + HeaderAt.checksumField), end);
    this.#counts.receiveUnchecked++;
  }
}

function readLittle16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}
