// What stands at the two ends of a forwarder on live interfaces. Frames come from a file: the length of each in 32 bits,
// low byte first, then the frame.
//
//   wire generate LINK FILE SECONDS RATE      sends them round and round, or (0 seconds) one round; RATE a second or (0)
//                                             as fast as it goes → sent FRAMES NANOSECONDS
//   wire collect LINK COUNT SECONDS           → ready; then, after COUNT frames or so long a silence:
//                                               outcome FRAMES BYTES HASH, in the order of arrival
//   wire probe FROM-NETNS FROM TO-NETNS TO FILE COUNT RATE
//                                             sends the first frame, numbered at its end, and takes the kernel's time of
//                                             arrival → latency RECEIVED P50 P99 MAX, nanoseconds
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "live-link.h"

enum { CALL_FRAMES = 64, FRAMES_MAX = 1 << 16, FRAME_BYTES_MAX = 65536, MARK = 0x5348494d };

static struct {
  struct mmsghdr messages[FRAMES_MAX];
  struct iovec vectors[FRAMES_MAX];
  uint32_t count;
} frames;

static uint64_t nanoseconds_by(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void load_frames(const char *path) {
  FILE *file = fopen(path, "rb");
  uint32_t length;
  if (file == NULL) fail("the frames cannot be read");
  while (frames.count < FRAMES_MAX && fread(&length, sizeof length, 1, file) == 1) {
    uint8_t *bytes = malloc(length);
    if (bytes == NULL || fread(bytes, 1, length, file) != length) fail("the frames are cut off");
    uint32_t at = frames.count++;
    frames.vectors[at] = (struct iovec){bytes, length};
    frames.messages[at].msg_hdr = (struct msghdr){.msg_iov = &frames.vectors[at], .msg_iovlen = 1};
  }
  fclose(file);
  if (frames.count == 0) fail("no frames");
}

static int open_end(const char *link, uint16_t protocol) {
  int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1, bytes = 64 << 20;
  struct sockaddr_ll address = link_address(link, protocol);
  if (fd < 0) fail("socket(AF_PACKET) is refused");
  setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
  setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("bind is refused");
  struct packet_mreq promiscuous = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
  if (protocol != 0) setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous);
  return fd;
}

static void generate(const char *link, double seconds, double rate) {
  int fd = open_end(link, 0);
  uint64_t begin = nanoseconds_by(CLOCK_MONOTONIC), taken = 0, sent = 0;
  uint32_t next = 0;
  while (seconds == 0 ? sent < frames.count : (double)taken < seconds * 1e9) {
    uint32_t few = frames.count - next < CALL_FRAMES ? frames.count - next : CALL_FRAMES;
    if (rate == 0 || (double)sent < (double)taken / 1e9 * rate) {
      int count = sendmmsg(fd, frames.messages + next, few, 0);
      if (count > 0) sent += (uint64_t)count, next = (next + (uint32_t)count) % frames.count;
    }
    taken = nanoseconds_by(CLOCK_MONOTONIC) - begin;
  }
  printf("sent %" PRIu64 " %" PRIu64 "\n", sent, taken);
}

static uint64_t hash_bytes(uint64_t hash, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}

static void collect(const char *link, uint64_t count, double seconds) {
  static uint8_t bytes[FRAME_BYTES_MAX];
  int fd = open_end(link, ETH_P_ALL);
  uint64_t received = 0, total = 0, hash = 0xcbf29ce484222325u;
  puts("ready");
  fflush(stdout);
  struct pollfd wanted = {.fd = fd, .events = POLLIN};
  while (received < count && poll(&wanted, 1, (int)(seconds * 1000)) > 0) {
    ssize_t length = recv(fd, bytes, sizeof bytes, 0);
    // What neighbours ask each other is none of the outcome.
    if (length < 14 || (bytes[12] == 0x08 && bytes[13] == 0x06)) continue;
    received++, total += (uint64_t)length;
    hash = hash_bytes(hash, (const uint8_t *)&length, 4);
    hash = hash_bytes(hash, bytes, (size_t)length);
  }
  printf("outcome %" PRIu64 " %" PRIu64 " %016" PRIx64 "\n", received, total, hash);
}

static void enter(const char *namespace) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", namespace);
  int fd = open(path, O_RDONLY);
  if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) fail("the namespace cannot be entered");
  close(fd);
}

struct probe {
  uint64_t *sent_at, *latency;
  uint32_t count, received;
};

// Takes one frame; its number and mark are its last eight bytes.
static void take_arrival(int fd, struct probe *probe) {
  static uint8_t bytes[FRAME_BYTES_MAX];
  char control[256];
  struct iovec vector = {bytes, sizeof bytes};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
  if (length < 32) return;
  uint32_t tail[2];
  memcpy(tail, bytes + length - sizeof tail, sizeof tail);
  if (tail[1] != MARK || tail[0] >= probe->count || probe->latency[tail[0]] != 0) return;
  for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each != NULL; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec at;
    memcpy(&at, CMSG_DATA(each), sizeof at);
    uint64_t arrived = (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
    if (arrived <= probe->sent_at[tail[0]]) return;
    probe->latency[tail[0]] = arrived - probe->sent_at[tail[0]];
    probe->received++;
  }
}

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

// Takes what arrives until that time.
static void take_until(int fd, uint64_t end, struct probe *probe) {
  for (uint64_t now; (now = nanoseconds_by(CLOCK_MONOTONIC)) < end;) {
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    struct timespec rest = {.tv_sec = (time_t)((end - now) / 1000000000u), .tv_nsec = (long)((end - now) % 1000000000u)};
    if (ppoll(&wanted, 1, &rest, NULL) > 0) take_arrival(fd, probe);
  }
}

static void probe_latency(int from, int to, uint32_t count, double rate) {
  int one = 1;
  setsockopt(to, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
  struct probe probe = {calloc(count, 8), calloc(count, 8), count, 0};
  struct iovec frame = frames.vectors[0];
  uint64_t begin = nanoseconds_by(CLOCK_MONOTONIC);
  for (uint32_t number = 0; number < count; number++) {
    uint32_t tail[2] = {number, MARK};
    memcpy((uint8_t *)frame.iov_base + frame.iov_len - sizeof tail, tail, sizeof tail);
    probe.sent_at[number] = nanoseconds_by(CLOCK_REALTIME);
    if (send(from, frame.iov_base, frame.iov_len, 0) < 0) fail("a probe cannot be sent");
    take_until(to, begin + (uint64_t)((number + 1) * 1e9 / rate), &probe);
  }
  take_until(to, nanoseconds_by(CLOCK_MONOTONIC) + 100000000u, &probe);
  qsort(probe.latency, count, sizeof *probe.latency, compare);
  // What has not arrived is at the front, as zeros.
  const uint64_t *got = probe.latency + (count - probe.received);
  uint32_t n = probe.received;
  if (n == 0) fail("no probe has arrived");
  printf("latency %u %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", n, got[n / 2], got[(uint64_t)n * 99 / 100], got[n - 1]);
}

int main(int count, char **arguments) {
  const char *verb = count > 1 ? arguments[1] : "";
  if (strcmp(verb, "generate") == 0 && count == 6) {
    load_frames(arguments[3]);
    generate(arguments[2], atof(arguments[4]), atof(arguments[5]));
  } else if (strcmp(verb, "collect") == 0 && count == 5) {
    collect(arguments[2], strtoull(arguments[3], NULL, 10), atof(arguments[4]));
  } else if (strcmp(verb, "probe") == 0 && count == 9) {
    load_frames(arguments[6]);
    enter(arguments[2]);
    int from = open_end(arguments[3], 0);
    enter(arguments[4]);
    int to = open_end(arguments[5], ETH_P_ALL);
    probe_latency(from, to, (uint32_t)atoi(arguments[7]), atof(arguments[8]));
  } else {
    fail("usage: wire generate | collect | probe …");
  }
  return 0;
}
