// The least that a replay can cost: a capture file read in big blocks, every frame copied to the records of another
// one, written in big blocks. No frame is looked at.
//
//   usage    files IN OUT
//   prints   FRAMES BYTES SECONDS CPU-SECONDS, from opening the first file to closing the second
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 20, FRAME_BYTES_MAX = 262144, FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16 };

// Little-endian, microseconds or nanoseconds.
static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d};

struct reader {
  int file;
  size_t at, end;
  uint8_t bytes[BLOCK_BYTES + FRAME_BYTES_MAX + RECORD_HEADER_BYTES];
};

struct writer {
  int file;
  size_t count;
  uint8_t bytes[BLOCK_BYTES + FRAME_BYTES_MAX + RECORD_HEADER_BYTES];
};

static struct reader in;
static struct writer out;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

// Whether `count` bytes are there, after reading on if they are not.
static bool have(struct reader *reader, size_t count) {
  if (reader->end - reader->at >= count) return true;
  memmove(reader->bytes, reader->bytes + reader->at, reader->end - reader->at);
  reader->end -= reader->at;
  reader->at = 0;
  while (reader->end < count) {
    ssize_t got = read(reader->file, reader->bytes + reader->end, BLOCK_BYTES);
    if (got < 0) fail("read");
    if (got == 0) return false;
    reader->end += (size_t)got;
  }
  return true;
}

static void flush(struct writer *writer) {
  for (size_t done = 0; done < writer->count;) {
    ssize_t put = write(writer->file, writer->bytes + done, writer->count - done);
    if (put < 0) fail("write");
    done += (size_t)put;
  }
  writer->count = 0;
}

static void put(struct writer *writer, const uint8_t *bytes, size_t count) {
  if (writer->count >= BLOCK_BYTES) flush(writer);
  memcpy(writer->bytes + writer->count, bytes, count);
  writer->count += count;
}

static void copy_file_header(void) {
  uint32_t magic;
  if (!have(&in, FILE_HEADER_BYTES)) fail("no capture");
  memcpy(&magic, in.bytes, sizeof magic);
  if (magic != magics[0] && magic != magics[1]) fail("no little-endian pcap");
  put(&out, in.bytes, FILE_HEADER_BYTES);
  in.at += FILE_HEADER_BYTES;
}

// The next frame; false at the end.
static bool copy_frame(uint64_t *bytes) {
  uint32_t captured;
  if (!have(&in, RECORD_HEADER_BYTES)) return false;
  memcpy(&captured, in.bytes + in.at + 8, sizeof captured);
  if (captured > FRAME_BYTES_MAX || !have(&in, RECORD_HEADER_BYTES + captured)) fail("damaged capture");
  put(&out, in.bytes + in.at, RECORD_HEADER_BYTES + captured);
  in.at += RECORD_HEADER_BYTES + captured;
  *bytes += captured;
  return true;
}

static double seconds_by(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
  if (count != 3) {
    fputs("usage: files IN OUT\n", stderr);
    return 2;
  }
  double begin = seconds_by(CLOCK_MONOTONIC), cpu = seconds_by(CLOCK_PROCESS_CPUTIME_ID);
  in.file = open(arguments[1], O_RDONLY);
  out.file = open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (in.file < 0 || out.file < 0) fail("open");
  uint64_t frames = 0, bytes = 0;
  copy_file_header();
  while (copy_frame(&bytes)) frames++;
  flush(&out);
  if (close(in.file) != 0 || close(out.file) != 0) fail("close");
  printf("%llu %llu %.6f %.6f\n", (unsigned long long)frames, (unsigned long long)bytes,
         seconds_by(CLOCK_MONOTONIC) - begin, seconds_by(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  return 0;
}
