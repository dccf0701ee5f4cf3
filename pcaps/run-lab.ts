// One run of the lab: the sites' captures in, through the three routers, every packet's journey out.
import type { CompiledRouter } from '../src/control/router.ts';
import type { Output } from '../src/engine/output.ts';
import { openInputs } from '../src/io/merged-source.ts';
import { Batch } from '../src/wire/batch.ts';
import { NoOutput } from '../src/workers/file-output.ts';
import { labPath, type RouterName, type SiteName, siteNames, siteOf } from './lab.ts';
import { type Frame, Network } from './network.ts';
import { labTraffic, type Probe } from './traffic.ts';
import type { Journey } from './verify.ts';

export interface LabRun {
  readonly network: Network;
  /** In the order in which the packets were sent. */
  readonly journeys: readonly Journey[];
}

export interface LabRecorder {
  router(name: RouterName, router: CompiledRouter): Output;
  sent(site: SiteName, frame: Frame, says: string): void;
}

const noRecorder: LabRecorder = { router: () => new NoOutput(), sent() {} };

/** All frames of a capture, in the order of the file. */
export async function readCapture(path: string): Promise<Frame[]> {
  const source = await openInputs([{ port: 0, spec: path }]);
  const batch = new Batch();
  const frames: Frame[] = [];
  try {
    while ((await source.fill(batch)) > 0) {
      for (let slot = 0; slot < batch.count; slot++) {
        const start = batch.start[slot] as number;
        const bytes = batch.bytes.slice(start, start + (batch.captured[slot] as number));
        frames.push({
          bytes,
          time: (batch.seconds[slot] as number) * 1e6 + (batch.nanoseconds[slot] as number) / 1000,
        });
      }
      batch.clear();
    }
  } finally {
    source.close();
  }
  return frames;
}

/** The frames of the captures, each with the packet of traffic.ts that it is. */
async function readTraffic(): Promise<{ readonly probe: Probe; readonly frame: Frame }[]> {
  const probes = labTraffic();
  const frames = new Map<SiteName, Frame[]>();
  for (const site of siteNames) frames.set(site, await readCapture(labPath(siteOf(site).capture)));
  const pairs = probes.map((probe) => ({ probe, frame: frames.get(probe.from)?.shift() }));
  const isWhole =
    pairs.every(({ probe, frame }) => frame?.time === probe.time) &&
    [...frames.values()].every((left) => left.length === 0);
  if (!isWhole)
    throw new Error('the captures in pcaps/lab are not those of pcaps/traffic.ts: run `npx tsx pcaps/generate.ts`');
  return pairs as { probe: Probe; frame: Frame }[];
}

export async function runLab(recorder: LabRecorder = noRecorder): Promise<LabRun> {
  const traffic = await readTraffic();
  const network = await Network.open((name, router) => recorder.router(name, router));
  const journeys: Journey[] = [];
  for (const { probe, frame } of traffic) {
    network.inject(siteOf(probe.from), frame, {
      depart: () => recorder.sent(probe.from, frame, probe.says),
      arrive: (visit) => journeys.push({ probe, visit }),
    });
  }
  network.run();
  return { network, journeys };
}
