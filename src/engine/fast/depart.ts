// How a frame of the fast path leaves: is the neighbour known and up, does it fit, and the link header written in front.
// A frame that has been closed is sent; nothing of it was written before.
import { Adjacency, adjacencyWords } from '../../tables/adjacencies.ts';
import { Interface, interfaceWords } from '../../tables/interfaces.ts';
import type { Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import type { FastState } from './state.ts';

export type Departure = ReturnType<typeof createDeparture>;

export function createDeparture(tables: Tables, batch: Batch, { exit }: FastState) {
  const { interfaces } = tables.interfaces;
  const { entries: adjacencies } = tables.adjacencies;
  const { words, start, captured, original, egress } = batch;

  /** Whether the adjacency can be sent to now, and `size` bytes behind the link header fit. */
  function ready(adjacency: number, size: number): boolean {
    const record = adjacency * adjacencyWords;
    if (((adjacencies[record] as number) & usable) !== usable) return false;
    const out = (adjacencies[record + 1] as number) * interfaceWords;
    return ((interfaces[out] as number) & sendable) === Interface.up && size <= (interfaces[out + 3] as number);
  }

  /** The link header in front of word `first`; `rest` bytes lie from word `at` on. The frame is sent. */
  function close(slot: number, adjacency: number, first: number, at: number, rest: number, type: number): void {
    const record = adjacency * adjacencyWords;
    const by = adjacencies[record + 1] as number;
    const out = by * interfaceWords;
    const source = interfaces[out + 13] as number;
    let word = first - 1;
    if (interfaces[out + 8] === 0) words[word] = source | (type << 16);
    else word = writeTags(out, word, type);
    words[word - 1] = interfaces[out + 12] as number;
    words[word - 2] = adjacencies[record + 11] as number;
    words[word - 3] = adjacencies[record + 10] as number;
    const begin = ((word - 3) << 2) + 2;
    const size = (at << 2) - begin + rest;
    start[slot] = begin;
    captured[slot] = size;
    original[slot] = size;
    exit[slot] = by;
    egress[slot] = (interfaces[out + 1] as number) + 1;
  }

  /** EtherType, tags and the end of the source MAC of a tagged interface, down from `word`; answers the last one. */
  function writeTags(out: number, word: number, type: number): number {
    const second = interfaces[out + 14] as number;
    let next = word;
    if (interfaces[out + 8] === 1) {
      words[next--] = second | (type << 16);
    } else {
      words[next--] = (interfaces[out + 15] as number) | (type << 16);
      words[next--] = second;
    }
    words[next] = interfaces[out + 13] as number;
    return next;
  }

  return { ready, close };
}

/** What a router sends into a bridge goes the slow path. */
const sendable = Interface.up | Interface.bridged;
const usable = Adjacency.resolved | Adjacency.up;
