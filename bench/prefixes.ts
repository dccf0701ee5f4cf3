// Synthetic routing tables with the mix of prefix lengths that the Internet's have (RouteViews, 2024, rounded), and
// random destinations inside them. All martian space is left out.
import type { IpPrefix } from '../src/wire/address.ts';
import type { Random } from './random.ts';

/** Prefix length and its share in a thousand prefixes. */
type Mix = readonly (readonly [length: number, share: number])[];

const mix4: Mix = [
  [24, 595],
  [22, 115],
  [23, 105],
  [21, 50],
  [20, 45],
  [19, 27],
  [16, 20],
  [18, 18],
  [17, 12],
  [15, 5],
  [14, 4],
  [13, 2],
  [12, 1],
  [11, 1],
];

/** Lengths inside an allocation; the allocations themselves, /32, come first. */
const mix6: Mix = [
  [48, 545],
  [44, 130],
  [40, 125],
  [36, 70],
  [64, 50],
  [46, 40],
  [47, 25],
  [56, 15],
];
/** Every so many prefixes one is an allocation (/32) that others lie in. */
const prefixesPerAllocation = 5;
/** Blocks of the address registries, as upper 16 bits with so many bits of them fixed. */
const registries6: readonly (readonly [bits: number, fixed: number])[] = [
  [0x2001, 16],
  [0x2400, 12],
  [0x2600, 12],
  [0x2800, 12],
  [0x2a00, 11],
  [0x2c00, 12],
];

function pickLength(random: Random, mix: Mix): number {
  let left = random.below(mix.reduce((sum, [, share]) => sum + share, 0));
  for (const [length, share] of mix) {
    left -= share;
    if (left < 0) return length;
  }
  return 24;
}

function maskOf(length: number): number {
  return length <= 0 ? 0 : length >= 32 ? 0xffffffff : (0xffffffff << (32 - length)) >>> 0;
}

/** Martian space, and 10/8, where the made-up neighbours live. */
function isMartian4(word: number): boolean {
  const first = word >>> 24;
  return first === 0 || first === 10 || first === 127 || first >= 224 || word >>> 16 === 0xa9fe;
}

/** `count` different IPv4 prefixes in random order. */
export function prefixes4(random: Random, count: number): IpPrefix[] {
  const seen = new Set<number>();
  const prefixes: IpPrefix[] = [];
  while (prefixes.length < count) {
    const length = pickLength(random, mix4);
    const word = (random.word() & maskOf(length)) >>> 0;
    // No prefix of 11 bits and more holds martian and other addresses but those around 169.254/16.
    if (isMartian4(word) || (word >>> 24 === 169 && length < 16)) continue;
    const key = word * 64 + length;
    if (seen.has(key)) continue;
    seen.add(key);
    prefixes.push({ family: 4, words: [word], length });
  }
  return prefixes;
}

function allocation6(random: Random): number {
  const [bits, fixed] = registries6[random.below(registries6.length)] as readonly [number, number];
  const prefix = (bits << 16) >>> 0;
  return (prefix | (random.word() & ~maskOf(fixed))) >>> 0;
}

/** `count` different IPv6 prefixes: allocations of /32, and longer ones inside them. */
export function prefixes6(random: Random, count: number): IpPrefix[] {
  const seen = new Set<string>();
  const allocations: number[] = [];
  const prefixes: IpPrefix[] = [];
  const put = (high: number, low: number, length: number): void => {
    const key = `${high}.${low}/${length}`;
    if (seen.has(key)) return;
    seen.add(key);
    prefixes.push({ family: 6, words: [high, low, 0, 0], length });
  };
  while (prefixes.length < count) {
    if (prefixes.length % prefixesPerAllocation === 0) {
      const high = allocation6(random);
      allocations.push(high);
      put(high, 0, 32);
    } else {
      const length = pickLength(random, mix6);
      const high = allocations[random.below(allocations.length)] as number;
      put(high, (random.word() & maskOf(length - 32)) >>> 0, length);
    }
  }
  return prefixes;
}

/** A random address inside a random one of the prefixes, as its words. */
export function addressIn(random: Random, prefixes: readonly IpPrefix[]): number[] {
  const { words, length } = prefixes[random.below(prefixes.length)] as IpPrefix;
  return words.map((word, i) => (word | (random.word() & ~maskOf(length - 32 * i))) >>> 0);
}
