// Staged: a batch in passes. Every pass ends with the address of the next read known and its line on the way, so the
// misses of 256 frames overlap instead of following each other.
#ifndef STAGED_H
#define STAGED_H

#include "ip.h"
#include "labels.h"
#include "layer2.h"
#include "link.h"
#include "routes.h"

struct list {
  uint32_t count;
  uint32_t slots[BATCH_FRAMES];
};

static OWN struct lists {
  struct list labels, legs, ip4, ip6, pending, wide, pseudowires, services;
} lists;

static inline void add(struct list *list, uint32_t slot) { list->slots[list->count++] = slot; }

// Puts the slot on the list of what is to be done next.
static inline void sort_out(uint32_t slot, enum next next) {
  if (next == NEXT_LABEL) add(&lists.labels, slot);
  else if (next == NEXT_LEG) add(&lists.legs, slot);
  else if (next == NEXT_IP4) add(&lists.ip4, slot);
  else if (next == NEXT_IP6) add(&lists.ip6, slot);
  else if (next == NEXT_PSEUDOWIRE) add(&lists.pseudowires, slot);
  else if (next == NEXT_SERVICE) add(&lists.services, slot);
}

static void pass_link(uint32_t count) {
  lists.labels.count = lists.legs.count = lists.ip4.count = lists.ip6.count = 0;
  lists.pseudowires.count = lists.services.count = 0;
  for (uint32_t slot = 0; slot < count; slot++) {
    enum next next = link_in(&batch[slot]);
    if (next == NEXT_LABEL && !begin_stack(&batch[slot])) next = NEXT_NONE;
    sort_out(slot, next);
  }
}

// Takes special labels off and fetches the brief of what is then on top.
static void pass_label_keys(void) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < lists.labels.count; i++) {
    uint32_t slot = lists.labels.slots[i];
    struct frame *f = &batch[slot];
    enum next next = NEXT_LABEL;
    while (next == NEXT_LABEL) {
      if (!may_look_up(f)) next = NEXT_NONE;
      else if (is_special_label(f)) next = pop_special(f);
      else break;
    }
    if (next != NEXT_LABEL) {
      sort_out(slot, next);
    } else if (is_accepted(f)) {
      __builtin_prefetch(&tables.label_briefs[label_key(arena[f->top])]);
      lists.labels.slots[kept++] = slot;
    }
  }
  lists.labels.count = kept;
}

static void pass_briefs(void) {
  for (uint32_t i = 0; i < lists.labels.count; i++) {
    struct frame *f = &batch[lists.labels.slots[i]];
    uint32_t key = label_key(arena[f->top]);
    f->brief = tables.label_briefs[key];
    if (f->brief == 0) __builtin_prefetch(&tables.label_map[key]);
    else if (f->brief < BRIEF_TO_TABLE) __builtin_prefetch(flat_at(f->brief));
  }
}

// Acts on briefs; labels that have none, or not enough of one, stay on the list.
static void pass_label_briefs(void) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < lists.labels.count; i++) {
    uint32_t slot = lists.labels.slots[i];
    struct frame *f = &batch[slot];
    enum next next = act_on_brief(f);
    if (next != NEXT_LABEL) {
      sort_out(slot, next);
      continue;
    }
    f->entry = tables.label_map[label_key(arena[f->top])];
    __builtin_prefetch(&tables.label_entries[(size_t)f->entry * LABEL_WORDS]);
    lists.labels.slots[kept++] = slot;
  }
  lists.labels.count = kept;
}

static void pass_label_entries(void) {
  uint32_t count = lists.labels.count;
  lists.labels.count = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t slot = lists.labels.slots[i];
    struct frame *f = &batch[slot];
    enum next next = act_on_label(f);
    if (next == NEXT_LEG) __builtin_prefetch(group_at(f->group));
    if (next == NEXT_PSEUDOWIRE) __builtin_prefetch(pseudowire_at(f->pseudowire));
    sort_out(slot, next);
  }
}

// Chooses the leg of every frame on the list; those that have none leave it.
static void pass_groups(struct list *list) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < list->count; i++) {
    struct frame *f = &batch[list->slots[i]];
    if (f->group != 0 && (f->leg = select_leg(f, f->group, 0)) == 0) continue;
    __builtin_prefetch(flat_at(f->leg));
    if (list == &lists.legs) __builtin_prefetch(leg_at(f->leg));
    list->slots[kept++] = list->slots[i];
  }
  list->count = kept;
}

static void pass_label_legs(void) {
  for (uint32_t i = 0; i < lists.legs.count; i++) {
    uint32_t slot = lists.legs.slots[i];
    batch[slot].looks = 0;
    sort_out(slot, act_on_leg(&batch[slot]));
  }
}

static void pass_labels(void) {
  while (lists.labels.count > 0) {
    pass_label_keys();
    pass_briefs();
    pass_label_briefs();
    pass_label_entries();
  }
  pass_groups(&lists.legs);
  pass_label_legs();
}

// Frames that a label has led to their leg need no look-up.
static void pass_admit(struct list *list, int family) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < list->count; i++) {
    uint32_t slot = list->slots[i];
    if (family == 4 ? admit4(&batch[slot]) : admit6(&batch[slot])) list->slots[kept++] = slot;
  }
  list->count = kept;
}

static void pass_roots(const struct list *list, const uint32_t *trie, int family) {
  lists.pending.count = lists.wide.count = 0;
  for (uint32_t i = 0; i < list->count; i++) {
    struct frame *f = &batch[list->slots[i]];
    if (f->leg != 0) continue;
    f->found = trie[f->table];
    if (f->found < NODE_BIT) continue;
    if (f->found >= WIDE_NODE) {
      f->place = place_in_wide(f->found, destination_of(f, family));
      __builtin_prefetch(trie + f->place);
      add(&lists.wide, list->slots[i]);
      continue;
    }
    prefetch_node(trie, f->found, address_byte(destination_of(f, family), 0));
    add(&lists.pending, list->slots[i]);
  }
}

// Entries of wide roots, whose frames go on with the third byte.
static void pass_wide(const uint32_t *trie, int family) {
  for (uint32_t i = 0; i < lists.wide.count; i++) {
    struct frame *f = &batch[lists.wide.slots[i]];
    f->found = trie[f->place];
    if (f->found < NODE_BIT) {
      __builtin_prefetch(route_at(f->found));
      continue;
    }
    prefetch_node(trie, f->found, address_byte(destination_of(f, family), 2));
    add(&lists.pending, lists.wide.slots[i]);
  }
}

// One level of the trie: first where each entry lies, then the entries.
static void pass_level(const uint32_t *trie, int family, uint32_t level) {
  struct list *pending = &lists.pending;
  for (uint32_t i = 0; i < pending->count; i++) {
    struct frame *f = &batch[pending->slots[i]];
    f->place = place_in_node(trie, f->found, address_byte(destination_of(f, family), level));
    __builtin_prefetch(trie + f->place);
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < pending->count; i++) {
    struct frame *f = &batch[pending->slots[i]];
    f->found = trie[f->place];
    if (f->found < NODE_BIT) {
      __builtin_prefetch(route_at(f->found));
      continue;
    }
    prefetch_node(trie, f->found, address_byte(destination_of(f, family), level + 1));
    pending->slots[kept++] = pending->slots[i];
  }
  pending->count = kept;
}

static void pass_routes(struct list *list, int family) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < list->count; i++) {
    struct frame *f = &batch[list->slots[i]];
    if (f->leg != 0) f->group = 0;
    else if (!act_on_route(f, family)) continue;
    if (f->group != 0) __builtin_prefetch(group_at(f->group));
    list->slots[kept++] = list->slots[i];
  }
  list->count = kept;
}

static void pass_ip(struct list *list, int family) {
  const uint32_t *trie = family == 4 ? tables.trie4 : tables.trie6;
  pass_admit(list, family);
  pass_roots(list, trie, family);
  for (uint32_t level = 0; level < 2 && lists.pending.count > 0; level++) pass_level(trie, family, level);
  pass_wide(trie, family);
  for (uint32_t level = 2; lists.pending.count > 0; level++) pass_level(trie, family, level);
  pass_routes(list, family);
  pass_groups(list);
  for (uint32_t i = 0; i < list->count; i++) send_ip(&batch[list->slots[i]], family);
}

// What is behind the circuits at the other ends, and where addresses are looked for.
static void pass_circuits(void) {
  for (uint32_t i = 0; i < lists.services.count; i++) {
    struct frame *f = &batch[lists.services.slots[i]];
    const uint32_t *record = circuit_at(f->circuit);
    uint32_t other = record[CIRCUIT_OTHER];
    if (record[CIRCUIT_SERVICE] != SERVICE_BRIDGE) {
      __builtin_prefetch(circuit_at(other));
      continue;
    }
    f->found = mac_bucket(mac_high(other, f->macs + 6), swap_bytes(read32(f->macs + 8)));
    f->place = mac_bucket(mac_high(other, f->macs), swap_bytes(read32(f->macs + 2)));
    __builtin_prefetch(&tables.mac_buckets[f->found]);
    __builtin_prefetch(&tables.mac_buckets[f->place]);
  }
}

// The first entries of the chains; pseudowires and interfaces at the other ends of wires.
static void pass_chains(void) {
  for (uint32_t i = 0; i < lists.services.count; i++) {
    struct frame *f = &batch[lists.services.slots[i]];
    const uint32_t *record = circuit_at(f->circuit);
    if (record[CIRCUIT_SERVICE] == SERVICE_BRIDGE) {
      __builtin_prefetch(mac_at(tables.mac_buckets[f->found] - 1));
      __builtin_prefetch(mac_at(tables.mac_buckets[f->place] - 1));
      continue;
    }
    const uint32_t *other = circuit_at(record[CIRCUIT_OTHER]);
    if (other[CIRCUIT_KIND] == CIRCUIT_PSEUDOWIRE) __builtin_prefetch(pseudowire_at(other[CIRCUIT_ARGUMENT]));
    else __builtin_prefetch(tables.interfaces + (size_t)other[CIRCUIT_ARGUMENT] * INTERFACE_WORDS);
  }
}

static void pass_layer2(void) {
  for (uint32_t i = 0; i < lists.pseudowires.count; i++) {
    struct frame *f = &batch[lists.pseudowires.slots[i]];
    if (uncover_frame(f) != NEXT_SERVICE) continue;
    __builtin_prefetch(circuit_at(f->circuit));
    add(&lists.services, lists.pseudowires.slots[i]);
  }
  pass_circuits();
  pass_chains();
  for (uint32_t i = 0; i < lists.services.count; i++) enter_service(&batch[lists.services.slots[i]]);
}

static void forward_batch(uint32_t count) {
  pass_link(count);
  if (lists.labels.count > 0) pass_labels();
  if (lists.pseudowires.count + lists.services.count > 0) pass_layer2();
  if (lists.ip4.count > 0) pass_ip(&lists.ip4, 4);
  if (lists.ip6.count > 0) pass_ip(&lists.ip6, 6);
}

#endif
