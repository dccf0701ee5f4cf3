// The flow hash (src/engine/hash.ts): addresses, protocol and ports, or labels and what lies beneath.
#ifndef HASH_H
#define HASH_H

#include "frame.h"

static inline uint32_t mix(uint32_t hash, uint32_t word) {
  uint32_t h = (hash ^ word) * 0x9e3779b1u;
  return h ^ (h >> 15);
}

static inline uint32_t finish_hash(uint32_t hash) {
  uint32_t h = (hash ^ (hash >> 16)) * 0x7feb352du;
  h = (h ^ (h >> 15)) * 0x846ca68bu;
  return h ^ (h >> 16);
}

static inline uint32_t hash_at_level(uint32_t hash, uint32_t level) {
  return level == 0 ? hash : finish_hash(hash + level * 0x9e3779b1u);
}

static inline bool has_ports(uint32_t protocol) {
  return protocol == 6 || protocol == 17 || protocol == 132 || protocol == 33 || protocol == 136;
}

static inline uint32_t mix_ip4(uint32_t hash, const uint32_t *ip, uint32_t room) {
  uint32_t protocol = (ip[2] >> 8) & 0xff;
  uint32_t header = (ip[0] & 0x0f) << 2;
  uint32_t total = ((ip[0] >> 8) & 0xff00) | (ip[0] >> 24);
  bool fragment = (swap_bytes(ip[1]) & 0x3fff) != 0;
  uint32_t h = mix(mix(mix(hash, ip[3]), ip[4]), protocol);
  if (has_ports(protocol) && !fragment && header + 4 <= (total < room ? total : room)) h = mix(h, ip[header >> 2]);
  return h;
}

static inline uint32_t mix_ip6(uint32_t hash, const uint32_t *ip, uint32_t room) {
  uint32_t protocol = (ip[1] >> 16) & 0xff;
  uint32_t total = 40 + (((ip[1] & 0xff) << 8) | ((ip[1] >> 8) & 0xff));
  uint32_t h = hash;
  for (int i = 2; i < 10; i++) h = mix(h, ip[i]);
  h = mix(h, protocol);
  if (has_ports(protocol) && 44 <= (total < room ? total : room)) h = mix(h, ip[10]);
  return h;
}

// `room`: bytes that are there.
static inline uint32_t mix_ip(uint32_t hash, const uint32_t *ip, uint32_t room) {
  uint32_t nibble = room > 0 ? (ip[0] >> 4) & 15 : 0;
  if (nibble == 4 && room >= 20) return mix_ip4(hash, ip, room);
  if (nibble == 6 && room >= 40) return mix_ip6(hash, ip, room);
  return hash;
}

// The stack has been walked to its bottom before.
static inline uint32_t hash_labelled(const uint32_t *entry, uint32_t room) {
  uint32_t seed = tables.settings[SETTING_HASH_SEED];
  uint32_t h = seed;
  for (;; entry++, room -= 4) {
    uint32_t word = swap_bytes(*entry);
    uint32_t label = word >> 12;
    bool bottom = (word & 0x100) != 0;
    if (label == 7 && !bottom) return finish_hash(mix(seed, swap_bytes(entry[1]) >> 12));
    if (label >= 16) h = mix(h, label);
    if (bottom) break;
    // An extension label: the next entry is no ordinary one.
    if (label == 15) {
      entry++;
      room -= 4;
      if ((swap_bytes(*entry) & 0x100) != 0) break;
    }
  }
  return finish_hash(tables.settings[SETTING_HASH_PAYLOAD] ? mix_ip(h, entry + 1, room - 4) : h);
}

static inline uint32_t flow_hash(const struct frame *f) {
  const uint32_t *at = arena + f->network;
  uint32_t room = f->start + f->length - (f->network << 2);
  if (f->labelled) return hash_labelled(at, room);
  return finish_hash(mix_ip(tables.settings[SETTING_HASH_SEED], at, room));
}

#endif
