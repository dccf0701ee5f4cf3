// Facts of the machine that the tests run on: what every Linux has, and what none has. Wrong machines on purpose are in
// test/e2e/doctor.test.ts.
import { describe, expect, test } from 'vitest';
import { isSysfsOwn, linkNames, readLink, readNamespace } from './facts.ts';
import { hasCapability, readHost } from './host-facts.ts';

const isLinux = process.platform === 'linux';

describe.skipIf(!isLinux)(`facts${isLinux ? '' : ' (needs Linux)'}`, () => {
  test('the loopback interface', () => {
    expect(linkNames()).toContain('lo');
    expect(isSysfsOwn()).toBe(true);
    expect(readLink('lo')).toMatchObject({ name: 'lo', master: undefined, peer: undefined, isTun: false, uppers: [] });
    expect(readLink('lo')?.mtu).toBeGreaterThan(0);
  });

  test('what is not there', () => {
    expect(readLink('shim-none')).toBeUndefined();
    expect(readNamespace('shim-none')).toBeUndefined();
  });

  test('the host, as far as it is the same everywhere', () => {
    const host = readHost();
    expect(host.isLinux).toBe(true);
    expect(typeof host.effective).toBe('bigint');
    expect(host.lockedBytesMax).toBeGreaterThanOrEqual(0);
  });
});

test('a capability is one bit', () => {
  expect(hasCapability({ effective: 1n << 13n }, 'CAP_NET_RAW')).toBe(true);
  expect(hasCapability({ effective: 1n << 13n }, 'CAP_NET_ADMIN')).toBe(false);
  expect(hasCapability({ effective: undefined }, 'CAP_NET_ADMIN')).toBe(true);
});
