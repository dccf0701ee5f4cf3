// What a compiled router offers to aim at: interfaces, prefixes by table, neighbours by interface, labels.
import type { InterfaceModel, LabelModel } from '../../src/control/model.ts';
import type { CompiledRouter } from '../../src/control/router.ts';
import type { Prefix, Words } from './addresses.ts';

export interface Way {
  readonly index: number;
  readonly port: number;
  readonly model: InterfaceModel;
  readonly table: number;
  readonly neighbors: readonly Words[];
}

/** A label of the map: what it does, and the table that its payload should aim at. */
export interface Target {
  readonly label: number;
  readonly table: number;
  /** pops: the next label follows. ends: it must be the last one. passes: anything may lie beneath. */
  readonly kind: 'pops' | 'ends' | 'passes';
}

export interface Terrain {
  readonly ways: readonly Way[];
  /** By table: prefixes of both families. */
  readonly prefixes: readonly { readonly 4: readonly Prefix[]; readonly 6: readonly Prefix[] }[];
  /** By table: prefixes of static routes alone, and the addresses of neighbours. */
  readonly routes: readonly { readonly 4: readonly Prefix[]; readonly 6: readonly Prefix[] }[];
  readonly hosts: readonly { readonly 4: readonly Words[]; readonly 6: readonly Words[] }[];
  /** Own addresses of every table. */
  readonly own: { readonly 4: readonly Words[]; readonly 6: readonly Words[] };
  readonly labels: readonly Target[];
  readonly mtus: readonly number[];
}

function neighborsOf(router: CompiledRouter, index: number): Words[] {
  const name = router.model.interfaces[index]?.name;
  return [
    ...router.resolver.adjacencies.filter((each) => each.interface === index).map((each) => each.address.words),
    ...router.model.neighbors.filter((each) => each.interface === name).map((each) => each.address.words),
  ];
}

function targetOf(router: CompiledRouter, { label, paths }: LabelModel): Target {
  const [path] = paths;
  const table = path?.kind === 'table' ? router.rib.tableIndex(path.target) : 0;
  if (path?.kind === 'pop') return { label, table, kind: 'pops' };
  const ends =
    path?.kind === 'table' || (path?.kind === 'via' && path.labels === undefined && path.payload !== undefined);
  return { label, table, kind: ends ? 'ends' : 'passes' };
}

export function survey(router: CompiledRouter): Terrain {
  const { model, rib, portNames } = router;
  const ways = model.interfaces.flatMap((each, index): Way[] =>
    each.role === 'routed'
      ? [
          {
            index,
            port: portNames.indexOf(each.port),
            model: each,
            table: rib.tableIndex(each.vrf),
            neighbors: neighborsOf(router, index),
          },
        ]
      : [],
  );
  const routes = [...router.routes];
  const ofTable = (table: number, family: 4 | 6, sources: readonly string[]) =>
    routes
      .filter((each) => each.table === table && each.prefix.family === family && sources.includes(each.source))
      .map((each) => each.prefix);
  const hostsOf = (table: number, words: number) =>
    ways.flatMap((way) => (way.table === table ? way.neighbors.filter((each) => each.length === words) : []));
  const all = ['own', 'broadcast', 'connected', 'static'];
  const tables = rib.tableNames.map((_, table) => table);
  const ownOf = (family: 4 | 6) =>
    routes.filter((each) => each.source === 'own' && each.prefix.family === family).map((each) => each.prefix.words);
  return {
    ways,
    prefixes: tables.map((table) => ({ 4: ofTable(table, 4, all), 6: ofTable(table, 6, all) })),
    routes: tables.map((table) => ({ 4: ofTable(table, 4, ['static']), 6: ofTable(table, 6, ['static']) })),
    hosts: tables.map((table) => ({ 4: hostsOf(table, 1), 6: hostsOf(table, 4) })),
    own: { 4: ownOf(4), 6: ownOf(6) },
    labels: router.labels.map((each) => targetOf(router, each.model)),
    mtus: [...new Set(ways.map((way) => way.model.mtu))].filter((mtu) => mtu <= 2000),
  };
}
