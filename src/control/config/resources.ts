// One route, label or neighbour by itself, as the control API receives it: its form and its own values are judged,
// not what it refers to.

import type { TSchema } from '@sinclair/typebox';
import type { LabelModel, NeighborModel, RouteModel } from '../model.ts';
import { labelModel, readLabel } from './labels.ts';
import { readNeighbor } from './neighbors.ts';
import { Findings, type Place, type Problem } from './problems.ts';
import { readRoute, routeModel } from './routes.ts';
import { LabelSchema, NeighborSchema, RouteSchema } from './schema.ts';
import { checkValue, type Draft } from './structure.ts';

export type ReadResource<T> = { readonly model: T } | { readonly problems: readonly Problem[] };

function read<T>(
  schema: TSchema,
  value: unknown,
  place: Place,
  build: (draft: Draft<object>, findings: Findings) => readonly T[],
): ReadResource<T> {
  const findings = new Findings();
  const kept = checkValue(schema, value, place, findings) as object | undefined;
  const [model] = kept === undefined ? [] : build({ place, name: '', value: kept }, findings);
  return model !== undefined && findings.count === 0 ? { model } : { problems: findings.problems(undefined) };
}

/** `place` begins the paths in problems and in the model: `['routes', 3]`. */
export function parseRoute(value: unknown, place: Place = ['route']): ReadResource<RouteModel> {
  return read(RouteSchema, value, place, (draft, findings) => {
    const route = readRoute(draft, findings);
    return routeModel(route, route.vrf);
  });
}

export function parseLabel(value: unknown, place: Place = ['label']): ReadResource<LabelModel> {
  return read(LabelSchema, value, place, (draft, findings) => labelModel(readLabel(draft, findings)));
}

export function parseNeighbor(value: unknown, place: Place = ['neighbor']): ReadResource<NeighborModel> {
  return read(NeighborSchema, value, place, readNeighbor);
}
