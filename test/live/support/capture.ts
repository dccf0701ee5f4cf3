// Frames captured at an interface of the lab, and what tshark reads in them.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Lab, Namespace } from './lab.ts';
import { pause } from './traffic.ts';

/** Every checksum is verified; what a TCP stream makes of losses is not asked, nor what its random bytes may look like. */
const checks = [
  ...['ip', 'udp', 'tcp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]),
  ...['-o', 'tcp.analyze_sequence_numbers:FALSE', '-o', 'tcp.desegment_tcp_streams:FALSE'],
  ...['-d', 'tcp.port==5002,data', '-d', 'udp.port==5001,data', '-d', 'udp.port==7001,data'],
];
/** Warnings and errors of tshark's expert; notes are below. */
const warning = 0x600000;

let captures = 0;

/** What arrives at an interface, written to a file until it is stopped. */
export class Capture {
  readonly file: string;
  readonly #stop: () => Promise<void>;

  private constructor(file: string, stop: () => Promise<void>) {
    this.file = file;
    this.#stop = stop;
  }

  /** `filter` is one of pcap-filter(7). */
  static async start(lab: Lab, at: Namespace, link: string, filter = ''): Promise<Capture> {
    const file = lab.path(`capture-${++captures}.pcapng`);
    const child = at.spawn(['dumpcap', '-q', '-i', link, '-w', file, ...(filter === '' ? [] : ['-f', filter])], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const closed = once(child, 'close');
    await new Promise<void>((resolve, reject) => {
      const said: string[] = [];
      createInterface({ input: child.stderr as NodeJS.ReadableStream })
        .on('line', (line) => {
          said.push(line);
          if (line.startsWith('File: ')) resolve();
        })
        .once('close', () => reject(new Error(said.join('\n'))));
    });
    return new Capture(file, async () => {
      child.kill('SIGINT');
      await closed;
    });
  }

  /** Ends it when what is on its way has been written. */
  async stop(): Promise<void> {
    await pause(300);
    await this.#stop();
  }

  /** Rows of fields for the frames that pass the display filter. */
  rows(filter: string, ...fields: string[]): string[][] {
    const columns = fields.flatMap((field) => ['-e', field]);
    const args = ['-n', '-r', this.file, ...checks, '-Y', filter, '-T', 'fields', ...columns];
    const out = execFileSync('tshark', args, {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return out.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')]));
  }

  /**
   * Frames that tshark finds malformed or warns of, but for what it thinks of a TCP stream as a whole: a capture on a busy
   * machine misses frames, and hosts reset and repeat as they like.
   */
  complaints(): string[] {
    const stream = 'tcp.analysis.flags or tcp.flags.reset == 1';
    const filter = `_ws.malformed or (_ws.expert.severity >= ${warning} and not (${stream}))`;
    return this.rows(filter, 'frame.number', '_ws.col.Info', '_ws.expert.message').map((row) => row.join(' '));
  }
}
