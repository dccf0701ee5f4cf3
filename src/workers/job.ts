// Jobs: what workers are given, and what they answer with. A job is a row of batches with everything that the workers
// write about them, in memory that all threads share; jobs are a ring that the main thread fills and reads in order.
//
//   in the tables' block   | slot arrays × (workers + 1) | counters × (workers + 1) | batch × batches × jobs |
//   control, words         | board | batches, then for each: frames, left to the slow path, pieces (× jobs) |
//                          | by port: whether its records are in nanoseconds |
//   pieces, floats         | from, to (× jobs): where in the file the frames are that the worker has to read itself |
//   counters               | the books of each job |
//   behind the batches     | batches, windows × (workers + 1) | sink tables × (workers + 1) | records of job 0 … | of job 1 … |
//
// A batch of a job has its arena and the arrays that its source fills; they stay as they are until the job is read, so
// that a worker that is lost takes no numbers with it. The engine's own arrays there hold what `JobBatch` names.
//
// A worker does not run the fast path on these batches one by one (their arrays would be constants no longer) but on a
// span: a batch with slot arrays of the worker's own, whose arena reaches over the arenas of all jobs. The slots are
// copied (5 words, 2 ns a frame), the frames stay where they are.
import { Counters, counterBytes } from '../engine/counters.ts';
import { sinkTableBytes } from '../io/sink-table.ts';
import type { Tables } from '../tables/tables.ts';
import { arenaAt, arenaBytesDefault, Batch, batchBytes, batchFrames, SlotArray } from '../wire/batch.ts';
import { boardBytes, JobBoard } from './board.ts';

/** As one thread has it: what a batch holds decides how far the source is read ahead, and so when it turns finer. */
const jobArenaBytes = arenaBytesDefault;
/** A job with so many bytes is full. */
export const jobBytesMax = 1024 * 1024;
/** Of a record beside its frame and the headroom of that, and of the gaps between pieces, at most. */
const recordExtraBytes = 64;
const lineBytes = 64;

/**
 * A piece of a file with so many bytes is not made longer. What a source has at hand at once, 512 KiB at most, may come
 * on top: still so little that 256 frames of it fit every batch.
 */
export const pieceBytesEnough = 448 * 1024;
/** Room for a piece, and what a kernel may read beyond it. */
const windowBytes = 1024 * 1024;

/** How many of everything. */
export interface JobPlan {
  readonly workers: number;
  readonly jobs: number;
  /** In a job, at most. */
  readonly batches: number;
  /** Whether there is room for records. */
  readonly segments: boolean;
}

/** Room for the records of a job: it was not full before its last batch. */
function segmentBytesOf({ batches, segments }: JobPlan): number {
  return segments ? lines(jobBytesMax + jobArenaBytes + batches * batchFrames * recordExtraBytes) : 0;
}

function lines(bytes: number): number {
  return Math.ceil(bytes / lineBytes) * lineBytes;
}

/** Bytes to reserve in the tables' memory. */
export function jobMemoryBytes(plan: JobPlan, ports: number): number {
  const { workers, jobs, batches } = plan;
  const own = arenaAt + lines(counterBytes(ports));
  return (workers + 1) * own + jobs * batches * batchBytes(jobArenaBytes) + recordBytes(plan, ports);
}

/** Bytes of the windows, the sink tables and the segments, the last part of the memory. */
function recordBytes(plan: JobPlan, ports: number): number {
  const own = lines(sinkTableBytes(ports)) + windowBytes + batchBytes();
  return plan.segments ? (plan.workers + 1) * own + plan.jobs * segmentBytesOf(plan) : 0;
}

/** What a worker needs to open the same jobs: survives `postMessage`. */
export interface SharedJobs {
  readonly plan: JobPlan;
  readonly ports: number;
  /** Where the part in the tables' block begins. */
  readonly offset: number;
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly pieces: SharedArrayBuffer;
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
  /** Offsets in the file between which its frames lie, while they are to be read; 0 and 0: they are in the batches. */
  readonly piece: Float64Array;
  /** By batch. */
  readonly frames: Int32Array;
  readonly slowCounts: Int32Array;
  readonly pieceCounts: Int32Array;
  /** What the fast path has counted. */
  readonly counters: Counters;
}

function headerWords(batches: number): number {
  return 1 + 3 * batches;
}

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
  readonly plan: JobPlan;
  readonly board: JobBoard;
  readonly jobs: readonly Job[];
  /** The tables' block; places of records are offsets in it. */
  readonly block: Uint8Array;
  readonly segmentBytes: number;
  /** By port: 1 where records have nanoseconds. Written by the main thread while no job is under way. */
  readonly nanosecond: Int32Array;
  readonly #buffer: SharedArrayBuffer;

  constructor(shared: SharedJobs, tables: Tables) {
    const { plan, ports, control } = shared;
    this.shared = shared;
    this.plan = plan;
    this.#buffer = tables.memory.buffer;
    this.board = new JobBoard(control, plan.jobs);
    this.block = new Uint8Array(this.#buffer);
    this.segmentBytes = segmentBytesOf(plan);
    this.jobs = Array.from({ length: plan.jobs }, (_, index) => this.#job(index));
    const at = boardBytes(plan.jobs) + plan.jobs * headerWords(plan.batches) * 4;
    this.nanosecond = new Int32Array(control, at, ports);
  }

  /** New jobs, in room that was reserved in the tables' memory. Throws RangeError when it was not. */
  static create(tables: Tables, plan: JobPlan): JobMemory {
    const ports = tables.interfaces.portCount;
    const { jobs, batches } = plan;
    const shared: SharedJobs = {
      plan,
      ports,
      offset: tables.memory.take(jobMemoryBytes(plan, ports)),
      control: new SharedArrayBuffer(boardBytes(jobs) + jobs * headerWords(batches) * 4 + ports * 4),
      counters: new SharedArrayBuffer(jobs * counterBytes(ports)),
      pieces: new SharedArrayBuffer(jobs * 16),
    };
    return new JobMemory(shared, tables);
  }

  /** Where the records of a job begin. */
  segmentAt(job: number): number {
    const { offset, ports } = this.shared;
    return offset + jobMemoryBytes(this.plan, ports) - (this.plan.jobs - job) * this.segmentBytes;
  }

  /** Where the sink table of a worker lies. */
  sinksAt(worker: number): number {
    return this.segmentAt(0) - (this.plan.workers + 1 - worker) * lines(sinkTableBytes(this.shared.ports));
  }

  /** Where the worker has room for a piece of a file. */
  windowAt(worker: number): number {
    return this.sinksAt(0) - (this.plan.workers + 1 - worker) * windowBytes;
  }

  /** A batch for the frames of a piece: always the same one, so that it stays in the worker's own cache. */
  ownBatch(worker: number): Batch {
    const offset = this.windowAt(0) - (this.plan.workers + 1 - worker) * batchBytes();
    return new Batch(undefined, { buffer: this.#buffer, offset });
  }

  /** The batch and the counters of one worker; number `workers` is the main thread's. */
  span(worker: number): Span {
    const { offset, ports } = this.shared;
    const place = { buffer: this.#buffer, offset: offset + worker * arenaAt };
    const end = offset + jobMemoryBytes(this.plan, ports) - recordBytes(this.plan, ports);
    const countersAt = offset + (this.plan.workers + 1) * arenaAt + worker * lines(counterBytes(ports));
    return new Span(
      new Batch(end - place.offset - arenaAt, place),
      new Counters(ports, { buffer: this.#buffer, offset: countersAt }),
    );
  }

  #job(index: number): Job {
    const { ports, control, counters, offset } = this.shared;
    const { jobs, batches: count, workers } = this.plan;
    const at = boardBytes(jobs) + index * headerWords(count) * 4;
    const words = (from: number, length: number) => new Int32Array(control, at + from * 4, length);
    const batchesAt = offset + (workers + 1) * (arenaAt + lines(counterBytes(ports)));
    const batches = Array.from({ length: count }, (_, i) => {
      const place = { buffer: this.#buffer, offset: batchesAt + (index * count + i) * batchBytes(jobArenaBytes) };
      return jobBatch(new Batch(jobArenaBytes, place));
    });
    return {
      index,
      batches,
      count: words(0, 1),
      piece: new Float64Array(this.shared.pieces, index * 16, 2),
      frames: words(1, count),
      slowCounts: words(1 + count, count),
      pieceCounts: words(1 + 2 * count, count),
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
