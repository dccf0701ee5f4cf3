// Sending by sendmmsg on a packet socket: works wherever packet sockets do. One call carries what a flush has to carry.
// Frames pass the queueing discipline of the link, so shaping applies to them, and a full socket makes `send` answer false.
//
//   slots     | frame 0 (2048 bytes) | frame 1 | …                      a ring: head … tail are pending
//   messages  | struct mmsghdr 0 (64 bytes) | …      iovecs  | address, length (16 bytes) | …
import type { DeviceCounts } from '../live-device.ts';
import { libc, systemError } from './libc.ts';
import type { Link } from './link.ts';
import { map } from './mapping.ts';
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

const slots = 1024;
const messageBytes = 64;
const vectorBytes = 16;
/** Where the address and count of a message's vectors lie, words. */
const Message = { vector: 4, vectors: 6 } as const;

/** Opens the sender. Throws ShimlineError IO. */
export function openMmsgSender(place: string, link: Link, counts: DeviceCounts): Sender {
  const fd = openSendSocket(place, link, false);
  const messagesAt = slots * chunkBytes;
  const vectorsAt = messagesAt + slots * messageBytes;
  const memory = map(place, vectorsAt + slots * vectorBytes);
  const copy = chunkCopy(memory.buffer);
  const messages = new Uint32Array(memory.buffer, messagesAt, (slots * messageBytes) >>> 2);
  const vectors = new Uint32Array(memory.buffer, vectorsAt, (slots * vectorBytes) >>> 2);
  const messagesAddress = memory.address + BigInt(messagesAt);
  /** The lower half of where the memory begins, as each slot sees it: no slot lies across 4 GiB. */
  const addresses = new Float64Array(slots);
  for (let slot = 0; slot < slots; slot++) {
    writeAddress(vectors, slot * 4, memory.address + BigInt(slot * chunkBytes));
    addresses[slot] = vectors[slot * 4] - slot * chunkBytes;
    const at = slot * (messageBytes >>> 2);
    writeAddress(messages, at + Message.vector, memory.address + BigInt(vectorsAt + slot * vectorBytes));
    messages[at + Message.vectors] = 1;
  }
  let head = 0;
  let pending = 0;
  let isOpen = true;

  function send(bytes: Uint8Array, start: number, captured: number): boolean {
    if (!isOpen) return false;
    if (captured > chunkFrameBytesMax) {
      flush();
      return pending === 0 && sendNow(fd, bytes, start, captured, counts);
    }
    if (isTooShort(captured)) {
      countFailed(counts, 1, captured);
      return true;
    }
    if (pending === slots) return false;
    const slot = (head + pending) & (slots - 1);
    vectors[slot * 4] = addresses[slot] + copy(bytes, start, captured, slot);
    vectors[slot * 4 + 2] = captured;
    pending++;
    return true;
  }

  function flush(): void {
    while (isOpen && pending > 0) {
      const run = Math.min(pending, slots - head);
      const sent = libc().sendmmsg(fd, messagesAddress + BigInt(head * messageBytes), run, dontWait);
      if (sent > 0) advance(sent);
      else if (!survive(systemError(libc().errno()).code)) return;
    }
  }

  function advance(frames: number): void {
    head = (head + frames) & (slots - 1);
    pending -= frames;
  }

  /** What the first pending frame has met; false: the rest has to wait. */
  function survive(code: string): boolean {
    switch (code) {
      case 'EINTR':
        return true;
      case 'EAGAIN':
        return false;
      // The link is down or gone: so it is for all that are pending.
      case 'ENETDOWN':
      case 'ENXIO':
      case 'ENODEV':
        while (pending > 0) failFirst();
        return false;
      // Too long for the link, thrown away by its queue, or refused for a reason of its own: only this one.
      default:
        failFirst();
        return true;
    }
  }

  function failFirst(): void {
    countFailed(counts, 1, vectors[head * 4 + 2]);
    advance(1);
  }

  return {
    send,
    flush,
    pending: () => pending,
    close() {
      if (!isOpen) return;
      isOpen = false;
      pending = 0;
      memory.unmap();
      libc().close(fd);
    },
  };
}

function writeAddress(words: Uint32Array, at: number, address: bigint): void {
  words[at] = Number(address & 0xffff_ffffn);
  words[at + 1] = Number(address >> 32n);
}
