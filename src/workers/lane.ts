// The way to one worker and back: its jobs, of one batch each, and the two rings. Used by the owner of the devices.
import type { Batch } from '../wire/batch.ts';
import { copyFrame } from './inbox.ts';
import type { Job } from './job.ts';
import { Ring, ringBytes } from './ring.ts';

export class Lane {
  readonly worker: number;
  readonly toWorker: SharedArrayBuffer;
  readonly fromWorker: SharedArrayBuffer;
  readonly #jobs: readonly Job[];
  readonly #to: Ring;
  readonly #from: Ring;
  /** Jobs handed over and taken back so far; they go round in their order. */
  #handed = 0;
  #back = 0;
  /** Frames in the job that is being filled. */
  #frames = 0;

  /** The number of jobs is a power of two. */
  constructor(worker: number, jobs: readonly Job[]) {
    this.worker = worker;
    this.#jobs = jobs;
    this.toWorker = new SharedArrayBuffer(ringBytes(jobs.length));
    this.fromWorker = new SharedArrayBuffer(ringBytes(jobs.length));
    this.#to = new Ring(this.toWorker, jobs.length);
    this.#from = new Ring(this.fromWorker, jobs.length);
  }

  /** Jobs that the worker has. */
  get underWay(): number {
    return this.#handed - this.#back;
  }

  /** Takes a frame into the job that is being filled; false when that is full or still with the worker. */
  add(from: Batch, slot: number): boolean {
    if (this.underWay === this.#jobs.length) return false;
    const { batch } = this.#filling.batches[0];
    if (this.#frames === 0) batch.clear();
    if (!copyFrame(from, slot, batch)) return false;
    this.#frames++;
    return true;
  }

  /** Hands over what has gathered, if anything. */
  hand(): void {
    if (this.#frames === 0) return;
    const job = this.#filling;
    job.count[0] = 1;
    job.frames[0] = this.#frames;
    job.pieceCounts[0] = 0;
    this.#frames = 0;
    this.#handed++;
    this.#to.put(job.index);
  }

  /** The next job that has come back. To be read before anything is added. */
  takeBack(): Job | undefined {
    if (this.#from.take() < 0) return undefined;
    return this.#jobs[this.#back++ % this.#jobs.length];
  }

  sleep(milliseconds: number): void {
    this.#from.sleep(milliseconds);
  }

  /** The worker is lost: what it had and what was to follow. */
  abandon(): Job[] {
    this.hand();
    const jobs: Job[] = [];
    while (this.underWay > 0) jobs.push(this.#jobs[this.#back++ % this.#jobs.length]);
    return jobs;
  }

  close(): void {
    this.#to.close();
  }

  get #filling(): Job {
    return this.#jobs[this.#handed % this.#jobs.length];
  }
}
