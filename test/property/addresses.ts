// Addresses as 32-bit words, most significant first (one word for IPv4, four for IPv6), written and masked without
// a line of the code under test.
import type { Random } from './random.ts';

export type Words = readonly number[];

export interface Prefix {
  readonly words: Words;
  readonly length: number;
}

/** One way to write each address, so that texts can be compared. */
export function addressText(words: Words): string {
  if (words.length === 1) return [24, 16, 8, 0].map((shift) => ((words[0] as number) >>> shift) & 255).join('.');
  return words.flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]).join(':');
}

export const prefixText = ({ words, length }: Prefix) => `${addressText(words)}/${length}`;

/** Ones where the host part is, in word `index`. */
function hostMask(length: number, index: number): number {
  const bits = Math.min(Math.max(length - 32 * index, 0), 32);
  return bits === 32 ? 0 : 0xffffffff >>> bits;
}

export function network(words: Words, length: number): number[] {
  return words.map((word, i) => (word & ~hostMask(length, i)) >>> 0);
}

/** The address `offset` behind the first one of the prefix; negative: before the one behind the last. */
export function member({ words, length }: Prefix, offset: number): number[] {
  const last = words.length - 1;
  const first = network(words, length);
  const from = offset < 0 ? first.map((word, i) => (word | hostMask(length, i)) >>> 0) : first;
  return from.map((word, i) => (i === last ? (word + (offset < 0 ? offset + 1 : offset)) >>> 0 : word));
}

/** An address of the prefix: its ends, one of a few hosts, or any; sometimes one just outside. */
export function near(prefix: Prefix, random: Random): number[] {
  const kind = random.below(16);
  if (kind === 0) return member(prefix, 0);
  if (kind === 1) return member(prefix, -1);
  if (kind === 2) {
    const outside = member(prefix, random.chance(0.5) ? 0 : -1);
    return outside.map((word, i) => (i === outside.length - 1 ? (word ^ 1) >>> 0 : word));
  }
  const few = kind < 12;
  return network(prefix.words, prefix.length).map((word, i) => {
    const host = few ? random.below(8) : random.word();
    return (word | (host & hostMask(prefix.length, i))) >>> 0;
  });
}

/** A prefix from a small world, so that tables overlap: 10/8 and 198.18/15, or 2001:db8::/32. */
export function somePrefix(random: Random, family: 4 | 6, lengths?: readonly number[]): Prefix {
  if (family === 4) {
    const top = random.chance(0.85) ? 0x0a000000 : 0xc6120000;
    const words = [(top | (random.below(6) << 16) | (random.below(4) << 8) | random.below(256)) >>> 0];
    const length = random.pick(lengths ?? [0, 8, 9, 12, 15, 16, 17, 20, 23, 24, 24, 25, 28, 30, 31, 32, 32]);
    return { words: network(words, length), length };
  }
  const words = [0x20010db8, (random.below(5) << 16) | random.below(4), 0, random.below(4)];
  const length = random.pick(lengths ?? [0, 16, 29, 32, 33, 44, 48, 52, 56, 63, 64, 64, 65, 127, 128, 128]);
  return { words: network(words, length), length };
}
