// Frame by frame: each goes all the way before the next begins, as most forwarders are written first.
#ifndef ONE_H
#define ONE_H

#include "ip.h"
#include "labels.h"
#include "layer2.h"
#include "link.h"
#include "routes.h"

static inline enum next walk_stack(struct frame *f) {
  if (!begin_stack(f)) return NEXT_NONE;
  enum next next = NEXT_LABEL;
  while (next == NEXT_LABEL) {
    if (!may_look_up(f)) return NEXT_NONE;
    if (is_special_label(f)) {
      next = pop_special(f);
    } else {
      if (!is_accepted(f)) return NEXT_NONE;
      uint32_t key = label_key(arena[f->top]);
      f->brief = tables.label_briefs[key];
      next = act_on_brief(f);
      if (next != NEXT_LABEL) return next;
      f->entry = tables.label_map[key];
      next = act_on_label(f);
    }
  }
  if (next != NEXT_LEG) return next;
  f->looks = 0;
  f->leg = select_leg(f, f->group, 0);
  return f->leg == 0 ? NEXT_NONE : act_on_leg(f);
}

static inline void route_ip(struct frame *f, int family) {
  if (!(family == 4 ? admit4(f) : admit6(f))) return;
  if (f->leg == 0) {
    f->found = trie_lookup(family == 4 ? tables.trie4 : tables.trie6, f->table, destination_of(f, family));
    if (!act_on_route(f, family)) return;
    if (f->group != 0 && (f->leg = select_leg(f, f->group, 0)) == 0) return;
  }
  send_ip(f, family);
}

static inline void forward_one(struct frame *f) {
  enum next next = link_in(f);
  if (next == NEXT_LABEL) next = walk_stack(f);
  if (next == NEXT_PSEUDOWIRE) next = uncover_frame(f);
  if (next == NEXT_SERVICE) enter_service(f);
  if (next == NEXT_IP4) route_ip(f, 4);
  else if (next == NEXT_IP6) route_ip(f, 6);
}

#endif
