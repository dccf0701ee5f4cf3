// From anything thrown to lines a user can act on, and the exit status that belongs to them.
import { ShimlineError } from '../errors.ts';
import { ioError, systemCode } from '../io/io-error.ts';
import type { CliIo } from './terminal.ts';

export function usageError(message: string): ShimlineError {
  return new ShimlineError('USAGE', message);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && systemCode(error) !== '';
}

/** What shells report for a program ended by SIGINT. */
export const interruptedStatus = 130;

/** Thrown when the signal to stop comes before there is anything to sum up. */
export class Interrupted extends Error {}

/** Standard output was closed by its reader: the io layer has turned the system's EPIPE into this sentence. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof ShimlineError && /^standard output: .*\(broken pipe\)$/.test(error.message);
}

/** Prints the error, one line or one line per problem, and answers the exit status. */
export function reportError(error: unknown, io: CliIo): number {
  if (error instanceof Interrupted) return interruptedStatus;
  const known = isSystemError(error) ? ioError(error.path ?? error.syscall ?? 'system', error) : error;
  if (known instanceof ShimlineError) {
    // Configuration problems begin with file:line:column, which editors follow; a prefix would hide it.
    const prefix = known.code === 'CONFIG' ? '' : 'shimline: ';
    for (const line of known.message.split('\n')) io.err.write(`${prefix}${line}\n`);
  } else {
    const text = error instanceof Error ? error.message : String(error);
    const hint = io.debug ? '' : ' (SHIMLINE_DEBUG=1 shows where)';
    io.err.write(`shimline: internal error: ${text.replaceAll('\n', ' ')}${hint}\n`);
  }
  if (io.debug && error instanceof Error) io.err.write(`${error.stack ?? ''}\n`);
  return known instanceof ShimlineError ? known.exitStatus : 1;
}
