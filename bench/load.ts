// How long it takes from routes and labels as the API has them to tables that packets can use, stage by stage:
//
//   npx tsx bench/load.ts [--routes N] [--vrfs N] [--labels N] [--runs N] [--json]
//
//   rib       routes into tables of readable entries
//   resolve   next hops to adjacencies, through other routes
//   plan      labels bound, routes and labels numbered
//   write     memory taken; interfaces, paths, routes and labels written
//   prefixes  the prefix tables built, which makes the routes reachable
//
// Medians over the runs. Every run starts from the same objects; what it made is garbage for the next one.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Rib } from '../src/control/compile/rib.ts';
import { writePrefixes } from '../src/control/compile/write-routes.ts';
import type { RouterModel } from '../src/control/model.ts';
import { planRouter, resolveRoutes, writeTables } from '../src/control/router.ts';
import { ModelBuilder, via } from './build-model.ts';
import { prefixes4 } from './prefixes.ts';
import { createRandom, type Random } from './random.ts';
import { addCore, addProviderEdges, peAddress } from './workloads/network.ts';
import { addSwaps } from './workloads/transit.ts';

const stages = ['rib', 'resolve', 'plan', 'write', 'prefixes'] as const;
type Stage = (typeof stages)[number];
type Times = Record<Stage, number>;

/** VPN labels in use; the label tells the provider-edge router. */
const vpnLabels = 1000;
const firstVpnLabel = 1000;
const firstVrfLabel = 100_000;

interface Options {
  readonly routes: number;
  readonly vrfs: number;
  readonly labels: number;
  readonly runs: number;
  readonly json: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      routes: { type: 'string', default: '1000000' },
      vrfs: { type: 'string', default: '1' },
      labels: { type: 'string', default: '0' },
      runs: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'routes' | 'vrfs' | 'labels' | 'runs', least: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least) throw new Error(`--${name} must be a whole number from ${least} up`);
    return value;
  };
  const vrfs = number('vrfs', 1);
  return { routes: number('routes', 0), vrfs, labels: number('labels', 0), runs: number('runs', 1), json: values.json };
}

/** One VRF: a customer's port, and routes over VPN labels towards the other provider-edge routers. */
function addVrf(builder: ModelBuilder, random: Random, index: number, routes: number): void {
  const name = `vrf${index}`;
  builder.vrf(name, firstVrfLabel + index);
  builder.port(`ce${index}`, { vrf: name });
  for (const prefix of prefixes4(random, routes)) {
    const vpn = random.below(vpnLabels);
    builder.route(name, prefix, via(peAddress(vpn), { labels: [firstVpnLabel + vpn] }));
  }
}

function buildModel({ routes, vrfs, labels }: Options): RouterModel {
  const random = createRandom(10);
  const builder = new ModelBuilder();
  addCore(builder);
  addProviderEdges(builder);
  for (let index = 0; index < vrfs; index++) {
    const share = Math.floor(((index + 1) * routes) / vrfs) - Math.floor((index * routes) / vrfs);
    addVrf(builder, random, index, share);
  }
  addSwaps(builder, random, labels);
  return builder.build();
}

/** Milliseconds that each stage of one run takes. */
function load(model: RouterModel): Times {
  const times: Times = { rib: 0, resolve: 0, plan: 0, write: 0, prefixes: 0 };
  const timed = <Result>(stage: Stage, work: () => Result): Result => {
    const start = performance.now();
    const result = work();
    times[stage] = performance.now() - start;
    return result;
  };
  const rib = timed('rib', () => new Rib(model));
  const resolver = timed('resolve', () => resolveRoutes(model, rib));
  const plan = timed('plan', () => planRouter(model, rib, resolver));
  const tables = timed('write', () => writeTables(plan));
  timed('prefixes', () => {
    for (const columns of plan.routes.columns) writePrefixes(tables, columns);
  });
  return times;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function totalOf(times: Times): number {
  return stages.reduce((sum, stage) => sum + times[stage], 0);
}

function main(): void {
  const options = readOptions();
  const model = buildModel(options);
  const runs = Array.from({ length: options.runs }, () => load(model));
  const medians = Object.fromEntries(stages.map((stage) => [stage, medianOf(runs.map((times) => times[stage]))]));
  const total = medianOf(runs.map(totalOf));
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}`;
  if (options.json) {
    console.log(JSON.stringify({ machine, ...options, milliseconds: { ...medians, total }, each: runs }));
    return;
  }
  const { routes, vrfs, labels } = options;
  console.log(machine);
  console.log(`${routes} routes in ${vrfs} VRFs, ${labels} labels; median of ${options.runs} runs, ms`);
  for (const stage of stages) console.log(`  ${stage.padEnd(9)}${medians[stage].toFixed(0).padStart(7)}`);
  console.log(
    `  ${'total'.padEnd(9)}${total.toFixed(0).padStart(7)}   (${runs.map((each) => totalOf(each).toFixed(0)).join(', ')})`,
  );
}

main();
