// The adapter against a gobgpd in this process, over real gRPC on the loopback: what it brings in, what it tells, and that
// nothing the other side does takes more away than the other side has taken back.
import { afterEach, expect, test, vi } from 'vitest';
import { encodeFakePath, FakeGobgpd, type FakePath, pathsEvent } from '../../../test/support/fake-gobgpd.ts';
import { type ControlRouter, controlRouter, listLog } from '../../../test/support/gobgp-router.ts';
import { type Gobgp, openGobgp } from './index.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const config = (address: string, { red = '', blue = '', gobgp = '' } = {}) => `
router: {name: pe1, id: 192.0.2.1, labels: {dynamic: 1000-1999}}
gobgp: {address: "${address}"${gobgp}}
interfaces:
  ce: {vrf: red, addresses: [172.16.1.1/30, "2001:db8:1::1/64"]}
  ce2: {vrf: blue, addresses: [172.16.1.5/30]}
  core: {addresses: [172.31.0.1/24], mpls: true}
vrfs:
  red: {rd: "65000:11", import: ["65000:1"], export: ["65000:1"]${red}}
  blue: {rd: "65000:21", import: ["65000:2"], export: ["65000:2"]${blue}}
routes: [{prefix: 192.0.2.2/32, via: 172.31.0.9, labels: [16002]}]
`;

interface Parts {
  readonly daemon: FakeGobgpd;
  readonly router: ControlRouter;
  readonly log: ReturnType<typeof listLog>;
  readonly gobgp: Gobgp;
}

async function begin(
  more: Parameters<typeof config>[1] = {},
  prepare: (daemon: FakeGobgpd) => void = () => {},
): Promise<Parts> {
  const daemon = new FakeGobgpd();
  daemon.vrfs = [
    { name: 'red', rd: '65000:11', targets: ['65000:1'] },
    { name: 'blue', rd: '65000:21', targets: ['65000:2'] },
  ];
  daemon.peers = [
    { address: '172.16.1.2', vrf: 'red', isUp: true },
    { address: '192.0.2.9', isUp: true },
  ];
  prepare(daemon);
  await daemon.start();
  closers.push(() => daemon.stop());
  const router = controlRouter(config(daemon.address, more));
  const log = listLog();
  const gobgp = await openGobgp(router, log);
  closers.push(() => gobgp.close());
  await vi.waitFor(() => expect(daemon.watchers).toBe(1), 10_000);
  return { daemon, router, log, gobgp };
}

const remote = (prefix: string, more: Partial<FakePath> = {}): FakePath => ({
  prefix,
  rd: '65000:12',
  label: 24_201,
  targets: ['65000:1'],
  from: '192.0.2.9',
  ...more,
});
const ofCe = (prefix: string, more: Partial<FakePath> = {}): FakePath => ({
  prefix,
  rd: '65000:11',
  label: 0,
  nextHop: prefix.includes(':') ? '2001:db8:1::2' : '172.16.1.2',
  targets: ['65000:1'],
  from: '172.16.1.2',
  asPath: [65_101],
  ...more,
});
const routesAre = ({ router }: Parts, expected: string[]) =>
  vi.waitFor(() => expect(router.routes()).toEqual(expected), 10_000);
const toldOf = ({ daemon }: Parts) =>
  daemon.told.map(({ prefix, label, isWithdrawal }) => (isWithdrawal ? `- ${prefix}` : `+ ${prefix} ${label}`));

test('routes of VPNs by route target, in both families, and labelled ones; and what is withdrawn goes', async () => {
  const parts = await begin({}, (daemon) => {
    daemon.best = [
      remote('10.2.0.0/24'),
      remote('2001:db8:a2::/64', { nextHop: '::ffff:192.0.2.2' }),
      remote('10.2.0.0/24', { rd: '65000:22', targets: ['65000:2', '65000:9'], label: 24_202 }),
      remote('10.7.0.0/24', { targets: ['65000:7'] }),
      { prefix: '192.0.2.7/32', label: 160, nextHop: '172.31.0.9', from: '192.0.2.9' },
      { prefix: '192.0.2.8/32', label: 3, nextHop: '172.31.0.8', from: '192.0.2.9' },
    ];
  });
  await routesAre(parts, [
    'blue 10.2.0.0/24 via 192.0.2.2 24202',
    'global 192.0.2.7/32 via 172.31.0.9 160',
    'global 192.0.2.8/32 via 172.31.0.8 3',
    'red 10.2.0.0/24 via 192.0.2.2 24201',
    'red 2001:db8:a2::/64 via 192.0.2.2 24201',
  ]);
  // Withdrawals carry no attributes, and another target is another table.
  parts.daemon.tellBest(
    { prefix: '10.2.0.0/24', rd: '65000:12', label: 0, from: '192.0.2.9', isWithdrawal: true },
    remote('10.2.0.0/24', { rd: '65000:22', targets: ['65000:1'], label: 24_203 }),
    { prefix: '192.0.2.7/32', label: 0, from: '192.0.2.9', isWithdrawal: true },
  );
  await routesAre(parts, [
    'global 192.0.2.8/32 via 172.31.0.8 3',
    'red 10.2.0.0/24 via 192.0.2.2 24203',
    'red 2001:db8:a2::/64 via 192.0.2.2 24201',
  ]);
});

test('of several for one prefix the best is believed, and the next when it goes', async () => {
  const parts = await begin({}, (daemon) => {
    daemon.best = [
      remote('10.2.0.0/24', { rd: '65000:31', label: 31, asPath: [1, 2] }),
      remote('10.2.0.0/24', { rd: '65000:32', label: 32, asPath: [1] }),
      remote('10.2.0.0/24', { rd: '65000:33', label: 33, asPath: [1, 2, 3], localPreference: 200 }),
    ];
  });
  const gone = (rd: string) => ({ ...remote('10.2.0.0/24', { rd }), isWithdrawal: true });
  for (const label of [33, 32, 31]) {
    await routesAre(parts, [`red 10.2.0.0/24 via 192.0.2.2 ${label}`]);
    parts.daemon.tellBest(gone(`65000:${label}`));
  }
  await routesAre(parts, []);
});

test('routes of CEs go out with our label and next hop, and are withdrawn with the CE’s route or session', async () => {
  const parts = await begin({ red: ', labelMode: per-ce' }, (daemon) => {
    daemon.ofCe.set('172.16.1.2', [{ prefix: '10.1.0.0/24', nextHop: '172.16.1.2', asPath: [65_101] }]);
  });
  const { daemon, router } = parts;
  await vi.waitFor(() => expect(daemon.told).toHaveLength(1), 10_000);
  const label = router.control.labelManager.find('vrf red ce 172.16.1.2');
  expect(daemon.told[0]).toEqual({
    prefix: '10.1.0.0/24',
    label,
    nextHop: '192.0.2.1',
    isWithdrawal: false,
    attributes: ['OriginAttribute', 'AsPathAttribute', 'ExtendedCommunitiesAttribute', 'NextHopAttribute'],
  });
  expect([...router.control.labels()].find((each) => each.label === label)).toMatchObject({ state: 'active' });
  // GoBGP believes ours now; the CE goes on.
  daemon.tellBest(ofCe('10.1.0.0/24', { label: 1001, nextHop: '192.0.2.1', from: '<nil>' }));
  daemon.tellAccepted(ofCe('10.3.0.0/24'), ofCe('2001:db8:a1::/64'));
  await routesAre(parts, [
    'red 10.1.0.0/24 via 172.16.1.2 red',
    'red 10.3.0.0/24 via 172.16.1.2 red',
    'red 2001:db8:a1::/64 via 2001:db8:1::2 red',
  ]);
  daemon.tellAccepted(ofCe('10.3.0.0/24', { isWithdrawal: true }));
  await vi.waitFor(() => expect(toldOf(parts)).toContain('- 10.3.0.0/24'), 10_000);
  // No withdrawals come with the end of a session.
  daemon.tellPeer({ address: '172.16.1.2', isUp: false });
  await routesAre(parts, []);
  await vi.waitFor(
    () => expect(toldOf(parts).slice(-2).sort()).toEqual(['- 10.1.0.0/24', '- 2001:db8:a1::/64']),
    10_000,
  );
});

test('a CE’s next hop that is not on its VRF’s links is refused, and a VPN route without a real label', async () => {
  const parts = await begin();
  parts.daemon.tellAccepted(ofCe('10.5.0.0/24', { nextHop: '172.31.0.9' }), ofCe('10.6.0.0/24', { nextHop: 'x' }));
  parts.daemon.tellBest(remote('10.7.0.0/24', { label: 3 }), remote('10.8.0.0/24'));
  await routesAre(parts, ['red 10.8.0.0/24 via 192.0.2.2 24201']);
  await vi.waitFor(() => expect(parts.log.lines.join()).toContain('refused'), 10_000);
  expect(parts.daemon.told).toEqual([]);
});

test('policies: prefix lists in and out, local routes, leaks', async () => {
  const red = `, leak: [{to: blue, prefixes: [{permit: 10.2.2.0/24}]}, {from: global, prefixes: [{permit: 192.0.2.0/24, le: 32}]}]`;
  const parts = await begin({
    red: red.replace(', leak', ', labelMode: per-prefix, leak'),
    blue: ', leak: [{to: global, prefixes: [{permit: 172.16.1.4/30}]}]',
  });
  closers.push(() => {});
  parts.router.replace(
    config(parts.daemon.address, { red, blue: ', leak: [{to: global, prefixes: [{permit: 172.16.1.4/30}]}]' })
      .replace('import: ["65000:1"]', 'import: {targets: ["65000:1"], prefixes: [{permit: 10.0.0.0/8, le: 24}]}')
      .replace(
        'export: ["65000:1"]',
        'export: {targets: ["65000:1"], prefixes: [{deny: 10.1.9.0/24}, {permit: 0.0.0.0/0, le: 32}]}',
      )
      .replace('export: ["65000:2"]', 'export: {targets: ["65000:1"], local: [connected]}'),
  );
  await parts.gobgp.follow();
  await vi.waitFor(() => expect(parts.daemon.watchers).toBe(1), 10_000);
  await vi.waitFor(() => expect(toldOf(parts)).toEqual(['+ 172.16.1.4/30 1001']), 10_000);
  parts.daemon.tellBest(remote('10.2.2.0/24'), remote('10.2.3.128/25'), {
    prefix: '192.0.2.7/32',
    label: 160,
    nextHop: '172.31.0.9',
    from: '192.0.2.9',
  });
  parts.daemon.tellAccepted(ofCe('10.1.8.0/24'), ofCe('10.1.9.0/24'));
  await routesAre(parts, [
    'blue 10.2.2.0/24 via 192.0.2.2 24201',
    'global 172.16.1.4/30 table blue',
    'global 192.0.2.7/32 via 172.31.0.9 160',
    'red 10.1.8.0/24 via 172.16.1.2 red',
    'red 10.1.9.0/24 via 172.16.1.2 red',
    'red 10.2.2.0/24 via 192.0.2.2 24201',
    'red 192.0.2.7/32 via 172.31.0.9 160',
  ]);
  await vi.waitFor(() => expect(toldOf(parts)).toEqual(['+ 172.16.1.4/30 1001', '+ 10.1.8.0/24 1000']), 10_000);
});

test('a gobgpd that comes back: its routes stay until it has told all again, the rest is swept, ours are told anew', async () => {
  const parts = await begin({}, (daemon) => {
    daemon.best = [remote('10.2.0.0/24'), remote('10.3.0.0/24')];
    daemon.ofCe.set('172.16.1.2', [{ prefix: '10.1.0.0/24', nextHop: '172.16.1.2', asPath: [65_101] }]);
  });
  const { daemon } = parts;
  const all = [
    'red 10.1.0.0/24 via 172.16.1.2 red',
    'red 10.2.0.0/24 via 192.0.2.2 24201',
    'red 10.3.0.0/24 via 192.0.2.2 24201',
  ];
  await routesAre(parts, all);
  await vi.waitFor(() => expect(toldOf(parts)).toEqual(['+ 10.1.0.0/24 1000']), 10_000);
  daemon.stop();
  await routesAre(
    parts,
    all.map((each) => `${each} stale`),
  );
  daemon.best = [remote('10.3.0.0/24')];
  await daemon.start();
  await routesAre(parts, [all[0], all[2]]);
  await vi.waitFor(() => expect(toldOf(parts)).toEqual(['+ 10.1.0.0/24 1000', '+ 10.1.0.0/24 1000']), 10_000);
  // What went wrong is said once, however often it is tried.
  expect(parts.log.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
});

test('peers that were up are waited for, but no longer than configured', async () => {
  const parts = await begin({ gobgp: ', staleSeconds: 4' }, (daemon) => {
    daemon.best = [remote('10.2.0.0/24')];
  });
  const { daemon, router } = parts;
  await routesAre(parts, ['red 10.2.0.0/24 via 192.0.2.2 24201']);
  daemon.stop();
  daemon.best = [];
  daemon.peers = daemon.peers.map((peer) => ({ ...peer, isUp: false }));
  await daemon.start();
  await vi.waitFor(() => expect(daemon.watchers).toBe(1), 10_000);
  expect(router.routes()).toEqual(['red 10.2.0.0/24 via 192.0.2.2 24201 stale']);
  await routesAre(parts, []);
});

test('nobody is there: it is tried again, and said once', async () => {
  const daemon = new FakeGobgpd();
  await daemon.start();
  const { address } = daemon;
  daemon.stop();
  const log = listLog();
  const router = controlRouter(config(address));
  const gobgp = await openGobgp(router, log);
  closers.push(() => gobgp.close());
  await vi.waitFor(() => expect(log.lines).toHaveLength(1), 10_000);
  daemon.best = [remote('10.2.0.0/24')];
  daemon.vrfs = [{ name: 'red', rd: '65000:11', targets: [] }];
  await daemon.start();
  closers.push(() => daemon.stop());
  await vi.waitFor(() => expect(router.routes()).toEqual(['red 10.2.0.0/24 via 192.0.2.2 24201']), 10_000);
  expect(log.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
});

test('damaged messages end the session and nothing else', async () => {
  const parts = await begin({}, (daemon) => {
    daemon.best = [remote('10.2.0.0/24')];
  });
  await routesAre(parts, ['red 10.2.0.0/24 via 192.0.2.2 24201']);
  const whole = pathsEvent([encodeFakePath(remote('10.9.0.0/24'))]);
  for (const damaged of [
    whole.slice(0, -7),
    Uint8Array.of(0x1a, 0xff),
    Uint8Array.of(0x07, 0x01),
    new Uint8Array(40).fill(0xff),
  ]) {
    const before = parts.log.lines.filter((line) => line.includes('connected')).length;
    parts.daemon.sendBest(damaged);
    const isBack = () => parts.log.lines.filter((line) => line.includes('connected')).length > before;
    await vi.waitFor(() => expect(isBack() && parts.daemon.watchers === 1).toBe(true), 10_000);
  }
  await routesAre(parts, ['red 10.2.0.0/24 via 192.0.2.2 24201']);
});

test('what nobody stands for any more is withdrawn, and at the end all of it', async () => {
  const parts = await begin({}, (daemon) => {
    // Left by a run that was killed.
    daemon.best = [ofCe('10.4.0.0/24', { label: 1005, nextHop: '192.0.2.1', from: '<nil>' })];
    daemon.ofCe.set('172.16.1.2', [{ prefix: '10.1.0.0/24', nextHop: '172.16.1.2' }]);
  });
  await vi.waitFor(() => expect(toldOf(parts)).toEqual(['+ 10.1.0.0/24 1000', '- 10.4.0.0/24']), 10_000);
  await parts.gobgp.close();
  expect(toldOf(parts).at(-1)).toBe('- 10.1.0.0/24');
});

test('no more paths than configured, however many come', async () => {
  const parts = await begin({ gobgp: ', pathsMax: 10' }, (daemon) => {
    daemon.best = Array.from({ length: 200 }, (_, i) => remote(`10.2.${i}.0/24`));
  });
  await vi.waitFor(() => expect(parts.router.routes()).toHaveLength(10), 10_000);
  await vi.waitFor(() => expect(parts.log.lines.join()).toContain('too many'), 10_000);
});

test('a configuration without gobgp lets its routes go', async () => {
  const parts = await begin({}, (daemon) => {
    daemon.best = [remote('10.2.0.0/24')];
  });
  await routesAre(parts, ['red 10.2.0.0/24 via 192.0.2.2 24201']);
  parts.router.replace(config(parts.daemon.address).replace(/^gobgp:.*$/m, ''));
  await parts.gobgp.follow();
  expect(parts.router.routes()).toEqual([]);
});
