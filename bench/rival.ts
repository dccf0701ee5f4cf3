// A process that takes part in a comparison, ours or a yardstick: it says `ready`, then answers a line with a line.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Outcome } from './loop.ts';
import { spawnChild } from './temp-folder.ts';

export class Rival {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** Settled when the process has ended, or could not be started. */
  readonly #gone: Promise<void>;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    this.#gone = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    // A process that has died gives no answer, and that is what gets reported.
    child.stdin?.on('error', () => undefined);
  }

  /** Starts the program and waits until it is ready; `ready` is what it said then. */
  static async start(name: string, command: string, args: readonly string[]): Promise<{ rival: Rival; ready: string }> {
    const child = spawnChild(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const rival = new Rival(name, child);
    return { rival, ready: await rival.#answer('ready') };
  }

  /** One round, hashed. */
  async check(variant: string): Promise<Outcome> {
    this.#tell(`check ${variant}`);
    const [sent, sentBytes, notSent, hash = ''] = (await this.#answer('outcome')).split(' ');
    return { sent: Number(sent), sentBytes: Number(sentBytes), notSent: Number(notSent), hash };
  }

  /** Nanoseconds a frame. */
  async run(variant: string, seconds: number): Promise<number> {
    this.#tell(`run ${variant} ${seconds}`);
    return Number(await this.#answer('ns'));
  }

  /** Frames a second by the clock on the wall, of so many threads together. Throws when frames were not sent. */
  async rate(variant: string, seconds: number, threads: number): Promise<number> {
    this.#tell(`threads ${variant} ${seconds} ${threads}`);
    const [rate, sent, notSent] = (await this.#answer('rate')).split(' ').map(Number);
    if (!sent || notSent !== 0) throw new Error(`${this.#name} did not send ${notSent} frames on ${threads} threads`);
    return rate as number;
  }

  /** The end of its input ends it. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await this.#gone;
  }

  #tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async #answer(word: string): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#name} ended without an answer`);
    if (!value.startsWith(`${word} `)) throw new Error(`${this.#name} said ${value}`);
    return value.slice(word.length + 1);
  }
}
