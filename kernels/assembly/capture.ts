// Captures and batches: pcap records from a window into a batch, and frames that leave from a batch into the buffers of
// their ports. A module of its own, for src/io, which knows nothing of tables. The readers and writers in TypeScript
// (src/io/pcap-reader.ts, src/io/pcap-writer.ts) are the reference, and take over wherever a record is odd.
import {
  ARENA_AT,
  BATCH_FRAMES,
  FRAME_BYTES_MAX,
  HEADROOM_BYTES,
  READ_FULL,
  READ_LIMIT,
  READ_MORE,
  READ_ODD,
  SLOT_CAPTURED,
  SLOT_EGRESS,
  SLOT_NANOSECONDS,
  SLOT_ORIGINAL,
  SLOT_PORT,
  SLOT_RECORD,
  SLOT_SECONDS,
  SLOT_START,
  TYPE_IPV4,
  TYPE_MPLS,
} from './layout';
import { mayChangeNeighbors } from './neighbors';

/** Up to so many bytes are copied by vectors, of which the last may reach beyond the frame. */
const VECTOR_COPY_MAX: u32 = 512;
const RECORD_BYTES: u32 = 16;

/** Where reading stopped: the next record, its time, and how full the batch is. */
export let at: u32 = 0;
export let headSeconds: u32 = 0;
export let headNanoseconds: u32 = 0;
export let slot: u32 = 0;
export let tail: u32 = 0;

/** `limit`: bytes from `to` on that may be spoiled. */
// @ts-ignore: decorator
@inline
function copy(to: u32, from: u32, count: u32, limit: u32): void {
  if (count > VECTOR_COPY_MAX || count + 16 > limit) {
    memory.copy(to, from, count);
    return;
  }
  for (let i: u32 = 0; i < count; i += 16) v128.store(to + i, v128.load(from + i));
}

/**
 * Appends records from `from` on to the batch, as long as they are earlier than the limit; `slot` and `tail` say how
 * full it is, before and after. Little-endian files without a frame check sequence. Answers why it stopped.
 */
export function readPcap(
  from: u32,
  end: u32,
  nanosecond: bool,
  batch: u32,
  arenaBytes: u32,
  port: u32,
  untilSeconds: f64,
  untilNanoseconds: u32,
): u32 {
  const until = <u64>untilSeconds;
  const unit: u32 = nanosecond ? 1 : 1000;
  const unitsPerSecond: u32 = 1000000000 / unit;
  const arena = batch + ARENA_AT;
  let why = READ_MORE;
  let count = slot;
  let free = tail;
  for (; end - from >= RECORD_BYTES; ) {
    const seconds = load<u32>(from);
    const units = load<u32>(from, 4);
    const present = load<u32>(from, 8);
    if (present > FRAME_BYTES_MAX || units >= unitsPerSecond) {
      why = READ_ODD;
      break;
    }
    if (end - from - RECORD_BYTES < present) break;
    const nanoseconds = units * unit;
    if (<u64>seconds >= until && (<u64>seconds > until || nanoseconds >= untilNanoseconds)) {
      why = READ_LIMIT;
      headSeconds = seconds;
      headNanoseconds = nanoseconds;
      break;
    }
    const start = ((free + HEADROOM_BYTES + 3) & ~3) + 2;
    if (count == BATCH_FRAMES || start + present > arenaBytes) {
      why = READ_FULL;
      headSeconds = seconds;
      headNanoseconds = nanoseconds;
      break;
    }
    const f = batch + (count << 2);
    store<u32>(f, start, SLOT_START);
    store<u32>(f, present, SLOT_CAPTURED);
    store<u32>(f, max<u32>(load<u32>(from, 12), present), SLOT_ORIGINAL);
    store<u32>(f, port, SLOT_PORT);
    store<u32>(f, seconds, SLOT_SECONDS);
    store<u32>(f, nanoseconds, SLOT_NANOSECONDS);
    copy(arena + start, from + RECORD_BYTES, present, arenaBytes - start);
    free = start + present;
    count++;
    from += RECORD_BYTES + present;
  }
  at = from;
  slot = count;
  tail = free;
  return why;
}

/**
 * Passes over at most `most` records from `from` on, as `readPcap` would read them, for somebody else to read. It stops
 * before a record that is odd, and before a frame that may teach a neighbour; `at` and `slot` say how far it came.
 */
export function skimPcap(from: u32, end: u32, nanosecond: bool, most: u32): u32 {
  const unitsPerSecond: u32 = nanosecond ? 1000000000 : 1000000;
  let why = READ_MORE;
  let count: u32 = 0;
  for (; end - from >= RECORD_BYTES; ) {
    const present = load<u32>(from, 8);
    if (present > FRAME_BYTES_MAX || load<u32>(from, 4) >= unitsPerSecond) {
      why = READ_ODD;
      break;
    }
    if (end - from - RECORD_BYTES < present) break;
    if (count == most) {
      why = READ_FULL;
      break;
    }
    const type = <u32>load<u16>(from, RECORD_BYTES + 12);
    if (((type != TYPE_IPV4 && type != TYPE_MPLS) || present < 14) && mayChangeNeighbors(from + RECORD_BYTES, present)) {
      why = READ_ODD;
      break;
    }
    count++;
    from += RECORD_BYTES + present;
  }
  at = from;
  slot = count;
  return why;
}

export function resume(count: u32, free: u32): void {
  slot = count;
  tail = free;
}

/**
 * Writes those frames in slots [from, to) that have left as records into the buffers of their ports. `sinks`: four
 * words a port, where its next record goes, from where on it must be flushed first, whether it counts nanoseconds. Answers the first slot that it could
 * not write, or `to`; where each record begins is noted by slot. Behind the limit a buffer has room for the longest record and a vector more.
 */
export function writePcap(batch: u32, from: u32, to: u32, sinks: u32): u32 {
  const arena = batch + ARENA_AT;
  for (let next = from; next < to; next++) {
    const f = batch + (next << 2);
    const egress = load<u32>(f, SLOT_EGRESS);
    if (egress == 0) continue;
    const sink = sinks + ((egress - 1) << 4);
    const place = load<u32>(sink);
    if (place >= load<u32>(sink, 4)) return next;
    const captured = load<u32>(f, SLOT_CAPTURED);
    const nanoseconds = load<u32>(f, SLOT_NANOSECONDS);
    store<u32>(f, place, SLOT_RECORD);
    store<u32>(place, load<u32>(f, SLOT_SECONDS));
    store<u32>(place, load<u32>(sink, 8) != 0 ? nanoseconds : nanoseconds / 1000, 4);
    store<u32>(place, captured, 8);
    store<u32>(place, load<u32>(f, SLOT_ORIGINAL), 12);
    copy(place + RECORD_BYTES, arena + load<u32>(f, SLOT_START), captured, 0xffffffff);
    store<u32>(sink, place + RECORD_BYTES + captured);
  }
  return to;
}
