// A progress bar on standard error, for people who wait: drawn only on a terminal and only after a second.
import { Presets, SingleBar } from 'cli-progress';

/** Work that is done sooner shows no bar, milliseconds. */
const patienceMilliseconds = 1000;

export interface ByteProgress {
  bytesRead(): number;
  /** undefined when the end is not known, as on a pipe. */
  bytesTotal(): number | undefined;
}

export class Progress {
  private readonly stream: NodeJS.WritableStream | undefined;
  private readonly progress: ByteProgress;
  private readonly started = performance.now();
  private bar: SingleBar | undefined;

  constructor(stream: NodeJS.WritableStream | undefined, progress: ByteProgress) {
    this.stream = stream;
    this.progress = progress;
  }

  update(): void {
    const total = this.progress.bytesTotal();
    if (this.stream === undefined || total === undefined || total === 0) return;
    if (this.bar === undefined) {
      if (performance.now() - this.started < patienceMilliseconds) return;
      this.bar = new SingleBar(
        {
          stream: this.stream,
          format: '{bar} {percentage} %, {eta_formatted} left',
          hideCursor: true,
          clearOnComplete: true,
          fps: 5,
        },
        Presets.shades_classic,
      );
      this.bar.start(total, 0);
    }
    this.bar.update(Math.min(this.progress.bytesRead(), total));
  }

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}
