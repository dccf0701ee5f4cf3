// What each of zebra's routes becomes, in the words of the configuration.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  deleteLabel,
  deleteRoute,
  newGroup,
  newLabel,
  newNexthop,
  newRoute,
  prefixOf,
  type RouteText,
} from '../../../test/support/zebra.ts';
import { parseConfig } from '../../control/config/index.ts';
import { type EntryChange, labelConfig, routeConfig } from '../../control/live/index.ts';
import type { RouterModel } from '../../control/model.ts';
import { formatPrefix } from '../../wire/address.ts';
import { messageAt } from '../../wire/netlink.ts';
import { type RouteMessage, readNexthop, readRoute } from '../../wire/rtnetlink-routes.ts';
import type { KernelLink, KernelLinks } from './kernel-links.ts';
import { Nexthops } from './nexthops.ts';
import { Places } from './places.ts';
import { routeText, translate } from './translate.ts';

const config = `router: {name: pe1, id: 192.0.2.1, id6: "2001:db8::1"}
interfaces:
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30, "2001:db8:12::1/64"], controlPort: {name: core1, netns: cp}}
  core2: {mac: 02:00:00:00:01:1f, mpls: true, addresses: [10.0.13.1/30], controlPort: {name: up0, netns: cp}}
  ce1: {mac: 02:00:00:00:01:01, vrf: red, addresses: [10.1.1.1/24], controlPort: {name: ce1, netns: cp}}
  ce2: {mac: 02:00:00:00:01:02, vrf: blue, addresses: [10.1.1.1/24], controlPort: {name: ce2, netns: site}}
vrfs:
  red: {table: 10, label: 24001}
  blue: {table: 1011}
fpm: {netns: cp}
`;

const link = (index: number, name: string, rest: Partial<KernelLink> = {}): KernelLink => ({
  index,
  name,
  type: 'tun',
  vrfTable: undefined,
  netns: 'cp',
  ...rest,
});
let links: KernelLink[];
let model: RouterModel;
let version = 0;
const kernel: KernelLinks = {
  withIndex: (index) => links.filter((each) => each.index === index),
  get version() {
    return version;
  },
  poll: () => {},
  close: () => {},
};
let places: Places;

beforeEach(() => {
  links = [
    link(1, 'lo', { type: '' }),
    link(3, 'core1'),
    link(4, 'up0'),
    link(5, 'ce1'),
    link(6, 'red', { type: 'vrf', vrfTable: 10 }),
    link(7, 'vrf-b', { type: 'vrf', vrfTable: 1011 }),
    link(8, 'eth0', { type: '' }),
    link(5, 'ce2', { netns: 'site' }),
  ];
  model = parseConfig(config, 'pe1.yaml', { live: true });
  places = new Places(() => model, kernel);
  places.refresh();
});

function routeOf(bytes: Uint8Array): RouteMessage {
  const message = messageAt(bytes, 0, bytes.length);
  const route = message && readRoute(bytes, message);
  if (route === undefined) throw new Error('the test has built no route');
  return route;
}

function textOf(change: EntryChange | undefined): unknown {
  if (change === undefined) return 'nothing';
  if (change.op === 'delete') return `delete ${JSON.stringify('label' in change ? change.label.label : 'route')}`;
  if ('route' in change) return routeConfig(change.route);
  return 'label' in change ? labelConfig(change.label) : change;
}

function told(bytes: Uint8Array): { change: unknown; refused: string | undefined } {
  const route = routeOf(bytes);
  const { change, refusal } = translate(route, route.hops, places);
  return { change: textOf(change), refused: refusal && `${refusal.reason}: ${refusal.text}` };
}

describe('routes', () => {
  test.each<[string, RouteText, object]>([
    ['10.3.0.0/16', { via: '10.0.12.2', dev: 3 }, { via: '10.0.12.2', interface: 'core1' }],
    ['10.3.0.0/16', { via: '10.0.13.2', dev: 4 }, { via: '10.0.13.2', interface: 'core2' }],
    ['0.0.0.0/0', { via: '10.1.1.9', dev: 5, table: 10 }, { via: '10.1.1.9', interface: 'ce1', vrf: 'red' }],
    // The same number in two namespaces: the route's VRF tells.
    ['0.0.0.0/0', { via: '10.1.1.9', dev: 5, table: 1011 }, { via: '10.1.1.9', interface: 'ce2', vrf: 'blue' }],
    [
      '10.2.0.0/24',
      { via: '10.0.12.2', dev: 3, labels: [16002, 24012], table: 10 },
      { via: '10.0.12.2', interface: 'core1', labels: [16002, 24012], vrf: 'red' },
    ],
    [
      '2001:db8:2::/48',
      { via: '::ffff:10.0.12.2', dev: 3, labels: [16002, 24012], table: 10 },
      { via: '10.0.12.2', interface: 'core1', labels: [16002, 24012], vrf: 'red' },
    ],
    [
      '2001:db8:2::/48',
      { via: '10.0.12.2', dev: 3, labels: [24012], table: 10 },
      { via: '10.0.12.2', interface: 'core1', labels: [24012], vrf: 'red' },
    ],
    ['10.4.0.0/16', { via: 'fe80::2', dev: 3 }, { via: 'fe80::2', interface: 'core1' }],
    ['10.5.0.0/16', { via: '192.0.2.9' }, { via: '192.0.2.9' }],
    // None of our interfaces, but a neighbour on a subnet of ours.
    ['10.5.0.0/16', { via: '10.0.12.2', dev: 99 }, { via: '10.0.12.2' }],
    ['10.6.0.0/16', { type: 6 }, { drop: true }],
    ['10.6.0.0/16', { type: 7 }, { drop: true }],
    ['10.6.0.0/16', { type: 8 }, { drop: true }],
    ['10.6.0.0/16', { dev: 7, table: 10 }, { table: 'blue', vrf: 'red' }],
    ['10.6.0.1/32', { dev: 6, table: 10 }, { receive: true, vrf: 'red' }],
    ['10.6.0.1/32', { dev: 1 }, { receive: true }],
    ['10.6.0.1/32', { type: 2, dev: 1 }, { receive: true }],
    [
      '10.7.0.0/16',
      {
        hops: [
          { via: '10.0.12.2', dev: 3, weight: 3, labels: [16002] },
          { via: '10.0.13.2', dev: 4 },
        ],
      },
      {
        paths: [
          { via: '10.0.12.2', interface: 'core1', labels: [16002], weight: 3 },
          { via: '10.0.13.2', interface: 'core2' },
        ],
      },
    ],
  ])('%s %j', (prefix, route, where) => {
    expect(told(newRoute(prefix, route))).toEqual({ change: { prefix, ...where }, refused: undefined });
  });

  test.each<[string, RouteText]>([
    ['10.0.12.0/30', { dev: 3 }],
    ['10.1.1.0/24', { dev: 5, table: 10 }],
    ['192.0.2.1/32', { dev: 1 }],
    ['192.0.2.1/32', { type: 2, dev: 1 }],
  ])('what the router knows by itself is no entry: %s %j', (prefix, route) => {
    expect(told(newRoute(prefix, route))).toEqual({ change: 'delete "route"', refused: undefined });
  });

  test.each<[string, RouteText]>([
    ['fe80::/64', { dev: 3 }],
    ['ff00::/8', { dev: 3 }],
    ['224.0.0.0/4', { dev: 3 }],
  ])('link-local prefixes and multicast are passed over: %s', (prefix, route) => {
    expect(told(newRoute(prefix, route))).toEqual({ change: 'nothing', refused: undefined });
  });

  test.each<[string, RouteText, string]>([
    ['10.8.0.0/16', { via: '172.16.0.1', dev: 8 }, 'unknown-interface: interface eth0 is none of ours'],
    ['10.8.0.0/16', { via: '172.16.0.1', dev: 77 }, 'unknown-interface: interface number 77 is none of ours'],
    ['10.8.0.0/16', { dev: 8 }, 'unknown-interface: interface eth0 is none of ours'],
    ['10.8.0.0/16', { dev: 3 }, 'no-next-hop: no subnet of core1 covers it'],
    ['10.8.0.0/16', {}, 'no-next-hop: it has no next hop'],
    ['10.8.0.0/16', { dev: 3, labels: [100] }, 'no-next-hop: labels without a next hop'],
    ['10.8.0.0/16', { via: '10.0.12.1', dev: 3 }, 'bad-next-hop: next hop 10.0.12.1 is an address of this router'],
    ['10.8.0.0/16', { via: '127.0.0.1', dev: 1 }, 'bad-next-hop: next hop 127.0.0.1 is a loopback address'],
    ['10.8.0.0/16', { via: 'fe80::1' }, 'unknown-interface: next hop fe80::1 without an interface of ours'],
    ['10.8.0.0/16', { via: '10.0.12.2', dev: 3, tunnel: 5 }, 'encapsulation: encapsulation of kind 5'],
    ['10.8.0.0/16', { via: '10.0.12.2', dev: 3, labels: Array(17).fill(100) }, 'too-many-labels: 17 labels'],
    ['10.8.0.0/16', { type: 9 }, 'unsupported-type: route type 9'],
  ])('refused, and what was there goes: %s %j', (prefix, route, refused) => {
    expect(told(newRoute(prefix, route))).toEqual({ change: 'delete "route"', refused });
  });

  test('a table that is no VRF', () => {
    const refused = "unknown-table: no VRF has the kernel's table 77";
    expect(told(newRoute('10.8.0.0/16', { via: '10.0.12.2', dev: 3, table: 77 }))).toEqual({
      change: 'nothing',
      refused,
    });
    expect(told(deleteRoute('10.8.0.0/16', 77))).toEqual({ change: 'nothing', refused: undefined });
  });

  test('of several hops those that can be used', () => {
    const hops = [
      { via: '172.16.0.1', dev: 8 },
      { via: '10.0.13.2', dev: 4 },
    ];
    expect(told(newRoute('10.8.0.0/16', { hops }))).toEqual({
      change: { prefix: '10.8.0.0/16', via: '10.0.13.2', interface: 'core2' },
      refused: 'unknown-interface: interface eth0 is none of ours',
    });
  });

  test('gone, and host bits that no prefix has', () => {
    const { change } = translate(routeOf(deleteRoute('10.8.1.2/16')), [], places);
    expect(change).toEqual({
      op: 'delete',
      route: { vrf: undefined, prefix: { family: 4, words: [0x0a080000], length: 16 } },
    });
  });

  test('interfaces and VRFs that come later', () => {
    const bytes = newRoute('10.8.0.0/16', { via: '172.16.0.1', dev: 9, table: 12 });
    expect(told(bytes).refused).toMatch(/^unknown-table/);
    model = parseConfig(
      config
        .replace('blue: {table: 1011}', 'blue: {table: 12}')
        .replace('ce2: {', 'new: {mac: 02:00:00:00:01:03, vrf: blue}\n  ce2: {'),
      'x.yaml',
      { live: true },
    );
    links = [...links, link(9, 'new')];
    version++;
    places.refresh();
    expect(told(bytes).change).toEqual({ vrf: 'blue', prefix: '10.8.0.0/16', via: '172.16.0.1', interface: 'new' });
  });
});

describe('labels', () => {
  test.each<[number, RouteText, object]>([
    [16001, { via: '10.0.12.2', dev: 3, labels: [16002] }, { via: '10.0.12.2', interface: 'core1', labels: [16002] }],
    [
      16001,
      { via: '10.0.12.2', dev: 3, labels: [1, 16002] },
      { via: '10.0.12.2', interface: 'core1', labels: [1, 16002] },
    ],
    [16001, { via: '10.0.12.2', dev: 3 }, { via: '10.0.12.2', interface: 'core1' }],
    [80, { dev: 6 }, { table: 'red' }],
    [80, { dev: 7 }, { table: 'blue' }],
    [81, { dev: 1 }, { pop: true }],
    [82, { via: '10.1.1.9', dev: 5 }, { via: '10.1.1.9', interface: 'ce1', payload: 'ip' }],
    [
      83,
      {
        hops: [
          { via: '10.0.12.2', dev: 3, labels: [16002] },
          { via: '10.0.13.2', dev: 4, labels: [17002] },
        ],
      },
      {
        paths: [
          { via: '10.0.12.2', interface: 'core1', labels: [16002] },
          { via: '10.0.13.2', interface: 'core2', labels: [17002] },
        ],
      },
    ],
  ])('%s %j', (label, route, where) => {
    expect(told(newLabel(label, route))).toEqual({ change: { label, ...where }, refused: undefined });
  });

  test('reserved ones are the router’s own; one that is gone', () => {
    expect(told(newLabel(0, { dev: 1 })).change).toBe('nothing');
    expect(told(newLabel(2, { dev: 1 })).change).toBe('nothing');
    expect(told(deleteLabel(80)).change).toBe('delete 80');
  });

  test.each<[RouteText, string]>([
    [{ via: '172.16.0.1', dev: 8 }, 'unknown-interface: interface eth0 is none of ours'],
    [{ dev: 3 }, 'no-next-hop: interface core1 without a next hop'],
    [{ dev: 3, labels: [100] }, 'no-next-hop: labels without a next hop'],
    [{ type: 7 }, 'unsupported-type: route type 7 of a label'],
  ])('refused: %j', (route, refused) => {
    expect(told(newLabel(90, route))).toEqual({ change: 'delete 90', refused });
  });

  test('names for logs', () => {
    expect(routeText(routeOf(newLabel(90, {})))).toBe('label 90');
    expect(routeText(routeOf(newRoute('10.8.0.0/16', { table: 10 })))).toBe('10.8.0.0/16 of table 10');
  });
});

describe('next hops by number', () => {
  const nexthops = new Nexthops();
  const change = (bytes: Uint8Array): string[] => {
    const message = messageAt(bytes, 0, bytes.length);
    const nexthop = message && readNexthop(bytes, message);
    if (nexthop === undefined) throw new Error('the test has built no next hop');
    return [...(nexthops.change(nexthop)?.routes ?? [])].map(routeText);
  };
  const note = ({ table, prefix, gone, nexthopId }: RouteMessage) =>
    nexthops.note(table, prefix ?? prefixOf('0.0.0.0/0'), gone ? 0 : nexthopId);
  const hopsOf = (route: RouteMessage) => nexthops.hopsOf(route)?.map(({ index, weight }) => `${index}*${weight}`);

  test('groups, their members and the routes that name them', () => {
    const route = routeOf(newRoute('10.8.0.0/16', { nexthop: 9 }));
    note(route);
    expect(hopsOf(route)).toBeUndefined();
    expect(translate(route, undefined, places).refusal?.reason).toBe('unknown-next-hop');
    expect(change(newNexthop(7, { via: '10.0.12.2', dev: 3 }))).toEqual([]);
    expect(change(newNexthop(8, { via: '10.0.13.2', dev: 4 }))).toEqual([]);
    expect(change(newGroup(9, { 7: 2, 8: 1 }))).toEqual(['10.8.0.0/16 of table 254']);
    expect(hopsOf(route)).toEqual(['3*2', '4*1']);
    // A member changes, and then the group.
    expect(change(newNexthop(8, { via: '10.0.12.9', dev: 3 }))).toEqual(['10.8.0.0/16 of table 254']);
    expect(hopsOf(route)).toEqual(['3*2', '3*1']);
    expect(change(newGroup(9, { 8: 1 }))).toEqual(['10.8.0.0/16 of table 254']);
    expect(change(newNexthop(7, { via: '10.0.12.2', dev: 3 }))).toEqual([]);
    expect(hopsOf(route)).toEqual(['3*1']);
    note(routeOf(newRoute('10.8.0.0/16', { nexthop: 7 })));
    expect(change(newGroup(9, { 8: 1 }))).toEqual([]);
    note(routeOf(deleteRoute('10.8.0.0/16')));
    expect(nexthops.hasRoutes).toBe(false);
    expect(change(newNexthop(7, { via: '10.0.12.2', dev: 3 }))).toEqual([]);
  });

  test('thousands of prefixes that come and go', () => {
    change(newNexthop(30, { via: '10.0.12.2', dev: 3 }));
    const prefixes = Array.from({ length: 5000 }, (_, i) => prefixOf(`10.${i >> 8}.${i & 255}.0/24`));
    for (const prefix of prefixes) nexthops.note(254, prefix, 30);
    expect(change(newNexthop(30, { via: '10.0.12.2', dev: 3 }))).toHaveLength(5000);
    for (const prefix of prefixes.slice(7)) nexthops.note(254, prefix, 0);
    expect(change(newNexthop(30, { via: '10.0.12.2', dev: 3 }))).toEqual(
      prefixes.slice(0, 7).map((each) => `${formatPrefix(each)} of table 254`),
    );
    for (const prefix of prefixes) nexthops.note(254, prefix, 0);
    expect(nexthops.hasRoutes).toBe(false);
  });

  test('one that discards', () => {
    change(newNexthop(20, {}));
    expect(nexthops.isBlackhole(20)).toBe(true);
    expect(nexthops.isBlackhole(7)).toBe(false);
  });
});
