// From a model to tables that forwarding threads can use.
import type { RouterModel } from '../control/model.ts';
import { type CompiledRouter, compileRouter } from '../control/router.ts';
import { puntReasons } from '../engine/reasons.ts';
import type { RouterImage } from '../workers/live/live-router.ts';

/** A compiled router and what threads are to know of it. */
export interface LiveImage extends RouterImage {
  readonly compiled: CompiledRouter;
}

/** Throws ShimlineError CONFIG for what only resolution can find. */
export function buildImage(model: RouterModel, threads: number): LiveImage {
  const compiled = compileRouter(model, { forwarders: threads });
  return {
    compiled,
    tables: compiled.tables,
    portNames: compiled.portNames,
    interfaceNames: model.interfaces.map((entry) => entry.name),
    pseudowireNames: model.pseudowires.map((entry) => entry.name),
    bridgeNames: model.bridges.map((entry) => entry.name),
    puntLimits: puntReasons.map(({ name }) => model.puntLimits[name]),
  };
}
