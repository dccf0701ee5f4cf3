// From a port to an interface: VLAN tag, destination MAC address, EtherType.
#ifndef LINK_H
#define LINK_H

#include "frame.h"
#include "layout.h"

// EtherTypes as the upper half of a little-endian word.
enum ether_type { TYPE_IPV4 = 0x0008, TYPE_IPV6 = 0xdd86, TYPE_MPLS = 0x4788, TYPE_VLAN = 0x0081 };
enum { SHORTEST_FRAME = 34 };

// The interface that takes frames with this tag, + 1.
static inline uint32_t match_tag(const uint32_t *port, uint32_t tag) {
  uint32_t vid = ((tag & 0x0f) << 8) | ((tag >> 8) & 0xff);
  uint32_t vlans = port[PORT_VLANS];
  return vlans == 0 || vid == 0 ? 0 : tables.maps[(vlans - 1) * VLAN_MAP_WORDS + vid];
}

static inline bool is_for_us(const uint32_t *interface, const uint32_t *first_word) {
  uint32_t own0 = interface[INTERFACE_MAC_LOW];
  uint32_t own1 = interface[INTERFACE_MAC_HIGH];
  return first_word[0] >> 16 == (own0 & 0xffff) && first_word[1] == ((own0 >> 16) | (own1 << 16));
}

static inline bool is_neighbor_discovery(const uint32_t *ip) {
  uint32_t type = ip[10] & 0xff;
  return ((ip[1] >> 16) & 0xff) == 58 && (type == 135 || type == 136);
}

static inline enum next link_in(struct frame *f) {
  if (f->length < SHORTEST_FRAME) return NEXT_NONE;
  const uint32_t *port = tables.ports + f->port * PORT_WORDS;
  uint32_t at = (f->start + 14) >> 2;
  uint32_t match = port[PORT_UNTAGGED];
  uint32_t type = arena[at - 1] >> 16;
  if (type == TYPE_VLAN) {
    match = match_tag(port, arena[at]);
    type = arena[at] >> 16;
    at++;
  }
  if (match == 0) return NEXT_NONE;
  const uint32_t *interface = tables.interfaces + (match - 1) * INTERFACE_WORDS;
  if (interface[INTERFACE_FLAGS] & INTERFACE_CIRCUIT) {
    f->circuit = interface[INTERFACE_TABLE];
    f->macs = f->start;
    f->behind = (at << 2) - 2;
    f->priority = at > (f->start + 14) >> 2 ? arena[at - 1] & 0xf0 : 0;
    return NEXT_SERVICE;
  }
  if (!is_for_us(interface, arena + (f->start >> 2))) return NEXT_NONE;
  f->ingress = match - 1;
  f->network = f->top = at;
  f->rest = f->start + f->length - (at << 2);
  f->looks = 0;
  f->leg = 0;
  f->connected = 0;
  f->untouched = 0;
  f->carried_ttl = f->carried_tc = 255;
  f->table = interface[INTERFACE_TABLE];
  f->labelled = type == TYPE_MPLS;
  if (type == TYPE_MPLS) return interface[INTERFACE_FLAGS] & INTERFACE_MPLS ? NEXT_LABEL : NEXT_NONE;
  // Reverse path checks are none of the yardstick's work.
  if (interface[INTERFACE_FLAGS] & INTERFACE_URPF) return NEXT_NONE;
  if (type == TYPE_IPV4) return NEXT_IP4;
  if (type == TYPE_IPV6 && !is_neighbor_discovery(arena + at)) return NEXT_IP6;
  return NEXT_NONE;
}

#endif
