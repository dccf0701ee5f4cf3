// IP-8 and ECMP-3 in a live run: time passes without frames. Requests are repeated, next hops asked for ahead, neighbours
// asked whether they are still there, floods bounded.
import { describe, expect, test } from 'vitest';
import type { Bytes } from '../support/frames.ts';
import { arp, decode, eth, expand6, hex, icmp6, ip6, ipv6 } from '../support/frames.ts';
import { LiveRouter } from '../support/live-router.ts';
import { openRouter } from '../support/router.ts';
import { arriving, lab, links, toFar } from './labs-ttl-ip.ts';

const broadcast = 'ff:ff:ff:ff:ff:ff';
const zeroMac = '00:00:00:00:00:00';
const stranger = '02:00:00:00:a1:07';
const other = '02:00:00:00:a1:08';
const towards = (dst: string) => arriving('ce2', toFar({ src: '10.1.2.2', dst }));
const reply = (senderIp: string, mac = stranger) => ({
  port: 'ce1',
  bytes: eth({ dst: links.ce1.own, src: mac, type: 0x0806 }, arp(2, mac, senderIp, links.ce1.own, '10.1.1.1')),
});
const asks = (target: string, dst = broadcast) => ({
  port: 'ce1',
  bytes: eth({ dst, src: links.ce1.own, type: 0x0806 }, arp(1, links.ce1.own, '10.1.1.1', zeroMac, target)),
});
const arpTarget = (bytes: Bytes) => bytes.slice(38, 42).join('.');
/** The laboratory with a next hop that is not configured. */
const nextHop = (backup = false) =>
  lab({
    routes: [
      {
        vrf: 'red',
        prefix: '10.9.0.0/16',
        paths: [{ via: '10.1.1.9' }, ...(backup ? [{ via: '10.1.2.2', backup: true }] : [])],
      },
    ],
  });
const nine = () => arriving('ce2', toFar({ src: '10.1.2.2', dst: '10.9.0.1' }));

describe('IP-8 a packet that waits', () => {
  test('IP-8 is asked for every second, three times, then dropped', () => {
    const router = new LiveRouter(lab());
    expect(router.send(towards('10.1.1.7')).out).toEqual([asks('10.1.1.7')]);
    const { out, sentAt, drops } = router.wait(2.9);
    expect(out).toEqual([asks('10.1.1.7'), asks('10.1.1.7')]);
    expect(sentAt).toEqual([1, 2]);
    expect(drops).toEqual([]);
    expect(router.counters.held).toBe(1);
    expect(router.wait(0.1).drops).toEqual(['unresolved']);
    expect(router.counters.held).toBe(0);
  });
  test('IP-8 goes out when the answer comes between two requests', () => {
    const router = new LiveRouter(lab());
    router.send(towards('10.1.1.7'));
    router.wait(1.5);
    const { out, events } = router.send(reply('10.1.1.7'));
    expect(out.map(({ bytes }) => decode(bytes).dst)).toEqual([stranger]);
    expect(events).toEqual([`neighbor-up ce1 10.1.1.7 ${stranger}`]);
    expect(router.wait(5).out).toEqual([]);
  });
  test('IP-8 a stream to a dead address makes one request a second, and holds one packet', () => {
    const router = new LiveRouter(lab());
    const sentAt: number[] = [];
    for (let i = 0; i < 200; i++) {
      const sent = [...router.send(towards('10.1.1.7')).out, ...router.tick(0.1).out];
      for (const _ of sent) sentAt.push(router.time);
      expect(router.counters.held).toBeLessThanOrEqual(1);
    }
    for (let i = 1; i < sentAt.length; i++) expect(sentAt[i] - sentAt[i - 1]).toBeGreaterThan(0.85);
    expect(sentAt.length).toBeGreaterThan(10);
  });
  test('IP-8 a scan by one interface keeps so many addresses waiting, and pushes out no packet of another', () => {
    const router = new LiveRouter(lab(), { waitingPerInterfaceMax: 4 });
    router.send(arriving('ce1', toFar({ src: '10.1.1.2', dst: '10.1.2.77' })));
    const scan = Array.from({ length: 200 }, (_, i) => towards(`10.1.1.${i + 10}`));
    const { drops } = router.send(...scan);
    expect(drops).toEqual(new Array(196).fill('unresolved'));
    expect(router.counters.held).toBe(5);
    const answer = arp(2, other, '10.1.2.77', links.ce2.own, '10.1.2.1');
    const { out } = router.send({ port: 'ce2', bytes: eth({ dst: links.ce2.own, src: other, type: 0x0806 }, answer) });
    expect(out.map(({ bytes }) => decode(bytes).ip4?.dst)).toEqual(['10.1.2.77']);
    // Whoever was pushed out is known all the same when it answers.
    router.send(reply('10.1.1.10'));
    expect(router.send(towards('10.1.1.10')).out.map(({ bytes }) => decode(bytes).dst)).toEqual([stranger]);
    router.wait(5);
    expect(router.counters.held).toBe(0);
  });
  test('IP-8 requests that a scan causes are bounded', () => {
    const router = new LiveRouter(
      lab({ interfaces: { ce1: { addresses: ['10.1.1.1/16'] }, ce2: { addresses: ['10.2.2.1/24'] } }, neighbors: [] }),
    );
    let requests = 0;
    for (let i = 0; i < 4000; i++) {
      const dst = `10.1.${20 + (i >> 8)}.${i & 255}`;
      requests += router.send(arriving('ce2', toFar({ src: '10.2.2.2', dst }))).out.length;
    }
    expect(requests).toBe(400);
    router.finish();
    expect(router.counters.held).toBe(0);
  });
});

describe('IP-8 neighbours grow old', () => {
  const learnt = (live = {}) => {
    const router = new LiveRouter(lab(), { refreshSeconds4: 20, refreshSeconds6: 20, ...live });
    router.wait(0.2);
    router.send(towards('10.1.1.7'));
    router.send(reply('10.1.1.7'));
    return router;
  };
  test('IP-8 asked by unicast whether it is there; it answers and stays', () => {
    const router = learnt();
    const { out, sentAt } = router.wait(20);
    expect([out, sentAt]).toEqual([[asks('10.1.1.7', stranger)], [20]]);
    router.send(reply('10.1.1.7'));
    expect(router.wait(19.8).out).toEqual([]);
    expect(router.send(towards('10.1.1.7')).out.map(({ bytes }) => decode(bytes).dst)).toEqual([stranger]);
  });
  test('IP-8 three probes without an answer: it is removed, its index used again, and the next packet asks', () => {
    const router = learnt();
    const index = router.adjacency('ce1', '10.1.1.7');
    const { out, sentAt, events } = router.wait(23);
    expect(out).toEqual(new Array(3).fill(asks('10.1.1.7', stranger)));
    expect(sentAt).toEqual([20, 21, 22]);
    expect(events).toEqual([`neighbor-down ce1 10.1.1.7 ${stranger}`]);
    expect(router.adjacency('ce1', '10.1.1.7')).toBe(-1);
    expect(router.send(towards('10.1.1.7')).out).toEqual([asks('10.1.1.7')]);
    router.send(reply('10.1.1.7'));
    expect(router.adjacency('ce1', '10.1.1.7')).toBe(index);
  });
  test('IP-8 what it says by itself renews it; a new MAC address counts at once', () => {
    const router = learnt();
    router.wait(15);
    expect(router.send(reply('10.1.1.7', other)).events).toEqual([`neighbor-moved ce1 10.1.1.7 ${other}`]);
    expect(router.wait(19.9).out).toEqual([]);
    expect(router.wait(0.1).out).toEqual([asks('10.1.1.7', other)]);
  });
  test('IP-8 an IPv6 neighbour is probed by a solicitation to itself', () => {
    const router = new LiveRouter(lab(), { refreshSeconds6: 20 });
    const [own, peer] = ['2001:db8:1:1::1', '2001:db8:1:1::7'];
    const body = [...ip6(own), 1, 1, ...hex(stranger)];
    const packet = ipv6(
      { src: peer, dst: 'ff02::1:ff00:1', nextHeader: 58, hopLimit: 255 },
      icmp6(peer, 'ff02::1:ff00:1', 135, 0, [0, 0, 0, 0], body),
    );
    const frame = eth({ dst: '33:33:ff:00:00:01', src: stranger, type: 0x86dd }, packet);
    expect(router.send({ port: 'ce1', bytes: frame }).events).toEqual([`neighbor-up ce1 ${peer} ${stranger}`]);
    const { out } = router.wait(20);
    expect(out.map(({ bytes }) => [decode(bytes).dst, decode(bytes).ip6?.dst, decode(bytes).ip6?.src])).toEqual([
      [stranger, expand6(peer), expand6(own)],
    ]);
    expect(router.wait(3).events).toEqual([`neighbor-down ce1 ${peer} ${stranger}`]);
  });
  test('IP-8 configured neighbours are never asked for', () => {
    const router = new LiveRouter(lab(), { refreshSeconds4: 2, refreshSeconds6: 2 });
    expect(router.wait(20)).toMatchObject({ out: [], events: [] });
  });
  test('IP-8 nobody is blamed for a link that is down; when it is back neighbours are probed', () => {
    const router = learnt();
    router.setInterfaceUp('ce1', false);
    expect(router.wait(60)).toMatchObject({ out: [], events: [] });
    router.setInterfaceUp('ce1', true);
    const { out } = router.announce('ce1');
    expect(out.filter(({ bytes }) => decode(bytes).dst === stranger)).toEqual([asks('10.1.1.7', stranger)]);
    expect(router.adjacency('ce1', '10.1.1.7')).toBeGreaterThanOrEqual(0);
  });
  test('IP-8 probed when the owner says so', () => {
    const router = learnt();
    router.probe('ce1', '10.1.1.7');
    expect(router.tick(0.1).out).toEqual([asks('10.1.1.7', stranger)]);
  });
  test('IP-8 so many neighbours are learned by an interface; another one is not concerned', () => {
    const router = new LiveRouter(lab(), { learnedPerInterfaceMax: 3, refreshSeconds4: 20 });
    const request = (port: 'ce1' | 'ce2', host: number) => ({
      port,
      bytes: eth(
        { dst: broadcast, src: stranger, type: 0x0806 },
        arp(1, stranger, `10.1.${port === 'ce1' ? 1 : 2}.${host}`, zeroMac, port === 'ce1' ? '10.1.1.1' : '10.1.2.1'),
      ),
    });
    const before = router.tables.adjacencies.count;
    router.send(...Array.from({ length: 100 }, (_, i) => request('ce1', 100 + i)));
    router.send(request('ce2', 50));
    expect(router.tables.adjacencies.count).toBe(before + 4);
    expect(router.adjacency('ce2', '10.1.2.50')).toBeGreaterThanOrEqual(0);
    // They go, others come: the table does not grow.
    for (let round = 0; round < 3; round++) {
      router.wait(23.2);
      router.send(...Array.from({ length: 50 }, (_, i) => request('ce1', 150 + i - 50 * round)));
    }
    expect(router.tables.adjacencies.count).toBe(before + 4);
  });
  test('IP-8 a clock that is set back stops nothing', () => {
    const router = learnt();
    router.time -= 500;
    router.send(towards('10.1.1.8'));
    expect(router.wait(3)).toMatchObject({ out: [asks('10.1.1.8'), asks('10.1.1.8')], drops: ['unresolved'] });
    expect(router.wait(20.1).events).toEqual([`neighbor-down ce1 10.1.1.7 ${stranger}`]);
  });
});

describe('IP-8 next hops', () => {
  test('IP-8 are asked for before the first packet, ever less often', () => {
    const router = new LiveRouter(nextHop());
    const { out, sentAt } = router.wait(40);
    expect(new Set(out.map(({ bytes }) => arpTarget(bytes)))).toEqual(new Set(['10.1.1.9']));
    expect(sentAt).toEqual([0.1, 1.1, 2.1, 3.1, 5.1, 9.1, 17.1, 27.1, 37.1]);
    router.send(reply('10.1.1.9'));
    expect(router.send(nine()).out.map(({ bytes }) => decode(bytes).dst)).toEqual([stranger]);
  });
  test('IP-8 a packet that waits for one does not double its requests', () => {
    const router = new LiveRouter(nextHop());
    router.tick(0.1);
    expect(router.send(nine()).out).toEqual([]);
    const { sentAt } = router.wait(2.5);
    for (let i = 1; i < sentAt.length; i++) expect(sentAt[i] - sentAt[i - 1]).toBeGreaterThan(0.85);
    expect(sentAt.length).toBeGreaterThan(1);
  });
  test('IP-8 thousands of them are asked for over many ticks', () => {
    const hosts = Array.from({ length: 250 }, (_, i) => `10.1.1.${i + 3}`);
    const routes = hosts.map((via, i) => ({ vrf: 'red', prefix: `10.9.${i}.0/24`, via }));
    const router = new LiveRouter(lab({ routes }));
    expect([0, 1, 2, 3].map(() => router.tick(0.1).out.length)).toEqual([100, 100, 50, 0]);
  });
  test('ECMP-3 a next hop that has never answered is out of use: the backup steps in, until it answers', () => {
    const router = new LiveRouter(nextHop(true));
    router.wait(3.2);
    expect(router.send(nine()).out.map(({ port }) => port)).toEqual(['ce2']);
    expect(router.send(reply('10.1.1.9')).events).toEqual([`neighbor-up ce1 10.1.1.9 ${stranger}`]);
    expect(router.send(nine()).out.map(({ port }) => port)).toEqual(['ce1']);
  });
  test('ECMP-3 a next hop that answers no more is out of use; without a backup: path-down', () => {
    for (const backup of [true, false]) {
      const router = new LiveRouter(nextHop(backup), { refreshSeconds4: 20 });
      router.tick(0.1);
      router.send(reply('10.1.1.9'));
      const { events } = router.wait(23.1);
      expect(events).toEqual([`neighbor-down ce1 10.1.1.9 ${stranger}`]);
      const { out, drops } = router.send(nine());
      expect([out.map(({ port }) => port), drops]).toEqual(backup ? [['ce2'], []] : [[], ['path-down']]);
      // It is asked for by everybody's address again, and comes back with another card.
      expect(router.wait(12).out.every(({ bytes }) => decode(bytes).dst === broadcast)).toBe(true);
      expect(router.send(reply('10.1.1.9', other)).events).toEqual([`neighbor-up ce1 10.1.1.9 ${other}`]);
      expect(router.send(nine()).out.map(({ bytes }) => decode(bytes).dst)).toEqual([other]);
    }
  });
  test('ECMP-3 a packet that waited is not sent by an interface that went down meanwhile', () => {
    const router = openRouter(lab());
    router.send(towards('10.1.1.7'));
    router.setInterfaceUp('ce1', false);
    const result = router.send(reply('10.1.1.7'));
    expect(result.out).toEqual([]);
    expect(result.drops.map(({ reason }) => reason)).toEqual(['path-down']);
  });
});
