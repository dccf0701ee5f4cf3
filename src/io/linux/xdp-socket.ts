// A socket of AF_XDP that only sends, in copy mode, with the memory for its frames (UMEM) and the rings it needs. It wants
// no BPF program and no driver that knows AF_XDP, CAP_NET_RAW only, and a memlock limit that covers the UMEM.
import { ShimlineError } from '../../errors.ts';
import { callError, libc, systemError } from './libc.ts';
import type { Link } from './link.ts';
import { type Mapping, map } from './mapping.ts';
import { bindPatiently, SocketOption, setBuffer } from './packet-socket.ts';
import { chunkBytes, sendBufferBytes } from './sender.ts';

const familyXdp = 44;
const typeRaw = 3;
const closeOnExec = 0x80000;
const levelXdp = 283;
const copyMode = 2;
const Option = { offsets: 1, sendRing: 3, memory: 4, fillRing: 5, completionRing: 6, sendBudget: 9 } as const;
const sendRingOffset = 0x8000_0000;
const completionRingOffset = 0x1_8000_0000;

/** Frames in flight: those that wait in the ring, and those that a driver holds. */
export const chunks = 4096;
export const memoryBytes = chunks * chunkBytes;
/** Descriptors of the send ring. The completion ring has one for every chunk, so it is never full. */
export const descriptors = 2048;
/** The kernel wants a fill ring, though nothing is received. */
const fillDescriptors = 64;

/** A ring that is shared with the kernel: where its words lie in `words`, from the beginning of the mapping. */
export interface XdpRing {
  readonly words: Uint32Array;
  readonly producerAt: number;
  readonly consumerAt: number;
  readonly firstAt: number;
}

export interface XdpSocket {
  readonly fd: number;
  readonly memory: ArrayBuffer;
  readonly send: XdpRing;
  readonly completion: XdpRing;
  close(): void;
}

/** Opens the socket on a queue of the link. Throws ShimlineError IO that says why it cannot be had. */
export function openXdpSocket(place: string, link: Link, queue: number): XdpSocket {
  const fd = libc().socket(familyXdp, typeRaw | closeOnExec, 0);
  if (fd < 0) throw socketError(place);
  const mappings: Mapping[] = [];
  const close = () => {
    for (const mapping of mappings) mapping.unmap();
    libc().close(fd);
  };
  const keep = (mapping: Mapping): Mapping => {
    mappings.push(mapping);
    return mapping;
  };
  try {
    const memory = keep(map(place, memoryBytes));
    registerMemory(place, fd, memory.address);
    setXdp(place, fd, Option.fillRing, 'XDP_UMEM_FILL_RING', fillDescriptors);
    setXdp(place, fd, Option.completionRing, 'XDP_UMEM_COMPLETION_RING', chunks);
    setXdp(place, fd, Option.sendRing, 'XDP_TX_RING', descriptors);
    // Since Linux 6.17: how many frames one call may send, 32 without it.
    libc().setsockopt(fd, levelXdp, Option.sendBudget, new Uint32Array([descriptors]), 4);
    setBuffer(fd, SocketOption.sendBufferForce, SocketOption.sendBuffer, sendBufferBytes);
    const offsets = ringOffsets(place, fd);
    const send = mapRing(place, fd, keep, offsets.subarray(4, 8), descriptors * 16, sendRingOffset);
    const completion = mapRing(place, fd, keep, offsets.subarray(12, 16), chunks * 8, completionRingOffset);
    bindToQueue(place, fd, link, queue);
    return { fd, memory: memory.buffer, send, completion, close };
  } catch (error) {
    close();
    throw error;
  }
}

function socketError(place: string): ShimlineError {
  const isUnknown = systemError(libc().errno()).code === 'EAFNOSUPPORT';
  return isUnknown
    ? new ShimlineError('IO', `${place}: the kernel has no AF_XDP`)
    : callError(place, 'socket(AF_XDP)', 'socket');
}

function setXdp(place: string, fd: number, option: number, what: string, value: number): void {
  if (libc().setsockopt(fd, levelXdp, option, new Uint32Array([value]), 4) < 0) throw callError(place, what);
}

/** struct xdp_umem_reg: address@0, bytes@8, chunk@16, headroom@20, flags@24. */
function registerMemory(place: string, fd: number, address: bigint): void {
  const request = new BigUint64Array([address, BigInt(memoryBytes), BigInt(chunkBytes), 0n]);
  if (libc().setsockopt(fd, levelXdp, Option.memory, request, request.byteLength) >= 0) return;
  const { code } = systemError(libc().errno());
  if (code !== 'ENOBUFS') throw callError(place, 'XDP_UMEM_REG');
  const mebibytes = memoryBytes >> 20;
  throw new ShimlineError('IO', `${place}: the memlock limit does not cover ${mebibytes} MiB more (ulimit -l)`);
}

/** struct xdp_mmap_offsets: producer, consumer, descriptors, flags (u64 each) of receive, send, fill, completion. */
function ringOffsets(place: string, fd: number): BigUint64Array {
  const offsets = new BigUint64Array(16);
  const length = new Uint32Array([offsets.byteLength]);
  if (libc().getsockopt(fd, levelXdp, Option.offsets, offsets, length) < 0) throw callError(place, 'XDP_MMAP_OFFSETS');
  return offsets;
}

function mapRing(
  place: string,
  fd: number,
  keep: (mapping: Mapping) => Mapping,
  offsets: BigUint64Array,
  bytes: number,
  pageOffset: number,
): XdpRing {
  const [producer, consumer, first] = [...offsets].map(Number);
  const { buffer } = keep(map(place, first + bytes, fd, pageOffset));
  return {
    words: new Uint32Array(buffer, 0, (first + bytes) >>> 2),
    producerAt: producer >>> 2,
    consumerAt: consumer >>> 2,
    firstAt: first >>> 2,
  };
}

/** struct sockaddr_xdp: family@0, flags@2, interface@4, queue@8. */
function bindToQueue(place: string, fd: number, link: Link, queue: number): void {
  const address = new Uint32Array([familyXdp | (copyMode << 16), link.index, queue, 0]);
  if (bindPatiently(fd, address)) return;
  const { code } = systemError(libc().errno());
  if (code === 'EBUSY') {
    throw new ShimlineError('IO', `${place}: another socket has queue ${queue} of ${link.name}`);
  }
  if (code === 'EINVAL') throw new ShimlineError('IO', `${place}: ${link.name} has no queue ${queue}`);
  throw callError(place, `bind(AF_XDP) to ${link.name}`);
}
