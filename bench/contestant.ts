// Our side of a comparison, in a process of its own: builds one workload, writes its tables and frames to a file,
// then does what it is told on standard input, a line each, and answers with a line.
//
//   usage    contestant.ts WORKLOAD full|small TABLE-FILE
//   answers  `ready {"buildSeconds": …, …}` first
//            `check PART`        → `outcome SENT SENT-BYTES NOT-SENT HASH`
//            `run PART SECONDS`  → `ns NANOSECONDS-A-FRAME`; PART is all, rest or slow
//            `threads PART SECONDS COUNT` → `rate FRAMES-A-SECOND SENT NOT-SENT`
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compileRouter } from '../src/control/router.ts';
import type { Tables } from '../src/tables/tables.ts';
import type { StoredFrames } from './frames.ts';
import { outcomeOf, TimedLoop } from './loop.ts';
import { Crew } from './scaling/crew.ts';
import { shareWorkload } from './scaling/shared-workload.ts';
import { tableBytes, writeTableFile } from './table-file.ts';
import { scaleOf } from './workloads/workload.ts';
import { findWorkload } from './workloads.ts';

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
  const built = findWorkload(name).build(scaleOf(scaleName));
  const begin = performance.now();
  const { tables } = compileRouter(built.model);
  const compileSeconds = (performance.now() - begin) / 1000;
  const parts = new Map<string, StoredFrames>([['all', built.frames], ...Object.entries(built.parts ?? {})]);
  const { count } = built.frames;
  const restShare = built.parts && built.parts.rest.count / count;
  return { tables, parts, ready: { compileSeconds, tableBytes: tableBytes(tables), frames: count, restShare } };
}

/** Does what it is told. */
class Contestant {
  readonly #prepared: Prepared;
  readonly #loops = new Map<string, TimedLoop>();
  readonly #crew: Crew;

  constructor(prepared: Prepared, crew: Crew) {
    this.#prepared = prepared;
    this.#crew = crew;
  }

  async answer(line: string): Promise<string> {
    const [verb, part = 'all', seconds = '0', count = '1'] = line.split(' ');
    const frames = this.#prepared.parts.get(part);
    if (frames === undefined) return `error no part ${part}`;
    if (verb === 'check') {
      const { sent, sentBytes, notSent, hash } = outcomeOf(this.#prepared.tables, frames);
      return `outcome ${sent} ${sentBytes} ${notSent} ${hash}`;
    }
    if (verb === 'threads') {
      const { framesASecond, sent, notSent } = await this.#crew.run(Number(count), Number(seconds));
      return `rate ${framesASecond.toFixed(0)} ${sent} ${notSent}`;
    }
    const loop = this.#loops.get(part) ?? new TimedLoop(this.#prepared.tables, frames);
    this.#loops.set(part, loop);
    return `ns ${loop.run(Number(seconds)).toFixed(3)}`;
  }
}

async function main([name = '', scaleName = 'full', tableFile = '']: readonly string[]): Promise<void> {
  const prepared = prepare(name, scaleName);
  const frames = prepared.parts.get('all') as StoredFrames;
  if (tableFile !== '') writeTableFile(tableFile, prepared.tables, frames);
  collectGarbage();
  console.log(`ready ${JSON.stringify(prepared.ready)}`);
  const crew = new Crew(shareWorkload(name, scaleName, frames), () => outcomeOf(prepared.tables, frames));
  const contestant = new Contestant(prepared, crew);
  for await (const line of createInterface({ input: process.stdin })) console.log(await contestant.answer(line));
  await crew.stop();
}

await main(process.argv.slice(2));
