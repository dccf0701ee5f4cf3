// A stream of changes as BGP brings them, made before it is timed: a third each of withdrawals, announcements of what was
// withdrawn, and replaced routes, of prefixes chosen at random.
import type { Random } from './random.ts';

/** IPv4 prefixes as `LongestPrefix.build` takes them. */
export interface PrefixArrays {
  readonly addresses: Uint32Array;
  readonly lengths: Uint8Array;
  readonly routes: Uint32Array;
}

/** One entry a change. Route 0: taken out, with what covers it then. */
export interface Changes {
  readonly prefix: Uint32Array;
  readonly route: Uint32Array;
  readonly coverRoute: Uint32Array;
  readonly coverLength: Uint8Array;
  /** Prefixes that are out at the end. */
  readonly absent: readonly number[];
}

/** For each prefix the next shorter one that holds it, or −1. */
export function parentsOf({ addresses, lengths }: PrefixArrays): Int32Array {
  const order = Uint32Array.from(lengths, (_, i) => i).sort(
    (a, b) => addresses[a] - addresses[b] || lengths[a] - lengths[b],
  );
  const parents = new Int32Array(lengths.length).fill(-1);
  const open: number[] = [];
  const holds = (outer: number, inner: number): boolean =>
    Math.floor(addresses[inner] / 2 ** (32 - lengths[outer])) ===
    Math.floor(addresses[outer] / 2 ** (32 - lengths[outer]));
  for (const prefix of order) {
    while (open.length > 0 && !holds(open[open.length - 1], prefix)) open.pop();
    parents[prefix] = open.at(-1) ?? -1;
    open.push(prefix);
  }
  return parents;
}

/** `count` changes of a table that holds all of the prefixes. */
export function changesOf(random: Random, prefixes: PrefixArrays, parents: Int32Array, count: number): Changes {
  const isOut = new Uint8Array(prefixes.lengths.length);
  const out: number[] = [];
  const changes = {
    prefix: new Uint32Array(count),
    route: new Uint32Array(count),
    coverRoute: new Uint32Array(count),
    coverLength: new Uint8Array(count),
  };
  // What a replaced route is now.
  const present = prefixes.routes.slice();
  for (let i = 0; i < count; i++) {
    const kind = i % 3;
    if (kind === 1 && out.length > 0) {
      // Not the one that has just gone.
      const at = random.below(out.length);
      const prefix = out[at];
      out[at] = out[out.length - 1];
      out.pop();
      isOut[prefix] = 0;
      changes.prefix[i] = prefix;
      present[prefix] = 1 + random.below(1 << 20);
      changes.route[i] = present[prefix];
      continue;
    }
    let prefix = random.below(isOut.length);
    while (isOut[prefix] === 1) prefix = random.below(isOut.length);
    changes.prefix[i] = prefix;
    if (kind === 2) {
      present[prefix] = 1 + random.below(1 << 20);
      changes.route[i] = present[prefix];
      continue;
    }
    isOut[prefix] = 1;
    out.push(prefix);
    let cover = parents[prefix];
    while (cover >= 0 && isOut[cover] === 1) cover = parents[cover];
    if (cover < 0) continue;
    changes.coverRoute[i] = present[cover];
    changes.coverLength[i] = prefixes.lengths[cover];
  }
  return { ...changes, absent: out };
}
