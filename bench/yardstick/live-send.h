// What leaves by an interface: an AF_XDP socket that only sends, from the arena as its UMEM, or sendmmsg where that is
// refused. The arena is chunks of 2048 bytes; a frame begins behind the headroom of its chunk and stays there.
#ifndef LIVE_SEND_H
#define LIVE_SEND_H

#include <errno.h>
#include <linux/if_xdp.h>
#include <sys/mman.h>

#include "frame.h"
#include "live-link.h"

enum {
  CHUNK_BYTES = 2048,
  CHUNKS = ARENA_BYTES / CHUNK_BYTES,
  CHUNK_HEADROOM = HEADROOM_BYTES + 2,
  CHUNK_FRAME_MAX = CHUNK_BYTES - CHUNK_HEADROOM,
  RING_ENTRIES = 2048,
  KICKS_MAX = 1000,
};

struct ring {
  uint32_t *producer, *consumer;
  void *entries;
};

static struct sender {
  int socket;
  bool by_xdp;
  struct ring tx, completion;
  // Entries written so far, or messages since the last call.
  uint32_t written;
  struct mmsghdr messages[BATCH_FRAMES];
  struct iovec vectors[BATCH_FRAMES];
  uint32_t chunks[CHUNKS], chunks_free;
} sender;

// Where the frame of a free chunk may begin; 0: none is free.
static inline uint32_t take_chunk(void) { return sender.chunks_free == 0 ? 0 : sender.chunks[--sender.chunks_free]; }

static inline void give_back(uint64_t address) {
  sender.chunks[sender.chunks_free++] = (uint32_t)(address & ~(uint64_t)(CHUNK_BYTES - 1)) + CHUNK_HEADROOM;
}

static struct ring map_ring(int fd, const struct xdp_ring_offset *at, size_t entry_bytes, off_t page) {
  uint8_t *base = mmap(NULL, at->desc + RING_ENTRIES * entry_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, page);
  if (base == MAP_FAILED) fail("a ring of the AF_XDP socket cannot be mapped");
  return (struct ring){(void *)(base + at->producer), (void *)(base + at->consumer), base + at->desc};
}

static bool open_xdp(const char *link) {
  int fd = socket(AF_XDP, SOCK_RAW, 0);
  if (fd < 0) return false;
  struct xdp_umem_reg umem = {.addr = (uintptr_t)arena, .len = ARENA_BYTES, .chunk_size = CHUNK_BYTES};
  int entries = RING_ENTRIES;
  struct xdp_mmap_offsets offsets;
  socklen_t size = sizeof offsets;
  struct sockaddr_xdp address = {.sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY, .sxdp_ifindex = if_nametoindex(link)};
  if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof umem) != 0 ||
      setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &entries, sizeof entries) != 0 ||
      setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &entries, sizeof entries) != 0 ||
      setsockopt(fd, SOL_XDP, XDP_TX_RING, &entries, sizeof entries) != 0 ||
      getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) != 0)
    return false;
  sender.tx = map_ring(fd, &offsets.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING);
  sender.completion = map_ring(fd, &offsets.cr, sizeof(uint64_t), XDP_UMEM_PGOFF_COMPLETION_RING);
  sender.socket = fd;
  return bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static void open_plain(const char *link) {
  sender.socket = socket(AF_PACKET, SOCK_RAW, 0);
  struct sockaddr_ll address = link_address(link, 0);
  if (sender.socket < 0 || bind(sender.socket, (struct sockaddr *)&address, sizeof address) != 0) fail("no way to send");
  int one = 1;
  setsockopt(sender.socket, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
}

// Answers the way that frames will take.
static const char *open_sender(const char *link) {
  for (uint32_t i = 0; i < CHUNKS; i++) give_back((uint64_t)i * CHUNK_BYTES);
  sender.by_xdp = open_xdp(link);
  if (!sender.by_xdp) open_plain(link);
  return sender.by_xdp ? "xdp" : "sendmmsg";
}

// Takes back the chunks of frames that have been sent.
static void reap(void) {
  uint32_t end = __atomic_load_n(sender.completion.producer, __ATOMIC_ACQUIRE);
  uint32_t at = *sender.completion.consumer;
  const uint64_t *addresses = sender.completion.entries;
  for (; at != end; at++) give_back(addresses[at & (RING_ENTRIES - 1)]);
  __atomic_store_n(sender.completion.consumer, at, __ATOMIC_RELEASE);
}

// Has the kernel send what is in the ring; it takes some tens of frames a call.
static void kick(void) {
  __atomic_store_n(sender.tx.producer, sender.written, __ATOMIC_RELEASE);
  for (uint32_t i = 0; i < KICKS_MAX && __atomic_load_n(sender.tx.consumer, __ATOMIC_ACQUIRE) != sender.written; i++)
    if (sendto(sender.socket, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EBUSY) break;
  reap();
}

static void send_messages(void) {
  uint32_t sent = 0;
  while (sent < sender.written) {
    int taken = sendmmsg(sender.socket, sender.messages + sent, sender.written - sent, 0);
    sent += taken > 0 ? (uint32_t)taken : 1;
  }
  for (uint32_t i = 0; i < sender.written; i++)
    give_back((uint64_t)((const uint8_t *)sender.vectors[i].iov_base - (const uint8_t *)arena));
  sender.written = 0;
}

// Takes the frame, and its chunk with it; false: there is no room.
static inline bool send_chunk(uint32_t start, uint32_t length) {
  if (!sender.by_xdp) {
    uint32_t at = sender.written++;
    sender.vectors[at] = (struct iovec){(uint8_t *)arena + start, length};
    sender.messages[at].msg_hdr = (struct msghdr){.msg_iov = &sender.vectors[at], .msg_iovlen = 1};
    return true;
  }
  if (sender.written - __atomic_load_n(sender.tx.consumer, __ATOMIC_ACQUIRE) == RING_ENTRIES) return false;
  struct xdp_desc *descriptors = sender.tx.entries;
  descriptors[sender.written++ & (RING_ENTRIES - 1)] = (struct xdp_desc){.addr = start, .len = length};
  return true;
}

static inline void flush_sender(void) {
  if (sender.by_xdp) kick();
  else send_messages();
}

#endif
