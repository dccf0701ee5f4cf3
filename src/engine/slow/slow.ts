// The slow path: the complete router, one frame at a time. Everything that conformance asks for is here; the fast
// path only repeats its common cases. It explains itself when it is given names.
import type { Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import type { Counters } from '../counters.ts';
import type { Output } from '../output.ts';
import { givePacket, type SlowContext, takePacket } from './context.ts';
import { dropHeld } from './forward.ts';
import { IcmpLimiter } from './limiter.ts';
import { receive } from './link.ts';
import { NeighborKeeper } from './neighbors.ts';
import { sendIntoBridge } from './routed-bridge.ts';
import { StormControl } from './storm.ts';
import { type Names, Story } from './story.ts';

export class SlowPath {
  readonly #context: SlowContext;

  constructor(tables: Tables, output: Output, counters: Counters, names?: Names) {
    const { icmpRate, icmpBurst } = tables.settings;
    this.#context = {
      tables,
      output,
      counters,
      limiter: new IcmpLimiter(tables.interfaces.interfaceCount, icmpRate, icmpBurst),
      neighbors: new NeighborKeeper(tables.adjacencies),
      storms: new StormControl(tables.circuits),
      names,
      spare: [],
      sendIntoBridge,
    };
  }

  /** Treats frame `slot` of the batch, whose bytes stay as they are. `number` counts arriving frames, from 1. */
  process(batch: Batch, slot: number, number: number): void {
    const context = this.#context;
    const packet = takePacket(context);
    packet.arrive(
      batch.bytes,
      batch.start[slot] as number,
      batch.captured[slot] as number,
      batch.original[slot] as number,
      batch.port[slot] as number,
      batch.seconds[slot] as number,
      batch.nanoseconds[slot] as number,
    );
    packet.number = number;
    if (context.names !== undefined) packet.story = new Story(context.names, number);
    receive(context, packet);
    givePacket(context, packet);
  }

  /** The end of the input: what still waits for a neighbour is dropped as `unresolved`. */
  finish(): void {
    for (const held of this.#context.neighbors.releaseAll()) dropHeld(this.#context, held);
  }
}
