// Telling the link whose addresses are here, and finding out whether they are somebody else's already: gratuitous ARP (RFC
// 5227 section 3), duplicate address detection and unsolicited advertisements for IPv6 (RFC 4862 section 5.4, RFC 4861
// section 7.2.6). An interface with a control port is left alone: the kernel behind it does this.
import { addressWords, Interface, type InterfaceTable, interfaceWords } from '../../../tables/interfaces.ts';
import { type LiveSettings, requestsPerTickMax } from './options.ts';

/** RFC 4861 RetransTimer: for so long after its solicitation an address is tentative. */
const tentativeMilliseconds = 1000;
/** An address in dispute is told about once in this time. */
const disputeMilliseconds = 10_000;
const State = { own: 0, tentative: 1, duplicate: 2 } as const;

export interface AnnounceActions {
  gratuitousArp(interfaceIndex: number, address: readonly number[]): void;
  solicitation(interfaceIndex: number, address: readonly number[]): void;
  advertisement(interfaceIndex: number, address: readonly number[]): void;
}

/** A record of the addresses table, and the interface that holds it. */
interface Place {
  readonly interface: number;
  readonly record: number;
}

export class Announcer {
  readonly #table: InterfaceTable;
  readonly #settings: LiveSettings;
  /** By record of the addresses table. */
  readonly #state: Uint8Array;
  readonly #toldAt: Float64Array;
  #waiting: Place[] = [];
  /** Addresses on trial, in the order in which their time ends. */
  #tentative: { readonly place: Place; readonly endsAt: number }[] = [];

  constructor(table: InterfaceTable, settings: LiveSettings) {
    const records = table.addresses.length / addressWords;
    this.#table = table;
    this.#settings = settings;
    this.#state = new Uint8Array(records);
    this.#toldAt = new Float64Array(records).fill(Number.NEGATIVE_INFINITY);
  }

  /** Puts the addresses of an interface down to be announced with this tick and the next ones. */
  begin(interfaceIndex: number): void {
    const { interfaces } = this.#table;
    const record = interfaceIndex * interfaceWords;
    const flags = interfaces[record] as number;
    if ((flags & Interface.control) !== 0 || (flags & Interface.up) === 0) return;
    const first = interfaces[record + 10] as number;
    const last = first + (interfaces[record + 11] as number);
    this.#waiting = this.#waiting.filter((place) => place.interface !== interfaceIndex);
    for (let i = first; i < last; i++) this.#waiting.push({ interface: interfaceIndex, record: i });
  }

  #wordsOf({ record }: Place): number[] {
    const at = record * addressWords;
    return Array.from(this.#table.addresses.subarray(at + 2, at + (this.#table.addresses[at] === 4 ? 3 : 6)));
  }

  /** The record of an own address of the interface, or -1. */
  #find(interfaceIndex: number, address: readonly number[]): number {
    const { interfaces } = this.#table;
    const first = interfaces[interfaceIndex * interfaceWords + 10] as number;
    const last = first + (interfaces[interfaceIndex * interfaceWords + 11] as number);
    for (let record = first; record < last; record++) {
      const words = this.#wordsOf({ interface: interfaceIndex, record });
      if (words.length === address.length && words.every((word, i) => word === address[i])) return record;
    }
    return -1;
  }

  /** Whether it is ours beyond doubt: then solicitations for it are answered. */
  isOwn(interfaceIndex: number, address: readonly number[]): boolean {
    const record = this.#find(interfaceIndex, address);
    return record >= 0 && this.#state[record] === State.own;
  }

  tick(now: number, actions: AnnounceActions): void {
    const due = this.#tentative.findIndex(({ endsAt }) => endsAt > now);
    const ended = this.#tentative.splice(0, due < 0 ? this.#tentative.length : due);
    for (const { place } of ended) {
      if (this.#state[place.record] !== State.tentative) continue;
      this.#state[place.record] = State.own;
      actions.advertisement(place.interface, this.#wordsOf(place));
    }
    for (const place of this.#waiting.splice(0, requestsPerTickMax)) {
      const address = this.#wordsOf(place);
      if (address.length === 1) {
        actions.gratuitousArp(place.interface, address);
        continue;
      }
      this.#state[place.record] = State.tentative;
      this.#tentative = this.#tentative.filter((each) => each.place.record !== place.record);
      this.#tentative.push({ place, endsAt: now + tentativeMilliseconds });
      actions.solicitation(place.interface, address);
    }
  }

  /**
   * A frame of another station claims an address, or (`onTrial`) only asks whether it may. Answers whether the address is
   * one of ours that is on trial, or was found to be somebody else's.
   */
  claimed(
    interfaceIndex: number,
    address: readonly number[],
    onTrial: boolean,
    mac: { readonly high: number; readonly low: number },
    now: number,
  ): boolean {
    const record = this.#find(interfaceIndex, address);
    if (record < 0) return false;
    const isOwn = this.#state[record] === State.own;
    // Whoever asks for an address that is ours for good gets an answer, and goes.
    if (isOwn && onTrial) return false;
    if (this.#state[record] === State.tentative) this.#state[record] = State.duplicate;
    if (now - (this.#toldAt[record] as number) >= disputeMilliseconds) {
      this.#toldAt[record] = now;
      this.#settings.onEvent({ kind: 'duplicate-address', interface: interfaceIndex, address, mac });
    }
    return !isOwn;
  }
}
