// IPv4 and IPv6 headers: what must hold before a packet is routed, and what changes when it is.
#ifndef IP_H
#define IP_H

#include "frame.h"

enum { IPV4_BYTES = 20, IPV6_BYTES = 40 };

static inline uint32_t fold(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

// The one's complement sum does not care for the order of bytes, so words are added as they lie.
static inline bool checksum_holds(const uint32_t *ip, uint32_t words) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < words; i++) sum += ip[i];
  sum = (sum & 0xffffffff) + (sum >> 32);
  return fold((uint32_t)(sum & 0xffff) + ((uint32_t)(sum >> 16) & 0xffff) + (uint32_t)(sum >> 32)) == 0xffff;
}

static inline bool is_plain_source4(uint32_t source) {
  uint32_t first = source & 0xff;
  return first != 0 && first != 127 && first < 224 && (source & 0xffff) != 0xfea9;
}

static inline bool is_plain_destination4(uint32_t destination) {
  uint32_t first = destination & 0xff;
  return first != 0 && first < 224 && (destination & 0xffff) != 0xfea9;
}

static inline bool admit4(struct frame *f) {
  const uint32_t *ip = arena + f->top;
  uint32_t header = (ip[0] & 0x0f) << 2;
  uint32_t total = ((ip[0] >> 8) & 0xff00) | (ip[0] >> 24);
  if ((ip[0] & 0xf0) != 0x40 || header < IPV4_BYTES || total < header || total > f->rest) return false;
  // The common header has a loop of known length.
  if (!(header == IPV4_BYTES ? checksum_holds(ip, 5) : checksum_holds(ip, header >> 2))) return false;
  if ((ip[4] & 0xff) == 127) return false;
  if (f->leg == 0 && !(is_plain_source4(ip[3]) && is_plain_destination4(ip[4]))) return false;
  f->rest = total;
  return true;
}

// First word of addresses with a meaning of their own: ::/32, fe80::/10, ff00::/8.
static inline bool is_special6(uint32_t first) {
  return first == 0 || (first & 0xff) == 0xff || (first & 0xc0ff) == 0x80fe;
}

static inline bool admit6(struct frame *f) {
  const uint32_t *ip = arena + f->top;
  uint32_t payload = ((ip[1] & 0xff) << 8) | ((ip[1] >> 8) & 0xff);
  if (f->rest < IPV6_BYTES || (ip[0] & 0xf0) != 0x60 || payload > f->rest - IPV6_BYTES) return false;
  if (is_special6(ip[2]) || is_special6(ip[6])) return false;
  f->rest = payload + IPV6_BYTES;
  return true;
}

static inline uint32_t ttl_of(uint32_t at, int family) {
  return family == 4 ? arena[at + 2] & 0xff : arena[at + 1] >> 24;
}

static inline uint32_t tos_of(uint32_t at, int family) {
  uint32_t first = arena[at];
  return family == 4 ? (first >> 8) & 0xff : ((first & 0x0f) << 4) | ((first >> 12) & 0x0f);
}

// TTL and TOS, and the checksum by RFC 1624 equation 3: it rises by what the TTL falls.
static inline void rewrite4(uint32_t at, uint32_t spent, uint32_t tos, uint32_t new_tos) {
  uint32_t third = arena[at + 2];
  uint32_t check = (third >> 16) + spent;
  if (spent > 0 && check >= 0xffff) check -= 0xffff;
  if (new_tos != tos) {
    uint32_t first = arena[at];
    uint32_t after = (first & 0xff) | (new_tos << 8);
    check = ~fold((~check & 0xffff) + (~first & 0xffff) + after) & 0xffff;
    arena[at] = (first & 0xffff0000) | after;
  }
  arena[at + 2] = ((third & 0xffff) - spent) | (check << 16);
}

static inline void rewrite6(uint32_t at, uint32_t ttl, uint32_t tos, uint32_t new_tos) {
  arena[at + 1] = (arena[at + 1] & 0x00ffffff) | (ttl << 24);
  if (new_tos != tos) arena[at] = (arena[at] & 0xffff0ff0) | (new_tos >> 4) | ((new_tos & 15) << 12);
}

#endif
