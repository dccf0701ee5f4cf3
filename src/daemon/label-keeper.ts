// Keeps what the label manager has bound in a file, so that labels are the same after a restart. The file is written while
// other work goes on, seldom enough not to disturb it; whoever promises a label to somebody waits for `kept` before.
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { LabelManager, LabelState } from '../control/live/index.ts';
import { readLabelFile, setAside, writeLabelFile } from '../control/live/label-file.ts';
import type { Log } from './log.ts';

/** Between two writes at least; and so many times as long as a write has taken, so that large states leave time for others. */
const pauseMilliseconds = 10;
const pauseFactor = 4;
const retryMilliseconds = 1000;
/** Of labels that the log names. */
const namedMax = 10;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export interface KeptLabels {
  /** Resolves when all that is bound by now is on the disk, or cannot be written. */
  kept(): Promise<void>;
}

export class LabelKeeper implements KeptLabels {
  readonly #path: string;
  readonly #log: Log;
  /** What was read at the start. */
  readonly state: LabelState | undefined;
  #manager: LabelManager | undefined;
  /** Counts changes of the manager's bindings. */
  #revision = 0;
  /** The revision that was last written, or tried to. */
  #tried = 0;
  #hasFailed = false;
  #waiting: { readonly revision: number; readonly done: () => void }[] = [];
  #writing: Promise<void> | undefined;
  /** No write before, by the clock of the process. */
  #restUntil = 0;
  readonly #closing = new AbortController();

  private constructor(path: string, state: LabelState | undefined, log: Log) {
    this.#path = path;
    this.state = state;
    this.#log = log;
  }

  /**
   * Reads the file, if there is one. One that is damaged, or somebody else's, is set aside with a line in the log. Throws
   * ShimlineError IO where it can be neither read nor set aside.
   */
  static async open(path: string, log: Log): Promise<LabelKeeper> {
    const read = await readLabelFile(path);
    if (read !== 'damaged') return new LabelKeeper(path, read, log);
    const aside = await setAside(path);
    log.error({ state: path }, `${path}: no state of labels; kept as ${aside}, and labels are given anew`);
    return new LabelKeeper(path, undefined, log);
  }

  /** Keeps the labels of this manager from now on; it was made with `state`. */
  follow(manager: LabelManager): void {
    this.#manager = manager;
    const read = this.state?.bound ?? [];
    this.#tellMoved(read.filter(({ label, key }) => (manager.find(key) ?? label) !== label));
    manager.reconfigure({ changed: () => this.#changed() });
    const isAsRead = manager.count === read.length && read.every(({ label, key }) => manager.find(key) === label);
    if (!isAsRead) this.#changed();
  }

  #tellMoved(moved: LabelState['bound']): void {
    if (moved.length === 0) return;
    const names = moved.slice(0, namedMax).map(({ key, label }) => `${label} of ${key}`);
    const more = moved.length > namedMax ? ` and ${moved.length - namedMax} more` : '';
    this.#log.warn({}, `the configuration has given labels to others: ${names.join(', ')}${more}`);
  }

  kept(): Promise<void> {
    if (this.#tried >= this.#revision || this.#hasFailed) return Promise.resolve();
    return new Promise((done) => void this.#waiting.push({ revision: this.#revision, done }));
  }

  /** Writes what is still to be written; nothing is kept afterwards. */
  async close(): Promise<void> {
    this.#manager?.reconfigure({ changed: undefined });
    this.#closing.abort();
    await this.#writing;
  }

  #changed(): void {
    this.#revision++;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Until nothing is left to be written. Whatever changes meanwhile goes with the next round. */
  async #write(): Promise<void> {
    const { signal } = this.#closing;
    do {
      // Not before the change that is being made has been made. Nobody who closes waits.
      await setImmediate();
      const pause = Math.max(0, this.#restUntil - performance.now());
      if (pause > 0) await setTimeout(pause, undefined, { signal }).catch(() => {});
      await this.#writeOnce();
    } while (this.#tried < this.#revision || (this.#hasFailed && !signal.aborted));
  }

  async #writeOnce(): Promise<void> {
    const revision = this.#revision;
    const begin = performance.now();
    try {
      await writeLabelFile(this.#path, (this.#manager as LabelManager).state());
      if (this.#hasFailed) this.#log.info({ state: this.#path }, 'labels are kept again');
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed)
        this.#log.error(
          { state: this.#path },
          `labels are not kept over a restart: ${textOf(error)} (--state says where else)`,
        );
      this.#hasFailed = true;
    }
    const took = performance.now() - begin;
    const pause = this.#hasFailed ? retryMilliseconds : Math.max(pauseMilliseconds, pauseFactor * took);
    this.#restUntil = begin + took + pause;
    this.#tried = revision;
    const done = this.#waiting.filter((each) => each.revision <= revision);
    this.#waiting = this.#waiting.filter((each) => each.revision > revision);
    for (const each of done) each.done();
  }
}
