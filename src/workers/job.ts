// Jobs: what workers are given, and what they answer with. A job is a row of batches with everything that the workers
// write about them, in memory that all threads share; jobs are a ring that the main thread fills and reads in order.
//
//   in the tables' block   | slot arrays × (workers + 1) | counters × (workers + 1) | batch × jobBatches × jobs |
//   control, words         | board | batches, then for each: frames, left to the slow path, pieces (× jobs) |
//                          | by port: whether its records are in nanoseconds |
//   counters               | the books of each job |
//   segments, bytes        | records of job 0 … | records of job 1 … |
//
// A batch of a job has its arena and the arrays that its source fills; they stay as they are until the job is read, so
// that a worker that is lost takes no numbers with it. The engine's own arrays there hold what `JobBatch` names.
//
// A worker does not run the fast path on these batches one by one (their arrays would be constants no longer) but on a
// span: a batch with slot arrays of the worker's own, whose arena reaches over the arenas of all jobs. The slots are
// copied (5 words, 2 ns a frame), the frames stay where they are.
import { Counters, counterBytes } from '../engine/counters.ts';
import type { Tables } from '../tables/tables.ts';
import { arenaAt, Batch, batchBytes, batchFrames, SlotArray } from '../wire/batch.ts';
import { boardBytes, JobBoard } from './board.ts';

/** Batches in a job: so many that handing it over (some µs) costs little, so few that several jobs fit a cache. */
export const jobBatches = 16;
/** Arena of a batch of a job: the longest frame must find room. */
const jobArenaBytes = 512 * 1024;
/** A job with so many bytes is full. */
export const jobBytesMax = 1024 * 1024;
/** Of a record beside its frame and the headroom of that, and of the gaps between pieces, at most. */
const recordExtraBytes = 64;
/** Room for the records of a job: it was not full before its last batch. */
export const segmentBytes = jobBytesMax + jobArenaBytes + jobBatches * batchFrames * recordExtraBytes;
const lineBytes = 64;

/** Two for each worker, one that is held and one to go on with, and some for the main thread to be ahead. */
export function jobCount(workers: number): number {
  return 2 * workers + 4;
}

function lines(bytes: number): number {
  return Math.ceil(bytes / lineBytes) * lineBytes;
}

/** Bytes to reserve in the tables' memory. */
export function jobMemoryBytes(workers: number, ports: number): number {
  const own = arenaAt + lines(counterBytes(ports));
  return (workers + 1) * own + jobCount(workers) * jobBatches * batchBytes(jobArenaBytes) + lineBytes;
}

/** What a worker needs to open the same jobs: survives `postMessage`. */
export interface SharedJobs {
  readonly workers: number;
  readonly ports: number;
  /** Where the part in the tables' block begins. */
  readonly offset: number;
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly segments: SharedArrayBuffer;
}

/** One batch of a job, and what is said about its slots. */
export interface JobBatch {
  readonly batch: Batch;
  /** Where the record of a sent frame begins in the segments. */
  readonly recordAt: Uint32Array;
  /** Slots that are left to the slow path, in order. */
  readonly slow: Uint32Array;
  /** Pieces of the segments, one for each port that sends: the port, where its records begin and end. */
  readonly piecePort: Uint32Array;
  readonly pieceFrom: Uint32Array;
  readonly pieceTo: Uint32Array;
  /** Where no records are made: what a sent frame has become. `start` counts from the arena. */
  readonly sentStart: Uint32Array;
  readonly sentCaptured: Uint32Array;
  readonly sentOriginal: Uint32Array;
}

export interface Job {
  readonly index: number;
  readonly batches: readonly JobBatch[];
  /** Batches in use: element 0. */
  readonly count: Int32Array;
  /** By batch. */
  readonly frames: Int32Array;
  readonly slowCounts: Int32Array;
  readonly pieceCounts: Int32Array;
  /** What the fast path has counted. */
  readonly counters: Counters;
}

const headerWords = 1 + 3 * jobBatches;

function jobBatch(batch: Batch): JobBatch {
  const array = (number: number) => batch.slots(SlotArray.scratch + number);
  return {
    batch,
    recordAt: array(0),
    slow: array(1),
    piecePort: array(2),
    pieceFrom: array(3),
    pieceTo: array(4),
    sentStart: array(5),
    sentCaptured: array(6),
    sentOriginal: array(7),
  };
}

export class JobMemory {
  readonly shared: SharedJobs;
  readonly board: JobBoard;
  readonly jobs: readonly Job[];
  /** All segments; places in it are absolute. */
  readonly segments: Uint8Array;
  /** By port: 1 where records have nanoseconds. Written by the main thread while no job is under way. */
  readonly nanosecond: Int32Array;
  readonly #buffer: SharedArrayBuffer;

  constructor(shared: SharedJobs, tables: Tables) {
    const { workers, ports, control } = shared;
    const count = jobCount(workers);
    this.shared = shared;
    this.#buffer = tables.memory.buffer;
    this.board = new JobBoard(control, count);
    this.segments = new Uint8Array(shared.segments);
    this.jobs = Array.from({ length: count }, (_, index) => this.#job(index));
    this.nanosecond = new Int32Array(control, boardBytes(count) + count * headerWords * 4, ports);
  }

  /** New jobs, in room that was reserved in the tables' memory. Throws RangeError when it was not. */
  static create(tables: Tables, workers: number): JobMemory {
    const ports = tables.interfaces.portCount;
    const count = jobCount(workers);
    const shared: SharedJobs = {
      workers,
      ports,
      offset: tables.memory.take(jobMemoryBytes(workers, ports) - lineBytes),
      control: new SharedArrayBuffer(boardBytes(count) + count * headerWords * 4 + ports * 4),
      counters: new SharedArrayBuffer(count * counterBytes(ports)),
      segments: new SharedArrayBuffer(count * segmentBytes),
    };
    return new JobMemory(shared, tables);
  }

  /** The batch and the counters of one worker; number `workers` is the main thread's. */
  span(worker: number): Span {
    const { offset, ports, workers } = this.shared;
    const place = { buffer: this.#buffer, offset: offset + worker * arenaAt };
    const end = this.#batchesAt + jobCount(workers) * jobBatches * batchBytes(jobArenaBytes);
    const countersAt = offset + (workers + 1) * arenaAt + worker * lines(counterBytes(ports));
    return new Span(
      new Batch(end - place.offset - arenaAt, place),
      new Counters(ports, { buffer: this.#buffer, offset: countersAt }),
    );
  }

  get #batchesAt(): number {
    const { offset, ports, workers } = this.shared;
    return offset + (workers + 1) * (arenaAt + lines(counterBytes(ports)));
  }

  #job(index: number): Job {
    const { ports, control, counters, workers } = this.shared;
    const at = boardBytes(jobCount(workers)) + index * headerWords * 4;
    const words = (from: number, length: number) => new Int32Array(control, at + from * 4, length);
    const batches = Array.from({ length: jobBatches }, (_, i) => {
      const offset = this.#batchesAt + (index * jobBatches + i) * batchBytes(jobArenaBytes);
      return jobBatch(new Batch(jobArenaBytes, { buffer: this.#buffer, offset }));
    });
    return {
      index,
      batches,
      count: words(0, 1),
      frames: words(1, jobBatches),
      slowCounts: words(1 + jobBatches, jobBatches),
      pieceCounts: words(1 + 2 * jobBatches, jobBatches),
      counters: new Counters(ports, { buffer: counters, offset: index * counterBytes(ports) }),
    };
  }
}

/** A batch whose arena reaches over all jobs, with slot arrays and counters of one thread. */
export class Span {
  readonly batch: Batch;
  readonly counters: Counters;

  constructor(batch: Batch, counters: Counters) {
    this.batch = batch;
    this.counters = counters;
  }

  /** Takes the slots of a batch; their frames lie where they lie. */
  load(from: Batch, count: number): void {
    const { batch } = this;
    const shift = from.place.offset - batch.place.offset;
    for (let slot = 0; slot < count; slot++) batch.start[slot] = (from.start[slot] as number) + shift;
    batch.captured.set(from.captured);
    batch.original.set(from.original);
    batch.port.set(from.port);
    batch.seconds.set(from.seconds);
    batch.nanoseconds.set(from.nanoseconds);
    batch.count = count;
  }
}
