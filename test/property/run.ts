// As many random trials as one likes: npx tsx test/property/run.ts --frames 5000000 --seed 1
import { parseArgs } from 'node:util';
import { Tally } from './tally.ts';
import { runTrial } from './trial.ts';

const framesPerTrial = 1000;

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
  },
});
const frames = Number(values.frames);
const tally = new Tally();
let seed = Number(values.seed);
const begin = performance.now();
let next = begin + 5000;
for (; tally.frames < frames; seed++) {
  try {
    runTrial(seed, framesPerTrial, tally);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
    break;
  }
  if (performance.now() < next) continue;
  next = performance.now() + 5000;
  console.log(`seed ${seed}: ${tally.frames} frames, ${Math.round((performance.now() - begin) / 1000)} s`);
}
console.log(String(tally));
console.log(`${((performance.now() - begin) / 1000).toFixed(1)} s`);
