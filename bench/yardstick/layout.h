// Record layouts of the tables, the same as in src/tables/: places of words within a record, flags and kinds.
// A forwarder that reads other words than ours would be no yardstick, so these follow every change there; the
// comparison of output frames tells when they did not.
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdint.h>

enum port_record { PORT_UNTAGGED = 0, PORT_VLANS = 2, PORT_WORDS = 8 };

enum interface_record {
  INTERFACE_FLAGS = 0,
  INTERFACE_PORT = 1,
  INTERFACE_TABLE = 2,
  INTERFACE_MTU = 3,
  INTERFACE_TAGS = 8,
  INTERFACE_ACCEPT = 9,
  INTERFACE_MAC_LOW = 12,
  INTERFACE_MAC_HIGH = 13,
  INTERFACE_SECOND = 14,
  INTERFACE_THIRD = 15,
  INTERFACE_WORDS = 16,
};
enum interface_flag { INTERFACE_MPLS = 1, INTERFACE_UP = 4, INTERFACE_URPF = 8 | 16, INTERFACE_CIRCUIT = 32 };
enum { VLAN_MAP_WORDS = 4096, ACCEPT_WORDS = 1 << 15 };

enum action {
  ACTION_CONNECTED = 6,
  ACTION_TABLE = 7,
  ACTION_GROUP = 8,
  ACTION_ADJACENCY = 9,
  ACTION_POP = 10,
  ACTION_PSEUDOWIRE = 11,
};
enum route_record { ROUTE_KIND = 0, ROUTE_ARGUMENT = 1, ROUTE_FLAT_LEG = 3, ROUTE_WORDS = 4 };

enum label_record {
  LABEL_KIND = 0,
  LABEL_ARGUMENT = 1,
  LABEL_PAYLOAD = 2,
  LABEL_TTL = 3,
  LABEL_TC = 4,
  LABEL_WORDS = 8,
};
// What a label's brief says: a flat leg, or a table. 0: look at the entry.
#define BRIEF_TO_TABLE 0x80000000u
#define BRIEF_TTL_PIPE 0x40000000u
#define BRIEF_TC_PIPE 0x20000000u
#define BRIEF_TABLE 0x00ffffffu
enum payload { PAYLOAD_IP = 1, PAYLOAD_IP4 = 4, PAYLOAD_IP6 = 6 };
enum pop_mode { POP_UNIFORM = 0 };

enum group_record { GROUP_FIRST = 0, GROUP_LEGS = 1, GROUP_WORDS = 4 };
enum leg_record {
  LEG_KIND = 0,
  LEG_ARGUMENT = 1,
  LEG_WEIGHT = 2,
  LEG_FLAGS = 3,
  LEG_FIRST_PUSH = 4,
  LEG_PUSHES = 5,
  LEG_PUSH_TTL = 6,
  LEG_PUSH_TC = 7,
  LEG_POP_TTL = 8,
  LEG_POP_TC = 9,
  LEG_PAYLOAD = 10,
  LEG_SWAP_WIRE = 13,
  LEG_WORDS = 16,
};
enum leg_flag { LEG_BACKUP = 1, LEG_ENTROPY = 2, LEG_SWAP = 4, LEG_PHP = 8, LEG_ENDS = 16 };
// A leg with all that those behind it push, where no choice is left; flags 0: it is none of these.
enum flat_record { FLAT_FLAGS = 0, FLAT_ADJACENCY = 1, FLAT_ENTRIES = 2, FLAT_SWAP = 6, FLAT_WORDS = 8 };
enum flat_flag { FLAT_LABELS = 7, FLAT_FIXED = 8, FLAT_PHP = 32 };
enum push_tc { PUSH_TC_UNIFORM = 8, PUSH_TC_PIPE = 9 };

enum adjacency_record {
  ADJACENCY_FLAGS = 0,
  ADJACENCY_INTERFACE = 1,
  ADJACENCY_FAMILY = 4,
  ADJACENCY_ADDRESS = 5,
  ADJACENCY_NEXT = 9,
  ADJACENCY_MAC_HIGH = 10,
  ADJACENCY_MAC_LOW = 11,
  ADJACENCY_WORDS = 16,
};
enum adjacency_flag { ADJACENCY_RESOLVED = 1, ADJACENCY_UP = 2 };

enum circuit_record {
  CIRCUIT_KIND = 0,
  CIRCUIT_ARGUMENT = 1,
  CIRCUIT_SERVICE = 2,
  CIRCUIT_OTHER = 3,
  CIRCUIT_GROUP = 4,
  CIRCUIT_WORDS = 8,
};
enum circuit_kind { CIRCUIT_INTERFACE = 1, CIRCUIT_PSEUDOWIRE = 2 };
enum service { SERVICE_WIRE = 1, SERVICE_BRIDGE = 2 };
enum pseudowire_record {
  PSEUDOWIRE_FLAGS = 0,
  PSEUDOWIRE_CIRCUIT = 1,
  PSEUDOWIRE_MTU = 4,
  PSEUDOWIRE_ENTRY = 8,
  PSEUDOWIRE_FLAT_LEG = 9,
  PSEUDOWIRE_WORDS = 16,
};
enum pseudowire_flag { PSEUDOWIRE_CONTROL_WORD = 1 };
enum mac_record { MAC_HIGH = 0, MAC_LOW = 1, MAC_CIRCUIT = 2, MAC_SECONDS = 3, MAC_NEXT = 5, MAC_VLAN = 7, MAC_WORDS = 8 };
// In the circuit of an address: it is configured.
#define MAC_FIXED 0x80000000u

// A trie entry: a route, or the kind of a node and its place (src/tables/trie-words.ts). Sparse: 8 words of bitmap, 2 of
// counts, then entries. Small: a word with two starts, then entries. Dense and wide: entries.
#define NODE_BIT 0x80000000u
#define SMALL_NODE 0xa0000000u
#define DENSE_NODE 0xc0000000u
#define WIDE_NODE 0xe0000000u
enum node { NODE_COUNTS = 8, NODE_ENTRIES = 10 };

// Most label and table look-ups for one frame.
enum { LOOKUPS_MAX = 8, LEVELS_MAX = 8, PUSHED_MAX = 18 };

#endif
