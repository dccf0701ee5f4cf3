// A soak: a router at full load for minutes, with a figure a quarter of a minute for memory, descriptors, loss and rate.
// At the end the books have to agree with what the interfaces counted, and memory to be what it was after warming up.
//
//   npx tsx bench/live/soak.ts [--minutes 10] [--workers 1]
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Lab } from '../../test/live/support/lab.ts';
import { bookSides, cameTo, startShimline } from '../../test/live/support/shimline.ts';
import { pause } from '../../test/live/support/traffic.ts';
import { buildLiveYardstick } from '../compiler.ts';
import { writeFrames } from './measure.ts';
import { configText, framesOf, macs } from './workload.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, workers: { type: 'string', default: '1' } },
});
const minutes = Number(values.minutes);
const workers = Number(values.workers);
if (!(minutes > 0) || !(workers > 0)) throw new Error('usage: soak.ts [--minutes N] [--workers N]');

const reportSeconds = 15;
/** More growth than this after the first minute is a leak. */
const growthBytesMax = 32 << 20;

const inMebibytes = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(1)} MiB`;

async function soak(lab: Lab): Promise<boolean> {
  const yardstick = buildLiveYardstick(lab.folder);
  if (yardstick === undefined) throw new Error('the soak needs a C compiler: its generator is in C');
  const [generator, place, sink] = [lab.router('gen'), lab.router('router'), lab.router('sink')];
  lab.cable({ in: generator, name: 'wire' }, { in: place, name: 'in', mac: macs.in });
  lab.cable({ in: place, name: 'out', mac: macs.out }, { in: sink, name: 'wire' });
  const devices = { in: '{afpacket: in}', out: '{afpacket: out}' };
  const router = await startShimline(lab, place, configText(devices), { workers });
  const file = writeFrames(lab, 'soak', [...framesOf('push', 64), ...framesOf('swap', 512)]);
  const seconds = minutes * 60;
  const load = generator.runAside(yardstick.wire, 'generate', 'wire', file, String(seconds), '0');
  let warm = 0;
  let last = sink.counts('wire').received;
  for (let at = reportSeconds; at < seconds; at += reportSeconds) {
    await pause(reportSeconds * 1000);
    const { received } = sink.counts('wire');
    if (at <= 60) warm = router.residentBytes;
    const descriptors = readdirSync(`/proc/${router.pid}/fd`).length;
    const rate = Math.round((received - last) / reportSeconds / 1000);
    console.log(`${at} s: ${rate} kpps, resident ${inMebibytes(router.residentBytes)}, ${descriptors} descriptors`);
    last = received;
  }
  console.log((await load).out.trim());
  await pause(1000);
  const growth = router.residentBytes - warm;
  const { summary } = await router.stop();
  const { sent } = generator.counts('wire');
  const { received } = sink.counts('wire');
  const arrived = cameTo(summary, 'in');
  const out = summary.interfaces.out?.out.frames ?? 0;
  const { came, went } = bookSides(summary);
  console.log(
    `generator ${sent} = in, and lost in the ring, ${arrived}: ${sent === arrived}; ${JSON.stringify(summary.devices.in)}`,
  );
  console.log(`out ${out} = sink ${received}: ${out === received}`);
  console.log(`books ${came} = ${went}; drops ${JSON.stringify(summary.drops)}`);
  console.log(`memory grew by ${inMebibytes(growth)} after the first minute`);
  return sent === arrived && out === received && came === went && growth < growthBytesMax;
}

const lab = new Lab('soak');
try {
  process.exitCode = (await soak(lab)) ? 0 : 1;
} finally {
  lab.close();
}
