// Traffic between hosts of the lab: each sender and receiver is a process in the host's namespace (peer.ts).
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../e2e/support/cli.ts';
import { type FloodResult, frameFileBytes } from './flood.ts';
import type { Lab, Namespace } from './lab.ts';
import type { FlowCounts } from './peer.ts';

const peerArguments = ['--import', 'tsx', fileURLToPath(new URL('./peer.ts', import.meta.url))];

/** A process of peer.ts. */
class Peer {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #out = '';
  #err = '';

  constructor(host: Namespace, verb: string, ...args: readonly (string | number)[]) {
    const command = [process.execPath, ...peerArguments, verb, ...args.map(String)];
    this.#child = host.spawn(command, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout?.on('data', (part) => {
      this.#out += part;
    });
    this.#child.stderr?.on('data', (part) => {
      this.#err += part;
    });
  }

  async ready(): Promise<this> {
    while (!this.#out.includes('ready\n')) {
      if (this.#child.exitCode !== null) throw new Error(this.#err);
      await Promise.race([once(this.#child.stdout as NodeJS.ReadableStream, 'data'), this.#closed]);
    }
    return this;
  }

  stop(): void {
    this.#child.kill('SIGTERM');
  }

  /** What it says at its end. */
  async result<T>(): Promise<T> {
    await this.#closed;
    const line = this.#out.split('\n').find((each) => each.startsWith('{'));
    if (line === undefined) throw new Error(`a host's process ended without a word: ${this.#err}`);
    return JSON.parse(line) as T;
  }
}

export interface Datagrams {
  readonly sent: number;
  readonly received: number;
  /** Neither received nor `overrun`. */
  readonly lost: number;
  /** Arrived at a host that was too busy to take them. */
  readonly overrun: number;
  /** Arrived after one of the same flow that was sent later. */
  readonly disordered: number;
  readonly repeated: number;
  /** Flows of which something arrived. */
  readonly flows: number;
}

export interface StreamOptions {
  readonly port?: number;
  readonly packetsPerSecond?: number;
  /** Source ports. */
  readonly flows?: number;
  readonly bytes?: number;
}

/** Numbered datagrams from host to host, until they are stopped. */
export class UdpStream {
  readonly #sender: Peer;
  readonly #receiver: Peer;

  private constructor(sender: Peer, receiver: Peer) {
    this.#sender = sender;
    this.#receiver = receiver;
  }

  static async start(from: Namespace, to: Namespace, address: string, options: StreamOptions = {}) {
    // So that all neighbours are known: a router keeps one packet only for a neighbour that it looks for.
    for (let tries = 0; tries < 5 && ping(from, address, { count: 1 }).answers === 0; tries++);
    const { port = 5001, packetsPerSecond = 1000, flows = 4, bytes = 100 } = options;
    const receiver = await new Peer(to, 'udp-receive', port).ready();
    const sender = await new Peer(from, 'udp-send', address, port, packetsPerSecond, flows, bytes).ready();
    return new UdpStream(sender, receiver);
  }

  async stop(): Promise<Datagrams> {
    this.#sender.stop();
    const { sent, refused } = await this.#sender.result<{ sent: readonly number[]; refused: number }>();
    this.#receiver.stop();
    const { flows, overrun } = await this.#receiver.result<{
      flows: Readonly<Record<string, FlowCounts>>;
      overrun: number;
    }>();
    const counts = Object.values(flows);
    const total = (of: (each: FlowCounts) => number) => counts.reduce((sum, each) => sum + of(each), 0);
    const sentTotal = sent.reduce((sum, each) => sum + each, 0) - refused;
    const received = total((each) => each.received);
    return {
      sent: sentTotal,
      received,
      lost: sentTotal - received - overrun,
      overrun,
      disordered: total((each) => each.disordered),
      repeated: total((each) => each.repeated),
      flows: counts.length,
    };
  }
}

export interface TcpResult {
  readonly sentDigest: string;
  readonly receivedDigest: string;
  readonly receivedBytes: number;
}

/** One connection with so many bytes; answers the SHA-256 of what was sent and of what arrived. */
export async function tcpStream(from: Namespace, to: Namespace, address: string, bytes: number): Promise<TcpResult> {
  const receiver = await new Peer(to, 'tcp-receive', 5002).ready();
  const sender = new Peer(from, 'tcp-send', address, 5002, bytes);
  const sent = await sender.result<{ sha256: string }>();
  const received = await receiver.result<{ sha256: string; bytes: number }>();
  return { sentDigest: sent.sha256, receivedDigest: received.sha256, receivedBytes: received.bytes };
}

export interface FloodOptions {
  readonly framesPerSecond: number;
  readonly seconds: number;
}

/** Raw frames out of an interface of the host, round and round; answers when it is over. */
export async function flood(
  lab: Lab,
  from: Namespace,
  link: string,
  frames: readonly (readonly number[])[],
  { framesPerSecond, seconds }: FloodOptions,
): Promise<FloodResult> {
  const file = lab.path(`flood-${++floods}`);
  writeFileSync(file, frameFileBytes(frames));
  return new Peer(from, 'flood', link, file, framesPerSecond, seconds).result();
}

let floods = 0;

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export interface PingOptions {
  readonly count?: number;
  /** Of the payload. */
  readonly bytes?: number;
  /** Don't Fragment: `do` sets it, `dont` does not, `want` lets the kernel find the path MTU. */
  readonly fragment?: 'do' | 'dont' | 'want';
  readonly intervalSeconds?: number;
  /** For the last answer. */
  readonly waitSeconds?: number;
  readonly source?: string;
}

/** How many answers came. Other options than the count are those of ping(8). */
export function ping(from: Namespace, address: string, options: PingOptions = {}): { answers: number; text: string } {
  const { count = 3, bytes, fragment, intervalSeconds = 0.05, waitSeconds = 3, source } = options;
  const args = ['-n', '-c', count, '-i', intervalSeconds, '-W', waitSeconds];
  if (bytes !== undefined) args.push('-s', bytes);
  if (fragment !== undefined) args.push('-M', fragment);
  if (source !== undefined) args.push('-I', source);
  const { out, err } = from.run('ping', ...args.map(String), address);
  const [, answers = '0'] = /(\d+) received/.exec(out) ?? [];
  return { answers: Number(answers), text: out + err };
}
