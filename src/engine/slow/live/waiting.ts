// Packets that wait for a neighbour in a live run (IP-8): asked for again every second, three times, then dropped; for a
// short time after that the address is not worth a request. So many addresses an interface, so that a scan that leaves by
// one port pushes out its own packets only.
import type { HeldPacket, Waitlist } from '../neighbors.ts';
import { Buckets } from './buckets.ts';
import type { Clock } from './clock.ts';
import { type LiveSettings, requestsMax } from './options.ts';

/** Addresses waited for in all. */
const waitingMax = 16_384;
/** Requests by which packets ask, per egress interface: what a link takes of broadcasts while somebody scans it. */
const requestLimit = { rate: 200, burst: 400 };
/** Addresses looked at in one tick. */
const turnsPerTickMax = 2048;

/** Places of the queue that may be out of use before it is tidied. */
const queueSlack = 1024;

/** A number for IPv4: no text is made for each packet of a stream to a dead address. */
type Key = number | string;

function keyOf(address: readonly number[]): Key {
  return address.length === 1 ? (address[0] as number) : address.join('.');
}

interface Waiting {
  readonly interface: number;
  readonly address: readonly number[];
  held: HeldPacket | undefined;
  requests: number;
  /** When something is to happen: the next request, the end of waiting, the end of the negative period. */
  dueAt: number;
  isNegative: boolean;
  /** Answered, or pushed out. */
  isOver: boolean;
}

/** What is to be done for addresses whose time has come. */
export interface WaitingActions {
  /** Asks again. */
  request(interfaceIndex: number, address: readonly number[]): void;
  /** The packet has waited in vain. */
  drop(held: HeldPacket): void;
}

export class LiveWaitlist implements Waitlist {
  readonly #settings: LiveSettings;
  readonly #clock: Clock;
  readonly #requests: Buckets;
  /** When somebody else has asked for the address last; then a packet need not. */
  readonly #askedAt: (interfaceIndex: number, address: readonly number[]) => number;
  readonly #byInterface = new Map<number, Map<Key, Waiting>>();
  /** In the order in which they become due, since all wait for equally long. */
  #queue: Waiting[] = [];
  #next = 0;
  #count = 0;

  constructor(
    interfaces: number,
    settings: LiveSettings,
    clock: Clock,
    askedAt: (interfaceIndex: number, address: readonly number[]) => number,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#requests = new Buckets(interfaces, [requestLimit]);
    this.#askedAt = askedAt;
  }

  /** Addresses waited for, those in their negative period among them. */
  get count(): number {
    return this.#count;
  }

  #find(interfaceIndex: number, address: readonly number[]): Waiting | undefined {
    return this.#byInterface.get(interfaceIndex)?.get(keyOf(address));
  }

  isWaiting(interfaceIndex: number, address: readonly number[]): boolean {
    return this.#find(interfaceIndex, address) !== undefined;
  }

  /** Whether requests are being sent for it here. */
  isAsking(interfaceIndex: number, address: readonly number[]): boolean {
    return this.#find(interfaceIndex, address)?.isNegative === false;
  }

  isHeld(interfaceIndex: number, address: readonly number[]): boolean {
    const waiting = this.#find(interfaceIndex, address);
    return waiting !== undefined && (waiting.isNegative || waiting.held !== undefined);
  }

  requestDue(interfaceIndex: number, address: readonly number[]): boolean {
    const waiting = this.#find(interfaceIndex, address);
    // All but the first are sent by ticks.
    if (waiting?.held === undefined || waiting.requests > 0) return false;
    const now = this.#clock.read(waiting.held.arrival.seconds, waiting.held.arrival.nanoseconds);
    waiting.requests = 1;
    if (now - this.#askedAt(interfaceIndex, address) < this.#interval) return false;
    return this.#requests.take(interfaceIndex, now);
  }

  get #interval(): number {
    return this.#settings.requestIntervalSeconds * 1000;
  }

  hold(interfaceIndex: number, address: readonly number[], held: HeldPacket): HeldPacket | undefined {
    let those = this.#byInterface.get(interfaceIndex);
    if (those === undefined) {
      those = new Map();
      this.#byInterface.set(interfaceIndex, those);
    }
    const known = those.get(keyOf(address));
    if (known !== undefined) {
      known.held = held;
      return undefined;
    }
    const isFull = those.size >= this.#settings.waitingPerInterfaceMax || this.#count >= waitingMax;
    const [oldest] = isFull ? those.values() : [];
    if (isFull && oldest === undefined) return held;
    const now = this.#clock.read(held.arrival.seconds, held.arrival.nanoseconds);
    const waiting: Waiting = {
      interface: interfaceIndex,
      address,
      held,
      requests: 0,
      dueAt: now + this.#interval,
      isNegative: false,
      isOver: false,
    };
    const evicted = oldest && this.#end(oldest);
    those.set(keyOf(address), waiting);
    this.#count++;
    // What was pushed out stays in the queue until its turn; a scan must not make that long.
    if (this.#queue.length - this.#next > 2 * this.#count + queueSlack) this.#compact();
    this.#queue.push(waiting);
    return evicted;
  }

  #end(waiting: Waiting): HeldPacket | undefined {
    const { held } = waiting;
    waiting.isOver = true;
    waiting.held = undefined;
    const those = this.#byInterface.get(waiting.interface);
    those?.delete(keyOf(waiting.address));
    if (those?.size === 0) this.#byInterface.delete(waiting.interface);
    this.#count--;
    return held;
  }

  release(interfaceIndex: number, address: readonly number[]): HeldPacket | undefined {
    const waiting = this.#find(interfaceIndex, address);
    return waiting && this.#end(waiting);
  }

  releaseAll(): HeldPacket[] {
    const all = [...this.#byInterface.values()].flatMap((those) => [...those.values()]);
    this.#queue = [];
    this.#next = 0;
    return all.flatMap((waiting) => this.#end(waiting) ?? []);
  }

  /** Does what is due, at most a bounded number of things. */
  tick(now: number, actions: WaitingActions): void {
    for (let turn = 0; turn < turnsPerTickMax && this.#next < this.#queue.length; turn++) {
      const waiting = this.#queue[this.#next] as Waiting;
      if (!waiting.isOver && waiting.dueAt > now) break;
      this.#next++;
      if (!waiting.isOver) this.#treat(waiting, now, actions);
    }
    if (this.#next > queueSlack) this.#compact();
  }

  #compact(): void {
    this.#queue = this.#queue.slice(this.#next).filter((waiting) => !waiting.isOver);
    this.#next = 0;
  }

  #treat(waiting: Waiting, now: number, actions: WaitingActions): void {
    if (waiting.isNegative) {
      this.#end(waiting);
      return;
    }
    if (waiting.requests < requestsMax) {
      waiting.requests++;
      waiting.dueAt = now + this.#interval;
      const isAsked = now - this.#askedAt(waiting.interface, waiting.address) < this.#interval;
      if (!isAsked && this.#requests.take(waiting.interface, now)) actions.request(waiting.interface, waiting.address);
    } else {
      const { held } = waiting;
      waiting.held = undefined;
      waiting.isNegative = true;
      waiting.dueAt = now + this.#interval;
      if (held !== undefined) actions.drop(held);
    }
    this.#queue.push(waiting);
  }
}
