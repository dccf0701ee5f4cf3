// Sorts prefixes so that each comes right before those inside it: by address, then by length. A radix sort, a byte a pass
// from the last on; bytes that are the same in all keys cost no pass.
import { byteColumn, wordColumn } from './columns.ts';

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
  const keys = wordColumn(addresses.length);
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

/** So many prefixes can be sorted: an item is the number of a prefix, and its length in the upper 8 bits. */
export const sortedMax = 1 << 24;

/** Items in the order that is known so far, each with the word that they are being ordered by. */
interface Items {
  item: Uint32Array;
  word: Uint32Array;
  /** Where the next pass puts them. */
  nextItem: Uint32Array;
  nextWord: Uint32Array;
}

/** Orders the items by their word: stable passes of 8 bits, whose 256 streams of writes the first cache can hold. */
function sortByWord(items: Items): void {
  const count = items.word.length;
  const places = new Uint32Array(4 * 256);
  for (let i = 0; i < count; i++) {
    const word = items.word[i];
    places[word & 255]++;
    places[256 + ((word >>> 8) & 255)]++;
    places[512 + ((word >>> 16) & 255)]++;
    places[768 + (word >>> 24)]++;
  }
  for (let byte = 0; byte < 4; byte++) {
    const first = places.subarray(256 * byte, 256 * (byte + 1));
    if (first[(items.word[0] >>> (8 * byte)) & 255] < count) pass(items, first, 8 * byte);
  }
}

/** One pass; `places` has how many items there are of each byte. */
function pass(items: Items, places: Uint32Array, shift: number): void {
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = places[byte];
    places[byte] = sum;
    sum += count;
  }
  const { item, word, nextItem, nextWord } = items;
  for (let i = 0; i < word.length; i++) {
    const to = places[(word[i] >>> shift) & 255]++;
    nextItem[to] = item[i];
    nextWord[to] = word[i];
  }
  items.item = nextItem;
  items.word = nextWord;
  items.nextItem = item;
  items.nextWord = word;
}

function isAllOver(keys: Uint32Array, keyWords: number, word: number): boolean {
  for (let at = word; at < keys.length; at += keyWords) if (keys[at] !== keys[word]) return false;
  return true;
}

function order(keys: Uint32Array, lengths: Uint8Array, keyWords: number): Items {
  const count = lengths.length;
  const items: Items = {
    item: wordColumn(count),
    word: wordColumn(count),
    nextItem: wordColumn(count),
    nextWord: wordColumn(count),
  };
  for (let i = 0; i < count; i++) {
    items.item[i] = i | (lengths[i] << 24);
    items.word[i] = lengths[i];
  }
  sortByWord(items);
  for (let word = keyWords - 1; word >= 0; word--) {
    if (keyWords > 1 && isAllOver(keys, keyWords, word)) continue;
    for (let i = 0; i < count; i++) items.word[i] = keys[(items.item[i] & (sortedMax - 1)) * keyWords + word];
    sortByWord(items);
  }
  return items;
}

/** Of prefixes that are the same, the later ones come later. `addresses` has one or four words for each length. */
export function sortPrefixes(addresses: Uint32Array, lengths: Uint8Array, routes: Uint32Array): SortedPrefixes {
  const keyWords = lengths.length > 0 && addresses.length >= 4 * lengths.length ? 4 : 1;
  const keys = maskedKeys(addresses, lengths, keyWords);
  if (isSorted(keys, lengths, keyWords)) return { keyWords, keys, lengths, routes };
  if (lengths.length > sortedMax) throw new RangeError('a prefix table cannot have so many prefixes');
  const { item, word } = order(keys, lengths, keyWords);
  const sorted = {
    keyWords,
    // The last word that they were ordered by is the first of each key, and all there is for IPv4.
    keys: keyWords === 1 ? word : wordColumn(keys.length),
    lengths: byteColumn(lengths.length),
    routes: wordColumn(lengths.length),
  };
  for (let i = 0; i < item.length; i++) {
    const from = item[i] & (sortedMax - 1);
    sorted.lengths[i] = item[i] >>> 24;
    sorted.routes[i] = routes[from];
    if (keyWords === 1) continue;
    for (let at = 0; at < keyWords; at++) sorted.keys[i * keyWords + at] = keys[from * keyWords + at];
  }
  return sorted;
}
