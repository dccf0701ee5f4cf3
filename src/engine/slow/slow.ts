// The slow path: the complete router, one frame at a time. Everything that conformance asks for is here; the fast
// path only repeats its common cases. It explains itself when it is given names.
import type { Tables } from '../../tables/tables.ts';
import type { Batch } from '../../wire/batch.ts';
import type { Accounts } from '../accounts.ts';
import { type Counters, Total } from '../counters.ts';
import type { HandedFrame, HandOver } from '../handover.ts';
import type { Output } from '../output.ts';
import { givePacket, type SlowContext, takePacket } from './context.ts';
import { dropHeld } from './forward.ts';
import { IcmpLimiter } from './limiter.ts';
import { receive } from './link.ts';
import { dropsEarly } from './live/early.ts';
import type { Live } from './live/live.ts';
import { NeighborKeeper } from './neighbors.ts';
import { sendIntoBridge } from './routed-bridge.ts';
import { StormControl } from './storm.ts';
import { type Names, Story } from './story.ts';

export class SlowPath {
  readonly #context: SlowContext;

  constructor(
    tables: Tables,
    output: Output,
    counters: Counters,
    { names, live, accounts }: { names?: Names | undefined; live?: Live | undefined; accounts?: Accounts | undefined },
  ) {
    const { icmpRate, icmpBurst } = tables.settings;
    this.#context = {
      tables,
      output,
      counters,
      accounts,
      limiter: live?.errorLimiter ?? new IcmpLimiter(tables.interfaces.interfaceCount, icmpRate, icmpBurst),
      neighbors: live?.waitlist ?? new NeighborKeeper(),
      live,
      storms: new StormControl(tables.circuits),
      names,
      spare: [],
      sendIntoBridge,
    };
  }

  /** Treats frame `slot` of the batch, whose bytes stay as they are. `number` counts arriving frames, from 1. */
  process(batch: Batch, slot: number, number: number): void {
    const context = this.#context;
    const { live } = context;
    if (live !== undefined && context.names === undefined && dropsEarly(context, live, batch, slot)) return;
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

  /** The context, for what a live run does besides frames. */
  get context(): SlowContext {
    return this.#context;
  }

  /**
   * Takes what waits out of the books, to go on elsewhere. `portOf`: a port's number there, -1: it is gone. What the router
   * made itself and what has nowhere to go ends here.
   */
  handOver(portOf: (port: number) => number): HandOver {
    const { counters, neighbors } = this.#context;
    const frames: HandedFrame[] = [];
    for (const held of neighbors.releaseAll()) {
      const { made, arrived: bytes, port: oldPort, original, captured, seconds, nanoseconds } = held.arrival;
      const port = portOf(oldPort);
      if (made || port < 0 || captured !== original) {
        dropHeld(this.#context, held);
        continue;
      }
      counters.totals[Total.held] = counters.held - held.pieces.length;
      counters.totals[Total.made] = counters.made - (held.pieces.length - 1);
      counters.inFrames[oldPort] = (counters.inFrames[oldPort] as number) - 1;
      counters.inBytes[oldPort] = (counters.inBytes[oldPort] as number) - original;
      frames.push({ port, bytes, seconds, nanoseconds });
    }
    return { frames, storms: this.#context.storms };
  }

  /** Frames that were held elsewhere arrive here. `circuitOf`: new numbers of circuits of bridges by old ones. */
  takeOver({ frames, storms }: HandOver, circuitOf: ReadonlyMap<number, number>): void {
    const context = this.#context;
    context.storms.takeOver(storms, circuitOf);
    const { inFrames, inBytes } = context.counters;
    for (const { port, bytes, seconds, nanoseconds } of frames) {
      inFrames[port] = (inFrames[port] as number) + 1;
      inBytes[port] = (inBytes[port] as number) + bytes.length;
      const packet = takePacket(context);
      packet.arrive(bytes, 0, bytes.length, bytes.length, port, seconds, nanoseconds);
      receive(context, packet);
      givePacket(context, packet);
    }
  }

  /** The end of the input: what still waits for a neighbour is dropped as `unresolved`. */
  finish(): void {
    for (const held of this.#context.neighbors.releaseAll()) dropHeld(this.#context, held);
  }
}
