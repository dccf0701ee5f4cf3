// How a frame leaves (src/engine/fast/depart.ts): is the neighbour known and up, does it fit; the link header.
import {
  ADJACENCY_BYTES,
  ADJACENCY_FLAGS,
  ADJACENCY_INTERFACE,
  ADJACENCY_MAC0,
  ADJACENCY_USABLE,
  INTERFACE_BYTES,
  INTERFACE_FLAGS,
  INTERFACE_MAC0,
  INTERFACE_MAC4,
  INTERFACE_MTU,
  INTERFACE_PORT,
  INTERFACE_SECOND,
  INTERFACE_SENDABLE,
  INTERFACE_TAGS,
  INTERFACE_THIRD,
  INTERFACE_UP,
  SLOT_CAPTURED,
  SLOT_EGRESS,
  SLOT_EXIT,
  SLOT_ORIGINAL,
  SLOT_START,
} from './layout';

/**
 * Whether the adjacency can be sent to now, and `size` bytes behind the link header fit. The tables are passed, so that a
 * loop can keep their addresses in registers: a global is read from memory each time.
 */
// @ts-ignore: decorator
@inline
export function ready(adjacencies: u32, interfaces: u32, adjacency: u32, size: u32): bool {
  const record = adjacencies + adjacency * ADJACENCY_BYTES;
  const out = interfaces + load<u32>(record, ADJACENCY_INTERFACE) * INTERFACE_BYTES;
  return (
    (load<u32>(record, ADJACENCY_FLAGS) & ADJACENCY_USABLE) == ADJACENCY_USABLE &&
    (load<u32>(out, INTERFACE_FLAGS) & INTERFACE_SENDABLE) == INTERFACE_UP &&
    size <= load<u32>(out, INTERFACE_MTU)
  );
}

/** The link header in front of `first`; `rest` bytes lie from `at` on. The frame of slot record `f` is sent. */
// @ts-ignore: decorator
@inline
export function close(
  adjacencies: u32,
  interfaces: u32,
  arena: u32,
  f: u32,
  adjacency: u32,
  first: u32,
  at: u32,
  rest: u32,
  type: u32,
): void {
  const record = adjacencies + adjacency * ADJACENCY_BYTES;
  const by = load<u32>(record, ADJACENCY_INTERFACE);
  const out = interfaces + by * INTERFACE_BYTES;
  let last = first - 4;
  if (load<u32>(out, INTERFACE_TAGS) == 0) store<u32>(last, load<u32>(out, INTERFACE_MAC4) | (type << 16));
  else last = writeTags(out, last, type);
  store<u32>(last - 4, load<u32>(out, INTERFACE_MAC0));
  store<u64>(last - 12, load<u64>(record, ADJACENCY_MAC0));
  const begin = last - 10;
  const size = at - begin + rest;
  store<u32>(f, begin - arena, SLOT_START);
  store<u32>(f, size, SLOT_CAPTURED);
  store<u32>(f, size, SLOT_ORIGINAL);
  store<u32>(f, by, SLOT_EXIT);
  store<u32>(f, load<u32>(out, INTERFACE_PORT) + 1, SLOT_EGRESS);
}

/** EtherType, tags and the end of the source MAC of a tagged interface, down from `last`; answers the last one. */
function writeTags(out: u32, last: u32, type: u32): u32 {
  const second = load<u32>(out, INTERFACE_SECOND);
  if (load<u32>(out, INTERFACE_TAGS) == 1) {
    store<u32>(last, second | (type << 16));
    last -= 4;
  } else {
    store<u32>(last, load<u32>(out, INTERFACE_THIRD) | (type << 16));
    store<u32>(last - 4, second);
    last -= 8;
  }
  store<u32>(last, load<u32>(out, INTERFACE_MAC4));
  return last;
}
