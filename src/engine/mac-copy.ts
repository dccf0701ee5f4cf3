// What bridges have learned, over to new tables in steps, while the old ones still forward. What changes there meanwhile is
// recorded by their table and done again in the next step, so the last step leaves nothing behind. Frames that only make
// an address younger are not recorded: their times are carried over afterwards.
//
//   const copy = new MacCopy(from, to);
//   while (copy.step(n)) …a turn of the old tables…
//   …nothing in between… the new tables forward
//   while (copy.freshen(n)) …a turn of the new ones…
import { BridgeFlag, bridgeWords } from '../tables/circuits.ts';
import { fixedMac, macWords } from '../tables/macs.ts';
import type { Tables } from '../tables/tables.ts';
import { type NamedTables, renumbered, renumberedCircuits } from './handover-layer2.ts';

function isQualified({ circuits }: Tables, bridge: number): boolean {
  return ((circuits.bridges[bridge * bridgeWords + 4] as number) & BridgeFlag.qualified) !== 0;
}

/** Old bridges by number: their new one, or -1 where there is none that learns in the same way. */
function renumberedBridges(from: NamedTables, to: NamedTables): number[] {
  return renumbered(from.bridges, to.bridges).map((now, old) =>
    now >= 0 && isQualified(from.tables, old) === isQualified(to.tables, now) ? now : -1,
  );
}

/** For the one thread that writes both tables. */
export class MacCopy {
  readonly #from: Tables;
  readonly #to: Tables;
  readonly #bridges: readonly number[];
  readonly #circuits: ReadonlyMap<number, number>;
  /** By entry of the old table: its copy + 1. */
  readonly #copies: Uint32Array;
  readonly #changes: number[] = [];
  #next = 0;
  #freshened = 0;

  constructor(from: NamedTables, to: NamedTables) {
    this.#from = from.tables;
    this.#to = to.tables;
    this.#bridges = renumberedBridges(from, to);
    this.#circuits = renumberedCircuits(from, to);
    this.#copies = new Uint32Array(from.tables.macs.capacity);
    to.tables.macs.followWheel(from.tables.macs);
    from.tables.macs.record(this.#changes);
  }

  /** Looks at so many entries, and at those that have changed since the last step; answers whether there are more. */
  step(entries: number): boolean {
    const { macs } = this.#from;
    // In their order: an address that was forgotten in one place may have been learned again in another.
    for (const entry of this.#changes) if (entry < this.#next) this.#settle(entry);
    this.#changes.length = 0;
    const end = Math.min(macs.used, this.#next + entries);
    for (; this.#next < end; this.#next++) this.#settle(this.#next);
    const more = this.#next < macs.used;
    if (!more) macs.record(undefined);
    return more;
  }

  /** Looks at so many entries again, for frames that came after they were copied; answers whether there are more. */
  freshen(entries: number): boolean {
    const { macs } = this.#from;
    const end = Math.min(this.#next, this.#freshened + entries);
    for (; this.#freshened < end; this.#freshened++) {
      const copy = (this.#copies[this.#freshened] as number) - 1;
      if (copy < 0 || !this.#isCopy(this.#freshened, copy)) continue;
      const at = this.#freshened * macWords;
      this.#to.macs.touch(copy, macs.entries[at + 3] as number, macs.entries[at + 4] as number);
    }
    return this.#freshened < this.#next;
  }

  /** What an entry says is so in the new table too. */
  #settle(entry: number): void {
    const { macs } = this.#to;
    const copy = (this.#copies[entry] as number) - 1;
    const old = this.#from.macs.entries;
    const at = entry * macWords;
    const circuit = this.#circuits.get(old[at + 2] as number);
    if (copy >= 0) {
      if (circuit !== undefined && this.#isCopy(entry, copy)) {
        macs.move(copy, circuit);
        return macs.touch(copy, old[at + 3] as number, old[at + 4] as number);
      }
      this.#drop(entry, copy);
    }
    if (circuit !== undefined) this.#add(entry, circuit);
  }

  #add(entry: number, circuit: number): void {
    const { macs, circuits } = this.#to;
    const at = entry * macWords;
    const word = (place: number) => this.#from.macs.entries[at + place] as number;
    const bridge = this.#bridges[word(0) >>> 16] ?? -1;
    if (bridge < 0) return;
    const record = bridge * bridgeWords;
    if ((circuits.bridges[record + 5] as number) >= (circuits.bridges[record + 3] as number)) return;
    const high = this.#highOf(entry);
    // What the configuration puts there stays.
    if (macs.find(high, word(1), word(7)) >= 0) return;
    if (!macs.add(high, word(1), word(7), circuit, word(3), word(4), circuits.bridges[record + 2] as number)) return;
    this.#copies[entry] = macs.find(high, word(1), word(7)) + 1;
    circuits.bridges[record + 5] = (circuits.bridges[record + 5] as number) + 1;
  }

  #drop(entry: number, copy: number): void {
    const { macs, circuits } = this.#to;
    const record = ((macs.entries[copy * macWords] as number) >>> 16) * bridgeWords;
    macs.forget(copy);
    circuits.bridges[record + 5] = (circuits.bridges[record + 5] as number) - 1;
    this.#copies[entry] = 0;
  }

  /** Bridge and first two bytes, as the new table has them. */
  #highOf(entry: number): number {
    const high = this.#from.macs.entries[entry * macWords] as number;
    return (((this.#bridges[high >>> 16] as number) << 16) | (high & 0xffff)) >>> 0;
  }

  /** Whether both entries are still of one address. */
  #isCopy(entry: number, copy: number): boolean {
    const old = this.#from.macs.entries;
    const now = this.#to.macs.entries;
    const at = entry * macWords;
    const to = copy * macWords;
    const circuit = now[to + 2] as number;
    if (old[at + 2] === 0 || circuit === 0 || circuit >= fixedMac) return false;
    return now[to] === this.#highOf(entry) && now[to + 1] === old[at + 1] && now[to + 7] === old[at + 7];
  }
}
