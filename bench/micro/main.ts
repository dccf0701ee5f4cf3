// `npm run bench -- micro`: one suite a hot function, by benny.
import { machineText, thisMachine } from '../report.ts';
import { captureSuite } from './capture.ts';
import { checksumSuite } from './checksum.ts';
import { flowHashSuite } from './flow-hash.ts';
import { labelMapSuite } from './label-map.ts';
import { legSelectionSuite } from './leg-selection.ts';
import { longestPrefixSuite } from './longest-prefix.ts';
import { ringSuite } from './ring.ts';
import type { MicroSuite } from './suite.ts';
import { wholePathSuite } from './whole-path.ts';

const suites: readonly MicroSuite[] = [
  longestPrefixSuite,
  labelMapSuite,
  flowHashSuite,
  checksumSuite,
  captureSuite,
  legSelectionSuite,
  wholePathSuite,
  ringSuite,
];

/** Runs the named suites, or all. Throws for a name that no suite has. */
export async function runMicro(names: readonly string[]): Promise<void> {
  const known = suites.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`there is no suite ${unknown.join(', ')}; there are ${known.join(', ')}`);
  console.log(machineText(thisMachine(undefined)));
  for (const suite of suites) if (names.length === 0 || names.includes(suite.name)) await suite.run();
}
