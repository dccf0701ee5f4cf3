// Where the bytes of a capture come from: a plain file (read synchronously: no promise per block) or a Node stream
// such as standard input. The decompressors are byte inputs around a byte input.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { ioError } from './io-error.ts';

export interface ByteInput {
  /** Puts up to `length` (> 0) bytes at `at` and answers how many; 0 is the end. A promise only when it has to wait. */
  read(target: Uint8Array, at: number, length: number): number | Promise<number>;
  /** Back to the first byte; absent where that is impossible. */
  rewind?(): void;
  close(): void;
  /** Bytes taken from the file so far (compressed bytes, if it is). */
  bytesRead(): number;
  /** Size of the file; undefined if unknown. */
  bytesTotal(): number | undefined;
}

/** A content error of a byte input; the window that reads from it adds the place. */
export class StreamDamage extends Error {}

/** A file by path: a regular file is read by position and can be rewound, a named pipe just flows. */
export function openFile(path: string): ByteInput {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw ioError(path, error);
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    return fileInput(path, fd, stat.isFile() ? stat.size : undefined);
  } catch (error) {
    closeSync(fd);
    throw ioError(path, error);
  }
}

function fileInput(path: string, fd: number, size: number | undefined): ByteInput {
  let position = 0;
  let open = true;
  const input: ByteInput = {
    read(target, at, length) {
      try {
        const count = readSync(fd, target, at, length, size === undefined ? null : position);
        position += count;
        return count;
      } catch (error) {
        throw ioError(path, error);
      }
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    },
    bytesRead: () => position,
    bytesTotal: () => size,
  };
  if (size !== undefined) {
    input.rewind = () => {
      position = 0;
    };
  }
  return input;
}

/** A Node stream read by pulling; its own high-water mark is the back pressure. */
export function streamInput(name: string, stream: Readable): ByteInput {
  let count = 0;
  let rest: Uint8Array | undefined;
  let ended = stream.readableEnded;
  let failure: Error | undefined;
  let wake = () => {};
  const notify = () => wake();
  stream.on('readable', notify);
  stream.on('end', () => {
    ended = true;
    wake();
  });
  stream.on('close', () => {
    ended = true;
    wake();
  });
  stream.on('error', (error) => {
    failure = ioError(name, error);
    wake();
  });

  function take(target: Uint8Array, at: number, length: number): number {
    const chunk: Uint8Array | null = rest ?? stream.read();
    if (chunk === null) return 0;
    const part = chunk.length > length ? chunk.subarray(0, length) : chunk;
    rest = part.length < chunk.length ? chunk.subarray(part.length) : undefined;
    target.set(part, at);
    count += part.length;
    return part.length;
  }

  return {
    async read(target, at, length) {
      for (;;) {
        const taken = take(target, at, length);
        if (taken > 0) return taken;
        if (failure !== undefined) throw failure;
        if (ended) return 0;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close() {
      stream.off('readable', notify);
      stream.destroy();
      ended = true;
      wake();
    },
    bytesRead: () => count,
    bytesTotal: () => undefined,
  };
}

/** Gives bytes back to an input from which they were read to see what it is. */
export function withPrefix(input: ByteInput, prefix: Uint8Array): ByteInput {
  if (input.rewind !== undefined) {
    input.rewind();
    return input;
  }
  let given = 0;
  return {
    ...input,
    read(target, at, length) {
      if (given === prefix.length) return input.read(target, at, length);
      const part = prefix.subarray(given, given + length);
      target.set(part, at);
      given += part.length;
      return part.length;
    },
  };
}
