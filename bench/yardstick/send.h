// The way out: labels that the legs push, the neighbour, the size, and the headers written in front.
#ifndef SEND_H
#define SEND_H

#include "frame.h"
#include "ip.h"
#include "layout.h"
#include "link.h"
#include "paths.h"

enum { S_BIT = 0x00010000, NO_ADJACENCY = 0xffffffff };

// Entries to be written in front of a frame, lowest first.
struct stack {
  uint32_t count;
  uint32_t words[PUSHED_MAX];
};

struct beneath {
  uint32_t ttl, tc;
  bool ip;
};

static inline void push_labels(struct stack *stack, const uint32_t *leg, struct beneath *beneath) {
  uint32_t pushes = leg[LEG_PUSHES];
  if (pushes == 0) return;
  if (leg[LEG_PUSH_TTL] != 0) beneath->ttl = leg[LEG_PUSH_TTL];
  if (leg[LEG_PUSH_TC] < PUSH_TC_UNIFORM) beneath->tc = leg[LEG_PUSH_TC];
  else if (leg[LEG_PUSH_TC] == PUSH_TC_PIPE && beneath->ip && stack->count == 0) beneath->tc = 0;
  const uint32_t *labels = tables.push_wire + leg[LEG_FIRST_PUSH];
  for (uint32_t i = 0; i < pushes; i++) {
    uint32_t bottom = beneath->ip && stack->count == 0 ? S_BIT : 0;
    stack->words[stack->count++] = labels[i] | (beneath->tc << 17) | (beneath->ttl << 24) | bottom;
  }
}

static inline uint32_t push_flat(struct stack *stack, const uint32_t *flat, struct beneath beneath) {
  uint32_t fields = flat[FLAT_FLAGS] & FLAT_FIXED ? 0 : (beneath.tc << 17) | (beneath.ttl << 24);
  uint32_t count = flat[FLAT_FLAGS] & FLAT_LABELS;
  for (uint32_t i = 0; i < count; i++) stack->words[stack->count++] = flat[FLAT_ENTRIES + i] | fields;
  return flat[FLAT_ADJACENCY];
}

static __attribute__((noinline)) uint32_t walk_levels(const struct frame *f, struct stack *stack,
                                                      struct beneath beneath) {
  uint32_t leg = f->leg;
  for (uint32_t level = 0;; level++) {
    const uint32_t *record = leg_at(leg);
    if (record[LEG_FLAGS] & LEG_ENTROPY) return NO_ADJACENCY;
    push_labels(stack, record, &beneath);
    if (record[LEG_KIND] == ACTION_ADJACENCY) return record[LEG_ARGUMENT];
    if (record[LEG_KIND] != ACTION_GROUP) return NO_ADJACENCY;
    leg = select_leg(f, record[LEG_ARGUMENT], level + 1);
    if (leg == 0) return NO_ADJACENCY;
  }
}

// What the leg and those behind it push; answers the adjacency that they lead to.
static inline uint32_t walk_legs(const struct frame *f, struct stack *stack, struct beneath beneath) {
  const uint32_t *flat = flat_at(f->leg);
  return flat[FLAT_FLAGS] != 0 ? push_flat(stack, flat, beneath) : walk_levels(f, stack, beneath);
}

static inline uint32_t hash_neighbor(uint32_t interface, const uint32_t *address, uint32_t words) {
  uint32_t hash = (interface + 1) * 0x9e3779b1u;
  for (uint32_t i = 0; i < words; i++) {
    hash = (hash ^ swap_bytes(address[i])) * 0x85ebca6bu;
    hash ^= hash >> 15;
  }
  return hash;
}

// The neighbour with the destination address itself, on a connected subnet.
static uint32_t find_neighbor(uint32_t interface, const uint32_t *address, int family) {
  uint32_t words = family == 4 ? 1 : 4;
  uint32_t next = tables.buckets[hash_neighbor(interface, address, words) & (tables.bucket_words - 1)];
  while (next != 0) {
    const uint32_t *record = tables.adjacencies + (size_t)(next - 1) * ADJACENCY_WORDS;
    bool same = record[ADJACENCY_INTERFACE] == interface && record[ADJACENCY_FAMILY] == (uint32_t)family;
    for (uint32_t i = 0; same && i < words; i++) same = record[ADJACENCY_ADDRESS + i] == swap_bytes(address[i]);
    if (same) return next - 1;
    next = record[ADJACENCY_NEXT];
  }
  return NO_ADJACENCY;
}

// Whether the adjacency can be sent to now, and so many bytes behind the link header fit.
static inline bool is_ready(uint32_t adjacency, uint32_t size) {
  const uint32_t *record = tables.adjacencies + (size_t)adjacency * ADJACENCY_WORDS;
  const uint32_t *out = tables.interfaces + record[ADJACENCY_INTERFACE] * INTERFACE_WORDS;
  uint32_t both = ADJACENCY_RESOLVED | ADJACENCY_UP;
  return (record[ADJACENCY_FLAGS] & both) == both && (out[INTERFACE_FLAGS] & INTERFACE_UP) != 0 &&
         size <= out[INTERFACE_MTU];
}

// Link header and tags down from word `word`; answers its first word.
static inline uint32_t write_link(uint32_t word, const uint32_t *adjacency, const uint32_t *out, uint32_t type) {
  uint32_t last = type << 16;
  uint32_t source = out[INTERFACE_MAC_HIGH];
  switch (out[INTERFACE_TAGS]) {
    case 0:
      source |= last;
      break;
    case 1:
      arena[--word] = out[INTERFACE_SECOND] | last;
      break;
    default:
      arena[--word] = out[INTERFACE_THIRD] | last;
      arena[--word] = out[INTERFACE_SECOND];
  }
  arena[--word] = source;
  arena[--word] = out[INTERFACE_MAC_LOW];
  arena[--word] = adjacency[ADJACENCY_MAC_LOW];
  arena[--word] = adjacency[ADJACENCY_MAC_HIGH];
  return word;
}

// All is decided: stack and link header are written in front of word `at`, behind which `rest` bytes stay.
static inline void write_out(struct frame *f, const struct stack *stack, uint32_t index, uint32_t at, uint32_t rest,
                             uint32_t type) {
  uint32_t word = at;
  for (uint32_t i = 0; i < stack->count; i++) arena[--word] = stack->words[i];
  const uint32_t *adjacency = tables.adjacencies + (size_t)index * ADJACENCY_WORDS;
  const uint32_t *out = tables.interfaces + adjacency[ADJACENCY_INTERFACE] * INTERFACE_WORDS;
  word = write_link(word, adjacency, out, type);
  f->start = (word << 2) + 2;
  f->length = (at << 2) - f->start + rest;
  f->egress = out[INTERFACE_PORT];
  f->sent = 1;
  counters.out_frames[f->egress]++;
  counters.out_bytes[f->egress] += f->length;
}

// A labelled frame, its own change already the first of the stack; `at` is what lies beneath.
static inline enum next send_labelled(struct frame *f, struct stack *stack, uint32_t at, uint32_t ttl, uint32_t tc) {
  uint32_t rest = f->rest - ((at - f->top) << 2);
  uint32_t adjacency = walk_legs(f, stack, (struct beneath){ttl, tc, false});
  if (adjacency == NO_ADJACENCY || !is_ready(adjacency, rest + (stack->count << 2))) return NEXT_NONE;
  write_out(f, stack, adjacency, at, rest, TYPE_MPLS);
  return NEXT_SENT;
}

// An IP packet whose leg, or whose connected subnet, is known.
static inline enum next send_ip(struct frame *f, int family) {
  uint32_t at = f->top;
  uint32_t header_ttl = ttl_of(at, family);
  uint32_t ttl = header_ttl;
  if (!f->untouched) {
    ttl = header_ttl < f->carried_ttl ? header_ttl : f->carried_ttl;
    if (ttl <= 1) return NEXT_NONE;
    ttl--;
  }
  uint32_t tos = tos_of(at, family);
  uint32_t carried = f->carried_tc;
  uint32_t new_tos = carried == 255 || carried == tos >> 5 ? tos : (carried << 5) | (tos & 3);
  struct stack stack;
  stack.count = 0;
  uint32_t adjacency = f->connected != 0
                           ? find_neighbor(f->connected - 1, arena + at + (family == 4 ? 4 : 6), family)
                           : walk_legs(f, &stack, (struct beneath){ttl, new_tos >> 5, true});
  if (adjacency == NO_ADJACENCY || !is_ready(adjacency, f->rest + (stack.count << 2))) return NEXT_NONE;
  if (family == 4) rewrite4(at, header_ttl - ttl, tos, new_tos);
  else rewrite6(at, ttl, tos, new_tos);
  uint32_t type = stack.count > 0 ? TYPE_MPLS : family == 4 ? TYPE_IPV4 : TYPE_IPV6;
  write_out(f, &stack, adjacency, at, f->rest, type);
  return NEXT_SENT;
}

#endif
