// Packet sockets (AF_PACKET, packet(7)): opened, bound to a link, told their options. Rings and senders stand on these.
import { callError, libc, systemError } from './libc.ts';
import type { Link } from './link.ts';

export const familyPacket = 17;
const typeRaw = 3;
const closeOnExec = 0x80000;
export const levelPacket = 263;
export const levelSocket = 1;
/** ETH_P_ALL, as `bind` wants it: in network order. */
export const everyProtocol = 0x0300;
/** A socket that is bound with no protocol receives nothing. */
export const noProtocol = 0;
/** MSG_DONTWAIT */
export const dontWait = 0x40;

export const PacketOption = {
  addMembership: 1,
  receiveRing: 5,
  statistics: 6,
  copyThreshold: 7,
  version: 10,
  reserve: 12,
  offloadHeader: 15,
  fanout: 18,
  fanoutData: 22,
  ignoreOutgoing: 23,
} as const;

export const SocketOption = {
  sendBuffer: 7,
  receiveBuffer: 8,
  sendBufferForce: 32,
  receiveBufferForce: 33,
} as const;

/** A packet socket that is bound to nothing yet. Throws ShimlineError IO, naming CAP_NET_RAW when that is missing. */
export function openPacketSocket(place: string): number {
  const fd = libc().socket(familyPacket, typeRaw | closeOnExec, 0);
  if (fd < 0) throw callError(place, 'socket(AF_PACKET)', 'socket');
  return fd;
}

export function setOption(place: string, fd: number, name: number, what: string, words: readonly number[]): void {
  const value = new Uint32Array(words);
  if (libc().setsockopt(fd, levelPacket, name, value, value.byteLength) < 0) throw callError(place, what);
}

/** Asks for room in a socket's buffer; beyond the system's usual limit where CAP_NET_ADMIN allows that. */
export function setBuffer(fd: number, force: number, usual: number, bytes: number): void {
  const value = new Uint32Array([bytes]);
  if (libc().setsockopt(fd, levelSocket, force, value, 4) < 0) libc().setsockopt(fd, levelSocket, usual, value, 4);
}

/** struct sockaddr_ll: family@0, protocol@2 (network order), interface@4. */
export function bindToLink(place: string, fd: number, link: Link, protocol: number): void {
  const address = new Uint32Array(5);
  address[0] = familyPacket | (protocol << 16);
  address[1] = link.index;
  const isBound = bindPatiently(fd, address);
  if (!isBound) throw callError(place, `bind(AF_PACKET) to ${link.name}`, 'socket');
}

const attemptsMax = 20;
const attemptMilliseconds = 25;

/**
 * Binds, and tries again for half a second when the system says EBUSY: what a process held that has just ended is given
 * back a little later. False: `errno` says why.
 */
export function bindPatiently(fd: number, address: ArrayBufferView): boolean {
  for (let attempt = 1; ; attempt++) {
    if (libc().bind(fd, address, address.byteLength) >= 0) return true;
    const isBusy = systemError(libc().errno()).code === 'EBUSY';
    if (!isBusy || attempt === attemptsMax) return false;
    sleep(attemptMilliseconds);
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Everything that arrives, not only what is addressed to the link's MAC. Ends with the socket, by SIGKILL too. */
export function makePromiscuous(place: string, fd: number, link: Link): void {
  const promiscuous = 1;
  // struct packet_mreq: interface@0, type@4 (u16), address length@6 (u16), address@8.
  setOption(place, fd, PacketOption.addMembership, 'promiscuous mode', [link.index, promiscuous, 0, 0]);
}
