// Control ports: what is for the router itself goes to a TAP in a namespace of the user's choice, whose kernel (and
// routing daemons) answer. Here a second router, PE2, sits at the other end of the core and needs no control port.
//
//   ce ── router ══ 172.31.0.0/30, and 10.100.0.0/30 on VLAN 100 ══ PE2 ── far 203.0.113.2, 203.0.114.2
//           └ control: cp-ce, cp-core, cp-core.100, and 192.0.2.1 on its loopback
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Capture } from './support/capture.ts';
import { Lab, type Namespace } from './support/lab.ts';
import { bookSides, type RunningShimline, startShimline } from './support/shimline.ts';
import { wanting } from './support/tools.ts';
import { ping, tcpStream } from './support/traffic.ts';

const { title, ready } = wanting('control ports', 'ping', 'tshark');

const routerConfig = (control: string): string => `
router: {name: router, id: 192.0.2.1}
interfaces:
  ce:
    device: {afpacket: ce}
    addresses: [10.1.0.1/24, "2001:db8:a1::1/64"]
    controlPort: {name: cp-ce, netns: ${control}}
  core:
    device: {afpacket: core}
    mpls: true
    addresses: [172.31.0.1/30]
    controlPort: {name: cp-core, netns: ${control}}
  core.100:
    vlan: 100
    addresses: [10.100.0.1/30]
    controlPort: {name: cp-core.100, netns: ${control}}
routes:
  - {prefix: 203.0.113.0/24, via: 172.31.0.2}
labels:
  - {label: 17001, pop: true}
`;

const pe2Config = `
router: {name: pe2, id: 192.0.2.2}
interfaces:
  core: {device: {afpacket: core}, mpls: true, addresses: [172.31.0.2/30]}
  core.100: {vlan: 100, addresses: [10.100.0.2/30]}
  far: {device: {afpacket: far}, addresses: [203.0.113.1/24, 203.0.114.1/24]}
routes:
  - {prefix: 192.0.2.1/32, via: 172.31.0.1, labels: [17001]}
  - {prefix: 10.1.0.0/24, via: 172.31.0.1}
`;

describe.skipIf(!ready)(title, () => {
  let lab: Lab;
  let ce: Namespace;
  let far: Namespace;
  let place: Namespace;
  let control: Namespace;
  let router: RunningShimline;
  let pe2: RunningShimline;

  beforeAll(async () => {
    lab = new Lab('control');
    ce = lab.host('ce');
    far = lab.host('far');
    control = lab.host('cp');
    place = lab.router('router');
    const farPlace = lab.router('pe2');
    lab.cable({ in: ce, name: 'eth0', addresses: ['10.1.0.2/24', '2001:db8:a1::2/64'] }, { in: place, name: 'ce' });
    lab.cable({ in: place, name: 'core' }, { in: farPlace, name: 'core' });
    lab.cable(
      { in: far, name: 'eth0', addresses: ['203.0.113.2/24', '203.0.114.2/24'] },
      { in: farPlace, name: 'far' },
    );
    ce.ip('route add default via 10.1.0.1');
    far.ip('route add default via 203.0.113.1');
    router = await startShimline(lab, place, routerConfig(control.name), { name: 'router' });
    pe2 = await startShimline(lab, farPlace, pe2Config, { name: 'pe2' });
    // What a routing daemon would do: the way back, by the core's control port.
    control.ip(
      'route add 203.0.113.0/24 via 172.31.0.2 dev cp-core src 192.0.2.1',
      'route add 203.0.114.0/24 via 10.100.0.2',
    );
  });
  afterAll(() => lab?.close());

  test('the TAPs are there, with the MAC addresses of their ports and the addresses of the configuration', () => {
    expect(control.links()).toEqual(expect.arrayContaining(['cp-ce', 'cp-core', 'cp-core.100']));
    expect(control.mac('cp-ce')).toBe(place.mac('ce'));
    expect(control.mac('cp-core')).toBe(place.mac('core'));
    const addresses = (link: string) => control.run('ip', '-br', 'addr', 'show', 'dev', link).out;
    expect(addresses('cp-ce')).toContain('10.1.0.1/24');
    expect(addresses('cp-ce')).toContain('2001:db8:a1::1/64');
    expect(addresses('cp-core.100')).toContain('10.100.0.1/30');
    expect(addresses('lo')).toContain('192.0.2.1');
  });

  test('the kernel of the namespace answers ARP, neighbour discovery and echo', async () => {
    const watch = await Capture.start(lab, control, 'cp-ce');
    expect(ping(ce, '10.1.0.1').text).toContain('3 received');
    expect(ping(ce, '2001:db8:a1::1').text).toContain('3 received');
    await watch.stop();
    expect(watch.rows('icmp.type == 0', 'ip.src')).toEqual([['10.1.0.1'], ['10.1.0.1'], ['10.1.0.1']]);
    expect(watch.rows('icmpv6.type == 129', 'ipv6.src')).toHaveLength(3);
    expect(watch.complaints()).toEqual([]);
  });

  test('what is for others still goes through', () => {
    expect(ping(ce, '203.0.113.2').text).toContain('3 received');
  });

  test('a server in the namespace is reached, as a BGP session would be, and reaches', async () => {
    const there = await tcpStream(ce, control, '10.1.0.1', 200_000);
    expect(there.receivedDigest).toBe(there.sentDigest);
    const back = await tcpStream(control, ce, '10.1.0.2', 200_000);
    expect(back.receivedDigest).toBe(back.sentDigest);
  });

  test('the control port of a sub-interface is untagged', async () => {
    const watch = await Capture.start(lab, control, 'cp-core.100');
    const core = await Capture.start(lab, place, 'core');
    expect(ping(far, '10.100.0.1', { source: '203.0.114.2' }).text).toContain('3 received');
    await watch.stop();
    await core.stop();
    expect(core.rows('icmp.type == 8 and vlan.id == 100', 'ip.dst')).toHaveLength(3);
    expect(watch.rows('icmp.type == 8 and not vlan', 'ip.dst')).toHaveLength(3);
    expect(watch.rows('icmp.type == 0 and not vlan', 'ip.src')).toHaveLength(3);
  });

  test('the loopback address is reached through a label: what comes out is IP', async () => {
    const watch = await Capture.start(lab, control, 'cp-core');
    const core = await Capture.start(lab, place, 'core');
    expect(ping(far, '192.0.2.1').text).toContain('3 received');
    await watch.stop();
    await core.stop();
    expect(core.rows('icmp.type == 8 and mpls.label == 17001', 'ip.dst')).toHaveLength(3);
    expect(watch.rows('icmp.type == 8 and not mpls', 'ip.dst')).toHaveLength(3);
    const { sentDigest, receivedDigest } = await tcpStream(far, control, '192.0.2.1', 200_000);
    expect(receivedDigest).toBe(sentDigest);
  });

  test('SIGTERM takes the TAPs away, and the books hold; SIGKILL takes them away too', async () => {
    const { status, summary } = await router.stop();
    expect(status).toBe(0);
    const { came, went } = bookSides(summary);
    expect(went).toBe(came);
    expect(summary.punts.local).toBeGreaterThan(0);
    expect(control.links()).toEqual(['lo']);
    const again = await startShimline(lab, place, routerConfig(control.name));
    expect(control.links()).toContain('cp-ce');
    await again.kill();
    expect(control.links()).toEqual(['lo']);
    expect((await pe2.stop()).status).toBe(0);
  });
});
