// The yardstick: the work of our fast path on the same tables and frames, in C. Frame by frame (`one`) or in staged
// batches (`staged`); told by lines on standard input, like our own side (bench/contestant.ts):
//
//   check VARIANT          outcome SENT SENT-BYTES NOT-SENT HASH
//   run VARIANT SECONDS    ns NANOSECONDS-A-FRAME
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <time.h>

#include "one.h"
#include "staged.h"

enum variant { ONE, STAGED };

struct outcome {
  uint64_t sent, sent_bytes, not_sent, hash;
};

static uint64_t hash_bytes(uint64_t hash, const uint8_t *bytes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}

static uint64_t hash_frame(uint64_t hash, const struct frame *f) {
  hash = hash_bytes(hash, (const uint8_t *)&f->egress, sizeof f->egress);
  hash = hash_bytes(hash, (const uint8_t *)&f->length, sizeof f->length);
  return hash_bytes(hash, (const uint8_t *)arena + f->start, f->length);
}

// Where frames go: counted, hashed if somebody wants to compare, and dropped.
static inline void hand_out(struct outcome *outcome, const struct frame *f, bool hashed) {
  if (!f->sent) {
    outcome->not_sent++;
    return;
  }
  outcome->sent++;
  outcome->sent_bytes += f->length;
  if (hashed) outcome->hash = hash_frame(outcome->hash, f);
}

// One batch from the record at `word`; answers the next record's place.
static inline uint64_t play_batch(enum variant variant, uint64_t word, struct outcome *outcome, bool hashed) {
  uint32_t tail = 0;
  uint32_t count = 0;
  for (; count < BATCH_FRAMES && word < tables.frame_words; count++) {
    struct frame *f = &batch[count];
    word = copy_in(f, word, &tail);
    if (variant == STAGED) continue;
    forward_one(f);
    hand_out(outcome, f, hashed);
  }
  if (variant == ONE) return word;
  forward_batch(count);
  for (uint32_t slot = 0; slot < count; slot++) hand_out(outcome, &batch[slot], hashed);
  return word;
}

// One round over all frames. The four cases are compiled apart.
static void play_round(enum variant variant, struct outcome *outcome, bool hashed) {
  uint64_t word = 0;
  if (variant == ONE && hashed) while (word < tables.frame_words) word = play_batch(ONE, word, outcome, true);
  else if (variant == ONE) while (word < tables.frame_words) word = play_batch(ONE, word, outcome, false);
  else if (hashed) while (word < tables.frame_words) word = play_batch(STAGED, word, outcome, true);
  else while (word < tables.frame_words) word = play_batch(STAGED, word, outcome, false);
}

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double nanoseconds_a_frame(enum variant variant, double seconds) {
  struct outcome outcome = {0};
  double begin = cpu_seconds(), taken;
  do {
    play_round(variant, &outcome, false);
    taken = cpu_seconds() - begin;
  } while (taken < seconds);
  return taken * 1e9 / (double)(outcome.sent + outcome.not_sent);
}

static void check(enum variant variant) {
  struct outcome outcome = {.hash = 0xcbf29ce484222325u};
  play_round(variant, &outcome, true);
  printf("outcome %" PRIu64 " %" PRIu64 " %" PRIu64 " %016" PRIx64 "\n", outcome.sent, outcome.sent_bytes,
         outcome.not_sent, outcome.hash);
}

static void obey(const char *line) {
  char verb[16] = "", name[16] = "";
  double seconds = 0;
  sscanf(line, "%15s %15s %lf", verb, name, &seconds);
  enum variant variant = strcmp(name, "staged") == 0 ? STAGED : ONE;
  if (strcmp(verb, "check") == 0) check(variant);
  else printf("ns %.3f\n", nanoseconds_a_frame(variant, seconds));
  fflush(stdout);
}

int main(int count, char **arguments) {
  if (count != 2) fail("usage: yardstick TABLE-FILE");
  load_tables(arguments[1]);
  if (tables.port_words / PORT_WORDS > PORTS_MAX) fail("more ports than there are counters for");
  puts("ready {}");
  fflush(stdout);
  char line[128];
  while (fgets(line, sizeof line, stdin) != NULL) obey(line);
  return 0;
}
