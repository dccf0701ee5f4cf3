// `--check`: every workload at a small scale, its output compared between the fast path, the slow path and, where
// there is a compiler, the C yardstick; then threads and files. Nothing is timed.
import { join } from 'node:path';
import { compileRouter } from '../src/control/router.ts';
import type { Yardstick } from './compiler.ts';
import { sameBytes } from './files/capture.ts';
import { findCli, run } from './files/cli.ts';
import { checkFiles, prepareFiles } from './files/compare.ts';
import { type Outcome, outcomeOf, sameOutcome } from './loop.ts';
import { Rival } from './rival.ts';
import { compareScaling } from './scaling/compare.ts';
import { writeTableFile } from './table-file.ts';
import { smallScale, type Workload } from './workloads/workload.ts';
import { findWorkload, workloads } from './workloads.ts';

/** The ends of the series that charts are drawn from. */
const seriesChecked = ['routes:1000', 'vrfs:16', 'labels:1', 'labels:8', 'bytes:9000', 'slow:50'];
const threadsChecked = 2;
const checkSeconds = 0.01;
const captureMegabytes = 1;

/** `ok` says whether all agree and every frame was sent. */
interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

async function outcomesInC(yardstick: Yardstick, file: string): Promise<[string, Outcome][]> {
  const { rival } = await Rival.start('the C yardstick', yardstick.path, [file]);
  try {
    return [
      ['C frame by frame', await rival.check('one')],
      ['staged C', await rival.check('staged')],
    ];
  } finally {
    await rival.stop();
  }
}

async function checkWorkload(workload: Workload, folder: string, yardstick: Yardstick | undefined): Promise<Finding> {
  const { model, frames } = workload.build(smallScale);
  const { tables } = compileRouter(model);
  const fast = outcomeOf(tables, frames);
  const others: [string, Outcome][] = [
    ['passes in TypeScript', outcomeOf(tables, frames, { kernels: false })],
    ['slow path', outcomeOf(tables, frames, { slowOnly: true })],
  ];
  if (yardstick !== undefined) {
    const file = join(folder, 'check.tables');
    writeTableFile(file, tables, frames);
    others.push(...(await outcomesInC(yardstick, file)));
  }
  const wrong = others.filter(([, outcome]) => !sameOutcome(fast, outcome)).map(([name]) => name);
  if (wrong.length > 0) return { ok: false, text: `${wrong.join(', ')} and the fast path differ` };
  if (fast.notSent > 0) return { ok: false, text: `${fast.notSent} of ${frames.count} frames were not sent` };
  return { ok: true, text: `${frames.count} frames, the same from ${others.map(([name]) => name).join(', ')}` };
}

/** Threads say themselves when they send something else. */
async function checkThreads(folder: string, yardstick: Yardstick | undefined): Promise<Finding> {
  const [workload] = workloads as readonly [Workload];
  const choice = { folder, yardstick, small: true, threads: threadsChecked, runs: 1, seconds: checkSeconds };
  const { others } = await compareScaling(workload, choice);
  return {
    ok: true,
    text: `${threadsChecked} send what one sends${others.length > 0 ? ', and so do those of C' : ''}`,
  };
}

async function checkFileToFile(folder: string, yardstick: Yardstick | undefined): Promise<Finding> {
  const prepared = prepareFiles(folder, captureMegabytes, smallScale.prefixes4);
  await checkFiles(findCli(), prepared, threadsChecked);
  const text = `${prepared.frames} frames, the same from replay with 1 and ${threadsChecked} workers and from memory`;
  if (yardstick === undefined) return { ok: true, text };
  const copy = join(folder, 'copy.pcap');
  await run(yardstick.files, [prepared.capture, copy]);
  if (!sameBytes(prepared.capture, copy)) return { ok: false, text: 'the copy of the C program is not the capture' };
  return { ok: true, text: `${text}; copied without a change by C` };
}

async function say(name: string, finding: Promise<Finding>): Promise<boolean> {
  const { ok, text } = await finding.catch((error: Error) => ({ ok: false, text: error.message }));
  console.log(`${name}: ${ok ? '' : 'WRONG: '}${text}`);
  return ok;
}

/** Answers whether all is well. */
export async function check(
  chosen: readonly Workload[],
  folder: string,
  yardstick: Yardstick | undefined,
): Promise<boolean> {
  const isAll = chosen === workloads;
  let well = true;
  for (const workload of isAll ? [...chosen, ...seriesChecked.map(findWorkload)] : chosen) {
    well = (await say(workload.name, checkWorkload(workload, folder, yardstick))) && well;
  }
  if (!isAll) return well;
  well = (await say('threads', checkThreads(folder, yardstick))) && well;
  return (await say('files', checkFileToFile(folder, yardstick))) && well;
}
