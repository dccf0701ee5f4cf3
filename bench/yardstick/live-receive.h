// What arrives at an interface: a TPACKET_V3 ring, with the numbers of shimline's own (src/io/linux).
#ifndef LIVE_RECEIVE_H
#define LIVE_RECEIVE_H

#include <poll.h>
#include <sys/mman.h>

#include "live-link.h"

enum { BLOCK_BYTES = 256 << 10, BLOCKS = 64, RING_FRAME_BYTES = 2048, RETIRE_MILLISECONDS = 1 };

static struct receiver {
  int socket;
  uint8_t *ring;
  uint32_t next;
} receiver;

static void open_receiver(const char *link) {
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) fail("socket(AF_PACKET) is refused");
  int version = TPACKET_V3, one = 1;
  struct tpacket_req3 ring = {
      .tp_block_size = BLOCK_BYTES,
      .tp_block_nr = BLOCKS,
      .tp_frame_size = RING_FRAME_BYTES,
      .tp_frame_nr = BLOCK_BYTES / RING_FRAME_BYTES * BLOCKS,
      .tp_retire_blk_tov = RETIRE_MILLISECONDS,
  };
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
      setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) != 0)
    fail("the receive ring is refused");
  receiver.ring = mmap(NULL, (size_t)BLOCK_BYTES * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (receiver.ring == MAP_FAILED) fail("the receive ring cannot be mapped");
  setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
  struct sockaddr_ll address = link_address(link, ETH_P_ALL);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("bind is refused");
  struct packet_mreq promiscuous = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
  setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous);
  receiver.socket = fd;
}

// The next block, once the kernel has handed it over; NULL: not yet.
static struct tpacket_block_desc *next_block(void) {
  struct tpacket_block_desc *block = (void *)(receiver.ring + (size_t)receiver.next * BLOCK_BYTES);
  uint32_t status = __atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE);
  return status & TP_STATUS_USER ? block : NULL;
}

static void release_block(struct tpacket_block_desc *block) {
  __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  receiver.next = (receiver.next + 1) % BLOCKS;
}

static void wait_for_block(void) {
  struct pollfd wanted = {.fd = receiver.socket, .events = POLLIN};
  poll(&wanted, 1, 100);
}

static uint32_t lost_in_ring(void) {
  struct tpacket_stats_v3 stats = {0};
  socklen_t size = sizeof stats;
  getsockopt(receiver.socket, SOL_PACKET, PACKET_STATISTICS, &stats, &size);
  return stats.tp_drops;
}

#endif
