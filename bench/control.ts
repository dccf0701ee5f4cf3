// `npx tsx bench/control.ts [--small] [compile] [changes] [rebuild] [objects]`: what it costs to change a running router: a million routes at once, batches and
// single changes on them, a transport route that all of them resolve through, and the memory that it takes. CPU time of
// the one thread, so that what else the machine does counts less.

import { validateConfig } from '../src/control/config/index.ts';
import { type EntryChange, RouterControl } from '../src/control/live/index.ts';
import type { PathModel, RouteModel, RouterModel } from '../src/control/model.ts';
import { compileRouter } from '../src/control/router.ts';
import { formatPrefix, type IpPrefix } from '../src/wire/address.ts';
import { prefixes4 } from './prefixes.ts';
import { createRandom, type Random } from './random.ts';
import { machineText, thisMachine } from './report.ts';

const scale = process.argv.includes('--small') ? 100 : 1;
const routeCount = 1_000_000 / scale;
const edges = 1000;
const pathLists = 2000;
const changes = 400_000 / scale;

function baseModel(): RouterModel {
  const edgeRoutes = Array.from({ length: edges }, (_, i) => ({
    prefix: `192.168.${i >>> 8}.${i & 255}/32`,
    via: `10.0.0.${2 + (i % 4)}`,
    labels: [16_000 + i],
  }));
  const validated = validateConfig({
    router: { name: 'pe1', id: '192.0.2.1' },
    interfaces: { core: { mac: '02:00:00:00:00:01', mpls: true, addresses: ['10.0.0.1/24'] } },
    vrfs: { red: { label: 24_001 } },
    neighbors: [2, 3, 4, 5].map((host) => ({
      interface: 'core',
      address: `10.0.0.${host}`,
      mac: `02:00:00:00:01:0${host}`,
    })),
    routes: edgeRoutes,
  });
  if ('model' in validated) return validated.model;
  throw new Error(JSON.stringify(validated.problems));
}

function pathsOf(list: number): readonly PathModel[] {
  const edge = list % edges;
  const via = { family: 4, words: [(0xc0a80000 + edge) >>> 0] } as const;
  const modes = { ttl: undefined, tc: undefined, payload: undefined };
  const rest = { interface: undefined, vrf: undefined, weight: 1, backup: false, entropy: false };
  return [{ kind: 'via', via, labels: [100_000 + list], ...rest, ...modes }];
}

function routeOf(prefix: IpPrefix, list: number): RouteModel {
  // Each with paths of its own, as a reader of messages makes them.
  return { path: '', vrf: 'red', prefix, paths: pathsOf(list) };
}

function seconds(work: () => void): number {
  const begin = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
}

const number = (value: number): string => Math.round(value).toLocaleString('en');
const rate = (count: number, time: number): string => `${time.toFixed(2)} s, ${number(count / time)} a second`;

/** With a reader that passes between any two transactions, as forwarding threads do many times. */
function make(routesMin: number): RouterControl {
  const control = new RouterControl(baseModel(), { routesMin, publish: (tables) => tables.generations.online(0) });
  control.tables.generations.online(0);
  return control;
}

function apply(control: RouterControl, source: string, changes: readonly EntryChange[]): void {
  control.tables.generations.pass(0);
  expectOk(control.apply(source, changes));
}

function expectOk(result: { readonly ok: boolean }): void {
  if (!result.ok) throw new Error(JSON.stringify(result).slice(0, 400));
}

function inBatches<T>(list: readonly T[], size: number, call: (batch: readonly T[]) => void): void {
  for (let at = 0; at < list.length; at += size) call(list.slice(at, at + size));
}

/** The yardstick: all of it compiled from the beginning, for nobody to change. */
function measureCompile(prefixes: readonly IpPrefix[]): void {
  const model = baseModel();
  const routes = [...model.routes, ...prefixes.map((prefix, i) => routeOf(prefix, i % pathLists))];
  const time = seconds(() => compileRouter({ ...model, routes }));
  console.log(`a configuration with ${number(prefixes.length)} routes compiled: ${rate(prefixes.length, time)}`);
}

function measureLoad(prefixes: readonly IpPrefix[]): RouterControl {
  const adds = prefixes.map((prefix, i): EntryChange => ({ op: 'replace', route: routeOf(prefix, i % pathLists) }));
  const before = process.memoryUsage();
  const once = make(0);
  const time = seconds(() => apply(once, 'fpm', adds));
  console.log(`${number(adds.length)} read routes in one transaction: ${rate(adds.length, time)}`);
  const after = process.memoryUsage();
  const bytes = after.rss - before.rss;
  console.log(`memory for them: ${number(bytes / adds.length)} bytes a route, tables included`);
  const growing = make(0);
  const inSmall = seconds(() => inBatches(adds, 10_000, (batch) => apply(growing, 'fpm', batch)));
  console.log(`in batches of 10,000, tables growing: ${rate(adds.length, inSmall)}`);
  return once;
}

/** As they come by an API: each batch is parsed before its time begins. */
function measureObjects(prefixes: readonly IpPrefix[]): void {
  const control = make(0);
  let time = 0;
  for (let at = 0; at < prefixes.length; at += 1000) {
    const objects = prefixes.slice(at, at + 1000).map((prefix, i) => {
      const list = (at + i) % pathLists;
      const via = `192.168.${(list % edges) >>> 8}.${(list % edges) & 255}`;
      return { op: 'replace', route: { vrf: 'red', prefix: formatPrefix(prefix), via, labels: [100_000 + list] } };
    });
    const changes = JSON.parse(JSON.stringify(objects));
    control.tables.generations.pass(0);
    time += seconds(() => expectOk(control.transact({ source: 'api', changes })));
  }
  console.log(`objects of the configuration's schema, checked, in batches of 1,000: ${rate(prefixes.length, time)}`);
}

function measureChanges(control: RouterControl, random: Random, prefixes: readonly IpPrefix[]): void {
  for (const size of [1, 100, 1000]) {
    const count = size === 1 ? changes / 4 : changes;
    const stream = Array.from({ length: count }, (_, i): EntryChange => {
      const prefix = prefixes[random.below(prefixes.length)];
      if (i % 3 === 0) return { op: 'delete', route: { vrf: 'red', prefix } };
      return { op: 'replace', route: routeOf(prefix, random.below(pathLists)) };
    });
    const time = seconds(() => inBatches(stream, size, (batch) => apply(control, 'fpm', batch)));
    console.log(`changes in transactions of ${size}: ${rate(count, time)}`);
  }
}

/** A transport route moves, and with it every route of two lists; then all of them. */
function measureTransport(control: RouterControl): void {
  const move = (edge: number, host: number): EntryChange => {
    const [path] = pathsOf(edge);
    const via = { family: 4, words: [0x0a000000 + host] } as const;
    const prefix = { family: 4, words: [(0xc0a80000 + edge) >>> 0], length: 32 } as const;
    return { op: 'replace', route: { path: '', vrf: undefined, prefix, paths: [{ ...path, via } as PathModel] } };
  };
  const one = seconds(() => apply(control, 'config', [move(7, 4)]));
  console.log(`a transport route that a thousandth of them needs moves: ${(one * 1e3).toFixed(1)} ms`);
  const all = Array.from({ length: edges }, (_, edge) => move(edge, 5));
  const every = seconds(() => apply(control, 'config', all));
  console.log(`all transport routes move: ${every.toFixed(2)} s`);
}

function measureRebuild(control: RouterControl): void {
  const model = control.configModel();
  const [core] = model.interfaces;
  const time = seconds(() =>
    expectOk(control.replaceConfig({ ...model, interfaces: [{ ...core, acceptLabels: [24_001] }] })),
  );
  console.log(`everything anew for a changed interface: ${time.toFixed(2)} s`);
}

const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const has = (part: string): boolean => named.length === 0 || named.includes(part);
const random = createRandom(3);
console.log(machineText(thisMachine(undefined)));
const prefixes = prefixes4(random, routeCount);
if (has('compile')) measureCompile(prefixes);
if (has('objects')) measureObjects(prefixes);
const control = measureLoad(prefixes);
if (has('changes')) measureChanges(control, random, prefixes);
if (has('changes')) measureTransport(control);
if (has('rebuild')) measureRebuild(control);
