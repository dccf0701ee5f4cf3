// Stored frames played through the forwarder: batches, rounds, and what became of the frames.
#ifndef PLAY_H
#define PLAY_H

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
  for (; count < BATCH_FRAMES && word < tables.frame_words && has_room(word, tail); count++) {
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

static double seconds_by(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
