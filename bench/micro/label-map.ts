// The incoming label map: from a stack entry as it lies in a frame to the label's entry.
import { compileRouter } from '../../src/control/router.ts';
import { labelEntryWords, labelKey, wireLabel } from '../../src/tables/labels.ts';
import type { Tables } from '../../src/tables/tables.ts';
import { ModelBuilder } from '../build-model.ts';
import { createRandom } from '../random.ts';
import { addCore } from '../workloads/network.ts';
import { addSwaps } from '../workloads/transit.ts';
import { type MicroCase, type MicroSuite, runSuite } from './suite.ts';

const lookups = 1 << 16;

function tablesWith(labels: number): Tables {
  const builder = new ModelBuilder();
  addCore(builder);
  addSwaps(builder, createRandom(1), labels);
  return compileRouter(builder.build()).tables;
}

function caseOf(labels: number): MicroCase {
  const random = createRandom(labels);
  const { map, entries } = tablesWith(labels).labels;
  const numbers = Uint32Array.from({ length: lookups }, () => 16 + random.below(labels));
  const wire = numbers.map(wireLabel);
  if (numbers.some((label, i) => keyOfWire(wire[i]) !== labelKey(label))) throw new Error('keys differ');
  const run = (): number => {
    let sum = 0;
    for (let i = 0; i < wire.length; i++) sum += entries[map[keyOfWire(wire[i])] * labelEntryWords];
    return sum;
  };
  return { name: `${labels.toLocaleString('en')} labels`, items: lookups, unit: 'look-up', run };
}

/** As the fast path does it: the key is the label with its bits where they are. */
function keyOfWire(word: number): number {
  return (word & 0xffff) | ((word >>> 4) & 0xf0000);
}

export const labelMapSuite: MicroSuite = {
  name: 'label-map',
  title: 'from a stack entry to the label’s entry',
  run: () => runSuite('label-map', [1000, 100_000].map(caseOf)),
};
