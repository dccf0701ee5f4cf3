// A running router is told something: a new configuration, a bad one, to stop. Workers, and the rights it needs.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../e2e/support/cli.ts';
import { Lab } from './support/lab.ts';
import { bookSides, spawnShimline } from './support/shimline.ts';
import { wanting } from './support/tools.ts';
import { pause, ping } from './support/traffic.ts';
import {
  blueStream,
  buildTwoCustomers,
  expectBooksAgree,
  expectReachable,
  expectWhole,
  redStream,
  startRouter,
  type TwoCustomers,
  twoCustomersConfig,
} from './support/two-customers.ts';

const config = twoCustomersConfig();

const { title, ready } = wanting('a running router', 'ping');

/** Some other user, who has no rights of his own, and may perhaps not even read this checkout. */
const stranger = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const main = join(projectRoot, 'src/cli/main.ts');
const [setpriv, ...asStranger] = stranger as [string, ...string[]];
const reading = `require('node:fs').accessSync(${JSON.stringify(main)})`;
const mayRead = spawnSync(setpriv, [...asStranger, process.execPath, '-e', reading]).status === 0;
const withRights = wanting(mayRead ? 'rights' : 'rights (another user cannot read this: skipped)', 'ping', 'setpriv');

let lab: Lab;
let customers: TwoCustomers;

function makeLab(): void {
  lab = new Lab('reload');
  customers = buildTwoCustomers(lab);
}

describe.skipIf(!ready)(title, () => {
  beforeEach(makeLab);
  afterEach(() => lab.close());

  test('SIGHUP under traffic: the new configuration holds, and no frame is lost', async () => {
    const { hosts } = customers;
    const router = await startRouter(customers, config);
    await expectReachable(hosts['blue-a'], '10.2.0.2');
    hosts['red-b'].ip('addr add 10.9.0.1/32 dev lo');
    expect(ping(hosts['red-a'], '10.9.0.1', { count: 1 }).answers).toBe(0);
    const stream = await blueStream(customers, { packetsPerSecond: 2000 });
    const route = 'routes: [{vrf: red, prefix: 10.9.0.0/24, via: 10.2.0.2}]';
    const changed = twoCustomersConfig({}, route);
    expect(await router.reload(changed)).not.toMatchObject({ level: 'error' });
    expect(ping(hosts['red-a'], '10.9.0.1').text).toContain('3 received');
    for (let i = 0; i < 5; i++) {
      await router.reload(config);
      expect(ping(hosts['red-a'], '10.9.0.1', { count: 1 }).answers).toBe(0);
      await router.reload(changed);
      expect(ping(hosts['red-a'], '10.9.0.1', { count: 1 }).answers).toBe(1);
    }
    expectWhole(await stream.stop());
    const { status, summary } = await router.stop();
    expect(status).toBe(0);
    expectBooksAgree(customers, summary);
  });

  test('a bad file changes nothing, and the log says what is wrong with it', async () => {
    const { hosts } = customers;
    const router = await startRouter(customers, config);
    await expectReachable(hosts['red-a'], '10.2.0.2');
    const stream = await blueStream(customers);
    const from = router.log.length;
    await router.reload(config.replace('vrf: red', 'vrf: rod'));
    await router.logged((line) => /rod/.test(JSON.stringify(line)), from);
    expect(ping(hosts['red-a'], '10.2.0.2').text).toContain('3 received');
    await pause(200);
    expectWhole(await stream.stop());
    expect((await router.stop()).status).toBe(0);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s: the summary, and status 0', async (signal) => {
    const router = await startRouter(customers, config);
    const stream = await blueStream(customers);
    await pause(300);
    const { status, signal: by, summary } = await router.stop(signal);
    await stream.stop();
    expect({ status, by }).toEqual({ status: 0, by: null });
    const { came, went } = bookSides(summary);
    expect(went).toBe(came);
    expect(summary.frames.out).toBeGreaterThan(50);
    expect(customers.router.links().sort()).toEqual(['blue-a', 'blue-b', 'lo', 'red-a', 'red-b']);
  });

  test('a TAP is made for the run and goes with it', async () => {
    const { hosts } = customers;
    const inHost = `{tap: {name: tap0, netns: ${hosts['red-b'].name}}}`;
    const router = await startRouter(customers, twoCustomersConfig({ 'red-b': inHost }));
    hosts['red-b'].ip(
      'addr flush dev eth0',
      'link set dev tap0 up',
      'addr add 10.2.0.2/24 dev tap0',
      'route add default via 10.2.0.1',
    );
    await expectReachable(hosts['red-a'], '10.2.0.2');
    expect((await router.stop()).status).toBe(0);
    expect(hosts['red-b'].links()).not.toContain('tap0');
  });

  test.each([1, 3])('%i workers deliver everything, every flow in order', async (workers) => {
    const { hosts } = customers;
    const router = await startRouter(customers, config, { workers });
    await expectReachable(hosts['red-a'], '10.2.0.2');
    await expectReachable(hosts['blue-a'], '10.2.0.2');
    const streams = [
      await redStream(customers, { packetsPerSecond: 3000, flows: 32 }),
      await blueStream(customers, { packetsPerSecond: 3000, flows: 32 }),
    ];
    await pause(1000);
    for (const stream of streams) {
      const datagrams = await stream.stop();
      expectWhole(datagrams);
      expect(datagrams.flows).toBe(32);
    }
    const { status, summary } = await router.stop();
    expect(status).toBe(0);
    expectBooksAgree(customers, summary);
  });
});

describe.skipIf(!withRights.ready || !mayRead)(withRights.title, () => {
  beforeEach(makeLab);
  afterEach(() => lab.close());

  /** An ordinary user with these capabilities and no others. */
  function as(...capabilities: string[]): string[] {
    const kept = capabilities.map((name) => `+${name}`).join(',');
    const only = kept === '' ? '-all' : `-all,${kept}`;
    return [...stranger, `--inh-caps=${only}`, `--ambient-caps=${only}`, `--bounding-set=${only}`];
  }

  test('CAP_NET_RAW and CAP_NET_ADMIN are enough', async () => {
    const router = await startRouter(customers, config, { by: as('net_raw', 'net_admin') });
    await expectReachable(customers.hosts['red-a'], '10.2.0.2');
    expect((await router.stop()).status).toBe(0);
  });

  test('without rights the error says which one is missing', async () => {
    const router = spawnShimline(lab, customers.router, config, { by: as() });
    const { status } = await router.end();
    expect(status).toBe(1);
    expect(router.log.map(({ msg }) => msg).join('\n')).toContain('CAP_NET_RAW');
  });

  test('a control port in another namespace wants CAP_SYS_ADMIN, and says so', async () => {
    const control = `controlPort: {name: cp, netns: ${customers.hosts['red-b'].name}}, `;
    const more = config.replace('red-a: {', `red-a: {${control}`);
    const router = spawnShimline(lab, customers.router, more, { by: as('net_raw', 'net_admin') });
    const { status } = await router.end();
    expect(status).toBe(1);
    expect(router.log.map(({ msg }) => msg).join('\n')).toContain('CAP_SYS_ADMIN');
  });
});
