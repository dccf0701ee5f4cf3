// Transactions of a running router: all of it or nothing, every mistake named, versions that move.
import { expect, test } from 'vitest';
import { configOf } from '../../src/control/live/index.ts';
import { errors, explain, modelOf, smallConfig, smallControl, states, wordsOf } from './support.ts';

const add = (route: object) => ({ op: 'add', route });

test('a change is there when the transaction has been answered, and the version moves with it', () => {
  const control = smallControl();
  const { version } = control;
  const result = control.transact({
    changes: [add({ vrf: 'red', prefix: '10.3.0.0/16', via: '192.0.2.2', labels: [7777] })],
  });
  expect(result).toEqual({ ok: true, version: version + 1 });
  expect(explain(control, '10.3.0.1', 'red')).toBe(
    'vrf red: 10.3.0.0/16 → path 4; path 4: push 7777, path 1; path 1: push 16002, 10.0.0.2 on core; core → 02:00:00:00:01:02',
  );
  expect(explain(control, '10.3.0.1', 'blue')).toBe('vrf blue: no route');
});

test('a version that has moved on is a conflict, and nothing changes', () => {
  const control = smallControl();
  const before = wordsOf(control);
  const changes = [add({ prefix: '10.9.0.0/16', drop: true })];
  expect(control.transact({ version: control.version + 1, changes })).toEqual({ ok: false, conflict: control.version });
  expect(wordsOf(control)).toEqual(before);
  expect(control.transact({ version: control.version, changes }).ok).toBe(true);
  expect(control.replaceConfig(modelOf(smallConfig), 1)).toEqual({ ok: false, conflict: control.version });
});

test('every mistake is listed at its place, and one of them keeps all the others out', () => {
  const control = smallControl();
  const before = wordsOf(control);
  const good = Array.from({ length: 10_000 }, (_, i) =>
    add({ prefix: `100.${i >>> 8}.${i & 255}.0/24`, via: '10.0.0.2' }),
  );
  const result = control.transact({
    changes: good.with(7000, add({ vrf: 'rde', prefix: '10.0.0.0/8', via: '10.0.0.2' })),
  });
  expect(errors(result)).toEqual([`changes[7000].route.vrf: no VRF 'rde'; did you mean 'red'?`]);
  expect(wordsOf(control)).toEqual(before);
  expect([...control.routes({ source: 'api' })]).toEqual([]);
  expect(control.transact({ changes: good }).ok).toBe(true);
  expect([...control.routes({ source: 'api' })].length).toBe(10_000);
});

test('mistakes of every kind', () => {
  const control = smallControl();
  const changes = [
    add({ prefix: '10.0.0.0/33', via: '10.0.0.2' }),
    add({ prefix: '10.5.0.0/16', vai: '10.0.0.2' }),
    add({ prefix: '10.5.0.0/16', table: 'green' }),
    add({ prefix: '10.5.0.0/16', table: 'global' }),
    add({ prefix: '10.5.0.0/16', via: '10.0.0.2', interface: 'cord' }),
    add({ prefix: '10.5.0.0/16', via: '10.0.0.1' }),
    { op: 'delete', route: { prefix: '10.7.0.0/16' } },
    { op: 'delete', label: { label: 17 } },
    { op: 'add', label: { label: 24001, via: '10.0.0.2', labels: [] } },
    { op: 'add', neighbor: { interface: 'core', address: '10.0.0.1', mac: '02:00:00:00:01:09' } },
    { op: 'add', neighbor: { interface: 'core', address: '10.0.0.2', mac: '02:00:00:00:01:09' } },
    { op: 'put', route: {} },
    { op: 'add' },
    { op: 'add', root: {} },
    'add',
  ];
  expect(errors(control.transact({ changes }))).toEqual([
    `changes[11].op: expected add, replace or delete, got "put"`,
    `changes[12]: expected one of route, label, neighbor, vrf, interface, pseudowire, bridge, xconnect beside 'op'`,
    `changes[13].root: unknown key 'root'`,
    `changes[14]: expected a change such as {"op": "add", "route": {…}}, got "add"`,
    'changes[0].route.prefix: prefix length of 10.0.0.0/33: expected a whole number from 0 to 32',
    `changes[1].route.vai: unknown key 'vai'; did you mean 'via'?`,
    `changes[2].route.table: no VRF 'green'`,
    'changes[3].route.table: this route is in the global table itself: looking there again is a loop',
    `changes[4].route.interface: no interface 'cord'; did you mean 'core'?`,
    'changes[5].route.via: 10.0.0.1 is an address of this router',
    'changes[9].neighbor.address: 10.0.0.1 is an address of this router',
    'changes[6].route: 10.7.0.0/16 in the global table is not there',
    'changes[7].label: label 17 is not there',
    'changes[8].label.label: label 24001 is already given at vrfs.red.label',
    'changes[10].neighbor: neighbour core 10.0.0.2 is there already',
  ]);
});

test('add, replace and delete of one entry after the other in one list', () => {
  const control = smallControl();
  const route = { prefix: '10.9.0.0/16', drop: true };
  const key = { op: 'delete', route: { prefix: '10.9.0.0/16' } };
  const list = [add(route), add(route), key, key, add(route), { op: 'replace', route }];
  expect(errors(control.transact({ changes: list }))).toEqual([
    'changes[1].route: 10.9.0.0/16 in the global table is there already',
    'changes[3].route: 10.9.0.0/16 in the global table is not there',
  ]);
  expect(control.transact({ changes: [add(route), key, add(route), { op: 'replace', route }] }).ok).toBe(true);
  expect(explain(control, '10.9.0.1')).toBe('global: 10.9.0.0/16 → drop');
});

test('a VRF comes with its routes and goes with them', () => {
  const control = smallControl();
  const { tables } = control;
  const changes = [
    add({ vrf: 'green', prefix: '0.0.0.0/0', table: 'global' }),
    { op: 'add', vrf: { name: 'green', rd: '65000:3' } },
    { op: 'add', label: { label: 500, table: 'green' } },
  ];
  expect(control.transact({ changes }).ok).toBe(true);
  expect(control.tables).toBe(tables);
  // The label manager leaves the label that comes with the same transaction alone.
  expect(control.bindings()).toContainEqual({ label: 501, owner: 'vrf green', chosen: true });
  expect(explain(control, '192.0.2.2', 'green')).toContain('vrf green: 0.0.0.0/0 → table global; global: 192.0.2.2/32');
  const remove = { op: 'delete', vrf: { name: 'green' } };
  expect(errors(control.transact({ changes: [remove] }))).toEqual(['changes: label 500 (api) still names vrf green']);
  expect(control.transact({ changes: [remove, { op: 'delete', label: { label: 500 } }] }).ok).toBe(true);
  expect([...control.routes({ source: 'api' })]).toEqual([]);
  expect(explain(control, '192.0.2.2', 'green')).toBe('no such VRF');
  expect(control.transact({ changes: [{ op: 'add', vrf: { name: 'yellow' } }] }).ok).toBe(true);
  expect(explain(control, '192.0.2.2', 'yellow')).toBe('vrf yellow: no route');
});

/** Every order of a list. */
function* orders<T>(list: readonly T[]): Generator<T[]> {
  if (list.length === 0) yield [];
  for (const [i, first] of list.entries()) {
    for (const rest of orders(list.toSpliced(i, 1))) yield [first, ...rest];
  }
}

test('a VRF comes and goes with its interface, routes, neighbour and label in one transaction, in any order', () => {
  const route = { vrf: 'green', prefix: '10.9.0.0/16', via: '10.7.0.2' };
  const leak = { vrf: 'red', prefix: '10.9.0.0/16', table: 'green' };
  const neighbor = { interface: 'ce-green', address: '10.7.0.2' };
  const comes = [
    { op: 'add', vrf: { name: 'green' } },
    {
      op: 'add',
      interface: { name: 'ce-green', mac: '02:00:00:00:00:04', vrf: 'green', addresses: ['10.7.0.1/24'] },
    },
    add(route),
    add(leak),
    { op: 'add', neighbor: { ...neighbor, mac: '02:00:00:00:07:02' } },
  ];
  const goes = [
    { op: 'delete', vrf: { name: 'green' } },
    { op: 'delete', interface: { name: 'ce-green' } },
    { op: 'delete', route: { vrf: 'green', prefix: '10.9.0.0/16' } },
    { op: 'delete', route: { vrf: 'red', prefix: '10.9.0.0/16' } },
    { op: 'delete', neighbor },
  ];
  const control = smallControl();
  const model = control.configModel();
  const going = [...orders(goes)];
  for (const [i, changes] of [...orders(comes)].entries()) {
    if (i % 4 !== 0) continue;
    expect(control.transact({ changes })).toMatchObject({ ok: true });
    expect(explain(control, '10.9.0.1', 'red')).toContain('10.7.0.2 on ce-green; ce-green → 02:00:00:00:07:02');
    expect(control.transact({ changes: going[i] })).toMatchObject({ ok: true });
    expect(explain(control, '10.9.0.1', 'red')).toBe('vrf red: no route');
  }
  expect(control.configModel()).toEqual(model);
  expect([...control.routes({ source: 'api' })]).toEqual([]);
  expect(control.transact({ changes: comes }).ok).toBe(true);
  // Without one of the changes something would be left that names what has gone.
  for (const [i, missing] of [
    [1, 'interface'],
    [3, 'leak'],
  ] as const) {
    expect(errors(control.transact({ changes: goes.toSpliced(i, 1) })).length, missing).toBeGreaterThan(0);
  }
  expect(
    errors(control.transact({ changes: [...goes, { op: 'delete', route: { vrf: 'green', prefix: '10.8.0.0/16' } }] })),
  ).toEqual(['changes[5].route: 10.8.0.0/16 in green is not there']);
  expect(control.transact({ changes: goes }).ok).toBe(true);
});

test('a VRF is not taken out and put in again in one transaction, since its routes would be half those of before', () => {
  const changes = [
    { op: 'add', vrf: { name: 'green' } },
    { op: 'delete', vrf: { name: 'green' } },
    { op: 'add', vrf: { name: 'green' } },
  ];
  expect(errors(smallControl().transact({ changes: changes.slice(0, 2) }))).toEqual([]);
  const control = smallControl();
  control.transact({ changes: changes.slice(0, 1) });
  expect(errors(control.transact({ changes: changes.slice(1) }))).toEqual([
    `changes[1].vrf.name: VRF 'green' is taken out before: 'replace' changes one that stays`,
  ]);
});

test('labels change hands between VRFs, and from a label entry to a VRF, in one transaction', () => {
  const control = smallControl();
  const lead = () =>
    [24001, 24002, 500].map((label) => [...control.labels()].find((each) => each.label === label)?.paths[0]);
  const swap = [
    { op: 'replace', vrf: { name: 'red', label: 24002 } },
    { op: 'replace', vrf: { name: 'blue', label: 24001 } },
  ];
  expect(control.transact({ changes: swap }).ok).toBe(true);
  expect(lead()).toMatchObject([{ target: 'blue' }, { target: 'red' }, undefined]);
  control.transact({ changes: [{ op: 'add', label: { label: 500, pop: true } }] });
  const take = [
    { op: 'delete', label: { label: 500 } },
    { op: 'replace', vrf: { name: 'red', label: 500 } },
  ];
  expect(errors(control.transact({ changes: take.slice(1) }))).toEqual([
    'vrfs.red.label: label 500 is already given to a label entry',
  ]);
  expect(control.transact({ changes: take }).ok).toBe(true);
  expect(lead()).toMatchObject([{ target: 'blue' }, undefined, { target: 'red' }]);
});

test('a VRF that an interface is in, or an interface that is wrong, is refused as a file would be', () => {
  const control = smallControl();
  expect(errors(control.transact({ changes: [{ op: 'delete', vrf: { name: 'red' } }] }))).toContain(
    `interfaces.ce-red.vrf: no VRF 'red'`,
  );
  const changes = [
    { op: 'replace', interface: { name: 'core', mtu: 10 } },
    { op: 'add', interface: { name: 'ce-red.100' } },
    { op: 'add', vrf: { name: '__proto__' } },
    { op: 'add', vrf: {} },
  ];
  expect(errors(control.transact({ changes }))).toEqual([
    `changes[2].vrf.name: '__proto__' cannot be a name`,
    'changes[3].vrf.name: expected a name, got nothing',
    'changes[0].interface.mtu: expected a whole number from 28 to 65535, got 10',
    `changes[1].interface: a sub-interface needs 'vlan'`,
  ]);
});

test('mtu, mpls and urpf change in place; an address asks for new tables, which hold all that was there', () => {
  const published: unknown[] = [];
  const control = smallControl({ publish: (tables) => published.push(tables) });
  const { tables } = control;
  const core = { name: 'core', mac: '02:00:00:00:00:01', mpls: true, addresses: ['10.0.0.1/24', '2001:db8::1/64'] };
  control.transact({ changes: [add({ prefix: '10.8.0.0/16', via: '10.0.0.3' })] });
  expect(control.transact({ changes: [{ op: 'replace', interface: { ...core, mtu: 9000, urpf: 'loose' } }] }).ok).toBe(
    true,
  );
  expect(control.tables).toBe(tables);
  expect(tables.interfaces.interfaces[3]).toBe(9000);
  const learned = tables.adjacencies.add(0, [0x0a000063]);
  tables.adjacencies.resolve(learned, 0x0200, 0x00000063);
  control.setInterfaceUp('ce-blue', false);
  const more = [...core.addresses, '10.77.0.1/24'];
  expect(control.transact({ changes: [{ op: 'replace', interface: { ...core, addresses: more } }] }).ok).toBe(true);
  expect(published).toEqual([control.tables]);
  expect(control.tables).not.toBe(tables);
  expect(explain(control, '10.77.0.9')).toContain('global: 10.77.0.0/24 → connected on core');
  expect(explain(control, '10.8.0.1')).toContain('10.0.0.3 on core; core → 02:00:00:00:01:03');
  expect(explain(control, '10.0.0.99')).toContain('core → 02:00:00:00:00:63');
  expect(control.tables.interfaces.isUp(2)).toBe(false);
});

test('a configuration is answered as it was taken, and taking it again changes nothing', () => {
  const control = smallControl();
  const model = control.configModel();
  expect(modelOf(configOf(model))).toMatchObject({ name: 'pe1', vrfs: [{ label: 24001 }, { label: 24002 }] });
  const before = wordsOf(control);
  expect(control.replaceConfig(modelOf(configOf(model))).ok).toBe(true);
  expect(wordsOf(control)).toEqual(before);
});

test('a new configuration leaves the routes of other sources, and may not take their ground away', () => {
  const control = smallControl();
  control.transact({ changes: [add({ vrf: 'red', prefix: '10.3.0.0/16', via: '10.0.0.3', interface: 'core' })] });
  const { routes: _, ...others } = smallConfig;
  expect(control.replaceConfig(modelOf(others)).ok).toBe(true);
  expect(states(control, '192.0.2.2/32')).toEqual([]);
  expect(states(control, '10.3.0.0/16', 'red')).toEqual(['api active']);
  const { 'ce-red': __, ...interfaces } = smallConfig.interfaces;
  const result = control.replaceConfig(modelOf({ ...others, interfaces, vrfs: { blue: smallConfig.vrfs.blue } }));
  expect(errors(result)).toEqual(['vrfs.red: other sources have routes in it']);
  control.transact({ changes: [{ op: 'delete', route: { vrf: 'red', prefix: '10.3.0.0/16' } }] });
  expect(control.replaceConfig(modelOf({ ...others, interfaces, vrfs: { blue: smallConfig.vrfs.blue } })).ok).toBe(
    true,
  );
  expect(explain(control, '10.1.1.2', 'red')).toBe('no such VRF');
});
