// Requests to the kernel of a namespace of the test's own, compared with what `ip` says. Without the rights for namespaces
// these tests are reported as skipped.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  hasNamespaces,
  hasSetpriv,
  ipBatch,
  makeNamespace,
  messageOf,
  netnsTitle,
  runWithout,
  type TestNamespace,
  until,
} from '../../../test/support/netns.ts';
import { formatAddress, formatPrefix, type IpPrefix, parsePrefix } from '../../wire/address.ts';
import { RtnetlinkGroup, RtnetlinkType, readAddress, readLink, readNeighbor } from '../../wire/rtnetlink.ts';
import { Rtnetlink, RtnetlinkEvents } from './rtnetlink.ts';

const prefix = (text: string): IpPrefix => parsePrefix(text) as IpPrefix;
const mac = Uint8Array.of(2, 0, 0, 0, 0, 0x55);

describe.skipIf(!hasNamespaces)(netnsTitle('rtnetlink'), () => {
  let there: TestNamespace;
  let kernel: Rtnetlink;
  let index: number;
  beforeEach(() => {
    there = makeNamespace('rtnl');
    kernel = new Rtnetlink('core1', there.name);
    there.ip('link add port0 type veth peer name peer0');
    there.ip('link set peer0 up');
    index = kernel.link('port0')?.index ?? 0;
  });
  afterEach(() => {
    kernel.close();
    there.remove();
  });

  test('links: changed, listed, gone', () => {
    kernel.setLink(index, { mac, mtu: 1600, up: true });
    expect(kernel.link('port0')).toMatchObject({
      up: true,
      carrier: true,
      mtu: 1600,
      type: 'veth',
      mac,
      transmitDropped: 0,
    });
    expect(there.ip('link show port0')).toMatch(/UP.* mtu 1600 [\s\S]*02:00:00:00:00:55/);
    expect(
      kernel
        .links()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['lo', 'peer0', 'port0']);
    kernel.setLink(index, { up: false });
    expect(kernel.link('port0')).toMatchObject({ up: false, carrier: false, mtu: 1600 });
    there.ip('link del port0');
    expect(kernel.link('port0')).toBeUndefined();
  });

  test('addresses: added once however often, and removed', () => {
    kernel.setLink(index, { up: true });
    for (const text of ['10.1.1.1/24', '10.1.1.1/24', '2001:db8::1/64']) kernel.addAddress(index, prefix(text));
    const own = () => kernel.addresses().filter((each) => each.index === index && each.scope === 0);
    expect(own().map((each) => formatPrefix(each.prefix))).toEqual(['10.1.1.1/24', '2001:db8::1/64']);
    expect(there.ip('address show port0')).toContain('brd 10.1.1.255');
    // Not tentative: it works at once.
    expect(own().every(({ flags }) => (flags & 0x40) === 0)).toBe(true);
    for (const text of ['10.1.1.1/24', '10.1.1.1/24', '2001:db8::1/64']) kernel.deleteAddress(index, prefix(text));
    expect(own()).toEqual([]);
  });

  test('neighbours: added, replaced, removed', () => {
    kernel.setLink(index, { up: true });
    const address = prefix('10.1.1.2/32');
    kernel.addNeighbor(index, address, Uint8Array.of(2, 0, 0, 0, 0, 1));
    kernel.addNeighbor(index, address, mac);
    const own = () => kernel.neighbors().filter((each) => formatAddress(each.address) === '10.1.1.2');
    expect(own()).toMatchObject([{ index, mac, state: 0x80 }]);
    kernel.deleteNeighbor(index, address);
    kernel.deleteNeighbor(index, address);
    expect(own().filter(({ mac: known }) => known !== undefined)).toEqual([]);
  });

  test('routes and next hops are listed, of every table', () => {
    kernel.setLink(index, { up: true });
    kernel.addAddress(index, prefix('10.1.1.1/24'));
    there.ip('route add 10.2.0.0/16 via 10.1.1.2 table 4100');
    there.ip('nexthop add id 7 via 10.1.1.3 dev port0');
    const routes = kernel.routes().flatMap((each) => (each.table === 4100 ? [each] : []));
    expect(routes.map((each) => each.prefix && formatPrefix(each.prefix))).toEqual(['10.2.0.0/16']);
    expect(routes[0]?.hops).toMatchObject([{ index, weight: 1 }]);
    expect(kernel.nexthops()).toMatchObject([{ id: 7, hop: { index } }]);
  });

  test('a list longer than one datagram is read to its end', () => {
    kernel.setLink(index, { up: true });
    const lines = Array.from({ length: 3000 }, (_, i) => `route add 10.${i >> 8}.${i & 255}.0/24 dev port0`);
    ipBatch(there.name, lines);
    expect(kernel.routes().filter((each) => each.prefix?.length === 24).length).toBe(3000);
  });

  test('what the kernel refuses is a sentence, with the kernel’s own words', () => {
    expect(messageOf(() => kernel.setLink(index, { mtu: 70_000 }, 'port0'))).toBe(
      'core1: port0 cannot be set up: invalid argument: mtu greater than device maximum',
    );
    expect(messageOf(() => kernel.setLink(9999, { up: true }, 'gone0'))).toBe(
      'core1: gone0 cannot be set up: no such device',
    );
    expect(messageOf(() => kernel.addAddress(9999, prefix('10.0.0.1/8'), 'gone0'))).toMatch(
      /^core1: address 10\.0\.0\.1\/8 of gone0 cannot be added: /,
    );
  });

  test('events of several groups arrive in order, without waiting', () => {
    const events = new RtnetlinkEvents(
      'core1',
      RtnetlinkGroup.link | RtnetlinkGroup.address4 | RtnetlinkGroup.neighbor,
      there.name,
    );
    try {
      expect(events.read(() => expect.fail('nothing has happened yet'))).toBe(true);
      kernel.setLink(index, { up: true });
      kernel.addAddress(index, prefix('10.1.1.1/24'));
      kernel.addNeighbor(index, prefix('10.1.1.2/32'), mac);
      there.ip('link del port0');
      const seen: string[] = [];
      const complete = events.read((bytes, message) => {
        const item = readLink(bytes, message) ?? readAddress(bytes, message) ?? readNeighbor(bytes, message);
        if (message.type === RtnetlinkType.newAddress) expect(item).toMatchObject({ kind: 'address', index });
        if (message.type === RtnetlinkType.newNeighbor) expect(item).toMatchObject({ kind: 'neighbor', mac });
        seen.push(`${message.type}`);
      });
      expect(complete).toBe(true);
      const firsts = [...new Set(seen)].filter((type) => ['16', '20', '28', '17'].includes(type));
      expect(firsts).toEqual(['16', '20', '28', '17']);
    } finally {
      events.close();
      events.close();
    }
  });

  test('events that found no room are told as a gap, and the watch goes on', async () => {
    const events = new RtnetlinkEvents('core1', RtnetlinkGroup.link, there.name);
    try {
      let gaps = 0;
      let last = 0;
      events.watch(() => {
        const complete = events.read((bytes, message) => {
          last = readLink(bytes, message)?.mtu ?? last;
        });
        if (!complete) gaps++;
      });
      // The event loop stands still meanwhile.
      ipBatch(
        there.name,
        Array.from({ length: 8_000 }, (_, i) => `link set port0 mtu ${1400 + (i % 2)}`),
      );
      await until('a gap', () => gaps > 0);
      kernel.setLink(index, { mtu: 1601 });
      await until('the change behind the gap', () => last === 1601);
    } finally {
      events.close();
    }
  });

  test('after close nothing is read and every request is refused', () => {
    const events = new RtnetlinkEvents('core1', RtnetlinkGroup.link, there.name);
    events.close();
    expect(events.descriptor).toBe(-1);
    kernel.setLink(index, { up: true });
    expect(events.read(() => expect.fail('closed'))).toBe(true);
    kernel.close();
    kernel.close();
    expect(messageOf(() => kernel.links())).toMatch(/^core1: /);
  });

  test.runIf(hasSetpriv)(
    `rights${hasSetpriv ? '' : ' (no setpriv: skipped)'}: what is missing is named; to look needs none`,
    () => {
      const code = `
      import { Rtnetlink } from './src/io/linux/rtnetlink.ts';
      const kernel = new Rtnetlink('core1');
      const { index } = kernel.link('port0');
      try { kernel.setLink(index, { up: true }, 'port0'); } catch (error) { console.log(error.message); }`;
      expect(runWithout(['net_admin'], code, there.name)).toBe(
        'core1: port0 cannot be set up: operation not permitted (CAP_NET_ADMIN is missing)',
      );
    },
  );
});
