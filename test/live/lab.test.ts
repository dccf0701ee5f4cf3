// The lab itself, with the kernel as the router: what the other live tests lean on tells the truth.
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eth, filler, ipv4, udp } from '../support/frames.ts';
import { Capture } from './support/capture.ts';
import { Lab, type Namespace } from './support/lab.ts';
import { wanting } from './support/tools.ts';
import { flood, ping, tcpStream, UdpStream } from './support/traffic.ts';
import { expectWhole } from './support/two-customers.ts';

const { title, ready } = wanting('a lab of namespaces', 'ping', 'tshark');

describe.skipIf(!ready)(title, () => {
  let lab: Lab;
  let left: Namespace;
  let right: Namespace;
  let router: Namespace;

  beforeAll(() => {
    lab = new Lab('lab');
    left = lab.host('left');
    right = lab.host('right');
    router = lab.host('router');
    router.set({ 'net.ipv4.ip_forward': 1 });
    lab.cable(
      { in: left, name: 'eth0', mac: '02:00:00:00:00:01', addresses: ['10.1.0.2/24'] },
      { in: router, name: 'a', mac: '02:00:00:00:00:0a', addresses: ['10.1.0.1/24'] },
    );
    lab.cable(
      { in: right, name: 'eth0', addresses: ['10.2.0.2/24'] },
      { in: router, name: 'b', addresses: ['10.2.0.1/24'] },
    );
    left.ip('route add default via 10.1.0.1');
    right.ip('route add default via 10.2.0.1');
  });
  afterAll(() => lab?.close());

  test('ping, datagrams in order, a stream with its checksum', async () => {
    expect(ping(left, '10.2.0.2').answers).toBe(3);
    const stream = await UdpStream.start(left, right, '10.2.0.2');
    expect(ping(left, '10.2.0.2', { bytes: 3000, fragment: 'dont' }).answers).toBe(3);
    expectWhole(await stream.stop());
    const { sentDigest, receivedDigest, receivedBytes } = await tcpStream(left, right, '10.2.0.2', 1_000_000);
    expect(receivedBytes).toBe(1_000_000);
    expect(receivedDigest).toBe(sentDigest);
  });

  test('a flood is what it says: the interfaces count the same, tshark sees the frames', async () => {
    const capture = await Capture.start(lab, router, 'a', 'udp port 9');
    const packet = ipv4({ src: '10.1.0.2', dst: '10.2.0.2', protocol: 17 }, udp(9, 9, filler(18)));
    const frame = eth({ dst: '02:00:00:00:00:0a', src: '02:00:00:00:00:01', type: 0x0800 }, packet);
    const before = router.counts('a');
    const { sent, sentBytes } = await flood(lab, left, 'eth0', [frame, frame], { framesPerSecond: 5000, seconds: 0.5 });
    const after = router.counts('a');
    await capture.stop();
    expect(sent).toBeGreaterThan(1000);
    expect(after.received - before.received).toBeGreaterThanOrEqual(sent);
    expect(after.receivedBytes - before.receivedBytes).toBeGreaterThanOrEqual(sentBytes);
    expect(capture.rows('udp.port == 9', 'ip.dst')).toHaveLength(sent);
  });

  test('what a lab of a dead process has left behind is removed with the next one', () => {
    const { pid } = spawnSync('true');
    const stale = `shim-stale-${pid}-left`;
    expect(spawnSync('ip', ['netns', 'add', stale]).status).toBe(0);
    const next = new Lab('next');
    const kept = next.host('kept').name;
    const listed = () => String(spawnSync('ip', ['netns', 'list']).stdout);
    expect(listed()).toContain(kept);
    expect(listed()).not.toContain(stale);
    next.close();
    expect(listed()).not.toContain(kept);
  });
});
