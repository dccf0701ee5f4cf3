// What a reader of one capture format offers to the merge of several.
import type { ShimlineError } from '../errors.ts';
import type { Batch } from '../wire/batch.ts';

/** Why `fill` came back. */
export const filled = {
  /** The batch has no room for the next frame. */
  full: 0,
  /** The next frame is not before the limit; its time is in `headSeconds`, `headNanoseconds`. */
  limit: 1,
  /** The window must be refilled to `need` bytes first. */
  more: 2,
  /** The file has ended, or is damaged from here on: see `failure`. */
  end: 3,
} as const;

export interface FrameReader {
  headSeconds: number;
  headNanoseconds: number;
  /** Bytes the window must hold before the next call, after `filled.more`. */
  need: number;
  failure: ShimlineError | undefined;
  /** Some time stamps are finer than a microsecond (pcapng: as far as interfaces have been met). */
  readonly nanosecond: boolean;
  /**
   * Passes over up to `most` frames that somebody else may read from the file by their place; answers how many, 0 where
   * that cannot be: the next frame may change the router's neighbours, is odd, or is not in the window.
   */
  skim?(most: number): number;
  /** Appends frames that are earlier than the limit, in the order of the file. */
  fill(batch: Batch, port: number, untilSeconds: number, untilNanoseconds: number): number;
}
