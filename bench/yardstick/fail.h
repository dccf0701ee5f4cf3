// The end of a yardstick that cannot go on.
#ifndef FAIL_H
#define FAIL_H

#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what) {
  fprintf(stderr, "yardstick: %s\n", what);
  exit(1);
}

#endif
