// The fuzzers in a process of their own, so that a hang can be ended from outside and memory measured after a
// collection:   node --expose-gc --import tsx test/fuzz/run.ts --frames 1000000 [--explain] [--files N] [--seed S]
// Prints one JSON object; on standard error which batch or file is in work, for whoever has to end it.
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { othersCaptures, ownCaptures } from './captures.ts';
import { fuzzFiles } from './fuzz-files.ts';
import { fuzzFrames } from './fuzz-frames.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '0' },
    files: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    explain: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const captures = [...ownCaptures(), ...othersCaptures()];
const tell = (what: string) => (number: number) => writeSync(2, `\r${what} ${number}`);
const report: Record<string, unknown> = {};
if (Number(values.frames) > 0) {
  report.frames = await fuzzFrames(Number(values.frames), seed, captures, {
    explain: values.explain,
    onBatch: tell('batch'),
  });
}
if (Number(values.files) > 0) report.files = await fuzzFiles(Number(values.files), seed, captures, tell('file'));
writeSync(2, '\n');
console.log(JSON.stringify(report));
