// `npm run bench` itself: what forwarding a frame costs, end to end, beside the same work in C. Times are CPU time of
// one thread.
import { check } from './check.ts';
import { compare } from './compare.ts';
import { buildYardstick, type Yardstick } from './compiler.ts';
import type { RaceOptions } from './options.ts';
import { comparisonText, json, machineText, type ResultRow, sayAlone, thisMachine } from './report.ts';
import { withTempFolder } from './temp-folder.ts';

async function race(options: RaceOptions, folder: string, yardstick: Yardstick | undefined): Promise<void> {
  const machine = thisMachine(yardstick?.compiler);
  if (!options.json) console.log(`${machineText(machine)}\n`);
  const rows: ResultRow[] = [];
  for (const workload of options.workloads) {
    const comparison = await compare(workload, {
      runs: options.runs,
      small: options.small,
      folder,
      yardstick,
      typeScript: true,
    });
    rows.push(...comparison.rows);
    const title = options.small ? 'small tables' : workload.title;
    if (!options.json) console.log(`${comparisonText(title, comparison)}\n`);
  }
  if (options.json) console.log(json(machine, rows));
}

/** Answers whether all is well. */
export function runRace(options: RaceOptions): Promise<boolean> {
  return withTempFolder(async (folder) => {
    const yardstick = buildYardstick(folder);
    if (yardstick === undefined) sayAlone();
    if (options.check) return await check(options.workloads, folder, yardstick);
    await race(options, folder, yardstick);
    return true;
  });
}
