// The backbone as a wire and as a switch (support/layer2-backbone.ts): hosts that share a subnet across four `shimline run`
// processes, what they may see of each other, and a loop that a customer made.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPcapng } from '../e2e/support/captures.ts';
import { cli } from '../e2e/support/cli.ts';
import { eth, filler } from '../support/frames.ts';
import { Bird } from './support/bird.ts';
import { Capture } from './support/capture.ts';
import { Lab, type Namespace } from './support/lab.ts';
import {
  buildLayer2,
  closeRing,
  type Layer2Backbone,
  type Layer2Routers,
  lspToDual,
  pe1,
  pe3,
  startLayer2,
  stormRate,
} from './support/layer2-backbone.ts';
import { bookSides } from './support/shimline.ts';
import { wanting } from './support/tools.ts';
import { flood, pause, ping, UdpStream } from './support/traffic.ts';
import { expectReachable, expectWhole } from './support/two-customers.ts';

const { title, ready } = wanting('customers on the layer 2 of a backbone', 'ping', 'tshark');
const routing = wanting('OSPF of two routers straight across the wire', 'bird', 'birdc');

/** A frame in hexadecimal. */
const textOf = (frame: readonly number[]): string => Buffer.from(frame).toString('hex');

/** EtherType of the tests' own frames (IEEE 802, local experiments). */
const ours = 0x88b5;
const broadcast = 'ff:ff:ff:ff:ff:ff';

describe.skipIf(!ready)(title, () => {
  let lab: Lab;
  let backbone: Layer2Backbone;
  let hosts: Layer2Backbone['hosts'];
  let routers: Layer2Routers;

  beforeAll(async () => {
    lab = new Lab('layer');
    backbone = buildLayer2(lab);
    ({ hosts } = backbone);
    routers = await startLayer2(lab, backbone);
  });
  afterAll(() => lab?.close());

  /** What hosts saw that passes the filter while something was done. */
  async function seen(at: readonly Namespace[], filter: string, work: () => Promise<unknown>): Promise<string[][]> {
    const captures = await Promise.all(at.map((host) => Capture.start(lab, host, 'eth0', filter)));
    await work();
    await pause(300);
    await Promise.all(captures.map((capture) => capture.stop()));
    return captures.map(({ file }) => readPcapng(readFileSync(file)).packets.map(({ bytes }) => textOf(bytes)));
  }

  const send = (from: Namespace, frames: readonly (readonly number[])[], framesPerSecond = 500, seconds = 0.2) =>
    flood(lab, from, 'eth0', frames, { framesPerSecond, seconds });

  describe('a wire between two sites', () => {
    test('hosts find each other by ARP and neighbour discovery, and see no router between', async () => {
      const { wire1, wire2 } = hosts;
      await expectReachable(wire1, '10.9.0.2');
      expect(ping(wire1, '10.9.0.2').text).toContain('ttl=64');
      await expectReachable(wire2, '2001:db8:9::1');
      expect(ping(wire1, '2001:db8:9::2').text).toContain('3 received');
      expect(wire1.run('ip', 'neigh', 'show', '10.9.0.2').out).toContain(wire2.mac('eth0'));
      expect(wire1.run('ip', 'neigh', 'show', '2001:db8:9::2').out).toContain(wire2.mac('eth0'));
    });

    test('jumbo frames, up to the mtu of the circuit', () => {
      // One at a time: of several, ping waits for the last ones no longer than the first took.
      for (let i = 0; i < 3; i++) {
        expect(ping(hosts.wire1, '10.9.0.2', { bytes: 8972, fragment: 'do', count: 1 }).text).toContain('1 received');
        expect(ping(hosts.wire2, '2001:db8:9::1', { bytes: 8952, count: 1 }).text).toContain('1 received');
      }
    });

    test('tagged frames, LACP, spanning tree and whatever else arrive as they were sent, in order', async () => {
      const { wire1, wire2 } = hosts;
      const link = { dst: wire2.mac('eth0'), src: wire1.mac('eth0') };
      const frames = [
        eth({ ...link, tags: [[0x8100, 0x6064]], type: ours }, filler(50)),
        eth(
          {
            ...link,
            tags: [
              [0x88a8, 0x20c8],
              [0x8100, 0x0007],
            ],
            type: ours,
          },
          filler(1400, 3),
        ),
        eth({ ...link, tags: [[0x8100, 0x0000]], type: ours }, filler(8900, 5)),
        eth({ ...link, type: ours }, filler(46, 7)),
        eth({ ...link, dst: '01:80:c2:00:00:02', type: 0x8809 }, [1, 1, ...filler(108)]),
        // Spanning tree has a length there, and LLC behind it.
        eth({ ...link, dst: '01:80:c2:00:00:00', type: 38 }, [0x42, 0x42, 3, ...filler(43)]),
        eth({ ...link, dst: '01:80:c2:00:00:0e', type: 0x88cc }, filler(60)),
        eth({ ...link, dst: broadcast, type: ours }, filler(46, 9)),
      ];
      let sent = 0;
      const filter = 'ether proto 0x88b5 or vlan or ether[0:4] = 0x0180c200 or ether proto 0x88a8';
      const [arrived] = await seen([wire2], filter, async () => {
        ({ sent } = await send(wire1, frames));
      });
      expect(sent).toBeGreaterThanOrEqual(frames.length);
      expect(arrived).toEqual(Array.from({ length: sent }, (_, i) => textOf(frames[i % frames.length] ?? [])));
    });

    test('datagrams of several flows arrive once and in order', async () => {
      const stream = await UdpStream.start(hosts.wire1, hosts.wire2, '10.9.0.2', { flows: 4 });
      await pause(500);
      expectWhole(await stream.stop());
    });

    describe.skipIf(!routing.ready)(routing.title, () => {
      let [one, two, ce1, ce2, pe1, pe2]: Bird[] = [];

      beforeAll(() => {
        one = new Bird(lab, hosts.wire1, 'bird1', '10.255.0.1');
        two = new Bird(lab, hosts.wire2, 'bird2', '10.255.0.2');
        ce1 = new Bird(lab, hosts.vpn1, 'ce1', '10.255.1.1');
        ce2 = new Bird(lab, hosts.vpn2, 'ce2', '10.255.1.2');
        pe1 = new Bird(lab, hosts.control1, 'pe1', '10.255.2.1', 'cp-vpn');
        pe2 = new Bird(lab, hosts.control2, 'pe2', '10.255.2.2', 'cp-vpn');
      });

      test('the adjacency is full, and each knows the loopback of the other', async () => {
        expect(await one.shows(/Full/, 'ospf', 'neighbors')).toMatch(/10\.255\.0\.2\s+\d+\s+Full/);
        expect(await two.shows(/Full/, 'ospf', 'neighbors')).toMatch(/10\.255\.0\.1\s+\d+\s+Full/);
        expect(await one.shows(/10\.255\.0\.2\/32/, 'route')).toContain('via 10.9.0.2 on eth0');
        expect(await two.shows(/10\.255\.0\.1\/32/, 'route')).toContain('via 10.9.0.1 on eth0');
        await expectReachable(hosts.wire1, '10.255.0.2');
      });

      test('for contrast: in a layer 3 VPN each has one with its PE, and none with the other', async () => {
        for (const [ce, pe, ceId, peId] of [
          [ce1, pe1, '10.255.1.1', '10.255.2.1'],
          [ce2, pe2, '10.255.1.2', '10.255.2.2'],
        ] as const) {
          const ids = (text: string) => text.match(/10\.255\.\d\.\d(?=\s+\d+\s+Full)/g);
          expect(ids(await ce.shows(/Full/, 'ospf', 'neighbors'))).toEqual([peId]);
          expect(ids(await pe.shows(/Full/, 'ospf', 'neighbors'))).toEqual([ceId]);
          // The PE is a router of its own: it tells of itself alone.
          expect(await ce.shows(new RegExp(`${peId}/32`), 'route')).not.toContain(
            ceId === '10.255.1.1' ? '10.255.1.2' : '10.255.1.1',
          );
        }
        // And yet the one site reaches the other.
        await expectReachable(hosts.vpn1, '10.21.2.2');
        expect(ping(hosts.vpn1, '10.21.2.2', { count: 1 }).text).toContain('ttl=61');
      });
    });
  });

  test('a backup takes over when the LSP to the primary is gone, and steps back when it is there again', async () => {
    const { dual1, dual2, control1 } = hosts;
    const pseudowires = async () => {
      const { out } = await cli('show', 'pseudowires', '--json', '--api', `unix:${lab.path('pe1.sock')}`);
      const rows = JSON.parse(out) as { name: string; up: boolean; reason?: string; role: string }[];
      return rows
        .filter(({ name }) => name.startsWith('dual'))
        .map(({ name, up, reason, role }) => [name, up ? 'up' : reason, role]);
    };
    const arrivedBy = async (link: string) => {
      const before = dual2.counts(link).received;
      for (let i = 0; i < 3; i++) expect(ping(dual1, '10.5.0.2', { count: 1 }).text).toContain('1 received');
      return dual2.counts(link).received - before;
    };
    const text = pe1(control1.name);
    await expectReachable(dual1, '10.5.0.2');
    expect(await pseudowires()).toEqual([
      ['dual-2', 'up', 'active'],
      ['dual-3', 'up', 'standby'],
    ]);
    const stream = await UdpStream.start(dual1, dual2, '10.5.0.2', { packetsPerSecond: 200, flows: 1 });
    await pause(200);
    await routers.pe1.reload(text.replace(lspToDual, ''));
    expect(await pseudowires()).toEqual([
      ['dual-2', 'no-route', 'standby'],
      ['dual-3', 'up', 'active'],
    ]);
    expect(await arrivedBy('eth1')).toBeGreaterThan(2);
    await routers.pe1.reload(text);
    expect(await pseudowires()).toEqual([
      ['dual-2', 'up', 'active'],
      ['dual-3', 'up', 'standby'],
    ]);
    expect(await arrivedBy('eth0')).toBeGreaterThan(2);
    // The two ways are not equally long: what has gone the new one may be there first.
    const { sent, lost, repeated } = await stream.stop();
    expect(sent).toBeGreaterThan(50);
    expect({ lost, repeated }).toEqual({ lost: 0, repeated: 0 });
  });

  describe('a switch between three sites', () => {
    const lans = () => [hosts.lan1, hosts.lan2, hosts.lan3];
    const others = () => [hosts.other1, hosts.other2];

    test('every host reaches every other, and for another customer the same address is another host', async () => {
      for (const [i, host] of lans().entries()) {
        for (const [j] of lans().entries()) {
          if (i === j) continue;
          await expectReachable(host, `10.8.0.${j + 1}`);
          expect(ping(host, `2001:db8:8::${j + 1}`, { count: 1 }).answers).toBe(1);
        }
      }
      await expectReachable(hosts.other1, '10.8.0.2');
      const neighbor = (host: Namespace) => host.run('ip', 'neigh', 'show', '10.8.0.2').out;
      expect(neighbor(hosts.other1)).toContain(hosts.other2.mac('eth0'));
      expect(neighbor(hosts.lan1)).toContain(hosts.lan2.mac('eth0'));
    });

    test('a broadcast and an unknown address reach every other site once, and nobody else', async () => {
      const src = '02:44:00:00:00:01';
      const frames = [
        eth({ src, dst: broadcast, type: ours }, filler(46)),
        eth({ src, dst: '01:00:5e:00:00:09', type: ours }, filler(46, 1)),
        eth({ src, dst: '02:44:00:00:00:99', type: ours }, filler(46, 2)),
      ];
      let sent = 0;
      const [own, second, third, ...strangers] = await seen(
        [...lans(), ...others(), hosts.wire2],
        'ether proto 0x88b5',
        async () => {
          ({ sent } = await send(hosts.lan1, frames));
        },
      );
      const expected = Array.from({ length: sent }, (_, i) => textOf(frames[i % frames.length] ?? []));
      expect(sent).toBeGreaterThan(2);
      expect(second).toEqual(expected);
      expect(third).toEqual(expected);
      // A capture does not see what the sender's own socket sends.
      expect([own, ...strangers]).toEqual([[], [], [], []]);
    });

    test('a known address is sent to its site alone, and follows when it moves', async () => {
      const mac = '02:44:00:00:00:02';
      const probe = eth({ src: mac, dst: broadcast, type: ours }, filler(46));
      const toIt = eth({ src: '02:44:00:00:00:03', dst: mac, type: ours }, filler(46, 4));
      for (const [home, away] of [
        [hosts.lan2, hosts.lan3],
        [hosts.lan3, hosts.lan2],
      ] as const) {
        await send(home, [probe], 100, 0.05);
        let sent = 0;
        const filter = `ether dst ${mac}`;
        const [here, there] = await seen([home, away], filter, async () => {
          ({ sent } = await send(hosts.lan1, [toIt]));
        });
        expect(here).toEqual(Array.from({ length: sent }, () => textOf(toIt)));
        expect(there).toEqual([]);
      }
    });

    test('control frames of a link stay on it', async () => {
      const frame = eth({ src: '02:44:00:00:00:01', dst: '01:80:c2:00:00:00', type: 38 }, [
        0x42,
        0x42,
        3,
        ...filler(43),
      ]);
      const arrived = await seen(lans().slice(1), 'ether[0:4] = 0x0180c200', () => send(hosts.lan1, [frame]));
      expect(arrived).toEqual([[], []]);
    });

    test('datagrams arrive once and in order', async () => {
      const stream = await UdpStream.start(hosts.lan1, hosts.lan2, '10.8.0.2', { flows: 4 });
      await pause(500);
      expectWhole(await stream.stop());
    });

    test('the router in the bridge answers, and leads to the hosts of its VRF and back', async () => {
      await expectReachable(hosts.lan3, '10.8.0.254');
      expect(ping(hosts.lan2, '2001:db8:8::fe', { count: 2 }).answers).toBeGreaterThan(0);
      await expectReachable(hosts.lan1, '10.7.0.2');
      expect(ping(hosts.lan1, '10.7.0.2').text).toContain('ttl=63');
      // By the VRF's own neighbours only.
      expect(ping(hosts.other1, '10.8.0.254', { count: 1, waitSeconds: 0.5 }).answers).toBe(0);
    });

    test('what is flushed is learned again', async () => {
      const at = ['--api', `unix:${lab.path('pe1.sock')}`];
      const known = async () => {
        const { out } = await cli('show', 'macs', 'bridge', 'lan', '--json', ...at);
        return (JSON.parse(out) as { mac: string }[]).map(({ mac }) => mac);
      };
      const mac = hosts.lan2.mac('eth0');
      expect(await known()).toContain(mac);
      const { out } = await cli('mac', 'flush', 'bridge', 'lan', 'pseudowire', 'lan-2', ...at);
      expect(Number.parseInt(out, 10)).toBeGreaterThan(0);
      await expectReachable(hosts.lan1, '10.8.0.2');
      expect(await known()).toContain(mac);
    });

    test('what was behind a link is forgotten when that goes down', async () => {
      const place = backbone.places.pe3;
      const own = async () => {
        const at = ['--api', `unix:${lab.path('pe3.sock')}`];
        const { out } = await cli('show', 'macs', 'interface', 'lan', '--json', ...at);
        return (JSON.parse(out) as unknown[]).length;
      };
      await expectReachable(hosts.lan1, '10.8.0.3');
      expect(await own()).toBeGreaterThan(0);
      place.ip('link set dev lan down');
      await routers.pe3.logged(({ port, up }) => port === 'lan' && up === false);
      expect(await own()).toBe(0);
      place.ip('link set dev lan up');
      await expectReachable(hosts.lan1, '10.8.0.3');
    });

    test('other tables know what was learned: nothing is flooded, nothing is lost', async () => {
      const stream = await UdpStream.start(hosts.lan1, hosts.lan3, '10.8.0.3', { packetsPerSecond: 200, flows: 1 });
      let line = '';
      const [strays] = await seen([hosts.lan2], 'udp port 5001', async () => {
        const changed = pe3.replace(
          '  lan: {interfaces: [lan], p',
          '  spare: {}\n  lan: {ageing: 200, interfaces: [lan], p',
        );
        line = (await routers.pe3.reload(changed)).msg;
        await pause(300);
      });
      expect(line).toMatch(/reloaded/);
      expectWhole(await stream.stop());
      expect(strays).toEqual([]);
      await expectReachable(hosts.lan1, '10.7.0.2');
    });
  });

  test('a loop that a customer makes is contained, and others notice nothing', async () => {
    const { ring, wire1, wire2 } = hosts;
    closeRing(lab, backbone);
    await pause(1500);
    const stream = await UdpStream.start(wire1, wire2, '10.9.0.2', { packetsPerSecond: 300 });
    const frame = eth({ src: '02:44:00:00:00:07', dst: broadcast, type: ours }, filler(46));
    const began = performance.now();
    const [back = []] = await seen([ring], 'ether proto 0x88b5', async () => {
      await send(ring, [frame], 1000, 0.1);
      await pause(1000);
    });
    const seconds = (performance.now() - began) / 1000;
    // They go round for ever, at the rate of both ends, and a second's worth at once.
    expect(back.length).toBeGreaterThan(0);
    expect(back.length).toBeLessThanOrEqual(2 * stormRate * (seconds + 2));
    expectWhole(await stream.stop());
  });

  test('at the end every frame is accounted for, and the loop has its reason', async () => {
    for (const router of [routers.pe1, routers.pe2, routers.pe3, routers.p]) {
      const { status, summary } = await router.stop();
      expect(status).toBe(0);
      const { came, went } = bookSides(summary);
      expect(went).toBe(came);
      if (router === routers.pe2) expect(summary.drops.storm).toBeGreaterThan(0);
      else expect(summary.drops.storm).toBeUndefined();
      expect(summary.drops['out-of-order']).toBeUndefined();
    }
  });
});
