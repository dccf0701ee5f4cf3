// The yardstick: the work of our fast path on the same tables and frames, in C. Frame by frame (`one`) or in staged
// batches (`staged`); told by lines on standard input, like our own side (bench/contestant.ts):
//
//   check VARIANT                  outcome SENT SENT-BYTES NOT-SENT HASH
//   run VARIANT SECONDS            ns NANOSECONDS-A-FRAME
//   threads VARIANT SECONDS COUNT  rate FRAMES-A-SECOND SENT NOT-SENT   (compiled with THREADED only)
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>

#include "play.h"
#ifdef THREADED
#include "threads.h"
#endif

static double nanoseconds_a_frame(enum variant variant, double seconds) {
  struct outcome outcome = {0};
  double begin = seconds_by(CLOCK_PROCESS_CPUTIME_ID), taken;
  do {
    play_round(variant, &outcome, false);
    taken = seconds_by(CLOCK_PROCESS_CPUTIME_ID) - begin;
  } while (taken < seconds);
  return taken * 1e9 / (double)(outcome.sent + outcome.not_sent);
}

static void check(enum variant variant) {
  struct outcome outcome = {.hash = 0xcbf29ce484222325u};
  play_round(variant, &outcome, true);
  printf("outcome %" PRIu64 " %" PRIu64 " %" PRIu64 " %016" PRIx64 "\n", outcome.sent, outcome.sent_bytes,
         outcome.not_sent, outcome.hash);
}

#ifdef THREADED
static void run_threads(enum variant variant, double seconds, uint32_t count) {
  struct outcome outcome = {0};
  double rate = frames_a_second(variant, count, seconds, &outcome);
  printf("rate %.0f %" PRIu64 " %" PRIu64 "\n", rate, outcome.sent, outcome.not_sent);
}
#else
static void run_threads(enum variant variant, double seconds, uint32_t count) {
  (void)variant, (void)seconds, (void)count;
  fail("threads are for the threaded program");
}
#endif

static void obey(const char *line) {
  char verb[16] = "", name[16] = "";
  double seconds = 0;
  unsigned count = 1;
  sscanf(line, "%15s %15s %lf %u", verb, name, &seconds, &count);
  enum variant variant = strcmp(name, "staged") == 0 ? STAGED : ONE;
  if (strcmp(verb, "check") == 0) check(variant);
  else if (strcmp(verb, "threads") == 0) run_threads(variant, seconds, count);
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
