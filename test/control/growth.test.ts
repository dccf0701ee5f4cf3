// What comes and goes without end takes no more room than what is there at a time.
import { expect, test } from 'vitest';
import type { RouterControl } from '../../src/control/live/index.ts';
import { Adjacency } from '../../src/tables/adjacencies.ts';
import { explain, smallConfig, smallControl } from './support.ts';

/** A core in which there are many neighbours. */
const wide = {
  ...smallConfig,
  interfaces: { ...smallConfig.interfaces, core: { ...smallConfig.interfaces.core, addresses: ['10.0.0.1/8'] } },
};
const rounds = 300;
const each = 40;
const host = (i: number) => `10.${100 + (i >>> 16)}.${(i >>> 8) & 255}.${i & 255}`;

interface Room {
  readonly numbers: number;
  readonly adjacencies: number;
}

function roomOf(control: RouterControl): Room {
  const { addresses } = control.state.resolution;
  return { numbers: addresses.all.length, adjacencies: control.tables.adjacencies.count };
}

function make(control: RouterControl, changes: readonly object[]): void {
  expect(control.transact({ changes })).toMatchObject({ ok: true });
}

/** Of what `entry` makes there are some at a time, and always others. */
function flap(entry: (i: number) => { readonly put: object; readonly key: object }): {
  control: RouterControl;
  room: Room;
} {
  const published: unknown[] = [];
  const control = smallControl({ publish: (tables) => published.push(tables) }, wide);
  const { generations } = control.tables;
  generations.online(0);
  for (let round = 0; round < rounds; round++) {
    const range = Array.from({ length: each }, (_, i) => round * each + i);
    make(
      control,
      range.map((i) => ({ op: 'add', ...entry(i).put })),
    );
    if (round > 0)
      make(
        control,
        range.map((i) => ({ op: 'delete', ...entry(i - each).key })),
      );
    generations.pass(0);
  }
  expect(published).toEqual([]);
  return { control, room: roomOf(control) };
}

const slot = (i: number) => `100.64.${(i >>> 8) & 255}.${i & 255}/32`;

test('next hops on a subnet', () => {
  const { control, room } = flap((i) => ({
    put: { route: { prefix: slot(i), via: host(i) } },
    key: { route: { prefix: slot(i) } },
  }));
  expect(room.numbers).toBeLessThan(2500);
  expect(room.adjacencies).toBeLessThan(2500);
  const last = rounds * each - 1;
  // Numbers are used again, and each route leads to the next hop that it names.
  for (let i = last - each + 1; i <= last; i++) {
    expect(explain(control, slot(i).slice(0, -3))).toContain(`${host(i)} on core`);
  }
  expect(explain(control, '192.0.2.2')).toContain('push 16002, 10.0.0.2 on core; core → 02:00:00:00:01:02');
});

test('next hops that answer stay as what was learned', () => {
  const control = smallControl({}, wide);
  const { adjacencies } = control.tables;
  make(control, [{ op: 'add', route: { prefix: '100.64.0.0/16', via: host(1) } }]);
  const words = (i: number) => [((10 << 24) | (100 << 16) | i) >>> 0];
  adjacencies.resolve(adjacencies.find(0, words(1)), 0x0200, 1);
  make(control, [{ op: 'delete', route: { prefix: '100.64.0.0/16' } }]);
  for (let i = 2; i < 1200; i++) {
    make(control, [{ op: 'replace', route: { prefix: '100.65.0.0/16', via: host(i) } }]);
  }
  const flags = adjacencies.flags(adjacencies.find(0, words(1)));
  expect(flags & (Adjacency.resolved | Adjacency.learned)).toBe(Adjacency.resolved | Adjacency.learned);
  expect(adjacencies.find(0, words(2))).toBe(-1);
  // It is a next hop again: nobody may take it out.
  make(control, [{ op: 'add', route: { prefix: '100.64.0.0/16', via: host(1) } }]);
  expect(adjacencies.remove(adjacencies.find(0, words(1)))).toBe(false);
});

test('static neighbours', () => {
  const { room } = flap((i) => ({
    put: { neighbor: { interface: 'core', address: host(i), mac: '02:00:00:00:09:09' } },
    key: { neighbor: { interface: 'core', address: host(i) } },
  }));
  expect(room.adjacencies).toBeLessThan(2500);
});

test('next hops of labels that are found through a route', () => {
  const { control } = flap((i) => ({
    put: { label: { label: 1000 + (i % 5000), via: `172.16.${(i >>> 8) & 255}.${i & 255}`, labels: [16] } },
    key: { label: { label: 1000 + (i % 5000) } },
  }));
  expect(control.state.resolution.placeCount).toBeLessThan(4000);
});
