// A frame at work: its place in the arena and what has been found out about it. The arena is a batch's: 128 bytes of
// headroom before each frame, which begins two bytes into a word so that labels and IP headers are aligned words.
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tables.h"

enum { BATCH_FRAMES = 256, HEADROOM_BYTES = 128, PORTS_MAX = 4096 };
// On live interfaces the arena is what the kernel sends from: a page-aligned UMEM of more than one batch (live.c).
#ifdef LIVE
enum { ARENA_BYTES = 8 << 20, ARENA_ALIGNMENT = 4096 };
#else
enum { ARENA_BYTES = 1 << 20, ARENA_ALIGNMENT = 64 };
#endif

struct frame {
  uint32_t start, length, port;
  uint32_t ingress;
  // Word index of what was behind the link header on arrival, and of the label or IP header that is on top now.
  uint32_t network, top;
  // Bytes from `top` on.
  uint32_t rest;
  // Word index of the last stack entry.
  uint32_t bottom;
  uint32_t table, entry, brief, group;
  // Place in a trie; then what was found there: a route.
  uint32_t place, found;
  // The leg that a label or a route has chosen; 0: none yet.
  uint32_t leg;
  // Interface of a connected subnet + 1.
  uint32_t connected;
  uint32_t egress;
  // Of layer 2: the circuit, the pseudowire that a label belongs to, where the MAC addresses begin and what is behind them
  // and a tag, PCP and DEI of the tag.
  uint32_t circuit, pseudowire, macs, behind, priority;
  uint8_t labelled, looks, ttl, tc;
  // TTL and TC that uniform pops carry down to IP; 255: none.
  uint8_t carried_ttl, carried_tc;
  // Penultimate hop pop in pipe model: the IP TTL is left alone.
  uint8_t untouched;
  uint8_t sent;
};

// What is to be done next with a frame.
enum next { NEXT_NONE, NEXT_LABEL, NEXT_LEG, NEXT_IP4, NEXT_IP6, NEXT_PSEUDOWIRE, NEXT_SERVICE, NEXT_SENT };

// Each thread has its own batch and counters; the tables are everybody's. The program with one thread is compiled
// without: finding what is a thread's own costs 3 to 5 %.
#ifdef THREADED
#define OWN _Thread_local
#else
#define OWN
#endif

static OWN uint32_t arena[ARENA_BYTES / 4] __attribute__((aligned(ARENA_ALIGNMENT)));
static OWN struct frame batch[BATCH_FRAMES];

static OWN struct counters {
  uint64_t in_frames[PORTS_MAX], in_bytes[PORTS_MAX], out_frames[PORTS_MAX], out_bytes[PORTS_MAX];
} counters;

// Where the next frame begins, `tail` being the first free byte of the arena.
static inline uint32_t start_at(uint32_t tail) { return ((tail + HEADROOM_BYTES + 3) & ~3u) + 2; }

// Whether the record at `word` has room behind `tail`.
static inline bool has_room(uint64_t word, uint32_t tail) {
  return start_at(tail) + tables.frames[word + 1] <= ARENA_BYTES;
}

// Copies the record at `word` of the stored frames into slot `slot`; answers the next record's place. `tail` is the
// first free byte of the arena.
static inline uint64_t copy_in(struct frame *f, uint64_t word, uint32_t *tail) {
  const uint32_t *record = tables.frames + word;
  uint32_t length = record[1];
  uint32_t words = (length + 5) >> 2;
  uint32_t start = start_at(*tail);
  f->port = record[0];
  f->length = length;
  f->start = start;
  f->sent = 0;
  memcpy(arena + (start >> 2), record + 2, words * 4);
  counters.in_frames[f->port]++;
  counters.in_bytes[f->port] += length;
  *tail = start + length;
  return word + 2 + words;
}

static inline uint32_t swap_bytes(uint32_t word) { return __builtin_bswap32(word); }

#endif
