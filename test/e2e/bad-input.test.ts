// Everything a user can get wrong: each answer names the place and the reason, with the status that belongs to it.

import { spawnSync } from 'node:child_process';
import { mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pcapBytes, readPcap, writePcap } from './support/captures.ts';
import { cli, scratch, spawnCli } from './support/cli.ts';
import { pe1, toCore } from './support/pe1.ts';

const at = scratch();
const config = at.file('pe1.yaml', pe1);
const capture = at.path('ce1.pcap');
writePcap(capture, [toCore()]);

/** The configuration with one text replaced by another. */
function altered(name: string, from: string, to: string): string {
  expect(pe1).toContain(from);
  return at.file(name, pe1.replace(from, to));
}

async function expectConfigError(file: string, ...expected: (string | RegExp)[]) {
  for (const command of [
    ['check', '-c', file],
    ['replay', '-c', file, '-i', `ce1=${capture}`, '--no-output'],
  ]) {
    const { status, out, err } = await cli(...command);
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).not.toMatch(/\n {4}at /);
    expect(err.startsWith(`${file}:`)).toBe(true);
    for (const text of expected) expect(err).toMatch(text);
  }
}

test('an unknown key: the nearest known one is named, with line and column', async () => {
  await expectConfigError(
    altered('key.yaml', 'addresses: [10.1.1.1/24]}\n  ce2:', 'adresses: [10.1.1.1/24]}\n  ce2:'),
    /:3:\d+ /,
    'adresses',
    'addresses',
  );
});

test.each([
  ['lists', '['.repeat(500_000)],
  ['closed lists', `routes: ${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['maps', '{a: '.repeat(100_000)],
  ['entries of lists', '- '.repeat(100_000)],
])('%s in one another without end', async (name, text) => {
  await expectConfigError(at.file(`deep-${name.replaceAll(' ', '-')}.yaml`, text), 'nest deeper than 100 levels');
});

test('a wrong type', async () => {
  await expectConfigError(altered('type.yaml', 'mtu: 9000', 'mtu: large'), /:6:\d+ interfaces\.core1\.mtu/);
});

test('a route of an unknown VRF', async () => {
  await expectConfigError(
    altered('vrf.yaml', '{vrf: red, prefix: 10.9', '{vrf: rod, prefix: 10.9'),
    /routes\[2\]\.vrf/,
    'rod',
    'red',
  );
});

test('a next hop on no subnet', async () => {
  await expectConfigError(
    altered('via.yaml', 'via: 192.0.2.2, labels', 'via: 203.0.113.9, labels'),
    /routes\[1\]/,
    '203.0.113.9',
  );
});

test('a label twice', async () => {
  await expectConfigError(altered('twice.yaml', 'label: 24011', 'label: 24001'), '24001');
});

test('a label out of range', async () => {
  await expectConfigError(
    altered('range.yaml', 'labels: [24012]', 'labels: [1048576]'),
    '1048576',
    /routes\[1\]\.labels/,
  );
});

test('two routed ports with one MAC', async () => {
  await expectConfigError(
    altered('mac.yaml', 'mac: 02:00:00:00:01:0f', 'mac: 02:00:00:00:01:01'),
    /mac/i,
    'ce1',
    'core1',
  );
});

test('all problems at once, one a line', async () => {
  const file = at.file('many.yaml', pe1.replace('mtu: 9000', 'mtu: large').replace('label: 24011', 'lable: 24011'));
  const { status, err } = await cli('check', '-c', file);
  expect(status).toBe(2);
  expect(err.trimEnd().split('\n').length).toBeGreaterThanOrEqual(2);
});

test('a configuration that is not there', async () => {
  const { status, err } = await cli('check', '-c', at.path('none.yaml'));
  expect(status).toBe(1);
  expect(err).toMatch(/^shimline: .*none\.yaml: no such file/);
});

test('a configuration that is a directory', async () => {
  const { status, err } = await cli('check', '-c', at.path());
  expect(status).toBe(1);
  expect(err).toContain('is a directory');
});

const replay = (...more: string[]) => cli('replay', '-c', config, ...more);

test('a capture that is not there', async () => {
  const { status, out, err } = await replay('-i', `ce1=${at.path('none.pcap')}`, '--no-output');
  expect({ status, out }).toEqual({ status: 1, out: '' });
  expect(err).toMatch(/^shimline: .*none\.pcap: no such file/);
});

test('a directory as capture', async () => {
  const { status, err } = await replay('-i', `ce1=${at.path()}`, '--no-output');
  expect(status).toBe(1);
  expect(err).toContain('is a directory');
});

test('an empty file: the other inputs are processed, the summary printed, then status 3', async () => {
  writeFileSync(at.path('empty.pcap'), '');
  const { status, out, err } = await replay(
    '-i',
    `core1=${at.path('empty.pcap')}`,
    '-i',
    `ce1=${capture}`,
    '--no-output',
    '--json',
  );
  expect(status).toBe(3);
  expect(err).toMatch(/^shimline: .*empty\.pcap: empty/);
  expect(JSON.parse(out).frames).toMatchObject({ in: 1, out: 1 });
});

test('a wrong link type', async () => {
  writePcap(at.path('wifi.pcap'), [toCore()], { linkType: 105 });
  const { status, out, err } = await replay('-i', `ce1=${at.path('wifi.pcap')}`, '--no-output', '--json');
  expect(status).toBe(3);
  expect(err).toMatch(/wifi\.pcap.*105/);
  expect(JSON.parse(out).frames.in).toBe(0);
});

test('a damaged capture: its offset is named, and what came before it was forwarded', async () => {
  const bytes = pcapBytes([toCore(1), toCore(2)]);
  writeFileSync(at.path('cut.pcap'), Uint8Array.from(bytes.slice(0, -5)));
  const out = at.path('cut-out');
  const result = await replay('-i', `ce1=${at.path('cut.pcap')}`, '-o', out, '--json');
  expect(result.status).toBe(3);
  expect(result.err).toMatch(new RegExp(`cut\\.pcap.*${24 + 16 + toCore().length}`));
  expect(JSON.parse(result.out).frames).toMatchObject({ in: 1, out: 1 });
  expect(readPcap(`${out}/core1.pcap`).records).toHaveLength(1);
});

test('-i with a name that is no port: the nearest one is named', async () => {
  const { status, err } = await replay('-i', `cr1=${capture}`, '--no-output');
  expect(status).toBe(2);
  expect(err).toMatch(/no port cr1.*ce1/);
});

test('-i with a sub-interface: tags find it', async () => {
  const { status, err } = await replay('-i', `ce2.100=${capture}`, '--no-output');
  expect(status).toBe(2);
  expect(err).toMatch(/sub-interface.*-i ce2=.*tags/);
});

test('-i without a file', async () => {
  for (const text of ['ce1', 'ce1=', '=x.pcap']) {
    const { status, err } = await replay('-i', text, '--no-output');
    expect(status).toBe(1);
    expect(err).toContain('NAME=FILE');
  }
});

test('no word about the output, and contradictory words', async () => {
  const cases: [string[], RegExp][] = [
    [[], /-o DIR.*--no-output/],
    [['-o', at.path('x'), '--no-output'], /exclude each other/],
    [['--no-output', '--drops'], /--drops/],
    [['-o', '-', '--format', 'pcap'], /pcapng/],
    [['--no-output', '--workers', '0'], /--workers/],
    [['--no-output', '--workers', '65'], /from 1 to 64/],
    [['--no-output', '--loop', 'x'], /--loop/],
    [['--no-output', '--format', 'erf'], /--format/],
    [['--no-output', '--fast'], /--fast/],
  ];
  for (const [more, expected] of cases) {
    const { status, out, err } = await replay('-i', `ce1=${capture}`, ...more);
    expect({ more, status, out }).toEqual({ more, status: 1, out: '' });
    expect(err).toMatch(expected);
  }
});

test('commands and options that commander refuses end with status 1', async () => {
  for (const argv of [['reply'], ['replay'], ['replay', '-c', config, '--no-output'], ['check']]) {
    const { status, err } = await cli(...argv);
    expect({ argv, status }).toEqual({ argv, status: 1 });
    expect(err).toMatch(/^shimline: /);
  }
});

test('an output directory beneath a file', async () => {
  const { status, err } = await replay('-i', `ce1=${capture}`, '-o', `${config}/out`);
  expect(status).toBe(1);
  expect(err).toMatch(/pe1\.yaml\/out: .*not a directory/);
});

test('an output directory without the right to write', async (context) => {
  if (process.getuid?.() === 0) context.skip('root may write everywhere');
  mkdirSync(at.path('locked'), { mode: 0o555 });
  const { status, err } = await replay('-i', `ce1=${capture}`, '-o', at.path('locked'));
  expect(status).toBe(1);
  expect(err).toContain('permission denied');
});

test('an input in the place of an output is not overwritten', async () => {
  mkdirSync(at.path('same'));
  const input = at.path('same/ce1.pcap');
  writePcap(input, [toCore()]);
  const { status } = await replay('-i', `ce1=${input}`, '-o', at.path('same'));
  expect(status).toBe(1);
  expect(readPcap(input).records).toHaveLength(1);
});

test('a full disk, behind standard output', () => {
  const full = openSync('/dev/full', 'w');
  const { status, err } = spawnCli(['replay', '-c', config, '-i', `ce1=${capture}`, '-o', '-'], {
    stdio: ['ignore', full, 'pipe'],
  });
  expect(status).toBe(1);
  expect(err).toMatch(/standard output: no space left/);
  expect(err).toMatch(/1 in, 1 out/);
});

test('a full disk, beneath the output directory', async (context) => {
  const mounted = at.path('small');
  mkdirSync(mounted);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', mounted]).status !== 0) {
    context.skip('no right to mount a small file system');
  }
  try {
    const { status, out, err } = await replay('-i', `ce1=${capture}`, '--loop', '1000', '-o', mounted, '--json');
    expect(status).toBe(1);
    expect(err).toMatch(/core1\.pcap: no space left/);
    const { frames } = JSON.parse(out);
    expect(frames.in).toBe(frames.out);
  } finally {
    spawnSync('umount', [mounted]);
  }
});

test('a service that refers to what is not there', async () => {
  const file = at.file('l2.yaml', `${pe1}bridges:\n  lan1: {interfaces: [ce9]}\n`);
  const { status, out, err } = await cli('replay', '-c', file, '-i', `ce1=${capture}`, '--no-output');
  expect({ status, out }).toEqual({ status: 2, out: '' });
  expect(err).toMatch(/bridges\.lan1\.interfaces\[0\]: no interface 'ce9'/);
});

test('a routed port without a MAC is good for check, and named by replay', async () => {
  const file = altered('nomac.yaml', 'ce1: {mac: 02:00:00:00:01:01, ', 'ce1: {');
  expect((await cli('check', '-c', file)).status).toBe(0);
  const { status, err } = await cli('replay', '-c', file, '-i', `ce1=${capture}`, '--no-output');
  expect(status).toBe(2);
  expect(err).toMatch(/ce1.*mac/);
});

test('a dangling symbolic link as capture', async () => {
  symlinkSync(at.path('nowhere'), at.path('dangling.pcap'));
  const { status, err } = await replay('-i', `ce1=${at.path('dangling.pcap')}`, '--no-output');
  expect(status).toBe(1);
  expect(err).toContain('no such file');
});
