// Layer 2 in a router that runs: pseudowires follow the ways to their peers in place, their labels come and go with them,
// and what their changes must not disturb stays.
import { expect, test } from 'vitest';
import type { RouterControl } from '../../src/control/live/index.ts';
import { pseudowireState } from '../../src/engine/layer2-state.ts';
import { pseudowireWords } from '../../src/tables/circuits.ts';
import { groupText, labelText, layer2Text } from './normal-form.ts';
import { errors, modelOf, smallConfig, smallControl } from './support.ts';
import { expectSameAsFresh, Truth } from './truth.ts';

const config = {
  ...smallConfig,
  interfaces: {
    ...smallConfig.interfaces,
    'ac-1': {},
    'ac-2': {},
  },
  pseudowires: {
    acme: { peer: '192.0.2.2', localLabel: 25001, remoteLabel: 25101, backup: 'acme-2' },
    'acme-2': { peer: '192.0.2.3', localLabel: 25002, remoteLabel: 25102 },
    mesh: { peer: '10.0.0.2', localLabel: 25003, remoteLabel: 25103 },
  },
  xconnects: [['ac-1', { pseudowire: 'acme' }]],
  bridges: { lan: { interfaces: ['ac-2'], pseudowires: ['mesh'] } },
};

const make = (): RouterControl => smallControl({}, config);

function stateOf(control: RouterControl, name: string) {
  return pseudowireState(
    control.tables,
    control.state.model.pseudowires.findIndex((each) => each.name === name),
  );
}

function wayOf(control: RouterControl, name: string): string {
  const index = control.state.model.pseudowires.findIndex((each) => each.name === name);
  const group = control.tables.circuits.pseudowires[index * pseudowireWords + 2];
  return group === 0 ? 'none' : groupText({ tables: control.tables, tableNames: control.state.tableNames }, group);
}

function expectFresh(control: RouterControl): void {
  expect(expectSameAsFresh(control, new Truth(control.configModel()))).toBe(true);
}

const toBackup = { prefix: '192.0.2.3/32', via: '10.0.0.3', labels: [16003] };

test('a route to the peer that comes, changes and goes takes its pseudowire along, in the tables in use', () => {
  const control = make();
  const { tables } = control;
  expect(stateOf(control, 'acme')).toEqual({ up: true, reason: undefined, role: 'active' });
  expect(stateOf(control, 'acme-2')).toEqual({ up: false, reason: 'no-route', role: 'standby' });
  expect(control.state.layer2.problemOf(1)).toBe('uncovered');
  expectFresh(control);

  control.transact({ source: 'config', changes: [{ op: 'add', route: toBackup }] });
  expect(stateOf(control, 'acme-2')).toEqual({ up: true, reason: undefined, role: 'standby' });
  expect(control.state.layer2.problemOf(1)).toBeUndefined();
  expect(wayOf(control, 'acme-2')).toContain('push 16003');
  expectFresh(control);

  control.transact({ source: 'config', changes: [{ op: 'replace', route: { ...toBackup, labels: [16777] } }] });
  expect(wayOf(control, 'acme-2')).toContain('push 16777');
  expectFresh(control);

  control.transact({ source: 'config', changes: [{ op: 'delete', route: { prefix: '192.0.2.2/32' } }] });
  expect(stateOf(control, 'acme')).toEqual({ up: false, reason: 'no-route', role: 'standby' });
  expect(stateOf(control, 'acme-2')).toEqual({ up: true, reason: undefined, role: 'active' });
  expectFresh(control);
  expect(control.tables).toBe(tables);
});

test('a less specific route, a table and a next hop beneath are followed too', () => {
  const control = make();
  const change = (...changes: unknown[]) => expect(control.transact({ source: 'config', changes }).ok).toBe(true);
  change({ op: 'add', route: { prefix: '192.0.2.0/24', via: '198.51.100.1', labels: [17] } });
  expect(stateOf(control, 'acme-2').up).toBe(false);
  change({ op: 'add', route: { prefix: '198.51.100.0/24', via: '10.0.0.3', labels: [18] } });
  expect(wayOf(control, 'acme-2')).toMatch(/push 17 .*push 18 /);
  expectFresh(control);
  change({ op: 'replace', route: { prefix: '198.51.100.0/24', via: '10.0.0.2' } });
  expectFresh(control);
});

test('an interface that goes down takes the pseudowires over it down, and those on no route of their own stay up', () => {
  const control = make();
  control.setInterfaceUp('core', false);
  expect(stateOf(control, 'acme')).toMatchObject({ up: false, reason: 'path-down' });
  expect(stateOf(control, 'mesh')).toMatchObject({ up: false, reason: 'path-down' });
  control.setInterfaceUp('core', true);
  expect(stateOf(control, 'mesh')).toMatchObject({ up: true, role: 'active' });
});

test('sequence numbers go on when the way changes', () => {
  const control = make();
  const { pseudowires } = control.tables.circuits;
  pseudowires[6] = 4711;
  pseudowires[7] = 4712;
  control.transact({
    source: 'config',
    changes: [{ op: 'replace', route: { prefix: '192.0.2.2/32', via: '10.0.0.3', labels: [9999] } }],
  });
  expect(wayOf(control, 'acme')).toContain('push 9999');
  expect([pseudowires[6], pseudowires[7]]).toEqual([4711, 4712]);
});

test('more labels to the peer than a frame may get leave the pseudowire down', () => {
  const control = make();
  const labels = Array.from({ length: 15 }, (_, i) => 100 + i);
  control.transact({
    source: 'config',
    changes: [{ op: 'replace', route: { prefix: '192.0.2.2/32', via: '10.0.0.3', labels } }],
  });
  expect(stateOf(control, 'acme')).toMatchObject({ up: false, reason: 'no-route' });
  expect(control.state.layer2.problemOf(0)).toBe('too-many-labels');
});

test('labels lead to their pseudowires, those of label entries too', () => {
  const control = make();
  const of = () => ({ tables: control.tables, tableNames: control.state.tableNames });
  control.transact({ source: 'config', changes: [{ op: 'add', label: { label: 777, pseudowire: 'mesh' } }] });
  expect(labelText(of(), 777)).toBe(labelText(of(), 25003));
  expect(labelText(of(), 25003)).not.toBe(labelText(of(), 25001));
  expectFresh(control);
  const wrong = control.transact({ changes: [{ op: 'add', label: { label: 25003, pseudowire: 'acme' } }] });
  expect(errors(wrong)).toEqual([
    'changes[0].label.label: label 25003 is already given at pseudowires.mesh.localLabel',
  ]);
  const none = control.apply('fpm', [
    {
      op: 'add',
      label: { ...modelOf(config).labels[0], label: 778, paths: [{ ...intoPseudowire, target: 'nobody' }] },
    },
  ]);
  expect(errors(none)).toEqual(['changes[0]: there is no pseudowire nobody']);
});

const intoPseudowire = {
  kind: 'pseudowire',
  target: 'mesh',
  weight: 1,
  backup: false,
  ttl: undefined,
  tc: undefined,
  payload: undefined,
} as const;

test('a pseudowire that comes or goes means new tables, with the labels of the others', () => {
  const published: unknown[] = [];
  const control = smallControl({ publish: (tables) => published.push(tables) }, config);
  const more = { name: 'more', peer: '10.0.0.3', localLabel: 25004, remoteLabel: 25104 };
  expect(errors(control.transact({ changes: [{ op: 'add', pseudowire: more }] }))).toEqual([]);
  expect(published).toEqual([control.tables]);
  expect(stateOf(control, 'more')).toEqual({ up: true, reason: undefined, role: 'unused' });
  expectFresh(control);
  const kept = control.transact({ changes: [{ op: 'add', label: { label: 779, pseudowire: 'more' } }] });
  expect(kept.ok).toBe(true);
  const refused = control.transact({ changes: [{ op: 'delete', pseudowire: { name: 'more' } }] });
  expect(errors(refused)).toEqual(['changes: label 779 (api) still names pseudowire more']);
  control.transact({ changes: [{ op: 'delete', label: { label: 779 } }] });
  // Its own label goes with it, and may be another's at once.
  const changes = [
    { op: 'delete', pseudowire: { name: 'more' } },
    { op: 'add', pseudowire: { ...more, name: 'other', remoteLabel: 25105 } },
  ];
  expect(errors(control.transact({ changes }))).toEqual([]);
  expectFresh(control);
});

test('mtu and mpls of an interface change in place, and a circuit stays one', () => {
  const control = make();
  const { tables } = control;
  const before = layer2Text({ tables, tableNames: control.state.tableNames });
  const [, , , , ac1] = modelOf({ ...config, interfaces: { ...config.interfaces } }).interfaces;
  expect(ac1?.name).toBe('ac-2');
  const changed = {
    ...config,
    interfaces: { ...config.interfaces, 'ac-2': { ...config.interfaces['ac-2'], mtu: 1600 } },
  };
  expect(control.replaceConfig(modelOf(changed)).ok).toBe(true);
  expect(control.tables).toBe(tables);
  expect(layer2Text({ tables, tableNames: control.state.tableNames })).toEqual(before);
  expectFresh(control);
});

test('tables made anew for want of room have layer 2 as it was', () => {
  const control = make();
  const { tables } = control;
  const changes = Array.from({ length: 5000 }, (_, i) => ({ op: 'add', label: { label: 100_000 + i, pop: true } }));
  const before = layer2Text({ tables, tableNames: control.state.tableNames });
  expect(control.transact({ changes }).ok).toBe(true);
  expect(control.tables).not.toBe(tables);
  expect(layer2Text({ tables: control.tables, tableNames: control.state.tableNames })).toEqual(before);
});
