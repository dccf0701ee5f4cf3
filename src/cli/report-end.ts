// After the results: what went wrong on the way, and the exit status that follows from it.
import { interruptedStatus, isBrokenPipe, reportError } from './errors.ts';
import type { SessionEnd } from './session.ts';
import type { CliIo } from './terminal.ts';

export function reportEnd(end: SessionEnd, io: CliIo): number {
  let status = 0;
  for (const problem of end.problems) {
    // A reader that has seen enough is no error.
    if (isBrokenPipe(problem)) continue;
    const own = reportError(problem, io);
    if (status === 0) status = own;
  }
  return end.interrupted ? interruptedStatus : status;
}
