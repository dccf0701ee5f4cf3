// Packets that wait for a neighbour (IP-8): one packet for each unresolved address, one request a second, a bounded
// number of addresses. What is learned goes into the adjacency table, where both speeds find it.
import type { Packet } from './packet.ts';
import type { Story } from './story.ts';

/** Addresses waited for at once; the oldest gives way. */
export const waitingMax = 1024;
const requestIntervalMilliseconds = 1000;

/** One outgoing frame of a held packet: everything from the top label or IP header on. Fragments are several. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly captured: number;
  readonly original: number;
  /** A fragment beyond the first. */
  readonly made: boolean;
}

/** A packet that waits, and its arrival for the case that it waits in vain. */
export interface HeldPacket {
  readonly arrival: Packet;
  readonly story: Story | undefined;
  readonly etherType: number;
  readonly pieces: readonly Piece[];
}

interface Waiting {
  requestedMilliseconds: number;
  held: HeldPacket | undefined;
}

/** What waits, and for which addresses. */
export interface Waitlist {
  /** Whether a request for the address is due now; if so it counts as sent. */
  requestDue(interfaceIndex: number, address: readonly number[], milliseconds: number): boolean;
  isWaiting(interfaceIndex: number, address: readonly number[]): boolean;
  /** Whether a packet for the address already waits, or none may. */
  isHeld(interfaceIndex: number, address: readonly number[]): boolean;
  /** Holds the packet. Answers the packet that had to give way, which may be this one. */
  hold(interfaceIndex: number, address: readonly number[], held: HeldPacket): HeldPacket | undefined;
  /** The address is known now: ends the waiting and hands out what was held. */
  release(interfaceIndex: number, address: readonly number[]): HeldPacket | undefined;
  /** Ends all waiting, oldest first. */
  releaseAll(): HeldPacket[];
}

/** That of a replay: requests are sent when packets come, and what waits does so to the end of the input. */
export class NeighborKeeper implements Waitlist {
  readonly #waiting = new Map<string, Waiting>();

  static #key(interfaceIndex: number, address: readonly number[]): string {
    return `${interfaceIndex}/${address.join('.')}`;
  }

  /** Whether a request for the address is due now; if so it counts as sent. */
  requestDue(interfaceIndex: number, address: readonly number[], milliseconds: number): boolean {
    const waiting = this.#waiting.get(NeighborKeeper.#key(interfaceIndex, address));
    if (waiting === undefined) return false;
    const elapsed = milliseconds - waiting.requestedMilliseconds;
    if (elapsed < requestIntervalMilliseconds) return false;
    waiting.requestedMilliseconds = milliseconds;
    return true;
  }

  isWaiting(interfaceIndex: number, address: readonly number[]): boolean {
    return this.#waiting.has(NeighborKeeper.#key(interfaceIndex, address));
  }

  /** Whether a packet for the address already waits. */
  isHeld(interfaceIndex: number, address: readonly number[]): boolean {
    return this.#waiting.get(NeighborKeeper.#key(interfaceIndex, address))?.held !== undefined;
  }

  /** Holds the packet. Answers the packet of the oldest address when that had to give way. */
  hold(interfaceIndex: number, address: readonly number[], held: HeldPacket): HeldPacket | undefined {
    const key = NeighborKeeper.#key(interfaceIndex, address);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.held = held;
      return undefined;
    }
    let evicted: HeldPacket | undefined;
    if (this.#waiting.size === waitingMax) {
      const [oldest] = this.#waiting.keys();
      evicted = this.#waiting.get(oldest as string)?.held;
      this.#waiting.delete(oldest as string);
    }
    this.#waiting.set(key, { requestedMilliseconds: Number.NEGATIVE_INFINITY, held });
    return evicted;
  }

  /** The address is known now: ends the waiting and hands out what was held. */
  release(interfaceIndex: number, address: readonly number[]): HeldPacket | undefined {
    const key = NeighborKeeper.#key(interfaceIndex, address);
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting?.held;
  }

  /** Ends all waiting, oldest first. */
  releaseAll(): HeldPacket[] {
    const held = [...this.#waiting.values()].flatMap((waiting) => waiting.held ?? []);
    this.#waiting.clear();
    return held;
  }
}
