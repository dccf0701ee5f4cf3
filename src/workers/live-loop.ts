// Forwarding without an end: frames from devices, each flow on one worker, until a signal.
//
//   device ─▶ inbox ─▶ by hash of the flow: job of worker n ─▶ ring ─▶ worker n: fast path ─▶ ring ─▶ output, slow path
//
// This thread owns the devices and all state. A frame that may change neighbours is treated here, when no job is under
// way. Jobs of a worker come back in their order, and so do the frames of a flow, whichever speed they take. A worker
// that is lost takes what it held with it; its share of the flows goes to the others.
import { setImmediate } from 'node:timers/promises';
import { mayChangeNeighbors } from '../engine/fast/neighbor-frames.ts';
import { Forwarder } from '../engine/forwarder.ts';
import type { Output } from '../engine/output.ts';
import type { FrameSource } from '../io/device.ts';
import type { Tables } from '../tables/tables.ts';
import { Batch } from '../wire/batch.ts';
import { Inbox } from './inbox.ts';
import { type Job, JobMemory, type JobPlan, jobMemoryBytes } from './job.ts';
import { framesOf, JobReader } from './job-reader.ts';
import { Lane } from './lane.ts';
import type { LiveTask } from './live-worker.ts';
import { WorkerPool } from './pool.ts';
import { FrameOutput } from './segment-output.ts';
import { shardOf } from './shard.ts';
import { threadFile } from './thread-file.ts';

/** Jobs of one batch each that a worker may have before it, a power of two. */
const jobsPerWorker = 8;
/** So long the loop sleeps for a worker before it looks at signals and devices again, milliseconds. */
const patienceMilliseconds = 1;
/** A loop that never yields never sees a signal. */
const sliceMilliseconds = 5;

function livePlan(workers: number): JobPlan {
  return { workers, jobs: workers * jobsPerWorker, batches: 1, segments: false };
}

/** Bytes to reserve in the tables' memory. */
export function liveBytes(workers: number, ports: number): number {
  return jobMemoryBytes(livePlan(workers), ports);
}

export interface LiveSetup {
  readonly tables: Tables;
  readonly workers: number;
  readonly sources: readonly FrameSource[];
  readonly output: Output;
  /** Hears of threads that are lost, in one line each. */
  readonly report: (line: string) => void;
  /** For tests: by worker, at which of its jobs it comes to grief. */
  readonly faultAt?: readonly (number | undefined)[];
}

export class LiveLoop {
  readonly forwarder: Forwarder;
  readonly #setup: LiveSetup;
  readonly #memory: JobMemory;
  readonly #reader: JobReader;
  readonly #inboxes: readonly Inbox[];
  /** By worker. */
  readonly #lanes: readonly Lane[];
  /** Those that still work: flows are shared among them. */
  #alive: Lane[];
  readonly #alone = new Batch();

  constructor(setup: LiveSetup) {
    const { tables, workers, sources } = setup;
    const output = new FrameOutput(setup.output);
    const memory = JobMemory.create(tables, livePlan(workers));
    this.#setup = setup;
    this.#memory = memory;
    this.forwarder = new Forwarder(tables, output);
    this.#reader = new JobReader({ tables, memory, forwarder: this.forwarder, output, format: 'none' });
    this.#inboxes = sources.map((source) => new Inbox(source));
    this.#lanes = Array.from({ length: workers }, (_, worker) => {
      const jobs = memory.jobs.slice(worker * jobsPerWorker, (worker + 1) * jobsPerWorker);
      return new Lane(worker, jobs);
    });
    this.#alive = [...this.#lanes];
  }

  /** Until the signal comes, or all sources have ended. What has arrived is treated to its end. */
  async run(signal: AbortSignal): Promise<void> {
    const pool = this.#startPool();
    try {
      let sliceEnd = 0;
      while (!signal.aborted && this.#inboxes.some((inbox) => !inbox.ended)) {
        const busy = this.#turn();
        if (!busy && !this.#isUnderWay) await Inbox.any(this.#inboxes, signal);
        else if (!busy) this.#sleep();
        if (performance.now() < sliceEnd) continue;
        await setImmediate();
        sliceEnd = performance.now() + sliceMilliseconds;
      }
      for (const inbox of this.#inboxes) await this.#spreadAll(inbox);
      await this.#drain();
      this.forwarder.finish();
    } finally {
      for (const lane of this.#lanes) lane.close();
      await pool.close();
    }
  }

  #startPool(): WorkerPool {
    const { tables, faultAt } = this.#setup;
    const tasks = this.#lanes.map(
      ({ worker, toWorker, fromWorker }): LiveTask => ({
        worker,
        tables: tables.share(),
        jobs: this.#memory.shared,
        toWorker,
        fromWorker,
        capacity: jobsPerWorker,
        faultAt: faultAt?.[worker],
      }),
    );
    return new WorkerPool(threadFile('live-worker'), tasks, {
      lost: (worker, error) => this.#lose(this.#lanes[worker] as Lane, error),
      failed: (error) => {
        for (const lane of [...this.#alive]) this.#lose(lane, error);
      },
    });
  }

  /** Takes in what is at hand, hands it over, puts out what came back. Answers whether there was anything. */
  #turn(): boolean {
    let busy = this.#collect();
    for (const inbox of this.#inboxes) {
      if (inbox.left === 0) inbox.fill();
      if (inbox.left > 0) busy = this.#spread(inbox) || busy;
    }
    for (const lane of this.#alive) this.#hand(lane);
    return busy;
  }

  /** Gives frames to workers until one has no room; answers whether it got on. */
  #spread(inbox: Inbox): boolean {
    const { bytes, start, captured } = inbox.batch;
    const from = inbox.next;
    for (; inbox.left > 0; inbox.next++) {
      const begin = start[inbox.next];
      const present = captured[inbox.next];
      if (mayChangeNeighbors(bytes, begin, present)) {
        // The rest waits until all that came before has come back.
        for (const lane of this.#alive) this.#hand(lane);
        if (this.#isUnderWay) break;
        this.#treatAlone(inbox);
        continue;
      }
      if (this.#alive.length === 0) {
        this.#treatAlone(inbox);
        continue;
      }
      const lane = this.#alive[shardOf(bytes, begin, present, this.#alive.length)] as Lane;
      if (lane.add(inbox.batch, inbox.next)) continue;
      this.#hand(lane);
      if (!lane.add(inbox.batch, inbox.next)) break;
    }
    return inbox.next > from;
  }

  async #spreadAll(inbox: Inbox): Promise<void> {
    while (inbox.left > 0) {
      const moved = this.#collect();
      if (this.#spread(inbox) || moved) continue;
      this.#sleep();
      await setImmediate();
    }
  }

  async #drain(): Promise<void> {
    for (const lane of this.#alive) this.#hand(lane);
    while (this.#isUnderWay) {
      if (this.#collect()) continue;
      this.#sleep();
      await setImmediate();
    }
  }

  #hand(lane: Lane): void {
    lane.hand();
  }

  /** Jobs that have come back, of each worker in their order. */
  #collect(): boolean {
    let any = false;
    for (const lane of this.#lanes) {
      for (let job = lane.takeBack(); job !== undefined; job = lane.takeBack()) {
        this.#reader.read(job);
        any = true;
      }
    }
    return any;
  }

  get #isUnderWay(): boolean {
    return this.#lanes.some((lane) => lane.underWay > 0);
  }

  #sleep(): void {
    this.#lanes.find((lane) => lane.underWay > 0)?.sleep(patienceMilliseconds);
  }

  /** One frame, here and now: all before it is done. */
  #treatAlone(inbox: Inbox): void {
    this.#alone.clear();
    inbox.copyTo(this.#alone);
    this.forwarder.process(this.#alone);
  }

  /** What came back in time is kept; what the worker has not begun is as lost as what it holds: nobody can tell. */
  #lose(lane: Lane, error: Error): void {
    if (!this.#alive.includes(lane)) return;
    this.#alive = this.#alive.filter((each) => each !== lane);
    this.#setup.tables.generations.offline(lane.worker);
    this.#collect();
    const lost: Job[] = lane.abandon();
    for (const job of lost) this.#reader.countLost(job);
    const frames = lost.reduce((sum, job) => sum + framesOf(job), 0);
    this.#setup.report(`worker ${lane.worker + 1} has stopped, ${frames} frames are lost: ${error.message}`);
  }
}
