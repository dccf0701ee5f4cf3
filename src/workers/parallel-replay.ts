// Replay by several threads, with the output of one. The main thread fills jobs from the source and reads them in the
// same order; what workers do in between depends on nothing but the tables.
//
// A single plain capture file is not read by the main thread at all, but skimmed: it finds where the records lie and
// which of them it has to treat itself; workers read the pieces.
//
//   source ─▶ job n+2 … ─▶ board ─▶ any worker: fast path, records ─▶ board ─▶ job n: files, slow path
//
// All state is on the main thread, in the one slow path. What it learns of neighbours changes the tables, so a batch
// with a frame that may teach it something waits until no job is under way, and is treated here from first to last;
// as long as such batches come thick, so are those between them. The same holds when the times of the input turn
// finer, since that decides what the files look like.
import { setImmediate } from 'node:timers/promises';
import { mayChangeNeighbors } from '../engine/fast/neighbor-frames.ts';
import type { ShimlineError } from '../errors.ts';
import type { FilePiece } from '../io/capture-input.ts';
import type { FrameSource } from '../io/device.ts';
import { type Batch, batchFrames } from '../wire/batch.ts';
import { type Job, type JobPlan, jobBytesMax, pieceBytesEnough } from './job.ts';
import { framesOf, JobReader, type JobReaderSetup } from './job-reader.ts';
import { WorkerPool } from './pool.ts';
import { fillBatch, type ReplayOptions, type ReplayResult, sliceMilliseconds } from './replay.ts';
import type { Fault, ReplayTask } from './replay-worker.ts';
import { threadFile } from './thread-file.ts';
import type { TimeResolution } from './time-resolution.ts';

/** So many batches without a frame that may change neighbours, and jobs are made again. */
const quietBatches = 4;
/** The event loop turns so often while threads start, milliseconds: their start needs it. */
const startSliceMilliseconds = 2;

/**
 * Jobs of so many batches that handing one over (some µs) costs little, so few that several jobs fit a cache. Two jobs
 * for each worker, one that is held and one to go on with, and some for the main thread to be ahead.
 */
export function replayPlan(workers: number): JobPlan {
  return { workers, jobs: 2 * workers + 2, batches: 8, segments: true };
}

/** For tests: what no command line can ask for. */
export interface ReplayTesting {
  /** The main thread leaves all jobs to the workers as long as there are some. */
  readonly patient?: boolean;
  readonly batchesPerJob?: number;
  readonly fault?: Fault;
  /** No thread is started: the main thread does all jobs. */
  readonly alone?: boolean;
  /** In place of the worker's module. */
  readonly thread?: string;
  /** Hears how many jobs were read, and how many of them workers had done. */
  readonly done?: (jobs: number, byWorkers: number) => void;
}

export interface ParallelSetup extends JobReaderSetup {
  readonly resolution: TimeResolution;
  /** Passes over frames of the file that workers can read themselves; see `MergedSource.skim`. */
  readonly skim?: ((most: number) => FilePiece | undefined) | undefined;
  /** Whether records for the port have been written: their resolution is settled. */
  readonly isOpen: (port: number) => boolean;
  /** Hears, in one line each, of threads that are lost. */
  readonly report: (line: string) => void;
  readonly testing?: ReplayTesting | undefined;
}

/** Like `replay`, by the workers of the memory. */
export function parallelReplay(
  source: FrameSource,
  setup: ParallelSetup,
  options: ReplayOptions,
): Promise<ReplayResult> {
  return new ParallelReplay(source, setup, options).run();
}

class ParallelReplay {
  readonly #source: FrameSource;
  readonly #setup: ParallelSetup;
  readonly #options: ReplayOptions;
  readonly #jobs: readonly Job[];
  readonly #batchesPerJob: number;
  readonly #reader: JobReader;
  #pool: WorkerPool | undefined;
  /** Workers that can still be waited for. */
  #alive: Set<number>;
  /** Jobs whose worker is lost. */
  readonly #lost = new Set<Job>();
  #helped = 0;
  /** Jobs published and read so far; the next ones lie in these places of the ring. */
  #published = 0;
  #read = 0;
  /** Of the job that is being filled. */
  #batches = 0;
  #bytes = 0;
  /** Batches since the last one with a frame that may change neighbours. */
  #quiet = quietBatches;
  #sliceEnd = 0;

  constructor(source: FrameSource, setup: ParallelSetup, options: ReplayOptions) {
    const { memory, testing } = setup;
    const { batches } = memory.plan;
    this.#source = source;
    this.#setup = setup;
    this.#options = options;
    this.#jobs = memory.jobs;
    this.#batchesPerJob = Math.min(testing?.batchesPerJob ?? batches, batches);
    this.#reader = new JobReader(setup);
    this.#alive = new Set(Array.from({ length: memory.plan.workers }, (_, worker) => worker));
  }

  async run(): Promise<ReplayResult> {
    const problems: ShimlineError[] = [];
    try {
      this.#settleResolution();
      const interrupted = await this.#play(problems);
      await this.#drain();
      this.#setup.forwarder.finish();
      this.#setup.testing?.done?.(this.#read, this.#read - this.#helped);
      return { problems, interrupted };
    } finally {
      this.#setup.memory.board.stop();
      await this.#pool?.close();
      this.#reader.close();
    }
  }

  /** Until the inputs end, nobody wants more, or the signal comes: then true. */
  async #play(problems: ShimlineError[]): Promise<boolean> {
    const { signal, failed, enough } = this.#options;
    this.#beginSlice();
    for (;;) {
      if (await this.#skim()) {
        if (signal.aborted) return true;
        if (failed()) return false;
        continue;
      }
      const batch = await this.#nextBatch();
      const more = await fillBatch(this.#source, batch, signal, problems);
      if (batch.count > 0) await this.#take(batch);
      if (more && signal.aborted) return true;
      if (!more || failed()) return false;
      while (this.#read < this.#published && this.#isSettled(this.#oldest)) this.#readOldest();
      if (await this.#turnWhenDue()) if (enough()) return false;
    }
  }

  /** Makes a job of the next frames of a file without reading them, if that can be; answers whether it did. */
  async #skim(): Promise<boolean> {
    const { skim } = this.#setup;
    if (skim === undefined || this.#batches > 0 || this.#quiet < quietBatches || this.#setup.resolution.isNew)
      return false;
    if (this.#published - this.#read === this.#jobs.length) await this.#waitAndRead();
    const piece = this.#nextPiece(skim);
    if (piece === undefined) return false;
    // Batches fill up with frames before they do with bytes, so what the worker will find in them is known.
    for (let left = piece.frames; left > 0; left -= batchFrames) {
      this.#job.frames[this.#batches++] = Math.min(left, batchFrames);
    }
    this.#publish(piece);
    while (this.#read < this.#published && this.#isSettled(this.#oldest)) this.#readOldest();
    await this.#turnWhenDue();
    return true;
  }

  /** As many frames in a row as a job takes, whatever part of the file is at hand at once. */
  #nextPiece(skim: (most: number) => FilePiece | undefined): FilePiece | undefined {
    const most = this.#batchesPerJob * batchFrames;
    let piece = skim(most);
    while (piece !== undefined && piece.frames < most && piece.to - piece.from < pieceBytesEnough) {
      const next = skim(most - piece.frames);
      if (next === undefined) break;
      piece = { from: piece.from, to: next.to, frames: piece.frames + next.frames };
    }
    return piece;
  }

  /** Lets signals and timers in, once a slice; answers whether it did. */
  async #turnWhenDue(): Promise<boolean> {
    if (performance.now() < this.#sliceEnd) return false;
    this.#options.onSlice?.();
    await setImmediate();
    this.#beginSlice();
    return true;
  }

  #beginSlice(): void {
    const starting = this.#pool !== undefined && this.#setup.memory.board.started < this.#alive.size;
    this.#sliceEnd = performance.now() + (starting ? startSliceMilliseconds : sliceMilliseconds);
  }

  /** An empty batch of the job that is being filled, as soon as there is a job for it. */
  async #nextBatch(): Promise<Batch> {
    if (this.#published - this.#read === this.#jobs.length) await this.#waitAndRead();
    const { batch } = this.#job.batches[this.#batches];
    batch.clear();
    return batch;
  }

  /** The batch that `#nextBatch` gave is filled. It is the next one of its job only as long as nothing is drained. */
  async #take(batch: Batch): Promise<void> {
    const isFiner = this.#setup.resolution.isNew;
    const teaches = holdsNeighborFrame(batch);
    if (isFiner || teaches) {
      await this.#drain();
      if (isFiner) this.#settleResolution();
      if (teaches) this.#quiet = 0;
      this.#reader.treatAlone(batch);
    } else if (this.#quiet < quietBatches) {
      this.#quiet++;
      this.#reader.treatAlone(batch);
    } else {
      this.#add(batch);
    }
  }

  /** The job that is being filled. */
  get #job(): Job {
    return this.#jobs[this.#published % this.#jobs.length];
  }

  #add(batch: Batch): void {
    const job = this.#job;
    job.frames[this.#batches++] = batch.count;
    this.#bytes += batch.tail;
    if (this.#batches === this.#batchesPerJob || this.#bytes >= jobBytesMax) this.#publish();
  }

  #publish(piece?: FilePiece): void {
    const index = this.#published % this.#jobs.length;
    const job = this.#jobs[index];
    job.piece[0] = piece?.from ?? 0;
    job.piece[1] = piece?.to ?? 0;
    job.count[0] = this.#batches;
    job.pieceCounts.fill(0);
    this.#published++;
    this.#batches = 0;
    this.#bytes = 0;
    if (this.#setup.testing?.alone !== true) this.#pool ??= this.#startPool();
    this.#setup.memory.board.publish(index);
  }

  /** Threads are started for the first job: a small capture needs none. */
  #startPool(): WorkerPool {
    const { tables, memory, format, file, testing, report } = this.#setup;
    const tasks = Array.from({ length: memory.plan.workers }, (_, worker): ReplayTask => {
      const fault = testing?.fault;
      return {
        worker,
        tables: tables.share(),
        jobs: memory.shared,
        format,
        file,
        ...(fault === undefined ? {} : { fault }),
      };
    });
    return new WorkerPool(threadFile(testing?.thread ?? 'replay-worker'), tasks, {
      lost: (worker, error) => this.#lose(worker, error),
      failed: (error) => {
        if (this.#alive.size === 0) return;
        this.#alive.clear();
        report(`no worker can start, one thread does the work: ${firstLine(error)}`);
      },
    });
  }

  /** What the worker holds is given up; the others, or we, take what it would have taken. */
  #lose(worker: number, error: Error): void {
    if (!this.#alive.delete(worker)) return;
    this.#setup.tables.generations.offline(worker);
    const { board } = this.#setup.memory;
    let frames = 0;
    for (const job of this.#jobs) {
      if (!board.isHeldBy(job.index, worker)) continue;
      this.#lost.add(job);
      frames += framesOf(job);
    }
    this.#setup.report(`worker ${worker + 1} has stopped, ${frames} frames are lost: ${firstLine(error)}`);
  }

  get #oldest(): Job {
    return this.#jobs[this.#read % this.#jobs.length];
  }

  #isSettled(job: Job): boolean {
    return this.#setup.memory.board.isDone(job.index) || this.#lost.has(job);
  }

  /** Publishes what there is and reads all jobs: afterwards none is under way. */
  async #drain(): Promise<void> {
    if (this.#batches > 0) this.#publish();
    while (this.#read < this.#published) await this.#waitAndRead();
  }

  async #waitAndRead(): Promise<void> {
    const { board, plan } = this.#setup.memory;
    const job = this.#oldest;
    while (!this.#isSettled(job)) {
      const { ticket } = board;
      if (this.#isSettled(job)) break;
      if (this.#mayHelp && board.takeIfReady(job.index, plan.workers)) this.#help(job);
      else board.sleep(ticket, Math.max(1, this.#sliceEnd - performance.now()));
      await this.#turnWhenDue();
    }
    this.#readOldest();
  }

  /** Waiting for a job that nobody has begun would be idle. */
  get #mayHelp(): boolean {
    return this.#alive.size === 0 || this.#setup.testing?.patient !== true;
  }

  #help(job: Job): void {
    this.#reader.run(job);
    this.#setup.memory.board.finish(job.index);
    this.#helped++;
  }

  #readOldest(): void {
    const job = this.#oldest;
    if (this.#lost.delete(job)) this.#reader.countLost(job);
    else this.#reader.read(job);
    this.#setup.memory.board.free(job.index);
    this.#read++;
  }

  /** No job is under way: files that begin from here on have the resolution that the input has now. */
  #settleResolution(): void {
    const { resolution, memory, isOpen } = this.#setup;
    resolution.settle();
    for (let port = 0; port < memory.shared.ports; port++) {
      if (!isOpen(port)) memory.nanosecond[port] = resolution.nanosecond ? 1 : 0;
    }
  }
}

// EtherTypes that teach nothing, as the upper half of the word in which they lie.
const ipv4 = 0x0008;
const labels = 0x4788;

function holdsNeighborFrame({ bytes, words, start, captured, count }: Batch): boolean {
  for (let slot = 0; slot < count; slot++) {
    // Nearly every frame is told by one word; beyond the end of a short one it may be anything, and is looked at.
    const type = words[(start[slot] + 10) >>> 2] >>> 16;
    if ((type === ipv4 || type === labels) && captured[slot] >= 14) continue;
    if (mayChangeNeighbors(bytes, start[slot], captured[slot])) return true;
  }
  return false;
}

function firstLine(error: Error): string {
  return (error.message.split('\n')[0] ?? '').trim();
}
