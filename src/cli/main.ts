#!/usr/bin/env node
// The program: real streams and signals around runCli.
import { isatty } from 'node:tty';
import { runCli } from './run.ts';
import type { TextStream } from './terminal.ts';

/**
 * The stream is opened by the first write only: Node makes a pipe non-blocking when it opens it, which a capture
 * written to descriptor 1 by `-o -` would have to pay for.
 */
function textStream(descriptor: 1 | 2): TextStream {
  let stream: NodeJS.WriteStream | undefined;
  let closed = false;
  const open = (): NodeJS.WriteStream => {
    const opened = descriptor === 1 ? process.stdout : process.stderr;
    opened.on('error', (error: NodeJS.ErrnoException) => {
      if (!closed && error.code !== 'EPIPE') {
        process.exitCode = 1;
        if (descriptor === 1) process.stderr.write(`shimline: standard output: ${error.message}\n`);
      }
      closed = true;
    });
    return opened;
  };
  const isTerminal = isatty(descriptor);
  return {
    write(text) {
      if (closed) return;
      stream ??= open();
      stream.write(text);
    },
    get closed() {
      return closed;
    },
    isTerminal,
    get columns() {
      return isTerminal ? process[descriptor === 1 ? 'stdout' : 'stderr'].columns : undefined;
    },
  };
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Once: whoever asks again is not kept waiting.
  process.once(signal, () => stopping.abort(signal));
}

const status = await runCli(process.argv.slice(2), {
  out: textStream(1),
  err: textStream(2),
  signal: stopping.signal,
  onReload: (listener) => {
    process.on('SIGHUP', listener);
    return () => process.off('SIGHUP', listener);
  },
  progressStream: isatty(2) ? process.stderr : undefined,
  debug: (process.env.SHIMLINE_DEBUG ?? '') !== '',
});
if (status !== 0) process.exitCode = status;
// Nobody waits for standard input any longer, but a pending read would.
if (stopping.signal.aborted) process.stdin.destroy();
