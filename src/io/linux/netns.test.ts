// Going to a network namespace and coming back. Without the rights for namespaces these tests are reported as skipped.
import { readFileSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  hasNamespaces,
  hasSetpriv,
  makeNamespace,
  messageOf,
  netnsTitle,
  runWithout,
  type TestNamespace,
} from '../../../test/support/netns.ts';
import { ShimlineError } from '../../errors.ts';
import { inNamespace, netnsOf } from './netns.ts';

const where = (): string => readlinkSync('/proc/thread-self/ns/net');
const interfaces = (): string => readFileSync('/proc/thread-self/net/dev', 'utf8');

test('a namespace that is not there: the error says how to make it', () => {
  expect(messageOf(() => netnsOf('controlPort', 'shim-nowhere'))).toBe(
    'controlPort: there is no network namespace shim-nowhere; make it with: ip netns add shim-nowhere',
  );
});

test('without a namespace the work is done where we are', () => {
  expect(inNamespace('here', undefined, () => 7)).toBe(7);
});

describe.skipIf(!hasNamespaces)(netnsTitle('namespaces'), () => {
  let there: TestNamespace;
  let other: TestNamespace;
  const home = where();
  beforeAll(() => {
    there = makeNamespace('netns');
    other = makeNamespace('netns');
    there.ip('link add onlythere type veth peer name peer');
  });
  afterAll(() => {
    there.remove();
    other.remove();
  });

  test('the work is done there, by name and by path, and the thread comes back', () => {
    for (const netns of [there.name, netnsOf('test', there.name)]) {
      const seen = inNamespace('test', netns, () => ({ place: where(), interfaces: interfaces() }));
      expect(seen.place).not.toBe(home);
      expect(seen.interfaces).toContain('onlythere');
      expect(where()).toBe(home);
    }
    expect(interfaces()).not.toContain('onlythere');
  });

  test('it comes back from work that throws, and from a namespace within another', () => {
    const failing = () =>
      inNamespace('test', there.name, () => {
        expect(inNamespace('test', other.name, where)).not.toBe(home);
        expect(where()).not.toBe(home);
        throw new ShimlineError('IO', `thrown in ${where() === home ? 'the wrong place' : 'the right place'}`);
      });
    expect(messageOf(failing)).toBe('thrown in the right place');
    expect(where()).toBe(home);
  });

  test('a path that leads nowhere', () => {
    expect(messageOf(() => inNamespace('controlPort', '/proc/0/ns/net', () => 1))).toMatch(
      /^controlPort: network namespace \/proc\/0\/ns\/net: no such file/,
    );
  });

  test('a file that is no namespace is an error, and changes nothing', () => {
    expect(messageOf(() => inNamespace('test', '/etc/passwd', () => 1))).toMatch(
      /^test: the network namespace \/etc\/passwd cannot be entered: /,
    );
    expect(where()).toBe(home);
  });

  const privileges = hasSetpriv ? 'rights' : 'rights (no setpriv: skipped)';
  test.runIf(hasSetpriv)(
    `${privileges}: without CAP_SYS_ADMIN the error says so; inside the namespace none is needed`,
    () => {
      const code = `
      import { inNamespace } from './src/io/linux/netns.ts';
      try { console.log(inNamespace('test', '${there.name}', () => 'entered')); } catch (error) { console.log(error.message); }`;
      expect(runWithout(['sys_admin'], code)).toMatch(
        / cannot be entered: operation not permitted \(CAP_SYS_ADMIN is missing\)$/,
      );
      expect(runWithout(['sys_admin'], code, there.name)).toBe('entered');
    },
  );
});
