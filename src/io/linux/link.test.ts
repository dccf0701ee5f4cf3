// What the kernel says about an interface, and what is said when there is none.
import { describe, expect, test } from 'vitest';
import { useNamespace } from '../../../test/support/devices.ts';
import { addVeth, canUseNamespaces, command } from '../../../test/support/namespace.ts';
import { linkOf } from './link.ts';

const canRun = canUseNamespaces();

describe.skipIf(!canRun)(canRun ? 'links' : 'links (no right to make network namespaces: skipped)', () => {
  useNamespace('link');

  test('index, MAC, mtu and flags', () => {
    addVeth('a', 'b', 1600);
    command('ip link set dev a address 02:00:00:00:00:aa');
    const [shown] = JSON.parse(command('ip -j link show dev a')) as { ifindex: number }[];
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 0xaa);
    const link = { name: 'a', index: shown.ifindex, mac, mtu: 1600, isUp: true, isRunning: true };
    expect(linkOf('core1', 'a')).toEqual(link);
    command('ip link set dev b down');
    // The kernel notices a moment later.
    while (linkOf('core1', 'a').isRunning);
    expect(linkOf('core1', 'a')).toEqual({ ...link, isRunning: false });
    command('ip link set dev a down');
    expect(linkOf('core1', 'a')).toEqual({ ...link, isUp: false, isRunning: false });
  });

  test('no such interface, a name that can be none, an interface without Ethernet', () => {
    expect(() => linkOf('core1', 'eth9')).toThrow('core1: there is no interface eth9');
    expect(() => linkOf('core1', 'a-name-that-is-too-long')).toThrow('there is no interface a-name-that-is-too-long');
    expect(() => linkOf('core1', '')).toThrow('core1: there is no interface');
    command('ip tuntap add dev a mode tun');
    expect(() => linkOf('core1', 'a')).toThrow('core1: a is not an Ethernet interface');
  });
});
