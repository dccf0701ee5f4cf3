// What forwarding threads are given at a time: the tables of the router's control side, and what their numbers are called.
import type { RouterControl } from '../control/live/index.ts';
import type { RouterModel } from '../control/model.ts';
import { puntReasons } from '../engine/reasons.ts';
import type { RouterImage } from '../workers/live/live-router.ts';

export interface LiveImage extends RouterImage {
  /** Interfaces, VRFs and settings as the tables have them, with every MAC address. */
  readonly model: RouterModel;
  readonly control: RouterControl;
}

export function imageOf(control: RouterControl): LiveImage {
  const { model } = control.state;
  return {
    control,
    model,
    tables: control.tables,
    portNames: control.portNames,
    interfaceNames: model.interfaces.map((entry) => entry.name),
    pseudowireNames: model.pseudowires.map((entry) => entry.name),
    bridgeNames: model.bridges.map((entry) => entry.name),
    accounts: control.book?.page?.accounts,
    puntLimits: puntReasons.map(({ name }) => model.puntLimits[name]),
  };
}
