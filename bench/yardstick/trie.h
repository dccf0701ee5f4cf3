// Longest-prefix match in 8-bit strides, the root of a big table in 16 (src/tables/trie-words.ts), whole or a level at a
// time.
#ifndef TRIE_H
#define TRIE_H

#include "frame.h"
#include "layout.h"

// Byte `level` of an address whose words lie in the frame.
static inline uint32_t address_byte(const uint32_t *address, uint32_t level) {
  return (address[level >> 2] >> ((level & 3) << 3)) & 0xff;
}

// Where the next entry for `byte` lies: in its slot, or behind the runs that begin before it.
static inline uint32_t place_in_node(const uint32_t *trie, uint32_t entry, uint32_t byte) {
  if (entry >= DENSE_NODE) return entry - DENSE_NODE + byte;
  if (entry >= SMALL_NODE) {
    uint32_t small = entry - SMALL_NODE;
    uint32_t starts = trie[small];
    return small + 1 + (byte >= (starts & 0xffff)) + (byte >= starts >> 16);
  }
  uint32_t node = entry - NODE_BIT;
  uint32_t word = byte >> 5;
  uint32_t before = (trie[node + NODE_COUNTS + (word >> 2)] >> ((word & 3) << 3)) & 0xff;
  uint32_t bits = trie[node + word] & (0xffffffffu >> (31 - (byte & 31)));
  return node + NODE_ENTRIES - 1 + before + (uint32_t)__builtin_popcount(bits);
}

// Where the next entry lies in a wide root, which eats two bytes.
static inline uint32_t place_in_wide(uint32_t entry, const uint32_t *address) {
  return entry - WIDE_NODE + (address_byte(address, 0) << 8) + address_byte(address, 1);
}

static inline uint32_t trie_lookup(const uint32_t *trie, uint32_t table, const uint32_t *address) {
  uint32_t entry = trie[table];
  uint32_t level = 0;
  if (entry >= WIDE_NODE) {
    entry = trie[place_in_wide(entry, address)];
    level = 2;
  }
  for (; entry >= NODE_BIT; level++)
    entry = trie[place_in_node(trie, entry, address_byte(address, level))];
  return entry;
}

// What `place_in_node` will read.
static inline void prefetch_node(const uint32_t *trie, uint32_t entry, uint32_t byte) {
  if (entry >= DENSE_NODE) {
    __builtin_prefetch(trie + (entry - DENSE_NODE) + byte);
    return;
  }
  if (entry >= SMALL_NODE) {
    __builtin_prefetch(trie + (entry - SMALL_NODE));
    return;
  }
  const uint32_t *node = trie + (entry - NODE_BIT);
  __builtin_prefetch(node + (byte >> 5));
  __builtin_prefetch(node + NODE_COUNTS + (byte >> 7));
}

#endif
