// Reads the file that holds the tables and frames of a workload (see bench/table-file.ts) into memory of the same kind
// as ours: anonymous, cache-line aligned.
#ifndef TABLES_H
#define TABLES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

struct tables {
  const uint32_t *settings, *ports, *interfaces, *maps, *accepted, *trie4, *trie6, *routes, *label_map, *label_briefs, *label_entries,
      *groups, *legs, *flat, *push_wire, *adjacencies, *buckets, *circuits, *pseudowires, *mac_buckets, *frames;
  uint32_t *macs;
  uint64_t port_words, bucket_words, mac_bucket_words, frame_words;
};

static struct tables tables;

enum setting { SETTING_POP_TTL, SETTING_POP_TC, SETTING_HASH_SEED, SETTING_HASH_PAYLOAD };

struct directory_entry {
  char name[16];
  uint64_t offset, words;
};
enum { FILE_HEADER_BYTES = 64, FILE_COUNT_AT = 8 };

static uint8_t *read_whole(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail("the table file cannot be read");
  size_t size = (size_t)ftell(file);
  rewind(file);
  // Zeros behind the end: the last array may have had some more in the original.
  size_t room = (size + 4096 + 63) / 64 * 64;
  uint8_t *bytes = aligned_alloc(64, room);
  if (bytes == NULL || fread(bytes, 1, size, file) != size) fail("the table file cannot be read");
  memset(bytes + size, 0, room - size);
  fclose(file);
  if (memcmp(bytes, "SHIMTBL1", 8) != 0) fail("this is no table file");
  return bytes;
}

static const uint32_t *find_array(const uint8_t *file, const char *name, uint64_t *words) {
  uint32_t count;
  memcpy(&count, file + FILE_COUNT_AT, sizeof count);
  for (uint32_t i = 0; i < count; i++) {
    struct directory_entry entry;
    memcpy(&entry, file + FILE_HEADER_BYTES + i * sizeof entry, sizeof entry);
    if (strncmp(entry.name, name, sizeof entry.name) != 0) continue;
    if (words != NULL) *words = entry.words;
    return (const uint32_t *)(const void *)(file + entry.offset);
  }
  fail("the table file lacks an array");
  return NULL;
}

static void load_tables(const char *path) {
  const uint8_t *file = read_whole(path);
  tables = (struct tables){
      .settings = find_array(file, "settings", NULL),
      .ports = find_array(file, "ports", NULL),
      .interfaces = find_array(file, "interfaces", NULL),
      .maps = find_array(file, "maps", NULL),
      .accepted = find_array(file, "accepted", NULL),
      .trie4 = find_array(file, "trie4", NULL),
      .trie6 = find_array(file, "trie6", NULL),
      .routes = find_array(file, "routes", NULL),
      .label_map = find_array(file, "labelMap", NULL),
      .label_briefs = find_array(file, "labelBriefs", NULL),
      .label_entries = find_array(file, "labelEntries", NULL),
      .groups = find_array(file, "groups", NULL),
      .legs = find_array(file, "legs", NULL),
      .flat = find_array(file, "flat", NULL),
      .push_wire = find_array(file, "pushWire", NULL),
      .adjacencies = find_array(file, "adjacencies", NULL),
      .buckets = find_array(file, "buckets", NULL),
      .circuits = find_array(file, "circuits", NULL),
      .pseudowires = find_array(file, "pseudowires", NULL),
      // Written too: when a frame of an address came last.
      .macs = (uint32_t *)(uintptr_t)find_array(file, "macs", NULL),
      .mac_buckets = find_array(file, "macBuckets", NULL),
      .frames = find_array(file, "frames", NULL),
  };
  find_array(file, "ports", &tables.port_words);
  find_array(file, "buckets", &tables.bucket_words);
  find_array(file, "macBuckets", &tables.mac_bucket_words);
  find_array(file, "frames", &tables.frame_words);
}

#endif
