// Next hop label forwarding entries (NHLFE, RFC 3031 section 3.10), shared: a route or a label leads to a path
// group, a group to its legs, a leg to an adjacency or, for a recursive next hop, to the group of the route that
// covers it. Failover is one write to an adjacency or interface; everything that shares it sees it. Index 0 of groups
// and legs is nobody's; a leg's index is the path number that users see.
//
//   group, words  0 first leg   1 legs   2, 3 free
//   leg, words    0 action kind   1 its argument   2 weight   3 flags (see `Leg`)
//                 4 first label in `pushes`   5 labels to push, the swapped one not counted
//                 6 TTL push mode: 0 uniform, else the value   7 TC push mode (see `PushTc`)
//                 8 TTL pop mode   9 TC pop mode   10 payload kind   11 free
//                 12 swapped label   13 the same in wire form   14, 15 free
//   pushes        labels in the order of pushing: lowest first
//   pushWire      the same as stack entries with TC, S and TTL 0, as a little-endian machine reads them
//   flat, words   a leg whose whole recursion has no choice and pushes at most four labels, all of one kind: 0 flags
//                 (see `Flat`, 0: the leg is not of this kind)   1 adjacency   2–5 stack entries in wire form, lowest
//                 first   6 swapped label in wire form   7 free

export const groupWords = 4;
export const legWords = 16;

export const flatWords = 8;
/** Labels that a flat leg may push. */
export const flatLabelsMax = 4;

/** Flags of a flat leg. The low three bits are the number of labels. */
export const Flat = {
  labels: 7,
  /** TTL and TC are in the entries already (pipe); else they are copied from beneath (uniform). */
  fixed: 8,
  valid: 16,
  /** A penultimate hop pop that carries TTL and TC down (uniform) and pushes nothing. */
  php: 32,
} as const;

/** Flags of a leg. */
export const Leg = {
  backup: 1,
  /** ELI and EL go right under this path's last label (RFC 6790). */
  entropy: 2,
  /** Of a label entry: the arriving label is swapped. */
  swap: 4,
  /** Of a label entry: penultimate hop pop. */
  php: 8,
  /** Of a label entry: the LSP ends here, the router counts as an IP hop (per-CE, per-prefix). */
  ends: 16,
} as const;

/** TC put into pushed entries: 0–7 that value; else by RFC 3270 model. */
export const PushTc = { uniform: 8, pipe: 9 } as const;

export class PathTable {
  readonly groups: Uint32Array;
  readonly legs: Uint32Array;
  readonly pushes: Uint32Array;
  readonly pushWire: Uint32Array;
  readonly flat: Uint32Array;

  constructor(groups: Uint32Array, legs: Uint32Array, pushes: Uint32Array, pushWire: Uint32Array, flat: Uint32Array) {
    this.groups = groups;
    this.legs = legs;
    this.pushes = pushes;
    this.pushWire = pushWire;
    this.flat = flat;
  }
}
