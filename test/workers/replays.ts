// One drawn router and one drawn set of captures, replayed by as many workers as one likes; what comes out is bytes.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouterModel } from '../../src/control/model.ts';
import { type CompiledRouter, compileRouter } from '../../src/control/router.ts';
import { mayChangeNeighbors } from '../../src/engine/fast/neighbor-frames.ts';
import { ShimlineError } from '../../src/errors.ts';
import type { FrameSource } from '../../src/io/device.ts';
import { openInputs } from '../../src/io/merged-source.ts';
import { PcapngFile } from '../../src/io/pcapng-writer.ts';
import { type Destination, openDestination } from '../../src/workers/destination.ts';
import { FileOutput, NoOutput } from '../../src/workers/file-output.ts';
import type { ReplayTesting } from '../../src/workers/parallel-replay.ts';
import { type ReplayEnd, replayBytes, runReplay } from '../../src/workers/run-replay.ts';
import { type Summary, summarize } from '../../src/workers/summary.ts';
import { TimeResolution } from '../../src/workers/time-resolution.ts';
import { pcapBytes, type Record } from '../e2e/support/captures.ts';
import { drawConfig, readConfig } from '../property/config.ts';
import { FrameMaker } from '../property/frames.ts';
import { damage, resize } from '../property/mutate.ts';
import { Random } from '../property/random.ts';

export type Layout = 'pcap' | 'pcapng' | 'one-file' | 'nothing';

export interface Scenario {
  readonly seed: number;
  readonly frames: number;
  /** Frames that may change neighbours: one of so many that are drawn is kept. */
  readonly neighborsOneIn: number;
  readonly loop: number;
  readonly nanosecond: boolean;
  /** The last input is cut off. */
  readonly damaged: boolean;
  readonly layout: Layout;
  /** After so many frames the source says that times are finer than it knew. */
  readonly finerAfter?: number;
}

export interface Replayed {
  /** By name of the file. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly summary: Omit<Summary, 'seconds' | 'mpps' | 'workers'>;
  readonly problems: readonly string[];
  readonly workers: number;
  readonly reports: readonly string[];
  readonly balanced: boolean;
  readonly jobs: number;
  readonly jobsByWorkers: number;
}

/** Mixes everything that the generators draw, in several captures whose times meet. */
function drawCaptures(router: CompiledRouter, scenario: Scenario): Map<number, Record[]> {
  const random = new Random(~scenario.seed);
  const maker = new FrameMaker(router, random);
  const pool = random.times(Math.min(scenario.frames, 1500), () => maker.next());
  const captures = new Map<number, Record[]>();
  let microseconds = 0;
  for (let i = 0; i < scenario.frames; i++) {
    const drawn = random.pick(pool);
    const changed = random.chance(0.1) ? damage(drawn.bytes, random.pick(pool).bytes, random) : drawn.bytes;
    const { bytes, original } = random.chance(0.1)
      ? resize(changed, random)
      : { bytes: changed, original: changed.length };
    if (mayChangeNeighbors(bytes, 0, bytes.length) && random.below(scenario.neighborsOneIn) > 0) continue;
    // Many frames share their time with those of other inputs; some waits let buckets fill and requests come due.
    microseconds += random.weighted([
      [50, 0],
      [50, random.below(300)],
      [1, random.below(1_500_000)],
    ]);
    const list = captures.get(drawn.port) ?? [];
    captures.set(drawn.port, list);
    const seconds = 1000 + Math.floor(microseconds / 1e6);
    const nanoseconds = (microseconds % 1e6) * 1000 + (scenario.nanosecond ? random.below(1000) : 0);
    list.push({ seconds, nanoseconds, original, bytes: [...bytes] });
  }
  return captures;
}

/** By port number: what arrives. */
export interface Given {
  readonly model: RouterModel;
  readonly captures: ReadonlyMap<number, Record[]>;
}

/** Files of one scenario, in a folder of its own until it is closed. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'shimline-workers-'));
  readonly scenario: Scenario;
  readonly #inputs: { port: number; spec: string }[] = [];
  readonly #given: Given | undefined;
  #runs = 0;

  /** `given`: a router and captures in place of those that the scenario's seed draws. */
  constructor(scenario: Scenario, given?: Given) {
    this.scenario = scenario;
    this.#given = given;
    for (const [port, records] of given?.captures ?? drawCaptures(this.#compile(1), scenario)) {
      const spec = join(this.folder, `${port}.in`);
      const bytes = pcapBytes(records, { nanosecond: scenario.nanosecond });
      writeFileSync(spec, Uint8Array.from(bytes));
      this.#inputs.push({ port, spec });
    }
    const last = this.#inputs.at(-1);
    if (scenario.damaged && last !== undefined) writeFileSync(last.spec, readFileSync(last.spec).subarray(0, -7));
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #compile(workers: number): CompiledRouter {
    const model = this.#given?.model ?? readConfig(drawConfig(this.scenario.seed), false);
    return compileRouter(model, { reserveBytes: (ports) => replayBytes(workers, ports) });
  }

  async #open(): Promise<FrameSource & { readonly nanosecond: boolean }> {
    const { loop, finerAfter } = this.scenario;
    const source = await openInputs(this.#inputs, { loop });
    if (finerAfter === undefined) return source;
    let frames = 0;
    return {
      fill(batch) {
        const filled = source.fill(batch);
        if (typeof filled === 'number') frames += filled;
        return filled;
      },
      get nanosecond() {
        return frames > finerAfter;
      },
      close: () => source.close(),
    };
  }

  async replay(workers: number, testing?: ReplayTesting): Promise<Replayed> {
    const router = this.#compile(workers);
    const { layout } = this.scenario;
    const source = await this.#open();
    const resolution = new TimeResolution(source);
    const place = join(this.folder, `out${this.#runs++}`);
    mkdirSync(place);
    const files =
      layout === 'nothing'
        ? undefined
        : new FileOutput(this.#destination(place, router, resolution), router.portNames.length, false);
    const reports: string[] = [];
    let jobs = [0, 0] as [number, number];
    const end = await runReplay(
      source,
      {
        tables: router.tables,
        output: files ?? new NoOutput(),
        files,
        layout: layout === 'nothing' ? 'pcap' : layout,
        explain: undefined,
        workers,
        resolution,
        report: (line) => reports.push(line),
        testing: {
          ...testing,
          done: (...counts) => {
            jobs = counts;
          },
        },
      },
      { signal: new AbortController().signal, enough: () => false, failed: () => false },
    );
    await files?.close();
    await source.close();
    return replayed(end, router, place, reports, jobs);
  }

  #destination(place: string, router: CompiledRouter, resolution: TimeResolution): Destination {
    const { layout } = this.scenario;
    const { portNames } = router;
    if (layout === 'one-file') {
      const file = new PcapngFile(join(place, 'all.pcapng'), { nanosecond: resolution.nanosecond });
      return {
        openPort: (port) => file.addInterface(portNames[port] as string),
        openDrops: () => file.addInterface('drop'),
        openPunts: () => file.addInterface('punt'),
        close: () => file.close(),
      };
    }
    return openDestination({
      place,
      format: layout === 'pcapng' ? 'pcapng' : 'pcap',
      drops: true,
      punts: true,
      portNames,
      inputs: [],
      nanosecond: () => resolution.nanosecond,
    });
  }
}

function replayed(
  end: ReplayEnd,
  router: CompiledRouter,
  place: string,
  reports: readonly string[],
  [jobs, jobsByWorkers]: readonly [number, number],
): Replayed {
  const {
    seconds: _seconds,
    mpps: _mpps,
    workers,
    ...summary
  } = summarize(end.counters, router.portNames, 1, end.workers);
  const names = readdirSync(place).sort();
  return {
    files: new Map(names.map((name) => [name, readFileSync(join(place, name))])),
    summary,
    problems: end.problems.map((problem) => problem.message),
    workers,
    reports,
    balanced: end.counters.balanced,
    jobs,
    jobsByWorkers,
  };
}

/** Opens a stage, unless the drawn configuration is one that only resolution can refuse. */
export function openStage(scenario: Scenario): Stage | undefined {
  try {
    return new Stage(scenario);
  } catch (error) {
    if (error instanceof ShimlineError) return undefined;
    throw error;
  }
}

/** What differs between two replays, in words; undefined when nothing does. */
export function difference(one: Replayed, other: Replayed): string | undefined {
  const [ours, theirs] = [one, other].map(({ summary, problems }) => JSON.stringify({ summary, problems }));
  if (ours !== theirs) return `${ours}\n${theirs}`;
  const [names, otherNames] = [one, other].map(({ files }) => [...files.keys()].join(' '));
  if (names !== otherNames) return `files ${names}, then ${otherNames}`;
  for (const [name, bytes] of one.files) {
    const others = other.files.get(name) as Buffer;
    if (bytes.equals(others)) continue;
    const at = bytes.findIndex((byte, i) => byte !== others[i]);
    return `${name}: ${bytes.length} bytes, then ${others.length}, different from ${at} on`;
  }
  return undefined;
}
