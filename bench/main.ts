// `npm run bench`: what forwarding a frame costs, end to end, beside the same work in C. Times are CPU time of one
// thread; see options.ts for the command line.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './check.ts';
import { compare, type Row } from './compare.ts';
import { buildYardstick, type Yardstick } from './compiler.ts';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import { comparisonText, json, machineText, thisMachine } from './report.ts';

const noCompiler = 'There is no C compiler on this machine, so our side is alone.';

async function race(options: BenchOptions, folder: string, yardstick: Yardstick | undefined): Promise<void> {
  const machine = thisMachine(yardstick?.compiler);
  if (!options.json) console.log(`${machineText(machine)}\n`);
  const rows: Row[] = [];
  for (const workload of options.workloads) {
    const comparison = await compare(workload, { runs: options.runs, small: options.small, folder, yardstick });
    rows.push(...comparison.rows);
    const title = options.small ? 'small tables' : workload.title;
    if (!options.json) console.log(`${comparisonText(title, comparison)}\n`);
  }
  if (options.json) console.log(json(machine, rows));
}

async function bench(options: BenchOptions): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'shimline-bench-'));
  try {
    const yardstick = buildYardstick(folder);
    if (yardstick === undefined) console.error(noCompiler);
    if (options.check) return await check(options.workloads, folder, yardstick);
    await race(options, folder, yardstick);
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  try {
    if (options.micro !== undefined) {
      const { runMicro } = await import('./micro/main.ts');
      await runMicro(options.micro);
      return 0;
    }
    return (await bench(options)) ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
