// Layer 2 before it is written: circuits numbered, the ends of cross-connects and the members of bridges joined, and
// the ways of pseudowires to their peers resolved.
import { ShimlineError } from '../../errors.ts';
import { CircuitKind, Service } from '../../tables/circuits.ts';
import type { CircuitModel, PseudowireModel, RouterModel, StormModel } from '../model.ts';
import type { GroupPlan } from './plan.ts';
import type { Resolver } from './resolver.ts';

/** The key of a MAC address has 16 bits for its bridge. */
const bridgesMax = 1 << 16;
/** Places for MAC addresses, whatever limits say: half a gigabyte would be more than anybody means. */
const macsMax = 1 << 22;
/** Places beyond those that the limits call for: for entries that are out of use and not free yet. */
const macSlack = 1024;

export interface CircuitPlan {
  /** `CircuitKind`, and which of its kind. */
  readonly kind: number;
  readonly argument: number;
  readonly service: number;
  /** The circuit at the other end, or the bridge. */
  readonly other: number;
  /** 0: none. */
  readonly group: number;
  readonly storm: StormModel;
  /** The VLAN ID that a pseudowire in tagged mode puts on: of the circuit at the other end. */
  readonly vid: number;
}

export interface PseudowirePlan {
  readonly model: PseudowireModel;
  readonly circuit: number;
  readonly group: GroupPlan | undefined;
  /** -1: none. */
  readonly backup: number;
}

export interface StaticMacPlan {
  readonly bridge: number;
  readonly mac: readonly number[];
  readonly circuit: number;
  /** VLAN + 1 where learning is qualified, else 0. */
  readonly vlan: number;
}

export interface Layer2Plan {
  /** Number 1 first. */
  readonly circuits: readonly CircuitPlan[];
  readonly pseudowires: readonly PseudowirePlan[];
  /** Circuits by bridge, in the order of floods. */
  readonly members: readonly (readonly number[])[];
  readonly macs: readonly StaticMacPlan[];
}

const noStorm: StormModel = { broadcast: undefined, unknown: undefined, multicast: undefined };

class Planner {
  readonly circuits: CircuitPlan[] = [];
  readonly #interfaces: ReadonlyMap<string, number>;
  readonly #pseudowires: ReadonlyMap<string, number>;
  readonly #model: RouterModel;
  /** Circuits of interfaces and pseudowires by kind and name. */
  readonly byName = new Map<string, number>();

  constructor(model: RouterModel) {
    this.#model = model;
    this.#interfaces = new Map(model.interfaces.map((each, index) => [each.name, index]));
    this.#pseudowires = new Map(model.pseudowires.map((each, index) => [each.name, index]));
  }

  add({ kind, name }: CircuitModel, rest: Omit<CircuitPlan, 'kind' | 'argument'>): number {
    const argument = (kind === 'interface' ? this.#interfaces : this.#pseudowires).get(name) as number;
    const number = this.circuits.push({ kind: CircuitKind[kind], argument, ...rest });
    this.byName.set(`${kind} ${name}`, number);
    return number;
  }

  addRouted(argument: number, bridge: number): number {
    const rest = { service: Service.bridge, other: bridge, group: 0, storm: noStorm, vid: 0 };
    return this.circuits.push({ kind: CircuitKind.routed, argument, ...rest });
  }

  /** VID of a circuit: of QinQ the inner one, 0 untagged. */
  vidOf({ kind, name }: CircuitModel): number {
    if (kind === 'pseudowire') return 0;
    return this.#model.interfaces[this.#interfaces.get(name) as number]?.vlan ?? 0;
  }
}

function addXconnects(planner: Planner, model: RouterModel): void {
  for (const { ends } of model.xconnects) {
    const first = planner.circuits.length + 1;
    const wire = { service: Service.wire, group: 0, storm: noStorm };
    planner.add(ends[0], { ...wire, other: first + 1, vid: planner.vidOf(ends[1]) });
    planner.add(ends[1], { ...wire, other: first, vid: planner.vidOf(ends[0]) });
  }
}

function addBridges(planner: Planner, model: RouterModel): number[][] {
  return model.bridges.map(({ name, members }, bridge) => {
    const groups = new Map<string, number>();
    const groupNumber = (group: string | undefined) => {
      if (group === undefined) return 0;
      const known = groups.get(group) ?? groups.size + 1;
      groups.set(group, known);
      return known;
    };
    const circuits = members.map(({ circuit, group, storm }) =>
      planner.add(circuit, { service: Service.bridge, other: bridge, group: groupNumber(group), storm, vid: 0 }),
    );
    for (const [index, each] of model.interfaces.entries()) {
      if (each.bridge === name) circuits.push(planner.addRouted(index, bridge));
    }
    return circuits;
  });
}

function staticMacs(planner: Planner, model: RouterModel, members: readonly (readonly number[])[]): StaticMacPlan[] {
  return model.bridges.flatMap(({ macs, learning }, bridge) => {
    const written = macs.map(({ mac, circuit, vlan }): StaticMacPlan => {
      const number = planner.byName.get(`${circuit.kind} ${circuit.name}`) as number;
      return { bridge, mac, circuit: number, vlan: learning === 'qualified' ? (vlan ?? 0) + 1 : 0 };
    });
    const own = (members[bridge] ?? []).flatMap((circuit): StaticMacPlan[] => {
      const plan = planner.circuits[circuit - 1];
      const mac = plan?.kind === CircuitKind.routed ? model.interfaces[plan.argument]?.mac : undefined;
      return mac === undefined ? [] : [{ bridge, mac, circuit, vlan: learning === 'qualified' ? 1 : 0 }];
    });
    return [...own, ...written];
  });
}

/** Finds ways to the peers of pseudowires. */
type PeerResolver = Pick<Resolver, 'peerGroup'>;

function planPseudowires(planner: Planner, model: RouterModel, resolver: PeerResolver): PseudowirePlan[] {
  const indexes = new Map(model.pseudowires.map((each, index) => [each.name, index]));
  const primaries = new Map(model.pseudowires.flatMap((each) => (each.backup ? [[each.backup, each.name]] : [])));
  return model.pseudowires.map((each) => {
    const name = primaries.get(each.name) ?? each.name;
    const known = planner.byName.get(`pseudowire ${name}`);
    const nowhere = { service: Service.none, other: 0, group: 0, storm: noStorm, vid: 0 };
    const circuit = known ?? planner.add({ kind: 'pseudowire', name }, nowhere);
    return {
      model: each,
      circuit,
      group: resolver.peerGroup(each),
      backup: each.backup === undefined ? -1 : (indexes.get(each.backup) as number),
    };
  });
}

/** Throws ShimlineError CONFIG for more bridges than the MAC table can tell apart. */
export function planLayer2(model: RouterModel, resolver: PeerResolver): Layer2Plan {
  if (model.bridges.length > bridgesMax) {
    throw new ShimlineError('CONFIG', `bridges: ${model.bridges.length} of them, more than ${bridgesMax}`);
  }
  const planner = new Planner(model);
  addXconnects(planner, model);
  const members = addBridges(planner, model);
  const pseudowires = planPseudowires(planner, model, resolver);
  return { circuits: planner.circuits, pseudowires, members, macs: staticMacs(planner, model, members) };
}

/** How many MAC addresses the table has places for. */
export function macPlaces({ bridges }: RouterModel, plan: Layer2Plan): number {
  if (bridges.length === 0) return 0;
  const limits = bridges.reduce((sum, each) => sum + each.macLimit, 0);
  return Math.min(limits + Math.ceil(limits / 4) + plan.macs.length + macSlack, macsMax);
}
