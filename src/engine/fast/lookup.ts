// Pass 4 of the fast path: the longest prefix for each slot of a list, a level of the trie at a time, so that the cache
// misses of all slots overlap. IPv4 and IPv6 are twins because each array of words wants its own function source: what
// the compiler learns of one must not blur the other (1.5 to 2 times slower when shared).

import type { Tables } from '../../tables/tables.ts';
import { denseNode, nodeBit, nodeHeaderWords, popCount, smallNode, wideNode } from '../../tables/trie-words.ts';
import type { Batch } from '../../wire/batch.ts';
import type { FastState } from './state.ts';

export function createLookupPass(tables: Tables, batch: Batch, state: FastState) {
  const { words } = batch;
  const { top, table, found, list4, list6, pending, place } = state;
  const trie4 = tables.trie4.words;
  const trie6 = tables.trie6.words;

  /** Finds the route of each of the first `count` slots of `list4`. */
  function lookup4(count: number): void {
    let nodes = 0;
    // Slots whose table has a wide root wait for the third byte.
    let wides = 0;
    for (let i = 0; i < count; i++) {
      const slot = list4[i] as number;
      const entry = trie4[table[slot] as number] as number;
      found[slot] = entry;
      if (entry >= wideNode) {
        const first = words[(top[slot] as number) + 4] as number;
        wides++;
        pending[count - wides] = slot;
        place[count - wides] = entry - wideNode + ((first & 0xff) << 8) + ((first >>> 8) & 0xff);
      } else if (entry >= nodeBit) pending[nodes++] = slot;
    }
    for (let shift = 0; nodes > 0 || wides > 0; shift += 8) {
      if (wides > 0 && (nodes === 0 || shift === 16)) {
        shift = 16;
        // They lie at the end of the same lists, which the others cannot have reached.
        for (let i = count - wides; i < count; i++) {
          const slot = pending[i] as number;
          const entry = trie4[place[i] as number] as number;
          found[slot] = entry;
          if (entry >= nodeBit) pending[nodes++] = slot;
        }
        wides = 0;
      }
      let left = 0;
      for (let i = 0; i < nodes; i++) {
        const slot = pending[i] as number;
        const byte = ((words[(top[slot] as number) + 4] as number) >>> shift) & 0xff;
        const parent = found[slot] as number;
        if (parent >= denseNode) {
          place[i] = parent - denseNode + byte;
          continue;
        }
        if (parent >= smallNode) {
          const small = parent - smallNode;
          const starts = trie4[small] as number;
          place[i] = small + 1 + (((starts & 0xffff) - 1 - byte) >>> 31) + (((starts >>> 16) - 1 - byte) >>> 31);
          continue;
        }
        const node = parent - nodeBit;
        const word = byte >>> 5;
        const before = ((trie4[node + 8 + (word >>> 2)] as number) >>> ((word & 3) << 3)) & 0xff;
        const bits = (trie4[node + word] as number) & (0xffffffff >>> (31 - (byte & 31)));
        place[i] = node + nodeHeaderWords - 1 + before + popCount(bits);
      }
      for (let i = 0; i < nodes; i++) {
        const slot = pending[i] as number;
        const entry = trie4[place[i] as number] as number;
        found[slot] = entry;
        if (entry >= nodeBit) pending[left++] = slot;
      }
      nodes = left;
    }
  }

  /** The same for `list6`. */
  function lookup6(count: number): void {
    let nodes = 0;
    let wides = 0;
    for (let i = 0; i < count; i++) {
      const slot = list6[i] as number;
      const entry = trie6[table[slot] as number] as number;
      found[slot] = entry;
      if (entry >= wideNode) {
        const first = words[(top[slot] as number) + 6] as number;
        wides++;
        pending[count - wides] = slot;
        place[count - wides] = entry - wideNode + ((first & 0xff) << 8) + ((first >>> 8) & 0xff);
      } else if (entry >= nodeBit) pending[nodes++] = slot;
    }
    for (let level = 0; nodes > 0 || wides > 0; level++) {
      if (wides > 0 && (nodes === 0 || level === 2)) {
        level = 2;
        // They lie at the end of the same lists, which the others cannot have reached.
        for (let i = count - wides; i < count; i++) {
          const slot = pending[i] as number;
          const entry = trie6[place[i] as number] as number;
          found[slot] = entry;
          if (entry >= nodeBit) pending[nodes++] = slot;
        }
        wides = 0;
      }
      const at = 6 + (level >>> 2);
      const shift = (level & 3) << 3;
      let left = 0;
      for (let i = 0; i < nodes; i++) {
        const slot = pending[i] as number;
        const byte = ((words[(top[slot] as number) + at] as number) >>> shift) & 0xff;
        const parent = found[slot] as number;
        if (parent >= denseNode) {
          place[i] = parent - denseNode + byte;
          continue;
        }
        if (parent >= smallNode) {
          const small = parent - smallNode;
          const starts = trie6[small] as number;
          place[i] = small + 1 + (((starts & 0xffff) - 1 - byte) >>> 31) + (((starts >>> 16) - 1 - byte) >>> 31);
          continue;
        }
        const node = parent - nodeBit;
        const word = byte >>> 5;
        const before = ((trie6[node + 8 + (word >>> 2)] as number) >>> ((word & 3) << 3)) & 0xff;
        const bits = (trie6[node + word] as number) & (0xffffffff >>> (31 - (byte & 31)));
        place[i] = node + nodeHeaderWords - 1 + before + popCount(bits);
      }
      for (let i = 0; i < nodes; i++) {
        const slot = pending[i] as number;
        const entry = trie6[place[i] as number] as number;
        found[slot] = entry;
        if (entry >= nodeBit) pending[left++] = slot;
      }
      nodes = left;
    }
  }

  return { lookup4, lookup6 };
}
