// What a running router says that labels, routes, paths, interfaces, VRFs and circuits have had to do: two forwarders count,
// routes change under them, and new tables take the place of the old ones.
import { beforeEach, expect, test } from 'vitest';
import type { RouterControl } from '../../src/control/live/index.ts';
import type { Accounts } from '../../src/engine/accounts.ts';
import { Forwarder } from '../../src/engine/forwarder.ts';
import { type Bytes, eth, ipv4, labels, udp } from '../support/frames.ts';
import { smallConfig, smallControl } from './support.ts';

const config = {
  ...smallConfig,
  router: { ...smallConfig.router, accounting: true },
  interfaces: {
    ...smallConfig.interfaces,
    trunk: {},
    'trunk.7': { mac: '02:00:00:00:00:07', vlan: 7, vrf: 'red', addresses: ['10.1.7.1/24'] },
    'ac-1': {},
    'ac-2': {},
    'ac-3': {},
  },
  xconnects: [['ac-1', { pseudowire: 'acme' }]],
  pseudowires: { acme: { peer: '192.0.2.2', localLabel: 25001, remoteLabel: 25101 } },
  bridges: { lan: { interfaces: ['ac-2', 'ac-3'] } },
  routes: [
    ...smallConfig.routes,
    {
      vrf: 'red',
      prefix: '10.3.0.0/16',
      paths: [
        { via: '192.0.2.2', labels: [24301] },
        { via: '10.0.0.3', vrf: 'global', labels: [24302] },
      ],
    },
  ],
};

const output = { transmit: () => {}, drop: () => {}, punt: () => {} };
const ce = '02:00:00:00:99:01';
const toRed = (dst: string, sport = 1000): Bytes =>
  eth({ dst: '02:00:00:00:00:02', src: ce, type: 0x0800 }, ipv4({ src: '10.1.1.9', dst }, udp(sport, 7)));
const tagged: Bytes = eth(
  { dst: '02:00:00:00:00:07', src: ce, tags: [[0x8100, 7]], type: 0x0800 },
  ipv4({ src: '10.1.7.9', dst: '10.2.0.1' }, udp(1, 7)),
);
const labelled: Bytes = eth({ dst: '02:00:00:00:00:01', src: ce, type: 0x8847 }, [
  ...labels(16001, 77),
  ...ipv4({ src: '10.9.9.9', dst: '10.9.9.8' }, udp(1, 7)),
]);
const inside = (dst: string): Bytes =>
  eth({ dst, src: '02:aa:00:00:00:01', type: 0x0800 }, ipv4({ src: '1.1.1.1', dst: '2.2.2.2' }, udp(1, 7)));

let control: RouterControl;

beforeEach(() => {
  control = smallControl({ accounts: true, forwarders: 2, live: true }, config);
});

function forwarders(): Forwarder[] {
  const accounts: readonly Accounts[] = control.book?.page?.accounts ?? [];
  return accounts.map((each) => new Forwarder(control.tables, output, { accounts: each }));
}

function play(forwarder: Forwarder, port: string, ...frames: Bytes[]): void {
  const batch = forwarder.newBatch();
  for (const frame of frames) {
    const start = batch.add(control.portNames.indexOf(port), frame.length, frame.length, 1, 0);
    batch.bytes.set(frame, start);
  }
  forwarder.process(batch);
}

const routeAt = (prefix: string) =>
  [...control.routes({ vrf: 'red', source: 'config' })].find(
    ({ prefix: { words } }) => words[0] === Number(prefix.split('.')[1]) * 65536 + 10 * 16777216,
  );
const counted = (prefix: string) => routeAt(prefix)?.counted;
const label = (wanted: number) => [...control.labels()].find((each) => each.label === wanted)?.counted;

test('two forwarders, each frame in the accounts of its route, label, interface and VRF', () => {
  const [one, two] = forwarders();
  play(one, 'ce-red', toRed('10.2.0.1'), toRed('10.2.0.2'));
  play(two, 'ce-red', toRed('10.2.9.9'));
  play(two, 'trunk', tagged);
  play(one, 'core', labelled, labelled);
  const bytes = toRed('10.2.0.1').length;
  expect(counted('10.2')).toEqual({ frames: 4, bytes: 3 * bytes + tagged.length });
  expect(label(16001)).toEqual({ frames: 2, bytes: 2 * labelled.length });
  const book = control.book as NonNullable<typeof control.book>;
  expect(book.interface('trunk.7')).toMatchObject({ in: { frames: 1, bytes: tagged.length }, out: { frames: 0 } });
  expect(book.interface('trunk').in.frames).toBe(0);
  expect(book.interface('core')).toMatchObject({ in: { frames: 2 }, out: { frames: 6 } });
  expect(book.sumOf(['ce-red', 'trunk.7']).in).toEqual({ frames: 4, bytes: 3 * bytes + tagged.length });
});

test('several paths: each has its share, together what the route has', () => {
  const [one] = forwarders();
  play(one, 'ce-red', ...Array.from({ length: 200 }, (_, i) => toRed('10.3.0.1', i)));
  const shares = routeAt('10.3')?.countedByPath?.map(({ frames }) => frames) ?? [];
  expect(shares).toHaveLength(2);
  for (const share of shares) expect(share).toBeGreaterThan(50);
  expect(shares[0] + shares[1]).toBe(200);
  expect(counted('10.3')?.frames).toBe(200);
  expect(routeAt('10.2')?.countedByPath).toBeUndefined();
});

test('a route keeps its count when it changes, and leaves none to the next one', () => {
  const [one] = forwarders();
  const change = (op: string, route: object) =>
    expect(control.transact({ source: 'config', changes: [{ op, route }] }).ok).toBe(true);
  play(one, 'ce-red', toRed('10.2.0.1'));
  const key = { vrf: 'red', prefix: '10.2.0.0/16' };
  // A record of its own each time: to an action and back.
  change('replace', { ...key, drop: true });
  play(one, 'ce-red', toRed('10.2.0.1'));
  change('replace', { ...key, via: '192.0.2.2', labels: [24201] });
  play(one, 'ce-red', toRed('10.2.0.1'));
  expect(counted('10.2')?.frames).toBe(3);
  change('delete', key);
  expect(counted('10.2')).toBeUndefined();
  // Whatever record it gets.
  for (let i = 0; i < 50; i++)
    change('add', { vrf: 'red', prefix: `10.${100 + i}.0.0/16`, via: '192.0.2.2', labels: [24201] });
  change('add', { ...key, via: '192.0.2.2', labels: [24201] });
  expect(counted('10.2')?.frames).toBe(0);
  expect(
    [...control.routes({ source: 'config', vrf: 'red' })].reduce((sum, each) => sum + (each.counted?.frames ?? 0), 0),
  ).toBe(0);
});

test('other tables: what was counted by the old ones stays, also what comes until all threads have left them', () => {
  const [one] = forwarders();
  play(one, 'ce-red', toRed('10.2.0.1'));
  const model = control.configModel();
  const interfaces = model.interfaces.map((each) => (each.name === 'core' ? { ...each, acceptLabels: [16001] } : each));
  const before = control.tables;
  expect(control.replaceConfig({ ...model, interfaces }).ok).toBe(true);
  expect(control.tables === before).toBe(false);
  play(one, 'ce-red', toRed('10.2.0.2'));
  const [fresh] = forwarders();
  play(fresh, 'ce-red', toRed('10.2.0.3'));
  play(fresh, 'core', labelled);
  expect(control.book?.interface('ce-red').in.frames).toBe(3);
  control.book?.closeEarlier();
  expect(counted('10.2')?.frames).toBe(3);
  expect(label(16001)?.frames).toBe(1);
  expect(control.book?.interface('ce-red').in.frames).toBe(3);
});

test('circuits and bridges: what came out of each and left by it, and what was flooded', () => {
  const [one] = forwarders();
  play(one, 'ac-1', inside('02:bb:00:00:00:01'));
  play(one, 'ac-2', inside('ff:ff:ff:ff:ff:ff'), inside('02:bb:00:00:00:01'));
  const circuits = control.book?.circuits();
  const length = inside('02:bb:00:00:00:01').length;
  expect(circuits?.get('pseudowire acme')).toEqual({ in: { frames: 0, bytes: 0 }, out: { frames: 1, bytes: length } });
  expect(circuits?.get('interface ac-1')?.in).toEqual({ frames: 1, bytes: length });
  expect(circuits?.get('interface ac-2')?.in.frames).toBe(2);
  expect(circuits?.get('interface ac-3')?.out.frames).toBe(2);
  expect(control.book?.floods('lan').map(({ frames }) => frames)).toEqual([1, 1, 0]);
});

test('without accounting look-ups have no accounts, interfaces do', () => {
  control = smallControl({ accounts: true, forwarders: 1 }, { ...config, router: smallConfig.router });
  const [one] = forwarders();
  play(one, 'ce-red', toRed('10.2.0.1'));
  expect(counted('10.2')).toBeUndefined();
  expect(label(16001)).toBeUndefined();
  expect(control.book?.interface('ce-red').in.frames).toBe(1);
});
