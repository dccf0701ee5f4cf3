// What the kernel says of the interfaces of a namespace, kept up to date by its own messages: which there are, whether they
// have a carrier, how they are called. Lives in the event loop and never waits. Relies on ./rtnetlink.ts.
import { type LinkMessage, RtnetlinkGroup, readLink } from '../../wire/rtnetlink.ts';
import { Rtnetlink, RtnetlinkEvents } from './rtnetlink.ts';

/** An interface as it is now. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** Switched on by whoever administers it. */
  readonly up: boolean;
  /** Up, with a carrier, and able to carry packets. */
  readonly carrier: boolean;
  readonly mtu: number;
  /** Six bytes; empty for links without. */
  readonly mac: Uint8Array;
  /** `veth`, `tun`, `vrf` …; empty for hardware. */
  readonly type: string;
  /** Index of the bridge, bond or VRF device it belongs to; 0: none. */
  readonly master: number;
  /** The routing table of a VRF device. */
  readonly vrfTable: number | undefined;
}

/** `before` is what was known so far, of the same index: after a rename it has the old name. */
export type LinkChange =
  | { readonly kind: 'appeared'; readonly link: Link }
  | { readonly kind: 'changed'; readonly link: Link; readonly before: Link }
  | { readonly kind: 'gone'; readonly link: Link };

export interface LinkWatch {
  /** All interfaces by name, as of the last message that was read. */
  links(): ReadonlyMap<string, Link>;
  /** Reads what is at hand right now, for loops that do not get round to events. The listener is called from within. */
  poll(): void;
  /** Nothing is called any more, and the process is not kept alive. May be called twice. */
  close(): void;
}

export interface LinkWatchOptions {
  /** Default: where we are. */
  readonly netns?: string | undefined;
  /** Begins errors; default `links`. */
  readonly place?: string;
}

/**
 * Watches interfaces. Those that are there at first are in `links()` and not told. Throws ShimlineError IO when the
 * namespace cannot be entered.
 */
export function watchLinks(listener: (change: LinkChange) => void, options: LinkWatchOptions = {}): LinkWatch {
  const { netns, place = 'links' } = options;
  const events = new RtnetlinkEvents(place, RtnetlinkGroup.link, netns);
  let requests: Rtnetlink | undefined;
  try {
    requests = new Rtnetlink(place, netns);
    return new Watch(listener, events, requests);
  } catch (error) {
    requests?.close();
    events.close();
    throw error;
  }
}

class Watch implements LinkWatch {
  readonly #listener: (change: LinkChange) => void;
  readonly #events: RtnetlinkEvents;
  readonly #requests: Rtnetlink;
  readonly #byIndex = new Map<number, Link>();
  readonly #byName = new Map<string, Link>();
  #closed = false;

  constructor(listener: (change: LinkChange) => void, events: RtnetlinkEvents, requests: Rtnetlink) {
    this.#listener = listener;
    this.#events = events;
    this.#requests = requests;
    for (const message of requests.links()) this.#keep(linkOf(message));
    events.watch(() => this.poll());
  }

  links(): ReadonlyMap<string, Link> {
    return this.#byName;
  }

  poll(): void {
    if (this.#closed) return;
    // Changes are told after reading: a listener may poll again or close.
    const told: LinkMessage[] = [];
    const complete = this.#events.read((bytes, message) => {
      const link = readLink(bytes, message);
      if (link !== undefined) told.push(link);
    });
    for (const message of told) {
      if (message.gone) this.#forget(message.index);
      else this.#learn(linkOf(message));
    }
    if (!complete) this.#compareAll();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.close();
    this.#requests.close();
  }

  /** Messages were lost: everything is asked for anew. */
  #compareAll(): void {
    if (this.#closed) return;
    const present = this.#requests.links().map(linkOf);
    const indexes = new Set(present.map(({ index }) => index));
    for (const index of [...this.#byIndex.keys()]) if (!indexes.has(index)) this.#forget(index);
    for (const link of present) this.#learn(link);
  }

  #learn(link: Link): void {
    const before = this.#byIndex.get(link.index);
    if (before !== undefined && isSame(before, link)) return;
    this.#keep(link);
    this.#tell(before === undefined ? { kind: 'appeared', link } : { kind: 'changed', link, before });
  }

  #keep(link: Link): void {
    const before = this.#byIndex.get(link.index);
    // The old name may belong to another one by now.
    if (before !== undefined && this.#byName.get(before.name)?.index === link.index) this.#byName.delete(before.name);
    this.#byIndex.set(link.index, link);
    this.#byName.set(link.name, link);
  }

  #forget(index: number): void {
    const link = this.#byIndex.get(index);
    if (link === undefined) return;
    this.#byIndex.delete(index);
    if (this.#byName.get(link.name)?.index === index) this.#byName.delete(link.name);
    this.#tell({ kind: 'gone', link });
  }

  #tell(change: LinkChange): void {
    if (!this.#closed) this.#listener(change);
  }
}

function linkOf({ index, name, up, carrier, mtu, mac, type, master, vrfTable }: LinkMessage): Link {
  return { index, name, up, carrier, mtu, mac, type, master, vrfTable };
}

function isSame(a: Link, b: Link): boolean {
  return (
    a.name === b.name &&
    a.up === b.up &&
    a.carrier === b.carrier &&
    a.mtu === b.mtu &&
    a.type === b.type &&
    a.master === b.master &&
    a.vrfTable === b.vrfTable &&
    a.mac.length === b.mac.length &&
    a.mac.every((byte, i) => byte === b.mac[i])
  );
}
