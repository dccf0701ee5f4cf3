// `shimline run` as a process in a namespace: started until it forwards, stopped until it has told its summary.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../e2e/support/cli.ts';
import { builtMain } from '../../support/built.ts';
import type { Lab, Namespace } from './lab.ts';

interface Counted {
  readonly frames: number;
  readonly bytes: number;
}

/** What a run prints at its end. */
export interface Summary {
  readonly frames: Readonly<Record<'in' | 'out' | 'punted' | 'dropped' | 'copied' | 'made' | 'held', number>>;
  readonly interfaces: Readonly<Record<string, { readonly in: Counted; readonly out: Counted }>>;
  /** What only devices know, by port: `receiveLost`, `sendFailed` and so on. */
  readonly devices: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly drops: Readonly<Record<string, number>>;
  readonly punts: Readonly<Record<string, number>>;
}

export interface LogLine {
  readonly level?: string;
  readonly msg: string;
  readonly [key: string]: unknown;
}

export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly summary: Summary;
  readonly log: readonly LogLine[];
}

export interface RunOptions {
  /** Of the configuration file and in messages. */
  readonly name?: string;
  readonly workers?: number;
  readonly args?: readonly string[];
  /** What the command is run by: `['setpriv', …]`, `['taskset', …]`. */
  readonly by?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const readyMilliseconds = 30_000;

/** A running router. */
export class RunningShimline {
  readonly configFile: string;
  readonly #child: ChildProcess;
  readonly #log: LogLine[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #closed: Promise<unknown>;
  #out = '';
  #ended = false;

  constructor(child: ChildProcess, configFile: string) {
    this.#child = child;
    this.configFile = configFile;
    child.stdout?.on('data', (part) => {
      this.#out += part;
    });
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => this.#take(line));
    this.#closed = once(child, 'close').then(() => {
      this.#ended = true;
      this.#tellWatchers();
    });
  }

  #take(line: string): void {
    this.#log.push(line.startsWith('{') ? (JSON.parse(line) as LogLine) : { msg: line });
    this.#tellWatchers();
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) watcher();
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get log(): readonly LogLine[] {
    return this.#log;
  }

  /** Resident memory, bytes. */
  get residentBytes(): number {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1024;
  }

  /** Waits for a line of the log, from line `from` on. Throws, with all that was logged, when none comes. */
  async logged(matches: (line: LogLine) => boolean, from = 0): Promise<LogLine> {
    const deadline = Date.now() + readyMilliseconds;
    for (;;) {
      const found = this.#log.slice(from).find(matches);
      if (found !== undefined) return found;
      if (this.#ended || Date.now() > deadline) throw new Error(`shimline said:\n${this.#logText()}`);
      await this.#something(deadline - Date.now());
    }
  }

  #something(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#watchers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#watchers.add(done);
    });
  }

  #logText(): string {
    return this.#log.map((line) => JSON.stringify(line)).join('\n');
  }

  /** Sends a signal. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Writes a configuration, has it read, and answers the line of the log that tells what came of it. */
  async reload(config: string): Promise<LogLine> {
    const from = this.#log.length;
    writeFileSync(this.configFile, config);
    this.signal('SIGHUP');
    return this.logged(({ msg }) => /reload/i.test(msg), from);
  }

  /** Ends it as SIGTERM does, unless it is told otherwise or has ended already. Throws without a summary. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    const { status, signal: by } = await this.end(signal);
    let summary: Summary;
    try {
      summary = JSON.parse(this.#out) as Summary;
    } catch {
      throw new Error(`no summary (status ${status}, ${by}): ${this.#out}\n${this.#logText()}`);
    }
    return { status, signal: by, summary, log: this.#log };
  }

  /** As if the power went. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Sends the signal, if there is one, and waits for the end. */
  async end(signal?: NodeJS.Signals): Promise<{ status: number | null; signal: NodeJS.Signals | null }> {
    if (!this.#ended && signal !== undefined) this.#child.kill(signal);
    await this.#closed;
    return { status: this.#child.exitCode, signal: this.#child.signalCode };
  }
}

let runs = 0;

/** Starts a router without waiting for anything. `config` is the text of its configuration. */
export function spawnShimline(lab: Lab, at: Namespace, config: string, options: RunOptions = {}): RunningShimline {
  const { name = 'router', workers, args = [], by = [], env = {} } = options;
  const file = lab.file(`${name}-${++runs}.yaml`, config);
  const more = workers === undefined ? [] : ['--workers', String(workers)];
  const command = ['run', '-c', file, '--json', '--log-format', 'json', ...more, ...args];
  const child = at.spawn([...by, process.execPath, ...builtMain(), ...command], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  return new RunningShimline(child, file);
}

/** Starts a router and waits until it forwards. */
export async function startShimline(
  lab: Lab,
  at: Namespace,
  config: string,
  options: RunOptions = {},
): Promise<RunningShimline> {
  const router = spawnShimline(lab, at, config, options);
  await router.logged(({ msg }) => msg === 'ready');
  return router;
}

/**
 * Frames that were sent to a port, as far as the router knows: what it took, and what found no room in its ring. A long
 * frame of a sender's offloads (GSO) is one, into however many it was cut.
 */
export function cameTo({ interfaces, devices }: Summary, port: string): number {
  const { receiveLost = 0, receiveSegments = 0 } = devices[port] ?? {};
  return (interfaces[port]?.in.frames ?? 0) + receiveLost - receiveSegments;
}

/** The equation of the books: both sides. */
export function bookSides({ frames }: Summary): { readonly came: number; readonly went: number } {
  const { in: arrived, copied, made, out, punted, dropped, held = 0 } = frames;
  return { came: arrived + copied + made, went: out + punted + dropped + held };
}
