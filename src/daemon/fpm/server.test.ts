// The FPM server over TCP: what zebra sends is in the tables, outlives its end, and is swept after its return; damaged input
// ends a connection and nothing else.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../../test/support/netns.ts';
import {
  deleteLabel,
  deleteNexthop,
  deleteRoute,
  FakeZebra,
  fpmFrame,
  newGroup,
  newLabel,
  newNexthop,
  newRoute,
} from '../../../test/support/zebra.ts';
import { parseConfig } from '../../control/config/index.ts';
import { labelConfig, RouterControl, routeConfig } from '../../control/live/index.ts';
import type { AdapterRouter } from '../adapter.ts';
import type { KernelLink, KernelLinks } from './kernel-links.ts';
import { Places } from './places.ts';
import { FpmServer, type FpmTimes } from './server.ts';

const config = `router: {name: pe1, id: 192.0.2.1, labels: {dynamic: 100000-199999}}
interfaces:
  core1: {mac: 02:00:00:00:01:0f, mpls: true, addresses: [10.0.12.1/30]}
  ce1: {mac: 02:00:00:00:01:01, vrf: red, addresses: [10.1.1.1/24]}
vrfs: {red: {table: 10, label: 24001}, blue: {label: 24011}}
routes: [{prefix: 10.77.0.0/16, via: 10.0.12.2}]
`;
const long: FpmTimes = { sweepSeconds: 3600, holdSeconds: 3600 };
const core = { via: '10.0.12.2', dev: 3 };

let control: RouterControl;
let listener: Server;
let server: FpmServer;
let port: number;
let links: KernelLink[];
let linksVersion = 0;
let log: string[];
let zebras: FakeZebra[] = [];
/** Transactions so far, by the number of changes. */
let transactions: number[];

const kernel: KernelLinks = {
  withIndex: (index) => links.filter((each) => each.index === index),
  get version() {
    return linksVersion;
  },
  poll: () => {},
  close: () => {},
};

async function begin(times: FpmTimes): Promise<void> {
  const write = (fields: object, message: string) => void log.push(`${message} ${JSON.stringify(fields)}`);
  const router: AdapterRouter = {
    control,
    apply: async (source, changes) => {
      transactions.push(changes.length);
      return control.apply(source, changes);
    },
    sweep: async (source) => control.sweep(source),
  };
  const places = new Places(() => control.state.model, kernel);
  places.refresh();
  const all = { debug: write, info: write, warn: write, error: write };
  server = new FpmServer({ router, places, log: all, address: 'here', ...times });
  listener = createServer().listen(0, '127.0.0.1');
  server.attach(listener);
  await once(listener, 'listening');
  port = (listener.address() as AddressInfo).port;
}

async function connect(): Promise<FakeZebra> {
  const zebra = await FakeZebra.connect(port);
  zebras.push(zebra);
  return zebra;
}

beforeEach(() => {
  control = new RouterControl(parseConfig(config, 'pe1.yaml', { live: true }), { live: true });
  links = [
    { index: 3, name: 'core1', type: 'tun', vrfTable: undefined, netns: undefined },
    { index: 4, name: 'ce1', type: 'tun', vrfTable: undefined, netns: undefined },
    { index: 6, name: 'red', type: 'vrf', vrfTable: 10, netns: undefined },
  ];
  log = [];
  transactions = [];
});

afterEach(async () => {
  for (const zebra of zebras) zebra.close();
  zebras = [];
  listener.close();
  await server.close();
});

const routes = () => [...control.routes({ source: 'fpm' })].map((each) => JSON.stringify(routeConfig(each))).sort();
const labels = () =>
  [...control.labels()].filter(({ source }) => source === 'fpm').map((each) => JSON.stringify(labelConfig(each)));

describe('what zebra sends', () => {
  test('is in the tables, replaced and taken out', async () => {
    await begin(long);
    const zebra = await connect();
    zebra.send(
      newRoute('10.3.0.0/16', core),
      newRoute('10.2.0.0/24', { ...core, labels: [16002, 24012], table: 10 }),
      newLabel(80, { dev: 6 }),
      newLabel(16001, { ...core, labels: [16002] }),
    );
    await until('four entries', () => routes().length === 2 && labels().length === 2);
    expect(routes()).toEqual([
      '{"vrf":"global","prefix":"10.3.0.0/16","via":"10.0.12.2","interface":"core1"}',
      '{"vrf":"red","prefix":"10.2.0.0/24","via":"10.0.12.2","interface":"core1","labels":[16002,24012]}',
    ]);
    expect(labels().sort()).toEqual([
      '{"label":16001,"via":"10.0.12.2","interface":"core1","labels":[16002]}',
      '{"label":80,"table":"red"}',
    ]);
    // Zebra's way to say that a route is another one: both in one frame.
    zebra.raw(fpmFrame(deleteRoute('10.3.0.0/16'), newRoute('10.3.0.0/16', { type: 6 })));
    await until('a blackhole', () => routes()[0].includes('drop'));
    zebra.send(deleteRoute('10.3.0.0/16'), deleteRoute('10.2.0.0/24', 10), deleteLabel(80), deleteLabel(16001));
    await until('none', () => routes().length === 0 && labels().length === 0);
    expect(server.view()).toMatchObject({ isConnected: true, sessions: 1, messages: 10, changes: 9, refused: {} });
  });

  test('in pieces of any size', async () => {
    await begin(long);
    const zebra = await connect();
    const all = Buffer.concat(Array.from({ length: 40 }, (_, i) => fpmFrame(newRoute(`10.3.${i}.0/24`, core))));
    for (let at = 0, size = 1; at < all.length; at += size, size = (size * 7) % 61) {
      zebra.raw(all.subarray(at, at + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('all of them', () => routes().length === 40);
  });

  test('what is refused does not take the others with it, and what it was before goes', async () => {
    await begin(long);
    const zebra = await connect();
    zebra.send(newRoute('10.3.0.0/16', core), newLabel(100, core));
    await until('both', () => routes().length === 1 && labels().length === 1);
    zebra.send(
      newRoute('10.4.0.0/16', { ...core, table: 99 }),
      newRoute('10.3.0.0/16', { via: '172.16.0.1', dev: 50 }),
      // The label of a VRF: it is the router that refuses this one.
      newLabel(24011, { ...core, labels: [16002] }),
      newLabel(24001, { dev: 6 }),
      newRoute('10.5.0.0/16', core),
    );
    await until('the last one', () => routes().length === 1 && routes()[0].includes('10.5.'));
    expect(labels()).toHaveLength(2);
    expect(server.view().refused).toEqual({ 'unknown-table': 1, 'unknown-interface': 1, router: 1 });
    expect(log.filter((line) => line.startsWith('FPM: not taken'))).toEqual([
      'FPM: not taken: 10.4.0.0/16 of table 99: no VRF has the kernel\'s table 99 {"reason":"unknown-table"}',
      'FPM: not taken: 10.3.0.0/16 of table 254: interface number 50 is none of ours {"reason":"unknown-interface"}',
      'FPM: not taken: label 24011: label 24011 is already given at vrfs.blue.label {"reason":"router"}',
    ]);
  });

  test('routes by next hops that change by themselves', async () => {
    await begin(long);
    const zebra = await connect();
    zebra.send(
      newNexthop(7, core),
      newNexthop(8, { ...core, via: '10.0.12.3' }),
      newGroup(9, { 7: 1, 8: 1 }),
      newRoute('10.3.0.0/16', { nexthop: 9 }),
    );
    await until('two paths', () => routes()[0]?.includes('10.0.12.3') ?? false);
    zebra.send(newGroup(9, { 7: 1 }));
    await until('one path', () => !routes()[0].includes('10.0.12.3'));
    zebra.send(newNexthop(7, {}));
    await until('a blackhole', () => routes()[0].includes('drop'));
    zebra.send(deleteNexthop(9));
    await until('nothing', () => routes().length === 0);
    zebra.send(newNexthop(9, core));
    await until('a next hop again', () => routes().length === 1);
  });

  test('thousands go in few transactions', async () => {
    await begin(long);
    const zebra = await connect();
    const messages = Array.from({ length: 6000 }, (_, i) => {
      return newRoute(`10.${128 + (i >> 8)}.${i & 255}.0/24`, { ...core, labels: [24000 + (i % 100)], table: 10 });
    });
    zebra.send(...messages);
    await until('all of them', () => server.view().changes === 6000);
    expect([...control.routes({ source: 'fpm' })]).toHaveLength(6000);
    expect(Math.max(...transactions)).toBeLessThanOrEqual(6000);
    expect(transactions.length).toBeLessThan(600);
  });

  test('other families and types are passed over', async () => {
    await begin(long);
    const zebra = await connect();
    const multicast = newRoute('10.9.0.0/16', core);
    multicast[16] = 128;
    const link = newRoute('10.9.0.0/16', core);
    link[4] = 16;
    zebra.send(multicast, link, newRoute('10.5.0.0/16', core));
    await until('the last one', () => routes().length === 1);
    expect(zebra.isClosed).toBe(false);
  });
});

describe('zebra comes and goes', () => {
  test('entries stay while it is away, and after a return go when it is silent', async () => {
    await begin({ sweepSeconds: 0.2, holdSeconds: 3600 });
    const first = await connect();
    first.send(newRoute('10.3.0.0/16', core), newRoute('10.4.0.0/16', core), newLabel(80, { dev: 6 }));
    await until('all', () => routes().length === 2 && labels().length === 1);
    first.close();
    await until('it is seen to be gone', () => !server.view().isConnected);
    expect(routes()).toHaveLength(2);
    const second = await connect();
    second.send(newRoute('10.4.0.0/16', core));
    await until('what was not sent again is gone', () => routes().length === 1 && labels().length === 0);
    expect(routes()[0]).toContain('10.4.');
    expect(log.at(-1)).toBe('FPM: zebra has sent all it has: what was stale is removed {"entries":2}');
    // Without anything stale, silence means nothing.
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(routes()).toHaveLength(1);
    expect(server.view().sessions).toBe(2);
  });

  test('nobody comes back', async () => {
    await begin({ sweepSeconds: 0.1, holdSeconds: 0.3 });
    const zebra = await connect();
    zebra.send(newRoute('10.3.0.0/16', core));
    await until('one', () => routes().length === 1);
    zebra.close();
    await until('none', () => routes().length === 0);
    expect(log.at(-1)).toContain('zebra has not come back');
    // What others have is theirs.
    expect([...control.routes({ source: 'config' })]).toHaveLength(1);
  });

  test('one that is never silent', async () => {
    await begin({ sweepSeconds: 3600, holdSeconds: 0.3 });
    const first = await connect();
    first.send(newRoute('10.3.0.0/16', core));
    await until('one', () => routes().length === 1);
    const second = await connect();
    second.send(newRoute('10.4.0.0/16', core));
    await until('the old one is gone', () => routes().length === 1 && routes()[0].includes('10.4.'));
    expect(log.at(-1)).toContain('zebra was never silent since its return');
  });

  test('a new connection takes the place of the one before', async () => {
    await begin(long);
    const first = await connect();
    first.send(newRoute('10.3.0.0/16', core));
    await until('one', () => routes().length === 1);
    const second = await connect();
    await until('the first is closed', () => first.isClosed);
    second.send(newRoute('10.4.0.0/16', core));
    await until('two', () => routes().length === 2);
    expect(server.view()).toMatchObject({ isConnected: true, sessions: 2, messages: 2 });
  });

  test('what it cannot have known is asked for again when places change', async () => {
    await begin(long);
    const zebra = await connect();
    zebra.send(newRoute('10.3.0.0/16', { via: '172.16.0.1', dev: 9 }), newRoute('10.4.0.0/16', core));
    await until('one', () => routes().length === 1);
    server.look();
    expect(zebra.isClosed).toBe(false);
    links = [...links, { index: 9, name: 'red', type: 'vrf', vrfTable: 10, netns: undefined }];
    linksVersion++;
    server.look();
    await until('it is to come again', () => zebra.isClosed);
    expect(routes()).toHaveLength(1);
    const again = await connect();
    again.send(newRoute('10.4.0.0/16', core));
    await until('connected', () => server.view().isConnected && server.view().messages === 3);
    linksVersion++;
    server.look();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(again.isClosed).toBe(false);
  });
});

describe('damaged input', () => {
  const whole = fpmFrame(newRoute('10.3.0.0/16', core));
  const changed = (at: number, value: number) => {
    const bytes = Buffer.from(whole);
    bytes[at] = value;
    return bytes;
  };

  test.each<[string, Uint8Array, string]>([
    ['another version', changed(0, 2), 'version 2 instead of 1'],
    ['protobuf', changed(1, 2), 'protobuf instead of netlink: zebra is to run with -M dplane_fpm_nl'],
    ['another type', changed(1, 9), 'type 9 instead of netlink'],
    ['a frame shorter than its header', Buffer.of(1, 1, 0, 3), 'a frame of 3 bytes'],
    ['a message longer than its frame', changed(4, 255), 'a frame of 60 bytes holds no whole message at 0'],
    ['a message shorter than its header', changed(4, 4), 'a frame of 60 bytes holds no whole message at 0'],
    ['an attribute longer than its message', changed(4 + 16 + 12, 200), 'a damaged route'],
    ['text', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'version 71 instead of 1'],
  ])('%s', async (_, bytes, damage) => {
    await begin(long);
    const zebra = await connect();
    zebra.send(newRoute('10.4.0.0/16', core));
    zebra.raw(bytes);
    zebra.send(newRoute('10.5.0.0/16', core));
    await until('it is closed', () => zebra.isClosed && !server.view().isConnected);
    // What came before is kept, what came after is not looked at.
    expect(routes()).toHaveLength(1);
    expect(log).toContain(`FPM: damaged input: ${damage}; the connection is closed {"reason":"damaged"}`);
    const again = await connect();
    again.send(newRoute('10.5.0.0/16', core));
    await until('the next one works', () => routes().length === 2);
  });

  test('said once, however often it comes', async () => {
    await begin(long);
    for (let i = 0; i < 5; i++) {
      const zebra = await connect();
      zebra.raw(changed(0, 2));
      await until('it is closed', () => zebra.isClosed);
    }
    await until('all are over', () => server.view().refused.damaged === 5);
    expect(log.filter((line) => line.includes('damaged input'))).toHaveLength(1);
  });
});
