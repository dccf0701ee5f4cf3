// The device over veth pairs in a network namespace of the test's own, for both receive rings and both ways of sending.
// Without the rights for that these tests are reported as skipped.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../../../test/house/files.ts';
import { device, frame, hex, hexOf, lines, receiveAll, sendAll, useNamespace } from '../../../test/support/devices.ts';
import { addVeth, canUseNamespaces, command, untilRunning } from '../../../test/support/namespace.ts';
import { Batch } from '../../wire/batch.ts';
import type { TransmitKind } from './afpacket.ts';
import { libc } from './libc.ts';

const canRun = canUseNamespaces();
const title = canRun ? 'afpacket' : 'afpacket (no right to make network namespaces: skipped)';

describe.skipIf(!canRun)(title, () => {
  useNamespace('afpacket');
  beforeEach(() => addVeth('a', 'b', 9000));

  const kinds: { lowLatency: boolean; transmit: TransmitKind }[] = [
    { lowLatency: false, transmit: 'xdp' },
    { lowLatency: false, transmit: 'sendmmsg' },
    { lowLatency: true, transmit: 'xdp' },
    { lowLatency: true, transmit: 'sendmmsg' },
  ];

  describe.each(kinds)('lowLatency $lowLatency, $transmit', ({ lowLatency, transmit }) => {
    test('frames of every length arrive in order, byte for byte, with the time', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      expect([a.transmitKind, lines]).toEqual([transmit, []]);
      const lengths = [14, 15, 16, 17, 18, 60, 64, 255, 256, 257, 1514, 2045, 2046, 2047, 2048, 4000, 9014, 60];
      const frames = lengths.map((length, i) => frame(i, length));
      const before = Date.now() / 1000;
      expect(sendAll(a, frames)).toBe(frames.length);
      const arrived = receiveAll(b, frames.length);
      expect(hexOf(arrived)).toEqual(frames.map(hex));
      for (const each of arrived) {
        expect(each.port).toBe(7);
        expect(each.original).toBe(each.bytes.length);
        expect(Math.abs(each.seconds + each.nanoseconds / 1e9 - before)).toBeLessThan(60);
      }
      expect(a.pending).toBe(0);
      expect(a.readCounts().sendFailed).toBe(0);
    });

    test('many frames both ways, long ones between short ones', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      for (const [from, to] of [
        [a, b],
        [b, a],
      ]) {
        for (let round = 0; round < 20; round++) {
          const frames = Array.from({ length: 300 }, (_, i) =>
            frame(round * 300 + i, i % 97 === 5 ? 5000 : 60 + (i % 200)),
          );
          expect(sendAll(from, frames)).toBe(frames.length);
          expect(hexOf(receiveAll(to, frames.length))).toEqual(frames.map(hex));
        }
      }
      expect(a.readCounts()).toEqual({
        receiveLost: 0,
        receiveSegments: 0,
        sendFailed: 0,
        sendFailedBytes: 0,
        receiveOversized: 0,
        receiveUnchecked: 0,
      });
    });

    test('VLAN tags come back where they were, two of them as well', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      const stacks = [
        [0x8100_0005],
        [0x8100_efff],
        [0x88a8_6001],
        [0x8100_0000],
        [0x8100_2064, 0x8100_00c8],
        [0x88a8_2064, 0x8100_80c8],
        [0x9100_0005],
      ];
      const frames = stacks.flatMap((tags, i) =>
        [46, 200, 300, 1500, 8000].map((payload) => withTags(frame(i, 14 + payload), tags)),
      );
      expect(sendAll(a, frames)).toBe(frames.length);
      const arrived = receiveAll(b, frames.length);
      expect(hexOf(arrived)).toEqual(frames.map(hex));
      expect(arrived.map(({ original }) => original)).toEqual(frames.map(({ length }) => length));
      expect(b.readCounts().receiveOversized).toBe(0);
    });

    test('a full batch: what it had no room for comes with the next call', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      // A batch has room for some hundred of these.
      const frames = Array.from({ length: 400 }, (_, i) => frame(i, i % 5 === 0 ? 60 : 9000));
      expect(sendAll(a, frames)).toBe(frames.length);
      expect(hexOf(receiveAll(b, frames.length))).toEqual(frames.map(hex));
    });

    test('a ring that is full: what was received and what was lost are what was sent', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      const frames = Array.from({ length: 256 }, (_, i) => frame(i, 1500));
      const rounds = 60;
      for (let round = 0; round < rounds; round++) expect(sendAll(a, frames)).toBe(frames.length);
      const received = receiveAll(b, Number.POSITIVE_INFINITY, 6).length;
      const { receiveLost } = b.readCounts();
      expect(receiveLost).toBeGreaterThan(1000);
      expect(received + receiveLost).toBe(rounds * frames.length);
      expect(b.readCounts().receiveLost).toBe(receiveLost);
      // And it goes on.
      sendAll(a, frames);
      expect(hexOf(receiveAll(b, frames.length))).toEqual(frames.map(hex));
    });

    test('no room: send takes nothing until a flush has made some', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      const bytes = frame(1, 100);
      let taken = 0;
      while (taken < 100_000 && a.send(bytes, 0, bytes.length)) taken++;
      expect(taken).toBeLessThan(100_000);
      expect(a.pending).toBe(taken);
      expect(a.send(bytes, 0, bytes.length)).toBe(false);
      expect(a.pending).toBe(taken);
      a.flush();
      expect(a.pending).toBe(0);
      expect(receiveAll(b, taken).length).toBe(taken);
      expect(a.send(bytes, 0, bytes.length)).toBe(true);
      a.flush();
      expect(receiveAll(b, 1).length).toBe(1);
    });

    test('frames that the link refuses fail alone, and are counted with their bytes', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      command('ip link set dev a mtu 1500');
      command('ip link set dev b mtu 1500');
      const isLong = (i: number) => i % 7 === 3;
      const frames = Array.from({ length: 200 }, (_, i) => frame(i, isLong(i) ? 1600 + i : 60 + i));
      // Longer than a buffer, and shorter than a header.
      frames.push(frame(200, 4000), frame(201, 13), frame(202, 60));
      const good = frames.filter(({ length }) => length >= 14 && length <= 1514);
      const failed = frames.filter((each) => !good.includes(each));
      expect(sendAll(a, frames)).toBe(frames.length);
      // One batch: the system meets good and bad ones in one call.
      for (const bytes of frames) expect(a.send(bytes, 0, bytes.length)).toBe(true);
      a.flush();
      expect(a.pending).toBe(0);
      expect(hexOf(receiveAll(b, good.length * 2))).toEqual([...good, ...good].map(hex));
      const { sendFailed, sendFailedBytes } = a.readCounts();
      expect(sendFailed).toBe(failed.length * 2);
      expect(sendFailedBytes).toBe(failed.reduce((sum, { length }) => sum + length, 0) * 2);
    });

    test('a link that goes down and comes back: frames fail meanwhile, nothing throws', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      const frames = Array.from({ length: 50 }, (_, i) => frame(i, i === 20 ? 3000 : 100));
      for (let round = 1; round <= 2; round++) {
        sendAll(a, frames);
        expect(hexOf(receiveAll(b, frames.length))).toEqual(frames.map(hex));
        // Frames that are still pending when it happens fail too.
        expect(a.send(frames[0], 0, frames[0].length)).toBe(true);
        command('ip link set dev a down');
        a.flush();
        expect(sendAll(a, frames)).toBe(frames.length);
        expect(a.pending).toBe(0);
        expect(a.readCounts().sendFailed).toBe(round * (frames.length + 1));
        expect(receiveAll(b, 1, 2)).toEqual([]);
        command('ip link set dev a up');
        for (const name of ['a', 'b']) untilRunning(name);
      }
    });

    test('an interface that is deleted: nothing throws, and it can be opened when it is there again', () => {
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      const frames = Array.from({ length: 50 }, (_, i) => frame(i, i === 20 ? 3000 : 100));
      for (let round = 0; round < 2; round++) {
        command('ip link delete dev a');
        expect(sendAll(a, frames)).toBe(frames.length);
        expect(receiveAll(b, 1, 2)).toEqual([]);
        expect(a.readCounts().sendFailed).toBe(frames.length * (round + 1));
        addVeth('a', 'b', 9000);
      }
      a.close();
      b.close();
      const again = { a: device('a', { lowLatency, transmit }), b: device('b', { lowLatency, transmit }) };
      expect(again.a.transmitKind).toBe(transmit);
      sendAll(again.a, frames);
      expect(hexOf(receiveAll(again.b, frames.length))).toEqual(frames.map(hex));
    });

    test('an interface that is down can be opened, and works when it comes up', () => {
      command('ip link set dev a down');
      const a = device('a', { lowLatency, transmit });
      const b = device('b', { lowLatency, transmit });
      expect([a.transmitKind, lines]).toEqual([transmit, []]);
      const frames = [frame(1, 60), frame(2, 3000)];
      sendAll(a, frames);
      expect(a.readCounts().sendFailed).toBe(2);
      command('ip link set dev a up');
      for (const name of ['a', 'b']) untilRunning(name);
      sendAll(a, frames);
      expect(hexOf(receiveAll(b, 2))).toEqual(frames.map(hex));
      sendAll(b, frames);
      expect(hexOf(receiveAll(a, 2))).toEqual(frames.map(hex));
    });

    test('opened and closed again and again, no descriptor stays open; closing twice is fine', () => {
      device('a', { lowLatency, transmit }).close();
      const before = readdirSync('/proc/self/fd').length;
      for (let round = 0; round < 15; round++) {
        const a = device('a', { lowLatency, transmit });
        expect([a.transmitKind, lines]).toEqual([transmit, []]);
        sendAll(a, [frame(1, 60)]);
        a.close();
        a.close();
        expect([a.receive(new Batch(), 0), a.send(frame(1, 60), 0, 60), a.pending]).toEqual([0, false, 0]);
        a.flush();
        a.readCounts();
      }
      expect(readdirSync('/proc/self/fd').length).toBe(before);
    });
  });

  test('a full queue of the link holds sendmmsg up: nothing is lost, what is not sent is pending', () => {
    const a = device('a', { transmit: 'sendmmsg' });
    const b = device('b');
    command('tc qdisc add dev a root tbf rate 8kbit burst 10000 limit 1000000000');
    const bytes = frame(1, 1500);
    let taken = 0;
    // The socket's buffer is full some time, and then our own.
    for (; taken < 100_000 && a.send(bytes, 0, bytes.length); taken++) if (taken % 256 === 0) a.flush();
    expect(taken).toBeLessThan(100_000);
    expect(a.pending).toBeGreaterThan(0);
    // A long frame does not pass those that wait.
    expect(a.send(frame(2, 5000), 0, 5000)).toBe(false);
    const { pending } = a;
    receiveAll(b, Number.POSITIVE_INFINITY, 6);
    command('tc qdisc del dev a root');
    a.flush();
    expect(a.pending).toBe(0);
    expect(receiveAll(b, pending).length).toBe(pending);
    expect(a.readCounts().sendFailed).toBe(0);
  });

  test('a link without a carrier, by AF_XDP: what is taken is sent, failed or pending', () => {
    const a = device('a', { transmit: 'xdp' });
    const frames = Array.from({ length: 300 }, (_, i) => frame(i, 100 + i));
    // By sendmmsg the kernel says that it has sent them.
    command('ip link set dev b down');
    const before = sentBy('a');
    const taken = sendAll(a, frames);
    expect(taken).toBe(frames.length);
    expect(sentBy('a') - before + a.readCounts().sendFailed + a.pending).toBe(taken);
  });

  test('a device that takes some and refuses others, by AF_XDP: the books hold', () => {
    const tap = openTap('t');
    try {
      command('sysctl -qw net.ipv6.conf.t.disable_ipv6=1');
      command('ip link set dev t up txqueuelen 100');
      untilRunning('t');
      const t = device('t', { transmit: 'xdp' });
      const frames = Array.from({ length: 300 }, (_, i) => frame(i, 60 + i));
      let taken = 0;
      let bytes = 0;
      let read = 0;
      let bytesRead = 0;
      for (let round = 0; round < 5; round++) {
        for (const each of frames) {
          if (!t.send(each, 0, each.length)) continue;
          taken++;
          bytes += each.length;
        }
        // The TAP's queue is full some time, in the middle of it.
        t.flush();
        for (const each of readTap(tap)) {
          read++;
          bytesRead += each;
        }
      }
      const { sendFailed, sendFailedBytes } = t.readCounts();
      expect(t.pending).toBe(0);
      expect(sendFailed).toBeGreaterThan(100);
      expect({ frames: read + sendFailed, bytes: bytesRead + sendFailedBytes }).toEqual({ frames: taken, bytes });
    } finally {
      libc().close(tap);
    }
  });

  test('a queue of the link that throws away, by sendmmsg: what it threw away has failed', () => {
    const a = device('a', { transmit: 'sendmmsg' });
    command('tc qdisc add dev a root tbf rate 8kbit burst 10000 limit 30000');
    const frames = Array.from({ length: 300 }, (_, i) => frame(i, 60 + i));
    expect(sendAll(a, frames)).toBe(frames.length);
    const { sendFailed } = a.readCounts();
    expect(sendFailed).toBeGreaterThan(0);
    expect(a.pending).toBe(0);
    // Sent, or still in the queue.
    const [queue] = JSON.parse(command('tc -s -j qdisc show dev a')) as { packets: number; qlen: number }[];
    expect(queue.packets + queue.qlen + sendFailed).toBe(frames.length);
  });

  test('queues: each has one AF_XDP socket, whoever comes second sends by sendmmsg and says why', () => {
    command('ip link delete dev a');
    addVeth('a', 'b', 1500, 2);
    const devices = [0, 1].map((queue) => device('a', { queue }));
    expect([devices.map(({ transmitKind }) => transmitKind), lines]).toEqual([['xdp', 'xdp'], []]);
    const second = device('a', { queue: 1 });
    const beyond = device('a', { queue: 5 });
    expect([second.transmitKind, beyond.transmitKind]).toEqual(['sendmmsg', 'sendmmsg']);
    expect(lines).toEqual([
      'core1: another socket has queue 1 of a; frames are sent by sendmmsg instead of AF_XDP',
      'core1: a has no queue 5; frames are sent by sendmmsg instead of AF_XDP',
    ]);
    const b = device('b');
    for (const each of [...devices, second, beyond]) sendAll(each, [frame(1, 60)]);
    expect(receiveAll(b, 4).length).toBe(4);
  });

  test('what is missing is named', () => {
    expect(() => device('nowhere')).toThrow('core1: there is no interface nowhere');
    expect(inChild('--bounding-set=-all')).toEqual({ error: expect.stringMatching(/core1: .*CAP_NET_RAW is missing/) });
  });

  test('with CAP_NET_RAW alone it works', () => {
    const opened = { kind: 'xdp', lines: [] };
    expect(inChild('--bounding-set=-all,+net_raw')).toEqual(opened);
  });

  test('a memlock limit that is too small: sendmmsg, and a line that says so', () => {
    const { kind, lines: reported } = inChild('--bounding-set=-all,+net_raw', 1 << 20);
    expect(kind).toBe('sendmmsg');
    expect(reported).toEqual([expect.stringMatching(/^core1: the memlock limit does not cover 8 MiB/)]);
  });
});

/** Tags as words, the outer one first. */
function withTags(bytes: Uint8Array, tags: readonly number[]): Uint8Array {
  const words = tags.flatMap((tag) => [tag >>> 24, tag >>> 16, tag >>> 8, tag].map((each) => each & 0xff));
  return Uint8Array.from([...bytes.subarray(0, 12), ...words, ...bytes.subarray(12)]);
}

/** Frames that the kernel says have left an interface. */
function sentBy(name: string): number {
  const [link] = JSON.parse(command(`ip -s -j link show dev ${name}`)) as { stats64: { tx: { packets: number } } }[];
  return link.stats64.tx.packets;
}

/** A TAP interface, there until the descriptor is closed. */
function openTap(name: string): number {
  // O_RDWR, O_NONBLOCK
  const fd = libc().open('/dev/net/tun', 0x802);
  const request = new Uint8Array(40);
  request.set(new TextEncoder().encode(name));
  // IFF_TAP, IFF_NO_PI
  new DataView(request.buffer).setUint16(16, 0x1002, true);
  expect(libc().ioctl(fd, 0x400454ca, request)).toBe(0);
  return fd;
}

/** Lengths of the frames that wait at a TAP. */
function readTap(fd: number): number[] {
  const lengths: number[] = [];
  const bytes = new Uint8Array(2048);
  for (let length = 0; length >= 0; ) {
    length = libc().read(fd, bytes, bytes.length);
    if (length >= 0) lengths.push(length);
  }
  return lengths;
}

/** Opens the device in a process with fewer rights. */
function inChild(rights: string, memlockBytes = 8 << 20): { kind?: string; lines?: string[]; error?: string } {
  const script = `
    import { openAfpacket } from './src/io/linux/afpacket.ts';
    const lines = [];
    try {
      const options = { place: 'core1', interface: 'a', lowLatency: false, queue: 0 };
      const { transmitKind: kind } = openAfpacket(options, (line) => lines.push(line));
      console.log(JSON.stringify({ kind, lines }));
    } catch (error) {
      console.log(JSON.stringify({ error: error.message }));
    }`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script];
  const line = [`--memlock=${memlockBytes}`, 'setpriv', rights, '--inh-caps=-all', ...node];
  const { stdout, stderr } = spawnSync('prlimit', line, { encoding: 'utf8', cwd: projectRoot });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}
