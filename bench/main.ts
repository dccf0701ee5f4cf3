// `npm run bench`: measures, beside yardsticks; see options.ts for the command line.
import { type BenchOptions, parseOptions, usage } from './options.ts';

/** Answers whether all is well. Only what a command needs is loaded. */
async function run(options: BenchOptions): Promise<boolean> {
  switch (options.command) {
    case 'race':
      return (await import('./race.ts')).runRace(options);
    case 'scaling':
      await (await import('./scaling/main.ts')).runScaling(options);
      break;
    case 'files':
      await (await import('./files/main.ts')).runFiles(options);
      break;
    case 'live':
      await (await import('./live/main.ts')).runLive(options);
      break;
    case 'charts':
      await (await import('./charts/main.ts')).runCharts(options);
      break;
    case 'micro':
      await (await import('./micro/main.ts')).runMicro(options);
  }
  return true;
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
    return (await run(options)) ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
