// Turns the frames that the fast path has sent into records of a capture, in the segment of a job: one piece for each
// port of a batch, so that the main thread has only to write it to the file of the port.
//
//   segment | gap | piece of one port: record, record … | gap | piece of another … | … next batch …
//
// Storing a frame by words or vectors may spoil some bytes behind it: the gaps.

import { pcapRecordHeaderBytes, putPcapRecord } from '../io/pcap-record.ts';
import { padded } from '../io/pcapng-format.ts';
import { noOptions, packetBlockBytes, putPacket } from '../io/pcapng-record.ts';
import { RecordSpace } from '../io/record-space.ts';
import { SinkTable } from '../io/sink-table.ts';
import { type Batch, SlotArray } from '../wire/batch.ts';
import type { Job, JobMemory } from './job.ts';

/** `none`: no records are made, nobody wants them or the main thread makes them. */
export type RecordFormat = 'pcap' | 'pcapng' | 'none';

const gapBytes = 32;

export class SegmentWriter {
  readonly #isPcap: boolean;
  readonly #nanosecond: Int32Array;
  readonly #records: RecordSpace;
  readonly #span: Batch;
  readonly #spanRecords: Uint32Array;
  readonly #memory: JobMemory;
  /** Where kernels can write the records. */
  readonly #sinks: SinkTable | undefined;
  /** By port: bytes of its piece, then where its next record goes. */
  readonly #place: Uint32Array;
  #at = 0;

  /** `worker`: whose sink table to use, in the tables' memory if that is WebAssembly's. */
  constructor(format: RecordFormat, memory: JobMemory, span: Batch, worker: number, shared?: WebAssembly.Memory) {
    this.#isPcap = format === 'pcap';
    this.#nanosecond = memory.nanosecond;
    this.#records = new RecordSpace(memory.block);
    this.#span = span;
    this.#spanRecords = span.slots(SlotArray.record);
    this.#memory = memory;
    const { ports } = memory.shared;
    this.#sinks = shared && format === 'pcap' ? SinkTable.at(shared, memory.sinksAt(worker), ports) : undefined;
    this.#place = new Uint32Array(memory.shared.ports);
  }

  begin(job: Job): void {
    this.#at = this.#memory.segmentAt(job.index);
  }

  /** Writes what was sent of the batch in the span, which is the job's number `index`. */
  write(job: Job, index: number): void {
    const { piecePort, pieceFrom, pieceTo, recordAt } = job.batches[index];
    const pieces = this.#measure(piecePort);
    const place = this.#place;
    for (let i = 0; i < pieces; i++) {
      const port = piecePort[i];
      const from = (this.#at + gapBytes) & ~3;
      this.#at = from + place[port];
      pieceFrom[i] = from;
      pieceTo[i] = this.#at;
      place[port] = from;
    }
    if (this.#sinks !== undefined) this.#putByKernel(this.#sinks, piecePort, pieces, recordAt);
    else this.#putByWords(recordAt);
    for (let i = 0; i < pieces; i++) place[piecePort[i]] = 0;
    job.pieceCounts[index] = pieces;
  }

  /** Finds the ports that send, and how many bytes; answers how many ports. */
  #measure(piecePort: Uint32Array): number {
    const { egress, captured, count } = this.#span;
    const place = this.#place;
    const isPcap = this.#isPcap;
    let pieces = 0;
    for (let slot = 0; slot < count; slot++) {
      if (egress[slot] === 0) continue;
      const port = egress[slot] - 1;
      if (place[port] === 0) piecePort[pieces++] = port;
      place[port] += isPcap ? pcapRecordHeaderBytes + captured[slot] : packetBlockBytes + padded(captured[slot]);
    }
    return pieces;
  }

  #putByKernel(sinks: SinkTable, piecePort: Uint32Array, pieces: number, recordAt: Uint32Array): void {
    for (let i = 0; i < pieces; i++) {
      const port = piecePort[i];
      sinks.open(port, this.#place[port], this.#nanosecond[port] !== 0);
    }
    sinks.write(this.#span, 0, this.#span.count);
    recordAt.set(this.#spanRecords);
  }

  #putByWords(recordAt: Uint32Array): void {
    const { bytes, start, captured, original, seconds, nanoseconds, egress, count } = this.#span;
    const records = this.#records;
    const place = this.#place;
    for (let slot = 0; slot < count; slot++) {
      if (egress[slot] === 0) continue;
      const port = egress[slot] - 1;
      const finer = this.#nanosecond[port] !== 0;
      const from = start[slot];
      const length = captured[slot];
      const wire = original[slot];
      const s = seconds[slot];
      const ns = nanoseconds[slot];
      records.at = recordAt[slot] = place[port];
      if (this.#isPcap) putPcapRecord(records, finer, bytes, from, length, wire, s, ns);
      else putPacket(records, 0, finer, bytes, from, length, wire, s, ns, noOptions);
      place[port] = records.at;
    }
  }
}
