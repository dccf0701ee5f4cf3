// Our side of a comparison, in a process of its own: builds one workload, writes its tables and frames to a file,
// then does what it is told on standard input, a line each, and answers with a line.
//
//   usage    contestant.ts WORKLOAD full|small TABLE-FILE|- kernels|typescript: which fast path to time
//   answers  `ready {"buildSeconds": …, …}` first
//            `check PART`        → `outcome SENT SENT-BYTES NOT-SENT HASH`
//            `run PART SECONDS`  → `ns NANOSECONDS-A-FRAME`; PART is all, rest or slow
//            `threads PART SECONDS COUNT` → `rate FRAMES-A-SECOND SENT NOT-SENT`
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compileRouter } from '../src/control/router.ts';
import { spareRoom } from '../src/engine/forwarder-memory.ts';
import type { Tables } from '../src/tables/tables.ts';
import { type PlacedFrames, placedBytes, placeFrames, type StoredFrames } from './frames.ts';
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

interface Part {
  readonly frames: StoredFrames;
  readonly placed: PlacedFrames | undefined;
}

/** Forwarders that may ask for room: of checks, of loops and of threads. */
const forwardersMax = 16;

interface Prepared {
  readonly tables: Tables;
  readonly parts: ReadonlyMap<string, Part>;
  readonly ready: Ready;
}

function prepare(name: string, scaleName: string): Prepared {
  const built = findWorkload(name).build(scaleOf(scaleName));
  const begin = performance.now();
  const stored = new Map<string, StoredFrames>([['all', built.frames], ...Object.entries(built.parts ?? {})]);
  const roomBytes = [...stored.values()].reduce((sum, frames) => sum + placedBytes(frames) + 64, 0);
  const { tables } = compileRouter(built.model, { forwarders: forwardersMax, reserveBytes: () => roomBytes });
  const compileSeconds = (performance.now() - begin) / 1000;
  const room = spareRoom(tables);
  const parts = new Map([...stored].map(([part, frames]) => [part, { frames, placed: placeFrames(frames, room) }]));
  const { count } = built.frames;
  const restShare = built.parts && built.parts.rest.count / count;
  return { tables, parts, ready: { compileSeconds, tableBytes: tableBytes(tables), frames: count, restShare } };
}

/** Does what it is told. */
class Contestant {
  readonly #prepared: Prepared;
  readonly #loops = new Map<string, TimedLoop>();
  readonly #crew: Crew;

  readonly #kernels: boolean;

  constructor(prepared: Prepared, crew: Crew, kernels: boolean) {
    this.#prepared = prepared;
    this.#crew = crew;
    this.#kernels = kernels;
  }

  async answer(line: string): Promise<string> {
    const [verb, part = 'all', seconds = '0', count = '1'] = line.split(' ');
    const { tables, parts } = this.#prepared;
    const found = parts.get(part);
    if (found === undefined) return `error no part ${part}`;
    const { frames, placed } = found;
    if (verb === 'check') {
      const { sent, sentBytes, notSent, hash } = outcomeOf(tables, frames, { placed });
      return `outcome ${sent} ${sentBytes} ${notSent} ${hash}`;
    }
    if (verb === 'threads') {
      const { framesASecond, sent, notSent } = await this.#crew.run(Number(count), Number(seconds));
      return `rate ${framesASecond.toFixed(0)} ${sent} ${notSent}`;
    }
    const loop = this.#loops.get(part) ?? new TimedLoop(tables, frames, { placed, kernels: this.#kernels });
    this.#loops.set(part, loop);
    return `ns ${loop.run(Number(seconds)).toFixed(3)}`;
  }
}

async function main([
  name = '',
  scaleName = 'full',
  tableFile = '-',
  path = 'kernels',
]: readonly string[]): Promise<void> {
  const prepared = prepare(name, scaleName);
  const { tables, parts, ready } = prepared;
  const { frames, placed } = parts.get('all') as Part;
  if (tableFile !== '-') writeTableFile(tableFile, tables, frames);
  collectGarbage();
  console.log(`ready ${JSON.stringify(ready)}`);
  const crew = new Crew(
    frames,
    (thread) => shareWorkload(tables, frames, placed, thread),
    () => outcomeOf(tables, frames, { placed }),
  );
  const contestant = new Contestant(prepared, crew, path === 'kernels');
  for await (const line of createInterface({ input: process.stdin })) console.log(await contestant.answer(line));
  await crew.stop();
}

await main(process.argv.slice(2));
