// The command line of the benchmark.
import { parseArgs } from 'node:util';
import type { Workload } from './workloads/workload.ts';
import { workloads } from './workloads.ts';

export const usage = `usage: npm run -s bench -- [--only NAME,…] [--runs N] [--json] [--small] [--check]
       npm run -s bench -- micro [NAME …]

  --only NAME,…  these workloads: ${workloads.map(({ name }) => name).join(', ')}
  --runs N       timed runs of each side, 5 or more (default 5); medians are printed
  --json         results as JSON
  --small        small tables and few frames
  --check        compares what is sent, times nothing`;

export interface BenchOptions {
  readonly workloads: readonly Workload[];
  readonly runs: number;
  readonly json: boolean;
  readonly small: boolean;
  readonly check: boolean;
  /** Names of micro benchmarks (none: all), or undefined. */
  readonly micro: readonly string[] | undefined;
}

const runsMin = 5;

function chosenWorkloads(only: string | undefined): readonly Workload[] {
  if (only === undefined) return workloads;
  return only.split(',').map((name) => {
    const found = workloads.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no workload ${name}`);
    return found;
  });
}

/** Throws an Error with a sentence for what cannot be meant. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      runs: { type: 'string', default: String(runsMin) },
      json: { type: 'boolean', default: false },
      small: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
    },
  });
  const [verb, ...names] = positionals;
  if (verb !== undefined && verb !== 'micro') throw new Error(`${verb} is no command`);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < runsMin) throw new Error(`--runs must be a whole number from ${runsMin} up`);
  const { json, small, check } = values;
  return { workloads: chosenWorkloads(values.only), runs, json, small, check, micro: verb && names };
}
