// TAPs and control ports against the kernel on their other side, in a namespace of the test's own. Without the rights for
// that these tests are reported as skipped.
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  hasNamespaces,
  hasSetpriv,
  makeNamespace,
  messageOf,
  netnsTitle,
  runWithout,
  startScript,
  type TestNamespace,
  until,
} from '../../../test/support/netns.ts';
import { Batch, batchFrames } from '../../wire/batch.ts';
import { read16, write16 } from '../../wire/bytes.ts';
import { openControlPort } from './control-port.ts';
import { joinTap, openTap, type Tap, type TapOptions } from './tap.ts';

const mac = Uint8Array.of(2, 0, 0, 0, 0, 0x0a);
const far = [2, 0, 0, 0, 0, 0x0b];

test('a name or an address that cannot be: told before anything is made', () => {
  for (const name of ['', 'sixteen-bytes-no', 'a/b', 'a b', 'tap%d', '..', 'a:b']) {
    expect(messageOf(() => openTap({ place: 'ce1', name }))).toMatch(/^ce1: '.*' cannot be the name of an interface/);
  }
  expect(messageOf(() => openTap({ place: 'ce1', name: 'ce1', addresses: ['10.1.1.1'] }))).toBe(
    "ce1: '10.1.1.1' is no address with a prefix length",
  );
});

/** Sum of the words of an Internet header, folded (RFC 1071). */
function checksum(bytes: Uint8Array, from: number, end: number): number {
  let sum = 0;
  for (let at = from; at < end; at += 2) sum += read16(bytes, at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** An echo request from 10.1.1.2 to the TAP's 10.1.1.1. */
function echoRequest(payloadBytes = 28): Uint8Array {
  const frame = new Uint8Array(14 + 20 + 8 + payloadBytes);
  frame.set([...mac, ...far, 0x08, 0x00, 0x45, 0]);
  write16(frame, 16, frame.length - 14);
  frame.set([0, 0, 0, 0, 64, 1, 0, 0, 10, 1, 1, 2, 10, 1, 1, 1, 8, 0, 0, 0, 0x12, 0x34, 0, 1], 18);
  write16(frame, 24, checksum(frame, 14, 34));
  write16(frame, 36, checksum(frame, 34, frame.length));
  return frame;
}

/** The ARP reply of 10.1.1.2. */
const arpReply = (): Uint8Array =>
  Uint8Array.of(...mac, ...far, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, ...far, 10, 1, 1, 2, ...mac, 10, 1, 1, 1);

const isArpRequest = (frame: Uint8Array): boolean => read16(frame, 12) === 0x0806 && frame[21] === 1;
const isEchoReply = (frame: Uint8Array): boolean => read16(frame, 12) === 0x0800 && frame[23] === 1 && frame[34] === 0;
const isUdp = (frame: Uint8Array): boolean => read16(frame, 12) === 0x0800 && frame[23] === 17;

describe.skipIf(!hasNamespaces)(netnsTitle('TAP'), () => {
  let there: TestNamespace;
  const opened: Tap[] = [];
  const open = (more: Partial<TapOptions> = {}): Tap => {
    const tap = openTap({
      place: 'ce1',
      name: 'ce1',
      netns: there.name,
      quiet: true,
      mac,
      addresses: ['10.1.1.1/24'],
      ...more,
    });
    opened.push(tap);
    return tap;
  };
  beforeEach(() => {
    there = makeNamespace('tap');
  });
  afterEach(() => {
    for (const tap of opened.splice(0)) tap.close();
    there.remove();
  });

  /** Takes what has arrived out of a TAP, and looks through it, until a frame is found. */
  async function awaitFrame(tap: Tap, what: string, isIt: (frame: Uint8Array) => boolean): Promise<Uint8Array> {
    const batch = new Batch();
    let found: Uint8Array | undefined;
    await until(what, () => {
      batch.clear();
      tap.receive(batch, 5);
      for (let i = 0; i < batch.count && found === undefined; i++) {
        const frame = batch.bytes.slice(batch.start[i], batch.start[i] + batch.captured[i]);
        expect(batch.port[i]).toBe(5);
        expect(batch.original[i]).toBe(frame.length);
        if (isIt(frame)) found = frame;
      }
      return found !== undefined;
    });
    return found as unknown as Uint8Array;
  }

  const sendDatagram = (): string => there.run('bash', '-c', 'echo hello > /dev/udp/10.1.1.2/9');

  test('configured as asked: namespace, MAC, mtu, addresses that work at once, up', () => {
    const tap = open({ mtu: 1600, addresses: ['10.1.1.1/24', '2001:db8::1/64'] });
    const shown = there.ip('address show dev ce1');
    expect(shown).toMatch(new RegExp(`^${tap.index}: ce1: <[^>]*UP[^>]*> mtu 1600 `));
    expect(shown).toContain('link/ether 02:00:00:00:00:0a');
    expect(shown).toContain('inet 10.1.1.1/24 brd 10.1.1.255');
    expect(shown).toMatch(/inet6 2001:db8::1\/64 scope global (?!tentative)/);
    expect(there.ip('route show')).toContain('10.1.1.0/24 dev ce1');
    for (const key of ['accept_ra', 'autoconf']) {
      expect(there.run('cat', `/proc/sys/net/ipv6/conf/ce1/${key}`)).toBe('0\n');
    }
    expect(readdirSync('/sys/class/net')).not.toContain('ce1');
  });

  test('left down when that is asked for', () => {
    open({ up: false, addresses: [] });
    expect(there.ip('link show ce1')).not.toMatch(/<[^>]*\bUP\b/);
  });

  test('frames of the kernel arrive, with the time; those sent it receives', async () => {
    const tap = open();
    const before = Math.floor(Date.now() / 1000);
    const batch = new Batch();
    sendDatagram();
    await awaitFrame(tap, 'an ARP request', isArpRequest);
    const reply = arpReply();
    expect(tap.send(reply, 0, reply.length)).toBe(true);
    const datagram = await awaitFrame(tap, 'the datagram', isUdp);
    expect([...datagram.subarray(0, 6)]).toEqual(far);
    // Checksums are complete: nothing is left to offloads.
    expect(checksum(datagram, 14, 34)).toBe(0);

    const request = echoRequest();
    const framed = new Uint8Array(request.length + 7);
    framed.set(request, 7);
    expect(tap.send(framed, 7, request.length)).toBe(true);
    tap.flush();
    const answer = await awaitFrame(tap, 'an echo reply', isEchoReply);
    expect([...answer.subarray(0, 12)]).toEqual([...far, ...mac]);
    expect(answer.subarray(38)).toEqual(request.subarray(38));

    sendDatagram();
    await until('another frame', () => tap.receive(batch, 1) > 0);
    expect(batch.seconds[0]).toBeGreaterThanOrEqual(before);
    expect(batch.seconds[0]).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
    expect(batch.nanoseconds[0]).toBeLessThan(1e9);
    expect(tap.readCounts()).toMatchObject({ sendFailed: 0, receiveLost: 0 });
  });

  test('the longest packets, both ways', async () => {
    const tap = open({ mtu: 65_521 });
    const request = echoRequest(65_521 - 28 - 1);
    tap.send(arpReply(), 0, arpReply().length);
    expect(tap.send(request, 0, request.length)).toBe(true);
    await awaitFrame(tap, 'an ARP request', isArpRequest);
    tap.send(arpReply(), 0, arpReply().length);
    const answer = await awaitFrame(tap, 'the long reply', isEchoReply);
    expect(answer.length).toBe(request.length);
  });

  test('a batch that is full takes no more; the rest comes with the next one', async () => {
    const tap = open();
    there.ip('neigh add 10.1.1.2 lladdr 02:00:00:00:00:0b dev ce1');
    const batch = new Batch();
    for (let i = 0; i < 300; i++) tap.send(echoRequest(), 0, echoRequest().length);
    await until('a full batch', () => {
      tap.receive(batch, 0);
      return batch.count === batchFrames;
    });
    expect(tap.receive(batch, 0)).toBe(0);
    batch.clear();
    expect(tap.receive(batch, 0)).toBeGreaterThan(0);
  });

  test('what the kernel refuses is counted; a frame too long for any link too', () => {
    const tap = open();
    expect(tap.send(new Uint8Array(10), 0, 10)).toBe(true);
    expect(tap.send(new Uint8Array(70_000), 0, 70_000)).toBe(true);
    expect(tap.readCounts()).toMatchObject({ sendFailed: 2, sendFailedBytes: 70_010 });
  });

  test('a link that is down refuses frames, and takes them again when it is up', async () => {
    const tap = open();
    there.ip('link set ce1 down');
    expect(tap.send(echoRequest(), 0, echoRequest().length)).toBe(true);
    expect(tap.readCounts().sendFailed).toBe(1);
    // What the kernel sent before is still there, and then nothing.
    tap.receive(new Batch(), 0);
    expect(tap.receive(new Batch(), 0)).toBe(0);
    expect(tap.gone).toBe(false);
    there.ip('link set ce1 up');
    there.ip('neigh replace 10.1.1.2 lladdr 02:00:00:00:00:0b dev ce1');
    tap.send(echoRequest(), 0, echoRequest().length);
    await awaitFrame(tap, 'an echo reply', isEchoReply);
    expect(tap.readCounts().sendFailed).toBe(1);
  });

  test('a link that somebody deletes: said, survived, and it can be opened anew', () => {
    const tap = open();
    expect(tap.descriptor).toBeGreaterThan(0);
    there.ip('link del ce1');
    expect(tap.receive(new Batch(), 0)).toBe(0);
    expect(tap.gone).toBe(true);
    expect(tap.descriptor).toBe(-1);
    expect(tap.send(echoRequest(), 0, echoRequest().length)).toBe(true);
    expect(tap.readCounts().sendFailed).toBe(1);
    tap.close();
    open();
    expect(there.ip('link show ce1')).toContain('UP');
  });

  test('a name that is taken, by another process or by another kind of link', () => {
    open();
    expect(messageOf(() => open())).toBe(
      'ce1: TAP ce1 cannot be made: there is an interface of this name; delete it (ip link delete ce1) or choose another name',
    );
    there.ip('tuntap add kept mode tap');
    there.ip('link add va type veth peer name vb');
    for (const name of ['kept', 'va'])
      expect(messageOf(() => open({ name }))).toMatch(/there is an interface of this name/);
    expect(there.ip('link show kept')).toContain('kept');
  });

  test('an error on the way leaves nothing behind, neither link nor descriptor, and the thread where it was', () => {
    const home = readlinkSync('/proc/thread-self/ns/net');
    const descriptors = readdirSync('/proc/self/fd').length;
    expect(messageOf(() => open({ mtu: 70_000 }))).toMatch(/^ce1: ce1 cannot be set up: invalid argument/);
    expect(messageOf(() => open({ mac: Uint8Array.of(1, 0, 0, 0, 0, 1) }))).toMatch(/^ce1: ce1 cannot be set up/);
    expect(messageOf(() => open({ addresses: ['127.0.0.1/8', 'ff02::1/64'] }))).toMatch(
      /^ce1: address ff02::1\/64 of ce1 cannot be added/,
    );
    expect(there.ip('link show')).not.toContain('ce1');
    expect(readdirSync('/proc/self/fd').length).toBe(descriptors);
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(home);
  });

  test('opened and closed 20 times: every link is gone, no descriptor is left', () => {
    const descriptors = readdirSync('/proc/self/fd').length;
    for (let round = 0; round < 20; round++) {
      const tap = open();
      tap.close();
      tap.close();
      expect(tap.receive(new Batch(), 0)).toBe(0);
      expect(tap.send(new Uint8Array(64), 0, 64)).toBe(false);
    }
    expect(readdirSync('/proc/self/fd').length).toBe(descriptors);
    expect(there.ip('link show')).not.toContain('ce1');
  });

  test('several queues: each takes part, and the last one that closes ends the TAP', async () => {
    const first = open({ queues: true });
    const second = joinTap('ce1', 'ce1', there.name);
    opened.push(second);
    expect(second.index).toBe(first.index);
    there.ip('neigh add 10.1.1.2 lladdr 02:00:00:00:00:0b dev ce1');
    const batch = new Batch();
    second.send(echoRequest(), 0, echoRequest().length);
    // The kernel chooses the queue on which a flow arrives.
    await until('an answer on either', () => first.receive(batch, 0) + second.receive(batch, 0) > 0);
    first.close();
    second.send(echoRequest(), 0, echoRequest().length);
    await awaitFrame(second, 'an answer on the one that is left', isEchoReply);
    second.close();
    expect(there.ip('link show')).not.toContain('ce1');
  });

  test('to join what is not there, or has one queue only, is an error and makes nothing', () => {
    expect(messageOf(() => joinTap('ce1', 'ce1', there.name))).toBe('ce1: there is no TAP ce1 to join');
    open();
    expect(messageOf(() => joinTap('ce1', 'ce1', there.name))).toMatch(/^ce1: TAP ce1 cannot be made: /);
    expect(there.ip('link show')).toContain('ce1');
  });

  test('frames for which there is no room are counted as lost', async () => {
    const tap = open();
    there.ip('link set ce1 txqueuelen 10');
    there.ip('neigh add 10.1.1.2 lladdr 02:00:00:00:00:0b dev ce1');
    there.run('bash', '-c', 'for i in {1..200}; do echo $i > /dev/udp/10.1.1.2/9; done');
    const batch = new Batch();
    tap.receive(batch, 0);
    expect(batch.count).toBeLessThan(200);
    expect(tap.readCounts().receiveLost).toBeGreaterThan(0);
  });

  test('kill -9 of its process removes it', async () => {
    const child = await startScript(`
      import { openTap } from './src/io/linux/tap.ts';
      openTap({ place: 'ce1', name: 'killed', netns: '${there.name}' });
      console.log('open');
      setInterval(() => undefined, 1000);`);
    expect(there.ip('link show killed')).toContain('UP');
    child.kill('SIGKILL');
    await until('the link is gone', () => !there.ip('link show').includes('killed'));
  });

  test.runIf(hasSetpriv)(
    `rights${hasSetpriv ? '' : ' (no setpriv: skipped)'}: the error says which one is missing`,
    () => {
      const code = `
      import { openTap } from './src/io/linux/tap.ts';
      try { openTap({ place: 'ce1', name: 'ce1', netns: '${there.name}' }); console.log('open'); } catch (error) { console.log(error.message); }`;
      expect(runWithout(['net_admin', 'sys_admin'], code, there.name)).toMatch(/^ce1: .*\(CAP_NET_ADMIN is missing\)$/);
      expect(runWithout(['net_admin', 'sys_admin'], code)).toMatch(/^ce1: .*\(CAP_SYS_ADMIN is missing\)$/);
      expect(runWithout(['sys_admin'], code, there.name)).toBe('open');
    },
  );

  const controlPort = (loopback: readonly string[], name = 'ce1'): Tap => {
    const tap = openControlPort({
      place: 'interfaces.ce1.controlPort',
      name,
      netns: there.name,
      mac,
      mtu: 1600,
      addresses: name === 'ce1' ? ['10.1.1.1/24', '2001:db8::1/64'] : [],
      loopback,
    });
    opened.push(tap);
    return tap;
  };

  test('a control port: its loopback is up with the router’s ids, the kernel answers for the port’s addresses', async () => {
    const tap = controlPort(['192.0.2.1/32', '2001:db8:ffff::1/128']);
    controlPort(['192.0.2.1/32', '2001:db8:ffff::1/128'], 'ce2');
    const lo = there.ip('address show dev lo');
    expect(lo).toMatch(/<[^>]*\bUP\b/);
    expect(lo).toContain('inet 192.0.2.1/32');
    expect(lo).toContain('inet6 2001:db8:ffff::1/128');
    tap.send(arpReply(), 0, arpReply().length);
    tap.send(echoRequest(), 0, echoRequest().length);
    await awaitFrame(tap, 'an ARP request', isArpRequest);
    tap.send(arpReply(), 0, arpReply().length);
    await awaitFrame(tap, 'an echo reply', isEchoReply);
  });

  test('a control port that cannot be finished leaves neither TAP nor addresses, and the loopback down', () => {
    expect(messageOf(() => controlPort(['192.0.2.1/32', 'ff02::1/128']))).toMatch(
      /^interfaces\.ce1\.controlPort: address ff02::1\/128 of lo cannot be added/,
    );
    expect(there.ip('link show')).not.toContain('ce1');
    expect(there.ip('address show dev lo')).not.toMatch(/192\.0\.2\.1|<[^>]*\bUP\b/);
  });
});
