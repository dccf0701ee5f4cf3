// What a command may touch of the outside: two streams of text and a signal to stop.
// Tests put strings in the place of the streams.

export interface TextStream {
  write(text: string): void;
  /** True once the reader is gone (EPIPE). Writing is harmless then, and pointless. */
  readonly closed: boolean;
  readonly isTerminal: boolean;
  /** Width of the terminal in characters; undefined when it is none. */
  readonly columns: number | undefined;
}

export interface CliIo {
  readonly out: TextStream;
  readonly err: TextStream;
  /** Aborted by SIGINT or SIGTERM: the running command stops at the next batch. */
  readonly signal: AbortSignal;
  /** Calls the listener at every SIGHUP until the function that it answers is called. */
  readonly onReload: (listener: () => void) => () => void;
  /** Where a progress bar may be drawn; undefined when standard error is no terminal. */
  readonly progressStream: NodeJS.WritableStream | undefined;
  /** SHIMLINE_DEBUG: stack traces are shown. */
  readonly debug: boolean;
}

/** Collects text and hands it over in large pieces: a line per frame must not cost a system call per frame. */
export class LineBuffer {
  private readonly target: TextStream;
  private text = '';

  constructor(target: TextStream) {
    this.target = target;
  }

  line(text: string): void {
    this.text += `${text}\n`;
    if (this.text.length > 1 << 15) this.flush();
  }

  flush(): void {
    if (this.text !== '') this.target.write(this.text);
    this.text = '';
  }
}
