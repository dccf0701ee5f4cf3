// The yardstick on live interfaces: the sockets of `shimline run` (a TPACKET_V3 ring in, an AF_XDP socket that only
// sends out, or sendmmsg where that is refused) around the staged forwarder of this folder, over tables that shimline
// has compiled. One thread.
//
//   yardstick-live TABLE-FILE IN OUT     forwards what arrives at IN, the first port, to OUT, the second, until SIGTERM;
//                                        says `ready xdp` or `ready sendmmsg` first, counts at the end
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>

#include "live-receive.h"
#include "live-send.h"
#include "one.h"
#include "staged.h"

static volatile sig_atomic_t stopping;

static void stop(int signal) {
  (void)signal;
  stopping = 1;
}

static struct totals {
  uint64_t in, out, not_sent, full;
} totals;

enum { OUT_PORT = 1 };

// Forwards the batch and gives what has come out of it to the sender.
static void forward(uint32_t count) {
  forward_batch(count);
  totals.in += count;
  for (uint32_t slot = 0; slot < count; slot++) {
    const struct frame *f = &batch[slot];
    bool taken = f->sent && f->egress == OUT_PORT;
    if (!taken) totals.not_sent++, give_back(f->start);
    else if (send_chunk(f->start, f->length)) totals.out++;
    else totals.full++, give_back(f->start);
  }
  flush_sender();
}

// One block of the ring, in batches.
static void forward_block(const struct tpacket_block_desc *block) {
  const uint8_t *at = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;
  uint32_t count = 0;
  for (uint32_t left = block->hdr.bh1.num_pkts; left > 0; left--) {
    const struct tpacket3_hdr *header = (const struct tpacket3_hdr *)at;
    uint32_t start = take_chunk();
    if (start != 0 && header->tp_snaplen <= CHUNK_FRAME_MAX) {
      struct frame *f = &batch[count++];
      f->port = 0, f->length = header->tp_snaplen, f->start = start, f->sent = 0;
      memcpy((uint8_t *)arena + start, at + header->tp_mac, header->tp_snaplen);
    } else {
      totals.full++;
      if (start != 0) give_back(start);
    }
    if (count == BATCH_FRAMES) forward(count), count = 0;
    at += header->tp_next_offset;
  }
  if (count > 0) forward(count);
}

int main(int count, char **arguments) {
  if (count != 4) fail("usage: yardstick-live TABLE-FILE IN OUT");
  load_tables(arguments[1]);
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  open_receiver(arguments[2]);
  const char *way = open_sender(arguments[3]);
  printf("ready %s\n", way);
  fflush(stdout);
  while (!stopping) {
    struct tpacket_block_desc *block = next_block();
    if (block == NULL) {
      wait_for_block();
      continue;
    }
    forward_block(block);
    release_block(block);
  }
  printf("counts %" PRIu64 " in, %" PRIu64 " out, %" PRIu64 " not sent, %" PRIu64 " full, %u lost\n", totals.in, totals.out,
         totals.not_sent, totals.full, lost_in_ring());
  return 0;
}
