// What goes over to a new forwarder when a live run gets other tables: learned neighbours, and packets that wait for one.
//
//   copyNeighbors(oldTables, newTables, interfaceOf);            before the new tables forward
//   const next = new Forwarder(newTables, …, { live });
//   next.takeOver(old.handOver(portOf));                         no frame goes to the old one from here on
//   next.announce(…)                                             if MAC or IP addresses may have changed
//
// The books of both balance at each step: a packet that waits leaves the old ones as if it had never arrived there, and
// arrives in the new ones. Whoever adds both up counts it once. Storm control goes on where it is; other rate limits
// begin anew, full.
import { Adjacency } from '../tables/adjacencies.ts';
import type { Tables } from '../tables/tables.ts';
import { mayBeNeighbor } from './slow/addresses.ts';
import type { StormControl } from './slow/storm.ts';

/** A packet that waited for a neighbour: the frame as it arrived. Plain data, also for another thread. */
export interface HandedFrame {
  /** In the new tables. */
  readonly port: number;
  readonly bytes: Uint8Array;
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface HandOver {
  readonly frames: readonly HandedFrame[];
  readonly storms: StormControl;
}

/**
 * Carries MAC addresses that were learned over to other tables: of next hops there, and of stations that may still be
 * neighbours. What is configured there stays as it is. `interfaceOf`: an old interface's new index, -1: it is gone. Answers
 * how many.
 */
export function copyNeighbors(from: Tables, to: Tables, interfaceOf: (old: number) => number): number {
  const old = from.adjacencies;
  let copied = 0;
  for (let index = 0; index < old.count; index++) {
    const flags = old.flags(index);
    if ((flags & (Adjacency.resolved | Adjacency.fixed)) !== Adjacency.resolved) continue;
    const interfaceIndex = interfaceOf(old.interfaceOf(index));
    if (interfaceIndex < 0) continue;
    const address = old.addressOf(index);
    const known = to.adjacencies.findLocked(interfaceIndex, address);
    if (known < 0 && !mayBeNeighbor(to, interfaceIndex, address)) continue;
    const adjacency = known < 0 ? to.adjacencies.add(interfaceIndex, address, true) : known;
    const { high, low } = old.macOf(index);
    if (adjacency >= 0 && to.adjacencies.resolve(adjacency, high, low)) copied++;
  }
  return copied;
}
