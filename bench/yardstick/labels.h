// The stack of a labelled frame: explicit null, pop, label to a table, swap and penultimate pop. Each step does one
// dependent read, so that staged batches can fetch ahead for many frames.
#ifndef LABELS_H
#define LABELS_H

#include "frame.h"
#include "layout.h"
#include "send.h"

// Looks for the bottom of the stack; false: there is none.
static inline bool begin_stack(struct frame *f) {
  uint32_t end = f->top + (f->rest >> 2);
  uint32_t bottom = f->top;
  while (bottom < end && !(arena[bottom] & S_BIT)) bottom++;
  f->bottom = bottom;
  f->ttl = (uint8_t)(arena[f->top] >> 24);
  f->tc = (arena[f->top] >> 17) & 7;
  return bottom < end;
}

// IP lies beneath the last label.
static inline enum next uncover(struct frame *f, uint32_t payload, uint32_t table, bool ttl, bool tc) {
  f->top++;
  f->rest -= 4;
  if (f->rest < IPV4_BYTES) return NEXT_NONE;
  f->table = table;
  f->carried_ttl = ttl ? f->ttl : 255;
  f->carried_tc = tc ? f->tc : 255;
  uint32_t nibble = (arena[f->top] >> 4) & 15;
  if (nibble == 4 && payload != PAYLOAD_IP6) return NEXT_IP4;
  if (nibble == 6 && payload != PAYLOAD_IP4) return NEXT_IP6;
  return NEXT_NONE;
}

// Takes the top entry off.
static inline enum next pop_label(struct frame *f, uint32_t payload, uint32_t table, uint32_t ttl_mode,
                                  uint32_t tc_mode) {
  bool ttl = ttl_mode == POP_UNIFORM, tc = tc_mode == POP_UNIFORM;
  if (f->top == f->bottom) return uncover(f, payload, table, ttl, tc);
  uint32_t word = arena[++f->top];
  f->rest -= 4;
  // An entropy label indicator is none of the yardstick's work.
  if ((word & 0x00f0ffff) == 0x00700000) return NEXT_NONE;
  uint32_t own = word >> 24;
  f->ttl = (uint8_t)(ttl && f->ttl < own ? f->ttl : own);
  if (!tc) f->tc = (word >> 17) & 7;
  return NEXT_LABEL;
}

static inline bool is_special_label(const struct frame *f) { return (arena[f->top] & 0xffff) == 0; }

static inline enum next pop_special(struct frame *f) {
  uint32_t label = (arena[f->top] >> 20) & 15;
  if (label != 0 && label != 2) return NEXT_NONE;
  uint32_t table = tables.interfaces[f->ingress * INTERFACE_WORDS + INTERFACE_TABLE];
  uint32_t payload = label == 0 ? PAYLOAD_IP4 : PAYLOAD_IP6;
  return pop_label(f, payload, table, tables.settings[SETTING_POP_TTL], tables.settings[SETTING_POP_TC]);
}

// The label's place in the label map: its bits as they lie in the little-endian word.
static inline uint32_t label_key(uint32_t word) { return (word & 0xffff) | ((word >> 4) & 0xf0000); }

static inline bool is_accepted(const struct frame *f) {
  uint32_t list = tables.interfaces[f->ingress * INTERFACE_WORDS + INTERFACE_ACCEPT];
  if (list == 0) return true;
  uint32_t label = swap_bytes(arena[f->top]) >> 12;
  return (tables.accepted[(list - 1) * ACCEPT_WORDS + (label >> 5)] >> (label & 31)) & 1;
}

// Counts the look-up; false: too many, the label has expired, or was not given to this neighbour.
static inline bool may_look_up(struct frame *f) { return ++f->looks <= LOOKUPS_MAX && f->ttl > 1; }

// Acts on the label's entry, `f->entry`.
static inline enum next act_on_label(struct frame *f) {
  const uint32_t *entry = tables.label_entries + (size_t)f->entry * LABEL_WORDS;
  uint32_t kind = entry[LABEL_KIND];
  if (kind == ACTION_GROUP) {
    f->group = entry[LABEL_ARGUMENT];
    return NEXT_LEG;
  }
  if (kind == ACTION_PSEUDOWIRE && f->top == f->bottom) {
    f->pseudowire = entry[LABEL_ARGUMENT];
    return NEXT_PSEUDOWIRE;
  }
  if (kind != ACTION_TABLE && kind != ACTION_POP) return NEXT_NONE;
  if (kind == ACTION_TABLE && f->top != f->bottom) return NEXT_NONE;
  uint32_t payload = entry[LABEL_PAYLOAD] != 0 ? entry[LABEL_PAYLOAD] : PAYLOAD_IP;
  uint32_t table = kind == ACTION_TABLE ? entry[LABEL_ARGUMENT] : 0;
  return pop_label(f, payload, table, entry[LABEL_TTL], entry[LABEL_TC]);
}

static inline enum next swap_label(struct frame *f, const uint32_t *leg) {
  if (leg[LEG_FLAGS] & LEG_ENTROPY) return NEXT_NONE;
  uint32_t ttl = f->ttl - 1u;
  struct stack stack;
  stack.count = 1;
  stack.words[0] = leg[LEG_SWAP_WIRE] | ((uint32_t)f->tc << 17) | (arena[f->top] & S_BIT) | (ttl << 24);
  return send_labelled(f, &stack, f->top + 1, ttl, f->tc);
}

// Penultimate pop with a label beneath.
static inline enum next expose_label(struct frame *f, const uint32_t *leg) {
  uint32_t next = arena[f->top + 1];
  uint32_t ttl = next >> 24, tc = (next >> 17) & 7;
  if (leg[LEG_POP_TTL] == POP_UNIFORM) {
    ttl = f->ttl < ttl ? f->ttl : ttl;
    if (ttl <= 1) return NEXT_NONE;
    ttl--;
  }
  if (leg[LEG_POP_TC] == POP_UNIFORM) tc = f->tc;
  struct stack stack;
  stack.count = 1;
  stack.words[0] = (next & 0x00f1ffff) | (tc << 17) | (ttl << 24);
  return send_labelled(f, &stack, f->top + 2, ttl, tc);
}

// Acts on the leg, `f->leg`, of a label whose entry has paths.
static inline enum next act_on_leg(struct frame *f) {
  const uint32_t *leg = leg_at(f->leg);
  bool at_bottom = f->top == f->bottom;
  if (leg[LEG_FLAGS] & LEG_SWAP) return swap_label(f, leg);
  if ((leg[LEG_FLAGS] & LEG_PHP) && !at_bottom) return expose_label(f, leg);
  if (!(leg[LEG_FLAGS] & (LEG_PHP | LEG_ENDS)) || !at_bottom) return NEXT_NONE;
  bool uniform = leg[LEG_POP_TTL] == POP_UNIFORM;
  f->untouched = (leg[LEG_FLAGS] & LEG_PHP) && !uniform;
  return uncover(f, leg[LEG_PAYLOAD], 0, uniform, leg[LEG_POP_TC] == POP_UNIFORM);
}

// A swap by a flat leg, and what it pushes above.
static inline enum next swap_flat(struct frame *f, const uint32_t *flat) {
  uint32_t fields = ((uint32_t)f->tc << 17) | ((f->ttl - 1u) << 24);
  uint32_t count = flat[FLAT_FLAGS] & FLAT_LABELS;
  struct stack stack;
  stack.count = 1;
  stack.words[0] = flat[FLAT_SWAP] | fields | (arena[f->top] & S_BIT);
  for (uint32_t i = 0; i < count; i++) stack.words[stack.count++] = flat[FLAT_ENTRIES + i] | fields;
  uint32_t rest = f->rest - 4;
  if (!is_ready(flat[FLAT_ADJACENCY], rest + (stack.count << 2))) return NEXT_NONE;
  write_out(f, &stack, flat[FLAT_ADJACENCY], f->top + 1, rest, TYPE_MPLS);
  return NEXT_SENT;
}

// A penultimate pop by a flat leg, uniform, with a label beneath.
static inline enum next pop_flat(struct frame *f, const uint32_t *flat) {
  uint32_t next = arena[f->top + 1];
  uint32_t ttl = next >> 24 < f->ttl ? next >> 24 : f->ttl;
  uint32_t rest = f->rest - 8;
  if (ttl <= 1 || !is_ready(flat[FLAT_ADJACENCY], rest + 4)) return NEXT_NONE;
  struct stack stack;
  stack.count = 1;
  stack.words[0] = (next & 0x00f1ffff) | ((uint32_t)f->tc << 17) | ((ttl - 1) << 24);
  write_out(f, &stack, flat[FLAT_ADJACENCY], f->top + 2, rest, TYPE_MPLS);
  return NEXT_SENT;
}

// Acts on the label by its brief; NEXT_LABEL: its entry has to be looked at.
static inline enum next act_on_brief(struct frame *f) {
  uint32_t brief = f->brief;
  bool at_bottom = f->top == f->bottom;
  if (brief == 0) return NEXT_LABEL;
  if (brief & BRIEF_TO_TABLE) {
    if (!at_bottom) return NEXT_NONE;
    return uncover(f, PAYLOAD_IP, brief & BRIEF_TABLE, !(brief & BRIEF_TTL_PIPE), !(brief & BRIEF_TC_PIPE));
  }
  const uint32_t *flat = flat_at(brief);
  if (!(flat[FLAT_FLAGS] & FLAT_PHP)) return swap_flat(f, flat);
  return at_bottom ? NEXT_LABEL : pop_flat(f, flat);
}

#endif
