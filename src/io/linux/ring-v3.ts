// The receive ring that costs least a frame: TPACKET_V3. The kernel fills blocks with frames one behind the other and
// hands a block over when it is full or a millisecond old; we copy its frames out and give it back.
//
//   block  | … | status @8 | frames @12 | first @16 | … | frame | frame | …          status: 0 the kernel's, 1 ours
//   frame  | next @0 | seconds @4 | ns @8 | snapped @12 | length @16 | status @20 | mac @24 (u16) | … | tag @32 | type @36 |
import type { Batch } from '../../wire/batch.ts';
import type { DeviceCounts } from '../live-device.ts';
import type { FanoutGroup } from './fanout.ts';
import { alignTail, FrameStatus, frameCopy, headerBytes, tagBytes, tagWord } from './frame-copy.ts';
import type { Link } from './link.ts';
import { Offloads, offloadHeaderBytes, offloadMask } from './offload.ts';
import { blockBytes, frameBytesUsual, openRingSocket, packetVersion, type ReceiveRing } from './receive-ring.ts';

const blocks = 64;
const ringBytes = blocks * blockBytes;
/** Said to the kernel, which does not go by it. */
const frameBytes = 2048;
const retireMilliseconds = 1;

const blockWords = blockBytes >>> 2;
const Block = { status: 2, frames: 3, first: 4 } as const;
const Frame = {
  next: 0,
  seconds: 1,
  nanoseconds: 2,
  snapped: 3,
  length: 4,
  status: 5,
  mac: 6,
  tag: 8,
  type: 9,
} as const;

/** Opens the ring on the link. Throws ShimlineError IO. */
export function openRingV3(
  place: string,
  link: Link,
  fanout: FanoutGroup | undefined,
  counts: DeviceCounts,
): ReceiveRing {
  const socket = openRingSocket({
    place,
    link,
    version: packetVersion.v3,
    ringBytes,
    request: [blockBytes, blocks, frameBytes, ringBytes / frameBytes, retireMilliseconds, 0, 0],
    fanout,
  });
  const words = new Uint32Array(socket.mapping.buffer);
  const bytes = new Uint8Array(socket.mapping.buffer);
  const { plain, tagged } = frameCopy(bytes, words);
  const offloads = new Offloads(counts);
  let usual = frameBytesUsual(link.mtu);
  /** The block we read or wait for; what is left of it, and the offset of its next frame in the ring. */
  let block = 0;
  let left = 0;
  let next = 0;
  let isOpen = true;

  /** Goes on to the next block, whose frames it counts into `left`; false: the kernel still has it. */
  function openBlock(): boolean {
    const at = block * blockWords;
    if ((Atomics.load(words, at + Block.status) & FrameStatus.user) === 0) return false;
    left = words[at + Block.frames];
    next = block * blockBytes + words[at + Block.first];
    if (left === 0) giveBack();
    return true;
  }

  function giveBack(): void {
    Atomics.store(words, block * blockWords + Block.status, 0);
    block = block + 1 === blocks ? 0 : block + 1;
  }

  /** Copies the frame at `next`; false: the batch has no room. */
  function take(batch: Batch, port: number): boolean {
    const at = next >>> 2;
    const snapped = words[at + Frame.snapped];
    const length = words[at + Frame.length];
    const status = words[at + Frame.status];
    if (snapped < length) {
      // Longer than a block: there is no sending it on.
      counts.receiveLost++;
      return true;
    }
    const isTagged = (status & FrameStatus.tagValid) !== 0 && snapped >= headerBytes;
    const tag = isTagged ? tagWord(status, words[at + Frame.type] & 0xffff, words[at + Frame.tag]) : -1;
    const seconds = words[at + Frame.seconds];
    const nanoseconds = words[at + Frame.nanoseconds];
    const from = next + (words[at + Frame.mac] & 0xffff);
    const isOffloaded = (words[(from - offloadHeaderBytes) >>> 2] & offloadMask) !== 0;
    if (isOffloaded && (offloads.isBusy || offloads.begin(bytes, from - offloadHeaderBytes, from, length, tag))) {
      return offloads.emit(batch, port, seconds, nanoseconds);
    }
    alignTail(batch, isTagged);
    const more = isTagged ? tagBytes : 0;
    const start = batch.add(port, snapped + more, length + more, seconds, nanoseconds);
    if (start < 0) {
      if (batch.count > 0) return false;
      // What an empty batch cannot take, none ever will.
      counts.receiveLost++;
      return true;
    }
    if (isTagged) tagged(from, snapped, batch, start, tag);
    else plain(from, snapped, batch, start);
    if (length > usual) counts.receiveOversized++;
    if (isOffloaded) offloads.finish(bytes, from - offloadHeaderBytes, batch, start, start + length + more, more);
    return true;
  }

  function receive(batch: Batch, port: number): number {
    if (!isOpen) return 0;
    const before = batch.count;
    for (let seen = 0; seen < blocks; seen++) {
      if (left === 0 && !openBlock()) break;
      while (left > 0) {
        if (!take(batch, port)) return batch.count - before;
        next += words[(next >>> 2) + Frame.next];
        if (--left === 0) giveBack();
      }
    }
    return batch.count - before;
  }

  return {
    descriptor: socket.fd,
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
