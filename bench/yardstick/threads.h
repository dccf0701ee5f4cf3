// Threads side by side over the same tables: each has its own batch and counters and goes round the frames from a
// place of its own, so that none finds in the cache what another one has just fetched.
#ifndef THREADS_H
#define THREADS_H

#include <pthread.h>

#include "play.h"

// Batches between two looks at the clock; the same number as on our side (bench/scaling/round.ts).
enum { THREADS_MAX = 64, BATCHES_A_LOOK = 64 };

struct crew {
  enum variant variant;
  double seconds;
  pthread_barrier_t start;
};

struct member {
  struct crew *crew;
  uint64_t first_word;
  struct outcome outcome;
  double taken;
  pthread_t thread;
};

// So many batches from `word` on and round again; answers the next record's place.
static uint64_t play_some(enum variant variant, uint64_t word, struct outcome *outcome) {
  for (uint32_t i = 0; i < BATCHES_A_LOOK; i++) {
    word = variant == ONE ? play_batch(ONE, word, outcome, false) : play_batch(STAGED, word, outcome, false);
    if (word >= tables.frame_words) word = 0;
  }
  return word;
}

static void *work(void *argument) {
  struct member *member = argument;
  const struct crew *crew = member->crew;
  struct outcome outcome = {0};
  uint64_t word = member->first_word;
  pthread_barrier_wait(&member->crew->start);
  double begin = seconds_by(CLOCK_MONOTONIC), taken;
  do {
    word = play_some(crew->variant, word, &outcome);
    taken = seconds_by(CLOCK_MONOTONIC) - begin;
  } while (taken < crew->seconds);
  member->outcome = outcome;
  member->taken = taken;
  return NULL;
}

// The record where share `index` of `count` begins.
static uint64_t first_word_of(uint32_t index, uint32_t count) {
  uint64_t word = 0, least = tables.frame_words * index / count;
  while (word < least) word += 2 + ((tables.frames[word + 1] + 5) >> 2);
  return word < tables.frame_words ? word : 0;
}

// Frames a second, by the clock on the wall, of all threads together; what they sent is put into `total`.
static double frames_a_second(enum variant variant, uint32_t count, double seconds, struct outcome *total) {
  static struct member members[THREADS_MAX];
  struct crew crew = {.variant = variant, .seconds = seconds};
  if (count < 1 || count > THREADS_MAX || pthread_barrier_init(&crew.start, NULL, count) != 0) fail("no such crew");
  for (uint32_t i = 0; i < count; i++) {
    members[i] = (struct member){.crew = &crew, .first_word = first_word_of(i, count)};
    if (pthread_create(&members[i].thread, NULL, work, &members[i]) != 0) fail("a thread cannot be started");
  }
  double rate = 0;
  for (uint32_t i = 0; i < count; i++) {
    pthread_join(members[i].thread, NULL);
    total->sent += members[i].outcome.sent;
    total->not_sent += members[i].outcome.not_sent;
    rate += (double)(members[i].outcome.sent + members[i].outcome.not_sent) / members[i].taken;
  }
  pthread_barrier_destroy(&crew.start);
  return rate;
}

#endif
