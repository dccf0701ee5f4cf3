// Layer 2: a frame that a circuit has brought, or the label of a pseudowire uncovered, over its wire or through its bridge.
// Circuits without a tag or with one, raw pseudowires without numbers and flow labels, addresses that are known: the rest
// is none of the yardstick's work.
#ifndef LAYER2_H
#define LAYER2_H

#include "labels.h"

enum { MACS_BYTES = 12, ETHERNET_BYTES = 14, TAG_BYTES = 4, NO_MAC = 0xffffffff };

static inline uint8_t *bytes_at(uint32_t at) { return (uint8_t *)arena + at; }

static inline uint32_t read32(uint32_t at) {
  uint32_t word;
  memcpy(&word, bytes_at(at), 4);
  return word;
}

static inline uint32_t read16(uint32_t at) {
  uint16_t half;
  memcpy(&half, bytes_at(at), 2);
  return half;
}

static inline void write32(uint32_t at, uint32_t word) { memcpy(bytes_at(at), &word, 4); }

static inline void write16(uint32_t at, uint32_t word) {
  uint16_t half = (uint16_t)word;
  memcpy(bytes_at(at), &half, 2);
}

static inline const uint32_t *circuit_at(uint32_t circuit) { return tables.circuits + (size_t)circuit * CIRCUIT_WORDS; }

static inline const uint32_t *pseudowire_at(uint32_t index) {
  return tables.pseudowires + (size_t)index * PSEUDOWIRE_WORDS;
}

// What lies beneath the label of a pseudowire, at the bottom.
static inline enum next uncover_frame(struct frame *f) {
  const uint32_t *pseudowire = pseudowire_at(f->pseudowire);
  uint32_t flags = pseudowire[PSEUDOWIRE_FLAGS];
  if (flags & ~(uint32_t)PSEUDOWIRE_CONTROL_WORD || f->rest < 4 + 4 + ETHERNET_BYTES) return NEXT_NONE;
  uint32_t inner = f->top + 1;
  if (flags & PSEUDOWIRE_CONTROL_WORD) {
    if (arena[inner] & 0xf0) return NEXT_NONE;
    inner++;
  }
  f->macs = inner << 2;
  f->behind = f->macs + MACS_BYTES;
  f->priority = 0;
  f->circuit = pseudowire[PSEUDOWIRE_CIRCUIT];
  return NEXT_SERVICE;
}

static inline enum next leave(struct frame *f, uint32_t begin, uint32_t end, uint32_t port) {
  f->start = begin;
  f->length = end - begin;
  f->egress = port;
  f->sent = 1;
  counters.out_frames[port]++;
  counters.out_bytes[port] += f->length;
  return NEXT_SENT;
}

static inline void move_macs(const struct frame *f, uint32_t to) {
  if (f->macs != to) memmove(bytes_at(to), bytes_at(f->macs), MACS_BYTES);
}

static inline enum next send_by_interface(struct frame *f, uint32_t index, uint32_t end) {
  const uint32_t *out = tables.interfaces + (size_t)index * INTERFACE_WORDS;
  if (!(out[INTERFACE_FLAGS] & INTERFACE_UP) || end - f->behind - 2 > out[INTERFACE_MTU] || out[INTERFACE_TAGS] > 1)
    return NEXT_NONE;
  uint32_t tags = out[INTERFACE_TAGS];
  uint32_t begin = f->behind - MACS_BYTES - tags * TAG_BYTES;
  move_macs(f, begin);
  if (tags > 0) {
    write16(begin + MACS_BYTES, out[INTERFACE_MAC_HIGH] >> 16);
    write16(begin + MACS_BYTES + 2, out[INTERFACE_SECOND] | f->priority);
  }
  return leave(f, begin, end, out[INTERFACE_PORT]);
}

static inline enum next send_to_pseudowire(struct frame *f, uint32_t index, uint32_t end) {
  const uint32_t *pseudowire = pseudowire_at(index);
  uint32_t flags = pseudowire[PSEUDOWIRE_FLAGS];
  if (flags & ~(uint32_t)PSEUDOWIRE_CONTROL_WORD || pseudowire[PSEUDOWIRE_FLAT_LEG] == 0) return NEXT_NONE;
  if (end - f->behind - 2 > pseudowire[PSEUDOWIRE_MTU]) return NEXT_NONE;
  const uint32_t *flat = flat_at(pseudowire[PSEUDOWIRE_FLAT_LEG]);
  uint32_t fields = flat[FLAT_FLAGS] & FLAT_FIXED ? 0 : 0xff000000u;
  uint32_t labels = flat[FLAT_FLAGS] & FLAT_LABELS;
  uint32_t inner = f->behind - MACS_BYTES;
  uint32_t above = ((flags & PSEUDOWIRE_CONTROL_WORD ? 1 : 0) + 1 + labels) << 2;
  if (!is_ready(flat[FLAT_ADJACENCY], end - inner + above)) return NEXT_NONE;
  move_macs(f, inner);
  uint32_t at = inner;
  if (flags & PSEUDOWIRE_CONTROL_WORD) write32(at -= 4, 0);
  write32(at -= 4, pseudowire[PSEUDOWIRE_ENTRY]);
  for (uint32_t i = 0; i < labels; i++) write32(at -= 4, (flat[FLAT_ENTRIES + i] & ~(uint32_t)S_BIT) | fields);
  const uint32_t *adjacency = tables.adjacencies + (size_t)flat[FLAT_ADJACENCY] * ADJACENCY_WORDS;
  const uint32_t *out = tables.interfaces + adjacency[ADJACENCY_INTERFACE] * INTERFACE_WORDS;
  if (out[INTERFACE_TAGS] != 0) return NEXT_NONE;
  uint32_t begin = at - ETHERNET_BYTES;
  write16(begin, adjacency[ADJACENCY_MAC_HIGH] >> 16);
  write32(begin + 2, adjacency[ADJACENCY_MAC_LOW]);
  write32(begin + 6, out[INTERFACE_MAC_LOW]);
  write16(begin + 10, out[INTERFACE_MAC_HIGH]);
  write16(begin + 12, TYPE_MPLS);
  return leave(f, begin, end, out[INTERFACE_PORT]);
}

static inline enum next send_to_circuit(struct frame *f, uint32_t circuit) {
  const uint32_t *record = circuit_at(circuit);
  uint32_t end = f->start + f->length;
  if (record[CIRCUIT_KIND] == CIRCUIT_INTERFACE) return send_by_interface(f, record[CIRCUIT_ARGUMENT], end);
  if (record[CIRCUIT_KIND] == CIRCUIT_PSEUDOWIRE) return send_to_pseudowire(f, record[CIRCUIT_ARGUMENT], end);
  return NEXT_NONE;
}

// The key of the address at `at` in a bridge: its first word; the second is the address' last four bytes.
static inline uint32_t mac_high(uint32_t bridge, uint32_t at) {
  return (bridge << 16) | __builtin_bswap16((uint16_t)read16(at));
}

static inline uint32_t mac_bucket(uint32_t high, uint32_t low) {
  uint32_t hash = high * 0x85ebca6bu;
  hash = (hash ^ (hash >> 15) ^ low) * 0xc2b2ae35u;
  return (hash ^ (hash >> 16)) & (uint32_t)(tables.mac_bucket_words - 1);
}

static inline uint32_t *mac_at(uint32_t entry) { return tables.macs + (size_t)entry * MAC_WORDS; }

static inline uint32_t find_mac(uint32_t high, uint32_t low) {
  for (uint32_t next = tables.mac_buckets[mac_bucket(high, low)]; next != 0; next = mac_at(next - 1)[MAC_NEXT]) {
    const uint32_t *entry = mac_at(next - 1);
    if (entry[MAC_HIGH] == high && entry[MAC_LOW] == low && entry[MAC_VLAN] == 0) return next - 1;
  }
  return NO_MAC;
}

// The frames of a workload have no time: what is configured does not age, and is touched all the same.
static inline void touch_mac(uint32_t *entry) {
  entry[MAC_SECONDS] = 0;
  entry[MAC_SECONDS + 1] = 0;
}

static inline enum next through_bridge(struct frame *f, uint32_t bridge) {
  uint32_t source = find_mac(mac_high(bridge, f->macs + 6), swap_bytes(read32(f->macs + 8)));
  if (source == NO_MAC || *bytes_at(f->macs) & 1) return NEXT_NONE;
  uint32_t *known = mac_at(source);
  if (known[MAC_CIRCUIT] < MAC_FIXED) return NEXT_NONE;
  uint32_t destination = find_mac(mac_high(bridge, f->macs), swap_bytes(read32(f->macs + 2)));
  if (destination == NO_MAC || mac_at(destination)[MAC_CIRCUIT] < MAC_FIXED) return NEXT_NONE;
  uint32_t to = mac_at(destination)[MAC_CIRCUIT] & ~MAC_FIXED;
  uint32_t group = circuit_at(f->circuit)[CIRCUIT_GROUP];
  if (to == f->circuit || (group != 0 && group == circuit_at(to)[CIRCUIT_GROUP])) return NEXT_NONE;
  if (send_to_circuit(f, to) != NEXT_SENT) return NEXT_NONE;
  touch_mac(known);
  return NEXT_SENT;
}

static inline bool is_plain(const struct frame *f) {
  uint32_t type = read16(f->behind);
  return type != TYPE_VLAN && type != 0xa888 && type != 0x0888;
}

static inline enum next enter_service(struct frame *f) {
  const uint32_t *record = circuit_at(f->circuit);
  if (!is_plain(f)) return NEXT_NONE;
  if (record[CIRCUIT_SERVICE] == SERVICE_WIRE) return send_to_circuit(f, record[CIRCUIT_OTHER]);
  return record[CIRCUIT_SERVICE] == SERVICE_BRIDGE ? through_bridge(f, record[CIRCUIT_OTHER]) : NEXT_NONE;
}

#endif
