// A file (or standard output) that comes into being when the first bytes are written to it.
import { closeSync, openSync, writeSync } from 'node:fs';
import { ioError, systemCode } from './io-error.ts';

export const standardOutput = '-';
const standardOutputFd = 1;
const retryMilliseconds = 1;

export class OutputFile {
  readonly name: string;
  readonly #path: string;
  #fd = -1;
  #failed = false;
  /** Something to sleep on while a pipe is full. */
  #sleeper: Int32Array | undefined;

  constructor(path: string) {
    this.#path = path;
    this.name = path === standardOutput ? 'standard output' : path;
  }

  /** Creates or empties the file. Throws IO. */
  open(): void {
    if (this.#fd >= 0 || this.#failed) return;
    if (this.#path === standardOutput) {
      this.#fd = standardOutputFd;
      return;
    }
    try {
      this.#fd = openSync(this.#path, 'w');
    } catch (error) {
      throw this.#refused(error);
    }
  }

  /** Writes the bytes from `from` to `to`. Throws IO, once: after that it does nothing. */
  write(bytes: Uint8Array, from: number, to: number): void {
    this.open();
    let done = from;
    while (done < to && !this.#failed) {
      try {
        done += writeSync(this.#fd, bytes, done, to - done);
      } catch (error) {
        if (systemCode(error) !== 'EAGAIN') throw this.#refused(error);
        this.#sleep();
      }
    }
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd < 0 || fd === standardOutputFd) return;
    try {
      closeSync(fd);
    } catch (error) {
      if (!this.#failed) throw this.#refused(error);
    }
  }

  #refused(error: unknown): Error {
    this.#failed = true;
    return ioError(this.name, error);
  }

  /** The pipe behind standard output is full and non-blocking. */
  #sleep(): void {
    this.#sleeper ??= new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(this.#sleeper, 0, 0, retryMilliseconds);
  }
}
