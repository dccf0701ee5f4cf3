// What the operating system refused, as a sentence that names the file: `out/core1.pcap: no space left on device`.
import { getSystemErrorMap } from 'node:util';
import { ShimlineError } from '../errors.ts';

const sentenceByCode: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'no space left on device',
  EPIPE: 'the reader has gone away (broken pipe)',
  EMFILE: 'too many open files',
  EROFS: 'read-only file system',
};

/** The code of a system error (`ENOENT`), or an empty string. */
export function systemCode(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** Turns an error of node:fs into a ShimlineError IO; a ShimlineError passes unchanged. */
export function ioError(name: string, error: unknown): ShimlineError {
  if (error instanceof ShimlineError) return error;
  const system = error as NodeJS.ErrnoException;
  const sentence =
    sentenceByCode[systemCode(error)] ??
    getSystemErrorMap().get(system.errno ?? 0)?.[1] ??
    system.message ??
    `${error}`;
  return new ShimlineError('IO', `${name}: ${sentence}`);
}

/** One error for several: the first one's code, every message on a line of its own. */
export function joinErrors(errors: readonly ShimlineError[]): ShimlineError {
  if (errors.length === 1) return errors[0];
  return new ShimlineError(errors[0].code, errors.map((error) => error.message).join('\n'));
}
