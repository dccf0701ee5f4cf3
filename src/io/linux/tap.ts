// A TAP: an interface of the kernel whose other end is this process. What the kernel sends on it arrives here, what is
// sent here the kernel receives. It is made by us, in a namespace of choice, and vanishes with the descriptor, so with the
// process too, by whatever signal. A frame takes one system call, and is copied once; nothing is held back.
import { writeFileSync } from 'node:fs';
import { ShimlineError } from '../../errors.ts';
import { type IpPrefix, parsePrefix } from '../../wire/address.ts';
import { type Batch, batchFrames, headroomBytes } from '../../wire/batch.ts';
import { copyBytes, readLittle32 } from '../../wire/bytes.ts';
import { writeLittle16 } from '../../wire/netlink.ts';
import { type DeviceCounts, type LiveDevice, noCounts } from '../live-device.ts';
import { callError, libc, systemError } from './libc.ts';
import { inNamespace } from './netns.ts';
import { Rtnetlink } from './rtnetlink.ts';

export interface TapOptions {
  /** Begins every error: `interfaces.ce1`. */
  readonly place: string;
  /** 1 to 15 bytes, without slash, blank and percent sign. */
  readonly name: string;
  /** Name or path of the network namespace in which it is made; default: where we are. */
  readonly netns?: string | undefined;
  /** Six bytes. Default: the kernel chooses. */
  readonly mac?: Uint8Array | undefined;
  /** Bytes of a packet; default 1500. */
  readonly mtu?: number | undefined;
  /** `10.1.1.1/24`. They work at once: no duplicate address detection. */
  readonly addresses?: readonly string[] | undefined;
  /** More threads may take part with `joinTap` (IFF_MULTI_QUEUE). */
  readonly queues?: boolean | undefined;
  /** Default true. */
  readonly up?: boolean | undefined;
  /** The kernel shall not configure itself there by router advertisements, nor ask for them. */
  readonly quiet?: boolean | undefined;
}

export interface Tap extends LiveDevice {
  readonly name: string;
  /** The kernel's index of it, in its namespace. */
  readonly index: number;
  /** Somebody has deleted the interface: nothing arrives and `send` fails. Close it and open it anew. */
  readonly gone: boolean;
}

const tunPath = '/dev/net/tun';
/** O_RDWR | O_NONBLOCK | O_CLOEXEC. */
const openFlags = 0x8_0802;
const setInterface = 0x4004_54ca;
const requestBytes = 40;
const flagsAt = 16;
const InterfaceFlag = { tap: 0x2, multiQueue: 0x100, noInformation: 0x1000, exclusive: 0x8000 } as const;

/** The longest frame a TAP delivers: mtu of at most 65,521, with its Ethernet header and two tags. */
const frameBytesMost = 65_552;
const nameBytesMax = 15;

/**
 * Makes a TAP, configures it and brings it up. On an error nothing is left behind. Throws ShimlineError: CONFIG for a name
 * or address that cannot be, IO for what the system refuses (a name that is taken, a right that is missing).
 */
export function openTap(options: TapOptions): Tap {
  const { place, name, netns } = options;
  checkName(place, name);
  const prefixes = (options.addresses ?? []).map((text) => prefixOf(place, text));
  return inNamespace(place, netns, () => {
    const fd = attach(place, name, InterfaceFlag.exclusive | (options.queues === true ? InterfaceFlag.multiQueue : 0));
    let requests: Rtnetlink | undefined;
    try {
      requests = new Rtnetlink(place);
      return new TapDevice(name, configure(options, requests, prefixes), fd, requests);
    } catch (error) {
      requests?.close();
      libc().close(fd);
      throw error;
    }
  });
}

/**
 * Another queue of a TAP that was opened with `queues`, here or in another thread: the kernel spreads flows over the
 * queues. The TAP stays as long as one of them is open. Throws ShimlineError IO when there is no such TAP.
 */
export function joinTap(place: string, name: string, netns?: string): Tap {
  checkName(place, name);
  return inNamespace(place, netns, () => {
    const requests = new Rtnetlink(place);
    try {
      const link = requests.link(name);
      if (link === undefined) throw new ShimlineError('IO', `${place}: there is no TAP ${name} to join`);
      return new TapDevice(name, link.index, attach(place, name, InterfaceFlag.multiQueue), undefined);
    } finally {
      requests.close();
    }
  });
}

function checkName(place: string, name: string): void {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes === 0 || bytes > nameBytesMax || /[/%:\s]/.test(name) || name === '.' || name === '..') {
    const rule = `1 to ${nameBytesMax} bytes without slash, colon, percent sign and blank`;
    throw new ShimlineError('CONFIG', `${place}: '${name}' cannot be the name of an interface: ${rule}`);
  }
}

/** The prefix of an address in CIDR notation. Throws ShimlineError CONFIG when it is none. */
export function prefixOf(place: string, text: string): IpPrefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new ShimlineError('CONFIG', `${place}: '${text}' is no address with a prefix length`);
  return prefix;
}

/** A descriptor of the TAP of this name, with the flags of TUNSETIFF. */
function attach(place: string, name: string, flags: number): number {
  const c = libc();
  const fd = c.open(tunPath, openFlags);
  if (fd < 0) throw openError(place);
  const request = new Uint8Array(requestBytes);
  request.set(new TextEncoder().encode(name));
  writeLittle16(request, flagsAt, InterfaceFlag.tap | InterfaceFlag.noInformation | flags);
  if (c.ioctl(fd, setInterface, request) === 0) return fd;
  const { code } = systemError(c.errno());
  const error = callError(place, `TAP ${name} cannot be made`, 'tap');
  c.close(fd);
  if (code !== 'EBUSY') throw error;
  const advice = `delete it (ip link delete ${name}) or choose another name`;
  throw new ShimlineError('IO', `${place}: TAP ${name} cannot be made: there is an interface of this name; ${advice}`);
}

/** Why the device behind all TAPs could not be opened. Its file needs no capability, unlike the TAP itself. */
function openError(place: string): ShimlineError {
  const { code } = systemError(libc().errno());
  const error = callError(place, `open(${tunPath})`);
  if (code === 'EACCES') return new ShimlineError('IO', `${error.message}; allow it to all: chmod 0666 ${tunPath}`);
  if (code !== 'ENOENT' && code !== 'ENODEV') return error;
  return new ShimlineError('IO', `${error.message}: the kernel has no TAP; load the module: modprobe tun`);
}

/** Sets up the TAP that was just made; answers its index. */
function configure(options: TapOptions, requests: Rtnetlink, prefixes: readonly IpPrefix[]): number {
  const { place, name, mac, mtu } = options;
  const link = requests.link(name);
  if (link === undefined) throw new ShimlineError('IO', `${place}: TAP ${name} was deleted while it was set up`);
  if (options.quiet === true) silence(name);
  requests.setLink(link.index, { mac, mtu }, name);
  if (options.up !== false) requests.setLink(link.index, { up: true }, name);
  // Addresses of a link that is down would have no route to their subnet.
  for (const prefix of prefixes) requests.addAddress(link.index, prefix, name);
  return link.index;
}

/** Without IPv6, or with a read-only /proc, there is nothing to write to: then nothing is to be silenced, or cannot be. */
function silence(name: string): void {
  for (const key of ['accept_ra', 'autoconf']) {
    try {
      writeFileSync(`/proc/sys/net/ipv6/conf/${name}/${key}`, '0');
    } catch {
      return;
    }
  }
}

const Errno = { again: 11, interrupted: 4, badState: 77, noDevice: 19 } as const;
const realtimeClock = 0;

class TapDevice implements Tap {
  readonly name: string;
  readonly index: number;
  readonly pending = 0;
  readonly ended = false;
  gone = false;
  #fd: number;
  /** Undefined for a further queue: counters belong to the interface, and are told by the first one. */
  readonly #requests: Rtnetlink | undefined;
  readonly #counts: DeviceCounts = noCounts();
  /** A frame on its way in or out. A view of each place in a batch would be an allocation a frame. */
  readonly #frame = new Uint8Array(frameBytesMost);
  /** struct timespec. */
  readonly #time = new Uint8Array(16);

  constructor(name: string, index: number, fd: number, requests: Rtnetlink | undefined) {
    this.name = name;
    this.index = index;
    this.#fd = fd;
    this.#requests = requests;
  }

  get descriptor(): number {
    return this.gone ? -1 : this.#fd;
  }

  receive(batch: Batch, port: number): number {
    if (this.#fd < 0) return 0;
    const c = libc();
    const from = batch.count;
    let seconds = 0;
    let nanoseconds = 0;
    // A frame that has been read must find room, however long it is.
    while (batch.count < batchFrames && batch.tail + headroomBytes + 8 + frameBytesMost <= batch.bytes.length) {
      const captured = c.read(this.#fd, this.#frame, frameBytesMost);
      if (captured <= 0) {
        if (captured < 0) this.#note(c.errno());
        break;
      }
      if (batch.count === from) {
        c.clock_gettime(realtimeClock, this.#time);
        seconds = readLittle32(this.#time, 0);
        nanoseconds = readLittle32(this.#time, 8);
      }
      const start = batch.add(port, captured, captured, seconds, nanoseconds);
      copyBytes(this.#frame, 0, batch.bytes, start, captured);
    }
    return batch.count - from;
  }

  send(bytes: Uint8Array, start: number, captured: number): boolean {
    if (this.#fd < 0) return false;
    let errno = 0;
    if (captured <= frameBytesMost) {
      const c = libc();
      copyBytes(bytes, start, this.#frame, 0, captured);
      if (c.write(this.#fd, this.#frame, captured) === captured) return true;
      errno = c.errno();
      if (errno === Errno.again) return false;
    }
    this.#note(errno);
    this.#counts.sendFailed++;
    this.#counts.sendFailedBytes += captured;
    return true;
  }

  flush(): void {}

  readCounts(): DeviceCounts {
    if (this.#fd >= 0 && !this.gone) {
      try {
        this.#counts.receiveLost = this.#requests?.link(this.name)?.transmitDropped ?? this.#counts.receiveLost;
      } catch {
        // The count stays as it was last known: counting is no reason to end a run.
      }
    }
    return this.#counts;
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#requests?.close();
    libc().close(this.#fd);
    this.#fd = -1;
  }

  #note(errno: number): void {
    if (errno === Errno.badState || errno === Errno.noDevice) this.gone = true;
  }
}
