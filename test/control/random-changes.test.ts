// Whatever was changed and in which order, a running router forwards as one that is compiled from what is there in the end.
import { expect, test } from 'vitest';
import { parseLabel, parseNeighbor, parseRoute } from '../../src/control/config/index.ts';
import { type EntryChange, RouterControl } from '../../src/control/live/index.ts';
import type { RouterModel } from '../../src/control/model.ts';
import { formatAddress } from '../../src/wire/address.ts';
import { drawConfig, readConfig } from '../property/config.ts';
import { Random } from '../property/random.ts';
import { expectSameAsFresh, routeKey, Truth } from './truth.ts';

type Keys = Readonly<Record<string, unknown>>;
const sources = ['api', 'fpm', 'gobgp'] as const;

function model<T>(read: { model: T } | { problems: unknown }): T {
  if ('model' in read) return read.model;
  throw new Error(JSON.stringify(read.problems));
}

/** A router, its truth, and the objects that changes are drawn from. */
class Trial {
  readonly random: Random;
  readonly full: RouterModel;
  readonly truth: Truth;
  readonly control: RouterControl;
  readonly #routes: readonly Keys[];
  readonly #labels: readonly Keys[];
  readonly #neighbors: readonly Keys[];
  refused = 0;
  made = 0;
  published = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    const drawn = drawConfig(seed);
    const whole = readConfig(drawn, false);
    this.full = { ...whole, dynamicLabels: { first: 600_000, last: 600_999 } };
    this.#routes = drawn.routes;
    this.#labels = drawn.labels;
    this.#neighbors = drawn.neighbors;
    const start = this.#some();
    this.truth = new Truth(start);
    this.control = new RouterControl(start, { publish: () => this.published++, now: () => 0, labelRestSeconds: 0 });
  }

  /** The configuration with some of its entries. */
  #some(): RouterModel {
    const share = this.random.pick([0, 0.3, 0.7, 1]);
    const some = <T>(list: readonly T[]) => list.filter(() => this.random.chance(share));
    const { routes, labels, neighbors } = this.full;
    return { ...this.full, routes: some(routes), labels: some(labels), neighbors: some(neighbors) };
  }

  /** A route as drawn, or one prefix with the paths of another. */
  #drawRoute(): Keys {
    const one = this.random.pick(this.#routes);
    if (this.random.chance(0.6)) return one;
    const { prefix, vrf } = one;
    const { prefix: _, vrf: otherVrf, ...where } = this.random.pick(this.#routes);
    // Only in its own table is a next hop known to be right.
    return otherVrf === vrf ? { ...where, prefix, ...(vrf === undefined ? {} : { vrf }) } : one;
  }

  #drawChange() {
    const { random } = this;
    const op = random.pick(['add', 'replace', 'replace', 'delete'] as const);
    const kind = random.weighted([
      [8, 'route'],
      [3, 'label'],
      [1, 'neighbor'],
    ] as const);
    if (kind === 'label' && this.#labels.length > 0) {
      const label = random.pick(this.#labels);
      return { op, kind, value: op === 'delete' ? { label: label.label } : label };
    }
    if (kind === 'neighbor' && this.#neighbors.length > 0) {
      const { interface: on, address, mac } = random.pick(this.#neighbors);
      return { op, kind, value: op === 'delete' ? { interface: on, address } : { interface: on, address, mac } };
    }
    const route = this.#drawRoute();
    const { vrf, prefix } = route;
    return { op, kind: 'route', value: op === 'delete' ? (vrf === undefined ? { prefix } : { vrf, prefix }) : route };
  }

  transact(): void {
    const { random, control } = this;
    const source = random.pick(sources);
    const drawn = random.times(random.between(1, 12), () => this.#drawChange());
    const changes = drawn.map(({ op, kind, value }) => ({ op, [kind]: value }));
    const result = control.transact({ source, changes });
    if (!result.ok) {
      this.refused++;
      return;
    }
    this.made++;
    for (const { op, kind, value } of drawn) this.#note(op, kind, value, source);
  }

  /** As routing adapters do: read already, many for one prefix, some of them for what is not there. */
  apply(): void {
    const { random } = this;
    const source = random.pick(sources);
    const few = random.times(3, () => this.#drawRoute());
    const drawn = random.times(random.between(1, 20), () => random.pick(few));
    const changes = drawn.map((value): EntryChange => {
      const route = model(parseRoute(value));
      return random.chance(0.4) ? { op: 'delete', route } : { op: 'replace', route };
    });
    const result = this.control.apply(source, changes);
    expect(result.ok, JSON.stringify(result)).toBe(true);
    for (const [i, { op }] of changes.entries()) {
      const { vrf, prefix } = drawn[i];
      const key = vrf === undefined ? { prefix } : { vrf, prefix };
      this.#note(op, 'route', op === 'delete' ? key : drawn[i], source);
    }
  }

  #note(op: string, kind: string, value: Keys, source: string): void {
    const { truth } = this;
    if (kind === 'route') {
      const read = model(parseRoute(op === 'delete' ? { ...value, drop: true } : value));
      if (op === 'delete') truth.remove(truth.routes, routeKey(read), source);
      else truth.put(truth.routes, routeKey(read), read, source);
    } else if (kind === 'label') {
      const read = model(parseLabel(op === 'delete' ? { ...value, pop: true } : value));
      if (op === 'delete') truth.remove(truth.labels, String(read.label), source);
      else truth.put(truth.labels, String(read.label), read, source);
    } else {
      const read = model(parseNeighbor(op === 'delete' ? { ...value, mac: '02:00:00:00:00:99' } : value));
      const key = `${read.interface} ${formatAddress(read.address)}`;
      if (op === 'delete') truth.neighbors.delete(key);
      else truth.neighbors.set(key, read);
    }
  }

  replaceConfig(): void {
    const next = this.#some();
    const result = this.control.replaceConfig(next);
    expect(result.ok, JSON.stringify(result)).toBe(true);
    this.truth.markStale('config');
    this.truth.load(next);
    this.truth.sweep('config');
  }

  resend(): void {
    const source = this.random.pick(sources);
    this.control.markStale(source);
    this.truth.markStale(source);
    for (let i = 0; i < 3; i++) this.transact();
    this.control.sweep(source);
    this.truth.sweep(source);
  }
}

/** How many sequences are drawn; with another count in the environment the search goes on. */
const count = Number(process.env.SHIMLINE_SEQUENCES ?? 24);
const seeds = Array.from({ length: count }, (_, i) => i + 1);

test.each(seeds)('a random sequence of changes leaves what a fresh compilation makes, seed %i', (seed) => {
  const trial = new Trial(seed);
  let compared = 0;
  expectSameAsFresh(trial.control, trial.truth);
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 4; i++) trial.transact();
    for (let i = 0; i < 2; i++) trial.apply();
    if (round % 4 === 1) trial.resend();
    if (round % 4 === 3) trial.replaceConfig();
    if (expectSameAsFresh(trial.control, trial.truth)) compared++;
  }
  expect(trial.made).toBeGreaterThan(0);
  expect(compared).toBeGreaterThan(0);
});
