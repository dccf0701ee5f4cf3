// The buffers of all ports in one table, by which a kernel writes what has left a batch as records of a capture, a run of
// frames in one call, whatever ports they left by.
//
//   port, words  0 where the next record goes   1 from where on the buffer must be flushed first; 0: nobody may write
//                2 1: time stamps in nanoseconds   3 free        (0 and 1 are offsets in the room)
import type { Batch } from '../wire/batch.ts';
import { bufferBytes, type SinkCell } from './record-buffer.ts';
import { type CaptureKernels, captureKernels, type SharedRoom } from './shared-room.ts';
import { windowRoomBytes } from './window.ts';

const cellWords = 4;
/** Ports that get a buffer in the room; others are written frame by frame. */
const portsInRoomMax = 128;
/** Pieces of the room begin at cache lines. */
const lineBytes = 64;

/** Bytes of a table. */
export function sinkTableBytes(ports: number): number {
  return ports * cellWords * 4;
}

/** Room for the windows of so many inputs, a table of so many ports and their buffers. */
export function captureRoomBytes(inputs: number, ports: number): number {
  const buffers = Math.min(ports, portsInRoomMax);
  return (
    inputs * (windowRoomBytes + lineBytes) + sinkTableBytes(ports) + lineBytes + buffers * (bufferBytes + lineBytes)
  );
}

export class SinkTable {
  readonly #room: SharedRoom;
  readonly #kernels: CaptureKernels;
  readonly #words: Uint32Array;

  private constructor(room: SharedRoom, place: number, ports: number) {
    this.#room = room;
    this.#kernels = captureKernels(room.memory);
    this.#words = new Uint32Array(room.memory.buffer, place, ports * cellWords);
  }

  /** A table at a place where `sinkTableBytes(ports)` bytes are free. */
  static at(memory: WebAssembly.Memory, place: number, ports: number): SinkTable {
    return new SinkTable({ memory, take: () => undefined }, place, ports);
  }

  /** undefined when the room has no space for it. */
  static in(room: SharedRoom, ports: number): SinkTable | undefined {
    const place = room.take(sinkTableBytes(ports));
    return place === undefined ? undefined : new SinkTable(room, place, ports);
  }

  /** Lets the port's records go to `place` on, of a block where there is room for all of them. */
  open(port: number, place: number, nanosecond: boolean): void {
    const at = port * cellWords;
    this.#words[at] = place;
    this.#words[at + 1] = 0xffffffff;
    this.#words[at + 2] = nanosecond ? 1 : 0;
  }

  cell(port: number): SinkCell {
    return { room: this.#room, words: this.#words.subarray(port * cellWords, (port + 1) * cellWords) };
  }

  /** Whether the batch lies where the kernels can read it. */
  reaches(batch: Batch): boolean {
    return batch.place.buffer === this.#room.memory.buffer;
  }

  /** Writes those frames in slots [from, to) that have left; answers the first one that somebody else must write, or `to`. */
  write(batch: Batch, from: number, to: number): number {
    return this.#kernels.writePcap(batch.place.offset, from, to, this.#words.byteOffset);
  }

  /** From now on nothing is written. */
  close(): void {
    for (let word = 1; word < this.#words.length; word += cellWords) this.#words[word] = 0;
  }
}
