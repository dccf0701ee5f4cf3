// What a reader in another thread must see: for each probe address the answers that were right, one after the other, in
// shared words. The writer announces an answer before it makes the change and settles it afterwards. A look-up between a
// reading of `settled` and one of `announced` must have given one of the answers from the first to the second.
//
//   history word of probe p: p × ringAnswers + (number of the answer mod ringAnswers)
//   numbers                  announced of probe p at 2 × p, settled at 2 × p + 1
//   tally                    see `Tally`

export const probeCount = 512;
/** Answers that are kept; a reader that was away for longer cannot judge. */
export const ringAnswers = 256;

/** Places in the tally. */
export const Tally = {
  stop: 0,
  ready: 1,
  judged: 2,
  unjudged: 3,
  changed: 4,
  wrong: 5,
  probe: 6,
  answer: 7,
  from: 8,
  to: 9,
};
export const tallyWords = 16;

/** All that a reader gets: shared words. */
export interface Shared {
  readonly words: Uint32Array;
  readonly generations: Uint32Array;
  readonly probes: Uint32Array;
  readonly probeWords: number;
  readonly history: Uint32Array;
  readonly numbers: Uint32Array;
  readonly tally: Uint32Array;
  readonly reader: number;
}

export function sharedWords(count: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(count * 4));
}
