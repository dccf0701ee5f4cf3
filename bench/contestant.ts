// Our side of a comparison, in a process of its own: builds one workload, writes its tables and frames to a file,
// then does what it is told on standard input, a line each, and answers with a line.
//
//   usage    contestant.ts WORKLOAD full|small TABLE-FILE
//   answers  `ready {"buildSeconds": …, …}` first
//            `check`             → `outcome SENT SENT-BYTES NOT-SENT HASH`
//            `run PART SECONDS`  → `ns NANOSECONDS-A-FRAME`; PART is all, rest or slow
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compileRouter } from '../src/control/router.ts';
import type { Tables } from '../src/tables/tables.ts';
import type { StoredFrames } from './frames.ts';
import { outcomeOf, TimedLoop } from './loop.ts';
import { tableBytes, writeTableFile } from './table-file.ts';
import { fullScale, smallScale } from './workloads/workload.ts';
import { workloads } from './workloads.ts';

export interface Ready {
  /** Model objects to published tables. */
  readonly compileSeconds: number;
  readonly tableBytes: number;
  readonly frames: number;
  /** Share of frames that are ordinary, when there are parts. */
  readonly restShare: number | undefined;
}

/** What building leaves behind shall not be collected while something is timed. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

interface Prepared {
  readonly tables: Tables;
  readonly parts: ReadonlyMap<string, StoredFrames>;
  readonly ready: Ready;
}

function prepare(name: string, scaleName: string): Prepared {
  const workload = workloads.find((each) => each.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  const built = workload.build(scaleName === 'small' ? smallScale : fullScale);
  const begin = performance.now();
  const { tables } = compileRouter(built.model);
  const compileSeconds = (performance.now() - begin) / 1000;
  const parts = new Map<string, StoredFrames>([['all', built.frames], ...Object.entries(built.parts ?? {})]);
  const { count } = built.frames;
  const restShare = built.parts && built.parts.rest.count / count;
  return { tables, parts, ready: { compileSeconds, tableBytes: tableBytes(tables), frames: count, restShare } };
}

function answer({ tables, parts }: Prepared, loops: Map<string, TimedLoop>, line: string): string {
  const [verb, part = 'all', seconds = '0'] = line.split(' ');
  const frames = parts.get(part);
  if (frames === undefined) return `error no part ${part}`;
  if (verb === 'check') {
    const { sent, sentBytes, notSent, hash } = outcomeOf(tables, frames);
    return `outcome ${sent} ${sentBytes} ${notSent} ${hash}`;
  }
  const loop = loops.get(part) ?? new TimedLoop(tables, frames);
  loops.set(part, loop);
  return `ns ${loop.run(Number(seconds)).toFixed(3)}`;
}

async function main([name = '', scaleName = 'full', tableFile = '']: readonly string[]): Promise<void> {
  const prepared = prepare(name, scaleName);
  if (tableFile !== '') writeTableFile(tableFile, prepared.tables, prepared.parts.get('all') as StoredFrames);
  collectGarbage();
  console.log(`ready ${JSON.stringify(prepared.ready)}`);
  const loops = new Map<string, TimedLoop>();
  for await (const line of createInterface({ input: process.stdin })) console.log(answer(prepared, loops, line));
}

await main(process.argv.slice(2));
