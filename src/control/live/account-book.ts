// What the accounts of all forwarders say together (src/engine/accounts.ts), told by what routes, labels, interfaces and
// circuits are called: numbers change with the tables, and a route's record goes to another route when it is gone. A page is
// the accounts of one set of tables; what stands on pages that are closed, or on records that were given back, is carried.
import { Accounts, addTotals, type FrameTotals, floodKinds } from '../../engine/accounts.ts';
import { CircuitKind, type CircuitTable, circuitWords } from '../../tables/circuits.ts';
import { labelKey } from '../../tables/labels.ts';
import type { Tables } from '../../tables/tables.ts';
import type { RouterModel } from '../model.ts';
import type { LiveState } from './live-state.ts';
import type { RouteStore } from './route-store.ts';
import type { TableWriter } from './table-writer.ts';

export interface Traffic {
  readonly in: FrameTotals;
  readonly out: FrameTotals;
}

const nothing: FrameTotals = { frames: 0, bytes: 0 };
const noTraffic: Traffic = { in: nothing, out: nothing };

function addTraffic(a: Traffic, b: Traffic): Traffic {
  return { in: addTotals(a.in, b.in), out: addTotals(a.out, b.out) };
}

function addTo(sums: Map<string, Traffic>, name: string, traffic: Traffic): void {
  sums.set(name, addTraffic(sums.get(name) ?? noTraffic, traffic));
}

/** The accounts of one set of tables, one for each forwarder. */
export class AccountPage {
  readonly accounts: readonly Accounts[];
  /** What stood on a route's or leg's account when its record was given out, where that was anything. */
  readonly #routeBases = new Map<number, FrameTotals>();
  readonly #pathBases = new Map<number, FrameTotals>();

  constructor(tables: Tables, forwarders: number, hasLookups: boolean) {
    this.accounts = Array.from({ length: forwarders }, () => new Accounts(tables, hasLookups));
  }

  get hasLookups(): boolean {
    return this.accounts[0]?.hasLookups ?? false;
  }

  #sum(of: (accounts: Accounts) => Float64Array, index: number): FrameTotals {
    let frames = 0;
    let bytes = 0;
    for (const each of this.accounts) {
      const account = of(each);
      frames += account[2 * index] ?? 0;
      bytes += account[2 * index + 1] ?? 0;
    }
    return { frames, bytes };
  }

  #since(base: FrameTotals | undefined, sum: FrameTotals): FrameTotals {
    return base === undefined ? sum : { frames: sum.frames - base.frames, bytes: sum.bytes - base.bytes };
  }

  /** A route's record, or a leg, is somebody else's from now on. No forwarder counts there any more for who had it before. */
  beginRoute(record: number): void {
    const sum = this.#sum((each) => each.routes, record);
    if (sum.frames > 0) this.#routeBases.set(record, sum);
  }

  beginPath(leg: number): void {
    const sum = this.#sum((each) => each.paths, leg);
    if (sum.frames > 0) this.#pathBases.set(leg, sum);
  }

  route(record: number): FrameTotals {
    return this.#since(
      this.#routeBases.get(record),
      this.#sum((each) => each.routes, record),
    );
  }

  /** What the record has counted so far, which is not told again. */
  takeRoute(record: number): FrameTotals {
    const counted = this.route(record);
    this.beginRoute(record);
    return counted;
  }

  path(leg: number): FrameTotals {
    return this.#since(
      this.#pathBases.get(leg),
      this.#sum((each) => each.paths, leg),
    );
  }

  label(label: number): FrameTotals {
    return this.#sum((each) => each.labels, labelKey(label));
  }

  interface(index: number): Traffic {
    return {
      in: this.#sum((each) => each.interfacesIn, index),
      out: this.#sum((each) => each.interfacesOut, index),
    };
  }

  circuit(index: number): Traffic {
    return {
      in: this.#sum((each) => each.circuitsIn, index),
      out: this.#sum((each) => each.circuitsOut, index),
    };
  }

  /** `kind`: as in `Flood`. */
  flood(bridge: number, kind: number): FrameTotals {
    return this.#sum((each) => each.floods, bridge * floodKinds + kind);
  }
}

/** `pseudowire acme`, `interface ce1`: what a circuit is called. */
function circuitNames({ circuits, circuitCount }: CircuitTable, model: RouterModel): (string | undefined)[] {
  return Array.from({ length: circuitCount }, (_, circuit) => {
    const argument = circuits[circuit * circuitWords + 1] as number;
    if (circuit === 0) return undefined;
    if (circuits[circuit * circuitWords] === CircuitKind.pseudowire)
      return `pseudowire ${model.pseudowires[argument]?.name}`;
    return `interface ${model.interfaces[argument]?.name}`;
  });
}

interface Sheet {
  readonly page: AccountPage;
  readonly writer: TableWriter;
  readonly state: LiveState;
}

function addCircuits(sums: Map<string, Traffic>, { page, writer, state }: Sheet): void {
  for (const [circuit, name] of circuitNames(writer.tables.circuits, state.model).entries()) {
    if (name !== undefined) addTo(sums, name, page.circuit(circuit));
  }
}

const noFloods: readonly FrameTotals[] = Array.from({ length: floodKinds }, () => nothing);

function addFloods(sum: readonly FrameTotals[], page: AccountPage, bridge: number): FrameTotals[] {
  return sum.map((each, kind) => addTotals(each, page.flood(bridge, kind)));
}

export class AccountBook {
  readonly #forwarders: number;
  /** Sheets that forwarders may still write on: the present one last. */
  #sheets: Sheet[] = [];
  readonly #labels = new Map<number, FrameTotals>();
  readonly #interfaces = new Map<string, Traffic>();
  readonly #circuits = new Map<string, Traffic>();
  readonly #floods = new Map<string, readonly FrameTotals[]>();

  constructor(forwarders: number) {
    this.#forwarders = forwarders;
  }

  /** Tables were made. What interfaces and circuits have to do is always worth an account; look-ups where they are wanted. */
  begin(state: LiveState, writer: TableWriter): void {
    const page = new AccountPage(writer.tables, this.#forwarders, state.model.accounting);
    // A writer that need not tell bases of records does not ask for them.
    if (page.hasLookups) writer.page = page;
    this.#sheets.push({ page, writer, state });
  }

  /** Of the present tables. */
  get page(): AccountPage | undefined {
    return this.#sheets.at(-1)?.page;
  }

  /** Every forwarder counts by the present tables now. */
  closeEarlier(): void {
    while (this.#sheets.length > 1) this.#close(this.#sheets.shift() as Sheet, this.#sheets.at(-1) as Sheet);
  }

  #close(sheet: Sheet, present: Sheet): void {
    const { page, writer, state } = sheet;
    const { model } = state;
    for (const [index, { name }] of model.interfaces.entries()) addTo(this.#interfaces, name, page.interface(index));
    addCircuits(this.#circuits, sheet);
    for (const [bridge, { name }] of model.bridges.entries())
      this.#floods.set(name, addFloods(this.#floods.get(name) ?? noFloods, page, bridge));
    if (!page.hasLookups) return;
    for (const { label } of state.labels) {
      const counted = page.label(label);
      if (counted.frames > 0) this.#labels.set(label, addTotals(this.#labels.get(label) ?? nothing, counted));
    }
    this.#carryRoutes(page, writer, state, present.state);
  }

  #carryRoutes(page: AccountPage, writer: TableWriter, from: LiveState, to: LiveState): void {
    for (let record = 1; record < writer.placeOfRoute.length; record++) {
      const counted = page.route(record);
      if (counted.frames === 0) continue;
      const id = writer.placeOfRoute[record];
      const store = from.routes.storeOf(id);
      const table = from.tableNames[store.tables[id >>> 1]];
      if (table === undefined || !to.hasTable(table)) continue;
      const target = to.routes[store.family];
      const { words, length } = store.prefixAt(id >>> 1);
      const place = target.find(to.tableIndex(table), words, length);
      if (place >= 0) target.carry(place, counted);
    }
  }

  /** undefined: look-ups have no accounts. */
  route(store: RouteStore, place: number): FrameTotals | undefined {
    const { page } = this;
    if (page === undefined || !page.hasLookups) return undefined;
    const carried = store.carried.get(place) ?? nothing;
    const record = store.routes[place];
    return record === 0 ? carried : addTotals(carried, page.route(record));
  }

  label(label: number): FrameTotals | undefined {
    const { page } = this;
    if (page === undefined || !page.hasLookups) return undefined;
    return addTotals(this.#labels.get(label) ?? nothing, page.label(label));
  }

  /** Of a path among several, since it has been as it is. */
  path(leg: number): FrameTotals | undefined {
    return this.page?.hasLookups ? this.page.path(leg) : undefined;
  }

  interface(name: string): Traffic {
    let sum = this.#interfaces.get(name) ?? noTraffic;
    for (const { page, state } of this.#sheets) {
      const index = state.interfaceIndex(name);
      if (index !== undefined) sum = addTraffic(sum, page.interface(index));
    }
    return sum;
  }

  /** Of interfaces together. */
  sumOf(names: readonly string[]): Traffic {
    return names.map((name) => this.interface(name)).reduce(addTraffic, noTraffic);
  }

  /** Of circuits by what they are called: `pseudowire acme`, `interface ce1`. */
  circuits(): Map<string, Traffic> {
    const sums = new Map(this.#circuits);
    for (const sheet of this.#sheets) addCircuits(sums, sheet);
    return sums;
  }

  /** What bridges have flooded, in the order of `Flood`. */
  floods(name: string): readonly FrameTotals[] {
    let sum = this.#floods.get(name) ?? noFloods;
    for (const { page, state } of this.#sheets) {
      const bridge = state.model.bridges.findIndex((each) => each.name === name);
      if (bridge >= 0) sum = addFloods(sum, page, bridge);
    }
    return sum;
  }
}
