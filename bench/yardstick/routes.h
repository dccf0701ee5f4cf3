// From a route to a leg or a connected subnet, through other tables where routes say so.
#ifndef ROUTES_H
#define ROUTES_H

#include "frame.h"
#include "layout.h"
#include "paths.h"
#include "trie.h"

static inline const uint32_t *route_at(uint32_t route) { return tables.routes + (size_t)route * ROUTE_WORDS; }

static inline const uint32_t *destination_of(const struct frame *f, int family) {
  return arena + f->top + (family == 4 ? 4 : 6);
}

// Acts on the route, `f->found`: its only leg is put into `f->leg`, or its group into `f->group`; neither for a
// connected subnet. False: nowhere to go.
static inline bool act_on_route(struct frame *f, int family) {
  const uint32_t *trie = family == 4 ? tables.trie4 : tables.trie6;
  const uint32_t *route = route_at(f->found);
  uint32_t looks = f->looks + 1u;
  while (route[ROUTE_KIND] == ACTION_TABLE) {
    if (++looks > LOOKUPS_MAX) return false;
    route = route_at(trie_lookup(trie, route[ROUTE_ARGUMENT], destination_of(f, family)));
  }
  f->group = 0;
  if (looks > LOOKUPS_MAX) return false;
  if (route[ROUTE_KIND] == ACTION_CONNECTED) f->connected = route[ROUTE_ARGUMENT] + 1;
  else if (route[ROUTE_FLAT_LEG] != 0) f->leg = route[ROUTE_FLAT_LEG];
  else if (route[ROUTE_KIND] == ACTION_GROUP) f->group = route[ROUTE_ARGUMENT];
  else return false;
  return true;
}

#endif
