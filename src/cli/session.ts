// One run of frames through a router, from the opening of its files to their closing: what `replay` and `trace` share.
import type { CompiledRouter } from '../control/router.ts';
import { spareRoom } from '../engine/forwarder-memory.ts';
import type { Output } from '../engine/output.ts';
import { type MergedSource, openInputs } from '../io/merged-source.ts';
import type { SharedRoom } from '../io/shared-room.ts';
import { SinkTable } from '../io/sink-table.ts';
import { openDestination } from '../workers/destination.ts';
import { FileOutput, NoOutput } from '../workers/file-output.ts';
import type { ReplayResult } from '../workers/replay.ts';
import { type ReplayEnd, runReplay } from '../workers/run-replay.ts';
import { imbalance, type Summary, summarize } from '../workers/summary.ts';
import { TimeResolution } from '../workers/time-resolution.ts';
import { type FateListener, TracedOutput } from '../workers/traced-output.ts';
import { bindInputs } from './bind-inputs.ts';
import { Interrupted } from './errors.ts';
import type { InputBinding, OutputChoice } from './options.ts';
import { Progress } from './progress.ts';
import { openReplayRouter } from './router.ts';
import type { CliIo } from './terminal.ts';

export interface SessionOptions {
  readonly config: string;
  readonly input: readonly InputBinding[];
  readonly loop: number;
  /** Threads that may forward. One does where frames are explained. */
  readonly workers: number;
  readonly output: OutputChoice;
  /** Asks for explanations and says who hears them, given the names of all (sub-)interfaces. */
  readonly listen: ((interfaceNames: readonly string[], nanosecond: boolean) => FateListener) | undefined;
  /** True when nobody needs the rest. */
  readonly enough: () => boolean;
}

export interface SessionEnd {
  readonly summary: Summary;
  /** Everything that went wrong on the way, worst first: output, then damaged inputs, then the books. */
  readonly problems: readonly unknown[];
  readonly interrupted: boolean;
}

export async function runSession(options: SessionOptions, io: CliIo): Promise<SessionEnd> {
  const router = await openReplayRouter(options.config, { inputs: options.input.length, workers: options.workers }, io);
  const inputs = bindInputs(options.input, router.model, router.portNames);
  const interfaceNames = router.model.interfaces.map((entry) => entry.name);
  // A filter that names nothing is found before any file is touched; the clock's digits are known after.
  options.listen?.(interfaceNames, false);
  const room = spareRoom(router.tables);
  const source = await unlessAborted(openInputs(inputs, { loop: options.loop, room }), io.signal);
  try {
    return await runOpened(router, room, interfaceNames, source, options, io);
  } finally {
    await source.close();
  }
}

/** Opening waits for the first frames, on standard input perhaps for ever. */
function unlessAborted<T>(opening: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Interrupted());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    opening.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

async function runOpened(
  router: CompiledRouter,
  room: SharedRoom | undefined,
  interfaceNames: readonly string[],
  source: MergedSource,
  options: SessionOptions,
  io: CliIo,
): Promise<SessionEnd> {
  const resolution = new TimeResolution(source);
  const files = openFiles(options, resolution, router, room);
  const listener = options.listen?.(interfaceNames, source.nanosecond);
  const kept: Output = files ?? new NoOutput();
  const { place, format, comments } = options.output;
  const progress = new Progress(options.listen ? undefined : io.progressStream, source);
  const started = performance.now();
  let end: ReplayEnd;
  try {
    end = await runReplay(
      source,
      {
        tables: router.tables,
        output: listener ? new TracedOutput(kept, listener) : kept,
        files,
        layout: place === '-' ? 'one-file' : format,
        explain: listener !== undefined || comments ? router.names : undefined,
        workers: options.workers,
        resolution,
        report: (line) => io.err.write(`shimline: ${line}\n`),
      },
      {
        signal: io.signal,
        enough: options.enough,
        failed: () => files?.failure !== undefined,
        onSlice: () => progress.update(),
      },
    );
  } finally {
    progress.stop();
    await files?.close();
  }
  const seconds = (performance.now() - started) / 1000;
  const summary = summarize(end.counters, router.portNames, seconds, end.workers);
  return { summary, problems: problemsOf(files, end, summary), interrupted: end.interrupted };
}

function openFiles(
  options: SessionOptions,
  resolution: TimeResolution,
  router: CompiledRouter,
  room: SharedRoom | undefined,
): FileOutput | undefined {
  const { place, format, drops, punts, comments } = options.output;
  if (place === undefined) return undefined;
  const ports = router.portNames.length;
  const sinks = room && format === 'pcap' ? SinkTable.in(room, ports) : undefined;
  const destination = openDestination({
    place,
    format,
    drops,
    punts,
    portNames: router.portNames,
    inputs: options.input.map((input) => input.spec),
    nanosecond: () => resolution.nanosecond,
    sinks,
  });
  return new FileOutput(destination, ports, comments, sinks);
}

function problemsOf(files: FileOutput | undefined, end: ReplayResult, summary: Summary): unknown[] {
  const books = imbalance(summary);
  return [
    ...(files?.failure === undefined ? [] : [files.failure]),
    ...end.problems,
    ...(books === undefined ? [] : [new Error(books)]),
  ];
}
