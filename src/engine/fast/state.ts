// What the passes of the fast path tell each other: arrays with one word a slot, which lie in the batch, behind its
// own. Kernels find them by the same numbers.
//
// All words are read as a little-endian machine sees them: a frame's bytes 0–3 are bits 0–7, 8–15, 16–23, 24–31.
import { type Batch, SlotArray } from '../../wire/batch.ts';

/** Numbers of the slot arrays, as in `SlotArray`; those of lists hold slots. */
export const FastArray = {
  /** Word index of the label or IP header that is on top now. */
  top: SlotArray.scratch,
  /** Word index of what was behind the link header on arrival. */
  network: SlotArray.scratch + 1,
  /** Bytes from `top` on; of an IP packet, once it is admitted, its own. */
  length: SlotArray.scratch + 2,
  /** Table to look the IP packet up in. */
  table: SlotArray.scratch + 3,
  /** What the last look-up found: a brief, an entry of a prefix table, a route. */
  found: SlotArray.scratch + 4,
  /** The leg to take, 0: none that is flat. */
  leg: SlotArray.scratch + 5,
  /** The interface of arrival, where there is one. */
  ingress: SlotArray.scratch + 6,
  /** The stack entry on top, with the TTL and TC that pops so far have left it. */
  entry: SlotArray.scratch + 7,
  /** Of uncovered IP: see `Carried`. */
  carried: SlotArray.scratch + 8,
  /** IPv4 and IPv6 to be looked up: first what arrived as IP, then what labels uncovered. */
  list4: SlotArray.scratch + 9,
  list6: SlotArray.scratch + 10,
  /** IP whose leg its label has chosen. */
  direct4: SlotArray.scratch + 11,
  direct6: SlotArray.scratch + 12,
  labels: SlotArray.scratch + 13,
  /** Labelled frames that need the long way. */
  walk: SlotArray.scratch + 14,
  /** Slots whose look-up goes on at the next level, and where in the trie their next entry lies. */
  pending: SlotArray.scratch + 15,
  place: SlotArray.scratch + 16,
  /** Slots of the run that are left to the slow path. */
  slow: SlotArray.scratch + 17,
  /** What the layer 2 pass shall do with the slot: see `Mark`. Not written where there are no circuits. */
  mark: SlotArray.scratch + 18,
  /** Of a frame that a circuit or pseudowire has brought: where its MAC addresses lie, and what follows them (bytes). */
  macs: SlotArray.scratch + 19,
  rest: SlotArray.scratch + 20,
  /** The circuit by which it came. */
  circuit: SlotArray.scratch + 21,
  /**
   * For accounts (src/engine/accounts.ts): keys of the first and second label looked up, records of the first and second
   * route, the leg chosen, the circuit by which it leaves + 1, bytes on arrival. Without accounts nobody clears them.
   */
  label: SlotArray.scratch + 22,
  label2: SlotArray.scratch + 23,
  route: SlotArray.scratch + 24,
  route2: SlotArray.scratch + 25,
  path: SlotArray.scratch + 26,
  out: SlotArray.scratch + 27,
  arrived: SlotArray.scratch + 28,
  /** Of a frame that is sent: the interface by which it leaves. */
  exit: SlotArray.scratch + 29,
} as const;

/** What a pop hands down to IP: TTL and TC (255 each: nothing), whether the TTL is left alone, look-ups so far. */
export const Carried = { ttl: 0xff, tc: 8, untouched: 1 << 16, looks: 20 } as const;

/**
 * A frame for layer 2; or one that reaches a bridge if it is left to the slow path. From bit `priority` on the PCP and DEI
 * of the service tag that the frame came with, as they lie in a little-endian half.
 */
export const Mark = { kind: 3, frame: 1, suspect: 2, priority: 8 } as const;

/** Most label and table look-ups (LBL-12). */
export const lookupsMax = 8;
/** Entries that one frame may get pushed; control refuses more. */
export const pushedMax = 16;

// EtherTypes as the upper half of a little-endian word.
export const TYPE_IPV4 = 0x0008;
export const TYPE_IPV6 = 0xdd86;
export const TYPE_MPLS = 0x4788;
export const TYPE_VLAN = 0x0081;
export const TYPE_SERVICE = 0xa888;
export const TYPE_CONTROL = 0x0888;
/** The S bit of a stack entry, its TC, and TC with S. */
export const S_BIT = 0x00010000;
export const TC_BITS = 0x000e0000;
export const TC_S_BITS = 0x000f0000;
/** The first word of an entry whose TTL lets it be forwarded. */
export const TTL_TWO = 0x02000000;

/** The slot arrays of a batch, by name. */
export type FastState = { readonly [Name in keyof typeof FastArray]: Uint32Array };

export function fastState(batch: Batch): FastState {
  const names = Object.keys(FastArray) as (keyof typeof FastArray)[];
  return Object.fromEntries(names.map((name) => [name, batch.slots(FastArray[name])])) as FastState;
}
