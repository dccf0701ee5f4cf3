// `check`: what a configuration would build, for people and for programs.
import { expect, test } from 'vitest';
import { cli, scratch } from './support/cli.ts';
import { pe1 } from './support/pe1.ts';

const at = scratch();
const config = at.file('pe1.yaml', pe1);

test('lists interfaces, VRFs, routes with their labels, and label entries', async () => {
  const { status, out, err } = await cli('check', '-c', config);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  for (const text of ['ce2.100', 'blue', '24011', '10.2.0.0/16', '24012', '16002', 'core1'])
    expect(out).toContain(text);
});

test('--json has one key per section, and rows as objects', async () => {
  const { status, out } = await cli('check', '-c', config, '--json');
  expect(status).toBe(0);
  const sections = JSON.parse(out) as Record<string, Record<string, string>[]>;
  expect(Object.keys(sections)).toEqual(expect.arrayContaining(['interfaces', 'vrfs', 'routes', 'labels']));
  const names = (sections.interfaces ?? []).map((row) => Object.values(row)[0]);
  expect(names).toEqual(expect.arrayContaining(['ce1', 'ce2.100', 'core1']));
});

test('a label that the label manager picks is marked', async () => {
  const { out } = await cli('check', '-c', at.file('picked.yaml', pe1.replace(', label: 24011', '')));
  expect(out).toMatch(/blue.*16\b/);
});

test('an unresolved next hop, a loop and VRFs that a chain of tables connects are pointed out, status 0', async () => {
  const file = at.file(
    'warn.yaml',
    pe1.replace('  - {interface: core1, address: 10.0.12.2, mac: 02:00:00:00:00:02}\n', '').concat(`
  - {prefix: 203.0.113.1/32, via: 203.0.113.2}
  - {prefix: 203.0.113.2/32, via: 203.0.113.1}
  - {vrf: blue, prefix: 10.77.0.0/16, table: red}
`),
  );
  const { status, out } = await cli('check', '-c', file);
  expect(status).toBe(0);
  expect(out).toContain('10.0.12.2');
  expect(out).toMatch(/203\.0\.113\.1\/32 is unusable/);
  expect(out).toMatch(/blue.*red/);
});

test('a warning does not keep replay from working, it goes to standard error', async () => {
  const file = at.file('loop.yaml', `${pe1}  - {prefix: 203.0.113.1/32, via: 203.0.113.1}\n`);
  const { status, err } = await cli('replay', '-c', file, '-i', 'ce1=/dev/null', '--no-output');
  expect(status).toBe(3);
  expect(err).toMatch(/loop\.yaml: warning: .*203\.0\.113\.1/);
});
