// `--check`: every workload at a small scale, its output compared between the fast path, the slow path and, where
// there is a compiler, the C yardstick. Nothing is timed.
import { join } from 'node:path';
import { compileRouter } from '../src/control/router.ts';
import { sameOutcome } from './compare.ts';
import type { Yardstick } from './compiler.ts';
import { type Outcome, outcomeOf } from './loop.ts';
import { Rival } from './rival.ts';
import { writeTableFile } from './table-file.ts';
import { smallScale, type Workload } from './workloads/workload.ts';

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

/** One sentence about the workload; `ok` says whether all agree and every frame was sent. */
async function checkWorkload(workload: Workload, folder: string, yardstick: Yardstick | undefined) {
  const { model, frames } = workload.build(smallScale);
  const { tables } = compileRouter(model);
  const fast = outcomeOf(tables, frames);
  const others: [string, Outcome][] = [['slow path', outcomeOf(tables, frames, true)]];
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

/** Answers whether all is well. */
export async function check(
  workloads: readonly Workload[],
  folder: string,
  yardstick: Yardstick | undefined,
): Promise<boolean> {
  let well = true;
  for (const workload of workloads) {
    const { ok, text } = await checkWorkload(workload, folder, yardstick);
    console.log(`${workload.name}: ${ok ? '' : 'WRONG: '}${text}`);
    well &&= ok;
  }
  return well;
}
