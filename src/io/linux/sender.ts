// What both ways of sending have in common: their interface, the copy out of a batch, and frames that are too long for
// either's buffers, which go by a call of their own.
import type { DeviceCounts } from '../live-device.ts';
import { headerBytes } from './frame-copy.ts';
import { libc, systemError } from './libc.ts';
import type { Link } from './link.ts';
import {
  bindToLink,
  dontWait,
  levelPacket,
  noProtocol,
  openPacketSocket,
  SocketOption,
  setBuffer,
} from './packet-socket.ts';

/** The sending half of a device; methods as in LiveDevice. */
export interface Sender {
  send(bytes: Uint8Array, start: number, captured: number): boolean;
  flush(): void;
  pending(): number;
  close(): void;
}

/** One buffer of a frame. */
export const chunkBytes = 2048;
/** A frame lies as far into eight bytes as where it came from: `set` copies shared memory by bytes otherwise, 3 times slower. */
const shiftMask = 7;
export const chunkFrameBytesMax = chunkBytes - shiftMask;
/** What a driver may hold for a socket before `send` has to wait. */
export const sendBufferBytes = 16 << 20;
/** Up to here a loop over words is faster than `set`. */
const wordCopyMax = 256;

/** Puts a frame into a chunk; answers its place in the memory. */
export type ChunkCopy = (bytes: Uint8Array, start: number, captured: number, chunk: number) => number;

/** Copies into the chunks that lie side by side in `memory`. */
export function chunkCopy(memory: ArrayBuffer): ChunkCopy {
  const target = new Uint32Array(memory);
  const targetBytes = new Uint8Array(memory);
  /** The words of the array that was copied from last, and of all that were. */
  let lastBytes: Uint8Array = targetBytes;
  let source: Uint32Array = target;
  const wordsOf = new WeakMap<Uint8Array, Uint32Array>();

  function changeSource(bytes: Uint8Array): void {
    let words = wordsOf.get(bytes);
    if (words === undefined) {
      // Arrays that do not begin at a word have no words, and are copied by bytes.
      const isAligned = (bytes.byteOffset & 3) === 0;
      words = new Uint32Array(bytes.buffer, isAligned ? bytes.byteOffset : 0, isAligned ? bytes.byteLength >>> 2 : 0);
      wordsOf.set(bytes, words);
    }
    lastBytes = bytes;
    source = words;
  }

  return (bytes, start, captured, chunk) => {
    const to = chunk * chunkBytes + (start & shiftMask);
    if (bytes !== lastBytes) changeSource(bytes);
    const words = source;
    const stop = (start + captured + 3) >>> 2;
    if (captured > wordCopyMax || stop > words.length) {
      targetBytes.set(bytes.subarray(start, start + captured), to);
      return to;
    }
    let at = to >>> 2;
    for (let word = start >>> 2; word < stop; ) target[at++] = words[word++];
    return to;
  };
}

/** Counts frames that the system, or we in its place, refused. */
export function countFailed(counts: DeviceCounts, frames: number, bytes: number): void {
  counts.sendFailed += frames;
  counts.sendFailedBytes += bytes;
}

/** No link has frames without a header. */
export function isTooShort(captured: number): boolean {
  return captured < headerBytes;
}

/** A packet socket to send by. With `bypass` its frames pass the queueing discipline by, as those of AF_XDP do. */
export function openSendSocket(place: string, link: Link, bypass: boolean): number {
  const qdiscBypass = 20;
  const fd = openPacketSocket(place);
  try {
    setBuffer(fd, SocketOption.sendBufferForce, SocketOption.sendBuffer, sendBufferBytes);
    if (bypass) libc().setsockopt(fd, levelPacket, qdiscBypass, new Uint32Array([1]), 4);
    bindToLink(place, fd, link, noProtocol);
  } catch (error) {
    libc().close(fd);
    throw error;
  }
  return fd;
}

/** Sends one frame at once. False: the socket is full, nothing was taken. A frame that is refused is counted as failed. */
export function sendNow(fd: number, bytes: Uint8Array, start: number, captured: number, counts: DeviceCounts): boolean {
  if (libc().sendto(fd, bytes.subarray(start, start + captured), captured, dontWait, null, 0) >= 0) return true;
  if (systemError(libc().errno()).code === 'EAGAIN') return false;
  countFailed(counts, 1, captured);
  return true;
}
