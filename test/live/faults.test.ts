// What happens to live links: they flap, go away, bring what nobody should send. Each time red has the trouble, and
// blue's datagrams arrive all the same; memory stays flat, and the books agree with what the kernel counted.
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { arp, type Bytes, eth, filler, icmp4, ipv4, udp } from '../support/frames.ts';
import { Lab } from './support/lab.ts';
import { wanting } from './support/tools.ts';
import { flood, pause, ping, tcpStream } from './support/traffic.ts';
import {
  blueStream,
  buildTwoCustomers,
  expectBooksAgree,
  expectFlatMemory,
  expectReachable,
  expectWhole,
  layCable,
  redStream,
  startRouter,
  type TwoCustomers,
  twoCustomersConfig,
} from './support/two-customers.ts';

const { title, ready } = wanting('faults of live links', 'ping');
const config = twoCustomersConfig();

describe.skipIf(!ready)(title, () => {
  let lab: Lab;
  beforeEach(() => {
    lab = new Lab('faults');
  });
  afterEach(() => lab.close());

  /** Link addresses of frames from red-a to the router. */
  const toRouter = ({ hosts, router }: TwoCustomers) => ({
    dst: router.mac('red-a'),
    src: hosts['red-a'].mac('eth0'),
  });

  /** Starts the router, floods it with red's frames while blue sends, and answers the summary. */
  async function underFlood(frames: (customers: TwoCustomers) => readonly Bytes[], framesPerSecond = 20_000) {
    const customers = buildTwoCustomers(lab);
    const router = await startRouter(customers, config);
    const { hosts } = customers;
    await expectReachable(hosts['red-a'], '10.2.0.2');
    const stream = await blueStream(customers);
    const { sent } = await expectFlatMemory(router, () =>
      flood(lab, hosts['red-a'], 'eth0', frames(customers), { framesPerSecond, seconds: 2 }),
    );
    expect(sent).toBeGreaterThan(1000);
    const answers = ping(hosts['blue-a'], '10.1.0.1').answers;
    expectWhole(await stream.stop());
    await expectReachable(hosts['red-a'], '10.2.0.2');
    const { status, summary } = await router.stop();
    expect(status).toBe(0);
    expectBooksAgree(customers, summary);
    return { sent, summary, answers };
  }

  test('a link that goes down and up 200 times', async () => {
    const customers = buildTwoCustomers(lab);
    const { hosts } = customers;
    const router = await startRouter(customers, config);
    await expectReachable(hosts['red-a'], '10.2.0.2');
    const blue = await blueStream(customers);
    const red = await redStream(customers);
    const flaps = Array.from({ length: 200 }, () => ['link set dev red-a down', 'link set dev red-a up']).flat();
    const file = lab.file('flaps', `${flaps.join('\n')}\n`);
    await expectFlatMemory(router, async () => {
      expect(await customers.router.runAside('ip', '-batch', file)).toMatchObject({ status: 0, err: '' });
    });
    await expectReachable(hosts['red-a'], '10.2.0.2');
    await pause(500);
    expectWhole(await blue.stop());
    // In which order the kernel hands on what waits when its link returns is its own affair.
    const { sent, received, repeated } = await red.stop();
    expect(repeated).toBe(0);
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThanOrEqual(sent);
    const { status, summary } = await router.stop();
    expect(status).toBe(0);
    // Red's first port may have missed what came between the link's return and the socket's.
    expectBooksAgree(customers, summary, ['red-b', 'blue-a', 'blue-b']);
    expect(summary.interfaces['red-a']?.in.frames).toBeLessThanOrEqual(hosts['red-a'].counts('eth0').sent);
  });

  test('an interface that is deleted and made again', async () => {
    const customers = buildTwoCustomers(lab);
    const { hosts } = customers;
    const router = await startRouter(customers, config);
    const blue = await blueStream(customers);
    for (let round = 0; round < 3; round++) {
      await expectReachable(hosts['red-a'], '10.2.0.2');
      customers.router.ip('link del dev red-a');
      expect(ping(hosts['red-b'], '10.1.0.2', { count: 1 }).answers).toBe(0);
      layCable(customers, 'red-a');
    }
    await expectReachable(hosts['red-a'], '10.2.0.2');
    expectWhole(await blue.stop());
    const { status, summary } = await router.stop();
    expect(status).toBe(0);
    expectBooksAgree(customers, summary, ['red-b', 'blue-a', 'blue-b']);
  });

  test('an interface that is missing at first', async () => {
    const customers = buildTwoCustomers(lab);
    customers.router.ip('link del dev red-a');
    const router = await startRouter(customers, config);
    await expectReachable(customers.hosts['blue-a'], '10.2.0.2');
    layCable(customers, 'red-a');
    await expectReachable(customers.hosts['red-a'], '10.2.0.2');
    expect((await router.stop()).status).toBe(0);
  });

  test('a peer that sends frames of 65 kB', async () => {
    const customers = buildTwoCustomers(lab, 65_000);
    const { hosts } = customers;
    const router = await startRouter(customers, config);
    const blue = await blueStream(customers);
    await expectReachable(hosts['red-a'], '10.2.0.2');
    const packet = ipv4({ src: '10.1.0.2', dst: '10.2.0.2', protocol: 17, df: true }, udp(9, 9, filler(64_000)));
    const long = eth({ ...toRouter(customers), type: 0x0800 }, packet);
    const { sent } = await expectFlatMemory(router, () =>
      flood(lab, hosts['red-a'], 'eth0', [long], { framesPerSecond: 500, seconds: 2 }),
    );
    // What the kernel itself makes of a stream; the config says 1500 bytes, so it has to learn that.
    const { sentDigest, receivedDigest } = await tcpStream(hosts['red-a'], hosts['red-b'], '10.2.0.2', 1_000_000);
    expect(receivedDigest).toBe(sentDigest);
    expectWhole(await blue.stop());
    const { summary } = await router.stop();
    expect(sent).toBeGreaterThan(100);
    expectBooksAgree(customers, summary);
  });

  test('a flood of ARP from random addresses, and to neighbours that do not exist', async () => {
    const { summary, answers } = await underFlood((customers) =>
      Array.from({ length: 2000 }, (_, i) => {
        const mac = `02:aa:00:00:${hexByte(i >> 8)}:${hexByte(i)}`;
        const address = `10.1.0.${3 + (i % 250)}`;
        const request = eth(
          { dst: 'ff:ff:ff:ff:ff:ff', src: mac, type: 0x0806 },
          arp(1, mac, address, noMac, '10.1.0.1'),
        );
        const packet = ipv4({ src: '10.1.0.2', dst: `10.2.0.${3 + (i % 250)}`, protocol: 17 }, udp(9, 9));
        return i % 4 === 3 ? eth({ ...toRouter(customers), type: 0x0800 }, packet) : request;
      }),
    );
    expect(summary.punts.arp).toBeGreaterThan(0);
    expect(answers).toBe(3);
  });

  test('a flood of packets whose TTL ends here: errors are limited', async () => {
    const { summary } = await underFlood((customers) => {
      const packet = ipv4({ src: '10.1.0.2', dst: '10.2.0.2', ttl: 1, protocol: 17 }, udp(9, 9));
      return [eth({ ...toRouter(customers), type: 0x0800 }, packet)];
    });
    expect(summary.drops['ttl-expired']).toBeGreaterThan(1000);
    expect(summary.drops['icmp-limited']).toBeGreaterThan(500);
    // 100 at once and 100 a second, and ARP, and echo.
    expect(summary.interfaces['red-a']?.out.frames).toBeLessThan(5000);
  });

  test('a flood of packets for the router itself', async () => {
    const { summary, answers } = await underFlood((customers) => {
      const link = { ...toRouter(customers), type: 0x0800 };
      const to = { src: '10.1.0.2', dst: '10.1.0.1' };
      return [
        eth(link, ipv4({ ...to, protocol: 1 }, icmp4(8, 0, [0, 1, 0, 1], filler(32)))),
        eth(link, ipv4({ ...to, protocol: 17 }, udp(179, 179))),
        eth(link, ipv4({ ...to, protocol: 6 }, udp(179, 179))),
      ];
    });
    expect(answers).toBe(3);
    expect(summary.punts.local).toBeGreaterThan(0);
  });

  test('a full disk under a capture that is written', async () => {
    const customers = buildTwoCustomers(lab);
    const { hosts } = customers;
    const folder = lab.path('small');
    mkdirSync(folder);
    // A neighbour that never answers has to be told.
    const neighbor = 'neighbors: [{interface: red-b, address: 10.2.0.2, mac: "02:00:00:00:00:99"}]';
    const full = twoCustomersConfig({ 'red-b': `{pcap: {out: ${folder}/red-b.pcap}}` }, neighbor).replace(
      'red-b: {',
      'red-b: {mac: "02:00:00:00:00:0b", ',
    );
    // `ip netns exec` has given the process a mount namespace of its own.
    const small = ['sh', '-ec', `mount -t tmpfs -o size=128k none ${folder}; exec "$@"`, 'sh'];
    const router = await startRouter(customers, full, { by: small });
    const blue = await blueStream(customers);
    const packet = ipv4({ src: '10.1.0.2', dst: '10.2.0.2', protocol: 17 }, udp(9, 9, filler(400)));
    const frame = eth({ ...toRouter(customers), type: 0x0800 }, packet);
    const { sent } = await expectFlatMemory(router, () =>
      flood(lab, hosts['red-a'], 'eth0', [frame], { framesPerSecond: 5000, seconds: 1 }),
    );
    expect(sent).toBeGreaterThan(500);
    expectWhole(await blue.stop());
    const { status, summary, log } = await router.stop();
    expect(status).toBe(0);
    expect(log.some((line) => JSON.stringify(line).includes('red-b') && /space/i.test(JSON.stringify(line)))).toBe(
      true,
    );
    expectBooksAgree(customers, summary, ['red-a', 'blue-a', 'blue-b']);
  });

  test('kill -9 and a new start', async () => {
    const customers = buildTwoCustomers(lab);
    const { hosts } = customers;
    const first = await startRouter(customers, config);
    await expectReachable(hosts['red-a'], '10.2.0.2');
    const stream = await redStream(customers);
    await first.kill();
    const second = await startRouter(customers, config);
    await expectReachable(hosts['red-a'], '10.2.0.2');
    await pause(500);
    const { received, sent, disordered, repeated } = await stream.stop();
    expect({ disordered, repeated }).toEqual({ disordered: 0, repeated: 0 });
    expect(received).toBeGreaterThan(100);
    expect(received).toBeLessThan(sent);
    const { status } = await second.stop();
    expect(status).toBe(0);
  });
});

const noMac = '00:00:00:00:00:00';
const hexByte = (value: number): string => (value & 255).toString(16).padStart(2, '0');
