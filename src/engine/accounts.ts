// Accounts: what each (sub-)interface, circuit and bridge, and where it is wanted each label, route and path has had to do
// with, in frames and bytes. Float64 pairs in shared memory, private to one forwarder and summed by whoever reads them, as
// the books are (counters.ts). A look-up counts when it is made, an interface or circuit when the frame comes in or leaves
// by it. Bytes are the frame's on arrival; of an interface by which it leaves, those that leave.
//
// The passes of the fast path only note, slot by slot, what they have met; `count` adds that up for the frames that they
// have sent, in one loop of its own, so that the cache misses of many frames overlap. All others are the slow path's.
import { bridgeWords, circuitWords } from '../tables/circuits.ts';
import { labelCount, labelKey } from '../tables/labels.ts';
import { legWords } from '../tables/paths.ts';
import { routeWords, type Tables } from '../tables/tables.ts';
import type { Batch } from '../wire/batch.ts';
import { FastArray } from './fast/state.ts';

export interface FrameTotals {
  readonly frames: number;
  readonly bytes: number;
}

export function addTotals(a: FrameTotals, b: FrameTotals): FrameTotals {
  return { frames: a.frames + b.frames, bytes: a.bytes + b.bytes };
}

/** Frames, then bytes. */
const pair = 2;

/** What bridges flood, in the order of `Flood`. */
export const floodKinds = 3;

interface AccountSizes {
  readonly interfaces: number;
  readonly routes: number;
  readonly legs: number;
  readonly circuits: number;
  readonly bridges: number;
}

function accountSizes(tables: Tables): AccountSizes {
  return {
    interfaces: tables.interfaces.interfaceCount,
    routes: tables.routes.length / routeWords,
    legs: tables.paths.legs.length / legWords,
    circuits: tables.circuits.circuits.length / circuitWords,
    bridges: tables.circuits.bridges.length / bridgeWords,
  };
}

export class Accounts {
  readonly buffer: SharedArrayBuffer;
  /** Whether labels, routes and paths have accounts: look-ups are many, and each account is a cache miss. */
  readonly hasLookups: boolean;
  /** By number of a (sub-)interface. */
  readonly interfacesIn: Float64Array;
  readonly interfacesOut: Float64Array;
  /** By key of a label (src/tables/labels.ts). */
  readonly labels: Float64Array;
  /** By number of a route's record. */
  readonly routes: Float64Array;
  /** By number of a leg, where a group has several: the only leg of a group has what its routes and labels have. */
  readonly paths: Float64Array;
  /** By circuit: what came out of it into its service, and what left by it. */
  readonly circuitsIn: Float64Array;
  readonly circuitsOut: Float64Array;
  /** By bridge × `floodKinds` + kind: what was flooded, once a frame. */
  readonly floods: Float64Array;

  /** New accounts for tables; or, over a buffer, those that somebody else has made for them. */
  constructor(tables: Tables, hasLookups: boolean, buffer?: SharedArrayBuffer) {
    const { interfaces, routes, legs, circuits, bridges } = accountSizes(tables);
    const lookups = hasLookups ? [labelCount, routes, legs] : [0, 0, 0];
    const counts = [interfaces, interfaces, circuits, circuits, bridges * floodKinds, ...lookups];
    const total = counts.reduce((sum, count) => sum + count, 0);
    this.hasLookups = hasLookups;
    // Pages that are never written take no memory.
    this.buffer = buffer ?? new SharedArrayBuffer(total * pair * Float64Array.BYTES_PER_ELEMENT);
    let at = 0;
    const next = (count: number): Float64Array => {
      const array = new Float64Array(this.buffer, at, count * pair);
      at += array.byteLength;
      return array;
    };
    this.interfacesIn = next(interfaces);
    this.interfacesOut = next(interfaces);
    this.circuitsIn = next(circuits);
    this.circuitsOut = next(circuits);
    this.floods = next(bridges * floodKinds);
    this.labels = next(lookups[0] as number);
    this.routes = next(lookups[1] as number);
    this.paths = next(lookups[2] as number);
  }

  arrivedBy(interfaceIndex: number, octets: number): void {
    add(this.interfacesIn, interfaceIndex, octets);
  }

  leftBy(interfaceIndex: number, octets: number): void {
    add(this.interfacesOut, interfaceIndex, octets);
  }

  label(label: number, octets: number): void {
    if (this.hasLookups) add(this.labels, labelKey(label), octets);
  }

  route(record: number, octets: number): void {
    if (this.hasLookups && record !== 0) add(this.routes, record, octets);
  }

  path(leg: number, octets: number): void {
    if (this.hasLookups) add(this.paths, leg, octets);
  }

  cameIn(circuit: number, octets: number): void {
    add(this.circuitsIn, circuit, octets);
  }

  wentOut(circuit: number, octets: number): void {
    add(this.circuitsOut, circuit, octets);
  }

  flooded(bridge: number, kind: number, octets: number): void {
    add(this.floods, bridge * floodKinds + kind, octets);
  }
}

function add(account: Float64Array, index: number, octets: number): void {
  const at = index * pair;
  account[at] = (account[at] as number) + 1;
  account[at + 1] = (account[at + 1] as number) + octets;
}

export type AccountPass = ReturnType<typeof createAccountPass>;

/** For the fast path over one batch. */
export function createAccountPass(accounts: Accounts, batch: Batch) {
  const { interfacesIn, interfacesOut, labels, routes, paths, circuitsIn, circuitsOut, hasLookups } = accounts;
  const { original, captured, egress } = batch;
  const ingress = batch.slots(FastArray.ingress);
  const exit = batch.slots(FastArray.exit);
  const label = batch.slots(FastArray.label);
  const label2 = batch.slots(FastArray.label2);
  const route = batch.slots(FastArray.route);
  const route2 = batch.slots(FastArray.route2);
  const path = batch.slots(FastArray.path);
  const out = batch.slots(FastArray.out);
  const circuit = batch.slots(FastArray.circuit);
  const arrived = batch.slots(FastArray.arrived);
  const hasCircuits = circuitsIn.length > pair;

  /** Before the passes over a batch: nothing is met yet. */
  function begin(count: number): void {
    for (let slot = 0; slot < count; slot++) arrived[slot] = original[slot] as number;
    if (hasCircuits) out.fill(0, 0, count);
    if (!hasLookups) return;
    for (const met of [label, label2, route, route2, path]) met.fill(0, 0, count);
  }

  /** Adds to one kind of account what those frames of a run have met that were sent. A loop each, so that misses overlap. */
  function addAll(account: Float64Array, met: Uint32Array, from: number, to: number): void {
    for (let slot = from; slot < to; slot++) {
      const index = met[slot] as number;
      if (index === 0 || egress[slot] === 0) continue;
      add(account, index, arrived[slot] as number);
    }
  }

  /** Frames in a row often come and go by the same interface. */
  function addInterfaces(account: Float64Array, met: Uint32Array, octets: Uint32Array, from: number, to: number): void {
    let index = 0;
    let frames = 0;
    let sum = 0;
    for (let slot = from; slot < to; slot++) {
      if (egress[slot] === 0) continue;
      if (met[slot] !== index) {
        account[index * pair] = (account[index * pair] as number) + frames;
        account[index * pair + 1] = (account[index * pair + 1] as number) + sum;
        index = met[slot] as number;
        frames = 0;
        sum = 0;
      }
      frames++;
      sum += octets[slot] as number;
    }
    account[index * pair] = (account[index * pair] as number) + frames;
    account[index * pair + 1] = (account[index * pair + 1] as number) + sum;
  }

  /** What a run has sent. */
  function count(from: number, to: number): void {
    addInterfaces(interfacesIn, ingress, arrived, from, to);
    addInterfaces(interfacesOut, exit, captured, from, to);
    if (hasLookups) {
      addAll(labels, label, from, to);
      addAll(routes, route, from, to);
      addAll(labels, label2, from, to);
      addAll(routes, route2, from, to);
      addAll(paths, path, from, to);
    }
    if (!hasCircuits) return;
    for (let slot = from; slot < to; slot++) {
      const left = out[slot] as number;
      if (left === 0 || egress[slot] === 0) continue;
      add(circuitsIn, circuit[slot] as number, arrived[slot] as number);
      add(circuitsOut, left - 1, arrived[slot] as number);
    }
  }

  return { begin, count };
}
