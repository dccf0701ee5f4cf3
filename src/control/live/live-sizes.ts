// How large the tables of a running router are made: what it holds now, and room to grow, so that they are made anew
// seldom. Memory that is never touched costs nothing.
import { wordsForPrefix, wordsForTable } from '../../tables/run-trie.ts';
import type { TableSizes } from '../../tables/tables.ts';
import type { RouteStore } from './route-store.ts';

/** Kinds of room that may run out, each made much larger when it has. */
export const rooms = [
  'tables',
  'trie4Words',
  'trie6Words',
  'routes',
  'labelEntries',
  'groups',
  'legs',
  'pushes',
  'adjacencies',
] as const;
export type Room = (typeof rooms)[number];

/** Share of what is there that may come on top. */
const growth = 1.25;
/** And so many of each besides. */
const headRoom: Readonly<Record<Room, number>> = {
  tables: 64,
  trie4Words: 1 << 23,
  trie6Words: 1 << 22,
  routes: 131_072,
  labelEntries: 4096,
  groups: 8192,
  legs: 16_384,
  pushes: 65_536,
  adjacencies: 4096,
};

export type Counts = Readonly<Record<Room, number>>;

/** Words that the prefixes of a store may need at the worst. */
export function trieWordsOf(store: RouteStore, tables: number): number {
  const words = Array.from({ length: store.wordsEach * 32 + 1 }, (_, length) => wordsForPrefix(length));
  let sum = tables * wordsForTable;
  for (let place = 0; place < store.end; place++) if (store.lists[place] >= 0) sum += words[store.lengths[place]];
  return sum;
}

/** Words up to which room that ran out is made four times as large, beyond twice: a load that comes in pieces meets few. */
const wordsSmall = 1 << 26;

/** The larger of what is needed with head-room and what was there; several times that for a room that ran out. */
export function sizesFor(base: TableSizes, counts: Counts, old: TableSizes | undefined, full: Room | undefined) {
  const sizes: Record<Room, number> = { ...counts };
  for (const room of rooms) {
    const needed = Math.ceil(counts[room] * growth) + headRoom[room];
    const before = old?.[room] ?? 0;
    sizes[room] = Math.max(needed, room === full ? before * (before < wordsSmall ? 4 : 2) : before);
  }
  return { ...base, ...sizes };
}
