// Entries of several sources, next hops that come and go, labels that VRFs give by themselves.
import { expect, test } from 'vitest';
import { configOf } from '../../src/control/live/index.ts';
import { errors, explain, modelOf, smallConfig, smallControl, states } from './support.ts';

const add = (route: object) => ({ op: 'add', route });
const remove = (route: object) => ({ op: 'delete', route });

test('the source with the smallest distance is believed, the others step in when it goes', () => {
  const control = smallControl({ distances: { fpm: 20, gobgp: 20, ospf: 3 } });
  const prefix = '10.50.0.0/16';
  const put = (source: string, via: string) =>
    expect(control.transact({ source, changes: [{ op: 'replace', route: { prefix, via } }] }).ok).toBe(true);
  const take = (source: string) => expect(control.transact({ source, changes: [remove({ prefix })] }).ok).toBe(true);
  put('gobgp', '10.0.0.11');
  put('fpm', '10.0.0.12');
  expect(states(control, prefix)).toEqual(['gobgp active', 'fpm waiting']);
  put('api', '10.0.0.13');
  put('ospf', '10.0.0.14');
  expect(states(control, prefix)).toEqual(['ospf active', 'api waiting', 'gobgp waiting', 'fpm waiting']);
  expect(explain(control, '10.50.0.1')).toContain('10.0.0.14 on core');
  take('ospf');
  expect(explain(control, '10.50.0.1')).toContain('10.0.0.13 on core');
  // What waits may be replaced meanwhile.
  put('gobgp', '10.0.0.15');
  take('api');
  expect(explain(control, '10.50.0.1')).toContain('10.0.0.15 on core');
  take('fpm');
  take('gobgp');
  expect(explain(control, '10.50.0.1')).toBe('global: no route');
  expect(errors(control.transact({ source: 'gobgp', changes: [remove({ prefix })] }))).toEqual([
    'changes[0].route: 10.50.0.0/16 in the global table is not there',
  ]);
});

test('labels have sources too, and nobody may write as an interface or a VRF', () => {
  const control = smallControl();
  const label = (labels: number[]) => ({ label: 16001, via: '10.0.0.3', labels });
  control.transact({ source: 'fpm', changes: [{ op: 'add', label: label([77]) }] });
  const of = () =>
    [...control.labels()].filter((each) => each.label === 16001).map((each) => `${each.source} ${each.state}`);
  expect(of()).toEqual(['config active', 'fpm waiting']);
  const { labels: _, ...others } = smallConfig;
  control.replaceConfig(modelOf(others));
  expect(of()).toEqual(['fpm active']);
  expect(() => control.transact({ source: 'local', changes: [] })).toThrow('nobody may write as the source local');
});

test('what a source does not send again is swept, and the rest is never away', () => {
  const control = smallControl();
  const route = (i: number) => ({ prefix: `10.60.${i}.0/24`, via: '10.0.0.3' });
  control.transact({ source: 'fpm', changes: [1, 2, 3].map((i) => add(route(i))) });
  control.transact({ source: 'api', changes: [add(route(1))] });
  control.transact({ source: 'fpm', changes: [{ op: 'add', label: { label: 700, pop: true } }] });
  const { trie4 } = control.tables;
  const before = trie4.lookup(0, [0x0a3c0201]);
  control.markStale('fpm');
  expect(states(control, '10.60.2.0/24')).toEqual(['fpm active stale']);
  expect(control.transact({ source: 'fpm', changes: [add(route(2))] }).ok).toBe(true);
  expect(states(control, '10.60.2.0/24')).toEqual(['fpm active']);
  expect(trie4.lookup(0, [0x0a3c0201])).toBe(before);
  expect(control.sweep('fpm')).toBe(3);
  expect(states(control, '10.60.3.0/24')).toEqual([]);
  expect(states(control, '10.60.1.0/24')).toEqual(['api active']);
  expect([...control.labels()].some(({ label }) => label === 700)).toBe(false);
  expect(control.sweep('fpm')).toBe(0);
});

test('a route that nothing covers waits, is listed, and comes alive with what covers it', () => {
  const control = smallControl();
  const route = { vrf: 'red', prefix: '10.4.0.0/16', via: '192.0.2.9', labels: [24209] };
  expect(control.transact({ changes: [add(route)] }).ok).toBe(true);
  expect(states(control, '10.4.0.0/16', 'red')).toEqual(['api unusable: nothing usable covers the next hop']);
  expect(explain(control, '10.4.0.1', 'red')).toBe('vrf red: no route');
  control.transact({ changes: [{ op: 'add', label: { label: 800, via: '192.0.2.9', labels: [801] } }] });
  const cover = { prefix: '192.0.2.9/32', via: '10.0.0.3', labels: [16009] };
  control.transact({ source: 'fpm', changes: [add(cover)] });
  expect(explain(control, '10.4.0.1', 'red')).toContain('push 24209, path');
  expect(explain(control, '10.4.0.1', 'red')).toContain('push 16009, 10.0.0.3 on core');
  expect([...control.labels()].find(({ label }) => label === 800)?.state).toBe('active');
  control.transact({ source: 'fpm', changes: [remove({ prefix: '192.0.2.9/32' })] });
  expect(states(control, '10.4.0.0/16', 'red')).toEqual(['api unusable: nothing usable covers the next hop']);
  expect([...control.labels()].find(({ label }) => label === 800)).toMatchObject({
    state: 'unusable',
    why: 'nothing usable covers the next hop',
  });
});

test('a loop takes its routes out, and they are back when it is broken', () => {
  const control = smallControl();
  const changes = [
    add({ prefix: '172.16.1.0/24', via: '172.16.2.1' }),
    add({ prefix: '172.16.2.0/24', via: '172.16.1.1' }),
    add({ prefix: '172.16.3.0/24', via: '172.16.2.1' }),
    add({ prefix: '172.16.0.0/16', via: '10.0.0.3' }),
  ];
  expect(control.transact({ changes }).ok).toBe(true);
  const loop = 'api unusable: the next hop resolves through the route itself';
  expect(states(control, '172.16.1.0/24')).toEqual([loop]);
  expect(states(control, '172.16.2.0/24')).toEqual([loop]);
  // One with the same next hop that is not on the loop goes on with the shorter prefix.
  expect(states(control, '172.16.3.0/24')).toEqual(['api active']);
  expect(explain(control, '172.16.1.1')).toContain('172.16.0.0/16');
  control.transact({ changes: [{ op: 'replace', route: { prefix: '172.16.2.0/24', via: '10.0.0.2' } }] });
  expect(states(control, '172.16.1.0/24')).toEqual(['api active']);
  expect(explain(control, '172.16.1.1')).toContain('10.0.0.2 on core');
});

test('a chain of next hops longer than any stack of calls is no harm', () => {
  const control = smallControl();
  const hop = (i: number) => `172.${16 + (i >>> 16)}.${(i >>> 8) & 255}.${i & 255}`;
  const changes = Array.from({ length: 20_000 }, (_, i) =>
    add({ prefix: `${hop(i)}/32`, via: i === 0 ? '10.0.0.2' : hop(i - 1) }),
  );
  expect(control.transact({ changes: changes.slice().reverse() }).ok).toBe(true);
  expect(states(control, `${hop(7)}/32`)).toEqual(['api active']);
  expect(states(control, `${hop(8)}/32`)).toEqual(['api unusable: more than 8 levels of recursion']);
  expect(control.transact({ changes: [remove({ prefix: `${hop(0)}/32` })] }).ok).toBe(true);
  expect(states(control, `${hop(7)}/32`)[0]).toMatch('unusable');
});

test('more labels than a packet may get make a route unusable, whichever level brings them', () => {
  const control = smallControl();
  const labels = Array.from({ length: 10 }, (_, i) => 100 + i);
  control.transact({ changes: [add({ prefix: '192.0.2.7/32', via: '10.0.0.2', labels: [5000] })] });
  control.transact({ changes: [add({ vrf: 'red', prefix: '10.7.0.0/16', via: '192.0.2.7', labels })] });
  expect(states(control, '10.7.0.0/16', 'red')).toEqual(['api active']);
  control.transact({ changes: [{ op: 'replace', route: { prefix: '192.0.2.7/32', via: '10.0.0.2', labels } }] });
  expect(states(control, '10.7.0.0/16', 'red')).toEqual([
    'api unusable: more label stack entries than a packet may get',
  ]);
});

test('failover of all that shares a path is one word', () => {
  const control = smallControl();
  const changes = [
    {
      op: 'add',
      route: {
        prefix: '192.0.2.8/32',
        paths: [
          { via: '10.0.0.2', labels: [16008] },
          { via: '10.1.1.2', vrf: 'red', labels: [16018], backup: true },
        ],
      },
    },
    ...Array.from({ length: 300 }, (_, i) =>
      add({ vrf: 'blue', prefix: `10.70.${i & 255}.${i >>> 8}/32`, via: '192.0.2.8', labels: [30000 + i] }),
    ),
  ];
  expect(control.transact({ changes }).ok).toBe(true);
  const { interfaces } = control.tables.interfaces;
  const before = interfaces.slice();
  const words = control.tables.memory.used;
  control.setInterfaceUp('core', false);
  const changed = interfaces.filter((word, i) => word !== before[i]).length;
  expect(changed).toBe(1);
  expect(control.tables.memory.used).toBe(words);
  expect(explain(control, '10.70.7.0', 'blue')).toContain('interface down');
  expect(control.setInterfaceUp('nowhere', true)).toBe(false);
});

const finer = {
  ...smallConfig,
  vrfs: { red: { label: 24001, labelMode: 'per-ce' }, blue: { labelMode: 'per-prefix' } },
};

test('labels per CE and per prefix come and go with the routes, and are the same after a restart', () => {
  const clock = { seconds: 0 };
  const control = smallControl({ now: () => clock.seconds }, finer);
  const changes = [
    add({ vrf: 'red', prefix: '10.31.0.0/16', via: '10.1.1.2' }),
    add({ vrf: 'red', prefix: '10.32.0.0/16', via: '10.1.1.2' }),
    add({ vrf: 'blue', prefix: '10.33.0.0/16', via: '10.1.1.2' }),
    add({ vrf: 'blue', prefix: '10.34.0.0/16', via: '10.1.1.3' }),
  ];
  expect(control.transact({ changes }).ok).toBe(true);
  const owners = () => Object.fromEntries(control.bindings().map(({ label, owner }) => [owner, label]));
  expect(owners()).toEqual({
    'vrf red': 24001,
    'vrf blue': 500,
    'vrf red ce 10.1.1.2': 501,
    'vrf blue prefix 10.33.0.0/16': 502,
    'vrf blue prefix 10.34.0.0/16': 503,
  });
  control.transact({
    changes: [remove({ vrf: 'red', prefix: '10.31.0.0/16' }), remove({ vrf: 'blue', prefix: '10.33.0.0/16' })],
  });
  expect(owners()['vrf red ce 10.1.1.2']).toBe(501);
  expect(owners()['vrf blue prefix 10.33.0.0/16']).toBeUndefined();
  const bound = owners();
  const again = smallControl({ labelState: control.labelState(), now: () => clock.seconds }, configOf(modelOf(finer)));
  again.transact({ changes: changes.slice(1, 2).concat(changes.slice(3)) });
  expect(Object.fromEntries(again.bindings().map(({ label, owner }) => [owner, label]))).toMatchObject({
    'vrf blue': bound['vrf blue'],
  });
  // A label that is bound cannot be somebody else's.
  expect(errors(control.transact({ changes: [{ op: 'add', label: { label: 503, pop: true } }] }))).toEqual([
    'changes[0].label.label: label 503 is bound to vrf blue prefix 10.34.0.0/16',
  ]);
});

test('a transaction that needs more labels than are left is refused as a whole', () => {
  const config = { ...finer, router: { ...finer.router, labels: { dynamic: '500-502' } } };
  const control = smallControl({}, config);
  const routes = [1, 2, 3].map((i) => add({ vrf: 'blue', prefix: `10.4${i}.0.0/16`, via: '10.1.1.2' }));
  expect(errors(control.transact({ changes: routes }))).toEqual([
    'changes: router.labels.dynamic: there are not 3 labels left for what these need',
  ]);
  expect([...control.routes({ source: 'api' })]).toEqual([]);
  expect(control.transact({ changes: routes.slice(0, 2) }).ok).toBe(true);
});

test('tables that have no room are made anew, with all that is in them', () => {
  const published: number[] = [];
  const control = smallControl({ publish: (tables) => published.push(tables.sizes.routes) });
  const first = control.tables.sizes.routes;
  const route = (i: number) =>
    add({
      vrf: 'red',
      prefix: `${20 + (i >>> 16)}.${(i >>> 8) & 255}.${i & 255}.0/24`,
      via: '192.0.2.2',
      labels: [20000 + (i % 999)],
    });
  for (let at = 0; at < first + 40_000; at += 40_000) {
    const changes = Array.from({ length: 40_000 }, (_, i) => route(at + i));
    expect(control.transact({ changes }).ok).toBe(true);
  }
  expect(published.length).toBe(1);
  expect(published[0]).toBeGreaterThan(first);
  for (const i of [0, 1, 39_999, first - 1, first, first + 1]) {
    const address = `${20 + (i >>> 16)}.${(i >>> 8) & 255}.${i & 255}.9`;
    expect(explain(control, address, 'red')).toContain(`push ${20000 + (i % 999)}, path`);
  }
  expect(errors(smallControl({ routesMax: 20 }).transact({ changes: [route(0), route(1)] }))).toEqual([]);
  expect(errors(smallControl({ routesMax: 2 }).transact({ changes: [route(0)] }))[0]).toMatch('more than 2');
});
