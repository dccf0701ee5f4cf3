// Frames that no well-behaved host would send, many of them: a packet socket and sendmmsg, by the same C library that
// shimline uses. Several hundred thousand frames a second.
import { readFileSync } from 'node:fs';
import { libc, systemError } from '../../../src/io/linux/libc.ts';

export interface FloodResult {
  sent: number;
  sentBytes: number;
  /** Calls that the system refused; the frames were tried again. */
  refusedCalls: number;
}

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;
const MSG_DONTWAIT = 0x40;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const messageBytes = 64;
const vectorBytes = 16;
const framesACall = 64;
const burstMax = 256;

/** Frames as a file: the length of each in 32 bits, low byte first, then the frame. */
export function frameFileBytes(frames: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    frames.flatMap((frame) => [0, 8, 16, 24].map((shift) => (frame.length >>> shift) & 255).concat(frame)),
  );
}

function openSocket(link: string): number {
  const c = libc();
  const socket = c.socket(AF_PACKET, SOCK_RAW, 0);
  if (socket < 0) throw new Error(`socket(AF_PACKET): ${systemError(c.errno()).sentence}`);
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, AF_PACKET, true);
  address.setInt32(4, c.if_nametoindex(link), true);
  if (c.bind(socket, address, 20) !== 0) throw new Error(`bind(${link}): ${systemError(c.errno()).sentence}`);
  c.setsockopt(socket, SOL_PACKET, PACKET_QDISC_BYPASS, Int32Array.of(1), 4);
  return socket;
}

interface Messages {
  readonly at: bigint;
  readonly count: number;
  readonly lengths: readonly number[];
}

/** The file in memory of a fixed address, with a `struct mmsghdr` and a `struct iovec` for each frame. */
function layOut(path: string): Messages {
  const file = readFileSync(path);
  const places: { readonly at: number; readonly length: number }[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at);
    places.push({ at: at + 4, length });
    at += 4 + length;
  }
  const vectorsAt = places.length * messageBytes;
  const fileAt = vectorsAt + places.length * vectorBytes;
  const total = fileAt + file.length;
  const base = libc().mmap(null, total, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  const memory = libc().view(base, total);
  new Uint8Array(memory).set(file, fileAt);
  const view = new DataView(memory);
  for (const [i, { at, length }] of places.entries()) {
    const vector = vectorsAt + i * vectorBytes;
    view.setBigUint64(i * messageBytes + 16, base + BigInt(vector), true);
    view.setBigUint64(i * messageBytes + 24, 1n, true);
    view.setBigUint64(vector, base + BigInt(fileAt + at), true);
    view.setBigUint64(vector + 8, BigInt(length), true);
  }
  return { at: base, count: places.length, lengths: places.map(({ length }) => length) };
}

/** Sends the frames of the file, round and round, at that rate. */
export async function flood(link: string, path: string, framesASecond: number, seconds: number): Promise<FloodResult> {
  const c = libc();
  const socket = openSocket(link);
  const { at, count, lengths } = layOut(path);
  const result: FloodResult = { sent: 0, sentBytes: 0, refusedCalls: 0 };
  let next = 0;
  let due = 0;
  const end = performance.now() + seconds * 1000;
  for (let last = performance.now(); last < end; ) {
    const now = performance.now();
    // A process that was made to wait does not make up for it: the kernel's backlog would drop what others send.
    due = Math.min(due + ((now - last) * framesASecond) / 1000, burstMax);
    last = now;
    const few = Math.min(Math.floor(due), framesACall, count - next);
    if (few <= 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const taken = c.sendmmsg(socket, at + BigInt(next * messageBytes), few, MSG_DONTWAIT);
    if (taken < 0) {
      result.refusedCalls++;
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    for (let i = next; i < next + taken; i++) result.sentBytes += lengths[i] as number;
    result.sent += taken;
    due -= taken;
    next = (next + taken) % count;
  }
  c.close(socket);
  return result;
}
