// The view of compiled routers: VRFs with their interfaces, routes with where they lead, and what a new configuration is.
import { expect, test } from 'vitest';
import { parseConfig } from '../../control/config/index.ts';
import { RouterControl } from '../../control/live/index.ts';
import { parsePrefix } from '../../wire/address.ts';
import { imageOf, type LiveImage } from '../image.ts';
import { withMacs } from '../live-model.ts';
import { ownIndexFirst, RunningView } from './running-view.ts';
import { RouteProtocol, RouteType, type SnmpPath } from './view.ts';

const text = `
router: {name: pe1, id: 192.0.2.1}
interfaces:
  a: {device: {afpacket: eth7}, vrf: red, addresses: [10.1.0.1/24]}
  a.5: {vlan: 5, vrf: red, addresses: [10.5.0.1/24, "2001:db8::1/64"]}
  b: {device: {tap: tap0}, mpls: true, addresses: [172.31.1.1/30]}
  c: {device: {afpacket: gone0}, vrf: blue}
vrfs:
  red: {rd: "65000:1", import: ["65000:1"], export: ["65000:2"]}
  blue: {}
routes:
  - {prefix: 192.0.2.2/32, via: 172.31.1.2}
  - {vrf: red, prefix: 10.2.0.0/16, paths: [{via: 192.0.2.2, labels: [17]}, {via: 10.5.0.9}]}
  - {vrf: red, prefix: 10.3.0.0/16, drop: true}
  - {vrf: red, prefix: 0.0.0.0/0, table: global}
  - {vrf: red, prefix: 10.4.0.0/16, via: 10.1.0.77, interface: a}
`;

function compiledImage(config: string): LiveImage {
  const model = withMacs(parseConfig(config, 'test.yaml', { live: true }), () => undefined);
  return imageOf(new RouterControl(model, { forwarders: 1 }));
}

function viewOf(config: string) {
  const router = { image: compiledImage(config), linkIndex: (name: string) => (name === 'eth7' ? 7 : undefined) };
  return { router, view: new RunningView(router) };
}

function pathsTo(view: RunningView, prefix: string): SnmpPath[] {
  const parsed = parsePrefix(prefix);
  if (parsed === undefined) throw new Error(prefix);
  const routes = view.routes('red', parsed.family);
  const place = routes.find(parsed);
  return place < 0 ? [] : routes.pathsAt(place).map(({ ageSeconds: _, ...path }) => ({ ...path, ageSeconds: 0 }));
}

const path = (type: number, place: number | undefined, nextHop?: number, protocol: number = RouteProtocol.static) => ({
  nextHop: nextHop === undefined ? undefined : { family: 4, words: [nextHop] },
  interface: place ?? 0,
  type,
  protocol,
  ageSeconds: 0,
});

test('VRFs and their interfaces: the number of the Linux interface, or one of our own', () => {
  const { router, view } = viewOf(text);
  expect(view.vrfNames()).toEqual(['red', 'blue']);
  router.image.tables.interfaces.setUp(0, true);
  router.image.tables.interfaces.setUp(1, false);
  expect(view.vrf('red')).toMatchObject({
    rd: '65000:1',
    importTargets: ['65000:1'],
    exportTargets: ['65000:2'],
    interfaces: [
      { index: 7, isUp: true },
      { index: ownIndexFirst + 1, isUp: false },
    ],
  });
  expect(view.vrf('blue')?.interfaces.map(({ index }) => index)).toEqual([ownIndexFirst + 3]);
  router.image.tables.interfaces.setUp(0, false);
  expect(view.vrf('red')?.interfaces[0]?.isUp).toBe(false);
  expect(view.vrf('green')).toBeUndefined();
});

test('routes: where each leads, and by which interface', () => {
  const { view } = viewOf(text);
  expect(pathsTo(view, '10.2.0.0/16')).toEqual([
    path(RouteType.remote, undefined, 0xc0000202),
    path(RouteType.remote, ownIndexFirst + 1, 0x0a050009),
  ]);
  expect(pathsTo(view, '10.3.0.0/16')).toEqual([path(RouteType.blackhole, undefined)]);
  expect(pathsTo(view, '0.0.0.0/0')).toEqual([path(RouteType.other, undefined)]);
  expect(pathsTo(view, '10.4.0.0/16')).toEqual([path(RouteType.remote, 7, 0x0a01004d)]);
  expect(pathsTo(view, '10.1.0.0/24')).toEqual([path(RouteType.local, 7, undefined, RouteProtocol.local)]);
  expect(pathsTo(view, '2001:db8::/64')).toEqual([
    path(RouteType.local, ownIndexFirst + 1, undefined, RouteProtocol.local),
  ]);
  expect(pathsTo(view, '10.99.0.0/16')).toEqual([]);
});

test('routes that nothing can take are not there, nor counted', () => {
  const { view } = viewOf(`
interfaces: {a: {device: {tap: t}, vrf: red, addresses: [10.1.0.1/24]}}
vrfs: {red: {}}
routes:
  - {prefix: 192.0.2.0/24, via: 192.0.2.1}
  - {vrf: red, prefix: 10.2.0.0/16, via: 192.0.2.2}
`);
  const routes = view.routes('red', 4);
  const place = routes.find({ family: 4, words: [0x0a020000], length: 16 });
  expect(place).toBeGreaterThanOrEqual(0);
  expect(routes.has(place)).toBe(false);
  expect(view.counts('red')).toMatchObject({ present: 3, added: 3, deleted: 0 });
});

test('a new configuration is another version; a VRF that is as it was keeps its times', async () => {
  const { router, view } = viewOf(text);
  const { version } = view;
  const before = { red: view.vrf('red'), blue: view.vrf('blue') };
  expect(view.version).toBe(version);
  await new Promise((resolve) => setTimeout(resolve, 5));
  router.image = compiledImage(
    `${text.replace('blue: {}', 'blue: {rd: "1:1"}\n  new: {}')}  - {vrf: red, prefix: 10.77.0.0/16, drop: true}\n`,
  );
  expect(view.version).toBeGreaterThan(version);
  expect(view.vrf('red')).toMatchObject({ createdAt: before.red?.createdAt, changedAt: before.red?.changedAt });
  expect(view.vrf('blue')?.createdAt).toBe(before.blue?.createdAt);
  expect(view.vrf('blue')?.changedAt).toBeGreaterThan(before.blue?.changedAt as number);
  expect(view.vrf('new')?.createdAt).toBe(view.vrf('blue')?.changedAt);
  expect(view.counts('red').present).toBe(view.counts('red').added);
  expect(pathsTo(view, '10.77.0.0/16')).toHaveLength(1);
});
