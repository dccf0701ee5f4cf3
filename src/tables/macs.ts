// MAC addresses that bridges have learned: one hash table for all bridges, in shared memory. Any thread reads it, one
// writes: the slow path. Readers take no lock. An entry is published by one store and moves by one store; when it is
// forgotten its place is used again only when every reader has begun a new batch since (generations.ts), so what a
// reader finds under a key stays under that key as long as it looks.
//
//   entry, words   0 bridge << 16 | first two bytes of the MAC   1 its last four   2 circuit, 0: forgotten; with `fixed`
//                  3, 4 when a frame of it came last: seconds, nanoseconds   5 next in the hash chain + 1
//                  6 next in its wheel slot, or next free, + 1   7 VLAN + 1 where learning is qualified, else 0
//   buckets        entry + 1
//   state, words   0 entries ever used   1 free: first + 1   2 retired: first + 1   3 waiting, which readers may still look
//                  at: first + 1   4 the generation that must be over for them   5 the wheel's time, seconds, 0: not begun
//                  8 … the wheel: entries to look at in a second, first + 1, by second modulo `wheelSlots`
//
// Ageing takes no pause: an entry that is too old counts as unknown from that moment on, whoever looks; the wheel only
// takes it out, a few entries for each new one. An entry that was heard of meanwhile is put further round.
import type { Generations } from './generations.ts';

export const macWords = 8;
export const wheelSlots = 1024;
const wheelAt = 8;
export const macStateWords = wheelAt + wheelSlots;
/** In word 2: from the configuration, neither aged nor moved. */
export const fixedMac = 0x80000000;
/** Entries of the wheel that are looked at for each one that is learned. */
const sweepStep = 4;

/** The one definition of the hash, which kernels repeat. */
export function macHash(high: number, low: number, vlan: number): number {
  let hash = Math.imul(high ^ Math.imul(vlan, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ low, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whether a moment is so many seconds or more after another one. */
export function isAged(sec: number, nano: number, sinceSec: number, sinceNano: number, ageing: number): boolean {
  const passed = sec - sinceSec;
  return passed > ageing || (passed === ageing && nano >= sinceNano);
}

export class MacTable {
  readonly entries: Uint32Array;
  readonly buckets: Uint32Array;
  readonly #state: Uint32Array;
  readonly #generations: Generations;
  #changes: number[] | undefined;

  /** `buckets` has a power of two of words. */
  constructor(entries: Uint32Array, buckets: Uint32Array, state: Uint32Array, generations: Generations) {
    this.entries = entries;
    this.buckets = buckets;
    this.#state = state;
    this.#generations = generations;
  }

  get capacity(): number {
    return this.entries.length / macWords;
  }

  /** Entries that have ever been in use: those from here on are empty. */
  get used(): number {
    return this.#state[0] as number;
  }

  /** Writer: puts every entry that it adds, moves or forgets into the list from now on; undefined: no longer. */
  record(changes: number[] | undefined): void {
    this.#changes = changes;
  }

  /** The entry of a key, or -1. `high`: bridge and first two bytes; `vlan` 0 where learning is not qualified. */
  find(high: number, low: number, vlan: number): number {
    const { entries } = this;
    let next = this.buckets[macHash(high, low, vlan) & (this.buckets.length - 1)] as number;
    while (next !== 0) {
      const at = (next - 1) * macWords;
      if (entries[at] === high && entries[at + 1] === low && entries[at + 7] === vlan) return next - 1;
      next = entries[at + 5] as number;
    }
    return -1;
  }

  /** The circuit of an entry, its `fixed` bit included. */
  circuitOf(entry: number): number {
    return this.entries[entry * macWords + 2] as number;
  }

  isFresh(entry: number, seconds: number, nanoseconds: number, ageing: number): boolean {
    const at = entry * macWords;
    const { entries } = this;
    if ((entries[at + 2] as number) >= fixedMac) return true;
    return !isAged(seconds, nanoseconds, entries[at + 3] as number, entries[at + 4] as number, ageing);
  }

  /** A frame of the source has come: its age begins anew, unless a later one is known. */
  touch(entry: number, seconds: number, nanoseconds: number): void {
    const at = entry * macWords;
    const { entries } = this;
    const known = entries[at + 3] as number;
    if (seconds < known || (seconds === known && nanoseconds < (entries[at + 4] as number))) return;
    entries[at + 3] = seconds;
    entries[at + 4] = nanoseconds;
  }

  /** Writer: the address is behind another circuit now. */
  move(entry: number, circuit: number): void {
    this.entries[entry * macWords + 2] = circuit;
    this.#changes?.push(entry);
  }

  /**
   * Writer: takes a key in that `find` does not know; false when no place is free. `ageing` tells where on the wheel it
   * is looked at first.
   */
  add(
    high: number,
    low: number,
    vlan: number,
    circuit: number,
    seconds: number,
    nanoseconds: number,
    ageing: number,
  ): boolean {
    const entry = this.#take();
    if (entry < 0) return false;
    const { entries, buckets } = this;
    const at = entry * macWords;
    const bucket = macHash(high, low, vlan) & (buckets.length - 1);
    entries[at] = high;
    entries[at + 1] = low;
    entries[at + 2] = circuit;
    entries[at + 3] = seconds;
    entries[at + 4] = nanoseconds;
    entries[at + 5] = buckets[bucket] as number;
    entries[at + 7] = vlan;
    // The bucket's store publishes all of it.
    Atomics.store(buckets, bucket, entry + 1);
    if (circuit < fixedMac) this.#onWheel(entry, seconds + ageing);
    this.#changes?.push(entry);
    return true;
  }

  /** Writer: takes the entry out of its hash chain. Its place is free when the wheel has come by and readers have passed. */
  forget(entry: number): void {
    const { entries, buckets } = this;
    const at = entry * macWords;
    const bucket = macHash(entries[at] as number, entries[at + 1] as number, entries[at + 7] as number);
    const first = bucket & (buckets.length - 1);
    const next = entries[at + 5] as number;
    if (buckets[first] === entry + 1) {
      buckets[first] = next;
    } else {
      let before = buckets[first] as number;
      while (before !== 0 && entries[(before - 1) * macWords + 5] !== entry + 1) {
        before = entries[(before - 1) * macWords + 5] as number;
      }
      if (before !== 0) entries[(before - 1) * macWords + 5] = next;
    }
    const fixed = (entries[at + 2] as number) >= fixedMac;
    entries[at + 2] = 0;
    this.#changes?.push(entry);
    // A fixed one is on no wheel that would find it.
    if (fixed) this.#retire(entry);
  }

  /**
   * Writer: turns the wheel towards `seconds`, looking at `steps` entries at most. `gone` hears the bridge of each entry
   * that has become too old, which is forgotten. Answers whether there is more to look at.
   */
  sweep(
    seconds: number,
    nanoseconds: number,
    steps: number,
    ageingOf: (bridge: number) => number,
    gone: (bridge: number) => void,
  ): boolean {
    const state = this.#state;
    const { entries } = this;
    if (state[5] === 0) state[5] = seconds;
    // After a leap in time every slot is visited once, not every second.
    if (seconds - (state[5] as number) > wheelSlots) state[5] = seconds - wheelSlots;
    // The entry in front of the next one, of those that stay in the slot of this very second; -1: the slot itself.
    let before = -1;
    for (let left = steps; left > 0; ) {
      const now = state[5] as number;
      if (now > seconds) return false;
      const link = before < 0 ? wheelAt + (now % wheelSlots) : before * macWords + 6;
      const list = before < 0 ? state : entries;
      const next = list[link] as number;
      if (next === 0) {
        if (now === seconds) return false;
        state[5] = now + 1;
        continue;
      }
      left--;
      const entry = next - 1;
      const at = entry * macWords;
      const isGone = entries[at + 2] === 0;
      const bridge = (entries[at] as number) >>> 16;
      const ageing = ageingOf(bridge);
      const due = (entries[at + 3] as number) + ageing;
      if (!isGone && !isAged(seconds, nanoseconds, entries[at + 3] as number, entries[at + 4] as number, ageing)) {
        if (due <= now) {
          before = entry;
        } else {
          list[link] = entries[at + 6] as number;
          this.#onWheel(entry, due);
        }
        continue;
      }
      list[link] = entries[at + 6] as number;
      if (!isGone) {
        this.forget(entry);
        gone(bridge);
      }
      this.#retire(entry);
    }
    return true;
  }

  /** Writer: an empty table begins its wheel where that of another one is, before it takes entries over. */
  followWheel(other: MacTable): void {
    this.#state[5] = other.#state[5] as number;
  }

  /** Entries to look at for each one that is learned: more than one, so that the wheel keeps up. */
  get sweepStep(): number {
    return sweepStep;
  }

  /** Every entry in use, in no order. */
  *all(): Generator<number> {
    const { used } = this;
    for (let entry = 0; entry < used; entry++) if (this.entries[entry * macWords + 2] !== 0) yield entry;
  }

  #onWheel(entry: number, due: number): void {
    const state = this.#state;
    const now = state[5] as number;
    // What is due beyond one turn is looked at once a turn, and put on again.
    const slot = wheelAt + (Math.min(Math.max(due, now), now + wheelSlots - 1) % wheelSlots);
    this.entries[entry * macWords + 6] = state[slot] as number;
    state[slot] = entry + 1;
  }

  /** An entry that no chain and no wheel slot leads to any more. */
  #retire(entry: number): void {
    const state = this.#state;
    this.entries[entry * macWords + 6] = state[2] as number;
    state[2] = entry + 1;
  }

  /** A free entry, or -1. */
  #take(): number {
    const state = this.#state;
    if (state[1] === 0) this.#release();
    const free = state[1] as number;
    if (free !== 0) {
      state[1] = this.entries[(free - 1) * macWords + 6] as number;
      return free - 1;
    }
    const used = state[0] as number;
    if (used === this.capacity) return -1;
    state[0] = used + 1;
    return used;
  }

  /** What waited long enough is free; what has been retired since begins to wait. */
  #release(): void {
    const state = this.#state;
    const generations = this.#generations;
    if (state[3] === 0 && state[2] !== 0) {
      state[3] = state[2] as number;
      state[2] = 0;
      state[4] = generations.present;
      generations.advance();
    }
    if (state[3] === 0 || !generations.isOver(state[4] as number)) return;
    state[1] = state[3] as number;
    state[3] = 0;
  }
}
