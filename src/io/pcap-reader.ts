// Reads pcap: both byte orders, microseconds and nanoseconds. Made for speed: no allocation, no exception and
// no DataView per frame; the record header is five word reads at most, the frame a word-wise copy.
//
//   file    | magic | major, minor | zone | sigfigs | snaplen | FCS 4 bits, -, f, 10 bits, link type 16 bits |
//   record  | seconds | µs or ns | captured | original | captured bytes |
//
// Records are not aligned: after a frame of 61 bytes every word lies across two.
import type { ShimlineError } from '../errors.ts';
import { type Batch, frameBytesMax } from '../wire/batch.ts';
import { copyIntoBatch } from './copy.ts';
import { type FrameReader, filled } from './frame-reader.ts';
import { linkTypeEthernet, notEthernet } from './link-types.ts';
import { type CaptureKernels, placeOf, Read } from './shared-room.ts';
import { swap32 } from './swap.ts';
import type { Window } from './window.ts';

export const pcapHeaderBytes = 24;
const recordHeaderBytes = 16;
const linkTypeMask = 0xffff;
/** The upper four bits hold the length of the frame check sequence, in units of 16 bits. */
const fcsPresent = 0x0400_0000;

export interface PcapVariant {
  readonly swapped: boolean;
  readonly nanosecond: boolean;
}

/** Which pcap a magic number (as a little-endian word) announces. */
export function pcapVariant(magic: number): PcapVariant | undefined {
  switch (magic) {
    case 0xa1b2c3d4:
      return { swapped: false, nanosecond: false };
    case 0xd4c3b2a1:
      return { swapped: true, nanosecond: false };
    case 0xa1b23c4d:
      return { swapped: false, nanosecond: true };
    case 0x4d3cb2a1:
      return { swapped: true, nanosecond: true };
    default:
      return undefined;
  }
}

export class PcapReader implements FrameReader {
  headSeconds = 0;
  headNanoseconds = 0;
  need = 0;
  failure: ShimlineError | undefined;
  readonly nanosecond: boolean;
  readonly #window: Window;
  readonly #swapped: boolean;
  readonly #fcsBytes: number;

  /** The window holds the file header. Throws DAMAGED for one that is not to be read. */
  constructor(window: Window, variant: PcapVariant) {
    this.#window = window;
    this.#swapped = variant.swapped;
    this.nanosecond = variant.nanosecond;
    const view = new DataView(window.bytes.buffer, window.bytes.byteOffset + window.at, pcapHeaderBytes);
    const little = !variant.swapped;
    const major = view.getUint16(4, little);
    if (major !== 2) throw window.damage(0, `pcap version ${major}.${view.getUint16(6, little)} is not supported`);
    const network = view.getUint32(20, little);
    this.#fcsBytes = (network & fcsPresent) === 0 ? 0 : (network >>> 28) * 2;
    window.at += pcapHeaderBytes;
    if ((network & linkTypeMask) !== linkTypeEthernet) throw window.refusal(notEthernet(network & linkTypeMask));
  }

  fill(batch: Batch, port: number, untilSeconds: number, untilNanoseconds: number): number {
    const { kernels, bytes } = this.#window;
    if (kernels === undefined || this.#swapped || this.#fcsBytes !== 0 || batch.place.buffer !== bytes.buffer) {
      return this.#fillByWords(batch, port, untilSeconds, untilNanoseconds);
    }
    const why = this.#fillByKernel(kernels, batch, port, untilSeconds, untilNanoseconds);
    if (why === Read.full) return filled.full;
    if (why === Read.limit) return filled.limit;
    // What is odd, or the end: the record is looked at again, and said what is wrong with it.
    return this.#fillByWords(batch, port, untilSeconds, untilNanoseconds);
  }

  skim(most: number): number {
    const { kernels, bytes, at, end } = this.#window;
    if (kernels === undefined || this.#swapped || this.#fcsBytes !== 0) return 0;
    kernels.skimPcap(bytes.byteOffset + at, bytes.byteOffset + end, this.nanosecond, most);
    this.#window.at = placeOf(kernels) - bytes.byteOffset;
    return kernels.slot.value;
  }

  /** Everything up to the first record that is not plain; answers a `Read`. */
  #fillByKernel(kernels: CaptureKernels, batch: Batch, port: number, seconds: number, nanoseconds: number): number {
    const window = this.#window;
    const { byteOffset } = window.bytes;
    kernels.resume(batch.count, batch.tail);
    const why = kernels.readPcap(
      byteOffset + window.at,
      byteOffset + window.end,
      this.nanosecond,
      batch.place.offset,
      batch.bytes.length,
      port,
      seconds,
      nanoseconds,
    );
    window.at = placeOf(kernels) - byteOffset;
    batch.count = kernels.slot.value;
    batch.tail = kernels.tail.value;
    this.headSeconds = kernels.headSeconds.value >>> 0;
    this.headNanoseconds = kernels.headNanoseconds.value;
    return why;
  }

  #fillByWords(batch: Batch, port: number, untilSeconds: number, untilNanoseconds: number): number {
    const window = this.#window;
    const words = window.words;
    const end = window.end;
    const swapped = this.#swapped;
    const fcsBytes = this.#fcsBytes;
    const nanosecondsPerUnit = this.nanosecond ? 1 : 1000;
    const unitsPerSecond = this.nanosecond ? 1_000_000_000 : 1_000_000;
    let at = window.at;
    for (;;) {
      if (end - at < recordHeaderBytes) return this.#short(at, recordHeaderBytes, 'a record header');
      const word = at >>> 2;
      const shift = (at & 3) << 3;
      let seconds = words[word];
      let units = words[word + 1];
      let present = words[word + 2];
      let original = words[word + 3];
      if (shift !== 0) {
        seconds = ((seconds >>> shift) | (units << (32 - shift))) >>> 0;
        units = ((units >>> shift) | (present << (32 - shift))) >>> 0;
        present = ((present >>> shift) | (original << (32 - shift))) >>> 0;
        original = ((original >>> shift) | (words[word + 4] << (32 - shift))) >>> 0;
      }
      if (swapped) {
        seconds = swap32(seconds);
        units = swap32(units);
        present = swap32(present);
        original = swap32(original);
      }
      if (present > frameBytesMax) {
        return this.#damaged(at, `captured length ${present} is more than ${frameBytesMax}`);
      }
      if (end - at - recordHeaderBytes < present) return this.#short(at, recordHeaderBytes + present, 'a frame');
      if (units >= unitsPerSecond) {
        const carry = Math.floor(units / unitsPerSecond);
        seconds = (seconds + carry) >>> 0;
        units -= carry * unitsPerSecond;
      }
      const nanoseconds = units * nanosecondsPerUnit;
      let captured = present;
      if (original < captured) original = captured;
      if (fcsBytes !== 0) {
        original = original > fcsBytes ? original - fcsBytes : 0;
        if (captured > original) captured = original;
      }
      if (seconds >= untilSeconds && (seconds > untilSeconds || nanoseconds >= untilNanoseconds)) {
        return this.#pause(at, seconds, nanoseconds, filled.limit);
      }
      const start = batch.add(port, captured, original, seconds, nanoseconds);
      if (start < 0) return this.#pause(at, seconds, nanoseconds, filled.full);
      copyIntoBatch(batch, start, window, at + recordHeaderBytes, captured);
      at += recordHeaderBytes + present;
    }
  }

  #pause(at: number, seconds: number, nanoseconds: number, why: number): number {
    this.#window.at = at;
    this.headSeconds = seconds;
    this.headNanoseconds = nanoseconds;
    return why;
  }

  #short(at: number, need: number, what: string): number {
    const window = this.#window;
    window.at = at;
    this.need = need;
    if (!window.ended) return filled.more;
    const present = window.end - at;
    if (window.failure !== undefined) this.failure = window.failure;
    else if (present > 0) return this.#damaged(at, `cut off within ${what} (${present} of ${need} bytes)`);
    return filled.end;
  }

  #damaged(at: number, reason: string): number {
    this.failure = this.#window.damage(this.#window.offset(at), reason);
    return filled.end;
  }
}
