// The receive ring that waits least: TPACKET_V2. Every frame has a slot and is ours as soon as the kernel has written it,
// where a block of version 3 may age a millisecond. It costs more a frame.
//
//   slot  | status @0 | length @4 | snapped @8 | mac @12 (u16) | … | seconds @16 | ns @20 | tag @24 (u16) | type @26 (u16) | frame …
//
// A slot holds what the mtu allows. Longer frames, which an offload of the sending host has put together, come whole
// through the socket's queue as well (PACKET_COPY_THRESH); the slot says so.
import type { Batch } from '../../wire/batch.ts';
import type { DeviceCounts } from '../live-device.ts';
import type { FanoutGroup } from './fanout.ts';
import { alignTail, FrameStatus, frameCopy, headerBytes, tagBytes, tagWord } from './frame-copy.ts';
import { libc } from './libc.ts';
import type { Link } from './link.ts';
import { Offloads, offloadHeaderBytes, offloadMask } from './offload.ts';
import { dontWait, PacketOption, SocketOption, setBuffer, setOption } from './packet-socket.ts';
import { blockBytes, frameBytesUsual, openRingSocket, packetVersion, type ReceiveRing } from './receive-ring.ts';

const ringBytesUsual = 16 << 20;
/** What a burst may fill; large slots need a larger ring for it. */
const slotsMin = 2048;
const slotBytesMin = 2048;
const slotBytesMax = 32 * 1024;
/** Of a slot, before the frame, and room for tags. */
const slotOverheadBytes = 128;
/** For whole frames that did not fit their slots. */
const queueBytes = 8 << 20;
/** The longest of them, and the header before it. */
const wholeBytesMax = 80 * 1024;
/** Slots that are looked at before they are taken, a batch of them. */
const readyMax = 256;

const Slot = { status: 0, length: 1, snapped: 2, mac: 3, seconds: 4, nanoseconds: 5, tag: 6 } as const;

function slotBytesFor(mtu: number): number {
  let bytes = slotBytesMin;
  while (bytes < slotBytesMax && bytes < mtu + slotOverheadBytes) bytes *= 2;
  return bytes;
}

/** Opens the ring on the link. Throws ShimlineError IO. */
export function openRingV2(
  place: string,
  link: Link,
  fanout: FanoutGroup | undefined,
  counts: DeviceCounts,
): ReceiveRing {
  const slotBytes = slotBytesFor(link.mtu);
  const slots = Math.max(slotsMin, ringBytesUsual / slotBytes);
  const ringBytes = slots * slotBytes;
  const socket = openRingSocket({
    place,
    link,
    version: packetVersion.v2,
    ringBytes,
    request: [blockBytes, ringBytes / blockBytes, slotBytes, slots],
    fanout,
    prepare(fd) {
      setOption(place, fd, PacketOption.copyThreshold, 'PACKET_COPY_THRESH', [1]);
      setBuffer(fd, SocketOption.receiveBufferForce, SocketOption.receiveBuffer, queueBytes);
    },
  });
  const fd = socket.fd;
  const words = new Uint32Array(socket.mapping.buffer);
  const bytes = new Uint8Array(socket.mapping.buffer);
  const copyMapped = frameCopy(bytes, words);
  const whole = new Uint8Array(wholeBytesMax);
  const copyWhole = frameCopy(whole, new Uint32Array(whole.buffer));
  let isRead = false;
  const offloads = new Offloads(counts);
  const slotWords = slotBytes >>> 2;
  let usual = frameBytesUsual(link.mtu);
  let slot = 0;
  let isOpen = true;

  /** How many slots from `slot` on are ours. The last one is read atomically, so that all that was written before is seen. */
  function countReady(): number {
    let ready = 0;
    let at = slot;
    while (ready < readyMax && (words[at * slotWords] & FrameStatus.user) !== 0) {
      ready++;
      at = at + 1 === slots ? 0 : at + 1;
    }
    if (ready > 0) Atomics.load(words, (at === 0 ? slots - 1 : at - 1) * slotWords);
    return ready;
  }

  /** Copies the frame of a slot; false: the batch has no room. */
  function take(at: number, batch: Batch, port: number): boolean {
    const status = words[at];
    const length = words[at + Slot.length];
    const isWhole = (status & FrameStatus.copy) !== 0;
    if (!isWhole && words[at + Slot.snapped] < length) {
      // The socket's queue had no room for it, and what is in the slot cannot be sent on.
      counts.receiveLost++;
      return true;
    }
    const seconds = words[at + Slot.seconds];
    const nanoseconds = words[at + Slot.nanoseconds];
    if (offloads.isBusy) return offloads.emit(batch, port, seconds, nanoseconds);
    const isTagged = (status & FrameStatus.tagValid) !== 0 && length >= headerBytes;
    const tag = isTagged ? tagWord(status, words[at + Slot.tag] >>> 16, words[at + Slot.tag] & 0xffff) : -1;
    if (isWhole) readWhole(length);
    const source = isWhole ? whole : bytes;
    const from = isWhole ? offloadHeaderBytes : at * 4 + (words[at + Slot.mac] & 0xffff);
    const header = from - offloadHeaderBytes;
    const isOffloaded = ((source[header] | (source[header + 1] << 8)) & offloadMask) !== 0;
    if (isOffloaded && offloads.begin(source, header, from, length, tag)) {
      isRead = false;
      return offloads.emit(batch, port, seconds, nanoseconds);
    }
    alignTail(batch, isTagged);
    const more = isTagged ? tagBytes : 0;
    const start = batch.add(port, length + more, length + more, seconds, nanoseconds);
    if (start < 0) {
      if (batch.count > 0) return false;
      // What an empty batch cannot take, none ever will.
      counts.receiveLost++;
      isRead = false;
      return true;
    }
    isRead = false;
    const copy = isWhole ? copyWhole : copyMapped;
    if (isTagged) copy.tagged(from, length, batch, start, tag);
    else copy.plain(from, length, batch, start);
    if (length > usual) counts.receiveOversized++;
    if (isOffloaded) offloads.finish(source, header, batch, start, start + length + more, more);
    return true;
  }

  /**
   * A frame from the socket's queue, which has them in the order of the slots that announce them. Read once, and kept while
   * the batch has no room for it.
   */
  function readWhole(length: number): void {
    if (isRead) return;
    const due = length + offloadHeaderBytes;
    const read = libc().recv(fd, whole, due, dontWait);
    // A slot that announces a frame is written after the frame is queued: there is no other length than this.
    if (read !== due) whole.fill(0, Math.max(read, 0), due);
    isRead = true;
  }

  function receive(batch: Batch, port: number): number {
    if (!isOpen) return 0;
    const before = batch.count;
    // Once, unless all were lost; never longer than one way round the ring.
    for (let seen = 0; seen < slots && batch.count === before; ) {
      const ready = countReady();
      let taken = 0;
      let at = slot;
      while (taken < ready && take(at * slotWords, batch, port)) {
        taken++;
        at = at + 1 === slots ? 0 : at + 1;
      }
      if (taken === 0) break;
      release(taken);
      seen += taken;
    }
    return batch.count - before;
  }

  /** Gives slots back. The first word is exchanged, so that the kernel never overwrites what is still being read. */
  function release(taken: number): void {
    Atomics.exchange(words, slot * slotWords, 0);
    for (let i = 0; i < taken; i++) {
      words[slot * slotWords] = 0;
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
  }

  return {
    descriptor: fd,
    receive,
    readLost: () => socket.readLost(counts),
    setMtu(mtu) {
      usual = frameBytesUsual(mtu);
    },
    close() {
      isOpen = false;
      socket.close();
    },
  };
}
