// What a device has delivered and nobody has taken yet: one batch, and perhaps the promise of more.
import type { FrameSource } from '../io/device.ts';
import { Batch } from '../wire/batch.ts';

export class Inbox {
  readonly batch = new Batch();
  /** The slot to be taken next. */
  next = 0;
  ended = false;
  readonly #source: FrameSource;
  #waiting: Promise<void> | undefined;
  #error: unknown;

  constructor(source: FrameSource) {
    this.#source = source;
  }

  /** Frames to be taken. */
  get left(): number {
    return this.#waiting === undefined ? this.batch.count - this.next : 0;
  }

  /** Asks the device, if it is not being asked. Throws what the device has thrown. */
  fill(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.ended || this.#waiting !== undefined) return;
    this.batch.clear();
    this.next = 0;
    const filled = this.#source.fill(this.batch);
    if (typeof filled === 'number') {
      this.ended = filled === 0;
      return;
    }
    this.#waiting = filled
      .then(
        (count) => {
          this.ended = count === 0;
        },
        (error: unknown) => {
          this.#error = error;
        },
      )
      .finally(() => {
        this.#waiting = undefined;
      });
  }

  /** Copies the next frame; the other batch has room. */
  copyTo(batch: Batch): void {
    copyFrame(this.batch, this.next, batch);
  }

  /** Until one of the devices that are waited for has something, or the signal comes. */
  static async any(inboxes: readonly Inbox[], signal: AbortSignal): Promise<void> {
    const waiting = inboxes.flatMap((inbox) => inbox.#waiting ?? []);
    if (waiting.length === 0 || signal.aborted) return;
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    signal.addEventListener('abort', stop, { once: true });
    await Promise.race([...waiting, stopped]);
    signal.removeEventListener('abort', stop);
  }
}

const wordCopyMax = 256;

/** Copies a frame with its times from one batch to another; false when there is no room. */
export function copyFrame(from: Batch, slot: number, to: Batch): boolean {
  const captured = from.captured[slot];
  const start = to.add(from.port[slot], captured, from.original[slot], from.seconds[slot], from.nanoseconds[slot]);
  if (start < 0) return false;
  const begin = from.start[slot];
  if (captured > wordCopyMax) {
    to.bytes.set(from.bytes.subarray(begin, begin + captured), start);
    return true;
  }
  // Both lie two bytes into a word.
  const source = from.words;
  const target = to.words;
  let word = begin >>> 2;
  const stop = (begin + captured + 3) >>> 2;
  for (let at = start >>> 2; word < stop; ) target[at++] = source[word++];
  return true;
}
