// The command line of the benchmark: which command, and its options.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Workload } from './workloads/workload.ts';
import { findWorkload, workloads } from './workloads.ts';

export const usage = `usage: npm run -s bench -- [--only NAME,…] [--runs N] [--json] [--small] [--check]
       npm run -s bench -- scaling [--only NAME,…] [--threads N] [--runs N] [--json] [--small]
       npm run -s bench -- files [--megabytes N] [--routes N] [--workers N] [--runs N] [--json]
       npm run -s bench -- charts [--quick] [--only CHART,…] [--runs N] [--output FOLDER]
       npm run -s bench -- micro [--list] [NAME …]
       npm run -s bench -- live [--seconds N] [--runs N] [--check] [--json]

  --only NAME,…    these workloads: ${workloads.map(({ name }) => name).join(', ')},
                   or of a series: routes:N, vrfs:N, labels:N, bytes:N, slow:PERCENT
  --runs N         timed runs of each side, 5 or more (default 5); medians are printed
  --json           results as JSON
  --small          small tables and few frames
  --check          compares what is sent, times nothing
  --threads N      compares one thread with so many (default 2)
  --megabytes N    size of the capture that is replayed (default 256); TMPDIR says where it lies
  --routes N       routes in its configuration (default 1000)
  --workers N      compares one worker with so many (default 2)
  --quick          small ranges and short runs: shows that it works, not how fast
  --output FOLDER  where charts go (default docs)
  --seconds N      of each live measurement (default 2)
  --list           names the suites and runs none`;

interface Timed {
  readonly runs: number;
}

export interface RaceOptions extends Timed {
  readonly command: 'race';
  readonly workloads: readonly Workload[];
  readonly json: boolean;
  readonly small: boolean;
  readonly check: boolean;
}

export interface ScalingOptions extends Timed {
  readonly command: 'scaling';
  readonly workloads: readonly Workload[];
  readonly threads: number;
  readonly json: boolean;
  readonly small: boolean;
}

export interface FilesOptions extends Timed {
  readonly command: 'files';
  readonly megabytes: number;
  readonly routes: number;
  readonly workers: number;
  readonly json: boolean;
}

export interface ChartsOptions extends Timed {
  readonly command: 'charts';
  readonly quick: boolean;
  /** Names of charts; undefined: all. */
  readonly only: readonly string[] | undefined;
  readonly output: string;
}

export interface MicroOptions {
  readonly command: 'micro';
  readonly list: boolean;
  /** Names of suites; none: all. */
  readonly names: readonly string[];
}

export interface LiveOptions extends Timed {
  readonly command: 'live';
  readonly seconds: number;
  readonly check: boolean;
  readonly json: boolean;
}

export type BenchOptions = RaceOptions | ScalingOptions | FilesOptions | ChartsOptions | MicroOptions | LiveOptions;

const runsMin = 5;
/** What `scaling` measures if nothing else is asked for. */
const scalingWorkloads = ['swap', 'ingress4'];

const flag = { type: 'boolean', default: false } as const;
const runs = { type: 'string', default: String(runsMin) } as const;

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
  return parseArgs({ args: [...args], allowPositionals: true, options });
}

function countOf(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`--${name} must be a whole number from ${min} to ${max}`);
}

const runsOf = (text: string): number => countOf('runs', text, runsMin, 1000);

function chosenWorkloads(only: string | undefined, byDefault: readonly Workload[]): readonly Workload[] {
  return only === undefined ? byDefault : only.split(',').map(findWorkload);
}

function noPositionals([stray]: readonly string[]): void {
  if (stray !== undefined) throw new Error(`${stray} is no option`);
}

function race(args: readonly string[]): RaceOptions {
  const options = { only: { type: 'string' }, runs, json: flag, small: flag, check: flag } as const;
  const { values, positionals } = parse(args, options);
  const [stray] = positionals;
  if (stray !== undefined) throw new Error(`${stray} is no command`);
  const { json, small, check } = values;
  return {
    command: 'race',
    workloads: chosenWorkloads(values.only, workloads),
    runs: runsOf(values.runs),
    json,
    small,
    check,
  };
}

function scaling(args: readonly string[]): ScalingOptions {
  const threads = { type: 'string', default: '2' } as const;
  const { values, positionals } = parse(args, { only: { type: 'string' }, runs, threads, json: flag, small: flag });
  noPositionals(positionals);
  return {
    command: 'scaling',
    workloads: chosenWorkloads(values.only, scalingWorkloads.map(findWorkload)),
    threads: countOf('threads', values.threads, 2, 64),
    runs: runsOf(values.runs),
    json: values.json,
    small: values.small,
  };
}

function files(args: readonly string[]): FilesOptions {
  const { values, positionals } = parse(args, {
    megabytes: { type: 'string', default: '256' },
    routes: { type: 'string', default: '1000' },
    workers: { type: 'string', default: '2' },
    runs,
    json: flag,
  });
  noPositionals(positionals);
  return {
    command: 'files',
    megabytes: countOf('megabytes', values.megabytes, 1, 16_384),
    routes: countOf('routes', values.routes, 1, 100_000),
    workers: countOf('workers', values.workers, 2, 64),
    runs: runsOf(values.runs),
    json: values.json,
  };
}

function charts(args: readonly string[]): ChartsOptions {
  const output = { type: 'string', default: 'docs' } as const;
  const { values, positionals } = parse(args, { quick: flag, only: { type: 'string' }, runs, output });
  noPositionals(positionals);
  const { quick, only } = values;
  return { command: 'charts', quick, only: only?.split(','), runs: runsOf(values.runs), output: values.output };
}

function micro(args: readonly string[]): MicroOptions {
  const { values, positionals } = parse(args, { list: flag });
  return { command: 'micro', list: values.list, names: positionals };
}

function live(args: readonly string[]): LiveOptions {
  const seconds = { type: 'string', default: '2' } as const;
  const { values, positionals } = parse(args, { seconds, runs, check: flag, json: flag });
  noPositionals(positionals);
  return {
    command: 'live',
    seconds: countOf('seconds', values.seconds, 1, 60),
    runs: runsOf(values.runs),
    check: values.check,
    json: values.json,
  };
}

const commands = { scaling, files, charts, micro, live } as const;

/** Throws an Error with a sentence for what cannot be meant. */
export function parseOptions([first = '', ...rest]: readonly string[]): BenchOptions {
  const command = Object.entries(commands).find(([name]) => name === first)?.[1];
  return command === undefined ? race([first, ...rest].filter((text) => text !== '')) : command(rest);
}
