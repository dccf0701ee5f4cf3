// The two-speed engine: whole batches in, every frame of them sent, punted or dropped, in order of arrival.
import type { Tables } from '../tables/tables.ts';
import type { Batch } from '../wire/batch.ts';
import { type AccountPass, Accounts, createAccountPass } from './accounts.ts';
import type { Counters } from './counters.ts';
import { createFastPath, type FastPath } from './fast/fast.ts';
import { openFastPath } from './fast/kernels.ts';
import { type ForwarderPlace, newBatch, newCounters } from './forwarder-memory.ts';
import type { HandOver } from './handover.ts';
import { type Output, transmitEach } from './output.ts';
import { sendFromControl } from './slow/live/control-port.ts';
import { Live } from './slow/live/live.ts';
import type { LiveOptions } from './slow/live/options.ts';
import { SlowPath } from './slow/slow.ts';
import type { Names } from './slow/story.ts';

export type { LiveEvent, LiveOptions } from './slow/live/options.ts';

export interface ForwarderOptions {
  /** Explain every frame; all go the slow path then. */
  readonly explain?: Names;
  /** For tests: no frame takes the fast path. */
  readonly slowOnly?: boolean;
  /** For tests: the fast path in TypeScript even where its kernels could work. */
  readonly kernels?: boolean;
  /** For a thread that has opened the tables of another one: what that one has set apart. */
  readonly place?: ForwarderPlace | undefined;
  /** What labels, routes, paths and circuits had to do is counted; true: on accounts of its own. */
  readonly accounts?: boolean | Accounts | undefined;
  /** For a live run: what `tick` and its like below are for. A replay has none. */
  readonly live?: LiveOptions;
}

export class Forwarder {
  readonly counters: Counters;
  readonly accounts: Accounts | undefined;
  readonly #output: Output;
  readonly #slow: SlowPath;
  readonly #tables: Tables;
  readonly #slowOnly: boolean;
  readonly #kernels: boolean;
  readonly #live: Live | undefined;
  readonly #place: ForwarderPlace | undefined;
  /** Made for one batch, whose arrays it holds as constants: a caller that keeps to one batch pays once. */
  #fast: FastPath | undefined;
  #accounting: AccountPass | undefined;
  #batch: Batch | undefined;
  /** Frames that have arrived so far. */
  #arrived = 0;

  constructor(tables: Tables, output: Output, options: ForwarderOptions = {}) {
    this.counters = newCounters(tables, options.place);
    this.accounts = accountsOf(tables, options);
    this.#place = options.place;
    if (options.place !== undefined) tables.generations.online(options.place.reader);
    this.#output = output;
    this.#live = options.live && new Live(tables, output, options.live);
    const { accounts } = this;
    this.#slow = new SlowPath(tables, output, this.counters, { names: options.explain, live: this.#live, accounts });
    this.#tables = tables;
    this.#slowOnly = options.slowOnly === true || options.explain !== undefined;
    this.#kernels = options.kernels !== false;
  }

  /** A batch where kernels can work on it, as long as the tables have room for one. */
  newBatch(): Batch {
    return newBatch(this.#tables, this.#place);
  }

  /** Treats every frame of the batch. Its bytes, starts and lengths may change; the caller clears it. */
  process(batch: Batch): void {
    const { count } = batch;
    // The tables may change between two batches, and what nobody reads any more is used again.
    if (this.#place !== undefined) this.#tables.generations.pass(this.#place.reader);
    if (this.#slowOnly) {
      this.#countIn(batch);
      for (let slot = 0; slot < count; slot++) this.#slow.process(batch, slot, this.#arrived + slot + 1);
    } else {
      if (batch !== this.#batch || this.#fast === undefined) this.#fast = this.#open(batch);
      this.#accounting?.begin(count);
      for (let from = 0; from < count; ) {
        const to = this.#fast.run(from, count);
        this.#accounting?.count(from, to);
        this.#hand(this.#fast, batch, from, to);
        from = to;
      }
    }
    this.#arrived += count;
  }

  /** The slow path alone for a frame that a fast path elsewhere, which has counted its arrival, has left untouched. */
  processSlow(batch: Batch, slot: number): void {
    this.#slow.process(batch, slot, 0);
  }

  #open(batch: Batch): FastPath {
    this.#batch = batch;
    this.#accounting = this.accounts && createAccountPass(this.accounts, batch);
    const open = this.#kernels ? openFastPath : createFastPath;
    return open(this.#tables, this.counters, batch);
  }

  #countIn(batch: Batch): void {
    const { inFrames, inBytes } = this.counters;
    const { port, original, count } = batch;
    for (let slot = 0; slot < count; slot++) {
      const index = port[slot] as number;
      inFrames[index] = (inFrames[index] as number) + 1;
      inBytes[index] = (inBytes[index] as number) + (original[slot] as number);
    }
  }

  /** Hands out what the fast path has sent, and gives the slow path the rest, in order. */
  #hand(fast: FastPath, batch: Batch, from: number, to: number): void {
    const { slow, slowCount } = fast;
    let next = from;
    for (let i = 0; i < slowCount; i++) {
      const slot = slow[i] as number;
      if (slot > next) this.#transmitRun(batch, next, slot);
      this.#slow.process(batch, slot, this.#arrived + slot + 1);
      next = slot + 1;
    }
    if (to > next) this.#transmitRun(batch, next, to);
  }

  #transmitRun(batch: Batch, from: number, to: number): void {
    if (this.#output.transmitRun === undefined) transmitEach(this.#output, batch, from, to);
    else this.#output.transmitRun(batch, from, to);
  }

  /** Before a thread waits for long, or ends: it reads nothing until it is `awake`. */
  asleep(): void {
    if (this.#place !== undefined) this.#tables.generations.offline(this.#place.reader);
  }

  awake(): void {
    if (this.#place !== undefined) this.#tables.generations.online(this.#place.reader);
  }

  /**
   * Live: time has passed. Called about ten times a second, between two batches, with the clock by which frames get their
   * times of arrival. Requests are sent again, what has waited in vain is dropped, neighbours are asked whether they are
   * still there; a bounded number of each.
   */
  tick(seconds: number, nanoseconds: number): void {
    if (this.#place !== undefined) this.#tables.generations.pass(this.#place.reader);
    this.#live?.tick(this.#slow.context, seconds, nanoseconds);
  }

  /** Live: tells every link whose addresses are here (gratuitous ARP, duplicate address detection); ticks do the rest. */
  announce(seconds: number, nanoseconds: number): void {
    const { interfaceCount } = this.#tables.interfaces;
    for (let index = 0; index < interfaceCount; index++) this.#live?.announcer.begin(index);
    this.tick(seconds, nanoseconds);
  }

  /** The same for an interface whose link is back; neighbours there are asked whether they are, too. */
  announceInterface(index: number, seconds: number, nanoseconds: number): void {
    this.#live?.announcer.begin(index);
    this.#live?.upkeep.probeInterface(index);
    this.tick(seconds, nanoseconds);
  }

  /** Live: asks a neighbour that was learned, with the next tick, whether it is still there. */
  probe(adjacency: number): void {
    this.#live?.upkeep.probe(adjacency);
  }

  /** Live: an Ethernet frame without tags from the control port of an interface leaves by it, or is dropped. */
  sendFromControl(
    interfaceIndex: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    sendFromControl(this.#slow.context, interfaceIndex, bytes, start, length, seconds, nanoseconds);
  }

  /**
   * Live: packets that wait for a neighbour, to be treated by another forwarder (src/engine/handover.ts). `portOf`: a port's
   * number there, -1: it is gone.
   */
  handOver(portOf: (port: number) => number = (port) => port): HandOver {
    return this.#slow.handOver(portOf);
  }

  /** `circuitOf`: new numbers of circuits of bridges by old ones. */
  takeOver(handed: HandOver, circuitOf: ReadonlyMap<number, number> = new Map()): void {
    this.#slow.takeOver(handed, circuitOf);
  }

  /** The end of the input: frames that still wait for a neighbour are dropped. */
  finish(): void {
    this.#slow.finish();
  }
}

function accountsOf(tables: Tables, { accounts, place }: ForwarderOptions): Accounts | undefined {
  if (place?.accounts !== undefined) return new Accounts(tables, place.accounts.hasLookups, place.accounts.buffer);
  return accounts === true ? new Accounts(tables, true) : accounts || undefined;
}
