// What accounts cost: the same frames with and without them, in turn, medians. Time on the CPU.
//
//   npx tsx bench/accounts.ts [WORKLOAD …]
import { compileRouter } from '../src/control/router.ts';
import { Accounts } from '../src/engine/accounts.ts';
import { spareRoom } from '../src/engine/forwarder-memory.ts';
import { placedBytes, placeFrames } from './frames.ts';
import { TimedLoop } from './loop.ts';
import { median } from './median.ts';
import { scaleOf } from './workloads/workload.ts';
import { findWorkload } from './workloads.ts';

const names = process.argv.slice(2);
const runs = 7;
const seconds = 0.5;

for (const name of names.length > 0 ? names : ['swap', 'ingress4', 'egress']) {
  const { model, frames } = findWorkload(name).build(scaleOf('full'));
  const { tables } = compileRouter(model, { forwarders: 4, reserveBytes: () => placedBytes(frames) + 64 });
  const placed = placeFrames(frames, spareRoom(tables));
  const loops = [undefined, false, true].map((lookups) => {
    const accounts = lookups === undefined ? undefined : new Accounts(tables, lookups);
    return new TimedLoop(tables, frames, { placed, accounts });
  });
  const times: number[][] = loops.map(() => []);
  for (let run = 0; run <= runs; run++) {
    for (const [i, loop] of loops.entries()) {
      const time = loop.run(seconds);
      if (run > 0) times[i].push(time);
    }
  }
  const [without, interfaces, all] = times.map((each) => median(each).toFixed(1));
  console.log(`${name}: ${without} ns a frame, with accounts of interfaces ${interfaces}, of look-ups too ${all}`);
}
