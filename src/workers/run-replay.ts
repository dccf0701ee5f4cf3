// Frames from a source through the router, by one thread or by several: the output does not tell which.
import type { Counters } from '../engine/counters.ts';
import { Forwarder } from '../engine/forwarder.ts';
import type { Output } from '../engine/output.ts';
import type { Names } from '../engine/slow/story.ts';
import type { FilePiece } from '../io/capture-input.ts';
import type { FrameSource } from '../io/device.ts';
import type { SingleFile } from '../io/merged-source.ts';
import type { Tables } from '../tables/tables.ts';
import type { FileOutput } from './file-output.ts';
import { JobMemory, jobMemoryBytes } from './job.ts';
import { type ParallelSetup, parallelReplay, type ReplayTesting, replayPlan } from './parallel-replay.ts';
import { type ReplayOptions, type ReplayResult, replay } from './replay.ts';
import type { RecordFormat } from './segment.ts';
import { FrameOutput, PassingOutput, PieceOutput } from './segment-output.ts';
import type { TimeResolution } from './time-resolution.ts';

/** Places of records are offsets in the tables' block, of 32 bits. */
const blockBytesMax = 2 ** 32;

export interface ReplaySetup {
  readonly tables: Tables;
  /** Where frames go, and their stories if there are any. */
  readonly output: Output;
  /** The files beneath `output`, if any are written. */
  readonly files: FileOutput | undefined;
  /** What each port has a file of its own in; `one-file` holds all ports. */
  readonly layout: 'pcap' | 'pcapng' | 'one-file';
  /** Explains every frame: the slow path alone does that, on one thread. */
  readonly explain: Names | undefined;
  readonly workers: number;
  readonly resolution: TimeResolution;
  /** Hears of threads that are lost, in one line each. */
  readonly report: (line: string) => void;
  readonly testing?: ReplayTesting | undefined;
}

/** A source of frames, perhaps one whose file several threads can read. */
export interface ReplaySource extends FrameSource {
  readonly single?: SingleFile | undefined;
  skim?(most: number): FilePiece | undefined;
}

export interface ReplayEnd extends ReplayResult {
  readonly counters: Counters;
  /** Threads that forwarded. */
  readonly workers: number;
}

/** Bytes to reserve in the tables' memory for so many workers. */
export function replayBytes(workers: number, ports: number): number {
  return workers > 1 ? jobMemoryBytes(replayPlan(workers), ports) : 0;
}

export async function runReplay(source: ReplaySource, setup: ReplaySetup, options: ReplayOptions): Promise<ReplayEnd> {
  const { tables, output, explain, workers } = setup;
  if (workers > 1 && explain === undefined) {
    if (tables.memory.buffer.byteLength <= blockBytesMax) return runParallel(source, setup, options);
    setup.report('the tables take more than 4 GiB, one thread does the work');
  }
  const forwarder = new Forwarder(tables, output, explain === undefined ? {} : { explain });
  const result = await replay(source, forwarder, forwarder.newBatch(), options);
  return { ...result, counters: forwarder.counters, workers: 1 };
}

async function runParallel(source: ReplaySource, setup: ReplaySetup, options: ReplayOptions): Promise<ReplayEnd> {
  const { tables, files, layout, workers, resolution, report, testing } = setup;
  const memory = JobMemory.create(tables, replayPlan(workers));
  const output = jobOutput(setup, memory);
  const forwarder = new Forwarder(tables, output);
  // Where one file takes frames of all ports the main thread makes its records, and needs the frames for that.
  const file = tables.memory.webAssembly && layout !== 'one-file' ? source.single : undefined;
  const format: RecordFormat = files === undefined || layout === 'one-file' ? 'none' : layout;
  const parallel: ParallelSetup = {
    tables,
    memory,
    forwarder,
    output,
    format,
    file,
    skim: file && source.skim && ((most) => source.skim?.(most)),
    resolution,
    isOpen: (port) => files?.isOpen(port) ?? false,
    report,
    testing,
  };
  const result = await parallelReplay(source, parallel, options);
  return { ...result, counters: forwarder.counters, workers };
}

function jobOutput({ files, layout, output }: ReplaySetup, memory: JobMemory): PassingOutput {
  if (files === undefined) return new PassingOutput(output);
  return layout === 'one-file' ? new FrameOutput(files) : new PieceOutput(files, memory);
}
