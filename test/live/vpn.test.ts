// A VPN backbone of three `shimline run` processes between Linux hosts (support/backbone.ts): what customers of an
// MPLS provider do all day, and what they must not be able to do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eth, filler, ipv4, labels, udp } from '../support/frames.ts';
import { type Backbone, buildBackbone, startRouters } from './support/backbone.ts';
import { Capture } from './support/capture.ts';
import { Lab, type Namespace } from './support/lab.ts';
import { bookSides } from './support/shimline.ts';
import { wanting } from './support/tools.ts';
import { flood, ping, tcpStream, UdpStream } from './support/traffic.ts';
import { expectWhole } from './support/two-customers.ts';

const { title, ready } = wanting('two customers, two PEs and a P', 'ping', 'tshark');
/** Where no answer is expected. */
const unanswered = { count: 2, waitSeconds: 0.5 };
/** Of each TCP stream. */
const streamBytes = 3_000_000;
const tracing = wanting('traceroute shows the labels', 'traceroute');

describe.skipIf(!ready)(title, () => {
  let lab: Lab;
  let backbone: Backbone;
  let hosts: Backbone['hosts'];
  let routers: Awaited<ReturnType<typeof startRouters>>;
  /** What arrived at each end of the core's links. */
  const core = {} as Record<'fromPe1' | 'atPe1' | 'fromPe2' | 'atPe2', Capture>;

  beforeAll(async () => {
    lab = new Lab('vpn');
    backbone = buildBackbone(lab);
    ({ hosts } = backbone);
    const { pe1, p, pe2 } = backbone.places;
    core.fromPe1 = await Capture.start(lab, p, 'to-pe1');
    core.fromPe2 = await Capture.start(lab, p, 'to-pe2');
    core.atPe1 = await Capture.start(lab, pe1, 'core');
    core.atPe2 = await Capture.start(lab, pe2, 'core');
    routers = await startRouters(lab, backbone);
  });
  afterAll(() => lab?.close());

  test('ping and ping6, from site to site, for both customers', () => {
    for (const from of [hosts.red1, hosts.blue1]) {
      expect(ping(from, '10.2.0.2', { count: 1 }).answers).toBe(1);
      expect(ping(from, '2001:db8:a2::2', { count: 1 }).answers).toBe(1);
      expect(ping(from, '10.2.0.2').text).toContain('3 received');
      expect(ping(from, '2001:db8:a2::2').text).toContain('3 received');
    }
    // 64, less PE1, P and PE2: the TTL is one, whatever carried it.
    expect(ping(hosts.red1, '10.2.0.2').text).toContain('ttl=61');
  });

  test('the router answers for its own addresses', () => {
    expect(ping(hosts.red1, '10.1.0.1').text).toContain('3 received');
    expect(ping(hosts.blue2, '2001:db8:a2::1').text).toContain('3 received');
  });

  test('datagrams arrive once and in order', async () => {
    const stream = await UdpStream.start(hosts.red1, hosts.red2, '10.2.0.2', { packetsPerSecond: 2000, flows: 8 });
    ping(hosts.blue1, '10.2.0.2', { count: 20 });
    expectWhole(await stream.stop());
  });

  // The hosts' offloads are as the kernel sets them: frames of 65 kB without checksums leave the sender. And the path
  // MTU is not known yet.
  test.each(['10.2.0.2', '2001:db8:a2::2'])('a TCP stream to %s arrives as it was sent', async (address) => {
    const { sentDigest, receivedDigest, receivedBytes } = await tcpStream(hosts.red1, hosts.red2, address, streamBytes);
    expect(receivedBytes).toBe(streamBytes);
    expect(receivedDigest).toBe(sentDigest);
  });

  test('the path MTU through the backbone is found, two labels less than the links have', () => {
    const { blue1 } = hosts;
    expect(ping(blue1, '10.2.0.2', { bytes: 1472, fragment: 'do' }).text).toMatch(/mtu = 1492/);
    expect(ping(blue1, '10.2.0.2', { bytes: 1464, fragment: 'do' }).text).toContain('3 received');
    expect(blue1.run('ip', 'route', 'get', '10.2.0.2').out).toContain('mtu 1492');
    ping(blue1, '2001:db8:a2::2', { bytes: 1452 });
    expect(ping(blue1, '2001:db8:a2::2', { bytes: 1452 }).text).toContain('3 received');
    expect(blue1.run('ip', '-6', 'route', 'get', '2001:db8:a2::2').out).toContain('mtu 1492');
  });

  test('packets in fragments arrive, those of hosts and those that the PE has to cut', () => {
    const { blue2 } = hosts;
    // Fragments of 1500 bytes: PE2 cuts them again.
    expect(ping(blue2, '10.1.0.2', { bytes: 3000, fragment: 'dont' }).text).toContain('3 received');
    expect(ping(blue2, '10.1.0.2', { bytes: 1472, fragment: 'dont' }).text).toContain('3 received');
    // The host learns the path MTU by the first and cuts to it.
    ping(blue2, '10.1.0.2', { bytes: 1472, fragment: 'want' });
    expect(ping(blue2, '10.1.0.2', { bytes: 3000, fragment: 'want' }).text).toContain('3 received');
    ping(blue2, '2001:db8:a1::2', { bytes: 3000 });
    expect(ping(blue2, '2001:db8:a1::2', { bytes: 3000 }).text).toContain('3 received');
  });

  describe.skipIf(!tracing.ready)(tracing.title, () => {
    /** Hops as `address labels`, in the order of their TTL. */
    function hops(from: Namespace, ...args: string[]): string[] {
      const { out } = from.run('traceroute', '-n', '-e', '-q', '1', '-m', '6', '-w', '3', ...args);
      return out
        .split('\n')
        .slice(1)
        .flatMap((line) => {
          const [, address] = /^\s*\d+\s+(\S+)/.exec(line) ?? [];
          const stack = [...line.matchAll(/L=(\d+)/g)].map(([, label]) => label);
          return address === undefined ? [] : [[address, ...stack].join(' ')];
        });
    }

    test('IPv4', () => {
      const expected = ['10.1.0.1', '192.0.2.9 16002 24201', '192.0.2.2 24201', '10.2.0.2'];
      expect(hops(hosts.red1, '10.2.0.2')).toEqual(expected);
    });

    test('IPv6', () => {
      const expected = ['2001:db8:a1::1', '2001:db8::9 16002 24201', '2001:db8::2 24201', '2001:db8:a2::2'];
      expect(hops(hosts.red1, '-6', '2001:db8:a2::2')).toEqual(expected);
    });
  });

  describe('nobody reaches what is not his', () => {
    test('the same address is another host for the other customer', async () => {
      const own = await UdpStream.start(hosts.red1, hosts.red2, '10.2.0.2', { port: 7001, packetsPerSecond: 200 });
      // A receiver at blue2 for the same address and port, with a sender that sends somewhere else.
      const other = await UdpStream.start(hosts.blue1, hosts.blue2, '10.66.0.1', {
        port: 7001,
        packetsPerSecond: 100,
        flows: 1,
      });
      ping(hosts.red1, '10.2.0.2', { count: 10 });
      const mine = await own.stop();
      expect(mine.lost).toBe(0);
      expect(mine.sent).toBeGreaterThan(10);
      // Had any of red's come here, more than were sent would have arrived.
      expect(await other.stop()).toMatchObject({ lost: 0, flows: 1 });
    });

    test('an address that only the other customer has', () => {
      expect(ping(hosts.blue1, '10.66.0.1').answers).toBe(3);
      expect(ping(hosts.red1, '10.66.0.1', unanswered).answers).toBe(0);
    });

    test('the core, for the customer with internet access and for the one without', () => {
      for (const from of [hosts.red1, hosts.blue1]) {
        for (const address of ['172.31.1.1', '172.31.1.2', '172.31.2.2', '192.0.2.1', '192.0.2.2', '192.0.2.9']) {
          expect(ping(from, address, unanswered).answers).toBe(0);
        }
      }
    });

    test('labelled frames from a customer, that would lead to the other, and addresses that are not his', async () => {
      const packet = (src: string) => ipv4({ src, dst: '10.2.0.2', protocol: 17 }, udp(9, 9, filler(18)));
      const router = backbone.places.pe1.mac('ce-red');
      const link = { dst: router, src: hosts.red1.mac('eth0') };
      const spoofed = [
        eth({ ...link, type: 0x8847 }, [...labels(16002, 24202), ...packet('10.1.0.2')]),
        eth({ ...link, type: 0x8847 }, [...labels(24102), ...packet('10.1.0.2')]),
        eth({ ...link, type: 0x0800 }, packet('10.66.0.1')),
      ];
      const watch = await Capture.start(lab, hosts.blue2, 'eth0', 'udp port 9');
      const { sent } = await flood(lab, hosts.red1, 'eth0', spoofed, { framesPerSecond: 1000, seconds: 0.1 });
      expect(sent).toBeGreaterThan(9);
      await watch.stop();
      expect(watch.rows('udp.port == 9', 'ip.src')).toEqual([]);
    });
  });

  test('the internet, and its way back', () => {
    const { red1, blue1, internet } = hosts;
    expect(ping(red1, '203.0.113.2', { source: '198.51.100.1' }).text).toContain('3 received');
    expect(ping(internet, '198.51.100.1').text).toContain('3 received');
    expect(ping(blue1, '203.0.113.2', unanswered).answers).toBe(0);
    expect(ping(internet, '10.1.0.2', unanswered).answers).toBe(0);
  });

  test('the traffic class is carried in the labels', () => {
    const { out } = hosts.red1.run('ping', '-n', '-c', '3', '-i', '0.05', '-Q', '0xb8', '-s', '77', '10.2.0.2');
    expect(out).toContain('3 received');
  });

  // The last two look back at what all those before have left behind.
  describe('the frames on the core', () => {
    beforeAll(async () => {
      await Promise.all(Object.values(core).map((capture) => capture.stop()));
    });

    test('tshark finds nothing to complain about, and every checksum right', () => {
      for (const capture of Object.values(core)) {
        expect(capture.complaints()).toEqual([]);
        const fields = ['ip', 'icmp', 'icmpv6', 'udp', 'tcp'].map((protocol) => `${protocol}.checksum.status`);
        const rows = capture.rows('ip or ipv6', ...fields);
        expect(rows.length).toBeGreaterThan(100);
        // Of the outermost packet: what an ICMP error quotes is cut off. 0 is bad.
        const wrong = rows.filter((row) => row.map((cell) => cell.split(',')[0]).includes('0'));
        expect(wrong).toEqual([]);
      }
    });

    test('the label stacks are those of the configuration, and no others', () => {
      const stacks = (capture: Capture) => [...new Set(capture.rows('mpls', 'mpls.label').flat())].sort();
      // Without a second label: what goes by the global table.
      expect(stacks(core.fromPe1)).toEqual(['16002', '16002,24201', '16002,24202']);
      expect(stacks(core.atPe2)).toEqual(['24201', '24202']);
      expect(stacks(core.fromPe2)).toEqual(['16001', '16001,24101', '16001,24102']);
      expect(stacks(core.atPe1)).toEqual(['0', '0,24101', '0,24102']);
    });

    test('TTL and traffic class of the labels follow the packet', () => {
      const request = 'icmp.type == 8 and frame.len > 120 and frame.len < 140';
      const fields = ['mpls.ttl', 'mpls.exp', 'mpls.bottom', 'ip.ttl', 'ip.dsfield.dscp'];
      const seen = (capture: Capture) => [...new Set(capture.rows(request, ...fields).map((row) => row.join(' ')))];
      expect(seen(core.fromPe1)).toEqual(['63,63 5,5 0,1 63 46']);
      expect(seen(core.atPe2)).toEqual(['62 5 1 63 46']);
    });

    test('no frame is longer than the links allow', () => {
      for (const capture of Object.values(core)) expect(capture.rows('frame.len > 1514', 'frame.len')).toEqual([]);
    });
  });

  test('at the end every frame is accounted for, and what was refused has its reason', async () => {
    const { pe1, p, pe2 } = routers;
    for (const router of [pe1, p, pe2]) {
      const { status, summary } = await router.stop();
      expect(status).toBe(0);
      const { came, went } = bookSides(summary);
      expect(went).toBe(came);
      if (router !== pe1) continue;
      expect(summary.drops).toMatchObject({
        'mpls-off': expect.any(Number),
        urpf: expect.any(Number),
        blackhole: expect.any(Number),
        'no-route': expect.any(Number),
      });
    }
  });
});
