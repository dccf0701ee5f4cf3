// The neighbours of a live run over time: next hops are asked for before the first packet needs them, what was learned is
// asked whether it is still there, and what does not answer is taken out of use, or out of the table (IP-8, ECMP-3).
//
//   new ──▶ known ──▶ probing ──▶ known, or after three requests without an answer:
//                        │          a neighbour that no path leads to is removed,
//                        ▼          a next hop is out of use and asked for, ever less often, until it answers
//   new ──▶ asking ──▶ known
//
// A turn over the table looks at a bounded number of adjacencies; times are those of the clock, milliseconds.
import { Adjacency, type AdjacencyTable } from '../../../tables/adjacencies.ts';
import type { InterfaceTable } from '../../../tables/interfaces.ts';
import { type LiveEvent, type LiveSettings, requestsMax, requestsPerTickMax } from './options.ts';

/** Adjacencies looked at in one tick: some ten thousand comparisons. */
const looksPerTickMax = 8192;
const State = { new: 0, known: 1, probing: 2, asking: 3 } as const;

export interface UpkeepActions {
  /** Asks for the neighbour: by unicast when its MAC address is known. */
  request(adjacency: number): void;
  /** Whether requests for the address are sent already, because a packet waits for it. */
  isAsking(adjacency: number): boolean;
}

export class Upkeep {
  readonly #adjacencies: AdjacencyTable;
  readonly #interfaces: InterfaceTable;
  readonly #settings: LiveSettings;
  readonly #state: Uint8Array;
  readonly #requests: Uint8Array;
  readonly #dueAt: Float64Array;
  readonly #askedAt: Float64Array;
  /** Learned neighbours that no path leads to, by interface. */
  readonly #learned: Uint32Array;
  /** Of which adjacencies the interface counts one as learned. */
  readonly #isCounted: Uint8Array;
  #next = 0;

  constructor(adjacencies: AdjacencyTable, interfaces: InterfaceTable, settings: LiveSettings) {
    const { capacity } = adjacencies;
    this.#adjacencies = adjacencies;
    this.#interfaces = interfaces;
    this.#settings = settings;
    this.#state = new Uint8Array(capacity);
    this.#requests = new Uint8Array(capacity);
    this.#dueAt = new Float64Array(capacity);
    this.#askedAt = new Float64Array(capacity).fill(Number.NEGATIVE_INFINITY);
    this.#learned = new Uint32Array(interfaces.interfaceCount);
    this.#isCounted = new Uint8Array(capacity);
    for (let index = 0; index < adjacencies.count; index++) this.#count(index);
  }

  /** Learned neighbours of an interface. */
  learnedOn(interfaceIndex: number): number {
    return this.#learned[interfaceIndex] as number;
  }

  /** Whether the interface may have one more. */
  mayLearn(interfaceIndex: number): boolean {
    return this.learnedOn(interfaceIndex) < this.#settings.learnedPerInterfaceMax;
  }

  /** When the neighbour was asked for last, from here. */
  askedAt(adjacency: number): number {
    return this.#askedAt[adjacency] as number;
  }

  #count(index: number): void {
    if (this.#isCounted[index] !== 0 || (this.#adjacencies.flags(index) & Adjacency.learned) === 0) return;
    const interfaceIndex = this.#adjacencies.interfaceOf(index);
    this.#isCounted[index] = 1;
    this.#learned[interfaceIndex] = this.learnedOn(interfaceIndex) + 1;
  }

  #uncount(index: number): void {
    if (this.#isCounted[index] === 0) return;
    const interfaceIndex = this.#adjacencies.interfaceOf(index);
    this.#isCounted[index] = 0;
    this.#learned[interfaceIndex] = this.learnedOn(interfaceIndex) - 1;
  }

  /** The neighbour has told its MAC address, which stands in the table. `before`: its flags until then. */
  heard(index: number, before: number, hasMoved: boolean, now: number): void {
    this.#count(index);
    this.#state[index] = State.known;
    this.#dueAt[index] = now + this.#refreshAfter(index) * (0.5 + this.#settings.random());
    const usable = Adjacency.resolved | Adjacency.up;
    if ((before & Adjacency.up) === 0) this.#adjacencies.setUp(index, true);
    if ((before & usable) !== usable) this.#tell('neighbor-up', index);
    else if (hasMoved) this.#tell('neighbor-moved', index);
  }

  #refreshAfter(index: number): number {
    const { refreshSeconds4, refreshSeconds6 } = this.#settings;
    return 1000 * (this.#adjacencies.addressOf(index).length === 1 ? refreshSeconds4 : refreshSeconds6);
  }

  #tell(kind: LiveEvent['kind'], index: number): void {
    const adjacencies = this.#adjacencies;
    const mac = adjacencies.macOf(index);
    const address = adjacencies.addressOf(index);
    const isKnown = (adjacencies.flags(index) & Adjacency.resolved) !== 0;
    this.#settings.onEvent({
      kind,
      interface: adjacencies.interfaceOf(index),
      address,
      mac: isKnown ? mac : undefined,
    });
  }

  /** Asks the neighbour, if its MAC address was learned, whether it is still there. */
  probe(index: number): void {
    const flags = this.#adjacencies.flags(index);
    if ((flags & (Adjacency.resolved | Adjacency.fixed)) !== Adjacency.resolved) return;
    this.#state[index] = State.probing;
    this.#requests[index] = 0;
    this.#dueAt[index] = 0;
  }

  /** The link is back: its neighbours are probed, and what was asked for in vain is asked for at once. */
  probeInterface(interfaceIndex: number): void {
    for (let index = 0; index < this.#adjacencies.count; index++) {
      if (this.#adjacencies.interfaceOf(index) !== interfaceIndex) continue;
      this.probe(index);
      if (this.#state[index] !== State.asking) continue;
      this.#requests[index] = 0;
      this.#dueAt[index] = 0;
    }
  }

  /** Looks at the next adjacencies, and does what is due. */
  tick(now: number, actions: UpkeepActions): void {
    const { count } = this.#adjacencies;
    let requests = 0;
    for (let looks = Math.min(count, looksPerTickMax); looks > 0 && requests < requestsPerTickMax; looks--) {
      if (this.#next >= count) this.#next = 0;
      const index = this.#next++;
      if ((this.#dueAt[index] as number) <= now && this.#treat(index, now, actions)) requests++;
    }
  }

  /** Answers whether a request was due. */
  #treat(index: number, now: number, actions: UpkeepActions): boolean {
    const flags = this.#adjacencies.flags(index);
    if ((flags & (Adjacency.removed | Adjacency.fixed)) !== 0) {
      this.#state[index] = State.new;
      return false;
    }
    const isUp = this.#interfaces.isUp(this.#adjacencies.interfaceOf(index));
    if (this.#state[index] === State.new) this.#begin(index, flags, now);
    if ((this.#dueAt[index] as number) > now) return false;
    if (!isUp) {
      // Nobody can be asked, and nobody is blamed for it.
      this.#dueAt[index] = now + this.#interval;
      return false;
    }
    const requests = this.#requests[index] as number;
    switch (this.#state[index]) {
      case State.known:
        this.#state[index] = State.probing;
        this.#requests[index] = 0;
        return this.#ask(index, now, this.#interval, actions);
      case State.probing:
        if (requests < requestsMax) return this.#ask(index, now, this.#interval, actions);
        this.#lose(index, now);
        return false;
      default:
        if (requests === requestsMax) this.#takeOut(index);
        return this.#ask(index, now, this.#askInterval(requests + 1), actions);
    }
  }

  #begin(index: number, flags: number, now: number): void {
    this.#requests[index] = 0;
    this.#count(index);
    if ((flags & Adjacency.resolved) !== 0) {
      // Known from before this run, nobody knows since when: spread over the time in which all are due.
      this.#state[index] = State.known;
      this.#dueAt[index] = now + this.#refreshAfter(index) * this.#settings.random();
    } else {
      this.#state[index] = State.asking;
      this.#dueAt[index] = now;
    }
  }

  get #interval(): number {
    return this.#settings.requestIntervalSeconds * 1000;
  }

  /** How long to wait after so many requests. */
  #askInterval(requests: number): number {
    const { requestIntervalSeconds, askIntervalSecondsMax } = this.#settings;
    const doublings = Math.max(0, Math.min(requests - requestsMax, 16));
    const most = Math.max(askIntervalSecondsMax, requestIntervalSeconds);
    return Math.min(requestIntervalSeconds * 2 ** doublings, most) * 1000;
  }

  #ask(index: number, now: number, interval: number, actions: UpkeepActions): boolean {
    this.#requests[index] = Math.min(255, (this.#requests[index] as number) + 1);
    this.#dueAt[index] = now + interval;
    if (actions.isAsking(index)) return false;
    this.#askedAt[index] = now;
    actions.request(index);
    return true;
  }

  /** Out of use, by one write, until it answers. */
  #takeOut(index: number): void {
    if ((this.#adjacencies.flags(index) & Adjacency.up) === 0) return;
    this.#adjacencies.setUp(index, false);
    this.#tell('neighbor-down', index);
  }

  /** A known neighbour has not answered. */
  #lose(index: number, now: number): void {
    this.#takeOut(index);
    this.#uncount(index);
    this.#state[index] = State.new;
    this.#dueAt[index] = 0;
    if (this.#adjacencies.remove(index)) return;
    this.#adjacencies.forget(index);
    this.#state[index] = State.asking;
    this.#requests[index] = requestsMax;
    this.#dueAt[index] = now + this.#interval;
  }
}
