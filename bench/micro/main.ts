// `npm run bench -- micro`: one suite a hot function, by benny.
import type { MicroOptions } from '../options.ts';
import { machineText, thisMachine } from '../report.ts';
import { captureSuite } from './capture.ts';
import { checksumSuite } from './checksum.ts';
import { flowHashSuite } from './flow-hash.ts';
import { labelMapSuite } from './label-map.ts';
import { legSelectionSuite } from './leg-selection.ts';
import { longestPrefixSuite } from './longest-prefix.ts';
import { parseSuite } from './parse.ts';
import { rewriteSuite } from './rewrite.ts';
import { ringSuite } from './ring.ts';
import type { MicroSuite } from './suite.ts';
import { wholePathSuite } from './whole-path.ts';

/** One suite a hot function; another one is a file and a line here. */
const suites: readonly MicroSuite[] = [
  parseSuite,
  longestPrefixSuite,
  labelMapSuite,
  flowHashSuite,
  checksumSuite,
  rewriteSuite,
  captureSuite,
  legSelectionSuite,
  wholePathSuite,
  ringSuite,
];

/** Runs or lists the named suites, or all. Throws for a name that no suite has. */
export async function runMicro({ names, list }: MicroOptions): Promise<void> {
  const known = suites.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`there is no suite ${unknown.join(', ')}; there are ${known.join(', ')}`);
  const chosen = suites.filter(({ name }) => names.length === 0 || names.includes(name));
  if (list) return console.log(chosen.map(({ name, title }) => `${name.padEnd(16)}${title}`).join('\n'));
  console.log(machineText(thisMachine(undefined)));
  for (const suite of chosen) await suite.run();
}
