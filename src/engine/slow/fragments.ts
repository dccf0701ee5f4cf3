// Fragmentation of IPv4 (RFC 791 section 3.2, RFC 3032 section 3.4), each fragment under the same label stack.
import { copyBytes, read16, write16 } from '../../wire/bytes.ts';
import * as v4 from '../../wire/ipv4.ts';
import type { Piece } from './neighbors.ts';
import type { Packet } from './packet.ts';

const OPTION_END = 0;
const OPTION_NOP = 1;
/** Options with this bit are copied into every fragment. */
const copiedBit = 0x80;
/** Free bytes before each fragment, for the link header. */
const pieceHeadroom = 64;

/** The options that later fragments carry, padded to whole words. A broken option ends the list. */
function copiedOptions(bytes: Uint8Array, ip: number): number[] {
  const end = ip + v4.headerBytes(bytes, ip);
  const copied: number[] = [];
  for (let at = ip + v4.ipv4Bytes; at < end; ) {
    const type = bytes[at] as number;
    if (type === OPTION_END) break;
    if (type === OPTION_NOP) {
      at++;
      continue;
    }
    const count = at + 1 < end ? (bytes[at + 1] as number) : 0;
    if (count < 2 || at + count > end) break;
    if ((type & copiedBit) !== 0) copied.push(...bytes.subarray(at, at + count));
    at += count;
  }
  while (copied.length % 4 !== 0) copied.push(OPTION_END);
  return copied;
}

/**
 * The fragments of the packet, filled greedily: each IP packet at most `room` bytes, and `room` leaves at least 8 of
 * them for payload. All bytes of the packet must be there. The first one is the packet itself, the others are made.
 */
export function fragment(packet: Packet, room: number): Piece[] {
  const { bytes, at, ip, end } = packet;
  const stackBytes = ip - at;
  const firstHeader = v4.headerBytes(bytes, ip);
  const options = copiedOptions(bytes, ip);
  const flagsAndOffset = read16(bytes, ip + v4.fragmentAt);
  const moreBehind = flagsAndOffset & v4.Fragment.moreFragments;
  const reserved = flagsAndOffset & v4.Fragment.reserved;
  const pieces: Piece[] = [];
  let offset = flagsAndOffset & v4.Fragment.offsetMask;
  for (let data = ip + firstHeader; data < end; ) {
    const first = pieces.length === 0;
    const header = first ? firstHeader : v4.ipv4Bytes + options.length;
    const fits = room - header;
    const count = end - data <= fits ? end - data : fits & ~7;
    const piece = new Uint8Array(pieceHeadroom + stackBytes + header + count);
    const newIp = pieceHeadroom + stackBytes;
    copyBytes(bytes, at, piece, pieceHeadroom, stackBytes + (first ? header : v4.ipv4Bytes));
    if (!first) {
      piece[newIp] = 0x40 | (header / 4);
      piece.set(options, newIp + v4.ipv4Bytes);
    }
    copyBytes(bytes, data, piece, newIp + header, count);
    data += count;
    const more = data < end ? v4.Fragment.moreFragments : moreBehind;
    write16(piece, newIp + v4.totalLengthAt, header + count);
    write16(piece, newIp + v4.fragmentAt, reserved | more | offset);
    v4.writeChecksum(piece, newIp);
    offset += count / 8;
    const length = stackBytes + header + count;
    pieces.push({
      bytes: piece,
      start: pieceHeadroom,
      captured: length,
      original: length,
      made: packet.made || !first,
    });
  }
  return pieces;
}
