// Captures for the tests, built word by word and independently of the writers.

import { AssertionError } from 'node:assert';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ShimlineError } from '../errors.ts';
import { Batch, batchBytes } from '../wire/batch.ts';
import type { FrameSource } from './device.ts';
import { type InputOptions, openInputs } from './merged-source.ts';
import type { SharedRoom } from './shared-room.ts';
import { windowRoomBytes } from './window.ts';

export interface FixtureFrame {
  bytes: number[];
  original?: number;
  seconds?: number;
  /** Below one second, in the unit of the file. */
  units?: number;
}

export interface PlayedFrame {
  port: number;
  bytes: number[];
  original: number;
  seconds: number;
  nanoseconds: number;
}

export const u16 = (value: number) => ({ size: 2, value: BigInt(value) });
export const u32 = (value: number) => ({ size: 4, value: BigInt(value) });
export const u64 = (value: bigint) => ({ size: 8, value: BigInt.asUintN(64, value) });
type Field = ReturnType<typeof u16> | number[];

/** Packs fields in one byte order; arrays of bytes stay as they are. */
export function pack(little: boolean, fields: Field[]): number[] {
  return fields.flatMap((field) => {
    if (Array.isArray(field)) return field;
    const digits = Array.from({ length: field.size }, (_, index) => Number((field.value >> BigInt(8 * index)) & 255n));
    return little ? digits : digits.reverse();
  });
}

export function pcapHeader(little = true, magic = 0xa1b2c3d4, network = 1): number[] {
  return pack(little, [u32(magic), u16(2), u16(4), u32(0), u32(0), u32(65535), u32(network)]);
}

export function pcapRecord(frame: FixtureFrame, little = true): number[] {
  const { bytes, original = bytes.length, seconds = 0, units = 0 } = frame;
  return pack(little, [u32(seconds), u32(units), u32(bytes.length), u32(original), bytes]);
}

export function pcap(frames: FixtureFrame[], little = true, magic = 0xa1b2c3d4, network = 1): Uint8Array {
  return Uint8Array.from([
    ...pcapHeader(little, magic, network),
    ...frames.flatMap((frame) => pcapRecord(frame, little)),
  ]);
}

function pad(bytes: number[]): number[] {
  return [...bytes, ...new Array((4 - (bytes.length % 4)) % 4).fill(0)];
}

export function block(type: number, body: number[], little = true): number[] {
  const total = u32(body.length + 12);
  return pack(little, [u32(type), total, body, total]);
}

export function options(list: [code: number, value: number[]][], little = true): number[] {
  if (list.length === 0) return [];
  const fields = list.flatMap(([code, value]) => [u16(code), u16(value.length), pad(value)]);
  return pack(little, [...fields, u16(0), u16(0)]);
}

export function section(little = true): number[] {
  return block(0x0a0d0d0a, pack(little, [u32(0x1a2b3c4d), u16(1), u16(0), u64(-1n)]), little);
}

export function description(list: [number, number[]][] = [], little = true, linkType = 1, snapLength = 0): number[] {
  return block(1, pack(little, [u16(linkType), u16(0), u32(snapLength), options(list, little)]), little);
}

/** `time` in the units of the interface. */
export function enhanced(
  id: number,
  time: bigint,
  bytes: number[],
  little = true,
  original = bytes.length,
  list: [number, number[]][] = [],
): number[] {
  const body = [u32(id), u32(Number(time >> 32n)), u32(Number(time & 0xffffffffn)), u32(bytes.length), u32(original)];
  return block(6, pack(little, [...body, pad(bytes), options(list, little)]), little);
}

export function simple(bytes: number[], little = true, original = bytes.length): number[] {
  return block(3, pack(little, [u32(original), pad(bytes)]), little);
}

export function obsolete(id: number, time: bigint, bytes: number[], little = true): number[] {
  const words = [u32(Number(time >> 32n)), u32(Number(time & 0xffffffffn)), u32(bytes.length), u32(bytes.length)];
  return block(2, pack(little, [u16(id), u16(7), ...words, pad(bytes)]), little);
}

/** A frame of so many different bytes. */
export function frameBytes(length: number, first = 1): number[] {
  return Array.from({ length }, (_, index) => (first + index) & 255);
}

/** A directory for one test file; `remove` when done. */
export function scratch() {
  const path = mkdtempSync(join(tmpdir(), 'shimline-io-'));
  return {
    path,
    /** Writes a file and answers its path. */
    file(name: string, bytes: Uint8Array | number[]): string {
      writeFileSync(join(path, name), Uint8Array.from(bytes));
      return join(path, name);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Everything a source delivers, and the error with which it ends. */
export async function playAll(
  source: FrameSource,
  batch = new Batch(),
): Promise<{ frames: PlayedFrame[]; error: ShimlineError | undefined }> {
  const frames: PlayedFrame[] = [];
  let error: ShimlineError | undefined;
  for (;;) {
    batch.clear();
    let added: number;
    try {
      added = await source.fill(batch);
    } catch (caught) {
      if (!(caught instanceof ShimlineError) || error !== undefined) throw caught;
      error = caught;
      continue; // thrown once, and after it there is nothing
    }
    if (added === 0) break;
    for (let slot = 0; slot < batch.count; slot++) {
      const start = batch.start[slot];
      frames.push({
        port: batch.port[slot],
        bytes: [...batch.bytes.subarray(start, start + batch.captured[slot])],
        original: batch.original[slot],
        seconds: batch.seconds[slot],
        nanoseconds: batch.nanoseconds[slot],
      });
    }
  }
  await source.close();
  return { frames, error };
}

/** A shared memory of its own, as tables lend it: kernels work there. */
export function sharedRoom(bytes: number): SharedRoom {
  const pages = Math.ceil(bytes / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  let next = 0;
  return {
    memory,
    take(count) {
      const place = next;
      if (place + count > memory.buffer.byteLength) return undefined;
      next = Math.ceil((place + count) / 64) * 64;
      return place;
    },
  };
}

/** A batch in a room. */
export function batchIn(room: SharedRoom): Batch {
  const offset = room.take(batchBytes());
  if (offset === undefined) throw new RangeError('no room for a batch');
  return new Batch(undefined, { buffer: room.memory.buffer, offset });
}

async function playOnce(specs: string[], opened: InputOptions, batch?: Batch) {
  const source = await openInputs(
    specs.map((spec, port) => ({ port, spec })),
    opened,
  );
  const { nanosecond } = source;
  return { ...(await playAll(source, batch)), nanosecond };
}

/**
 * Opens and plays some files; the port is the position in the list. They are read twice, by the readers in TypeScript and
 * by kernels, which have to deliver the same.
 */
export async function play(specs: string[], opened: InputOptions = {}) {
  const played = await playOnce(specs, opened);
  if (!specs.every((spec) => statSync(spec.replace(/#\d+$/, ''), { throwIfNoEntry: false })?.isFile())) return played;
  const room = sharedRoom(batchBytes() + (specs.length + 1) * windowRoomBytes);
  const batch = batchIn(room);
  const again = await playOnce(specs, { ...opened, room }, batch);
  if (!isDeepStrictEqual(again, played))
    throw new AssertionError({ message: 'kernels read something else', actual: again, expected: played });
  return played;
}
