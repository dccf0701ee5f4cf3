// Learning a neighbour from ARP or ND (IP-8): the adjacency gets its MAC address, and what waited for it goes out.
import { Adjacency, adjacencyWords } from '../../tables/adjacencies.ts';
import { formatMac } from '../../wire/ethernet.ts';
import { isOwnOf, mayBeNeighbor } from './addresses.ts';
import type { SlowContext } from './context.ts';
import { sendHeld } from './forward.ts';
import type { Packet } from './packet.ts';

export interface Learned {
  readonly macHigh: number;
  readonly macLow: number;
  /** A neighbour not known so far may be taken in: the message was addressed to us. */
  readonly mayCreate: boolean;
  /** A known MAC address may be replaced by another one. */
  readonly mayChange: boolean;
}

export function learn(context: SlowContext, packet: Packet, address: readonly number[], learned: Learned): void {
  const { tables, neighbors, live } = context;
  const { adjacencies } = tables;
  const interfaceIndex = packet.interface;
  const known = adjacencies.find(interfaceIndex, address);
  // A next hop that the configuration puts on the interface is a neighbour even outside of its subnets.
  if (known < 0 ? !mayBeNeighbor(tables, interfaceIndex, address) : isOwnOf(tables, interfaceIndex, address)) return;
  const flags = known < 0 ? 0 : adjacencies.flags(known);
  if ((flags & Adjacency.fixed) !== 0) return;
  const resolved = (flags & Adjacency.resolved) !== 0;
  if (!resolved && !learned.mayCreate && !neighbors.isWaiting(interfaceIndex, address)) return;
  const record = known * adjacencyWords;
  if (resolved && !learned.mayChange) {
    const same =
      adjacencies.entries[record + 2] === learned.macHigh && adjacencies.entries[record + 3] === learned.macLow;
    if (!same) return;
  }
  if (known < 0 && live?.upkeep.mayLearn(interfaceIndex) === false) return;
  const adjacency = known < 0 ? adjacencies.add(interfaceIndex, address, true) : known;
  if (adjacency < 0) return;
  const before = adjacencies.macOf(adjacency);
  const hasMoved = resolved && (before.high !== learned.macHigh || before.low !== learned.macLow);
  if (!adjacencies.resolve(adjacency, learned.macHigh, learned.macLow)) return;
  live?.upkeep.heard(adjacency, flags, hasMoved, live.nowOf(packet));
  packet.story?.step(`learned ${formatMac(learned.macHigh, learned.macLow)}`);
  const held = neighbors.release(interfaceIndex, address);
  if (held !== undefined) sendHeld(context, held, adjacency);
}
