// Ties capture files to the engine: batches from a source through the forwarder into an output, until the end,
// an interrupt, or an output that can no longer be written.
import { setImmediate } from 'node:timers/promises';
import { ShimlineError } from '../errors.ts';
import type { FrameSource } from '../io/device.ts';
import type { Batch } from '../wire/batch.ts';

/** How long the loop runs before it lets signals and timers in, milliseconds. */
export const sliceMilliseconds = 20;

export interface BatchProcessor {
  process(batch: Batch): void;
  finish(): void;
}

export interface ReplayOptions {
  /** Ends the replay at the next batch, even while the source waits. */
  readonly signal: AbortSignal;
  /** Asked once a slice: true when nobody needs the rest. */
  readonly enough: () => boolean;
  /** Asked once a batch: true when the output has failed and going on is pointless. */
  readonly failed: () => boolean;
  /** Called once a slice. */
  readonly onSlice?: () => void;
}

export interface ReplayResult {
  /** Inputs that turned out damaged or unreadable, after everything that could be read was processed. */
  readonly problems: readonly ShimlineError[];
  /** Ended by the signal before the inputs did. */
  readonly interrupted: boolean;
}

/** Runs until nothing is left, batch by batch through the one given. The caller closes source and output, and reads the counters. */
export async function replay(
  source: FrameSource,
  processor: BatchProcessor,
  batch: Batch,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const { signal } = options;
  const problems: ShimlineError[] = [];
  let interrupted = false;
  let sliceEnd = performance.now() + sliceMilliseconds;
  for (;;) {
    batch.clear();
    const more = await fillBatch(source, batch, signal, problems);
    if (batch.count > 0) processor.process(batch);
    interrupted = more && signal.aborted;
    if (!more || interrupted || options.failed()) break;
    if (performance.now() < sliceEnd) continue;
    options.onSlice?.();
    await setImmediate();
    if (options.enough()) break;
    sliceEnd = performance.now() + sliceMilliseconds;
  }
  processor.finish();
  return { problems, interrupted };
}

/** One batch more. A source tells of damage once, after all else; what it appended before is kept. Answers false at the end. */
export async function fillBatch(
  source: FrameSource,
  batch: Batch,
  signal: AbortSignal,
  problems: ShimlineError[],
): Promise<boolean> {
  try {
    const filled = source.fill(batch);
    return typeof filled === 'number' ? filled > 0 : await untilAborted(filled, signal);
  } catch (error) {
    if (!(error instanceof ShimlineError)) throw error;
    problems.push(error);
    return true;
  }
}

/** Whether frames came; true as well when the signal came first. */
function untilAborted(filled: Promise<number>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(true);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    filled.then((count) => resolve(count > 0), reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
