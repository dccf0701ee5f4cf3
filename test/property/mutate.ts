// Damage: bits flipped, words replaced, frames cut, snapped, lengthened and spliced.
import { behindLink, mendIpv4 } from './frame.ts';
import type { Random } from './random.ts';

export interface Mutated {
  readonly bytes: Uint8Array;
  readonly original: number;
}

const interesting = [0, 1, 2, 3, 4, 7, 15, 16, 0x45, 0x60, 0x7f, 0x80, 0xff] as const;
const etherTypes = [0x0800, 0x86dd, 0x8847, 0x8848, 0x0806, 0x8100, 0x88a8] as const;

function flipBits(bytes: Uint8Array, random: Random): void {
  for (let i = random.between(1, 4); i > 0; i--) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
  }
}

function setByte(bytes: Uint8Array, random: Random): void {
  bytes[random.below(bytes.length)] = random.chance(0.5) ? random.pick(interesting) : random.below(256);
}

/** A 16- or 32-bit word somewhere, most likely in the headers. */
function setWord(bytes: Uint8Array, random: Random): void {
  const from = random.chance(0.8) ? Math.min(behindLink(bytes).at, bytes.length) : 0;
  const at = from + 2 * random.below(Math.max(1, Math.min(bytes.length - from, 60) >> 1));
  const fill = random.pick([0, 255, -1]);
  for (let i = at; i < Math.min(at + random.pick([2, 4]), bytes.length); i++)
    bytes[i] = fill < 0 ? random.below(256) : fill;
}

function setType(bytes: Uint8Array, random: Random): void {
  if (bytes.length < 14) return;
  const type = random.pick(etherTypes);
  bytes[12] = type >>> 8;
  bytes[13] = type & 255;
}

function splice(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const head = bytes.subarray(0, random.below(bytes.length + 1));
  return Uint8Array.from([...head, ...other.subarray(random.below(other.length + 1))]);
}

/** Changes the bytes; half of the time the IPv4 checksum is made right again, so that more than it is tested. */
export function damage(frame: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  if (frame.length === 0) return frame;
  if (random.chance(0.05)) return splice(frame, other, random);
  const bytes = frame.slice();
  for (let i = random.between(1, 3); i > 0; i--) {
    random.weighted([
      [5, flipBits],
      [4, setByte],
      [4, setWord],
      [1, setType],
    ] as const)(bytes, random);
  }
  if (random.chance(0.5)) mendIpv4(bytes);
  return bytes;
}

/** The frame as it is, cut short, snapped by the capture, or with bytes behind it. */
export function resize(frame: Uint8Array, random: Random): Mutated {
  const kind = random.below(12);
  const cut = frame.subarray(
    0,
    random.chance(0.7) ? random.below(Math.min(frame.length, 100) + 1) : random.below(frame.length + 1),
  );
  if (kind === 0) return { bytes: cut, original: cut.length };
  if (kind === 1) return { bytes: cut, original: frame.length };
  if (kind === 2) return { bytes: frame, original: frame.length + random.pick([1, 4, 100, 70_000]) };
  if (kind === 3) {
    const bytes = Uint8Array.from([...frame, ...random.bytes(random.between(1, 40))]);
    return { bytes, original: bytes.length };
  }
  return { bytes: frame, original: frame.length };
}
