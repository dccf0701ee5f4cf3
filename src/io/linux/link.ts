// What the kernel says about a network interface, asked by ioctl: netdevice(7). The answers are those of the moment.
import { ShimlineError } from '../../errors.ts';
import { callError, libc, systemError } from './libc.ts';

/** An interface as the kernel knows it. */
export interface Link {
  readonly name: string;
  /** The kernel's number; another one after the interface has been deleted and made again. */
  readonly index: number;
  readonly mac: Uint8Array;
  /** Bytes of a frame behind its 14-byte header. */
  readonly mtu: number;
  /** IFF_UP: somebody wants it up. */
  readonly isUp: boolean;
  /** IFF_RUNNING: up, with a carrier. */
  readonly isRunning: boolean;
}

/** Longest name of an interface, bytes. */
const nameBytesMax = 15;
const request = { flags: 0x8913, mtu: 0x8921, mac: 0x8927, index: 0x8933 } as const;
const flag = { up: 1, running: 0x40 } as const;
/** ARPHRD_ETHER, ARPHRD_LOOPBACK: frames that begin with an Ethernet header. */
const hardwareTypes = [1, 772];

/** struct ifreq: name@0 (16 bytes), value@16. */
const requestBytes = 40;
const valueAt = 16;

/** The link of that name. Throws ShimlineError IO: `core1: there is no interface veth9`. */
export function linkOf(place: string, name: string): Link {
  const fd = controlSocket(place);
  try {
    const index = ask(place, fd, request.index, name).getInt32(valueAt, true);
    const hardware = ask(place, fd, request.mac, name);
    if (!hardwareTypes.includes(hardware.getUint16(valueAt, true))) {
      throw new ShimlineError('IO', `${place}: ${name} is not an Ethernet interface`);
    }
    const flags = ask(place, fd, request.flags, name).getUint16(valueAt, true);
    return {
      name,
      index,
      mac: new Uint8Array(hardware.buffer, valueAt + 2, 6).slice(),
      mtu: ask(place, fd, request.mtu, name).getInt32(valueAt, true),
      isUp: (flags & flag.up) !== 0,
      isRunning: (flags & flag.running) !== 0,
    };
  } finally {
    libc().close(fd);
  }
}

/** A socket to ask by: needs no right, and works where there is no IPv4 too. */
function controlSocket(place: string): number {
  const unix = 1;
  const datagram = 2;
  const closeOnExec = 0x80000;
  const fd = libc().socket(unix, datagram | closeOnExec, 0);
  if (fd < 0) throw callError(place, 'socket(AF_UNIX)');
  return fd;
}

function ask(place: string, fd: number, what: number, name: string): DataView {
  const bytes = new Uint8Array(requestBytes);
  const text = new TextEncoder().encode(name);
  if (text.length > nameBytesMax) throw noInterface(place, name);
  bytes.set(text);
  if (libc().ioctl(fd, what, bytes) < 0) {
    const { code } = systemError(libc().errno());
    throw code === 'ENODEV' || code === 'ENXIO' ? noInterface(place, name) : callError(place, `ioctl on ${name}`);
  }
  return new DataView(bytes.buffer);
}

function noInterface(place: string, name: string): ShimlineError {
  return new ShimlineError('IO', `${place}: there is no interface ${name}`);
}
