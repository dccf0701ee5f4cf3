// Static neighbours: each on a routed interface, each once. A next hop with an `interface` of its own may lie outside
// of every subnet, so a neighbour may too.

import { formatAddress, type IpAddress } from '../../wire/address.ts';
import type { NeighborModel } from '../model.ts';
import type { ReadInterface } from './interfaces.ts';
import { type Referents, requireRouted } from './paths.ts';
import { type Findings, formatPlace, type Place } from './problems.ts';
import type { NeighborConfig } from './schema.ts';
import type { Draft } from './structure.ts';
import { readHost, readMac } from './values.ts';
import type { World } from './world.ts';

/** A neighbour by itself, without a look at its interface. */
export function readNeighbor({ place, value }: Draft<Partial<NeighborConfig>>, findings: Findings): NeighborModel[] {
  const address = value.address === undefined ? undefined : readHost(value.address, [...place, 'address'], findings);
  const mac = value.mac === undefined ? undefined : readMac(value.mac, [...place, 'mac'], findings);
  if (address === undefined || mac === undefined || value.interface === undefined) return [];
  return [{ path: formatPlace(place), interface: value.interface, address, mac }];
}

function checkAddress(address: IpAddress, on: ReadInterface, place: Place, referents: Referents, world: World): void {
  const text = formatAddress(address);
  if (on.table !== undefined && referents.tables.isOwn(on.table, address)) {
    world.findings.report(place, `${text} is an address of this router`);
  }
}

export function buildNeighbors(referents: Referents, world: World): NeighborModel[] {
  const { drafts, findings } = world;
  const seen = new Map<string, string>();
  return drafts.neighbors.flatMap((draft) => {
    const models = readNeighbor(draft, findings);
    for (const model of models) {
      const place = [...draft.place, 'address'];
      const on = requireRouted(model.interface, [...draft.place, 'interface'], referents, world);
      if (on !== undefined) checkAddress(model.address, on, place, referents, world);
      const text = formatAddress(model.address);
      const key = `${model.interface} ${text}`;
      const earlier = seen.get(key);
      if (earlier === undefined) seen.set(key, model.path);
      else findings.report(place, `${text} on ${model.interface} is already at ${earlier}`);
    }
    return models;
  });
}
