// Which leg of a path group a flow takes (src/engine/slow/paths.ts): by weight, and another one when it is down.
#ifndef PATHS_H
#define PATHS_H

#include "frame.h"
#include "hash.h"
#include "layout.h"

enum { PROBES_MAX = 16 };

static inline const uint32_t *leg_at(uint32_t leg) { return tables.legs + (size_t)leg * LEG_WORDS; }
static inline const uint32_t *flat_at(uint32_t leg) { return tables.flat + (size_t)leg * FLAT_WORDS; }
static inline const uint32_t *group_at(uint32_t group) { return tables.groups + (size_t)group * GROUP_WORDS; }

static bool is_usable(uint32_t leg, uint32_t level) {
  const uint32_t *record = leg_at(leg);
  if (record[LEG_KIND] == ACTION_ADJACENCY) {
    const uint32_t *adjacency = tables.adjacencies + record[LEG_ARGUMENT] * ADJACENCY_WORDS;
    const uint32_t *interface = tables.interfaces + adjacency[ADJACENCY_INTERFACE] * INTERFACE_WORDS;
    return (adjacency[ADJACENCY_FLAGS] & ADJACENCY_UP) != 0 && (interface[INTERFACE_FLAGS] & INTERFACE_UP) != 0;
  }
  if (record[LEG_KIND] != ACTION_GROUP || level > LEVELS_MAX) return true;
  const uint32_t *group = group_at(record[LEG_ARGUMENT]);
  for (uint32_t i = 0; i < group[GROUP_LEGS]; i++)
    if (is_usable(group[GROUP_FIRST] + i, level + 1)) return true;
  return false;
}

// The leg of the kind (LEG_BACKUP or 0) at the hash's share of the weights; 0: there is none.
static uint32_t pick(const uint32_t *group, uint32_t kind, uint32_t hash) {
  uint32_t first = group[GROUP_FIRST], end = first + group[GROUP_LEGS];
  uint64_t total = 0;
  for (uint32_t leg = first; leg < end; leg++)
    if ((leg_at(leg)[LEG_FLAGS] & LEG_BACKUP) == kind) total += leg_at(leg)[LEG_WEIGHT];
  int64_t left = (int64_t)((hash * total) >> 32);
  for (uint32_t leg = first; leg < end; leg++) {
    if ((leg_at(leg)[LEG_FLAGS] & LEG_BACKUP) != kind) continue;
    left -= leg_at(leg)[LEG_WEIGHT];
    if (left < 0) return leg;
  }
  return 0;
}

static uint32_t preferred(const uint32_t *group, uint32_t kind, uint32_t hash, uint32_t level) {
  uint32_t leg = pick(group, kind, hash);
  if (leg == 0 || is_usable(leg, level)) return leg;
  uint32_t next = hash;
  for (int probe = 0; probe < PROBES_MAX; probe++) {
    next = finish_hash(next ^ 0x3c6ef372u);
    leg = pick(group, kind, next);
    if (is_usable(leg, level)) return leg;
  }
  uint32_t first = group[GROUP_FIRST], end = first + group[GROUP_LEGS];
  for (uint32_t i = first; i < end; i++) {
    leg = leg + 1 == end ? first : leg + 1;
    if ((leg_at(leg)[LEG_FLAGS] & LEG_BACKUP) == kind && is_usable(leg, level)) return leg;
  }
  return 0;
}

// Out of line, so that the common group with a single leg stays short.
static __attribute__((noinline)) uint32_t choose_leg(const struct frame *f, const uint32_t *group, uint32_t level) {
  uint32_t hash = hash_at_level(flow_hash(f), level);
  uint32_t leg = preferred(group, 0, hash, level);
  return leg != 0 ? leg : preferred(group, LEG_BACKUP, hash, level);
}

// The leg of the group that the frame's flow takes at this level of a recursion; 0: all are down.
static inline uint32_t select_leg(const struct frame *f, uint32_t group, uint32_t level) {
  const uint32_t *record = group_at(group);
  return record[GROUP_LEGS] == 1 ? record[GROUP_FIRST] : choose_leg(f, record, level);
}

#endif
