// An interface through libpcap and the package `cap`: for systems without packet sockets, and as the last resort. Frames
// pass to and from the forwarding thread by the rings of a `RingDevice`. cap tells no time and no losses: a frame arrives
// when it reaches us, and what the kernel's ring could not hold is unknown. The first frame after opening is lost: libpcap
// filters it itself, and cannot see its direction.
//
// cap works in processes of its own, one a direction, since it ends its process by an assertion when a link goes down
// (binding.cc: `status == 0`), and under a flood never comes back to the event loop. What ends is started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ShimlineError } from '../../errors.ts';
import { Batch } from '../../wire/batch.ts';
import { ArrivalClock } from './arrival-clock.ts';
import { CapExit, lengthBytes, RecordParser, snapBytes } from './cap-records.ts';
import type { RingDeviceEnd } from './ring-device.ts';

export interface CapOptions {
  readonly interface: string;
  /** The main thread's end of the device. */
  readonly end: RingDeviceEnd;
  /** Hears in one line each that the interface is lost and open again. */
  readonly report: (line: string) => void;
}

const restartMilliseconds = 500;
/** A look at the ring even when nobody wakes us. */
const patienceMilliseconds = 1000;
const stderrBytesMax = 4096;

export const capMissing =
  'the device cap needs the package cap and libpcap: apt-get install libpcap-dev && npm install cap';

/** The interface in the main thread. */
export class CapPort {
  readonly #options: CapOptions;
  readonly #clock = new ArrivalClock();
  #receiver: ChildProcess | undefined;
  #sender: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #said = '';
  #isClosed = false;
  /** Told once: the interface is open or refused for a reason that may pass, or cap does not work at all. */
  #tell: (error?: ShimlineError) => void = () => undefined;
  #isOpened = false;
  #pumping: Promise<void> | undefined;

  private constructor(options: CapOptions) {
    this.#options = options;
  }

  /**
   * Opens the interface; one that is missing or down is reported and picked up when it appears. Throws ShimlineError IO
   * where cap or libpcap is missing, or CAP_NET_RAW.
   */
  static async open(options: CapOptions): Promise<CapPort> {
    try {
      createRequire(import.meta.url).resolve('cap');
    } catch {
      throw new ShimlineError('IO', capMissing);
    }
    const port = new CapPort(options);
    const first = new Promise<ShimlineError | undefined>((resolve) => {
      port.#tell = resolve;
    });
    port.#start();
    port.#pumping = port.#pump();
    const error = await first;
    if (error === undefined) return port;
    await port.close();
    throw error;
  }

  /** Ends the processes and hands on nothing more. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restart);
    this.#stop();
    this.#options.end.wake();
    await this.#pumping;
  }

  #start(): void {
    const { interface: name, end } = this.#options;
    const receiver = spawnChild('receive', name);
    const sender = spawnChild('send', name);
    this.#receiver = receiver;
    this.#sender = sender;
    const parser = new RecordParser((bytes, start, length) => {
      if (length === 0) this.#open();
      else end.deliver(bytes, start, length, this.#clock.seconds, this.#clock.nanoseconds);
    });
    receiver.stdout?.on('data', (piece: Buffer) => {
      this.#clock.read();
      if (!parser.push(piece)) receiver.kill('SIGKILL');
      end.publish();
    });
    sender.stdout?.on('data', (piece: Buffer) => {
      for (let at = 0; at + 8 <= piece.length; at += 8)
        end.countFailed(piece.readUInt32LE(at), piece.readUInt32LE(at + 4));
    });
    sender.stdin?.on('error', () => undefined);
    receiver.stdin?.on('error', () => undefined);
    for (const child of [receiver, sender]) this.#watch(child);
  }

  /** One of the two has ended: so does the other, and both begin anew a little later. */
  #watch(child: ChildProcess): void {
    let text = '';
    child.stderr?.on('data', (piece: Buffer) => {
      text = (text + piece.toString()).slice(-stderrBytesMax);
    });
    const ended = (code: number | null, why: string) => {
      if (this.#isClosed || (child !== this.#receiver && child !== this.#sender)) return;
      this.#stop();
      const error = this.#isOpened ? undefined : this.#fatal(code, why);
      this.#opened(error);
      if (error !== undefined) return;
      this.#say(`cap: ${why}; it is tried again until it works`);
      this.#restart = setTimeout(() => this.#start(), restartMilliseconds);
    };
    child.on('error', (error) => ended(null, error.message));
    child.on('close', (code, signal) => {
      const told = /^shimline: (.*)$/m.exec(text)?.[1];
      ended(code, told ?? (signal === 'SIGABRT' ? 'the link is down' : `has ended (${signal ?? code})`));
    });
  }

  /** What no waiting mends. */
  #fatal(code: number | null, why: string): ShimlineError | undefined {
    if (code === CapExit.noPackage) return new ShimlineError('IO', `${capMissing} (${why})`);
    if (!/permi(?:ssion|tted)/i.test(why)) return undefined;
    return new ShimlineError('IO', `${this.#options.interface}: cap: ${why} (CAP_NET_RAW is missing)`);
  }

  #opened(error?: ShimlineError): void {
    this.#isOpened ||= error === undefined;
    this.#tell(error);
  }

  #open(): void {
    this.#opened();
    if (this.#said !== '') this.#say('cap: is open again');
    this.#said = '';
  }

  /** The same line is not said twice in a row. */
  #say(line: string): void {
    if (line === this.#said) return;
    this.#said = line;
    this.#options.report(`${this.#options.interface}: ${line}`);
  }

  #stop(): void {
    const children = [this.#receiver, this.#sender];
    this.#receiver = this.#sender = undefined;
    for (const child of children) child?.kill('SIGKILL');
  }

  /** From the ring to the sending process. While its pipe is full, frames stay in the ring and `send` refuses more. */
  async #pump(): Promise<void> {
    const { end } = this.#options;
    const batch = new Batch();
    while (!this.#isClosed) {
      batch.clear();
      if (end.take(batch) === 0) {
        await end.arrival(patienceMilliseconds);
        continue;
      }
      const stdin = this.#sender?.stdin;
      if (stdin === null || stdin === undefined || !stdin.writable) {
        for (let slot = 0; slot < batch.count; slot++) end.countFailed(1, batch.captured[slot]);
      } else if (!stdin.write(this.#records(batch))) {
        await drained(stdin);
      }
      end.sent();
    }
  }

  #records(batch: Batch): Buffer {
    let bytes = 0;
    for (let slot = 0; slot < batch.count; slot++) bytes += lengthBytes + batch.captured[slot];
    const records = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (let slot = 0; slot < batch.count; slot++) {
      const captured = batch.captured[slot];
      if (captured === 0 || captured > snapBytes) {
        this.#options.end.countFailed(1, captured);
        continue;
      }
      records.writeUInt32LE(captured, at);
      records.set(batch.bytes.subarray(batch.start[slot], batch.start[slot] + captured), at + lengthBytes);
      at += lengthBytes + captured;
    }
    return records.subarray(0, at);
  }
}

function drained(stdin: NonNullable<ChildProcess['stdin']>): Promise<void> {
  return new Promise((resolve) => {
    stdin.once('drain', resolve);
    stdin.once('close', resolve);
  });
}

/** TypeScript in development and under test; JavaScript beside us once we are built. */
function spawnChild(direction: 'receive' | 'send', interfaceName: string): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(`./cap-child.${isSource ? 'ts' : 'js'}`, import.meta.url));
  const loader = isSource ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [];
  return spawn(process.execPath, [...loader, file, direction, interfaceName], { stdio: ['pipe', 'pipe', 'pipe'] });
}
