// The one error class at the edge. Nothing in the data path throws: bad frames are counted by reason.

/** Stable codes; each belongs to one exit status of the command line. */
export const exitStatusByCode = {
  USAGE: 1,
  IO: 1,
  CONFIG: 2,
  DAMAGED: 3,
} as const;

export type ErrorCode = keyof typeof exitStatusByCode;

/** An error that a user can act on. `message` names the place and the reason, without a stack trace. */
export class ShimlineError extends Error {
  override readonly name = 'ShimlineError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  get exitStatus(): number {
    return exitStatusByCode[this.code];
  }
}
