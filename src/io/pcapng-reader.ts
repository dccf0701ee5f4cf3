// Reads pcapng: both byte orders, several sections and interfaces, enhanced, simple and (obsolete) packet blocks;
// every other block is skipped. Blocks are multiples of 4 long and the window keeps them at 2 (mod 4): words are
// read as two halves, and frames copied word for word.
//
// A simple packet block has no time: its frame takes the time of the frame before it in the file, or 0.
import type { ShimlineError } from '../errors.ts';
import { type Batch, frameBytesMax } from '../wire/batch.ts';
import { copyIntoBatch } from './copy.ts';
import { type FrameReader, filled } from './frame-reader.ts';
import { linkTypeEthernet, notEthernet } from './link-types.ts';
import * as format from './pcapng-format.ts';
import { blockType } from './pcapng-format.ts';
import { type PcapngInterface, readInterface } from './pcapng-interface.ts';
import { swap32 } from './swap.ts';
import type { Window } from './window.ts';

/** What the handling of a block that holds no frame answers when the next block may be looked at. */
const goOn = -1;
const flagsFcsMask = 0x1e0;
const flagsFcsShift = 5;

export class PcapngReader implements FrameReader {
  headSeconds = 0;
  headNanoseconds = 0;
  need = 0;
  failure: ShimlineError | undefined;
  nanosecond = false;
  readonly #window: Window;
  readonly #view: DataView;
  readonly #only: number | undefined;
  #swapped = false;
  /** Of the current section. */
  #interfaces: PcapngInterface[] = [];
  /** Of the whole file. */
  #interfaceCount = 0;
  /** Time of the packet last read. */
  #seconds = 0;
  #nanoseconds = 0;
  /** The first packet of an interface that is not Ethernet. */
  #foreign: ShimlineError | undefined;
  /** A block being skipped: bytes left before its trailing length, that length, and where the block began. */
  #skipBytes = 0;
  #skipTotal = 0;
  #skipFrom = 0;

  constructor(window: Window, onlyInterface: number | undefined) {
    this.#window = window;
    this.#view = new DataView(window.bytes.buffer, window.bytes.byteOffset, window.bytes.length);
    this.#only = onlyInterface;
  }

  fill(batch: Batch, port: number, untilSeconds: number, untilNanoseconds: number): number {
    const window = this.#window;
    for (;;) {
      if (this.#skipTotal !== 0) {
        const why = this.#skip();
        if (why !== goOn) return why;
      }
      const at = window.at;
      if (window.end - at < format.blockBytesMin) return this.#short(format.blockBytesMin);
      const type = this.#word(at);
      if (type === blockType.sectionHeader) this.#swapped = this.#raw(at + 8) === format.byteOrderMagicSwapped;
      const total = this.#word(at + 4);
      if (total < format.blockBytesMin || (total & 3) !== 0) return this.#damaged(`bad block length ${total}`);
      const header = this.#headerBytes(type);
      if (header === 0) {
        const why = this.#otherBlock(type, total);
        if (why !== goOn) return why;
        continue;
      }

      if (total < header + 4) return this.#damaged(`a packet block of ${total} bytes is too short`);
      if (window.end - at < header) return this.#short(header);
      const simple = type === blockType.simplePacket;
      const id = simple ? 0 : type === blockType.packet ? this.#half(at + 8) : this.#word(at + 8);
      const described = this.#interfaces[id];
      if (described === undefined) return this.#damaged(`interface ${id} is not described`);
      let original = this.#word(simple ? at + 8 : at + 24);
      const present = simple ? simpleCaptured(original, described.snapLength, total) : this.#word(at + 20);
      if (present > frameBytesMax) {
        return this.#damaged(`captured length ${present} is more than ${frameBytesMax}`);
      }
      if (header + format.padded(present) + 4 > total) {
        return this.#damaged(`captured length ${present} does not fit into a block of ${total} bytes`);
      }
      if (total > window.capacity) return this.#damaged(`a packet block of ${total} bytes is too long`);
      if (window.end - at < total) return this.#short(total);
      if (this.#word(at + total - 4) !== total) return this.#damaged('the two lengths of the block differ');
      if (!described.selected) {
        window.at = at + total;
        continue;
      }
      if (described.linkType !== linkTypeEthernet) {
        // The frames of other interfaces are still good: told once, at the end.
        const reason = `interface ${described.index}: ${notEthernet(described.linkType)}`;
        this.#foreign ??= window.damage(window.offset(at), reason);
        window.at = at + total;
        continue;
      }

      if (!simple) this.#readTime(described, this.#word(at + 12), this.#word(at + 16));
      const seconds = this.#seconds;
      const nanoseconds = this.#nanoseconds;
      let captured = present;
      if (original < captured) original = captured;
      let fcsBytes = described.fcsBytes;
      const optionsAt = header + format.padded(present);
      if (!simple && total - optionsAt > 8) fcsBytes = this.#fcsOfPacket(at + optionsAt, at + total - 4, fcsBytes);
      if (fcsBytes !== 0) {
        original = original > fcsBytes ? original - fcsBytes : 0;
        if (captured > original) captured = original;
      }
      const late = seconds >= untilSeconds && (seconds > untilSeconds || nanoseconds >= untilNanoseconds);
      const start = late ? -1 : batch.add(port, captured, original, seconds, nanoseconds);
      if (start < 0) {
        this.headSeconds = seconds;
        this.headNanoseconds = nanoseconds;
        return late ? filled.limit : filled.full;
      }
      copyIntoBatch(batch, start, window, at + header, captured);
      window.at = at + total;
    }
  }

  /** The word as it lies in the file, read as little-endian. */
  #raw(at: number): number {
    const halves = this.#window.halves;
    return (halves[at >> 1] | (halves[(at >> 1) + 1] << 16)) >>> 0;
  }

  #word(at: number): number {
    const raw = this.#raw(at);
    return this.#swapped ? swap32(raw) : raw;
  }

  #half(at: number): number {
    return this.#view.getUint16(at, !this.#swapped);
  }

  /** Bytes before the frame in a block of this type; 0 if it holds none. */
  #headerBytes(type: number): number {
    if (type === blockType.enhancedPacket || type === blockType.packet) return format.packetHeaderBytes;
    return type === blockType.simplePacket ? format.simplePacketHeaderBytes : 0;
  }

  #readTime(described: PcapngInterface, high: number, low: number): void {
    const perSecond = described.unitsPerSecond;
    let seconds: number;
    if (perSecond !== 0) {
      // 64 bits do not fit into a number, so the quotient may be off by one; the remainder, which fits into
      // 31 bits, comes out exact from arithmetic modulo 2^32 and tells.
      seconds = Math.floor((high * 4_294_967_296 + low) / perSecond);
      let units = (low - Math.imul(seconds, perSecond)) | 0;
      if (units < 0) {
        units += perSecond;
        seconds--;
      } else if (units >= perSecond) {
        units -= perSecond;
        seconds++;
      }
      this.#nanoseconds = units * described.nanosecondsPerUnit;
    } else {
      const time = (BigInt(high) << 32n) | BigInt(low);
      seconds = Number(time / described.exact);
      this.#nanoseconds = Number(((time % described.exact) * 1_000_000_000n) / described.exact);
    }
    this.#seconds = (seconds + described.offsetSeconds) >>> 0;
  }

  /** The frame check sequence that a packet announces by itself, else that of its interface. */
  #fcsOfPacket(from: number, end: number, ofInterface: number): number {
    let at = from;
    while (at + 8 <= end) {
      const code = this.#half(at);
      const length = this.#half(at + 2);
      if (code === format.option.end) break;
      if (code === format.option.packetFlags && length === 4) {
        const bytes = (this.#word(at + 4) & flagsFcsMask) >>> flagsFcsShift;
        return bytes === 0 ? ofInterface : bytes;
      }
      at += 4 + format.padded(length);
    }
    return ofInterface;
  }

  /** Sections and interfaces are read, everything else is skipped. */
  #otherBlock(type: number, total: number): number {
    const window = this.#window;
    const at = window.at;
    const isSection = type === blockType.sectionHeader;
    if (!isSection && type !== blockType.interfaceDescription) {
      this.#skipFrom = window.offset(at);
      this.#skipTotal = total;
      this.#skipBytes = total - 4;
      return goOn;
    }
    if (total > window.capacity) return this.#damaged(`a block of ${total} bytes is too long`);
    if (window.end - at < total) return this.#short(total);
    if (this.#word(at + total - 4) !== total) return this.#damaged('the two lengths of the block differ');
    const wrong = isSection ? this.#beginSection(at, total) : this.#addInterface(at, total);
    if (wrong !== undefined) return this.#damaged(wrong);
    window.at = at + total;
    return goOn;
  }

  #beginSection(at: number, total: number): string | undefined {
    if (total < format.sectionHeaderBytesMin) return `a section header of ${total} bytes is too short`;
    if (this.#word(at + 8) !== format.byteOrderMagic) return 'bad byte-order magic of a section';
    const major = this.#half(at + 12);
    if (major !== 1) return `pcapng version ${major}.${this.#half(at + 14)} is not supported`;
    this.#interfaces = [];
    return undefined;
  }

  #addInterface(at: number, total: number): string | undefined {
    const described = readInterface(this.#view, at, total, !this.#swapped, this.#interfaceCount, this.#only);
    if (typeof described === 'string') return described;
    this.#interfaceCount++;
    this.#interfaces.push(described);
    if (described.selected && described.finerThanMicrosecond) this.nanosecond = true;
    return undefined;
  }

  /** Skips a block of any length, as far as the window goes. */
  #skip(): number {
    const window = this.#window;
    // In steps of 4, so that the window keeps blocks where words can be read as halves.
    const step = Math.min(this.#skipBytes, (window.end - window.at) & ~3);
    window.at += step;
    this.#skipBytes -= step;
    if (this.#skipBytes > 0 || window.end - window.at < 4) {
      return this.#short(4, this.#skipFrom, true);
    }
    if (this.#word(window.at) !== this.#skipTotal) {
      return this.#damaged('the two lengths of the block differ', this.#skipFrom);
    }
    window.at += 4;
    this.#skipTotal = 0;
    return goOn;
  }

  #short(need: number, from = this.#window.offset(this.#window.at), withinBlock = false): number {
    const window = this.#window;
    this.need = need;
    if (!window.ended) return filled.more;
    const end = window.offset(window.end);
    if (window.failure !== undefined) this.failure = window.failure;
    else if (withinBlock || end > from)
      return this.#damaged(`cut off within a block (${end - from} bytes of it)`, from);
    else if (this.#only !== undefined && this.#only >= this.#interfaceCount) {
      this.failure = window.noSuchInterface(this.#only, this.#interfaceCount);
    } else this.failure = this.#foreign;
    return filled.end;
  }

  #damaged(reason: string, from = this.#window.offset(this.#window.at)): number {
    this.failure = this.#window.damage(from, reason);
    return filled.end;
  }
}

function simpleCaptured(original: number, snapLength: number, total: number): number {
  const present = Math.min(original, total - format.simplePacketHeaderBytes - 4);
  return snapLength === 0 ? present : Math.min(present, snapLength);
}
