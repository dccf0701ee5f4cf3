// The choice of a leg by the flow hash: among equal ones, and when some are down.

import { compileRouter } from '../../src/control/router.ts';
import { selectLeg } from '../../src/engine/slow/paths.ts';
import { Action } from '../../src/tables/actions.ts';
import { routeWords, type Tables } from '../../src/tables/tables.ts';
import { ModelBuilder, prefix4, via } from '../build-model.ts';
import { createRandom } from '../random.ts';
import { addCore, coreName, coreNeighbor } from '../workloads/network.ts';
import { type MicroCase, type MicroSuite, runSuite } from './suite.ts';

const choices = 1024;

/** Tables with one route over so many paths. */
function tablesWith(paths: number): Tables {
  const builder = new ModelBuilder();
  addCore(builder);
  const legs = Array.from({ length: paths }, (_, i) => via(coreNeighbor(i), { labels: [16 + i] }));
  builder.route(undefined, prefix4(0x14000000, 8), ...legs);
  return compileRouter(builder.build()).tables;
}

/** The group that a route to 20.0.0.0/8 leads to. */
function groupOf(tables: Tables): number {
  const record = tables.trie4.lookup(0, [0x14000001]) * routeWords;
  if (tables.routes[record] !== Action.group) throw new Error('the route has no path group');
  return tables.routes[record + 1];
}

function caseOf(paths: number, down: number): MicroCase {
  const tables = tablesWith(paths);
  const core = 0;
  for (let i = 0; i < down; i++) {
    tables.adjacencies.setUp(tables.adjacencies.find(core, coreNeighbor(i).words), false);
  }
  const group = groupOf(tables);
  const random = createRandom(5);
  const hashes = Uint32Array.from({ length: choices }, () => random.word());
  const run = (): number => {
    let sum = 0;
    for (let i = 0; i < hashes.length; i++) sum += selectLeg(tables, group, hashes[i], 0);
    return sum;
  };
  const name = `${paths} paths on ${coreName}${down === 0 ? '' : `, ${down} of them down`}`;
  return { name, items: choices, unit: 'choice', run };
}

export const legSelectionSuite: MicroSuite = {
  name: 'leg-selection',
  title: 'the choice of one of several paths',
  run: () => runSuite('leg-selection', [caseOf(2, 0), caseOf(8, 0), caseOf(8, 4)]),
};
