// Several captures played as one: the earliest next frame goes first, ties in the order of the inputs. Only next
// frames are compared, so a file's own order is never changed. Runs of frames from one input are read in one go,
// up to the time of the earliest frame of the others.
//
// A damaged input ends where the damage begins; the others are played to their end, then the errors are thrown.
import type { Readable } from 'node:stream';
import { ShimlineError } from '../errors.ts';
import { Batch, frameBytesMax, headroomBytes } from '../wire/batch.ts';
import { type CaptureInput, type FilePiece, openCapture } from './capture-input.ts';
import type { FrameSource } from './device.ts';
import { parseInputSpec, standardInput } from './input-spec.ts';
import { ioError, joinErrors } from './io-error.ts';
import type { SharedRoom } from './shared-room.ts';

export interface InputBinding {
  /** Index of the port whose frames these are. Several inputs may name one port. */
  readonly port: number;
  /** `FILE`, `FILE#N` or `-`. */
  readonly spec: string;
}

export interface InputOptions {
  /** Plays everything so many times; default 1. */
  readonly loop?: number;
  /** In place of the process's standard input. */
  readonly stdin?: Readable;
  /** Where windows may lie. */
  readonly room?: SharedRoom | undefined;
}

/** A regular capture file that is played alone. */
export interface SingleFile {
  readonly path: string;
  readonly port: number;
  readonly nanosecond: boolean;
}

/** Later than any 32-bit second. */
const never = 2 ** 32;
const second = 1_000_000_000;
const roundGapNanoseconds = 1000;

/**
 * Opens all inputs and reads ahead to the first frame of each. Throws USAGE and IO errors, of all inputs at once;
 * damage, even of a file header, is left to `fill`.
 */
export async function openInputs(bindings: readonly InputBinding[], options: InputOptions = {}): Promise<MergedSource> {
  const loop = options.loop ?? 1;
  if (!Number.isSafeInteger(loop) || loop < 1) throw new ShimlineError('USAGE', `loop count ${loop} is not 1 or more`);
  const fromStdin = bindings.filter(({ spec }) => parseInputSpec(spec).path === standardInput).length;
  if (fromStdin > 1) throw new ShimlineError('USAGE', 'standard input: can be read by one input only');
  if (fromStdin > 0 && loop > 1) throw new ShimlineError('USAGE', 'standard input: cannot be looped');
  const inputs: CaptureInput[] = [];
  const errors: ShimlineError[] = [];
  for (const { port, spec } of bindings) {
    try {
      const input = await openCapture(port, spec, options.stdin, options.room);
      inputs.push(input);
      if (loop > 1 && !input.canRewind) {
        errors.push(new ShimlineError('USAGE', `${spec}: is not a regular file and cannot be looped`));
      }
    } catch (error) {
      errors.push(ioError(spec, error));
    }
  }
  const source = new MergedSource(inputs, loop);
  if (errors.length === 0) errors.push(...(await source.prepare()));
  if (errors.length > 0) {
    source.close();
    throw joinErrors(errors);
  }
  return source;
}

export class MergedSource implements FrameSource {
  readonly #inputs: readonly CaptureInput[];
  readonly #loop: number;
  #round = 0;
  #waiting: Promise<void> | undefined;
  readonly #errors: ShimlineError[] = [];
  #thrown = false;
  #readInEarlierRounds = 0;
  // Of the first round, for the shift of the later ones.
  #firstSeconds = never;
  #firstNanoseconds = 0;
  #lastSeconds = -1;
  #lastNanoseconds = 0;
  #shiftSeconds = 0;
  #shiftNanoseconds = 0;

  /** Use `openInputs`. */
  constructor(inputs: readonly CaptureInput[], loop: number) {
    this.#inputs = inputs;
    this.#loop = loop;
  }

  /**
   * Some input's time stamps are finer than a microsecond. Known from the start for pcap; for pcapng from the
   * interfaces described before the first frame: one described later may still turn it to true.
   */
  get nanosecond(): boolean {
    return this.#inputs.some((input) => input.nanosecond);
  }

  /** Bytes read so far, in all rounds, as they lie in the files (compressed, if they are). */
  bytesRead(): number {
    return this.#readInEarlierRounds + this.#inputs.reduce((sum, input) => sum + input.bytes.bytesRead(), 0);
  }

  /** Bytes to read in all rounds; undefined if an input does not know. */
  bytesTotal(): number | undefined {
    let total = 0;
    for (const input of this.#inputs) {
      const size = input.bytes.bytesTotal();
      if (size === undefined) return undefined;
      total += size;
    }
    return total * this.#loop;
  }

  /** Reads ahead to the first frames. Answers the errors that are not about the content of a file. */
  async prepare(): Promise<ShimlineError[]> {
    const untouched = new Batch(frameBytesMax + headroomBytes + 8);
    for (const input of this.#inputs) {
      while (!input.headKnown && !input.ended) await input.advance(untouched, 0, 0);
    }
    return this.#inputs.flatMap(({ failure }) =>
      failure === undefined || failure.code === 'DAMAGED' ? [] : [failure],
    );
  }

  /** The file whose parts others can read by their place, if there is nothing to merge with it and it is played once. */
  get single(): SingleFile | undefined {
    const [input] = this.#inputs;
    if (this.#inputs.length !== 1 || this.#loop > 1 || input === undefined || !input.isPlain) return undefined;
    return { path: input.path, port: input.port, nanosecond: input.nanosecond };
  }

  /** Passes over up to `most` frames of the single file; undefined where the next one has to come by `fill`. */
  skim(most: number): FilePiece | undefined {
    return this.#waiting === undefined && this.single !== undefined ? this.#inputs[0]?.skim(most) : undefined;
  }

  fill(batch: Batch): number | Promise<number> {
    const from = batch.count;
    while (this.#waiting === undefined) {
      const roundFrom = batch.count;
      const full = this.#playRound(batch);
      if (this.#loop > 1) this.#shiftTimes(batch, roundFrom);
      if (full) return batch.count - from;
      if (this.#waiting === undefined && !this.#nextRound()) return this.#atEnd(batch.count - from);
    }
    if (batch.count > from) return batch.count - from;
    return this.#waiting.then(() => {
      this.#waiting = undefined;
      return this.fill(batch);
    });
  }

  close(): void {
    for (const input of this.#inputs) input.bytes.close();
  }

  /** Appends until the batch is full (true), or the round has ended or must wait (false). */
  #playRound(batch: Batch): boolean {
    const inputs = this.#inputs;
    for (;;) {
      let next = -1;
      let limitSeconds = never;
      let limitNanoseconds = 0;
      for (let index = 0; index < inputs.length; index++) {
        const input = inputs[index];
        if (input.ended) continue;
        if (!input.headKnown) this.#advance(input, batch, 0, 0);
        if (this.#waiting !== undefined) return false;
        if (input.ended) continue;
        if (next < 0) {
          next = index;
          continue;
        }
        // The run of the chosen input ends before the earliest frame of any other; an input that stands before
        // the chosen one yields to it only if strictly later, one that stands behind also on a tie.
        const chosen = inputs[next];
        let { headSeconds, headNanoseconds } = input;
        if (earlier(headSeconds, headNanoseconds, chosen.headSeconds, chosen.headNanoseconds)) {
          next = index;
          headSeconds = chosen.headSeconds;
          headNanoseconds = chosen.headNanoseconds;
        } else {
          headNanoseconds++;
        }
        if (earlier(headSeconds, headNanoseconds, limitSeconds, limitNanoseconds)) {
          limitSeconds = headSeconds;
          limitNanoseconds = headNanoseconds;
        }
      }
      if (next < 0) return false;
      if (this.#advance(inputs[next], batch, limitSeconds, limitNanoseconds)) return true;
      if (this.#waiting !== undefined) return false;
    }
  }

  #advance(input: CaptureInput, batch: Batch, seconds: number, nanoseconds: number): boolean {
    const answer = input.advance(batch, seconds, nanoseconds);
    if (typeof answer === 'boolean') return answer;
    this.#waiting = answer;
    return false;
  }

  /** Ends a round; false if it was the last. */
  #nextRound(): boolean {
    for (const { failure } of this.#inputs) {
      if (failure === undefined || this.#errors.some((known) => known.message === failure.message)) continue;
      this.#errors.push(failure);
    }
    const empty = this.#lastSeconds < 0;
    if (this.#round + 1 >= this.#loop || empty) return false;
    this.#round++;
    this.#readInEarlierRounds = this.bytesRead();
    for (const input of this.#inputs) input.rewind();

    let shift = this.#lastNanoseconds - this.#firstNanoseconds + roundGapNanoseconds + this.#shiftNanoseconds;
    this.#shiftSeconds += this.#lastSeconds - this.#firstSeconds + Math.floor(shift / second);
    shift -= Math.floor(shift / second) * second;
    this.#shiftNanoseconds = shift;
    return true;
  }

  /** First round: finds the earliest and the latest time. Later rounds: moves their frames behind the round before. */
  #shiftTimes(batch: Batch, from: number): void {
    const { seconds, nanoseconds } = batch;
    for (let slot = from; slot < batch.count; slot++) {
      if (this.#round === 0) {
        this.#span(seconds[slot], nanoseconds[slot]);
        continue;
      }
      const sum = nanoseconds[slot] + this.#shiftNanoseconds;
      const carry = sum >= second ? 1 : 0;
      nanoseconds[slot] = sum - carry * second;
      seconds[slot] += this.#shiftSeconds + carry;
    }
  }

  #span(seconds: number, nanoseconds: number): void {
    if (earlier(seconds, nanoseconds, this.#firstSeconds, this.#firstNanoseconds)) {
      this.#firstSeconds = seconds;
      this.#firstNanoseconds = nanoseconds;
    }
    if (earlier(this.#lastSeconds, this.#lastNanoseconds, seconds, nanoseconds)) {
      this.#lastSeconds = seconds;
      this.#lastNanoseconds = nanoseconds;
    }
  }

  #atEnd(added: number): number {
    if (added > 0 || this.#thrown || this.#errors.length === 0) return added;
    this.#thrown = true;
    throw joinErrors(this.#errors);
  }
}

function earlier(seconds: number, nanoseconds: number, thanSeconds: number, thanNanoseconds: number): boolean {
  return seconds < thanSeconds || (seconds === thanSeconds && nanoseconds < thanNanoseconds);
}
