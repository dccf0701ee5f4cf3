// Pseudowires, bridges and MAC addresses as rows of the API: what the configuration says, and what is so at present.

import type { AccountBook, Traffic } from '../../control/live/index.ts';
import { configOf } from '../../control/live/to-config.ts';
import type { RouterModel } from '../../control/model.ts';
import { knownMacs, pseudowireState } from '../../engine/layer2-state.ts';
import { bridgeWords, CircuitKind, circuitWords, Flood, Service } from '../../tables/circuits.ts';
import { formatMac } from '../../wire/ethernet.ts';
import type { RouterPlane, RouterTruth } from './service.ts';

type Row = Record<string, unknown>;
type Forwarding = ReturnType<RouterPlane['forwarding']>;

/** The configuration without its routes, which may be very many. */
function circuitsOf(truth: RouterTruth) {
  return configOf({ ...truth.skeleton(), routes: [], labels: [], neighbors: [] });
}

/** In the order of the configuration. One that does not forward yet has no state. */
export function* pseudowireRows(truth: RouterTruth, plane: RouterPlane): Generator<Row> {
  const { model, tables } = plane.forwarding();
  const circuits = plane.accounts()?.circuits();
  const indexes = new Map(model.pseudowires.map(({ name }, index) => [name, index]));
  for (const [name, config] of Object.entries(circuitsOf(truth).pseudowires ?? {})) {
    const index = indexes.get(name);
    const { up, reason, role } = index === undefined ? notYet : pseudowireState(tables, index);
    const traffic = circuits?.get(`pseudowire ${name}`);
    yield { name, up, role, ...(reason !== undefined && { reason }), ...traffic, config };
  }
}

const notYet = { up: false, reason: undefined, role: 'unused' } as const;

/** In the order of the configuration, with the number of MAC addresses learned. */
export function* bridgeRows(truth: RouterTruth, plane: RouterPlane): Generator<Row> {
  const forwarding = plane.forwarding();
  const { model, tables } = forwarding;
  const accounts = plane.accounts();
  const traffic = accounts?.circuits() ?? new Map<string, Traffic>();
  const countsOf = (bridge: number, name: string) => ({
    flooded: floodsOf(accounts as AccountBook, name),
    circuits: membersOf(forwarding, bridge, traffic),
  });
  const indexes = new Map(model.bridges.map(({ name }, index) => [name, index]));
  for (const [name, config] of Object.entries(circuitsOf(truth).bridges ?? {})) {
    const index = indexes.get(name);
    const learned = index === undefined ? 0 : (tables.circuits.bridges[index * bridgeWords + 5] as number);
    yield { name, learned, ...(accounts && index !== undefined && countsOf(index, name)), config };
  }
}

function floodsOf(accounts: AccountBook, name: string): Row {
  const floods = accounts.floods(name);
  return Object.fromEntries(Object.entries(Flood).map(([kind, number]) => [kind, floods[number]]));
}

/** What came in and left by each circuit of a bridge. */
function membersOf({ model, tables }: Forwarding, bridge: number, traffic: ReadonlyMap<string, Traffic>): Row[] {
  const { circuits, circuitCount } = tables.circuits;
  const rows: Row[] = [];
  for (let circuit = 1; circuit < circuitCount; circuit++) {
    const at = circuit * circuitWords;
    if (circuits[at + 2] !== Service.bridge || circuits[at + 3] !== bridge) continue;
    const member = memberOf(model, circuits, circuit);
    const [[kind, name]] = Object.entries(member) as [[string, string]];
    rows.push({ ...member, ...traffic.get(`${kind} ${name}`) });
  }
  return rows;
}

function memberOf(model: RouterModel, circuits: Uint32Array, circuit: number): Row {
  const at = circuit * circuitWords;
  const argument = circuits[at + 1] as number;
  if (circuits[at] === CircuitKind.pseudowire) return { pseudowire: model.pseudowires[argument]?.name };
  return { interface: model.interfaces[argument]?.name };
}

/** Every MAC address that frames are sent by, in no order. `seconds`: the time now, since 1970. */
export function* macRows(plane: RouterPlane, seconds: number): Generator<Row> {
  const { model, tables } = plane.forwarding();
  for (const each of knownMacs(tables)) {
    const bridge = model.bridges[each.bridge];
    const age = Math.max(0, Math.floor(seconds - each.seconds));
    if (bridge === undefined || (!each.fixed && age >= bridge.ageingSeconds)) continue;
    yield {
      bridge: bridge.name,
      mac: formatMac(each.macHigh, each.macLow),
      ...(each.vlan !== undefined && { vlan: each.vlan }),
      ...memberOf(model, tables.circuits.circuits, each.circuit),
      ...(each.fixed ? { static: true } : { age }),
    };
  }
}
