// From the model of a router to its tables, stage by stage: prefixes collected, next hops resolved, labels bound and
// everything numbered, memory sized, words written.

import { forwarderBytes } from '../engine/forwarder-memory.ts';
import type { Names } from '../engine/slow/story.ts';
import { type RouterSettings, Tables } from '../tables/tables.ts';
import { type Binding, bindLabels } from './compile/label-manager.ts';
import { type Layer2Plan, planLayer2 } from './compile/plan-circuits.ts';
import { type PlannedLabel, planLabels } from './compile/plan-labels.ts';
import { NumberedRoutes } from './compile/plan-routes.ts';
import { popMode, Resolver } from './compile/resolver.ts';
import { Rib } from './compile/rib.ts';
import { sizeTables } from './compile/sizes.ts';
import { writeLayer2 } from './compile/write-circuits.ts';
import { portNames, writeInterfaces } from './compile/write-interfaces.ts';
import { writePaths } from './compile/write-paths.ts';
import { writeAdjacencies, writeLabels, writePrefixes, writeRoutes } from './compile/write-routes.ts';
import type { RouterModel } from './model.ts';
import { namesOf } from './names.ts';

export type { PlannedLabel } from './compile/plan-labels.ts';

export interface CompileOptions {
  /** How many forwarders get room in the tables' memory, where kernels can work for them; 2 unless said. */
  readonly forwarders?: number;
  /** What else is to find room there, bytes, by the number of ports. */
  readonly reserveBytes?: (ports: number) => number;
}

export interface CompiledRouter {
  readonly model: RouterModel;
  readonly tables: Tables;
  /** In the order of port numbers. */
  readonly portNames: readonly string[];
  readonly rib: Rib;
  readonly routes: NumberedRoutes;
  readonly labels: readonly PlannedLabel[];
  readonly resolver: Resolver;
  readonly bindings: readonly Binding[];
  readonly layer2: Layer2Plan;
  readonly warnings: readonly string[];
  /** What the tables' numbers are called. */
  readonly names: Names;
}

/** All that is decided before memory is taken. */
export interface RouterPlan {
  readonly model: RouterModel;
  readonly rib: Rib;
  readonly resolver: Resolver;
  readonly bindings: readonly Binding[];
  readonly labels: readonly PlannedLabel[];
  readonly routes: NumberedRoutes;
  readonly layer2: Layer2Plan;
}

/** What holds for the whole router, as the tables keep it. */
export function settingsOf(model: RouterModel): RouterSettings {
  return {
    id: model.id?.words[0],
    id6: model.id6?.words,
    popTtl: popMode(model.ttl),
    popTc: popMode(model.tc),
    icmpRate: model.icmp.rate,
    icmpBurst: model.icmp.burst,
    puntOther: model.punt,
    entropyAtEgress: model.entropyAtEgress,
    hashSeed: model.hashSeed,
    hashPayload: model.hashPayload,
  };
}

/** Every route of the RIB to its adjacencies. */
export function resolveRoutes(model: RouterModel, rib: Rib): Resolver {
  const resolver = new Resolver(model, rib);
  resolver.resolveAll();
  return resolver;
}

/** Labels bound, labels and routes numbered. */
export function planRouter(model: RouterModel, rib: Rib, resolver: Resolver): RouterPlan {
  const bindings = bindLabels(model, (vrf, path) => resolver.isLocal(vrf, path));
  const labels = planLabels(model, resolver, bindings);
  const layer2 = planLayer2(model, resolver);
  return { model, rib, resolver, bindings, labels, layer2, routes: new NumberedRoutes(rib) };
}

/** Memory for the plan, and in it everything but prefixes: no packet finds a route yet. */
export function writeTables(plan: RouterPlan, options: CompileOptions = {}): Tables {
  const { forwarders = 2, reserveBytes = () => 0 } = options;
  const { model, rib, resolver, labels, routes, layer2 } = plan;
  const ports = portNames(model).length;
  const spareBytes = forwarders * forwarderBytes(ports) + reserveBytes(ports);
  const sizes = sizeTables(model, rib, routes, labels.length, resolver, layer2, spareBytes);
  const tables = new Tables(sizes, settingsOf(model));
  writeInterfaces(tables.interfaces, model, rib);
  writeAdjacencies(tables, model, resolver);
  writePaths(tables.paths, resolver.groups.all);
  for (const columns of routes.columns) writeRoutes(tables, rib, columns);
  writeLabels(tables, model, rib, labels);
  writeLayer2(tables, model, layer2);
  return tables;
}

/** Compiles the router. Throws ShimlineError CONFIG for what only resolution can find (too many labels, no label left). */
export function compileRouter(model: RouterModel, options: CompileOptions = {}): CompiledRouter {
  const rib = new Rib(model);
  const resolver = resolveRoutes(model, rib);
  const plan = planRouter(model, rib, resolver);
  const tables = writeTables(plan, options);
  for (const columns of plan.routes.columns) writePrefixes(tables, columns);
  const { bindings, labels, routes, layer2 } = plan;
  const ports = portNames(model);
  return {
    model,
    tables,
    names: namesOf(model, rib.tableNames, routes, ports),
    portNames: ports,
    rib,
    routes,
    labels,
    resolver,
    bindings,
    layer2,
    warnings: [...rib.warnings, ...resolver.warnings],
  };
}
