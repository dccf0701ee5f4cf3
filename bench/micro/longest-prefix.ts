// Longest-prefix look-up, one address after the other: the cost of a look-up that nothing overlaps with.
import { compileRouter } from '../../src/control/router.ts';
import type { LongestPrefix } from '../../src/tables/longest-prefix.ts';
import type { IpPrefix } from '../../src/wire/address.ts';
import { ModelBuilder } from '../build-model.ts';
import { addressIn, prefixes4, prefixes6 } from '../prefixes.ts';
import { createRandom, type Random } from '../random.ts';
import { addVpnRoutes } from '../workloads/ingress.ts';
import { addCore, addProviderEdges } from '../workloads/network.ts';
import { type MicroCase, type MicroSuite, runSuite } from './suite.ts';

const lookups = 1 << 16;
/** The only VRF. */
const table = 1;
const sizes4 = [1000, 100_000];
const sizes6 = [1000, 25_000];

function compiled(random: Random, prefixes: readonly IpPrefix[]) {
  const builder = new ModelBuilder();
  addCore(builder);
  addProviderEdges(builder);
  builder.vrf('red', 16);
  addVpnRoutes(builder, random, prefixes);
  return compileRouter(builder.build()).tables;
}

function caseOf(family: 4 | 6, count: number): MicroCase {
  const random = createRandom(count);
  const prefixes = family === 4 ? prefixes4(random, count) : prefixes6(random, count);
  const tables = compiled(random, prefixes);
  const trie: LongestPrefix = family === 4 ? tables.trie4 : tables.trie6;
  const addresses = Array.from({ length: lookups }, () => addressIn(random, prefixes));
  const flat = Uint32Array.from(addresses.flat());
  const key = new Uint32Array(family === 4 ? 1 : 4);
  const run = (): number => {
    let sum = 0;
    for (let at = 0; at < flat.length; at += key.length) {
      for (let i = 0; i < key.length; i++) key[i] = flat[at + i];
      sum += trie.lookup(table, key);
    }
    return sum;
  };
  return { name: `IPv${family}, ${count.toLocaleString('en')} prefixes`, items: lookups, unit: 'look-up', run };
}

export const longestPrefixSuite: MicroSuite = {
  name: 'longest-prefix',
  title: 'a look-up in each prefix table layout',
  run: () =>
    runSuite('longest-prefix', [
      ...sizes4.map((count) => caseOf(4, count)),
      ...sizes6.map((count) => caseOf(6, count)),
    ]),
};
