// Sending by AF_XDP (xdp-socket.ts), the fastest way: frames are copied into chunks, named by descriptors in a ring, and one
// call makes the kernel take them. They pass the queueing discipline by, and captures on the sending side do not see them.
//
// The chunks are this socket's own and not the engine's arena, which would save the copy: what a port that is stuck still
// holds would then hold back the batch it came in, and with it the frames of all other ports.
//
//   send ring    … | taken by the kernel | head … pending … producer | free …      positions run on, modulo 2^32
//   descriptor   | address of the frame @0 (u64) | length @8 | options @12 |
//   completion   | address of a frame whose chunk is free again (u64) |
import type { DeviceCounts } from '../live-device.ts';
import { libc, systemError } from './libc.ts';
import type { Link } from './link.ts';
import { dontWait } from './packet-socket.ts';
import {
  chunkBytes,
  chunkCopy,
  chunkFrameBytesMax,
  countFailed,
  isTooShort,
  openSendSocket,
  type Sender,
  sendNow,
} from './sender.ts';
import { chunks, descriptors, openXdpSocket } from './xdp-socket.ts';

/** A kernel before 6.16 does not show how far it has come: this many calls without a sign are made before we wait. */
const callsWithoutSignMax = 8;

/** Opens the sender on a queue of the link. Throws ShimlineError IO that says why AF_XDP cannot be had. */
export function openXdpSender(place: string, link: Link, queue: number, counts: DeviceCounts): Sender {
  const socket = openXdpSocket(place, link, queue);
  let longFrames = -1;
  try {
    longFrames = openSendSocket(place, link, true);
  } catch (error) {
    socket.close();
    throw error;
  }
  const { fd } = socket;
  const copy = chunkCopy(socket.memory);
  const { words: ring, producerAt, consumerAt, firstAt } = socket.send;
  const done = socket.completion;
  const doneWords = done.words;
  const free = new Uint32Array(chunks);
  for (let chunk = 0; chunk < chunks; chunk++) free[chunk] = chunk;
  let freeCount = chunks;
  let doneConsumer = 0;
  /** Positions in the send ring: the first that the kernel has not taken, that it has not seen, that is free. */
  let head = 0;
  let seen = 0;
  let producer = 0;
  let isOpen = true;

  const pending = () => (producer - head) >>> 0;
  const descriptorAt = (position: number) => firstAt + (position & (descriptors - 1)) * 4;

  function send(bytes: Uint8Array, start: number, captured: number): boolean {
    if (!isOpen) return false;
    if (captured > chunkFrameBytesMax) {
      flush();
      return pending() === 0 && sendNow(longFrames, bytes, start, captured, counts);
    }
    if (isTooShort(captured)) {
      countFailed(counts, 1, captured);
      return true;
    }
    if (freeCount === 0) reclaim();
    if (freeCount === 0 || pending() === descriptors) return false;
    const chunk = free[--freeCount];
    const at = descriptorAt(producer);
    ring[at] = copy(bytes, start, captured, chunk);
    ring[at + 1] = 0;
    ring[at + 2] = captured;
    ring[at + 3] = 0;
    producer = (producer + 1) >>> 0;
    return true;
  }

  /** Takes back the chunks that the kernel is done with. */
  function reclaim(): void {
    const end = Atomics.load(doneWords, done.producerAt);
    if (end === doneConsumer) return;
    for (; doneConsumer !== end; doneConsumer = (doneConsumer + 1) >>> 0) {
      const address = doneWords[done.firstAt + (doneConsumer & (chunks - 1)) * 2];
      free[freeCount++] = Math.trunc(address / chunkBytes);
    }
    Atomics.store(doneWords, done.consumerAt, end);
  }

  function flush(): void {
    if (!isOpen || head === producer) return;
    reclaim();
    Atomics.store(ring, producerAt, producer);
    for (let withoutSign = 0; head !== producer && withoutSign < callsWithoutSignMax; ) {
      const before = head;
      kick();
      if (head === before) withoutSign++;
    }
    reclaim();
  }

  /** One call: the kernel takes what it can. Afterwards `head` is where it has come to, as far as that can be known. */
  function kick(): void {
    if (libc().sendto(fd, null, 0, dontWait, null, 0) >= 0) {
      head = producer;
      seen = producer;
      return;
    }
    const { code } = systemError(libc().errno());
    // Down: what the kernel has seen waits for the link. Gone: nothing will ever look at the ring again.
    if (code === 'ENETDOWN') return failFrom(seen);
    if (code === 'ENXIO' || code === 'ENODEV') return failFrom(head);
    seen = producer;
    const consumer = Atomics.load(ring, consumerAt);
    const hasMoved = consumer !== head && (consumer - head) >>> 0 <= pending();
    if (hasMoved) head = consumer;
    // The link refused a frame, which is the last one taken. All other errors (EAGAIN: its budget is used up, the driver or
    // the socket's buffer is full; ENOBUFS: memory is short) leave the next frame where it is.
    if (code !== 'EBUSY' && code !== 'EMSGSIZE') return;
    if (!hasMoved) head = (head + 1) >>> 0;
    countFailed(counts, 1, ring[descriptorAt(head - 1) + 2]);
  }

  /** Takes back what lies in the ring from a position on: it fails. The kernel has never looked so far. */
  function failFrom(position: number): void {
    for (let each = position; each !== producer; each = (each + 1) >>> 0) {
      const at = descriptorAt(each);
      countFailed(counts, 1, ring[at + 2]);
      free[freeCount++] = Math.trunc(ring[at] / chunkBytes);
    }
    producer = position;
    Atomics.store(ring, producerAt, producer);
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    head = producer;
    socket.close();
    libc().close(longFrames);
  }

  return { send, flush, pending, close };
}
