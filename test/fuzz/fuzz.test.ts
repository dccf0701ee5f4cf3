// A million mutated frames, and damaged capture files: nothing throws, nothing hangs, the books balance, memory stays
// flat. The work is done in processes of their own (see run.ts), which a hang cannot take the tests down with.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { waitingMax } from '../../src/engine/slow/neighbors.ts';
import { othersCaptures, ownCaptures } from './captures.ts';
import type { FilesReport } from './fuzz-files.ts';
import type { FramesReport } from './fuzz-frames.ts';

const script = fileURLToPath(new URL('./run.ts', import.meta.url));
/** Far more than any run takes: what is still running then hangs. */
const hangMilliseconds = 300_000;
const timeout = hangMilliseconds + 30_000;
/** Frames that fragments of one of these packets can be: the smallest MTU of the router is 100. */
const fragmentsMax = 48;
const megabyte = 2 ** 20;

/** What the script reports. Its standard error, which names the batch or file, is in the message when it fails. */
async function run(...args: string[]): Promise<{ readonly frames: FramesReport; readonly files: FilesReport }> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', script, ...args], {
    timeout: hangMilliseconds,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * megabyte,
  });
  return JSON.parse(stdout);
}

describe('mutated frames', () => {
  let report: FramesReport;

  test('a million of them: no exception, no hang, balanced books after every batch', { timeout }, async () => {
    report = (await run('--frames', '1000000')).frames;
    expect(report.frames).toBeGreaterThanOrEqual(1_000_000);
    expect(report.sent + report.dropped + report.punted).toBe(report.frames + report.made);
  });

  test('they get somewhere: many are sent, dropped, punted and answered', () => {
    for (const count of [report.sent, report.dropped, report.punted, report.made])
      expect(count).toBeGreaterThan(40_000);
  });

  test('memory stays flat', () => {
    const [, second = 0] = report.memory;
    expect(report.collected).toBe(true);
    expect((report.memory.at(-1) ?? 0) - second).toBeLessThan(8 * megabyte);
  });

  test('packets that wait for neighbours are few, and none is left at the end', () => {
    expect(report.heldMax).toBeGreaterThan(0);
    expect(report.heldMax).toBeLessThanOrEqual(waitingMax * fragmentsMax);
    expect(report.heldAtEnd).toBe(0);
  });

  test('a hundred thousand with explanations', { timeout }, async () => {
    const explained = (await run('--frames', '100000', '--explain', '--seed', '2')).frames;
    expect(explained.frames).toBeGreaterThanOrEqual(100_000);
    expect(explained.heldAtEnd).toBe(0);
  });
});

describe('capture files', () => {
  let report: FilesReport;

  test('whole or damaged, each ends well or in a ShimlineError', { timeout }, async () => {
    report = (await run('--files', '2000')).files;
    expect(report.outcomes.read).toBeGreaterThan(100);
    expect(report.outcomes.DAMAGED).toBeGreaterThan(100);
    expect(report.whole.length).toBe(ownCaptures().length + othersCaptures().length);
  });

  test.skipIf(othersCaptures().length === 0)(
    'captures made by others (skipped where none lie beside the project)',
    () => {
      const frames = new Map(report.whole.map((each) => [each.name, each.frames]));
      expect(frames.get('zeek-mpls-6in6-broken.pcap')).toBe(1811);
      expect(frames.get('arkime-mpls-basic.pcap')).toBe(58);
      // Link type PPP-HDLC.
      expect(report.whole.find((each) => each.name === 'tcpdump-mpls-traceroute.pcap')?.error).toBe('DAMAGED');
    },
  );
});
