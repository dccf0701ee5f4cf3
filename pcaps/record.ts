// Where the demo's captures go: one directory a router, as `shimline replay --format pcapng --drops --punts` would write
// it, and one file with every cable of the lab in it, in order of time.
import { accessSync, constants, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { CompiledRouter } from '../src/control/router.ts';
import type { Explanation, Output } from '../src/engine/output.ts';
import type { FrameSink } from '../src/io/device.ts';
import { PcapngFile } from '../src/io/pcapng-writer.ts';
import { openDestination } from '../src/workers/destination.ts';
import { FileOutput } from '../src/workers/file-output.ts';
import { type RouterName, routerNames, siteAt } from './lab.ts';
import type { Frame } from './network.ts';

/** A directory that can be written: the wanted one, else a new one among the system's temporary files. */
export function outputPlace(wanted: string): { readonly path: string; readonly isWanted: boolean } {
  try {
    for (const directory of [wanted, ...routerNames.map((name) => join(wanted, name))]) {
      mkdirSync(directory, { recursive: true });
      accessSync(directory, constants.W_OK | constants.X_OK);
    }
    return { path: relative(process.cwd(), wanted) || wanted, isWanted: true };
  } catch {
    return { path: mkdtempSync(join(tmpdir(), 'shimline-lab-')), isWanted: false };
  }
}

const captureOptions = { nanosecond: false } as const;

export class Recorder {
  readonly #place: string;
  readonly #journey: PcapngFile;
  readonly #cables = new Map<string, FrameSink>();
  readonly #files: FileOutput[] = [];

  constructor(place: string) {
    this.#place = place;
    this.#journey = new PcapngFile(this.journeyPath, captureOptions);
  }

  get journeyPath(): string {
    return join(this.#place, 'journey.pcapng');
  }

  /** The output of one router. */
  router(name: RouterName, { portNames }: CompiledRouter): Output {
    const destination = openDestination({
      place: join(this.#place, name),
      format: 'pcapng',
      drops: true,
      punts: true,
      portNames,
      inputs: [],
      nanosecond: () => false,
    });
    const files = new FileOutput(destination, portNames.length, true);
    this.#files.push(files);
    return {
      transmit: (...call) => {
        this.#write(name, portNames[call[0]] as string, call);
        files.transmit(...call);
      },
      drop: (...call) => files.drop(...call),
      punt: (...call) => files.punt(...call),
    };
  }

  /** A frame that a site sends. */
  sent(site: string, frame: Frame, says: string): void {
    const { bytes, time } = frame;
    const [seconds, nanoseconds] = [Math.floor(time / 1e6), (time % 1e6) * 1000];
    this.#cable(`${site} sends`).write(bytes, 0, bytes.length, bytes.length, seconds, nanoseconds, says);
  }

  /** The first error of writing, if there was any. */
  async close(): Promise<unknown> {
    this.#journey.close();
    for (const files of this.#files) await files.close();
    return this.#files.find((files) => files.failure !== undefined)?.failure;
  }

  #write(router: RouterName, port: string, call: Parameters<Output['transmit']>): void {
    const [, bytes, start, captured, original, seconds, nanoseconds, explanation] = call;
    const site = siteAt(router, port);
    const cable = site === undefined ? `${router} ${port}` : `${router} to ${site}`;
    this.#cable(cable).write(bytes, start, captured, original, seconds, nanoseconds, comment(router, explanation));
  }

  #cable(name: string): FrameSink {
    const known = this.#cables.get(name);
    if (known !== undefined) return known;
    const sink = this.#journey.addInterface(name);
    this.#cables.set(name, sink);
    return sink;
  }
}

const comment = (router: RouterName, explanation: Explanation | undefined): string =>
  `${router}: ${explanation?.steps.join(' / ') ?? ''}`;
