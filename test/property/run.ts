// As many random trials as one likes: npx tsx test/property/run.ts --frames 5000000 --seed 1
// With --isolation those that hold where frames leave against the configuration alone.
import { parseArgs } from 'node:util';
import { newTally, runIsolationTrial } from './isolation.ts';
import { Tally } from './tally.ts';
import { runTrial } from './trial.ts';

const framesPerTrial = 1000;

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    isolation: { type: 'boolean', default: false },
  },
});
const frames = Number(values.frames);
const tally = new Tally();
const isolation = newTally();
const framesSoFar = () => (values.isolation ? isolation.arrived : tally.frames);
let seed = Number(values.seed);
const begin = performance.now();
let next = begin + 5000;
for (; framesSoFar() < frames; seed++) {
  try {
    if (values.isolation) runIsolationTrial(seed, isolation);
    else runTrial(seed, framesPerTrial, tally);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
    break;
  }
  if (performance.now() < next) continue;
  next = performance.now() + 5000;
  console.log(`seed ${seed}: ${framesSoFar()} frames, ${Math.round((performance.now() - begin) / 1000)} s`);
}
console.log(values.isolation ? JSON.stringify(isolation) : String(tally));
console.log(`${((performance.now() - begin) / 1000).toFixed(1)} s`);
