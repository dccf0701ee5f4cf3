import { expect, test } from 'vitest';
import { parseConfig } from '../control/config/index.ts';
import { type CompiledRouter, compileRouter } from '../control/router.ts';
import { NoOutput } from './file-output.ts';
import { runReplay } from './run-replay.ts';
import { TimeResolution } from './time-resolution.ts';

test('tables of more than 4 GiB are left to one thread, which says so', async ({ skip }) => {
  const model = parseConfig('interfaces: {ce1: {mac: 02:00:00:00:01:01}}', 'pe1.yaml');
  let router: CompiledRouter;
  try {
    // Never touched, so it takes addresses only.
    router = compileRouter(model, { reserveBytes: () => 2 ** 32 });
  } catch {
    return skip('no such memory on this machine');
  }
  expect(router.tables.memory.webAssembly).toBeUndefined();
  const reports: string[] = [];
  const end = await runReplay(
    { fill: () => 0, close() {} },
    {
      tables: router.tables,
      output: new NoOutput(),
      files: undefined,
      layout: 'pcap',
      explain: undefined,
      workers: 2,
      resolution: new TimeResolution({ nanosecond: false }),
      report: (line) => reports.push(line),
    },
    { signal: new AbortController().signal, enough: () => false, failed: () => false },
  );
  expect(end.workers).toBe(1);
  expect(reports).toEqual(['the tables take more than 4 GiB, one thread does the work']);
});
