// What a route, a label or a path says shall happen: two words, a kind and its argument.

/** Kinds of action. 0 means that there is no entry. */
export const Action = {
  none: 0,
  /** `drop: true`: blackhole. */
  drop: 1,
  /** `punt: true`. */
  punt: 2,
  /** `receive: true`. */
  receive: 3,
  /** An address of the router itself. Argument: the interface that has it, or `noInterface`. */
  own: 4,
  /** The broadcast address of a connected subnet. Argument: the interface. */
  broadcast: 5,
  /** A connected subnet: the destination itself is the next hop. Argument: the interface. */
  connected: 6,
  /** Look up again. Argument: the table. */
  table: 7,
  /** One of several paths. Argument: the path group. */
  group: 8,
  /** Legs only: the next hop is known. Argument: the adjacency. */
  adjacency: 9,
  /** Labels only: pop, then act on what is beneath. */
  pop: 10,
  /** Labels only. Argument: the pseudowire. */
  pseudowire: 11,
} as const;

/** The argument that names no interface. */
export const noInterface = 0xffffffff;

/** The global table's index; VRFs follow from 1. */
export const globalTableIndex = 0;
