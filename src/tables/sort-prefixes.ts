// Sorts prefixes so that each comes right before those inside it: by address, then by length. A radix sort, a byte a
// pass; bytes that are the same in all keys cost no pass.

/** Prefixes in order; a key has one word for IPv4 and four for IPv6, zero beyond the prefix's length. */
export interface SortedPrefixes {
  readonly keyWords: number;
  readonly keys: Uint32Array;
  readonly lengths: Uint8Array;
  readonly routes: Uint32Array;
}

/** The first `bits` bits set, of a word. */
function mask(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}

function maskedKeys(addresses: Uint32Array, lengths: Uint8Array, keyWords: number): Uint32Array {
  const keys = new Uint32Array(addresses.length);
  for (let i = 0; i < lengths.length; i++) {
    for (let word = 0; word < keyWords; word++)
      keys[i * keyWords + word] = addresses[i * keyWords + word] & mask(lengths[i] - 32 * word);
  }
  return keys;
}

function isSorted(keys: Uint32Array, lengths: Uint8Array, keyWords: number): boolean {
  for (let i = 1; i < lengths.length; i++) {
    let word = 0;
    while (word < keyWords && keys[i * keyWords + word] === keys[(i - 1) * keyWords + word]) word++;
    const isLater =
      word < keyWords ? keys[i * keyWords + word] > keys[(i - 1) * keyWords + word] : lengths[i] >= lengths[i - 1];
    if (!isLater) return false;
  }
  return true;
}

/** One stable pass: `to` is `from` ordered by 8 bits of `values`, which has `stride` words an item. */
function pass(
  from: Uint32Array,
  to: Uint32Array,
  values: Uint32Array | Uint8Array,
  stride: number,
  offset: number,
  shift: number,
): boolean {
  const first = new Uint32Array(257);
  for (let at = offset; at < values.length; at += stride) first[((values[at] >>> shift) & 255) + 1]++;
  if (first[((values[offset] >>> shift) & 255) + 1] === from.length) return false;
  for (let i = 1; i < 257; i++) first[i] += first[i - 1];
  for (let i = 0; i < from.length; i++) {
    const item = from[i];
    to[first[(values[item * stride + offset] >>> shift) & 255]++] = item;
  }
  return true;
}

function order(keys: Uint32Array, lengths: Uint8Array, keyWords: number): Uint32Array {
  let from = new Uint32Array(lengths.length);
  for (let i = 0; i < from.length; i++) from[i] = i;
  let to = new Uint32Array(lengths.length);
  const swap = (): void => {
    const held = from;
    from = to;
    to = held;
  };
  if (pass(from, to, lengths, 1, 0, 0)) swap();
  for (let word = keyWords - 1; word >= 0; word--) {
    for (let shift = 0; shift < 32; shift += 8) if (pass(from, to, keys, keyWords, word, shift)) swap();
  }
  return from;
}

/** Of prefixes that are the same, the later ones come later. `addresses` has one or four words for each length. */
export function sortPrefixes(addresses: Uint32Array, lengths: Uint8Array, routes: Uint32Array): SortedPrefixes {
  const keyWords = lengths.length > 0 && addresses.length >= 4 * lengths.length ? 4 : 1;
  const keys = maskedKeys(addresses, lengths, keyWords);
  if (isSorted(keys, lengths, keyWords)) return { keyWords, keys, lengths, routes };
  const items = order(keys, lengths, keyWords);
  const sorted = {
    keyWords,
    keys: new Uint32Array(keys.length),
    lengths: new Uint8Array(lengths.length),
    routes: new Uint32Array(lengths.length),
  };
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    for (let word = 0; word < keyWords; word++) sorted.keys[i * keyWords + word] = keys[item * keyWords + word];
    sorted.lengths[i] = lengths[item];
    sorted.routes[i] = routes[item];
  }
  return sorted;
}
