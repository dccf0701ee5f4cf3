// Routes: one prefix in one table, each with its paths.

import { formatPrefix, type IpPrefix } from '../../wire/address.ts';
import { globalTable, type RouteModel } from '../model.ts';
import { checkPath, type ReadPath, type Referents, readPaths } from './paths.ts';
import { type Findings, formatPlace, type Place } from './problems.ts';
import type { RouteConfig } from './schema.ts';
import type { Draft } from './structure.ts';
import type { Tables } from './tables.ts';
import { readPrefix } from './values.ts';
import { describeTable, tableNamed, vrfOf, type World } from './world.ts';

export interface ReadRoute {
  readonly place: Place;
  /** `vrf` as written. */
  readonly vrf: string | undefined;
  /** undefined: damaged. */
  readonly prefix: IpPrefix | undefined;
  readonly paths: readonly ReadPath[];
}

/** A route by itself, without a look at what it refers to. */
export function readRoute({ place, value }: Draft<Partial<RouteConfig>>, findings: Findings): ReadRoute {
  const { vrf, prefix: text, ...config } = value;
  const prefix = text === undefined ? undefined : readPrefix(text, [...place, 'prefix'], findings);
  return { place, vrf, prefix, paths: readPaths('route', config, place, findings) };
}

export function routeModel(route: ReadRoute, table: string | undefined): RouteModel[] {
  if (route.prefix === undefined) return [];
  const paths = route.paths.map(({ model }) => {
    // The entry's own table is where a path looks anyway.
    const isOwn = model.kind === 'via' && (model.vrf === table || (model.vrf === globalTable && table === undefined));
    return isOwn ? { ...model, vrf: undefined } : model;
  });
  return [{ path: formatPlace(route.place), vrf: vrfOf(table), prefix: route.prefix, paths }];
}

/** Reports paths that look again in the route's own table. */
export function checkTargets(route: ReadRoute, table: string | undefined, { findings }: Pick<World, 'findings'>): void {
  for (const { model, place } of route.paths) {
    if (model.kind !== 'table' || model.target !== table) continue;
    findings.report(
      [...place, 'table'],
      `this route is in ${describeTable(table)} itself: looking there again is a loop`,
    );
  }
}

/** All routes, read; the global ones become known to the tables. */
function readRoutes(tables: Tables, world: World) {
  const { findings, drafts } = world;
  if (!drafts.isComplete('routes')) tables.doubt(globalTable);
  const seen = new Map<string, string>();
  return drafts.routes.map((draft) => {
    const route = readRoute(draft, findings);
    const table = tableNamed(route.vrf, [...route.place, 'vrf'], world);
    const mayBeGlobal = table === undefined || table === globalTable;
    if (mayBeGlobal && (table === undefined || route.prefix === undefined)) tables.doubt(globalTable);
    if (table === undefined || route.prefix === undefined) return { route, table };
    if (table === globalTable) tables.addGlobalRoute(route.prefix);
    const prefix = formatPrefix(route.prefix);
    const earlier = seen.get(`${table} ${prefix}`);
    if (earlier === undefined) seen.set(`${table} ${prefix}`, formatPlace(route.place));
    else findings.report([...route.place, 'prefix'], `${prefix} in ${describeTable(table)} is already at ${earlier}`);
    return { route, table };
  });
}

export function buildRoutes(referents: Referents, world: World): RouteModel[] {
  const routes = readRoutes(referents.tables, world);
  return routes.flatMap(({ route, table }) => {
    checkTargets(route, table, world);
    for (const path of route.paths) checkPath(path, table, referents, world);
    return routeModel(route, table);
  });
}
