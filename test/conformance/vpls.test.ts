// VPLS: bridges over interfaces and pseudowires; with them ETH-7 on bridges, and what is beyond the contract: groups,
// static addresses, storm control, qualified learning, the router's own interface in a bridge.
import { describe, expect, test } from 'vitest';
import { arp, type Bytes, decode, eth, filler, icmp4, ipv4, labels, udp } from '../support/frames.ts';
import { openRouter, type Sent } from '../support/router.ts';
import {
  at,
  broadcastMac,
  controlWord,
  coreMac,
  dropped,
  expectPlay,
  frame,
  fromCore,
  hostA,
  hostB,
  hostC,
  type Layer2,
  layer2,
  opened,
  out,
  type Row,
  stackTo,
  toCore,
  toCore2,
} from './labs-layer2.ts';

const pseudowires: Record<string, Row> = {
  far2: { peer: '192.0.2.2', localLabel: 24071, remoteLabel: 24081 },
  far3: { peer: '192.0.2.3', localLabel: 24072, remoteLabel: 24082 },
};
/** Three ports and the mesh to two far PEs in one bridge. */
const lan = (bridge: Row = {}, extra: Layer2 = {}) =>
  layer2({
    pseudowires,
    bridges: { lan1: { interfaces: ['ce1', 'ce2', 'ce3'], pseudowires: ['far2', 'far3'], ...bridge } },
    ...extra,
  });
const plain = lan();

const to2 = (bytes: Bytes) => out('core1', toCore(stackTo(24081), [...controlWord, ...bytes]));
const to3 = (bytes: Bytes) => out('core2', toCore2(stackTo(24082, 16003), [...controlWord, ...bytes]));
const from2 = (bytes: Bytes): Sent => fromCore([24071], [...controlWord, ...bytes]);
const from3 = (bytes: Bytes): Sent => fromCore([24072], [...controlWord, ...bytes]);
const outs = (sent: { out: readonly { port: string }[] }) => sent.out.map(({ port }) => port);

const toB = frame();
const bToA = frame({ src: hostB, dst: hostA });
const all = frame({ dst: broadcastMac });

describe('VPLS-1 learning', () => {
  test('VPLS-1 a source is learned on the port it comes from, interface or pseudowire', () => {
    const { send, sent } = opened(plain);
    expect(send('ce1', toB)).toHaveLength(4);
    expect(send('ce2', bToA)).toEqual([out('ce1', bToA)]);
    expect(send('ce1', toB)).toEqual([out('ce2', toB)]);
    const c = frame({ src: hostC, dst: hostA });
    expect(outs(sent(from3(c)))).toEqual(['ce1']);
    expect(send('ce1', frame({ dst: hostC }))).toEqual([to3(frame({ dst: hostC }))]);
  });
  test('VPLS-1 a group source is not learned, its frame is forwarded', () => {
    const { send } = opened(plain);
    const odd = frame({ src: '03:aa:00:00:00:01', dst: hostB });
    expect(send('ce1', odd)).toHaveLength(4);
    expect(send('ce2', frame({ src: hostB, dst: '03:aa:00:00:00:01' }))).toHaveLength(4);
  });
  test('VPLS-1 a move counts at once, also within one batch', () => {
    const { sent } = opened(plain);
    const flooded = 4;
    const result = sent(at('ce1', toB), at('ce3', frame({ dst: hostC })), at('ce2', bToA));
    expect(outs(result).slice(2 * flooded)).toEqual(['ce3']);
    const again = sent(at('ce2', bToA), at('ce1', toB), at('ce2', bToA), from2(toB), at('ce2', bToA));
    expect(outs(again)).toEqual(['ce3', 'ce2', 'ce1', 'ce2', 'core1']);
  });
  test.each([
    [1, 300.999999999, true],
    [1, 301, false],
    [1.5, 301.25, true],
    [1.5, 301.499999999, true],
    [1.5, 301.5, false],
    [1.5, 5000, false],
  ])('VPLS-1 heard at %d s, asked for at %d s: known %s', (heard, asked, known) => {
    const { send } = opened(plain);
    send('ce1', toB, heard);
    expect(send('ce2', bToA, asked)).toHaveLength(known ? 1 : 4);
  });
  test('VPLS-1 each frame of the source begins its age anew; ageing is as configured', () => {
    const { send } = opened(lan({ ageing: 10 }));
    send('ce2', bToA, 1);
    for (const time of [1, 8, 17, 26]) send('ce1', toB, time);
    expect(send('ce2', bToA, 35.5)).toEqual([out('ce1', bToA)]);
    expect(send('ce2', bToA, 36)).toHaveLength(4);
  });
  test('VPLS-1 a new source beyond the limit: mac-limit, and room again when one is too old', () => {
    const { send } = opened(lan({ macLimit: 2, ageing: 10 }));
    send('ce1', toB, 1);
    send('ce2', bToA, 2.5);
    const c = frame({ src: hostC, dst: hostA });
    expect(send('ce3', c, 3)).toEqual([dropped('mac-limit')]);
    expect(send('ce1', toB, 3)).toEqual([out('ce2', toB)]);
    expect(send('ce3', c, 12.25)).toEqual([dropped('mac-limit')]);
    expect(send('ce3', c, 12.5)).toEqual([out('ce1', c)]);
    expect(send('ce2', bToA, 12.75)).toEqual([dropped('mac-limit')]);
  });
  test('VPLS-1 a known source may move although the bridge is full', () => {
    const { send } = opened(lan({ macLimit: 1 }));
    send('ce1', toB);
    expect(send('ce3', toB)).toHaveLength(4);
    expect(send('ce2', bToA)).toEqual([dropped('mac-limit')]);
  });
  test('VPLS-1 many addresses come, age and come again', () => {
    const config = lan({ macLimit: 500, ageing: 20 });
    const { sent } = opened(config);
    const host = (i: number) =>
      `02:dd:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
    for (let round = 0; round < 4; round++) {
      const frames = Array.from({ length: 500 }, (_, i) =>
        at('ce1', frame({ src: host(i + 250 * round), dst: hostB }), 1 + 25 * round),
      );
      expect(sent(...frames).drops).toEqual([]);
      expect(
        sent(at('ce2', frame({ src: host(9999), dst: hostA }), 2 + 25 * round)).drops.map(({ reason }) => reason),
      ).toEqual(['mac-limit']);
    }
  });
});

describe('VPLS-2 forwarding', () => {
  test('VPLS-2 unknown, broadcast and multicast flood in the configured order, interfaces then pseudowires', () => {
    for (const dst of [hostB, broadcastMac, '01:00:5e:00:00:05', '33:33:00:00:00:05']) {
      const bytes = frame({ dst });
      expectPlay(plain, [at('ce1', bytes)], [out('ce2', bytes), out('ce3', bytes), to2(bytes), to3(bytes)]);
    }
    const turned = lan({ interfaces: ['ce3', 'ce1', 'ce2'], pseudowires: ['far3', 'far2'] });
    expectPlay(turned, [at('ce1', all)], [out('ce3', all), out('ce2', all), to3(all), to2(all)]);
  });
  test('VPLS-2 flood copies beyond the first are counted as copied', () => {
    const { frames } = openRouter(plain).send(at('ce1', all));
    expect(frames).toMatchObject({ in: 1, out: 4, copied: 3, made: 0, dropped: 0 });
  });
  test('VPLS-2 each copy ends by itself: one that is too big is dropped, the others are sent', () => {
    const config = lan({}, { interfaces: { ce2: { mtu: 100 } } });
    const big = frame({ dst: broadcastMac }, filler(101));
    const { frames, drops } = openRouter(config).send(at('ce1', big));
    expect(frames).toMatchObject({ in: 1, out: 3, copied: 3, dropped: 1 });
    expect(drops.map(({ reason, bytes }) => [reason, bytes.length])).toEqual([['too-big', big.length]]);
  });
  test('VPLS-2 known unicast towards its own port, or with nobody else in the bridge: filtered', () => {
    const { send } = opened(plain);
    send('ce1', toB);
    expect(send('ce1', frame({ src: hostC, dst: hostA }))).toEqual([dropped('filtered')]);
    const lonely = layer2({ bridges: { lan1: { interfaces: ['ce1'] } } });
    expectPlay(lonely, [at('ce1', all)], [dropped('filtered')]);
  });
  test('VPLS-2 a tag of the customer is no part of the address', () => {
    const { send } = opened(plain);
    send('ce1', frame({ tags: [[0x8100, 5]] }));
    const answer = frame({ src: hostB, dst: hostA, tags: [[0x8100, 6]] });
    expect(send('ce2', answer)).toEqual([out('ce1', answer)]);
  });
  test('VPLS-2 ETH-4 tagged circuits and tagged pseudowires in one bridge', () => {
    const config = layer2({
      pseudowires: { far2: { peer: '192.0.2.2', localLabel: 24071, remoteLabel: 24081, type: 'ethernet-vlan' } },
      bridges: { lan1: { interfaces: ['ce1', 'trunk.100', 'trunk.300'], pseudowires: ['far2'] } },
    });
    const tagged = (tags: [number, number][]) => frame({ dst: broadcastMac, tags });
    const on = (tag: [number, number]) => out('core1', toCore(stackTo(24081), [...controlWord, ...tagged([tag])]));
    expectPlay(
      config,
      [at('ce1', all)],
      [
        out('trunk', tagged([[0x8100, 100]])),
        out(
          'trunk',
          tagged([
            [0x88a8, 300],
            [0x8100, 30],
          ]),
        ),
        on([0x8100, 0]),
      ],
    );
    expectPlay(
      config,
      [at('trunk', tagged([[0x8100, 0xa064]]))],
      [
        out('ce1', all),
        out(
          'trunk',
          tagged([
            [0x88a8, 300],
            [0x8100, 0xa01e],
          ]),
        ),
        on([0x8100, 0xa000]),
      ],
    );
  });
  test('VPLS-2 a frame that a pseudowire carries is flooded whole', () => {
    const bytes = frame({ dst: broadcastMac, tags: [[0x8100, 7]] }, filler(1400));
    expectPlay(plain, [from2(bytes)], [out('ce1', bytes), out('ce2', bytes), out('ce3', bytes)]);
  });
  test('VPLS-2 a circuit that is down takes no frame: path-down', () => {
    const { router, send } = opened(plain);
    send('ce2', bToA);
    router.setInterfaceUp('ce2', false);
    expect(send('ce1', toB)).toEqual([dropped('path-down')]);
  });
});

describe('VPLS-3 split horizon', () => {
  test('VPLS-3 from a pseudowire to no other pseudowire, flooded or known', () => {
    const { sent } = opened(plain);
    expect(outs(sent(from2(all)))).toEqual(['ce1', 'ce2', 'ce3']);
    sent(from3(frame({ src: hostC, dst: hostA })));
    const known = sent(from2(frame({ dst: hostC })));
    expect(known.drops.map(({ reason }) => reason)).toEqual(['filtered']);
  });
  test('VPLS-3 nothing but the mesh: filtered', () => {
    const config = layer2({ pseudowires, bridges: { lan1: { pseudowires: ['far2', 'far3'] } } });
    expectPlay(config, [from2(all)], [dropped('filtered')]);
  });
  test('VPLS-3 hub and spokes: spokes of a group reach the hub and not each other', () => {
    const spoke = (name: string) => ({ interface: name, group: 'spokes' });
    const config = lan({ interfaces: ['ce1', spoke('ce2'), spoke('ce3')], pseudowires: [] });
    expectPlay(config, [at('ce2', all)], [out('ce1', all)]);
    expectPlay(config, [at('ce1', all)], [out('ce2', all), out('ce3', all)]);
    const { send } = opened(config);
    send('ce3', bToA);
    expect(send('ce2', toB)).toEqual([dropped('filtered')]);
  });
  test('VPLS-3 an H-VPLS spoke is a pseudowire outside of the mesh', () => {
    const config = lan({ interfaces: ['ce1'], pseudowires: ['far2', { pseudowire: 'far3', group: 'none' }] });
    expectPlay(config, [from2(all)], [out('ce1', all), to3(all)]);
    expectPlay(config, [from3(all)], [out('ce1', all), to2(all)]);
  });
});

describe('VPLS-4 several bridges', () => {
  const two = layer2({
    pseudowires,
    bridges: {
      lan1: { interfaces: ['ce1', 'trunk.100'], pseudowires: ['far2'] },
      lan2: { interfaces: ['ce2', 'trunk.200'], pseudowires: ['far3'] },
    },
  });
  const tag = (vid: number, bytes: Bytes): Bytes => [...bytes.slice(0, 12), 0x81, 0, 0, vid, ...bytes.slice(12)];
  test('VPLS-4 the same addresses in both, and no frame from one to the other', () => {
    const { send, sent } = opened(two);
    expect(send('ce1', toB)).toEqual([out('trunk', tag(100, toB)), to2(toB)]);
    expect(send('ce2', toB)).toEqual([out('trunk', tag(200, toB)), to3(toB)]);
    expect(send('trunk', tag(100, bToA))).toEqual([out('ce1', bToA)]);
    expect(send('trunk', tag(200, bToA))).toEqual([out('ce2', bToA)]);
    expect(outs(sent(from2(bToA)))).toEqual(['ce1']);
    expect(outs(sent(from3(bToA)))).toEqual(['ce2']);
  });
  test('VPLS-4 limits count for each', () => {
    const { send } = opened(
      layer2({
        bridges: {
          lan1: { interfaces: ['ce1', 'ce3'], macLimit: 1 },
          lan2: { interfaces: ['ce2', 'trunk.200'], macLimit: 1 },
        },
      }),
    );
    expect(send('ce1', toB)).toEqual([out('ce3', toB)]);
    expect(send('ce2', bToA)).toEqual([out('trunk', tag(200, bToA))]);
    expect(send('ce1', frame({ src: hostC }))).toEqual([dropped('mac-limit')]);
  });
});

describe('ETH-7 on a bridge', () => {
  test('ETH-7 link-local destinations and 0x8808 are dropped before anything is learned', () => {
    for (const last of ['00', '01', '02', '03', '0e', '0f']) {
      const { send } = opened(plain);
      expect(send('ce1', frame({ dst: `01:80:c2:00:00:${last}` }))).toEqual([dropped('link-local')]);
      expect(send('ce2', bToA)).toHaveLength(4);
    }
    const { send, sent } = opened(plain);
    expect(send('ce1', frame({ type: 0x8808 }))).toEqual([dropped('link-local')]);
    expect(sent(from2(frame({ dst: '01:80:c2:00:00:00' }))).drops.map(({ reason }) => reason)).toEqual(['link-local']);
    expect(send('ce1', frame({ dst: '01:80:c2:00:00:10' }))).toHaveLength(4);
  });
});

describe('beyond the contract', () => {
  test('VPLS-1 static addresses are known from the start, neither aged nor moved', () => {
    const { send } = opened(
      lan({
        macs: [
          { mac: hostB, interface: 'ce2' },
          { mac: hostC, pseudowire: 'far3' },
        ],
        ageing: 5,
      }),
    );
    expect(send('ce1', toB, 100)).toEqual([out('ce2', toB)]);
    expect(send('ce1', frame({ dst: hostC }), 5000)).toEqual([to3(frame({ dst: hostC }))]);
    expect(send('ce3', bToA, 5001)).toEqual([out('ce1', bToA)]);
    expect(send('ce1', toB, 5002)).toEqual([out('ce2', toB)]);
  });
  test('VPLS-2 storm control: each class by its own rate, on the time of the frames', () => {
    const member = { interface: 'ce1', storm: { broadcast: 2, unknown: 1 } };
    const { send } = opened(lan({ interfaces: [member, 'ce2', 'ce3'] }));
    const counts = (bytes: Bytes, ...times: number[]) => times.map((time) => send('ce1', bytes, time).length);
    expect(counts(all, 1, 1, 1, 1.5, 1.5, 2.5, 2.5, 2.5)).toEqual([4, 4, 1, 4, 1, 4, 4, 1]);
    expect(send('ce1', all, 2.5)).toEqual([dropped('storm')]);
    expect(counts(toB, 2.5, 2.5, 3.5)).toEqual([4, 1, 4]);
    expect(counts(frame({ dst: '01:00:5e:00:00:05' }), 3, 3, 3)).toEqual([4, 4, 4]);
    expect(send('ce2', all, 3)).toHaveLength(4);
  });
  test('VPLS-1 qualified learning: an address is another one in each VLAN of the customer', () => {
    const { send } = opened(lan({ learning: 'qualified' }));
    const tagged = (vid: number, o: Parameters<typeof frame>[0] = {}) => frame({ ...o, tags: [[0x8100, vid]] });
    send('ce1', tagged(5));
    send('ce2', tagged(6));
    const back = { src: hostB, dst: hostA };
    expect(send('ce3', tagged(5, back))).toEqual([out('ce1', tagged(5, back))]);
    expect(send('ce3', tagged(6, back))).toEqual([out('ce2', tagged(6, back))]);
    expect(send('ce3', bToA)).toHaveLength(4);
  });
});

describe('the router in a bridge', () => {
  const irbMac = '02:00:00:00:0b:01';
  const config = lan(
    { interfaces: ['ce1', 'ce2'], pseudowires: ['far2'] },
    {
      vrfs: { red: { rd: '65000:1', label: 24001 } },
      interfaces: { irb1: { bridge: 'lan1', mac: irbMac, vrf: 'red', addresses: ['10.1.1.1/24'] } },
      routes: [{ vrf: 'red', prefix: '10.2.0.0/16', via: '192.0.2.3', labels: [24012] }],
    },
  );
  const packet = (ttl: number) => ipv4({ src: '10.1.1.2', dst: '10.2.0.9', ttl }, udp(4000, 5000));

  test('IP-8 ARP for its address is answered into the bridge, and not flooded by it alone', () => {
    const { sent } = opened(config);
    const request = eth(
      { dst: broadcastMac, src: hostA, type: 0x0806 },
      arp(1, hostA, '10.1.1.2', '00:00:00:00:00:00', '10.1.1.1'),
    );
    const result = sent(at('ce1', request));
    const reply = eth({ dst: hostA, src: irbMac, type: 0x0806 }, arp(2, irbMac, '10.1.1.1', hostA, '10.1.1.2'));
    expect(outs(result)).toEqual(['ce2', 'core1', 'ce1']);
    expect(Array.from(result.out[2]?.bytes ?? [])).toEqual(reply);
    expect(result.frames).toMatchObject({ in: 1, copied: 2, made: 1, out: 3, punted: 1 });
  });
  test('VRF-1 what is for its MAC is routed in its VRF', () => {
    const bytes = eth({ dst: irbMac, src: hostA, type: 0x0800 }, packet(64));
    const { sent } = opened(config);
    for (const arriving of [at('ce1', bytes), from2(bytes)]) {
      const [seen] = sent(arriving).out;
      expect(seen?.port).toBe('core2');
      const { labels: stack, ip4 } = decode(Array.from(seen?.bytes ?? []));
      expect(stack.map(({ label }) => label)).toEqual([16003, 24012]);
      expect(ip4).toMatchObject({ src: '10.1.1.2', dst: '10.2.0.9', ttl: 63 });
    }
  });
  test('VRF-5 IP for a host of the bridge asks for it there, then goes to its port alone', () => {
    const { sent } = opened(config);
    const beneath = ipv4({ src: '10.2.0.9', dst: '10.1.1.7', ttl: 60 }, udp(5000, 4000));
    const arriving: Sent = at(
      'core1',
      eth({ dst: coreMac, src: '02:00:00:00:00:02', type: 0x8847 }, [...labels(24001), ...beneath]),
    );
    expect(outs(sent(arriving))).toEqual(['ce1', 'ce2', 'core1']);
    const reply = eth({ dst: irbMac, src: hostB, type: 0x0806 }, arp(2, hostB, '10.1.1.7', irbMac, '10.1.1.1'));
    const answered = sent(at('ce2', reply));
    expect(outs(answered)).toEqual(['ce2']);
    const delivered = eth(
      { dst: hostB, src: irbMac, type: 0x0800 },
      ipv4({ src: '10.2.0.9', dst: '10.1.1.7', ttl: 59 }, udp(5000, 4000)),
    );
    expect(Array.from(answered.out[0]?.bytes ?? [])).toEqual(delivered);
    expect(outs(sent(arriving))).toEqual(['ce2']);
  });
  test('TTL-7 an error about a packet of the bridge goes back into it', () => {
    const { sent } = opened(config);
    const request = eth(
      { dst: broadcastMac, src: hostA, type: 0x0806 },
      arp(1, hostA, '10.1.1.2', '00:00:00:00:00:00', '10.1.1.1'),
    );
    sent(at('ce1', request));
    const result = sent(at('ce1', eth({ dst: irbMac, src: hostA, type: 0x0800 }, packet(1))));
    expect(outs(result)).toEqual(['ce1']);
    expect(result.drops.map(({ reason }) => reason)).toEqual(['ttl-expired']);
    expect(result.frames).toMatchObject({ in: 1, made: 1, out: 1, dropped: 1 });
  });
  test('IP-3 echo to its address from behind a pseudowire', () => {
    const { sent } = opened(config);
    sent(
      from2(
        eth(
          { dst: broadcastMac, src: hostC, type: 0x0806 },
          arp(1, hostC, '10.1.1.9', '00:00:00:00:00:00', '10.1.1.1'),
        ),
      ),
    );
    const ping = ipv4({ src: '10.1.1.9', dst: '10.1.1.1', protocol: 1 }, icmp4(8, 0, [0, 1, 0, 1], filler(20)));
    const result = sent(from2(eth({ dst: irbMac, src: hostC, type: 0x0800 }, ping)));
    expect(outs(result)).toEqual(['core1']);
    expect(result.punts.map(({ reason }) => reason)).toEqual(['local']);
  });
  test('VPLS-2 unknown unicast is not for the router, broadcast is: an IP packet to all is punted', () => {
    const { sent } = opened(config);
    expect(sent(at('ce1', frame())).frames).toMatchObject({ out: 2, dropped: 0, copied: 1 });
    const every = eth(
      { dst: broadcastMac, src: hostA, type: 0x0800 },
      ipv4({ src: '10.1.1.2', dst: '255.255.255.255' }, udp(68, 67)),
    );
    const result = sent(at('ce1', every));
    expect(outs(result)).toEqual(['ce2', 'core1']);
    expect(result.punts.map(({ reason }) => reason)).toEqual(['local']);
  });
  test('LBL-12 a pseudowire whose peer is behind its own bridge does not go round for ever', () => {
    const round = layer2({
      interfaces: { irb1: { bridge: 'lan1', mac: irbMac, addresses: ['10.9.9.1/24'] } },
      neighbors: [{ interface: 'irb1', address: '10.9.9.2', mac: hostC }],
      pseudowires: { far2: { peer: '10.9.9.2', localLabel: 24071, remoteLabel: 24081 } },
      bridges: { lan1: { interfaces: ['ce1', 'ce2'], pseudowires: ['far2'] } },
    });
    expectPlay(round, [at('ce1', all)], [out('ce2', all), dropped('loop'), dropped('unknown-ethertype')]);
  });
});
