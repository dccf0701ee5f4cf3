// The kernel's own account of links, addresses, neighbours, routes and next hops, in one network namespace: asked for,
// changed and listened to through netlink sockets. Requests are answered by the kernel within the call that sends them, so
// nothing here waits.
import { ShimlineError } from '../../errors.ts';
import { formatAddress, formatPrefix, type IpAddress, type IpPrefix } from '../../wire/address.ts';
import {
  messageAt,
  NetlinkFlag,
  type NetlinkMessage,
  NetlinkType,
  readAcknowledgement,
  writeLittle16,
  writeLittle32,
} from '../../wire/netlink.ts';
import {
  type AddressMessage,
  deleteAddressRequest,
  deleteNeighborRequest,
  dumpRequest,
  type LinkMessage,
  type LinkSettings,
  linkRequest,
  type NeighborMessage,
  newAddressRequest,
  newNeighborRequest,
  RtnetlinkType,
  readAddress,
  readLink,
  readNeighbor,
  setLinkRequest,
} from '../../wire/rtnetlink.ts';
import { type NexthopMessage, type RouteMessage, readNexthop, readRoute } from '../../wire/rtnetlink-routes.ts';
import { callError, libc, systemError } from './libc.ts';
import { inNamespace } from './netns.ts';

const netlinkFamily = 16;
/** SOCK_RAW | SOCK_CLOEXEC. */
const rawCloseOnExec = 0x8_0003;
const routeProtocol = 0;
const netlinkLevel = 270;
const capAcknowledgement = 10;
const extendedAcknowledgement = 11;
const socketLevel = 1;
const receiveBuffer = 8;
const receiveBufferForce = 33;
/** MSG_DONTWAIT | MSG_TRUNC: the true length is told even where the buffer is too small. */
const receiveFlags = 0x60;
/** The kernel fills up to 32 KiB in one answer. */
const answerBytes = 65_536;
/** Room for the messages of some thousand links that change at once. */
const eventBufferBytes = 4 << 20;
/** How often a dump is asked for again when the list changes under it; then the last one is taken as it is. */
const dumpAttempts = 8;

const Errno = { interrupted: 4, again: 11, noDevice: 19, noBuffers: 105, addressNotThere: 99, noEntry: 2 } as const;

function openSocket(place: string, netns: string | undefined, groups: number): number {
  return inNamespace(place, netns, () => {
    const c = libc();
    const fd = c.socket(netlinkFamily, rawCloseOnExec, routeProtocol);
    if (fd < 0) throw callError(place, 'socket(AF_NETLINK)');
    const address = new Uint8Array(12);
    writeLittle16(address, 0, netlinkFamily);
    writeLittle32(address, 8, groups);
    if (c.bind(fd, address, address.length) !== 0) {
      const error = callError(place, 'bind(AF_NETLINK)');
      c.close(fd);
      throw error;
    }
    return fd;
  });
}

function setNumber(fd: number, level: number, option: number, value: number): boolean {
  return libc().setsockopt(fd, level, option, Uint32Array.of(value), 4) === 0;
}

/** Requests to the kernel of one namespace. What it refuses is thrown as ShimlineError IO, in a sentence. */
export class Rtnetlink {
  readonly #place: string;
  readonly #buffer = new Uint8Array(answerBytes);
  #fd: number;
  #sequence = 0;

  /** `place` begins every error; `netns` undefined: where we are. */
  constructor(place: string, netns?: string) {
    this.#place = place;
    this.#fd = openSocket(place, netns, 0);
    // Errors in words, and without the request repeated. Old kernels lack both, which does no harm.
    setNumber(this.#fd, netlinkLevel, extendedAcknowledgement, 1);
    setNumber(this.#fd, netlinkLevel, capAcknowledgement, 1);
  }

  links(): LinkMessage[] {
    return this.#dump(RtnetlinkType.getLink, RtnetlinkType.newLink, readLink);
  }

  addresses(): AddressMessage[] {
    return this.#dump(RtnetlinkType.getAddress, RtnetlinkType.newAddress, readAddress);
  }

  neighbors(): NeighborMessage[] {
    return this.#dump(RtnetlinkType.getNeighbor, RtnetlinkType.newNeighbor, readNeighbor);
  }

  /** Of all tables. */
  routes(): RouteMessage[] {
    return this.#dump(RtnetlinkType.getRoute, RtnetlinkType.newRoute, readRoute);
  }

  nexthops(): NexthopMessage[] {
    return this.#dump(RtnetlinkType.getNexthop, RtnetlinkType.newNexthop, readNexthop);
  }

  /** The link of this name, with its counters; undefined when there is none. */
  link(name: string): LinkMessage | undefined {
    let found: LinkMessage | undefined;
    const refused = this.#exchange(linkRequest(name, ++this.#sequence), (bytes, message) => {
      found ??= message.type === RtnetlinkType.newLink ? readLink(bytes, message) : undefined;
      return found !== undefined;
    });
    if (refused === undefined || refused.errno === Errno.noDevice) return found;
    throw this.#refusal(`link ${name}`, refused);
  }

  /** Changes a link; what is undefined stays as it is. */
  setLink(index: number, settings: LinkSettings, name = `link ${index}`): void {
    this.#request(`${name} cannot be set up`, setLinkRequest(index, settings, ++this.#sequence));
  }

  /** Adds an address, with its subnet, that works at once. One that is there already stays. */
  addAddress(index: number, prefix: IpPrefix, name = `link ${index}`): void {
    const request = newAddressRequest(index, prefix, ++this.#sequence);
    this.#request(`address ${formatPrefix(prefix)} of ${name} cannot be added`, request);
  }

  /** Takes an address away, or leaves things alone where it is not there. */
  deleteAddress(index: number, prefix: IpPrefix, name = `link ${index}`): void {
    const request = deleteAddressRequest(index, prefix, ++this.#sequence);
    this.#request(`address ${formatPrefix(prefix)} of ${name} cannot be removed`, request, Errno.addressNotThere);
  }

  /** Adds a permanent neighbour, or replaces the one that is there. */
  addNeighbor(index: number, address: IpAddress, mac: Uint8Array, name = `link ${index}`): void {
    const request = newNeighborRequest(index, address, mac, ++this.#sequence);
    this.#request(`neighbour ${formatAddress(address)} of ${name} cannot be added`, request);
  }

  deleteNeighbor(index: number, address: IpAddress, name = `link ${index}`): void {
    const request = deleteNeighborRequest(index, address, ++this.#sequence);
    this.#request(`neighbour ${formatAddress(address)} of ${name} cannot be removed`, request, Errno.noEntry);
  }

  /** May be called twice. */
  close(): void {
    if (this.#fd >= 0) libc().close(this.#fd);
    this.#fd = -1;
  }

  #dump<Item>(
    requestType: number,
    answerType: number,
    read: (bytes: Uint8Array, message: NetlinkMessage) => Item | undefined,
  ): Item[] {
    for (let attempt = 1; ; attempt++) {
      const items: Item[] = [];
      let interrupted = false;
      const refused = this.#exchange(dumpRequest(requestType, ++this.#sequence), (bytes, message) => {
        interrupted ||= (message.flags & NetlinkFlag.dumpInterrupted) !== 0;
        const item = message.type === answerType ? read(bytes, message) : undefined;
        if (item !== undefined) items.push(item);
        return false;
      });
      if (refused !== undefined) throw this.#refusal(`list ${requestType}`, refused);
      if (!interrupted || attempt === dumpAttempts) return items;
    }
  }

  #request(what: string, request: Uint8Array, tolerated = 0): void {
    const refused = this.#exchange(request, () => false);
    if (refused !== undefined && refused.errno !== tolerated) throw this.#refusal(what, refused);
  }

  /**
   * Sends a request and hands over what comes back to it, until its end or until `each` answers true. Answers what the
   * kernel refused, or undefined.
   */
  #exchange(request: Uint8Array, each: (bytes: Uint8Array, message: NetlinkMessage) => boolean): Refusal | undefined {
    const c = libc();
    if (c.sendto(this.#fd, request, request.length, 0, null, 0) < 0)
      return { errno: c.errno(), explanation: undefined };
    for (;;) {
      const received = c.recv(this.#fd, this.#buffer, this.#buffer.length, receiveFlags);
      if (received < 0) {
        const errno = c.errno();
        if (errno === Errno.interrupted) continue;
        return { errno, explanation: undefined };
      }
      const outcome = this.#answer(Math.min(received, this.#buffer.length), each);
      if (outcome !== undefined) return outcome.errno === 0 ? undefined : outcome;
    }
  }

  /** One datagram of an answer; undefined: more is to come. */
  #answer(end: number, each: (bytes: Uint8Array, message: NetlinkMessage) => boolean): Refusal | undefined {
    const bytes = this.#buffer;
    let outcome: Refusal | undefined;
    for (
      let m = messageAt(bytes, 0, end);
      m !== undefined && outcome === undefined;
      m = messageAt(bytes, m.next, end)
    ) {
      if (m.sequence !== this.#sequence) continue;
      if (m.type === NetlinkType.error || m.type === NetlinkType.done) {
        outcome = readAcknowledgement(bytes, m) ?? { errno: 0, explanation: undefined };
      } else if (each(bytes, m)) {
        outcome = { errno: 0, explanation: undefined };
      }
    }
    return outcome;
  }

  #refusal(what: string, { errno, explanation }: Refusal): ShimlineError {
    const { code, sentence } = systemError(errno);
    const missing = code === 'EPERM' ? ' (CAP_NET_ADMIN is missing)' : '';
    const words = explanation === undefined || explanation === '' ? '' : `: ${explanation}`;
    return new ShimlineError('IO', `${this.#place}: ${what}: ${sentence}${words}${missing}`);
  }
}

interface Refusal {
  readonly errno: number;
  readonly explanation: string | undefined;
}

/** What the kernel tells by itself of some groups (`RtnetlinkGroup`, or'ed), in one namespace. */
export class RtnetlinkEvents {
  readonly #buffer = new Uint8Array(answerBytes);
  #fd: number;
  #stop: (() => void) | undefined;

  constructor(place: string, groups: number, netns?: string) {
    this.#fd = openSocket(place, netns, groups >>> 0);
    // With CAP_NET_ADMIN beyond the system's limit, else up to it.
    if (!setNumber(this.#fd, socketLevel, receiveBufferForce, eventBufferBytes)) {
      setNumber(this.#fd, socketLevel, receiveBuffer, eventBufferBytes);
    }
  }

  /** -1 after `close`. */
  get descriptor(): number {
    return this.#fd;
  }

  /**
   * Hands over what is at hand, without waiting. The bytes are used again after the call. False: the kernel had to throw
   * messages away, so whoever keeps books must ask for everything anew.
   */
  read(each: (bytes: Uint8Array, message: NetlinkMessage) => void): boolean {
    const c = libc();
    const bytes = this.#buffer;
    let complete = true;
    while (this.#fd >= 0) {
      const received = c.recv(this.#fd, bytes, bytes.length, receiveFlags);
      if (received < 0) {
        const errno = c.errno();
        if (errno === Errno.noBuffers) complete = false;
        if (errno === Errno.noBuffers || errno === Errno.interrupted) continue;
        break;
      }
      if (received > bytes.length) complete = false;
      const end = Math.min(received, bytes.length);
      for (let m = messageAt(bytes, 0, end); m !== undefined; m = messageAt(bytes, m.next, end)) each(bytes, m);
    }
    return complete;
  }

  /** Calls the listener from the event loop when there is something to `read`, until `close`. */
  watch(onReadable: () => void): void {
    this.#stop = libc().watch(this.#fd, onReadable);
  }

  /** May be called twice, and from within the listener. */
  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#fd >= 0) libc().close(this.#fd);
    this.#fd = -1;
  }
}
